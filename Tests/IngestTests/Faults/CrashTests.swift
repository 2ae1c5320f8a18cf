import ColumnStore
import Foundation
import Query
import TestSupport
import XCTest

@testable import Documents
@testable import Ingest

/// A process that posts and compacts is killed at random instants; what it had acknowledged is there afterwards, once, byte for byte,
/// and the verifier finds nothing wrong. What it had not acknowledged is there whole or not at all.
///
/// The child is this test program again, with one test and a variable that names the directory.
final class CrashTests: XCTestCase {
    private static let variable = "TILL_CRASH_DIRECTORY"

    private static func document(_ id: String) -> String {
        let day = 10 + id.utf8.reduce(0) { $0 &+ Int($1) } % 9
        return EngineFixture.receipt(id, at: "2026-11-\(day)T10:00:00Z", note: String(repeating: id, count: 1 + id.utf8.count % 50))
    }

    func test_child() throws {
        guard let path = ProcessInfo.processInfo.environment[Self.variable] else { throw XCTSkip("runs as a child of the other tests") }
        let fixture = try EngineFixture(path)
        let engine = fixture.engine
        let run = UUID().uuidString.prefix(8)
        Self.report("ready")
        let compaction = WorkerThread(name: "compaction") { while true { _ = try? engine.compact(before: nil) } }
        for number in 0..<Int.max {
            if number % 3 == 0 {
                let ids = (0..<40).map { "\(run)-\(number)-\($0)" }
                if case .each(let results) = fixture.take(ids.map(Self.document).joined(separator: "\n"), .ndjson) {
                    for (id, result) in zip(ids, results) { if case .success = result { Self.report(id) } }
                }
            } else {
                let id = "\(run)-\(number)"
                if case .one = fixture.take(Self.document(id)) { Self.report(id) }
            }
        }
        compaction.join()
    }

    /// A line that the parent sees at once.
    private static func report(_ line: String) {
        let bytes = Array("ack \(line)\n".utf8)
        _ = write(1, bytes, bytes.count)
    }

    func test_kill_atRandomInstants_losesAndDoublesNothing() throws {
        let rounds = ProcessInfo.processInfo.environment["TILL_CRASH_ROUNDS"].flatMap { Int($0) } ?? 4
        let directory = TemporaryDirectory()
        var acknowledged: Set<String> = []
        for round in 0..<rounds {
            acknowledged.formUnion(try runChild(directory.path, milliseconds: Int.random(in: 5...700)))
            let report = try Verifier(path: directory.path).run()
            XCTAssertEqual(report.findings.map(\.description), [], "round \(round)")
            let fixture = try EngineFixture(directory.path)
            let rows = try fixture.walk(PageRequest(fields: ["receipt_id", "document"], limit: 10_000))
            let ids = rows.map { String($0.prefix { $0 != "|" }) }
            XCTAssertEqual(Set(ids).count, ids.count, "round \(round): a receipt is there twice")
            XCTAssertEqual(acknowledged.subtracting(ids), [], "round \(round): acknowledged receipts are gone")
            for row in rows {
                let id = String(row.prefix { $0 != "|" })
                XCTAssertEqual(String(row.dropFirst(id.count + 1)), Self.document(id))
            }
            // Sending again is safe, wherever the first one is by now.
            for id in acknowledged.prefix(20) { XCTAssertTrue(try fixture.taken(Self.document(id)).isRepeat, id) }
            try fixture.engine.close()
        }
        XCTAssertGreaterThan(acknowledged.count, rounds)
    }

    /// Starts a child, kills it some time after it is ready, and gives what it had acknowledged.
    private func runChild(_ path: String, milliseconds: Int) throws -> [String] {
        let process = Process()
        process.executableURL = URL(filePath: "/proc/\(getpid())/exe").resolvingSymlinksInPath()
        process.arguments = ["IngestTests.CrashTests/test_child"]
        process.environment = ProcessInfo.processInfo.environment.merging([Self.variable: path]) { $1 }
        let output = Pipe()
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        try process.run()
        var text: [UInt8] = []
        let ready = Array("ack ready\n".utf8)
        while true {
            let more = output.fileHandleForReading.availableData
            XCTAssertFalse(more.isEmpty, "the child ended by itself: \(String(decoding: text, as: UTF8.self))")
            if more.isEmpty { return [] }
            text += more
            if String(decoding: text, as: UTF8.self).contains(String(decoding: ready, as: UTF8.self)) { break }
        }
        usleep(UInt32(milliseconds * 1_000))
        kill(process.processIdentifier, SIGKILL)
        text += output.fileHandleForReading.readDataToEndOfFile()
        process.waitForEnd()
        // A last line without its end was cut off by the kill: it is not counted as heard.
        let lines = String(decoding: text, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false).dropLast()
        return lines.filter { $0.hasPrefix("ack ") && $0 != "ack ready" }.map { String($0.dropFirst(4)) }
    }
}
