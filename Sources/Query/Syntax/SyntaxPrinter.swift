/// Writes a syntax tree as SQL, every operator in parentheses, so that parsing it again gives the same tree. Not so POSITION, which becomes `strpos`.
///
/// Also a key: expressions of one query that are written alike are taken for the same (`Grouping`).
///
/// Nor do names read back that the parser makes up with a NUL character (LIKE ANY over a list). Positions are not written: trees that differ in
/// these alone have one text.
package struct SyntaxPrinter {
    package static func print(_ statement: Statement) -> String {
        switch statement {
        case .query(let query): SyntaxPrinter().text(query)
        case .explain(let query, let form):
            "EXPLAIN \(form.format != .text ? "(\(form.isAnalyzed ? "ANALYZE, " : "")FORMAT \(form.format.rawValue.uppercased())) " : form.isAnalyzed ? "ANALYZE " : "")\(SyntaxPrinter().text(query))"
        case .showTables: "SHOW TABLES"
        case .describe(let table): "DESCRIBE \(SyntaxPrinter().names(table))"
        }
    }

    package static func print(_ expression: ExpressionSyntax) -> String { SyntaxPrinter().text(expression) }

    /// Quoted where a plain word would read differently.
    package static func name(_ text: String) -> String {
        let bytes = Array(text.utf8)
        let isPlain = bytes.allSatisfy { $0 == 0x5F || (0x30...0x39).contains($0) || (0x61...0x7A).contains($0) }
            && !(0x30...0x39).contains(bytes.first ?? 0x30)
        if isPlain, Keywords.mayNameColumnOrTable(text), !Keywords.notBareLabel.contains(text) { return text }
        return "\"" + text.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"") + "\""
    }

    private func name(_ name: NameSyntax) -> String { Self.name(name.text) }
    private func names(_ names: [NameSyntax]) -> String { names.map(name).joined(separator: ".") }
    private func list(_ names: [NameSyntax]) -> String { "(" + names.map(name).joined(separator: ", ") + ")" }
    private func list(_ items: [ExpressionSyntax]) -> String { items.map(text).joined(separator: ", ") }

    // MARK: Queries

    /// LIMIT stands before OFFSET, and FETCH is LIMIT, but for WITH TIES. RECURSIVE is said of all tables of a WITH.
    private func text(_ query: QuerySyntax) -> String {
        var parts: [String] = []
        if !query.with.isEmpty {
            let tables = query.with.map { "\(name($0.name))\($0.columns.isEmpty ? "" : list($0.columns)) AS (\(text($0.query)))" }
            parts.append((query.with.contains { $0.isRecursive } ? "WITH RECURSIVE " : "WITH ") + tables.joined(separator: ", "))
        }
        parts.append(text(query.body))
        if !query.orderBy.isEmpty { parts.append("ORDER BY " + text(query.orderBy)) }
        if let limit = query.limit { parts.append(query.withTies ? "FETCH FIRST \(text(limit)) ROWS WITH TIES" : "LIMIT " + text(limit)) }
        if let offset = query.offset { parts.append("OFFSET " + text(offset)) }
        return parts.joined(separator: " ")
    }

    private func text(_ body: QueryBody) -> String {
        switch body {
        case .select(let select): text(select)
        case .values(let rows, _): "VALUES " + rows.map { "(\(list($0)))" }.joined(separator: ", ")
        case .nested(let query): "(\(text(query)))"
        case .setOperation(let op, let isAll, let left, let right, _):
            "\(operand(left)) \(op.rawValue)\(isAll ? " ALL" : "") \(operand(right))"
        }
    }

    /// A set operation in parentheses, so that no precedence is needed.
    private func operand(_ body: QueryBody) -> String {
        if case .setOperation = body { "(\(text(body)))" } else { text(body) }
    }

    private func text(_ select: SelectSyntax) -> String {
        var parts = ["SELECT"]
        switch select.distinct {
        case .none: break
        case .all: parts.append("DISTINCT")
        case .on(let items): parts.append("DISTINCT ON (\(list(items)))")
        }
        parts.append(select.items.map { text($0.expression) + ($0.alias.map { " AS \(name($0))" } ?? "") }.joined(separator: ", "))
        if !select.from.isEmpty { parts.append("FROM " + select.from.map(text).joined(separator: ", ")) }
        if let condition = select.whereClause { parts.append("WHERE " + text(condition)) }
        if !select.groupBy.isEmpty { parts.append("GROUP BY \(select.groupsAreDistinct ? "DISTINCT " : "")" + select.groupBy.map(text).joined(separator: ", ")) }
        if let having = select.having { parts.append("HAVING " + text(having)) }
        if !select.windows.isEmpty {
            parts.append("WINDOW " + select.windows.map { "\(name($0.name)) AS \(text($0.window))" }.joined(separator: ", "))
        }
        return parts.joined(separator: " ")
    }

    /// `()` is the set of no columns.
    private func text(_ grouping: GroupingSyntax) -> String {
        func sets(_ items: [[ExpressionSyntax]]) -> String { items.map { "(\(list($0)))" }.joined(separator: ", ") }
        switch grouping {
        case .set(let items): return items.count == 1 ? list(items) : "(\(list(items)))"
        case .rollup(let items, _): return "ROLLUP (\(sets(items)))"
        case .cube(let items, _): return "CUBE (\(sets(items)))"
        case .groupingSets(let items, _): return "GROUPING SETS (\(items.map(text).joined(separator: ", ")))"
        }
    }

    private func text(_ items: [OrderItemSyntax]) -> String {
        items.map { item in
            text(item.expression) + (item.isDescending ? " DESC" : "")
                + (item.nullsFirst.map { $0 ? " NULLS FIRST" : " NULLS LAST" } ?? "")
        }.joined(separator: ", ")
    }

    /// Joins stand in parentheses, so that no rule is needed about which of two comes first.
    private func text(_ table: TableSyntax) -> String {
        func aliased(_ text: String, _ alias: TableAliasSyntax?) -> String {
            guard let alias else { return text }
            return "\(text) AS \(name(alias.name))\(alias.columns.isEmpty ? "" : list(alias.columns))"
        }
        switch table {
        case .named(let parts, let alias): return aliased(names(parts), alias)
        case .subquery(let query, let alias, let isLateral, _):
            return aliased("\(isLateral ? "LATERAL " : "")(\(text(query)))", alias)
        case .function(let call, let withOrdinality, let alias, _):
            let shown = call.name.text == FunctionSyntax.rowsFrom ? "ROWS FROM (\(call.arguments.map { text($0) }.joined(separator: ", ")))" : text(call)
            return aliased(shown + (withOrdinality ? " WITH ORDINALITY" : ""), alias)
        case .sampled(let table, let method, let percentage, let seed, _):
            return "\(text(table)) TABLESAMPLE \(method) (\(text(percentage)))" + (seed.map { " REPEATABLE (\(text($0)))" } ?? "")
        case .join(let kind, let left, let right, let condition, _):
            let join = if case .natural = condition { "NATURAL \(kind.rawValue) JOIN" } else { "\(kind.rawValue) JOIN" }
            let end = switch condition {
            case .on(let expression): " ON \(text(expression))"
            case .using(let columns, let alias): " USING \(list(columns))\(alias.map { " AS \(name($0))" } ?? "")"
            case .none, .natural: ""
            }
            return "(\(text(left)) \(join) \(text(right))\(end))"
        }
    }

    /// A frame has both its ends, also where the statement says the first alone.
    private func text(_ window: WindowSyntax) -> String {
        var parts: [String] = []
        if let base = window.base { parts.append(name(base)) }
        if !window.partitionBy.isEmpty { parts.append("PARTITION BY \(list(window.partitionBy))") }
        if !window.orderBy.isEmpty { parts.append("ORDER BY \(text(window.orderBy))") }
        if let frame = window.frame {
            parts.append("\(frame.unit.rawValue) BETWEEN \(text(frame.start)) AND \(text(frame.end))")
            if frame.exclusion != .noOthers { parts.append("EXCLUDE \(frame.exclusion.rawValue)") }
        }
        return "(\(parts.joined(separator: " ")))"
    }

    private func text(_ bound: FrameSyntax.Bound) -> String {
        switch bound {
        case .unboundedPreceding: "UNBOUNDED PRECEDING"
        case .preceding(let distance): "\(text(distance)) PRECEDING"
        case .currentRow: "CURRENT ROW"
        case .following(let distance): "\(text(distance)) FOLLOWING"
        case .unboundedFollowing: "UNBOUNDED FOLLOWING"
        }
    }

    // MARK: Expressions

    /// A backslash stands for itself, as in the lexer's plain strings.
    /// By its bytes: a constant may have any number of combining marks in a row, by which Characters are compared.
    private func string(_ text: String) -> String {
        var bytes = [UInt8(ascii: "'")]
        bytes.reserveCapacity(text.utf8.count + 2)
        for byte in text.utf8 {
            if byte == UInt8(ascii: "'") { bytes.append(byte) }
            bytes.append(byte)
        }
        bytes.append(UInt8(ascii: "'"))
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Operators and tests in parentheses. Forms that the parser makes one node of have one text: `x::t` is CAST, `x ISNULL` is IS NULL.
    private func text(_ expression: ExpressionSyntax) -> String {
        switch expression.kind {
        case .name(let parts): return names(parts)
        case .members(let owner): return "(\(text(owner))).*"
        case .star(let parts): return (parts.isEmpty ? "" : names(parts) + ".") + "*"
        case .null: return "NULL"
        case .boolean(let value): return value ? "TRUE" : "FALSE"
        case .number(let digits): return digits
        case .string(let value): return string(value)
        case .typedString(let type, let value): return "\(text(type)) \(string(value))"
        case .interval(let value, let fields): return "INTERVAL \(string(value))\(fields.map { " \($0)" } ?? "")"
        case .parameter(let number): return "$\(number)"
        case .unary(let op, let operand): return "(\(op.rawValue) \(text(operand)))"
        case .binary(let op, let left, let right): return "(\(text(left)) \(op.rawValue) \(text(right)))"
        case .and(let items): return "(" + items.map(text).joined(separator: " AND ") + ")"
        case .or(let items): return "(" + items.map(text).joined(separator: " OR ") + ")"
        case .not(let operand): return "(NOT \(text(operand)))"
        case .exists(let query): return "EXISTS (\(text(query)))"
        case .scalarQuery(let query): return "(\(text(query)))"
        case .arrayQuery(let query): return "ARRAY(\(text(query)))"
        case .cast(let operand, let type) where type.name == TypeNameSyntax.bitDigits:
            guard case .string(let digits) = operand.kind, let mark = digits.first else { return text(operand) }
            return "\(mark)\(string(String(digits.dropFirst())))"
        case .cast(let operand, let type): return "CAST(\(text(operand)) AS \(text(type)))"
        case .function(let call): return text(call)
        case .atTimeZone(let operand, let zone): return "(\(text(operand)) AT TIME ZONE \(text(zone)))"
        case .row(let items): return "ROW(\(list(items)))"
        case .array(let items): return "ARRAY[\(list(items))]"
        case .element(let list, let index): return "(\(text(list)))[\(text(index))]"
        case .slice(let list, let ranges): return "(\(text(list)))" + ranges.map { "[\($0.from.map(text) ?? ""):\($0.to.map(text) ?? "")]" }.joined()
        case .collated(let operand, let collation): return "(\(text(operand)) COLLATE \(name(collation)))"
        case .field(let owner, let field): return "(\(text(owner))).\(name(field))"
        case .caseWhen(let operand, let branches, let otherwise):
            return "CASE\(operand.map { " " + text($0) } ?? "")"
                + branches.map { " WHEN \(text($0.condition)) THEN \(text($0.result))" }.joined()
                + (otherwise.map { " ELSE \(text($0))" } ?? "") + " END"
        default: return predicate(expression)
        }
    }

    /// Tests, which all give BOOLEAN.
    private func predicate(_ expression: ExpressionSyntax) -> String {
        func not(_ isNegated: Bool) -> String { isNegated ? "NOT " : "" }
        switch expression.kind {
        case .isTest(let operand, let test, let isNegated): return "(\(text(operand)) IS \(not(isNegated))\(test.rawValue))"
        case .isDistinct(let left, let right, let isNegated):
            return "(\(text(left)) IS \(not(isNegated))DISTINCT FROM \(text(right)))"
        case .between(let operand, let low, let high, let isSymmetric, let isNegated):
            return "(\(text(operand)) \(not(isNegated))BETWEEN \(isSymmetric ? "SYMMETRIC " : "")\(text(low)) AND \(text(high)))"
        case .inList(let operand, let items, let isNegated): return "(\(text(operand)) \(not(isNegated))IN (\(list(items))))"
        case .inQuery(let operand, let query, let isNegated): return "(\(text(operand)) \(not(isNegated))IN (\(text(query))))"
        case .quantified(let operand, let op, let isAll, let set):
            let inner = switch set {
            case .query(let query): text(query)
            case .array(let array): text(array)
            }
            return "(\(text(operand)) \(op.rawValue) \(isAll ? "ALL" : "ANY") (\(inner)))"
        case .like(let operand, let pattern, let escape, let ignoresCase, let isNegated):
            return "(\(text(operand)) \(not(isNegated))\(ignoresCase ? "ILIKE" : "LIKE") \(text(pattern))"
                + (escape.map { " ESCAPE \(text($0))" } ?? "") + ")"
        // The kinds that are left have been written by `text`.
        default: return ""
        }
    }

    private func text(_ type: TypeNameSyntax) -> String {
        let modifiers = type.modifiers.isEmpty ? "" : "(" + type.modifiers.map(String.init).joined(separator: ", ") + ")"
        // The digits of a zoned type stand before its zone: `timestamp(3) with time zone`.
        let zone = " with time zone"
        let name = type.name.hasSuffix(zone) ? String(type.name.dropLast(zone.count)) + modifiers + zone : type.name + modifiers
        return name + (type.isArray ? "[]" : "")
    }

    /// Named arguments are in their places already; `VARIADIC` stands before the last one.
    private func text(_ call: FunctionSyntax) -> String {
        if ["current_date", "current_timestamp", "localtimestamp", "localtime"].contains(call.name.text) { return call.name.text }
        if call.name.text == "extract", call.arguments.count == 2, case .string(let field) = call.arguments[0].kind {
            return "extract(\(string(field)) FROM \(text(call.arguments[1])))"
        }
        var result = (call.name.text == "position" ? "strpos" : name(call.name)) + "("
        if call.isStar { result += "*" }
        if call.isDistinct { result += "DISTINCT " }
        result += list(call.isVariadic ? Array(call.arguments.dropLast()) : call.arguments)
        if call.isVariadic, let last = call.arguments.last { result += (call.arguments.count > 1 ? ", " : "") + "VARIADIC " + list([last]) }
        if !call.orderBy.isEmpty { result += " ORDER BY \(text(call.orderBy))" }
        result += ")"
        if !call.withinGroup.isEmpty { result += " WITHIN GROUP (ORDER BY \(text(call.withinGroup)))" }
        if let filter = call.filter { result += " FILTER (WHERE \(text(filter)))" }
        switch call.over {
        case .named(let window)?: result += " OVER \(name(window))"
        case .window(let window)?: result += " OVER \(text(window))"
        case nil: break
        }
        return result
    }
}
