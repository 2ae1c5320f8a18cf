import ColumnStore
import Foundation
import Query

// Times SQL over Parquet files: `till-queries [--threads N] [--repeat N] [--explain] NAME=GLOB… -- FILE.sql…`; a query a file.

var tables: [(name: String, source: any TableSource)] = []
var queries: [(name: String, text: String)] = []
var threads = 2
var repeats = 5
var explains = false
var showsRows = false
var arguments = Array(CommandLine.arguments.dropFirst())[...]
while let argument = arguments.popFirst() {
    switch argument {
    case "--threads": threads = arguments.popFirst().flatMap { Int($0) } ?? threads
    case "--repeat": repeats = arguments.popFirst().flatMap { Int($0) } ?? repeats
    case "--explain": explains = true
    case "--rows": showsRows = true
    case "--query": if let text = arguments.popFirst() { queries.append((text, text)) }
    case "--": break
    default:
        if let mark = argument.firstIndex(of: "=") {
            let table = try ParquetTable(paths: [String(argument[argument.index(after: mark)...])])
            tables.append((String(argument[..<mark]), table))
        } else {
            queries.append((URL(fileURLWithPath: argument).lastPathComponent, try String(contentsOfFile: argument, encoding: .utf8)))
        }
    }
}

let engine = QueryEngine(QueryEngine.Settings(threadCount: threads))
let catalog = FixedCatalog(tables: tables)
var total = 0.0
for (name, query) in queries {
    var text = query.trimmingCharacters(in: .whitespacesAndNewlines)
    if text.hasSuffix(";") { text.removeLast() }
    do {
        var times: [Double] = []
        var processorTimes: [Double] = []
        var rowCount = 0
        for _ in 0..<repeats {
            let start = DispatchTime.now().uptimeNanoseconds
            let processorStart = clock()
            let stream = try engine.execute(try engine.prepare(text, in: QueryContext(catalog: catalog, now: 0)))
            rowCount = 0
            while let batch = try stream.next() { rowCount += batch.rowCount }
            times.append(Double(DispatchTime.now().uptimeNanoseconds - start) / 1e6)
            processorTimes.append(Double(clock() - processorStart) * 1e3 / Double(CLOCKS_PER_SEC))
        }
        let median = times.sorted()[times.count / 2]
        total += median
        func shown(_ time: Double?) -> Double { ((time ?? 0) * 10).rounded() / 10 }
        print(
            "\(name.prefix(60)): \(rowCount) rows, \(shown(median)) ms, least \(shown(times.min())) ms, "
                + "processor least \(shown(processorTimes.min())) ms")
        if explains || showsRows {
            let shown = explains ? "EXPLAIN ANALYZE " + text : text
            let stream = try engine.execute(try engine.prepare(shown, in: QueryContext(catalog: catalog, now: 0)))
            var encoder = CSVEncoder(columns: stream.columns)
            var bytes: [UInt8] = []
            while let batch = try stream.next() { try encoder.append(batch, into: &bytes) }
            print(String(decoding: bytes, as: UTF8.self))
        }
    } catch {
        print("\(name.prefix(60)): \(error)")
    }
}
print("total: \((total * 10).rounded() / 10) ms")
