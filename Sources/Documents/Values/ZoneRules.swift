internal import ColumnStore
internal import Glibc
internal import Synchronization

/// A time zone of the system's tz database: which offset holds at which instant.
///
/// Read from TZif files (RFC 9636), version 2 and above, with the POSIX rule of the footer for instants past the last transition.
package final class ZoneRules: Sendable {
    package let name: String
    /// Instants, in seconds since 1970, from which the offset of the same index + 1 holds.
    private let transitions: [Int64]
    /// `transitions.count + 1` offsets, in seconds east of Greenwich.
    private let offsets: [Int32]
    private let footer: PosixZone?

    private static let directory = "/usr/share/zoneinfo/"
    /// Zone files are below 4 KiB; what is larger is none.
    private static let byteCountMax = 1 << 20
    private static let cache = Mutex<[String: ZoneRules]>([:])
    /// Zones by name: past it they are read from the disk each time.
    private static let cacheCountMax = 1_000

    init(name: String, transitions: [Int64], offsets: [Int32], footer: PosixZone?) {
        self.name = name
        self.transitions = transitions
        self.offsets = offsets
        self.footer = footer
    }

    /// The zone of that name ("Europe/Kyiv", "UTC"), or nil when the system has none such. Found once, then remembered.
    package static func named(_ name: String) -> ZoneRules? {
        // First: what a document says may be of any length, and is compared with names.
        guard isPlausible(name) else { return nil }
        if let known = cache.withLock({ $0[name] }) { return known }
        guard let bytes = contents(directory + name), let zone = TZifReader.zone(name: name, bytes) else { return nil }
        cache.withLock { known in
            // Names come from documents too: keep no more of them than there are zones.
            if known.count < cacheCountMax { known[name] = zone }
        }
        return zone
    }

    /// A name that stays below the directory of zones: no path that leads out of it, whatever a document says.
    private static func isPlausible(_ name: String) -> Bool {
        let bytes = Array(name.utf8)
        guard let first = bytes.first, bytes.count <= 64, first != UInt8(ascii: "/"), !name.contains("..") else { return false }
        return bytes.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
                UInt8(ascii: "/"), UInt8(ascii: "_"), UInt8(ascii: "-"), UInt8(ascii: "+"):
                true
            default: false
            }
        }
    }

    /// A whole plain file; nil for one that is not there, is something else, or too large to be a zone's.
    private static func contents(_ path: String) -> [UInt8]? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG, status.st_size <= byteCountMax else { return nil }
        var bytes = [UInt8](repeating: 0, count: Int(status.st_size))
        var filled = 0
        while filled < bytes.count {
            let count = bytes.withUnsafeMutableBytes { read(descriptor, $0.baseAddress.map { $0 + filled }, $0.count - filled) }
            guard count > 0 else { return nil }
            filled += count
        }
        return bytes
    }

    /// Seconds east of Greenwich at an instant in seconds since 1970.
    package func offset(at instant: Int64) -> Int {
        guard let last = transitions.last, instant < last else {
            return footer?.offset(at: instant) ?? Int(offsets[offsets.count - 1])
        }
        // The first transition behind the instant: the offset of its index holds until there.
        var low = 0
        var high = transitions.count
        while low < high {
            let middle = (low + high) / 2
            if transitions[middle] <= instant { low = middle + 1 } else { high = middle }
        }
        return Int(offsets[low])
    }

    /// The instant of a local time, both in seconds; of a doubled one the earlier; nil where the clocks skip it.
    package func instant(ofLocal local: Int64) -> Int64? {
        // No offset exceeds a day, so those that hold a day before and after are all that can; a change within is one of the two,
        // unless two changes fall into these days: then the offset between them is tried as well.
        let before = offset(at: local - 86_400)
        let after = offset(at: local + 86_400)
        let between = offset(at: local - Int64(before))
        var earliest: Int64?
        for candidate in [before, between, after] {
            let instant = local - Int64(candidate)
            if offset(at: instant) == candidate, earliest.map({ instant < $0 }) ?? true { earliest = instant }
        }
        return earliest
    }

    /// The local day of any instant in microseconds; of one within an offset of what 64 bits hold, the day of the last that they hold.
    package func day(ofMicroseconds microseconds: Int64) -> Int32 {
        let (quotient, remainder) = microseconds.quotientAndRemainder(dividingBy: 1_000_000)
        // Rounded down: a zone's rules are of whole seconds.
        let seconds = remainder < 0 ? quotient.subtractingSaturating(1) : quotient
        return CivilDate.day(ofMicroseconds: microseconds.addingSaturating(Int64(offset(at: seconds)) * 1_000_000))
    }
}

/// TZif (RFC 9636, section 3): a version 1 block, then for version 2 and above the same with 64-bit times and a footer.
///
/// ```
/// header, 44 bytes: "TZif", version, 15 unused, then six counts of 32 bits: UT indicators, standard indicators, leap seconds, transitions, types, name bytes
/// block: transition times (8 bytes each), type of each transition (1), types (6: offset of 32 bits, is daylight, name's place), names, leap seconds,
/// indicators footer: LF, the POSIX rule, LF
/// ```
/// All numbers are big-endian. The first block repeats the second in 32 bits and is passed over by its length.
private enum TZifReader {
    /// Nil for a file that is none, or says what no zone can: types that are not there, transitions out of order, offsets of more than 26 hours.
    static func zone(name: String, _ bytes: [UInt8]) -> ZoneRules? {
        guard let first = Header(bytes, at: 0), first.version >= 2 else { return nil }
        let second = 44 + first.byteCount(timeSize: 4)
        guard let header = Header(bytes, at: second), header.typeCount > 0 else { return nil }
        var offset = second + 44
        let footerStart = offset + header.byteCount(timeSize: 8)
        guard footerStart <= bytes.count else { return nil }
        var transitions: [Int64] = []
        for _ in 0..<header.timeCount {
            transitions.append(Int64(bitPattern: UInt64(bigEndian(bytes, offset, 8))))
            offset += 8
        }
        let typeIndexes = bytes[offset..<offset + header.timeCount].map(Int.init)
        offset += header.timeCount
        var types: [Int32] = []
        for _ in 0..<header.typeCount {
            types.append(Int32(truncatingIfNeeded: bigEndian(bytes, offset, 4)))
            offset += 6
        }
        guard typeIndexes.allSatisfy({ $0 < types.count }), zip(transitions, transitions.dropFirst()).allSatisfy(<),
            types.allSatisfy({ abs(Int($0)) < 93_600 })
        else { return nil }
        // Type 0 holds before the first transition (RFC 9636, section 3.2).
        let offsets = [types[0]] + typeIndexes.map { types[$0] }
        let footer = String(decoding: bytes[footerStart...].filter { $0 != 0x0A }, as: UTF8.self)
        return ZoneRules(name: name, transitions: transitions, offsets: offsets, footer: footer.isEmpty ? nil : PosixZone(footer))
    }

    private struct Header {
        let version: Int
        let isUTCount, isStandardCount, leapCount, timeCount, typeCount, charCount: Int

        init?(_ bytes: [UInt8], at start: Int) {
            guard start >= 0, start + 44 <= bytes.count, bytes[start..<start + 4].elementsEqual("TZif".utf8) else { return nil }
            version = bytes[start + 4] == 0 ? 1 : Int(bytes[start + 4]) - Int(UInt8(ascii: "0"))
            let counts = (0..<6).map { Int(TZifReader.bigEndian(bytes, start + 20 + 4 * $0, 4)) }
            // So that no length computed of them comes near an overflow.
            guard counts.allSatisfy({ $0 < 1 << 20 }) else { return nil }
            (isUTCount, isStandardCount, leapCount, timeCount, typeCount, charCount) = (counts[0], counts[1], counts[2], counts[3], counts[4], counts[5])
        }

        /// Of the block behind the header.
        ///
        /// - Parameter timeSize: bytes of an instant: 4 in the first block, 8 in the second.
        func byteCount(timeSize: Int) -> Int {
            timeCount * timeSize + timeCount + typeCount * 6 + charCount + leapCount * (timeSize + 4) + isStandardCount + isUTCount
        }
    }

    /// - Precondition: the bytes are there.
    private static func bigEndian(_ bytes: [UInt8], _ offset: Int, _ count: Int) -> UInt64 {
        bytes[offset..<offset + count].reduce(0) { $0 << 8 | UInt64($1) }
    }
}

/// The rule after a zone's last transition: POSIX's TZ string, as `EET-2EEST,M3.5.0/3,M10.5.0/4`.
///
/// `std offset [dst [offset] , start [/time] , end [/time]]`: offsets are hours west of Greenwich, the other way round than anywhere else here. A day is
/// `Mm.w.d` (the w-th weekday d of month m, 5: the last), `Jn` (1 to 365, never 29 February) or `n` (0 to 365). Times go from -167 to 167 hours (RFC 9636,
/// section 3.3.1).
struct PosixZone: Sendable {
    private struct Change: Sendable {
        enum Day: Sendable { case monthWeekDay(Int, Int, Int), julianWithoutLeap(Int), ordinal(Int) }
        var day: Day
        /// Local seconds after midnight, -167 to 167 hours.
        var seconds: Int

        /// When it happens in a year, in seconds since 1970 of the local time before it.
        func localSeconds(year: Int) -> Int64 {
            let days: Int
            switch day {
            case .monthWeekDay(let month, let week, let weekday):
                let first = CivilDate.days(year: year, month: month, day: 1)
                // 1970-01-01 was a Thursday.
                let firstWeekday = ((first + 4) % 7 + 7) % 7
                var date = (weekday - firstWeekday + 7) % 7 + (week - 1) * 7
                // Week 5 is the last one, which may be the fourth.
                while date >= CivilDate.dayCount(year: year, month: month) { date -= 7 }
                days = first + date
            case .julianWithoutLeap(let number):
                let afterFebruary = number >= 60 && CivilDate.isLeap(year)
                days = CivilDate.days(year: year, month: 1, day: 1) + number - (afterFebruary ? 0 : 1)
            case .ordinal(let number): days = CivilDate.days(year: year, month: 1, day: 1) + number
            }
            return Int64(days) * 86_400 + Int64(seconds)
        }
    }

    private let standard: Int
    private let daylight: Int
    private let changes: (start: Change, end: Change)?

    /// Nil for what is no such rule; then the last transition's offset holds indefinitely.
    init?(_ text: String) {
        var parser = Parser(bytes: Array(text.utf8))
        guard parser.name(), let west = parser.time() else { return nil }
        standard = -west
        guard !parser.isAtEnd else {
            daylight = standard
            changes = nil
            return
        }
        guard parser.name() else { return nil }
        if parser.peek == UInt8(ascii: ",") {
            daylight = standard + 3_600
        } else {
            guard let west = parser.time() else { return nil }
            daylight = -west
        }
        guard let start = parser.change(), let end = parser.change(), parser.isAtEnd else { return nil }
        changes = (start, end)
    }

    /// Seconds east of Greenwich.
    func offset(at instant: Int64) -> Int {
        guard let changes else { return standard }
        let year = CivilDate.civil(days: Int(CivilDate.day(ofMicroseconds: 0)) + Int((instant + Int64(standard)) >= 0
            ? (instant + Int64(standard)) / 86_400 : (instant + Int64(standard) - 86_399) / 86_400)).year
        let start = changes.start.localSeconds(year: year) - Int64(standard)
        let end = changes.end.localSeconds(year: year) - Int64(daylight)
        // South of the equator daylight time begins in one year and ends in the next.
        let isDaylight = start < end ? instant >= start && instant < end : instant >= start || instant < end
        return isDaylight ? daylight : standard
    }

    private struct Parser {
        let bytes: [UInt8]
        var index = 0

        init(bytes: [UInt8]) { self.bytes = bytes }

        var peek: UInt8? { index < bytes.count ? bytes[index] : nil }
        var isAtEnd: Bool { index == bytes.count }

        /// Letters, three at least, or anything between angle brackets: names are not kept.
        mutating func name() -> Bool {
            if peek == UInt8(ascii: "<") {
                while let byte = peek, byte != UInt8(ascii: ">") { index += 1 }
                index += 1
                return index <= bytes.count
            }
            let start = index
            while let byte = peek, (byte | 0x20) >= UInt8(ascii: "a"), (byte | 0x20) <= UInt8(ascii: "z") { index += 1 }
            return index - start >= 3
        }

        /// Stops past 9,999, so that nothing overflows; digits that are left make the rule none.
        mutating func number() -> Int? {
            var value = 0
            let start = index
            while let byte = peek, byte &- 0x30 < 10, value < 10_000 {
                value = value * 10 + Int(byte &- 0x30)
                index += 1
            }
            return index > start ? value : nil
        }

        /// `[+-]hh[:mm[:ss]]` in seconds.
        mutating func time() -> Int? {
            var sign = 1
            if peek == UInt8(ascii: "-") || peek == UInt8(ascii: "+") {
                sign = peek == UInt8(ascii: "-") ? -1 : 1
                index += 1
            }
            guard let hours = number() else { return nil }
            var seconds = hours * 3_600
            for unit in [60, 1] where peek == UInt8(ascii: ":") {
                index += 1
                guard let part = number() else { return nil }
                seconds += part * unit
            }
            return sign * seconds
        }

        /// `,day[/time]`; without a time 02:00:00.
        mutating func change() -> Change? {
            guard peek == UInt8(ascii: ",") else { return nil }
            index += 1
            let day: Change.Day
            if peek == UInt8(ascii: "M") {
                index += 1
                guard let month = number(), peek == UInt8(ascii: "."), 1...12 ~= month else { return nil }
                index += 1
                guard let week = number(), peek == UInt8(ascii: "."), 1...5 ~= week else { return nil }
                index += 1
                guard let weekday = number(), 0...6 ~= weekday else { return nil }
                day = .monthWeekDay(month, week, weekday)
            } else if peek == UInt8(ascii: "J") {
                index += 1
                guard let number = number(), 1...365 ~= number else { return nil }
                day = .julianWithoutLeap(number)
            } else {
                guard let number = number(), 0...365 ~= number else { return nil }
                day = .ordinal(number)
            }
            guard peek == UInt8(ascii: "/") else { return Change(day: day, seconds: 7_200) }
            index += 1
            guard let seconds = time() else { return nil }
            return Change(day: day, seconds: seconds)
        }
    }
}
