import TestSupport
import XCTest

@testable import ColumnStore
@testable import Ingest

/// Goal: since when a view has had the files that its replaced snapshots name, or that nobody knows it. Method: commits under clocks that are ahead, right and behind.
final class ViewTimesTests: XCTestCase {
    private let day: Int64 = 86_400_000
    private let start: Int64 = 2_000_000_000_000
    /// Kept for as long as the test takes.
    private var directory: TemporaryDirectory?

    /// - Parameter times: what the clock said at each commit.
    private func earliest(_ times: [Int64], now: Int64) throws -> Int64? {
        let directory = TemporaryDirectory()
        self.directory = directory
        let storage = try LocalStorage(root: try directory.made() + "/view")
        var table = try Table.create(storage, schema: Schema([Field("id", .int64, isRequired: true)]), now: start - day).table
        for (number, time) in times.enumerated() {
            table = try table.append([DataFile(location: storage.location(of: "data/\(number).parquet"), recordCount: 5, byteCount: 10)], now: time).table
        }
        return NewestView.Shown(table.metadata, now: now).earliest
    }

    func test_earliest_isOfReplacedSnapshots() throws {
        XCTAssertNil(try earliest([start], now: start + day))
        XCTAssertEqual(try earliest([start, start + day, start + 2 * day], now: start + 3 * day), start)
    }

    func test_earliest_afterAClockThatWasAhead_isNotKnown() throws {
        XCTAssertEqual(try earliest([start + 10 * day, start, start + day], now: start + 2 * day), .min)
        XCTAssertEqual(try earliest([start + 10 * day, start, start + day], now: start + 20 * day), .min, "though its stamp is over")
        XCTAssertEqual(try earliest([start - day, start + 10 * day, start], now: start + 2 * day), .min)
        XCTAssertEqual(try earliest([start, start + 10 * day], now: start + 2 * day), start, "the present one's is not asked")
    }

    func test_earliest_ofStampsThatAreAhead_isWhatTheClockSaid() throws {
        let directory = TemporaryDirectory()
        self.directory = directory
        let storage = try LocalStorage(root: try directory.made() + "/view")
        // The one that was ahead has ended.
        let empty = try Table.create(storage, schema: Schema([Field("id", .int64, isRequired: true)]), now: start - day).table
        func file(_ number: Int) -> DataFile { DataFile(location: storage.location(of: "data/\(number).parquet"), recordCount: 5, byteCount: 10) }
        let ahead = try empty.append([file(1)], now: start + 10 * day).table
        let right = try ahead.append([file(2)], now: start).table
        let merged = try right.append([file(3)], now: start + 5 * day).table
        let ended = try XCTUnwrap(try merged.expireSnapshots(before: start + day, now: start + 6 * day)).table
        XCTAssertEqual(ended.metadata.snapshots.count, 2)
        XCTAssertEqual(NewestView.Shown(ended.metadata, now: start + 6 * day).earliest, start)
    }
}
