import ColumnStore
import Synchronization
import TestSupport
import XCTest

@testable import Documents
@testable import Ingest

/// Goal: a clock that was ahead for a while holds no file in the hot tier. Method: a tier with a clock of the test's, and days that the test names.
final class HotFileAgesTests: XCTestCase {
    private let start: Int64 = 1_795_000_000_000_000
    private let today: Int32 = 20_775

    func test_fileThatAClockAheadHasBegun_countsFromTheNext() throws {
        let directory = TemporaryDirectory()
        let time = Atomic<Int64>(start)
        let clock = Clock { time.load(ordering: .relaxed) }
        try withExtendedLifetime(time) {
            var store = try HotTierFixture.Store(directory.path, clock: clock)
            XCTAssertEqual(Clock.day(ofMicroseconds: start), today)
            func days(_ day: Int32) -> [String: Int32] {
                let files = store.tier.boundary.snapshot().files
                let ages = HotFileAges(files, today: day)
                return Dictionary(uniqueKeysWithValues: files.map { ($0.name, ages.day(of: $0)) })
            }
            _ = try store.stored([try HotTierFixture.row("R-1")])
            time.store(start + 36_500 * Clock.microsecondsPerDay, ordering: .relaxed)
            _ = try store.stored([try HotTierFixture.row("R-2")])
            XCTAssertEqual(days(today), ["2026-11-18": today, "2126-10-25": today], "nothing was begun behind it")
            XCTAssertEqual(days(today + 36_500), ["2026-11-18": today, "2126-10-25": today + 36_500], "by the clock that was ahead")
            time.store(start + Clock.microsecondsPerDay, ordering: .relaxed)
            for name in ["R-3", "R-4"] { _ = try store.stored([try HotTierFixture.row(name)]) }
            for name in ["R-1", "R-2", "R-3"] { XCTAssertTrue(try store.stored([try HotTierFixture.row(name)])[0].isRepeat, name) }
            for _ in 0..<2 {
                XCTAssertEqual(Set(store.tier.boundary.snapshot().files.map { "\($0.name) \($0.state.rowCount) \($0.state.isSealed)" }), ["2026-11-18 1 true", "2126-10-25 1 true", "2026-11-19 2 false"])
                XCTAssertEqual(days(today + 40), ["2026-11-18": today, "2126-10-25": today + 1, "2026-11-19": today + 1])
                // Of a clock that was set far back nothing has come yet.
                XCTAssertEqual(Set(days(today - 400).values), [today - 400])
                store.close()
                store = try HotTierFixture.Store(directory.path, clock: clock)
            }
            store.close()
        }
    }
}
