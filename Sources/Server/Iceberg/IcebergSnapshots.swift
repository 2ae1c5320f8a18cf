internal import ColumnStore
internal import Ingest

/// Which snapshots a loaded table is to tell of (`snapshots=`): all that can still be read, or those alone that a branch or tag names.
enum IcebergSnapshots: String {
    case all, refs

    /// Another with each commit, for each choice, and with other keys: an answer without a body would leave a reader with those that it has.
    func tag(of table: WarehouseTable, _ keys: LentKeys?) -> String {
        "\"" + Hexadecimal.text(Digest.sha256(Array("\(rawValue) \(table.metadataLocation) \(keys?.name ?? "")".utf8))) + "\""
    }

    /// The metadata with those.
    func cut(_ metadata: JSONValue) -> JSONValue {
        guard self == .refs, let members = metadata.members, let refs = metadata["refs"]?.members else { return metadata }
        let named = Set(refs.compactMap { $0.value["snapshot-id"]?.int64 })
        return .object(members.map { member in
            guard member.name == "snapshots", let snapshots = member.value.array else { return member }
            return .init(member.name, .array(snapshots.filter { $0["snapshot-id"]?.int64.map(named.contains) ?? false }))
        })
    }
}
