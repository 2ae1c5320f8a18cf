import ColumnStore

/// PostgreSQL's text form of a list: `{a,"b, c",NULL}`, and of several dimensions `{{1,2},{3,4}}`.
enum ArrayText {
    /// A list's elements as their texts, in quotes where they could be read as something else.
    static func texts(of column: Column, zone: TimeZoneRules, forms: ValueForms, _ meter: WorkMeter) throws(KernelError) -> Column {
        let flat = column.flattened()
        let (offsets, element) = flat.lists()
        let texts = TextRows(try CastKernels.cast(element, to: .string, zone: zone, forms: forms, meter).flattened()), known = element.rowValidity
        // A list within it stands in its own braces.
        let isOfLists = if case .list = element.type { true } else { false }
        return try TextKernels.build(count: flat.count, validity: flat.rowValidity, meter) { (row, builder) throws(KernelError) in
            try builder.append(UInt8(ascii: "{"))
            for place in Int(offsets[row])..<Int(offsets[row + 1]) {
                if place > Int(offsets[row]) { try builder.append(UInt8(ascii: ",")) }
                guard known?[place] ?? true, element.type != .null else {
                    try builder.append(Array("NULL".utf8))
                    continue
                }
                // A truth value is one letter in a list.
                let text = element.type == .boolean ? texts[place].prefix(1) : texts[place]
                guard !isOfLists, needsQuotes(text) else {
                    try builder.append(text)
                    continue
                }
                try builder.append(UInt8(ascii: "\""))
                for byte in text {
                    if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") { try builder.append(UInt8(ascii: "\\")) }
                    try builder.append(byte)
                }
                try builder.append(UInt8(ascii: "\""))
            }
            try builder.append(UInt8(ascii: "}"))
        }
    }

    /// Lists of what texts say, their elements as casts of their texts.
    static func lists(of column: Column, as type: ColumnType, element: ColumnType, zone: TimeZoneRules, forms: ValueForms, _ meter: WorkMeter) throws(KernelError) -> Column {
        let flat = column.flattened(), texts = TextRows(flat), validity = flat.rowValidity
        var builder = ColumnBuilder(type: .listOf(.string)), byteCount = 0
        for row in 0..<flat.count {
            guard validity?[row] ?? true else {
                builder.appendNull()
                continue
            }
            // An element takes two bytes of text at least, and some dozens while it is looked at.
            let text = texts[row]
            try meter.step(16 * text.count)
            try meter.charge(32 * text.count, row: row, of: flat.count)
            guard let items = try element.isNested ? within(Array(text), type) : elements(Array(text)) else {
                throw hasBounds(text) ? .outside(.notSupported, noBounds) : .invalidText(type.sqlName)
            }
            byteCount = byteCount.addingSaturating(16 * items.count + text.count)
            try meter.checkColumn(byteCount, row: row, of: flat.count)
            builder.append(.list(items.map { $0.map { .string($0) } ?? .null }))
        }
        let lists = builder.finish()
        let (offsets, elements) = lists.lists()
        let cast = try CastKernels.cast(elements, to: element, zone: zone, forms: forms, meter)
        return Column(type: type, count: lists.count, validity: lists.rowValidity, values: .list(offsets: offsets, element: cast))
    }

    /// The texts of the lists within one; none of one that has fewer dimensions than it is asked for, since nothing is at their places. Nil of a text that is no list.
    private static func within(_ bytes: [UInt8], _ type: ColumnType) throws(KernelError) -> [String?]? {
        guard let within = Self.lists(bytes) else { return elements(bytes).map { _ -> [String?] in [] } }
        guard Set(within.map { elements($0)?.count ?? Self.lists($0)?.count }).count == 1 else { throw .invalidText(type.sqlName) }
        return within.map { String(decoding: $0, as: UTF8.self) }
    }

    private static func needsQuotes(_ text: ArraySlice<UInt8>) -> Bool {
        text.isEmpty || text.contains { isSpace($0) || "{},\"\\".utf8.contains($0) } || String(decoding: text.prefix(5), as: UTF8.self).lowercased() == "null"
    }

    /// What a text that is no list is refused for.
    static func fault(of bytes: [UInt8], at position: Int?) -> QueryError {
        if hasBounds(bytes[...]) { return .unsupported(noBounds, at: position).because(.notSupported) }
        return .data("this is no list: write {a,b}", at: position).because(.invalidText)
    }

    private static let noBounds = "lists begin at 1 here: write {a,b} without bounds"

    /// Whether bounds stand before the elements, as in `[2:4]={1,2,3}`.
    private static func hasBounds(_ bytes: ArraySlice<UInt8>) -> Bool {
        let rest = trimmed(bytes)
        guard rest.first == UInt8(ascii: "["), let mark = rest.firstIndex(of: UInt8(ascii: "=")) else { return false }
        let isOfBounds = rest[..<mark].allSatisfy { (0x30...0x39).contains($0) || isSpace($0) || "[:]+-".utf8.contains($0) }
        return isOfBounds && rest[mark...].dropFirst().drop { isSpace($0) }.first == UInt8(ascii: "{")
    }

    /// The elements; nil of a text that is no list of one dimension.
    static func elements(_ bytes: [UInt8]) -> [String?]? {
        var rest = trimmed(bytes[...])
        guard rest.first == UInt8(ascii: "{"), rest.last == UInt8(ascii: "}"), rest.count >= 2 else { return nil }
        rest = rest.dropFirst().dropLast()
        if trimmed(rest).isEmpty { return [] }
        var items: [String?] = []
        while true {
            rest = rest.drop { isSpace($0) }
            guard let item = rest.first == UInt8(ascii: "\"") ? quoted(&rest) : plain(&rest) else { return nil }
            items.append(item)
            rest = rest.drop { isSpace($0) }
            guard let next = rest.popFirst() else { return items }
            guard next == UInt8(ascii: ",") else { return nil }
        }
    }

    /// The texts of the lists that a list of them is made of; nil of a text that is none.
    static func lists(_ bytes: [UInt8]) -> [[UInt8]]? {
        var rest = trimmed(bytes[...])
        guard rest.first == UInt8(ascii: "{"), rest.last == UInt8(ascii: "}"), rest.count >= 2 else { return nil }
        rest = rest.dropFirst().dropLast()
        var lists: [[UInt8]] = []
        while true {
            rest = rest.drop { isSpace($0) }
            guard rest.first == UInt8(ascii: "{"), let end = end(of: rest) else { return nil }
            lists.append(Array(rest[..<end]))
            rest = rest[end...].drop { isSpace($0) }
            guard let next = rest.popFirst() else { return lists }
            guard next == UInt8(ascii: ",") else { return nil }
        }
    }

    /// Behind the brace that closes the one which the text begins with.
    private static func end(of text: ArraySlice<UInt8>) -> Int? {
        var depth = 0, isQuoted = false, place = text.startIndex
        while place < text.endIndex {
            switch text[place] {
            case UInt8(ascii: "\\"): place += 1
            case UInt8(ascii: "\""): isQuoted.toggle()
            case UInt8(ascii: "{") where !isQuoted: depth += 1
            case UInt8(ascii: "}") where !isQuoted:
                depth -= 1
                if depth == 0 { return place + 1 }
            default: break
            }
            place += 1
        }
        return nil
    }

    private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }

    private static func trimmed(_ bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        var rest = bytes.drop { isSpace($0) }
        while let last = rest.last, isSpace(last) { rest = rest.dropLast() }
        return rest
    }

    /// The outer optional: whether it is an element at all; the inner one: whether it is NULL.
    private static func quoted(_ rest: inout ArraySlice<UInt8>) -> String?? {
        rest = rest.dropFirst()
        var text: [UInt8] = []
        while var byte = rest.popFirst() {
            if byte == UInt8(ascii: "\"") { return .some(String(decoding: text, as: UTF8.self)) }
            if byte == UInt8(ascii: "\\") {
                guard let next = rest.popFirst() else { return nil }
                byte = next
            }
            text.append(byte)
        }
        return nil
    }

    private static func plain(_ rest: inout ArraySlice<UInt8>) -> String?? {
        // Blanks at its end are none of it, but for one behind a backslash and what stands before that.
        var text: [UInt8] = [], isEscaped = false, count = 0
        while var byte = rest.first, byte != UInt8(ascii: ",") {
            if byte == UInt8(ascii: "{") || byte == UInt8(ascii: "}") || byte == UInt8(ascii: "\"") { return nil }
            rest = rest.dropFirst()
            if byte == UInt8(ascii: "\\") {
                guard let next = rest.popFirst() else { return nil }
                (byte, isEscaped) = (next, true)
                count = text.count + 1
            }
            text.append(byte)
            if !isSpace(byte) { count = text.count }
        }
        let word = String(decoding: text[..<count], as: UTF8.self)
        if word.isEmpty { return nil }
        return !isEscaped && word.utf8.count == 4 && word.lowercased() == "null" ? .some(nil) : .some(word)
    }
}
