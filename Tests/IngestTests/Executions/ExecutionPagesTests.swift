import ColumnStore
import Documents
import Processes
import TestSupport
import XCTest

@testable import Ingest

/// Goal: what an answer takes is asked for before it is taken, and pages of long members end. Method: executions and definitions that are long, and a `hold` that counts or
/// refuses.
final class ExecutionPagesTests: XCTestCase {
    private struct Refusal: Error {}

    private let folder = TemporaryDirectory()
    private let waiting = #"{"StartAt":"W","States":{"W":{"Type":"Wait","Seconds":1000,"End":true}}}"#
    /// 400 KB of small values: as a value it would be twenty megabytes.
    private let input = "[" + String(repeating: "1,", count: 200_000) + "1]"

    private func open() throws -> ExecutionStore { try ExecutionStore(path: try folder.made() + "/executions.sqlite", clock: .system) }

    private func start(_ store: ExecutionStore, _ process: String) throws -> ULID {
        let result = Monitor<Result<StartedExecution, any Error>?>(nil)
        store.start(process, name: nil, input: try ValueLimits.parse(Array(input.utf8)), as: .admin) { outcome in result.signal { $0 = outcome } }
        return try result.wait { $0 }.get().id
    }

    func test_executions_askForTheirMemory_asThePageGrows() throws {
        let store = try open()
        defer { store.stop() }
        _ = try store.putProcess("p", Array(waiting.utf8))
        for _ in 0..<3 { _ = try start(store, "p") }
        var asked: [Int] = []
        let page = try store.executions(.init(limit: 10), as: .admin) { asked.append($0) }
        XCTAssertEqual(page.executions.map(\.input), Array(repeating: Array(input.utf8), count: 3))
        XCTAssertLessThan(try XCTUnwrap(asked.first), 3 * input.utf8.count, "the first is asked for by itself")
        XCTAssertGreaterThan(try XCTUnwrap(asked.last), 6 * input.utf8.count, "in the page, and in its text")
        XCTAssertLessThan(try XCTUnwrap(asked.max()), 9 * input.utf8.count, "none is read into a value")
        var askedCount = 0
        XCTAssertThrowsError(
            try store.executions(.init(limit: 10), as: .admin) { byteCount in
                askedCount += 1
                if byteCount > 3 * self.input.utf8.count { throw Refusal() }
            }
        ) { XCTAssertTrue($0 is Refusal, "\($0)") }
        XCTAssertLessThan(askedCount, asked.count, "what is refused ends the reading")
    }

    func test_anExecution_andItsHistory_askForTheirMemory() throws {
        let store = try open()
        defer { store.stop() }
        _ = try store.putProcess("p", Array(waiting.utf8))
        let id = try start(store, "p").description
        // What the row has is asked for before it is read; what it became, with names and quotes, behind it.
        var asked: [Int] = []
        _ = try store.execution(id, as: .admin) { asked.append($0) }
        XCTAssertEqual(asked.count, 2, "\(asked)")
        XCTAssertGreaterThan(try XCTUnwrap(asked.first), 2 * input.utf8.count)
        for limit in [input.utf8.count, 3 * input.utf8.count] {
            let hold: (Int) throws -> Void = { if $0 > limit { throw Refusal() } }
            if limit < 2 * input.utf8.count {
                XCTAssertThrowsError(try store.execution(id, as: .admin, hold: hold)) { XCTAssertTrue($0 is Refusal) }
                XCTAssertThrowsError(try store.history(id, after: 0, limit: 10, as: .admin, hold: hold)) { XCTAssertTrue($0 is Refusal) }
            } else {
                XCTAssertEqual(try store.execution(id, as: .admin, hold: hold).input, Array(input.utf8))
                XCTAssertEqual(try store.history(id, after: 0, limit: 10, as: .admin, hold: hold).events.count, 1)
            }
        }
    }

    func test_pagesThatEndWithTheLastOfAll_areNotCut() throws {
        let store = try open()
        defer { store.stop() }
        _ = try store.putProcess("p", Array(waiting.utf8))
        let ids = try (0..<3).map { _ in try start(store, "p") }
        for (limit, count, isCut) in [(1, 1, true), (2 * input.utf8.count, 2, true), (3 * input.utf8.count, 3, false)] {
            let page = try store.executions(.init(limit: 10, byteCountMax: limit), as: .admin) { _ in }
            XCTAssertEqual(page.executions.map(\.id), ids.reversed().prefix(count).map { $0 }, "\(limit)")
            XCTAssertEqual(page.isCut, isCut, "\(limit)")
        }
        let number = try store.execution(ids[0].description, as: .admin) { _ in }.number
        let reader = ExecutionReader(path: folder.path + "/executions.sqlite")
        defer { reader.close() }
        let events = try reader.history(number, after: 0, limit: 10, byteCountMax: 1)
        XCTAssertEqual(events.events.count, 1)
        XCTAssertFalse(events.isCut, "it is all of its history")
    }

    func test_aPageOfDefinitions_endsAtASize_andAsksForIt() throws {
        let store = try open()
        defer { store.stop() }
        let comment = String(repeating: "x", count: 1_000_000)
        let definition = Array(#"{"Comment":"\#(comment)",\#(waiting.dropFirst())"#.utf8)
        for number in 0..<18 { XCTAssertEqual(try store.putProcess("p\(number + 10)", definition), .created) }
        var asked = 0
        let first = try store.processes(after: nil, limit: 100) { asked = max(asked, $0) }
        XCTAssertTrue(first.isCut)
        XCTAssertEqual(first.processes.map(\.name), (10..<27).map { "p\($0)" }, "seventeen are more than 16 MiB")
        XCTAssertGreaterThan(asked, 2 * 17 * 1_000_000)
        let rest = try store.processes(after: "p26", limit: 100) { _ in }
        XCTAssertFalse(rest.isCut)
        XCTAssertEqual(rest.processes.map(\.name), ["p27"])
        let last = try store.processes(after: "p10", limit: 100) { _ in }
        XCTAssertEqual(last.processes.count, 17, "as many as fill a page")
        XCTAssertFalse(last.isCut, "nothing comes behind them")
        XCTAssertThrowsError(try store.process("p10") { _ in throw Refusal() }) { XCTAssertTrue($0 is Refusal) }
    }
}
