import ColumnStore

/// An instant in messages: RFC 3339, in UTC.
enum InstantText {
    static func text(_ microseconds: Int64) -> String {
        let day = Clock.day(ofMicroseconds: microseconds)
        let rest = microseconds - Int64(day) * Clock.microsecondsPerDay
        func padded(_ number: Int64, _ width: Int) -> String {
            let digits = String(number)
            return String(repeating: "0", count: max(0, width - digits.count)) + digits
        }
        let seconds = rest / 1_000_000
        return "\(DayText.text(day))T\(padded(seconds / 3_600, 2)):\(padded(seconds / 60 % 60, 2)):\(padded(seconds % 60, 2)).\(padded(rest % 1_000_000, 6))Z"
    }
}
