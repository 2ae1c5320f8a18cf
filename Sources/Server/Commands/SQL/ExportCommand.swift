internal import ColumnStore

/// Writes the answer to a query into a file.
enum ExportCommand: Command {
    static let name = "export"
    static let summary = "Writes the answer to a query into a file: a workbook, Parquet, CSV or NDJSON."
    static let usage = ["(--data DIR [--config FILE] | --url URL [--ca FILE | --insecure]) --format \(ExportFormat.allCases.map(\.rawValue).joined(separator: "|")) --out FILE [--time-zone ZONE] \"QUERY\""]
    static let options =
        [
            Arguments.Option("format", "F", ExportFormat.words + "."),
            .init("out", "FILE", "Where to; a file that is there is replaced once the answer is whole."),
            .init("time-zone", "ZONE", "Of the query, as Europe/Kyiv (UTC)."),
        ] + StoreAccess.options

    private static let lookSeconds = 0.2
    private static let pause = Monitor(false)

    static var outcomes: Outcomes { Outcomes(done: "the file is whole", failed: "the query is wrong, or its answer could not be made or written; nothing is at FILE that was not") }

    static func run(_ arguments: Arguments) throws -> Int32 {
        let format = try arguments.required("format")
        let path = try arguments.required("out")
        guard let query = arguments.operands.first, arguments.operands.count == 1 else { throw UsageError("one query is wanted, in quotes") }
        guard ExportFormat(rawValue: format) != nil else { throw UsageError("--format is one of \(ExportFormat.allCases.map(\.rawValue).joined(separator: ", ")), not \(format)") }
        let store = try StoreAccess(arguments, isReading: true)
        var members: [JSONValue.Member] = [.init("query", .string(query)), .init("format", .string(format)), .init("expires_in", .string("1h"))]
        if let zone = try arguments.one("time-zone") { members.append(.init("time_zone", .string(zone))) }
        let accepted = try APIClient.succeed(
            try store.client.call("POST", "/v1/exports", headers: [("Content-Type", "application/json")], body: JSONValue.object(members).serialized))
        guard let id = try JSONParser.parse(accepted.body)["export_id"]?.text else { throw CommandError("the server's answer names no export") }
        let (rows, isDirect) = try fetch(id, store, to: path)
        _ = try APIClient.succeed(try store.client.call("DELETE", "/v1/exports/\(id)"))
        try store.close()
        let end = "\(rows) row\(rows == 1 ? "" : "s") in \(path)\n"
        // Standard output may be where the answer went: it is no part of that.
        if isDirect { Terminal.writeError(end) } else { Terminal.write(end) }
        return ExitStatus.done
    }

    /// - Returns: how many rows, and whether they went to what is no file.
    private static func fetch(_ id: String, _ store: StoreAccess, to path: String) throws -> (rows: Int, isDirect: Bool) {
        var bar = ProgressBar()
        while true {
            let export = try JSONParser.parse(try APIClient.succeed(try store.client.call("GET", "/v1/exports/\(id)")).body)
            let rows = export["rows"]?.integer ?? 0
            switch export["state"]?.text {
            case "RUNNING":
                bar.show(fraction: nil, count: rows, unit: "rows")
                _ = pause.wait(seconds: lookSeconds) { $0 ? true : nil }
            case "DONE":
                bar.show(fraction: 1, count: rows, unit: "rows", isLast: true)
                return (rows: rows, isDirect: try save(export, store, to: path))
            default:
                throw CommandError(export["problem"]?["detail"]?.text ?? "the export is \(export["state"]?.text ?? "gone")")
            }
        }
    }

    /// As it comes: the file may be larger than memory.
    ///
    /// - Returns: whether it went to what is no file.
    private static func save(_ export: JSONValue, _ store: StoreAccess, to path: String) throws -> Bool {
        guard let url = export["url"]?.text, let place = url.firstRange(of: "/v1/exports/"), let byteCount = export["bytes"]?.integer else {
            throw CommandError("the server's answer names no file")
        }
        let target = String(url[place.lowerBound...])
        let file = try PartialFile(path)
        var received = 0
        _ = try APIClient.succeed(
            try store.client.stream("GET", target) { bytes in
                received += bytes.count
                try file.write(bytes)
            })
        guard received == byteCount else { throw CommandError("the server sent \(received) bytes of \(byteCount)") }
        try file.finish(sha256: export["sha256"]?.text)
        return file.isDirect
    }
}
