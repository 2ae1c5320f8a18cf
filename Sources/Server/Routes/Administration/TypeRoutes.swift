internal import ColumnStore
internal import Documents
internal import Ingest

/// Document types: seen by all, changed by the administrator.
enum TypeRoutes {
    static let all: [Route] = [
        Route(
            .get, "/v1/types", access: .review, place: .control,
            operation: Operation(
                "types", "The document types, by name.", parameters: [.limit(10_000, 1_000), .cursor],
                answers: [.init(200, "Those that this credential may post.", [.of(ListBody<TypeFileBody>.self)])], problems: [.badCursor]),
            uses: { $0.store.types }, handle: list),
        Route(
            .get, "/v1/types/{name}", access: .review, place: .control,
            operation: Operation(
                "type", "A document type.", parameters: [name], answers: [.init(200, "The type file.", [.of(TypeFileBody.self)])],
                problems: [.notFound]),
            uses: { $0.store.types }, handle: one),
        Route(
            .get, "/v1/types/{name}/versions", access: .review, place: .control,
            operation: Operation(
                "typeVersions", "Every version that a type had, newest first.", parameters: [name, .limit(1_000, 100), .cursor],
                answers: [.init(200, "A page of them.", [.of(ListBody<TypeVersionBody>.self)])], problems: [.badCursor, .notFound]),
            uses: { $0.store.types }, handle: versions),
        Route(
            .put, "/v1/types/{name}", access: .admin, place: .control, body: .typeFile,
            operation: Operation(
                "putType", "Adds a type or its next version.", parameters: [name], body: [.of(TypeFileBody.self)],
                answers: [.init(200, "Changed, or the same as before.", [.of(TypeFileBody.self)]), .init(201, "Added.", [.of(TypeFileBody.self)])],
                problems: [.invalidType, .versionConflict, .diskFull]),
            uses: { $0.store.types }, handle: put),
        Route(
            .delete, "/v1/types/{name}", access: .admin, place: .control,
            operation: Operation(
                "deleteType", "Recognises the type no more; data stay.", parameters: [name], answers: [.init(204, "Done.")],
                problems: [.notFound, .diskFull]),
            uses: { $0.store.types }, handle: delete),
    ]

    private static let name = Operation.Parameter.path("name", "The type's name.")

    /// A page ends here too: a type file has up to 16 MiB.
    private static let pageByteCountMax = 32 << 20

    private static func list(_ call: Call, _ store: any TypeAdministration) throws -> Response {
        let page = try ListPage(call)
        let after = try page.after(fieldCount: 1)?.text(at: 0)
        // One more than the page has: whether it is the last.
        let types = try store.types(after: after, limit: page.limit + 1, as: call.principal)
        var end = 0
        var byteCount = 0
        while end < min(types.count, page.limit), byteCount < pageByteCountMax {
            byteCount += types[end].json.count
            end += 1
        }
        let next = end < types.count ? page.cursor([Array(types[end - 1].name.utf8)]) : nil
        // The files are in memory; their text is not yet.
        try call.exchange.holdAnswer(byteCount + 4_096)
        return .json(ListBody(items: types[..<end].map { TypeFileBody(json: $0.json) }, nextCursor: next), reserving: byteCount + 4_096)
    }

    private static func one(_ call: Call, _ store: any TypeAdministration) throws -> Response {
        Response(status: 200, contentType: "application/json", bytes: try find(call, store).json)
    }

    private static func find(_ call: Call, _ store: any TypeAdministration) throws -> TypeDescription {
        let name = call.path("name")
        guard let type = try store.type(name, as: call.principal) else { throw Problem(.notFound, "there is no type \(MemberReader.shown(name))") }
        return type
    }

    private static func versions(_ call: Call, _ store: any TypeAdministration) throws -> Response {
        let limit = try call.integer("limit", in: 1...1_000, default: 100)
        let page = try ListPage(call, of: [call.path("name")])
        let before = try page.after(fieldCount: 1)?.integer(at: 0)
        let type = try find(call, store)
        let found = try call.exchange.asManyAsFit(limit) { limit, room in
            try store.typeVersions(type.name, before: before.map { Int($0) } ?? .max, limit: limit, as: call.principal, hold: room.hold)
        }
        // What comes before the last of them is asked for by its number; version 1 has nothing before it.
        let next = found.last.flatMap { $0.version > 1 ? page.cursor([Array(String($0.version).utf8)]) : nil }
        return .json(ListBody(items: found.map { TypeVersionBody(version: $0) }, nextCursor: next), reserving: found.reduce(4_096) { $0 + $1.json.count + 64 })
    }

    private static func put(_ call: Call, _ store: any TypeAdministration) throws -> Response {
        guard call.request.header("Content-Type").flatMap({ MediaType($0) })?.essence == "application/json" else {
            throw Problem(.unsupportedMediaType, "a type file is application/json, not \(MemberReader.shown(contentType: call.request.header("Content-Type")))")
        }
        try call.holdValue()
        // What is no JSON at all is a fault of the body; all else is one of the type.
        _ = try JSONParser.parse(call.request.body, boundsMarks: true)
        let outcome = try store.putType(name: call.path("name"), body: call.request.body)
        let digest = Digest.sha256(call.request.body).map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
        call.exchange.auditDetail = #"{"bytes":\#(call.request.body.count),"sha256":"\#(digest)","is_changed":\#(outcome != .unchanged)}"#
        return Response(status: outcome == .created ? 201 : 200, contentType: "application/json", bytes: try find(call, store).json)
            .adding("Location", "/v1/types/\(RequestTarget.encode(call.path("name")))")
    }

    private static func delete(_ call: Call, _ store: any TypeAdministration) throws -> Response {
        try store.deleteType(name: call.path("name"))
        return .noContent
    }
}
