import ColumnStore
import Synchronization
import TestSupport
import XCTest

@testable import Documents
@testable import Ingest
@testable import Query

/// Goal: sums are those of their files through every change: too many of them, changed and deleted while they are read, damaged, closed and opened,
/// restored and recovered. Method: small stores, each with one such change.
final class RollupKeepingTests: XCTestCase {
    private let engine = QueryEngine(.init(threadCount: 3))
    private static let question = "SELECT client_id, count(*), sum(total) FROM receipts_accepted GROUP BY 1"

    private func rows(_ text: String, _ store: Engine, rollups: Bool = true) throws -> [String] {
        var context = QueryContext(catalog: try store.catalog(as: .admin, upTo: nil).catalog, now: 0)
        context.usesRollups = rollups
        let stream = try engine.execute(try engine.prepare(text, in: context))
        var rows: [String] = []
        while let batch = try stream.next() { rows += EngineFixture.texts(batch) }
        return rows
    }

    /// Asks both ways, and whether sums were used.
    private func check(_ store: Engine, uses: Bool, _ message: String, line: UInt = #line) throws {
        XCTAssertEqual(try rows(Self.question, store).sorted(), try rows(Self.question, store, rollups: false).sorted(), message, line: line)
        let plan = try rows("EXPLAIN \(Self.question)", store).map { $0.trimmingCharacters(in: .whitespaces) }
        XCTAssertEqual(plan.contains { $0.hasPrefix("Rollup ") }, uses, "\(message): \(plan.joined(separator: "\n"))", line: line)
    }

    private func take(_ fixture: EngineFixture, _ count: Int, from first: Int) {
        let lines = (first..<first + count).map { EngineFixture.receipt("R-\($0)", at: "2026-11-1\($0 % 9)T10:00:00Z", total: "\($0).50") }
        _ = fixture.take(lines.joined(separator: "\n"), .ndjson)
    }

    private func fill(_ fixture: EngineFixture) throws {
        while try fixture.engine.compactor.exclusively({ try fixture.engine.compactor.fillSome() }) {}
    }

    private func put(_ name: String, _ measures: String, in fixture: EngineFixture, keys: String = #""client":"client_id""#, condition: String? = nil) throws {
        let text = #"{"name":"\#(name)","table":"receipts","where":\#(condition.map { "\"\($0)\"" } ?? "null"),"group_by":{\#(keys)},"measures":{\#(measures)}}"#
        _ = try fixture.engine.putRollup(name: name, body: try JSONParser.parse(Array(text.utf8)))
    }

    private func progress(_ name: String, _ fixture: EngineFixture) throws -> RollupProgress {
        try XCTUnwrap(try fixture.engine.rollups(after: nil, limit: 100, as: .admin).first { $0.definition.name == name }).progress
    }

    func test_close_open_keepsSums() throws {
        let directory = TemporaryDirectory()
        let fixture = try EngineFixture(directory.path)
        take(fixture, 40, from: 0)
        _ = try fixture.engine.compact(before: nil)
        take(fixture, 10, from: 100)
        try check(fixture.engine, uses: true, "a move makes them")
        try fixture.engine.close()
        XCTAssertEqual(try Verifier(path: directory.path).run().findings.map(\.description), [])
        let again = try EngineFixture(directory.path)
        try check(again.engine, uses: true, "opened again")
        _ = try again.engine.compact(before: nil)
        try check(again.engine, uses: true, "two files")
        try again.engine.close()
        XCTAssertEqual(try Verifier(path: directory.path).run().findings.map(\.description), [])
    }

    /// Sums that fit in 64 bits are written so, which readers widen; others as their table has them, and both are joined.
    func test_decimals_haveTheDigitsThatTheyNeed() throws {
        let directory = TemporaryDirectory()
        let fixture = try EngineFixture(directory.path)
        func precisions() throws -> [Int] {
            let folder = directory.path + "/warehouse/rollup_receipts_by_day/data"
            return try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0.hasSuffix(".parquet") }.map { name in
                let file = try ParquetFile(try LocalFileBytes(path: "\(folder)/\(name)"))
                guard case .decimal(let precision, _)? = file.schema["revenue"]?.type else { return 0 }
                return precision
            }.sorted()
        }
        take(fixture, 40, from: 0)
        _ = try fixture.engine.compact(before: nil)
        XCTAssertEqual(Set(try precisions()), [18])
        try check(fixture.engine, uses: true, "narrow")
        let large = (0..<3).map { EngineFixture.receipt("L-\($0)", at: "2026-11-12T10:00:00Z", total: "99999999999999.99") }
        _ = fixture.take(large.joined(separator: "\n"), .ndjson)
        _ = try fixture.engine.compact(before: nil)
        XCTAssertEqual(Set(try precisions()), [18, 38])
        try check(fixture.engine, uses: true, "wide beside narrow")
        let sum = try rows("SELECT sum(revenue) FROM rollup_receipts_by_day", fixture.engine)
        XCTAssertEqual(sum, try rows("SELECT sum(total) FROM receipts_accepted", fixture.engine, rollups: false))
        try fill(fixture)
        try check(fixture.engine, uses: true, "joined")
        try fixture.engine.close()
        XCTAssertEqual(try Verifier(path: directory.path).run().findings.map(\.description), [])
    }

    /// A disk that is full while sums are made leaves no file without them for good.
    func test_sumsForWhichThereIsNoRoom_areMadeOnceThereIs() throws {
        let directory = TemporaryDirectory()
        let fixture = try EngineFixture(directory.path) { $0.compaction.sumsPauses = 0.01...0.02 }
        let maker = fixture.engine.compactor.maker
        let tries = Monitor(0)
        maker.beforeReading.withLock {
            $0 = {
                tries.withLock { $0 += 1 }
                throw QueryError(.spillFull, "the disk for intermediate rows is full")
            }
        }
        take(fixture, 40, from: 0)
        _ = try fixture.engine.compact(before: nil)
        XCTAssertTrue(Patience.until { tries.withLock { $0 } > 30 }, "they are tried again by themselves")
        try check(fixture.engine, uses: false, "there is no room")
        func rollups() throws -> [RollupProgress] { try fixture.engine.rollups(after: nil, limit: 100, as: .admin).map(\.progress) }
        XCTAssertEqual(try rollups().flatMap { $0.faults.map(\.reason) }, [])
        maker.beforeReading.withLock { $0 = nil }
        XCTAssertTrue(try Patience.until { try rollups().allSatisfy { $0.isReady } })
        XCTAssertEqual(try rollups().flatMap { $0.faults.map(\.reason) }, [])
        try check(fixture.engine, uses: true, "there is room")
        try fixture.engine.close()
        XCTAssertEqual(try Verifier(path: directory.path).run().findings.map(\.description), [])
    }

    /// What its own memory does not hold, or its rows do not give, will not be had later either.
    func test_sumsThatCannotBeMadeAtAll_areRefusedForGood() {
        for error in [QueryError(.dataError, "a"), QueryError(.numericOverflow, "b"), QueryError.outOfMemory("c")] {
            XCTAssertTrue(RollupMaker.ending(of: error) is RollupMaker.Refusal, "\(error)")
        }
        for error in [QueryError(.spillFull, "a"), QueryError(.tooManyQueries, "b")] { XCTAssertTrue(RollupMaker.ending(of: error) is RollupMaker.Delay, "\(error)") }
    }

    /// An end of the process between the two.
    func test_deleted_beforeItsFilesWent_opensAgain_andIsMadeAnew() throws {
        let directory = TemporaryDirectory()
        let fixture = try EngineFixture(directory.path)
        // Each makes a version of the table.
        for round in 0..<4 {
            take(fixture, 10, from: round * 10)
            _ = try fixture.engine.compact(before: nil)
        }
        try check(fixture.engine, uses: true, "made")
        try fixture.engine.catalog.endRollupTable("rollup_receipts_by_day")
        try fixture.engine.close()
        XCTAssertTrue(FileManager.default.fileExists(atPath: directory.path + "/warehouse/rollup_receipts_by_day/metadata/v3.metadata.json"))
        let again = try EngineFixture(directory.path)
        try fill(again)
        try check(again.engine, uses: true, "made anew")
        try again.engine.close()
        XCTAssertEqual(try Verifier(path: directory.path).run().findings.map(\.description), [])
    }

    func test_changed_deleted_whileRead() throws {
        let directory = TemporaryDirectory()
        let fixture = try EngineFixture(directory.path)
        defer { XCTAssertNoThrow(try fixture.engine.close()) }
        take(fixture, 40, from: 0)
        _ = try fixture.engine.compact(before: nil)
        try put("own", #""n":"count(*)","s":"sum(total)""#, in: fixture, condition: "state = 'COMPLETE'")
        try fixture.engine.deleteRollup(name: "receipts_by_day")
        try fill(fixture)
        try check(fixture.engine, uses: true, "by the declared one")
        // A query that was planned before reads on what is removed behind it.
        let context = QueryContext(catalog: try fixture.engine.catalog(as: .admin, upTo: nil).catalog, now: 0)
        let prepared = try engine.prepare(Self.question, in: context)
        let expected = try rows(Self.question, fixture.engine, rollups: false)
        try put("own", #""s":"sum(total)","n":"count(*)","t":"sum(tax_total)""#, in: fixture, condition: "state = 'COMPLETE'")
        try fill(fixture)
        XCTAssertEqual(try progress("own", fixture).coveredCount, 0, "the former sums are read")
        try check(fixture.engine, uses: false, "the changed one waits")
        let stream = try engine.execute(prepared)
        var answered: [String] = []
        while let batch = try stream.next() { answered += EngineFixture.texts(batch) }
        XCTAssertEqual(answered.sorted(), expected.sorted())
        try fixture.engine.deleteRollup(name: "own")
        try check(fixture.engine, uses: false, "deleted")
        _ = prepared
    }

    /// Waits until the compactor has done what it was woken for: its chore comes after that.
    private func finishFilling(_ fixture: EngineFixture) {
        let isDone = Monitor(false)
        fixture.engine.compactor.setChore { _ in
            isDone.broadcast { $0 = true }
            return false
        }
        fixture.engine.compactor.wakeForChore()
        XCTAssertTrue(Patience.until { isDone.withLock { $0 } })
    }

    /// What a fill found in its way is gone a moment later: nobody else would ask for it again.
    func test_changed_whileRead_isFilledOnceNobodyReads() throws {
        let directory = TemporaryDirectory()
        let fixture = try EngineFixture(directory.path)
        defer { XCTAssertNoThrow(try fixture.engine.close()) }
        take(fixture, 40, from: 0)
        _ = try fixture.engine.compact(before: nil)
        try put("own", #""n":"count(*)""#, in: fixture)
        XCTAssertTrue(try Patience.until { try progress("own", fixture).coveredCount == 1 })
        XCTAssertGreaterThan(try progress("own", fixture).byteCount, 0)
        var reader: TierBoundary.Snapshot? = fixture.engine.tier.boundary.snapshot()
        XCTAssertNotNil(reader?.rollups["own"]?.table)
        try put("own", #""n":"count(*)","s":"sum(total)""#, in: fixture)
        finishFilling(fixture)
        let waiting = try progress("own", fixture)
        XCTAssertEqual([waiting.coveredCount, Int(waiting.rowCount), Int(waiting.byteCount)], [0, 0, 0])
        let bytes = fixture.engine.metrics().first { metric in metric.name == "rollup_bytes" && metric.labels.contains { $0.value == "own" } }
        XCTAssertEqual(bytes?.value, 0)
        reader = nil
        XCTAssertTrue(try Patience.until { try progress("own", fixture).isReady })
        XCTAssertEqual(try progress("own", fixture).coveredCount, 1)
    }

    /// As a backup wants it.
    func test_changed_whileFilesStay_isFilledOnceTheyMayGo() throws {
        let directory = TemporaryDirectory()
        let fixture = try EngineFixture(directory.path)
        defer { XCTAssertNoThrow(try fixture.engine.close()) }
        take(fixture, 40, from: 0)
        _ = try fixture.engine.compact(before: nil)
        try put("own", #""n":"count(*)""#, in: fixture)
        XCTAssertTrue(try Patience.until { try progress("own", fixture).coveredCount == 1 })
        try fixture.engine.compactor.withoutRemovals {
            try put("own", #""n":"count(*)","s":"sum(total)""#, in: fixture)
            finishFilling(fixture)
            XCTAssertEqual(try progress("own", fixture).coveredCount, 0)
        }
        XCTAssertTrue(try Patience.until { try progress("own", fixture).isReady })
    }

    /// As a program declares them, each as soon as the one before has its sums.
    func test_changed_asSoonAsReady_isFilledEachTime() throws {
        let directory = TemporaryDirectory()
        let fixture = try EngineFixture(directory.path)
        defer { XCTAssertNoThrow(try fixture.engine.close()) }
        take(fixture, 40, from: 0)
        _ = try fixture.engine.compact(before: nil)
        for round in 0..<60 {
            try put("own", round % 2 == 0 ? #""n":"count(*)""# : #""n":"count(*)","s":"sum(total)""#, in: fixture)
            guard try Patience.until(pauseMilliseconds: 1, { try progress("own", fixture).isReady }) else { return XCTFail("round \(round)") }
        }
    }

    func test_tooManySums_andSumsThatOverflow_leaveTheFileUncovered() throws {
        let directory = TemporaryDirectory()
        let fixture = try EngineFixture(directory.path) { $0.compaction.rollupRowCountMax = 20 }
        defer { XCTAssertNoThrow(try fixture.engine.close()) }
        try put("distinct", #""n":"count(*)""#, in: fixture, keys: #""id":"receipt_id""#)
        try put("wide", #""n":"count(*)","s":"sum(total::DECIMAL(38,0) * 90000000000000000000000000000000000)""#, in: fixture)
        take(fixture, 40, from: 1_000)
        _ = try fixture.engine.compact(before: nil)
        for name in ["distinct", "wide"] {
            let progress = try progress(name, fixture)
            XCTAssertEqual([progress.fileCount, progress.coveredCount, progress.faults.count], [1, 0, 1], "\(name): \(progress)")
            XCTAssertTrue(progress.isReady)
            let leftOut = fixture.engine.metrics().first { metric in
                metric.name == "rollup_files" && metric.labels.contains { $0.value == name } && metric.labels.contains { $0.value == "left_out" }
            }
            XCTAssertEqual(leftOut?.value, 1)
        }
        let whole = try progress("receipts_by_day", fixture)
        XCTAssertGreaterThan(whole.rowCount, 0)
        XCTAssertGreaterThan(whole.byteCount, 0)
        XCTAssertTrue(try progress("distinct", fixture).faults[0].reason.contains("limits.rollup_rows"))
        XCTAssertTrue(try rows("EXPLAIN SELECT receipt_id, count(*) FROM receipts GROUP BY 1", fixture.engine).contains { $0.contains("Not used: distinct: it has the sums of no file: its sums have more than") })
        try check(fixture.engine, uses: true, "others go on")
        XCTAssertEqual(try rows("SELECT count(*) FROM receipts GROUP BY receipt_id LIMIT 1", fixture.engine), ["1"])
    }

    func test_damagedSums_areMadeAgain() throws {
        let directory = TemporaryDirectory()
        var fixture = try EngineFixture(directory.path)
        take(fixture, 40, from: 0)
        _ = try fixture.engine.compact(before: nil)
        try fixture.engine.close()
        let sums = "\(directory.path)/warehouse/rollup_receipts_by_day/data"
        let file = try XCTUnwrap(try FileManager.default.contentsOfDirectory(atPath: sums).first)
        let bytes = try Data(contentsOf: URL(fileURLWithPath: "\(sums)/\(file)"))
        try Data(bytes.prefix(bytes.count / 2)).write(to: URL(fileURLWithPath: "\(sums)/\(file)"))
        XCTAssertTrue(try Verifier(path: directory.path).run().findings.contains { $0.path.contains("rollup_receipts_by_day") })
        fixture = try EngineFixture(directory.path)
        defer { XCTAssertNoThrow(try fixture.engine.close()) }
        // The question that meets it is answered from rows; and one that has rows waiting by then.
        let union = "SELECT client_id, count(*), sum(total) FROM receipts_accepted GROUP BY 1 UNION ALL SELECT 'x', g, 0 FROM generate_series(1, 100000) s(g)"
        for question in [union, Self.question] {
            XCTAssertEqual(try rows(question, fixture.engine).sorted(), try rows(question, fixture.engine, rollups: false).sorted())
        }
        try fixture.engine.compactor.exclusively { try fixture.engine.compactor.mend() }
        try fill(fixture)
        try check(fixture.engine, uses: true, "made again")
    }

    func test_sumsThatAreNotOfTheRows_areNamed() throws {
        let directory = TemporaryDirectory()
        let fixture = try EngineFixture(directory.path)
        for first in [0, 100] {
            take(fixture, 40, from: first)
            try fixture.engine.tier.seal()
            let hot = try XCTUnwrap(fixture.engine.tier.boundary.snapshot().files.first { $0.state.isSealed })
            XCTAssertTrue(try fixture.engine.compactor.mayLeave(hot))
            _ = try fixture.engine.compactor.exclusively { try fixture.engine.compactor.move([hot]) }
        }
        try fixture.engine.close()
        let connection = try SQLiteConnection(path: "\(directory.path)/catalog.sqlite", mode: .readWrite)
        // The sums of two files exchanged: each whole by itself.
        try connection.execute("""
            CREATE TEMP TABLE exchanged AS SELECT file, (SELECT part FROM rollup_files o WHERE o.rollup = f.rollup AND o.file <> f.file) AS part FROM rollup_files f WHERE rollup = 'receipts_by_day';
            UPDATE rollup_files SET part = (SELECT part FROM exchanged e WHERE e.file = rollup_files.file) WHERE rollup = 'receipts_by_day'
            """)
        let findings = try Verifier(path: directory.path).run().findings.map(\.description)
        XCTAssertEqual(findings.filter { $0.contains("its sums are not those of the rows") }.count, 2, "\(findings)")
    }

    /// A name of one of its list's members becomes a column's too: what cannot be read any more says so, and keeps no other rollup from its sums.
    func test_typeChangedBeneath_leavesTheRollupUncovered_andOthersAreFilled() throws {
        let directory = TemporaryDirectory()
        let fixture = try EngineFixture(directory.path)
        defer { XCTAssertNoThrow(try fixture.engine.close()) }
        func putType(_ version: Int, _ more: String) throws {
            let text = #"""
                {"name":"sale","version":\#(version),"table":"sales","format":"json","match":{"/kind":"sale"},"receipt_id":"/id","issued_at":"/at",
                 "columns":{"amount":{"path":"/amount","type":"BIGINT"}\#(more),"parts":{"path":"/parts","columns":{"code":{"path":"/code","type":"VARCHAR"}}}}}
                """#
            _ = try fixture.engine.putType(name: "sale", body: Array(text.utf8))
        }
        func take(_ id: String) throws {
            _ = try fixture.taken(#"{"kind":"sale","id":"\#(id)","at":"2026-11-10T10:00:00Z","amount":3,"parts":[{"code":"a"},{"code":"b"}]}"#)
            _ = try fixture.engine.compact(before: nil)
        }
        func put(_ name: String, _ rest: String) throws {
            _ = try fixture.engine.putRollup(name: name, body: try JSONParser.parse(Array(#"{"name":"\#(name)","table":"sales",\#(rest),"measures":{"n":"count(*)"}}"#.utf8)))
        }
        let question = "SELECT p.code, count(*) FROM sales s, UNNEST(s.parts) AS p GROUP BY 1"
        try putType(1, "")
        try take("S-1")
        try put("a_parts", #""unnest":"parts","group_by":{"code":"code"}"#)
        try fill(fixture)
        XCTAssertTrue(try rows("EXPLAIN \(question)", fixture.engine).contains { $0.contains("Rollup a_parts (1/1)") })
        try putType(2, #","code":{"path":"/code","type":"VARCHAR"}"#)
        try take("S-2")
        try put("b_amounts", #""group_by":{"amount":"amount"}"#)
        try fill(fixture)
        let broken = try progress("a_parts", fixture), whole = try progress("b_amounts", fixture)
        XCTAssertTrue(broken.isReady, "\(broken)")
        XCTAssertTrue(broken.faults.contains { $0.reason.contains("“code” is in several tables") }, "\(broken)")
        XCTAssertEqual(whole.coveredCount, whole.fileCount, "\(whole)")
        XCTAssertEqual(try rows(question, fixture.engine).sorted(), try rows(question, fixture.engine, rollups: false).sorted())
        XCTAssertTrue(try rows("EXPLAIN \(question)", fixture.engine).contains { $0.contains("Not used: a_parts: ") && $0.contains("“code” is in several tables") })
        try put("a_parts", #""unnest":"parts","group_by":{"code":"parts.code"}"#)
        // Sums of the former declaration are in the way as long as a question that has just ended holds what it saw.
        let isUsed = try Patience.until {
            try fill(fixture)
            return try rows("EXPLAIN \(question)", fixture.engine).contains { $0.contains("Rollup a_parts (") }
        }
        XCTAssertTrue(isUsed)
    }

    /// As in a pair of machines: nobody is to wait for what does not come.
    func test_whereNoSumsAreMade_rollupsSaySo() throws {
        let directory = TemporaryDirectory()
        let fixture = try EngineFixture(directory.path) { $0.compaction.makesSums = false }
        defer { XCTAssertNoThrow(try fixture.engine.close()) }
        take(fixture, 10, from: 0)
        _ = try fixture.engine.compact(before: nil)
        let progress = try progress("receipts_by_day", fixture)
        XCTAssertEqual([progress.fileCount, progress.coveredCount, progress.waiting.count], [1, 0, 0], "\(progress)")
        XCTAssertEqual(progress.faults.map(\.reason), ["a pair of machines makes no sums"])
        XCTAssertTrue(progress.isReady)
        try check(fixture.engine, uses: false, "rows are read")
    }

    func test_typeFile_declaresRollups() throws {
        let directory = TemporaryDirectory()
        let fixture = try EngineFixture(directory.path)
        defer { XCTAssertNoThrow(try fixture.engine.close()) }
        func type(_ rollups: String, more: String = "") -> [UInt8] {
            Array(#"""
            {"name":"sale","version":1,"table":"sales","format":"json","match":{"/kind":"sale"},"receipt_id":"/id","issued_at":"/at"\#(more),
             "columns":{"amount":{"path":"/amount","type":"DECIMAL(18,2)"}},"rollups":\#(rollups)}
            """#.utf8)
        }
        func faults(_ bytes: [UInt8]) -> [String] {
            do {
                _ = try fixture.engine.putType(name: "sale", body: bytes)
                return []
            } catch let fault as Fault { return fault.code == .invalidType ? fault.errors.map(\.pointer) : ["\(fault)"] } catch { return ["\(error)"] }
        }
        XCTAssertEqual(faults(type(#"[{"name":"by_day","group_by":{"d":"nothing"},"measures":{"n":"avg(amount)"}}]"#)), ["/rollups/0/group_by/d", "/rollups/0/measures/n"])
        XCTAssertEqual(faults(type("1")), ["/rollups"])
        XCTAssertEqual(
            faults(type(#"[{"name":"by_day","foo":1,"group_by":{"X":"amount","d":"nothing"},"measures":{"n":"avg(amount)"}},{"unnest":"none","where":"amount >","name":"B"}]"#)),
            ["/rollups/0/foo", "/rollups/0/group_by/X", "/rollups/0/group_by/d", "/rollups/0/measures/n", "/rollups/1/unnest", "/rollups/1/where", "/rollups/1/name",
             "/rollups/1/group_by", "/rollups/1/measures"])
        // Whose columns nobody knows: only what is no SQL of any.
        XCTAssertEqual(
            faults(type(#"[{"name":"by_day","group_by":{"d":"nothing","e":"1 +"},"measures":{"n":"count(*)"}}]"#, more: #","colums":{}"#)), ["/colums", "/rollups/0/group_by/e"])
        XCTAssertEqual(
            faults(type(#"[{"name":"by_day","group_by":{"d":"nothing","e":"1 +"},"measures":{"n":"count(*)"}}]"#, more: #","rules":[{"name":"r","check":"none","message":"m"}]"#)),
            ["/rules/0/check", "/rollups/0/group_by/e"])
        XCTAssertEqual(faults(type(#"[{"name":"sales_by_day","group_by":{"d":"business_day"},"measures":{"n":"count(*)","s":"sum(amount)"}}]"#)), [])
        XCTAssertEqual(try progress("sales_by_day", fixture).fileCount, 0)
    }

    func test_typeFile_takesOverNoOtherTablesRollup() throws {
        let directory = TemporaryDirectory()
        let fixture = try EngineFixture(directory.path)
        defer { XCTAssertNoThrow(try fixture.engine.close()) }
        func faults(_ name: String, _ version: Int, _ table: String, _ keys: String) throws -> [String] {
            let text = #"""
                {"name":"\#(name)","version":\#(version),"table":"\#(table)","format":"json","match":{"/kind":"\#(name)"},"receipt_id":"/id","issued_at":"/at",
                 "columns":{"amount":{"path":"/amount","type":"BIGINT"}},"rollups":[{"name":"r0","group_by":{\#(keys)},"measures":{"n":"count(*)"}}]}
                """#
            do {
                _ = try fixture.engine.putType(name: name, body: Array(text.utf8))
                return []
            } catch let fault as Fault { return fault.errors.map { "\($0.pointer) \($0.code)" } }
        }
        func table() throws -> String? { try fixture.engine.rollups(after: nil, limit: 100, as: .admin).first { $0.definition.name == "r0" }?.definition.table }
        XCTAssertEqual(try faults("t", 1, "ts", #""a":"amount""#), [])
        XCTAssertEqual(try faults("u", 1, "us", #""a":"amount""#), ["/rollups/0/name name-taken"])
        XCTAssertEqual(try table(), "ts")
        XCTAssertNil(try fixture.engine.type("u", as: .admin))
        // Another type of the table, and its own, with the table that its documents go to from now on.
        XCTAssertEqual(try faults("s", 1, "ts", #""a":"amount","d":"business_day""#), [])
        XCTAssertEqual(try faults("t", 2, "ts", #""d":"business_day""#), [])
        XCTAssertEqual(try faults("t", 3, "vs", #""d":"business_day""#), [])
        XCTAssertEqual(try table(), "vs")
        XCTAssertEqual(try faults("s", 2, "ts", #""a":"amount""#), ["/rollups/0/name name-taken"])
    }
}
