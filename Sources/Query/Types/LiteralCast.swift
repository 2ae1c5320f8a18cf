package import ColumnStore

/// Casts of constants, done while binding: an untyped literal takes the type that its place wants.
package enum LiteralCast {
    /// Reads an untyped literal as `type`, with no more of what a session says of texts than is given.
    package static func value(
        of text: [UInt8], as type: ColumnType, order: DateOrder = .mdy, zone: TimeZoneRules = .utc, intervals: IntervalStyle = .postgres, at position: Int?
    ) throws(QueryError) -> Value {
        try value(of: text, as: type, DateTimeText.Session(order: order, intervals: intervals), zone: zone, at: position)
    }

    /// Reads an untyped literal as `type`.
    ///
    /// - Throws: data-error when the text is no value of the type, numeric-overflow when it is too large for it.
    static func value(of text: [UInt8], as type: ColumnType, _ session: DateTimeText.Session, zone: TimeZoneRules = .utc, at position: Int?) throws(QueryError) -> Value {
        func fault() -> QueryError {
            .data("“\(String(decoding: text.prefix(60), as: UTF8.self))” is no value of type \(type.sqlName)", at: position)
        }
        let slice = text[...]
        switch type {
        case .string, .null: return .bytes(text)
        case .boolean: if let value = ValueText.boolean(slice) { return .boolean(value) }
        case .int32:
            if let value = ValueText.integer(slice), Int32(exactly: value) != nil { return .integer(value) }
            if looksLikeNumber(slice) { throw .overflow("the number is out of the range of INTEGER", at: position) }
        case .int64:
            if let value = ValueText.integer(slice) { return .integer(value) }
            if looksLikeNumber(slice) { throw .overflow("the number is out of the range of BIGINT", at: position) }
        case .double:
            if let value = ValueText.double(slice) {
                // Nearer to zero than any DOUBLE.
                if value == 0, !NumberText.isZero(slice) {
                    throw .overflow("the number is out of the range of DOUBLE", at: position)
                }
                return .double(value)
            }
            if let value = Double(String(decoding: ValueText.trimmed(slice), as: UTF8.self)), value.isInfinite { throw .overflow("the number is out of the range of DOUBLE", at: position) }
        case .decimal(let precision, let scale):
            if let value = ValueText.decimal(slice) {
                // Of more digits than a number has, those behind the scale are rounded away.
                if value.overflows, case .value(let digits) = NumberText.readDecimal(slice, scale: scale), digits.magnitude < power10(precision).magnitude {
                    return .decimal(digits)
                }
                return .decimal(try rescaled(value, precision: precision, scale: scale, at: position))
            }
            if ValueText.isNoDecimal(slice) { throw .unsupported(ValueText.noDecimal, at: position) }
        case .date: if let value = DateTimeText.read(slice, session)?.date { return .integer(value) }
        case .timestamp(let isUTC):
            if let text = DateTimeText.read(slice, session), let value = isUTC ? text.instant(inSession: zone) : text.local { return .integer(value) }
        case .interval: if let value = IntervalText.read(slice, style: session.intervals) { return .interval(value) }
        case .binary:
            if let value = ValueText.binary(slice) { return .bytes(value) }
            if slice.starts(with: "\\x".utf8) { throw fault().because(.badValue) }
        case .uuid: if let value = ValueText.uuid(slice) { return .bytes(value) }
        case .json:
            do {
                return .bytes(try JSONDocument.read(slice, as: type, nil))
            } catch {
                if case .numericOverflow = error { throw .overflow("a number of the document has too many digits", at: position) }
                if case .outside = error { throw error.queryError(position: position) }
            }
        case .time: if let value = DateTimeText.time(of: slice, session) { return .integer(value) }
        default: break
        }
        switch type {
        case .date, .time, .timestamp:
            let cause = DateTimeText.fault(of: slice, as: type, session)
            throw (cause == .badValue ? QueryError.data(DateTimeText.noZone, at: position) : fault()).because(cause)
        case .interval: throw fault().because(IntervalText.fault(of: slice))
        default: throw fault().because(.invalidText)
        }
    }

    private static func looksLikeNumber(_ text: ArraySlice<UInt8>) -> Bool {
        var digits = ValueText.trimmed(text)
        _ = ValueText.takeSign(&digits)
        return !digits.isEmpty && digits.allSatisfy(ValueText.isDigit)
    }

    /// A literal of another number type, when that is exact or defined by rounding; nil for what only a run can cast.
    package static func number(_ value: Value, from source: ColumnType, to target: ColumnType) -> Value? {
        switch (value, target) {
        case (.null, _): return .null
        case (.integer(let number), .int64) where TypeRules.isInteger(source): return .integer(number)
        case (.integer(let number), .int32) where TypeRules.isInteger(source):
            return Int32(exactly: number) == nil ? nil : .integer(number)
        case (.integer(let number), .double) where TypeRules.isInteger(source): return .double(Double(number))
        case (.integer(let number), .decimal(let precision, let scale)) where TypeRules.isInteger(source):
            return rescaled(Int128(number), from: 0, precision: precision, to: scale).map { .decimal($0) }
        case (.decimal(let digits), .decimal(let precision, let scale)):
            return rescaled(digits, from: TypeRules.scale(source), precision: precision, to: scale).map { .decimal($0) }
        case (.decimal(let digits), .double):
            // Through text: the nearest double of the exact decimal.
            return Double("\(digits)e-\(TypeRules.scale(source))").map { .double($0) }
        default: return nil
        }
    }

    static func power10(_ exponent: Int) -> Int128 {
        var value: Int128 = 1
        for _ in 0..<exponent { value *= 10 }
        return value
    }

    /// Rounds half away from zero where digits go; nil when more than `precision` digits come out.
    package static func rescaled(_ digits: Int128, from source: Int, precision: Int, to target: Int) -> Int128? {
        var value = digits
        if target > source {
            guard target - source <= TypeRules.digitCountMax else { return value == 0 ? 0 : nil }
            let (product, overflow) = value.multipliedReportingOverflow(by: power10(target - source))
            if overflow { return nil }
            value = product
        } else if target < source {
            guard source - target <= TypeRules.digitCountMax else { return 0 }
            let divisor = power10(source - target)
            let (quotient, remainder) = value.quotientAndRemainder(dividingBy: divisor)
            value = quotient
            if remainder.magnitude >= (divisor / 2).magnitude { value += remainder < 0 ? -1 : 1 }
        }
        return value.magnitude < power10(precision).magnitude ? value : nil
    }

    private static func rescaled(
        _ text: ValueText.DecimalText, precision: Int, scale: Int, at position: Int?
    ) throws(QueryError) -> Int128 {
        let value: Int128? = text.overflows ? nil
            : text.scale < 0
            ? (-text.scale <= 38 || text.digits == 0
                ? rescaled(text.digits, from: 0, precision: 38, to: text.digits == 0 ? 0 : -text.scale)
                    .flatMap { rescaled($0, from: 0, precision: precision, to: scale) } : nil)
            : rescaled(text.digits, from: text.scale, precision: precision, to: scale)
        guard let value else { throw .overflow("the number does not fit DECIMAL(\(precision),\(scale))", at: position) }
        return value
    }

    /// The type and value of a number as written: INTEGER, BIGINT or DECIMAL with its own digits; DOUBLE with an exponent.
    package static func literal(_ digits: String, at position: Int?) throws(QueryError) -> (Value, ColumnType) {
        let bytes = Array(digits.utf8)
        if bytes.contains(where: { $0 | 0x20 == UInt8(ascii: "e") }) {
            guard let value = ValueText.double(bytes[...]), value != 0 || NumberText.isZero(bytes) else { throw .overflow("the number is out of the range of DOUBLE", at: position) }
            return (.double(value), .double)
        }
        guard let text = ValueText.decimal(bytes[...]) else { throw .badSQL("this is no number", at: position) }
        guard !text.overflows, text.scale <= TypeRules.digitCountMax else {
            throw .overflow("a number has at most \(TypeRules.digitCountMax) digits", at: position)
        }
        if !bytes.contains(UInt8(ascii: ".")) {
            if let value = Int64(exactly: text.digits) {
                return (.integer(value), Int32(exactly: value) == nil ? .int64 : .int32)
            }
        }
        let digitCount = max("\(text.digits.magnitude)".utf8.count, text.scale, 1)
        return (.decimal(text.digits), .decimal(precision: digitCount, scale: text.scale))
    }
}
