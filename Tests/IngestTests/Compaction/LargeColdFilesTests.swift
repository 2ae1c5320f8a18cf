import ColumnStore
import Synchronization
import TestSupport
import XCTest

@testable import Documents
@testable import Ingest

/// Goal: a cold file whose reading takes more memory than it may keeps no other from being merged, is not taken for damaged, and shows nobody a document twice; and it is one only where it
/// cannot be read row by row either. Method: a file with long documents is opened with little memory where the table looks for open files.
final class LargeColdFilesTests: XCTestCase {
    /// Before `receipts`, in the order of their names.
    private static let type = #"{"name":"t1","version":1,"table":"other","format":"json","match":{"/k":"t1"},"receipt_id":"/id","issued_at":"/at","columns":{"total":{"path":"/total","type":"DECIMAL(18,4)"}}}"#

    private func fill(_ fixture: EngineFixture, _ round: Int) throws {
        for number in 0..<3 {
            let padding = String(repeating: "x", count: round == 0 ? 900_000 : 10)
            _ = try fixture.taken(#"{"k":"t1","id":"X-\#(round)-\#(number)","at":"2026-11-17T10:00:00Z","total":1.5,"padding":"\#(padding)"}"#)
            _ = try fixture.taken(EngineFixture.receipt("R-\(round)-\(number)"))
        }
    }

    private func table(_ fixture: EngineFixture, _ name: String) throws -> ColdTable { try XCTUnwrap(fixture.engine.tier.boundary.snapshot().cold[name]) }

    /// For as long as the table has the file, which is read with so much memory.
    private func open(_ file: DataFile, of name: String, _ fixture: EngineFixture, byteCount: Int) throws {
        let cold = try table(fixture, name)
        cold.cache.remove([file.location])
        _ = try cold.cache.file(file.location) { try ParquetFile(try cold.iceberg.open(file), options: ParquetReadOptions(memoryBudgetByteCount: byteCount)) }
        XCTAssertEqual(try cold.open(file).options.memoryBudgetByteCount, byteCount)
    }

    func test_compact_besideAFileThatTakesTooMuchMemory_goesOn() throws {
        let directory = TemporaryDirectory()
        let fixture = try EngineFixture(directory.path)
        _ = try fixture.engine.putType(name: "t1", body: Array(Self.type.utf8))
        try fill(fixture, 0)
        _ = try fixture.engine.compact(before: nil)
        let large = try XCTUnwrap(table(fixture, "other").iceberg.files().first)
        try open(large, of: "other", fixture, byteCount: 512 << 10)
        for round in 1...2 {
            try fill(fixture, round)
            let summary = try fixture.engine.compact(before: nil)
            // Of `receipts` what was there and what came; of `other` what came in both rounds, once that is two files.
            XCTAssertEqual([summary.rowsMoved, summary.filesMerged], [6, round == 1 ? 2 : 4], "round \(round)")
            XCTAssertEqual(fixture.engine.compactor.tooLarge.withLock { $0 }, [large.location], "round \(round)")
            XCTAssertTrue(fixture.engine.compactor.cold.damage.isEmpty, "round \(round)")
            let files = try table(fixture, "other").iceberg.files()
            XCTAssertEqual(files.count, 2, "round \(round)")
            XCTAssertTrue(files.contains { $0.location == large.location }, "round \(round)")
            XCTAssertEqual(try table(fixture, "receipts").iceberg.files().count, 1, "round \(round)")
        }
        try fixture.engine.close()
        XCTAssertEqual(try Verifier(path: directory.path).run().findings.map(\.description), [])
    }

    // MARK: Long documents among short ones

    private static let shortCount = 1_500
    private static let longCount = 80
    /// By what rows take on average a batch has most of the long ones, and may have all: 48 MB.
    private static let longByteCount = 600_000
    /// A page of documents may take a third of it.
    private static let budgetByteCount = 24 << 20

    /// - Parameter document: of a number, with some padding.
    private func fillUnevenly(_ fixture: EngineFixture, _ document: (Int, String) -> String) throws {
        for start in stride(from: 0, to: Self.shortCount, by: 300) {
            let lines = (start..<start + 300).map { document($0, "") }
            guard case .each(let results) = fixture.take(lines.joined(separator: "\n"), .ndjson) else { return XCTFail("no results") }
            for result in results { _ = try result.get() }
        }
        let padding = String(repeating: "x", count: Self.longByteCount)
        for number in Self.shortCount..<Self.shortCount + Self.longCount { _ = try fixture.taken(document(number, padding)) }
        _ = try fixture.engine.compact(before: nil)
    }

    func test_merge_ofAFileWhoseLongDocumentsAreNeighbours_readsThemOneByOne() throws {
        let directory = TemporaryDirectory()
        let fixture = try EngineFixture(directory.path)
        _ = try fixture.engine.putType(name: "t1", body: Array(Self.type.utf8))
        func document(_ number: Int, _ padding: String) -> String {
            #"{"k":"t1","id":"X-\#(number)","at":"2026-11-17T\#(padding.isEmpty ? 10 : 11):00:00Z","total":1.5,"padding":"\#(padding)"}"#
        }
        try fillUnevenly(fixture, document)
        let files = try table(fixture, "other").iceberg.files()
        XCTAssertEqual(files.count, 1)
        try open(files[0], of: "other", fixture, byteCount: Self.budgetByteCount)
        // Another file of about its size, so that both are merged.
        for start in stride(from: 10_000, to: 10_000 + Self.shortCount, by: 300) {
            let lines = (start..<start + 300).map { document($0, "") }
            guard case .each(let results) = fixture.take(lines.joined(separator: "\n"), .ndjson) else { return XCTFail("no results") }
            for result in results { _ = try result.get() }
        }
        let summary = try fixture.engine.compact(before: nil)
        XCTAssertEqual(fixture.engine.compactor.tooLarge.withLock { $0 }, [])
        XCTAssertEqual([summary.rowsMoved, summary.filesMerged], [Self.shortCount, 2])
        XCTAssertEqual(try table(fixture, "other").iceberg.files().map(\.recordCount), [Int64(2 * Self.shortCount + Self.longCount)])
        try fixture.engine.close()
        XCTAssertEqual(try Verifier(path: directory.path).run().findings.map(\.description), [])
    }

    // MARK: Versions

    private static let history = "licences_history"

    private func putLicence(_ fixture: EngineFixture) throws {
        let type = #"{"name":"licence","version":1,"table":"licences","format":"json","on_repeat":"replace","match":{"/schema":"licence/1"},"receipt_id":"/id","columns":{"points":{"path":"/points","type":"INTEGER"}}}"#
        _ = try fixture.engine.putType(name: "licence", body: Array(type.utf8))
    }

    private func licence(_ number: Int, points: Int, _ padding: String = "") -> String {
        #"{"schema":"licence/1","id":"L-\#(number)","points":\#(points),"padding":"\#(padding)"}"#
    }

    /// The files that the view names, as engines outside find it.
    private func shownFiles(_ directory: TemporaryDirectory) throws -> [DataFile] {
        let view = try LocalStorage(root: "\(directory.path)/warehouse/licences")
        return try Table.open(view, version: try XCTUnwrap(try Table.newestVersion(view))).files()
    }

    func test_sweep_ofAFileWhoseLongDocumentsAreNeighbours_readsThemOneByOne() throws {
        let directory = TemporaryDirectory()
        let fixture = try EngineFixture(directory.path)
        try putLicence(fixture)
        try fillUnevenly(fixture) { licence($0, points: 1, $1) }
        let files = try table(fixture, Self.history).iceberg.files()
        XCTAssertEqual(files.count, 1)
        try open(files[0], of: Self.history, fixture, byteCount: Self.budgetByteCount)
        _ = try fixture.taken(licence(3, points: 2))
        _ = try fixture.engine.compact(before: nil)
        XCTAssertEqual(fixture.engine.compactor.tooLarge.withLock { $0 }, [])
        XCTAssertFalse(try table(fixture, Self.history).iceberg.files().contains { $0.location == files[0].location }, "it is swept")
        XCTAssertEqual(try shownFiles(directory).reduce(0) { $0 + $1.recordCount }, Int64(Self.shortCount + Self.longCount))
        try fixture.engine.close()
        XCTAssertEqual(try Verifier(path: directory.path).run().findings.map(\.description), [])
    }

    /// Three in a file.
    private func fillWithLargeLicences(_ fixture: EngineFixture) throws -> DataFile {
        try putLicence(fixture)
        for number in 0..<3 { _ = try fixture.taken(licence(number, points: 1, String(repeating: "x", count: 900_000))) }
        _ = try fixture.engine.compact(before: nil)
        return try XCTUnwrap(table(fixture, Self.history).iceberg.files().first)
    }

    /// A document whose newest version is in another file would be there twice. A start, which knows no file that is too large, shows it no more than a compaction.
    func test_view_ofAFileThatCannotBeSwept_staysAsItIs() throws {
        let directory = TemporaryDirectory()
        var fixture = try EngineFixture(directory.path)
        let large = try fillWithLargeLicences(fixture)
        XCTAssertEqual(try shownFiles(directory).map(\.location), [large.location])
        try open(large, of: Self.history, fixture, byteCount: 512 << 10)
        for round in 1...2 {
            _ = try fixture.taken(licence(0, points: 1 + round))
            _ = try fixture.taken(licence(2 + round, points: 1))
            _ = try fixture.engine.compact(before: nil)
            XCTAssertEqual(fixture.engine.compactor.tooLarge.withLock { $0 }, [large.location], "round \(round)")
            XCTAssertTrue(try fixture.engine.compactor.isUnswept(Self.history), "round \(round)")
            XCTAssertTrue(try table(fixture, Self.history).iceberg.files().contains { $0.location == large.location }, "round \(round)")
            XCTAssertEqual(try shownFiles(directory).map(\.location), [large.location], "round \(round)")
        }
        // Else earlier snapshots would end, and their files go, which the view still names.
        XCTAssertFalse(try fixture.engine.compactor.exclusively { try fixture.engine.compactor.showMended(Self.history) })
        XCTAssertEqual(try shownFiles(directory).map(\.location), [large.location])
        try fixture.engine.close()

        fixture = try EngineFixture(directory.path)
        XCTAssertEqual(try shownFiles(directory).map(\.location), [large.location], "a start")
        // With as much memory as ever.
        _ = try fixture.engine.compact(before: nil)
        XCTAssertFalse(try fixture.engine.compactor.isUnswept(Self.history))
        let shown = try shownFiles(directory)
        XCTAssertFalse(shown.contains { $0.location == large.location })
        XCTAssertEqual(shown.reduce(0) { $0 + $1.recordCount }, 5)
        XCTAssertTrue(try fixture.engine.compactor.exclusively { try fixture.engine.compactor.showMended(Self.history) })
        try fixture.engine.close()
        XCTAssertEqual(try Verifier(path: directory.path).run().findings.map(\.description), [])
    }

    /// As after a move to another place: rows that later versions replace are better than no table.
    func test_view_thatIsNotThere_isMade_thoughAFileCannotBeSwept() throws {
        let directory = TemporaryDirectory()
        let fixture = try EngineFixture(directory.path)
        let large = try fillWithLargeLicences(fixture)
        try open(large, of: Self.history, fixture, byteCount: 512 << 10)
        _ = try fixture.taken(licence(0, points: 2))
        _ = try fixture.engine.compact(before: nil)
        XCTAssertTrue(try fixture.engine.compactor.isUnswept(Self.history))
        XCTAssertEqual(try shownFiles(directory).count, 1)
        try FileManager.default.removeItem(atPath: "\(directory.path)/warehouse/licences")
        try fixture.engine.compactor.exclusively { try fixture.engine.compactor.publishNewest() }
        XCTAssertEqual(try shownFiles(directory).count, 2)
        try fixture.engine.close()
    }

    /// As after a crash between a file of old versions and the index.
    func test_rowsThatAFileOfOldVersionsHas_areSettled_besideAFileThatIsTooLargeAndHasNoneOfThem() throws {
        let directory = TemporaryDirectory()
        let fixture = try EngineFixture(directory.path)
        try putLicence(fixture)
        for number in 0..<3 { _ = try fixture.taken(licence(number, points: 1)) }
        _ = try fixture.engine.compact(before: nil)
        _ = try fixture.taken(licence(1, points: 2))
        let boundary = fixture.engine.tier.boundary
        let old = try XCTUnwrap(boundary.snapshot().superseded[Self.history]).all
        XCTAssertEqual(old.map(\.isSettled), [true])
        _ = try fixture.engine.compact(before: nil)
        XCTAssertEqual(boundary.snapshot().superseded[Self.history]?.isEmpty ?? true, true)
        boundary.publish(sequence: 0, superseded: [Self.history: old])
        let present = try table(fixture, Self.history).newestFiles()
        XCTAssertFalse(present.isEmpty)
        fixture.engine.compactor.tooLarge.withLock { $0 = Set(present.map(\.location)) }
        _ = try fixture.engine.compact(before: nil)
        XCTAssertEqual(boundary.snapshot().superseded[Self.history]?.isEmpty ?? true, true)
        try fixture.engine.close()
    }
}
