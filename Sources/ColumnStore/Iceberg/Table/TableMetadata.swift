// Table metadata as the Iceberg specification has it (version 2, "Table Metadata and Snapshots"), one JSON file for each commit.

/// Everything a table is, but for its files: schemas, snapshots, properties. A value: each commit makes a new one.
public struct TableMetadata: Sendable, Equatable {
    /// Given once, when the table was created; stays through moves and restores.
    public let uuid: String
    /// Where the table lay when this version was written, without a slash at its end; elsewhere it is read by `RelocatedStorage`.
    public internal(set) var location: String
    /// Of the newest snapshot ever made; 0 before the first.
    public internal(set) var lastSequenceNumber: Int64
    /// In milliseconds since 1970.
    public internal(set) var lastUpdatedMilliseconds: Int64
    /// The greatest field id ever given: none is given twice, even after its column is gone.
    public internal(set) var lastColumnID: Int32
    public internal(set) var currentSchemaID: Int32
    /// All that there were, since old snapshots name theirs. Never empty.
    public internal(set) var schemas: [TableSchema]
    /// Of this module `till.…`; others are for engines outside.
    public internal(set) var properties: [String: String]
    /// Nil as long as nothing was committed.
    public internal(set) var currentSnapshotID: Int64?
    /// The current one, and older ones that have not expired.
    public internal(set) var snapshots: [Snapshot]
    /// Which snapshot was current from when on, ascending.
    public internal(set) var snapshotLog: [SnapshotLogEntry]
    /// The metadata files before this one, ascending.
    public internal(set) var metadataLog: [MetadataLogEntry]
    /// With the one of no order, id 0.
    public internal(set) var sortOrders: [SortOrder]
    public internal(set) var defaultSortOrderID: Int32

    // Kept as they were: this module makes unpartitioned tables with one branch.
    let partitionSpecs: [JSONValue]
    let defaultSpecID: Int32
    let lastPartitionID: Int32
    /// Besides `main`.
    var otherRefs: [JSONValue.Member]
    /// What other writers put there and this module doesn't know.
    let otherMembers: [JSONValue.Member]

    /// A snapshot and when it became the current one; it may have expired since.
    public struct SnapshotLogEntry: Sendable, Equatable {
        public let snapshotID: Int64
        public let timestampMilliseconds: Int64
    }

    /// An earlier metadata file, and the time of its last update.
    public struct MetadataLogEntry: Sendable, Equatable {
        public let location: String
        public let timestampMilliseconds: Int64
    }

    /// An order of rows that files may claim, by field ids.
    public struct SortOrder: Sendable, Equatable {
        public let id: Int32
        let fields: [JSONValue]

        /// Rows in no order.
        static let none = SortOrder(id: 0, fields: [])
    }

    public var currentSchema: TableSchema {
        // Safe: checked when the metadata was made.
        schemas.first { $0.id == currentSchemaID } ?? schemas[0]
    }

    public var currentSnapshot: Snapshot? { currentSnapshotID.flatMap { snapshot(id: $0) } }

    public func snapshot(id: Int64) -> Snapshot? { snapshots.first { $0.id == id } }

    /// The snapshot that was current at that time; nil before the first, and where it has expired.
    public func snapshot(at milliseconds: Int64) -> Snapshot? {
        snapshotLog.last { $0.timestampMilliseconds <= milliseconds }.flatMap { snapshot(id: $0.snapshotID) }
    }

    /// The schema that a snapshot was written with.
    /// The current one where the snapshot does not say, or names one that is gone.
    public func schema(of snapshot: Snapshot) -> TableSchema {
        schemas.first { $0.id == snapshot.schemaID } ?? currentSchema
    }

    /// Whether every partition spec is empty, as this module's commits want.
    var isUnpartitioned: Bool {
        partitionSpecs.allSatisfy { ($0[present: "fields"]?.array ?? []).isEmpty }
    }

    /// Metadata of a table without rows.
    ///
    /// - Parameter now: in milliseconds since 1970.
    init(uuid: String, location: String, schema: TableSchema, lastColumnID: Int32, sortOrder: SortOrder?, properties: [String: String], now: Int64) {
        self.uuid = uuid
        self.location = location
        lastSequenceNumber = 0
        lastUpdatedMilliseconds = now
        self.lastColumnID = lastColumnID
        currentSchemaID = schema.id
        schemas = [schema]
        self.properties = properties
        currentSnapshotID = nil
        snapshots = []
        snapshotLog = []
        metadataLog = []
        sortOrders = [.none] + (sortOrder.map { [$0] } ?? [])
        defaultSortOrderID = sortOrder?.id ?? 0
        partitionSpecs = [.object(["spec-id": .integer(0), "fields": .array([])])]
        defaultSpecID = 0
        // The format counts partition fields from 1000.
        lastPartitionID = 999
        otherRefs = []
        otherMembers = []
    }
}

extension TableMetadata {
    /// What `json` writes by itself, and, of version 1, what it has other members for. The rest is carried on as it came (`otherMembers`).
    private static let knownMembers: Set<String> = [
        "format-version", "table-uuid", "location", "last-sequence-number", "last-updated-ms", "last-column-id",
        "current-schema-id", "schemas", "schema", "default-spec-id", "partition-specs", "partition-spec",
        "last-partition-id", "default-sort-order-id", "sort-orders", "properties", "current-snapshot-id", "snapshots",
        "refs", "snapshot-log", "metadata-log",
    ]

    /// What the value of a metadata file's text may take: a text of megabytes may have one of hundreds. That of ten thousand snapshots takes some 50 MB.
    static let memoryByteCountMax = 1 << 30

    /// - Throws: `.corruptFile` for what is no table metadata, `.unsupportedFeature` for other format versions and types; `.overBudget`, before anything is
    ///   read, for a text whose value would take more than `memoryByteCountMax`.
    init(parsing bytes: [UInt8], path: String, memoryByteCountMax: Int = Self.memoryByteCountMax) throws(ColumnStoreError) {
        guard JSONParser.valueByteCount(of: bytes) <= memoryByteCountMax else {
            throw ColumnStoreError(.overBudget, path: path, "its value would take more than the \(memoryByteCountMax) bytes of memory that are allowed")
        }
        let json: JSONValue
        do {
            json = try JSONParser.parse(bytes)
        } catch {
            throw ColumnStoreError(.corruptFile, path: path, offset: Int64(error.offset), error.message)
        }
        func required<Value>(_ name: String, _ value: Value?) throws(ColumnStoreError) -> Value {
            guard let value else { throw ColumnStoreError(.corruptFile, path: path, "\"\(name)\" is missing or of another type") }
            return value
        }
        /// Commits count on from these, one by one: what is near the end of its range was never counted to.
        func counted<Number: FixedWidthInteger>(_ name: String, _ value: Number?) throws(ColumnStoreError) -> Number {
            let value = try required(name, value)
            guard value >= 0, value <= Number.max / 2 else {
                throw ColumnStoreError(.corruptFile, path: path, "\"\(name)\" is out of range: \(value)")
            }
            return value
        }
        let version = try required("format-version", json[present: "format-version"]?.int32)
        guard version == 2 else {
            throw ColumnStoreError(.unsupportedFeature, path: path, "Iceberg format version \(version); 2 is read")
        }
        uuid = try required("table-uuid", json[present: "table-uuid"]?.text)
        location = try required("location", json[present: "location"]?.text)
        lastSequenceNumber = try counted("last-sequence-number", json[present: "last-sequence-number"]?.int64)
        lastUpdatedMilliseconds = try counted("last-updated-ms", json[present: "last-updated-ms"]?.int64)
        lastColumnID = try counted("last-column-id", json[present: "last-column-id"]?.int32)
        currentSchemaID = try counted("current-schema-id", json[present: "current-schema-id"]?.int32)
        schemas = []
        for schema in try required("schemas", json[present: "schemas"]?.array) {
            schemas.append(try TableSchema(schema, path: path))
            _ = try counted("schema-id", schemas[schemas.count - 1].id)
        }
        partitionSpecs = try required("partition-specs", json[present: "partition-specs"]?.array)
        defaultSpecID = try required("default-spec-id", json[present: "default-spec-id"]?.int32)
        lastPartitionID = json[present: "last-partition-id"]?.int32 ?? 999
        defaultSortOrderID = json[present: "default-sort-order-id"]?.int32 ?? 0
        sortOrders = []
        for order in json[present: "sort-orders"]?.array ?? [] {
            sortOrders.append(
                SortOrder(id: try required("order-id", order[present: "order-id"]?.int32), fields: order[present: "fields"]?.array ?? []))
        }
        if !sortOrders.contains(where: { $0.id == 0 }) { sortOrders.insert(.none, at: 0) }
        properties = [:]
        for member in json[present: "properties"]?.members ?? [] { properties[member.name] = member.value.text }
        // -1 stands for none, as `json` writes it.
        let current = json[present: "current-snapshot-id"]?.int64
        currentSnapshotID = current == -1 ? nil : current
        snapshots = []
        for snapshot in json[present: "snapshots"]?.array ?? [] { snapshots.append(try Snapshot(snapshot, path: path)) }
        snapshotLog = try Self.entries("snapshot-log", "snapshot-id", { $0.int64 }, json, path).map { .init(snapshotID: $0.value, timestampMilliseconds: $0.at) }
        metadataLog = try Self.entries("metadata-log", "metadata-file", { $0.text }, json, path).map { .init(location: $0.value, timestampMilliseconds: $0.at) }
        otherRefs = (json[present: "refs"]?.members ?? []).filter { $0.name != "main" }
        // Nulls are left out: they say nothing that an absent member does not.
        otherMembers = (json.members ?? []).filter { !Self.knownMembers.contains($0.name) && $0.value != .null }
        guard schemas.contains(where: { $0.id == currentSchemaID }) else {
            throw ColumnStoreError(.corruptFile, path: path, "no schema has the current id \(currentSchemaID)")
        }
        if let id = currentSnapshotID, snapshot(id: id) == nil {
            throw ColumnStoreError(.corruptFile, path: path, "the current snapshot \(id) is not there")
        }
    }

    /// Of a list of what came to be and when.
    private static func entries<Value>(
        _ list: String, _ member: String, _ read: (JSONValue) -> Value?, _ json: JSONValue, _ path: String
    ) throws(ColumnStoreError) -> [(value: Value, at: Int64)] {
        var entries: [(Value, Int64)] = []
        for entry in json[present: list]?.array ?? [] {
            guard let value = entry[present: member].flatMap(read), let at = entry[present: "timestamp-ms"]?.int64 else {
                throw ColumnStoreError(.corruptFile, path: path, "\"\(list)\" is missing or of another type")
            }
            entries.append((value, at))
        }
        return entries
    }

    /// The metadata file's content; what other writers have put there stands behind the known members.
    var json: JSONValue {
        var refs = otherRefs
        if let currentSnapshotID {
            refs.insert(
                JSONValue.Member(
                    "main", .object(["snapshot-id": .integer(currentSnapshotID), "type": .string("branch")])), at: 0)
        }
        let members: JSONValue = .object([
            "format-version": .integer(2), "table-uuid": .string(uuid), "location": .string(location),
            "last-sequence-number": .integer(lastSequenceNumber), "last-updated-ms": .integer(lastUpdatedMilliseconds),
            "last-column-id": .integer(lastColumnID), "current-schema-id": .integer(currentSchemaID),
            "schemas": .array(schemas.map(\.json)), "default-spec-id": .integer(defaultSpecID),
            "partition-specs": .array(partitionSpecs), "last-partition-id": .integer(lastPartitionID),
            "default-sort-order-id": .integer(defaultSortOrderID),
            "sort-orders": .array(
                sortOrders.map { .object(["order-id": .integer($0.id), "fields": .array($0.fields)]) }),
            "properties": .object(
                properties.sorted { $0.key < $1.key }.map { JSONValue.Member($0.key, .string($0.value)) }),
            "current-snapshot-id": .integer(currentSnapshotID ?? -1), "snapshots": .array(snapshots.map(\.json)),
            "refs": .object(refs),
            "snapshot-log": .array(
                snapshotLog.map {
                    .object(["snapshot-id": .integer($0.snapshotID), "timestamp-ms": .integer($0.timestampMilliseconds)])
                }),
            "metadata-log": .array(
                metadataLog.map {
                    .object(["metadata-file": .string($0.location), "timestamp-ms": .integer($0.timestampMilliseconds)])
                }),
        ])
        return .object((members.members ?? []) + otherMembers)
    }

    /// Snapshots that a branch or a tag of another writer names: they never expire here.
    var referencedSnapshotIDs: Set<Int64> {
        Set(otherRefs.compactMap { $0.value[present: "snapshot-id"]?.int64 })
    }
}
