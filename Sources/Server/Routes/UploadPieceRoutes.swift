internal import ColumnStore
internal import Documents
internal import Ingest

/// The file of an upload, by its link alone, in pieces: tus 1.0 (https://tus.io/protocols/resumable-upload), its core with checksum and expiration. An upload that broke
/// goes on where it broke, a PUT too.
enum UploadPieceRoutes {
    private typealias Parts = UploadRoutes.Parts

    private static let version = "1.0.0"
    private static let algorithms = RunningDigest.Algorithm.allCases.map(\.rawValue)
    private static let problemContent = Operation.Content("application/problem+json", ProblemBody.schema.text)
    private static let parameters = UploadFileRoutes.parameters + [
        .header("Tus-Resumable", "1.0.0"), .header("Upload-Offset", "Where the piece begins: as many bytes as are here."),
        .header("Upload-Checksum", "sha1, sha256 or md5, a blank, and the piece's hash in base64."),
    ]
    private static let piece = Operation.Content("application/offset+octet-stream", #"{"type":"string","contentEncoding":"binary"}"#)
    private static let answers: [Operation.Answer] = [
        .init(204, "It is here; Upload-Offset says how much is by now."), UploadFileRoutes.badSignature,
        .init(409, "upload-mismatch, upload-closed: another offset is due, or none.", [problemContent]),
        .init(412, "bad-parameter: another version of tus.", [problemContent]), .init(460, "upload-mismatch: the piece has another hash, and was dropped.", [problemContent]),
    ]
    private static let problems: [Problem.Slug] = [.uploadMismatch, .notFound, .unsupportedMediaType, .diskFull, .contractNotValid, .readOnly]

    static let all: [Route] = [
        Route(
            .options, "/v1/uploads/{id}/file", access: .open, place: .connection,
            operation: Operation(
                "uploadAbilities", "What of tus the server can do.", parameters: UploadFileRoutes.parameters, answers: [.init(204, "Tus-Version, Tus-Extension, Tus-Max-Size.")]),
            uses: { Parts($0) }, handle: abilities),
        Route(
            // Where a last call has failed it ends the file.
            .head, "/v1/uploads/{id}/file", access: .signed, place: .files,
            operation: Operation(
                "uploadOffset", "How much of the file is here (tus).", parameters: UploadFileRoutes.parameters + [.header("Tus-Resumable", "1.0.0")],
                answers: [.init(200, "Upload-Offset and Upload-Length."), UploadFileRoutes.badSignature, .init(409, "upload-closed: it takes no file."), .init(412, "Another version of tus.")],
                problems: [.notFound, .uploadMismatch, .diskFull, .contractNotValid, .readOnly]),
            uses: { Parts($0) }, handle: { call, parts in try told { try offset(call, parts) } }),
        Route(
            .patch, "/v1/uploads/{id}/file", access: .signed, place: .files,
            operation: Operation("patchUpload", "A piece of the file (tus).", parameters: parameters, body: [piece], answers: answers, problems: problems),
            uses: { Parts($0) }, open: { call, parts in try told { try open(try linked(call, parts), call, parts) } }, handle: { call, parts in try told { try patch(call, parts) } }),
        Route(
            .post, "/v1/uploads/{id}/file", access: .signed, place: .files,
            operation: Operation(
                "postUpload", "As PATCH, with X-HTTP-Method-Override: PATCH, for those who cannot send that.",
                parameters: parameters + [.header("X-HTTP-Method-Override", "PATCH")], body: [piece], answers: answers, problems: problems),
            uses: { Parts($0) },
            open: { call, parts in
                try told {
                    let upload = try linked(call, parts)
                    guard call.request.header("X-HTTP-Method-Override")?.uppercased() == "PATCH" else { throw Problem(.badParameter, "PUT the file, or PATCH a piece of it") }
                    return try open(upload, call, parts)
                }
            }, handle: { call, parts in try told { try patch(call, parts) } }),
    ]

    // MARK: What the server says

    private static func abilities(_ call: Call, _ parts: Parts) throws -> Response {
        Response.noContent.adding("Allow", "PUT, HEAD, PATCH, POST, OPTIONS").adding("Tus-Resumable", version).adding("Tus-Version", version)
            .adding("Tus-Extension", "checksum,expiration").adding("Tus-Checksum-Algorithm", algorithms.joined(separator: ","))
            .adding("Tus-Max-Size", String(parts.byteCountMax))
    }

    private static func offset(_ call: Call, _ parts: Parts) throws -> Response? {
        let upload = try linked(call, parts)
        // Where all of it is here it ends the file, as a last call does.
        guard upload.state == .new, parts.uploads.fileByteCount(upload.id) == upload.byteCount else { return try standing(upload, parts) }
        let file: UploadFile
        do {
            file = try parts.uploads.receive(upload, from: upload.byteCount ?? 0, isAnew: false, isKept: true)
            try file.check()
        } catch let fault as Fault where fault.code == .uploadMismatch {
            // It is another file, and was dropped.
            return try standing(upload, parts)
        } catch let fault as Fault where fault.code == .uploadClosed {
            // A look alone: to end it from here would wait for the other machine on this thread.
            return try standing(try parts.uploads.closed(upload), parts)
        }
        return try end(file, call) {
            do { _ = try parts.uploads.finish(file, coding: nil) } catch let fault as Fault where fault.code == .uploadClosed {}
            guard let now = try parts.uploads.linked(upload.id) else { throw Fault(.notFound, "the upload was deleted") }
            return try standing(now, parts)
        }
    }

    private static func standing(_ linked: Upload, _ parts: Parts) throws -> Response {
        let (upload, offset) = try parts.uploads.standing(of: linked)
        let length = upload.state == .new ? upload.byteCount : upload.receivedByteCount
        // What is here whole stays so, whatever became of it, be it a file of no bytes; what was ended before takes nothing more.
        guard upload.receivedByteCount > 0 || [.new, .processing, .processed, .error].contains(upload.state) else {
            throw Problem(.uploadClosed, "the upload is \(upload.state.rawValue)")
        }
        var response = placed(Response(status: 200), offset, upload).adding("Cache-Control", "no-store")
        if let length { response = response.adding("Upload-Length", String(length)) } else { response = response.adding("Upload-Defer-Length", "1") }
        return response
    }

    private static func placed(_ response: Response, _ offset: Int64, _ upload: Upload) -> Response {
        response.adding("Tus-Resumable", version).adding("Upload-Offset", String(offset)).adding("Upload-Expires", HTTPDate.text(instant: upload.expiresAt))
    }

    /// A refusal says that it speaks tus.
    private static func told<Result>(_ body: () throws -> Result) throws -> Result {
        do {
            return try body()
        } catch let refusal as Refusal {
            throw Refusal(problem: refusal.problem, headers: refusal.headers + [.init("Tus-Resumable", version), .init("Tus-Version", version)])
        } catch {
            var problem = ProblemMapping.problem(for: error)
            // The log has it, and sees the refusal alone.
            if problem.slug == .internalError, problem.cause == nil { problem.cause = "\(error)" }
            throw Refusal(problem: problem, headers: [.init("Tus-Resumable", version), .init("Tus-Version", version)])
        }
    }

    // MARK: Pieces

    private static func linked(_ call: Call, _ parts: Parts) throws -> Upload {
        let upload = try UploadFileRoutes.linked(call, parts)
        let asked = call.request.header("Tus-Resumable")?.trimmingBlanks
        guard asked == version else {
            var problem = Problem(.badParameter, "Tus-Resumable: \(version) is wanted, not \(MemberReader.shown(asked ?? "nothing"))")
            problem.status = 412
            throw problem
        }
        return upload
    }

    private static func open(_ upload: Upload, _ call: Call, _ parts: Parts) throws -> any BodySink {
        call.belongs(to: upload.owner)
        guard call.request.header("Content-Type").flatMap({ MediaType($0) })?.essence == "application/offset+octet-stream" else {
            throw Problem(.unsupportedMediaType, "a piece is of application/offset+octet-stream")
        }
        // Its bytes count as they come: of one in a coding nobody could say where the next begins, and the file would have the coded bytes.
        if let coding = call.request.header("Content-Encoding")?.trimmingBlanks, coding.lowercased() != "identity" {
            throw Problem(.unsupportedMediaType, "a piece comes as it is, not in Content-Encoding \(MemberReader.shown(coding)); PUT takes a file in gzip or zstd")
        }
        // Without its size nobody could tell which piece is the last.
        guard upload.byteCount != nil else { throw Problem.parameter("bytes", "a file that comes in pieces must have been announced with its size") }
        guard let text = call.request.header("Upload-Offset")?.trimmingBlanks, let offset = Int64(text), offset >= 0, text.utf8.first != UInt8(ascii: "+") else {
            throw Problem(.badParameter, "Upload-Offset says where the piece begins: a number of bytes")
        }
        let checksum = try checksum(call)
        let file: UploadFile
        do {
            file = try parts.uploads.receive(upload, from: offset, isAnew: false, isKept: checksum == nil)
        } catch let fault as Fault where fault.code == .uploadMismatch {
            throw elsewhere(parts.uploads.fileByteCount(upload.id))
        }
        return file
    }

    private static func elsewhere(_ offset: Int64) -> Problem {
        var problem = Problem(.uploadMismatch, "the next piece begins at byte \(offset)")
        problem.status = 409
        return problem
    }

    private static func checksum(_ call: Call) throws -> (algorithm: RunningDigest.Algorithm, text: String)? {
        guard let header = call.request.header("Upload-Checksum") else { return nil }
        let words = header.split(separator: " ").map(String.init)
        guard words.count == 2, let algorithm = RunningDigest.Algorithm(rawValue: words[0].lowercased()) else {
            throw Problem(.badParameter, "Upload-Checksum is one of \(algorithms.joined(separator: ", ")), a blank, and the hash in base64")
        }
        return (algorithm, words[1])
    }

    private static func patch(_ call: Call, _ parts: Parts) throws -> Response? {
        guard let file = call.sink as? UploadFile else { throw Problem(.internalError, "a file went nowhere") }
        // The piece is on the disk by now, and is read from there: it was never held in memory.
        if let (algorithm, text) = try checksum(call) {
            var running = RunningDigest(algorithm)
            try file.read(from: file.start) { running.update($0) }
            guard JSONForm.base64(running.finalize()) == text else {
                try file.cut(to: file.start)
                var problem = Problem(.uploadMismatch, "the piece has another hash than Upload-Checksum says, and was dropped")
                problem.status = 460
                throw problem
            }
        }
        // From here on the bytes count, whatever becomes of this answer: HEAD tells of them.
        file.keep()
        let upload = file.upload
        let end = file.byteCount
        guard end == upload.byteCount else {
            file.end()
            return placed(.noContent, end, upload)
        }
        try file.check()
        return try Self.end(file, call) {
            _ = try parts.uploads.finish(file, coding: nil)
            return placed(.noContent, end, upload)
        }
    }

    /// Ends a file that was looked at, which may wait for another machine. It is let go of where there is no place for that: whoever comes again finds nobody at it.
    private static func end(_ file: UploadFile, _ call: Call, _ body: @escaping @Sendable () throws -> Response) throws -> Response? {
        do { return try call.carryOn { try told { try body() } } } catch {
            file.end()
            throw error
        }
    }
}
