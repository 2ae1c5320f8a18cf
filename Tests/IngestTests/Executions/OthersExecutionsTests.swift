import ColumnStore
import Documents
import Processes
import TestSupport
import XCTest

@testable import Ingest

/// Goal: nobody learns of another's execution that there is one, nor how long it is. Method: a long one, and a `hold` that has room for nothing.
final class OthersExecutionsTests: XCTestCase {
    private struct Refusal: Error {}

    func test_othersExecutions_areAbsent_beforeAnythingIsAskedFor() throws {
        let folder = TemporaryDirectory()
        let store = try ExecutionStore(path: try folder.made() + "/executions.sqlite", clock: .system)
        defer { store.stop() }
        _ = try store.putProcess("p", Array(#"{"StartAt":"W","States":{"W":{"Type":"Wait","Seconds":1000,"End":true}}}"#.utf8))
        let done = Monitor<Result<Void, Fault>?>(nil)
        let input = Array(#"{"x":"\#(String(repeating: "x", count: 100_000))"}"#.utf8)
        store.start("p", name: "n", input: input, as: Identity.contract(ClientID("c1"))) { outcome in done.signal { $0 = outcome } }
        try done.wait { $0 }.get()
        let id = try XCTUnwrap(try store.executions(.init(limit: 10), as: .admin) { _ in }.executions.first).id.description
        let others: [Principal] = [
            Principal(clientID: "c2", access: .readWrite, scope: .own), Principal(clientID: "c2", access: .readWrite, scope: .all), .operators(.auditor, keyID: "k"), .nobody,
        ]
        for principal in others {
            var asked: [Int] = []
            let hold: (Int) throws -> Void = { byteCount in
                asked.append(byteCount)
                throw Refusal()
            }
            XCTAssertThrowsError(try store.execution(id, as: principal, hold: hold)) { XCTAssertEqual(($0 as? Fault)?.code, .notFound, "\($0)") }
            XCTAssertThrowsError(try store.history(id, after: 0, limit: 10, as: principal, hold: hold)) { XCTAssertEqual(($0 as? Fault)?.code, .notFound, "\($0)") }
            XCTAssertEqual(asked, [])
        }
        for principal in [Principal.admin, Principal(clientID: "c1", access: .read, scope: .own)] {
            var asked: [Int] = []
            let hold: (Int) throws -> Void = { asked.append($0) }
            XCTAssertEqual(try store.execution(id, as: principal, hold: hold).id.description, id)
            XCTAssertEqual(try store.history(id, after: 0, limit: 10, as: principal, hold: hold).events.count, 1)
            XCTAssertGreaterThan(try XCTUnwrap(asked.first), 2 * input.count)
            XCTAssertThrowsError(try store.execution(id, as: principal) { _ in throw Refusal() }) { XCTAssertTrue($0 is Refusal, "\($0)") }
        }
    }
}
