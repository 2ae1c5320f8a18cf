import Synchronization

/// Where the writer puts steps and events that wait to be done. Without somebody who does them (a command on a directory) they are
/// only on disk: the next `serve` finds them there.
final class WorkQueue: Sendable {
    private let taker = Mutex<(@Sendable ([QueuedWork]) -> Void)?>(nil)

    func add(_ work: [QueuedWork]) {
        let taker = taker.withLock { $0 }
        taker?(work)
    }

    /// From now on `taker` is called with all that is queued, on the writer's thread.
    func deliver(to taker: (@Sendable ([QueuedWork]) -> Void)?) { self.taker.withLock { $0 = taker } }
}
