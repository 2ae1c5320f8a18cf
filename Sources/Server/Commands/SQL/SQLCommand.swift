internal import ColumnStore
internal import Query

/// Asks questions in SQL: one from the command line, several from a pipe, or at a prompt.
enum SQLCommand: Command {
    static let name = "sql"
    static let summary = "Asks questions in SQL."
    static let usage = [
        "[--data DIR [--config FILE] | --url URL [--ca FILE | --insecure]] [--table NAME=FILE-or-GLOB]… [--format \(Format.names.joined(separator: "|"))] [--threads N] [--time-zone ZONE] [--no-rollups] [--set NAME=VALUE]… [--file FILE… | \"STATEMENTS\"]"
    ]
    static let options =
        StoreAccess.options + [
            .init("table", "NAME=FILE", "A table made of Parquet files; may be given more than once."),
            .init("format", "F", "table (a terminal's), " + Format.names.dropFirst().dropLast().joined(separator: ", ") + " or \(Format.names.last ?? "")."),
            .init("threads", "N", "How many threads a query may use."),
            .init("time-zone", "ZONE", "Of the statements, as Europe/Kyiv (UTC)."),
            .init("no-rollups", nil, "Reads rows where sums are kept, too; the answer is the same."),
            .init("set", "NAME=VALUE", "What :NAME in statements stands for, as \\set at the prompt; ON_ERROR_STOP=off goes on behind faults."),
            .init("file", "FILE", "Runs the statements of a file; - is standard input. May be given more than once."),
        ]

    enum Format: Equatable {
        case table
        /// An array of objects.
        case json
        case stream(SQLForm)

        static var names: [String] { ["table", "json"] + SQLForm.streamed.map(\.name) }

        init?(name: String) {
            switch name {
            case "table": self = .table
            case "json": self = .json
            default:
                guard let form = SQLForm(name: name) else { return nil }
                self = .stream(form)
            }
        }
    }

    static var outcomes: Outcomes { Outcomes(done: "every statement was answered", failed: "a statement failed") }
    static let isStream = true

    static func run(_ arguments: Arguments) throws -> Int32 { try WorkerThread.deeply(name: "sql") { try answer(arguments) } }

    private static func answer(_ arguments: Arguments) throws -> Int32 {
        if arguments.operands.count > 1 { throw UsageError("one text of statements is wanted: put it in quotes") }
        var format = Format.table
        if let text = try arguments.one("format") {
            guard let chosen = Format(name: text) else {
                throw UsageError("--format is one of \(Format.names.joined(separator: ", "))")
            }
            format = chosen
        }
        let session = try SQLSession(arguments)
        session.endpoint.usesRollups = !arguments.has("no-rollups")
        if let zone = try arguments.one("time-zone") {
            do { try session.endpoint.setTimeZone(zone) } catch { throw UsageError("--time-zone: \(error)") }
        }
        let files = arguments.all("file")
        if !files.isEmpty, !arguments.operands.isEmpty { throw UsageError("--file or a text of statements is wanted, not both") }
        let isInteractive = arguments.operands.isEmpty && files.isEmpty && Terminal.inputIsTerminal
        let shell = SQLShell(session.endpoint, format, isInteractive: isInteractive)
        for pair in arguments.all("set") { try shell.set(pair) }
        do { try take(arguments.operands.first, files, shell) } catch {
            // A program of `\o` has its end, and is waited for.
            shell.output?.abandon()
            throw error
        }
        try shell.output?.finish()
        session.close()
        return shell.hasFailed && !isInteractive ? ExitStatus.failed : ExitStatus.done
    }

    private static func take(_ text: String?, _ files: [String], _ shell: SQLShell) throws {
        if let text {
            _ = try shell.take(all: text)
        } else if !files.isEmpty {
            for file in files {
                // `\q` leaves its file; the others run all the same.
                _ = try file == "-" ? shell.take(all: input(), named: "<stdin>") : ShellCommands.include(file, shell)
            }
        } else if shell.isInteractive {
            SQLPrompt.run(shell)
        } else {
            _ = try shell.take(all: try input())
        }
    }

    /// All of standard input.
    private static func input() throws -> String {
        var text: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            let count = try SharedDescriptor.readInput(into: &buffer)
            if count == 0 { break }
            text.append(contentsOf: buffer[..<count])
        }
        return try ScriptText.text(text, named: "<stdin>")
    }

    /// An answer's rows with their columns, in one part or several.
    typealias Parts = (_ body: (_ columns: [(name: String, type: String)], _ rows: [[JSONValue]]) throws -> Void) throws -> Void

    /// - Returns: how many rows there were; nil where the form does not say.
    static func write(
        _ query: String, _ format: Format, _ endpoint: any SQLEndpoint, _ expansion: SQLShell.Expansion, _ style: ResultTable.Style, to output: ShellOutput
    ) throws -> Int? {
        guard case .stream(let form) = format else { return try write({ try eachPart(query, endpoint, $0) }, format, expansion, style, to: output) }
        try check(form, output)
        var count = RowCount(form)
        var table = form == .csv && (style.showsRowsOnly || expansion == .on) ? CSVTable(showsNames: !style.showsRowsOnly, isExpanded: expansion == .on) : nil
        var copy = form == .csv ? separated(by: style) : nil
        try endpoint.stream(query, mediaType: form.rawValue) { bytes in
            count.take(bytes)
            let shown = table?.shown(bytes) ?? bytes
            output.write(try copy?.shown(shown) ?? shown)
            if output.isLeft { throw AnswerLeft() }
        }
        return count.rows
    }

    /// Rows that a command has made, or that come in parts.
    static func write(_ parts: Parts, _ format: Format, _ expansion: SQLShell.Expansion, _ style: ResultTable.Style, to output: ShellOutput) throws -> Int? {
        switch format {
        case .table: return try writeTable(parts, expansion, style, output)
        case .json: return try writeObjects(parts, output, isList: true)
        case .stream(.lines): return try writeObjects(parts, output, isList: false)
        case .stream(.csv): return try writeCSV(parts, expansion, style, output)
        case .stream(let form): throw CommandError("\(form.name) has answers as the server makes them: \\pset format says another form")
        }
    }

    /// For CSV with another sign between its values.
    private static func separated(by style: ResultTable.Style) -> CopiedCSV? {
        guard style.csvSeparator != ",", let sign = style.csvSeparator.utf8.first else { return nil }
        var options = CopyOptions()
        (options.form, options.delimiter, options.hasHeader) = (.csv, sign, true)
        return CopiedCSV(options)
    }

    /// - Throws: for bytes that a terminal would obey, and for a second answer where readers look for one: of two files of Parquet in one they find the last, of
    ///   two streams of Arrow the first.
    static func check(_ form: SQLForm, _ output: ShellOutput) throws {
        guard form.isBinary else { return }
        if output.isShown { throw UsageError("\(form.name) is not for a terminal: send it to a file or a program") }
        if output.hasContent { throw CommandError("\(form.name) is one answer in one file: send each to its own, as by \\g FILE") }
    }

    /// One page, and where that is not all of them the whole answer as it streams: each further page would run the query again.
    static func eachPart(_ query: String, _ endpoint: any SQLEndpoint, _ body: (_ columns: [(name: String, type: String)], _ rows: [[JSONValue]]) throws -> Void) throws {
        let page = try endpoint.page(query, cursor: nil)
        guard case .array(let columns)? = page["columns"], case .array(let rows)? = page["rows"] else {
            throw CommandError("the answer has no columns and rows")
        }
        let names = columns.map { (name: $0["name"]?.text ?? "", type: $0["type"]?.text ?? "") }
        guard page["next_cursor"]?.text != nil else {
            return try body(names, rows.map { row in if case .array(let cells) = row { cells } else { [] } })
        }
        var lines = LineRows(columnCount: names.count)
        try endpoint.stream(query, mediaType: SQLForm.lines.rawValue) { bytes in try lines.add(bytes) { try body(names, $0) } }
        try lines.finish { try body(names, $0) }
    }

    private static func writeTable(_ parts: Parts, _ expansion: SQLShell.Expansion, _ style: ResultTable.Style, _ output: ShellOutput) throws -> Int {
        if style.layout == .html { return try writeHTML(parts, expansion == .on, style, output) }
        let isShown = output.isShown
        let limit: Int? = style.columnCount > 0 ? style.columnCount : isShown ? Terminal.screenWidth : nil
        var count = 0, end = ""
        // As the first part asks for.
        var isExpanded: Bool?
        try parts { columns, rows in
            // A single value a line would be no narrower.
            let isWide = expansion == .auto && style.isBoxed && columns.count > 1 && limit.map { ResultTable.width(columns: columns, rows: rows, style: style, limit: $0) > $0 } ?? false
            let isRecords = isExpanded ?? (expansion == .on || isWide)
            let part =
                isRecords
                ? ResultTable.records(columns: columns, rows: rows, first: count + 1, style: style, limit: limit, isShown: isShown)
                : ResultTable.part(columns: columns, rows: rows, isFirst: isExpanded == nil, style: style, limit: limit, isShown: isShown)
            output.write(part.text)
            (isExpanded, end) = (isRecords, part.end)
            count += rows.count
            if output.isLeft { throw AnswerLeft() }
        }
        // As psql, which counts no records that have numbers.
        let isCounted = isExpanded != true || count == 0 && style.isBoxed
        let footer = style.showsCount && !style.showsRowsOnly && isCounted ? "(\(count) \(count == 1 ? "row" : "rows"))" : ""
        if style.isBoxed || footer.isEmpty { output.write(end + (footer.isEmpty ? "" : footer + "\n")) } else { output.write(style.recordSeparator + footer + end) }
        return count
    }

    private static func writeHTML(_ parts: Parts, _ isExpanded: Bool, _ style: ResultTable.Style, _ output: ShellOutput) throws -> Int {
        var count = 0, isFirst = true
        try parts { columns, rows in
            if isFirst { output.write(HTMLTable.head(columns: columns, style: style, isExpanded: isExpanded)) }
            isFirst = false
            output.write(isExpanded ? HTMLTable.expanded(columns: columns, rows, first: count + 1, style: style) : HTMLTable.rows(columns: columns, rows, style: style))
            count += rows.count
            if output.isLeft { throw AnswerLeft() }
        }
        output.write(HTMLTable.end(count: count, style: style, isExpanded: isExpanded))
        return count
    }

    /// - Parameter isList: a list of objects; else one a line.
    private static func writeObjects(_ parts: Parts, _ output: ShellOutput, isList: Bool) throws -> Int {
        var count = 0
        try parts { columns, rows in
            let names = ResultColumn.distinctNames(columns.map { $0.name })
            var text: [UInt8] = []
            for row in rows {
                if isList { text.append(contentsOf: (count == 0 ? "[\n" : ",\n").utf8) }
                count += 1
                let members = zip(names, row).map { JSONValue.Member($0, $1) }
                text.append(contentsOf: JSONValue.object(members).serialized)
                if !isList { text.append(0x0A) }
            }
            output.write(text[...])
            if output.isLeft { throw AnswerLeft() }
        }
        if isList { output.write(count == 0 ? "[]\n" : "\n]\n") }
        return count
    }

    /// As the server writes it, but that nothing stands for an empty text, either, as in psql.
    private static func writeCSV(_ parts: Parts, _ expansion: SQLShell.Expansion, _ style: ResultTable.Style, _ output: ShellOutput) throws -> Int {
        var options = CopyOptions()
        options.form = .csv
        let writer = CopyWriter(options)
        var table = CSVTable(showsNames: !style.showsRowsOnly, isExpanded: expansion == .on)
        var copy = separated(by: style)
        var count = 0, isFirst = true
        func write(_ values: [String?]) throws {
            var bytes = writer.row(values.map { $0.map { Array($0.utf8) } })
            bytes.removeLast()
            bytes.append(contentsOf: [0x0D, 0x0A])
            let shown = table.shown(bytes[...])
            output.write(try copy?.shown(shown) ?? shown)
        }
        try parts { columns, rows in
            if isFirst { try write(columns.map { $0.name }) }
            isFirst = false
            for row in rows { try write(row.map { cell in ResultTable.plain(cell).flatMap { $0.isEmpty ? nil : $0 } }) }
            count += rows.count
            if output.isLeft { throw AnswerLeft() }
        }
        return count
    }
}
