import ColumnStore
import Documents
import Processes
import Synchronization
import TestSupport
import XCTest

@testable import Ingest

/// Goal: an execution that has values in which a member is named twice, as earlier programs let in, goes on.
/// Method: a Map that has begun with its items, whose names are changed in the closed file.
final class RepeatedNamesTests: XCTestCase {
    private let folder = TemporaryDirectory()
    private var path: String { ((try? folder.made()) ?? "") + "/executions.sqlite" }

    private func open(_ hands: ExecutionStoreTests.Hands) throws -> ExecutionStore {
        let store = try ExecutionStore(path: path, clock: .system)
        try store.begin(hands)
        return store
    }

    /// Of two members `a` and `b` two that are named `a`, wherever values stand.
    private func nameTwice() throws {
        func renamed(_ bytes: [UInt8]) -> [UInt8] { bytes.replacing(Array(#""b":"#.utf8), with: Array(#""a":"#.utf8)) }
        let connection = try SQLiteConnection(path: path, mode: .readWrite)
        for (table, column, number) in [("pieces", "bytes", "kind * 1000000 + number"), ("tasks", "input", "serial")] {
            let select = try connection.statement("SELECT execution, \(number), \(column) FROM \(table)")
            var found: [(execution: Int64, number: Int64, bytes: [UInt8])] = []
            while try select.step() { found.append((select.int64(0), select.int64(1), select.bytes(2))) }
            let update = try connection.statement("UPDATE \(table) SET \(column) = ?3 WHERE execution = ?1 AND \(number) = ?2")
            for row in found {
                update.bind(1, row.execution)
                update.bind(2, row.number)
                try update.bind(3, renamed(row.bytes))
                try update.run()
            }
        }
    }

    func test_executionWithValuesThatNameAMemberTwice_isReadAgain_andGoesOn() throws {
        let items = try ValueLimits.parse(Array(#"[{"a":1,"b":2},{"a":3,"b":[{"a":4,"b":5}]}]"#.utf8))
        let first = ExecutionStoreTests.Hands { work, _ in
            work.call.firstItem == nil ? .abandoned : .succeeded(.object(["items": items, "last": .boolean(true)]))
        }
        var store = try open(first)
        _ = try store.putProcess(
            "m",
            Array(
                #"{"StartAt":"M","States":{"M":{"Type":"Map","MaxConcurrency":1,"ItemReader":{"Resource":"till:sql","Parameters":{"query":"q"}},"ItemProcessor":{"StartAt":"I","States":{"I":{"Type":"Task","Resource":"till:call:x","End":true}}},"End":true}}}"#
                    .utf8))
        let result = Monitor<Result<StartedExecution, any Error>?>(nil)
        store.start("m", name: nil, input: .object([]), as: .admin) { outcome in result.signal { $0 = outcome } }
        let id = try result.wait { $0 }.get().id.description
        XCTAssertTrue(Patience.until { first.state.withLock { $0.done.keys.contains { $0.contains(":I:") } } })
        store.stop()

        try nameTwice()
        var findings: [String] = []
        _ = try ExecutionProof.run(try SQLiteConnection(path: path, mode: .readOnly)) { findings.append($0) }
        XCTAssertEqual(findings, [])
        store = try open(ExecutionStoreTests.Hands { work, _ in .succeeded(work.call.input) })
        defer { store.stop() }
        XCTAssertTrue(try Patience.until { try store.execution(id, as: .admin).status != .running })
        let ended = try store.execution(id, as: .admin)
        XCTAssertEqual(ended.status, .succeeded, "\(ended)")
        XCTAssertEqual(ended.output.map { String(decoding: $0, as: UTF8.self) }, #"[{"a":1,"a":2},{"a":3,"a":[{"a":4,"a":5}]}]"#)
        // What becomes of it once its time is over.
        let entries = try store.history(id, after: 0, limit: 100, as: .admin).events.map(\.json)
        XCTAssertNoThrow(try ExecutionTable().row(ended, part: 1, entries, now: Clock.system.now()))
    }
}
