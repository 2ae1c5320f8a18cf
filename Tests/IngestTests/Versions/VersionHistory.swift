import ColumnStore
import Foundation
import Query
import Synchronization
import TestSupport
import XCTest

@testable import Documents
@testable import Ingest

/// Documents of one client whose versions come, are COMPLETE, FAILED or taken up again, in a store and in a list beside it.
final class VersionHistory {
    struct Version {
        let number: Int
        let name: String
        /// Nil for a removal, which no registrar is asked about.
        let ticket: ULID?
        /// An instant behind it.
        let came: Int64
        var state: ReceiptState
        /// An instant behind its end; nil while it is PROCESSING.
        var ended: Int64?
        /// It was given up, and may be tried again.
        var isDead = false
    }

    /// By id, ascending: every version that there is.
    struct Documents {
        var all: [String: [Version]] = [:]

        /// Of each document at most one row.
        func shown(_ isIncluded: (ReceiptState) -> Bool) -> [String] {
            all.compactMap { id, versions in
                guard let last = versions.last(where: { isIncluded($0.state) }), last.ticket != nil else { return nil }
                return Self.text(id, last)
            }.sorted()
        }

        var newest: [String] { shown { $0 != .failed } }
        var accepted: [String] { shown { $0 == .complete } }
        var history: [String] { all.flatMap { id, versions in versions.map { Self.text(id, $0) } }.sorted() }

        /// Of each version the number of the one whose beginning is its end. One that FAILED has none.
        var ends: [String] {
            all.flatMap { id, versions in
                versions.enumerated().map { place, version -> String in
                    let next = version.state == .failed ? nil : versions[(place + 1)...].first { $0.state != .failed }
                    return "\(id)|\(version.number)|\(next.map { "\($0.number)" } ?? "-")"
                }
            }.sorted()
        }

        /// As of an instant, by what is known now: what ended after it was PROCESSING then.
        func newest(at instant: Int64) -> [String] {
            var then = Documents()
            for (id, versions) in all {
                for known in versions where known.came <= instant {
                    var version = known
                    if known.ended.map({ $0 > instant }) ?? true { version.state = .processing }
                    then.all[id, default: []].append(version)
                }
            }
            return then.newest
        }

        private static func text(_ id: String, _ version: Version) -> String {
            "\(id)|\(version.ticket == nil ? "-" : version.name)|\(version.number)|\(version.state.rawValue)"
        }
    }

    /// As `text` has them.
    static let columns: [ColumnPath] = ["receipt_id", "name", "version", "state"]
    static let ids = (0..<6).map { "L-\($0)" }

    private static let type = """
        {"name":"licence","version":1,"table":"licences","format":"json","on_repeat":"replace","match":{"/schema":"licence/1"},"receipt_id":"/id",
         "columns":{"name":{"path":"/name","type":"VARCHAR"}},"register":[["board"]]}
        """

    private(set) var fixture: EngineFixture
    var engine: Engine { fixture.engine }
    private(set) var documents = Documents()
    private var count = 0
    private let path: String
    private let clock: Clock
    private let states: StatesRoom

    /// - Parameter states: for how they were before, as long as snapshots of then are held.
    init(_ path: String, states: StatesRoom = StatesRoom()) throws {
        (self.path, self.states) = (path, states)
        // A millisecond apart, however quick.
        let time = Mutex<Int64>(1_795_000_000_000_000)
        clock = Clock {
            time.withLock { time in
                time += 1_000
                return time
            }
        }
        fixture = try Self.open(path, clock, states)
        _ = try engine.putType(name: "licence", body: Array(Self.type.utf8))
    }

    private static func open(_ path: String, _ clock: Clock, _ states: StatesRoom) throws -> EngineFixture {
        try EngineFixture(path, clock: clock) { options in
            options.hot.states = states
            // Nobody answers there: what becomes of a version is the test's to say.
            options.registration.registrars["board"] = RegistrarOptions(url: "http://127.0.0.1:1/", secret: "s")
            options.compaction.rowGroupRowCount = 7
        }
    }

    /// No moment of before is held any more.
    ///
    /// - Parameter losingIndex: whether the index of versions is made anew.
    func reopen(losingIndex: Bool = false) throws {
        try engine.close()
        if losingIndex { for suffix in ["", "-wal", "-shm"] { try? FileManager.default.removeItem(atPath: "\(path)/versions.sqlite\(suffix)") } }
        fixture = try Self.open(path, clock, states)
    }

    /// Later than all that has happened, and before all that will.
    var instant: Int64 { clock.now() }

    // MARK: What happens

    func post(_ id: String) throws {
        count += 1
        let taken = try fixture.taken(#"{"schema":"licence/1","id":"\#(id)","name":"N\#(count)"}"#, as: .admin, client: "c1")
        let number = (documents.all[id]?.count ?? 0) + 1
        XCTAssertEqual(taken.summary.version, Int32(number))
        let ticket = try XCTUnwrap(ULID(taken.summary.ticketID))
        documents.all[id, default: []].append(Version(number: number, name: "N\(count)", ticket: ticket, came: instant, state: .processing))
    }

    /// Nothing where there is none to remove.
    func remove(_ id: String) {
        guard let last = documents.all[id]?.last(where: { $0.state != .failed }), last.ticket != nil else { return }
        let done = Monitor<Fault??>(nil)
        engine.remove(ReceiptLookup(receiptID: id, client: "c1", table: "licences"), as: .admin) { fault in done.broadcast { $0 = .some(fault) } }
        XCTAssertNil(done.wait { $0 })
        let number = (documents.all[id]?.count ?? 0) + 1
        let now = instant
        documents.all[id]?.append(Version(number: number, name: "", ticket: nil, came: now, state: .complete, ended: now))
    }

    enum Decision: CaseIterable { case accepted, rejected, dead, redriven }

    /// - Returns: false for a version of which that cannot be said, or that has left the hot tier.
    @discardableResult
    func decide(_ id: String, _ number: Int, _ decision: Decision) throws -> Bool {
        guard let version = documents.all[id]?[number - 1], let ticket = version.ticket, decision == .redriven ? version.isDead : version.state == .processing,
            let (file, row) = try place(ticket)
        else { return false }
        let step = ProcessKey.step(row: row, ordinal: 0)
        func outcome(_ isAccepted: Bool) -> ProcessChange.Action {
            .outcome(step: step, StepOutcome(isAccepted: isAccepted, reference: nil, errors: []), HistoryNote("answer"))
        }
        let action: ProcessChange.Action
        switch decision {
        case .accepted: action = outcome(true)
        case .rejected: action = outcome(false)
        case .dead: action = .dead(step: step, detail: "enough", HistoryNote("exhausted"))
        case .redriven: action = .redriveStep(step)
        }
        let done = Monitor<Result<ProcessResult, Fault>?>(nil)
        engine.tier.writer.submit(ProcessChange(file: file, action: action) { result in done.broadcast { $0 = result } })
        XCTAssertEqual(try done.wait { $0 }.get(), .applied)
        documents.all[id]?[number - 1].isDead = decision == .dead
        documents.all[id]?[number - 1].state = decision == .accepted ? .complete : decision == .redriven ? .processing : .failed
        let now = instant
        documents.all[id]?[number - 1].ended = decision == .redriven ? nil : now
        return true
    }

    private func place(_ ticket: ULID) throws -> (file: HotFile, row: Int64)? {
        for file in engine.tier.boundary.snapshot().files { if let found = try file.find(ticket: ticket) { return (file, found.row) } }
        return nil
    }

    /// One thing of all that may happen.
    ///
    /// - Parameter decisions: those that may be taken.
    func step(_ random: inout SplitMix64, _ decisions: [Decision] = Decision.allCases) throws {
        let id = Self.ids.randomElement(using: &random) ?? ""
        switch Int.random(in: 0..<100, using: &random) {
        case ..<40: try post(id)
        case ..<46: remove(id)
        case ..<86:
            guard let versions = documents.all[id], let version = versions.randomElement(using: &random) else { return }
            try decide(id, version.number, decisions.randomElement(using: &random) ?? .accepted)
        case ..<96: try engine.tier.flush(isWhole: true)
        default:
            try engine.tier.writer.seal()
            _ = try engine.compact(before: nil)
        }
    }

    /// Versions of few documents in several files, most of which end at once: the others keep their files hot, and with them what was given up there.
    func fill(_ random: inout SplitMix64) throws {
        for _ in 0..<Int.random(in: 3...6, using: &random) {
            for _ in 0..<Int.random(in: 2...3, using: &random) {
                let id = Self.ids.prefix(4).randomElement(using: &random) ?? ""
                if Int.random(in: 0..<12, using: &random) == 0 {
                    remove(id)
                    continue
                }
                try post(id)
                let number = documents.all[id]?.count ?? 0
                switch Int.random(in: 0..<10, using: &random) {
                case ..<4: try decide(id, number, .accepted)
                case ..<8: try decide(id, number, .dead)
                default: break
                }
            }
            try engine.tier.writer.seal()
        }
    }

    /// Takes most versions up again that were given up in files which are still hot, and ends most of these.
    func takeUpAgain(_ random: inout SplitMix64) throws {
        for (id, number) in numbers(where: \.isDead) where Int.random(in: 0..<10, using: &random) < 8 {
            guard try decide(id, number, .redriven), Int.random(in: 0..<10, using: &random) < 9 else { continue }
            try decide(id, number, .accepted)
        }
    }

    /// Ends all that is PROCESSING.
    func end(_ random: inout SplitMix64) throws {
        for (id, number) in numbers(where: { $0.state == .processing }) { try decide(id, number, Bool.random(using: &random) ? .accepted : .dead) }
    }

    private func numbers(where isIncluded: (Version) -> Bool) -> [(id: String, number: Int)] {
        documents.all.sorted { $0.key < $1.key }.flatMap { id, versions in versions.filter(isIncluded).map { (id, $0.number) } }
    }

    // MARK: What is seen

    /// Of a moment, whatever has happened since.
    ///
    /// - Parameter instant: as of which rows are asked for; nil: as of the moment.
    func rows(
        _ table: String, _ snapshot: TierBoundary.Snapshot, _ columns: [ColumnPath] = VersionHistory.columns, asOf instant: Int64? = nil
    ) throws -> [String] {
        let source = try XCTUnwrap(engine.reader.shownTables(snapshot, as: .admin).table(table, asOf: instant))
        let scan = try source.scan(ScanRequest(projection: columns))
        var rows: [String] = []
        while let morsel = try scan.nextMorsel() {
            while let batch = try morsel.next() { rows += EngineFixture.texts(batch) }
        }
        return rows.sorted()
    }

    /// As `Documents.ends` has them: the end of a version is held against the beginnings of all of its document.
    func ends(_ snapshot: TierBoundary.Snapshot) throws -> [String] {
        let found = try rows("licences_history", snapshot, ["receipt_id", "version", "received_at", "valid_to"]).map { $0.split(separator: "|").map(String.init) }
        let numbers = Dictionary(found.map { ([$0[0], $0[2]], $0[1]) }) { first, _ in first }
        return found.map { row -> String in
            let end = row[3] == "-" ? "-" : numbers[[row[0], row[3]]] ?? "at \(row[3])"
            return "\(row[0])|\(row[1])|\(end)"
        }.sorted()
    }

    /// Nil for a document that is not there.
    func found(_ id: String, client: String?, _ snapshot: TierBoundary.Snapshot) throws -> String? {
        let lookup = ReceiptLookup(receiptID: id, client: client, table: "licences")
        do {
            guard case .found(let schema, let row) = try engine.reader.newestVersion(
                lookup, client.map { .client(ClientID($0)) } ?? .all, snapshot, as: .admin, hold: { _ in })
            else { return "several" }
            return Self.columns.map { path in schema.index(of: path.names[0]).map { EngineFixture.text(row.columns[$0].value(at: 0)) } ?? "" }.joined(separator: "|")
        } catch let fault as Fault where fault.code == .notFound {
            return nil
        }
    }
}
