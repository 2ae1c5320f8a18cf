internal import ColumnStore
internal import Documents
internal import Ingest

/// An upload as its owner sees it.
struct UploadBody: ListItem, JSONObject {
    let upload: Upload
    var baseURL = ""

    /// Begins to read uploaded files; webhooks get their ends in the form in which calls show uploads.
    static func beginUploads(_ context: DoorContext, url: String) {
        let base = url.hasSuffix("/") ? String(url.dropLast()) : url
        context.store.uploads.start { UploadBody(upload: $0, baseURL: base).json() }
    }

    static var schemaName: String? { "Upload" }
    static var listName: StaticString { "uploads" }
    static var listSchemaName: String { "UploadList" }
    static var example: UploadBody {
        UploadBody(upload: Upload(
            id: "", owner: .administrator, client: nil, name: "", type: nil, contentType: nil, byteCount: nil, sha256: nil, createdAt: 0, expiresAt: 0))
    }

    func members(to sink: inout some MemberSink) {
        sink.member("upload_id", upload.id, MemberFacts("By which it is asked for."))
        sink.member("client_id", upload.clientID, MemberFacts("Who began it; null for the administrator."))
        sink.member("name", upload.name, MemberFacts("Of the file."))
        sink.member("type", upload.type, MemberFacts("The document type that its records are read as; null where each says its own."))
        sink.member("state", WordForm(upload.state), MemberFacts("How far it is."))
        sink.member("bytes", upload.byteCount, MemberFacts("As announced."))
        sink.member("received_bytes", upload.receivedByteCount, MemberFacts("Of the file, that are here."))
        sink.member("records", upload.recordCount ?? upload.position, MemberFacts("So far, until the file is read to its end."))
        sink.member("processed", upload.counts.processed, MemberFacts("accepted, replaced, repeated and rejected together."))
        sink.member("accepted", upload.counts.accepted, MemberFacts("Receipts, and first versions."))
        sink.member("repeated", upload.counts.repeated, MemberFacts("Records that were there already."))
        sink.member("replaced", upload.counts.replaced, MemberFacts("Further versions."))
        sink.member("rejected", upload.counts.rejected, MemberFacts("Records that were refused: errors_url has each."))
        sink.member("reverted", upload.revert.reverted, MemberFacts("Identities that have the version before this upload again."))
        sink.member("left", upload.revert.left, MemberFacts("Identities that were not taken back, since something newer had come."))
        sink.member("created_at", InstantForm(upload.createdAt), MemberFacts("When it was begun."))
        sink.member("started_at", upload.startedAt.map { InstantForm($0) }, MemberFacts("When its file was whole, and began to be read."))
        sink.member("ended_at", upload.endedAt.map { InstantForm($0) }, MemberFacts("When the last record was read, or the upload was ended."))
        sink.member("problem", upload.problem.map { Verbatim<ProblemBody>(ProblemBody(Problem($0)).json()) }, MemberFacts("Why the file cannot be read to its end, or the upload was not taken back to its."))
        sink.member("errors_url", "\(baseURL)/v1/uploads/\(upload.id)/errors", MemberFacts("Where its rejections are listed."))
    }
}

/// An upload that waits for its file.
struct NewUploadBody: JSONObject {
    let upload: Upload
    let url: String
    let byteCountMax: Int

    static var schemaName: String? { "NewUpload" }
    static var example: NewUploadBody { NewUploadBody(upload: UploadBody.example.upload, url: "", byteCountMax: 0) }

    func members(to sink: inout some MemberSink) {
        sink.member("upload_id", upload.id)
        sink.member("url", url, MemberFacts("Good without a credential until `expires_at`, for this one file."))
        sink.member("method", "PUT")
        sink.member("max_bytes", byteCountMax)
        sink.member("expires_at", InstantForm(upload.expiresAt))
        sink.member("state", WordForm(upload.state))
    }
}

/// How an upload stands, for whoever has just done something with it.
struct UploadStateBody: JSONObject {
    let id: String
    let state: Upload.State

    static var schemaName: String? { "UploadState" }
    static var example: UploadStateBody { UploadStateBody(id: "", state: .processing) }

    func members(to sink: inout some MemberSink) {
        sink.member("upload_id", id)
        sink.member("state", WordForm(state))
    }
}

/// A record that was not taken.
struct RejectionBody: ListItem, JSONObject {
    let rejection: UploadRejection

    static var schemaName: String? { "UploadError" }
    static var listName: StaticString { "errors" }
    static var listSchemaName: String { "UploadErrorList" }
    static var example: RejectionBody { RejectionBody(rejection: UploadRejection(record: 1, receiptID: nil, violations: [], columns: [])) }

    func members(to sink: inout some MemberSink) {
        sink.member("record", rejection.record, MemberFacts("From 1, in the file's order."))
        sink.member("receipt_id", rejection.receiptID, MemberFacts("The record's own id, where it could be read."))
        sink.member("errors", rejection.violations, MemberFacts("What is wrong with it, each at its place."))
        sink.member("columns", Verbatim<AnyObjectForm>(rejection.columns), MemberFacts("What was valid, by column."))
    }

    /// RFC 4180: a line for each fault, under `csvHeader`.
    static let csvHeader = Array("record,receipt_id,pointer,code,message,columns\r\n".utf8)

    func appendCSV(to text: inout [UInt8]) {
        var (head, columns) = (Array("\(rejection.record),".utf8), [UInt8]())
        if let id = rejection.receiptID { Self.append(id.utf8, to: &head) }
        Self.append(rejection.columns, to: &columns)
        for violation in rejection.violations {
            text += head
            for field in [violation.pointer, violation.code, violation.message] {
                text.append(UInt8(ascii: ","))
                Self.append(field.utf8, to: &text)
            }
            text.append(UInt8(ascii: ","))
            text += columns
            text += [0x0D, 0x0A]
        }
    }

    /// What `appendCSV` appends: each line has all that was valid again, which may be many times as long as what is kept of the record.
    var csvByteCount: Int {
        // With five commas and the line's end.
        var around = String(rejection.record).utf8.count + Self.quotedByteCount(rejection.columns) + 7
        if let id = rejection.receiptID { around += Self.quotedByteCount(id.utf8) }
        var byteCount = 0
        for violation in rejection.violations {
            byteCount += around
            for field in [violation.pointer, violation.code, violation.message] { byteCount += Self.quotedByteCount(field.utf8) }
        }
        return byteCount
    }

    /// A field between quotes, its own doubled.
    private static func append(_ field: some Sequence<UInt8>, to text: inout [UInt8]) {
        text.append(UInt8(ascii: "\""))
        for byte in field {
            if byte == UInt8(ascii: "\"") { text.append(byte) }
            text.append(byte)
        }
        text.append(UInt8(ascii: "\""))
    }

    private static func quotedByteCount(_ field: some Sequence<UInt8>) -> Int { field.reduce(2) { $0 + ($1 == UInt8(ascii: "\"") ? 2 : 1) } }
}
