internal import CMicrohttpd
internal import ColumnStore
import Glibc
import Synchronization

/// A thread of its own that serves new connections while those of all other daemons are held up, by documents that take long or by a disk: a request that asks
/// whether the server lives must get its answer meanwhile.
///
/// Its daemon waits on the same listening socket, but takes nothing from it until then. It closes each connection after its answer, and nothing that
/// may take long runs on it, so that it goes back to rest.
///
/// Once the listener has stopped it looks after nobody any more, and its thread ends with its last connection, as those of the others do.
///
/// A daemon counts as held up when it was in the same turn at two looks, for a tenth of a second at least; it steps in when all of them are.
final class StandIn: Sendable {
    /// How often it looks after the others.
    private static let pauseSeconds = 0.05
    /// A turn of a daemon that lasts longer has held it up. In nanoseconds.
    private static let turnMax: UInt64 = 100_000_000
    private static let sleepMilliseconds: Int32 = 5

    private let isWanted: Monitor<Bool>
    private let looks: Timers.Repetition

    init(_ daemon: OpaquePointer, _ own: Listener.Context, others: [Wakeup], _ timers: Timers) {
        let bits = UInt(bitPattern: daemon)
        let context = Unmanaged.passUnretained(own)
        nonisolated(unsafe) let held = context
        let isWanted = Monitor(false)
        let seen = Mutex(others.map { _ in UInt64(0) })
        self.isWanted = isWanted
        looks = timers.every(Self.pauseSeconds) {
            if seen.withLock({ Self.areHeldUp(others, &$0) }) { isWanted.signal { $0 = true } }
        }
        WorkerThread(name: "http-stand-in", isDetached: true) {
            let own = held.takeUnretainedValue()
            while true {
                isWanted.wait { isWanted -> Void? in
                    defer { isWanted = false }
                    return isWanted ? () : nil
                }
                repeat {
                    own.wakeup?.listen()
                    guard MHD_run_wait(OpaquePointer(bitPattern: bits), Self.sleepMilliseconds) == .YES, !own.isOver else { return }
                } while seen.withLock({ Self.areHeldUp(others, &$0) }) || own.connectionCount > 0
            }
        }
    }

    /// Its listener has stopped: it looks no more, and its thread, woken, ends now or with its last connection.
    func stop() {
        looks.stop()
        isWanted.signal { $0 = true }
    }

    /// Whether each has been in one turn for long. One that sleeps is woken, and in another turn when it is looked at again.
    private static func areHeldUp(_ others: [Wakeup], _ seen: inout [UInt64]) -> Bool {
        let now = SteadyClock.nanoseconds()
        var areAll = true
        for (index, wakeup) in others.enumerated() {
            let began = wakeup.turnBegan
            if now &- min(now, began) < turnMax {
                areAll = false
            } else if seen[index] != began {
                areAll = false
                wakeup.ring()
            }
            seen[index] = began
        }
        return areAll
    }
}
