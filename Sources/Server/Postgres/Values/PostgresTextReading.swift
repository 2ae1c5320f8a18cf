internal import ColumnStore
internal import Query

/// What of a session decides what texts of days, moments and intervals say.
struct TextSession {
    /// Of the numbers of a date, where a text does not begin with its year.
    var order = DateOrder.mdy
    /// In which a moment without an offset is one.
    var zone = TimeZoneRules.utc
    var intervals = IntervalStyle.postgres

    var isUTC: Bool { zone.name == TimeZoneRules.utc.name }
}

/// Values out of text, in the forms that `PostgresText` writes and a little more. Parameters in text do not pass here: they are literals of the question's own language.
extension PostgresText {
    /// - Throws: 22P02, with the type's name and the text.
    package static func read(_ text: [UInt8], _ type: PostgresColumnType) throws(PostgresFault) -> PostgresValue { try read(text, type, TextSession()) }

    /// - Throws: 22P02, with the type's name and the text.
    static func read(_ text: [UInt8], _ type: PostgresColumnType, _ session: TextSession) throws(PostgresFault) -> PostgresValue {
        switch type {
        case .plain(let type): return try read(text[...], type, session)
        case .array(let element):
            var reader = ArrayReader(text: text[...], element: element, session: session)
            return .array(try reader.whole())
        }
    }

    fileprivate static func read(_ text: ArraySlice<UInt8>, _ type: PostgresType, _ session: TextSession) throws(PostgresFault) -> PostgresValue {
        guard let value = try value(text, type, session) else {
            throw invalid(text, type)
        }
        return value
    }

    private static func value(_ text: ArraySlice<UInt8>, _ type: PostgresType, _ session: TextSession) throws(PostgresFault) -> PostgresValue? {
        func word() -> String { String(decoding: text, as: UTF8.self) }
        switch type.form {
        case .bool: return bool(word())
        case .int16: return .int16(try integer(text, type))
        case .int32: return .int32(try integer(text, type))
        case .int64: return .int64(try integer(text, type))
        case .float32: return try real(text, type).map { .float32(Float($0)) }
        case .float64: return try real(text, type).map { .float64($0) }
        case .numeric: return PostgresNumeric(text: text).map(PostgresValue.numeric)
        case .text, .jsonb:
            guard !text.contains(0) else { throw PostgresFault(.invalidByteSequence, "invalid byte sequence for encoding \"UTF8\": 0x00") }
            return .text(Array(try WireReader.text(text).utf8))
        case .bytes:
            if let bytes = bytes(text) { return .bytes(bytes) }
            guard text.starts(with: [0x5C, 0x78]) else { return nil }
            throw PostgresFault(.invalidParameterValue, "invalid hexadecimal data: \"\(shown(text))\"")
        case .character: return text.count <= 1 ? .character(text.first ?? 0) : nil
        case .bits: return try bits(text).map(PostgresValue.bits)
        case .date:
            if let isLast = PostgresTime.isInfinite(text) { return .date(isLast ? .max : .min) }
            if let date = PostgresTime.read(text).flatMap(PostgresTime.date) { return .date(date) }
            guard case .integer(let days) = try moment(text, .date, type, session) else { return nil }
            return .date(PostgresTime.date(unixDays: days))
        case .time:
            if let time = PostgresTime.time(text) { return .time(time) }
            guard case .integer(let time) = try moment(text, .time, type, session) else { return nil }
            return .time(time)
        case .timestamp, .instant:
            if let isLast = PostgresTime.isInfinite(text) { return .timestamp(isLast ? .max : .min) }
            // Without an offset a moment is one of the session's zone.
            if let parts = PostgresTime.read(text), type.form == .instant ? parts.offset != nil || session.isUTC : parts.offset == nil, let read = PostgresTime.timestamp(parts) { return .timestamp(read) }
            guard case .integer(let microseconds) = try moment(text, .timestamp(isUTC: type.form == .instant), type, session) else { return nil }
            return .timestamp(PostgresTime.timestamp(unixMicroseconds: microseconds))
        case .interval:
            if session.intervals != .sqlStandard, let interval = PostgresTime.interval(text) { return interval }
            guard case .interval(let read) = try moment(text, .interval, type, session) else { return nil }
            return .interval(months: read.months, days: read.days, microseconds: read.microseconds)
        case .uuid: return ValueText.uuid(text).map(PostgresValue.uuid)
        case .oid:
            // As there, a number below 0 is the one that has its bits.
            let number: Int64 = try integer(text, type)
            guard let oid = UInt32(exactly: number) ?? Int32(exactly: number).map(UInt32.init(bitPattern:)) else {
                throw PostgresFault(.numericOutOfRange, "value \"\(shown(text))\" is out of range for type \(type)")
            }
            return .oid(oid)
        case .vector: return try vector(text, type)
        case .record: throw PostgresFault(.featureNotSupported, "rows are no parameters here")
        }
    }

    /// - Throws: 22003 for digits past the type's range.
    private static func integer<Number: FixedWidthInteger>(_ text: ArraySlice<UInt8>, _ type: PostgresType) throws(PostgresFault) -> Number {
        if let value = ValueText.integer(text), let number = Number(exactly: value) { return number }
        let digits = ValueText.trimmed(text), isSigned = digits.first == UInt8(ascii: "-") || digits.first == UInt8(ascii: "+")
        guard digits.count > (isSigned ? 1 : 0), digits.dropFirst(isSigned ? 1 : 0).allSatisfy(ValueText.isDigit) else { throw invalid(text, type) }
        throw PostgresFault(.numericOutOfRange, "value \"\(shown(text))\" is out of range for type \(type)")
    }

    /// - Throws: 22003 for one past the type's range; nil for what is no number.
    private static func real(_ text: ArraySlice<UInt8>, _ type: PostgresType) throws(PostgresFault) -> Double? {
        let outOfRange = PostgresFault(.numericOutOfRange, "\"\(shown(text))\" is out of range for type \(type)")
        guard let value = ValueText.double(text) else {
            // What a Double is too small for, but is a number.
            guard ValueText.trimmed(text).allSatisfy({ ValueText.isDigit($0) || [0x2B, 0x2D, 0x2E, 0x45, 0x65].contains($0) }), Double(String(decoding: ValueText.trimmed(text), as: UTF8.self)) != nil
            else { return nil }
            throw outOfRange
        }
        let isLost = value.isFinite && (type.form == .float32 && Float(value).isInfinite || (type.form == .float32 ? Float(value) == 0 : value == 0) && hasDigits(text))
        guard !isLost else { throw outOfRange }
        return value
    }

    /// Whether a digit before the exponent is none of zero.
    private static func hasDigits(_ text: ArraySlice<UInt8>) -> Bool { text.prefix { $0 | 0x20 != UInt8(ascii: "e") }.contains { (0x31...0x39).contains($0) } }

    /// As the question's own language reads it.
    private static func moment(_ text: ArraySlice<UInt8>, _ kind: ColumnType, _ type: PostgresType, _ session: TextSession) throws(PostgresFault) -> Value {
        do {
            return try LiteralCast.value(of: Array(text), as: kind, order: session.order, zone: session.zone, intervals: session.intervals, at: nil)
        } catch {
            let message = switch error.cause {
            case .timeOutOfRange?: "date/time field value out of range: \"\(shown(text))\""
            case .badOffset?: "time zone displacement out of range: \"\(shown(text))\""
            default: "invalid input syntax for type \(type): \"\(shown(text))\""
            }
            throw PostgresFault(SQLState(rawValue: error.cause == nil ? "22007" : QueryStates.code(error)), message)
        }
    }

    private static func shown(_ text: ArraySlice<UInt8>) -> String { String(decoding: text.prefix(200), as: UTF8.self) }

    private static func invalid(_ text: ArraySlice<UInt8>, _ type: PostgresType) -> PostgresFault {
        PostgresFault(.invalidTextRepresentation, "invalid input syntax for type \(type): \"\(shown(text))\"")
    }

    private static func bool(_ word: String) -> PostgresValue? {
        ValueText.boolean(Array(word.utf8)[...]).map(PostgresValue.bool)
    }

    /// `0101`, `b0101`, or hexadecimal digits behind an x.
    private static func bits(_ text: ArraySlice<UInt8>) throws(PostgresFault) -> [UInt8]? {
        let mark = text.first.map { $0 | 0x20 }
        // Each digit is four bits, of a byte each.
        guard mark != UInt8(ascii: "x") || text.count <= PostgresBinary.bitCountMax / 4 + 1 else {
            throw PostgresFault(.programLimitExceeded, "strings of bits that are parameters have at most \(PostgresBinary.bitCountMax) bits here")
        }
        guard mark == UInt8(ascii: "x") else {
            let digits = mark == UInt8(ascii: "b") ? text.dropFirst() : text
            return digits.allSatisfy { $0 == UInt8(ascii: "0") || $0 == UInt8(ascii: "1") } ? Array(digits) : nil
        }
        var bits: [UInt8] = []
        for digit in text.dropFirst() {
            guard let value = Character(Unicode.Scalar(digit)).hexDigitValue else { return nil }
            for place in [8, 4, 2, 1] { bits.append(value & place == 0 ? UInt8(ascii: "0") : UInt8(ascii: "1")) }
        }
        return bits
    }

    private static func bytes(_ text: ArraySlice<UInt8>) -> [UInt8]? {
        ValueText.binary(text)
    }

    private static func vector(_ text: ArraySlice<UInt8>, _ type: PostgresType) throws(PostgresFault) -> PostgresValue? {
        let element: PostgresType = type == .int2vector ? .int2 : .oid
        var values: [PostgresValue] = []
        for word in text.split(separator: 0x20) { values.append(try read(word, element, TextSession())) }
        return .array(PostgresArray(element, dimensions: [.init(count: Int32(clamping: values.count), first: 0)], values: values))
    }
}

/// `{1,NULL,"a,b"}`, `[0:1]={{1,2},{3,4}}`.
private struct ArrayReader {
    private var rest: ArraySlice<UInt8>
    private let text: ArraySlice<UInt8>
    private let element: PostgresType
    private let session: TextSession
    private var counts: [Int?] = []
    private var values: [PostgresValue] = []
    /// Where values stand; above it there are rows alone.
    private var leaf: Int?

    init(text: ArraySlice<UInt8>, element: PostgresType, session: TextSession) {
        self.text = text
        (self.element, self.session) = (element, session)
        rest = text
    }

    private var malformed: PostgresFault {
        PostgresFault(.invalidTextRepresentation, "malformed array literal: \"\(String(decoding: text.prefix(200), as: UTF8.self))\"")
    }

    /// Blanks around braces, commas and elements mean nothing, as in PostgreSQL.
    private static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }

    private mutating func skip(_ mark: Unicode.Scalar) -> Bool {
        rest = rest.drop(while: Self.isBlank)
        guard rest.first == UInt8(ascii: mark) else { return false }
        rest.removeFirst()
        return true
    }

    mutating func whole() throws(PostgresFault) -> PostgresArray {
        let said = try bounds()
        guard skip("{") else { throw malformed }
        try level(0)
        guard rest.allSatisfy(Self.isBlank) else { throw malformed }
        if values.isEmpty {
            guard said.isEmpty else { throw malformed }
            return PostgresArray(element, dimensions: [], values: [])
        }
        guard said.isEmpty || said.count == counts.count else { throw malformed }
        var dimensions: [PostgresArray.Dimension] = []
        for (index, count) in counts.enumerated() {
            guard said.isEmpty || said[index].count == count else { throw malformed }
            dimensions.append(.init(count: Int32(clamping: count ?? 0), first: said.isEmpty ? 1 : said[index].first))
        }
        return PostgresArray(element, dimensions: dimensions, values: values)
    }

    /// `[0:1][2:5]=`: of each dimension where it begins, and how many there are to be.
    private mutating func bounds() throws(PostgresFault) -> [(first: Int32, count: Int)] {
        guard rest.first == UInt8(ascii: "["), let end = rest.firstIndex(of: UInt8(ascii: "=")) else { return [] }
        let parts = rest[..<end].split(separator: UInt8(ascii: "]"), maxSplits: PostgresArray.dimensionsMax, omittingEmptySubsequences: false)
        // Behind the last bracket nothing stands.
        guard parts.last?.isEmpty ?? false else { throw malformed }
        var found: [(first: Int32, count: Int)] = []
        for part in parts.dropLast() {
            let sides = part.dropFirst().split(separator: UInt8(ascii: ":"), maxSplits: 2, omittingEmptySubsequences: false)
            guard part.first == UInt8(ascii: "["), sides.count == 2, let first = Self.bound(sides[0]), let last = Self.bound(sides[1]) else { throw malformed }
            // Of 32 bits each: their distance is far within an Int.
            found.append((first, Int(last) - Int(first) + 1))
        }
        rest = rest[(end + 1)...]
        return found
    }

    private static func bound(_ digits: ArraySlice<UInt8>) -> Int32? { Int32(String(decoding: digits, as: UTF8.self)) }

    private mutating func level(_ depth: Int) throws(PostgresFault) {
        guard depth < PostgresArray.dimensionsMax else { throw malformed }
        if counts.count == depth { counts.append(nil) }
        var count = 0
        if !skip("}") {
            repeat {
                if skip("{") {
                    guard leaf.map({ depth < $0 }) ?? true else { throw malformed }
                    try level(depth + 1)
                } else {
                    guard counts.count == depth + 1 else { throw malformed }
                    leaf = depth
                    values.append(try item())
                }
                count += 1
            } while skip(",")
            guard skip("}") else { throw malformed }
        }
        // All rows of one level are equally long.
        guard counts[depth] == nil || counts[depth] == count else { throw malformed }
        counts[depth] = count
    }

    private mutating func item() throws(PostgresFault) -> PostgresValue {
        if skip("\"") {
            var bytes: [UInt8] = []
            while let byte = rest.popFirst() {
                if byte == UInt8(ascii: "\"") { return try PostgresText.read(bytes[...], element, session) }
                if byte == UInt8(ascii: "\\") {
                    guard let next = rest.popFirst() else { break }
                    bytes.append(next)
                } else {
                    bytes.append(byte)
                }
            }
            throw malformed
        }
        let found = rest.prefix { ![UInt8(ascii: ","), UInt8(ascii: "}"), UInt8(ascii: "{"), UInt8(ascii: "\"")].contains($0) }
        rest = rest.dropFirst(found.count)
        guard let last = found.lastIndex(where: { !Self.isBlank($0) }) else { throw malformed }
        let word = found[...last]
        if PostgresText.saysNull(word) { return .null }
        return try PostgresText.read(word, element, session)
    }
}
