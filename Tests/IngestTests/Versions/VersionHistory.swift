import ColumnStore
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
        var state: ReceiptState
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
    func reopen() throws {
        try engine.close()
        fixture = try Self.open(path, clock, states)
    }

    // MARK: What happens

    func post(_ id: String) throws {
        count += 1
        let taken = try fixture.taken(#"{"schema":"licence/1","id":"\#(id)","name":"N\#(count)"}"#, as: .admin, client: "c1")
        let number = (documents.all[id]?.count ?? 0) + 1
        XCTAssertEqual(taken.summary.version, Int32(number))
        documents.all[id, default: []].append(Version(number: number, name: "N\(count)", ticket: try XCTUnwrap(ULID(taken.summary.ticketID)), state: .processing))
    }

    /// Nothing where there is none to remove.
    func remove(_ id: String) {
        guard let last = documents.all[id]?.last(where: { $0.state != .failed }), last.ticket != nil else { return }
        let done = Monitor<Fault??>(nil)
        engine.remove(ReceiptLookup(receiptID: id, client: "c1", table: "licences"), as: .admin) { fault in done.broadcast { $0 = .some(fault) } }
        XCTAssertNil(done.wait { $0 })
        let number = (documents.all[id]?.count ?? 0) + 1
        documents.all[id]?.append(Version(number: number, name: "", ticket: nil, state: .complete))
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

    // MARK: What is seen

    /// Of a moment, whatever has happened since.
    func rows(_ table: String, _ snapshot: TierBoundary.Snapshot) throws -> [String] {
        let source = try XCTUnwrap(engine.reader.shownTables(snapshot, as: .admin).table(table))
        let scan = try source.scan(ScanRequest(projection: Self.columns))
        var rows: [String] = []
        while let morsel = try scan.nextMorsel() {
            while let batch = try morsel.next() { rows += EngineFixture.texts(batch) }
        }
        return rows.sorted()
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
