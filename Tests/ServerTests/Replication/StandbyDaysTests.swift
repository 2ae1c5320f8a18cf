import ColumnStore
import TestSupport
import XCTest

@testable import Server

/// Goal: files of a standby are looked at as soon as there is a thread for it. Method: as if the system gave none, then an empty directory.
final class StandbyDaysTests: XCTestCase {
    func test_begin_withoutAThread_isNotBegun_andIsLater() throws {
        let directory = try TemporaryDirectory()
        let days = StandbyDays(directory: directory.path)
        XCTAssertFalse(WorkerThread.$areRefused.withValue(true) { days.begin([:]) })
        XCTAssertNil(days.takeFound())
        XCTAssertTrue(days.begin([:]))
        let found = Patience.value { days.takeFound() }
        XCTAssertEqual(found, [])
    }
}
