internal import Cluster
internal import Ingest

/// Whose records a member's directory has. It is noted beside them; of what a version before has left it is found out once, and noted.
enum MemberIdentity {
    private static let batchCount = 16

    /// - Parameter directory: absolute.
    /// - Returns: nil for a directory that has none.
    static func of(_ file: RecordFile, directory: String) throws -> StoreIdentity? {
        if let noted = file.store { return noted }
        guard let found = try find(file, directory).flatMap({ StoreIdentity($0) }) else { return nil }
        try file.identify(found)
        return found
    }

    private static func find(_ file: RecordFile, _ directory: String) throws -> String? {
        let folder = "\(directory)/\(ReplicaStore.folder)"
        if let found = try ReplicaIdentity.folded(directory) ?? ReplicaIdentity.folded("\(folder)/\(StoreCheckpoint.name)") { return found }
        guard file.base.sequence == 0, file.tail.sequence > 0 else { return nil }
        return try ReplicaIdentity.recorded(workspace: "\(folder)/identity") { after in
            try file.read(from: Int(after) + 1, count: batchCount)
        }
    }
}
