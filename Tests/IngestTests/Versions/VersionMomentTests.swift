import ColumnStore
import Query
import TestSupport
import XCTest

@testable import Documents
@testable import Ingest

/// Goal: an answer over a versioned table has rows, states and what is superseded of one moment. Method: moments are held while versions come, end and are laid down or moved, and
/// each is asked again and again against the list of versions as it was then.
final class VersionMomentTests: XCTestCase {
    private struct Held {
        let snapshot: TierBoundary.Snapshot
        let documents: VersionHistory.Documents
    }

    private func check(_ history: VersionHistory, _ held: Held, _ random: inout SplitMix64, _ context: String) throws {
        XCTAssertEqual(try history.rows("licences", held.snapshot), held.documents.newest, "licences \(context)")
        XCTAssertEqual(try history.rows("licences_accepted", held.snapshot), held.documents.accepted, "accepted \(context)")
        XCTAssertEqual(try history.rows("licences_history", held.snapshot), held.documents.history, "history \(context)")
        XCTAssertEqual(try history.ends(held.snapshot), held.documents.ends, "ends \(context)")
        let id = VersionHistory.ids.randomElement(using: &random) ?? ""
        let expected = held.documents.newest.first { $0.hasPrefix(id + "|") }
        XCTAssertEqual(try history.found(id, client: "c1", held.snapshot), expected, "\(id) of c1 \(context)")
        XCTAssertEqual(try history.found(id, client: nil, held.snapshot), expected, "\(id) \(context)")
    }

    /// Of the moment that is now, and of one that was.
    private func check(_ history: VersionHistory, asOf instants: [Int64], _ random: inout SplitMix64, _ context: String) throws {
        let snapshot = history.engine.tier.boundary.snapshot()
        for instant in [instants.randomElement(using: &random), instants.last].compactMap({ $0 }) {
            XCTAssertEqual(try history.rows("licences", snapshot, asOf: instant), history.documents.newest(at: instant), "as of \(instant) \(context)")
        }
    }

    func test_randomHistories_answerAsOfTheMomentThatIsHeld() throws {
        for seed in SourceSeed.histories("Sources/ColumnStore", "Sources/Documents", "Sources/Ingest") {
            let directory = TemporaryDirectory()
            let history = try VersionHistory(directory.path)
            defer { try? history.engine.close() }
            var random = SplitMix64(state: seed)
            var held: [Held] = []
            var instants: [Int64] = []
            for step in 0..<120 {
                try history.step(&random)
                if step % 3 == 0 {
                    instants.append(history.instant)
                    try check(history, asOf: instants, &random, "seed \(seed), step \(step)")
                    if held.count == 4 { held.remove(at: Int.random(in: held.indices, using: &random)) }
                    held.append(Held(snapshot: history.engine.tier.boundary.snapshot(), documents: history.documents))
                }
                for (place, moment) in held.enumerated() { try check(history, moment, &random, "seed \(seed), step \(step), moment \(place)") }
            }
        }
    }

    /// Files of which some leave and some stay, in which versions were given up that are taken up again between two compactions: a version then comes between two that cold files
    /// have side by side.
    func test_randomRounds_ofVersionsThatAreTakenUpAgain_haveTheirEnds_andTheirInstants() throws {
        for seed in SourceSeed.histories("Sources/ColumnStore", "Sources/Documents", "Sources/Ingest") {
            let directory = TemporaryDirectory()
            let history = try VersionHistory(directory.path)
            defer { try? history.engine.close() }
            var random = SplitMix64(state: seed)
            var instants: [Int64] = []
            func look(_ context: String) throws {
                instants.append(history.instant)
                try check(history, Held(snapshot: history.engine.tier.boundary.snapshot(), documents: history.documents), &random, context)
                for _ in 0..<3 { try check(history, asOf: instants, &random, context) }
            }
            for round in 0..<10 {
                let context = "seed \(seed), round \(round)"
                try history.fill(&random)
                _ = try history.engine.compact(before: nil)
                try look("filled, \(context)")
                try history.takeUpAgain(&random)
                try look("taken up again, \(context)")
                if Int.random(in: 0..<3, using: &random) == 0 {
                    try history.reopen(losingIndex: Bool.random(using: &random))
                    try look("opened again, \(context)")
                }
                try history.end(&random)
                _ = try history.engine.compact(before: nil)
                try look("ended, \(context)")
            }
            try history.reopen(losingIndex: true)
            try look("seed \(seed), index made anew")
        }
    }

    /// Two versions are in cold, and the file of the earlier one says that the later came after it. The one between them was given up, is taken up again, and becomes cold as well: what
    /// the file says is of before, and is written anew.
    func test_versionThatIsTakenUpAgainBetweenTwoInCold_endsTheOneBefore_forGood() throws {
        for isOpenedAgain in [false, true] {
            let directory = TemporaryDirectory()
            let history = try VersionHistory(directory.path)
            defer { try? history.engine.close() }
            try history.post("L-1")
            try history.decide("L-1", 1, .accepted)
            try history.engine.tier.writer.seal()
            try history.post("L-1")
            let instant = history.instant
            try history.decide("L-1", 2, .dead)
            // Keeps the file hot.
            try history.post("L-2")
            try history.engine.tier.writer.seal()
            try history.post("L-1")
            try history.decide("L-1", 3, .accepted)
            func check(_ expected: [String], _ context: String) throws {
                let snapshot = history.engine.tier.boundary.snapshot()
                XCTAssertEqual(try history.ends(snapshot), expected, "\(context), opened again: \(isOpenedAgain)")
                XCTAssertEqual(try history.rows("licences", snapshot, asOf: instant), ["L-1|N2|2|PROCESSING"], "\(context), opened again: \(isOpenedAgain)")
            }
            _ = try history.engine.compact(before: nil)
            XCTAssertEqual(history.engine.tier.boundary.snapshot().files.filter { $0.state.rowCount > 0 }.count, 1)
            try check(["L-1|1|3", "L-1|2|-", "L-1|3|-", "L-2|1|-"], "given up")
            try history.decide("L-1", 2, .redriven)
            try history.decide("L-1", 2, .accepted)
            let expected = ["L-1|1|2", "L-1|2|3", "L-1|3|-", "L-2|1|-"]
            try check(expected, "taken up again")
            // What was noted since the compaction is laid into the index.
            if isOpenedAgain { try history.reopen() }
            try check(expected, "before it is cold")
            try history.decide("L-2", 1, .accepted)
            _ = try history.engine.compact(before: nil)
            try check(expected, "cold")
            XCTAssertTrue(history.engine.tier.boundary.snapshot().superseded.values.allSatisfy(\.isEmpty), "every superseded row is told by its file")
            try history.reopen(losingIndex: true)
            try check(expected, "index made anew")
            XCTAssertTrue(history.engine.tier.boundary.snapshot().superseded.values.allSatisfy(\.isEmpty), "the file says it as it is")
        }
    }

    /// The version before is valid again: to whoever looks from now on, and not to who began before.
    func test_versionThatFails_leavesNoDocumentOut_andNoneTwice() throws {
        let directory = TemporaryDirectory()
        let history = try VersionHistory(directory.path)
        defer { try? history.engine.close() }
        try history.post("L-1")
        try history.decide("L-1", 1, .accepted)
        try history.post("L-1")
        let before = history.engine.tier.boundary.snapshot()
        try history.decide("L-1", 2, .rejected)
        let failed = history.engine.tier.boundary.snapshot()
        func check(_ context: String) throws {
            XCTAssertEqual(try history.rows("licences", before), ["L-1|N2|2|PROCESSING"], context)
            XCTAssertEqual(try history.rows("licences_accepted", before), ["L-1|N1|1|COMPLETE"], context)
            XCTAssertEqual(try history.found("L-1", client: "c1", before), "L-1|N2|2|PROCESSING", context)
            XCTAssertEqual(try history.rows("licences", failed), ["L-1|N1|1|COMPLETE"], context)
            XCTAssertEqual(try history.found("L-1", client: "c1", failed), "L-1|N1|1|COMPLETE", context)
        }
        try check("hot")
        // From here on an image has the state that is new.
        try history.engine.tier.flush(isWhole: true)
        try check("laid down")
        try history.engine.tier.writer.seal()
        _ = try history.engine.compact(before: nil)
        try check("moved")
    }

    /// What was accepted before a moment is not accepted any more with the version that is accepted after it, and the other way round.
    func test_versionThatIsAccepted_isNotBesideTheOneBefore() throws {
        let directory = TemporaryDirectory()
        let history = try VersionHistory(directory.path)
        defer { try? history.engine.close() }
        for number in 1...2 {
            try history.post("L-1")
            if number == 1 { try history.decide("L-1", 1, .accepted) }
        }
        let before = history.engine.tier.boundary.snapshot()
        try history.decide("L-1", 2, .accepted)
        XCTAssertEqual(try history.rows("licences_accepted", before), ["L-1|N1|1|COMPLETE"])
        XCTAssertEqual(try history.rows("licences_accepted", history.engine.tier.boundary.snapshot()), ["L-1|N2|2|COMPLETE"])
    }

    /// Of 200 bytes for each of these changes there are two; the writer neither waits for whoever reads nor refuses anything.
    func test_snapshotBeforeMoreChangesThanAreKept_isTooOld_andNoLaterOne() throws {
        let directory = TemporaryDirectory()
        let history = try VersionHistory(directory.path, states: StatesRoom(MemoryBudget(byteCountMax: 512)))
        defer { try? history.engine.close() }
        for id in ["L-0", "L-1", "L-2", "L-3"] { try history.post(id) }
        let old = history.engine.tier.boundary.snapshot()
        for id in ["L-0", "L-1"] { try history.decide(id, 1, .accepted) }
        XCTAssertEqual(try history.rows("licences", old), ["L-0|N1|1|PROCESSING", "L-1|N2|1|PROCESSING", "L-2|N3|1|PROCESSING", "L-3|N4|1|PROCESSING"])
        let young = history.engine.tier.boundary.snapshot()
        try history.decide("L-2", 1, .accepted)
        XCTAssertThrowsError(try history.rows("licences", old)) { XCTAssertTrue($0 is SnapshotTooOld, "\($0)") }
        XCTAssertThrowsError(try history.found("L-0", client: "c1", old)) { XCTAssertTrue($0 is SnapshotTooOld, "\($0)") }
        XCTAssertEqual(try history.rows("licences", young), ["L-0|N1|1|COMPLETE", "L-1|N2|1|COMPLETE", "L-2|N3|1|PROCESSING", "L-3|N4|1|PROCESSING"])
        XCTAssertEqual(try history.found("L-2", client: "c1", young), "L-2|N3|1|PROCESSING")
        XCTAssertEqual(try history.rows("licences_accepted", history.engine.tier.boundary.snapshot()), ["L-0|N1|1|COMPLETE", "L-1|N2|1|COMPLETE", "L-2|N3|1|COMPLETE"])
    }

    /// What is laid over states for a question is its own to pay: a block of a thousand rows for each that has changed since, or more.
    func test_statesOfBefore_areChargedToTheQuestion() throws {
        let directory = TemporaryDirectory()
        let history = try VersionHistory(directory.path)
        defer { try? history.engine.close() }
        try history.post("L-1")
        let before = history.engine.tier.boundary.snapshot()
        try history.decide("L-1", 1, .accepted)
        let memory = MemoryBudget(byteCountMax: 8 << 20)
        do {
            let source = try XCTUnwrap(history.engine.reader.shownTables(before, as: .admin).table("licences"))
            let scan = try source.scan(ScanRequest(projection: VersionHistory.columns, memory: memory))
            XCTAssertGreaterThanOrEqual(memory.usedByteCount, 17 * 1_024)
            XCTAssertNotNil(try scan.nextMorsel()?.next())
            XCTAssertThrowsError(try source.scan(ScanRequest(projection: VersionHistory.columns, memory: MemoryBudget(byteCountMax: 1_000)))) {
                XCTAssertEqual(($0 as? QueryError)?.slug, .spillFull, "\($0)")
            }
        }
        XCTAssertEqual(memory.usedByteCount, 0)
    }

    /// Tried again and again on a full disk, each would stay in the memory of the store, and be gone through by every scan.
    func test_changesThatTheDiskDoesNotTake_leaveNothingBehindTheMoment() throws {
        let directory = TemporaryDirectory()
        let disk = FullDisk("/hot/")
        SQLiteFileSystem.observe(disk)
        defer { SQLiteFileSystem.observe(nil) }
        let history = try VersionHistory(directory.path)
        defer { try? history.engine.close() }
        try history.post("L-1")
        let before = history.engine.tier.boundary.snapshot()
        let file = try XCTUnwrap(before.files.last)
        disk.isFull = true
        for _ in 0..<3 {
            let done = Monitor<Result<ProcessResult, Fault>?>(nil)
            let outcome = StepOutcome(isAccepted: true, reference: nil, errors: [])
            let action = ProcessChange.Action.outcome(step: ProcessKey.step(row: 1, ordinal: 0), outcome, HistoryNote("answer"))
            history.engine.tier.writer.submit(ProcessChange(file: file, action: action) { result in done.broadcast { $0 = result } })
            XCTAssertThrowsError(try done.wait { $0 }.get()) { XCTAssertEqual(($0 as? Fault)?.code, .diskFull, "\($0)") }
        }
        XCTAssertGreaterThan(disk.refusedCount, 0)
        disk.isFull = false
        XCTAssertEqual(try before.states.rows(of: file.name).count, 1, "they were announced")
        XCTAssertTrue(history.engine.tier.boundary.snapshot().states.isLast)
        try history.decide("L-1", 1, .accepted)
        XCTAssertEqual(try history.rows("licences", before), ["L-1|N1|1|PROCESSING"])
        XCTAssertEqual(try history.rows("licences", history.engine.tier.boundary.snapshot()), ["L-1|N1|1|COMPLETE"])
    }
}
