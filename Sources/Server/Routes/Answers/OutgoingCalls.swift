internal import ColumnStore

/// The calls that the server makes, as OpenAPI's `webhooks`: what a registrar and a client's receiver take and answer.
enum OutgoingCalls {
    private static let signed = #"{"name":"webhook-id","in":"header","required":true,"description":"The same for every attempt of this call.","schema":{"type":"string"}},{"name":"webhook-timestamp","in":"header","required":true,"description":"Seconds since 1970; older than five minutes: refuse it.","schema":{"type":"integer"}},{"name":"webhook-signature","in":"header","description":"Standard Webhooks: `v1,` and the base64 of HMAC-SHA256(secret, id.timestamp.body); several with blanks between. Not there for the callback of a document whose contract has no webhook.","schema":{"type":"string"}},{"name":"traceparent","in":"header","schema":{"type":"string"}}"#

    private static func body(_ schema: String) -> String {
        ##""requestBody":{"required":true,"content":{"application/json":{"schema":{"$ref":"#/components/schemas/\##(schema)"}}}}"##
    }

    private static let outcome = ##""content":{"application/json":{"schema":{"$ref":"#/components/schemas/RegistrarAnswer"}}}"##

    /// By name: a path item each.
    static let all: [(name: String, item: String)] = [
        ("registrar", #"{"post":{"operationId":"registrarCall","summary":"To the `url` of a registrar: a receipt to be accepted or rejected.","security":[],"parameters":[\#(signed),{"name":"Idempotency-Key","in":"header","required":true,"description":"`<ticket_id>:<registrar>`: the same for every attempt.","schema":{"type":"string"}}],\#(body("RegistrarCall")),"responses":{"200":{"description":"The outcome, final.",\#(outcome)},"202":{"description":"The outcome comes to callback_url later; after `lock` the server asks, or sends again."},"408":{"description":"As 429 and 5XX."},"429":{"description":"Tried again, after Retry-After if it is there."},"4XX":{"description":"Rejected."},"5XX":{"description":"Tried again later."}}}}"#),
        ("registrarStatus", #"{"get":{"operationId":"registrarStatus","summary":"To the `status_url` of a registrar: what became of a receipt that may have been sent; signed over an empty body.","security":[],"parameters":[{"name":"ticket_id","in":"query","required":true,"schema":{"type":"string"}},\#(signed)],"responses":{"200":{"description":"The outcome, final.",\#(outcome)},"202":{"description":"In progress."},"404":{"description":"Never seen: it is sent again."}}}}"#),
        ("receiptEvent", #"{"post":{"operationId":"receiptEvent","summary":"To a contract's webhook, or the callback URL of a request or a document: what became of a receipt. At least once, for three days.","security":[],"parameters":[\#(signed)],\#(body("ReceiptEvent")),"responses":{"2XX":{"description":"Taken."},"410":{"description":"Gone: it is told nothing more of this, which is a dead letter."},"default":{"description":"Tried again later."}}}}"#),
    ]

    static let schemas: [(name: String, schema: String)] = [
        ("RegistrarCall", #"{"type":"object","required":["ticket_id","client_id","receipt_id","type","content_type","callback_url"],"properties":{"ticket_id":{"type":"string"},"client_id":{"type":"string"},"receipt_id":{"type":"string"},"type":{"type":"string"},"content_type":{"type":"string"},"document":{"description":"JSON as it was posted, other text as a string."},"document_base64":{"description":"In place of document, for what is no text in UTF-8.","type":"string"},"callback_url":{"description":"Where an outcome goes that comes later: POST /v1/callbacks/{registrar}.","type":"string"}}}"#),
        ("RegistrarAnswer", #"{"type":"object","required":["outcome"],"properties":{"outcome":{"enum":["accepted","rejected"]},"reference":{"type":["string","null"]},"errors":{"description":"Reasons of a rejection; shown in the ticket.","type":["array","null"],"items":{}}}}"#),
        ("Callback", #"{"type":"object","required":["outcome"],"properties":{"ticket_id":{"type":"string"},"task_token":{"description":"Of a task, instead of a ticket.","type":"string"},"output":{"description":"What an accepted task comes to."},"outcome":{"enum":["accepted","rejected"]},"reference":{"type":["string","null"]},"errors":{"description":"Reasons of a rejection; shown in the ticket.","type":"array","items":{}}}}"#),
        ("ReceiptEvent", ##"{"type":"object","required":["event_id","event","version","at","receipt"],"properties":{"event_id":{"type":"string"},"event":{"enum":["receipt.processing","receipt.complete","receipt.failed"]},"version":{"description":"Rises with each event of a receipt.","type":"integer"},"at":{"type":"string","format":"date-time"},"receipt":{"$ref":"#/components/schemas/Taken"}}}"##),
    ]

    static func write(to writer: inout JSONWriter) {
        writer.beginObject()
        for (name, item) in all {
            writer.key(name)
            writer.raw(item.utf8)
        }
        writer.endObject()
    }
}
