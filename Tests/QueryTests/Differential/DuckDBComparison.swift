import ColumnStore
import Foundation
import Query
import TestSupport
import XCTest

/// Runs the same queries here and in DuckDB over the same rows; `Tests/Reference/duckdb_compare.py` compares the answers.
struct DuckDBComparison {
    struct Table {
        var name: String
        var fields: [Field]
        var rows: [[Value]]
    }

    var tables: [Table]
    var threads = 2
    var queryMemory = 256 << 20
    var batchRowCount = 100
    var usesDictionaries = true

    /// A query in our dialect and, where it must differ, in DuckDB's.
    struct Query: ExpressibleByStringLiteral {
        var ours: String
        var duckdb: String

        init(_ ours: String, duckdb: String) {
            self.ours = ours
            self.duckdb = duckdb
        }

        init(stringLiteral value: String) { self.init(value, duckdb: value) }
    }

    private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()

    /// Every disagreement, in words; empty when there is none.
    func disagreements(_ queries: [Query]) throws -> String {
        let python = Self.root.appendingPathComponent(".venv/bin/python")
        guard FileManager.default.isExecutableFile(atPath: python.path) else {
            throw ReferenceMissing()
        }
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("till-differential-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let sources = tables.map { table in
            (table.name, QueryFixture.table(table.fields, table.rows, batchRowCount: batchRowCount, usesDictionaries: usesDictionaries))
        }
        let settings = QueryEngine.Settings(threadCount: threads, queryMemoryByteCountMax: queryMemory)
        let fixture = QueryFixture(sources.map { ($0.0, $0.1 as any TableSource) }, settings: settings)
        var described: [[String: Any]] = []
        for table in tables { described.append(try describe(table, folder)) }
        let cases = queries.map { query in answer(query, fixture) }
        let work = try JSONSerialization.data(withJSONObject: ["tables": described, "cases": cases])
        return try run(python, work)
    }

    private func describe(_ table: Table, _ folder: URL) throws -> [String: Any] {
        let columns = table.fields.map { ResultColumn(name: $0.name, type: $0.type) }
        var encoder = CSVEncoder(columns: columns)
        var bytes: [UInt8] = []
        encoder.begin(into: &bytes)
        let source = QueryFixture.table(table.fields, table.rows, batchRowCount: 1_000)
        let scan = try source.scan(ScanRequest(projection: table.fields.map { ColumnPath($0.name) }))
        while let morsel = try scan.nextMorsel() { while let batch = try morsel.next() { try encoder.append(batch, into: &bytes) } }
        let file = folder.appendingPathComponent(table.name + ".csv")
        try Data(bytes).write(to: file)
        return ["name": table.name, "file": file.path, "columns": columns.map { [$0.name, $0.typeName] }]
    }

    private func answer(_ query: Query, _ fixture: QueryFixture) -> [String: Any] {
        var result: [String: Any] = ["query": query.ours, "duckdb": query.duckdb, "error": NSNull(), "rows": []]
        do {
            var rows: [[Any]] = []
            for batch in try fixture.batches(query.ours).batches { rows += Self.cells(batch) }
            result["rows"] = rows
        } catch {
            result["error"] = "\(error)"
        }
        return result
    }

    /// Cells as CSV writes them, NULL apart.
    private static func cells(_ batch: ColumnBatch) -> [[Any]] {
        let writers = batch.columns.map { CellWriter($0) }
        var text: [UInt8] = []
        return (0..<batch.rowCount).map { row in
            writers.map { writer -> Any in
                if writer.isNull(row) { return NSNull() }
                text.removeAll(keepingCapacity: true)
                writer.appendPlain(row, to: &text)
                return String(decoding: text, as: UTF8.self)
            }
        }
    }

    private func run(_ python: URL, _ work: Data) throws -> String {
        let process = Process()
        process.executableURL = python
        process.arguments = [Self.root.appendingPathComponent("Tests/Reference/duckdb_compare.py").path]
        let (input, output) = (Pipe(), Pipe())
        process.standardInput = input
        process.standardOutput = output
        process.standardError = output
        try process.run()
        let writer = Thread { input.fileHandleForWriting.write(work); try? input.fileHandleForWriting.close() }
        writer.start()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitForEnd(times: 4)
        return text
    }
}

/// The comparison cannot run: that is a failure, not a skip, since a comparison that nobody runs finds nothing.
private struct ReferenceMissing: Error, CustomStringConvertible {
    var description: String { "no .venv/bin/python: run script/bootstrap, which installs DuckDB to compare with" }
}
