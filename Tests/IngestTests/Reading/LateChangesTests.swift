import ColumnStore
import Foundation
import Synchronization
import TestSupport
import XCTest

@testable import Documents
@testable import Ingest

/// Goal: whoever reads changes from wherever learns of each receipt's final state, and a FAILED one's ticket always says what replaced it, whenever
/// files turn cold. Method: receipts with two stages of registrars, whose answers go to the writer; a seeded history with readers of several paces.
final class LateChangesTests: XCTestCase {
    private let directory = TemporaryDirectory()
    private final class Time: Sendable {
        let value = Mutex<Int64>(1_795_176_000_000_000)
        func move(_ microseconds: Int64) { value.withLock { $0 += microseconds } }
    }
    private let time = Time()

    private func open(_ directory: TemporaryDirectory? = nil) throws -> EngineFixture {
        let fixture = try EngineFixture((directory ?? self.directory).path, clock: Clock { [time] in time.value.withLock { $0 } }) { options in
            for name in ["a", "b"] { options.registration.registrars[name] = RegistrarOptions(url: "http://127.0.0.1:1/", secret: "s") }
        }
        for (name, register) in [("sale", #","register":[["a"],["b"]]"#), ("note", "")] {
            let type = #"""
                {"name":"\#(name)","version":1,"format":"json","match":{"/schema":"\#(name)/1"},"receipt_id":"/id","issued_at":"/issued_at","accept_from":null,
                "accept_to":null,"columns":{"total":{"path":"/total","type":"DECIMAL(18,4)"}}\#(register)}
                """#
            _ = try fixture.engine.putType(name: name, body: Array(type.utf8))
        }
        return fixture
    }

    private func post(_ fixture: EngineFixture, _ type: String, _ id: String, total: Int = 1) throws -> String {
        time.move(7)
        return try fixture.taken(#"{"schema":"\#(type)/1","id":"\#(id)","issued_at":"2026-11-18T14:03:07Z","total":\#(total)}"#).summary.ticketID
    }

    /// - Returns: nil where the ticket is of no hot file.
    private func settle(_ fixture: EngineFixture, _ ticket: String, _ ordinal: Int, _ isAccepted: Bool) throws -> ProcessResult? {
        time.move(11)
        let id = try XCTUnwrap(ULID(ticket))
        for file in fixture.engine.tier.boundary.snapshot().files {
            guard let row = try file.find(ticket: id)?.row else { continue }
            let done = Monitor<Result<ProcessResult, Fault>?>(nil)
            let outcome = StepOutcome(isAccepted: isAccepted, reference: "r", errors: [])
            let action = ProcessChange.Action.outcome(step: ProcessKey.step(row: row, ordinal: ordinal), outcome, HistoryNote("answer"))
            fixture.engine.tier.writer.submit(ProcessChange(file: file, action: action) { result in done.broadcast { $0 = result } })
            return try done.wait { $0 }.get()
        }
        return nil
    }

    private func cool(_ fixture: EngineFixture) throws {
        try fixture.engine.tier.writer.seal()
        _ = try fixture.engine.compact(before: nil)
    }

    private func changes(_ fixture: EngineFixture, after: Int64, limit: Int = 1_000) throws -> ChangePage {
        try fixture.engine.changes(after: after, limit: limit, as: .admin)
    }

    func test_changes_ofAReceiptThatEndedLater_areReadFromColdByWhoReadOfItBefore() throws {
        var fixture = try open()
        let ticket = try post(fixture, "sale", "R1")
        XCTAssertEqual(try changes(fixture, after: 0).changes.map(\.event), ["receipt.processing"])
        for ordinal in [0, 1] { XCTAssertEqual(try settle(fixture, ticket, ordinal, true), .applied) }
        let hot = try changes(fixture, after: 1).changes
        XCTAssertEqual(hot.map(\.event), ["receipt.complete"])
        try cool(fixture)
        for isReopened in [false, true] {
            if isReopened {
                try fixture.engine.close()
                fixture = try open()
            }
            for after: Int64 in [0, 1] {
                let cold = try changes(fixture, after: after).changes
                XCTAssertEqual(cold.map(\.sequence), [2], "after \(after)")
                XCTAssertEqual(cold.map(\.at), hot.map(\.at))
                XCTAssertEqual(cold.map(\.receipt.sequence), [1])
                XCTAssertEqual(cold.map(\.event), ["receipt.complete"])
            }
            XCTAssertEqual(try changes(fixture, after: 2).changes.count, 0)
        }
        try fixture.engine.close()
    }

    func test_replacedBy_ofReceiptsThatFailed_isTheSameFromCold() throws {
        let fixture = try open()
        var tickets: [String] = []
        func replacements() throws -> [String?] { try tickets.map { try fixture.engine.ticket($0, as: .admin).replacedBy } }
        for total in 1...3 {
            tickets.append(try post(fixture, "sale", "R1", total: total))
            XCTAssertEqual(try settle(fixture, tickets[total - 1], 0, false), .applied)
        }
        XCTAssertEqual(try replacements(), [tickets[1], tickets[2], nil])
        try cool(fixture)
        XCTAssertEqual(try replacements(), [tickets[1], tickets[2], nil], "cold")
        tickets.append(try post(fixture, "sale", "R1", total: 4))
        XCTAssertEqual(try replacements(), [tickets[1], tickets[2], tickets[3], nil], "the last is hot")
        for ordinal in [0, 1] { XCTAssertEqual(try settle(fixture, tickets[3], ordinal, true), .applied) }
        try cool(fixture)
        XCTAssertEqual(try replacements(), [tickets[1], tickets[2], tickets[3], nil])
        try fixture.engine.close()
    }

    /// A reader of changes, and what it makes of them.
    private struct Reader {
        var after: Int64 = 0
        var states: [String: ReceiptState] = [:]
        let limit: Int
    }

    private func read(_ fixture: EngineFixture, _ reader: inout Reader) throws {
        let page = try changes(fixture, after: reader.after, limit: reader.limit)
        XCTAssertLessThanOrEqual(page.changes.count, reader.limit)
        var last = reader.after
        for change in page.changes {
            XCTAssertGreaterThan(change.sequence, last)
            last = change.sequence
            reader.states[change.receipt.ticketID] = change.receipt.state
        }
        XCTAssertGreaterThanOrEqual(page.nextAfter, last)
        reader.after = page.nextAfter
    }

    func test_changes_ofARandomHistory_tellEachReaderTheLastStateOfAll() throws {
        for seed in SourceSeed.histories("Sources/ColumnStore", "Sources/Documents", "Sources/Ingest") {
            var random = SplitMix64(state: seed)
            // A store of its own: readers would go through all earlier histories again.
            let directory = TemporaryDirectory()
            defer { withExtendedLifetime(directory) {} }
            var fixture = try self.open(directory)
            var open: [(ticket: String, ordinal: Int)] = []
            var tickets: [String] = []
            var readers = [1, 3, 50, 1_000].map { Reader(limit: $0) }
            // What tickets say, which is asked again when something was done.
            var known: [String: ReceiptState?] = [:]
            func check(_ reader: Reader) throws {
                guard reader.after == fixture.engine.tier.boundary.sequence else { return }
                if known.isEmpty { for ticket in tickets { known[ticket] = .some(try fixture.engine.ticket(ticket, as: .admin).summary?.state) } }
                for ticket in tickets { XCTAssertEqual(reader.states[ticket], known[ticket], "seed \(seed), after \(reader.after), limit \(reader.limit)") }
            }
            for step in 0..<160 {
                let chosen = random.next() % 12
                if chosen < 10 { known = [:] }
                switch chosen {
                case 0...2:
                    let ticket = try post(fixture, "sale", "S\(seed)-\(step)")
                    tickets.append(ticket)
                    open.append((ticket, 0))
                case 3: tickets.append(try post(fixture, "note", "N\(seed)-\(step)"))
                case 4...7:
                    guard !open.isEmpty else { continue }
                    let place = Int(random.next() % UInt64(open.count))
                    let isAccepted = random.next() % 4 != 0
                    XCTAssertEqual(try settle(fixture, open[place].ticket, open[place].ordinal, isAccepted), .applied)
                    if isAccepted, open[place].ordinal == 0 { open[place].ordinal = 1 } else { open.remove(at: place) }
                case 8: if random.next() % 2 == 0 { try cool(fixture) } else { try fixture.engine.tier.writer.seal() }
                // A clock that is set is no reason to miss anything.
                case 9: time.move(Int64(random.next() % 4) * 1_000_000 - 2_000_000)
                default:
                    let place = Int(random.next() % UInt64(readers.count))
                    try read(fixture, &readers[place])
                    try check(readers[place])
                }
                if step == 80 {
                    known = [:]
                    try fixture.engine.close()
                    fixture = try self.open(directory)
                }
            }
            for (ticket, first) in open { for ordinal in first...1 { XCTAssertEqual(try settle(fixture, ticket, ordinal, true), .applied) } }
            try cool(fixture)
            known = [:]
            readers.append(Reader(limit: 7))
            for place in readers.indices {
                while readers[place].after < fixture.engine.tier.boundary.sequence { try read(fixture, &readers[place]) }
                try check(readers[place])
            }
            let all = try changes(fixture, after: 0, limit: 10_000).changes
            XCTAssertEqual(Set(all.map(\.receipt.ticketID)).count, all.count, "from cold each is there once")
            try fixture.engine.close()
        }
    }

    func test_apart_keepsWhatAWindowNeeds_andJoinsWhatLiesAlike() {
        func ends(_ events: ClosedRange<Int64>, _ receipts: ClosedRange<Int64>) -> LateEnds { LateEnds(table: "t", events: events, receipts: receipts, times: receipts) }
        let all = [ends(10...19, 1...8), ends(20...29, 3...9), ends(40...49, 30...39), ends(50...59, 31...38)]
        XCTAssertEqual(LateEnds.apart(all, after: 0, through: 9), [])
        XCTAssertEqual(LateEnds.apart(all, after: 19, through: 40), [ends(20...29, 3...9), ends(40...49, 30...39)])
        XCTAssertEqual(LateEnds.apart(all, after: 18, through: 49), [ends(10...29, 1...9), ends(40...49, 30...39)])
        XCTAssertEqual(LateEnds.apart(all, after: 59, through: 99), [])
        let many = (1...40).map { ends(Int64($0)...Int64($0), Int64($0)...Int64($0)) }
        XCTAssertLessThanOrEqual(LateEnds.apart(many, after: 0, through: 99).count, 16)
    }
}
