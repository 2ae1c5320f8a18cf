import ColumnStore
import Foundation
import Processes
import Synchronization
import TestSupport
import XCTest

@testable import Documents
@testable import Ingest

/// Goal: a step ends by its time, whatever somebody does to the clock and whatever became of its document, and its end takes no answer away; an event goes only where its contract lets it go now, and
/// one receiver that refuses holds up no other of its host. Method: the engine with registrars and receivers over HTTP, and clocks by hand.
final class StepEndsTests: XCTestCase {
    private static let accepted = #"{"outcome":"accepted","reference":"s"}"#
    private static let day = Clock.microsecondsPerDay

    private final class HandClock: Sendable {
        private let state: Mutex<Int64>
        init(_ now: Int64) { state = Mutex(now) }
        var now: Int64 { state.withLock { $0 } }
        func add(_ length: Int64) { state.withLock { $0 += length } }
    }

    private static func type(more: String = "") -> String {
        #"{"name":"t","version":1,"format":"json","match":{"/schema":"t/1"},"receipt_id":"/id","issued_at":"/issued_at","accept_from":null,"columns":{}\#(more)}"#
    }

    private func withEngine(
        _ server: TestHTTPServer, clock: Clock = .system, steady: (@Sendable () -> Int64)? = nil, type: String, expires: Int64 = 14 * day, _ body: (EngineFixture) throws -> Void
    ) throws {
        let directory = TemporaryDirectory()
        let fixture = try EngineFixture(directory.path, clock: clock) { options in
            options.steadyClock = steady
            options.registration.registrars["r"] = RegistrarOptions(url: "http://127.0.0.1:\(server.port)/r", secret: "s", expires: expires)
            do { options.registration.policy = try AddressPolicy(allow: ["127.0.0.1"]) } catch { XCTFail("\(error)") }
        }
        _ = try fixture.engine.putType(name: "t", body: Array(type.utf8))
        try fixture.engine.startRegistration(callbackBase: "http://127.0.0.1:1")
        try body(fixture)
        try fixture.engine.close()
    }

    private func take(_ id: String, _ fixture: EngineFixture, as principal: Principal = EngineFixture.own, more: String = "") throws -> String {
        guard case .one(let taken) = fixture.take(#"{"schema":"t/1","id":"\#(id)","issued_at":"2025-01-18T14:03:07Z"\#(more)}"#, as: principal) else {
            XCTFail("\(id) is refused")
            return ""
        }
        return taken.summary.ticketID
    }

    private func state(_ ticket: String, _ fixture: EngineFixture) throws -> ReceiptState? { try fixture.engine.ticket(ticket, as: .admin).summary?.state }

    private func letters(_ fixture: EngineFixture) throws -> [DeadLetter] { try fixture.engine.deadLetters(client: nil, cursor: nil, limit: 10, as: .admin).letters }

    func test_clockSetForward_endsNoStep() throws {
        let isReady = Mutex(false)
        let server = TestHTTPServer { _ in isReady.withLock { $0 } ? .init(body: Self.accepted) : .init(status: 503, headers: [("Retry-After", "3600")]) }
        defer { server.close() }
        let (wall, steady) = (HandClock(Clock.system.now()), HandClock(5_000_000))
        try withEngine(server, clock: Clock { wall.now }, steady: { steady.now }, type: Self.type(more: #","register":[["r"]]"#)) { fixture in
            let ticket = try take("R1", fixture)
            XCTAssertTrue(try Patience.until { try fixture.engine.ticket(ticket, as: .admin).history.contains { $0.event == "failed" } })
            // For a month; an hour passes.
            wall.add(30 * Self.day)
            isReady.withLock { $0 = true }
            for clock in [wall, steady] { clock.add(3_600_000_000) }
            // Whoever waits by a clock that goes by hand looks at it as something comes.
            _ = try take("R2", fixture)
            XCTAssertTrue(try Patience.until { try state(ticket, fixture) != .processing })
            XCTAssertEqual(try state(ticket, fixture), .complete)
            // Its time is over by the clock that nobody sets.
            isReady.withLock { $0 = false }
            let last = try take("R3", fixture)
            XCTAssertTrue(try Patience.until { try fixture.engine.ticket(last, as: .admin).history.contains { $0.event == "failed" } })
            wall.add(-60 * Self.day)
            steady.add(15 * Self.day)
            _ = try take("R4", fixture)
            XCTAssertTrue(try Patience.until { try state(last, fixture) == .failed })
        }
    }

    func test_clockSetForward_givesNoWebhookUp() throws {
        let isReady = Mutex(false)
        let server = TestHTTPServer { _ in isReady.withLock { $0 } ? .init(status: 204) : .init(status: 503, headers: [("Retry-After", "3600")]) }
        defer { server.close() }
        let (wall, steady) = (HandClock(Clock.system.now()), HandClock(5_000_000))
        try withEngine(server, clock: Clock { wall.now }, steady: { steady.now }, type: Self.type()) { fixture in
            var contract = Contract(clientID: "c1", access: .readWrite, scope: .own)
            contract.webhook = .init(url: "http://127.0.0.1:\(server.port)/w", secret: "s")
            _ = try fixture.engine.putContract(contract)
            let ticket = try take("R1", fixture)
            func told(_ event: String) throws -> Bool { try fixture.engine.ticket(ticket, as: .admin).history.contains { $0.event == "webhook: \(event)" } }
            XCTAssertTrue(try Patience.until { try told("failed") })
            wall.add(30 * Self.day)
            isReady.withLock { $0 = true }
            for clock in [wall, steady] { clock.add(2 * Self.day) }
            _ = try take("R2", fixture)
            XCTAssertTrue(try Patience.until { try told("delivered") || told("undeliverable") })
            XCTAssertEqual(try letters(fixture).count, 0)
        }
    }

    func test_clockSetForward_callsAreStillPutOff() throws {
        let server = TestHTTPServer { _ in .init(status: 503, headers: [("Retry-After", "3600")]) }
        defer { server.close() }
        let (wall, steady) = (HandClock(Clock.system.now()), HandClock(5_000_000))
        try withEngine(server, clock: Clock { wall.now }, steady: { steady.now }, type: Self.type(more: #","register":[["r"]]"#)) { fixture in
            let ticket = try take("R1", fixture)
            func failures() throws -> Int { try fixture.engine.ticket(ticket, as: .admin).history.count { $0.event == "failed" } }
            XCTAssertTrue(try Patience.until { try failures() == 1 })
            wall.add(30 * Self.day)
            for clock in [wall, steady] { clock.add(3_600_000_000) }
            _ = try take("R2", fixture)
            XCTAssertTrue(try Patience.until { try failures() >= 2 })
            var due: [Int64] = []
            let file = try XCTUnwrap(fixture.engine.tier.boundary.snapshot().files.first)
            try file.forEachOpen(now: 0) { work in
                due += work.filter { ProcessKey.row(ofStep: $0.id) == 1 }.map(\.dueAt)
                return true
            }
            XCTAssertTrue(due.allSatisfy { $0 > wall.now }, "\(due) \(wall.now)")
            XCTAssertEqual(try failures(), 2)
        }
    }

    func test_documentThatIsDamaged_keepsNoStepOpen() throws {
        let server = TestHTTPServer { _ in .init(status: 503, headers: [("Retry-After", "3600")]) }
        defer { server.close() }
        let wall = HandClock(Clock.system.now())
        try withEngine(server, clock: Clock { wall.now }, type: Self.type(more: #","register":[["r"]]"#), expires: 7_200_000_000) { fixture in
            let ticket = try take("R1", fixture)
            XCTAssertTrue(try Patience.until { try fixture.engine.ticket(ticket, as: .admin).history.contains { $0.event == "failed" } })
            let tier = fixture.engine.tier
            let file = try XCTUnwrap(tier.boundary.snapshot().files.first)
            try tier.writer.perform(on: file) { try $0.perform { try $0.execute("UPDATE rows SET document = substr(document, 1, length(document) / 2)") } }
            wall.add(2 * 7_200_000_000)
            _ = try take("R2", fixture)
            XCTAssertTrue(try Patience.until { try letters(fixture).contains { $0.reason.hasPrefix("expired after") } })
        }
    }

    /// The change that gives the step up is written before the acceptance, which was looked at before it.
    func test_acceptance_thatMeetsTheStepsEnd_isHeard() throws {
        let server = TestHTTPServer { _ in .init(status: 202) }
        defer { server.close() }
        try withEngine(server, type: Self.type(more: #","register":[["r"]]"#)) { fixture in
            let ticket = try take("R1", fixture)
            XCTAssertTrue(try Patience.until { try fixture.engine.ticket(ticket, as: .admin).history.contains { $0.event == "in progress" } })
            let writer = fixture.engine.tier.writer
            let file = try XCTUnwrap(fixture.engine.tier.boundary.snapshot().files.first)
            let (held, gate) = (Monitor(false), Monitor(false))
            let blocker = HeldThread()
            blocker.start(name: "blocker") {
                try? writer.perform(on: file) { _ in
                    held.broadcast { $0 = true }
                    gate.wait { $0 ? () : nil }
                }
            }
            held.wait { $0 ? () : nil }
            writer.submit(ProcessChange(file: file, action: .dead(step: ProcessKey.step(row: 1, ordinal: 0), detail: "enough", HistoryNote("exhausted"))) { _ in })
            let body = Array(#"{"ticket_id":"\#(ticket)","outcome":"accepted","reference":"late"}"#.utf8)
            let seconds = Clock.system.now() / 1_000_000
            let signature = WebhookSignature.sign(id: "1", timestamp: seconds, body: body, secrets: [try XCTUnwrap(WebhookSecret("s"))])
            let done = Monitor<Result<Void, Fault>?>(nil)
            fixture.engine.callback(RegistrarCallback(registrar: "r", webhookID: "1", timestamp: "\(seconds)", signature: signature, body: body)) { result in
                done.broadcast { $0 = result }
            }
            gate.broadcast { $0 = true }
            blocker.join()
            XCTAssertNoThrow(try done.wait { $0 }.get())
            XCTAssertEqual(try state(ticket, fixture), .complete)
        }
    }

    func test_hostThatTheContractAllowsNoMore_isCalledNoMore() throws {
        let calls = Mutex(0)
        let gate = Monitor(false)
        let server = TestHTTPServer { request in
            if request.path == "/cb" { calls.withLock { $0 += 1 } } else { gate.wait { $0 ? () : nil } }
            return .init(body: Self.accepted)
        }
        defer { server.close() }
        try withEngine(server, type: Self.type(more: #","callback_url":"/cb","register":[["r"]]"#)) { fixture in
            defer { gate.broadcast { $0 = true } }
            var contract = Contract(clientID: "c1", access: .readWrite, scope: .own)
            contract.callbackHosts = ["127.0.0.1:\(server.port)"]
            _ = try fixture.engine.putContract(contract)
            _ = try take("R1", fixture, more: #","cb":"http://127.0.0.1:\#(server.port)/cb""#)
            // Of its processing it is told.
            XCTAssertTrue(Patience.until { calls.withLock { $0 } == 1 })
            contract.callbackHosts = []
            _ = try fixture.engine.putContract(contract)
            gate.broadcast { $0 = true }
            let letter = try XCTUnwrap(try Patience.value { try letters(fixture).first })
            XCTAssertTrue(letter.reason.contains("allows calls to this host no more"), letter.reason)
            XCTAssertEqual(calls.withLock { $0 }, 1)
            contract.callbackHosts = ["127.0.0.1:\(server.port)"]
            _ = try fixture.engine.putContract(contract)
            try fixture.engine.redrive(letter.id, as: .admin)
            XCTAssertTrue(Patience.until { calls.withLock { $0 } == 2 })
        }
    }

    /// Contracts of one platform share its host: one whose path is gone there holds up nobody else.
    func test_receiverThatRefuses_holdsUpNoOtherOfItsHost() throws {
        let refused = Mutex(0)
        let taken = Mutex(0)
        let server = TestHTTPServer { request in
            guard request.path == "/gone" else {
                taken.withLock { $0 += 1 }
                return .init(status: 204)
            }
            refused.withLock { $0 += 1 }
            return .init(status: 404)
        }
        defer { server.close() }
        try withEngine(server, type: Self.type()) { fixture in
            for (client, path) in [("c1", "gone"), ("c2", "here")] {
                var contract = Contract(clientID: client, access: .readWrite, scope: .own)
                contract.webhook = .init(url: "http://127.0.0.1:\(server.port)/\(path)", secret: "s")
                _ = try fixture.engine.putContract(contract)
            }
            for number in 0..<60 { _ = try take("R\(number)", fixture) }
            XCTAssertTrue(Patience.until { refused.withLock { $0 } >= 60 }, "\(refused.withLock { $0 })")
            _ = try take("S", fixture, as: Principal(clientID: "c2", access: .readWrite, scope: .own))
            XCTAssertTrue(Patience.until { taken.withLock { $0 } == 1 })
            let breaker = fixture.engine.metrics().first { metric in metric.name == "breaker_state" && metric.labels.contains { $0.value == "127.0.0.1:\(server.port)" } }
            XCTAssertEqual(breaker?.value, 0)
        }
    }
}
