internal import Documents

/// Instants as the states language writes them: RFC 3339 with an uppercase `T`, and an uppercase `Z` where there is no numeric offset.
///
///     timestamp = year "-" month "-" day "T" hour ":" minute ":" second [ "." digits ] ( "Z" | ("+" | "-") hours ":" minutes )
package enum Timestamp {
    /// Microseconds since 1970, finer fractions cut off; nil when the text is none.
    /// A day that its month does not have is none; a second 60 is taken in every minute.
    package static func parse(_ text: String) -> Int64? {
        guard (20...64).contains(text.utf8.count) else { return nil }
        let bytes = Array(text.utf8)
        guard bytes[4] == UInt8(ascii: "-"), bytes[7] == UInt8(ascii: "-"), bytes[10] == UInt8(ascii: "T"),
            bytes[13] == UInt8(ascii: ":"), bytes[16] == UInt8(ascii: ":"), let year = number(bytes, 0, 4), let month = number(bytes, 5, 2),
            let day = number(bytes, 8, 2), let hour = number(bytes, 11, 2), let minute = number(bytes, 14, 2), let second = number(bytes, 17, 2),
            (1...12).contains(month), day >= 1, day <= CivilDate.dayCount(year: year, month: month), hour < 24, minute < 60, second <= 60
        else { return nil }
        var place = 19
        var fraction = 0
        if bytes[place] == UInt8(ascii: ".") {
            place += 1
            let start = place
            while place < bytes.count, bytes[place] &- 0x30 < 10 {
                if place - start < 6 { fraction = fraction * 10 + Int(bytes[place] &- 0x30) }
                place += 1
            }
            guard place > start else { return nil }
            for _ in min(place - start, 6)..<6 { fraction *= 10 }
        }
        guard place < bytes.count, let offset = offset(bytes, place) else { return nil }
        // Bounded: a year has four digits. A leap second is the second after it.
        let seconds = CivilDate.days(year: year, month: month, day: day) * 86_400 + hour * 3_600 + minute * 60 + second - offset
        return Int64(seconds) * 1_000_000 + Int64(fraction)
    }

    /// Seconds east of Greenwich.
    /// Nil where the rest of the text is no offset.
    private static func offset(_ bytes: [UInt8], _ place: Int) -> Int? {
        if bytes[place] == UInt8(ascii: "Z") { return place + 1 == bytes.count ? 0 : nil }
        guard bytes[place] == UInt8(ascii: "+") || bytes[place] == UInt8(ascii: "-"), bytes.count == place + 6, bytes[place + 3] == UInt8(ascii: ":"),
            let hours = number(bytes, place + 1, 2), let minutes = number(bytes, place + 4, 2), hours < 24, minutes < 60
        else { return nil }
        let seconds = hours * 3_600 + minutes * 60
        return bytes[place] == UInt8(ascii: "-") ? -seconds : seconds
    }

    private static func number(_ bytes: [UInt8], _ start: Int, _ count: Int) -> Int? {
        var value = 0
        for index in start..<start + count {
            guard index < bytes.count, bytes[index] &- 0x30 < 10 else { return nil }
            value = value * 10 + Int(bytes[index] &- 0x30)
        }
        return value
    }

    /// As the context object writes instants: milliseconds, in UTC.
    ///
    /// `2026-03-14T01:59:00.000Z`
    package static func text(_ microseconds: Int64) -> String {
        let text = CivilDate.text(microseconds: microseconds)
        return String(text.dropLast(4)) + "Z"
    }
}
