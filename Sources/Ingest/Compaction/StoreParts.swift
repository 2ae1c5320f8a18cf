/// A store that is open and goes on working, for what looks after the whole of it.
///
/// Handed to backups and to verification.
struct StoreParts: Sendable {
    let directory: DataDirectory
    let catalog: Catalog
    let tier: HotTier
    let compactor: Compactor
    let clock: Clock
    /// Runs a body while nothing is written to the file of queues, and waits for it (`QueueStore.hold`).
    let holdQueues: @Sendable (_ body: @escaping @Sendable () throws -> Void) throws -> Void
}
