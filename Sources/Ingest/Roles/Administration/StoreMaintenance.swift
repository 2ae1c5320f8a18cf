/// Long work on the whole store; each call returns when it is done.
package protocol StoreMaintenance: AnyObject, Sendable {
    /// Moves hot files of UTC days before `before` (in days since 1970) to cold, and merges cold files. Nil: all days, the open file too.
    ///
    /// - Parameter isCancelled: asked between pieces of the work. What was moved or merged by then stays so.
    /// - Throws: `overloaded` when it was cancelled.
    func compact(before: Int32?, isCancelled: @escaping @Sendable () -> Bool) throws -> CompactionSummary
    /// Copies the store, as it is at one instant, to a directory of this machine; what an earlier backup has there is not copied again.
    ///
    /// - Parameter isCancelled: asked between files, and pieces of large ones. After a cancel the backup before is as it was.
    /// - Throws: `overloaded` when it was cancelled.
    func backup(to destination: String, isCancelled: @escaping @Sendable () -> Bool) throws -> BackupSummary
    /// - Throws: `badParameter` where cold tables cannot be moved, since two machines keep the store.
    func checkMovable() throws
    /// Moves cold tables to another place, while the store works; what a move that was cut off has copied is not copied again.
    ///
    /// - Parameters:
    ///   - place: the new value of `storage.url`; nil: the store's own directory.
    ///   - isCancelled: asked between pieces of files. After a cancel the tables are where they were.
    ///   - progress: called with the bytes copied by now, and the path of what is being copied.
    /// - Throws: `badParameter` for a place that cannot take them, `overloaded` when it was cancelled.
    func move(
        to place: String?, isCancelled: @escaping @Sendable () -> Bool, progress: @escaping (_ byteCount: Int64, _ path: String) -> Void
    ) throws -> WarehouseMoveSummary
    /// Fills a column of a table, hot and cold, for documents that came before a version of their type had it; documents, sequences and states stay
    /// as they are. Goes on after a restart, until all is done.
    ///
    /// - Parameters:
    ///   - isCancelled: asked between files. What is filled by then stays so.
    ///   - progress: called with what is done by now.
    /// - Throws: `badParameter` for a table or column that no type in force has, `overloaded` when it was cancelled.
    func rebuild(
        column: String, of table: String, isCancelled: @escaping @Sendable () -> Bool, progress: (RebuildSummary) -> Void
    ) throws -> RebuildSummary
    /// Proves every file of the store, while it works; nothing is changed.
    ///
    /// - Parameters:
    ///   - temporaryDirectory: the directory in which keys are sorted that are too many for memory.
    ///   - makesAllSums: whether sums of rollups are computed anew for all cold files, and not for a sample of them.
    func verify(
        temporaryDirectory: String, makesAllSums: Bool, isCancelled: @escaping () -> Bool, progress: @escaping (Verifier.Progress) -> Void
    ) throws -> Verifier.Report
}

extension StoreMaintenance {
    package func compact(before: Int32?) throws -> CompactionSummary { try compact(before: before, isCancelled: { false }) }
    package func backup(to destination: String) throws -> BackupSummary { try backup(to: destination, isCancelled: { false }) }
}
