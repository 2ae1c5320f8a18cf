internal import ColumnStore
import Glibc
internal import Query

/// Asks questions in SQL: one from the command line, several from a pipe, or at a prompt.
enum SQLCommand: Command {
    static let name = "sql"
    static let summary = "Asks questions in SQL."
    static let usage = [
        "[--data DIR [--config FILE] | --url URL [--ca FILE | --insecure]] [--table NAME=FILE-or-GLOB]… [--format table|json|ndjson|csv|parquet|arrow] [--threads N] [--no-rollups] [\"QUERY\"]"
    ]
    static let options =
        StoreAccess.options + [
            .init("table", "NAME=FILE", "A table made of Parquet files; may be given more than once."),
            .init("format", "F", "table (a terminal's), json, ndjson, csv, parquet or arrow."),
            .init("threads", "N", "How many threads a query may use."),
            .init("no-rollups", nil, "Reads rows where sums are kept, too; the answer is the same."),
        ]

    enum Format: String, CaseIterable { case table, json, ndjson, csv, parquet, arrow }

    static var outcomes: Outcomes { Outcomes(done: "every statement was answered", failed: "a statement failed") }

    static func run(_ arguments: Arguments) throws -> Int32 {
        if arguments.operands.count > 1 { throw UsageError("one query is wanted: put it in quotes") }
        var format = Format.table
        if let text = try arguments.one("format") {
            guard let chosen = Format(rawValue: text) else {
                throw UsageError("--format is one of \(Format.allCases.map(\.rawValue).joined(separator: ", "))")
            }
            format = chosen
        }
        let session = try SQLSession(arguments)
        session.endpoint.usesRollups = !arguments.has("no-rollups")
        let status: Int32
        if let query = arguments.operands.first {
            try answer(query, format, session.endpoint)
            status = ExitStatus.done
        } else if Terminal.inputIsTerminal {
            status = SQLPrompt.run(format, session.endpoint)
        } else {
            status = try runPiped(format, session.endpoint)
        }
        try session.close()
        return status
    }

    /// Statements of standard input, up to the first that fails.
    private static func runPiped(_ format: Format, _ endpoint: any SQLEndpoint) throws -> Int32 {
        var text: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            let count = read(STDIN_FILENO, &buffer, buffer.count)
            if count <= 0 { break }
            text.append(contentsOf: buffer[..<count])
        }
        var statements = StatementSplitter()
        for query in statements.add(String(decoding: text, as: UTF8.self)) { try answer(query, format, endpoint) }
        // The last one needs no semicolon; what ends inside quotes is refused with its place.
        if !statements.isEmpty { try answer(statements.rest, format, endpoint) }
        return ExitStatus.done
    }

    static func answer(_ query: String, _ format: Format, _ endpoint: any SQLEndpoint) throws {
        var query = query.trimmingBlanks
        while query.hasSuffix(";") { query = String(query.dropLast()) }
        if endpoint.takeSetting(query) { return }
        switch format {
        case .table: try writeTable(query, endpoint)
        case .json: try writeObjects(query, endpoint)
        case .ndjson: try endpoint.stream(query, mediaType: "application/x-ndjson") { Terminal.write(Array($0)) }
        case .csv: try endpoint.stream(query, mediaType: "text/csv") { Terminal.write(Array($0)) }
        case .parquet:
            if Terminal.outputIsTerminal { throw UsageError("Parquet is not for a terminal: send it to a file") }
            try endpoint.stream(query, mediaType: "application/vnd.apache.parquet") { Terminal.write(Array($0)) }
        case .arrow:
            if Terminal.outputIsTerminal { throw UsageError("Arrow is not for a terminal: send it to a file or a program") }
            try endpoint.stream(query, mediaType: "application/vnd.apache.arrow.stream") { Terminal.write(Array($0)) }
        }
    }

    private static func eachPage(_ query: String, _ endpoint: any SQLEndpoint, _ body: ([(name: String, type: String)], [[JSONValue]]) throws -> Void) throws {
        var cursor: String?
        repeat {
            let page = try endpoint.page(query, cursor: cursor)
            guard case .array(let columns)? = page["columns"], case .array(let rows)? = page["rows"] else {
                throw CommandError("the answer has no columns and rows")
            }
            let names = columns.map { (name: $0["name"]?.text ?? "", type: $0["type"]?.text ?? "") }
            try body(names, rows.map { row in if case .array(let cells) = row { cells } else { [] } })
            cursor = page["next_cursor"]?.text
        } while cursor != nil
    }

    private static func writeTable(_ query: String, _ endpoint: any SQLEndpoint) throws {
        var count = 0
        try eachPage(query, endpoint) { columns, rows in
            count += rows.count
            Terminal.write(ResultTable.text(columns: columns, rows: rows))
        }
        Terminal.write("(\(count) \(count == 1 ? "row" : "rows"))\n")
    }

    private static func writeObjects(_ query: String, _ endpoint: any SQLEndpoint) throws {
        var isFirst = true
        try eachPage(query, endpoint) { columns, rows in
            let names = ResultColumn.distinctNames(columns.map(\.name))
            var text: [UInt8] = []
            for row in rows {
                text.append(contentsOf: (isFirst ? "[\n" : ",\n").utf8)
                isFirst = false
                let members = zip(names, row).map { JSONValue.Member($0, $1) }
                text.append(contentsOf: JSONValue.object(members).serialized)
            }
            Terminal.write(text)
        }
        Terminal.write(isFirst ? "[]\n" : "\n]\n")
    }
}
