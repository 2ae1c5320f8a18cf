import ColumnStore

/// Values of a column as JSON in PostgreSQL's words: what to_json and to_jsonb make of them. Numbers keep their digits, as numbers; whatever JSON has no
/// word for is a string of its text.
struct JSONRows {
    private indirect enum Cells {
        case list(Bitmap?, offsets: [Int32], Cells)
        case structure(Bitmap?, names: [[UInt8]], [Cells])
        /// Texts of numbers and truth values, that stand as they are, and of all others.
        case plain(Bitmap?, ByteArrays, isBare: Bool)
        case documents(Bitmap?, ByteArrays, isCanonical: Bool)
        case null
    }

    private let cells: Cells
    /// Between two values, and behind a name.
    private let isBinary: Bool
    private let meter: WorkMeter

    /// - Parameter type: JSON or JSONB.
    init(_ column: Column, as type: ColumnType, zone: TimeZoneRules, forms: ValueForms, _ meter: WorkMeter) throws(KernelError) {
        if case .json(let isBinary) = type { self.isBinary = isBinary } else { isBinary = true }
        self.meter = meter
        // Days and moments in JSON are ISO's, whatever the session's style is.
        var forms = forms
        forms.dates = nil
        cells = try Self.cells(column, isBinary: isBinary, zone, forms, meter)
    }

    /// Whether names of members that are made of the type are not its texts: days and moments are ISO's there, too.
    static func hasNames(of type: ColumnType) -> Bool { type == .date || TypeRules.isTimestamp(type) }

    /// Days or moments as names of members: as they are as values, without the quotes.
    static func names(_ column: Column, zone: TimeZoneRules, _ meter: WorkMeter) throws(KernelError) -> Column {
        let rows = try JSONRows(column, as: .jsonb, zone: zone, forms: .plain, meter)
        return try TextKernels.build(count: column.count, validity: column.rowValidity, meter) { (row, builder) throws(KernelError) in
            var text: [UInt8] = []
            try rows.append(row, to: &text)
            try builder.append(text.dropFirst().dropLast())
            meter.uncharge(text.count)
        }
    }

    private static func cells(_ column: Column, isBinary: Bool, _ zone: TimeZoneRules, _ forms: ValueForms, _ meter: WorkMeter) throws(KernelError) -> Cells {
        if column.isConstantNull || column.type == .null { return .null }
        let flat = column.flattened()
        switch (column.type, flat.values) {
        case (.list, .list(let offsets, let element)):
            return .list(flat.validity, offsets: offsets, try cells(element, isBinary: isBinary, zone, forms, meter))
        case (.structure(let fields), .structure(let members)):
            var order = Array(fields.indices)
            // As JSONB keeps members.
            if isBinary { order.sort { (fields[$0].name.utf8.count, fields[$0].name) < (fields[$1].name.utf8.count, fields[$1].name) } }
            var names: [[UInt8]] = [], parts: [Cells] = []
            for place in order {
                var name: [UInt8] = []
                JSONString.append(fields[place].name.utf8, to: &name)
                names.append(name + (isBinary ? ": " : ":").utf8)
                parts.append(try cells(members[place], isBinary: isBinary, zone, forms, meter))
            }
            return .structure(flat.validity, names: names, parts)
        case (.json(let isCanonical), _): return .documents(flat.validity, flat.byteArrays(), isCanonical: isCanonical)
        default:
            let isBare: Bool = switch column.type {
            case .boolean, .int32, .int64, .double, .decimal: true
            default: false
            }
            let texts = try CastKernels.cast(flat, to: .string, zone: zone, forms: forms, meter).flattened()
            return .plain(flat.rowValidity, moments(texts.byteArrays(), column.type), isBare: isBare)
        }
    }

    /// 2026-11-20T12:00:00+00:00.
    private static func moments(_ texts: ByteArrays, _ type: ColumnType) -> ByteArrays {
        guard case .timestamp(let isUTC) = type else { return texts }
        var result = ByteArrays()
        for row in 0..<texts.count {
            var text = Array(texts[row])
            if let blank = text.firstIndex(of: 0x20) { text[blank] = UInt8(ascii: "T") }
            // The era stands behind the offset.
            let isBC = text.last == UInt8(ascii: "C")
            if isBC { text.removeLast(3) }
            if isUTC, text.count > 3, [UInt8(ascii: "+"), UInt8(ascii: "-")].contains(text[text.count - 3]) { text += ":00".utf8 }
            if isBC { text += " BC".utf8 }
            result.append(text)
        }
        return result
    }

    /// What is appended is charged, since a row's text may be many times what it is made of; the caller uncharges it where it has handed the text on.
    ///
    /// - Parameter separator: between the elements or members of the outermost value; nil for what stands between those of all others.
    func append(_ row: Int, separator: String? = nil, to text: inout [UInt8]) throws(KernelError) {
        var charged = text.count
        try append(cells, row, separator ?? (isBinary ? ", " : ","), to: &text, &charged)
        try meter.charge(text.count - charged)
    }

    /// One text, on its way to the builder.
    func text(_ row: Int, separator: String? = nil, to builder: inout TextBuilder) throws(KernelError) {
        var text: [UInt8] = []
        try append(row, separator: separator, to: &text)
        try builder.append(text)
        meter.uncharge(text.count)
    }

    /// What grows uncharged between two charges is no more than this, and one value.
    private static let unchargedMax = 1 << 16

    private func append(_ cells: Cells, _ row: Int, _ separator: String? = nil, to text: inout [UInt8], _ charged: inout Int) throws(KernelError) {
        let separator = separator ?? (isBinary ? ", " : ",")
        if text.count - charged > Self.unchargedMax {
            try meter.charge(text.count - charged)
            charged = text.count
        }
        switch cells {
        case .null: text += "null".utf8
        case .list(let validity, let offsets, let element):
            guard validity?[row] ?? true else { return text += "null".utf8 }
            text.append(UInt8(ascii: "["))
            for place in Int(offsets[row])..<Int(offsets[row + 1]) {
                if place > Int(offsets[row]) { text += separator.utf8 }
                try append(element, place, to: &text, &charged)
            }
            text.append(UInt8(ascii: "]"))
        case .structure(let validity, let names, let members):
            guard validity?[row] ?? true else { return text += "null".utf8 }
            text.append(UInt8(ascii: "{"))
            for (index, member) in members.enumerated() {
                if index > 0 { text += separator.utf8 }
                text += names[index]
                try append(member, row, to: &text, &charged)
            }
            text.append(UInt8(ascii: "}"))
        case .documents(let validity, let texts, let isCanonical):
            guard validity?[row] ?? true else { return text += "null".utf8 }
            if isBinary, !isCanonical { text += try JSONDocument.read(texts[row], as: .jsonb, meter) } else { text += texts[row] }
        case .plain(let validity, let texts, let isBare):
            guard validity?[row] ?? true else { return text += "null".utf8 }
            // A control character becomes six.
            let escaped = texts[row].count > Self.unchargedMax ? JSONString.byteCount(texts[row]) : 0
            try meter.charge(escaped)
            defer { meter.uncharge(escaped) }
            try appendPlain(texts[row], isBare: isBare, to: &text)
        }
    }

    private func appendPlain(_ value: ArraySlice<UInt8>, isBare: Bool, to text: inout [UInt8]) throws(KernelError) {
        guard isBare, let last = value.last, last != UInt8(ascii: "N"), last != UInt8(ascii: "y") else {
            return JSONString.append(value, to: &text)
        }
        // A DOUBLE may have an exponent; JSONB has digits alone.
        if isBinary, value.contains(UInt8(ascii: "e")), !value.starts(with: "t".utf8), !value.starts(with: "f".utf8) {
            return try JSONDocument.appendNumber(Array(value), to: &text)
        }
        // A NUMERIC, which JSONB keeps, has no zero below zero.
        text += isBinary && value.elementsEqual("-0".utf8) ? value.dropFirst() : value
    }
}
