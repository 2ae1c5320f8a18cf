internal import ColumnStore
internal import Documents
internal import Ingest
internal import Query

/// Rollups: sums that are kept; seen by all, changed by the administrator.
enum RollupRoutes {
    static let all: [Route] = [
        Route(
            .get, "/v1/rollups", access: .review, place: .control,
            operation: Operation(
                "rollups", "The rollups, by name.", parameters: ListPage.parameters,
                answers: [.init(200, "Those that this credential may see.", [.of(ListBody<RollupBody>.self)])], problems: [.badCursor]),
            uses: { $0.store.rollups }, handle: list),
        Route(
            .get, "/v1/rollups/{name}", access: .review, place: .control,
            operation: Operation(
                "rollup", "A rollup, and how far its sums are made.", parameters: [name], answers: [.init(200, "It.", [.of(RollupBody.self)])],
                problems: [.notFound]),
            uses: { $0.store.rollups }, handle: one),
        Route(
            .put, "/v1/rollups/{name}", access: .admin, place: .control, body: .small,
            operation: Operation(
                "putRollup", "Makes or changes a rollup; its sums are made in the background.", parameters: [name], body: [.of(RollupBody.self)],
                answers: [.init(200, "Changed, or the same as before.", [.of(RollupBody.self)]), .init(201, "Made.", [.of(RollupBody.self)])],
                problems: [.invalidRollup, .diskFull]),
            uses: { ($0.store.rollups, $0.queries.limits.time) }, handle: put),
        Route(
            .delete, "/v1/rollups/{name}", access: .admin, place: .control,
            operation: Operation(
                "deleteRollup", "Removes a rollup and its sums; no receipt goes.", parameters: [name], answers: [.init(204, "Done.")],
                problems: [.notFound, .diskFull]),
            uses: { $0.store.rollups }, handle: delete),
        Route(
            .get, "/v1/admin/advice", access: .admin, place: .queries,
            operation: Operation(
                "advice", "Rollups that queries which were asked would have been answered from, what spares most rows first: each can be put as it is. Reads samples of rows.",
                answers: [.init(200, "They.", [.of(AdviceListBody.self)])]),
            uses: { ($0.store.rollups, $0.queries.limits.time) }, handle: advice),
    ]

    private static let name = Operation.Parameter.path("name", "The rollup's name.")

    /// As long as a page of a query may take.
    private static func advice(_ call: Call, _ parts: (rollups: any RollupAdministration, seconds: Double)) throws -> Response {
        let cancellation = call.cancellation(seconds: parts.seconds, ending: "looking for advice")
        return .json(AdviceListBody(advice: try parts.rollups.rollupAdvice(cancellation)), reserving: 1 << 20)
    }

    private static func list(_ call: Call, _ store: any RollupAdministration) throws -> Response {
        let page = try ListPage(call)
        let found = try store.rollups(after: try page.after(fieldCount: 1)?.text(at: 0), limit: page.limit + 1, as: call.principal)
        // A rollup may have a mebibyte of SQL, and a thousand files that it does not cover.
        let (shown, byteCount, hasMore) = try page.fit(found) { RollupBody(rollup: $0).byteCountMax }
        let next = hasMore ? shown.last.map { page.cursor([Array($0.definition.name.utf8)]) } : nil
        return .json(ListBody(items: shown.map { RollupBody(rollup: $0) }, nextCursor: next), reserving: byteCount)
    }

    private static func one(_ call: Call, _ store: any RollupAdministration) throws -> Response { .json(try find(call, store)) }

    private static func find(_ call: Call, _ store: any RollupAdministration) throws -> RollupBody {
        let name = call.path("name")
        guard let rollup = try store.rollups(after: nil, limit: .max, as: call.principal).first(where: { $0.definition.name == name }) else {
            throw Problem(.notFound, "there is no rollup \(MemberReader.shown(name))")
        }
        return RollupBody(rollup: rollup)
    }

    private static func put(_ call: Call, _ parts: (store: any RollupAdministration, seconds: Double)) throws -> Response {
        let name = call.path("name")
        guard call.request.header("Content-Type").flatMap({ MediaType($0) })?.essence == "application/json" else {
            throw Problem(.unsupportedMediaType, "a rollup is application/json, not \(MemberReader.shown(contentType: call.request.header("Content-Type")))")
        }
        try call.holdValue()
        let body = try JSONParser.parse(call.request.body, boundsMarks: true).without(RollupBody.ofAnswers)
        let outcome = try parts.store.putRollup(name: name, body: body)
        var made = try find(call, parts.store)
        // What was there was warned of when it came.
        if outcome != .unchanged { made.warning = parts.store.rollupWarning(name: name, call.cancellation(seconds: parts.seconds, ending: "the sample of rows")) }
        let answer = made.json()
        call.exchange.auditDetail = String(decoding: body.serialized, as: UTF8.self)
        return Response(status: outcome == .created ? 201 : 200, contentType: "application/json", bytes: answer)
            .adding("Location", "/v1/rollups/\(RequestTarget.encode(name))")
    }

    private static func delete(_ call: Call, _ store: any RollupAdministration) throws -> Response {
        try store.deleteRollup(name: call.path("name"))
        return .noContent
    }
}
