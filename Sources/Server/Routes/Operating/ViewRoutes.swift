internal import ColumnStore
internal import Documents
internal import Ingest
internal import Query

/// Views: SELECTs under a name, put by the administrator, read by everybody with their own rights to what is beneath.
enum ViewRoutes {
    /// What these calls use of the server.
    private struct Parts: Sendable {
        let views: any ViewAdministration
        let queries: QueryService

        init(_ all: CallParts) { (views, queries) = (all.store.views, all.queries) }
    }

    static let all: [Route] = [
        Route(
            .get, "/v1/views", access: .reader, place: .control,
            operation: Operation(
                "views", "The views, by name.", parameters: ListPage.parameters, answers: [.init(200, "A page of them.", [.of(ListBody<ViewBody>.self)])],
                problems: [.badCursor]),
            uses: { Parts($0) }, handle: list),
        Route(
            .get, "/v1/views/{name}", access: .reader, place: .control,
            operation: Operation("view", "A view.", parameters: [name], answers: [.init(200, "It.", [.of(ViewBody.self)])], problems: [.notFound]),
            uses: { Parts($0) }, handle: one),
        Route(
            .put, "/v1/views/{name}", access: .admin, place: .control, body: .small,
            operation: Operation(
                "putView", "Makes or changes a view. Its columns are those of now: `*` is fixed.", parameters: [name], body: [.of(ViewBody.self)],
                answers: [.init(200, "Changed, or the same as before.", [.of(ViewBody.self)]), .init(201, "Made.", [.of(ViewBody.self)])],
                problems: [.invalidView, .diskFull]),
            uses: { Parts($0) }, handle: put),
        Route(
            .delete, "/v1/views/{name}", access: .admin, place: .control,
            operation: Operation(
                "deleteView", "Deletes a view that no other reads.", parameters: [name], answers: [.init(204, "Done.")], problems: [.notFound, .viewInUse, .diskFull]),
            uses: { Parts($0) }, handle: delete),
    ]

    private static let name = Operation.Parameter.path("name", "The view's name.")
    private static let descriptionByteCountMax = 4_096

    private static func list(_ call: Call, _ parts: Parts) throws -> Response {
        let page = try ListPage(call)
        let found = parts.views.views(after: try page.after(fieldCount: 1)?.text(at: 0), limit: page.limit + 1)
        let context = try context(call, parts)
        // A view may have a mebibyte of SQL.
        let (shown, byteCount, hasMore) = try page.fit(found) { ViewBody(view: $0).byteCountMax }
        let bodies = bodies(shown, context, time(parts))
        let next = hasMore || bodies.count < shown.count ? bodies.last.map { page.cursor([Array($0.view.name.utf8)]) } : nil
        return .json(ListBody(items: bodies, nextCursor: next), reserving: byteCount)
    }

    /// As many as can be bound in the time; the first one in any case. It says then that it cannot.
    static func bodies(_ views: some Sequence<SavedView>, _ context: QueryContext, _ cancellation: Cancellation) -> [ViewBody] {
        var bodies: [ViewBody] = []
        for view in views {
            let body = ViewBody(view: view, fault: fault(view, context, cancellation))
            if cancellation.isOver, !bodies.isEmpty { break }
            bodies.append(body)
        }
        return bodies
    }

    /// For all that one call binds.
    private static func time(_ parts: Parts) -> Cancellation { Cancellation(timeLimitSeconds: parts.queries.limits.time, ending: "binding the view") }

    private static func one(_ call: Call, _ parts: Parts) throws -> Response {
        let name = call.path("name")
        guard let view = parts.views.view(name) else { throw Problem(.notFound, "there is no view \(MemberReader.shown(name))") }
        return .json(ViewBody(view: view, fault: fault(view, try context(call, parts), time(parts))))
    }

    private static func context(_ call: Call, _ parts: Parts) throws -> QueryContext {
        QueryContext(catalog: try parts.queries.catalog(as: call.principal, upTo: nil).catalog, now: CalendarText.now)
    }

    /// What became of tables and views beneath since it was put.
    private static func fault(_ view: SavedView, _ context: QueryContext, _ cancellation: Cancellation) -> String? {
        do {
            _ = try Binder.view(view.fixedQuery, named: view.name, in: context, cancellation: cancellation)
        } catch { return error.detail }
        // A type or a rollup may have taken its name since.
        if case .view(let query) = try? context.catalog.entry(named: view.name), query == view.fixedQuery { return nil }
        return "a table of this name comes before it: put the view under another name"
    }

    private static func put(_ call: Call, _ parts: Parts) throws -> Response {
        let name = call.path("name")
        let body = try call.object(members: ViewBody.members, passingOver: ViewBody.ofAnswers)
        let view = try read(body, name: name, context(call, parts), time(parts), isKnown: parts.views.view(name) != nil)
        let outcome = try parts.views.putView(view)
        let text = ViewBody(view: parts.views.view(name) ?? view).json()
        call.exchange.auditDetail = String(decoding: body.serialized, as: UTF8.self)
        return Response(status: outcome == .created ? 201 : 200, contentType: "application/json", bytes: text).adding("Location", "/v1/views/\(RequestTarget.encode(name))")
    }

    /// - Parameters:
    ///   - cancellation: of its binding.
    ///   - isKnown: there is a view of this name.
    /// - Throws: `invalid-view` with each fault, and the place in the query.
    private static func read(_ body: JSONValue, name: String, _ context: QueryContext, _ cancellation: Cancellation, isKnown: Bool) throws -> SavedView {
        var reader = MemberReader(body: body)
        if let own = reader.string("name"), own != name { reader.fault("/name", "mismatch", "the path names the view \(name), this is \(MemberReader.shown(own))") }
        if !isName(name) { reader.fault("/name", "format", "a name begins with a small letter and has up to 63 of a to z, 0 to 9 and _, not \(MemberReader.shown(name))") }
        if !isKnown, try isTaken(name, context.catalog) { reader.fault("/name", "name-taken", "there is a table or built-in view of this name") }
        let description = reader.string("description")
        if (description?.utf8.count ?? 0) > descriptionByteCountMax { reader.fault("/description", "out-of-range", "up to \(descriptionByteCountMax) bytes are kept") }
        let query = reader.string("query")
        if query == nil, !reader.faults.contains(where: { $0.pointer == "/query" }) { reader.fault("/query", "required", "a SELECT is wanted") }
        guard reader.faults.isEmpty, let query else { throw Problem(.invalidView, reader.summary("the view"), errors: reader.faults) }
        do throws(QueryError) {
            let bound = try Binder.view(query, named: name, in: context, cancellation: cancellation)
            let view = SavedView(
                name: name, query: query, description: description, columns: bound.columns.map { .init(name: $0.name, type: $0.type.sqlName) }, reads: bound.reads)
            try check(columns: view.columns.map(\.name))
            // As it will stand in other queries.
            _ = try Binder.view(view.fixedQuery, named: name, in: context, cancellation: cancellation)
            return view
        } catch {
            throw Problem(
                .invalidView, "/query: \(error.detail)", errors: [.init(pointer: "/query", code: error.slug.rawValue, message: error.detail)], position: error.position)
        }
    }

    /// Its columns are read by name.
    private static func check(columns: [String]) throws(QueryError) {
        var seen: Set<String> = []
        for column in columns where !seen.insert(column).inserted || column.isEmpty {
            throw QueryError(.badSQL, "two columns have the name “\(column)”: give each a name of its own by AS")
        }
    }

    private static func isTaken(_ name: String, _ catalog: any QueryCatalog) throws -> Bool { try catalog.entry(named: name) != nil }

    private static func isName(_ name: String) -> Bool {
        guard (1...63).contains(name.utf8.count), let first = name.utf8.first, (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(first) else { return false }
        return name.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"): true
            default: false
            }
        }
    }

    private static func delete(_ call: Call, _ parts: Parts) throws -> Response {
        if let reader = try parts.views.deleteView(call.path("name")) {
            throw Problem(.viewInUse, "the view \(MemberReader.shown(reader)) reads it: delete that first")
        }
        return .noContent
    }
}
