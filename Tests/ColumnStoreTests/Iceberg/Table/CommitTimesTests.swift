@testable import ColumnStore
import TestSupport
import XCTest

/// Goal: a clock that was ahead for one commit, or is behind for one later, keeps no replaced file for years, and takes none away early. Method: commits under such clocks, and expiry under a right one.
final class CommitTimesTests: XCTestCase {
    private let day: Int64 = 86_400_000
    private let start: Int64 = 2_000_000_000_000
    /// Kept for as long as the test takes.
    private var directory: TemporaryDirectory?

    private func empty() throws -> Table {
        let directory = try TemporaryDirectory()
        self.directory = directory
        let storage = try LocalStorage(root: directory.path + "/receipts")
        return try Table.create(storage, schema: Schema([Field("id", .int64, isRequired: true)]), now: start - day).table
    }

    private func file(_ number: Int, _ table: Table, rows: Int64 = 5) -> DataFile {
        DataFile(location: table.storage.location(of: "data/\(number).parquet"), recordCount: rows, byteCount: 10)
    }

    func test_expireSnapshots_afterACommitUnderAClockThatWasAhead_goesByWhatLaterOnesSaid() throws {
        let table = try empty()
        let ahead = try table.append([file(1, table)], now: start + 3_650 * day).table
        let right = try ahead.append([file(2, table)], now: start).table
        let merged = try right.replace([file(1, table).location, file(2, table).location], with: [file(3, table, rows: 10)], now: start + day).table
        XCTAssertEqual(merged.metadata.currentSnapshot?.summary[CommitTimes.summaryName], "\(start + day)")
        XCTAssertEqual(merged.metadata.currentSnapshot?.saidMilliseconds, start + day)
        XCTAssertNil(ahead.metadata.currentSnapshot?.summary[CommitTimes.summaryName], "the stamp is what its clock said")
        XCTAssertNil(ahead.metadata.currentSnapshot?.saidMilliseconds)
        let now = start + 16 * day
        XCTAssertNil(try merged.expireSnapshots(before: start, now: now), "both were replaced since")
        let first = try XCTUnwrap(try merged.expireSnapshots(before: start + day, now: now), "the first was replaced before")
        XCTAssertEqual(first.table.metadata.snapshots.count, 2)
        let expiry = try XCTUnwrap(try first.table.expireSnapshots(before: start + 9 * day, now: now))
        XCTAssertEqual(Set(expiry.obsoleteKeys.filter { $0.hasPrefix("data/") }), ["data/1.parquet", "data/2.parquet"])
        XCTAssertEqual(try Table.open(table.storage, version: expiry.table.version).metadata.snapshots, expiry.table.metadata.snapshots)
    }

    /// As of a table that was ahead before commits noted what the clock said.
    func test_expireSnapshots_ofSnapshotsWhoseTimeNobodyKnows_goesByTheNextThatIsKnown() throws {
        let table = try empty()
        let first = try table.append([file(1, table)], now: start + 3_650 * day).table
        let second = try first.append([file(2, table)], now: start + 3_651 * day).table
        XCTAssertNil(try second.expireSnapshots(before: start + 9 * day, now: start + 16 * day), "nobody knows how old it is")
        let third = try second.append([file(3, table)], now: start + 10 * day).table
        XCTAssertNil(try third.expireSnapshots(before: start + 10 * day, now: start + 17 * day))
        let expiry = try XCTUnwrap(try third.expireSnapshots(before: start + 11 * day, now: start + 18 * day))
        XCTAssertEqual(expiry.table.metadata.snapshots.map(\.id), [third.metadata.currentSnapshotID])
    }

    /// A machine that begins in 1970 and learns the time a moment later: its commit is no proof that what it replaced went long ago.
    func test_expireSnapshots_afterACommitUnderAClockThatWasBehind_keepsWhatWasReplacedByIt() throws {
        let table = try empty()
        let good = try table.append([file(1, table)], now: start).table
        let ahead = try good.append([file(2, table)], now: start + 3_650 * day).table
        let behind = try ahead.append([file(3, table)], now: 5).table
        XCTAssertEqual(behind.metadata.currentSnapshot?.summary[CommitTimes.summaryName], "5")
        let right = try behind.append([file(4, table)], now: start + 20 * day).table
        XCTAssertNil(try right.expireSnapshots(before: start + 14 * day, now: start + 21 * day))
        let expiry = try XCTUnwrap(try right.expireSnapshots(before: start + 21 * day, now: start + 28 * day))
        XCTAssertEqual(expiry.table.metadata.snapshots.map(\.id), [right.metadata.currentSnapshotID])
    }

    func test_summary_ofACommitAtItsOwnTime_saysNoOther() throws {
        let table = try empty()
        let commit = try table.append([file(1, table)], now: start)
        XCTAssertEqual(commit.snapshot?.timestampMilliseconds, start)
        XCTAssertNil(commit.snapshot?.summary[CommitTimes.summaryName])
    }
}
