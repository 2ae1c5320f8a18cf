import ColumnStore
import Documents
import Ingest
import Processes
import TestSupport
import XCTest

/// Goal: a redrive is an order that can be carried out, or is refused with the reason. Method: an execution that has written all that its history may be.
final class RefusedRedriveTests: XCTestCase {
    func test_redriveThatWouldEndAtOnce_isWrongState_andSaysWhy() throws {
        let folder = TemporaryDirectory()
        let store = try ExecutionStore(path: try folder.made() + "/executions.sqlite", clock: Clock { 1_800_000_000_000_000 }, .init(historyByteCountMax: 1_000))
        defer { store.stop() }
        let loop = #"{"StartAt":"A","States":{"A":{"Type":"Pass","Next":"B"},"B":{"Type":"Pass","Next":"A"}}}"#
        XCTAssertEqual(try store.putProcess("p", Array(loop.utf8)), .created)
        let result = Monitor<Result<StartedExecution, any Error>?>(nil)
        store.start("p", name: nil, input: try ValueLimits.parse(Array("{}".utf8)), as: .admin) { outcome in result.signal { $0 = outcome } }
        let id = try result.wait { $0 }.get().id.description
        let ended = try store.execution(id, as: .admin)
        XCTAssertEqual(ended.status, .failed)
        XCTAssertEqual(ended.error?.name, "States.DataLimitExceeded")
        XCTAssertThrowsError(try store.redrive(id, as: .admin)) { error in
            XCTAssertEqual((error as? Fault)?.code, .wrongState)
            XCTAssertTrue("\(error)".contains("more than 1000 bytes"), "\(error)")
        }
        let still = try store.execution(id, as: .admin)
        XCTAssertEqual(still.error, ended.error)
        XCTAssertEqual(still.endedAt, ended.endedAt)
    }
}
