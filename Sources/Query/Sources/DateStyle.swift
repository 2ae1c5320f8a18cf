internal import ColumnStore

/// The styles of the setting `DateStyle` beside ISO: how days and moments are written there, as PostgreSQL's EncodeDateOnly and EncodeDateTime do.
package enum DateStyle: Hashable, Sendable {
    /// `01/02/2024 03:04:05 EET`, or the day first.
    case sql(isDayFirst: Bool)
    /// `01-02-2024` and `Tue Jan 02 03:04:05 2024 EET`, or the day first.
    case postgres(isDayFirst: Bool)
    /// `02.01.2024 03:04:05 EET`
    case german

    private static let weekdays = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
    private static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
    /// Of a zone's name: PostgreSQL's MAXTZLEN.
    private static let zoneByteCountMax = 10

    /// - Parameter days: since 1970-01-01; none of the infinite ones.
    package func append(days: Int, to text: inout [UInt8]) {
        let day = Calendar.day(fromDays: days)
        appendNumbers(day, to: &text)
        appendEra(day, to: &text)
    }

    /// - Parameters:
    ///   - days: since 1970-01-01, as the clock on the wall says; none of the infinite ones.
    ///   - time: microseconds since that day's midnight.
    ///   - zone: what the zone's time is called then; nil of a time without a zone.
    private func append(days: Int, time: Int64, zone: String?, to text: inout [UInt8]) {
        let day = Calendar.day(fromDays: days)
        switch self {
        case .sql, .german:
            appendNumbers(day, to: &text)
            appendClock(time, to: &text)
        case .postgres(let isDayFirst):
            text.append(contentsOf: Self.weekdays[Calendar.weekday(days: days)].utf8)
            text.append(0x20)
            let month = Self.months[day.month - 1].utf8
            if !isDayFirst {
                text.append(contentsOf: month)
                text.append(0x20)
            }
            Calendar.appendPadded(day.day, width: 2, to: &text)
            if isDayFirst {
                text.append(0x20)
                text.append(contentsOf: month)
            }
            appendClock(time, to: &text)
            text.append(0x20)
            appendYear(day, to: &text)
        }
        if let zone {
            text.append(0x20)
            text.append(contentsOf: zone.utf8.prefix(Self.zoneByteCountMax))
        }
        appendEra(day, to: &text)
    }

    /// - Parameter moment: microseconds since 1970-01-01 of the clock on the wall; none of the infinite ones.
    package func append(moment: Int64, zone: String?, to text: inout [UInt8]) {
        let (days, time) = Calendar.split(microseconds: moment)
        append(days: days, time: time, zone: zone, to: &text)
    }

    /// `01/02/2024`
    private func appendNumbers(_ day: Calendar.Day, to text: inout [UInt8]) {
        let mark: UInt8, isDayFirst: Bool
        switch self {
        case .sql(let isFirst): (mark, isDayFirst) = (UInt8(ascii: "/"), isFirst)
        case .postgres(let isFirst): (mark, isDayFirst) = (UInt8(ascii: "-"), isFirst)
        case .german: (mark, isDayFirst) = (UInt8(ascii: "."), true)
        }
        Calendar.appendPadded(isDayFirst ? day.day : day.month, width: 2, to: &text)
        text.append(mark)
        Calendar.appendPadded(isDayFirst ? day.month : day.day, width: 2, to: &text)
        text.append(mark)
        appendYear(day, to: &text)
    }

    private func appendClock(_ time: Int64, to text: inout [UInt8]) {
        text.append(0x20)
        Calendar.appendTime(microseconds: time, fraction: .shortest, to: &text)
    }

    /// The year 0 is 1 BC.
    private func appendYear(_ day: Calendar.Day, to text: inout [UInt8]) { Calendar.appendPadded(day.year > 0 ? day.year : 1 - day.year, width: 4, to: &text) }
    private func appendEra(_ day: Calendar.Day, to text: inout [UInt8]) { if day.year <= 0 { text.append(contentsOf: " BC".utf8) } }
}
