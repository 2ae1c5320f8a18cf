internal import ColumnStore
internal import Query

/// Values of a Bind message as a query takes them.
enum BoundParameters {
    /// - Parameters:
    ///   - formats: none for text throughout, one for all, or one each.
    ///   - types: as ParameterDescription says them.
    ///   - session: by which texts of days, moments and intervals are read.
    ///   - number: of what has a name in `regclass` or its kin.
    /// - Throws: 22P02, 22P03 and others for bytes that are no value of their type.
    static func read(
        _ values: [[UInt8]?], formats: [WireFormat], types: [UInt32], session: TextSession = TextSession(), numbering number: (_ name: String, _ registry: String) throws -> Int64? = { _, _ in nil }
    ) throws(PostgresFault) -> [QueryParameter] {
        var parameters: [QueryParameter] = []
        for (index, value) in values.enumerated() {
            let format = formats.count > 1 ? formats[index] : formats.first ?? .text
            let type = PostgresColumnType(index < types.count ? types[index] : PostgresType.text.rawValue) ?? .plain(.text)
            if case .plain(let registry) = type, registry.isRegistry, format == .text, let value, let name = try self.name(value) {
                parameters.append(.typed(.integer(try found(name, in: registry, number)), .int64))
                continue
            }
            parameters.append(try parameter(value, type, format, session))
        }
        return parameters
    }

    /// A text that is no number; `-` is 0.
    private static func name(_ value: [UInt8]) throws(PostgresFault) -> String? {
        let text = try text(value)
        return text.isEmpty || text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) ? nil : text
    }

    private static func found(_ name: String, in registry: PostgresType, _ number: (String, String) throws -> Int64?) throws(PostgresFault) -> Int64 {
        if name.hasBytes(of: "-") { return 0 }
        let found: Int64?
        do { found = try number(name, "\(registry)") } catch { throw FaultStates.fault(error) }
        if let found { return found }
        switch registry {
        case .regclass: throw PostgresFault(.undefinedTable, "relation \"\(name)\" does not exist")
        case .regtype: throw PostgresFault(.undefinedObject, "type \"\(name)\" does not exist")
        case .regnamespace: throw PostgresFault(.undefinedSchema, "schema \"\(name)\" does not exist")
        case .regcollation: throw PostgresFault(.undefinedObject, "collation \"\(name)\" for encoding \"UTF8\" does not exist")
        case .regrole: throw PostgresFault(.undefinedObject, "role \"\(name)\" does not exist")
        default: throw PostgresFault(.undefinedFunction, "function \"\(name)\" does not exist")
        }
    }

    private static func parameter(_ value: [UInt8]?, _ type: PostgresColumnType, _ format: WireFormat, _ session: TextSession) throws(PostgresFault) -> QueryParameter {
        let columnType = try AnswerColumns.parameter(type.number)
        guard let value else { return columnType.map { .typed(.null, $0) } ?? .null }
        // Text of a time without an offset is one of the session's zone, which the query's own literals know.
        if format == .text, type == .plain(.timestamptz) { return .text(try text(value), .timestampTZ) }
        if format == .text, session.order != .mdy, let columnType, type == .plain(.date) || type == .plain(.timestamp), PostgresTime.read(value[...]) == nil { return .text(try text(value), columnType) }
        let read = format == .binary ? try PostgresBinary.read(value[...], type) : try PostgresText.read(value, type, session)
        // Blanks at the end of a CHAR mean nothing, and nothing says how many it has.
        if type == .plain(.bpchar), case .text(let text) = read { return try parameter(.text(Array(text.dropLast(text.reversed().prefix { $0 == UInt8(ascii: " ") }.count))), columnType) }
        return try parameter(read, columnType)
    }

    private static func text(_ bytes: [UInt8]) throws(PostgresFault) -> String {
        guard !bytes.contains(0) else { throw PostgresFault(.invalidByteSequence, "invalid byte sequence for encoding \"UTF8\": 0x00") }
        return try WireReader.text(bytes[...])
    }

    private static func parameter(_ value: PostgresValue, _ type: ColumnType?) throws(PostgresFault) -> QueryParameter {
        switch value {
        case .null: return type.map { .typed(.null, $0) } ?? .null
        case .text(let text):
            if case .json? = type, let type { return .typed(try document(text, type), type) }
            return .string(String(decoding: text, as: UTF8.self))
        case .bits(let digits): return .typed(.bytes(digits), .string)
        case .character(0): return .string("")
        case .character(let byte): return .string(String(decoding: [byte], as: UTF8.self))
        case .array(let array): return try list(array, type)
        default:
            let (read, own) = try self.value(value)
            // A number's digits say its scale; all else is of the type that was said.
            if case .decimal = own { return .typed(read, own) }
            return .typed(read, type ?? own)
        }
    }

    private static func list(_ array: PostgresArray, _ type: ColumnType?) throws(PostgresFault) -> QueryParameter {
        var items: [Value] = []
        var scales: [Int] = []
        for item in array.values {
            var (value, own) = try self.value(item)
            if case .list(let field)? = type, case .json = field.type, case .text(let text) = item { value = try document(text, field.type) }
            if case .decimal(_, let scale) = own { scales.append(scale) } else { scales.append(0) }
            items.append(value)
        }
        guard case .list(let field)? = type else { throw PostgresFault(.featureNotSupported, "arrays of the type \(array.element) are not supported") }
        guard array.dimensions.allSatisfy({ $0.first == 1 }) else {
            throw PostgresFault(.featureNotSupported, "parameters that are arrays begin at 1 here", hint: "Send it with the lower bound 1.")
        }
        let counts = array.dimensions.map { Int($0.count) }
        guard case .decimal = field.type else { return nested(items, counts, of: field) }
        // All of a list have one scale.
        let scale = scales.max() ?? 0
        for (index, item) in items.enumerated() {
            guard case .decimal(let digits) = item else { continue }
            guard let rescaled = LiteralCast.rescaled(digits, from: scales[index], precision: 38, to: scale) else { throw tooManyDigits }
            items[index] = .decimal(rescaled)
        }
        return nested(items, counts, of: Field("element", .decimal38(scale: scale)))
    }

    /// Values in the order of rows as lists of lists.
    private static func nested(_ items: [Value], _ counts: [Int], of field: Field) -> QueryParameter {
        var (values, type) = (items, ColumnType.list(element: field))
        for count in counts.dropFirst().reversed() where count > 0 {
            values = stride(from: 0, to: values.count, by: count).map { .list(Array(values[$0..<min($0 + count, values.count)])) }
            type = .list(element: Field("element", type))
        }
        return .typed(.list(values), type)
    }

    private static func document(_ text: [UInt8], _ type: ColumnType) throws(PostgresFault) -> Value {
        do { return try LiteralCast.value(of: text, as: type, at: nil) } catch {
            guard error.cause != .untranslatable else { throw FaultStates.fault(error) }
            throw PostgresFault(error.slug == .numericOverflow ? .numericOutOfRange : .invalidTextRepresentation, "invalid input syntax for type json")
        }
    }

    /// A value with its own type: a number's digits say its scale.
    private static func value(_ value: PostgresValue) throws(PostgresFault) -> (Value, ColumnType) {
        switch value {
        case .null: return (.null, .null)
        case .bool(let value): return (.boolean(value), .boolean)
        case .int16(let value): return (.integer(Int64(value)), .int32)
        case .int32(let value): return (.integer(Int64(value)), .int32)
        case .int64(let value): return (.integer(value), .int64)
        case .oid(let value): return (.integer(Int64(value)), .int64)
        // A REAL is kept as the DOUBLE of its fewest digits.
        case .float32(let value): return (.double(Double(value.description) ?? Double(value)), .double)
        case .float64(let value): return (.double(value), .double)
        case .numeric(let value): return try decimal(value)
        case .text(let text), .bits(let text): return (.bytes(text), .string)
        case .character(let byte): return (.bytes([byte]), .string)
        case .bytes(let bytes): return (.bytes(bytes), .binary)
        case .uuid(let bytes): return (.bytes(bytes), .uuid)
        case .date(let days):
            return (.integer(PostgresTime.unixDays(days)), .date)
        case .time(let microseconds): return (.integer(microseconds), .time)
        case .timestamp(let microseconds):
            let since1970 = PostgresTime.unixMicroseconds(microseconds)
            // It stops at the ends of 64 bits, which is past our years.
            guard !Calendar.isInfinite(moment: since1970) || Calendar.isInfinite(moment: microseconds) else { throw PostgresFault(.datetimeOverflow, "timestamp out of range") }
            return (.integer(since1970), .timestampTZ)
        case .interval(let months, let days, let microseconds):
            return (.interval(Interval(months: months, days: days, microseconds: microseconds)), .interval)
        case .array: throw PostgresFault(.featureNotSupported, "arrays of arrays are not supported")
        }
    }

    private static let tooManyDigits = PostgresFault(.numericOutOfRange, "a number has at most 38 digits")
    private static let notFinite = PostgresFault(.featureNotSupported, "parameters of the type numeric are numbers here", hint: "\(ValueText.noDecimal).")

    private static func decimal(_ number: PostgresNumeric) throws(PostgresFault) -> (Value, ColumnType) {
        guard number.sign == .positive || number.sign == .negative else { throw notFinite }
        guard let (digits, scale) = number.decimal else { throw tooManyDigits }
        return (.decimal(digits), .decimal38(scale: scale))
    }
}
