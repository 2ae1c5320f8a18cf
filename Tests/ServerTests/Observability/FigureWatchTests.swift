import Documents
import Foundation
import Ingest
import Synchronization
import XCTest

@testable import Server

/// Goal: what becomes worse, or well again, is in the log once, and what stays as it is never. Method: an engine whose figures are set here.
final class FigureWatchTests: XCTestCase {
    private var file = FileManager.default.temporaryDirectory
    private let engine = FakeEngine()
    private var log = Log(format: .json, level: .error)
    private var watch = FigureWatch(Log(format: .json, level: .error))

    override func setUpWithError() throws {
        file = FileManager.default.temporaryDirectory.appendingPathComponent("till-watch-\(UUID().uuidString)")
        XCTAssertTrue(FileManager.default.createFile(atPath: file.path, contents: nil))
        let handle = try FileHandle(forWritingTo: file)
        log = Log(format: .json, level: .info, descriptor: dup(handle.fileDescriptor))
        watch = FigureWatch(log, period: 0)
    }

    override func tearDownWithError() throws { try FileManager.default.removeItem(at: file) }

    /// What is written when the watch looks at these figures: level and the rest of the line, without the time.
    private func lines(_ figures: [(name: String, labels: [(name: String, value: String)], value: Double)], refused: [Fault] = []) throws -> [String] {
        engine.state.withLock { state in
            state.figures = figures.map { Metric(name: $0.name, help: "", kind: .gauge, labels: $0.labels, value: $0.value, reason: $0.name == "calls_total" ? "timed out" : nil) }
            state.refusals = refused
        }
        let before = try Data(contentsOf: file).count
        watch.look(engine)
        XCTAssertTrue(log.flush())
        return String(decoding: try Data(contentsOf: file)[before...], as: UTF8.self).split(separator: "\n").map { line in
            String(line[(line.range(of: #""level""#)?.lowerBound ?? line.startIndex)...])
        }
    }

    func test_deadLetters_calls_breakers_andQueues() throws {
        let (tax, step) = ([(name: "queue", value: "registrar"), (name: "name", value: "tax")], [(name: "kind", value: "step")])
        let failed = tax + [(name: "outcome", value: "failed")]
        // What was so when the server began is no news.
        XCTAssertEqual(try lines([("dead_letters", step, 3), ("calls_total", failed, 7), ("queue_overflow", tax, 0)]), [])
        XCTAssertEqual(try lines([("dead_letters", step, 3), ("calls_total", failed, 7), ("queue_overflow", tax, 0), ("breaker_state", tax, 0)]), [])
        XCTAssertEqual(
            try lines([("dead_letters", step, 5), ("calls_total", failed, 9), ("queue_overflow", tax, 1), ("breaker_state", tax, 2)]),
            [
                #""level":"error","event":"dead letters","kind":"step","new":2,"total":5}"#,
                #""level":"warning","event":"calls failed","queue":"registrar","name":"tax","outcome":"failed","count":2,"reason":"timed out"}"#,
                #""level":"warning","event":"a queue is longer than memory keeps","queue":"registrar","name":"tax"}"#,
                #""level":"warning","event":"breaker","queue":"registrar","name":"tax","state":"open"}"#,
            ])
        XCTAssertEqual(try lines([("dead_letters", step, 5), ("calls_total", failed, 9), ("queue_overflow", tax, 1), ("breaker_state", tax, 2)]), [])
        XCTAssertEqual(
            try lines([("dead_letters", step, 4), ("calls_total", failed, 9), ("queue_overflow", tax, 0), ("breaker_state", tax, 0)]),
            [#""level":"info","event":"breaker","queue":"registrar","name":"tax","state":"closed"}"#])
    }

    func test_diskFull_compactions_andDamage() throws {
        let full = Fault(.diskFull, "9 MiB are free")
        XCTAssertEqual(try lines([], refused: [full]), [#""level":"error","event":"receipts are refused","reason":"9 MiB are free"}"#])
        XCTAssertEqual(try lines([], refused: [Fault(.diskFull, "8 MiB are free")]), [], "still so")
        XCTAssertEqual(try lines([]), [#""level":"info","event":"receipts are taken again"}"#])
        func compacted(_ moved: Double, _ merged: Double, damaged: Double) throws -> [String] {
            try lines([
                ("compaction_rows_moved_total", [], moved), ("compaction_rows_merged_total", [(name: "how", value: "compressed")], merged),
                ("hot_rows_damaged", [], damaged),
            ])
        }
        XCTAssertEqual(try compacted(10, 5, damaged: 1), [])
        XCTAssertEqual(
            try compacted(30, 5, damaged: 2),
            [#""level":"error","event":"documents were found damaged","new":1}"#, #""level":"info","event":"compacted","rows_moved":20,"rows_merged":0}"#])
        XCTAssertEqual(try compacted(30, 5, damaged: 1), [])
    }

    /// Also as the server begins; then once, though the room goes to and fro.
    func test_diskThatFills_isToldBeforeItIsFull() throws {
        func free(_ mebibytes: Double) throws -> [String] { try lines([("disk_free_bytes", [], mebibytes * 1_048_576), ("disk_min_free_bytes", [], 1_073_741_824)]) }
        let told = [#""level":"warning","event":"the disk is full soon","free_mib":4000,"min_free_mib":1024}"#]
        XCTAssertEqual(try free(4_000), told)
        XCTAssertEqual(try free(3_000), [])
        XCTAssertEqual(try free(4_200), [])
        XCTAssertEqual(try free(5_121), [#""level":"info","event":"the disk has room again","free_mib":5121}"#])
        XCTAssertEqual(try free(4_097), [])
        XCTAssertEqual(try free(4_000), told)
        XCTAssertEqual(try lines([]), [], "nobody knows how much is free")
    }
}
