import ColumnStore

/// Documents made of values: to_json and to_jsonb, and objects and arrays of what is given.
/// PostgreSQL 15's documentation, section 9.16.1.
extension SQLFunction {
    static let toJSON = conversion(["to_json"], summary: "any value as a document", .json(isBinary: false))
    /// With line ends between the outermost members or elements, where a second argument is true.
    static let rowToJSON = SQLFunction(
        "row_to_json", "array_to_json", summary: "a row or list as a document; over several lines where a second argument is true",
        forms: [[.listOf(.int32)], [.listOf(.int32), .boolean]]
    ) { (call, typing) throws(QueryError) in
        try call.count(1...2)
        let given = call.arguments[0], isOfRow = call.name == "row_to_json"
        let fits = switch given.type {
        case .structure: isOfRow
        case .list: !isOfRow
        // NULL may be either.
        case .null: true
        default: given.isUntyped && !isOfRow
        }
        guard fits || typing.isOfKeptText else {
            throw .badSQL("\(call.name) needs a \(isOfRow ? "row" : "list"), not \(given.type.sqlName)", at: given.position, hint: "to_json takes any value").because(.undefinedFunction)
        }
        let value = try argument(given, typing)
        let plain = call.make(.jsonOf, [value, typing.zone], .json(isBinary: false))
        guard call.arguments.count == 2 else { return plain }
        let wide = call.make(.jsonOfWide, [value, typing.zone], .json(isBinary: false))
        // Each row asks for one of the two, so the value is drawn once anyway.
        let asked = try typing.implicit(call.arguments[1], to: .boolean, call.name).drawnOnce(0, at: call.position)
        let branches = [Expression.Branch(condition: asked, result: wide), .init(condition: .not(asked), result: plain)]
        return .conditional(branches: branches, otherwise: nil, type: .json(isBinary: false))
    }
    static let toJSONB = conversion(["to_jsonb"], summary: "any value as a JSONB document", .jsonb)
    static let jsonBuildObject = building("json_build_object", summary: "an object of names and values in turn", .jsonObject, .json(isBinary: false))
    static let jsonbBuildObject = building("jsonb_build_object", summary: "an object of names and values in turn", .jsonObject, .jsonb)
    static let jsonBuildArray = building("json_build_array", summary: "an array of values", .jsonArray, .json(isBinary: false))
    static let jsonbBuildArray = building("jsonb_build_array", summary: "an array of values", .jsonArray, .jsonb)

    private static func conversion(_ names: [String], summary: String, _ type: ColumnType) -> SQLFunction {
        SQLFunction(names: names, summary: summary, forms: [[.int32], [.listOf(.int32)]]) { (call, typing) throws(QueryError) in
            try call.count(1...1)
            return call.make(.jsonOf, [try argument(call.arguments[0], typing), typing.zone], type)
        }
    }

    /// A function of any number of values; an object takes names and values in turn.
    private static func building(_ name: String, summary: String, _ function: ScalarFunction, _ type: ColumnType) -> SQLFunction {
        SQLFunction(name, summary: summary, forms: [[], [.string, .int32]]) { (call, typing) throws(QueryError) in
            var values: [Expression] = []
            for (index, value) in call.arguments.enumerated() {
                // Names of members are texts.
                let isName = function == .jsonObject && index.isMultiple(of: 2)
                if isName, value.type.isNested || value.type.isJSON {
                    throw .badSQL("a name in an object is a value, and no \(value.type.sqlName)", at: value.position).because(.badValue)
                }
                values.append(isName && !JSONRows.hasNames(of: value.type) ? try typing.cast(value, to: .string, isExplicit: true) : try argument(value, typing))
            }
            guard function != .jsonObject || values.count.isMultiple(of: 2) else {
                throw .badSQL("\(name) takes a value for each name", at: call.position).because(.badValue)
            }
            return call.make(function, values + [typing.zone], type)
        }
    }

    /// A constant that has no type yet is a text.
    private static func argument(_ value: TypedExpression, _ typing: any CallTyping) throws(QueryError) -> Expression {
        value.isUntyped || value.type == .null ? try typing.cast(value, to: .string, isExplicit: false) : value.expression
    }
}

extension ScalarFunction {
    /// A value and the session's zone.
    static let jsonOf = converting("to_json", separator: nil)
    /// The same over several lines.
    static let jsonOfWide = converting("to_json_wide", separator: ",\n ")

    /// - Parameter separator: between the outermost members or elements; nil for the usual one.
    private static func converting(_ symbol: String, separator: String?) -> ScalarFunction {
        ScalarFunction(
            symbol, nulls: .first, cost: .heavy, failure: .possible,
            kernel: .plain { (call) throws(KernelError) in
                let rows = try JSONRows(call[0], as: call.type, zone: try call.zone(at: 1), forms: call.context.forms, call.meter)
                let validity = call[0].rowValidity
                return try TextKernels.build(count: call.count, validity: validity, type: call.type, call.meter) { (row, builder) throws(KernelError) in
                    try rows.text(row, separator: separator, to: &builder)
                }
            })
    }

    /// Names and values in turn, and the session's zone.
    static let jsonObject = made("json_object") { (names, cells, row, isBinary, text, meter) throws(KernelError) in
        var members: [(name: [UInt8], value: [UInt8])] = []
        for index in stride(from: 0, to: cells.count, by: 2) {
            guard let name = names[index]?[row] else { throw .invalidArgument("a name in an object cannot be NULL") }
            var value: [UInt8] = []
            try cells[index + 1].append(row, to: &value)
            members.append((Array(name), value))
        }
        if isBinary { members = ordered(members) }
        text.append(UInt8(ascii: "{"))
        for (index, member) in members.enumerated() {
            if index > 0 { text += ", ".utf8 }
            try meter.charge(JSONString.byteCount(member.name[...]) + member.value.count)
            JSONString.append(member.name, to: &text)
            text += (isBinary ? ": " : " : ").utf8 + member.value
        }
        text.append(UInt8(ascii: "}"))
    }

    static let jsonArray = made("json_array") { (_, cells, row, _, text, _) throws(KernelError) in
        text.append(UInt8(ascii: "["))
        for (index, cell) in cells.enumerated() {
            if index > 0 { text += ", ".utf8 }
            try cell.append(row, to: &text)
        }
        text.append(UInt8(ascii: "]"))
    }

    /// By their names, the last of each name.
    ///
    /// JSONB sorts names by their length first, then by their bytes.
    private static func ordered(_ members: [(name: [UInt8], value: [UInt8])]) -> [(name: [UInt8], value: [UInt8])] {
        var last: [[UInt8]: [UInt8]] = [:]
        for member in members { last[member.name] = member.value }
        return last.sorted { left, right in
            left.key.count != right.key.count ? left.key.count < right.key.count : left.key.lexicographicallyPrecedes(right.key)
        }.map { ($0.key, $0.value) }
    }

    /// Writes one row's document: names and values by argument, the row, whether it is JSONB, the text, and what it is charged to.
    private typealias Maker = @Sendable ([NamesOfRows?], [JSONRows], Int, Bool, inout [UInt8], WorkMeter) throws(KernelError) -> Void

    /// NULLs are values here: every row is written.
    private static func made(_ symbol: String, _ make: @escaping Maker) -> ScalarFunction {
        ScalarFunction(
            symbol, nulls: .taken, cost: .heavy, failure: .possible,
            kernel: .plain { (call) throws(KernelError) in
                let zone = try call.zone(at: call.columns.count - 1)
                var cells: [JSONRows] = [], names: [NamesOfRows?] = []
                for (index, column) in call.columns.dropLast().enumerated() {
                    let isDay = symbol == "json_object" && index.isMultiple(of: 2) && JSONRows.hasNames(of: column.type)
                    names.append(column.type == .string ? NamesOfRows(column) : isDay ? NamesOfRows(try JSONRows.names(column, zone: zone, call.meter)) : nil)
                    cells.append(try JSONRows(column, as: call.type, zone: zone, forms: call.context.forms, call.meter))
                }
                return try TextKernels.build(count: call.count, validity: nil, type: call.type, call.meter) { (row, builder) throws(KernelError) in
                    var text: [UInt8] = []
                    let mark = call.meter.mark
                    try make(names, cells, row, call.type == .jsonb, &text, call.meter)
                    call.meter.settle(since: mark)
                    try builder.append(text)
                }
            })
    }
}

/// The texts of a column that may be NULL.
private struct NamesOfRows {
    private let texts: TextRows
    private let validity: Bitmap?

    init(_ column: Column) { (texts, validity) = (TextRows(column), column.rowValidity) }

    subscript(row: Int) -> ArraySlice<UInt8>? { validity?[row] ?? true ? texts[row] : nil }
}
