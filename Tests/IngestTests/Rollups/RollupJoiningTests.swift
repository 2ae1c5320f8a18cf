import ColumnStore
import TestSupport
import XCTest

@testable import Documents
@testable import Ingest
@testable import Query

/// Goal: sums of files that merge, and small files of sums, become one without their rows being read again; and are those of the rows. Method: a store with
/// a file of each of many years, which never merge, so that their sums do; then more receipts of one year.
final class RollupJoiningTests: XCTestCase {
    private let engine = QueryEngine(.init(threadCount: 1))
    private static let question = "SELECT client_id, EXTRACT(year FROM business_day), count(*), sum(total) FROM receipts_accepted GROUP BY 1, 2"

    private func rows(_ text: String, _ store: Engine, rollups: Bool = true, upTo sequence: Int64? = nil) throws -> [String] {
        var context = QueryContext(catalog: try store.catalog(as: .admin, upTo: sequence).catalog, now: 0)
        context.usesRollups = rollups
        let stream = try engine.execute(try engine.prepare(text, in: context))
        var rows: [String] = []
        while let batch = try stream.next() { rows += EngineFixture.texts(batch) }
        return rows.sorted()
    }

    private func take(_ fixture: EngineFixture, year: Int, _ numbers: Range<Int>) {
        let lines = numbers.map { EngineFixture.receipt("R-\(year)-\($0)", at: "\(year)-0\(1 + $0 % 9)-1\($0 % 9)T10:00:00Z", total: "\($0).50") }
        _ = fixture.take(lines.joined(separator: "\n"), .ndjson)
    }

    private func parts(_ name: String, _ fixture: EngineFixture) throws -> Set<String> {
        let state = try XCTUnwrap(fixture.engine.tier.boundary.rollups[name])
        XCTAssertEqual(state.coveredCount, state.fileCount, name)
        XCTAssertEqual(state.strays, [], name)
        return Set(state.files.values.compactMap(\.part))
    }

    private func fill(_ fixture: EngineFixture) throws {
        while try fixture.engine.compactor.exclusively({ try fixture.engine.compactor.fillSome() }) {}
    }

    /// The hot files as they are, each row in a file of its year.
    private func move(_ fixture: EngineFixture) throws {
        try fixture.engine.tier.seal()
        let hot = fixture.engine.tier.boundary.snapshot().files.filter(\.state.isSealed)
        for file in hot { XCTAssertTrue(try fixture.engine.compactor.mayLeave(file)) }
        _ = try fixture.engine.compactor.exclusively { try fixture.engine.compactor.move(hot) }
    }

    func test_filesAndTheirSums_merge_andStayTheSumsOfTheRows() throws {
        let directory = TemporaryDirectory()
        let fixture = try EngineFixture(directory.path)
        for year in 2010..<2022 {
            take(fixture, year: year, 0..<8)
            try move(fixture)
        }
        let before = fixture.engine.tier.boundary.snapshot().sequence
        XCTAssertEqual(try parts("receipts_by_day", fixture).count, 12)
        try fill(fixture)
        XCTAssertEqual(try parts("receipts_by_day", fixture).count, 1, "small files of sums are one")
        XCTAssertEqual(try rows(Self.question, fixture.engine), try rows(Self.question, fixture.engine, rollups: false))
        take(fixture, year: 2015, 20..<28)
        try move(fixture)
        XCTAssertEqual(try parts("receipts_by_day", fixture).count, 2)
        let read = fixture.engine.tier.boundary.snapshot()
        _ = try fixture.engine.compact(before: nil)
        XCTAssertLessThan(fixture.engine.tier.boundary.snapshot().cold["receipts"]?.iceberg.metadata.currentSnapshotID == read.cold["receipts"]?.iceberg.metadata.currentSnapshotID ? 1 : 0, 1, "a year's two files merge")
        XCTAssertEqual(try parts("receipts_by_day", fixture).count, 1, "and so do their sums, with those of the files that share one")
        for bound in [before, nil] {
            XCTAssertEqual(try rows(Self.question, fixture.engine, upTo: bound), try rows(Self.question, fixture.engine, rollups: false, upTo: bound))
        }
        let plan = try rows("EXPLAIN \(Self.question)", fixture.engine).map { $0.trimmingCharacters(in: .whitespaces) }
        XCTAssertTrue(plan.contains("Rollup receipts_by_day (12/12)"), plan.joined(separator: "\n"))
        try fixture.engine.close()
        let verifier = try Verifier(path: directory.path)
        verifier.makesAllSums = true
        XCTAssertEqual(verifier.run().findings.map(\.description), [])
        let again = try EngineFixture(directory.path)
        XCTAssertEqual(try rows(Self.question, again.engine), try rows(Self.question, again.engine, rollups: false))
        XCTAssertEqual(try parts("customers_by_month", again).count, 1)
        try again.engine.close()
    }

    func test_outsideEngines_addThePartialSumsUp() throws {
        let directory = TemporaryDirectory()
        // With coarser ones in the same files, which nobody outside adds up besides.
        let fixture = try EngineFixture(directory.path) { $0.compaction.coarserRowCountMin = 4 }
        defer { XCTAssertNoThrow(try fixture.engine.close()) }
        for year in 2010..<2020 {
            take(fixture, year: year, 0..<8)
            try move(fixture)
            // Some joined, some not.
            if year == 2018 { try fill(fixture) }
        }
        let sums = try XCTUnwrap(fixture.engine.tier.boundary.rollups["receipts_by_day"]?.table)
        XCTAssertTrue(try sums.iceberg.files().contains { try !CoarserSums.all(of: try sums.open($0)).isEmpty })
        let revenue = try rows("SELECT client_id, count(*), sum(total) FROM receipts_accepted GROUP BY 1", fixture.engine, rollups: false)
        let customers = try rows(
            "SELECT date_trunc('month', business_day)::DATE, count(DISTINCT customer_id) FROM receipts_accepted GROUP BY 1", fixture.engine, rollups: false)
        let (output, code) = try PythonReader.run("IngestTests/Readers/read_sums.py", ["\(directory.path)/warehouse"])
        XCTAssertEqual(code, 0, output)
        XCTAssertEqual(output.split(separator: "\n").map(String.init), revenue + customers)
    }

    func test_sumsThatAreShared_andDamaged_areMadeAgainForEachFile() throws {
        let directory = TemporaryDirectory()
        var fixture = try EngineFixture(directory.path)
        for year in 2010..<2020 {
            take(fixture, year: year, 0..<8)
            try move(fixture)
        }
        try fill(fixture)
        let part = try XCTUnwrap(try parts("receipts_by_day", fixture).first)
        try fixture.engine.close()
        let path = "\(directory.path)/warehouse/rollup_receipts_by_day/\(part)"
        var bytes = try Data(contentsOf: URL(fileURLWithPath: path))
        bytes[bytes.count / 3] ^= 0x10
        try bytes.write(to: URL(fileURLWithPath: path))
        fixture = try EngineFixture(directory.path)
        take(fixture, year: 2015, 20..<28)
        // The merge cannot read the sums that are there: it makes those of its files out of rows, and the others are made afterwards.
        _ = try fixture.engine.compact(before: nil)
        try fill(fixture)
        _ = try? rows(Self.question, fixture.engine)
        try fixture.engine.compactor.exclusively { try fixture.engine.compactor.mend() }
        try fill(fixture)
        XCTAssertFalse(try parts("receipts_by_day", fixture).contains(part))
        XCTAssertEqual(try rows(Self.question, fixture.engine), try rows(Self.question, fixture.engine, rollups: false))
        try fixture.engine.close()
        // An earlier snapshot has the damaged file until it ends.
        XCTAssertEqual(try Verifier(path: directory.path).run().findings.filter { !$0.path.hasSuffix(part) }.map(\.description), [])
    }

    func test_put_keysAsDistinctAsTheReceipts_areWarnedOf() throws {
        let directory = TemporaryDirectory()
        let fixture = try EngineFixture(directory.path)
        defer { XCTAssertNoThrow(try fixture.engine.close()) }
        take(fixture, year: 2020, 0..<200)
        for (key, isWarned) in [("receipt_id", true), ("client_id", false)] {
            let text = #"{"name":"by_\#(key)","table":"receipts","group_by":{"k":"\#(key)"},"measures":{"n":"count(*)"}}"#
            _ = try fixture.engine.putRollup(name: "by_\(key)", body: try JSONParser.parse(Array(text.utf8)))
            let warning = fixture.engine.rollupWarning(name: "by_\(key)", Cancellation())
            XCTAssertEqual(warning != nil, isWarned, warning ?? key)
            if isWarned { XCTAssertTrue(warning?.contains("200 rows have 200 sums") ?? false, warning ?? "") }
        }
        let over = Cancellation()
        over.cancel()
        XCTAssertNil(fixture.engine.rollupWarning(name: "by_receipt_id", over), "a sample that was ended tells nothing, and nothing is refused")
    }
}
