import Foundation

/// Waiting for what another thread or process does: what comes at all is waited for, on a machine of any speed; what never comes is given up after
/// minutes. Whoever counts rounds instead counts on speed, and is refused by the rules of the house.
package enum Patience {
    /// More than anything here takes on a machine ten times slower than any that it was tried on.
    package static let seconds = 900.0

    /// Asks again and again.
    ///
    /// - Returns: whether `condition` came to hold.
    @discardableResult
    package static func until(pauseMilliseconds: UInt32 = 10, _ condition: () throws -> Bool) rethrows -> Bool {
        try value(pauseMilliseconds: pauseMilliseconds) { try condition() ? true : nil } ?? false
    }

    /// Asks again and again, until there is something.
    package static func value<Value>(pauseMilliseconds: UInt32 = 10, _ look: () throws -> Value?) rethrows -> Value? {
        let end = ProcessInfo.processInfo.systemUptime + seconds
        while true {
            if let found = try look() { return found }
            if ProcessInfo.processInfo.systemUptime > end { return nil }
            usleep(pauseMilliseconds * 1_000)
        }
    }
}
