import Foundation
import XCTest

@testable import Ingest

/// Columns that cannot be laid down: nobody else's wait for them, and each try leaves the file as it was.
final class HotFlusherTests: XCTestCase {
    /// Receipts of all are refused once too many rows have no columns in a file.
    func test_flush_ofAFileThatCannotBeWritten_keepsNoOtherOnesFromIt() throws {
        let (lost, directory) = (TemporaryDirectory(), TemporaryDirectory())
        let other = try HotTierFixture.Store(lost.path)
        _ = try other.stored([HotTierFixture.row("R-1")])
        let gone = try XCTUnwrap(other.tier.boundary.snapshot().files.last)
        other.close()
        try FileManager.default.removeItem(atPath: lost.path)
        let store = try HotTierFixture.Store(directory.path)
        defer { store.close() }
        _ = try store.stored([HotTierFixture.row("R-2")])
        let file = try XCTUnwrap(store.tier.boundary.snapshot().files.last)
        XCTAssertThrowsError(try HotFlusher(writer: store.tier.writer).flush([gone, file], isWhole: true))
        XCTAssertEqual(gone.allTails.map(\.rowCountInMemory), [1])
        XCTAssertEqual(file.allTails.map(\.rowCountInMemory), [0])
    }

    /// It is tried each few seconds for as long as the cause stays.
    func test_flush_thatFailsAtItsEnd_leavesNothingOfTheGroup() throws {
        let directory = TemporaryDirectory()
        let store = try HotTierFixture.Store(directory.path)
        defer { store.close() }
        _ = try store.stored([HotTierFixture.row("R-1")])
        let file = try XCTUnwrap(store.tier.boundary.snapshot().files.last)
        func change(_ sql: String) throws { try store.tier.writer.perform(on: file) { try $0.perform { try $0.execute(sql) } } }
        func count(_ table: String) throws -> Int64? { try SQLiteConnection(path: file.path, mode: .readOnly).integer("SELECT count(*) FROM \(table)") }
        try change("CREATE TRIGGER refusing BEFORE UPDATE ON groups BEGIN SELECT RAISE(ABORT, 'refused'); END")
        for _ in 0..<2 {
            XCTAssertThrowsError(try HotFlusher(writer: store.tier.writer).flush([file], isWhole: true))
            XCTAssertEqual([try count("groups"), try count("group_parts")], [0, 0])
            XCTAssertEqual(file.allTails.map(\.rowCountInMemory), [1])
        }
        try change("DROP TRIGGER refusing")
        try HotFlusher(writer: store.tier.writer).flush([file], isWhole: true)
        XCTAssertEqual([try count("groups"), try count("group_parts")], [1, 1])
        XCTAssertEqual(file.allTails.map(\.rowCountInMemory), [0])
    }
}
