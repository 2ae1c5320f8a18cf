import ColumnStore
import Documents
import Processes
import TestSupport
import XCTest

@testable import Ingest

/// Goal: an execution is forgotten when its rows are durable, and no sooner. Method: a store whose writer has stopped, and the same one opened again.
final class ExecutionArchiverTests: XCTestCase {
    private func finished(_ fixture: EngineFixture) throws -> Int { try fixture.engine.executions.reader.finished(before: .max, limit: 10).count }

    func test_archive_whereRowsCannotBeStored_forgetsNothing() throws {
        let directory = TemporaryDirectory()
        try {
            let fixture = try EngineFixture(directory.path)
            defer { try? fixture.engine.close() }
            let executions = fixture.engine.executions
            _ = try executions.putProcess("p", Array(#"{"StartAt":"A","States":{"A":{"Type":"Succeed"}}}"#.utf8))
            let result = Monitor<Result<StartedExecution, any Error>?>(nil)
            executions.start("p", name: nil, input: .object([]), as: .admin) { outcome in result.signal { $0 = outcome } }
            _ = try result.wait { $0 }.get()
            XCTAssertEqual(try finished(fixture), 1)
            fixture.engine.tier.writer.stop()
            XCTAssertThrowsError(try ExecutionArchiver(fixture.engine.intakeParts, executions, days: 0).archivePage())
            XCTAssertEqual(try finished(fixture), 1, "it is not stored, and stays")
        }()
        let fixture = try EngineFixture(directory.path)
        defer { try? fixture.engine.close() }
        XCTAssertEqual(try finished(fixture), 1)
        XCTAssertFalse(try ExecutionArchiver(fixture.engine.intakeParts, fixture.engine.executions, days: 0).archivePage())
        XCTAssertEqual(try finished(fixture), 0)
        XCTAssertEqual(try fixture.walk(PageRequest(table: ExecutionTable.name, fields: ["receipt_id"])).count, 1)
    }
}
