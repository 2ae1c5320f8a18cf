import Foundation
import Synchronization
import TestSupport
import XCTest

/// Receipts that registrars must accept, from POST to webhook, through the real binary and real HTTP.
final class RegistrationTests: XCTestCase {
    static let stagesType = #"""
        {"name":"sale","version":1,"table":"receipts","format":"json","match":{"/schema":"sale/1"},"receipt_id":"/id","issued_at":"/issued_at",
        "columns":{"total":{"path":"/total","type":"DECIMAL(18,4)"}},"register":REGISTER}
        """#

    static func type(_ register: String) -> String { stagesType.replacingOccurrences(of: "REGISTER", with: register) }

    static func sale(_ id: String, total: String = "65.00") -> String {
        #"{"schema":"sale/1","id":"\#(id)","issued_at":"2026-11-19T14:03:07Z","total":\#(total)}"#
    }

    static func environment(_ registrars: [(simulator: RegistrarSimulator, more: String)]) -> [String: String] {
        let members = registrars.map { simulator, more in
            let base = "http://127.0.0.1:\(simulator.port)"
            return #""\#(simulator.name)":{"url":"\#(base)/receipts","status_url":"\#(base)/status","secret":"\#(simulator.secret)"\#(more)}"#
        }
        return ["TILL_REGISTRARS": "{\(members.joined(separator: ","))}", "TILL_OUTGOING_ALLOW": #"["127.0.0.1"]"#]
    }

    static let fast = #","lock":"1s","backoff_min":"50ms","backoff_max":"400ms","max_attempts":30,"concurrency":128"#

    private func post(_ server: TillServer, _ key: String, _ document: String, _ headers: [(String, String)] = []) throws -> HTTPClient.Answer {
        try server.client(key: key).post("/v1/receipts", document, headers)
    }

    private func ticket(_ server: TillServer, _ id: String) throws -> [String: Any] {
        let answer = try server.client().get("/v1/tickets/\(id)")
        return try XCTUnwrap(JSONSerialization.jsonObject(with: Data(answer.body)) as? [String: Any], answer.text)
    }

    private func wait(_ what: String, _ condition: () throws -> Bool) throws {
        XCTAssertTrue(try Patience.until(condition), "in vain: \(what)")
    }

    func test_post_twoStages_completesInOrder_andTicketTellsAll_hotAndCold() throws {
        let tax = RegistrarSimulator(name: "tax", secret: "tax secret", manners: [.plain])
        let stock = RegistrarSimulator(name: "stock", secret: "whsec", manners: [.callback])
        let receiver = WebhookReceiver(secrets: ["hook"])
        defer { for close in [tax.close, stock.close, receiver.close] { close() } }
        let server = try TillServer(environment: Self.environment([(tax, Self.fast), (stock, Self.fast)]))
        defer { server.remove() }
        XCTAssertEqual(try server.client().put("/v1/types/sale", Self.type(#"[["tax"],["unknown"]]"#)).status, 422)
        XCTAssertEqual(try server.client().put("/v1/types/sale", Self.type(#"[["tax"],["stock"]]"#)).status, 201)
        let key = try server.key("c1", more: #","webhook":{"url":"http://127.0.0.1:\#(receiver.port)/hook","secret":"hook"}"#)

        let answer = try post(server, key, Self.sale("S-1"), [("Prefer", "wait=10")])
        XCTAssertEqual(answer.status, 201, answer.text)
        XCTAssertEqual(Receipts.member("state", of: answer.text), "COMPLETE")
        let id = try XCTUnwrap(Receipts.member("ticket_id", of: answer.text))
        try wait("both versions") { receiver.deliveries[id]?.count == 2 }
        XCTAssertEqual(receiver.deliveries[id]?.map(\.version), [1, 2])
        XCTAssertEqual(receiver.deliveries[id]?.map(\.state), ["PROCESSING", "COMPLETE"])
        try wait("the second delivery in the history") {
            (try self.ticket(server, id)["history"] as? [[String: Any]])?.filter { $0["event"] as? String == "webhook: delivered" }.count == 2
        }
        let hot = try ticket(server, id)
        let steps = try XCTUnwrap(hot["steps"] as? [[String: Any]])
        XCTAssertEqual(steps.map { $0["name"] as? String }, ["tax", "stock"])
        XCTAssertEqual(steps.map { $0["state"] as? String }, ["ACCEPTED", "ACCEPTED"])
        XCTAssertEqual(steps.map { $0["reference"] as? String }, ["tax-\(id)", "stock-\(id)"])
        let again = try post(server, key, Self.sale("S-1"))
        XCTAssertEqual(again.status, 200)
        XCTAssertEqual(Receipts.member("state", of: again.text), "COMPLETE")

        let changes = try server.client().get("/v1/changes").text
        let events = changes.components(separatedBy: #""event":""#).dropFirst().map { $0.prefix { $0 != "\"" } }
        XCTAssertEqual(events, ["receipt.processing", "receipt.complete"])
        let sql = try server.client().post("/v1/sql", #"{"query":"SELECT count(*) FROM receipts_accepted WHERE completed_at > received_at"}"#)
        XCTAssertTrue(sql.text.contains("[[1]]"), sql.text)

        let moved = try server.client().post("/v1/admin/compact", "{}").text
        XCTAssertEqual(Receipts.member("files_moved", of: moved), "1", moved)
        XCTAssertEqual(NSDictionary(dictionary: try ticket(server, id)), NSDictionary(dictionary: hot), "a ticket answers the same from cold")
        XCTAssertEqual(tax.badRequests + stock.badRequests + receiver.badRequests, [])
        XCTAssertEqual(server.stop(), 0)
    }

    /// A restart without a registrar that a type names: everything that is asked says so, and with it again what waited goes on.
    func test_registrarTakenOut_isSaidEverywhere_andNothingIsLost() throws {
        let tax = RegistrarSimulator(name: "tax", secret: "tax secret", manners: [.plain])
        defer { tax.close() }
        let server = try TillServer(environment: Self.environment([(tax, Self.fast)]))
        defer { server.remove() }
        XCTAssertEqual(try server.client().put("/v1/types/sale", Self.type(#"[["tax"]]"#)).status, 201)
        let key = try server.key("c1")
        XCTAssertEqual(server.stop(), 0)
        try server.start()
        let answer = try post(server, key, Self.sale("S-1"))
        XCTAssertEqual(answer.status, 202, answer.text)
        let id = try XCTUnwrap(Receipts.member("ticket_id", of: answer.text))
        let ready = try server.client().get("/readyz")
        XCTAssertEqual(ready.status, 200)
        XCTAssertTrue(ready.text.contains("the registrar tax is not configured: named by the type sale"), ready.text)
        XCTAssertTrue(try server.client().get("/metrics").text.contains("till_registrars_missing 1"))
        let steps = try XCTUnwrap(try ticket(server, id)["steps"] as? [[String: Any]])
        XCTAssertTrue((steps.first?["detail"] as? String)?.contains("is not configured") == true, "\(steps)")
        XCTAssertEqual(server.stop(), 0)
        try server.start(environment: Self.environment([(tax, Self.fast)]))
        try wait("the receipt is registered") { try ticket(server, id)["state"] as? String == "COMPLETE" }
        XCTAssertFalse(try server.client().get("/readyz").text.contains("is not configured"))
    }

    func test_reject_frees_identity_andNewReceiptStandsBeside() throws {
        let tax = RegistrarSimulator(name: "tax", secret: "t", manners: [.reject])
        let receiver = WebhookReceiver(secrets: ["old", "new"])
        defer { for close in [tax.close, receiver.close] { close() } }
        let server = try TillServer(environment: Self.environment([(tax, Self.fast)]))
        defer { server.remove() }
        XCTAssertEqual(try server.client().put("/v1/types/sale", Self.type(#"[["tax"]]"#)).status, 201)
        let url = "http://127.0.0.1:\(receiver.port)/mine"
        let key = try server.key("c1", more: #","webhook":{"url":"http://127.0.0.1:\#(receiver.port)/x","secret":"old"},"callback_hosts":["127.0.0.1"]"#)
        let first = try post(server, key, Self.sale("S-1"), [("Prefer", "wait=10"), ("Till-Callback-URL", url)])
        XCTAssertEqual(first.status, 200, first.text)
        XCTAssertEqual(Receipts.member("state", of: first.text), "FAILED")
        let id = try XCTUnwrap(Receipts.member("ticket_id", of: first.text))
        XCTAssertEqual((try ticket(server, id)["errors"] as? [[String: String]])?.first?["code"], "too-much")
        // Sent again, the same document is a repeat of it, whatever became of it.
        let again = try post(server, key, Self.sale("S-1"))
        XCTAssertEqual([again.status == 200 ? "200" : again.text, Receipts.member("ticket_id", of: again.text), Receipts.member("state", of: again.text)], ["200", id, "FAILED"])
        try wait("both targets, both versions") { receiver.deliveries[id]?.count == 4 }
        _ = try server.key("c1", more: #","webhook":{"url":"http://127.0.0.1:\#(receiver.port)/x","secret":"new"},"callback_hosts":[]"#)

        let second = try post(server, key, Self.sale("S-1", total: "1.00"))
        XCTAssertEqual(second.status, 202, second.text)
        let next = try XCTUnwrap(Receipts.member("ticket_id", of: second.text))
        XCTAssertNotEqual(next, id)
        XCTAssertEqual(try ticket(server, id)["replaced_by"] as? String, next)
        let refused = try post(server, key, Self.sale("S-2"), [("Till-Callback-URL", url)])
        XCTAssertEqual(refused.status, 422)
        XCTAssertTrue(refused.text.contains("callback-host-not-allowed"), refused.text)
        for bad in ["javascript:x", "http://user:word@127.0.0.1/", url + String(repeating: "a", count: 2_000)] {
            let answer = try post(server, key, Self.sale("S-2"), [("Till-Callback-URL", bad)])
            XCTAssertEqual(answer.status, 422, bad)
            XCTAssertTrue(answer.text.contains("an http or https URL of at most 2000 bytes"), answer.text)
        }
        XCTAssertEqual(receiver.badRequests, [])
    }

    /// The same document is stored once, though a FAILED receipt does not hold its identity: in the open file, a sealed one, cold and import.
    func test_repeatOfAFailedOne_getsItsTicket_hotColdAndImported() throws {
        let tax = RegistrarSimulator(name: "tax", secret: "t", manners: [.reject])
        defer { tax.close() }
        let environment = Self.environment([(tax, Self.fast)])
        let server = try TillServer(environment: environment)
        defer { server.remove() }
        XCTAssertEqual(try server.client().put("/v1/types/sale", Self.type(#"[["tax"]]"#)).status, 201)
        let key = try server.key("c1")
        let documents = [Self.sale("S-1"), Self.sale("S-1", total: "1.00"), Self.sale("S-1", total: "2.00")]
        var tickets: [String?] = []
        for document in documents {
            let answer = try post(server, key, document, [("Prefer", "wait=10")])
            XCTAssertEqual(Receipts.member("state", of: answer.text), "FAILED", answer.text)
            tickets.append(Receipts.member("ticket_id", of: answer.text))
        }
        XCTAssertEqual(Set(tickets).count, 3)
        func check(_ what: String) throws {
            for (document, ticket) in zip(documents, tickets) {
                let answer = try post(server, key, document)
                XCTAssertEqual(answer.status, 200, "\(what): \(answer.text)")
                XCTAssertEqual(Receipts.member("ticket_id", of: answer.text), ticket, what)
            }
            // More than a few are looked up at once.
            let lines = (documents + documents).joined(separator: "\n")
            let answer = try server.client(key: key).post("/v1/receipts", lines, type: "application/x-ndjson")
            for ticket in tickets { XCTAssertEqual(answer.text.components(separatedBy: ticket ?? "?").count, 3, "\(what): \(answer.text)") }
        }
        func checkImport(_ what: String) throws {
            XCTAssertEqual(server.stop(), 0)
            let file = server.data.deletingLastPathComponent().appendingPathComponent("again.ndjson")
            try Data(documents.joined(separator: "\n").utf8).write(to: file)
            let run = try TillRun(["import", "--data", server.data.path, "--client", "c1", file.path], environment: environment)
            XCTAssertTrue(run.text.hasSuffix("imported 0, repeated 3, rejected 0\n"), "\(what): \(run.text) \(run.error)")
            try server.start(environment: environment)
        }
        try check("the open file")
        try checkImport("the open file")
        try check("a file opened again")
        try wait("moved") { try server.client().post("/v1/admin/compact", "{}").text.contains(#""files_left":0"#) }
        try check("cold")
        try checkImport("cold")
        let count = try server.client().post("/v1/sql", #"{"query":"SELECT count(*) FROM receipts"}"#).text
        XCTAssertTrue(count.contains(#""rows":[[3]]"#), count)
    }

    func test_callbacks_signatureFirst_thenOnceAndForAll() throws {
        let tax = RegistrarSimulator(name: "tax", secret: "t", manners: [.forgets])
        defer { tax.close() }
        let slow = #","lock":"60s""#
        let server = try TillServer(environment: Self.environment([(tax, slow)]))
        defer { server.remove() }
        XCTAssertEqual(try server.client().put("/v1/types/sale", Self.type(#"[["tax"]]"#)).status, 201)
        let key = try server.key("c1")
        let posted = try post(server, key, Self.sale("S-1"))
        XCTAssertEqual(posted.status, 202)
        let id = try XCTUnwrap(Receipts.member("ticket_id", of: posted.text))
        try wait("the promise") { ((try self.ticket(server, id)["steps"] as? [[String: Any]])?.first?["state"] as? String) == "IN_PROGRESS" }
        func call(_ body: String, registrar: String = "tax", secret: String = "t", seconds: Int = 0) throws -> Int {
            let time = String(Int(Date().timeIntervalSince1970) + seconds)
            let headers = [
                ("Content-Type", "application/json"), ("webhook-id", "m1"), ("webhook-timestamp", time),
                ("webhook-signature", Signatures.sign(id: "m1", timestamp: time, body: Array(body.utf8), secret: secret)),
            ]
            let answer = try server.client(key: nil).call("POST", "/v1/callbacks/\(registrar)", headers: headers, body: Array(body.utf8))
            // What says what is wrong is a sentence, not what the program calls it.
            XCTAssertFalse(answer.text.contains("Error("), answer.text)
            return answer.status
        }
        let accepted = #"{"ticket_id":"\#(id)","outcome":"accepted","reference":"R","errors":[]}"#
        XCTAssertEqual(try call(accepted, secret: "x"), 401)
        XCTAssertEqual(try call(accepted, registrar: "nobody"), 401)
        XCTAssertEqual(try call(accepted, seconds: -400), 401)
        XCTAssertEqual(try call("no json"), 400)
        XCTAssertEqual(try call(#"{"ticket_id":"01JDABCDEFGHJKMNPQRSTVWXYZ","outcome":"accepted"}"#), 404)
        XCTAssertEqual(try call(#"{"ticket_id":"\#(id)","outcome":"perhaps"}"#), 400)
        XCTAssertEqual(try call(accepted), 204)
        XCTAssertEqual(try call(accepted), 204)
        XCTAssertEqual(try call(#"{"ticket_id":"\#(id)","outcome":"rejected"}"#), 409)
        XCTAssertEqual(try ticket(server, id)["state"] as? String, "COMPLETE")
        _ = try server.client().post("/v1/admin/compact", "{}")
        XCTAssertEqual(try call(accepted), 204, "from cold")
        XCTAssertEqual(try call(#"{"ticket_id":"\#(id)","outcome":"rejected"}"#), 409, "from cold")
    }

    func test_exhausted_isDeadLetter_andRedriveCompletes() throws {
        let isUp = Mutex(false)
        let tax = TestHTTPServer { request in
            guard isUp.withLock({ $0 }) else { return .init(status: 503) }
            return .init(status: 200, body: #"{"outcome":"accepted","reference":"late"}"#)
        }
        defer { tax.close() }
        let server = try TillServer(environment: [
            "TILL_REGISTRARS": #"{"tax":{"url":"http://127.0.0.1:\#(tax.port)/","secret":"t","max_attempts":3,"backoff_min":"10ms","backoff_max":"20ms"}}"#,
            "TILL_OUTGOING_ALLOW": #"["127.0.0.1"]"#,
        ])
        defer { server.remove() }
        XCTAssertEqual(try server.client().put("/v1/types/sale", Self.type(#"[["tax"]]"#)).status, 201)
        let key = try server.key("c1")
        let failed = try post(server, key, Self.sale("S-1"), [("Prefer", "wait=10")])
        XCTAssertEqual(failed.status, 200, failed.text)
        let id = try XCTUnwrap(Receipts.member("ticket_id", of: failed.text))
        let list = try server.client(key: key).get("/v1/dead-letters")
        let letter = try XCTUnwrap(Receipts.member("id", of: list.text), list.text)
        XCTAssertTrue(list.text.contains(id))
        let reader = try server.key("c2")
        XCTAssertFalse(try server.client(key: reader).get("/v1/dead-letters").text.contains(id))
        XCTAssertEqual(try server.client(key: reader).call("POST", "/v1/dead-letters/\(letter)/redrive").status, 404)
        func count(_ key: String?) throws -> String? {
            let client = key.map { server.client(key: $0) } ?? server.client()
            return Receipts.member("count", of: try client.post("/v1/dead-letters/redrive", #"{"ids":["\#(letter)","\#(letter)","2026-01-01-s1","none"],"dry_run":true}"#).text)
        }
        XCTAssertEqual([try count(nil), try count(key), try count(reader)], ["1", "1", "0"])
        isUp.withLock { $0 = true }
        XCTAssertEqual(try server.client(key: key).call("POST", "/v1/dead-letters/\(letter)/redrive").status, 202)
        try wait("COMPLETE") { try self.ticket(server, id)["state"] as? String == "COMPLETE" }
        XCTAssertEqual(try server.client(key: key).call("POST", "/v1/dead-letters/\(letter)/redrive").status, 404)
        XCTAssertTrue(try server.client().get("/metrics").text.contains("till_calls_total{queue=\"registrar\",name=\"tax\",outcome=\"failed\"}"))
    }

    /// A registrar that answers after its attempts ran out: its books and ours agree, and the client hears of it.
    func test_deadStep_acceptedLate_completes_unlessReplaced() throws {
        let tax = TestHTTPServer { _ in .init(status: 503) }
        let receiver = WebhookReceiver(secrets: ["hook"])
        defer { for close in [tax.close, receiver.close] { close() } }
        let server = try TillServer(environment: [
            "TILL_REGISTRARS": #"{"tax":{"url":"http://127.0.0.1:\#(tax.port)/","secret":"new","previous_secret":"old","max_attempts":2,"backoff_min":"10ms","backoff_max":"20ms"}}"#,
            "TILL_OUTGOING_ALLOW": #"["127.0.0.1"]"#,
        ])
        defer { server.remove() }
        XCTAssertEqual(try server.client().put("/v1/types/sale", Self.type(#"[["tax"]]"#)).status, 201)
        let key = try server.key("c1", more: #","webhook":{"url":"http://127.0.0.1:\#(receiver.port)/","secret":"hook"}"#)
        func failed(_ id: String) throws -> String {
            let answer = try post(server, key, Self.sale(id), [("Prefer", "wait=10")])
            XCTAssertEqual(Receipts.member("state", of: answer.text), "FAILED", answer.text)
            return try XCTUnwrap(Receipts.member("ticket_id", of: answer.text))
        }
        func call(_ ticket: String, _ outcome: String, secret: String) throws -> Int {
            let body = #"{"ticket_id":"\#(ticket)","outcome":"\#(outcome)","reference":"R"}"#
            let time = String(Int(Date().timeIntervalSince1970))
            let headers = [
                ("Content-Type", "application/json"), ("webhook-id", "m1"), ("webhook-timestamp", time),
                ("webhook-signature", Signatures.sign(id: "m1", timestamp: time, body: Array(body.utf8), secret: secret)),
            ]
            return try server.client(key: nil).call("POST", "/v1/callbacks/tax", headers: headers, body: Array(body.utf8)).status
        }
        let late = try failed("S-1")
        XCTAssertEqual(try call(late, "accepted", secret: "older"), 401)
        XCTAssertEqual(try call(late, "accepted", secret: "old"), 204, "the replaced secret still counts")
        XCTAssertEqual(try call(late, "accepted", secret: "new"), 204)
        XCTAssertEqual(try call(late, "rejected", secret: "new"), 409)
        XCTAssertEqual(try ticket(server, late)["state"] as? String, "COMPLETE")
        try wait("every version, in order") { receiver.deliveries[late]?.map(\.state) == ["PROCESSING", "FAILED", "PROCESSING", "COMPLETE"] }
        XCTAssertEqual(receiver.deliveries[late]?.map(\.version), [1, 2, 3, 4])
        let replaced = try failed("S-2")
        XCTAssertEqual(try post(server, key, Self.sale("S-2", total: "1.00")).status, 202)
        XCTAssertEqual(try call(replaced, "accepted", secret: "new"), 409, "another document stands in its place")
        XCTAssertEqual(try ticket(server, replaced)["state"] as? String, "FAILED")
        let rejected = try failed("S-3")
        XCTAssertEqual(try call(rejected, "rejected", secret: "new"), 204)
        XCTAssertEqual(try call(rejected, "accepted", secret: "new"), 409)
        XCTAssertEqual((try ticket(server, rejected)["steps"] as? [[String: Any]])?.first?["state"] as? String, "REJECTED")
    }

    func test_registrarSecret_replaced_callsBearASignatureOfEach() throws {
        let tax = RegistrarSimulator(name: "tax", secret: "old", manners: [.plain])
        let stock = RegistrarSimulator(name: "stock", secret: "new", manners: [.forgets])
        defer { for close in [tax.close, stock.close] { close() } }
        let both = #","secret":"new","previous_secret":"old","previous_secret_until":"2100-01-01","lock":"1s""#
        let over = #","secret":"new","previous_secret":"old","previous_secret_until":"2020-01-01","lock":"1s""#
        let registrars = [(tax, both), (stock, over)].map { simulator, more in
            let base = "http://127.0.0.1:\(simulator.port)"
            return #""\#(simulator.name)":{"url":"\#(base)/receipts","status_url":"\#(base)/status"\#(more)}"#
        }
        let server = try TillServer(environment: [
            "TILL_REGISTRARS": "{\(registrars.joined(separator: ","))}", "TILL_OUTGOING_ALLOW": #"["127.0.0.1"]"#,
        ])
        defer { server.remove() }
        XCTAssertEqual(try server.client().put("/v1/types/sale", Self.type(#"[["tax","stock"]]"#)).status, 201)
        let answer = try post(server, try server.key("c1"), Self.sale("S-1"), [("Prefer", "wait=20")])
        XCTAssertEqual(answer.status, 201, answer.text)
        XCTAssertEqual(tax.badRequests + stock.badRequests, [])
    }

    func test_retryAfter_isWaitedFor_andTheTicketSaysUntilWhen() throws {
        let times = Mutex<[Date]>([])
        let tax = TestHTTPServer { _ in
            let count = times.withLock { times -> Int in
                times.append(Date())
                return times.count
            }
            return count == 1 ? .init(status: 503, headers: [("Retry-After", "2")]) : .init(body: #"{"outcome":"accepted"}"#)
        }
        defer { tax.close() }
        let server = try TillServer(environment: [
            "TILL_REGISTRARS": #"{"tax":{"url":"http://127.0.0.1:\#(tax.port)/","secret":"t","backoff_min":"10ms","backoff_max":"20ms"}}"#,
            "TILL_OUTGOING_ALLOW": #"["127.0.0.1"]"#,
        ])
        defer { server.remove() }
        XCTAssertEqual(try server.client().put("/v1/types/sale", Self.type(#"[["tax"]]"#)).status, 201)
        let answer = try post(server, try server.key("c1"), Self.sale("S-1"), [("Prefer", "wait=20")])
        XCTAssertEqual(answer.status, 201, answer.text)
        let calls = times.withLock { $0 }
        XCTAssertEqual(calls.count, 2)
        XCTAssertGreaterThanOrEqual(calls[1].timeIntervalSince(calls[0]), 1.9)
        let history = try XCTUnwrap(try ticket(server, try XCTUnwrap(Receipts.member("ticket_id", of: answer.text)))["history"] as? [[String: Any]])
        let failed = try XCTUnwrap(history.first { $0["event"] as? String == "failed" }, "\(history)")
        XCTAssertEqual(failed["status"] as? Int, 503)
        XCTAssertNotNil(failed["next_at"])
    }

    /// A receiver that refuses the first news gets it again before it hears the second.
    func test_webhook_refusedAtFirst_holdsBackTheVersionsBehindIt() throws {
        let tax = RegistrarSimulator(name: "tax", secret: "t", manners: [.plain])
        let calls = Mutex<[(version: String, isTaken: Bool)]>([])
        let receiver = TestHTTPServer { request in
            let version = Receipts.member("version", of: String(decoding: request.body, as: UTF8.self)) ?? ""
            let isTaken = calls.withLock { calls -> Bool in
                calls.append((version, !calls.isEmpty))
                return calls.count > 1
            }
            return isTaken ? .init(status: 204) : .init(status: 503, headers: [("Retry-After", "1")])
        }
        defer { for close in [tax.close, receiver.close] { close() } }
        let server = try TillServer(environment: Self.environment([(tax, Self.fast)]))
        defer { server.remove() }
        XCTAssertEqual(try server.client().put("/v1/types/sale", Self.type(#"[["tax"]]"#)).status, 201)
        let key = try server.key("c1", more: #","webhook":{"url":"http://127.0.0.1:\#(receiver.port)/","secret":"hook"}"#)
        XCTAssertEqual(try post(server, key, Self.sale("S-1"), [("Prefer", "wait=10")]).status, 201)
        try wait("three calls") { calls.withLock { $0.count } >= 3 }
        XCTAssertEqual(calls.withLock { $0.map(\.version) }, ["1", "1", "2"])
    }

    /// A file that cannot leave yet is looked at again and again; what registrars say meanwhile counts.
    func test_compaction_whileOutcomesArrive_losesNone() throws {
        let tax = RegistrarSimulator(name: "tax", secret: "t", manners: [.plain], delayMilliseconds: 30)
        let stock = RegistrarSimulator(name: "stock", secret: "s", manners: [.callback])
        defer { for close in [tax.close, stock.close] { close() } }
        let patient = #","lock":"120s","concurrency":64"#
        let server = try TillServer(environment: Self.environment([(tax, patient), (stock, patient)]))
        defer { server.remove() }
        XCTAssertEqual(try server.client().put("/v1/types/sale", Self.type(#"[["tax"],["stock"]]"#)).status, 201)
        let key = try server.key("c1")
        let isOver = Atomic<Bool>(false)
        let port = server.port
        let group = DispatchGroup()
        DispatchQueue.global().async(group: group) {
            let admin = HTTPClient(port: port, key: TillServer.adminKey)
            while !isOver.load(ordering: .relaxed), let answer = try? admin.post("/v1/admin/compact", "{}"), answer.status == 200 {}
        }
        // The compactor's thread has the lowest priority: on a busy machine it stands still between any two of its steps.
        for _ in 0..<4 { Thread.detachNewThread { while !isOver.load(ordering: .relaxed) {} } }
        defer { isOver.store(true, ordering: .relaxed) }
        let client = server.client(key: key)
        for number in 0..<400 { XCTAssertEqual(try client.post("/v1/receipts", Self.sale("S-\(number)")).status, 202) }
        let open = #"{"query":"SELECT count(*) FROM receipts WHERE state <> 'COMPLETE'"}"#
        try wait("every receipt COMPLETE") { try server.client().post("/v1/sql", open).text.contains("[[0]]") }
        isOver.store(true, ordering: .relaxed)
        group.wait()
        XCTAssertEqual(stock.callbackStatuses, [204: 400])
    }

    func test_slowRegistrar_holdsUpNoOther_andOnlyItsOwnLimitIsUsed() throws {
        let slow = RegistrarSimulator(name: "slow", secret: "s", manners: [.plain], delayMilliseconds: 8_000)
        let quick = RegistrarSimulator(name: "quick", secret: "q", manners: [.plain])
        defer { for close in [slow.close, quick.close] { close() } }
        let narrow = #","concurrency":2,"lock":"20s""#
        let server = try TillServer(environment: Self.environment([(slow, narrow), (quick, Self.fast)]))
        defer { server.remove() }
        XCTAssertEqual(try server.client().put("/v1/types/sale", Self.type(#"[["slow"]]"#)).status, 201)
        let other = Self.type(#"[["quick"]]"#).replacingOccurrences(of: "\"sale\"", with: "\"quick-sale\"")
            .replacingOccurrences(of: "sale/1", with: "quick-sale/1")
        XCTAssertEqual(try server.client().put("/v1/types/quick-sale", other).status, 201)
        let key = try server.key("c1")
        for number in 0..<10 { XCTAssertEqual(try post(server, key, Self.sale("S-\(number)")).status, 202) }
        for number in 0..<20 {
            let document = Self.sale("Q-\(number)").replacingOccurrences(of: "sale/1", with: "quick-sale/1")
            let answer = try post(server, key, document, [("Prefer", "wait=60")])
            XCTAssertEqual(answer.status, 201, answer.text)
        }
        // Two at a time, each eight seconds: forty for all.
        XCTAssertLessThan(slow.books.count, 10, "the quick ones waited for all slow ones")
    }

    func test_webhookSecret_replaced_bothAreValidForADay_overARestart() throws {
        let receivers = [WebhookReceiver(secrets: ["first"]), WebhookReceiver(secrets: ["second"])]
        defer { for receiver in receivers { receiver.close() } }
        let environment = ["TILL_OUTGOING_ALLOW": #"["127.0.0.1"]"#]
        let server = try TillServer(environment: environment)
        defer { server.remove() }
        func key(_ receiver: WebhookReceiver, _ secret: String) throws -> String {
            try server.key("c1", more: #","webhook":{"url":"http://127.0.0.1:\#(receiver.port)/","secret":"\#(secret)"}"#)
        }
        _ = try key(receivers[0], "first")
        _ = try key(receivers[0], "second")
        XCTAssertFalse(try server.client().get("/v1/contracts/c1").text.contains("first"))
        server.kill()
        try server.start(environment: environment)
        for (number, receiver) in receivers.enumerated() {
            let answer = try post(server, try key(receiver, "second"), Receipts.pos("R-\(number)"))
            XCTAssertEqual(answer.status, 201, answer.text)
            let id = try XCTUnwrap(Receipts.member("ticket_id", of: answer.text))
            try wait("the event") { receiver.deliveries[id]?.count == 1 }
            XCTAssertEqual(receiver.deliveries[id]?.first?.event, "receipt.complete")
            XCTAssertEqual(receiver.badRequests, [])
        }
    }
}
