import ColumnStore
import Foundation
import Query
import TestSupport
import XCTest

@testable import Documents
@testable import Ingest

/// Goal: a walk over pages of a versioned table shows each document once, as it was when the walk began, whatever becomes of versions between its pages. Method: random histories with
/// walks open beside them, a page at a time, against the list of versions at each walk's beginning.
final class VersionWalkTests: XCTestCase {
    private static let fields = VersionHistory.columns.map { $0.names[0] }
    private static let ahead: Int64 = 1_900_000_000_000_000

    private struct Walk {
        var request: PageRequest
        let expected: [String]
        var found: [String] = []
        let context: String
    }

    private func begun(_ history: VersionHistory, _ table: String, asOf instant: Int64? = nil, _ context: String) -> Walk {
        let documents = history.documents
        return Walk(
            request: PageRequest(table: table, fields: Self.fields, limit: 1, asOf: instant), expected: table == "licences" ? documents.newest : documents.accepted,
            context: "\(table) \(instant.map { "as of \($0)" } ?? "") \(context)")
    }

    /// - Returns: whether more pages follow.
    private func read(_ walk: inout Walk, _ history: VersionHistory) throws -> Bool {
        let page = try history.engine.page(walk.request, as: .admin)
        walk.found += page.batches.flatMap { EngineFixture.texts($0) }
        walk.request.cursor = page.nextCursor
        if page.nextCursor == nil { XCTAssertEqual(walk.found.sorted(), walk.expected, walk.context) }
        return page.nextCursor != nil
    }

    private func run(_ seed: UInt64, _ decisions: [VersionHistory.Decision], ahead: Bool) throws {
        let directory = TemporaryDirectory()
        let history = try VersionHistory(directory.path)
        defer { try? history.engine.close() }
        var random = SplitMix64(state: seed)
        var walks: [Walk] = []
        for step in 0..<160 {
            if step % 50 == 49 { try history.reopen() }
            try history.step(&random, decisions)
            if walks.count < 3, step > 10 {
                let context = "seed \(seed), begun after step \(step)"
                var new = [begun(history, Bool.random(using: &random) ? "licences" : "licences_accepted", context)]
                if ahead { new.append(begun(history, "licences", asOf: Self.ahead, context)) }
                // It begins with its first page.
                for var walk in new { if try read(&walk, history) { walks.append(walk) } }
            } else if step % 2 == 0 {
                for place in walks.indices.reversed() { if try !read(&walks[place], history) { walks.remove(at: place) } }
            }
        }
        for place in walks.indices { while try read(&walks[place], history) {} }
    }

    /// An instant ahead is asked where nothing is taken up again: of a version that is PROCESSING it is not known when it began to be.
    func test_randomHistories_eachWalkShowsItsBeginning() throws {
        for seed in SourceSeed.histories("Sources/ColumnStore", "Sources/Documents", "Sources/Ingest") { try run(seed, VersionHistory.Decision.allCases, ahead: false) }
        try run(4, [.accepted, .rejected], ahead: true)
    }

    /// The first page ends before the document; then its newest version fails, and the one before is the newest again, with a state of now.
    func test_versionThatFailsBetweenTwoPages_staysInTheWalk() throws {
        for isAhead in [false, true] {
            let directory = TemporaryDirectory()
            let history = try VersionHistory(directory.path)
            defer { try? history.engine.close() }
            for id in ["L-1", "L-2"] {
                try history.post(id)
                try history.decide(id, 1, .accepted)
                try history.post(id)
            }
            var walk = begun(history, "licences", asOf: isAhead ? Self.ahead : nil, "\(isAhead)")
            XCTAssertEqual(walk.expected, ["L-1|N2|2|PROCESSING", "L-2|N4|2|PROCESSING"])
            XCTAssertTrue(try read(&walk, history))
            for id in ["L-1", "L-2"] { try history.decide(id, 2, .rejected) }
            try history.engine.tier.writer.seal()
            _ = try history.engine.compact(before: nil)
            XCTAssertFalse(try read(&walk, history))
            XCTAssertEqual(try history.fixture.walk(PageRequest(table: "licences", fields: Self.fields)).sorted(), ["L-1|N1|1|COMPLETE", "L-2|N3|1|COMPLETE"])
        }
    }

    /// A version that had FAILED and is taken up again between two pages is not what the walk shows.
    func test_versionThatIsTakenUpAgainBetweenTwoPages_doesNotComeIntoTheWalk() throws {
        let directory = TemporaryDirectory()
        let history = try VersionHistory(directory.path)
        defer { try? history.engine.close() }
        for id in ["L-1", "L-2"] {
            try history.post(id)
            try history.decide(id, 1, .accepted)
            try history.post(id)
            try history.decide(id, 2, .dead)
        }
        var walk = begun(history, "licences", "")
        XCTAssertTrue(try read(&walk, history))
        for id in ["L-1", "L-2"] { try history.decide(id, 2, .redriven) }
        try history.decide("L-2", 2, .accepted)
        XCTAssertFalse(try read(&walk, history))
        XCTAssertEqual(walk.found.sorted(), ["L-1|N1|1|COMPLETE", "L-2|N3|1|COMPLETE"])
    }

    /// One of a group that cannot be done leaves each of the others a transaction of its own: a walk may begin between two of them, and the second has ended later then.
    func test_changesThatAreMadeApart_haveAnInstantEach() throws {
        let directory = TemporaryDirectory()
        let history = try VersionHistory(directory.path)
        defer { try? history.engine.close() }
        for id in ["L-0", "L-1", "L-2"] { try history.post(id) }
        let writer = history.engine.tier.writer
        let file = try XCTUnwrap(history.engine.tier.boundary.snapshot().files.last)
        let damaged = ProcessKey.step(row: 3, ordinal: 0)
        try writer.perform(on: file) { try $0.perform { try $0.execute("UPDATE steps SET state = 99 WHERE id = \(damaged)") } }
        // All three wait for the writer, and are one group.
        let (isHeld, isFree, holding) = (Monitor(false), Monitor(false), DispatchGroup())
        DispatchQueue.global().async(group: holding) {
            try? writer.hold {
                isHeld.broadcast { $0 = true }
                _ = isFree.wait { $0 ? true : nil }
            }
        }
        XCTAssertTrue(Patience.until { isHeld.withLock { $0 } })
        let results = (Int64(1)...3).map { row in
            let result = Monitor<Result<ProcessResult, Fault>?>(nil)
            let outcome = StepOutcome(isAccepted: true, reference: nil, errors: [])
            let action = ProcessChange.Action.outcome(step: ProcessKey.step(row: row, ordinal: 0), outcome, HistoryNote("answer"))
            writer.submit(ProcessChange(file: file, action: action) { one in result.broadcast { $0 = one } })
            return result
        }
        isFree.broadcast { $0 = true }
        XCTAssertTrue(holding.waitPatiently())
        for result in results.prefix(2) { XCTAssertEqual(try result.wait { $0 }.get(), .applied) }
        XCTAssertThrowsError(try results[2].wait { $0 }.get())
        XCTAssertEqual(try file.pool.withConnection { try $0.integer("SELECT count(DISTINCT completed_at) FROM rows WHERE id < 3") }, 2)
    }

    /// As pages of `/v1/sql` read: each page's catalog is made of the first one's beginning.
    func test_catalogOfABeginning_hasItsVersions() throws {
        let directory = TemporaryDirectory()
        let history = try VersionHistory(directory.path)
        defer { try? history.engine.close() }
        try history.post("L-1")
        try history.decide("L-1", 1, .accepted)
        try history.post("L-1")
        let beginning = try history.engine.catalog(as: .admin, from: nil).beginning
        func rows(_ table: String) throws -> [String] {
            let catalog = try history.engine.catalog(as: .admin, from: beginning).catalog
            let engine = QueryEngine(.init(threadCount: 2))
            let stream = try engine.execute(try engine.prepare("SELECT receipt_id, name, version, state FROM \(table)", in: QueryContext(catalog: catalog, now: 0)))
            var rows: [String] = []
            while let batch = try stream.next() { rows += EngineFixture.texts(batch) }
            return rows
        }
        try history.decide("L-1", 2, .rejected)
        XCTAssertEqual(try rows("licences"), ["L-1|N2|2|PROCESSING"])
        XCTAssertEqual(try rows("licences_accepted"), ["L-1|N1|1|COMPLETE"])
        try history.post("L-1")
        try history.decide("L-1", 3, .accepted)
        XCTAssertEqual(try rows("licences"), ["L-1|N2|2|PROCESSING"])
        XCTAssertEqual(try rows("licences_accepted"), ["L-1|N1|1|COMPLETE"])
    }

    /// So is what a page of receipts holds of them, beside its rows, to the caller.
    func test_versionsThatEndedSinceTheWalkBegan_areAskedForWithThePage() throws {
        let directory = TemporaryDirectory()
        let history = try VersionHistory(directory.path)
        defer { try? history.engine.close() }
        for id in ["L-1", "L-2"] { try history.post(id) }
        var request = PageRequest(table: "licences", fields: Self.fields, limit: 1)
        request.cursor = try history.engine.page(request, as: .admin).nextCursor
        func asked() throws -> Int {
            var asked = 0
            let page = try history.engine.reader.page(request, as: .admin, hold: { asked = max(asked, $0) })
            XCTAssertEqual(page.batches.flatMap { EngineFixture.texts($0) }, ["L-2|N2|1|PROCESSING"])
            return asked
        }
        let before = try asked()
        try history.decide("L-1", 1, .rejected)
        XCTAssertGreaterThanOrEqual(try asked(), before + 65_536)
        struct Refusal: Error {}
        XCTAssertThrowsError(try history.engine.reader.page(request, as: .admin, hold: { if $0 > before { throw Refusal() } })) { XCTAssertTrue($0 is Refusal, "\($0)") }
    }

    /// What a later page holds of versions that have ended since is its query's to pay.
    func test_versionsThatEndedSinceTheWalkBegan_areChargedToTheQuestion() throws {
        let directory = TemporaryDirectory()
        let history = try VersionHistory(directory.path)
        defer { try? history.engine.close() }
        try history.post("L-1")
        let beginning = history.engine.tier.boundary.snapshot().beginning
        try history.decide("L-1", 1, .rejected)
        let memory = MemoryBudget(byteCountMax: 8 << 20)
        func table() throws -> any TableSource {
            try XCTUnwrap(history.engine.reader.shownTables(history.engine.tier.boundary.snapshot(), from: beginning, as: .admin).table("licences"))
        }
        do {
            let source = try table()
            let scan = try source.scan(ScanRequest(projection: VersionHistory.columns, memory: memory))
            XCTAssertGreaterThan(memory.usedByteCount, 0)
            var rows: [String] = []
            while let morsel = try scan.nextMorsel() {
                while let batch = try morsel.next() { rows += EngineFixture.texts(batch) }
            }
            XCTAssertEqual(rows, ["L-1|N1|1|PROCESSING"])
        }
        XCTAssertEqual(memory.usedByteCount, 0)
        let small = ScanRequest(projection: VersionHistory.columns, memory: MemoryBudget(byteCountMax: 1_000))
        XCTAssertThrowsError(try table().scan(small)) { XCTAssertEqual(($0 as? QueryError)?.slug, .spillFull, "\($0)") }
    }
}
