internal import ColumnStore
internal import Query

/// A list of the API, read page by page and written as a table or as one JSON array.
struct Listing {
    enum Format: String, CaseIterable { case table, json }

    static let options: [Arguments.Option] = [
        .init("format", "F", "table, or json: an array of objects."), .init("limit", "N", "How many at most (all)."),
    ]
    private static let pageCount = 1_000

    let path: String
    var parameters: [(name: String, value: String)] = []
    /// Of the answer: where the items are.
    let member: String
    /// Members of an item, with dots for those within one; shown in the table.
    let columns: [String]
    /// Else the API gives all at once.
    var isPaged = true

    static func format(_ arguments: Arguments) throws -> Format {
        guard let text = try arguments.one("format") else { return .table }
        guard let format = Format(rawValue: text) else { throw UsageError.choice("--format", Format.allCases.map(\.rawValue), text) }
        return format
    }

    /// Writes all items, up to `--limit`.
    func write(_ arguments: Arguments, from client: APIClient) throws {
        let format = try Self.format(arguments)
        var left = try arguments.count("limit")
        var count = 0
        try eachPage(client, limit: { min(left ?? Self.pageCount, Self.pageCount) }) { items in
            let items = Array(items.prefix(left ?? items.count))
            if items.isEmpty { return true }
            switch format {
            case .json:
                var text: [UInt8] = []
                for (index, item) in items.enumerated() {
                    text.append(contentsOf: (count + index == 0 ? "[\n" : ",\n").utf8)
                    text.append(contentsOf: item.serialized)
                }
                Terminal.write(text)
            case .table: Terminal.write(table(items, isFirst: count == 0))
            }
            count += items.count
            left = left.map { $0 - items.count }
            return left != 0
        }
        switch format {
        case .json: Terminal.write(count == 0 ? "[]\n" : "\n]\n")
        case .table: Terminal.write(count == 0 ? table([], isFirst: true) + "(0 rows)\n" : "(\(count) \(count == 1 ? "row" : "rows"))\n")
        }
    }

    /// The item whose member has a value, of a number its digits; nil when there is none.
    func first(where name: String, is value: String, in client: APIClient) throws -> JSONValue? {
        var found: JSONValue?
        try eachPage(client, limit: { Self.pageCount }) { items in
            found = items.first { Self.text($0[name]) == value }
            return found == nil
        }
        return found
    }

    private static func text(_ value: JSONValue?) -> String? {
        if case .number(let digits)? = value { return digits }
        return value?.text
    }

    /// - Parameter body: gets the items of a page; false ends the walk.
    private func eachPage(_ client: APIClient, limit: () -> Int, _ body: ([JSONValue]) throws -> Bool) throws {
        func page(_ cursor: String?) throws -> JSONValue {
            var query = parameters
            if isPaged { query.append(("limit", String(limit()))) }
            if let cursor { query.append(("cursor", cursor)) }
            let text = query.map { "\($0.name)=\(RequestTarget.encode($0.value))" }.joined(separator: "&")
            return try JSONParser.parse(try APIClient.succeed(try client.call("GET", text.isEmpty ? path : "\(path)?\(text)")).body)
        }
        try CursorWalk.each(member, page: page, body)
    }

    private func table(_ items: [JSONValue], isFirst: Bool) -> String {
        let rows = items.map { item in
            columns.map { column in column.split(separator: ".").reduce(item) { $0[String($1)] ?? .null } }
        }
        let text = ResultTable.text(columns: columns.map { ($0, Self.isNumber($0) ? "BIGINT" : "VARCHAR") }, rows: rows)
        // Pages after the first go on below its head.
        return isFirst ? text : text.split(separator: "\n", omittingEmptySubsequences: false).dropFirst(2).joined(separator: "\n")
    }

    private static func isNumber(_ column: String) -> Bool { ["attempts", "status", "version", "progress.done"].contains(column) }
}

/// One item of the API.
enum ItemText {
    /// As `--format` says: a line for each member, or the JSON as it came.
    static func write(_ body: [UInt8], _ arguments: Arguments) throws {
        switch try Listing.format(arguments) {
        case .json: Terminal.write(body + (body.last == 0x0A ? [] : [0x0A]))
        case .table: Terminal.write(lines(try JSONParser.parse(body)))
        }
    }

    static func lines(_ item: JSONValue) -> String {
        guard case .object(let members) = item else { return String(decoding: item.serialized, as: UTF8.self) + "\n" }
        let width = members.map(\.name.count).max() ?? 0
        return members.map { member in
            member.name + String(repeating: " ", count: width - member.name.count) + "  " + text(member.value, indent: width + 2) + "\n"
        }.joined()
    }

    private static func text(_ value: JSONValue, indent: Int) -> String {
        switch value {
        case .null: return "-"
        case .boolean(let flag): return String(flag)
        case .number(let digits): return digits
        case .string(let text): return ResultTable.printable(text)
        case .array(let items) where items.isEmpty: return "-"
        case .array(let items):
            // One item a line, each as JSON.
            return items.map { ResultTable.printable(String(decoding: $0.serialized, as: UTF8.self)) }
                .joined(separator: "\n" + String(repeating: " ", count: indent))
        case .object: return ResultTable.printable(String(decoding: value.serialized, as: UTF8.self))
        }
    }
}

extension UsageError {
    /// A value that is none of those that an option takes.
    static func choice(_ option: String, _ choices: [String], _ received: String) -> UsageError {
        let near = NameSuggestion.closest(to: received, among: choices).map { "; did you mean \($0)?" } ?? ""
        return UsageError("\(option) is one of \(choices.joined(separator: ", ")), not \(received)\(near)")
    }
}
