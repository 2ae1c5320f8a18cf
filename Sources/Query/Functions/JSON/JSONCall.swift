import ColumnStore

/// What the functions of JSON share: their arguments, and columns of documents and texts that are written row by row.
extension FunctionCall {
    /// The argument as JSON or JSONB: a text constant becomes JSONB, and so does a list or a struct, as which `lines` goes out.
    func document(_ index: Int, _ typing: any CallTyping, as type: ColumnType? = nil) throws(QueryError) -> Expression {
        let value = arguments[index]
        if value.isUntyped || value.type == .null || value.type.isNested { return try typing.implicit(value, to: type ?? .jsonb, name) }
        guard value.type.isJSON else {
            throw .badSQL("\(name) needs JSON, not \(value.type.sqlName)", at: value.position, hint: "cast it with ::JSONB").because(.undefinedFunction)
        }
        if let type, value.type != type { return try typing.implicit(value, to: type, name) }
        return value.expression
    }
}

extension KernelCall {
    /// Rows in which no argument is NULL.
    var strictValidity: Bitmap? { TextKernels.validity(columns) }

    /// A text for each row in which no argument is NULL, and NULL where `text` gives none.
    func texts(_ text: (Int) throws(KernelError) -> [UInt8]?) throws(KernelError) -> Column {
        let validity = strictValidity
        var found = Bitmap(repeating: false, count: count)
        var builder = TextBuilder(count: count, meter)
        for row in 0..<count {
            if validity?[row] ?? true, let value = try text(row) {
                found[row] = true
                try builder.append(value)
            }
            builder.endText()
        }
        return builder.finish(type: type, validity: found.isAllSet ? nil : found)
    }

    /// A truth value for each row in which no argument is NULL.
    func truths(_ test: (Int) throws(KernelError) -> Bool) throws(KernelError) -> Column {
        let validity = strictValidity
        var bits = Bitmap(repeating: false, count: count)
        for row in 0..<count where validity?[row] ?? true {
            if try test(row) { bits[row] = true }
        }
        return .boolean(bits, validity: validity)
    }

    /// A whole number for each row in which no argument is NULL.
    ///
    /// - Throws: `.numericOverflow` for one that an INTEGER cannot be, `.timeOutOfRange` for one that no DATE is: each of a column of theirs is kept in 32 bits.
    func numbers(_ number: (Int) throws(KernelError) -> Int64?) throws(KernelError) -> Column {
        let validity = strictValidity
        let isNarrow = type == .int32 || type == .date
        var builder = ColumnBuilder(type: type)
        for row in 0..<count {
            guard validity?[row] ?? true, let value = try number(row) else {
                builder.appendNull()
                continue
            }
            if isNarrow, Int32(exactly: value) == nil { throw type == .date ? .timeOutOfRange : .numericOverflow }
            builder.append(integer: value)
        }
        return builder.finish()
    }

    /// A list for each row in which no argument is NULL, and NULL where `fill` gives none.
    ///
    /// For lists that are short: `writtenLists` charges while a list grows.
    func lists(_ elements: (Int) throws(KernelError) -> [Value]?) throws(KernelError) -> Column {
        let validity = strictValidity
        var builder = ColumnBuilder(type: type)
        var byteCount = 0
        for row in 0..<count {
            guard validity?[row] ?? true, let values = try elements(row) else {
                builder.appendNull()
                continue
            }
            let added = values.reduce(16 * values.count) { $0 + Self.byteCount($1) }
            byteCount += added
            try meter.checkColumn(byteCount, row: row, of: count)
            try meter.charge(2 * added, row: row, of: count)
            try meter.step(added)
            builder.append(.list(values))
        }
        return builder.finish()
    }

    /// About what a value takes in memory.
    private static func byteCount(_ value: Value) -> Int {
        switch value {
        case .bytes(let bytes): bytes.count
        case .list(let values), .structure(let values): values.reduce(16) { $0 + byteCount($1) }
        default: 16
        }
    }

}

/// What says in each row which part of a document is meant: a member's name, an element's number, a list of names. Made ready once a batch.
///
/// A constant is kept once, and read for every row.
struct JSONKeys {
    private enum Source {
        case names(TextRows)
        case numbers([Int64], isConstant: Bool)
        case lists(offsets: [Int32], Column, isConstant: Bool)
    }

    private let source: Source

    init(_ column: Column) {
        let isConstant = column.constantValue != nil
        switch column.type {
        case .list:
            let (offsets, element) = column.oneRow().lists()
            source = .lists(offsets: offsets, element.flattened(), isConstant: isConstant)
        case .int32, .int64: source = .numbers(column.oneRow().integers() ?? [], isConstant: isConstant)
        default: source = .names(TextRows(column))
        }
    }

    func name(_ row: Int) -> ArraySlice<UInt8> {
        if case .names(let rows) = source { rows[row] } else { [] }
    }

    func number(_ row: Int) -> Int64 {
        if case .numbers(let values, let isConstant) = source { values[isConstant ? 0 : row] } else { 0 }
    }

    /// NULL elements are nil.
    func list(_ row: Int) -> [[UInt8]?] {
        guard case .lists(let offsets, let element, let isConstant) = source else { return [Array(name(row))] }
        let place = isConstant ? 0 : row
        return (Int(offsets[place])..<Int(offsets[place + 1])).map { index in
            if case .bytes(let bytes) = element.value(at: index) { bytes } else { nil }
        }
    }
}

extension ColumnType {
    static func listOf(_ element: ColumnType) -> ColumnType { .list(element: Field("element", element)) }
}
