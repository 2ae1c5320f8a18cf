import ColumnStore
import Foundation
@testable import Query
import XCTest

/// Goal: EXPLAIN ANALYZE says where a query's time goes. Method: operators that sleep for known times, and Parquet files of known pages.
final class ExplainAnalyzeTests: XCTestCase {
    /// Sleeps are long beside what a busy machine adds to them.
    private static let unit: UInt32 = 120_000

    /// Works for two units on each of two workers before its streams, which take two.
    private final class Input: PreparedOperator, @unchecked Sendable {
        override func prepare(_ run: QueryRun) throws {
            try measured(run) {
                try run.parallel(2) { _ in
                    {
                        usleep(2 * ExplainAnalyzeTests.unit)
                        return false
                    }
                }
            }
        }

        override func makeStream(_ run: QueryRun, worker: Int) throws -> any BatchStream { Sleeping() }

        private final class Sleeping: BatchStream {
            private var isOver = false

            func next() -> ColumnBatch? {
                if isOver { return nil }
                isOver = true
                usleep(2 * ExplainAnalyzeTests.unit)
                return ColumnBatch(rowCount: 1, columns: [])
            }
        }
    }

    /// Takes three units for each batch of its input, and one afterwards.
    private final class Consumer: PreparedOperator, @unchecked Sendable {
        override func prepare(_ run: QueryRun) throws {
            try super.prepare(run)
            try measured(run) {
                try run.drain(inputs[0]) { _ in { _ in usleep(3 * ExplainAnalyzeTests.unit) } }
                usleep(ExplainAnalyzeTests.unit)
            }
        }
    }

    /// - Returns: whole units of the nodes' own times.
    private func ownUnits(_ shape: PlanShape, _ places: (_ consumer: Consumer, _ input: Input) -> Void) throws -> [Int] {
        let input = Input(columns: [], inputs: [])
        let consumer = Consumer(columns: [], inputs: [input])
        places(consumer, input)
        let figures = RunFigures(shape)
        try consumer.prepare(QueryRun(pool: WorkerPool(threadCount: 2), figures: figures))
        return shape.nodes.indices.map { figures.ownNanoseconds(PlanNodeID($0)) / 1_000 / Int(Self.unit) }
    }

    func test_ownTimes_areOfAllWorkers_withoutThoseOfInputs() throws {
        var shape = PlanShape()
        let above = shape.add(PlanShape.Node(), to: nil)
        let below = shape.add(PlanShape.Node(), to: above)
        let own = try ownUnits(shape) { consumer, input in
            input.place(at: below)
            consumer.place(at: above)
        }
        // Two workers: two batches. With a wait of one for the other it would be two units more.
        XCTAssertTrue((2 * 2 + 2 * 2..<2 * 2 + 2 * 2 + 2).contains(own[1]), "\(own)")
        XCTAssertTrue((2 * 3 + 1..<2 * 3 + 1 + 2).contains(own[0]), "\(own)")
    }

    func test_ownTimes_ofAnOperatorWithinANode_countWithTheNode() throws {
        var shape = PlanShape()
        let only = shape.add(PlanShape.Node(), to: nil)
        let own = try ownUnits(shape) { consumer, _ in consumer.place(at: only) }
        let all = 2 * 2 + 2 * 2 + 2 * 3 + 1
        XCTAssertTrue((all..<all + 4).contains(own[0]), "\(own)")
    }

    private static func file(_ numbers: some Collection<Int>, _ encoding: ColumnWriterOptions.Encoding = .automatic) throws -> ParquetFile {
        var builder = ColumnBuilder(type: .int64)
        for number in numbers { builder.append(.integer(Int64(number))) }
        var options = WriterOptions()
        options.rowGroupRowCount = 1_000
        options.pageRowCount = 100
        options.defaultColumn.encoding = encoding
        let sink = MemorySink()
        let writer = try FileWriter(Schema([Field("n", .int64)]), options: options, to: sink)
        try writer.append(ColumnBatch(rowCount: numbers.count, columns: [builder.finish()]))
        _ = try writer.finish()
        return try ParquetFile(MemoryBytes(sink.bytes, name: "image"))
    }

    func test_scan_saysWhatItReadOfHowMuch_andWhereItsTimeWent() throws {
        let table = try ParquetTable(files: [try Self.file(0..<2_000), try Self.file(2_000..<4_000)])
        let fixture = QueryFixture([("t", table)])
        let lines = try fixture.rows("EXPLAIN ANALYZE SELECT count(*), sum(n) FROM t WHERE n BETWEEN 150 AND 249").split(separator: "|").map(String.init)
        let read = try XCTUnwrap(lines.first { $0.contains("read: ") }, "\(lines)")
        XCTAssertTrue(read.contains("read: 1 of 2 files, 1 of 2 row groups, 2 of 10 pages, 200 of 4000 rows, "), read)
        XCTAssertNotNil(read.range(of: #"[0-9]+ bytes, of [0-9]+ in the columns of these row groups"#, options: .regularExpression), read)
        let time = try XCTUnwrap(lines.first { $0.contains("time: ") }, "\(lines)")
        let parts = #"time: [0-9.e-]+ ms reading, [0-9.e-]+ ms inflating, [0-9.e-]+ ms decoding, [0-9.e-]+ ms filtering, [0-9.e-]+ ms else"#
        XCTAssertNotNil(time.range(of: parts, options: .regularExpression), time)
        let last = try XCTUnwrap(lines.last)
        XCTAssertNotNil(last.range(of: #"^"?1 rows in [0-9.e-]+ ms, planned in [0-9.e-]+ ms; 200 rows scanned"#, options: .regularExpression), last)
    }

    /// The days of a season are more than the weeks of a year, and still leave most of these out.
    func test_scan_besideMoreKeysThanItHasValues_readsTheirSpanOnly() throws {
        let weeks = try ParquetTable(files: [try Self.file((0..<2_000).map { $0 / 40 * 7 }, .dictionary)])
        let days = try ParquetTable(files: [try Self.file(100..<200)])
        let fixture = QueryFixture([("weeks", weeks), ("days", days)])
        let lines = try fixture.rows("EXPLAIN ANALYZE SELECT count(*) FROM weeks w JOIN days d ON w.n = d.n").split(separator: "|").map(String.init)
        let read = lines.filter { $0.contains("read: ") }
        XCTAssertTrue(read.contains { $0.contains("6 of 20 pages, 600 of 2000 rows") }, "\(lines)")
    }

    func test_scan_thatTellsOfRowsOnly_hasNoFurtherLines() {
        var counts = ScanCounts()
        counts.rowsScanned = 7
        XCTAssertEqual(Explain.lines(counts, ownNanoseconds: 1_000), [])
    }
}
