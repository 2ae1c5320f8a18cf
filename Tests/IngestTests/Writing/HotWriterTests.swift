import ColumnStore
import TestSupport
import XCTest

@testable import Documents
@testable import Ingest

/// Goal: what the writer need not do again it does not: open a file that it had open, look up an identity about which nothing changed. Method:
/// submissions that looked before something changed, with a cold tier that counts look-ups.
final class HotWriterTests: XCTestCase {
    /// A submission whose sender looked when the boundary had that generation, and found that.
    private func submit(_ row: HotRow, _ store: HotTierFixture.Store, generation: UInt64, earlier: StoredReceipt? = nil) throws -> Submission.Outcome {
        let done = Monitor<Submission.Answer?>(nil)
        store.tier.writer.submit(
            Submission(rows: [row], earlier: [earlier], generation: generation, isAtomic: false) { answer in done.broadcast { $0 = answer } })
        guard case .done(let outcomes) = done.wait({ $0 }) else { throw Fault(.internalError, "refused") }
        return outcomes[0]
    }

    func test_submit_afterOtherThingsChanged_looksNothingUpAgain() throws {
        let directory = TemporaryDirectory()
        let store = try HotTierFixture.Store(directory.path)
        defer { store.close() }
        let known = try HotTierFixture.row("R-1", day: 20_700)
        let first = try XCTUnwrap(try store.stored([known]).first)
        let boundary = store.tier.boundary
        let generation = boundary.generation
        try store.tier.seal()
        XCTAssertGreaterThan(boundary.generation, generation)
        // Of what was in the file that is sealed now the file itself speaks, and nobody else.
        XCTAssertTrue(try submit(known, store, generation: generation).isRepeat)
        XCTAssertEqual(try submit(known, store, generation: generation).receipt.summary.ticketID, first.receipt.summary.ticketID)
        guard case .conflict = try submit(try HotTierFixture.row("R-1", day: 20_700, salt: "x"), store, generation: generation) else {
            return XCTFail("other bytes under an identity of the sealed file")
        }
        XCTAssertFalse(try submit(try HotTierFixture.row("R-2", day: 20_701), store, generation: generation).isRepeat)
        XCTAssertFalse(try submit(try HotTierFixture.row("R-3", day: 20_700), store, generation: generation).isRepeat)
        XCTAssertEqual(store.lookups.count, 0)
        // Another identity's holder changed; then this one's.
        let before = boundary.generation
        boundary.note(.holders([try HotTierFixture.row("R-9").identity]))
        XCTAssertFalse(try submit(try HotTierFixture.row("R-4"), store, generation: before).isRepeat)
        XCTAssertEqual(store.lookups.count, 0)
        XCTAssertFalse(try submit(try HotTierFixture.row("R-9"), store, generation: before).isRepeat)
        XCTAssertEqual(store.lookups.count, 1)
        // Files that move or merge change no answer.
        let moved = boundary.generation
        boundary.replace([], cold: [:])
        XCTAssertEqual(boundary.generation, moved)
        boundary.replace([], cold: [:], sequence: boundary.sequence)
        XCTAssertFalse(try submit(try HotTierFixture.row("R-5"), store, generation: moved).isRepeat)
        XCTAssertEqual(store.lookups.count, 2)
        // So long ago that nobody knows what changed since.
        for number in 0..<300 { boundary.note(.holders([try HotTierFixture.row("S-\(number)").identity])) }
        XCTAssertFalse(try submit(try HotTierFixture.row("R-6"), store, generation: moved).isRepeat)
        XCTAssertEqual(store.lookups.count, 3)
    }

    /// What a version meets the index tells: nobody else is asked, however long ago its sender looked.
    func test_submit_versionOfLongAgo_looksNowhere() throws {
        let directory = TemporaryDirectory()
        let store = try HotTierFixture.Store(directory.path)
        defer { store.close() }
        let boundary = store.tier.boundary
        let generation = boundary.generation
        for number in 0..<300 { boundary.note(.holders([try HotTierFixture.row("S-\(number)").identity])) }
        XCTAssertFalse(try submit(try HotTierFixture.version("L-1"), store, generation: generation).isRepeat)
        XCTAssertEqual(store.lookups.count, 0)
    }

    /// A file whose rows have gone since it was sealed speaks no more: everything is asked.
    func test_submit_sealedFileHasGone_looksEverywhere() throws {
        let directory = TemporaryDirectory()
        let store = try HotTierFixture.Store(directory.path)
        defer { store.close() }
        _ = try store.stored([try HotTierFixture.row("R-1")])
        let generation = store.tier.boundary.generation
        try store.tier.seal()
        let file = try XCTUnwrap(store.tier.boundary.snapshot().files.first)
        store.tier.boundary.replace([file], cold: [:])
        XCTAssertFalse(try submit(try HotTierFixture.row("R-2"), store, generation: generation).isRepeat)
        XCTAssertEqual(store.lookups.count, 1)
    }

    /// The commit is in that file for the next start to find, though it was refused: its sequences would be given to rows of another file, too.
    func test_commitWhoseLogsIndexCouldNotGrow_isTheLast() throws {
        let (directory, disk) = (TemporaryDirectory(), FullDisk("/hot/"))
        SQLiteFileSystem.observe(disk)
        defer { SQLiteFileSystem.observe(nil) }
        let store = try HotTierFixture.Store(directory.path)
        defer { store.close() }
        _ = try store.stored([try HotTierFixture.row("R-1")])
        // In one commit more pages than the first piece of the index has, which are 4,062.
        let rows = try (0..<10).map { try HotTierFixture.row("L-\($0)", salt: String(repeating: "x", count: 2_000_000)) }
        disk.failNextGrowth()
        XCTAssertThrowsError(try store.stored(rows)) { XCTAssertEqual(($0 as? Fault)?.code, .diskFull, "\($0)") }
        XCTAssertThrowsError(try store.stored([try HotTierFixture.row("R-2")])) { XCTAssertEqual(($0 as? Fault)?.code, .diskFull, "\($0)") }
    }

    func test_perform_onFilesInTurn_keepsTheirWriters() throws {
        let directory = TemporaryDirectory()
        let store = try HotTierFixture.Store(directory.path)
        defer { store.close() }
        for number in 0..<6 {
            _ = try store.stored([try HotTierFixture.row("R-\(number)")])
            try store.tier.seal()
        }
        let files = store.tier.boundary.snapshot().files
        XCTAssertEqual(files.count, 6)
        // What is left to lay down of them is done before: it works with their writers too.
        try store.tier.flush()
        for file in files { try store.tier.writer.perform(on: file) { _ in } }
        // A writer lays room in the log of its file for as long as it has the file open.
        func open() -> [Bool] { files.map { $0.preallocation != nil } }
        XCTAssertEqual(open(), [false, false, true, true, true, true], "those that were worked on last")
        for _ in 0..<3 {
            for file in files.prefix(4) { try store.tier.writer.perform(on: file) { _ in } }
            XCTAssertEqual(open(), [true, true, true, true, false, false])
        }
        try store.tier.writer.perform(on: files[0]) { _ in }
        try store.tier.writer.perform(on: files[5]) { _ in }
        XCTAssertEqual(open(), [true, false, true, true, false, true], "the one that was used longest ago has gone")
        try store.tier.writer.forget(files[3])
        XCTAssertEqual(open(), [true, false, true, false, false, true])
    }
}
