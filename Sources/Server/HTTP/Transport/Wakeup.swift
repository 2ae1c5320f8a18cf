internal import ColumnStore
import Glibc
import Synchronization

/// Ends the wait of the thread that runs a daemon. libmicrohttpd does so itself only for threads of its own: a connection resumed from
/// another thread would be looked at when the wait's time is over.
///
/// No ring is lost: `listen` lowers the flag before the thread looks, so a ring that finds it raised comes before that look, and one after it writes.
final class Wakeup: Sendable {
    /// An eventfd among what the thread waits for, edge-triggered: it need not be read.
    private let descriptor: Int32
    private let isRung = Atomic<Bool>(false)
    private let turn = Atomic<UInt64>(0)

    init(descriptor: Int32) { self.descriptor = descriptor }

    /// Called after there is something to see. Many calls while the thread is awake are one system call.
    func ring() {
        guard !isRung.exchange(true, ordering: .sequentiallyConsistent) else { return }
        var one: UInt64 = 1
        // It can fail only when it was rung 2^64 times: then the thread is awake.
        _ = write(descriptor, &one, MemoryLayout<UInt64>.size)
    }

    /// Called by the thread before it looks and waits: whoever rings from here on is heard.
    func listen() {
        turn.store(SteadyClock.nanoseconds(), ordering: .relaxed)
        isRung.store(false, ordering: .sequentiallyConsistent)
    }

    /// When the thread last began to look, on the steady clock.
    var turnBegan: UInt64 { turn.load(ordering: .relaxed) }
}
