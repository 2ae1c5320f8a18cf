import ColumnStore
import Foundation
import TestSupport
import XCTest

@testable import Documents
@testable import Ingest
@testable import Query

/// Goal: whatever is missing of sums, a store starts, answers from rows, says so, and makes them again. Method: a store of some files, of whose sums
/// everything is taken away once: entries of the table, its files, its manifests, its metadata.
final class RollupOpeningTests: XCTestCase {
    private let engine = QueryEngine(.init(threadCount: 1))
    private static let question = "SELECT client_id, count(*), sum(total) FROM receipts_accepted GROUP BY 1"

    private func rows(_ store: Engine, rollups: Bool = true) throws -> [String] {
        var context = QueryContext(catalog: try store.catalog(as: .admin, upTo: nil).catalog, now: 0)
        context.usesRollups = rollups
        let stream = try engine.execute(try engine.prepare(Self.question, in: context))
        var rows: [String] = []
        while let batch = try stream.next() { rows += EngineFixture.texts(batch) }
        return rows.sorted()
    }

    /// Cold files of two years, which do not merge.
    private func make(_ directory: TemporaryDirectory) throws -> (answer: [String], parts: [String]) {
        let fixture = try EngineFixture(directory.path)
        for year in [2020, 2022, 2024] {
            _ = fixture.take((0..<10).map { EngineFixture.receipt("R-\(year)-\($0)", at: "\(year)-03-1\($0)T10:00:00Z", total: "\($0).50") }.joined(separator: "\n"), .ndjson)
            _ = try fixture.engine.compact(before: nil)
        }
        let state = try XCTUnwrap(fixture.engine.tier.boundary.rollups["receipts_by_day"])
        XCTAssertEqual(state.coveredCount, 3)
        let answer = try rows(fixture.engine, rollups: false)
        XCTAssertEqual(try rows(fixture.engine), answer)
        try fixture.engine.close()
        return (answer, Set(state.files.values.compactMap(\.part)).sorted())
    }

    private func check(_ directory: TemporaryDirectory, _ answer: [String], covered: Int, _ what: String) throws {
        let fixture = try EngineFixture(directory.path) { $0.compaction.fillsAtStart = false }
        let state = try XCTUnwrap(fixture.engine.tier.boundary.rollups["receipts_by_day"], what)
        XCTAssertEqual(state.coveredCount, covered, what)
        let progress = try XCTUnwrap(fixture.engine.rollups(after: nil, limit: 100, as: .admin).first { $0.definition.name == "receipts_by_day" }).progress
        XCTAssertEqual(progress.waiting.count, 3 - covered, "\(what): what is missing is told")
        XCTAssertEqual(try rows(fixture.engine), answer, what)
        while try fixture.engine.compactor.exclusively({ try fixture.engine.compactor.fillSome() }) {}
        XCTAssertEqual(fixture.engine.tier.boundary.rollups["receipts_by_day"]?.coveredCount, 3, "\(what): filled again")
        XCTAssertEqual(try rows(fixture.engine), answer, what)
        try fixture.engine.close()
        let verifier = try Verifier(path: directory.path)
        verifier.makesAllSums = true
        XCTAssertEqual(verifier.run().findings.map(\.description), [], what)
        let again = try EngineFixture(directory.path) { $0.compaction.fillsAtStart = false }
        XCTAssertEqual(again.engine.tier.boundary.rollups["receipts_by_day"]?.coveredCount, 3, "\(what): and stays so")
        try again.engine.close()
    }

    func test_catalogNamesSumsThatTheTableLacks_opens_andMakesThemAgain() throws {
        let directory = TemporaryDirectory()
        let (answer, parts) = try make(directory)
        XCTAssertEqual(parts.count, 3)
        try SQLiteConnection(path: "\(directory.path)/catalog.sqlite", mode: .readWrite).execute("UPDATE rollup_files SET part = 'data/none.parquet' WHERE rollup = 'receipts_by_day' AND part = '\(parts[0])'")
        let found = try Verifier(path: directory.path).run().findings.map(\.description)
        XCTAssertTrue(found.contains { $0.contains("the catalog names sums of") }, "\(found)")
        try check(directory, answer, covered: 2, "one file of sums that the table lacks")
    }

    /// Versions of before kept dates for keys that are instants.
    func test_sumsWithAKeyOfAnotherType_areMadeAgain() throws {
        let directory = TemporaryDirectory()
        func key(_ rest: String) -> String { #"{"name":"by_month","table":"receipts","group_by":{"m":"date_trunc('month', business_day\#(rest))"},"measures":{"n":"count(*)"}}"# }
        let fixture = try EngineFixture(directory.path)
        _ = try fixture.engine.putRollup(name: "by_month", body: try JSONParser.parse(Array(key("").utf8)))
        _ = fixture.take(EngineFixture.receipt("R-1", at: "2020-03-10T10:00:00Z"), .ndjson)
        _ = try fixture.engine.compact(before: nil)
        XCTAssertEqual(fixture.engine.tier.boundary.rollups["by_month"]?.coveredCount, 1)
        try fixture.engine.close()
        // As it would lie there, the other way round.
        let catalog = try SQLiteConnection(path: "\(directory.path)/catalog.sqlite", mode: .readWrite)
        let update = try catalog.statement("UPDATE rollups SET json = ?1 WHERE name = 'by_month'")
        try update.bind(1, try JSONParser.parse(Array(key(", 'Europe/Berlin'").utf8)).serialized)
        try update.run()
        update.reset()
        try catalog.checkpoint(.truncate)
        let again = try EngineFixture(directory.path) { $0.compaction.fillsAtStart = false }
        XCTAssertEqual(again.engine.tier.boundary.rollups["by_month"]?.coveredCount, 0)
        while try again.engine.compactor.exclusively({ try again.engine.compactor.fillSome() }) {}
        XCTAssertEqual(again.engine.tier.boundary.rollups["by_month"]?.coveredCount, 1)
        try again.engine.close()
    }

    func test_sumsThatAreNoLongerOnTheDisk_areMadeAgain() throws {
        let directory = TemporaryDirectory()
        let (answer, parts) = try make(directory)
        let folder = "\(directory.path)/warehouse/rollup_receipts_by_day/"
        let kept = try XCTUnwrap(FileManager.default.contents(atPath: folder + parts[1]))
        try FileManager.default.removeItem(atPath: folder + parts[1])
        let fixture = try EngineFixture(directory.path) { $0.compaction.fillsAtStart = false }
        let state = try XCTUnwrap(fixture.engine.tier.boundary.rollups["receipts_by_day"])
        XCTAssertEqual([state.coveredCount, state.waiting.count], [2, 1])
        XCTAssertEqual(try rows(fixture.engine), answer)
        try fixture.engine.close()
        // Older snapshots have it: put back, nothing is amiss.
        try kept.write(to: URL(fileURLWithPath: folder + parts[1]))
        try check(directory, answer, covered: 2, "a file that was gone")
    }

    func test_damageOfSums_isToldAsSuch() {
        func detail(_ table: String) -> String { DamagedColdFile(table: table, location: "file:///x/y.parquet", rowGroup: nil, reason: "gone").fault.detail }
        XCTAssertTrue(detail("rollup_by_day").contains("with rollups off"))
        XCTAssertTrue(detail("receipts").contains("backup"))
    }

    func test_sumsWithoutMetadata_orManifests_areMadeAgain() throws {
        for what in ["metadata", "manifests"] {
            let directory = TemporaryDirectory()
            let (answer, _) = try make(directory)
            let folder = URL(fileURLWithPath: "\(directory.path)/warehouse/rollup_receipts_by_day/metadata")
            for file in try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil) {
                if what == "metadata" ? file.lastPathComponent.hasSuffix(".metadata.json") : file.pathExtension == "avro" { try FileManager.default.removeItem(at: file) }
            }
            try check(directory, answer, covered: 0, "no \(what)")
        }
    }

    /// Outside engines go by the hint: a wrong one shows them earlier sums, or none.
    func test_hintOfSums_isProved() throws {
        for text in ["1", "99", "x"] {
            let directory = TemporaryDirectory()
            _ = try make(directory)
            let path = "\(directory.path)/warehouse/rollup_receipts_by_day/metadata/version-hint.text"
            try Data(text.utf8).write(to: URL(fileURLWithPath: path))
            let found = try Verifier(path: directory.path).run().findings
            XCTAssertTrue(found.contains { $0.path == path && $0.description.contains("says \"\(text)\"") }, "\(text): \(found)")
        }
    }
}
