import ColumnStore
import XCTest

@testable import Ingest

/// Goal: a file that was to be opened ahead is opened all the same where there is no thread for that. Method: as if the system gave none, and a file that cannot be opened, which tells who has tried.
final class FileAheadTests: XCTestCase {
    private struct NoFile: Error {}

    func test_take_withoutAThread_opensTheFileItself() throws {
        let tried = Monitor(0)
        let ahead = WorkerThread.$areRefused.withValue(true) {
            FileAhead {
                tried.broadcast { $0 += 1 }
                throw NoFile()
            }
        }
        XCTAssertEqual(tried.withLock { $0 }, 0)
        XCTAssertThrowsError(try ahead.take()) { XCTAssertTrue($0 is NoFile) }
        XCTAssertEqual(tried.withLock { $0 }, 1)
    }
}
