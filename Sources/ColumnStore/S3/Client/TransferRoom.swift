/// Memory for what is on its way, shared by all: whoever finds it full waits.
package final class TransferRoom: Sendable {
    private let byteCountMax: Int
    private let held: Monitor<Int>

    package init(byteCountMax: Int) {
        self.byteCountMax = byteCountMax
        held = Monitor(0)
    }

    package var heldByteCount: Int { held.withLock { $0 } }

    /// Takes room, waiting for it. What is larger than all room gets all of it, so that nobody waits forever.
    ///
    /// - Parameter end: until when the caller waits, by the steady clock.
    /// - Returns: what to give back; nil when the caller has given up, or its time has ended.
    func take(_ byteCount: Int, until end: UInt64 = .max, isCancelled: () -> Bool) -> Int? {
        let wanted = min(max(0, byteCount), byteCountMax)
        return held.wait(checkingEvery: 20) { held -> Int?? in
            if isCancelled() { return .some(nil) }
            guard held == 0 || wanted <= byteCountMax - held else { return SteadyClock.nanoseconds() > end ? .some(nil) : nil }
            held += wanted
            return .some(wanted)
        }
    }

    /// As `take`, if there is room now.
    func takeNow(_ byteCount: Int) -> Int? {
        held.withLock { held in
            guard byteCount >= 0, byteCount <= byteCountMax - held else { return nil }
            held += byteCount
            return byteCount
        }
    }

    func give(_ byteCount: Int) { held.broadcast { $0 -= byteCount } }
}
