internal import Documents

/// The JSON Schemas of the bodies that several calls share.
enum Schemas {
    /// Answers that are encoded from values: each says its members where it is written.
    private static var described: [any JSONObject.Type] { [
        Problem.Violation.self, ProblemBody.self, TakenBody.self, TakenBatchBody.self, ChoicesBody.self, TicketBody.self, StepBody.self, ChangesBody.self,
        ContractBody.self, ListBody<ContractBody>.self, KeyBody.self, NewKeyBody.self, ListBody<KeyBody>.self,
        QuarantineBody.self, ListBody<QuarantineBody>.self, DeadLetterBody.self, ListBody<DeadLetterBody>.self, ListBody<TypeFileBody>.self,
        ListBody<AuditBody>.self, JobBody.self, ListBody<JobBody>.self, DeletionBody.self, BackupBody.self, CompactionBody.self, VerificationBody.self,
    ] }

    /// What people send, and what is written a row at a time, is described by hand.
    static let all: [(name: String, schema: String)] = [
        ("Receipt", #"{"type":"object","description":"All columns of the table, and the document.","required":["client_id","receipt_id","business_day","issued_at","type","state","ticket_id","sequence"],"properties":{"client_id":{"type":"string"},"receipt_id":{"type":"string"},"business_day":{"type":"string","format":"date"},"issued_at":{"type":"string","format":"date-time"},"type":{"type":"string"},"type_version":{"type":"integer"},"received_at":{"type":"string","format":"date-time"},"state":{"enum":["PROCESSING","COMPLETE","FAILED"]},"completed_at":{"type":["string","null"],"format":"date-time"},"ticket_id":{"type":"string"},"sequence":{"type":"integer"},"content_type":{"type":"string"},"document":{"description":"JSON as it was posted, other text as a string."},"document_base64":{"description":"In place of document, for what is no text in UTF-8.","type":"string"}},"additionalProperties":true}"#),
        ("ReceiptPage", #"{"type":"object","required":["receipts","next_cursor"],"properties":{"receipts":{"description":"The fields that were asked for, of each.","type":"array","items":{"type":"object","additionalProperties":true}},"next_cursor":{"type":["string","null"]}}}"#),
        ("Query", #"{"type":"object","required":["query"],"additionalProperties":false,"properties":{"query":{"type":"string","minLength":1,"examples":["SELECT client_id, count(*), sum(total) FROM receipts GROUP BY client_id"]},"params":{"type":"array","items":{"type":["string","number","boolean","null"]}},"limit":{"type":"integer","minimum":1,"maximum":10000,"default":10000},"cursor":{"type":["string","null"],"minLength":1},"time_zone":{"type":"string","default":"UTC"}}}"#),
        ("QueryPage", #"{"type":"object","required":["columns","rows","next_cursor","statistics"],"properties":{"columns":{"type":"array","items":{"type":"object","required":["name","type"],"properties":{"name":{"type":"string"},"type":{"type":"string"}}}},"rows":{"type":"array","items":{"type":"array","items":{}}},"next_cursor":{"type":["string","null"]},"statistics":{"type":"object","required":["rows_scanned","bytes_read","files_pruned","elapsed_ms"],"additionalProperties":true,"properties":{"rows_scanned":{"type":"integer"},"bytes_read":{"type":"integer"},"files_pruned":{"type":"integer"},"elapsed_ms":{"type":"number"}}}}}"#),
        ("KeyRequest", #"{"type":"object","additionalProperties":false,"properties":{"label":{"description":"For people: who has it.","type":["string","null"],"minLength":1,"maxLength":200},"role":{"description":"What the contract says.","enum":["contract",null]},"expires_at":{"description":"From then on it counts no more; a date means its midnight UTC.","type":["string","null"],"anyOf":[{"type":"null"},{"format":"date-time"},{"format":"date"}]}}}"#),
        ("OperatorKeyRequest", #"{"type":"object","required":["role"],"additionalProperties":false,"properties":{"label":{"description":"For people: who has it.","type":["string","null"],"minLength":1,"maxLength":200},"role":{"enum":["admin","auditor","metrics"]},"expires_at":{"description":"From then on it counts no more; a date means its midnight UTC.","type":["string","null"],"anyOf":[{"type":"null"},{"format":"date-time"},{"format":"date"}]}}}"#),
    ] + described.map { ($0.schemaName ?? "", $0.objectSchema.text) } + TypeSchemas.all + OutgoingCalls.schemas
}
