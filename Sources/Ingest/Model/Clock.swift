import ColumnStore
import Glibc

/// The wall clock, as the engine takes it: tests put their own in its place.
package struct Clock: Sendable {
    /// Microseconds since 1970-01-01T00:00Z.
    package let now: @Sendable () -> Int64

    package init(now: @escaping @Sendable () -> Int64) { self.now = now }

    package static let system = Clock {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1_000
    }

    package static let microsecondsPerDay: Int64 = 86_400_000_000

    /// Days since 1970-01-01 of an instant, in UTC.
    package static func day(ofMicroseconds time: Int64) -> Int32 {
        let (quotient, remainder) = time.quotientAndRemainder(dividingBy: microsecondsPerDay)
        return Int32(clamping: remainder < 0 ? quotient - 1 : quotient)
    }
}

/// `2026-11-20` for days since 1970, and back: names of hot files, and messages.
package enum DayText {
    package static func text(_ day: Int32) -> String {
        let date = Calendar.day(fromDays: Int(day))
        func padded(_ value: Int, _ width: Int) -> String {
            let digits = String(value)
            return String(repeating: "0", count: max(0, width - digits.count)) + digits
        }
        return "\(padded(date.year, 4))-\(padded(date.month, 2))-\(padded(date.day, 2))"
    }

    /// Days since 1970 of `YYYY-MM-DD`, a real day of the years 1 to 9999; else nil.
    package static func day(_ text: some StringProtocol) -> Int32? {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 3, parts[0].utf8.count == 4, parts[1].utf8.count == 2, parts[2].utf8.count == 2 else { return nil }
        guard parts.allSatisfy({ $0.utf8.allSatisfy { $0 >= 0x30 && $0 <= 0x39 } }) else { return nil }
        guard let year = Int(parts[0]), let month = Int(parts[1]), let day = Int(parts[2]), year >= 1 else { return nil }
        return Calendar.validDays(year: year, month: month, day: day).map { Int32($0) }
    }
}
