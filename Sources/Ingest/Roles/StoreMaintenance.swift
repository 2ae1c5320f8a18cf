/// Long work on the whole store; each call returns when it is done.
package protocol StoreMaintenance: AnyObject, Sendable {
    /// Moves hot files of UTC days before `before` to cold and merges. Nil: tomorrow, the open file too.
    func compact(before: Int32?) throws -> CompactionSummary
    /// Copies the store, as it is at one instant, to a directory of this machine; what an earlier backup has there is not copied again.
    func backup(to destination: String) throws -> BackupSummary
    /// Proves every file of the store, while it works; nothing is changed.
    ///
    /// - Parameter temporaryDirectory: where keys are sorted that are too many for memory.
    func verify(
        temporaryDirectory: String, isCancelled: @escaping () -> Bool, progress: @escaping (Verifier.Progress) -> Void
    ) throws -> Verifier.Report
}
