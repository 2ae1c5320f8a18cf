package import Cluster
import ColumnStore

/// Whose records a member's directory has, where it has noted that nowhere: versions before did not.
package enum ReplicaIdentity {
    /// Of a copy whose files tell records that count, and nothing beyond: DATA of one that did not lead, or a checkpoint.
    ///
    /// - Parameter directory: absolute.
    /// - Returns: the store's number; nil where there is no catalog yet, or the files cannot be used.
    package static func folded(_ directory: String) throws -> String? {
        let store = try ReplicaStore(directory: directory, isDurable: true)
        guard let position = store.position, position.sequence > 0 else { return nil }
        return try store.identity()
    }

    /// Of a log that begins with its first record: what makes a store's catalog is among the first.
    ///
    /// - Parameters:
    ///   - workspace: a directory for the while, absolute; it is removed.
    ///   - read: a few records after one; none at the end.
    package static func recorded(workspace: String, read: (_ after: Int64) throws -> [Record]) throws -> String? {
        try CheckpointFiles.remove(workspace)
        defer {
            do { try CheckpointFiles.remove(workspace) } catch { StoreLog.note("what was made to look at records could not be removed", path: workspace, reason: StoreLog.text(error), level: .warning) }
        }
        let store = try ReplicaStore(directory: workspace)
        try store.clear()
        while store.foldedSequence < recordCountMax {
            let records = try read(store.foldedSequence)
            if records.isEmpty { return nil }
            for record in records { try store.apply(record) }
            try store.settle()
            if let found = try store.identity() { return found }
        }
        return nil
    }

    /// A founder's first commits are fewer.
    private static let recordCountMax: Int64 = 1_024
}
