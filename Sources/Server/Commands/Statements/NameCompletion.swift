internal import ColumnStore
internal import Query

/// What Tab may make of the word before the cursor: words of SQL, functions, and the names that the catalog has.
final class NameCompletion {
    private let endpoint: any SQLEndpoint
    /// Tables with their columns, asked for at the first Tab and from time to time.
    private var tables: [String: [String]] = [:]
    private var askedAt: Double?

    private static let secondsKept = 30.0
    private static let words = [
        "select", "from", "where", "group by", "order by", "having", "limit", "offset", "join", "left join", "inner join", "full join", "cross join", "on", "using", "with",
        "union all", "distinct", "between", "and", "or", "not", "null", "is null", "is not null", "like", "ilike", "in", "exists", "case", "when", "then", "else", "end",
        "asc", "desc", "nulls first", "nulls last", "values", "explain", "explain analyze", "describe", "show tables", "lateral", "unnest", "over", "partition by", "filter",
        "interval", "date", "timestamp", "cast", "extract", "set time zone",
    ]
    private static let commands = [
        "\\d", "\\dt", "\\dv", "\\di", "\\dn", "\\df", "\\da", "\\sv", "\\du", "\\l", "\\conninfo", "\\x", "\\t", "\\a", "\\f", "\\H", "\\C", "\\T", "\\timing", "\\o", "\\i", "\\ir", "\\g", "\\gx", "\\gset", "\\gexec", "\\gdesc",
        "\\crosstabview", "\\bind", "\\getenv", "\\e", "\\p", "\\r", "\\w", "\\q",
        "\\copy", "\\watch", "\\set", "\\unset", "\\pset", "\\prompt", "\\if", "\\elif", "\\else", "\\endif", "\\errverbose", "\\encoding", "\\echo", "\\qecho", "\\warn", "\\cd", "\\s", "\\!", "\\?",
    ]
    /// A relation follows.
    private static let beforeTables: Set<String> = ["from", "join", "table", "describe", "desc", "\\d", "\\d+", "\\dt", "\\dt+", "\\dv", "\\dv+", "\\sv", "\\sv+", "\\copy"]

    init(_ endpoint: any SQLEndpoint) { self.endpoint = endpoint }

    /// - Parameters:
    ///   - line: up to the cursor.
    ///   - before: the lines above of the same statement.
    /// - Returns: whole words that begin as the last one does, none of them twice, in their order.
    func candidates(for line: String, within before: String) -> [String] {
        let word = Self.lastWord(of: line)
        if word.hasPrefix("\\"), line == word { return Self.commands.filter { $0.hasPrefix(word) } }
        refresh()
        let words = (before + line.dropLast(word.count)).lowercased().split { $0.isWhitespace || "(),;".contains($0) }.map(String.init)
        if let last = words.last, Self.beforeTables.contains(last) || last == "," { return Self.matching(word, Array(tables.keys)) }
        if word.isEmpty { return [] }
        // `t.am`: columns of the table or alias before the dot.
        if let dot = word.lastIndex(of: ".") {
            let owner = word[..<dot].lowercased(), part = String(word[word.index(after: dot)...])
            let name = tables.keys.contains(owner) ? owner : Self.table(of: owner, in: words)
            return Self.matching(part, tables[name ?? ""] ?? []).map { word[...dot] + $0 }
        }
        let mentioned = words.flatMap { tables[$0] ?? [] }
        let names = mentioned.isEmpty ? tables.values.flatMap { $0 } : mentioned
        let functions = FunctionRegistry.names.map { $0 + "(" }
        let isUpper = word.contains { $0.isUppercase } && !word.contains { $0.isLowercase }
        return Self.matching(word, names + Array(tables.keys)) + Self.matching(word, Self.words + functions).map { isUpper ? $0.uppercased() : $0 }
    }

    private static func lastWord(of line: String) -> String { String(line.reversed().prefix { !$0.isWhitespace && !"(),;=<>+-*/|".contains($0) }.reversed()) }

    private static func matching(_ word: String, _ names: [String]) -> [String] {
        let folded = word.lowercased()
        return Set(names.filter { $0.lowercased().hasPrefix(folded) && $0.count > 0 }).sorted()
    }

    /// `from receipts r`, `from receipts as r`.
    private static func table(of alias: String, in words: [String]) -> String? {
        for (index, word) in words.enumerated() where word == alias && index > 0 {
            let before = words[index - 1] == "as" && index > 1 ? words[index - 2] : words[index - 1]
            return before
        }
        return nil
    }

    /// What cannot be had is not completed, and nothing is said of it.
    private func refresh() {
        let now = SteadyClock.seconds()
        if let askedAt, now - askedAt < Self.secondsKept { return }
        askedAt = now
        let query = "SELECT table_schema, table_name, column_name FROM information_schema.columns WHERE table_schema NOT IN ('pg_catalog', 'information_schema')"
        guard let page = try? endpoint.page(query, cursor: nil), case .array(let rows)? = page["rows"] else { return }
        var found: [String: [String]] = [:]
        for case .array(let cells) in rows where cells.count == 3 {
            guard let schema = cells[0].text, let table = cells[1].text, let column = cells[2].text else { continue }
            // What a name may do to a terminal is not tried.
            guard [schema, table, column].allSatisfy({ ResultTable.printable($0) == $0 }) else { continue }
            found[schema == "public" ? table : "\(schema).\(table)", default: []].append(SyntaxPrinter.name(column))
        }
        tables = found
    }
}
