internal import Glibc

/// An instant to the second, as a signature names it: `20261121T185744Z`, and its day alone.
package struct SigningInstant: Sendable, Equatable {
    /// Since 1970, from year 0 to 9999.
    package let seconds: Int64
    package let stamp: String
    package let day: String

    package init(seconds: Int64) {
        self.seconds = min(max(seconds, -62_167_219_200), 253_402_300_799)
        let (days, time) = Calendar.split(microseconds: self.seconds * Calendar.microsecondsPerSecond)
        let date = Calendar.day(fromDays: days)
        let second = Int(time / Calendar.microsecondsPerSecond)
        var text: [UInt8] = []
        Calendar.appendPadded(date.year, width: 4, to: &text)
        Calendar.appendPadded(date.month, width: 2, to: &text)
        Calendar.appendPadded(date.day, width: 2, to: &text)
        day = String(decoding: text, as: UTF8.self)
        text.append(UInt8(ascii: "T"))
        Calendar.appendPadded(second / 3_600, width: 2, to: &text)
        Calendar.appendPadded(second / 60 % 60, width: 2, to: &text)
        Calendar.appendPadded(second % 60, width: 2, to: &text)
        text.append(UInt8(ascii: "Z"))
        stamp = String(decoding: text, as: UTF8.self)
    }

    /// By the machine's clock, which the service compares with its own: 15 minutes apart is refused.
    package static var now: SigningInstant { SigningInstant(seconds: Int64(time(nil))) }

    /// Reads what the services write: `2026-11-21T18:57:44Z`. Seconds since 1970; nil when it is no such text.
    package static func seconds(_ text: String) -> Int64? {
        guard let moment = Calendar.parseMoment(text.utf8), moment.hasTime, let microseconds = moment.instantMicroseconds else { return nil }
        return microseconds / Calendar.microsecondsPerSecond
    }
}
