package import ColumnStore

/// Text to values and values to text, in PostgreSQL's forms.
enum TextCastKernels {
    static func text(of column: Column, zone: TimeZoneRules, forms: ValueForms, _ given: WorkMeter?) throws(KernelError) -> Column {
        let meter = given ?? WorkMeter(EvaluationContext())
        if column.type == .binary || column.type == .uuid {
            return try mapBytes(column, width: forms.escapesBytes ? 4 : 2, meter) { bytes, text in
                if column.type == .uuid { appendUUID(bytes, to: &text) } else { forms.append(bytes, to: &text) }
            }
        }
        let validity = column.rowValidity
        // A nested value passes through one of its own, and its text.
        if column.type.isNested { try meter.charge(column.flatByteCountBound * 4) }
        var builder = TextBuilder(count: column.count, meter)
        var text: [UInt8] = []
        var clock = ZoneClock(zone)
        let flat = column.flattened()
        for row in 0..<flat.count {
            text.removeAll(keepingCapacity: true)
            if validity?[row] ?? true { append(flat, row, clock: &clock, forms, to: &text) }
            try builder.append(text)
            builder.endText()
        }
        return builder.finish(type: .string, validity: validity)
    }

    private static func append(_ column: Column, _ row: Int, clock: inout ZoneClock, _ forms: ValueForms, to text: inout [UInt8]) {
        switch column.value(at: row) {
        case .null: break
        case .boolean(let value): text.append(contentsOf: (value ? "true" : "false").utf8)
        case .double(let value): forms.append(value, to: &text)
        case .decimal(let value): NumberText.appendDecimal(value, scale: column.type.scale, to: &text)
        case .bytes(let bytes): text.append(contentsOf: bytes)
        case .interval(let value): forms.append(value, to: &text)
        case .list, .structure: JSONText.append(column.value(at: row), type: column.type, to: &text)
        case .integer(let value):
            switch column.type {
            case .date: forms.append(day: value, to: &text)
            case .time: Calendar.appendTime(microseconds: value, fraction: .shortest, to: &text)
            case .timestamp(let isUTC), .timestampNanoseconds(let isUTC):
                var moment = value
                if case .timestampNanoseconds = column.type { moment = value / 1_000 }
                if Calendar.isInfinite(moment: moment) { return Calendar.appendInfinity(isNegative: moment < 0, to: &text) }
                let offset = isUTC ? clock.offset(atUTC: moment) : 0
                if let style = forms.dates {
                    return style.append(moment: moment &+ offset, zone: isUTC ? clock.abbreviation(atUTC: moment) : nil, to: &text)
                }
                let start = text.count
                Calendar.appendTimestamp(
                    microseconds: moment &+ offset, isUTC: false, separator: 0x20, fraction: .shortest, to: &text)
                guard isUTC else { break }
                // The era stands last.
                let isBC = text[start...].last == UInt8(ascii: "C")
                if isBC { text.removeLast(3) }
                appendOffset(seconds: Int(offset / Calendar.microsecondsPerSecond), to: &text)
                if isBC { text.append(contentsOf: " BC".utf8) }
            default: NumberText.appendInteger(value, to: &text)
            }
        }
    }

    /// `+02`, `+05:30`, as PostgreSQL ends an instant.
    static func appendOffset(seconds: Int, to text: inout [UInt8]) {
        text.append(UInt8(ascii: seconds < 0 ? "-" : "+"))
        let magnitude = Int(clamping: seconds.magnitude)
        Calendar.appendPadded(magnitude / 3_600, width: 2, to: &text)
        if magnitude % 3_600 != 0 {
            text.append(UInt8(ascii: ":"))
            Calendar.appendPadded(magnitude / 60 % 60, width: 2, to: &text)
        }
        if magnitude % 60 != 0 {
            text.append(UInt8(ascii: ":"))
            Calendar.appendPadded(magnitude % 60, width: 2, to: &text)
        }
    }

    private static let hexDigits = Array("0123456789abcdef".utf8)

    fileprivate static func appendHex(_ bytes: ArraySlice<UInt8>, to text: inout [UInt8]) {
        text.append(contentsOf: "\\x".utf8)
        for byte in bytes {
            text.append(hexDigits[Int(byte >> 4)])
            text.append(hexDigits[Int(byte & 15)])
        }
    }

    static func appendUUID(_ bytes: ArraySlice<UInt8>, to text: inout [UInt8]) {
        for (index, byte) in bytes.enumerated() {
            if index == 4 || index == 6 || index == 8 || index == 10 { text.append(UInt8(ascii: "-")) }
            text.append(hexDigits[Int(byte >> 4)])
            text.append(hexDigits[Int(byte & 15)])
        }
    }

    private static func mapBytes(
        _ column: Column, width: Int, _ meter: WorkMeter, _ append: (ArraySlice<UInt8>, inout [UInt8]) -> Void
    ) throws(KernelError) -> Column {
        let arrays = column.byteArrays()
        return try TextKernels.build(count: column.count, validity: column.rowValidity, meter) { (row, text) throws(KernelError) in
            // So many a byte, or the 36 of a UUID.
            try text.write(atMost: width * arrays.range(at: row).count + 4) { append(arrays[row], &$0) }
        }
    }

    /// Longer texts are no number, time or truth value, and are not read through.
    private static let valueByteCountMax = 1 << 20

    // MARK: Reading

    static func parse(_ column: Column, to type: ColumnType, zone: TimeZoneRules, forms: ValueForms, _ meter: WorkMeter?) throws(KernelError) -> Column {
        if type.isJSON {
            let texts = column.byteArrays(), valid = column.rowValidity
            return try TextKernels.build(count: texts.count, validity: valid, type: type, meter ?? WorkMeter(EvaluationContext())) {
                (row, builder) throws(KernelError) in
                try builder.append(try JSONDocument.read(texts[row], as: type, meter))
            }
        }
        if type == .binary || type.isNested { return try parseOther(column, to: type) }
        let arrays = column.byteArrays()
        let validity = column.rowValidity
        var builder = ColumnBuilder(type: type)
        for row in 0..<arrays.count {
            if validity?[row] ?? true {
                let byteCount = arrays.range(at: row).count
                guard byteCount <= valueByteCountMax else { throw .invalidText(type.sqlName) }
                try meter?.step(byteCount)
                builder.append(try value(arrays[row], type, zone: zone, forms.intervals))
            } else {
                builder.appendNull()
            }
        }
        return builder.finish()
    }

    /// One text as a value of a type.
    static func value(_ text: ArraySlice<UInt8>, _ type: ColumnType, zone: TimeZoneRules, _ style: IntervalStyle = .postgres) throws(KernelError) -> Value {
        let invalid = KernelError.invalidText(type.sqlName)
        switch type {
        case .boolean:
            guard let value = boolean(text) else { throw invalid }
            return .boolean(value)
        case .int32, .int64:
            switch NumberText.readDecimal(text, scale: 0) {
            case .value(let value):
                // PostgreSQL takes digits alone here: no mark, no exponent.
                guard NumberText.trimmed(text).allSatisfy({ ($0 >= 0x30 && $0 <= 0x39) || $0 == 0x2B || $0 == 0x2D }) else { throw invalid }
                guard let narrow = Int64(exactly: value), type == .int64 || Int32(exactly: narrow) != nil else { throw .numericOverflow }
                return .integer(narrow)
            case .overflow: throw .numericOverflow
            case .invalid: throw invalid
            }
        case .decimal(let precision, let scale):
            switch NumberText.readDecimal(text, scale: scale) {
            case .value(let value):
                guard value.magnitude < DecimalMath.powers[precision].magnitude else { throw .numericOverflow }
                return .decimal(value)
            case .overflow: throw .numericOverflow
            // What is a number to PostgreSQL, and none that digits say.
            case .invalid: throw ValueText.isNoDecimal(text) ? KernelError.outside(.notSupported, ValueText.noDecimal) : invalid
            }
        case .double:
            guard let value = try NumberText.readDouble(text) else { throw invalid }
            return .double(value)
        case .uuid:
            guard let bytes = ValueText.uuid(text) else { throw invalid }
            return .bytes(bytes)
        case .interval:
            guard let value = IntervalText.read(text, style: style) else { throw fault(of: text, type) }
            return .interval(value)
        default: return try moment(text, type, zone: zone)
        }
    }

    private static func moment(_ text: ArraySlice<UInt8>, _ type: ColumnType, zone: TimeZoneRules) throws(KernelError) -> Value {
        if case .time = type {
            guard let time = DateTimeText.time(of: text) else { throw fault(of: text, type) }
            return .integer(time)
        }
        guard let moment = DateTimeText.read(text) else { throw fault(of: text, type) }
        let value: Int64?
        switch type {
        case .date: value = moment.date
        case .timestamp(let isUTC): value = isUTC ? moment.instant(inSession: zone) : moment.local
        default: throw .invalidArgument("VARCHAR cannot be cast to \(type.sqlName)")
        }
        guard let value else { throw .timeOutOfRange }
        return .integer(value)
    }

    /// What a text that is no date, time or interval is refused for, as a constant is.
    static func fault(of text: ArraySlice<UInt8>, _ type: ColumnType, _ session: DateTimeText.Session = .plain) -> KernelError {
        let cause = type == .interval ? IntervalText.fault(of: text) : DateTimeText.fault(of: text, as: type, session)
        switch cause {
        case .timeOutOfRange: return .timeOutOfRange
        case .badValue: return .outside(cause, DateTimeText.noZone)
        case .badOffset, .intervalOverflow: return .outside(cause, "a value cannot be cast to \(type.sqlName)")
        default: return .invalidText(type.sqlName)
        }
    }

    private static func boolean(_ text: ArraySlice<UInt8>) -> Bool? {
        switch String(word: NumberText.trimmed(text)).lowercased() {
        case "t", "tr", "tru", "true", "y", "ye", "yes", "on", "1": true
        case "f", "fa", "fal", "fals", "false", "n", "no", "of", "off", "0": false
        default: nil
        }
    }

    static func hex(_ digits: ArraySlice<UInt8>) -> [UInt8]? {
        guard digits.count.isMultiple(of: 2) else { return nil }
        var bytes: [UInt8] = []
        var high: UInt8?
        for digit in digits {
            let nibble: UInt8
            switch digit {
            case 0x30...0x39: nibble = digit - 0x30
            case 0x61...0x66: nibble = digit - 0x61 + 10
            case 0x41...0x46: nibble = digit - 0x41 + 10
            default: return nil
            }
            if let first = high {
                bytes.append(first << 4 | nibble)
                high = nil
            } else {
                high = nibble
            }
        }
        return bytes
    }

    /// BLOB, as `ValueText.binary` reads it.
    private static func parseOther(_ column: Column, to type: ColumnType) throws(KernelError) -> Column {
        guard type == .binary else { throw .invalidArgument("VARCHAR cannot be cast to \(type.sqlName)") }
        let arrays = column.byteArrays()
        let validity = column.rowValidity
        var result = ByteArrays()
        for row in 0..<arrays.count {
            guard validity?[row] ?? true else {
                result.append([])
                continue
            }
            guard let bytes = ValueText.binary(arrays[row]) else {
                throw arrays[row].starts(with: "\\x".utf8) ? .invalidArgument("a text behind \\x is no pairs of hexadecimal digits") : .invalidText("BLOB")
            }
            result.append(bytes)
        }
        return .text(result, type: .binary, validity: validity)
    }
}

/// One value in the session's forms: for the casts above, and for doors that write values themselves.
extension ValueForms {
    /// What a DOUBLE and a REAL are rounded to; nil for as many as each needs.
    private var digits: (double: Int, single: Int)? { extraFloatDigits.map { (max(1, 15 + $0), max(1, 6 + $0)) } }
    /// Whether a DOUBLE has the fewest digits that tell it: most have, and those can be written without asking again for each.
    package var hasShortestFloats: Bool { extraFloatDigits == nil }

    package func append(_ value: Double, to text: inout [UInt8]) {
        if let digits { NumberText.append(value, digits: digits.double, to: &text) } else { NumberText.appendDouble(value, to: &text) }
    }

    package func append(real value: Double, to text: inout [UInt8]) {
        if let digits { NumberText.append(value, digits: digits.single, to: &text) } else { NumberText.appendReal(NumberText.single(value), to: &text) }
    }

    /// - Parameter day: since 1970-01-01.
    package func append(day: Int64, to text: inout [UInt8]) {
        if Calendar.isInfinite(day: day) { return Calendar.appendInfinity(isNegative: day < 0, to: &text) }
        if let dates { dates.append(days: Int(clamping: day), to: &text) } else { Calendar.appendDate(days: Int(clamping: day), to: &text) }
    }

    package func append(_ interval: Interval, to text: inout [UInt8]) { intervals.append(interval, to: &text) }

    package func append(_ bytes: ArraySlice<UInt8>, to text: inout [UInt8]) {
        guard escapesBytes else { return TextCastKernels.appendHex(bytes, to: &text) }
        for byte in bytes {
            if byte == UInt8(ascii: "\\") {
                text.append(contentsOf: [byte, byte])
            } else if (0x20...0x7E).contains(byte) {
                text.append(byte)
            } else {
                text.append(UInt8(ascii: "\\"))
                // In octal.
                for shift in [6, 3, 0] as [UInt8] { text.append(0x30 | (byte >> shift) & 7) }
            }
        }
    }
}
