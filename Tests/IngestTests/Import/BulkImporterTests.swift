import ColumnStore
import Query
import Synchronization
import TestSupport
import XCTest

@testable import Documents
@testable import Ingest

/// Goal: a bulk import stores what POSTs would have stored, once, in sorted cold files, and says the same of what it refuses.
final class BulkImporterTests: XCTestCase {
    /// What an import told, and what it handed on.
    private final class Told: Sendable {
        let passedOn = Mutex<[(number: Int, bytes: [UInt8])]>([])
        /// Of them, the numbers of arrays and envelopes.
        let several = Mutex<[Int]>([])
        /// How many were passed on each time that their answers were waited for.
        let settled = Mutex<[Int]>([])
        let refused = Mutex<[(number: Int, document: [UInt8], problem: Fault)]>([])
    }

    private struct Outcome {
        let counts: BulkImporter.Counts
        let told: Told
        var text: String { "\(counts.imported) \(counts.repeated) \(counts.rejected)" }
    }

    private func importing(
        _ engine: Engine, _ lines: [String], client: String? = "c1", linesInChunk: Int = 7, change: (inout BulkImporter.Options) -> Void = { _ in }
    ) throws -> Outcome {
        let told = Told()
        var options = BulkImporter.Options()
        options.client = client
        options.rowCountMin = 0
        change(&options)
        let importer = BulkImporter(
            engine: engine, options: options,
            outlet: .init(
                passOn: { number, bytes, isOfSeveral in
                    told.passedOn.withLock { $0.append((number, bytes)) }
                    if isOfSeveral { told.several.withLock { $0.append(number) } }
                },
                settle: {
                    let count = told.passedOn.withLock { $0.count }
                    told.settled.withLock { $0.append(count) }
                },
                refuse: { number, document, problem in told.refused.withLock { $0.append((number, document, problem)) } }))
        for start in stride(from: 0, to: lines.count, by: linesInChunk) {
            try importer.add(.lines(Array((lines[start..<min(start + linesInChunk, lines.count)].joined(separator: "\n") + "\n").utf8)))
        }
        return Outcome(counts: try importer.finish(), told: told)
    }

    private static func receipts(_ numbers: Range<Int>, note: String = "") -> [String] {
        numbers.map { number in
            EngineFixture.receipt(
                "R-\(number)", at: "20\(20 + number % 5)-\(10 + number % 3)-1\(number % 9)T1\(number % 10):03:07+02:00", note: note + "\(number)")
        }
    }

    private func documents(_ engine: Engine) throws -> [String] {
        try EngineFixture.walk(engine, PageRequest(fields: ["document"], limit: 10_000)).sorted()
    }

    /// `<receipts> <bytes>` of a client.
    private func usage(_ engine: Engine, _ client: String = "c1") throws -> String {
        let spans = try engine.usage(of: client, from: nil, to: nil, byMonth: false, as: .admin, unless: Cancellation())
        return "\(spans.reduce(0) { $0 + $1.figures.receipts }) \(spans.reduce(0) { $0 + $1.figures.bytes })"
    }

    func test_import_storesWhatPostsWouldHaveStored() throws {
        let directory = TemporaryDirectory()
        let lines = Self.receipts(0..<500)
        do {
            let fixture = try EngineFixture(directory.path)
            defer { XCTAssertNoThrow(try fixture.engine.close()) }
            let outcome = try importing(fixture.engine, lines) { $0.runByteCount = 20_000 }
            XCTAssertEqual(outcome.text, "500 0 0")
            XCTAssertEqual(try usage(fixture.engine), "500 \(lines.reduce(0) { $0 + $1.utf8.count })", "what is never hot is counted, too")
            XCTAssertEqual(try importing(fixture.engine, lines).text, "0 500 0")
            XCTAssertEqual(try documents(fixture.engine), lines.sorted())
            // Sequences are contiguous, and so are they in the order of the files.
            let rows = try fixture.walk(PageRequest(fields: ["sequence", "state", "business_day", "receipt_id", "total"], limit: 10_000))
            XCTAssertEqual(Set(rows.compactMap { Int($0.split(separator: "|")[0]) }), Set(1...500))
            XCTAssertEqual(rows.compactMap { Int($0.split(separator: "|")[0]) }, Array(1...500))
            XCTAssertTrue(rows.allSatisfy { $0.contains("|COMPLETE|") && $0.hasSuffix("|650000") }, rows.first ?? "")
            // Each has a ticket that answers, and is a change.
            let changes = try fixture.engine.changes(after: 0, limit: 1_000, as: .admin).changes
            XCTAssertEqual(changes.map(\.sequence), Array(1...500))
            XCTAssertEqual(Set(changes.map(\.receipt.ticketID)).count, 500)
            for change in changes.prefix(5) {
                XCTAssertEqual(try fixture.engine.ticket(change.receipt.ticketID, as: .admin).summary?.receiptID, change.receipt.receiptID)
            }
            // What comes after has higher numbers.
            XCTAssertEqual(try fixture.taken(EngineFixture.receipt("later")).summary.sequence, 501)
        }
        XCTAssertEqual(try Verifier(path: directory.path).run().findings.map(\.description), [])
        let fixture = try EngineFixture(directory.path)
        XCTAssertEqual(try usage(fixture.engine), "501 \(lines.reduce(EngineFixture.receipt("later").utf8.count) { $0 + $1.utf8.count })", "once, and none is forgotten")
        XCTAssertEqual(try fixture.taken(EngineFixture.receipt("after a restart")).summary.sequence, 502)
        XCTAssertEqual(try documents(fixture.engine).count, 502)
        try fixture.engine.close()
    }

    func test_import_again_findsEveryRepeatAndConflict_inColdHotAndItself() throws {
        let directory = TemporaryDirectory()
        let fixture = try EngineFixture(directory.path)
        defer { XCTAssertNoThrow(try fixture.engine.close()) }
        let hot = Self.receipts(300..<400)
        for line in hot { _ = try fixture.taken(line) }
        let cold = Self.receipts(0..<300)
        XCTAssertEqual(try importing(fixture.engine, cold).text, "300 0 0")
        // Repeats of both tiers, other documents under ids of both and of the batch, new ones.
        let conflicts = Self.receipts(10..<15, note: "other") + Self.receipts(310..<315, note: "other")
        let new = Self.receipts(400..<450)
        let clash = Self.receipts(400..<403, note: "clash")
        let lines = cold + hot + conflicts + new + clash + new.prefix(7) + conflicts.prefix(2)
        for isSmall in [false, true] {
            let outcome = try importing(fixture.engine, lines) { if isSmall { $0.runByteCount = 1 } }
            let known = 400 + (isSmall ? 50 : 0) + 7
            XCTAssertEqual(outcome.text, "\(isSmall ? 0 : 50) \(known) 15")
            let refused = outcome.told.refused.withLock { $0 }
            XCTAssertEqual(refused.map(\.number), Array(401...410) + Array(461...463) + [471, 472])
            XCTAssertEqual(refused.map { String(decoding: $0.document, as: UTF8.self) }, conflicts + clash + conflicts.prefix(2))
            XCTAssertTrue(refused.allSatisfy { $0.problem.code == .differentDocument })
        }
        XCTAssertEqual(try documents(fixture.engine), (cold + hot + new).sorted())
    }

    /// A file of nothing but other documents under one identity publishes whenever their memory is full, and tells the same.
    func test_import_ofManyConflicts_publishesBeforeTheyFillTheMemory() throws {
        let directory = TemporaryDirectory()
        let fixture = try EngineFixture(directory.path)
        defer { XCTAssertNoThrow(try fixture.engine.close()) }
        let lines = Self.receipts(0..<3) + (0..<60).flatMap { Self.receipts(0..<3, note: "other \($0) ") }
        let outcome = try importing(fixture.engine, lines) { $0.duplicateByteCountMax = 4_096 }
        XCTAssertEqual(outcome.text, "3 0 180")
        let refused = outcome.told.refused.withLock { $0 }
        XCTAssertEqual(refused.map(\.number), Array(4...183))
        XCTAssertEqual(refused.map { String(decoding: $0.document, as: UTF8.self) }, Array(lines.dropFirst(3)))
        XCTAssertEqual(try documents(fixture.engine), lines.prefix(3).sorted())
    }

    /// Whoever takes what is passed on takes nothing for a while: no more is read meanwhile than a few pieces.
    func test_import_whileTheOutletIsHeldUp_readsNoFurther() throws {
        let directory = TemporaryDirectory()
        let fixture = try EngineFixture(directory.path)
        defer { XCTAssertNoThrow(try fixture.engine.close()) }
        let chunkCount = 200
        let added = Monitor(0)
        var options = BulkImporter.Options()
        (options.client, options.rowCountMin) = ("c1", 0)
        let importer = BulkImporter(
            engine: fixture.engine, options: options,
            outlet: .init(
                // Long enough for all chunks, were they taken.
                passOn: { _, _, _ in XCTAssertNil(added.wait(seconds: 0.5) { $0 == chunkCount ? true : nil }, "all of the input is in memory") },
                settle: {},
                refuse: { _, _, _ in }))
        try importer.add(.lines(Array("[\(EngineFixture.receipt("first"))]\n".utf8)))
        for line in Self.receipts(0..<chunkCount) {
            try importer.add(.lines(Array((line + "\n").utf8)))
            added.broadcast { $0 += 1 }
        }
        XCTAssertEqual(try importer.finish().imported, chunkCount)
    }

    func test_import_refusesWithReasons_inOrder_andPassesOnWhatIsNoPlainReceipt() throws {
        let directory = TemporaryDirectory()
        let fixture = try EngineFixture(directory.path)
        defer { XCTAssertNoThrow(try fixture.engine.close()) }
        var lines = Self.receipts(0..<40)
        lines[3] = "{\"schema\":"
        lines[8] = #"{"schema":"nobody's"}"#
        lines[20] = EngineFixture.receipt("R-x", total: "\"no number\"")
        lines[30] = "[" + EngineFixture.receipt("R-y") + "]"
        let outcome = try importing(fixture.engine, lines)
        XCTAssertEqual(outcome.text, "36 0 3")
        let refused = outcome.told.refused.withLock { $0 }
        XCTAssertEqual(refused.map(\.number), [4, 9, 21])
        XCTAssertEqual(refused.map(\.problem.code), [.badJSON, .unknownType, .invalidDocument])
        XCTAssertEqual(refused.map { String(decoding: $0.document, as: UTF8.self) }, [lines[3], lines[8], lines[20]])
        // Kept in quarantine, as a POST's would be.
        for entry in refused { XCTAssertNotNil(try fixture.engine.quarantineEntry(entry.problem.ticketID ?? "", as: .admin)) }
        XCTAssertEqual(outcome.told.passedOn.withLock { $0.map(\.number) }, [31])
        XCTAssertEqual(outcome.told.several.withLock { $0 }, [31], "no line")
    }

    func test_import_batches_eachPublishedByItself_withRisingSequences() throws {
        let directory = TemporaryDirectory()
        let fixture = try EngineFixture(directory.path)
        defer { XCTAssertNoThrow(try fixture.engine.close()) }
        let lines = Self.receipts(0..<1_000)
        let outcome = try importing(fixture.engine, lines, linesInChunk: 20) { $0.rowCountMax = 100 }
        XCTAssertEqual(outcome.text, "1000 0 0")
        let changes = try fixture.engine.changes(after: 0, limit: 10_000, as: .admin).changes
        XCTAssertEqual(changes.map(\.sequence), Array(1...1_000))
        XCTAssertEqual(try documents(fixture.engine), lines.sorted())
        // Many batches leave many files of a year: they are merged at the end.
        let files = try fixture.engine.tier.boundary.snapshot().cold["receipts"]?.iceberg.counts().fileCount ?? 0
        XCTAssertLessThan(files, 5 * CompactionPicker.strayCountMax)
    }

    func test_import_fewRows_goTheWayOfAPost() throws {
        let directory = TemporaryDirectory()
        let fixture = try EngineFixture(directory.path)
        defer { XCTAssertNoThrow(try fixture.engine.close()) }
        let lines = Self.receipts(0..<30)
        // What is one of them by now, and what another, the store knows that has the first.
        let again = lines.prefix(3) + Self.receipts(5..<7, note: "other")
        let outcome = try importing(fixture.engine, lines + again) { $0.rowCountMin = 100 }
        XCTAssertEqual(outcome.text, "0 0 0")
        XCTAssertEqual(outcome.told.passedOn.withLock { $0.map { String(decoding: $0.bytes, as: UTF8.self) } }, lines + again)
        XCTAssertEqual(outcome.told.passedOn.withLock { $0.map(\.number) }, Array(1...35))
        XCTAssertEqual(outcome.told.settled.withLock { $0 }, [30], "the first of each has its answer before the others are sent")
        XCTAssertNil(fixture.engine.tier.boundary.snapshot().cold["receipts"])
    }

    func test_import_clientWithWebhook_isPassedOn() throws {
        let directory = TemporaryDirectory()
        let fixture = try EngineFixture(directory.path)
        defer { XCTAssertNoThrow(try fixture.engine.close()) }
        var contract = Contract(clientID: "c2", access: .readWrite, scope: .own)
        contract.webhook = .init(url: "https://shop.example/hook", secret: "s")
        _ = try fixture.engine.putContract(contract)
        let outcome = try importing(fixture.engine, Self.receipts(0..<10), client: "c2")
        XCTAssertEqual(outcome.text, "0 0 0")
        XCTAssertEqual(outcome.told.passedOn.withLock { $0.count }, 10)
    }

    func test_import_severalTables_areOneCommitEach_andSequencesShared() throws {
        let directory = TemporaryDirectory()
        let fixture = try EngineFixture(directory.path)
        defer { XCTAssertNoThrow(try fixture.engine.close()) }
        let type = #"""
            {"name":"licence","version":1,"table":"licences","format":"json","match":{"/schema":"licence/1"},"receipt_id":"/id",
             "issued_at":"/at","columns":{"holder":{"path":"/holder","type":"VARCHAR"}}}
            """#
        _ = try fixture.engine.putType(name: "licence", body: Array(type.utf8))
        let licences = (0..<60).map { #"{"schema":"licence/1","id":"L-\#($0)","at":"2024-01-0\#(1 + $0 % 9)T00:00:00Z","holder":"H\#($0)"}"# }
        let lines = Self.receipts(0..<40) + licences
        XCTAssertEqual(try importing(fixture.engine, lines).text, "100 0 0")
        let own = try fixture.walk(PageRequest(table: "licences", fields: ["receipt_id", "holder", "sequence"], limit: 100))
        XCTAssertEqual(own.count, 60)
        XCTAssertTrue(own.contains { $0.hasPrefix("L-17|H17|") })
        XCTAssertEqual(try fixture.engine.changes(after: 0, limit: 1_000, as: .admin).changes.map(\.sequence), Array(1...100))
        var random = SplitMix64(state: 0x5AFF1E)
        XCTAssertEqual(try importing(fixture.engine, lines.shuffled(using: &random)).text, "0 100 0")
    }
}
