import ColumnStore

/// Texts cut into lists, and lists joined into texts.
/// PostgreSQL 15's documentation, section 9.19.
extension SQLFunction {
    static let stringToArray = SQLFunction(
        "string_to_array", summary: "a text cut at a delimiter, as a list",
        takes: [.string, .string, .string], required: 2, gives: .listOf(.string), runs: .stringToArray)
    static let arrayToString = SQLFunction(
        "array_to_string", summary: "a list's elements put together as a text, with a delimiter between them",
        forms: [[.listOf(.int32), .string], [.listOf(.int32), .string, .string]]
    ) {
        (call, typing) throws(QueryError) in
        try call.count(2...3)
        let list = call.arguments[0], flat = list.expression.flat(at: list.position)
        guard case .list(let field) = flat.type, !field.type.isNested else {
            throw .badSQL("array_to_string needs a list, not \(list.type.sqlName)", at: list.position).because(.undefinedFunction)
        }
        var texts: Expression = field.type == .string ? flat : .cast(flat, to: .listOf(.string), position: list.position)
        // A BOOLEAN is t or f here, as in `concat`: the first letter of what a cast makes of it.
        if field.type == .boolean { texts = call.make(.leftOfEach, [texts, .literal(.integer(1), .int32)], .listOf(.string)) }
        var arguments = [texts]
        for value in call.arguments.dropFirst() { arguments.append(try typing.implicit(value, to: .string, call.name)) }
        return call.make(.arrayToString, arguments, .string)
    }
}

extension ScalarFunction {
    /// Text, delimiter and the text that means NULL. Without a delimiter every character is an element.
    static let stringToArray = ScalarFunction(
        "string_to_array", nulls: .first, cost: .heavy, failure: .never, traits: Traits(isExpanding: true),
        kernel: .plain { (call) throws(KernelError) in
            let texts = TextRows(call[0])
            let parts = SplitTexts(call[1], call.optional(2))
            return try call.writtenLists(call[0].rowValidity) { (row, list) throws(KernelError) in
                try call.meter.step(texts.range(at: row).count)
                try parts.cut(texts[row], row, into: &list)
                return true
            }
        })

    /// The form of format with VARIADIC: template, and a list of texts.
    /// format with a list's elements as the values.
    static let formatList = ScalarFunction(
        "format_list", nulls: .first, cost: .heavy, failure: .possible,
        kernel: .plain { (call) throws(KernelError) in
            let templates = TextRows(call[0]), validity = call[0].rowValidity
            let lists = call[1].isConstantNull ? nil : ListValues(call[1])
            return try TextKernels.build(count: call.count, validity: validity, call.meter) { (row, builder) throws(KernelError) in
                let places = lists?[row] ?? 0..<0
                try TextKernels.appendFormat(templates[row], count: places.count, to: &builder) { place in
                    if case .bytes(let bytes)? = lists?.value(places.lowerBound + place) { bytes[...] } else { nil }
                }
            }
        })

    /// Texts of XML one behind the other, NULLs left out; NULL of nothing else.
    static let xmlOfList = ScalarFunction(
        "xmlagg", nulls: .first, cost: .heavy, failure: .never,
        kernel: .plain { (call) throws(KernelError) in
            let lists = ListValues(call[0])
            return try xmlJoined(call) { row in
                lists[row].compactMap { (place) -> ArraySlice<UInt8>? in
                    guard case .bytes(let text) = lists.value(place) else { return nil }
                    return text[...]
                }
            }
        })

    /// List, delimiter and what stands for NULL, which else is left out.
    static let arrayToString = ScalarFunction(
        "array_to_string", nulls: .first, cost: .heavy, failure: .never,
        kernel: .plain { (call) throws(KernelError) in
            let lists = ListValues(call[0]), delimiters = TextRows(call[1])
            let validity = TextKernels.validity(Array(call.columns.prefix(2)))
            let blanks = call.optional(2).map { (rows: TextRows($0), validity: $0.rowValidity) }
            return try TextKernels.build(count: call.count, validity: validity, call.meter) { (row, builder) throws(KernelError) in
                var isFirst = true
                for place in lists[row] {
                    // Parts without a byte are work, too.
                    try builder.step(16)
                    let part: [UInt8]
                    if case .bytes(let bytes) = lists.value(place) {
                        part = bytes
                    } else if let blanks, blanks.validity?[row] ?? true {
                        part = Array(blanks.rows[row])
                    } else {
                        continue
                    }
                    if !isFirst { try builder.append(delimiters[row]) }
                    isFirst = false
                    try builder.append(part)
                }
            }
        })
}

/// How texts are cut at a delimiter, row by row.
///
/// Three cases, as in PostgreSQL: a delimiter that is NULL cuts between all characters, an empty one nowhere, any other wherever it stands. An empty
/// text has no parts.
private struct SplitTexts {
    private let delimiters: TextRows
    private let delimiterValidity: Bitmap?
    private let nulls: (rows: TextRows, validity: Bitmap?)?
    private let search: TextSearch?

    init(_ delimiter: Column, _ null: Column?) {
        (delimiters, delimiterValidity) = (TextRows(delimiter), delimiter.rowValidity)
        nulls = null.map { (TextRows($0), $0.rowValidity) }
        // A constant delimiter is made ready once.
        search = delimiters.isConstant && !delimiter.isConstantNull ? TextSearch(delimiters[0]) : nil
    }

    /// - Parameter list: gets the parts; one that is the text of NULL becomes NULL.
    func cut(_ text: ArraySlice<UInt8>, _ row: Int, into list: inout ListWriter) throws(KernelError) {
        if text.isEmpty { return }
        let null = nulls.flatMap { $0.validity?[row] ?? true ? $0.rows[row] : nil }
        func append(_ part: ArraySlice<UInt8>) throws(KernelError) {
            try list.append(null.map { $0.elementsEqual(part) } ?? false ? nil : part)
        }
        if !(delimiterValidity?[row] ?? true) {
            var start = text.startIndex
            for place in text.indices.dropFirst() where text[place] & 0xC0 != 0x80 {
                try append(text[start..<place])
                start = place
            }
            try append(text[start...])
        } else if let search = delimiters.isConstant ? search : TextSearch(delimiters[row]) {
            var rest = text
            while let place = search.find(in: rest) {
                try append(rest[..<place])
                rest = rest[(place + search.byteCount)...]
            }
            try append(rest)
        } else {
            try append(text)
        }
    }
}
