package import Dispatch
package import Foundation
import Synchronization

/// Waiting for what another thread or process does: what comes at all is waited for, on a machine of any speed; what never comes is given up after
/// minutes. Whoever counts rounds instead counts on speed, and is refused by the rules of the house.
package enum Patience {
    /// More than anything here takes on a machine ten times slower than any that it was tried on.
    package static let seconds = 900.0
    /// Each time that it ran out half of it is left, so that a run in which something never comes ends as well.
    private static let left = Mutex(seconds)

    /// Asks again and again.
    ///
    /// - Parameter times: how much more patience than else; for a program that does the work of many tests.
    /// - Returns: whether `condition` came to hold.
    @discardableResult
    package static func until(pauseMilliseconds: UInt32 = 10, times: Double = 1, _ condition: () throws -> Bool) rethrows -> Bool {
        try value(pauseMilliseconds: pauseMilliseconds, times: times) { try condition() ? true : nil } ?? false
    }

    /// Asks again and again, until there is something.
    package static func value<Value>(pauseMilliseconds: UInt32 = 10, times: Double = 1, _ look: () throws -> Value?) rethrows -> Value? {
        let (begin, patience) = (ProcessInfo.processInfo.systemUptime, left.withLock { $0 } * times)
        while true {
            if let found = try look() { return found }
            if ProcessInfo.processInfo.systemUptime - begin > patience {
                left.withLock { $0 = min($0, patience / times / 2) }
                return nil
            }
            usleep(pauseMilliseconds * 1_000)
        }
    }
}

extension Process {
    /// Waits until it ends, and ends it where it never does: what a test then finds wrong it says itself.
    ///
    /// - Parameter times: as of `Patience`.
    package func waitForEnd(times: Double = 1) {
        if !Patience.until(pauseMilliseconds: 2, times: times, { !isRunning }) { Foundation.kill(processIdentifier, SIGKILL) }
        waitUntilExit()
    }
}

extension DispatchGroup {
    /// Waits until all have left.
    ///
    /// - Returns: whether they have.
    package func waitPatiently() -> Bool { Patience.until(pauseMilliseconds: 2) { wait(timeout: .now()) == .success } }
}
