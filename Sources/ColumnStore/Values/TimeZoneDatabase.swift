internal import Glibc
internal import Synchronization

/// The system's time zones (tzdata), each read once from its TZif file and kept.
///
/// Any thread may ask. A file that changes while the process runs is not read again: what a zone means stays the same for its lifetime. Two threads that ask
/// for one zone at once may both read it.
public final class TimeZoneDatabase: Sendable {
    public static let system = TimeZoneDatabase(directory: "/usr/share/zoneinfo")

    private let directory: String
    /// Bounded by the number of files in `directory`: an unknown name is not kept.
    private let zones = Mutex<[String: TimeZoneRules]>([:])
    /// By lower case; nil until somebody asks for a name in another case than its file has.
    private let names = Mutex<[String: String]?>(nil)
    /// The largest zone file of tzdata is under 4 KiB.
    private static let fileByteCountMax = 1 << 20
    /// A longer text names no zone, and is compared with none.
    private static let nameByteCountMax = 100

    /// - Parameter directory: absolute, without a slash at its end, laid out as tzdata's; need not be there.
    public init(directory: String) { self.directory = directory }

    /// The rules of `Europe/Kyiv`, `UTC` …, or of POSIX's words, as `<+02>-02`; nil when there is no such zone.
    /// - Throws: `ColumnStoreError` when the file is there but cannot be read, or contradicts RFC 8536.
    public func rules(for name: String) throws(ColumnStoreError) -> TimeZoneRules? {
        if let rules = try found(name) { return rules }
        return .posix(name)
    }

    /// A zone that has a file. Names of UTC need none.
    private func found(_ name: String) throws(ColumnStoreError) -> TimeZoneRules? {
        guard name.utf8.count <= Self.nameByteCountMax else { return nil }
        if let known = zones.withLock({ $0[name] }) { return known }
        if Self.isUTC(name) { return .utc }
        guard Self.isPlain(name), let bytes = try read(directory + "/" + name) else { return nil }
        guard bytes.starts(with: "TZif".utf8) else { return nil }
        let rules = try TZifReader.read(bytes, name: name, path: directory + "/" + name)
        zones.withLock { $0[name] = rules }
        return rules
    }

    /// As `rules(for:)`, whatever the case of the letters: `europe/kyiv`.
    ///
    /// - Throws: as `rules(for:)`.
    public func rules(inAnyCase name: String) throws(ColumnStoreError) -> TimeZoneRules? {
        if let rules = try found(name) { return rules }
        if Self.isPlain(name), let exact = spellings()[name.lowercased()], let rules = try found(exact) { return rules }
        return .posix(name)
    }

    /// As SET TIME ZONE takes it: also hours east of Greenwich, `2`, `-3.5`.
    ///
    /// - Returns: nil for no such zone, and for 168 hours or more.
    /// - Throws: as `rules(for:)`.
    public func rules(setting text: String) throws(ColumnStoreError) -> TimeZoneRules? {
        guard text.utf8.count <= Self.nameByteCountMax else { return nil }
        guard let hours = Double(text.trimmingPrefix { $0 == " " }) else { return try rules(inAnyCase: text) }
        guard hours.magnitude < 168 else { return nil }
        return .posix(TimeZoneRules.posixName(secondsEast: Int((hours * 3_600).rounded(.towardZero))))
    }

    /// The zones that have a file, by their names in order; the directory is read once.
    public var zoneNames: [String] { spellings().values.sorted() }

    /// Names by their lower case; the directory is read once.
    private func spellings() -> [String: String] {
        names.withLock { names in
            if let names { return names }
            var found: [String: String] = [:]
            collect(under: "", depth: 0, into: &found)
            names = found
            return found
        }
    }

    /// Files below `prefix`, which is empty or ends with a slash. What cannot be opened is left out: its zones are then known by their exact names alone.
    private func collect(under prefix: String, depth: Int, into found: inout [String: String]) {
        guard depth < 4, let stream = opendir(directory + "/" + prefix) else { return }
        defer { closedir(stream) }
        while let entry = readdir(stream) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { String(cString: UnsafeRawPointer($0).assumingMemoryBound(to: CChar.self)) }
            // tzdata again, with other rules for leap seconds.
            guard Self.isPlain(name), !["posix", "right"].contains(name) else { continue }
            let path = prefix + name
            if entry.pointee.d_type == UInt8(DT_DIR) {
                collect(under: path + "/", depth: depth + 1, into: &found)
            } else {
                found[path.lowercased()] = path
            }
        }
    }

    private static func isUTC(_ name: String) -> Bool { ["UTC", "utc", "Z", "z", "GMT", "Etc/UTC", "Zulu"].contains(name) }

    /// Names come from outside: nothing that leaves the directory, and none of its own list files.
    private static func isPlain(_ name: String) -> Bool {
        guard !name.isEmpty, name.utf8.count <= nameByteCountMax, !name.utf8.starts(with: "/".utf8) else { return false }
        return name.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false).allSatisfy { part in
            guard let first = part.first, (first >= 0x41 && first <= 0x5A) || (first >= 0x61 && first <= 0x7A) else { return false }
            return part.allSatisfy {
                ($0 >= 0x30 && $0 <= 0x39) || ($0 >= 0x41 && $0 <= 0x5A) || ($0 >= 0x61 && $0 <= 0x7A) || $0 == 0x2B || $0 == 0x2D
                    || $0 == 0x5F
            }
        }
    }

    /// - Returns: nil for what is not there, no plain file, or larger than any zone file.
    private func read(_ path: String) throws(ColumnStoreError) -> [UInt8]? {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else {
            let code = errno
            if code == ENOENT || code == ENOTDIR { return nil }
            throw ColumnStoreError(.io, path: path, "open failed with error \(code)", systemError: code)
        }
        defer { close(file) }
        var status = stat()
        guard fstat(file, &status) == 0, status.st_mode & S_IFMT == S_IFREG, status.st_size <= Self.fileByteCountMax else { return nil }
        var bytes = [UInt8](repeating: 0, count: Int(status.st_size))
        var filled = 0
        while filled < bytes.count {
            let taken = bytes.withUnsafeMutableBytes { Glibc.read(file, $0.baseAddress.map { $0 + filled }, $0.count - filled) }
            if taken < 0 && errno == EINTR { continue }
            guard taken > 0 else { throw ColumnStoreError(.io, path: path, "read failed with error \(errno)", systemError: errno) }
            filled += taken
        }
        return bytes
    }
}

/// When a zone's clocks stood how far from UTC.
///
/// Immutable, so that any thread may ask. An offset is found in three steps: `transitions` by binary search; past the last one by `continuation`; without that
/// the last offset stays.
public final class TimeZoneRules: Sendable {
    /// Of its file, `Europe/Kyiv`; UTC, whichever name of that was asked for; POSIX's words in upper case; an abbreviation.
    public let name: String
    /// Ascending, in seconds since 1970-01-01T00:00Z: from `transitions[i]` on, `offsets[i + 1]` holds; before the first, `offsets[0]`.
    let transitions: [Int64]
    /// Seconds east of Greenwich, one more than `transitions`.
    let offsets: [Int32]
    /// What the zone's time is called beside each of `offsets`: EET, or +0330 where nobody has a name for it.
    let abbreviations: [String]
    /// After the last transition; nil: the last offset stays.
    let continuation: PosixTimeZone?

    /// No transition, offset 0.
    public static let utc = TimeZoneRules(name: "UTC", transitions: [], offsets: [0], abbreviations: ["UTC"], continuation: nil)

    /// One offset at all times.
    public static func fixed(secondsEast: Int, name: String) -> TimeZoneRules {
        TimeZoneRules(name: name, transitions: [], offsets: [Int32(clamping: secondsEast)], abbreviations: [name], continuation: nil)
    }

    /// By which local times are looked up, where these rules are of one abbreviation of that zone.
    private let clocks: TimeZoneRules?

    init(
        name: String, transitions: [Int64], offsets: [Int32], abbreviations: [String], continuation: PosixTimeZone?, clocks: TimeZoneRules? = nil
    ) {
        // One period more than changes, each with its offset and its name.
        precondition(offsets.count == transitions.count + 1 && abbreviations.count == offsets.count)
        self.name = name
        self.clocks = clocks
        self.transitions = transitions
        self.offsets = offsets
        self.abbreviations = abbreviations
        self.continuation = continuation
    }

    /// Reads a TZif file's content.
    ///
    /// - Throws: `.corruptFile`.
    package static func parse(_ bytes: [UInt8], name: String) throws(ColumnStoreError) -> TimeZoneRules {
        try TZifReader.read(bytes, name: name, path: name)
    }

    /// Whether the offset is 0 at all times.
    public var isUTC: Bool { transitions.isEmpty && offsets[0] == 0 && continuation == nil }

    /// Seconds east of Greenwich at an instant, in seconds since 1970-01-01T00:00Z.
    ///
    /// - Complexity: O(log transitions).
    public func offset(atUTCSeconds instant: Int64) -> Int {
        if let continuation = continuation(at: instant) { return continuation.localTime(atUTCSeconds: instant).offset }
        return Int(offsets[period(at: instant)])
    }

    /// What the zone's time is called at an instant: EEST, or +0330.
    public func abbreviation(atUTCSeconds instant: Int64) -> String {
        if let continuation = continuation(at: instant) { return continuation.localTime(atUTCSeconds: instant).abbreviation }
        return abbreviations[period(at: instant)]
    }

    /// The rule for all years after the table, where it holds.
    private func continuation(at instant: Int64) -> PosixTimeZone? { instant >= transitions.last ?? Int64.min ? continuation : nil }

    /// The place in `offsets` of what holds at an instant.
    ///
    /// Half-open search: transitions before `low` are not after the instant, those from `high` on are.
    private func period(at instant: Int64) -> Int {
        var low = 0
        var high = transitions.count
        while low < high {
            let middle = (low + high) / 2
            if transitions[middle] <= instant { low = middle + 1 } else { high = middle }
        }
        return low
    }

    /// The offset at an instant and how long it holds around it, so that a loop over near instants need not look again.
    ///
    /// - Returns: `range` in seconds since 1970-01-01T00:00Z, holding `instant`. After the last transition of a zone that goes on by a rule it is one second
    ///   long: the rule has to be asked for each.
    public func span(atUTCSeconds instant: Int64) -> (range: Range<Int64>, offset: Int) {
        if transitions.isEmpty, continuation == nil { return (Int64.min..<Int64.max, Int(offsets[0])) }
        guard let last = transitions.last, instant < last else {
            return (instant..<(instant &+ 1), offset(atUTCSeconds: instant))
        }
        let period = period(at: instant)
        return ((period == 0 ? Int64.min : transitions[period - 1])..<transitions[period], Int(offsets[period]))
    }

    /// What the clocks show at an instant, in microseconds; nil when it leaves Int64.
    public func local(fromUTC microseconds: Int64) -> Int64? {
        let seconds = Self.floorSeconds(microseconds)
        let (local, overflow) = microseconds.addingReportingOverflow(Int64(offset(atUTCSeconds: seconds)) * Calendar.microsecondsPerSecond)
        return overflow ? nil : local
    }

    /// The instants at which the clocks show one local time.
    public enum Instants: Hashable, Sendable {
        case one(Int64)
        /// Daylight saving skips that time; the instants that the offset before, and the one after, would make of it.
        case none(before: Int64, after: Int64)
        /// The clocks show it twice.
        case two(earlier: Int64, later: Int64)
    }

    /// Looks at the offsets a day before and a day after. Where they differ a change lies between, and each of the two instants that they make is tried:
    /// whether the clocks have that offset then.
    ///
    /// - Parameter microseconds: a local time, within TIMESTAMP's range.
    public func instants(ofLocal microseconds: Int64) -> Instants {
        let seconds = Self.floorSeconds(microseconds)
        // No zone is further than 16 hours from UTC, and no two changes lie within two days.
        let before = offset(atUTCSeconds: seconds - 86_400)
        let after = offset(atUTCSeconds: seconds + 86_400)
        let first = microseconds &- Int64(before) * Calendar.microsecondsPerSecond
        if before == after { return .one(first) }
        let second = microseconds &- Int64(after) * Calendar.microsecondsPerSecond
        let firstHolds = offset(atUTCSeconds: seconds - Int64(before)) == before
        let secondHolds = offset(atUTCSeconds: seconds - Int64(after)) == after
        switch (firstHolds, secondHolds) {
        case (true, true): return .two(earlier: min(first, second), later: max(first, second))
        case (true, false): return .one(first)
        case (false, true): return .one(second)
        case (false, false): return .none(before: first, after: second)
        }
    }

    /// PostgreSQL's choice: of a skipped time what the offset before makes of it, of a doubled one the later.
    ///
    /// - Parameter microseconds: a local time, within TIMESTAMP's range.
    /// - Returns: microseconds since 1970-01-01T00:00Z.
    public func utc(fromLocal microseconds: Int64) -> Int64 {
        // Of an abbreviation: the zone's clocks say about when it is, and that what the abbreviation meant then.
        if let clocks {
            let seconds = Self.floorSeconds(clocks.utc(fromLocal: microseconds))
            return microseconds &- Int64(offset(atUTCSeconds: seconds)) * Calendar.microsecondsPerSecond
        }
        return switch instants(ofLocal: microseconds) {
        case .one(let instant): instant
        case .none(let before, _): before
        case .two(_, let later): later
        }
    }

    // MARK: Other names

    /// A zone in POSIX's words, as PostgreSQL takes them: in any case, with an empty name too; east of Greenwich is below zero. Nil where daylight
    /// saving is named and its rule is not.
    static func posix(_ name: String) -> TimeZoneRules? {
        guard name.utf8.count <= 100 else { return nil }
        let upper = name.uppercased()
        guard upper.utf8.count <= 100, upper.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }),
            let zone = PosixTimeZone(parsing: Array(upper.utf8), isSetting: true)
        else { return nil }
        if let fixed = zone.fixed {
            return TimeZoneRules(name: upper, transitions: [], offsets: [Int32(clamping: fixed.offset)], abbreviations: [fixed.name], continuation: nil)
        }
        let now = zone.localTime(atUTCSeconds: 0)
        return TimeZoneRules(name: upper, transitions: [], offsets: [Int32(clamping: now.offset)], abbreviations: [now.abbreviation], continuation: zone)
    }

    /// `<+02>-02`, which POSIX calls a zone two hours east of Greenwich.
    public static func posixName(secondsEast: Int) -> String {
        func padded(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
        let seconds = Int(secondsEast.magnitude)
        var text = padded(seconds / 3_600)
        if seconds % 3_600 != 0 { text += ":" + padded(seconds % 3_600 / 60) }
        if seconds % 60 != 0 { text += ":" + padded(seconds % 60) }
        return secondsEast < 0 ? "<-\(text)>+\(text)" : "<+\(text)>-\(text)"
    }

    /// What an abbreviation of this zone meant at each time: what it meant last, or first will. These rules themselves where it is none of theirs.
    ///
    /// - Returns: rules with one offset for each period that had that name, each lasting until the next such period.
    public func meaning(ofAbbreviation abbreviation: String) -> TimeZoneRules {
        // The first period has no beginning: only those that a transition began count.
        let places = abbreviations.indices.dropFirst().filter { abbreviations[$0] == abbreviation }
        guard let first = places.first else { return self }
        let offsets = [offsets[first]] + places.map { self.offsets[$0] }
        return TimeZoneRules(
            name: abbreviation, transitions: places.map { transitions[$0 - 1] }, offsets: offsets,
            abbreviations: [String](repeating: abbreviation, count: offsets.count), continuation: nil, clocks: self)
    }

    /// Rounded down, before 1970 too.
    private static func floorSeconds(_ microseconds: Int64) -> Int64 {
        let seconds = microseconds / Calendar.microsecondsPerSecond
        return microseconds % Calendar.microsecondsPerSecond < 0 ? seconds - 1 : seconds
    }
}
