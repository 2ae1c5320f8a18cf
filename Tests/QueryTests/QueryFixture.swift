import ColumnStore
import Glibc
import Query
import XCTest

/// Tables in memory and queries over them, for tests that speak SQL.
struct QueryFixture {
    var engine: QueryEngine
    var catalog: FixedCatalog
    var now: Int64 = 1_763_640_000_000_000
    var timeZone = "UTC"
    var forms = ValueForms.plain

    init(_ tables: [(name: String, source: any TableSource)] = [], threads: Int = 2, settings: QueryEngine.Settings? = nil) {
        engine = QueryEngine(settings ?? QueryEngine.Settings(threadCount: threads))
        catalog = FixedCatalog(tables: tables)
    }

    func batches(_ text: String, parameters: [QueryParameter] = []) throws -> (columns: [ResultColumn], batches: [ColumnBatch]) {
        var context = QueryContext(catalog: catalog, parameters: parameters, timeZone: timeZone, now: now)
        context.forms = forms
        let prepared = try engine.prepare(text, in: context)
        _ = try VerifiedPlan.make(text, in: context)
        let stream = try engine.execute(prepared)
        var batches: [ColumnBatch] = []
        while let batch = try stream.next() {
            XCTAssertNil(BatchInvariants.fault(in: batch, types: stream.columns.map(\.type)), text)
            batches.append(batch)
        }
        return (stream.columns, batches)
    }

    /// Rows as CSV without header, lines joined by `|`: short to write down and exact.
    func rows(_ text: String, parameters: [QueryParameter] = []) throws -> String {
        let (columns, batches) = try batches(text, parameters: parameters)
        var encoder = CSVEncoder(columns: columns)
        var buffer: [UInt8] = []
        for batch in batches { try encoder.append(batch, into: &buffer) }
        return String(decoding: Self.joined(buffer), as: UTF8.self)
    }

    /// Lines that end with CR LF, joined by `|`: byte by byte, since answers are long, and walking a text by its characters is slow.
    private static func joined(_ lines: [UInt8]) -> [UInt8] {
        lines.withUnsafeBytes { all in
            var joined: [UInt8] = []
            joined.reserveCapacity(all.count)
            var rest = all.dropLast(2)
            while let base = UnsafeRawBufferPointer(rebasing: rest).baseAddress, let found = memchr(base, 0x0D, rest.count) {
                let place = rest.startIndex + (UnsafeRawPointer(found) - UnsafeRawPointer(base))
                let isEnd = place + 1 < rest.endIndex && rest[place + 1] == 0x0A
                joined.append(contentsOf: UnsafeRawBufferPointer(rebasing: rest[..<place]))
                joined.append(isEnd ? UInt8(ascii: "|") : 0x0D)
                rest = rest[(place + (isEnd ? 2 : 1))...]
            }
            joined.append(contentsOf: UnsafeRawBufferPointer(rebasing: rest))
            return joined
        }
    }

    func error(_ text: String, parameters: [QueryParameter] = []) -> QueryError? {
        do {
            _ = try rows(text, parameters: parameters)
            return nil
        } catch {
            return error as? QueryError
        }
    }

    /// A table of values, cut into batches of `batchRowCount` rows, texts in dictionaries when `usesDictionaries`.
    static func table(
        _ fields: [Field], _ rows: [[Value]], batchRowCount: Int = 3, usesDictionaries: Bool = false
    ) -> MemoryTable {
        var batches: [ColumnBatch] = []
        for start in stride(from: 0, to: rows.count, by: batchRowCount) {
            let part = rows[start..<min(start + batchRowCount, rows.count)]
            let columns = fields.enumerated().map { index, field -> Column in
                var builder = ColumnBuilder(type: field.type)
                for row in part { builder.append(row[index]) }
                let column = builder.finish()
                return usesDictionaries && !field.type.isNested ? dictionaryEncoded(column) : column
            }
            batches.append(ColumnBatch(rowCount: part.count, columns: columns))
        }
        return MemoryTable(schema: Schema(fields), batches: batches)
    }

    static func dictionaryEncoded(_ column: Column) -> Column {
        guard column.count > 0, column.nullCount < column.count else { return column }
        var codes: [UInt32] = []
        var places: [Value: UInt32] = [:]
        var entries = ColumnBuilder(type: column.type)
        for row in 0..<column.count {
            let value = column.value(at: row)
            if value.isNull {
                codes.append(0)
            } else if let known = places[value] {
                codes.append(known)
            } else {
                places[value] = UInt32(entries.count)
                codes.append(UInt32(entries.count))
                entries.append(value)
            }
        }
        return Column(
            type: column.type, count: column.count, validity: column.validity,
            values: .dictionary(codes: codes, DictionaryValues(values: entries.finish())))
    }
}
