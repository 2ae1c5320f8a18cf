package import ColumnStore
package import Documents
import Query

/// Reads a rollup from JSON, and collects every fault with its place.
package struct RollupReader {
    private static let members: Set<String> = ["name", "table", "where", "unnest", "group_by", "measures"]
    /// Far more than sums are asked by; each key multiplies the rows.
    static let keyCountMax = 16
    static let measureCountMax = 64
    static let textByteCountMax = 4_096

    /// Of the rollup within its file.
    private let pointer: String
    private(set) package var faults: [Fault.Violation] = []

    package init(pointer: String = "") { self.pointer = pointer }

    private mutating func fault(_ place: String, _ code: String, _ message: String) {
        faults.append(.init(pointer: pointer + place, code: code, message: message))
    }

    /// - Parameters:
    ///   - name: what its own must be, where the path has one.
    ///   - table: of the type in whose file it stands.
    /// - Returns: nil where `faults` has why not.
    package mutating func read(_ body: JSONValue, name: String? = nil, table: String? = nil) -> RollupDefinition? {
        guard case .object(let all) = body else {
            fault("", "type", "an object is wanted, not \(body.kind)")
            return nil
        }
        for member in all where !Self.members.contains(member.name) {
            let near = NameSuggestion.closest(to: member.name, among: Array(Self.members)).map { "; did you mean \($0)?" } ?? ""
            fault("/\(Self.escaped(member.name))", "unknown-member", "a rollup has no such member\(near)")
        }
        let own = text(body, "name", isRequired: name == nil) ?? name ?? ""
        if own != "", !Self.isName(own) { fault("/name", "format", "a name is [a-z][a-z0-9_]{0,62}") }
        if let name, own != name { fault("/name", "mismatch", "the path names another rollup") }
        let of = text(body, "table", isRequired: table == nil) ?? table ?? ""
        if let table, of != table { fault("/table", "mismatch", "the type's table is \(table)") }
        let condition = text(body, "where", isRequired: false)
        let list = text(body, "unnest", isRequired: false)
        let keys = columns(body, "group_by", Self.keyCountMax, mayBeEmpty: true)
        let measures = columns(body, "measures", Self.measureCountMax, mayBeEmpty: false)
        for measure in measures where keys.contains(where: { $0.name == measure.name }) {
            fault("/measures/\(measure.name)", "duplicate", "a key has this name")
        }
        guard faults.isEmpty else { return nil }
        return RollupDefinition(name: own, table: of, condition: condition, list: list, keys: keys, measures: measures)
    }

    static func isName(_ text: String) -> Bool {
        let bytes = Array(text.utf8)
        guard let first = bytes.first, bytes.count <= 63, (0x61...0x7A).contains(first) else { return false }
        return bytes.allSatisfy { (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || $0 == 0x5F }
    }

    private static func escaped(_ name: String) -> String {
        String(name.prefix(60)).split(separator: "~", omittingEmptySubsequences: false).joined(separator: "~0")
            .split(separator: "/", omittingEmptySubsequences: false).joined(separator: "~1")
    }

    private mutating func text(_ body: JSONValue, _ name: String, isRequired: Bool) -> String? {
        guard let value = body[present: name] else {
            if isRequired { fault("/\(name)", "required", "is required") }
            return nil
        }
        guard let text = value.text else {
            fault("/\(name)", "type", "a string is wanted, not \(value.kind)")
            return nil
        }
        guard !text.isEmpty, text.utf8.count <= Self.textByteCountMax else {
            fault("/\(name)", "out-of-range", "1 to \(Self.textByteCountMax) bytes are wanted")
            return nil
        }
        return text
    }

    private mutating func columns(_ body: JSONValue, _ name: String, _ countMax: Int, mayBeEmpty: Bool) -> [RollupStatement.Column] {
        guard let value = body[present: name], case .object(let all) = value else {
            fault("/\(name)", body[present: name] == nil ? "required" : "type", "an object of names and expressions is wanted")
            return []
        }
        if all.count > countMax { fault("/\(name)", "too-many", "\(countMax) at most, not \(all.count)") }
        if all.isEmpty, !mayBeEmpty { fault("/\(name)", "required", "one measure is wanted at least") }
        var columns: [RollupStatement.Column] = []
        for member in all.prefix(countMax) {
            let place = "/\(name)/\(Self.escaped(member.name))"
            guard Self.isName(member.name) else {
                fault(place, "format", "a name is [a-z][a-z0-9_]{0,62}")
                continue
            }
            guard let text = member.value.text, !text.isEmpty, text.utf8.count <= Self.textByteCountMax else {
                fault(place, "type", "an expression in SQL is wanted, of \(Self.textByteCountMax) bytes at most")
                continue
            }
            columns.append(.init(name: member.name, text: text))
        }
        return columns
    }

    // MARK: Against the table

    /// Binds each part by itself, so that each fault has its place.
    ///
    /// - Returns: the columns of the partial sums; nil where `faults` has why not.
    package mutating func check(_ rollup: RollupDefinition, schema: Schema) -> [Field]? {
        func isExpression(_ text: String) -> String? {
            do {
                _ = try Parser.parseExpression(text)
                return nil
            } catch { return error.detail }
        }
        if let list = rollup.list {
            guard case .list? = schema[list]?.type else {
                fault("/unnest", "unknown-column", "the table \(rollup.table) has no list of this name")
                return nil
            }
        }
        let whole = [RollupStatement.Column(name: "n", text: "count(*)")]
        func bind(_ keys: [RollupStatement.Column], _ measures: [RollupStatement.Column], _ condition: String?) -> String? {
            for text in keys.map(\.text) + measures.map(\.text) + (condition.map { [$0] } ?? []) { if let fault = isExpression(text) { return fault } }
            do {
                _ = try RollupStatement(keys: keys, measures: measures, condition: condition, list: rollup.list).columns(of: rollup.table, schema: schema)
                return nil
            } catch { return (error as? QueryError)?.detail ?? "\(error)" }
        }
        if let condition = rollup.condition, let reason = bind([], whole, condition) { fault("/where", "bad-sql", reason) }
        for key in rollup.keys { if let reason = bind([key], whole, nil) { fault("/group_by/\(key.name)", "bad-sql", reason) } }
        for measure in rollup.measures { if let reason = bind([], [measure], nil) { fault("/measures/\(measure.name)", "bad-sql", reason) } }
        guard faults.isEmpty else { return nil }
        do { return try rollup.statement.columns(of: rollup.table, schema: schema) } catch {
            fault("", "bad-sql", (error as? QueryError)?.detail ?? "\(error)")
            return nil
        }
    }
}

extension RollupDefinition {
    /// What it means, to be bound: made once for each definition that is kept.
    var statement: RollupStatement { RollupStatement(keys: keys, measures: measures, condition: condition, list: list) }
}
