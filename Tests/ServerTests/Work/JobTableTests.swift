import ColumnStore
import Synchronization
import TestSupport
import XCTest

@testable import Server

/// Goal: work for which there is no thread is refused, and leaves nothing behind. Method: as if the system gave none.
final class JobTableTests: XCTestCase {
    func test_submit_withoutAThread_isRefused_andTheNextIsDone() throws {
        let table = JobTable(log: Log(format: .json, level: .error, descriptor: -1))
        let none: @Sendable (Job) throws -> [UInt8] = { _ in
            XCTFail("it ran")
            return []
        }
        try WorkerThread.$areRefused.withValue(true) {
            XCTAssertThrowsError(try table.submit(.verify, actor: "a", work: none)) { XCTAssertEqual(($0 as? Problem)?.slug, .overloaded) }
        }
        XCTAssertTrue(table.all.isEmpty)
        let job = try table.submit(.verify, actor: "a") { _ in Array("{}".utf8) }
        Patience.until { job.standing.state.isFinal }
        XCTAssertEqual(job.standing.state, .done)
        XCTAssertEqual(table.all.map(\.id), [job.id])
    }

    /// Nobody who waits for a job that is dropped hears of its end before the audit trail has it.
    func test_cancel_ofAJobThatWaits_endsItsEntryFirst() throws {
        let table = JobTable(log: Log(format: .json, level: .error, descriptor: -1))
        let isHeld = Monitor(true)
        defer { isHeld.broadcast { $0 = false } }
        let first = try table.submit(.verify, actor: "a") { _ in
            isHeld.wait { $0 ? nil : () }
            return []
        }
        XCTAssertTrue(Patience.until { first.standing.state == .running })
        let heard = Mutex<[String]>([])
        let second = try table.submit(
            .verify, actor: "a", ended: { standing in heard.withLock { $0.append("entry \(standing.state.rawValue)") } },
            work: { _ in
                XCTFail("it ran")
                return []
            })
        XCTAssertNotNil(second.whenEnded { heard.withLock { $0.append("caller") } })
        table.cancel(second)
        table.cancel(second)
        XCTAssertEqual(heard.withLock { $0 }, ["entry cancelled", "caller"])
        XCTAssertEqual(second.standing.state, .cancelled)
        XCTAssertEqual(first.standing.state, .running)
    }
}
