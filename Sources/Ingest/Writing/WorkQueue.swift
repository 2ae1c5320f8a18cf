import Synchronization

/// Steps and events that the writer has made durable and that wait to be carried out. Without a scheduler (a command on a directory) they are
/// only on disk: the next `serve` finds them there.
///
/// What comes while nobody takes it is dropped here, and not lost.
final class WorkQueue: Sendable {
    /// A closure that stands in a generic by itself is wrapped once more at each look at it; in a struct it is not.
    private struct Taker: Sendable {
        let take: @Sendable ([QueuedWork]) -> Void
    }

    private let taker = Mutex<Taker?>(nil)

    func add(_ work: [QueuedWork]) {
        let taker = taker.withLock { $0 }
        taker?.take(work)
    }

    /// From now on `take` is called with all that is queued, on the writer's thread; nil ends it.
    func deliver(to take: (@Sendable ([QueuedWork]) -> Void)?) {
        let next = take.map { Taker(take: $0) }
        taker.withLock { $0 = next }
    }
}
