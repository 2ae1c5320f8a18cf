import ColumnStore
import Foundation
import TestSupport
import XCTest

@testable import Ingest

/// Goal: no number that stands in a database of the store ends the process, whoever put it there. Method: each column that the store
/// reckons with, put at the ends of its range, one after the other; then the store is opened, asked and verified. An error is an answer.
final class StoredNumberTests: XCTestCase {
    private static let extremes: [Int64] = [.min, .min + 1, -1, 1 << 40, 1 << 62, .max - 1, .max]
    private static let hotChanges = [
        "UPDATE rows SET id = ?1 WHERE id = (SELECT max(id) FROM rows)", "UPDATE rows SET sequence = ?1 WHERE id = 1",
        "UPDATE rows SET sequence = ?1 WHERE id = 2", "UPDATE rows SET business_day = ?1 WHERE id = 1", "UPDATE rows SET issued_at = ?1 WHERE id = 1",
        "UPDATE rows SET received_at = ?1 WHERE id = 1", "UPDATE rows SET document_bytes = ?1 WHERE id = 1",
        "INSERT OR REPLACE INTO events(sequence, row, event, at) VALUES(?1, 1, 'x', 0)", "INSERT OR REPLACE INTO days VALUES(?1)",
        "INSERT OR REPLACE INTO changed VALUES(?1, 1, 1, 1)", "INSERT OR REPLACE INTO changed VALUES(1, ?1, 1, ?1)",
        "UPDATE groups SET row_count = ?1", "UPDATE groups SET first_row = ?1", "UPDATE groups SET last_row = ?1",
        "UPDATE groups SET first_sequence = ?1", "UPDATE groups SET last_sequence = ?1", "UPDATE groups SET first_day = ?1",
        "UPDATE groups SET last_day = ?1", "UPDATE groups SET first_issued = ?1", "UPDATE groups SET last_issued = ?1",
        "UPDATE groups SET byte_count = ?1", "PRAGMA user_version = ?1",
    ]
    private static let catalogChanges = [
        "INSERT OR REPLACE INTO meta VALUES('sequence', ?1)", "INSERT OR REPLACE INTO meta VALUES('quarantine_bytes', ?1)",
        "INSERT OR REPLACE INTO meta VALUES('generation', ?1)", "UPDATE hot_files SET part = ?1", "UPDATE hot_files SET day = ?1",
        "UPDATE types SET version = ?1 WHERE name = 'pos-receipt'", "UPDATE tables SET cold_version = ?1", "UPDATE quarantine SET byte_count = ?1",
        "UPDATE quarantine SET received_at = ?1", "PRAGMA user_version = ?1",
    ]

    private func makeStore(_ path: String) throws {
        let fixture = try EngineFixture(path)
        for number in 0..<3 { _ = try fixture.taken(EngineFixture.receipt("r\(number)")) }
        XCTAssertNotNil(fixture.refusal("{"))
        try fixture.engine.close()
    }

    private func change(_ path: String, _ sql: String, _ number: Int64) throws {
        let connection = try SQLiteConnection(path: path, mode: .readWrite)
        if sql.hasPrefix("PRAGMA") {
            return try connection.execute(sql.replacing("?1", with: String(Int32(clamping: number))))
        }
        let statement = try connection.statement(sql)
        statement.bind(1, number)
        try statement.run()
    }

    /// Whatever comes of it: a refusal, an error or an answer.
    private func use(_ path: String) {
        do {
            let fixture = try EngineFixture(path)
            defer { do { try fixture.engine.close() } catch {} }
            _ = fixture.take(EngineFixture.receipt("new"))
            _ = fixture.refusal("[")
            _ = try fixture.walk(PageRequest(fields: ["receipt_id"]))
            _ = try fixture.engine.changes(after: 0, limit: 10, as: .admin)
            _ = try fixture.engine.quarantine(client: nil, cursor: nil, limit: 10, as: .admin)
            _ = fixture.engine.metrics()
            _ = try fixture.engine.compact(before: nil)
        } catch {}
    }

    func test_columnsAtTheEndsOfTheirRange_endNoProcess() throws {
        let directory = TemporaryDirectory()
        try makeStore("\(directory.path)/store")
        let files = FileManager.default
        let hot = try XCTUnwrap(files.contentsOfDirectory(atPath: "\(directory.path)/store/hot").first { $0.hasSuffix(".sqlite") })
        for (file, changes) in [("hot/\(hot)", Self.hotChanges), ("catalog.sqlite", Self.catalogChanges)] {
            for (number, sql) in changes.enumerated() {
                // Each column at one end, all ends over the columns; at every end by hand.
                let isByHand = ProcessInfo.processInfo.environment["TILL_STORED_NUMBERS"] != nil
                for extreme in isByHand ? Self.extremes : [number % 3 == 2 ? Self.extremes[number % Self.extremes.count] : .max] {
                    let path = "\(directory.path)/changed"
                    try? files.removeItem(atPath: path)
                    try files.copyItem(atPath: "\(directory.path)/store", toPath: path)
                    do { try change("\(path)/\(file)", sql, extreme) } catch is SQLiteError { continue }
                    use(path)
                }
            }
        }
    }

    /// A start takes up what is under way by itself: a number that ends the process does so again and again.
    func test_countsOfUploadsAndExports_areOnesThatCanBeAdded() throws {
        let directory = TemporaryDirectory()
        let fixture = try EngineFixture(directory.path)
        let catalog = fixture.engine.catalog
        try catalog.add(Upload(id: "u", owner: .administrator, client: nil, name: "u", type: nil, contentType: nil, byteCount: nil, sha256: nil, createdAt: 1, expiresAt: 2), openCountMax: 10)
        try catalog.add(Export(id: "e", owner: .administrator, name: "e", format: "csv", request: [], createdAt: 1, expiresIn: 1))
        for number in Self.extremes {
            do {
                let connection = try SQLiteConnection(path: "\(directory.path)/catalog.sqlite", mode: .readWrite)
                try connection.execute(
                    """
                    UPDATE uploads SET accepted = \(number), repeated = \(number), replaced = \(number), rejected = \(number), reverted = \(number), left_alone = \(number), received_bytes = \(number);
                    UPDATE exports SET state = 'DONE', row_count = \(number), byte_count = \(number)
                    """)
            }
            let upload = try XCTUnwrap(try catalog.upload("u"))
            XCTAssertTrue((0...4 << 48).contains(upload.counts.processed), "\(number)")
            let numbers = [upload.counts.rejected, upload.revert.reverted, upload.revert.left, upload.receivedByteCount]
            XCTAssertTrue(numbers.allSatisfy(StoredNumber.counts.contains), "\(number): \(numbers)")
            let export = try XCTUnwrap(try fixture.engine.exports(after: nil, limit: 10, as: .admin).first), present = try catalog.exportByteCounts(of: .administrator)
            XCTAssertTrue([export.rowCount, export.byteCount, present.own, present.all].allSatisfy(StoredNumber.counts.contains), "\(number): \(export) \(present)")
        }
        try fixture.engine.close()
    }

    func test_boundsOfAGroup_haveAtLeastOneRow_andAtMostThoseThatTheyName() {
        func isOrdered(_ rowCount: Int) -> Bool {
            var bounds = HotBounds()
            (bounds.rowCount, bounds.firstRow, bounds.lastRow, bounds.firstSequence, bounds.lastSequence) = (rowCount, 3, 5, 3, 5)
            (bounds.firstDay, bounds.lastDay, bounds.firstIssued, bounds.lastIssued) = (1, 1, 1, 1)
            return bounds.isOrdered
        }
        XCTAssertEqual([.min, -1, 0, 1, 3, 4, .max].map(isOrdered), [false, false, false, true, true, false, false])
    }

    func test_checked_saysWhatIsWrong() throws {
        XCTAssertEqual(try StoredNumber.checked(5, "the sequence", in: StoredNumber.sequences, path: "p"), 5)
        XCTAssertThrowsError(try StoredNumber.checked(.max, "the sequence", in: StoredNumber.sequences, path: "p")) {
            XCTAssertTrue("\($0)".contains("the sequence is 9223372036854775807"), "\($0)")
        }
    }
}
