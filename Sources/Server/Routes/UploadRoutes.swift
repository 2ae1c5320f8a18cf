internal import ColumnStore
internal import Documents
internal import Ingest

/// Files of records that clients send whole: announced here, put by a link, read behind everything else.
enum UploadRoutes {
    private static let id = Operation.Parameter.path("id", "The upload's id.")
    private static let stateSchema = #"{"enum":["NEW","PROCESSING","PROCESSED","ERROR","CANCELLED","REVERTED"]}"#

    /// What these calls use of the server.
    struct Parts: Sendable {
        let uploads: any UploadKeeping
        let links: any LinkSigning
        let byteCountMax: Int
        /// Where the server's own URL stands.
        let queue: ExportQueue

        init(_ all: CallParts) {
            (uploads, links, byteCountMax, queue) = (all.store.uploads, all.store.links, all.uploadByteCountMax, all.exports)
        }
    }

    static let all: [Route] = [
        Route(
            .post, "/v1/uploads", access: .writer, place: .reads, body: .small,
            operation: Operation(
                "createUpload", "Announces a file of records; the answer has the link to put it by.", parameters: [.client], body: [.reference("UploadRequest")],
                answers: [.init(201, "The link.", [.of(NewUploadBody.self)])], problems: [.wrongClient, .typeNotAllowed, .unknownType, .notFound, .diskFull]),
            uses: { Parts($0) }, handle: create),
        Route(
            .get, "/v1/uploads", access: .reader, place: .reads,
            operation: Operation(
                "uploads", "The caller's uploads, the newest first; for the administrator everybody's.",
                parameters: [.client, .query("state", "The state.", schema: stateSchema)] + ListPage.parameters,
                answers: [.init(200, "They.", [.of(ListBody<UploadBody>.self)])], problems: [.badCursor, .wrongClient]),
            uses: { Parts($0) }, handle: list),
        Route(
            .get, "/v1/uploads/{id}", access: .reader, place: .reads,
            operation: Operation(
                "upload", "How an upload stands.", parameters: [id], answers: [.init(200, "So.", [.of(UploadBody.self)])], problems: [.notFound]),
            uses: { Parts($0) }, handle: one),
        Route(
            .get, "/v1/uploads/{id}/errors", access: .reader, place: .reads,
            operation: Operation(
                "uploadErrors", "The records that were not taken, in the file's order, with their reasons.", parameters: [id] + ListPage.parameters,
                answers: [
                    .init(200, "They.", [
                        .of(ListBody<RejectionBody>.self), .init("application/x-ndjson", #"{"type":"string"}"#), .init("text/csv", #"{"type":"string"}"#),
                    ])
                ],
                problems: [.notFound, .badCursor, .notAcceptable]),
            uses: { Parts($0) }, handle: errors),
        Route(
            .delete, "/v1/uploads/{id}", access: .writer, place: .control,
            operation: Operation(
                "cancelUpload", "Ends an upload that is not read to its end; what was taken stays. Of one that has ended the file goes.", parameters: [id],
                answers: [.init(204, "It is ended.")],
                problems: [.notFound, .diskFull]),
            uses: { Parts($0) }, handle: cancel),
        Route(
            .post, "/v1/uploads/{id}/revert", access: .writer, place: .control, body: .small,
            operation: Operation(
                "revertUpload", "Gives every document that an upload has changed the version before, unless something newer came since.", parameters: [id],
                answers: [.init(202, "It is being taken back; `reverted` and `left` say how far that is.", [.of(UploadStateBody.self)])],
                problems: [.notFound, .wrongClient, .typeNotAllowed, .immutableTable, .uploadClosed, .overloaded, .diskFull], isAudited: true),
            uses: { Parts($0) }, handle: revert),
    ] + UploadFileRoutes.all + UploadPieceRoutes.all

    // MARK: Announcing

    private static func create(_ call: Call, _ parts: Parts) throws -> Response {
        let body = try call.object(members: ["name", "type", "content_type", "bytes", "sha256"])
        func text(_ name: String, bytes: Int) throws -> String? {
            guard let value = body[name], value != .null else { return nil }
            guard let text = value.text, (1...bytes).contains(text.utf8.count), !text.unicodeScalars.contains(where: { $0.value < 0x20 || $0.value == 0x7F }) else {
                throw Problem.parameter(name, "a string of 1 to \(bytes) bytes without control characters is wanted, not \(MemberReader.shown(value))")
            }
            return text
        }
        guard let name = try text("name", bytes: 500) else { throw Problem.parameter("name", "is required", code: "required") }
        var announcement = UploadAnnouncement(name: name)
        (announcement.type, announcement.contentType) = (try text("type", bytes: 200), try text("content_type", bytes: 200))
        if let text = announcement.contentType, MediaType(text) == nil { throw Problem.parameter("content_type", "a media type is wanted, not \(MemberReader.shown(text))") }
        if let value = body["bytes"], value != .null {
            guard let number = value.integer, number >= 0 else { throw Problem.parameter("bytes", "a number of bytes is wanted, not \(MemberReader.shown(value))") }
            guard number <= parts.byteCountMax else { throw Problem(.tooLarge, "a file of \(number) bytes; limits.upload allows \(parts.byteCountMax)") }
            announcement.byteCount = Int64(number)
        }
        if let sha256 = try text("sha256", bytes: 64) {
            guard sha256.utf8.count == 64, sha256.utf8.allSatisfy({ isDigit($0) }) else { throw Problem.parameter("sha256", "64 hexadecimal digits are wanted") }
            announcement.sha256 = sha256
        }
        announcement.client = try call.client()
        let upload = try parts.uploads.announce(announcement, id: "u_" + (try APIKey.randomText(byteCount: 12)), as: call.principal)
        let query = parts.links.links.query(.upload, subject: upload.id, expiresAt: upload.expiresAt)
        let url = "\(parts.queue.baseURL)/v1/uploads/\(upload.id)/file\(query)"
        return .json(201, NewUploadBody(upload: upload, url: url, byteCountMax: parts.byteCountMax)).adding("Location", "/v1/uploads/\(upload.id)")
    }

    private static func isDigit(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x41...0x46).contains(byte) || (0x61...0x66).contains(byte)
    }

    // MARK: Seeing

    private static func one(_ call: Call, _ parts: Parts) throws -> Response {
        .json(UploadBody(upload: try parts.uploads.upload(call.path("id"), as: call.principal), baseURL: parts.queue.baseURL))
    }

    private static func list(_ call: Call, _ parts: Parts) throws -> Response {
        // A cursor is of what was asked for: another state or client has other places.
        let page = try ListPage(call, of: ["client", "state"].flatMap { name in call.parameter(name).map { [name, $0] } ?? [] })
        var state: Upload.State?
        if let text = call.parameter("state") {
            state = Upload.State(rawValue: text)
            if state == nil { throw Problem.parameter("state", "one of \(Upload.State.allCases.map(\.rawValue).joined(separator: ", ")) is wanted, not \(MemberReader.shown(text))") }
        }
        var place: (createdAt: Int64, id: String)?
        if let fields = try page.after(fieldCount: 2) { place = (try fields.integer(at: 0), fields.text(at: 1)) }
        var uploads = try parts.uploads.uploads(client: try call.client(), state: state, after: place, limit: page.limit + 1, as: call.principal)
        var next: String?
        if uploads.count > page.limit {
            uploads.removeLast()
            next = uploads.last.map { page.cursor([Array(String($0.createdAt).utf8), Array($0.id.utf8)]) }
        }
        let url = parts.queue.baseURL
        return .json(ListBody(items: uploads.map { UploadBody(upload: $0, baseURL: url) }, nextCursor: next), reserving: 512 * uploads.count + 64)
    }

    private static func errors(_ call: Call, _ parts: Parts) throws -> Response {
        let form = try call.choose(["application/json", "application/x-ndjson", "text/csv"])
        let page = try ListPage(call, of: [call.path("id")], asksAsItGrows: true)
        let upload = try parts.uploads.upload(call.path("id"), as: call.principal)
        let after = try page.after(fieldCount: 1)?.integer(at: 0) ?? 0
        // What it and its text take is asked for as it grows: a page of a few short ones is had where one of the longest would not be.
        let (items, hasMore, csvByteCount) = try call.exchange.asManyAsFit(page.limit) { limit, room -> ([RejectionBody], Bool, Int) in
            var held = 0
            let found = try parts.uploads.rejections(of: upload, after: after, limit: limit, as: call.principal) { byteCount in
                held = 2 * min(byteCount, RejectionPage.byteCountMax)
                try room.hold(held)
            }
            let items = found.rejections.map { RejectionBody(rejection: $0) }
            guard form == "text/csv" else { return (items, found.hasMore, 0) }
            // Each reason is a line that has all of its record's columns: known only now, and before any is made.
            let byteCount = items.reduce(RejectionBody.csvHeader.count) { $0.addingSaturating($1.csvByteCount) }
            room.memberCount = items.count
            try room.holdWhole(held.addingSaturating(byteCount))
            return (items, found.hasMore, byteCount)
        }
        let next = hasMore ? items.last.map { page.cursor([Array(String($0.rejection.record).utf8)]) } : nil
        var response: Response
        switch form {
        case "application/x-ndjson":
            response = Response(status: 200, contentType: form, bytes: items.reduce(into: []) { $0 += $1.json() + [0x0A] })
        case "text/csv":
            var bytes: [UInt8] = []
            bytes.reserveCapacity(csvByteCount)
            bytes += RejectionBody.csvHeader
            for item in items { item.appendCSV(to: &bytes) }
            response = Response(status: 200, contentType: "text/csv; charset=utf-8; header=present", bytes: bytes)
        default: response = .json(ListBody(items: items, nextCursor: next), reserving: 256 * items.count + 64)
        }
        if let next { response.headers.append(.init("Link", "<\(call.link(with: "cursor", next))>; rel=\"next\"")) }
        response.headers.append(DocumentPolicy.sandbox)
        return response.adding("Vary", "Accept")
    }

    // MARK: Ends

    private static func revert(_ call: Call, _ parts: Parts) throws -> Response {
        let upload = try parts.uploads.revert(call.path("id"), as: call.principal)
        return .json(202, UploadStateBody(id: upload.id, state: upload.state))
    }

    private static func cancel(_ call: Call, _ parts: Parts) throws -> Response {
        try parts.uploads.cancel(call.path("id"), as: call.principal)
        return .noContent
    }
}
