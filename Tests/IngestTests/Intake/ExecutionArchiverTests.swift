import ColumnStore
import Documents
import Foundation
import Processes
import Synchronization
import TestSupport
import XCTest

@testable import Ingest

/// Goal: an execution is forgotten when its rows are durable, and no sooner. Method: a store whose writer has stopped, and the same one opened again.
final class ExecutionArchiverTests: XCTestCase {
    private func finished(_ fixture: EngineFixture) throws -> Int { try fixture.engine.executions.reader.finished(before: .max, limit: 10).count }

    func test_archive_whereRowsCannotBeStored_forgetsNothing() throws {
        let directory = TemporaryDirectory()
        try {
            let fixture = try EngineFixture(directory.path)
            defer { try? fixture.engine.close() }
            let executions = fixture.engine.executions
            _ = try executions.putProcess("p", Array(#"{"StartAt":"A","States":{"A":{"Type":"Succeed"}}}"#.utf8))
            let result = Monitor<Result<StartedExecution, any Error>?>(nil)
            executions.start("p", name: nil, input: .object([]), as: .admin) { outcome in result.signal { $0 = outcome } }
            _ = try result.wait { $0 }.get()
            XCTAssertEqual(try finished(fixture), 1)
            fixture.engine.tier.writer.stop()
            XCTAssertThrowsError(try ExecutionArchiver(fixture.engine.intakeParts, executions, days: 0).archivePage())
            XCTAssertEqual(try finished(fixture), 1, "it is not stored, and stays")
        }()
        let fixture = try EngineFixture(directory.path)
        defer { try? fixture.engine.close() }
        XCTAssertEqual(try finished(fixture), 1)
        XCTAssertFalse(try ExecutionArchiver(fixture.engine.intakeParts, fixture.engine.executions, days: 0).archivePage())
        XCTAssertEqual(try finished(fixture), 0)
        XCTAssertEqual(try fixture.walk(PageRequest(table: ExecutionTable.name, fields: ["receipt_id"])).count, 1)
    }

    /// A clock that does something when the archiver, which this test runs itself, looks at it for the second time: as it makes a row.
    private final class Interruption: Sendable {
        private let state = Mutex<(left: Int, body: (@Sendable () -> Void)?)>((0, nil))
        private let time = Mutex<Int64>(1_795_000_000_000_000)

        func set(_ body: @escaping @Sendable () -> Void) { state.withLock { $0 = (2, body) } }

        func now() -> Int64 {
            let body = Thread.isMainThread ? state.withLock { state -> (@Sendable () -> Void)? in
                state.left -= 1
                return state.left == 0 ? state.body : nil
            } : nil
            body?()
            return time.withLock { time in
                time += 1_000
                return time
            }
        }
    }

    /// One that was asked to go on does so; one of which a row is being made is refused, and what is forgotten does not run.
    func test_redrive_whileAnExecutionIsPutIntoItsTable_isRefused_andBeforeKeepsIt() throws {
        let directory = TemporaryDirectory()
        let clock = Interruption()
        let fixture = try EngineFixture(directory.path, clock: Clock { clock.now() })
        defer { try? fixture.engine.close() }
        let executions = fixture.engine.executions
        _ = try executions.putProcess("p", Array(#"{"StartAt":"A","States":{"A":{"Type":"Wait","Seconds":100000,"End":true}}}"#.utf8))
        let result = Monitor<Result<StartedExecution, any Error>?>(nil)
        executions.start("p", name: nil, input: .object([]), as: .admin) { outcome in result.signal { $0 = outcome } }
        let id = try result.wait { $0 }.get().id.description
        try executions.abort(id, as: .admin)
        let numbers = try executions.reader.finished(before: .max, limit: 10)
        XCTAssertEqual(numbers.count, 1)
        try executions.redrive(id, as: .admin)
        XCTAssertEqual(try executions.perform { core in try core.beginForgetting(numbers, endedBy: .max) }, [], "it goes on")
        try executions.abort(id, as: .admin)
        XCTAssertEqual(try executions.perform { core in try core.beginForgetting(numbers, endedBy: 0) }, [], "it ended later")
        let refusal = Mutex<Fault.Code?>(nil)
        let isAsked = Mutex(false)
        clock.set {
            isAsked.withLock { $0 = true }
            do { try executions.redrive(id, as: .admin) } catch { refusal.withLock { $0 = (error as? Fault)?.code } }
        }
        XCTAssertFalse(try ExecutionArchiver(fixture.engine.intakeParts, executions, days: 0).archivePage())
        XCTAssertTrue(isAsked.withLock { $0 })
        XCTAssertEqual(refusal.withLock { $0 }, .wrongState)
        XCTAssertThrowsError(try executions.execution(id, as: .admin))
        XCTAssertEqual(try fixture.walk(PageRequest(table: ExecutionTable.name, fields: ["execution_state"])), ["ABORTED"])
    }

    /// A row may be durable by then: what became of the execution later would never be in it.
    func test_redrive_afterARestartWhileAnExecutionIsPutIntoItsTable_isRefused() throws {
        let directory = TemporaryDirectory()
        let id = try { () throws -> String in
            let fixture = try EngineFixture(directory.path)
            defer { try? fixture.engine.close() }
            let executions = fixture.engine.executions
            _ = try executions.putProcess("p", Array(#"{"StartAt":"A","States":{"A":{"Type":"Fail"}}}"#.utf8))
            let id = try start(executions).id.description
            XCTAssertEqual(try executions.perform { core in try core.beginForgetting([1], endedBy: .max) }, [1])
            return id
        }()
        let fixture = try EngineFixture(directory.path)
        defer { try? fixture.engine.close() }
        let executions = fixture.engine.executions
        XCTAssertThrowsError(try executions.redrive(id, as: .admin)) { XCTAssertEqual(($0 as? Fault)?.code, .wrongState) }
        XCTAssertFalse(try ExecutionArchiver(fixture.engine.intakeParts, executions, days: 0).archivePage())
        XCTAssertEqual(try finished(fixture), 0)
        XCTAssertEqual(try fixture.walk(PageRequest(table: ExecutionTable.name, fields: ["execution_id"])), [id])
    }

    private func start(_ executions: ExecutionStore, name: String? = nil, _ input: JSONValue = .object([])) throws -> StartedExecution {
        let result = Monitor<Result<StartedExecution, any Error>?>(nil)
        executions.start("p", name: name, input: input, as: .admin) { outcome in result.signal { $0 = outcome } }
        return try result.wait { $0 }.get()
    }

    /// One whose bytes are none, and one whose row's place is taken.
    func test_executionsThatCannotBePutIntoTheTable_stay_andHoldUpNoOther() throws {
        let directory = TemporaryDirectory()
        let fixture = try EngineFixture(directory.path)
        defer { try? fixture.engine.close() }
        let (executions, parts) = (fixture.engine.executions, fixture.engine.intakeParts)
        _ = try executions.putProcess("p", Array(#"{"StartAt":"A","States":{"A":{"Type":"Fail"}}}"#.utf8))
        let ids = try (0..<3).map { _ in try start(executions).id.description }
        try SQLiteConnection(path: executions.path, mode: .readWrite).execute("UPDATE pieces SET bytes = x'FF' WHERE execution = 1 AND kind = 0")
        XCTAssertTrue(ExecutionArchiver.prepare(parts))
        let row = try ExecutionTable().row(try XCTUnwrap(executions.reader.execution(number: 2)), part: 1, [], now: parts.clock.now())
        let other = HotRow(
            kind: row.kind, client: [UInt8](), receipt: Array(row.receipt), businessDay: row.businessDay, issuedAt: row.issuedAt, values: Array(row.values),
            sha256: SHA256.hash([1]), storedDocument: [], documentByteCount: 0, coding: .plain)
        let answer = Monitor<Submission.Answer?>(nil)
        Intake(parts: parts, request: IntakeRequest(form: .json, body: [], contentType: "", principal: .admin)).submit([other], isAtomic: false) { outcome in
            answer.broadcast { $0 = outcome }
        }
        guard case .done(let outcomes) = answer.wait({ $0 }), case .stored? = outcomes.first else { return XCTFail("the place is not taken") }
        let archiver = try ExecutionArchiver(parts, executions, days: 0)
        for _ in 0..<2 {
            XCTAssertFalse(try archiver.archivePage())
            XCTAssertEqual(try executions.reader.finished(before: .max, limit: 10), [1, 2])
        }
        XCTAssertEqual(Set(try fixture.walk(PageRequest(table: ExecutionTable.name, fields: ["execution_id"]))), Set(ids[1...]))
        try executions.redrive(ids[1], as: .admin)
        XCTAssertThrowsError(try executions.redrive(ids[2], as: .admin), "it is a row by now")
    }

    /// Whoever had no answer asks again, and an event may come twice: neither is to start another.
    func test_nameOfAnExecutionThatIsForgotten_isKnownForADayFromItsEnd() throws {
        let directory = TemporaryDirectory()
        let time = Mutex<Int64>(1_795_000_000_000_000)
        let fixture = try EngineFixture(
            directory.path,
            clock: Clock {
                time.withLock { time in
                    time += 1_000
                    return time
                }
            })
        defer { try? fixture.engine.close() }
        let executions = fixture.engine.executions
        _ = try executions.putProcess("p", Array(#"{"StartAt":"A","States":{"A":{"Type":"Succeed"}}}"#.utf8))
        let first = try start(executions, name: "n")
        _ = try start(executions)
        let archiver = try ExecutionArchiver(fixture.engine.intakeParts, executions, days: 0)
        XCTAssertFalse(try archiver.archivePage())
        XCTAssertThrowsError(try executions.execution(first.id.description, as: .admin))
        let again = try start(executions, name: "n")
        XCTAssertEqual(again.id, first.id)
        XCTAssertFalse(again.isNew)
        XCTAssertEqual(again.status, .succeeded)
        XCTAssertThrowsError(try start(executions, name: "n", .string("other"))) { XCTAssertEqual(($0 as? Fault)?.code, .alreadyExists) }
        time.withLock { $0 += Clock.microsecondsPerDay }
        let next = try start(executions, name: "n", .string("other"))
        XCTAssertTrue(next.isNew)
        XCTAssertFalse(try archiver.archivePage())
        XCTAssertEqual(try start(executions, name: "n", .string("other")).id, next.id, "its name is the later one's")
    }

    /// Time that passes with each look, and a wall clock that somebody sets. Microseconds.
    private final class HandClock: Sendable {
        private let state = Mutex<(passed: Int64, lead: Int64)>((1_000_000, 1_795_000_000_000_000))

        func steady() -> Int64 {
            state.withLock { state in
                state.passed += 1_000
                return state.passed
            }
        }
        func now() -> Int64 {
            state.withLock { state in
                state.passed += 1_000
                return state.passed + state.lead
            }
        }
        func set(by microseconds: Int64) { state.withLock { $0.lead += microseconds } }
    }

    /// By a clock that is ahead for a minute all executions have ended long ago. Whoever asks again once it is right, or while it is not, finds the one that there was.
    func test_nameOfAnExecutionThatAClockAheadHasForgotten_isKnown() throws {
        let directory = TemporaryDirectory()
        let clock = HandClock()
        let fixture = try EngineFixture(directory.path, clock: Clock { clock.now() }) { $0.steadyClock = { clock.steady() } }
        defer { try? fixture.engine.close() }
        let executions = fixture.engine.executions
        _ = try executions.putProcess("p", Array(#"{"StartAt":"A","States":{"A":{"Type":"Succeed"}}}"#.utf8))
        let first = try start(executions, name: "n")
        let archiver = try ExecutionArchiver(fixture.engine.intakeParts, executions, days: 30)
        XCTAssertFalse(try archiver.archivePage())
        XCTAssertEqual(try finished(fixture), 1, "its days are not over")
        clock.set(by: 100 * Clock.microsecondsPerDay)
        XCTAssertFalse(try archiver.archivePage())
        XCTAssertEqual(try finished(fixture), 0)
        for jump in [0, -100, 100, -100] as [Int64] {
            clock.set(by: jump * Clock.microsecondsPerDay)
            let again = try start(executions, name: "n")
            XCTAssertEqual(again.id, first.id, "\(jump)")
            XCTAssertFalse(again.isNew, "\(jump)")
        }
    }
}
