import Foundation
import TestSupport
import XCTest

/// Goal: a place that somebody names and that cannot be used is refused with its name and the reason, and none that the store keeps its own files in is taken. Method: paths that no server can
/// write to, or must not, in calls and in settings of the real binary.
final class OutsidePlacesTests: XCTestCase {
    func test_move_toAPlaceThatCannotBe_isRefusedByName_andNothingHasMoved() throws {
        let server = try TillServer()
        defer { server.remove() }
        _ = try server.key("c1")
        let client = server.client()
        XCTAssertEqual(try client.post("/v1/receipts?client=c1", Receipts.pos("R-1", day: "2026-01-10")).status, 201)
        XCTAssertEqual(try client.post("/v1/admin/compact", "{}").status, 200)
        let data = server.data.path
        let file = server.data.deletingLastPathComponent().appendingPathComponent("file")
        try Data("x".utf8).write(to: file)
        let places = [
            "/proc/till", "/proc/till/deep", "/sys/till", "/dev/null", "/dev/null/till", file.path, "\(file.path)/till", "/" + String(repeating: "a", count: 300), "/till" + String(repeating: "/a", count: 3_000),
            data, "\(data)/hot", "\(data)/uploads/x", "\(data)/warehouse/x", "\(data)/cache", "\(data)/cluster", "\(data)/log",
        ]
        for place in places {
            let answer = try client.post("/v1/admin/move?wait=60", #"{"to":"file://\#(place)"}"#)
            let job = try XCTUnwrap(answer.text.contains(#""state":"failed""#) || answer.status == 400 ? answer : nil, "\(place.prefix(80)): \(answer.text)")
            XCTAssertTrue(job.text.contains("/problems/bad-parameter"), "\(place.prefix(80)): \(job.text)")
            XCTAssertTrue(job.text.contains(#""pointer":"/to""#), "\(place.prefix(80)): \(job.text)")
        }
        // The error of what is no URL names both kinds.
        let nonsense = try client.post("/v1/admin/move?wait=60", #"{"to":"/nonsense"}"#)
        XCTAssertTrue(nonsense.text.contains("s3://bucket/prefix or file:///path"), nonsense.text)
        // A backup goes nowhere where nothing can be made, whatever the rights say.
        for place in ["/proc/self/fd", "/proc/self/task", "/sys/kernel", "/proc"] {
            let answer = try client.post("/v1/admin/backup", #"{"destination":"\#(place)"}"#)
            XCTAssertEqual(answer.status, 400, "\(place): \(answer.text)")
            XCTAssertTrue(answer.text.contains(#""pointer":"/destination""#), "\(place): \(answer.text)")
        }
        XCTAssertFalse(FileManager.default.fileExists(atPath: "\(data)/hot/store"))
        let report = try client.post("/v1/sql", #"{"query":"SELECT count(*) FROM receipts"}"#)
        XCTAssertTrue(report.text.contains("[1]"), report.text)
        XCTAssertEqual(try TillRun(["verify", "--url", "http://127.0.0.1:\(server.port)"], environment: ["TILL_KEY": TillServer.adminKey]).status, 0)
    }

    func test_settings_thatNameTheStoresOwnFolders_endTheStartByName() throws {
        let server = try TillServer()
        defer { server.remove() }
        XCTAssertEqual(server.stop(), 0)
        for (variable, key) in [("TILL_STORAGE_URL", "storage.url"), ("TILL_EXPORTS_URL", "exports.url"), ("TILL_LOG_URL", "log.url")] {
            for folder in ["/hot", "/exports", ""] {
                let run = try TillRun(["serve", "--data", server.data.path, "--listen", "127.0.0.1:0"], environment: [variable: "file://\(server.data.path)\(folder)", "TILL_ADMIN_KEY": TillServer.adminKey])
                XCTAssertEqual(run.status, 2, "\(key) \(folder): \(run.error)")
                XCTAssertTrue(run.error.contains(key) && run.error.contains(server.data.path), "\(key) \(folder): \(run.error)")
            }
        }
    }
}
