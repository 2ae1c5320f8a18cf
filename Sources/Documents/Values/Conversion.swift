internal import ColumnStore
internal import Glibc

/// How a text becomes a value of one column: compiled from the column's type and options.
///
/// Nothing is guessed: a text that is no value in the form that the type file names is a fault, and a number that its column cannot hold exactly is none of it.
struct Conversion: Sendable {
    enum Kind: UInt8, Sendable { case boolean, int32, int64, double, decimal, string, date, timestamp, binary }

    let kind: Kind
    /// Of decimals; 38 and 0 for all other columns.
    let precision: Int
    let scale: Int
    /// Power of ten that the text's number is multiplied by.
    let shift: Int
    /// The byte that separates whole from broken digits in texts. Numbers of JSON have a point in any case.
    let mark: UInt8
    /// What may stand behind the value in a text, as a unit in `12.50 EUR`; empty for none.
    let suffix: [UInt8]
    /// Of texts: without the blanks at both ends.
    let isTrimmed: Bool
    let format: TimeFormat?

    init(
        type: ColumnType, shift: Int = 0, mark: UInt8 = UInt8(ascii: "."), suffix: [UInt8] = [], isTrimmed: Bool = false, format: TimeFormat? = nil
    ) {
        var (precision, scale) = (38, 0)
        switch type {
        case .boolean: kind = .boolean
        case .int32: kind = .int32
        case .int64: kind = .int64
        case .double: kind = .double
        case .decimal(let digits, let places):
            kind = .decimal
            (precision, scale) = (digits, places)
        case .date: kind = .date
        case .timestamp: kind = .timestamp
        case .binary: kind = .binary
        default: kind = .string
        }
        self.precision = precision
        self.scale = scale
        self.shift = shift
        self.mark = mark
        self.suffix = suffix
        self.isTrimmed = isTrimmed
        self.format = format
    }

    /// The value of `text`, which is there. Times without offset are local in `zone`.
    ///
    /// - Parameters:
    ///   - zone: nil where the document has none: then a time without offset is a fault.
    ///   - arena: where texts are laid that do not stand in the document as they are read.
    ///   - isKept: the document was taken before: a number that is too near to 0 was 0 then.
    /// - Throws: the fault that fits, the range last: a number is first one, then exact, then within its column.
    func cell(_ text: ScalarText, zone: ZoneRules?, arena: Arena, isKept: Bool = false) throws(ValueFault) -> Cell {
        guard text.kind != .container else { throw .wrongType }
        switch kind {
        case .string:
            if !text.isWithoutNUL, memchr(text.bytes, 0, text.count) != nil { throw .nulCharacter }
            if suffix.isEmpty, !isTrimmed { return .bytes(text.bytes, text.count) }
            let body = isTrimmed ? text.trimmed() : text
            let rest = try withoutSuffix(body)
            return .bytes(rest.bytes, rest.count)
        case .decimal:
            let digits = try number(text, scale: scale)
            // Int128 holds one digit more than any column: 39.
            guard digits.magnitude < PowersOfTen.int128[precision].magnitude else { throw .outOfRange }
            return .number(digits)
        case .int32:
            let digits = try number(text, scale: 0)
            guard Int32(exactly: digits) != nil else { throw .outOfRange }
            return .number(digits)
        case .int64:
            let digits = try number(text, scale: 0)
            guard Int64(exactly: digits) != nil else { throw .outOfRange }
            return .number(digits)
        case .double: return try double(text, isKept: isKept)
        case .boolean: return .number(try boolean(text) ? 1 : 0)
        case .date: return .number(Int128(try date(text, zone: zone)))
        case .timestamp: return .number(Int128(try timestamp(text, zone: zone)))
        case .binary: return try base64(text, arena: arena)
        }
    }

    /// The text before the suffix, without the blanks around.
    private func withoutSuffix(_ text: ScalarText) throws(ValueFault) -> ScalarText {
        guard !suffix.isEmpty, text.kind == .string else { return text }
        let body = text.trimmed()
        guard body.count >= suffix.count,
            UnsafeBufferPointer(start: body.bytes + body.count - suffix.count, count: suffix.count).elementsEqual(suffix)
        else {
            // A bare number is as good: the suffix is dropped where it stands.
            return body
        }
        return ScalarText(kind: .string, bytes: body.bytes, count: body.count - suffix.count).trimmed()
    }

    /// The exact digits of the number in units of ten to −`scale`.
    func number(_ text: ScalarText, scale: Int) throws(ValueFault) -> Int128 {
        switch text.kind {
        case .number:
            return try DecimalText.unscaled(text.bytes, text.count, scale: scale, shift: shift, mark: UInt8(ascii: "."))
        case .string:
            let rest = try withoutSuffix(text)
            return try DecimalText.unscaled(rest.bytes, rest.count, scale: scale, shift: shift, mark: mark)
        default: throw .notANumber
        }
    }

    /// The double nearest to the number as it is written: strtod rounds once.
    private func double(_ text: ScalarText, isKept: Bool) throws(ValueFault) -> Cell {
        guard text.kind == .number || text.kind == .string else { throw .notANumber }
        let rest = try withoutSuffix(text)
        // A number of JSON has a point, whatever mark texts have.
        let mark = text.kind == .number ? UInt8(ascii: ".") : mark
        guard DecimalText.isNumber(rest.bytes, rest.count, mark: mark) else { throw .notANumber }
        // strtod needs an end, a point for a mark, and no way to read more than a decimal. A shift goes into the exponent: as a factor it would be
        // rounded, and the product again.
        var digitCount = rest.count
        var exponent: [UInt8] = []
        if shift != 0 {
            digitCount = (0..<rest.count).first { rest.bytes[$0] | 0x20 == UInt8(ascii: "e") } ?? rest.count
            exponent = Array("e\(try DecimalText.exponent(rest.bytes, rest.count, from: digitCount) + shift)".utf8)
        }
        let byteCount = digitCount + exponent.count
        // Of no use afterwards: it takes no room until the document is done with.
        let value = withUnsafeTemporaryAllocation(of: CChar.self, capacity: byteCount + 1) { copy -> Double in
            guard let base = copy.baseAddress else { return .nan }
            for index in 0..<digitCount {
                let byte = rest.bytes[index]
                base[index] = CChar(truncatingIfNeeded: byte == mark ? UInt8(ascii: ".") : byte)
            }
            for (index, byte) in exponent.enumerated() { base[digitCount + index] = CChar(truncatingIfNeeded: byte) }
            base[byteCount] = 0
            return strtod(base, nil)
        }
        guard value.isFinite else { throw .outOfRange }
        // As in SQL, where a cast of it overflows, too: 0 is another number.
        if value == 0, !isKept, Self.isOtherThanZero(rest.bytes, digitCount) { throw .outOfRange }
        return .number(Int128(value.bitPattern))
    }

    /// Whether a number has a digit but 0 before its exponent.
    private static func isOtherThanZero(_ bytes: UnsafePointer<UInt8>, _ count: Int) -> Bool {
        for index in 0..<count {
            if bytes[index] | 0x20 == UInt8(ascii: "e") { return false }
            if bytes[index] &- 0x31 < 9 { return true }
        }
        return false
    }

    /// `true`, `false`, `1` and `0`, as XML Schema's boolean has them; in no other case or spelling.
    private func boolean(_ text: ScalarText) throws(ValueFault) -> Bool {
        switch text.kind {
        case .true: return true
        case .false: return false
        case .string, .number:
            let bytes = UnsafeBufferPointer(start: text.bytes, count: text.count)
            if bytes.elementsEqual("true".utf8) || bytes.elementsEqual("1".utf8) { return true }
            if bytes.elementsEqual("false".utf8) || bytes.elementsEqual("0".utf8) { return false }
            throw .notABoolean
        default: throw .notABoolean
        }
    }

    /// The parts of a date or time. A number is one only under a format, as `unix` is.
    func parts(_ text: ScalarText) throws(ValueFault) -> TimeParts {
        guard text.kind == .string || text.kind == .number && format != nil else { throw .notATime }
        let parts: TimeParts?
        if let format {
            parts = format.read(text.bytes, text.count)
        } else {
            parts = TimeText.iso(text.bytes, text.count)
        }
        guard let parts else { throw .notATime }
        return parts
    }

    /// A number's instant is of the day that it has in `zone`, as with the business day; a date that is written stays as it is.
    private func date(_ text: ScalarText, zone: ZoneRules?) throws(ValueFault) -> Int32 {
        let parts: TimeParts
        do {
            parts = try self.parts(text)
        } catch {
            throw .notADate
        }
        if let instant = parts.instant {
            guard IssueTime.range.contains(instant) else { throw .outOfRange }
            let day = zone?.day(ofMicroseconds: instant) ?? CivilDate.day(ofMicroseconds: instant)
            guard IssueTime.dayRange.contains(day) else { throw .outOfRange }
            return day
        }
        guard let day = parts.day else { throw .notADate }
        guard let exact = Int32(exactly: day) else { throw .outOfRange }
        return exact
    }

    private func timestamp(_ text: ScalarText, zone: ZoneRules?) throws(ValueFault) -> Int64 {
        try IssueTime.instant(of: try parts(text), zone: zone)
    }

    private func base64(_ text: ScalarText, arena: Arena) throws(ValueFault) -> Cell {
        guard text.kind == .string else { throw .notBase64 }
        // Of four symbols three bytes come, and at most two bytes of a group that is not full.
        let target = arena.allocate(text.count / 4 * 3 + 3)
        guard let count = Base64.decode(text.bytes, text.count, into: target) else { throw .notBase64 }
        return .bytes(target, count)
    }
}

/// Base64 (RFC 4648, section 4), with padding; blanks between are passed over, as XML Schema allows.
enum Base64 {
    /// - Precondition: `target` has room for three bytes of every four.
    /// - Returns: the bytes written, or nil when the text is not base64.
    static func decode(_ bytes: UnsafePointer<UInt8>, _ count: Int, into target: UnsafeMutablePointer<UInt8>) -> Int? {
        var bits: UInt32 = 0
        var symbolCount = 0
        var paddingCount = 0
        var written = 0
        // Symbols of six bits are shifted in; each fourth completes three bytes. Behind the first padding nothing but padding and blanks may come.
        for index in 0..<count {
            let byte = bytes[index]
            if ScalarText.isBlank(byte) { continue }
            if byte == UInt8(ascii: "=") {
                paddingCount += 1
                continue
            }
            guard paddingCount == 0, let value = value(byte) else { return nil }
            bits = bits << 6 | value
            symbolCount += 1
            if symbolCount % 4 == 0 {
                target[written] = UInt8(truncatingIfNeeded: bits >> 16)
                target[written + 1] = UInt8(truncatingIfNeeded: bits >> 8)
                target[written + 2] = UInt8(truncatingIfNeeded: bits)
                written += 3
            }
        }
        switch (symbolCount % 4, paddingCount) {
        case (0, 0): return written
        // Two symbols are 12 bits, a byte and four bits that must be zero: else two texts would stand for one value.
        case (2, 2):
            target[written] = UInt8(truncatingIfNeeded: bits >> 4)
            return bits & 0xF == 0 ? written + 1 : nil
        case (3, 1):
            target[written] = UInt8(truncatingIfNeeded: bits >> 10)
            target[written + 1] = UInt8(truncatingIfNeeded: bits >> 2)
            return bits & 0x3 == 0 ? written + 2 : nil
        default: return nil
        }
    }

    private static func value(_ byte: UInt8) -> UInt32? {
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): UInt32(byte - UInt8(ascii: "A"))
        case UInt8(ascii: "a")...UInt8(ascii: "z"): UInt32(byte - UInt8(ascii: "a")) + 26
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(byte - UInt8(ascii: "0")) + 52
        case UInt8(ascii: "+"): 62
        case UInt8(ascii: "/"): 63
        default: nil
        }
    }
}

extension Conversion {
    /// A sum of `digits` × 10^−`scale` of the column and `rest` × 10^−`wide` as this column's value.
    ///
    /// Sums are kept in two numbers so that no term has to fit the column's scale by itself: the rests may add up to whole units.
    ///
    /// - Parameters:
    ///   - rest: in units of ten to −`wide`, which may be several of the column's.
    ///   - wide: not below the column's scale.
    /// - Throws: `.outOfRange`, and `.tooManyDigits` where the sum is none of the column's scale.
    func cell(ofSum digits: Int128, rest: Int128, scale wide: Int) throws(ValueFault) -> Cell {
        let unit = PowersOfTen.int128[wide - scale]
        // Whole units of the rests go to the digits; what is left must be none, but for a double.
        let (carry, surplus) = rest.quotientAndRemainder(dividingBy: unit)
        let (value, isOverflow) = digits.addingReportingOverflow(carry)
        guard !isOverflow else { throw .outOfRange }
        if kind == .double {
            let (whole, isWide) = value.multipliedReportingOverflow(by: unit)
            let (all, isWider) = whole.addingReportingOverflow(surplus)
            let sum = isWide || isWider ? Double(value) + Double(surplus) / pow(10, Double(wide)) : Double(all) / pow(10, Double(wide))
            return .number(Int128(sum.bitPattern))
        }
        guard surplus == 0 else { throw .tooManyDigits }
        switch kind {
        case .int32: guard Int32(exactly: value) != nil else { throw .outOfRange }
        case .int64: guard Int64(exactly: value) != nil else { throw .outOfRange }
        default: guard value.magnitude < PowersOfTen.int128[precision].magnitude else { throw .outOfRange }
        }
        return .number(value)
    }
}
