import Foundation
import TestSupport
import XCTest

/// Goal: a server whose directory is removed in the middle acknowledges nothing from then on, says so, and what it had acknowledged is in its log.
/// Method: the real binary, its directory removed while it is posted to.
final class TakenAwayTests: XCTestCase {
    func test_directoryRemovedInTheMiddle_nothingIsAcknowledgedFromThenOn() throws {
        let folder = try Project.temporaryFolder("till-taken-away")
        defer { try? FileManager.default.removeItem(at: folder) }
        let place = "file://\(folder.path)/LOG"
        let server = try TillServer(environment: ["TILL_LOG_URL": place, "TILL_LOG_SEGMENT": "100ms", "TILL_LIMITS_MIN_FREE": "1MiB"])
        defer { server.remove() }
        _ = try server.key("c1")
        let client = server.client()
        for number in 0..<20 { XCTAssertEqual(try client.post("/v1/receipts?client=c1", Receipts.pos("R-\(number)")).status, 201) }
        XCTAssertTrue(try Patience.until(pauseMilliseconds: 50) {
            let figures = try client.get("/metrics").text
            return figures.contains("till_log_lag_records 0\n") && !figures.contains("till_log_checkpoints_total 0\n")
        })
        try FileManager.default.removeItem(at: server.data)
        for number in 20..<25 {
            let answer = try client.post("/v1/receipts?client=c1", Receipts.pos("R-\(number)"))
            XCTAssertEqual(answer.status, 503, answer.text)
        }
        let ready = try client.get("/readyz")
        XCTAssertEqual(ready.status, 503, ready.text)
        XCTAssertTrue(Patience.until { server.logText.contains("was taken away while it is written") }, server.logText)
        server.kill()
        let data = folder.appendingPathComponent("DATA").path
        var run = try TillRun(["restore", "--from-log", place, "--data", data])
        // A commit of the server's own may have come between the last look and the end of the directory: the log knows from when on it lacks that, and what can be made.
        if run.status == 1, let found = run.error.firstMatch(of: /the store was changed past its log.* --to ([-0-9T:.]+Z) makes/) {
            run = try TillRun(["restore", "--from-log", place, "--to", String(found.1), "--data", data])
        }
        XCTAssertEqual(run.status, 0, run.error)
        let rows = try TillRun(["sql", "SELECT count(*) FROM receipts", "--data", data, "--format", "csv"])
        XCTAssertTrue(rows.text.contains("20"), rows.text + rows.error)
    }
}
