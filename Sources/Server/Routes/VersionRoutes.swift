internal import ColumnStore
internal import Documents
internal import Ingest

/// Documents that change: their versions, and their end.
enum VersionRoutes {
    private static let table = Operation.Parameter.query("table", "The versioned table.")

    static let all: [Route] = [
        Route(
            .get, "/v1/receipts/{receipt_id}/versions", access: .reader, place: .reads,
            operation: Operation(
                "receiptVersions", "The versions of a document of a versioned table, newest first, with what each changed.",
                parameters: [.path("receipt_id", "The document's id."), .receiptID, .client, table, .limit(1_000, 100), .cursor],
                answers: [.init(200, "A page of them.", [.of(ListBody<VersionBody>.self)])],
                problems: [.badCursor, .wrongClient, .notFound, .immutableTable]),
            uses: { $0.store.versions }, handle: versions),
        Route(
            .delete, "/v1/receipts/{receipt_id}", access: .writer, place: .reads,
            operation: Operation(
                "removeReceipt", "Adds a version that removes a document of a versioned table. Its earlier versions stay.",
                parameters: [.path("receipt_id", "The document's id."), .receiptID, .client, table],
                answers: [.init(204, "It is removed, or was before.")], problems: [.wrongClient, .typeNotAllowed, .notFound, .immutableTable, .diskFull]),
            uses: { $0.store.versions }, handle: remove),
    ]

    private static func lookup(_ call: Call) throws -> ReceiptLookup {
        ReceiptLookup(receiptID: try call.receiptID(), client: try call.client(), table: call.parameter("table") ?? "receipts")
    }

    private static func versions(_ call: Call, _ store: any VersionKeeping) throws -> Response {
        let limit = try call.integer("limit", in: 1...1_000, default: 100)
        let lookup = try lookup(call)
        let found = try call.exchange.asManyAsFit(limit) { limit, room -> VersionLookupResult in
            // A page of short versions is asked for as one, whatever its limit.
            room.memberCount = limit
            return try store.versions(lookup, limit: limit, cursor: call.parameter("cursor"), as: call.principal, hold: room.holdWhole)
        }
        switch found {
        case .choices:
            throw Problem.parameter("client", "several clients have a document of this id: name one of them")
        case .found(let page):
            // As was asked for: a text that grows by doubling is there twice meanwhile.
            let byteCount = page.versions.reduce(64) { $0.addingSaturating($1.textByteCountMax) }
            return .json(ListBody(items: page.versions.map { VersionBody(version: $0) }, nextCursor: page.nextCursor), reserving: byteCount)
        }
    }

    private static func remove(_ call: Call, _ store: any VersionKeeping) throws -> Response? {
        let exchange = call.exchange
        // Whose it is may have to be looked up in files: the call is put aside, and goes on when the removal is durable.
        store.remove(try lookup(call), as: call.principal) { fault in
            exchange.complete { fault.map { call.response(to: $0) } ?? .noContent }
        }
        return nil
    }
}
