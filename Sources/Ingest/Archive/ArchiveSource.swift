package import Cluster
package import ColumnStore

/// The machine whose records are archived, as its archive sees it. Any thread.
package protocol ArchiveSource: AnyObject, Sendable {
    /// Whose records it has; nil while that is not known.
    var store: StoreIdentity? { get }
    /// The last record that counts, as far as it knows; nil while it does not lead.
    var committed: Mark? { get }
    /// Whether a commit of its store has its time and does not count yet: nobody knows how long it has been under way, nor whether it will count.
    ///
    /// What counts once it is false is in `committed` by then.
    var isUnderWay: Bool { get }
    /// The record before the first one that it has.
    var base: Mark { get }
    /// The last record that its checkpoint has; 0: it has none.
    var checkpointRecord: Int { get }
    /// Has the checkpoint go on to a record that counts, though less has come than it waits for otherwise.
    ///
    /// - Returns: whether that was done, as far as commits end there, or it does not go on.
    func bringCheckpoint(through record: Int) -> Bool
    /// Whether that record is one of those that it has, or the one before them.
    ///
    /// - Throws: where that cannot be read just now, which says nothing of it.
    func has(_ mark: Mark) throws -> Bool
    /// Whether it leads, asked now. Returns within some seconds.
    func leads() -> Bool
    /// Some of the records from `first` on; none before `base`.
    func read(from first: Int, count: Int, through last: Int) throws -> [Record]
    /// Calls `body` with its checkpoint's files, as of one record, which stay as they are meanwhile.
    ///
    /// - Returns: false where there is none, or it was cancelled.
    func checkpoint(unless isCancelled: () -> Bool, _ body: (_ folder: String, _ files: [CheckpointFiles.File], Mark) throws -> Void) throws -> Bool
    /// Another machine waits for its checkpoint, without which it is no part of the pair: whoever reads that for something else gives it up, and begins again.
    var isCheckpointWanted: Bool { get }
    /// Where a cold table's objects are.
    func cold(_ table: String) throws -> any ObjectStorage
}
