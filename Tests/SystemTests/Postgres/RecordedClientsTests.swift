import Foundation
import TestSupport
import XCTest

/// Goal: what real clients were recorded to send is understood, all of it. Method: every statement of the shared record, in its session's order and by its protocol.
final class RecordedClientsTests: XCTestCase {
    func test_recordedStatements_areAnswered() throws {
        let record = Project.shared.appendingPathComponent("pg-clients/recorded.log")
        guard FileManager.default.fileExists(atPath: record.path) else {
            if Project.isCI { XCTFail("the record of clients is missing") }
            throw XCTSkip("the record of clients is missing: \(record.path)")
        }
        let opened = try PostgresDoorServer()
        defer { opened.remove() }
        try opened.run("Postgres/recorded.py", [opened.port, opened.server.url, TillServer.adminKey, record.path], endsWith: "are answered")
        XCTAssertTrue(opened.server.isRunning, opened.server.logText)
    }
}
