import ColumnStore
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
}
