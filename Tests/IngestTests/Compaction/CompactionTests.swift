import ColumnStore
import Foundation
import Query
import Synchronization
import TestSupport
import XCTest

@testable import Documents
@testable import Ingest

/// Moving and merging change no answer: not before, not during, not after, not after a restart; outside engines read the same rows.
final class CompactionTests: XCTestCase {
    private static let fields = ["business_day", "client_id", "receipt_id", "issued_at", "total", "lines", "document", "state", "ticket_id", "sequence", "history"]

    private func fill(_ fixture: EngineFixture, _ range: Range<Int>, days: [String]) throws {
        for start in stride(from: range.lowerBound, to: range.upperBound, by: 500) {
            let lines = (start..<min(start + 500, range.upperBound)).map { number in
                EngineFixture.receipt(
                    "R-\(number)", at: "\(days[number % days.count])T\(10 + number % 10):00:00Z", total: "\(number).25", code: "48\(number % 97)")
            }
            guard case .each(let results) = fixture.take(lines.joined(separator: "\n"), .ndjson, as: .admin, client: start % 1_000 == 0 ? "c1" : "c2")
            else { return XCTFail("no results") }
            for result in results { _ = try result.get() }
        }
    }

    /// Versions of one document may lie years apart: files of the time between have none of them.
    func test_mayHave_isAskedOfEachSequence_notOfTheFirstAndTheLast() throws {
        let directory = TemporaryDirectory()
        let fixture = try EngineFixture(directory.path)
        defer { XCTAssertNoThrow(try fixture.engine.close()) }
        for number in 1...3 { _ = try fixture.taken(EngineFixture.receipt("R-\(number)")) }
        _ = try fixture.engine.compact(before: nil)
        let table = try XCTUnwrap(fixture.engine.tier.boundary.snapshot().cold["receipts"]?.iceberg)
        let file = try XCTUnwrap(try table.files().first)
        XCTAssertEqual(file.recordCount, 3)
        for (sequences, isExpected) in [([], false), ([0, 4], false), ([0], false), ([4], false), ([0, 2, 4], true), ([1], true), ([3, 9], true)] as [([Int64], Bool)] {
            XCTAssertEqual(Compactor.mayHave(sequences, file, table.schema), isExpected, "\(sequences)")
        }
        // Of a file without bounds nobody knows.
        XCTAssertTrue(Compactor.mayHave([7], DataFile(location: "x", recordCount: 3, byteCount: 1), table.schema))
    }

    func test_compact_answersStayTheSame_andRepeatsAreKnown() throws {
        let directory = TemporaryDirectory()
        let fixture = try EngineFixture(directory.path)
        let days = ["2025-12-30", "2026-01-01", "2026-03-05", "2026-03-06", "2026-11-18"]
        try fixture.keepOneRollup()
        try fill(fixture, 0..<2_000, days: days)
        let before = try fixture.walk(PageRequest(fields: Self.fields, limit: 300))
        XCTAssertEqual(before.count, 2_000)
        let first = try fixture.engine.page(PageRequest(fields: Self.fields, limit: 700), as: .admin)
        let same = EngineFixture.receipt("R-4", at: "2026-11-18T14:00:00Z", total: "4.25", code: "484")
        let ticket = try fixture.taken(same, as: .admin, client: "c1")
        XCTAssertTrue(ticket.isRepeat)

        let summary = try fixture.engine.compact(before: nil)
        XCTAssertEqual(summary.filesMoved, 1)
        XCTAssertEqual(summary.rowsMoved, 2_000)
        XCTAssertEqual(summary.filesLeft, 0)
        XCTAssertEqual(fixture.engine.tier.boundary.snapshot().files.count, 0)
        XCTAssertEqual(try fixture.walk(PageRequest(fields: Self.fields, limit: 300)), before)
        XCTAssertEqual(try fixture.walk(PageRequest(fields: Self.fields, limit: 300, cursor: first.nextCursor)), Array(before.dropFirst(700)))
        // Its hot file goes with its last reader: a thread of the last question may let go of it a little after the answer.
        let hot = directory.path + "/hot"
        try Patience.until { try FileManager.default.contentsOfDirectory(atPath: hot).isEmpty }
        XCTAssertEqual(try FileManager.default.contentsOfDirectory(atPath: hot), [])

        let again = try fixture.taken(same, as: .admin, client: "c1")
        XCTAssertTrue(again.isRepeat)
        XCTAssertEqual(again.summary.ticketID, ticket.summary.ticketID)
        XCTAssertEqual(
            fixture.refusal(EngineFixture.receipt("R-4", at: "2026-11-18T14:00:00Z", total: "4.25", code: "x"), as: .admin, client: "c1")?.code,
            .differentDocument)
        XCTAssertEqual(try fixture.engine.ticket(ticket.summary.ticketID, as: .admin).summary?.receiptID, "R-4")
        // Many at once: repeats, a conflict, and new ones among them.
        let many = (0..<20).map { number in
            EngineFixture.receipt(
                number < 15 ? "R-\(number)" : "N-\(number)", at: "\(days[number % 5])T\(10 + number % 10):00:00Z", total: "\(number).25",
                code: number == 7 ? "x" : "48\(number % 97)")
        }
        guard case .each(let results) = fixture.take(many.joined(separator: "\n"), .ndjson, as: .admin, client: "c1") else { return XCTFail("no results") }
        let shown = results.map { result in
            switch result {
            case .success(let taken): taken.isRepeat ? "repeat" : "new"
            case .failure(let problem): problem.code.rawValue
            }
        }
        XCTAssertEqual(shown, (0..<20).map { $0 == 7 ? "different-document" : $0 < 15 ? "repeat" : "new" })
        guard case .found(_, let row) = try fixture.engine.receipt(ReceiptLookup(receiptID: "R-4"), as: .admin) else { return XCTFail("not found") }
        XCTAssertEqual(row.rowCount, 1)
        XCTAssertEqual(try fixture.engine.changes(after: 1_990, limit: 100, as: .admin).changes.map(\.sequence), Array(1_991...2_005))

        try fill(fixture, 2_000..<3_000, days: days)
        let more = try fixture.walk(PageRequest(fields: Self.fields, limit: 1_000))
        XCTAssertEqual(more.count, 3_005)
        let second = try fixture.engine.compact(before: nil)
        XCTAssertEqual(second.rowsMoved, 1_005)
        XCTAssertGreaterThan(second.filesMerged, 0)
        XCTAssertEqual(try fixture.walk(PageRequest(fields: Self.fields, limit: 1_000)), more)
        try fixture.engine.close()

        let reopened = try EngineFixture(directory.path)
        XCTAssertEqual(try reopened.walk(PageRequest(fields: Self.fields, limit: 999)), more)
        let next = try reopened.taken(EngineFixture.receipt("new"))
        XCTAssertEqual(next.summary.sequence, 3_006)
        try reopened.engine.close()
    }

    /// A clock that was ahead gave its file the last day of all: its documents become cold in their turn all the same.
    func test_compact_filesLeaveInTheOrderInWhichTheyCame_whateverTheirDays() throws {
        let directory = TemporaryDirectory()
        let start: Int64 = 1_795_000_000_000_000
        let time = Atomic<Int64>(start)
        try withExtendedLifetime(time) {
            let clock = Clock { time.load(ordering: .relaxed) }
            let filled = try EngineFixture(directory.path, clock: clock)
            // The second of five is ahead, and has five rows.
            for day: Int64 in [0, 36_500, 2, 3, 4] {
                time.store(start + Clock.microsecondsPerDay * day, ordering: .relaxed)
                for row in 0..<(day > 4 ? 5 : 1) { _ = try filled.taken(EngineFixture.receipt("R-\(day)-\(row)")) }
            }
            try filled.engine.close()
            // A start finds them by their names, which are days.
            let fixture = try EngineFixture(directory.path, clock: clock)
            defer { try? fixture.engine.close() }
            XCTAssertEqual(fixture.engine.tier.boundary.snapshot().files.last?.name, "2126-10-25")
            XCTAssertEqual(try fixture.engine.compact(before: nil).filesMoved, 5)
            let totals = fixture.engine.snapshots(of: "receipts").compactMap { $0.summary.first { $0.name == "total-records" }?.value }
            XCTAssertEqual(totals.prefix(5), ["1", "6", "7", "8", "9"])
        }
    }

    func test_statistics_ofColdRows_areThoseOfTheManifests_andBytesReadGrowWithColumns() throws {
        let directory = TemporaryDirectory()
        let fixture = try EngineFixture(directory.path)
        defer { try? fixture.engine.close() }
        let tables = fixture.engine.tier.tables
        try fill(fixture, 0..<1_000, days: ["2026-01-01", "2026-03-05"])
        _ = try fixture.engine.compact(before: nil)
        func table() -> TieredTable { TieredTable(name: "receipts", boundary: fixture.engine.tier.boundary, tables: tables) }
        func day(_ text: String) throws -> Value { .integer(Int64(try XCTUnwrap(DayText.day(Substring(text))))) }
        let cold = table().statistics
        XCTAssertEqual(cold.rowCount, 1_000)
        XCTAssertEqual(cold.columns["business_day"]?.minimum, try day("2026-01-01"))
        XCTAssertEqual(cold.columns["business_day"]?.maximum, try day("2026-03-05"))
        XCTAssertEqual(cold.columns["currency"]?.nullCount, 0)
        XCTAssertEqual(cold.columns["currency"]?.minimum, .string("UAH"))
        XCTAssertEqual(cold.columns["receipt_id"]?.distinctCount, 1_000)
        // A file of other days, and hot rows beside.
        try fill(fixture, 1_000..<1_500, days: ["2025-12-30"])
        _ = try fixture.engine.compact(before: nil)
        try fill(fixture, 1_500..<1_600, days: ["2026-11-18"])
        func read(_ request: ScanRequest) throws -> (rows: Int, bytes: Int) {
            let scan = try table().scan(request)
            var rows = 0
            while let morsel = try scan.nextMorsel() { while let batch = try morsel.next() { rows += batch.rowCount } }
            return (rows, request.counters.now.bytesRead)
        }
        // What nobody has looked at yet is not laid into columns, and unknown to the planner.
        _ = try read(ScanRequest(projection: ["total"]))
        let both = table().statistics
        XCTAssertEqual(both.rowCount, 1_600)
        XCTAssertEqual(both.columns["business_day"]?.minimum, try day("2025-12-30"))
        XCTAssertEqual(both.columns["business_day"]?.maximum, try day("2026-11-18"))
        XCTAssertNil(both.columns["currency"]?.nullCount)
        let narrow = try read(ScanRequest(projection: ["total"])), wide = try read(ScanRequest(projection: ["total", "receipt_id", "document"]))
        XCTAssertEqual(narrow.rows, 1_600)
        XCTAssertGreaterThan(narrow.bytes, 100)
        XCTAssertGreaterThan(wide.bytes, narrow.bytes + 5_000)
    }

    func test_scan_countsWhatItReadsOfHotAndColdFiles() throws {
        let directory = TemporaryDirectory()
        let fixture = try EngineFixture(directory.path)
        defer { try? fixture.engine.close() }
        try fill(fixture, 0..<1_000, days: ["2026-01-01"])
        _ = try fixture.engine.compact(before: nil)
        try fill(fixture, 1_000..<1_100, days: ["2026-11-18"])
        let table = TieredTable(name: "receipts", boundary: fixture.engine.tier.boundary, tables: fixture.engine.tier.tables)
        func read(_ filters: [ColumnFilter]) throws -> ScanCounts {
            let request = ScanRequest(projection: ["total"], filters: filters)
            let scan = try table.scan(request)
            while let morsel = try scan.nextMorsel() { while try morsel.next() != nil {} }
            return request.counters.now
        }
        let all = try read([])
        XCTAssertEqual([all.rowsRead, all.rowsOffered], [1_100, 1_100])
        XCTAssertEqual([all.filesRead, all.filesPruned], [2, 0])
        XCTAssertGreaterThan(all.pagesRead, 0)
        XCTAssertGreaterThan(all.bytesRead, 0)
        XCTAssertGreaterThan(all.readerNanoseconds, 0)
        let day = try XCTUnwrap(DayText.day("2026-11-18"))
        let hot = try read([ColumnFilter("business_day", .equal(.integer(Int64(day))))])
        XCTAssertEqual([hot.rowsRead, hot.rowsOffered], [100, 1_100])
        XCTAssertEqual([hot.filesRead, hot.filesPruned], [1, 1])
        let cold = try read([ColumnFilter("business_day", .range(lower: nil, upper: .init(.integer(Int64(day)), isInclusive: false)))])
        XCTAssertEqual([cold.rowsRead, cold.rowsOffered], [1_000, 1_100])
        XCTAssertEqual([cold.filesRead, cold.filesPruned], [1, 1])
        XCTAssertEqual(cold.rowGroupsRead, 1)
    }

    func test_compact_whilePagesAndPostsRun_noRowIsLostOrDoubled() throws {
        let directory = TemporaryDirectory()
        let fixture = try EngineFixture(directory.path)
        let engine = fixture.engine
        defer { XCTAssertNoThrow(try engine.close()) }
        try fixture.keepOneRollup()
        try fill(fixture, 0..<500, days: ["2026-11-16", "2026-11-17", "2025-02-03"])
        let expected = try fixture.walk(PageRequest(fields: ["receipt_id", "total"], limit: 100))
        let watch = Watch()
        let wide = Set(expected)
        let reader = WorkerThread(name: "reader") {
            while !watch.isStopping.load(ordering: .relaxed) {
                do {
                    let rows = try EngineFixture.walk(engine, PageRequest(fields: ["receipt_id", "total"], limit: 85)).filter { wide.contains($0) }
                    if rows != expected { watch.note("\(rows.count) of \(expected.count) rows") }
                    let count = try Self.count(engine)
                    if count.rows < 500 || count.rows != count.distinct { watch.note("scan: \(count)") }
                    watch.walks.wrappingAdd(1, ordering: .relaxed)
                } catch { watch.note("\(error)") }
            }
        }
        var posted = 500
        for _ in 0..<5 {
            try fill(fixture, posted..<posted + 100, days: ["2026-11-16", "2026-11-17"])
            posted += 100
            _ = try engine.compact(before: nil)
        }
        watch.isStopping.store(true, ordering: .relaxed)
        reader.join()
        XCTAssertEqual(watch.faults, [])
        XCTAssertGreaterThan(watch.walks.load(ordering: .relaxed), 0)
        XCTAssertEqual(try Self.count(engine).rows, posted)
    }

    private final class Watch: Sendable {
        let isStopping = Atomic<Bool>(false)
        let walks = Atomic<Int>(0)
        private let noted = Mutex<[String]>([])
        func note(_ fault: String) { noted.withLock { $0.append(fault) } }
        var faults: [String] { noted.withLock { $0 } }
    }

    private static func count(_ engine: Engine) throws -> (rows: Int, distinct: Int) {
        guard let table = engine.table("receipts") else { return (0, 0) }
        let scan = try table.scan(ScanRequest(projection: ["sequence"]))
        var seen: [Int64] = []
        while let morsel = try scan.nextMorsel() {
            while let batch = try morsel.next() {
                if case .int64(let values) = batch.columns[0].flattened().values { seen += values }
            }
        }
        return (seen.count, Set(seen).count)
    }

    func test_compact_newColumnsAndMembers_reachTheColdTable() throws {
        let directory = TemporaryDirectory()
        let fixture = try EngineFixture(directory.path)
        defer { XCTAssertNoThrow(try fixture.engine.close()) }
        func type(_ version: Int, extra: String, member: String) -> [UInt8] {
            Array(#"{"name":"t1","version":\#(version),"table":"other","format":"json","match":{"/k":"t1"},"receipt_id":"/id","issued_at":"/at","columns":{"total":{"path":"/total","type":"DECIMAL(18,4)"}\#(extra),"items":{"path":"/items","columns":{"a":{"path":"/a","type":"VARCHAR"}\#(member)}}}}"#.utf8)
        }
        _ = try fixture.engine.putType(name: "t1", body: type(1, extra: "", member: ""))
        _ = try fixture.taken(#"{"k":"t1","id":"X1","at":"2026-11-17T10:00:00Z","total":1.5,"items":[{"a":"p"},{"a":"q"}]}"#)
        _ = try fixture.engine.compact(before: nil)
        _ = try fixture.engine.putType(
            name: "t1", body: type(2, extra: #","e":{"path":"/e","type":"DATE"}"#, member: #","b":{"path":"/b","type":"BIGINT"}"#))
        _ = try fixture.taken(#"{"k":"t1","id":"X2","at":"2026-11-17T11:00:00Z","total":2.5,"e":"2026-01-02","items":[{"a":"r","b":7}]}"#)
        let request = PageRequest(table: "other", fields: ["receipt_id", "total", "e", "items"])
        let expected = ["X1|15000|-|[(p,-),(q,-)]", "X2|25000|20455|[(r,7)]"]
        XCTAssertEqual(try fixture.walk(request), expected)
        _ = try fixture.engine.compact(before: nil)
        XCTAssertEqual(try fixture.walk(request), expected)
        XCTAssertEqual(fixture.engine.tier.boundary.snapshot().files.count, 0)
    }

    func test_open_afterACommitThatTheCatalogNeverTook_takesItBack() throws {
        let directory = TemporaryDirectory()
        let fixture = try EngineFixture(directory.path)
        try fill(fixture, 0..<300, days: ["2026-11-16"])
        _ = try fixture.engine.compact(before: nil)
        try fill(fixture, 300..<500, days: ["2026-11-17"])
        let expected = try fixture.walk(PageRequest(fields: Self.fields))
        // What a crash between Iceberg's commit and the catalog's leaves: the version and its files, and the hot rows too.
        let cold = try XCTUnwrap(fixture.engine.tier.boundary.snapshot().cold["receipts"])
        try fixture.engine.tier.writer.seal()
        let file = fixture.engine.tier.boundary.snapshot().files[0]
        let day = DayCompactor(file: file, bloomPaths: { _ in [] }, names: ULIDGenerator(), now: 0, isCancelled: { false })
        let written = try day.write("receipts", into: cold.iceberg)
        XCTAssertEqual(written.rowCount, 200)
        _ = try cold.iceberg.append(written.outputs.map(\.file))
        try fixture.engine.close()

        let reopened = try EngineFixture(directory.path)
        XCTAssertEqual(try reopened.walk(PageRequest(fields: Self.fields)), expected)
        _ = try reopened.engine.compact(before: nil)
        XCTAssertEqual(try reopened.walk(PageRequest(fields: Self.fields)), expected)
        try reopened.engine.close()
    }

    func test_warehouse_outsideEnginesReadTheSameRows() throws {
        let directory = TemporaryDirectory()
        let fixture = try EngineFixture(directory.path)
        defer { XCTAssertNoThrow(try fixture.engine.close()) }
        try fill(fixture, 0..<1_500, days: ["2025-12-30", "2026-01-01", "2026-03-05"])
        _ = try fixture.engine.compact(before: nil)
        try fill(fixture, 1_500..<2_500, days: ["2026-03-05"])
        _ = try fixture.engine.compact(before: nil)
        let rows = try fixture.walk(PageRequest(fields: ["receipt_id", "client_id", "total", "sequence"], limit: 10_000))
        let location = try XCTUnwrap(fixture.engine.tier.boundary.snapshot().cold["receipts"]).iceberg.metadataLocation
        let script = """
            import sys, duckdb
            from pyiceberg.table import StaticTable
            scan = StaticTable.from_metadata(sys.argv[1]).scan(selected_fields=("receipt_id", "client_id", "total", "sequence", "lines", "document"))
            table = scan.to_arrow()
            rows = table.to_pylist()
            assert all(len(row["lines"]) == 1 and row["document"].startswith(b'{"schema"') for row in rows)
            for row in rows:
                print(row["receipt_id"], row["client_id"], int(row["total"] * 10000), row["sequence"], sep="|")
            files = [task.file.file_path.removeprefix("file://") for task in scan.plan_files()]
            query = "select count(distinct receipt_id), sum(amount)::varchar from (select receipt_id, unnest(lines).amount as amount from read_parquet(?))"
            print("duckdb", *duckdb.execute(query, [files]).fetchone(), sep="|")
            """
        var output = Set(try Python.run(script, [location]).split(separator: "\n").map(String.init))
        let total = (0..<2_500).reduce(0) { $0 + $1 * 10_000 + 2_500 }
        XCTAssertNotNil(output.remove("duckdb|2500|\(total / 10_000).\(String(total % 10_000 + 10_000).dropFirst())"))
        XCTAssertEqual(output, Set(rows))
        XCTAssertEqual(rows.count, 2_500)
    }
}

/// The reference readers of the project's virtual environment.
enum Python {
    static func run(_ script: String, _ arguments: [String]) throws -> String {
        var root = URL(filePath: #filePath)
        for _ in 0..<4 { root.deleteLastPathComponent() }
        let process = Process()
        process.executableURL = root.appending(path: ".venv/bin/python")
        process.arguments = ["-c", script] + arguments
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        let bytes = output.fileHandleForReading.readDataToEndOfFile()
        process.waitForEnd()
        XCTAssertEqual(process.terminationStatus, 0)
        return String(decoding: bytes, as: UTF8.self)
    }
}
