internal import ColumnStore
internal import Documents
internal import Ingest

/// The file of an upload, by its link alone: put in one piece.
enum UploadFileRoutes {
    typealias Parts = UploadRoutes.Parts

    static let parameters: [Operation.Parameter] = [
        .path("id", "The upload's id."), .query("expires", "From the link: until when it is good."), .query("signature", "From the link."),
    ]
    static let badSignature = Operation.Answer(
        403, "bad-signature: the link was altered, or its time is over. contract-not-valid, read-only: its contract has ended, or may not write.",
        [Operation.Content("application/problem+json", ProblemBody.schema.text)])
    static let file = Operation.Content("application/octet-stream", #"{"type":"string","contentEncoding":"binary"}"#)

    static let all: [Route] = [
        Route(
            .put, "/v1/uploads/{id}/file", access: .signed, place: .files,
            operation: Operation(
                "putUpload", "The file, by its link; also in Content-Encoding gzip or zstd.", parameters: parameters, body: [file],
                answers: [.init(201, "It is here.", [.of(UploadStateBody.self)]), badSignature],
                problems: [.uploadClosed, .uploadMismatch, .notFound, .diskFull, .contractNotValid, .readOnly]),
            uses: { Parts($0) }, open: open, handle: put),
    ]

    /// - Throws: `bad-signature`, `not-found`.
    static func linked(_ call: Call, _ parts: Parts) throws -> Upload {
        let id = call.path("id")
        let target = try call.request.target.parameters()
        func value(_ name: String) -> String? { target.first { $0.name == name }?.value }
        switch parts.links.links.check(.upload, subject: id, expires: value("expires"), signature: value("signature"), now: CalendarText.now) {
        case .valid: break
        case .altered: throw LinkRefusal.altered
        case .expired(let instant): throw LinkRefusal.expired(instant)
        }
        guard let upload = try parts.uploads.linked(id) else { throw Problem(.notFound, "the upload is not there any more") }
        return upload
    }

    private static func open(_ call: Call, _ parts: Parts) throws -> any BodySink {
        let upload = try linked(call, parts)
        call.belongs(to: upload.owner)
        // Before what pieces have brought goes: a call that is refused changes nothing. An upload that takes no file is refused for that.
        if upload.state == .new {
            if let length = call.request.header("Content-Length").flatMap({ Int64($0) }), let announced = upload.byteCount, length != announced {
                throw Problem(.uploadMismatch, "the file has \(length) bytes, and \(announced) were announced")
            }
            _ = try coding(call)
        }
        return try parts.uploads.receive(upload, from: 0, isAnew: true, isKept: true)
    }

    private static func coding(_ call: Call) throws -> StreamCoding? {
        guard let text = call.request.header("Content-Encoding")?.trimmingBlanks.lowercased(), text != "identity" else { return nil }
        guard let coding = StreamCoding(rawValue: text == "x-gzip" ? "gzip" : text) else {
            throw Problem(.unsupportedMediaType, "a file comes as it is, or in Content-Encoding gzip or zstd, not \(MemberReader.shown(text))")
        }
        return coding
    }

    private static func put(_ call: Call, _ parts: Parts) throws -> Response? {
        guard let file = call.sink as? UploadFile else { throw Problem(.internalError, "a file went nowhere") }
        let coding = try coding(call)
        try file.check()
        do {
            return try call.carryOn {
                let upload = try parts.uploads.finish(file, coding: coding)
                return .json(201, UploadStateBody(id: upload.id, state: upload.state))
            }
        } catch {
            // Whoever comes again finds nobody at it.
            file.end()
            throw error
        }
    }
}
