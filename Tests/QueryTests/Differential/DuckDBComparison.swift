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
        // Written by hand: answers are hundreds of thousands of cells, each of which Foundation would wrap.
        var work = Array(#"{"tables":"#.utf8) + (try JSONSerialization.data(withJSONObject: described)) + Array(#","cases":["#.utf8)
        for (number, query) in queries.enumerated() {
            if number > 0 { work.append(UInt8(ascii: ",")) }
            append(query, fixture, to: &work)
        }
        work += Array("]}".utf8)
        return try run(python, Data(work))
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

    private func append(_ query: Query, _ fixture: QueryFixture, to text: inout [UInt8]) {
        func append(_ plain: String, _ string: String) {
            text += Array(plain.utf8)
            JSONString.append(string.utf8, to: &text)
        }
        append(#"{"query":"#, query.ours)
        append(#","duckdb":"#, query.duckdb)
        do {
            let batches = try fixture.batches(query.ours).batches
            text += Array(#","error":null,"rows":["#.utf8)
            var isFirst = true
            for batch in batches { Self.append(batch, &isFirst, to: &text) }
        } catch {
            append(#","error":"#, "\(error)")
            text += Array(#","rows":["#.utf8)
        }
        text += Array("]}".utf8)
    }

    /// Cells as CSV writes them, NULL apart.
    private static func append(_ batch: ColumnBatch, _ isFirst: inout Bool, to text: inout [UInt8]) {
        let writers = batch.columns.map { CellWriter($0) }
        let null = Array("null".utf8)
        var cell: [UInt8] = []
        for row in 0..<batch.rowCount {
            text.append(contentsOf: isFirst ? [UInt8(ascii: "[")] : [UInt8(ascii: ","), UInt8(ascii: "[")])
            isFirst = false
            for (place, writer) in writers.enumerated() {
                if place > 0 { text.append(UInt8(ascii: ",")) }
                if writer.isNull(row) {
                    text.append(contentsOf: null)
                    continue
                }
                cell.removeAll(keepingCapacity: true)
                writer.appendPlain(row, to: &cell)
                JSONString.append(cell, to: &text)
            }
            text.append(UInt8(ascii: "]"))
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
