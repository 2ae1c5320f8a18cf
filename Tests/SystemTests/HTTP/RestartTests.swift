import Foundation
import TestSupport
import XCTest

/// Goal: what is durable outlives a kill, and a disk without room stops receipts and nothing else. Method: the real binary, killed, and
/// started with limits that the disk keeps or does not.
final class RestartTests: XCTestCase {
    /// Rows whose columns were in memory only are read again out of their documents; answers are those of before.
    func test_kill_withColumnsInMemory_answersAreTheSame() throws {
        let server = try TillServer()
        defer { server.remove() }
        var client = server.client(key: try server.key("shop"))
        for part in 0..<4 {
            let lines = (0..<500).map { Receipts.pos("K-\(part)-\($0)") }.joined(separator: "\n")
            let answer = try client.post("/v1/receipts", lines, type: "application/x-ndjson")
            XCTAssertEqual(answer.status, 200)
            XCTAssertFalse(answer.text.contains(#""status":4"#) || answer.text.contains(#""status":5"#))
        }
        let question = #"{"query":"SELECT count(*), sum(total), min(receipt_id), max(receipt_id), count(customer_id) FROM receipts"}"#
        func rows(_ client: HTTPClient) throws -> String {
            let text = try client.post("/v1/sql", question).text
            return String(text[..<(text.range(of: #","statistics""#)?.lowerBound ?? text.endIndex)])
        }
        let before = try rows(client)
        XCTAssertTrue(before.contains("2000"), before)
        let receipt = try client.get("/v1/receipts/K-3-499").text
        let key = client.authorization
        server.kill()
        try server.start()
        client = server.client(key: nil)
        client.authorization = key
        XCTAssertEqual(try rows(client), before)
        XCTAssertEqual(try client.get("/v1/receipts/K-3-499").text, receipt)
        XCTAssertEqual(try client.post("/v1/receipts", Receipts.pos("K-0-0")).status, 200, "a repeat is known")
    }

    func test_fullDisk_refusesReceipts_andReadsGoOn() throws {
        let server = try TillServer(environment: ["TILL_LIMITS_MIN_FREE": "0"])
        defer { server.remove() }
        var client = server.client(key: try server.key("shop"))
        let first = try client.post("/v1/receipts", Receipts.pos("F-1"))
        XCTAssertEqual(first.status, 201)
        let key = client.authorization
        XCTAssertEqual(server.stop(), 0)
        // No disk has as much.
        try server.start(environment: ["TILL_LIMITS_MIN_FREE": "1000000GiB"])
        client = server.client(key: nil)
        client.authorization = key
        let refused = try client.post("/v1/receipts", Receipts.pos("F-2"))
        XCTAssertEqual(refused.status, 503)
        XCTAssertTrue(refused.text.contains("/problems/disk-full"), refused.text)
        XCTAssertNotNil(refused.headers["retry-after"])
        XCTAssertEqual(try client.get("/v1/receipts/F-1").status, 200)
        XCTAssertEqual(try client.get(first.headers["location"] ?? "").status, 200)
        XCTAssertTrue(try client.post("/v1/sql", #"{"query":"SELECT count(*) FROM receipts"}"#).text.contains("[[1]]"))
        XCTAssertEqual(server.stop(), 0)
        try server.start(environment: ["TILL_LIMITS_MIN_FREE": "0"])
        client = server.client(key: nil)
        client.authorization = key
        XCTAssertEqual(try client.post("/v1/receipts", Receipts.pos("F-2")).status, 201)
    }

    /// As `ulimit -f` and systemd's `LimitFSIZE` have it: the system sends a signal with the write that it refuses, which ends a program that does not take it.
    func test_filesThatMayGrowNoMore_refuseReceipts_untilTheyMay_andEndNothing() throws {
        let server = try TillServer()
        defer { server.remove() }
        func limit(_ bytes: String) throws {
            let run = Process()
            run.executableURL = URL(fileURLWithPath: "/usr/bin/prlimit")
            run.arguments = ["--pid", "\(server.processID)", "--fsize=\(bytes):unlimited"]
            try run.run()
            run.waitUntilExit()
            XCTAssertEqual(run.terminationStatus, 0)
        }
        let client = server.client(key: try server.key("shop"))
        XCTAssertEqual(try client.post("/v1/receipts", Receipts.pos("F-1")).status, 201)
        try limit("4096")
        let refused = try client.post("/v1/receipts", Receipts.pos("F-2"))
        XCTAssertEqual(refused.status, 503)
        XCTAssertTrue(refused.text.contains("/problems/disk-full"), refused.text)
        XCTAssertEqual(try client.get("/v1/receipts/F-1").status, 200)
        try limit("unlimited")
        XCTAssertEqual(try client.post("/v1/receipts", Receipts.pos("F-2")).status, 201)
        XCTAssertTrue(try client.post("/v1/sql", #"{"query":"SELECT count(*) FROM receipts"}"#).text.contains("[[2]]"))
        XCTAssertEqual(server.stop(), 0)
    }

    /// The system gives the number of one that is closed to the first file that is opened, and what is said there is written into it.
    func test_closedDescriptors_areNoFilesOfTheStore() throws {
        let directory = try TemporaryDirectory()
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/sh")
        process.arguments = ["-c", #"exec "$0" serve --data "$1" --listen 127.0.0.1:0 <&- >&- 2>&-"#, TillServer.binary.path, directory.path + "/DATA"]
        try process.run()
        defer { process.waitUntilExit() }
        defer { process.terminate() }
        let place = "/proc/\(process.processIdentifier)/fd"
        func file(_ number: String) -> String? { try? FileManager.default.destinationOfSymbolicLink(atPath: "\(place)/\(number)") }
        let isOpen = Patience.until { (try? FileManager.default.contentsOfDirectory(atPath: place))?.contains { file($0)?.hasSuffix("/LOCK") ?? false } ?? false }
        XCTAssertTrue(isOpen)
        XCTAssertEqual(["0", "1", "2"].map(file), ["/dev/null", "/dev/null", "/dev/null"])
        // Nothing comes from the first, and what is written into the others is told to have failed.
        let modes = ["0", "1", "2"].map { number -> String? in
            let info = try? String(contentsOfFile: "/proc/\(process.processIdentifier)/fdinfo/\(number)", encoding: .utf8)
            return info?.split(separator: "\n").first { $0.hasPrefix("flags:") }.map { String($0.suffix(1)) }
        }
        XCTAssertEqual(modes, ["1", "0", "0"])
    }
}
