import ColumnStore
import Documents
import Processes
import Synchronization
import TestSupport
import XCTest

@testable import Ingest

/// Goal: a child that is redriven by itself goes on as any execution, and ends with what it was started for as long as that runs.
/// Method: a child whose first state fails when it is first entered.
final class RedrivenChildrenTests: XCTestCase {
    private let folder = TemporaryDirectory()
    private func path(_ name: String) throws -> String { try folder.made() + "/\(name).sqlite" }

    /// Children are started by the test.
    private func hands() -> ExecutionStoreTests.Hands {
        ExecutionStoreTests.Hands { work, _ in
            if work.call.resource.kind == Resource.childKind { return nil }
            return work.call.visit == 1 ? .failed(StateError(name: "E", cause: nil)) : .succeeded(.null)
        }
    }

    private func open(_ name: String, _ hands: ExecutionStoreTests.Hands) throws -> ExecutionStore {
        let store = try ExecutionStore(path: try path(name), clock: .system)
        try store.begin(hands)
        return store
    }

    /// - Parameter next: the state `B` of the child, behind the one that fails.
    private func put(_ store: ExecutionStore, retry: String = "", next: String) throws {
        for (name, text) in [
            ("p", #"{"StartAt":"S","States":{"S":{"Type":"Task","Resource":"till:process:c"\#(retry),"End":true}}}"#),
            ("c", #"{"StartAt":"A","States":{"A":{"Type":"Task","Resource":"till:call:x","Next":"B"},"B":\#(next)}}"#),
            ("g", #"{"StartAt":"G","States":{"G":{"Type":"Pass","Result":7,"End":true}}}"#),
        ] { _ = try store.putProcess(name, Array(text.utf8)) }
    }

    private func start(_ store: ExecutionStore, _ process: String) throws -> String {
        let result = Monitor<Result<StartedExecution, any Error>?>(nil)
        store.start(process, name: nil, input: .object([]), as: .admin) { outcome in result.signal { $0 = outcome } }
        return try result.wait { $0 }.get().id.description
    }

    /// The child of the task that asks for one of that process.
    private func child(_ store: ExecutionStore, _ hands: ExecutionStoreTests.Hands, _ process: String) throws -> String {
        let work = try XCTUnwrap(Patience.value { hands.state.withLock { $0.held.map(\.work).last { $0.call.resource == .process(process) } } })
        let result = Monitor<Result<StartedExecution, any Error>?>(nil)
        store.startChild(of: work, process, as: .admin) { outcome in result.signal { $0 = outcome } }
        return try result.wait { $0 }.get().id.description
    }

    @discardableResult
    private func wait(_ store: ExecutionStore, _ id: String, _ status: Execution.Status) throws -> ExecutionView {
        let came = try Patience.until { try store.execution(id, as: .admin).status == status }
        let view = try store.execution(id, as: .admin)
        XCTAssertTrue(came, "\(view)")
        return view
    }

    /// Its parent is there still, or forgotten.
    func test_childThatIsRedriven_afterItsParentHasEnded_startsChildrenOfItsOwn() throws {
        for isForgotten in [false, true] {
            let hands = hands()
            let store = try open("\(isForgotten)", hands)
            defer { store.stop() }
            try put(store, next: #"{"Type":"Task","Resource":"till:process:g","End":true}"#)
            let parent = try start(store, "p")
            let child = try child(store, hands, "c")
            let number = try wait(store, parent, .failed).number
            if isForgotten {
                let numbers = try store.perform { core -> [Int64] in
                    let numbers = try core.beginForgetting([number], endedBy: .max)
                    try core.forgetExecutions(numbers)
                    return numbers
                }
                XCTAssertEqual(numbers, [number])
            }
            try store.redrive(child, as: .admin)
            let grandchild = try self.child(store, hands, "g")
            try wait(store, grandchild, .succeeded)
            XCTAssertEqual(try wait(store, child, .succeeded).output, Array("7".utf8))
        }
    }

    private static let retry = #","Retry":[{"ErrorEquals":["States.ALL"],"IntervalSeconds":3600}]"#

    /// No task of its parent waits for it any more, but whoever aborts that means all of it.
    func test_childThatIsRedriven_whileItsParentWaitsForARetry_endsWithIt() throws {
        let hands = hands()
        let store = try open("retried", hands)
        defer { store.stop() }
        try put(store, retry: Self.retry, next: #"{"Type":"Wait","Seconds":100000,"End":true}"#)
        let parent = try start(store, "p")
        let child = try child(store, hands, "c")
        try wait(store, child, .failed)
        try store.redrive(child, as: .admin)
        XCTAssertEqual(try store.execution(child, as: .admin).status, .running)
        XCTAssertEqual(try store.execution(parent, as: .admin).status, .running)
        try store.abort(parent, as: .admin)
        try wait(store, child, .aborted)
    }

    /// However many there were before: one commit looks at some of them, and the next goes on.
    func test_childBehindMany_endsWithItsParent_too() throws {
        let hands = hands()
        var store = try open("many", hands)
        try put(store, retry: Self.retry, next: #"{"Type":"Wait","Seconds":100000,"End":true}"#)
        let parent = try start(store, "p")
        let child = try child(store, hands, "c")
        try wait(store, child, .failed)
        try store.redrive(child, as: .admin)
        let number = try store.execution(parent, as: .admin).number
        store.stop()
        // Ended children of tasks before.
        let connection = try SQLiteConnection(path: try path("many"), mode: .readWrite)
        try connection.execute(
            """
            WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < \(2 * ExecutionCore.childCountMax))
            INSERT INTO executions(number, id, process, version, name, owner, status, started_at, ended_at, parent, parent_serial, parent_token)
            SELECT 1000000 + i, randomblob(16), 'c', 1, 'before ' || i, '', 2, 0, 0, \(number), -i, '' FROM n
            """)
        store = try open("many", hands)
        defer { store.stop() }
        try store.abort(parent, as: .admin)
        try wait(store, child, .aborted)
        XCTAssertEqual(try connection.integer("SELECT count(*) FROM timers"), 0)
    }

    /// Each may look at a thousand children: what that takes counts in the commit as what else it reads and writes.
    func test_timersThatEndChildren_pastWhatACommitMayReadOrWrite_waitForTheNext() throws {
        for (read, written) in [(16 << 20, 0), (0, 4 << 20)] {
            let store = try ExecutionStore(path: try path("walks-\(read)"), clock: .system)
            defer { store.stop() }
            try put(store, next: #"{"Type":"Succeed"}"#)
            let left = try store.perform { core -> Int64? in
                let file = try core.connection()
                try file.execute(
                    """
                    INSERT INTO executions(number, id, process, version, name, owner, status, started_at, parent, parent_serial, parent_token)
                    VALUES(11, randomblob(16), 'c', 1, 'a', '', 0, 0, 1, 1, ''), (12, randomblob(16), 'c', 1, 'b', '', 0, 0, 2, 1, '');
                    INSERT INTO timers(execution, serial, at) VALUES(1, \(SelfTimer.abortChildren), 0), (2, \(SelfTimer.abortChildren), 0);
                    """)
                // As much as a commit may, and no more than that.
                core.aftermath.readByteCount = read
                core.aftermath.byteCount = written
                _ = try core.fireTimers(countMax: 256)
                return try file.integer("SELECT count(*) FROM timers WHERE serial = \(SelfTimer.abortChildren)")
            }
            XCTAssertEqual(left, 1)
        }
    }

    /// What its end without success had begun goes on, whatever a redrive comes to.
    func test_executionThatIsRedriven_andSucceeds_stillHasTheChildrenEnded_thatWereToBe() throws {
        let hands = hands()
        let store = try open("succeeded", hands)
        defer { store.stop() }
        try put(store, next: #"{"Type":"Succeed"}"#)
        let id = try start(store, "c")
        let number = try wait(store, id, .failed).number
        // Its turn comes once the execution has succeeded.
        try store.perform { core in try core.setTimer(number, serial: SelfTimer.abortChildren, frame: 7, at: .max / 2) }
        try store.redrive(id, as: .admin)
        try wait(store, id, .succeeded)
        let timers = try store.perform { core -> [Int64?] in
            let file = try core.connection()
            return [try file.integer("SELECT count(*) FROM timers WHERE execution = \(number)"), try file.integer("SELECT frame FROM timers WHERE execution = \(number)")]
        }
        XCTAssertEqual(timers, [1, 7])
    }

    /// Both are due in one commit: the end begins with the first child anew, and what was to go on behind them is not what counts any more.
    func test_executionThatEndsAgain_whileItsChildrenAreStillToBeEnded_passesOverNone() throws {
        let store = try ExecutionStore(path: try path("again"), clock: .system)
        defer { store.stop() }
        try put(store, next: #"{"Type":"Succeed"}"#)
        let number = try store.execution(try start(store, "c"), as: .admin).number
        let count = 2 * ExecutionCore.childCountMax
        let ended = try store.perform { core -> Int64? in
            let file = try core.connection()
            try file.execute(
                """
                WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < \(count))
                INSERT INTO executions(number, id, process, version, name, owner, status, started_at, parent, parent_serial, parent_token)
                SELECT 1000000 + i, randomblob(16), 'c', 1, 'child ' || i, '', 0, 0, \(number), 1000 + i, '' FROM n;
                INSERT INTO timers(execution, serial, frame, at) VALUES(\(number), \(SelfTimer.abort), NULL, 0), (\(number), \(SelfTimer.abortChildren), \(1_000 + count - 1), 1);
                """)
            _ = try core.fireTimers(countMax: 2)
            let ended = try file.integer("SELECT count(*) FROM timers WHERE serial = \(SelfTimer.abort) AND execution > 1000000")
            // They are rows alone, and nothing could be made of them.
            try file.execute("DELETE FROM timers WHERE execution >= 1000000; DELETE FROM executions WHERE number > 1000000")
            return ended
        }
        XCTAssertEqual(ended, Int64(count))
    }

    /// The archive would forget the timer with it, and its children would run on.
    func test_executionWhoseChildrenAreStillToBeEnded_isNotArchived() throws {
        let store = try ExecutionStore(path: try path("archived"), clock: .system)
        defer { store.stop() }
        try put(store, next: #"{"Type":"Succeed"}"#)
        let number = try store.execution(try start(store, "g"), as: .admin).number
        XCTAssertEqual(try store.reader.finished(before: .max, limit: 10), [number])
        try store.perform { core in try core.setTimer(number, serial: SelfTimer.abortChildren, frame: nil, at: 0) }
        XCTAssertEqual(try store.reader.finished(before: .max, limit: 10), [])
        try store.perform { core in try core.removeTimer(number, serial: SelfTimer.abortChildren) }
        XCTAssertEqual(try store.reader.finished(before: .max, limit: 10), [number])
    }
}
