import Synchronization
import TestSupport
import XCTest

@testable import ColumnStore

/// Goal: a request is sent whether or not there are threads for it. Method: as if the system gave none.
final class TransferPoolTests: XCTestCase {
    func test_start_withoutAThread_isDoneByTheOneWhoAsks() throws {
        let pool = TransferPool(threadCountMax: 4)
        defer { pool.close() }
        let isDone = Atomic<Bool>(false)
        let promise = WorkerThread.$areRefused.withValue(true) {
            pool.start { () throws(BucketFailure) -> Int in
                isDone.store(true, ordering: .relaxed)
                return 7
            }
        }
        XCTAssertTrue(isDone.load(ordering: .relaxed))
        XCTAssertEqual(try promise.wait(), 7)
        // Later ones have threads again.
        XCTAssertEqual(try pool.start { () throws(BucketFailure) -> Int in 8 }.wait(), 8)
    }

    func test_startAhead_withoutAThread_isDoneByNobody() throws {
        let pool = TransferPool(threadCountMax: 4)
        defer { pool.close() }
        let isDone = Atomic<Bool>(false)
        let promise = WorkerThread.$areRefused.withValue(true) {
            pool.startAhead { () throws(BucketFailure) -> Int in
                isDone.store(true, ordering: .relaxed)
                return 7
            }
        }
        XCTAssertFalse(isDone.load(ordering: .relaxed))
        XCTAssertTrue(promise.hasFailed)
        XCTAssertEqual(try pool.startAhead { () throws(BucketFailure) -> Int in 8 }.wait(), 8)
    }

    func test_start_withoutAnotherThread_isDoneByThoseThereAre() throws {
        let pool = TransferPool(threadCountMax: 4)
        defer { pool.close() }
        let isOpen = Monitor(false)
        let first = pool.start { () throws(BucketFailure) -> Int in
            isOpen.wait { $0 ? () : nil }
            return 1
        }
        let second = WorkerThread.$areRefused.withValue(true) { pool.start { () throws(BucketFailure) -> Int in 2 } }
        isOpen.broadcast { $0 = true }
        XCTAssertEqual(try first.wait(), 1)
        XCTAssertEqual(try second.wait(), 2)
    }
}
