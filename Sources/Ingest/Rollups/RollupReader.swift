package import ColumnStore
package import Documents
import Query

/// Reads a rollup from JSON, and collects every fault with its place: one a place, in the order in which the places stand.
package struct RollupReader {
    private static let members: Set<String> = ["name", "table", "where", "unnest", "group_by", "measures"]
    static let keyCountMax = RollupStatement.keyCountMax
    static let measureCountMax = RollupStatement.measureCountMax
    static let textByteCountMax = 4_096

    /// Of the rollup within its file.
    private let pointer: String
    private var found: [(place: String, fault: Fault.Violation)] = []
    /// Of what was read: which place comes when.
    private var order: [String: Int] = [:]

    package init(pointer: String = "") { self.pointer = pointer }

    /// What is missing comes last.
    package var faults: [Fault.Violation] {
        found.enumerated().sorted { (order[$0.element.place] ?? .max, $0.offset) < (order[$1.element.place] ?? .max, $1.offset) }.map(\.element.fault)
    }

    /// Notes a fault, unless the place has one already.
    mutating func fault(_ place: String, _ code: String, _ message: String) {
        guard !hasFault(place) else { return }
        found.append((place, .init(pointer: pointer + place, code: code, message: message)))
    }

    private func hasFault(_ place: String) -> Bool { found.contains { $0.place == place } }

    /// - Parameters:
    ///   - name: what its own must be, where the path has one.
    ///   - table: of the type in whose file it stands.
    /// - Returns: nil where `faults` has why not.
    package mutating func read(_ body: JSONValue, name: String? = nil, table: String? = nil) -> RollupDefinition? {
        let parts = parts(body, name: name, table: table)
        return found.isEmpty ? parts : nil
    }

    /// What can be read of it, so that all that can be said of it is said at once.
    ///
    /// - Returns: nil where nothing can.
    mutating func parts(_ body: JSONValue, name: String? = nil, table: String? = nil) -> RollupDefinition? {
        guard case .object(let all) = body else {
            fault("", "type", "an object is wanted, not \(body.kind)")
            return nil
        }
        order = Self.order(all)
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
        return RollupDefinition(name: own, table: of, condition: condition, list: list, keys: keys, measures: measures)
    }

    /// The places of members, and of those within them, as they follow one another.
    private static func order(_ members: [JSONValue.Member]) -> [String: Int] {
        var order = ["": 0]
        func add(_ place: String) { if order[place] == nil { order[place] = order.count } }
        for member in members {
            let place = "/" + escaped(member.name)
            add(place)
            for inner in member.value.members ?? [] { add("\(place)/\(escaped(inner.name))") }
        }
        return order
    }

    /// `[a-z][a-z0-9_]{0,62}`: what a table of sums is called behind its prefix.
    static func isName(_ text: String) -> Bool {
        let bytes = Array(text.utf8)
        guard let first = bytes.first, bytes.count <= 63, (0x61...0x7A).contains(first) else { return false }
        return bytes.allSatisfy { (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || $0 == 0x5F }
    }

    /// A reference token of a JSON Pointer, cut at 60 characters.
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

    /// Names with an expression each: keys, or measures. What is wrong with one leaves the others.
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
    /// - Parameters:
    ///   - rollup: perhaps with other faults, of which `faults` has some.
    ///   - schema: nil where the table is not known: then only what is no SQL of any table is a fault.
    /// - Returns: the columns of the partial sums; nil where `faults` has why not.
    package mutating func check(_ rollup: RollupDefinition, schema: Schema?) -> [Field]? {
        if let list = rollup.list, let schema {
            if case .list? = schema[list]?.type {} else { fault("/unnest", "unknown-column", "the table \(rollup.table) has no list of this name") }
        }
        // A name may be one of the list's members.
        let known = hasFault("/unnest") ? nil : schema
        let whole = [RollupStatement.Column(name: "n", text: "count(*)")]
        func reason(_ text: String, _ keys: [RollupStatement.Column], _ measures: [RollupStatement.Column], _ condition: String? = nil) -> String? {
            do {
                _ = try Parser.parseExpression(text)
                let part = RollupStatement(keys: keys, measures: measures, condition: condition, list: rollup.list)
                if let known { _ = try part.columns(of: rollup.table, schema: known) }
                return nil
            } catch { return Self.detail(error) }
        }
        if let condition = rollup.condition, let reason = reason(condition, [], whole, condition) { fault("/where", "bad-sql", reason) }
        for key in rollup.keys { if let reason = reason(key.text, [key], whole) { fault("/group_by/\(key.name)", "bad-sql", reason) } }
        for measure in rollup.measures { if let reason = reason(measure.text, [], [measure]) { fault("/measures/\(measure.name)", "bad-sql", reason) } }
        guard found.isEmpty, let schema else { return nil }
        do { return try rollup.statement.columns(of: rollup.table, schema: schema) } catch {
            fault("", "bad-sql", Self.detail(error))
            return nil
        }
    }

    private static func detail(_ error: any Error) -> String { (error as? QueryError)?.detail ?? "\(error)" }
}

extension RollupDefinition {
    /// What it means, to be bound: made once for each definition that is kept.
    var statement: RollupStatement { RollupStatement(keys: keys, measures: measures, condition: condition, list: list) }
}
