import ColumnStore
import Foundation
import Synchronization
import TestSupport
import XCTest

@testable import Documents
@testable import Ingest
@testable import Query

/// Goal: what is advised can be put as it is, and answers the statements that led to it; of these nothing is kept but their form. Method: random groupings
/// over a store without rollups, whose proposals are put, filled and asked; then the log through restarts, floods and a catalog with something else in it.
final class RollupAdvisorTests: XCTestCase {
    private let engine = QueryEngine(.init(threadCount: 1))

    private func fixture(_ directory: TemporaryDirectory, rowCountMin: Int = 1) throws -> EngineFixture {
        try EngineFixture(directory.path) { $0.statementRowCountMin = rowCountMin }
    }

    private func run(_ text: String, _ store: Engine, as principal: Principal = .admin, zone: String = "UTC") throws -> (rows: [String], needs: [RollupNeed]) {
        let context = QueryContext(catalog: try store.catalog(as: principal, upTo: nil).catalog, timeZone: zone, now: 0)
        let stream = try engine.execute(try engine.prepare(text, in: context))
        var rows: [String] = []
        while let batch = try stream.next() { rows += EngineFixture.texts(batch) }
        return (rows, stream.needs?.all ?? [])
    }

    /// As a door does it.
    private func ask(_ text: String, _ store: Engine, as principal: Principal = .admin) throws {
        let needs = try run(text, store, as: principal).needs
        store.noteStatement(text, StatementCost(milliseconds: 7, rows: 400, bytes: 10_000)) { needs }
    }

    private func deleteRollups(_ store: Engine) throws {
        for rollup in try store.rollups(after: nil, limit: 100, as: .admin) { try store.deleteRollup(name: rollup.definition.name) }
    }

    private func fill(_ fixture: EngineFixture) throws {
        // Sums of a name wait for whoever still reads those of an earlier rollup of it: a query lets go on its own thread.
        try Patience.until {
            while try fixture.engine.compactor.exclusively({ try fixture.engine.compactor.fillSome() }) {}
            return try !fixture.engine.compactor.wantsSums()
        }
    }

    private func isUsed(_ name: String, by text: String, _ store: Engine, as principal: Principal = .admin, zone: String = "UTC") throws -> Bool {
        try run("EXPLAIN \(text)", store, as: principal, zone: zone).rows.contains { $0.trimmingCharacters(in: .whitespaces).hasPrefix("Rollup \(name)") }
    }

    func test_needs_ofRandomGroupings_answerThem() throws {
        let directory = TemporaryDirectory()
        let fixture = try fixture(directory)
        defer { XCTAssertNoThrow(try fixture.engine.close()) }
        var random = SplitMix64(state: 48)
        for client in ["c1", "c2"] {
            _ = fixture.take(RollupAnswersTests.receipts(&random, 60, from: client == "c1" ? 0 : 1_000), .ndjson, as: .admin, client: client)
        }
        _ = try fixture.engine.compact(before: nil, isCancelled: { false })
        try deleteRollups(fixture.engine)
        var (needed, asked) = (0, 0)
        while asked < 80 {
            let text = RollupAnswersTests.query(&random)
            let principal: Principal = asked % 3 == 0 ? EngineFixture.own : .admin
            let zone = asked % 7 == 0 ? "Europe/Kyiv" : "UTC"
            asked += 1
            let (plain, needs) = try run(text, fixture.engine, as: principal, zone: zone)
            guard let need = needs.first else { continue }
            needed += 1
            XCTAssertEqual(needs.count, 1, text)
            for part in need.keys + need.measures {
                XCTAssertFalse(part.text.replacingOccurrences(of: "date_trunc('[a-z]+',", with: "", options: .regularExpression).contains("'"), "\(text): \(part.text)")
            }
            let definition = StatementLog.definition(of: need, name: "tried")
            _ = try fixture.engine.putRollup(name: "tried", body: definition.json)
            try fill(fixture)
            XCTAssertTrue(try isUsed("tried", by: text, fixture.engine, as: principal, zone: zone), "\(text) is not answered from \(definition.json.serialized.count) \(need)")
            XCTAssertEqual(try run(text, fixture.engine, as: principal, zone: zone).rows.sorted(), plain.sorted(), text)
            try fixture.engine.deleteRollup(name: "tried")
            try fill(fixture)
        }
        print("\(needed) of \(asked) groupings say what they need")
        XCTAssertGreaterThan(needed, asked / 4)
    }

    func test_advice_joinsNeeds_andEndsOnceItIsTaken() throws {
        let directory = TemporaryDirectory()
        let fixture = try fixture(directory)
        defer { XCTAssertNoThrow(try fixture.engine.close()) }
        var random = SplitMix64(state: 7)
        _ = fixture.take(RollupAnswersTests.receipts(&random, 400, from: 0), .ndjson, as: .admin, client: "c1")
        _ = try fixture.engine.compact(before: nil, isCancelled: { false })
        try fill(fixture)
        let statements = [
            "SELECT payment_type, count(*) FROM receipts_accepted GROUP BY 1",
            "SELECT payment_type, date_trunc('month', business_day), sum(total) FROM receipts_accepted GROUP BY 1, 2",
            "SELECT avg(tax_total) FROM receipts_accepted WHERE payment_type = 'card' AND business_day >= DATE '2026-03-01'",
            // Answered by a rollup that is there.
            "SELECT client_id, sum(total) FROM receipts_accepted GROUP BY 1",
            // As many sums as rows.
            "SELECT receipt_id, sum(total) FROM receipts_accepted GROUP BY 1",
            // No sums answer it.
            "SELECT payment_type, stddev(total) FROM receipts_accepted GROUP BY 1",
        ]
        for statement in statements { for _ in 0..<3 { try ask(statement, fixture.engine) } }
        let advice = try fixture.engine.rollupAdvice(Cancellation())
        XCTAssertEqual(advice.map(\.definition.name), ["receipts_by_payment_type_month"], "\(advice)")
        let first = try XCTUnwrap(advice.first)
        XCTAssertEqual(first.statements.count, 3)
        XCTAssertEqual(first.cost.count, 9)
        XCTAssertEqual(first.cost.milliseconds, 63)
        XCTAssertLessThanOrEqual(first.rowCount, 30)
        XCTAssertGreaterThan(first.gain, 2)
        // Verbatim.
        XCTAssertEqual(try fixture.engine.putRollup(name: first.definition.name, body: first.definition.json), .created)
        XCTAssertEqual(try fixture.engine.rollupAdvice(Cancellation()).count, 0, "it is declared")
        try fill(fixture)
        for statement in statements.prefix(3) {
            XCTAssertTrue(try isUsed(first.definition.name, by: statement, fixture.engine), statement)
            XCTAssertEqual(try run(statement, fixture.engine).needs, [])
        }
    }

    func test_log_outlivesRestarts_isBounded_andHoldsNoConstant() throws {
        let directory = TemporaryDirectory()
        var fixture = try fixture(directory)
        _ = fixture.take(EngineFixture.receipt("R-1"))
        try deleteRollups(fixture.engine)
        for number in 0..<3 { try ask("SELECT currency, sum(total) FROM receipts WHERE client_id = 'secret\(number)' AND total > \(number)77123 GROUP BY 1", fixture.engine) }
        let before = fixture.engine.statements.entries
        XCTAssertEqual(before.map(\.form), ["select currency, sum(total) from receipts where client_id = ? and total > ? group by ?"])
        XCTAssertEqual(before[0].cost.count, 3)
        // A sudden end loses less than half; an orderly one nothing.
        let kept = try XCTUnwrap(try fixture.engine.catalog.bytes("figures_statements"))
        XCTAssertFalse(String(decoding: kept, as: UTF8.self).contains("secret") || String(decoding: kept, as: UTF8.self).contains("77123"))
        try fixture.engine.close()
        fixture = try self.fixture(directory)
        XCTAssertEqual(fixture.engine.statements.entries.map(\.form), before.map(\.form))
        XCTAssertEqual(fixture.engine.statements.entries.map(\.cost), before.map(\.cost))
        XCTAssertEqual(fixture.engine.statements.entries.map(\.need), before.map(\.need))
        // Others take the place of those that were not seen for longest.
        for number in 0..<StatementLog.countMax {
            try ask("SELECT currency AS c\(number), sum(total) FROM receipts GROUP BY 1", fixture.engine)
        }
        XCTAssertEqual(fixture.engine.statements.entries.count, StatementLog.countMax)
        XCTAssertFalse(fixture.engine.statements.entries.contains { $0.form == before[0].form })
        // What is no log begins anew.
        for text in ["no JSON", "[1, {}]", #"[{"statement":"s","rollup":{"name":"a"},"count":1,"milliseconds":1,"rows":1,"bytes":1}]"#] {
            let log = fixture.engine.statements
            try fixture.engine.catalog.keep(figures: Array(text.utf8), as: "statements")
            XCTAssertEqual(StatementLog(catalog: fixture.engine.catalog, rowCountMin: 1).entries.count, 0, text)
            log.save()
        }
        try fixture.engine.close()
    }

    func test_log_ofWhoWantsNone_orOfLittleRead_isEmpty() throws {
        let directory = TemporaryDirectory()
        for least in [0, 401] {
            let fixture = try fixture(directory, rowCountMin: least)
            _ = fixture.take(EngineFixture.receipt("R-1"))
            try ask("SELECT payment_type, sum(total) FROM receipts GROUP BY 1", fixture.engine)
            XCTAssertEqual(fixture.engine.statements.entries.count, 0)
            try fixture.engine.close()
        }
    }

    private static let engines = SumsEngines(directory: nil, minFreeBytes: 0)

    /// How often its rows were asked for.
    private final class Asked: TableSource {
        let rows: MemoryTable
        let scanCount = Atomic<Int>(0)
        /// Called at each scan.
        let onScan: @Sendable () -> Void

        init(_ rows: MemoryTable, onScan: @escaping @Sendable () -> Void = {}) { (self.rows, self.onScan) = (rows, onScan) }

        var schema: Schema { rows.schema }
        var statistics: TableStatistics { rows.statistics }

        func scan(_ request: ScanRequest) throws -> any TableScan {
            scanCount.wrappingAdd(1, ordering: .relaxed)
            onScan()
            return try rows.scan(request)
        }
    }

    /// A table of as many columns as there are statements, each of which asks for another one.
    private static let wide = MemoryTable(
        schema: Schema((0..<StatementLog.countMax).map { Field("c\($0)", .int64) }),
        batches: [ColumnBatch(rowCount: 400, columns: (0..<StatementLog.countMax).map { _ in Column.constant(.integer(1), type: .int64, count: 400) })])

    private func advice(over table: Asked, _ cancellation: Cancellation) throws -> [RollupAdvice] {
        let entries = (0..<StatementLog.countMax).map { number in
            Self.entry("wide", keys: [("c\(number)", "c\(number)")], measures: [("n", "count(*)")], rows: Int64(1_000 + number))
        }
        return try advice(entries, over: table, cancellation)
    }

    private static func entry(_ table: String, keys: [(name: String, text: String)], measures: [(name: String, text: String)], rows: Int64 = 1_000) -> StatementLog.Entry {
        StatementLog.Entry(
            form: "select \(keys.map(\.text).joined(separator: ", ")), count(*) from \(table) group by ?",
            need: RollupNeed(
                table: table, list: nil, condition: nil, keys: keys.map { .init(name: $0.name, text: $0.text) }, measures: measures.map { .init(name: $0.name, text: $0.text) }),
            cost: StatementCost(milliseconds: 1, rows: rows, bytes: 1))
    }

    private func advice(_ entries: [StatementLog.Entry], over table: any TableSource, _ cancellation: Cancellation = Cancellation()) throws -> [RollupAdvice] {
        try RollupAdvisor(rollups: [], names: [], schema: { _ in table.schema }, rows: { _ in table }, engines: Self.engines).advice(entries, cancellation)
    }

    /// Together they would be more than can be put.
    func test_advice_ofMeasuresThatAreTooManyForOne_isTwo() throws {
        func sums(_ columns: Range<Int>) -> [(name: String, text: String)] { columns.map { ("sum_c\($0)", "sum(c\($0))") } }
        let found = try advice([1..<41, 41..<81].map { Self.entry("wide", keys: [("c0", "c0")], measures: sums($0)) }, over: Self.wide)
        XCTAssertEqual(found.map(\.definition.measures.count), [40, 40])
        XCTAssertEqual(Set(found.map(\.definition.name)).count, 2)
        let few = try advice([1..<33, 33..<65].map { Self.entry("wide", keys: [("c0", "c0")], measures: sums($0)) }, over: Self.wide)
        XCTAssertEqual(few.map(\.definition.measures.count), [RollupStatement.measureCountMax], "as many as can be put are one")
    }

    /// A day has its month, whichever comes first.
    func test_advice_ofADateAndItsMonth_isOneByTheDate() throws {
        let table = MemoryTable(schema: Schema([Field("d", .date)]), batches: [ColumnBatch(rowCount: 400, columns: [.constant(.integer(20_000), type: .date, count: 400)])])
        let both = [("month", "date_trunc('month', d)"), ("d", "d")].map { Self.entry("dated", keys: [(name: $0.0, text: $0.1)], measures: [("n", "count(*)")]) }
        for entries in [both, Array(both.reversed())] {
            let found = try advice(entries, over: table)
            XCTAssertEqual(found.map { $0.definition.keys.map(\.text) }, [["d"]])
            XCTAssertEqual(found.map(\.statements.count), [2])
        }
    }

    /// Rows almost without end, of which none passes.
    private final class Barren: TableSource {
        static let rowCountPerMorsel = 1_000_000
        let morselCount = Atomic<Int>(0)
        let schema = Schema([Field("k", .int64)])
        var statistics: TableStatistics { TableStatistics(rowCount: 1_000 * Self.rowCountPerMorsel) }

        func scan(_ request: ScanRequest) throws -> any TableScan { Scan(self, request.counters) }

        private final class Scan: TableScan {
            let table: Barren
            let counters: ScanCounters

            init(_ table: Barren, _ counters: ScanCounters) { (self.table, self.counters) = (table, counters) }

            func nextMorsel() throws -> (any Morsel)? {
                table.morselCount.wrappingAdd(1, ordering: .relaxed).newValue <= 1_000 ? Rows(counters) : nil
            }
        }

        private final class Rows: Morsel {
            let counters: ScanCounters

            init(_ counters: ScanCounters) { self.counters = counters }

            func next() throws -> ColumnBatch? {
                counters.add(rowsScanned: Barren.rowCountPerMorsel)
                return nil
            }
        }
    }

    func test_estimate_ofAConditionThatFewRowsMeet_readsNoWholeTable() throws {
        let table = Barren()
        let rollup = RollupDefinition(name: "rare", table: "barren", condition: "k > 5", list: nil, keys: [.init(name: "k", text: "k")], measures: [.init(name: "n", text: "count(*)")])
        let estimate = try RollupEstimate(rollup, in: table, by: Self.engines, Cancellation())
        XCTAssertEqual(estimate.rowCount, 0)
        XCTAssertTrue(estimate.isCutShort)
        XCTAssertNil(estimate.warning(total: 1_000_000_000))
        XCTAssertLessThan(table.morselCount.load(ordering: .relaxed), 20)
    }

    /// They took the room that receipts need, and lay in /tmp whatever `TMPDIR` says.
    func test_estimate_ofSumsThatOutgrowItsMemory_leavesTheRoomOfReceipts() throws {
        let fields = [Field("k", .string)]
        let batches = (0..<40).map { part -> ColumnBatch in
            var builder = ColumnBuilder(type: .string)
            for row in 0..<1_000 { builder.append(.string("\(part * 1_000 + row) " + String(repeating: "x", count: 500))) }
            return ColumnBatch(rowCount: 1_000, columns: [builder.finish()])
        }
        let table = MemoryTable(schema: Schema(fields), batches: batches)
        let rollup = RollupDefinition(name: "by_k", table: "texts", condition: nil, list: nil, keys: [.init(name: "k", text: "k")], measures: [.init(name: "n", text: "count(*)")])
        func sumCount(_ minFreeBytes: Int64) throws -> Int {
            let engines = SumsEngines(directory: FileManager.default.temporaryDirectory.path, minFreeBytes: minFreeBytes)
            return try RollupEstimate(rollup, in: table, by: engines, memoryByteCount: 8 << 20, Cancellation()).sumCount
        }
        XCTAssertEqual(try sumCount(0), 40_000)
        XCTAssertThrowsError(try sumCount(1 << 60)) { XCTAssertEqual(($0 as? QueryError)?.slug, .spillFull, "\($0)") }
    }

    func test_advice_readsSamplesOfThoseAlone_thatItProposes() throws {
        let table = Asked(Self.wide)
        let found = try advice(over: table, Cancellation())
        XCTAssertEqual(found.map(\.cost.rows), (0..<RollupAdvisor.countMax).map { Int64(1_000 + StatementLog.countMax - 1 - $0) })
        XCTAssertEqual(table.scanCount.load(ordering: .relaxed), RollupAdvisor.countMax)
    }

    func test_advice_ends_whenNobodyWaitsForIt() throws {
        let cancellation = Cancellation()
        let table = Asked(Self.wide) { cancellation.cancel() }
        XCTAssertThrowsError(try advice(over: table, cancellation)) { XCTAssertEqual(($0 as? QueryError)?.slug, .cancelled, "\($0)") }
        XCTAssertEqual(table.scanCount.load(ordering: .relaxed), 1)
        XCTAssertThrowsError(try advice(over: table, cancellation))
        XCTAssertEqual(table.scanCount.load(ordering: .relaxed), 1)
    }
}
