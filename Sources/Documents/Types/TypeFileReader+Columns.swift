internal import ColumnStore

/// Columns and lists.
///
/// A column is `{"path" | "from" | "sum" | "expression", "type", …}`, a list `{"path" | "from", "columns", …}`: an object with `columns` is a list. What
/// contradicts itself is a fault at the member that is too much, so that both could be read again by whoever mends the file.
extension TypeFileReader {
    /// A type without columns has those that every table has.
    mutating func readColumns() {
        guard let node = tape.member("columns", of: 0) else { return }
        file.columns = columns(node, isInList: false)
    }

    /// - Parameter isInList: whether they are members of a list's elements, which may have any name and be no lists themselves.
    private mutating func columns(_ node: Int, isInList: Bool) -> [TypeFile.ColumnSpecification] {
        guard tape[node].kind == .object else {
            fail(node, "must be an object of columns", code: "wrong-type")
            return []
        }
        if Int(tape[node].childCount) > Self.columnCountMax { fail(node, "more than \(Self.columnCountMax) columns") }
        return tape.children(of: node).compactMap { column($0, isInList: isInList) }
    }

    /// Members that a column may have, and those of a list.
    private static let scalarMembers: Set<String> = [
        "path", "from", "from_root", "type", "required", "default", "where", "value", "sum", "scale", "decimal_mark", "suffix", "trim", "format", "bloom",
        "stored", "expression", "sensitive", "description",
    ]
    private static let listMembers: Set<String> = ["path", "from", "from_root", "where", "columns", "required", "stored", "order_by", "distinct_by", "sensitive", "description"]
    /// Paths that order a list, or tell its elements apart.
    private static let keyCountMax = 16

    /// A column or list, also where something in it is wrong, so that as many faults as can be are found at once; nil for what is none at all.
    private mutating func column(_ node: Int, isInList: Bool) -> TypeFile.ColumnSpecification? {
        let name = String(decoding: tape.name(of: node), as: UTF8.self)
        if !Self.isIdentifier(name) { fail(node, "a column's name is a lower-case identifier of at most \(Self.nameByteCountMax) characters") }
        // Members of a list stand below its name, where they are in nobody's way.
        if !isInList, TypeFile.commonColumnNames.contains(name) { fail(node, "every table has a column \(name) already") }
        if !isInList, file.tableKind.ownColumns.contains(where: { $0.field.name == name }) {
            fail(node, "every \(file.tableKind.noun) has a column \(name) already")
        }
        guard tape[node].kind == .object else {
            fail(node, "must be an object", code: "wrong-type")
            return nil
        }
        var column = TypeFile.ColumnSpecification(name: name, pointer: tape.pointer(to: node))
        if tape.member("columns", of: node) != nil {
            guard !isInList else {
                fail(node, "a list within a list: one level is all there is")
                return nil
            }
            return list(node, &column)
        }
        guard checkObject(node, known: Self.scalarMembers) else { return nil }
        if let type = tape.member("type", of: node) {
            column.type = columnType(type)
        } else {
            fail(missing: "type", of: node)
        }
        // A type that is missing or unknown is a fault already: any does for what else is looked at, and nothing is said to be of other types.
        let isTypeKnown = column.type != nil
        if column.type == nil { column.type = .string }
        readSource(node, &column, isTypeKnown: isTypeKnown)
        readOptions(node, &column, isTypeKnown: isTypeKnown)
        return column
    }

    /// - Parameter column: with its name and place.
    private mutating func list(_ node: Int, _ column: inout TypeFile.ColumnSpecification) -> TypeFile.ColumnSpecification? {
        guard checkObject(node, known: Self.listMembers), let columnsNode = tape.member("columns", of: node) else { return nil }
        column.members = columns(columnsNode, isInList: true)
        if column.members.isEmpty { fail(columnsNode, "a list needs columns") }
        if file.format == .csv { fail(node, "a csv record has no lists") }
        column.lookups = lookups(node)
        if let filter = tape.member("where", of: node) {
            let added = tests(filter, isMatch: false)
            for index in column.lookups.indices { column.lookups[index].tests += added }
        }
        if column.lookups.isEmpty { fail(missing: "path", of: node) }
        column.orderBy = keys("order_by", node)
        column.distinctBy = keys("distinct_by", node)
        readFlags(node, &column)
        return column
    }

    /// `order_by` or `distinct_by`: paths from the element on.
    private mutating func keys(_ name: String, _ node: Int) -> [TypeFile.Path] {
        guard let list = tape.member(name, of: node) else { return [] }
        guard tape[list].kind == .array, (1...Self.keyCountMax).contains(Int(tape[list].childCount)) else {
            fail(list, "\(name) is a list of 1 to \(Self.keyCountMax) paths, each from the element", code: "wrong-type")
            return []
        }
        return tape.children(of: list).compactMap { path($0) }
    }

    /// `path`, or each of `from`, without `where` and `value`.
    private mutating func lookups(_ node: Int) -> [TypeFile.Lookup] {
        let isFromRoot = tape.member("from_root", of: node).flatMap { boolean($0) } ?? false
        func rooted(_ path: TypeFile.Path?) -> TypeFile.Lookup? {
            path.map { TypeFile.Lookup(path: TypeFile.Path(text: $0.text, isFromRoot: isFromRoot, pointer: $0.pointer)) }
        }
        var lookups: [TypeFile.Lookup] = []
        if let pathNode = tape.member("path", of: node), let lookup = rooted(path(pathNode)) { lookups.append(lookup) }
        guard let from = tape.member("from", of: node) else { return lookups }
        guard tape[from].kind == .array, tape[from].childCount > 0 else {
            fail(from, "from is a list of paths", code: "wrong-type")
            return lookups
        }
        if tape.member("path", of: node) != nil { fail(from, "either path or from") }
        for child in tape.children(of: from) {
            if tape[child].kind == .object {
                if checkObject(child, known: ["path", "from_root", "where", "value"]), let lookup = lookup(child) { lookups.append(lookup) }
            } else if let lookup = rooted(path(child)) {
                lookups.append(lookup)
            }
        }
        return lookups
    }

    /// Where a column's value comes from: an expression over other columns, a sum, or a way that leads to it. `where` and `value` of the column are those of
    /// each of its ways.
    private mutating func readSource(_ node: Int, _ column: inout TypeFile.ColumnSpecification, isTypeKnown: Bool) {
        if let expression = tape.member("expression", of: node) {
            column.expression = string(expression)
            for other in ["path", "from", "sum", "where", "value", "scale", "decimal_mark", "suffix", "trim", "format"] {
                if let extra = tape.member(other, of: node) { fail(extra, "an expression has no \(other)") }
            }
            return
        }
        var lookups = lookups(node)
        let added = tape.member("where", of: node).map { tests($0, isMatch: false) } ?? []
        // With a path the sum goes over the nodes that it selects, from each of which it reads the value; alone it is the path.
        if let sum = tape.member("sum", of: node) {
            if let value = tape.member("value", of: node) {
                fail(value, "a sum has no value beside it: with a path, sum leads on from what that selects and where lets pass, as in {\"path\", \"where\", \"sum\"}")
            }
            if let path = path(sum) {
                if lookups.isEmpty {
                    let isFromRoot = tape.member("from_root", of: node).flatMap { boolean($0) } ?? false
                    lookups = [TypeFile.Lookup(path: TypeFile.Path(text: path.text, isFromRoot: isFromRoot, pointer: path.pointer), isSum: true)]
                } else {
                    for index in lookups.indices {
                        lookups[index].isSum = true
                        lookups[index].value = path
                    }
                }
            }
            switch column.type {
            case .decimal, .int32, .int64, .double: break
            default: if isTypeKnown { fail(sum, "a sum is a number: INTEGER, BIGINT, DECIMAL or DOUBLE") }
            }
        }
        let value = tape.member("value", of: node).flatMap { path($0) }
        for index in lookups.indices {
            lookups[index].tests += added
            if let value { lookups[index].value = value }
        }
        noteIdleTests(of: lookups)
        // A default may stand alone: a column that no document gives.
        if lookups.isEmpty, tape.member("default", of: node) == nil || tape.member("path", of: node) != nil {
            if tape.member("path", of: node) == nil, tape.member("from", of: node) == nil, tape.member("sum", of: node) == nil { fail(missing: "path", of: node) }
        }
        column.lookups = lookups
    }

    /// How the text becomes a value: each option is of some types only.
    private mutating func readOptions(_ node: Int, _ column: inout TypeFile.ColumnSpecification, isTypeKnown: Bool) {
        readFlags(node, &column)
        if let bloom = tape.member("bloom", of: node) { column.hasBloom = boolean(bloom) ?? false }
        if let fallback = tape.member("default", of: node), !isNull(fallback) { column.fallback = constant(fallback) }
        // An option for numbers means nothing for another type, and nobody would ever notice that it is ignored.
        let isNumber: Bool
        switch column.type {
        case .decimal, .int32, .int64, .double: isNumber = true
        default: isNumber = !isTypeKnown
        }
        if let scale = tape.member("scale", of: node) {
            column.shift = integer(scale, in: -38...38) ?? 0
            if !isNumber { fail(scale, "scale is of numbers only") }
        }
        if let mark = tape.member("decimal_mark", of: node), let text = string(mark) {
            if text == "," || text == "." { column.mark = text.utf8.first ?? column.mark } else { fail(mark, "decimal_mark is \",\" or \".\"") }
            if !isNumber { fail(mark, "decimal_mark is of numbers only") }
        }
        if let suffix = tape.member("suffix", of: node), let text = string(suffix) { column.suffix = Array(text.utf8) }
        if let trim = tape.member("trim", of: node) {
            column.isTrimmed = boolean(trim) ?? false
            if isTypeKnown, column.type != .string { fail(trim, "trim is of VARCHAR only") }
        }
        if let format = tape.member("format", of: node) {
            column.format = timeFormat(format)
            if isTypeKnown, column.type != .date, column.type != .timestampTZ { fail(format, "format is of DATE and TIMESTAMPTZ only") }
        }
    }

    /// What a column and a list have in common.
    private mutating func readFlags(_ node: Int, _ column: inout TypeFile.ColumnSpecification) {
        if let required = tape.member("required", of: node) { column.isRequired = boolean(required) ?? false }
        if let stored = tape.member("stored", of: node) { column.isStored = boolean(stored) ?? true }
        if let sensitive = tape.member("sensitive", of: node) { column.isSensitive = boolean(sensitive) ?? true }
        if let description = tape.member("description", of: node) { column.description = string(description) }
    }

    private mutating func columnType(_ node: Int) -> ColumnType? {
        guard let text = string(node) else { return nil }
        if let type = Self.columnType(text) { return type }
        fail(node, "a type is BOOLEAN, INTEGER, BIGINT, DOUBLE, DECIMAL(p,s) with 1 ≤ p ≤ 38 and 0 ≤ s ≤ p, VARCHAR, DATE, TIMESTAMPTZ or BLOB")
        return nil
    }

    /// In any case; nil for a name that means no column here.
    static func columnType(_ text: String) -> ColumnType? {
        let name = text.uppercased()
        switch name {
        case "BOOLEAN": return .boolean
        case "INTEGER": return .int32
        case "BIGINT": return .int64
        case "DOUBLE": return .double
        case "VARCHAR": return .string
        case "DATE": return .date
        case "TIMESTAMPTZ": return .timestampTZ
        case "BLOB": return .binary
        default: break
        }
        // `DECIMAL(18, 2)`, blanks within the brackets or not.
        guard name.hasPrefix("DECIMAL("), name.hasSuffix(")") else { return nil }
        let digits = name.dropFirst(8).dropLast().split(separator: ",", omittingEmptySubsequences: false).map { $0.filter { $0 != " " } }
        guard digits.count == 2, let precision = Int(digits[0]), let scale = Int(digits[1]), 1...38 ~= precision, 0...precision ~= scale else {
            return nil
        }
        return .decimal(precision: precision, scale: scale)
    }
}
