import ColumnStore
import Foundation
import Synchronization
import TestSupport
import XCTest

@testable import Documents
@testable import Ingest

/// Goal: a step that begins anew is called at once, by its new times, whatever its queue still has of it, and what is over waits in no queue. Method: the engine with registrars over HTTP that ask for a
/// day, and a clock by hand.
final class RenewedStepsTests: XCTestCase {
    private final class Store {
        let fixture: EngineFixture

        init(_ directory: String, clock: Clock = .system, registers: String, expires: Int64 = 14 * Clock.microsecondsPerDay, server: TestHTTPServer) throws {
            fixture = try EngineFixture(directory, clock: clock) { options in
                for name in ["a", "b"] { options.registration.registrars[name] = RegistrarOptions(url: "http://127.0.0.1:\(server.port)/\(name)", secret: "s", expires: expires) }
                do { options.registration.policy = try AddressPolicy(allow: ["127.0.0.1"]) } catch { XCTFail("\(error)") }
            }
            let type = #"{"name":"t","version":1,"format":"json","match":{"/schema":"t/1"},"receipt_id":"/id","issued_at":"/issued_at","accept_from":null,"columns":{},"register":\#(registers)}"#
            _ = try fixture.engine.putType(name: "t", body: Array(type.utf8))
            try fixture.engine.startRegistration(callbackBase: "http://127.0.0.1:1")
        }

        func take(_ id: String) throws -> String { try fixture.taken(#"{"schema":"t/1","id":"\#(id)","issued_at":"2025-01-18T14:03:07Z"}"#).summary.ticketID }

        /// Whether each step has been called, failed and was put off.
        func arePutOff(_ ticket: String) throws -> Bool {
            let told = try fixture.engine.ticket(ticket, as: .admin)
            return told.history.filter { $0.event == "failed" }.count == told.steps.count
        }

        func apply(_ action: ProcessChange.Action) throws -> ProcessResult {
            let file = try XCTUnwrap(fixture.engine.tier.boundary.snapshot().files.first)
            let done = Monitor<Result<ProcessResult, Fault>?>(nil)
            fixture.engine.tier.writer.submit(ProcessChange(file: file, action: action) { result in done.broadcast { $0 = result } })
            return try done.wait { $0 }.get()
        }

        func metric(_ name: String, _ label: String, state: String? = nil) -> Double? {
            fixture.engine.metrics().first { metric in
                metric.name == name && metric.labels.contains { $0.value == label } && (state == nil || metric.labels.contains { $0.value == state })
            }?.value
        }
    }

    private static func server(_ isReady: @escaping @Sendable () -> Bool) -> TestHTTPServer {
        TestHTTPServer { _ in isReady() ? .init(body: #"{"outcome":"accepted","reference":"s"}"#) : .init(status: 503, headers: [("Retry-After", "86400")]) }
    }

    func test_redrive_ofAStepWhoseSiblingWaitedForItsNextCall_callsBothAtOnce() throws {
        let directory = TemporaryDirectory()
        let isReady = ReadyFlag()
        let server = Self.server { isReady.isSet }
        defer { server.close() }
        let store = try Store(directory.path, registers: #"[["a","b"]]"#, server: server)
        let ticket = try store.take("R1")
        XCTAssertTrue(try Patience.until { try store.arePutOff(ticket) })
        XCTAssertTrue(Patience.until { store.metric("queue_items", "a", state: "later") == 1 })
        XCTAssertGreaterThanOrEqual(try XCTUnwrap(store.metric("endpoint_oldest_seconds", "a")), 0)
        XCTAssertEqual(try store.apply(.dead(step: ProcessKey.step(row: 1, ordinal: 1), detail: "enough", HistoryNote("exhausted"))), .applied)
        for name in ["a", "b"] { XCTAssertTrue(Patience.until { store.metric("queue_items", name, state: "later") == 0 }, "\(name) is over, and waits in no queue") }
        isReady.set()
        let letter = try XCTUnwrap(try store.fixture.engine.deadLetters(client: nil, cursor: nil, limit: 10, as: .admin).letters.first)
        try store.fixture.engine.redrive(letter.id, as: .admin)
        XCTAssertTrue(try Patience.until { try store.fixture.engine.ticket(ticket, as: .admin).summary?.state == .complete })
        try store.fixture.engine.close()
    }

    func test_redrive_whileACallOfBeforeIsUnderWay_isNotEndedByThatCall() throws {
        let directory = TemporaryDirectory()
        let gate = Monitor(false)
        let calls = Mutex(0)
        let server = TestHTTPServer { _ in
            let number = calls.withLock { count in
                count += 1
                return count
            }
            if number > 1 { return .init(body: #"{"outcome":"accepted","reference":"s"}"#) }
            gate.wait { $0 ? () : nil }
            return .init(status: 503, headers: [("Retry-After", "86400")])
        }
        defer { server.close() }
        let store = try Store(directory.path, registers: #"[["a"]]"#, server: server)
        defer { gate.broadcast { $0 = true } }
        let ticket = try store.take("R1")
        XCTAssertTrue(Patience.until { calls.withLock { $0 } == 1 })
        XCTAssertEqual(try store.apply(.dead(step: ProcessKey.step(row: 1, ordinal: 0), detail: "enough", HistoryNote("given up"))), .applied)
        let letter = try XCTUnwrap(try store.fixture.engine.deadLetters(client: nil, cursor: nil, limit: 10, as: .admin).letters.first)
        try store.fixture.engine.redrive(letter.id, as: .admin)
        gate.broadcast { $0 = true }
        XCTAssertTrue(try Patience.until { try store.fixture.engine.ticket(ticket, as: .admin).summary?.state == .complete })
        let told = try store.fixture.engine.ticket(ticket, as: .admin).history.map(\.event)
        XCTAssertEqual(told, ["received", "given up", "failed", "redriven", "processing", "accepted", "complete"], "of the call before nothing is told")
        try store.fixture.engine.close()
    }

    func test_expiry_isThatOfTheRow_notOfWhenItWasQueued() throws {
        let directory = TemporaryDirectory()
        let isReady = ReadyFlag()
        let server = Self.server { isReady.isSet }
        defer { server.close() }
        let time = HandClock(Clock.system.now())
        let store = try Store(directory.path, clock: Clock { time.now }, registers: #"[["a"]]"#, expires: 10_000_000, server: server)
        let begun = time.now
        let ticket = try store.take("R1")
        XCTAssertTrue(try Patience.until { try store.arePutOff(ticket) })
        XCTAssertTrue(Patience.until { store.metric("queue_items", "a", state: "later") == 1 })
        let tier = store.fixture.engine.tier
        let file = try XCTUnwrap(tier.boundary.snapshot().files.first)
        try tier.writer.perform(on: file) { try $0.perform { try $0.execute("UPDATE steps SET expires_at = \(begun + 100_000_000)") } }
        isReady.set()
        time.add(10_000_000)
        // Whoever waits by a clock that goes by hand looks at it as something comes.
        _ = try store.take("R2")
        XCTAssertTrue(try Patience.until { try store.fixture.engine.ticket(ticket, as: .admin).summary?.state != .processing })
        XCTAssertEqual(try store.fixture.engine.ticket(ticket, as: .admin).summary?.state, .complete)
        try store.fixture.engine.close()
    }
}

private final class ReadyFlag: Sendable {
    private let state = Mutex(false)
    var isSet: Bool { state.withLock { $0 } }
    func set() { state.withLock { $0 = true } }
}

private final class HandClock: Sendable {
    private let state: Mutex<Int64>
    init(_ now: Int64) { state = Mutex(now) }
    var now: Int64 { state.withLock { $0 } }
    func add(_ length: Int64) { state.withLock { $0 += length } }
}
