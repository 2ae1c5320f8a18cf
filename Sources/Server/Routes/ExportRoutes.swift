internal import ColumnStore
internal import Documents
internal import Ingest
internal import Query

/// Answers that leave as files: asked for here, fetched by a link.
enum ExportRoutes {
    private static let id = Operation.Parameter.path("id", "The export's id.")
    private static let queryProblems: [Problem.Slug] = [.badSQL, .unsupportedSQL, .numericOverflow, .dataError, .spillFull]

    /// What these calls use of the server.
    private struct Parts: Sendable {
        let exports: any ExportKeeping
        let links: any LinkSigning
        let rows: any RowReading
        let authorizer: Authorizer
        let queries: QueryService
        let queue: ExportQueue
        let log: Log

        init(_ all: CallParts) {
            (exports, links, rows, authorizer) = (all.store.exports, all.store.links, all.store.rows, all.authorizer)
            (queries, queue, log) = (all.queries, all.exports, all.log)
        }
    }

    static let all: [Route] = [
        Route(
            .post, "/v1/exports", access: .reader, place: .queries, body: .small,
            operation: Operation(
                "createExport", "Begins to write the answer to a query, receipts, or a workbook of several sheets into a file.",
                body: [.reference("ExportRequest")], answers: [.init(202, "It is being made; Location says where it stands.", [.of(AcceptedExportBody.self)])],
                problems: queryProblems + [.wrongClient, .notFound, .diskFull]),
            uses: { Parts($0) }, handle: create),
        Route(
            .get, "/v1/exports", access: .reader, place: .reads,
            operation: Operation(
                "exports", "The caller's exports, the newest first; for the administrator everybody's.", parameters: ListPage.parameters,
                answers: [.init(200, "They.", [.of(ListBody<ExportBody>.self)])], problems: [.badCursor]),
            uses: { Parts($0) }, handle: list),
        Route(
            .get, "/v1/exports/{id}", access: .reader, place: .reads,
            operation: Operation(
                "export", "How an export stands, and the link to its file.", parameters: [id], answers: [.init(200, "So.", [.of(ExportBody.self)])],
                problems: [.notFound]),
            uses: { Parts($0) }, handle: one),
        Route(
            .delete, "/v1/exports/{id}", access: .reader, place: .reads,
            operation: Operation(
                "deleteExport", "Ends an export and removes its file.", parameters: [id], answers: [.init(204, "It is gone.")],
                problems: [.notFound, .diskFull]),
            uses: { Parts($0) }, handle: delete),
        Route(
            .get, "/v1/exports/{id}/file", access: .signed, place: .reads,
            operation: Operation(
                "exportFile", "The file of an export, by its link.",
                parameters: [
                    id, .query("expires", "From the link: until when it is good."), .query("signature", "From the link."),
                    .header("Range", "One range of bytes."), .header("If-Range", "The ETag that the range is of."), .header("If-None-Match", "The ETag that is there."),
                ],
                answers: [
                    .init(200, "The file.", contents), .init(206, "The range.", contents), .init(304, "It is the one that is there."),
                    .init(403, "bad-signature: the link was altered.", [problem]), .init(416, "No byte of the file is in the range."),
                ],
                problems: [.notFound, .gone, .tooManyQueries, .queryTimeout]),
            uses: { Parts($0) }, handle: file),
    ]

    private static let contents = ExportFormat.allCases.map {
        Operation.Content(MediaType($0.contentType)?.essence ?? $0.contentType, isBinary: $0.form?.isBinary ?? true)
    }
    private static let problem = Operation.Content("application/problem+json", ProblemBody.schema.text)

    // MARK: Asking

    private static func create(_ call: Call, _ parts: Parts) throws -> Response {
        let body = try call.object(members: ExportRequest.members, hasTexts: true)
        let request = try ExportRequest(body: body, as: call.principal)
        try check(request, call, parts)
        var export = Export(
            id: "e_" + (try APIKey.randomText(byteCount: 12)), owner: call.principal.identity, name: request.name, format: request.format.rawValue,
            request: body.serialized, createdAt: CalendarText.now, expiresIn: request.expiresIn)
        export.keySHA256 = try parts.authorizer.revocableKey(behind: try call.request.credential(), of: call.principal)
        try parts.queue.submit(export)
        return .json(202, AcceptedExportBody(id: export.id)).adding("Location", "/v1/exports/\(export.id)")
    }

    /// What is wrong with a query is wrong at once.
    private static func check(_ request: ExportRequest, _ call: Call, _ parts: Parts) throws {
        let queries = parts.queries
        switch request.content {
        case .receipts(let page): try check(page, call, parts)
        case .sheets(let sheets):
            let (catalog, _) = try queries.catalog(as: call.principal, upTo: nil)
            // Of all sheets together: it is one answer, on a thread that pages wait for.
            let deadline = SteadyClock.seconds() + queries.limits.time
            for (index, sheet) in sheets.enumerated() {
                let context = QueryContext(catalog: catalog, parameters: sheet.query.parameters, timeZone: sheet.query.timeZone, now: CalendarText.now)
                do {
                    let prepared = try queries.engine.prepare(sheet.query.query, in: context, cancellation: Cancellation(timeLimitSeconds: max(0.001, deadline - SteadyClock.seconds())))
                    try request.format.check(prepared.columns)
                } catch let error as QueryError where request.isOfSheets {
                    throw ProblemMapping.problem(for: error).within("sheets/\(index)")
                }
            }
        }
    }

    /// By a page of one row, charged as it grows. A row that is never had is written all the same, by itself; what is known of versions beside it, and is never had, is refused here.
    private static func check(_ request: PageRequest, _ call: Call, _ parts: Parts) throws {
        let exchange = call.exchange
        let cancellation = call.cancellation(seconds: parts.queries.limits.time, ending: "the first page of the receipts")
        var isTooLong = false
        func read(_ request: PageRequest) throws {
            _ = try parts.rows.page(request, as: call.principal) { byteCount in
                try cancellation.check()
                isTooLong = exchange.isNeverHeld(byteCount)
                try exchange.holdAnswer(byteCount)
            }
        }
        var one = request
        one.limit = 1
        do { return try read(one) } catch { guard isTooLong, one.fields != nil else { throw error } }
        // They are there, or that had been said. Those that are usual have no document, and are never long.
        one.fields = nil
        try read(one)
    }

    // MARK: Seeing

    private static func body(_ export: Export, _ parts: Parts) -> ExportBody {
        var body = ExportBody(export: export, progress: parts.queue.progress(of: export.id))
        if export.state == .done, let expiresAt = export.expiresAt, CalendarText.now < expiresAt {
            let path = "/v1/exports/\(export.id)/file" + parts.links.links.query(.export, subject: export.id, expiresAt: expiresAt)
            body.url = parts.queue.baseURL + path
        }
        return body
    }

    private static func list(_ call: Call, _ parts: Parts) throws -> Response {
        let page = try ListPage(call)
        var place: (createdAt: Int64, id: String)?
        if let fields = try page.after(fieldCount: 2) { place = (try fields.integer(at: 0), fields.text(at: 1)) }
        var exports = try parts.exports.exports(after: place, limit: page.limit + 1, as: call.principal)
        var next: String?
        if exports.count > page.limit {
            exports.removeLast()
            next = exports.last.map { page.cursor([Array(String($0.createdAt).utf8), Array($0.id.utf8)]) }
        }
        return .json(ListBody(items: exports.map { body($0, parts) }, nextCursor: next), reserving: 512 * exports.count + 64)
    }

    private static func one(_ call: Call, _ parts: Parts) throws -> Response {
        .json(body(try parts.exports.export(call.path("id"), as: call.principal), parts))
    }

    private static func delete(_ call: Call, _ parts: Parts) throws -> Response {
        try parts.exports.deleteExport(call.path("id"), as: call.principal)
        parts.queue.cancel(call.path("id"))
        return .noContent
    }

    // MARK: Fetching

    private static func file(_ call: Call, _ parts: Parts) throws -> Response? {
        let id = call.path("id")
        let verdict = parts.links.links.check(
            .export, subject: id, expires: call.parameter("expires"), signature: call.parameter("signature"), now: CalendarText.now)
        if verdict == .altered { throw LinkRefusal.altered }
        // Whoever has a link that was good learns what became of the file.
        guard let export = try parts.exports.linkedExport(id) else { throw Problem(.notFound, "the export was deleted") }
        if case .expired(let instant) = verdict { throw Problem(.gone, "the link was good until \(CalendarText.text(instant: instant)); ask for the export again") }
        guard export.state == .done, let format = ExportFormat(rawValue: export.format) else {
            throw gone
        }
        let tag = "\"\(export.sha256 ?? "")\""
        var common: [Response.Header] = [.init("ETag", tag), .init("Accept-Ranges", "bytes"), .init("Cache-Control", "private")]
        if EntityTag.matches(call.request.header("If-None-Match"), tag) {
            var response = Response(status: 304)
            response.headers += common
            return response
        }
        common += [DocumentPolicy.sandbox, .init("Content-Disposition", ContentDisposition.attachment(export.name, ending: "." + format.rawValue))]
        // A range of another file is no use: the whole of this one comes.
        let isSame = call.request.header("If-Range").map { $0.trimmingBlanks == tag } ?? true
        // Of GET alone (RFC 9110, 14.2): HEAD tells of the whole.
        let range = isSame && call.request.method == .get ? ByteRange(call.request.header("Range"), of: export.byteCount) : .whole
        return try response(export, format, range, common, call, parts)
    }

    private static func response(
        _ export: Export, _ format: ExportFormat, _ range: ByteRange, _ common: [Response.Header], _ call: Call, _ parts: Parts
    ) throws -> Response? {
        var wanted = 0..<export.byteCount
        var status = 200
        var fields = common
        switch range {
        case .whole: break
        case .part(let part):
            (wanted, status) = (part, 206)
            fields.append(.init("Content-Range", "bytes \(part.lowerBound)-\(part.upperBound - 1)/\(export.byteCount)"))
        case .unsatisfiable:
            var response = Response(status: 416)
            response.headers += common + [.init("Content-Range", "bytes */\(export.byteCount)")]
            return response
        }
        switch try parts.exports.exportContents(export) {
        case .file(let path)?:
            guard let body = FileBody.open(path, wanted) else { throw gone }
            var response = Response(status: status, contentType: format.contentType, file: body)
            response.headers += fields
            return response
        case .object(let object)?:
            let head = ExportDownload.Head(status: status, contentType: format.contentType, fields: fields)
            return try ExportDownload(object: object, range: wanted, call: call, queries: parts.queries, exports: parts.queue, log: parts.log).response(head)
        case nil: throw gone
        }
    }

    private static var gone: Problem { Problem(.gone, "the file is not there any more") }
}
