// Values as PostgreSQL's send and receive functions have them, in the network's order of bytes. An array:
//
//     Int32 dimensions, Int32 whether a NULL is among them, UInt32 type of the elements,
//     for each dimension Int32 count, Int32 index of the first; then each element: Int32 bytes (−1 NULL), value
//
// A string of bits: Int32 how many, then eight to a byte from the highest on.

internal import ColumnStore

/// Values in binary.
package enum PostgresBinary {
    /// - Precondition: not NULL, which has no bytes.
    package static func append(_ value: PostgresValue, _ type: PostgresColumnType, to bytes: inout [UInt8]) {
        switch (type, value) {
        case (.array, .array(let array)), (.plain, .array(let array)): appendArray(array, to: &bytes)
        case (.plain(let type), _):
            if type.hasVersion { bytes.append(1) }
            append(value, to: &bytes)
        default: preconditionFailure("the value is of another type")
        }
    }

    private static func append(_ value: PostgresValue, to bytes: inout [UInt8]) {
        switch value {
        case .null, .array: preconditionFailure("NULL has no bytes, and arrays go another way")
        case .bool(let value): bytes.append(value ? 1 : 0)
        case .int16(let value): integer(value, to: &bytes)
        case .int32(let value), .date(let value): integer(value, to: &bytes)
        case .int64(let value), .time(let value), .timestamp(let value): integer(value, to: &bytes)
        case .float32(let value): integer(value.bitPattern, to: &bytes)
        case .float64(let value): integer(value.bitPattern, to: &bytes)
        case .numeric(let value): value.appendBinary(to: &bytes)
        case .text(let value), .bytes(let value), .uuid(let value): bytes += value
        case .character(let value): bytes.append(value)
        case .bits(let value): appendBits(value, to: &bytes)
        case .interval(let months, let days, let microseconds):
            integer(microseconds, to: &bytes)
            integer(days, to: &bytes)
            integer(months, to: &bytes)
        case .oid(let value): integer(value, to: &bytes)
        }
    }

    private static func integer<Integer: FixedWidthInteger>(_ value: Integer, to bytes: inout [UInt8]) {
        withUnsafeBytes(of: value.bigEndian) { bytes.append(contentsOf: $0) }
    }

    /// - Parameter digits: zeros and ones as texts have them.
    static func appendBits(_ digits: some Collection<UInt8>, to bytes: inout [UInt8]) {
        integer(Int32(clamping: digits.count), to: &bytes)
        var byte: UInt8 = 0, mask: UInt8 = 0x80
        for digit in digits {
            if digit & 1 == 1 { byte |= mask }
            mask >>= 1
            guard mask == 0 else { continue }
            bytes.append(byte)
            (byte, mask) = (0, 0x80)
        }
        if mask != 0x80 { bytes.append(byte) }
    }

    private static func appendArray(_ array: PostgresArray, to bytes: inout [UInt8]) {
        integer(Int32(clamping: array.dimensions.count), to: &bytes)
        integer((array.values.contains(.null) ? 1 : 0) as Int32, to: &bytes)
        integer(array.element.rawValue, to: &bytes)
        for dimension in array.dimensions {
            integer(dimension.count, to: &bytes)
            integer(dimension.first, to: &bytes)
        }
        for value in array.values {
            guard value != .null else {
                integer(-1 as Int32, to: &bytes)
                continue
            }
            var element: [UInt8] = []
            append(value, .plain(array.element), to: &element)
            integer(Int32(clamping: element.count), to: &bytes)
            bytes += element
        }
    }

    // MARK: Reading

    /// - Throws: 22P03 or 08P01 for bytes that are no value of the type, 22021 for text that is not UTF-8, 22003 and 22008 for one out of its range.
    package static func read(_ bytes: ArraySlice<UInt8>, _ type: PostgresColumnType) throws(PostgresFault) -> PostgresValue {
        var reader = WireReader(bytes)
        let value: PostgresValue =
            switch type {
            case .plain(let type): try read(&reader, type)
            case .array(let element): .array(try array(&reader, of: element))
            }
        guard reader.isAtEnd else { throw PostgresFault(.invalidBinaryRepresentation, "incorrect binary data format") }
        return value
    }

    private static func read(_ reader: inout WireReader, _ type: PostgresType) throws(PostgresFault) -> PostgresValue {
        switch type.form {
        case .bool: return .bool(try reader.byte() != 0)
        case .int16: return .int16(try reader.integer())
        case .int32: return .int32(try reader.integer())
        case .int64: return .int64(try reader.integer())
        case .float32: return .float32(Float(bitPattern: try reader.integer()))
        case .float64: return .float64(Double(bitPattern: try reader.integer()))
        case .numeric: return .numeric(try PostgresNumeric(&reader))
        case .text, .jsonb:
            if type.hasVersion {
                guard try reader.byte() == 1 else { throw PostgresFault(.invalidBinaryRepresentation, "unsupported \(type) version number") }
            }
            return .text(try text(&reader))
        case .bytes: return .bytes(Array(reader.rest()))
        case .character: return .character(try reader.byte())
        case .bits: return .bits(try bits(&reader))
        case .date: return .date(try date(reader.integer()))
        case .time: return .time(try time(reader.integer()))
        case .timestamp, .instant: return .timestamp(try timestamp(reader.integer()))
        case .interval:
            let microseconds = try reader.integer(Int64.self)
            let days = try reader.integer(Int32.self)
            return .interval(months: try reader.integer(), days: days, microseconds: microseconds)
        case .uuid: return .uuid(Array(try reader.take(16)))
        case .oid: return .oid(try reader.integer())
        case .record: throw PostgresFault(.featureNotSupported, "rows are no parameters here")
        case .vector: return .array(try array(&reader, of: type == .int2vector ? .int2 : .oid, isVector: true))
        }
    }

    private static func text(_ reader: inout WireReader) throws(PostgresFault) -> [UInt8] {
        let bytes = reader.rest()
        guard !bytes.contains(0) else { throw PostgresFault(.invalidByteSequence, "invalid byte sequence for encoding \"UTF8\": 0x00") }
        return Array(try WireReader.text(bytes).utf8)
    }

    /// A packed bit becomes a byte.
    static let bitCountMax = 1 << 16

    private static func bits(_ reader: inout WireReader) throws(PostgresFault) -> [UInt8] {
        let count = Int(clamping: try reader.integer(Int32.self)), packed = reader.rest()
        guard count >= 0 else { throw PostgresFault(.invalidBinaryRepresentation, "invalid length in external bit string") }
        guard count <= bitCountMax else { throw PostgresFault(.programLimitExceeded, "strings of bits that are parameters have at most \(bitCountMax) bits here") }
        let spare = packed.count.multipliedSaturating(by: 8).subtractingSaturating(count)
        guard spare >= 0 else { throw PostgresFault(.protocolViolation, "insufficient data left in message") }
        guard spare < 8 else { throw PostgresFault(.invalidBinaryRepresentation, "incorrect binary data format") }
        var digits: [UInt8] = []
        for byte in packed {
            for place: UInt8 in [7, 6, 5, 4, 3, 2, 1, 0] where digits.count < count { digits.append(UInt8(ascii: "0") | byte >> place & 1) }
        }
        return digits
    }

    /// From 4714-11-24 BC to 5874897-12-31, or infinite.
    private static func date(_ days: Int32) throws(PostgresFault) -> Int32 {
        guard days == .max || days == .min || Calendar.dayRange.contains(Int(PostgresTime.unixDays(days))) else {
            throw PostgresFault(.datetimeOverflow, "date out of range")
        }
        return days
    }

    private static func time(_ microseconds: Int64) throws(PostgresFault) -> Int64 {
        guard (0...Calendar.microsecondsPerDay).contains(microseconds) else { throw PostgresFault(.datetimeOverflow, "time out of range") }
        return microseconds
    }

    /// From 4714-11-24 BC to the end of 294276, or infinite.
    private static func timestamp(_ microseconds: Int64) throws(PostgresFault) -> Int64 {
        let range: Range<Int64> = -211_813_488_000_000_000..<9_223_371_331_200_000_000
        guard microseconds == .max || microseconds == .min || range.contains(microseconds) else {
            throw PostgresFault(.datetimeOverflow, "timestamp out of range")
        }
        return microseconds
    }

    private static func array(_ reader: inout WireReader, of element: PostgresType, isVector: Bool = false) throws(PostgresFault) -> PostgresArray {
        func wrong(_ message: String) -> PostgresFault { PostgresFault(.invalidBinaryRepresentation, message) }
        let dimensionCount = try reader.integer(Int32.self)
        guard (0...PostgresArray.dimensionsMax).contains(Int(dimensionCount)) else {
            let state = dimensionCount < 0 ? SQLState.invalidBinaryRepresentation : .programLimitExceeded
            throw PostgresFault(state, "invalid number of dimensions: \(dimensionCount)")
        }
        guard (0...1).contains(try reader.integer(Int32.self)) else { throw wrong("invalid array flags") }
        guard try reader.integer(UInt32.self) == element.rawValue else { throw PostgresFault(SQLState(rawValue: "42804"), "wrong element type") }
        var dimensions: [PostgresArray.Dimension] = []
        var count = dimensionCount == 0 ? 0 : 1
        for _ in 0..<dimensionCount {
            let dimension = PostgresArray.Dimension(count: try reader.integer(), first: try reader.integer())
            guard dimension.count >= 0, dimension.first.addingOrNil(dimension.count) != nil else { throw wrong("invalid array dimensions") }
            dimensions.append(dimension)
            count = count.multipliedSaturating(by: Int(dimension.count))
        }
        guard !isVector || dimensions.count == 1 else { throw wrong("invalid array dimensions") }
        // Each has four bytes at least: no count is believed that the bytes cannot hold.
        guard count.multipliedSaturating(by: 4) <= reader.count else { throw PostgresFault(.protocolViolation, "insufficient data left in message") }
        var values: [PostgresValue] = []
        for _ in 0..<count {
            guard let bytes = try reader.value() else {
                values.append(.null)
                continue
            }
            values.append(try read(bytes, .plain(element)))
        }
        return PostgresArray(element, dimensions: count == 0 && !isVector ? [] : dimensions, values: values)
    }
}
