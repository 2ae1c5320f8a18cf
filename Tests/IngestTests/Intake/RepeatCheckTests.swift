import ColumnStore
import Foundation
import Query
import TestSupport
import XCTest

@testable import Documents
@testable import Ingest

/// Goal: a document that comes again, byte for byte, makes a damaged receipt whole; other bytes never do. Method: bits are flipped in hot files
/// as they lie on the disk, before and after columns were laid down; the documents are sent again, alone and in a batch.
final class RepeatCheckTests: XCTestCase {
    private static let count = 40
    private static func document(_ number: Int) -> String { EngineFixture.receipt("R-\(number)", note: " \(number) \(UInt64(number) &* 0x9E37_79B9_7F4A_7C15)") }
    private static let all = PageRequest(fields: ["*"], limit: 7)

    /// Flips bits of documents in the file itself: below SQLite, so that the sums of their pages tell.
    ///
    /// - Returns: the numbers of the receipts.
    private func flip(_ path: String, rows: [Int64], random: inout SplitMix64) throws {
        var places: [[UInt8]] = []
        do {
            let connection = try SQLiteConnection(path: path, mode: .readOnly)
            let statement = try connection.statement("SELECT document FROM rows WHERE id = ?1")
            for row in rows {
                statement.reset()
                statement.bind(1, row)
                XCTAssertTrue(try statement.step())
                places.append(statement.bytes(0))
            }
        }
        var bytes = try Data(contentsOf: URL(filePath: path))
        for document in places {
            let (place, bit) = (Int.random(in: 0..<document.count, using: &random), UInt8.random(in: 0..<8, using: &random))
            var count = 0
            var start = bytes.startIndex
            // Earlier copies lie about in pages above the leaves, where a document of these tests lies in one piece.
            while let range = bytes.range(of: Data(document), in: start..<bytes.endIndex) {
                if bytes[range.lowerBound / 4_096 * 4_096] == 13 {
                    bytes[range.lowerBound + place] ^= 1 << bit
                    count += 1
                }
                start = range.upperBound
            }
            XCTAssertGreaterThan(count, 0)
        }
        try bytes.write(to: URL(filePath: path))
    }

    private func hotPath(_ fixture: EngineFixture) throws -> String { try XCTUnwrap(fixture.engine.tier.boundary.snapshot().files.first).path }

    private func check(isLaidDown: Bool, inBatch: Bool, seed: UInt64) throws {
        let place = "laid down: \(isLaidDown), in a batch: \(inBatch)"
        var random = SplitMix64(state: seed)
        let directory = TemporaryDirectory()
        var fixture = try EngineFixture(directory.path)
        for number in 0..<Self.count { _ = try fixture.taken(Self.document(number)) }
        let before = try fixture.walk(Self.all)
        let path = try hotPath(fixture)
        if isLaidDown {
            try fixture.engine.tier.seal()
            try fixture.engine.tier.flush()
        }
        try fixture.engine.close()
        // Not on the last page, which the writer reads when it opens the file.
        let damaged: [Int64] = [2, 5, 9]
        try flip(path, rows: damaged, random: &random)
        fixture = try EngineFixture(directory.path)
        XCTAssertThrowsError(try fixture.walk(Self.all), place) { XCTAssertTrue($0 is DamagedDocument, "\($0), \(place)") }
        // Other bytes are no healing.
        XCTAssertEqual(fixture.refusal(EngineFixture.receipt("R-1", note: " other"))?.code, .differentDocument, place)
        XCTAssertThrowsError(try fixture.walk(Self.all), place)
        let documents = (0..<Self.count).map(Self.document)
        if inBatch {
            guard case .each(let results) = fixture.take(documents.joined(separator: "\n"), .ndjson) else { return XCTFail(place) }
            XCTAssertEqual(results.filter { (try? $0.get())?.isRepeat == true }.count, Self.count, place)
        } else {
            for row in damaged { XCTAssertTrue(try fixture.taken(documents[Int(row) - 1]).isRepeat, place) }
        }
        func checkWhole(_ when: String) throws {
            XCTAssertEqual(try fixture.walk(Self.all), before, "\(when), \(place)")
            XCTAssertEqual(fixture.engine.damagedDocuments, [], "\(when), \(place)")
            guard case .found(_, let row) = try fixture.engine.receipt(ReceiptLookup(receiptID: "R-4"), as: EngineFixture.own) else { return XCTFail(when) }
            XCTAssertTrue(EngineFixture.texts(row)[0].contains("R-4"))
            let request = ScanRequest(
                projection: ["receipt_id", "total"], filters: [ColumnFilter("total", .range(lower: .init(.decimal(600_000), isInclusive: true), upper: nil))])
            let scan = try XCTUnwrap(fixture.engine.table("receipts")).scan(request)
            var count = 0
            while let morsel = try scan.nextMorsel() { while let batch = try morsel.next() { count += batch.rowCount } }
            XCTAssertEqual(count, Self.count, "\(when), \(place)")
        }
        try checkWhole("healed")
        try fixture.engine.tier.seal()
        try fixture.engine.tier.flush()
        try checkWhole("laid down since")
        try fixture.engine.close()
        fixture = try EngineFixture(directory.path)
        try checkWhole("after a restart")
        // Nothing keeps the file from cold any more, and then all of it is proved.
        XCTAssertEqual(try fixture.engine.compact(before: nil).rowsMoved, Self.count, place)
        try checkWhole("in cold")
        try fixture.engine.close()
        XCTAssertEqual(try Verifier(path: directory.path).run().findings.map(\.description), [], place)
    }

    func test_repeat_ofDamagedReceipts_makesThemWhole() throws {
        for (number, (isLaidDown, inBatch)) in [(false, false), (false, true), (true, false), (true, true)].enumerated() {
            try check(isLaidDown: isLaidDown, inBatch: inBatch, seed: 0x4EA1 + UInt64(number))
        }
    }

    /// A scan that began before a row was written anew has it once, or is refused; never twice, never without its values.
    func test_repeat_whileAScanIsUnderWay_showsTheRowOnce() throws {
        var random = SplitMix64(state: 0x5CA9)
        let directory = TemporaryDirectory()
        var fixture = try EngineFixture(directory.path)
        for number in 0..<Self.count { _ = try fixture.taken(Self.document(number)) }
        let path = try hotPath(fixture)
        try fixture.engine.close()
        try flip(path, rows: [3], random: &random)
        fixture = try EngineFixture(directory.path)
        let table = try XCTUnwrap(fixture.engine.table("receipts"))
        let (keys, values) = (try table.scan(ScanRequest(projection: ["receipt_id"])), try table.scan(ScanRequest(projection: ["receipt_id", "total"])))
        XCTAssertTrue(try fixture.taken(Self.document(2)).isRepeat)
        var count = 0
        while let morsel = try keys.nextMorsel() { while let batch = try morsel.next() { count += batch.rowCount } }
        XCTAssertEqual(count, Self.count)
        XCTAssertThrowsError(try { while let morsel = try values.nextMorsel() { while try morsel.next() != nil {} } }())
        XCTAssertEqual(try fixture.walk(Self.all).count, Self.count)
        try fixture.engine.close()
    }
}
