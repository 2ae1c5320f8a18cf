import ColumnStore
import Foundation
import XCTest

@testable import Documents
@testable import Ingest

/// Steps and states in hot files without anybody who calls: changes go to the writer as a registrar's answers would.
final class ProcessTests: XCTestCase {
    static func fixture(_ path: String) throws -> EngineFixture {
        let fixture = try EngineFixture(path) { options in
            for name in ["a", "b"] { options.registration.registrars[name] = RegistrarOptions(url: "http://127.0.0.1:1/", secret: "s") }
        }
        let type = #"""
            {"name":"sale","version":1,"format":"json","match":{"/schema":"sale/1"},"receipt_id":"/id","issued_at":"/issued_at",
            "columns":{"total":{"path":"/total","type":"DECIMAL(18,4)"}},"register":[["a"],["b"]]}
            """#
        _ = try fixture.engine.putType(name: "sale", body: Array(type.utf8))
        return fixture
    }

    static func sale(_ id: String, total: String = "1.5") -> String {
        #"{"schema":"sale/1","id":"\#(id)","issued_at":"2026-11-18T14:03:07Z","total":\#(total)}"#
    }

    private func apply(_ fixture: EngineFixture, _ file: HotFile, _ action: ProcessChange.Action, _ claim: ProcessChange.Claim? = nil) throws -> ProcessResult {
        let done = Monitor<Result<ProcessResult, Fault>?>(nil)
        fixture.engine.tier.writer.submit(ProcessChange(file: file, action: action, claim: claim) { result in done.broadcast { $0 = result } })
        return try done.wait { $0 }.get()
    }

    private func settle(_ fixture: EngineFixture, row: Int64, _ ordinal: Int, accepted: Bool) throws -> ProcessResult {
        let file = try XCTUnwrap(fixture.engine.tier.boundary.snapshot().files.first)
        let outcome = StepOutcome(isAccepted: accepted, reference: "r", errors: [])
        return try apply(fixture, file, .outcome(step: ProcessKey.step(row: row, ordinal: ordinal), outcome, HistoryNote("answer")))
    }

    private func states(_ fixture: EngineFixture) throws -> [String: String] {
        var states: [String: String] = [:]
        for row in try fixture.walk(PageRequest(fields: ["receipt_id", "state", "completed_at"], limit: 10_000)) {
            let parts = row.split(separator: "|")
            states[String(parts[0])] = String(parts[1])
            XCTAssertEqual(parts[2] == "-", parts[1] == "PROCESSING", row)
        }
        return states
    }

    /// Row numbers begin at 1; receipts are named by them. What becomes of a row: by its remainder.
    private func finish(_ fixture: EngineFixture, _ rows: some Sequence<Int>) throws {
        for row in rows {
            switch row % 4 {
            case 0: XCTAssertEqual(try settle(fixture, row: Int64(row), 0, accepted: false), .applied)
            case 1, 2:
                XCTAssertEqual(try settle(fixture, row: Int64(row), 0, accepted: true), .applied)
                XCTAssertEqual(try settle(fixture, row: Int64(row), 1, accepted: true), .applied)
            default: XCTAssertEqual(try settle(fixture, row: Int64(row), 0, accepted: true), .applied)
            }
        }
    }

    private func expected(_ finished: Set<Int>, of count: Int) -> [String: String] {
        var states: [String: String] = [:]
        for row in 1...count {
            let end = ["FAILED", "COMPLETE", "COMPLETE", "PROCESSING"][row % 4]
            states["R\(row)"] = finished.contains(row) ? end : "PROCESSING"
        }
        return states
    }

    func test_states_changedBeforeAndAfterAFlush_areSeenByQueries_andAfterARestart() throws {
        let directory = TemporaryDirectory()
        var fixture = try Self.fixture(directory.path)
        let count = 300
        guard case .each(let results) = fixture.take((1...count).map { Self.sale("R\($0)") }.joined(separator: "\n"), .ndjson) else {
            return XCTFail("lines")
        }
        XCTAssertTrue(results.allSatisfy { if case .success(let taken) = $0 { taken.summary.state == .processing } else { false } })
        try finish(fixture, 1...100)
        XCTAssertEqual(try states(fixture), expected(Set(1...100), of: count))
        try fixture.engine.tier.writer.seal()
        try fixture.engine.tier.flush()
        XCTAssertEqual(try states(fixture), expected(Set(1...100), of: count), "from a flushed group")
        let file = try XCTUnwrap(fixture.engine.tier.boundary.snapshot().files.first)
        XCTAssertTrue(file.state.overlay.isEmpty, "the group has what changed before it")
        try finish(fixture, 101...200)
        XCTAssertEqual(try states(fixture), expected(Set(1...200), of: count), "over a flushed group")
        for state in [ReceiptState.processing, .complete, .failed] {
            let wanted = expected(Set(1...200), of: count).filter { $0.value == state.rawValue }
            XCTAssertEqual(try fixture.walk(PageRequest(state: state, fields: ["receipt_id"], limit: 1_000)).count, wanted.count, state.rawValue)
        }
        try fixture.engine.close()
        fixture = try Self.fixture(directory.path)
        XCTAssertEqual(try states(fixture), expected(Set(1...200), of: count), "after a restart")
        // Open: the first step of 201 to 300, and the second where the first is accepted.
        let reopened = try XCTUnwrap(fixture.engine.tier.boundary.snapshot().files.first)
        var open = 0
        try reopened.forEachOpen(now: 0) { work in
            open += work.count
            return true
        }
        XCTAssertEqual(open, 100 + 50)
        XCTAssertEqual(try fixture.engine.compact(before: nil).filesLeft, 1, "rows are PROCESSING")
        try finish(fixture, 201...300)
        for row in stride(from: 3, through: count, by: 4) { XCTAssertEqual(try settle(fixture, row: Int64(row), 1, accepted: true), .applied) }
        let hot = try states(fixture)
        let summary = try fixture.engine.compact(before: nil)
        XCTAssertEqual([summary.filesLeft, summary.rowsMoved], [0, count])
        XCTAssertEqual(try states(fixture), hot, "from cold")
        XCTAssertEqual(hot.values.filter { $0 == "FAILED" }.count, 75)
        try fixture.engine.close()
    }

    /// They are read a thousand at a time as their file leaves.
    func test_compact_keepsEachDeadLetter_ofAFileWithMoreThanAreReadAtOnce() throws {
        let directory = TemporaryDirectory()
        let fixture = try Self.fixture(directory.path)
        let count = 1_003
        guard case .each = fixture.take((1...count).map { Self.sale("R\($0)") }.joined(separator: "\n"), .ndjson) else { return XCTFail("lines") }
        let file = try XCTUnwrap(fixture.engine.tier.boundary.snapshot().files.first)
        let dead = Monitor(0)
        for row in 1...count {
            let action = ProcessChange.Action.dead(step: ProcessKey.step(row: Int64(row), ordinal: 0), detail: "\(row)", HistoryNote("exhausted"))
            fixture.engine.tier.writer.submit(ProcessChange(file: file, action: action) { result in
                XCTAssertEqual(try? result.get(), .applied)
                dead.broadcast { $0 += 1 }
            })
        }
        dead.wait { $0 == count ? () : nil }
        func reasons() throws -> [String] {
            var (found, cursor): ([String], String?) = ([], nil)
            repeat {
                let page = try fixture.engine.deadLetters(client: nil, cursor: cursor, limit: 100, as: .admin)
                found += page.letters.map(\.reason)
                cursor = page.nextCursor
            } while cursor != nil
            return found
        }
        let before = try reasons()
        XCTAssertEqual(Set(before), Set((1...count).map(String.init)))
        try fixture.engine.tier.writer.seal()
        _ = try fixture.engine.compact(before: nil)
        XCTAssertFalse(fixture.engine.tier.boundary.snapshot().files.contains { $0 === file }, "its rows have gone")
        XCTAssertEqual(try reasons(), before)
        try fixture.engine.close()
    }

    /// A move has noted a file's dead letters, and was cut off: what is taken up again since is none of them, once the file is cold.
    func test_deadLetter_takenUpAfterAMoveThatWasCutOff_isListedNoMore() throws {
        let directory = TemporaryDirectory()
        let fixture = try Self.fixture(directory.path)
        for id in ["R1", "R2"] { _ = try fixture.taken(Self.sale(id)) }
        let file = try XCTUnwrap(fixture.engine.tier.boundary.snapshot().files.first)
        let steps = [1, 2].map { ProcessKey.step(row: $0, ordinal: 0) }
        for step in steps { XCTAssertEqual(try apply(fixture, file, .dead(step: step, detail: "enough", HistoryNote("exhausted"))), .applied) }
        try fixture.engine.catalog.add(try file.deadLetters(after: nil, of: .all, limit: 10))
        XCTAssertEqual(try apply(fixture, file, .redriveStep(steps[0])), .applied)
        for ordinal in [0, 1] { XCTAssertEqual(try settle(fixture, row: 1, ordinal, accepted: true), .applied) }
        try fixture.engine.tier.writer.seal()
        _ = try fixture.engine.compact(before: nil)
        XCTAssertFalse(fixture.engine.tier.boundary.snapshot().files.contains { $0 === file }, "its rows have gone")
        let letters = try fixture.engine.deadLetters(client: nil, cursor: nil, limit: 10, as: .admin).letters
        XCTAssertEqual(letters.map(\.receipt?.receiptID), ["R2"])
        try fixture.engine.close()
    }

    /// The same, while the file is hot: it says better which there are, and one that is deleted is one.
    func test_deadLetters_ofAHotFile_whichAMoveHasLeftInTheCatalog_areAsTheFileSays() throws {
        let directory = TemporaryDirectory()
        let fixture = try Self.fixture(directory.path)
        for id in ["R1", "R2"] { _ = try fixture.taken(Self.sale(id)) }
        let file = try XCTUnwrap(fixture.engine.tier.boundary.snapshot().files.first)
        let steps = [1, 2].map { ProcessKey.step(row: $0, ordinal: 0) }
        for step in steps { XCTAssertEqual(try apply(fixture, file, .dead(step: step, detail: "enough", HistoryNote("exhausted"))), .applied) }
        let known = try file.deadLetters(after: nil, of: .all, limit: 10)
        try fixture.engine.catalog.add(known)
        XCTAssertEqual(try apply(fixture, file, .redriveStep(steps[0])), .applied)
        func listed() throws -> [String] { try fixture.engine.deadLetters(client: nil, cursor: nil, limit: 10, as: .admin).letters.compactMap(\.receipt?.receiptID) }
        XCTAssertEqual(try listed(), ["R2"])
        XCTAssertNil(try fixture.engine.deadLetter(known[0].letter.id, as: .admin), "it is tried again")
        XCTAssertNotNil(try fixture.engine.deadLetter(known[1].letter.id, as: .admin))
        XCTAssertNoThrow(try fixture.engine.deleteDeadLetter(known[1].letter.id))
        XCTAssertEqual(try listed(), [])
        try fixture.engine.close()
    }

    func test_outcomes_repeatedAndContradicting_areToldApart() throws {
        let directory = TemporaryDirectory()
        let fixture = try Self.fixture(directory.path)
        let ticket = try fixture.taken(Self.sale("R1")).summary.ticketID
        XCTAssertEqual(try settle(fixture, row: 1, 1, accepted: true), .unknown, "its stage is not reached")
        XCTAssertEqual(try settle(fixture, row: 1, 7, accepted: true), .unknown)
        XCTAssertEqual(try settle(fixture, row: 1, 0, accepted: true), .applied)
        XCTAssertEqual(try settle(fixture, row: 1, 0, accepted: true), .repeated)
        XCTAssertEqual(try settle(fixture, row: 1, 0, accepted: false), .contradicting)
        let file = try XCTUnwrap(fixture.engine.tier.boundary.snapshot().files.first)
        let step = ProcessKey.step(row: 1, ordinal: 1)
        XCTAssertEqual(try apply(fixture, file, .retry(step: step, attempts: 1, at: 5, detail: "no", HistoryNote("failed"))), .applied)
        XCTAssertEqual(try apply(fixture, file, .dead(step: step, detail: "enough", HistoryNote("exhausted"))), .applied)
        XCTAssertEqual(try fixture.engine.ticket(ticket, as: .admin).summary?.state, .failed)
        XCTAssertEqual(try settle(fixture, row: 1, 1, accepted: true), .contradicting)
        let letters = try fixture.engine.deadLetters(client: nil, cursor: nil, limit: 10, as: .admin).letters
        XCTAssertEqual(letters.map(\.reason), ["enough"])
        XCTAssertTrue(try fixture.taken(Self.sale("R1")).isRepeat, "its own document is the same receipt")
        // Another receipt has taken its identity: it stays history.
        let next = try fixture.taken(Self.sale("R1", total: "2.5")).summary
        XCTAssertThrowsError(try fixture.engine.redrive(letters[0].id, as: .admin)) {
            XCTAssertEqual(($0 as? Fault)?.code, .differentDocument)
        }
        let old = try fixture.engine.ticket(ticket, as: .admin)
        XCTAssertEqual(old.replacedBy, next.ticketID)
        XCTAssertEqual(old.steps.map(\.state), ["ACCEPTED", "DEAD"])
        XCTAssertEqual(old.history.map(\.event), ["received", "answer", "failed", "exhausted", "failed"])
        try fixture.engine.close()
    }

    func test_deadStep_lateWord_isHeard_whileTheIdentityIsFree() throws {
        let directory = TemporaryDirectory()
        let fixture = try Self.fixture(directory.path)
        func outcome(_ isAccepted: Bool) -> StepOutcome {
            StepOutcome(isAccepted: isAccepted, reference: "late", errors: isAccepted ? [] : [.init(pointer: "", code: "no", message: "no")])
        }
        /// The second stage's step runs out of attempts: FAILED. Then its endpoint says something.
        func late(_ id: String, row: Int64, _ action: (Int64) -> ProcessChange.Action) throws -> (ProcessResult, Ticket) {
            let ticket = try fixture.taken(Self.sale(id)).summary.ticketID
            XCTAssertEqual(try settle(fixture, row: row, 0, accepted: true), .applied)
            let file = try XCTUnwrap(fixture.engine.tier.boundary.snapshot().files.first)
            let step = ProcessKey.step(row: row, ordinal: 1)
            XCTAssertEqual(try apply(fixture, file, .dead(step: step, detail: "enough", HistoryNote("exhausted"))), .applied)
            XCTAssertEqual(try fixture.engine.ticket(ticket, as: .admin).summary?.state, .failed)
            let result = try apply(fixture, file, action(step))
            return (result, try fixture.engine.ticket(ticket, as: .admin))
        }
        let accepted = try late("R1", row: 1) { .lateAcceptance(step: $0, outcome(true), HistoryNote("callback: accepted")) }
        XCTAssertEqual(accepted.0, .applied)
        XCTAssertEqual(accepted.1.summary?.state, .complete)
        XCTAssertEqual(accepted.1.steps.map(\.state), ["ACCEPTED", "ACCEPTED"])
        XCTAssertEqual(
            accepted.1.history.map(\.event),
            ["received", "answer", "exhausted", "failed", "accepted late", "processing", "callback: accepted", "complete"])
        let rejected = try late("R2", row: 2) { .outcome(step: $0, outcome(false), HistoryNote("callback: rejected")) }
        XCTAssertEqual(rejected.0, .applied)
        XCTAssertEqual(rejected.1.summary?.state, .failed)
        XCTAssertEqual(rejected.1.steps.map(\.state), ["ACCEPTED", "REJECTED"])
        XCTAssertEqual(rejected.1.errors.map(\.code), ["no"])
        XCTAssertEqual(try fixture.engine.deadLetters(client: nil, cursor: nil, limit: 10, as: .admin).letters.count, 0)
        // Sequences and events: no change is lost though two of one row stand in one group.
        let changes = try fixture.engine.changes(after: 0, limit: 100, as: .admin).changes
        XCTAssertEqual(changes.map(\.event).filter { $0 == "receipt.complete" }.count, 1)
        XCTAssertEqual(changes.map(\.sequence), changes.map(\.sequence).sorted())
        XCTAssertEqual(Set(changes.map(\.sequence)).count, changes.count)
        try fixture.engine.close()
    }

    /// Another receipt comes under the identity of a FAILED one between the look whether that is free and the change that takes it up: one of the two stands.
    func test_redrive_whereAnotherReceiptCameSinceTheLook_isContradicting() throws {
        let directory = TemporaryDirectory()
        let fixture = try Self.fixture(directory.path)
        let ticket = try fixture.taken(Self.sale("R1")).summary.ticketID
        let file = try XCTUnwrap(fixture.engine.tier.boundary.snapshot().files.first)
        let step = ProcessKey.step(row: 1, ordinal: 0)
        XCTAssertEqual(try apply(fixture, file, .dead(step: step, detail: "enough", HistoryNote("exhausted"))), .applied)
        let identity = try XCTUnwrap(try file.receipt(row: 1)).identity
        func claim() -> ProcessChange.Claim {
            ProcessChange.Claim(identity: identity, ticketID: ticket, generation: fixture.engine.tier.boundary.generation)
        }
        let early = claim()
        try fixture.engine.tier.writer.seal()
        let late = claim()
        _ = try fixture.taken(Self.sale("R1", total: "2.5"))
        for claim in [early, late] { XCTAssertEqual(try apply(fixture, file, .redriveStep(step), claim), .contradicting) }
        XCTAssertEqual(try fixture.walk(PageRequest(fields: ["receipt_id", "state"])).sorted(), ["R1|FAILED", "R1|PROCESSING"])
        try fixture.engine.close()
    }

    /// Two that FAILED under one identity are redriven at once: the first one has it then, and what becomes of other receipts meanwhile is nothing to either.
    func test_redrive_ofTwoReceiptsOfOneIdentity_isTakenOfOneAlone() throws {
        let directory = TemporaryDirectory()
        let fixture = try Self.fixture(directory.path)
        var claims: [(file: HotFile, claim: ProcessChange.Claim)] = []
        for total in ["1.5", "2.5"] {
            let ticket = try fixture.taken(Self.sale("R1", total: total)).summary.ticketID
            _ = try fixture.taken(Self.sale("R\(total)"))
            let file = try XCTUnwrap(fixture.engine.tier.boundary.snapshot().files.last)
            for row in [1, 2] as [Int64] {
                XCTAssertEqual(try apply(fixture, file, .dead(step: ProcessKey.step(row: row, ordinal: 0), detail: "enough", HistoryNote("exhausted"))), .applied)
            }
            let identity = try XCTUnwrap(try file.receipt(row: 1)).identity
            claims.append((file, ProcessChange.Claim(identity: identity, ticketID: ticket, generation: 0)))
            try fixture.engine.tier.writer.seal()
        }
        let generation = fixture.engine.tier.boundary.generation
        func redrive(_ place: Int, row: Int64) throws -> ProcessResult {
            let (file, known) = claims[place]
            let claim = ProcessChange.Claim(identity: known.identity, ticketID: known.ticketID, generation: generation)
            return try apply(fixture, file, .redriveStep(ProcessKey.step(row: row, ordinal: 0)), row == 1 ? claim : nil)
        }
        XCTAssertEqual(try redrive(0, row: 2), .applied)
        XCTAssertEqual(try redrive(1, row: 1), .applied)
        XCTAssertEqual(try redrive(0, row: 1), .contradicting)
        XCTAssertEqual(try states(fixture, of: "R1"), ["FAILED", "PROCESSING"])
        try fixture.engine.close()
    }

    private func states(_ fixture: EngineFixture, of id: String) throws -> [String] {
        try fixture.walk(PageRequest(fields: ["receipt_id", "state"])).filter { $0.hasPrefix("\(id)|") }.map { String($0.dropFirst(id.count + 1)) }.sorted()
    }

    /// A version of a document that FAILED is no receipt that another has replaced: it is taken up again, beside earlier ones in cold and behind later ones.
    func test_redrive_ofAVersion_isTaken_whateverOthersThereAre_andTheNewestStaysTheNewest() throws {
        let directory = TemporaryDirectory()
        let fixture = try Self.fixture(directory.path)
        let type = #"""
            {"name":"licence","version":1,"table":"licences","format":"json","on_repeat":"replace","match":{"/schema":"licence/1"},"receipt_id":"/id","issued_at":"/issued_at",
            "columns":{"name":{"path":"/name","type":"VARCHAR"}},"register":[["a"]]}
            """#
        _ = try fixture.engine.putType(name: "licence", body: Array(type.utf8))
        func take(_ name: String) throws {
            _ = try fixture.taken(#"{"schema":"licence/1","id":"L1","issued_at":"2026-11-18T14:03:07Z","name":"\#(name)"}"#)
        }
        func decide(row: Int64, _ action: (Int64) -> ProcessChange.Action) throws {
            let file = try XCTUnwrap(fixture.engine.tier.boundary.snapshot().files.last)
            XCTAssertEqual(try apply(fixture, file, action(ProcessKey.step(row: row, ordinal: 0))), .applied)
        }
        func accept(row: Int64) throws {
            try decide(row: row) { .outcome(step: $0, StepOutcome(isAccepted: true, reference: nil, errors: []), HistoryNote("answer")) }
        }
        try take("Ann")
        try accept(row: 1)
        try fixture.engine.tier.writer.seal()
        _ = try fixture.engine.compact(before: nil)
        try take("Bob")
        try decide(row: 1) { .dead(step: $0, detail: "enough", HistoryNote("exhausted")) }
        try take("Cid")
        try accept(row: 2)
        let letter = try XCTUnwrap(try fixture.engine.deadLetters(client: nil, cursor: nil, limit: 10, as: .admin).letters.first)
        try fixture.engine.redrive(letter.id, as: .admin)
        let fields = ["name", "version", "state"]
        XCTAssertEqual(try fixture.walk(PageRequest(table: "licences", fields: fields)), ["Cid|3|COMPLETE"])
        XCTAssertEqual(try fixture.walk(PageRequest(table: "licences_history", fields: fields)).sorted(), ["Ann|1|COMPLETE", "Bob|2|PROCESSING", "Cid|3|COMPLETE"])
        try accept(row: 1)
        for table in ["licences", "licences_accepted"] { XCTAssertEqual(try fixture.walk(PageRequest(table: table, fields: fields)), ["Cid|3|COMPLETE"], table) }
        try fixture.engine.close()
    }

    /// An earlier version is cold, and its file says of a later one that it came next; then the version between them, which had FAILED, is taken up again.
    func test_redrive_ofAVersionBetweenColdOnes_isTheOnlyOneAsOfItsTime() throws {
        let directory = TemporaryDirectory()
        let fixture = try Self.fixture(directory.path)
        let type = #"""
            {"name":"licence","version":1,"table":"licences","format":"json","on_repeat":"replace","match":{"/schema":"licence/1"},"receipt_id":"/id","issued_at":"/issued_at",
            "columns":{"name":{"path":"/name","type":"VARCHAR"}},"register":[["a"]]}
            """#
        _ = try fixture.engine.putType(name: "licence", body: Array(type.utf8))
        func take(_ id: String, _ name: String) throws {
            _ = try fixture.taken(#"{"schema":"licence/1","id":"\#(id)","issued_at":"2026-11-18T14:03:07Z","name":"\#(name)"}"#)
        }
        func accept(row: Int64, in file: HotFile) throws {
            let outcome = StepOutcome(isAccepted: true, reference: nil, errors: [])
            XCTAssertEqual(try apply(fixture, file, .outcome(step: ProcessKey.step(row: row, ordinal: 0), outcome, HistoryNote("answer"))), .applied)
        }
        /// The document, and another one as long as whose row is PROCESSING the file stays.
        func begin(_ name: String, besides other: String) throws -> HotFile {
            try take("L1", name)
            try take(other, "-")
            let file = try XCTUnwrap(fixture.engine.tier.boundary.snapshot().files.last)
            try fixture.engine.tier.writer.seal()
            return file
        }
        let first = try begin("Ann", besides: "X1")
        try accept(row: 1, in: first)
        let second = try begin("Bob", besides: "X2")
        XCTAssertEqual(try apply(fixture, second, .dead(step: ProcessKey.step(row: 1, ordinal: 0), detail: "enough", HistoryNote("exhausted"))), .applied)
        let third = try begin("Cid", besides: "X3")
        for row in [1, 2] as [Int64] { try accept(row: row, in: third) }
        _ = try fixture.engine.compact(before: nil)
        try accept(row: 2, in: first)
        _ = try fixture.engine.compact(before: nil)
        XCTAssertEqual(fixture.engine.tier.boundary.snapshot().files.filter { $0.state.rowCount > 0 }.map(\.name), [second.name], "the others are cold")
        let letter = try XCTUnwrap(try fixture.engine.deadLetters(client: nil, cursor: nil, limit: 10, as: .admin).letters.first)
        try fixture.engine.redrive(letter.id, as: .admin)
        let came = try fixture.walk(PageRequest(table: "licences_history", fields: ["name", "received_at"])).first { $0.hasPrefix("Bob|") }
        let instant = try XCTUnwrap(came.flatMap { Int64($0.dropFirst(4)) })
        func rows(asOf instant: Int64? = nil) throws -> [String] {
            try fixture.walk(PageRequest(table: "licences", fields: ["receipt_id", "name", "state"], asOf: instant)).filter { $0.hasPrefix("L1|") }
        }
        XCTAssertEqual(try rows(asOf: instant), ["L1|Bob|PROCESSING"])
        XCTAssertEqual(try rows(asOf: instant - 1), ["L1|Ann|COMPLETE"])
        XCTAssertEqual(try rows(), ["L1|Cid|COMPLETE"])
        try fixture.engine.close()
    }

    func test_history_asText_comesBack() throws {
        var history = ReceiptHistory()
        history.steps = [TicketStep(name: "ta\"x", stage: 1, state: "DEAD", attempts: 3, at: 1_795_000_000_123_456, reference: nil, detail: "a\nb\u{1}є")]
        history.errors = [.init(pointer: "/a", code: "b", message: "c")]
        history.events = [HistoryEvent(at: -1, event: "x", details: [("z", "{\"k\":[1,2]}"), ("a", "null")])]
        let back = try ReceiptHistory(text: history.text)
        XCTAssertEqual(back.text, history.text)
        XCTAssertEqual(back.steps.first?.detail, "a\nb\u{1}є")
        XCTAssertEqual(back.events.first?.details.map(\.name), ["z", "a"])
        XCTAssertEqual(try ReceiptHistory(text: ReceiptHistory.empty).text, ReceiptHistory.empty)
    }
}
