/// One field of a cron expression: which values it allows.
package struct CronField: Sendable, Equatable {
    package enum Unit: String, Sendable, CaseIterable {
        case minute, hour, day, month, weekday

        package var range: ClosedRange<Int> {
            switch self {
            case .minute: 0...59
            case .hour: 0...23
            case .day: 1...31
            case .month: 1...12
            // 0 and 7 are Sunday.
            case .weekday: 0...7
            }
        }

        var names: [String] {
            switch self {
            case .minute, .hour, .day: []
            case .month: ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
            case .weekday: ["sun", "mon", "tue", "wed", "thu", "fri", "sat"]
            }
        }
    }

    package let unit: Unit
    /// Bit n: n is allowed. Sunday is bit 0.
    private let allowed: UInt64
    /// Written with a star first, as `*/2`. Such hours go by the clock that runs, others by the one on the wall; and such a kind of day only narrows the other
    /// one (crontab(5)).
    package let beginsWithStar: Bool

    init(unit: Unit, allowed: UInt64, beginsWithStar: Bool) {
        self.unit = unit
        let sunday: UInt64 = unit == .weekday && allowed >> 7 & 1 == 1 ? 1 : 0
        self.allowed = unit == .weekday ? (allowed | sunday) & 0x7F : allowed
        self.beginsWithStar = beginsWithStar
    }

    package func allows(_ value: Int) -> Bool { (0..<64).contains(value) && allowed >> UInt64(value) & 1 == 1 }

    /// Rising.
    package var values: [Int] { (0..<64).filter(allows) }
}
