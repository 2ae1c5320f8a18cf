/// One state of a table: the files that were in it after a commit.
///
/// Made by `CommitWriter`, read from the table's metadata (Iceberg specification, "Snapshots"). It names its files through the manifest list alone.
public struct Snapshot: Sendable, Equatable {
    public let id: Int64
    /// Nil for the first; may name one that has expired.
    public let parentID: Int64?
    /// Counts commits; 0 in tables of format version 1.
    public let sequenceNumber: Int64
    /// In milliseconds since 1970.
    public let timestampMilliseconds: Int64
    /// Location of the manifest list.
    public let manifestList: String
    /// Of the schema that was current then; nil where the writer did not say.
    public let schemaID: Int32?
    /// `operation` and counts, as outside tools show them.
    public let summary: [String: String]

    /// What readers of changes may conclude, by the specification's words.
    public enum Operation: String, Sendable {
        /// Files were added and none removed.
        case append
        /// The same rows in other files.
        case replace
        /// Files were added and removed, and rows with them.
        case overwrite
        /// Files were removed and none added.
        case delete
    }

    init(
        id: Int64, parentID: Int64?, sequenceNumber: Int64, timestampMilliseconds: Int64, manifestList: String,
        schemaID: Int32?, summary: [String: String]
    ) {
        self.id = id
        self.parentID = parentID
        self.sequenceNumber = sequenceNumber
        self.timestampMilliseconds = timestampMilliseconds
        self.manifestList = manifestList
        self.schemaID = schemaID
        self.summary = summary
    }

    /// - Throws: `.corruptFile`; `.unsupportedFeature` for one that lists its manifests in the metadata itself, as version 1 may.
    init(_ json: JSONValue, path: String) throws(ColumnStoreError) {
        guard let id = json[present: "snapshot-id"]?.int64, let timestamp = json[present: "timestamp-ms"]?.int64 else {
            throw ColumnStoreError(.corruptFile, path: path, "a snapshot without snapshot-id or timestamp-ms")
        }
        guard let list = json[present: "manifest-list"]?.text else {
            throw ColumnStoreError(.unsupportedFeature, path: path, "snapshot \(id) has no manifest list")
        }
        self.id = id
        parentID = json[present: "parent-snapshot-id"]?.int64
        sequenceNumber = json[present: "sequence-number"]?.int64 ?? 0
        timestampMilliseconds = timestamp
        manifestList = list
        schemaID = json[present: "schema-id"]?.int32
        var summary: [String: String] = [:]
        for member in json[present: "summary"]?.members ?? [] { summary[member.name] = member.value.text }
        self.summary = summary
    }

    var json: JSONValue {
        // All values of a summary are strings; some readers refuse numbers.
        var pairs = [JSONValue.Member("operation", .string(summary["operation"] ?? Operation.append.rawValue))]
        for (name, value) in summary.sorted(by: { $0.key < $1.key }) where name != "operation" {
            pairs.append(JSONValue.Member(name, .string(value)))
        }
        return .object([
            "snapshot-id": .integer(id), "parent-snapshot-id": parentID.map { .integer($0) },
            "sequence-number": .integer(sequenceNumber), "timestamp-ms": .integer(timestampMilliseconds),
            "manifest-list": .string(manifestList), "summary": .object(pairs),
            "schema-id": schemaID.map { .integer($0) },
        ])
    }
}
