import ColumnStore
import Foundation
import Query
import TestSupport

/// Runs a question as the server would, over a few small tables, with little memory and little time, and holds the outcome against what the
/// contract says of every question.
enum SQLTrial {
    /// In seconds: what takes longer is cancelled, as a client's question would be.
    private static let secondsMax = 0.25
    /// A question may ask for a row of a megabyte a million times.
    private static let answerByteCountMax = 4 << 20
    private static let now: Int64 = 1_795_176_000_000_000

    private static let engine = QueryEngine(
        QueryEngine.Settings(
            threadCount: 1, memoryByteCountMax: 48 << 20, queryMemoryByteCountMax: 24 << 20,
            spillDirectory: ProcessInfo.processInfo.environment["TMPDIR"] ?? "/tmp", spillByteCountMax: 64 << 20))

    /// The answer as CSV.
    ///
    /// - Throws: the refusal.
    @discardableResult
    static func answer(_ text: String, parameters: [QueryParameter] = [], timeZone: String = "UTC") throws -> [UInt8] {
        do {
            let context = QueryContext(catalog: SQLTables.catalog, parameters: parameters, timeZone: timeZone, now: now)
            let cancellation = Cancellation(timeLimitSeconds: secondsMax)
            let prepared = try engine.prepare(text, in: context, cancellation: cancellation)
            return try read(try engine.execute(prepared, cancellation: cancellation))
        } catch {
            check(error, text)
            throw error
        }
    }

    private static func read(_ stream: ResultStream) throws -> [UInt8] {
        var encoder = CSVEncoder(columns: stream.columns)
        var json = JSONPageEncoder(columns: stream.columns)
        var (bytes, other) = ([UInt8](), [UInt8]())
        encoder.begin(into: &bytes)
        while bytes.count < answerByteCountMax, other.count < answerByteCountMax, let batch = try stream.next() {
            precondition(batch.rowCount > 0 && batch.columns.count == stream.columns.count, "a batch of another shape")
            for column in batch.columns { ColumnSoundness.check(column) }
            try encoder.append(batch, into: &bytes)
            try json.append(batch, into: &other)
        }
        stream.cancel()
        return bytes
    }

    /// What a question is refused with is the contract's, says where, and speaks.
    private static func check(_ error: any Error, _ text: String) {
        guard let error = error as? QueryError else { preconditionFailure("a question fails with \(error)") }
        precondition(!error.detail.isEmpty, "a refusal without a reason")
        if let position = error.position { precondition(position >= 1 && position <= text.unicodeScalars.count + 1, "an error at \(position), outside of the text") }
    }
}

/// What the questions are asked of: the tables of the golden files, and one of values at the ends of their types.
enum SQLTables {
    static let catalog: FixedCatalog = {
        let views = GoldenQueries.blocks("tables.txt").compactMap { block -> (name: String, entry: CatalogEntry)? in
            let parts = block.split(separator: ":", maxSplits: 1)
            return parts.count == 2 ? (String(parts[0]), .view(query: String(parts[1]))) : nil
        }
        let tables: [(name: String, entry: CatalogEntry)] = [("r", .table(receipts, scope: [])), ("x", .table(extremes, scope: []))]
        return FixedCatalog(views + tables)
    }()

    private static let receipts: MemoryTable = {
        let line = Field(
            "element",
            .structure([Field("code", .string), Field("category", .string), Field("qty", .int32), Field("amount", .decimal(precision: 18, scale: 4))]))
        let fields = [
            Field("id", .string), Field("day", .date), Field("total", .decimal(precision: 18, scale: 4)), Field("lines", .list(element: line)),
            Field("tags", .list(element: Field("element", .string))),
        ]
        func item(_ number: Int64) -> Value { .structure([.string("c\(number % 3)"), number == 2 ? .null : .string("food"), .integer(number), .decimal(Int128(number))]) }
        let rows: [[Value]] = (0..<9).map { number in
            [
                .string("R\(number)"), .integer(20_000 + number), number == 3 ? .null : .decimal(Int128(number) * 10_000),
                number == 4 ? .null : .list((0..<number % 4).map(item)), .list(number % 2 == 0 ? [] : [.string("x"), .null]),
            ]
        }
        return table(fields, rows)
    }()

    private static let extremes: MemoryTable = {
        let fields = [
            Field("i", .int32), Field("n", .int64), Field("d", .decimal(precision: 38, scale: 0)), Field("e", .decimal(precision: 38, scale: 37)),
            Field("f", .double), Field("s", .string), Field("day", .date), Field("at", .timestamp(isUTC: true)), Field("local", .timestamp(isUTC: false)),
            Field("b", .boolean), Field("blob", .binary),
        ]
        let greatest = (0..<38).reduce(1 as Int128) { number, _ in number * 10 } - 1
        let rows: [[Value]] = [
            [
                .integer(Int64(Int32.max)), .integer(.max), .decimal(greatest), .decimal(greatest), .double(.greatestFiniteMagnitude), .string(""),
                .integer(2_932_896), .integer(253_402_300_799_999_999), .integer(253_402_300_799_999_999), .boolean(true), .bytes([0, 255]),
            ],
            [
                .integer(Int64(Int32.min)), .integer(.min), .decimal(-greatest), .decimal(-greatest), .double(-.infinity), .string("\u{0}é😀%_\\"),
                .integer(-719_162), .integer(-62_135_596_800_000_000), .integer(-62_135_596_800_000_000), .boolean(false), .bytes([]),
            ],
            fields.map { _ in .null },
            [
                .integer(0), .integer(0), .decimal(0), .decimal(0), .double(.nan), .string(String(repeating: "ab", count: 300)), .integer(0), .integer(0),
                .integer(0), .null, .bytes([1]),
            ],
            [
                .integer(-1), .integer(-1), .decimal(1), .decimal(1), .double(-0.0), .string("-1"), .integer(19_782), .integer(1_711_846_800_000_000),
                .integer(1_711_846_800_000_000), .boolean(true), .null,
            ],
        ]
        return table(fields, rows)
    }()

    private static func table(_ fields: [Field], _ rows: [[Value]]) -> MemoryTable {
        let batches = stride(from: 0, to: rows.count, by: 3).map { start in
            let part = rows[start..<min(start + 3, rows.count)]
            var builders = fields.map { ColumnBuilder(type: $0.type) }
            for row in part { for (index, value) in row.enumerated() { builders[index].append(value) } }
            return ColumnBatch(rowCount: part.count, columns: builders.indices.map { builders[$0].finish() })
        }
        return MemoryTable(schema: Schema(fields), batches: batches)
    }
}

/// The questions of `Tests/QueryTests/Golden`, without their answers.
enum GoldenQueries {
    static func blocks(_ file: String) -> [String] {
        let path = Project.root.appendingPathComponent("Tests/QueryTests/Golden/\(file)").path
        // A door whose seeds are not there would look as if it were tried.
        guard let text = try? String(contentsOfFile: path, encoding: .utf8) else { preconditionFailure("\(path) cannot be read") }
        return text.components(separatedBy: "\n\n").map { block in
            block.components(separatedBy: "\n----")[0].trimmingCharacters(in: .newlines)
        }.filter { !$0.isEmpty }
    }

    static let all = ["errors.txt", "expressions.txt", "queries.txt", "lists.txt", "plans.txt", "times.txt"].flatMap(blocks)
}
