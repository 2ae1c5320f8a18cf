internal import ColumnStore
internal import Query

/// One column of a batch, ready to be written cell by cell in one of the wire's forms: the switch over its type is here, once.
struct CellEncoder {
    private enum Source {
        case null
        case bools(Bitmap)
        case int32([Int32])
        case int64([Int64])
        case decimals([Int64], scale: Int)
        case wideDecimals([Int128], scale: Int)
        case doubles([Double])
        /// Narrower on the wire than in a column.
        case shorts([Int32])
        case oids([Int64])
        /// Numbers of a registry, which are names in text.
        case named([Int64], registry: String)
        case singles([Double])
        case letters(ByteArrays)
        /// Strings of bits, which binary packs.
        case digits(ByteArrays)
        /// int2vector and oidvector.
        case vector(offsets: [Int32], Element)
        case days([Int32])
        case times([Int64])
        /// Microseconds since 1970; of instants with the session's zone.
        case moments([Int64], TimeZoneRules?)
        case intervals([Interval])
        /// The same in both forms.
        case text(ByteArrays)
        case dictionary([UInt32], ByteArrays)
        case binary(ByteArrays)
        case uuids(ByteArrays)
        case list(offsets: [Int32], Element)
        case record([(encoder: CellEncoder, type: UInt32)])
        case json(JSONCells, isBinary: Bool)
        /// JSON and JSONB as their texts, a version before each where clients look for one.
        case documents(ByteArrays, hasVersion: Bool)
        /// XML, whose declaration goes out only where it says something.
        case markup(ByteArrays)
    }

    private final class Element {
        let encoder: CellEncoder
        let type: PostgresType
        init(_ encoder: CellEncoder, _ type: PostgresType) { (self.encoder, self.type) = (encoder, type) }
    }

    private let source: Source
    private let validity: Bitmap?
    private let style: AnswerStyle
    private let isBinary: Bool

    /// - Parameter type: what the column was described as; nil: as its values are.
    init(_ column: Column, _ format: WireFormat, style: AnswerStyle, as type: PostgresColumnType? = nil) {
        self.style = style
        let column = Self.plain(column)
        validity = column.validity
        isBinary = format == .binary
        source = type.flatMap { Self.source(column, format, style, as: $0) } ?? Self.source(column, format, style)
    }

    /// Of a column whose type on the wire is another than its values would have; nil of all others.
    private static func source(_ column: Column, _ format: WireFormat, _ style: AnswerStyle, as type: PostgresColumnType) -> Source? {
        switch (type, column.values) {
        case (.plain(let plain), .int32(let values)) where plain == .int2: .shorts(values)
        case (.plain(let plain), .int64(let values)) where plain.isRegistry: .named(values, registry: "\(plain)")
        case (.plain(let plain), .int64(let values)) where plain.form == .oid: .oids(values)
        case (.plain(.float4), .double(let values)): .singles(values)
        case (.plain(let plain), .bytes(let arrays)) where plain.hasVersion && column.type == .string: .documents(arrays, hasVersion: format == .binary)
        case (.plain(let plain), .dictionary) where plain.hasVersion && column.type == .string: Self.source(column.flattened(), format, style, as: type)
        case (.plain(.xml), .bytes(let arrays)): .markup(arrays)
        case (.plain(.xml), .dictionary): Self.source(column.flattened(), format, style, as: type)
        case (.plain(.char), .bytes(let arrays)): .letters(arrays)
        case (.plain(.char), .dictionary): Self.source(column.flattened(), format, style, as: type)
        case (.plain(let plain), .bytes(let arrays)) where plain.form == .bits && format == .binary: .digits(arrays)
        case (.plain(let plain), .dictionary) where plain.form == .bits && format == .binary: Self.source(column.flattened(), format, style, as: type)
        case (.plain(.int2vector), .list(let offsets, let values)):
            .vector(offsets: offsets, Element(CellEncoder(values, format, style: style, as: .plain(.int2)), .int2))
        case (.plain(.record), .structure(let members)):
            .record(members.map { (CellEncoder($0, format, style: style, as: fieldType($0.type)), fieldType($0.type).number) })
        case (.plain(.record), .dictionary): Self.source(column.flattened(), format, style, as: type)
        case (.plain(.oidvector), .list(let offsets, let values)):
            .vector(offsets: offsets, Element(CellEncoder(values, format, style: style, as: .plain(.oid)), .oid))
        case (.array(let element), .list(let offsets, let values)):
            // A list of several dimensions has its elements' type within the innermost.
            .list(offsets: offsets, Element(CellEncoder(values, format, style: style, as: Self.isList(values.type) ? type : .plain(element)), element))
        default: nil
        }
    }

    private static func isList(_ type: ColumnType) -> Bool { if case .list = type { true } else { false } }

    /// A row within a row is one, and no document.
    private static func fieldType(_ type: ColumnType) -> PostgresColumnType { if case .structure = type { .plain(.record) } else { AnswerColumns.type(type) } }

    /// Neither constants nor codes, but of texts.
    private static func plain(_ column: Column) -> Column {
        switch column.values {
        case .constant(let value): value.isNull ? column : column.flattened()
        case .dictionary(_, let dictionary):
            if case .bytes = dictionary.values.values, column.type == .string { column } else { column.flattened() }
        default: column
        }
    }

    private static func source(_ column: Column, _ format: WireFormat, _ style: AnswerStyle) -> Source {
        switch (AnswerColumns.type(column.type), column.values) {
        case (_, .constant): .null
        case (let type, .bytes(let arrays)) where column.type.isJSON: .documents(arrays, hasVersion: type == .plain(.jsonb) && format == .binary)
        case (.plain(.jsonb), _): .json(JSONCells(column), isBinary: format == .binary)
        case (.array(let element), .list(let offsets, let values)): .list(offsets: offsets, Element(CellEncoder(values, format, style: style), element))
        case (_, .bits(let bits)): .bools(bits)
        case (.plain(.date), .int32(let values)): .days(values)
        case (_, .int32(let values)): .int32(values)
        case (.plain(.time), .int64(let values)): .times(values)
        case (.plain(.timestamp), .int64(let values)): .moments(values, nil)
        case (.plain(.timestamptz), .int64(let values)): .moments(values, style.zone)
        case (.plain(.numeric), .int64(let values)):
            if case .decimal(_, let scale) = column.type, scale <= 18 { .decimals(values, scale: scale) } else { .wideDecimals(values.map { Int128($0) }, scale: scale(column.type)) }
        case (_, .int64(let values)): .int64(values)
        case (_, .int128(let values)): .wideDecimals(values, scale: scale(column.type))
        case (_, .double(let values)): .doubles(values)
        case (_, .interval(let values)): .intervals(values)
        case (.plain(.bytea), .bytes(let arrays)): .binary(arrays)
        case (.plain(.uuid), .bytes(let arrays)): .uuids(arrays)
        case (_, .bytes(let arrays)): .text(arrays)
        case (_, .dictionary(let codes, let dictionary)):
            if case .bytes(let arrays) = dictionary.values.values { .dictionary(codes, arrays) } else { .null }
        case (_, .list), (_, .structure): .json(JSONCells(column), isBinary: format == .binary)
        }
    }

    private static func scale(_ type: ColumnType) -> Int { if case .decimal(_, let scale) = type { scale } else { 0 } }

    func isNull(_ row: Int) -> Bool {
        if case .null = source { return true }
        return !(validity?[row] ?? true)
    }

    /// How many times as long a cell may be as its values are: in text a row or a list within another stands in quotes, which double those within it. Saturates.
    var growth: Int { isBinary ? 1 : 1 << min(Int.bitWidth - 2, max(0, quotedDepth - 1)) }

    /// Texts within texts; a list of lists is one.
    private var quotedDepth: Int {
        switch source {
        case .record(let fields): 1 + (fields.map(\.encoder.quotedDepth).max() ?? 0)
        case .list(_, let element): element.encoder.isList ? element.encoder.quotedDepth : 1 + element.encoder.quotedDepth
        default: 0
        }
    }

    /// - Precondition: not NULL.
    func append(_ row: Int, to bytes: inout [UInt8]) {
        switch source {
        case .text(let arrays): Self.append(arrays, row, to: &bytes)
        case .dictionary(let codes, let arrays): Self.append(arrays, Int(codes[row]), to: &bytes)
        case .documents(let arrays, let hasVersion):
            if hasVersion { bytes.append(1) }
            Self.append(arrays, row, to: &bytes)
        case .markup(let arrays):
            let (declaration, rest) = XMLText.shown(arrays[row])
            bytes += declaration
            bytes += rest
        case .json(let cells, let isBinary):
            // jsonb has a version before its text.
            if isBinary { bytes.append(1) }
            cells.append(row, to: &bytes)
        case .list(let offsets, let element):
            let range = Int(offsets[row])..<Int(offsets[row + 1])
            if isBinary { appendArray(element, row, range, to: &bytes) } else { Self.appendArrayText(element, range, to: &bytes) }
        case .record(let fields): isBinary ? Self.appendRecord(fields, row, to: &bytes) : Self.appendRecordText(fields, row, to: &bytes)
        case .vector(let offsets, let element):
            let range = Int(offsets[row])..<Int(offsets[row + 1])
            if isBinary { Self.appendArray(element, range, lowerBound: 0, to: &bytes) } else { Self.appendVectorText(element, range, to: &bytes) }
        default: if isBinary { appendBinary(row, to: &bytes) } else { appendText(row, to: &bytes) }
        }
    }

    // MARK: Runs

    /// Appends the cells of `rows`, and to `ends` where each of them ends, or the complement of that for a NULL.
    func append(_ rows: Range<Int>, to bytes: inout [UInt8], ends: inout [Int]) {
        switch (source, isBinary) {
        case (.null, _): for _ in rows { ends.append(~bytes.count) }
        case (.text(let arrays), _), (.binary(let arrays), true), (.uuids(let arrays), true), (.documents(let arrays, hasVersion: false), _):
            append(arrays, rows, to: &bytes, &ends) { $0 }
        case (.dictionary(let codes, let arrays), _):
            codes.withUnsafeBufferPointer { codes in append(arrays, rows, to: &bytes, &ends) { Int(codes[$0]) } }
        case (.int32(let values), true): append(values, rows, to: &bytes, &ends) { Self.integer($0, to: &$1) }
        case (.int32(let values), false): append(values, rows, to: &bytes, &ends) { NumberText.appendInteger(Int64($0), to: &$1) }
        case (.int64(let values), true): append(values, rows, to: &bytes, &ends) { Self.integer($0, to: &$1) }
        case (.int64(let values), false): append(values, rows, to: &bytes, &ends) { NumberText.appendInteger($0, to: &$1) }
        case (.doubles(let values), true): append(values, rows, to: &bytes, &ends) { Self.integer($0.bitPattern, to: &$1) }
        case (.doubles(let values), false) where style.forms.hasShortestFloats: append(values, rows, to: &bytes, &ends) { NumberText.appendDouble($0, to: &$1) }
        case (.decimals(let values, let scale), true): append(values, rows, to: &bytes, &ends) { PostgresNumeric.appendBinary($0, scale: scale, to: &$1) }
        case (.decimals(let values, let scale), false): append(values, rows, to: &bytes, &ends) { NumberText.appendDecimal($0, scale: scale, to: &$1) }
        case (.days(let values), true): append(values, rows, to: &bytes, &ends) { Self.integer(PostgresTime.date(unixDays: Int64($0)), to: &$1) }
        case (.days(let values), false) where style.forms.dates == nil: append(values, rows, to: &bytes, &ends) { PostgresTime.appendDate(PostgresTime.date(unixDays: Int64($0)), to: &$1) }
        case (.moments(let values, _), true): append(values, rows, to: &bytes, &ends) { Self.integer(PostgresTime.timestamp(unixMicroseconds: $0), to: &$1) }
        default: each(rows, &bytes, &ends) { append($0, to: &$1) }
        }
    }

    @inline(__always)
    private func each(_ rows: Range<Int>, _ bytes: inout [UInt8], _ ends: inout [Int], _ cell: (Int, inout [UInt8]) -> Void) {
        for row in rows {
            if validity?[row] ?? true {
                cell(row, &bytes)
                ends.append(bytes.count)
            } else {
                ends.append(~bytes.count)
            }
        }
    }

    @inline(__always)
    private func append<Value>(_ values: [Value], _ rows: Range<Int>, to bytes: inout [UInt8], _ ends: inout [Int], _ cell: (Value, inout [UInt8]) -> Void) {
        values.withUnsafeBufferPointer { values in each(rows, &bytes, &ends) { cell(values[$0], &$1) } }
    }

    @inline(__always)
    private func append(_ arrays: ByteArrays, _ rows: Range<Int>, to bytes: inout [UInt8], _ ends: inout [Int], _ index: (Int) -> Int) {
        arrays.offsets.withUnsafeBufferPointer { offsets in
            arrays.bytes.withUnsafeBufferPointer { texts in
                each(rows, &bytes, &ends) { row, bytes in
                    let place = index(row)
                    bytes.append(contentsOf: UnsafeBufferPointer(rebasing: texts[Int(offsets[place])..<Int(offsets[place + 1])]))
                }
            }
        }
    }

    // MARK: Cells

    private static func append(_ arrays: ByteArrays, _ index: Int, to bytes: inout [UInt8]) {
        let range = arrays.range(at: index)
        arrays.bytes.withUnsafeBufferPointer { bytes.append(contentsOf: UnsafeBufferPointer(rebasing: $0[range])) }
    }

    // MARK: Text

    private func appendText(_ row: Int, to text: inout [UInt8]) {
        switch source {
        case .bools(let bits): text.append(UInt8(ascii: bits[row] ? "t" : "f"))
        case .int32(let values), .shorts(let values): NumberText.appendInteger(Int64(values[row]), to: &text)
        case .int64(let values), .oids(let values): NumberText.appendInteger(values[row], to: &text)
        case .named(let values, let registry): style.names?.append(values[row], in: registry, to: &text) ?? NumberText.appendInteger(values[row], to: &text)
        case .singles(let values): style.forms.append(real: values[row], to: &text)
        case .letters(let arrays), .digits(let arrays): Self.append(arrays, row, to: &text)
        case .decimals(let values, let scale): NumberText.appendDecimal(values[row], scale: scale, to: &text)
        case .wideDecimals(let values, let scale): NumberText.appendDecimal(values[row], scale: scale, to: &text)
        case .doubles(let values): style.forms.append(values[row], to: &text)
        case .days(let values): style.forms.append(day: Int64(values[row]), to: &text)
        case .times(let values): Calendar.appendTime(microseconds: values[row], fraction: .shortest, to: &text)
        case .moments(let values, let zone):
            let instant = values[row]
            let offset = zone.map { $0.isUTC ? 0 : $0.offset(atUTCSeconds: Self.second(of: instant)) }
            if let dates = style.forms.dates, !Calendar.isInfinite(moment: instant) {
                let local = instant.addingSaturating(Int64(clamping: offset ?? 0).multipliedSaturating(by: Calendar.microsecondsPerSecond))
                return dates.append(moment: local, zone: zone?.abbreviation(atUTCSeconds: Self.second(of: instant)), to: &text)
            }
            PostgresTime.appendTimestamp(PostgresTime.timestamp(unixMicroseconds: instant), offset: offset, to: &text)
        case .intervals(let values): style.forms.append(values[row], to: &text)
        case .binary(let arrays): style.forms.append(arrays[row], to: &text)
        case .uuids(let arrays): PostgresText.appendUUID(Array(arrays[row]), to: &text)
        case .null, .text, .dictionary, .documents, .markup, .json, .list, .vector, .record: break
        }
    }

    /// `1 2 3`
    private static func appendVectorText(_ element: Element, _ range: Range<Int>, to text: inout [UInt8]) {
        for place in range {
            if place > range.lowerBound { text.append(UInt8(ascii: " ")) }
            element.encoder.append(place, to: &text)
        }
    }

    /// The whole second that an instant is in, since 1970.
    private static func second(of instant: Int64) -> Int64 {
        let (second, rest) = instant.quotientAndRemainder(dividingBy: 1_000_000)
        return rest < 0 ? second - 1 : second
    }

    private var isList: Bool { if case .list = source { true } else { false } }

    /// A list of lists that are empty is empty, as PostgreSQL's arrays are.
    private static func appendArrayText(_ element: Element, _ range: Range<Int>, to text: inout [UInt8]) {
        if element.encoder.isList, element.encoder.values(range).isEmpty { return text += "{}".utf8 }
        text.append(UInt8(ascii: "{"))
        var item: [UInt8] = []
        for place in range {
            if place > range.lowerBound { text.append(UInt8(ascii: ",")) }
            guard !element.encoder.isNull(place) else {
                text += "NULL".utf8
                continue
            }
            if element.encoder.isList {
                element.encoder.append(place, to: &text)
                continue
            }
            item.removeAll(keepingCapacity: true)
            element.encoder.append(place, to: &item)
            PostgresText.appendElement(item, to: &text)
        }
        text.append(UInt8(ascii: "}"))
    }

    /// The places of the values that lists within lists hold.
    private func values(_ range: Range<Int>) -> Range<Int> {
        guard case .list(let offsets, let element) = source else { return range }
        return element.encoder.values(Int(offsets[range.lowerBound])..<Int(offsets[range.upperBound]))
    }

    /// `(1,"a b",)`: NULL is nothing, and what could be read as something else stands in quotes.
    private static func appendRecordText(_ fields: [(encoder: CellEncoder, type: UInt32)], _ row: Int, to text: inout [UInt8]) {
        text.append(UInt8(ascii: "("))
        for (index, field) in fields.enumerated() {
            if index > 0 { text.append(UInt8(ascii: ",")) }
            if field.encoder.isNull(row) { continue }
            var value: [UInt8] = []
            field.encoder.append(row, to: &value)
            let isPlain = !value.isEmpty && !value.contains { "\"\\(),".utf8.contains($0) || $0 == 0x20 || (0x09...0x0D).contains($0) }
            if isPlain {
                text += value
                continue
            }
            text.append(UInt8(ascii: "\""))
            for byte in value {
                if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") { text.append(byte) }
                text.append(byte)
            }
            text.append(UInt8(ascii: "\""))
        }
        text.append(UInt8(ascii: ")"))
    }

    // MARK: Binary

    /// Each field with its type before it.
    private static func appendRecord(_ fields: [(encoder: CellEncoder, type: UInt32)], _ row: Int, to bytes: inout [UInt8]) {
        integer(Int32(clamping: fields.count), to: &bytes)
        for field in fields {
            integer(field.type, to: &bytes)
            appendSized(field.encoder, row, to: &bytes)
        }
    }

    /// The length of a value and then the value; of NULL −1.
    private static func appendSized(_ encoder: CellEncoder, _ row: Int, to bytes: inout [UInt8]) {
        let start = bytes.count
        integer(-1 as Int32, to: &bytes)
        guard !encoder.isNull(row) else { return }
        encoder.append(row, to: &bytes)
        let size = Int32(clamping: bytes.count - start - 4).bigEndian
        withUnsafeBytes(of: size) { size in
            for (index, byte) in size.enumerated() { bytes[start + index] = byte }
        }
    }

    /// How many there are in each dimension, by the first of each; none of lists whose lengths differ, which PostgreSQL has not.
    private func dimensions(_ row: Int) -> [Int] {
        guard case .list(let offsets, let element) = source else { return [] }
        let range = Int(offsets[row])..<Int(offsets[row + 1])
        guard element.encoder.isList, let first = range.first else { return [range.count] }
        let inner = element.encoder.dimensions(first)
        // The first is known: asked once more at each level, lists within lists would take twice as long for each.
        return range.dropFirst().allSatisfy { element.encoder.dimensions($0) == inner } ? [range.count] + inner : [values(row..<row + 1).count]
    }

    private func appendArray(_ element: Element, _ row: Int, _ range: Range<Int>, to bytes: inout [UInt8]) {
        guard element.encoder.isList else { return Self.appendArray(element, range, to: &bytes) }
        let values = element.encoder.values(range), sizes = values.isEmpty ? [] : dimensions(row)
        var innermost = element
        while case .list(_, let inner) = innermost.encoder.source { innermost = inner }
        Self.integer(Int32(clamping: sizes.count), to: &bytes)
        Self.integer((values.contains { innermost.encoder.isNull($0) } ? 1 : 0) as Int32, to: &bytes)
        Self.integer(innermost.type.rawValue, to: &bytes)
        for size in sizes {
            Self.integer(Int32(clamping: size), to: &bytes)
            Self.integer(1 as Int32, to: &bytes)
        }
        for place in values { Self.appendSized(innermost.encoder, place, to: &bytes) }
    }

    private static func integer<Integer: FixedWidthInteger>(_ value: Integer, to bytes: inout [UInt8]) {
        withUnsafeBytes(of: value.bigEndian) { bytes.append(contentsOf: $0) }
    }

    private func appendBinary(_ row: Int, to bytes: inout [UInt8]) {
        switch source {
        case .bools(let bits): bytes.append(bits[row] ? 1 : 0)
        case .int32(let values): Self.integer(values[row], to: &bytes)
        case .int64(let values): Self.integer(values[row], to: &bytes)
        case .shorts(let values): Self.integer(Int16(clamping: values[row]), to: &bytes)
        case .oids(let values), .named(let values, _): Self.integer(UInt32(clamping: values[row]), to: &bytes)
        case .singles(let values): Self.integer(NumberText.single(values[row]).bitPattern, to: &bytes)
        // One byte, whatever it holds.
        case .letters(let arrays): bytes.append(arrays[row].first ?? 0)
        case .digits(let arrays): PostgresBinary.appendBits(arrays[row], to: &bytes)
        case .decimals(let values, let scale): PostgresNumeric.appendBinary(values[row], scale: scale, to: &bytes)
        case .wideDecimals(let values, let scale): PostgresNumeric(values[row], scale: scale).appendBinary(to: &bytes)
        case .doubles(let values): Self.integer(values[row].bitPattern, to: &bytes)
        case .days(let values): Self.integer(PostgresTime.date(unixDays: Int64(values[row])), to: &bytes)
        case .times(let values): Self.integer(values[row], to: &bytes)
        case .moments(let values, _): Self.integer(PostgresTime.timestamp(unixMicroseconds: values[row]), to: &bytes)
        case .intervals(let values):
            Self.integer(values[row].microseconds, to: &bytes)
            Self.integer(values[row].days, to: &bytes)
            Self.integer(values[row].months, to: &bytes)
        case .binary(let arrays), .uuids(let arrays): Self.append(arrays, row, to: &bytes)
        case .null, .text, .dictionary, .documents, .markup, .json, .list, .vector, .record: break
        }
    }

    private static func appendArray(_ element: Element, _ range: Range<Int>, lowerBound: Int32 = 1, to bytes: inout [UInt8]) {
        integer((range.isEmpty ? 0 : 1) as Int32, to: &bytes)
        integer((range.contains { element.encoder.isNull($0) } ? 1 : 0) as Int32, to: &bytes)
        integer(element.type.rawValue, to: &bytes)
        guard !range.isEmpty else { return }
        integer(Int32(clamping: range.count), to: &bytes)
        integer(lowerBound, to: &bytes)
        for place in range { appendSized(element.encoder, place, to: &bytes) }
    }
}
