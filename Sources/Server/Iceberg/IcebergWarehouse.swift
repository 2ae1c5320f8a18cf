internal import ColumnStore
internal import Documents
internal import Ingest

/// What the calls of the REST catalog answer.
struct IcebergWarehouse: Sendable {
    private static let namespace = "till"
    private let inventory: any StoreInventory
    private let reading: WarehouseReading

    init(_ inventory: any StoreInventory, _ reading: WarehouseReading) { (self.inventory, self.reading) = (inventory, reading) }

    /// Files have every client's rows: whoever reads them by themselves must be allowed to see all.
    private func check(_ call: Call) throws {
        guard call.principal.rows == .all else {
            throw Problem(.roleNotAllowed, "tables as files are for contracts of scope all; this one's own rows are at /v1/sql", errors: [IcebergFault.forbidden])
        }
    }

    private func checkNamespace(_ call: Call) throws {
        try check(call)
        let name = call.path("namespace")
        guard name == Self.namespace else {
            throw Problem(.notFound, "there is no namespace \(MemberReader.shown(name)); there is till", errors: [IcebergFault.noNamespace])
        }
    }

    private func answer(_ members: KeyValuePairs<String, JSONValue?>) -> Response {
        Response(status: 200, contentType: "application/json", bytes: JSONValue.object(members).serialized)
    }

    private static func names(_ names: [String]) -> JSONValue { .array(names.map { .string($0) }) }

    // MARK: Namespaces

    func config(_ call: Call) throws -> Response {
        try check(call)
        return answer(["defaults": .object([]), "overrides": .object([]), "endpoints": Self.names(IcebergRoutes.endpoints)])
    }

    func namespaces(_ call: Call) throws -> Response {
        try check(call)
        if let parent = call.parameter("parent"), !parent.isEmpty {
            guard parent == Self.namespace else {
                throw Problem(.notFound, "there is no namespace \(MemberReader.shown(parent)); there is till", errors: [IcebergFault.noNamespace])
            }
            return answer(["namespaces": .array([]), "next-page-token": JSONValue.null])
        }
        return answer(["namespaces": .array([Self.names([Self.namespace])]), "next-page-token": JSONValue.null])
    }

    func namespace(_ call: Call) throws -> Response {
        try checkNamespace(call)
        return answer(["namespace": Self.names([Self.namespace]), "properties": .object([])])
    }

    func hasNamespace(_ call: Call) throws -> Response {
        try checkNamespace(call)
        return .noContent
    }

    // MARK: Tables

    /// All at once: a store has a table for each kind of document, and not many kinds.
    func tables(_ call: Call) throws -> Response {
        try checkNamespace(call)
        let identifiers = try inventory.warehouseTables(as: call.principal).map { name in
            JSONValue.object(["namespace": Self.names([Self.namespace]), "name": .string(name)])
        }
        return answer(["identifiers": .array(identifiers), "next-page-token": JSONValue.null])
    }

    /// Views here are SQL of this store, which no engine outside runs.
    func views(_ call: Call) throws -> Response {
        try checkNamespace(call)
        return answer(["identifiers": .array([]), "next-page-token": JSONValue.null])
    }

    func view(_ call: Call) throws -> Response {
        try check(call)
        throw Problem(.notFound, "there is no view \(MemberReader.shown(call.path("view"))) here; this store's are at /v1/views", errors: [IcebergFault.noView])
    }

    private func noTable(_ name: String) -> Problem {
        Problem(.notFound, "there is no table \(MemberReader.shown(name)) here; what is hot becomes cold with the next compaction", errors: [IcebergFault.noTable])
    }

    /// A table of a namespace that is not there is a table that is not there: Spark asks for `till.receipts.files` as the table `files` of a namespace
    /// `till.receipts`, and takes only this answer as one to look for `files` in the table itself.
    private func nameOfTable(_ call: Call) throws -> String {
        try check(call)
        let name = call.path("table")
        guard call.path("namespace") == Self.namespace else { throw noTable(name) }
        return name
    }

    private func table(_ call: Call) throws -> WarehouseTable {
        let name = try nameOfTable(call)
        guard let table = try inventory.warehouseTable(name, as: call.principal) else { throw noTable(name) }
        return table
    }

    func hasTable(_ call: Call) throws -> Response {
        _ = try table(call)
        return .noContent
    }

    func load(_ call: Call) throws -> Response {
        let table = try table(call)
        let choice = IcebergSnapshots(rawValue: call.parameter("snapshots") ?? "all") ?? .all
        let keys = try LentKeys.areWanted(call.request.header("X-Iceberg-Access-Delegation")) ? keys(for: table) : nil
        let tag = choice.tag(of: table, keys)
        if EntityTag.matches(call.request.header("If-None-Match"), tag) { return Response(status: 304).adding("ETag", tag) }
        // Of a table of thousands of snapshots its value takes many times the bytes; the text is made of it.
        try call.exchange.holdAnswer(JSONParser.valueByteCount(of: table.metadata).addingSaturating(table.metadata.count))
        let metadata = try choice.cut(JSONParser.parse(table.metadata))
        let known: KeyValuePairs<String, JSONValue?> = [
            "metadata-location": .string(table.metadataLocation), "metadata": metadata, "config": config(table, keys), "storage-credentials": keys?.list(reading.properties),
        ]
        let loaded = answer(known).adding("ETag", tag)
        return keys == nil ? loaded : loaded.adding("Cache-Control", "no-store")
    }

    /// What a reader must know of the files' place; with keys where to have others, too.
    private func config(_ table: WarehouseTable, _ keys: LentKeys?) -> JSONValue {
        var found = reading.properties
        if let keys {
            found += keys.config
            found.append(WarehouseProperty("client.refresh-credentials-endpoint", "/v1/namespaces/\(Self.namespace)/tables/\(table.name)/credentials"))
        }
        return .object(found.map { JSONValue.Member($0.name, .string($0.value)) })
    }

    /// Nil where none are lent: what the files' place asks for, the reader has by itself.
    ///
    /// - Throws: `storage-unavailable`.
    private func keys(for table: WarehouseTable) throws -> LentKeys? { try reading.lender.map { try LentKeys(for: table, from: $0) } }

    func credentials(_ call: Call) throws -> Response {
        let keys = try keys(for: try table(call))
        return answer(["storage-credentials": keys?.list(reading.properties) ?? .array([])]).adding("Cache-Control", "no-store")
    }

    /// What the specification has, or a client makes up, and is not here.
    func nothing(_ call: Call) throws -> Response {
        try check(call)
        throw Problem(.notFound, "there is no call at this path; /iceberg/v1/config lists those that are here")
    }

    /// What a reader tells of its scan; nobody reads it.
    func metrics(_ call: Call) throws -> Response {
        _ = try table(call)
        return .noContent
    }
}
