internal import ColumnStore
internal import Documents
internal import Ingest

/// Questions that run: looked at, and ended, by whoever asked them and by those who see every client.
enum RunningQueryRoutes {
    static let all: [Route] = [
        Route(
            .get, "/v1/queries", access: .reader, place: .control,
            operation: Operation(
                "queries", "The queries that run and this credential may see, the oldest first.", parameters: ListPage.parameters,
                answers: [.init(200, "They.", [.of(ListBody<RunningQueryBody>.self)])], problems: [.badCursor]),
            uses: { $0.queries }, handle: list),
        Route(
            .delete, "/v1/queries/{id}", access: .reader, place: .control,
            operation: Operation(
                "cancelQuery", "Ends a query; its caller gets 409 query-cancelled.", parameters: [.path("id", "The query's id.")],
                answers: [.init(204, "It was asked to end.")], problems: [.notFound]),
            uses: { $0.queries }, handle: cancel),
    ]

    private static func list(_ call: Call, _ service: QueryService) throws -> Response {
        let page = try ListPage(call)
        // The one at the end of a page may have ended by the next.
        let after = try page.after(fieldCount: 1)?.integer(at: 0) ?? 0
        let left = service.all.filter { $0.number > after && service.isSeen(by: call.principal, of: $0.asker) }.sorted { $0.number < $1.number }
        let shown = left.prefix(page.limit)
        let next = left.count > shown.count ? shown.last.map { page.cursor([Array(String($0.number).utf8)]) } : nil
        return .json(ListBody(items: shown.map { RunningQueryBody(query: $0) }, nextCursor: next))
    }

    private static func cancel(_ call: Call, _ service: QueryService) throws -> Response {
        let id = call.path("id")
        let queries = service.all.filter { $0.id == id && service.isSeen(by: call.principal, of: $0.asker) }
        // An id is of its asker's making: of several the caller's own is meant.
        guard let query = queries.first(where: { $0.asker.bearer == call.principal.bearer }) ?? queries.first else {
            throw Problem(.notFound, "no query \(MemberReader.shown(id)) runs")
        }
        query.cancel(onRequest: true)
        return .noContent
    }
}
