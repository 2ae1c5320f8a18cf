import ColumnStore
import Foundation
import Query
import Synchronization
import TestSupport
import XCTest

@testable import Documents
@testable import Ingest

/// Columns that come with a later version of a type, filled for what came before: random histories of documents, moves, merges, restarts and rebuilds
/// that are cut off, against what each document says.
final class RebuildTests: XCTestCase {
    /// - Parameter version: 1 has neither `extra` nor `tags`, nor the members `y` of `items`.
    private static func type(_ version: Int, onRepeat: String = "") -> String {
        let more = #","extra":{"path":"/extra","type":"BIGINT"},"half":{"expression":"total / 2","type":"DECIMAL(12,3)"},"tags":{"path":"/tags","columns":{"t":{"path":"/t","type":"VARCHAR"}}}"#
        let member = #","y":{"path":"/y","type":"INTEGER"}"#
        return """
            {"name":"sale","version":\(version),"table":"sales","format":"json",\(onRepeat)"match":{"/schema":"sale/1"},"receipt_id":"/id","issued_at":"/at",
             "columns":{"total":{"path":"/total","type":"DECIMAL(12,2)"},
             "items":{"path":"/items","columns":{"x":{"path":"/x","type":"INTEGER"}\(version > 1 ? member : "")}}\(version > 1 ? more : "")}\
            \(version > 2 ? #","rules":[{"name":"small","check":"total < 0","message":"never"}]"# : "")}
            """
    }

    private struct Sale {
        let id: String
        let total: Int
        /// Nil where the document has none; a text where it has none that is a number.
        let extra: String?
        let tags: [String]
        let items: [(x: Int, y: Int?)]
        let version: Int

        func body(day: Int) -> String {
            let items = items.map { item in "{\"x\":\(item.x)\(item.y.map { ",\"y\":\($0)" } ?? "")}" }.joined(separator: ",")
            let tags = tags.map { "{\"t\":\"\($0)\"}" }.joined(separator: ",")
            return """
                {"schema":"sale/1","id":"\(id)","at":"2026-10-\(day < 10 ? "0" : "")\(day)T10:00:00Z","total":\(total).50,"items":[\(items)],"tags":[\(tags)]\
                \(extra.map { ",\"extra\":\($0)" } ?? "")}
                """
        }

        /// As a page shows it.
        func row(extra isExtraFilled: Bool, tags isTagsFilled: Bool, items isItemsFilled: Bool) -> String {
            let has = version > 1
            let number = extra.flatMap { Int($0) }.map { "\($0)" } ?? "-"
            let tags = has || isTagsFilled ? self.tags.map { "(\($0))" } : []
            let items = items.map { "(\($0.x),\(has || isItemsFilled ? $0.y.map { "\($0)" } ?? "-" : "-"))" }
            return "\(id)|\(has || isExtraFilled ? number : "-")|[\(tags.joined(separator: ","))]|[\(items.joined(separator: ","))]|\(version)"
        }
    }

    private final class Store {
        let path: String
        var fixture: EngineFixture
        var filled: Set<String> = []
        var sales: [Sale] = []
        var version = 1

        init(_ path: String) throws {
            self.path = path
            fixture = try Self.open(path)
            _ = try fixture.engine.putType(name: "sale", body: Array(RebuildTests.type(1).utf8))
        }

        private static func open(_ path: String) throws -> EngineFixture {
            try EngineFixture(path) { options in options.compaction.rowGroupRowCount = 16 }
        }

        func reopen() throws {
            try fixture.engine.close()
            fixture = try Self.open(path)
        }

        func post(_ random: inout SplitMix64) throws {
            var lines: [String] = []
            for _ in 0..<Int.random(in: 1...40, using: &random) {
                // Documents of a later version have numbers where a column wants them, or are refused.
                let extras = [nil, "\(Int.random(in: -5...5, using: &random))", version == 1 ? "\"none\"" : "7"]
                let sale = Sale(
                    id: "S-\(sales.count)", total: Int.random(in: 0..<100, using: &random), extra: extras.randomElement(using: &random) ?? nil,
                    tags: (0..<Int.random(in: 0..<3, using: &random)).map { "t\($0)" },
                    items: (0..<Int.random(in: 0..<3, using: &random)).map { (x: $0, y: Bool.random(using: &random) ? $0 * 2 : nil) }, version: version)
                sales.append(sale)
                lines.append(sale.body(day: Int.random(in: 1...5, using: &random)))
            }
            guard case .each(let results) = fixture.take(lines.joined(separator: "\n"), .ndjson, as: .admin, client: "c1") else { return XCTFail("no results") }
            for result in results { _ = try result.get() }
        }

        func raiseVersion() throws {
            guard version == 1 else { return }
            version = 2
            _ = try fixture.engine.putType(name: "sale", body: Array(RebuildTests.type(2).utf8))
        }

        @discardableResult
        func rebuild(_ column: String) throws -> RebuildSummary {
            let summary = try fixture.engine.rebuild(column: column, of: "sales", isCancelled: { false }) { _ in }
            XCTAssertEqual(summary.leftFileCount, 0)
            filled.insert(column)
            return summary
        }

        func check(_ context: String) throws {
            guard version > 1 else { return }
            let fields = ["receipt_id", "extra", "tags", "items", "type_version"]
            let expected = sales.map { $0.row(extra: filled.contains("extra"), tags: filled.contains("tags"), items: filled.contains("items")) }.sorted()
            let shown = try fixture.walk(PageRequest(table: "sales", fields: fields)).sorted()
            XCTAssertEqual(shown.count, expected.count, context)
            if let (one, other) = zip(shown, expected).first(where: { $0 != $1 }) { XCTFail("\(context): \(one), and not \(other)") }
            guard let sale = sales.first else { return }
            guard case .found(let schema, let row) = try fixture.engine.receipt(ReceiptLookup(receiptID: sale.id, client: "c1", table: "sales"), as: .admin),
                let place = schema.index(of: "extra")
            else { return XCTFail("\(context): \(sale.id) is not found") }
            let found = EngineFixture.text(row.columns[place].value(at: 0))
            XCTAssertEqual(found, expected.first { $0.hasPrefix(sale.id + "|") }?.split(separator: "|").dropFirst().first.map(String.init), "\(context): look-up")
        }
    }

    private func run(seed: UInt64) throws {
        let directory = TemporaryDirectory()
        var random = SplitMix64(state: seed)
        let store = try Store(directory.path)
        defer { try? store.fixture.engine.close() }
        for step in 0..<30 {
            let context = "seed \(seed), step \(step)"
            switch Int.random(in: 0..<100, using: &random) {
            case ..<45: try store.post(&random)
            case ..<60: _ = try store.fixture.engine.compact(before: nil)
            case ..<70: try store.raiseVersion()
            case ..<80: if store.version > 1 { try store.rebuild(["extra", "tags", "items"].randomElement(using: &random) ?? "extra") }
            case ..<85: try store.fixture.engine.tier.writer.seal()
            case ..<90: try store.fixture.engine.tier.flush()
            default: try store.reopen()
            }
            try store.check(context)
        }
        try store.raiseVersion()
        for column in ["extra", "tags", "items"] { try store.rebuild(column) }
        try store.check("seed \(seed), all filled")
        try store.reopen()
        try store.check("seed \(seed), after a restart")
        _ = try store.fixture.engine.compact(before: nil)
        try store.check("seed \(seed), all cold")
        try store.fixture.engine.close()
        XCTAssertEqual(try Verifier(path: directory.path).run().findings.map(\.description), [], "seed \(seed)")
        store.fixture = try EngineFixture(directory.path)
    }

    func test_randomHistories_columnsSayWhatDocumentsSay() throws {
        for seed in SourceSeed.histories("Sources/ColumnStore", "Sources/Documents", "Sources/Ingest") { try run(seed: seed) }
    }

    func test_rebuild_leavesDocumentsSequencesAndStates_andSaysWhatItDid() throws {
        let directory = TemporaryDirectory()
        let store = try Store(directory.path)
        defer { try? store.fixture.engine.close() }
        var random = SplitMix64(state: 5)
        try store.post(&random)
        _ = try store.fixture.engine.compact(before: nil)
        try store.post(&random)
        let fields = ["receipt_id", "ticket_id", "sequence", "state", "type_version", "received_at", "document_sha256", "document", "total"]
        let before = try store.fixture.walk(PageRequest(table: "sales", fields: fields)).sorted()
        try store.raiseVersion()
        let summary = try store.rebuild("extra")
        XCTAssertEqual(summary.rowCount, Int64(store.sales.count))
        XCTAssertEqual(summary.faultyCount, store.sales.filter { $0.extra == "\"none\"" }.count)
        XCTAssertGreaterThanOrEqual(summary.fileCount, 2)
        XCTAssertEqual(try store.fixture.walk(PageRequest(table: "sales", fields: fields)).sorted(), before)
        let halves = try store.fixture.walk(PageRequest(table: "sales", fields: ["half"]))
        XCTAssertEqual(Set(halves), ["-"], "other columns stay as they are")
        try store.rebuild("half")
        XCTAssertFalse(try store.fixture.walk(PageRequest(table: "sales", fields: ["half"])).contains("-"), "what is computed is filled, too")
        let again = try store.rebuild("extra")
        XCTAssertEqual([again.rowCount, Int64(again.faultyCount)], [summary.rowCount, Int64(summary.faultyCount)], "asked again, all documents are read again")
        try store.check("again")
    }

    /// States change in sealed files after rows have come to the open one, which is not to be waited for.
    func test_lastSealed_changesOfStatesInSealedFiles_doNotReachIntoTheOpenOne() throws {
        let directory = TemporaryDirectory()
        let store = try Store(directory.path)
        defer { try? store.fixture.engine.close() }
        var random = SplitMix64(state: 9)
        let boundary = store.fixture.engine.tier.boundary
        XCTAssertEqual(Rebuilder.lastSealed(boundary), boundary.sequence, "nothing is there")
        try store.post(&random)
        try store.fixture.engine.tier.seal()
        XCTAssertEqual(Rebuilder.lastSealed(boundary), boundary.sequence, "the open file is empty")
        let before = boundary.sequence
        try store.post(&random)
        let sealed = try XCTUnwrap(boundary.snapshot().files.first { $0.state.isSealed && $0.state.rowCount > 0 })
        sealed.publish { $0.lastSequence = boundary.sequence + 5 }
        boundary.publish(sequence: boundary.sequence + 5)
        XCTAssertEqual(Rebuilder.lastSealed(boundary), before)
    }

    /// What stood in the way of a file once keeps no rebuild from its end.
    func test_fileThatWasLeft_andCanBeFilledLater_isLeftNoMore() throws {
        let directory = TemporaryDirectory()
        let store = try Store(directory.path)
        defer { try? store.fixture.engine.close() }
        var random = SplitMix64(state: 10)
        try store.post(&random)
        try store.raiseVersion()
        let engine = store.fixture.engine
        let file = try XCTUnwrap(engine.tier.boundary.snapshot().files.first { $0.state.rowCount > 0 })
        let damaged = DamagedDocument(path: file.path, row: 1, ticket: try XCTUnwrap(file.state.firstTicket), reason: "for a test")
        file.changeMarks { $0.damaged = [1: damaged] }
        let first = try engine.rebuild(column: "extra", of: "sales", isCancelled: { false }) { _ in }
        XCTAssertEqual(first.leftFileCount, 1)
        XCTAssertEqual(try engine.catalog.rebuilds().count, 1)
        file.changeMarks { $0.damaged = [:] }
        try store.rebuild("extra")
        XCTAssertEqual(try engine.catalog.rebuilds().count, 0)
        try store.check("filled later")
    }

    func test_oneColumnAskedForByMany_allAreAnswered() throws {
        let directory = TemporaryDirectory()
        let store = try Store(directory.path)
        defer { try? store.fixture.engine.close() }
        var random = SplitMix64(state: 11)
        try store.post(&random)
        _ = try store.fixture.engine.compact(before: nil)
        try store.raiseVersion()
        let engine = store.fixture.engine
        let failures = Mutex<[String]>([])
        let threads = (0..<8).map { number in
            WorkerThread(name: "asker") {
                do {
                    let summary = try engine.rebuild(column: number % 2 == 0 ? "extra" : "tags", of: "sales", isCancelled: { false }) { _ in }
                    if summary.leftFileCount > 0 { failures.withLock { $0.append("files are left") } }
                } catch { failures.withLock { $0.append("\(error)") } }
            }
        }
        for thread in threads { thread.join() }
        XCTAssertEqual(failures.withLock { $0 }, [])
        store.filled = ["extra", "tags"]
        try store.check("by all")
    }

    /// A rebuild of `extra` that nobody waits for, over two hot files that cannot be filled: once the compactor is woken it comes to the first, and stays there until the gate opens.
    ///
    /// - Returns: the gate; and the columns whose rebuilds were open as `extra` was at each of the files.
    private func heldRebuild(_ store: Store) throws -> (gate: Monitor<Bool>, open: Monitor<[[String]]>) {
        var random = SplitMix64(state: 15)
        let engine = store.fixture.engine
        for _ in 0..<2 {
            try store.post(&random)
            try engine.tier.seal()
        }
        try store.raiseVersion()
        let files = engine.tier.boundary.snapshot().files.filter { $0.state.rowCount > 0 }
        XCTAssertEqual(files.count, 2)
        for file in files {
            let damaged = DamagedDocument(path: file.path, row: 1, ticket: ULID(high: 0, low: 0), reason: "for a test")
            file.changeMarks { $0.damaged = [1: damaged] }
        }
        let (gate, open) = (Monitor(false), Monitor<[[String]]>([]))
        StoreLog.observe { event in
            guard event.what == "a file keeps a column as it was", event.reason.hasPrefix("extra:") else { return }
            let columns = (try? engine.catalog.rebuilds().map(\.column)) ?? []
            open.broadcast { $0.append(columns) }
            _ = gate.wait { $0 ? true : nil }
        }
        _ = try engine.catalog.beginRebuild(of: "extra", table: "sales", through: engine.tier.boundary.snapshot().sequence)
        return (gate, open)
    }

    func test_rebuildThatIsCancelled_behindAnother_endsBeforeThatGoesOn() throws {
        let directory = TemporaryDirectory()
        let store = try Store(directory.path)
        defer { try? store.fixture.engine.close() }
        let engine = store.fixture.engine
        let (gate, open) = try heldRebuild(store)
        defer {
            StoreLog.observe(nil)
            gate.broadcast { $0 = true }
        }
        let asked = Monitor(0)
        let isCancelled: @Sendable () -> Bool = {
            // Not before the other one is held: what nobody wants any more is ended first.
            guard open.withLock({ !$0.isEmpty }) else { return false }
            let count = asked.withLock { count -> Int in
                count += 1
                return count
            }
            // Asked again, it is given up already.
            if count > 1 { gate.broadcast { $0 = true } }
            return true
        }
        XCTAssertThrowsError(try engine.rebuild(column: "tags", of: "sales", isCancelled: isCancelled) { _ in }) { XCTAssertEqual(($0 as? Fault)?.code, .overloaded) }
        XCTAssertTrue(Patience.until { open.withLock { $0.count } > 1 })
        XCTAssertEqual(open.withLock { $0 }, [["extra", "tags"], ["extra"]])
    }

    /// It waits for its turn still: neither does the one who gave it up end it for the other, nor has that one to wait.
    func test_rebuildThatIsCancelled_andAskedForByAnother_goesOnForThat() throws {
        let directory = TemporaryDirectory()
        let store = try Store(directory.path)
        defer { try? store.fixture.engine.close() }
        let engine = store.fixture.engine
        let (gate, open) = try heldRebuild(store)
        defer {
            StoreLog.observe(nil)
            gate.broadcast { $0 = true }
        }
        let (asked, fault) = (Monitor(0), Monitor<Fault?>(nil))
        let first = WorkerThread(name: "asker") {
            do {
                let isCancelled: @Sendable () -> Bool = {
                    // Not before the other one is held: what nobody wants any more is ended first.
                    guard open.withLock({ !$0.isEmpty }) else { return false }
                    asked.broadcast { $0 += 1 }
                    return true
                }
                _ = try engine.rebuild(column: "tags", of: "sales", isCancelled: isCancelled) { _ in }
            } catch { fault.broadcast { $0 = error as? Fault } }
        }
        XCTAssertEqual(asked.wait(seconds: Patience.seconds) { $0 > 1 ? true : nil }, true)
        let summary = try engine.rebuild(column: "tags", of: "sales", isCancelled: { false }) { _ in gate.broadcast { $0 = true } }
        XCTAssertEqual(summary.leftFileCount, 2)
        first.join()
        XCTAssertEqual(fault.withLock { $0 }?.code, .overloaded)
    }

    func test_laterRules_doNotRefuseWhatWasTaken() throws {
        let directory = TemporaryDirectory()
        let store = try Store(directory.path)
        defer { try? store.fixture.engine.close() }
        var random = SplitMix64(state: 6)
        try store.post(&random)
        try store.raiseVersion()
        _ = try store.fixture.engine.putType(name: "sale", body: Array(Self.type(3).utf8))
        try store.rebuild("extra")
        try store.check("with a rule that no document keeps")
    }

    /// Columns of a hot file that are damaged are laid down from the documents; what was filled later is filled again.
    func test_damagedColumns_areLaidDownWithWhatWasFilled() throws {
        let directory = TemporaryDirectory()
        let store = try Store(directory.path)
        var random = SplitMix64(state: 8)
        try store.post(&random)
        try store.raiseVersion()
        try store.rebuild("extra")
        let file = try XCTUnwrap(store.fixture.engine.tier.boundary.snapshot().files.first { $0.tail(of: "sales")?.rowCount ?? 0 > 0 })
        XCTAssertTrue(file.isRebuilt)
        let group = try XCTUnwrap(file.tail(of: "sales")?.groups.first)
        XCTAssertTrue(file.noteDamaged(group.id))
        _ = try store.fixture.engine.compact(before: file.day - 1)
        XCTAssertNotEqual(file.tail(of: "sales")?.groups.first?.id, group.id)
        XCTAssertEqual(file.damagedImageCount, 0)
        try store.check("laid down again")
        try store.reopen()
        try store.check("after a restart")
        try store.fixture.engine.close()
    }

    /// Where they cannot be, that is said once, and not with each compaction.
    func test_damagedColumns_ofDamagedDocuments_areToldOnce() throws {
        let directory = TemporaryDirectory()
        let store = try Store(directory.path)
        defer { try? store.fixture.engine.close() }
        var random = SplitMix64(state: 12)
        try store.post(&random)
        let engine = store.fixture.engine
        try engine.tier.seal()
        try engine.tier.flush()
        let file = try XCTUnwrap(engine.tier.boundary.snapshot().files.first { $0.state.rowCount > 0 })
        let group = try XCTUnwrap(file.tail(of: "sales")?.groups.first)
        try engine.tier.writer.perform(on: file) { try $0.perform { try $0.execute("UPDATE rows SET document = x'00' WHERE id = 1") } }
        XCTAssertTrue(file.noteDamaged(group.id))
        let told = Mutex<[String]>([])
        StoreLog.observe { event in told.withLock { if event.what == "damaged columns cannot be laid down again" { $0.append(event.reason) } } }
        defer { StoreLog.observe(nil) }
        for _ in 0..<3 { _ = try engine.compact(before: file.day - 1) }
        XCTAssertEqual(told.withLock { $0.count }, 1)
        XCTAssertEqual(file.damagedImageCount, 1)
    }

    /// Which cold files are done stands in the catalog from the moment that they are: a store that closes then does not begin anew.
    func test_coldFilesThatAreDone_areKnown_whileOthersAreLeft() throws {
        let directory = TemporaryDirectory()
        let store = try Store(directory.path)
        defer { try? store.fixture.engine.close() }
        var random = SplitMix64(state: 13)
        try store.post(&random)
        _ = try store.fixture.engine.compact(before: nil)
        try store.post(&random)
        try store.raiseVersion()
        let engine = store.fixture.engine
        let file = try XCTUnwrap(engine.tier.boundary.snapshot().files.first { $0.state.rowCount > 0 })
        file.changeMarks { $0.damaged = [1: DamagedDocument(path: file.path, row: 1, ticket: ULID(high: 0, low: 0), reason: "for a test")] }
        XCTAssertEqual(try engine.rebuild(column: "extra", of: "sales", isCancelled: { false }) { _ in }.leftFileCount, 1)
        let cold = try XCTUnwrap(engine.tier.boundary.snapshot().cold["sales"]).iceberg
        let keys = Set(try cold.files().compactMap { cold.storage.key(ofLocation: $0.location) })
        let open = try XCTUnwrap(try engine.catalog.rebuilds().first)
        XCTAssertFalse(keys.isEmpty)
        XCTAssertTrue(try engine.catalog.rebuiltFiles(open).isSuperset(of: keys))
    }

    /// An image that another took the place of, and one that was not finished, are gone after a restart, with their parts; what readers go by is not.
    func test_imagesOfNoUse_goWithTheNextStart() throws {
        let directory = TemporaryDirectory()
        let store = try Store(directory.path)
        defer { try? store.fixture.engine.close() }
        var random = SplitMix64(state: 14)
        try store.post(&random)
        try store.raiseVersion()
        func figures() throws -> (stages: [Int64], parts: [Int64]) {
            let file = try XCTUnwrap(store.fixture.engine.tier.boundary.snapshot().files.first { $0.state.rowCount > 0 })
            return try file.pool.withConnection { connection in
                func numbers(_ sql: String) throws -> [Int64] {
                    let statement = try connection.statement(sql)
                    defer { statement.reset() }
                    var found: [Int64] = []
                    while try statement.step() { found.append(statement.int64(0)) }
                    return found
                }
                return (
                    try numbers("SELECT is_complete FROM groups ORDER BY id"),
                    try numbers("SELECT id >> \(HotImage.partBits) FROM group_parts UNION ALL SELECT id >> \(HotImage.partBits) FROM replaced_parts ORDER BY 1"))
            }
        }
        try store.rebuild("extra")
        let before = try figures()
        XCTAssertEqual(before.stages, [HotGroupStage.replaced.rawValue, HotGroupStage.replacing.rawValue])
        XCTAssertEqual(Set(before.parts).count, 2)
        let file = try XCTUnwrap(store.fixture.engine.tier.boundary.snapshot().files.first { $0.state.rowCount > 0 })
        try store.fixture.engine.tier.writer.perform(on: file) { writer in
            try writer.perform { connection in
                try connection.execute("""
                    INSERT INTO groups SELECT 99, table_id, row_count, first_row, last_row, first_sequence, last_sequence, first_day, last_day, first_issued,
                        last_issued, columns, byte_count, \(HotGroupStage.begun.rawValue) FROM groups WHERE id = 1;
                    INSERT INTO group_parts VALUES(\(Int64(99) << HotImage.partBits), x'00');
                    """)
            }
        }
        try store.reopen()
        let after = try figures()
        XCTAssertEqual(after.stages, [HotGroupStage.replacing.rawValue])
        XCTAssertEqual(Set(after.parts).count, 1)
        try store.check("after a restart")
    }

    /// Who fills columns and who compacts know each other: neither keeps the other.
    func test_closedStore_isLetGo() throws {
        let directory = TemporaryDirectory()
        weak var engine: Engine?
        weak var compactor: Compactor?
        try {
            let fixture = try EngineFixture(directory.path)
            (engine, compactor) = (fixture.engine, fixture.engine.compactor)
            try fixture.engine.close()
        }()
        XCTAssertTrue(Patience.until { engine == nil && compactor == nil })
    }

    func test_storeThatMovedItsRows_isLetGo() throws {
        let directory = TemporaryDirectory()
        weak var compactor: Compactor?
        weak var tier: HotTier?
        for _ in 0..<2 {
            try {
                let fixture = try EngineFixture(directory.path)
                (compactor, tier) = (fixture.engine.compactor, fixture.engine.tier)
                _ = fixture.take(EngineFixture.receipt("R-1"))
                _ = try fixture.engine.compact(before: nil)
                try fixture.engine.close()
            }()
            XCTAssertTrue(Patience.until { compactor == nil && tier == nil })
        }
    }

    func test_unknownTableOrColumn_isRefused() throws {
        let directory = TemporaryDirectory()
        let store = try Store(directory.path)
        defer { try? store.fixture.engine.close() }
        for (table, column) in [("sales", "nothing"), ("nothing", "total"), ("sales", "state"), ("sales_history", "total"), ("", "")] {
            XCTAssertThrowsError(try store.fixture.engine.rebuild(column: column, of: table, isCancelled: { false }) { _ in }, "\(table).\(column)") {
                XCTAssertEqual(($0 as? Fault)?.code, .badParameter)
            }
        }
    }

    /// A store that closes in the middle goes on at its next start, without being asked.
    func test_rebuild_cutOff_goesOnAtTheNextStart() throws {
        let directory = TemporaryDirectory()
        let store = try Store(directory.path)
        var random = SplitMix64(state: 7)
        for _ in 0..<6 {
            try store.post(&random)
            _ = try store.fixture.engine.compact(before: nil)
        }
        try store.post(&random)
        try store.raiseVersion()
        let engine = store.fixture.engine
        // Noted, and cut off before a file is looked at.
        try engine.tier.seal()
        let sequence = engine.tier.boundary.snapshot().sequence
        _ = try engine.catalog.beginRebuild(of: "extra", table: "sales", through: sequence)
        try store.reopen()
        store.filled.insert("extra")
        XCTAssertTrue(try Patience.until { try store.fixture.engine.catalog.rebuilds().isEmpty }, "the rebuild does not go on")
        try store.check("after the restart")
        try store.fixture.engine.close()
    }

    func test_versionedTables_xmlAndCSV_areFilledToo() throws {
        let directory = TemporaryDirectory()
        let fixture = try EngineFixture(directory.path)
        defer { try? fixture.engine.close() }
        func licence(_ version: Int) -> String {
            """
            {"name":"licence","version":\(version),"table":"licences","format":"csv","on_repeat":"replace","receipt_id":"id",
             "columns":{"name":{"path":"name","type":"VARCHAR"}\(version > 1 ? #","points":{"path":"points","type":"INTEGER"}"# : "")},"extra_columns":"ignore"}
            """
        }
        func visit(_ version: Int) -> String {
            """
            {"name":"visit","version":\(version),"table":"visits","format":"xml","match":{"root":"visit"},"receipt_id":"id","issued_at":"at",
             "columns":{"who":{"path":"who","type":"VARCHAR"}\(version > 1 ? #","room":{"path":"room/@number","type":"INTEGER"}"# : "")}}
            """
        }
        _ = try fixture.engine.putType(name: "licence", body: Array(licence(1).utf8))
        _ = try fixture.engine.putType(name: "visit", body: Array(visit(1).utf8))
        func csv(_ text: String) throws {
            guard case .each(let results) = fixture.take(text, .csv, as: .admin, client: "c1", type: "licence") else { return XCTFail("no results") }
            for result in results { _ = try result.get() }
        }
        try csv("id,name,points\nL-1,Ann,1\nL-2,Bob,2\n")
        guard case .one = fixture.take("<visit><id>V-1</id><at>2026-10-01T10:00:00Z</at><who>Кіт</who><room number=\"12\"/></visit>", .xml, as: .admin, client: "c1") else {
            return XCTFail("the visit was not taken")
        }
        _ = try fixture.engine.compact(before: nil)
        try csv("id,name,points\nL-1,Ann,5\n")
        _ = try fixture.engine.putType(name: "licence", body: Array(licence(2).utf8))
        _ = try fixture.engine.putType(name: "visit", body: Array(visit(2).utf8))
        XCTAssertEqual(try fixture.engine.rebuild(column: "points", of: "licences", isCancelled: { false }) { _ in }.faultyCount, 0)
        XCTAssertEqual(try fixture.engine.rebuild(column: "room", of: "visits", isCancelled: { false }) { _ in }.faultyCount, 0)
        for round in ["as it was", "all cold"] {
            XCTAssertEqual(try fixture.walk(PageRequest(table: "licences", fields: ["receipt_id", "points", "version"])).sorted(), ["L-1|5|2", "L-2|2|1"], round)
            XCTAssertEqual(try fixture.walk(PageRequest(table: "licences_history", fields: ["receipt_id", "points", "version"])).sorted(), ["L-1|1|1", "L-1|5|2", "L-2|2|1"], round)
            XCTAssertEqual(try fixture.walk(PageRequest(table: "visits", fields: ["receipt_id", "room"])), ["V-1|12"], round)
            _ = try fixture.engine.compact(before: nil)
        }
    }
}
