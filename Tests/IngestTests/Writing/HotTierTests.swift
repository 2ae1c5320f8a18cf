import ColumnStore
import Foundation
import Synchronization
import TestSupport
import XCTest

@testable import Documents
@testable import Ingest

/// Rows handed in are durable, once, in order and visible when they are acknowledged; a new process finds them again.
final class HotTierTests: XCTestCase {
    func test_submit_newReceipts_getRisingTicketsAndSequences() throws {
        let directory = TemporaryDirectory()
        let store = try HotTierFixture.Store(directory.path)
        defer { store.close() }
        var last: StoredReceipt?
        for number in 0..<20 {
            let outcome = try XCTUnwrap(try store.stored([try HotTierFixture.row("R-\(number)")]).first)
            XCTAssertFalse(outcome.isRepeat)
            let receipt = outcome.receipt
            XCTAssertEqual(receipt.summary.sequence, Int64(number + 1))
            XCTAssertEqual(receipt.summary.state, .complete)
            if let last { XCTAssertGreaterThan(receipt.summary.ticketID, last.summary.ticketID) }
            XCTAssertEqual(store.tier.boundary.sequence, receipt.summary.sequence)
            last = receipt
        }
    }

    /// What is counted behind that, the maintenance's count has already: it would stand twice until the next commit, which is refused where that is too much.
    func test_rows_areCountedBeforeAnybodyHearsOfTheirCommit() throws {
        let directory = TemporaryDirectory()
        let store = try HotTierFixture.Store(directory.path)
        defer { store.close() }
        let counted = Mutex<[Int]>([])
        for number in 1...2 {
            let rows = try (0..<3).map { try HotTierFixture.row("R-\(number)-\($0)") }
            let waiting = store.tier.notify(beyond: store.tier.boundary.sequence) { [statistics = store.tier.writer.statistics] in
                let count = statistics.rows.load(ordering: .relaxed)
                counted.withLock { $0.append(count) }
            }
            _ = try store.stored(rows)
            waiting.cancel()
        }
        XCTAssertEqual(counted.withLock { $0 }, [3, 6])
    }

    func test_submit_sameDocumentAgain_givesTheFirstTicketAndStoresNothing() throws {
        let directory = TemporaryDirectory()
        let store = try HotTierFixture.Store(directory.path)
        defer { store.close() }
        let first = try XCTUnwrap(try store.stored([try HotTierFixture.row("R-1")]).first)
        let again = try XCTUnwrap(try store.stored([try HotTierFixture.row("R-1")]).first)
        XCTAssertTrue(again.isRepeat)
        XCTAssertEqual(again.receipt.summary.ticketID, first.receipt.summary.ticketID)
        XCTAssertEqual(again.receipt.summary.sequence, first.receipt.summary.sequence)
        XCTAssertEqual(store.tier.boundary.snapshot().files.first?.state.rowCount, 1)
    }

    /// A ledger whose first row came into a day's file behind one of a versioned table had the id 0 there, and no identities.
    func test_submit_ledgerBehindAVersionedTable_hasEachReceiptOnce() throws {
        let directory = TemporaryDirectory()
        let store = try HotTierFixture.Store(directory.path)
        defer { store.close() }
        _ = try store.stored([try HotTierFixture.version("L-1")])
        let first = try XCTUnwrap(try store.stored([try HotTierFixture.row("R-1")]).first)
        let again = try XCTUnwrap(try store.stored([try HotTierFixture.row("R-1")]).first)
        XCTAssertTrue(again.isRepeat)
        XCTAssertEqual(again.receipt.summary.ticketID, first.receipt.summary.ticketID)
        XCTAssertThrowsError(try store.stored([try HotTierFixture.row("R-1", salt: "other")])) {
            XCTAssertEqual($0 as? HotTierFixture.Store.Failure, .conflicts([0]))
        }
        XCTAssertEqual(store.tier.boundary.snapshot().files.first?.state.rowCount, 2)
    }

    /// Files that were written so get their identities with the next start; one in which a receipt stands twice by then takes nothing more, and the first is found.
    func test_reopen_fileWhoseLedgerHasTheIdZero_findsItsReceipts() throws {
        for isTwice in [false, true] {
            let directory = TemporaryDirectory()
            var store = try HotTierFixture.Store(directory.path)
            _ = try store.stored([try HotTierFixture.version("L-1")])
            let first = try XCTUnwrap(try store.stored([try HotTierFixture.row("R-1"), try HotTierFixture.row("R-2")]).first)
            let path = try XCTUnwrap(store.tier.boundary.snapshot().files.first).path
            store.close()
            let connection = try SQLiteConnection(path: path, mode: .readWrite)
            for table in ["rows", "kinds", "groups"] { try connection.execute("UPDATE \(table) SET table_id = 0 WHERE table_id > 0") }
            try connection.execute("UPDATE tables SET id = 0 WHERE id > 0")
            // The second row says that it is the first one once more.
            if isTwice { try connection.execute("UPDATE rows SET (receipt, sha256, document) = (SELECT receipt, sha256, document FROM rows WHERE id = 2) WHERE id = 3") }
            store = try HotTierFixture.Store(directory.path)
            let again = try XCTUnwrap(try store.stored([try HotTierFixture.row("R-1")]).first)
            XCTAssertTrue(again.isRepeat, "twice: \(isTwice)")
            XCTAssertEqual(again.receipt.summary.ticketID, first.receipt.summary.ticketID)
            XCTAssertEqual(try store.stored([try HotTierFixture.row("R-3")]).first?.isRepeat, false)
            XCTAssertEqual(store.tier.boundary.snapshot().files.count, isTwice ? 2 : 1)
            store.close()
        }
    }

    /// Columns of a later version's file may say something else, to who writes it and to who reads it alone.
    func test_fileOfTheVersionBefore_getsThisOnes_andOneOfALaterIsRefused() throws {
        let directory = TemporaryDirectory()
        var store = try HotTierFixture.Store(directory.path)
        _ = try store.stored([try HotTierFixture.row("R-1")])
        try store.tier.flush(isWhole: true)
        let known = try XCTUnwrap(store.tier.boundary.snapshot().files.first)
        store.close()
        func set(_ version: Int64) throws { try SQLiteConnection(path: known.path, mode: .readWrite).execute("PRAGMA user_version = \(version)") }
        func read() throws {
            try HotFile(
                directory: "\(directory.path)/hot", day: known.day, part: known.part, dictionaries: known.dictionaries, tables: known.tables, values: known.values
            ).load()
        }
        try set(HotFileSchema.version - 1)
        try read()
        store = try HotTierFixture.Store(directory.path)
        XCTAssertEqual(try FormatReport.version(known.path), HotFileSchema.version)
        XCTAssertTrue(try XCTUnwrap(try store.stored([try HotTierFixture.row("R-1")]).first).isRepeat)
        store.close()
        try set(HotFileSchema.version + 1)
        XCTAssertThrowsError(try read()) { XCTAssertEqual(($0 as? SQLiteError)?.isDamage, false, "\($0)") }
    }

    func test_submit_otherBytesUnderTheIdentity_isAConflict() throws {
        let directory = TemporaryDirectory()
        let store = try HotTierFixture.Store(directory.path)
        defer { store.close() }
        _ = try store.stored([try HotTierFixture.row("R-1")])
        XCTAssertThrowsError(try store.stored([try HotTierFixture.row("R-1", salt: "other")])) {
            XCTAssertEqual($0 as? HotTierFixture.Store.Failure, .conflicts([0]))
        }
        // Another client, another day: other receipts.
        XCTAssertNoThrow(try store.stored([try HotTierFixture.row("R-1", client: "c2", salt: "other")]))
        XCTAssertNoThrow(try store.stored([try HotTierFixture.row("R-1", day: 20_778, salt: "other")]))
    }

    func test_submit_failedReceipt_doesNotHoldItsIdentity() throws {
        let directory = TemporaryDirectory()
        let store = try HotTierFixture.Store(directory.path)
        defer { store.close() }
        _ = try store.stored([try HotTierFixture.row("R-1", state: .failed)])
        let second = try XCTUnwrap(try store.stored([try HotTierFixture.row("R-1", salt: "other")]).first)
        XCTAssertFalse(second.isRepeat)
        XCTAssertEqual(second.receipt.summary.sequence, 2)
        XCTAssertThrowsError(try store.stored([try HotTierFixture.row("R-1", salt: "third")]))
    }

    /// It was in neither: those that hold an identity were looked at before, those that FAILED afterwards.
    func test_forEachRow_whileAFailedReceiptIsTakenUpAgain_hasIt() throws {
        let directory = TemporaryDirectory()
        let store = try HotTierFixture.Store(directory.path)
        defer { store.close() }
        _ = try store.stored([try HotTierFixture.row("R-1", client: "c1", state: .failed)])
        _ = try store.stored([try HotTierFixture.row("R-1", client: "c2")])
        let file = store.tier.boundary.snapshot().files[0]
        var clients: [String] = []
        try file.forEachRow(receiptID: Array("R-1".utf8), of: .all, table: "receipts", day: nil) { _, receipt in
            clients.append(receipt.summary.clientID)
            guard clients.count == 1 else { return }
            try store.tier.writer.perform(on: file) { writer in try writer.perform { try $0.execute("UPDATE rows SET state = 0 WHERE state = 2") } }
        }
        XCTAssertEqual(clients, ["c2", "c1"])
    }

    func test_submit_arrayWithOneConflict_storesNothingOfIt() throws {
        let directory = TemporaryDirectory()
        let store = try HotTierFixture.Store(directory.path)
        defer { store.close() }
        _ = try store.stored([try HotTierFixture.row("R-1")])
        let array = [
            try HotTierFixture.row("A-1"), try HotTierFixture.row("R-1", salt: "x"), try HotTierFixture.row("A-2"),
            try HotTierFixture.row("R-1", salt: "y"),
        ]
        XCTAssertThrowsError(try store.stored(array)) {
            XCTAssertEqual($0 as? HotTierFixture.Store.Failure, .conflicts([1, 3]))
        }
        XCTAssertEqual(store.tier.boundary.snapshot().files.first?.state.rowCount, 1)
        // What is free again takes the next sequence, and a repeat within an array is answered in its place.
        let outcomes = try store.stored([try HotTierFixture.row("A-1"), try HotTierFixture.row("R-1"), try HotTierFixture.row("A-2")])
        XCTAssertEqual(outcomes.map(\.isRepeat), [false, true, false])
        XCTAssertEqual(outcomes.map(\.receipt.summary.sequence), [2, 1, 3])
    }

    /// SQLite before 3.50.2 leaves what comes behind such an array in its transaction without checksums, once a page of the array has gone to the log twice: it was there until a crash, and
    /// neither it nor what was stored later was there after it.
    func test_submit_behindALongArrayThatWasUndone_isThereAfterAKill() throws {
        let (directory, copy) = (TemporaryDirectory(), TemporaryDirectory())
        let store = try HotTierFixture.Store(directory.path)
        defer { store.close() }
        _ = try store.stored([try HotTierFixture.row("R-1")])
        let file = try XCTUnwrap(store.tier.boundary.snapshot().files.first)
        // Room for few pages in memory: with all that the writer has an array would need tens of megabytes.
        try store.tier.writer.perform(on: file) { try $0.perform { try $0.execute("PRAGMA cache_size=8") } }
        // Long ids in no order: the array comes back to pages of their index that the cache had no room for.
        let long = String(repeating: "i", count: 180)
        let array = try (0..<150).map { try HotTierFixture.row("R-\($0 * 37 % 150)-\(long)") } + [HotTierFixture.row("R-1", salt: "other")]
        // Both wait for the writer, and are one transaction.
        let (isHeld, isFree) = (Monitor(false), Monitor(false))
        let (writer, holding) = (store.tier.writer, DispatchGroup())
        DispatchQueue.global().async(group: holding) {
            try? writer.hold {
                isHeld.broadcast { $0 = true }
                _ = isFree.wait { $0 ? true : nil }
            }
        }
        XCTAssertTrue(Patience.until { isHeld.withLock { $0 } })
        let answers = [try store.handIn(array), try store.handIn([try HotTierFixture.row("R-2")])]
        XCTAssertEqual(writer.queuedRowCount, array.count + 1)
        isFree.broadcast { $0 = true }
        XCTAssertTrue(holding.waitPatiently())
        guard case .conflicts(let conflicts) = answers[0].wait({ $0 }) else { return XCTFail("the array was not undone") }
        XCTAssertEqual(conflicts.map(\.place), [150])
        guard case .done = answers[1].wait({ $0 }) else { return XCTFail("what came behind the array was not stored") }
        _ = try store.stored([try HotTierFixture.row("R-3")])
        // As a kill would leave it.
        let path = try copy.made() + "/x.sqlite"
        for suffix in ["", "-wal"] { try FileManager.default.copyItem(atPath: file.path + suffix, toPath: path + suffix) }
        XCTAssertEqual(try SQLiteConnection(path: path, mode: .readWrite).integer("SELECT count(*) FROM rows"), 3)
    }

    func test_reopen_rowsTicketsAndSequences_goOn() throws {
        let directory = TemporaryDirectory()
        var tickets: [String] = []
        do {
            let store = try HotTierFixture.Store(directory.path)
            for number in 0..<50 {
                let outcome = try store.stored([try HotTierFixture.row("R-\(number)", dictionaries: store.tier.dictionaries)])
                tickets.append(outcome[0].receipt.summary.ticketID)
            }
            store.close()
        }
        let store = try HotTierFixture.Store(directory.path)
        defer { store.close() }
        let snapshot = store.tier.boundary.snapshot()
        XCTAssertEqual(snapshot.sequence, 50)
        let file = try XCTUnwrap(snapshot.files.first)
        let view = try XCTUnwrap(file.tail(of: "receipts")).view(through: snapshot.sequence)
        XCTAssertEqual(view.chunks.reduce(0) { $0 + $1.bounds.rowCount }, 50)
        for number in [0, 17, 49] {
            let ticket = try XCTUnwrap(ULID(tickets[number]))
            let found = try XCTUnwrap(try file.find(ticket: ticket))
            XCTAssertEqual(found.receipt.summary.receiptID, "R-\(number)")
            XCTAssertEqual(found.row, Int64(number + 1))
            try file.readStored([found.row], document: true) { _, parts in
                XCTAssertEqual(parts.document, HotTierFixture.document("R-\(number)"))
                XCTAssertEqual(parts.sha256, SHA256.hash(HotTierFixture.document("R-\(number)")))
            }
        }
        XCTAssertTrue(try XCTUnwrap(try store.stored([try HotTierFixture.row("R-7")]).first).isRepeat)
        let next = try XCTUnwrap(try store.stored([try HotTierFixture.row("R-new")]).first).receipt.summary
        XCTAssertEqual(next.sequence, 51)
        XCTAssertGreaterThan(next.ticketID, try XCTUnwrap(tickets.last))
    }

    func test_flushOfAll_leavesTheNextStartNothingToRead_butWhatCameSince() throws {
        let directory = TemporaryDirectory()
        var store = try HotTierFixture.Store(directory.path)
        for number in 0..<30 { _ = try store.stored([try HotTierFixture.row("R-\(number)")]) }
        try store.tier.flush()
        let file = try XCTUnwrap(store.tier.boundary.snapshot().files.first)
        XCTAssertEqual(file.allTails.map(\.rowCountInMemory), [30], "an open file's few rows wait for more")
        try store.tier.flush(isWhole: true)
        try store.tier.flush(isWhole: true)
        XCTAssertEqual(file.allTails.map(\.rowCountInMemory), [0])
        for number in 30..<33 { _ = try store.stored([try HotTierFixture.row("R-\(number)")]) }
        store.close()
        store = try HotTierFixture.Store(directory.path)
        defer { store.close() }
        let again = try XCTUnwrap(store.tier.boundary.snapshot().files.first)
        let views = try again.allTails.map { try $0.view(through: .max) }
        XCTAssertEqual(views.map { $0.groups.map(\.bounds.rowCount) }, [[30]])
        XCTAssertEqual(views.map { $0.chunks.reduce(0) { $0 + $1.batch.rowCount } }, [3])
        XCTAssertEqual(again.state.rowCount, 33)
    }

    func test_view_showsExactlyTheRowsOfTheSnapshot_whileMoreArrive() throws {
        let directory = TemporaryDirectory()
        let store = try HotTierFixture.Store(directory.path)
        defer { store.close() }
        _ = try store.stored([try HotTierFixture.row("R-0", total: 10)])
        let early = store.tier.boundary.snapshot()
        let earlyView = try XCTUnwrap(early.files[0].tail(of: "receipts")).view(through: early.sequence)
        for number in 1..<9_000 where number % 3 == 0 {
            _ = try store.stored((0..<3).map { try HotTierFixture.row("R-\(number)-\($0)", total: 10) })
        }
        XCTAssertEqual(earlyView.chunks.map(\.bounds.rowCount), [1])
        XCTAssertEqual(try early.files[0].tail(of: "receipts")?.view(through: early.sequence).chunks.map(\.bounds.rowCount), [1])
        let late = store.tier.boundary.snapshot()
        let view = try XCTUnwrap(late.files[0].tail(of: "receipts")).view(through: late.sequence)
        XCTAssertEqual(view.chunks.map(\.bounds.rowCount), [8_192, 9_000 - 3 + 1 - 8_192])
        var total: Int64 = 0
        for chunk in view.chunks {
            guard case .int64(let values) = chunk.batch.columns[HotChunk.rowIDIndex + 2].values else { return XCTFail("not narrow") }
            total += values.reduce(0, +)
        }
        XCTAssertEqual(total, 10 * (9_000 - 3 + 1))
    }

    func test_submit_fromManyThreads_everyReceiptOnce() throws {
        let directory = TemporaryDirectory()
        let store = try HotTierFixture.Store(directory.path)
        defer { store.close() }
        let remaining = Monitor(0)
        let sequences = Mutex<[Int64]>([])
        let threadCount = 4
        let each = 500
        remaining.withLock { $0 = threadCount * each }
        let tier = store.tier
        let generation = tier.boundary.generation
        let threads = (0..<threadCount).map { thread in
            WorkerThread(name: "test") {
                for number in 0..<each {
                    // Every receipt is sent by two of the threads.
                    guard let row = try? HotTierFixture.row("R-\(thread / 2)-\(number)") else { return }
                    tier.writer.submit(
                        Submission(rows: [row], earlier: [nil], generation: generation) { answer in
                            if case .done(let outcomes) = answer { sequences.withLock { $0.append(outcomes[0].receipt.summary.sequence) } }
                            remaining.broadcast { $0 -= 1 }
                        })
                }
            }
        }
        for thread in threads { thread.join() }
        _ = remaining.wait { $0 == 0 ? true : nil }
        let all = sequences.withLock { $0 }
        XCTAssertEqual(all.count, threadCount * each)
        XCTAssertEqual(Set(all), Set(1...Int64(threadCount / 2 * each)))
        XCTAssertEqual(tier.boundary.sequence, Int64(threadCount / 2 * each))
    }

    func test_daysChange_opensAnotherFile_andOnceHoldsAcrossFiles() throws {
        let directory = TemporaryDirectory()
        let time = Atomic<Int64>(1_795_000_000_000_000)
        let clock = Clock { time.load(ordering: .relaxed) }
        try withExtendedLifetime(time) {
            let store = try HotTierFixture.Store(directory.path, clock: clock)
            defer { store.close() }
            let first = try store.stored([try HotTierFixture.row("R-1")])[0].receipt
            time.store(1_795_000_000_000_000 + Clock.microsecondsPerDay, ordering: .relaxed)
            _ = try store.stored([try HotTierFixture.row("R-2")])
            let again = try store.stored([try HotTierFixture.row("R-1")])[0]
            XCTAssertTrue(again.isRepeat)
            XCTAssertEqual(again.receipt.summary.ticketID, first.summary.ticketID)
            // A clock that goes back: sequences and tickets rise, the file stays.
            time.store(1_795_000_000_000_000, ordering: .relaxed)
            let later = try store.stored([try HotTierFixture.row("R-3")])[0].receipt
            XCTAssertEqual(later.summary.sequence, 3)
            XCTAssertGreaterThan(later.summary.ticketID, first.summary.ticketID)
            XCTAssertEqual(store.tier.boundary.snapshot().files.map(\.name), ["2026-11-18", "2026-11-19"])
        }
    }

    func test_seal_nextReceiptBeginsTheNextPart() throws {
        let directory = TemporaryDirectory()
        let clock = Clock { 1_795_000_000_000_000 }
        let store = try HotTierFixture.Store(directory.path, clock: clock)
        _ = try store.stored([try HotTierFixture.row("R-1")])
        try store.tier.writer.seal()
        XCTAssertTrue(try store.stored([try HotTierFixture.row("R-1")])[0].isRepeat)
        _ = try store.stored([try HotTierFixture.row("R-2")])
        XCTAssertEqual(store.tier.boundary.snapshot().files.map(\.name), ["2026-11-18", "2026-11-18.2"])
        store.close()
        let reopened = try HotTierFixture.Store(directory.path, clock: clock)
        defer { reopened.close() }
        _ = try reopened.stored([try HotTierFixture.row("R-3")])
        XCTAssertEqual(reopened.tier.boundary.snapshot().files.map { "\($0.name) \($0.state.rowCount)" }, ["2026-11-18 1", "2026-11-18.2 2"])
    }

    func test_directory_secondProcess_isRefused() throws {
        let directory = TemporaryDirectory()
        let first = try DataDirectory(path: directory.path)
        first.publish(url: "http://127.0.0.1:8080")
        XCTAssertThrowsError(try DataDirectory(path: directory.path)) { error in
            XCTAssertEqual("\(error)", "another process works on this directory: http://127.0.0.1:8080")
        }
    }

    func test_dictionary_isLearntAndDocumentsComeBackByteForByte() throws {
        let directory = TemporaryDirectory()
        let store = try HotTierFixture.Store(directory.path)
        defer { store.close() }
        let filler = String(repeating: "вітамін-", count: 400)
        var codings = Set<Int64>()
        for number in 0..<700 {
            let row = try HotTierFixture.row("R-\(number)", salt: "\(number)\(filler)", dictionaries: store.tier.dictionaries)
            _ = try store.stored([row])
        }
        // Training runs beside; it is done when documents begin to use it.
        var number = 700
        let isUsed = try Patience.until {
            let row = try HotTierFixture.row("R-\(number)", salt: "\(number)\(filler)", dictionaries: store.tier.dictionaries)
            codings.insert(row.coding.rawValue)
            _ = try store.stored([row])
            number += 1
            return codings.contains(2)
        }
        XCTAssertTrue(isUsed, "no dictionary after \(number) documents")
        let file = store.tier.boundary.snapshot().files[0]
        let last = file.state.rowCount
        try file.readStored([1, last], document: true) { index, parts in
            let number = index == 0 ? 0 : last - 1
            XCTAssertEqual(parts.document, HotTierFixture.document("R-\(number)", salt: "\(number)\(filler)"))
        }
    }
}
