import ColumnStore
import TestSupport
import XCTest

@testable import Documents
@testable import Ingest

/// Goal: a cold file is written anew a piece at a time, however long its documents are, and one that takes too much memory keeps no other from being filled.
/// Method: what asks whether it goes on is counted; a file is opened with little memory where the table looks for open files.
final class ColdRebuildTests: XCTestCase {
    private static func type(_ version: Int) -> String {
        let more = version > 1 ? #","extra":{"path":"/extra","type":"BIGINT"}"# : ""
        return #"{"name":"t1","version":\#(version),"table":"other","format":"json","match":{"/k":"t1"},"receipt_id":"/id","issued_at":"/at","columns":{"total":{"path":"/total","type":"BIGINT"}\#(more)}}"#
    }

    private func put(_ version: Int, _ fixture: EngineFixture) throws { _ = try fixture.engine.putType(name: "t1", body: Array(Self.type(version).utf8)) }

    private func post(_ range: Range<Int>, padding: Int, _ fixture: EngineFixture) throws {
        let text = String(repeating: "x", count: padding)
        for number in range { _ = try fixture.taken(#"{"k":"t1","id":"X-\#(number)","at":"2026-10-01T10:00:00Z","total":1,"extra":\#(number),"padding":"\#(text)"}"#) }
    }

    private func table(_ fixture: EngineFixture) throws -> ColdTable { try XCTUnwrap(fixture.engine.tier.boundary.snapshot().cold["other"]) }

    private static let rowCount = 40

    /// How often it is asked whether a file of so many rows is to be written on.
    private func askedCount(padding: Int) throws -> Int {
        let directory = TemporaryDirectory()
        let fixture = try EngineFixture(directory.path)
        defer { try? fixture.engine.close() }
        try put(1, fixture)
        try post(0..<Self.rowCount, padding: padding, fixture)
        _ = try fixture.engine.compact(before: nil)
        try put(2, fixture)
        let (engine, compactor) = (fixture.engine, fixture.engine.compactor)
        return try compactor.exclusively { () throws -> Int in
            let present = try table(fixture)
            let files = try present.iceberg.files()
            XCTAssertEqual(files.map(\.recordCount), [Int64(Self.rowCount)])
            let file = try XCTUnwrap(files.first)
            var created: [WrittenObject] = []
            let target = try compactor.cold.prepare("other", present: present, columns: engine.tier.tables.columns(of: "other"), &created)
            let refill = try ColumnRefill("extra", of: "other", columns: engine.tier.tables.columns(of: "other"), types: engine.types.registry.snapshot.types) {
                try engine.catalog.typeFile(name: $0, version: $1)
            }
            var count = 0
            let outputs = try ColdRebuild(file, of: target, refill).write(to: try compactor.writer(like: file, of: target)) {
                count += 1
                return false
            }
            XCTAssertEqual(outputs.map(\.file.recordCount), [Int64(Self.rowCount)])
            XCTAssertEqual(refill.counts.rows, Int64(Self.rowCount))
            ColdFileWriter.discard(outputs, target.iceberg)
            try compactor.cold.discardNewerVersions(of: present.iceberg)
            return count
        }
    }

    /// Of 36 MB of documents some 8 are read at a time, five times for the column that is filled and five times to be taken over.
    func test_documents_areTakenOverSomeAtATime() throws {
        XCTAssertGreaterThan(try askedCount(padding: 900_000), try askedCount(padding: 10) + 5)
    }

    func test_fileThatTakesTooMuchMemory_isLeft_andOthersAreFilled() throws {
        let directory = TemporaryDirectory()
        let fixture = try EngineFixture(directory.path)
        try put(1, fixture)
        try post(0..<3, padding: 900_000, fixture)
        _ = try fixture.engine.compact(before: nil)
        let cold = try table(fixture)
        let large = try XCTUnwrap(cold.iceberg.files().first)
        // For as long as the table has the file.
        cold.cache.remove([large.location])
        _ = try cold.cache.file(large.location) { try ParquetFile(try cold.iceberg.open(large), options: ParquetReadOptions(memoryBudgetByteCount: 512 << 10)) }
        try post(3..<6, padding: 10, fixture)
        _ = try fixture.engine.compact(before: nil)
        XCTAssertEqual(try table(fixture).iceberg.files().count, 2)
        try put(2, fixture)
        let summary = try fixture.engine.rebuild(column: "extra", of: "other", isCancelled: { false }) { _ in }
        XCTAssertEqual([Int(summary.rowCount), summary.leftFileCount], [3, 1])
        let rows = try fixture.walk(PageRequest(table: "other", fields: ["receipt_id", "extra"])).sorted()
        XCTAssertEqual(rows, ["X-0|-", "X-1|-", "X-2|-", "X-3|3", "X-4|4", "X-5|5"])
        XCTAssertTrue(fixture.engine.compactor.cold.damage.isEmpty)
        // It could be read now: nobody looks before the next start, since each look would cost all of it.
        try table(fixture).cache.remove([large.location])
        XCTAssertEqual(try fixture.engine.rebuild(column: "extra", of: "other", isCancelled: { false }) { _ in }.leftFileCount, 1)
        try fixture.engine.close()
        let next = try EngineFixture(directory.path)
        XCTAssertEqual(try next.engine.rebuild(column: "extra", of: "other", isCancelled: { false }) { _ in }.leftFileCount, 0)
        XCTAssertEqual(try next.walk(PageRequest(table: "other", fields: ["receipt_id", "extra"])).sorted(), (0..<6).map { "X-\($0)|\($0)" })
        try next.engine.close()
    }
}
