import ColumnStore
import TestSupport
import XCTest

@testable import Documents
@testable import Ingest
@testable import Query

/// Goal: files of sums have sums over fewer keys besides, which answer what needs no more, to the same digit and from fewer rows; and whoever is to see each
/// group's own rows sees those. Method: small stores with a low bound, and footers that say what is not so.
final class CoarserSumsTests: XCTestCase {
    private let engine = QueryEngine(.init(threadCount: 2))
    private static let byDay = "SELECT business_day, count(*), sum(total) FROM receipts_accepted GROUP BY 1"
    private static let byClient = "SELECT client_id, sum(total), max(business_day) FROM receipts_accepted GROUP BY 1"

    private func answer(_ text: String, _ store: Engine, rollups: Bool = true, as principal: Principal = .admin) throws -> (rows: [String], scanned: Int) {
        var context = QueryContext(catalog: try store.catalog(as: principal, upTo: nil).catalog, now: 0)
        context.usesRollups = rollups
        let stream = try engine.execute(try engine.prepare(text, in: context))
        var rows: [String] = []
        while let batch = try stream.next() { rows += EngineFixture.texts(batch) }
        return (rows.sorted(), stream.statistics.rowsScanned)
    }

    /// - Parameter scanned: rows of sums that pass what is asked of keys.
    private func check(_ text: String, _ store: Engine, scanned: Int, _ message: String = "", line: UInt = #line) throws {
        let found = try answer(text, store)
        XCTAssertEqual(found.rows, try answer(text, store, rollups: false).rows, "\(text) \(message)", line: line)
        XCTAssertEqual(found.scanned, scanned, "\(text) \(message)", line: line)
    }

    private func store(_ path: String, rowCountMin: Int = 16) throws -> EngineFixture {
        try EngineFixture(path) { $0.compaction.coarserRowCountMin = rowCountMin }
    }

    /// Receipts of two clients in two currencies on 28 days of a year.
    private func take(_ fixture: EngineFixture, year: Int) {
        for client in ["c1", "c2"] {
            let lines = (0..<56).map { number in
                EngineFixture.receipt("R-\(year)-\(client)-\(number)", at: "\(year)-03-\(String(format: "%02d", 1 + number / 2))T10:00:00Z", total: "\(number).50")
                    .replacingOccurrences(of: "\"UAH\"", with: number % 2 == 0 ? "\"EUR\"" : "\"UAH\"")
            }
            _ = fixture.take(lines.joined(separator: "\n"), .ndjson, as: .admin, client: client)
        }
    }

    private func move(_ fixture: EngineFixture) throws {
        try fixture.engine.tier.seal()
        let hot = fixture.engine.tier.boundary.snapshot().files.filter(\.state.isSealed)
        for file in hot { XCTAssertTrue(try fixture.engine.compactor.mayLeave(file)) }
        _ = try fixture.engine.compactor.exclusively { try fixture.engine.compactor.move(hot) }
    }

    private func fill(_ fixture: EngineFixture) throws {
        while try fixture.engine.compactor.exclusively({ try fixture.engine.compactor.fillSome() }) {}
    }

    private func files(_ name: String, _ fixture: EngineFixture) throws -> [(path: String, sums: [CoarserSums])] {
        let table = try XCTUnwrap(fixture.engine.tier.boundary.rollups[name]?.table)
        return try table.iceberg.files().map { file in (String(file.location.dropFirst("file://".count)), try CoarserSums.all(of: try table.open(file))) }
    }

    private func verify(_ path: String) throws -> [String] {
        let verifier = try Verifier(path: path)
        verifier.makesAllSums = true
        return verifier.run().findings.map(\.description)
    }

    func test_fewerKeys_areAnsweredFromFewerRows_throughMovesJoinsAndRestarts() throws {
        let directory = TemporaryDirectory()
        var fixture = try store(directory.path)
        take(fixture, year: 2025)
        try move(fixture)
        // Of 112 rows those without the day are 4, which is few; those without client or currency are 56 each.
        XCTAssertEqual(try files("receipts_by_day", fixture).map { $0.sums.map(\.without) }, [[["day"]]])
        try check(Self.byDay, fixture.engine, scanned: 112)
        try check("SELECT client_id, sum(total) FROM receipts_accepted GROUP BY 1", fixture.engine, scanned: 4)
        try check("SELECT sum(total) FILTER (WHERE currency = 'EUR'), sum(tax_total), min(client_id) FROM receipts_accepted", fixture.engine, scanned: 4)
        try check("SELECT count(*) FROM receipts_accepted WHERE currency = 'EUR'", fixture.engine, scanned: 2)
        // Days are read for a condition, a filter, an aggregate.
        try check("SELECT client_id, sum(total) FROM receipts_accepted WHERE business_day > DATE '2025-03-14' GROUP BY 1", fixture.engine, scanned: 56)
        try check("SELECT client_id, sum(total) FILTER (WHERE EXTRACT(day FROM business_day) = 3) FROM receipts_accepted GROUP BY 1", fixture.engine, scanned: 112)
        try check(Self.byClient, fixture.engine, scanned: 112)
        for year in 2015..<2024 {
            take(fixture, year: year)
            try move(fixture)
        }
        try fill(fixture)
        // Eight became one, of 28 days of 8 years, two clients and two currencies.
        XCTAssertEqual(Set(try files("receipts_by_day", fixture).map { $0.sums.map(\.without) }), [[["day"]]])
        let fileCount = try files("receipts_by_day", fixture).count
        XCTAssertLessThan(fileCount, 10)
        try check("SELECT client_id, sum(total) FROM receipts_accepted GROUP BY 1", fixture.engine, scanned: 4 * fileCount)
        try fixture.engine.close()
        XCTAssertEqual(try verify(directory.path), [])
        fixture = try store(directory.path)
        try check("SELECT client_id, sum(total) FROM receipts_accepted GROUP BY 1", fixture.engine, scanned: 4 * fileCount)
        try fixture.engine.close()
    }

    /// A small file has none, and files with and without stand side by side.
    func test_filesOfFewRows_haveNone() throws {
        let directory = TemporaryDirectory()
        var fixture = try store(directory.path, rowCountMin: 4_096)
        take(fixture, year: 2024)
        try move(fixture)
        XCTAssertEqual(try files("receipts_by_day", fixture).map(\.sums.count), [0])
        try fixture.engine.close()
        fixture = try store(directory.path)
        defer { XCTAssertNoThrow(try fixture.engine.close()) }
        take(fixture, year: 2025)
        try move(fixture)
        XCTAssertEqual(Set(try files("receipts_by_day", fixture).map(\.sums.count)), [0, 1])
        try check("SELECT client_id, sum(total) FROM receipts_accepted GROUP BY 1", fixture.engine, scanned: 112 + 4)
    }

    /// What others sent decides which sums a file has besides: one client is not to see it, nor whoever looks at the table of sums.
    func test_ownRows_andTheTableOfSums_areReadAsTheyAre() throws {
        let directory = TemporaryDirectory()
        let fixture = try store(directory.path)
        defer { XCTAssertNoThrow(try fixture.engine.close()) }
        take(fixture, year: 2025)
        try move(fixture)
        let own = try answer("SELECT sum(total), count(*) FROM receipts_accepted", fixture.engine, as: EngineFixture.own)
        XCTAssertEqual(own.rows, try answer("SELECT sum(total), count(*) FROM receipts_accepted", fixture.engine, rollups: false, as: EngineFixture.own).rows)
        XCTAssertEqual(own.scanned, 56)
        XCTAssertEqual(try answer("SELECT count(*), sum(receipts) FROM rollup_receipts_by_day", fixture.engine).rows, ["112|112"])
        XCTAssertEqual(try answer("SELECT count(*) FROM rollup_receipts_by_day WHERE currency = 'EUR'", fixture.engine).rows, ["56"])
        let plan = try answer("EXPLAIN SELECT client_id, sum(total) FROM receipts_accepted GROUP BY 1", fixture.engine).rows.map { $0.trimmingCharacters(in: .whitespaces) }
        XCTAssertTrue(plan.contains("Rollup receipts_by_day (1/1)"), plan.joined(separator: "\n"))
    }

    /// Each sum fits, and all together do not.
    func test_sumsThatOverflowTogether_haveNoCoarserOnes() throws {
        let directory = TemporaryDirectory()
        let fixture = try store(directory.path)
        defer { XCTAssertNoThrow(try fixture.engine.close()) }
        for (name, sign) in [("wide", ""), ("balanced", "(CASE WHEN EXTRACT(minute FROM issued_at) = 1 THEN -1 ELSE 1 END) * ")] {
            let text = #"{"name":"\#(name)","table":"receipts","group_by":{"id":"receipt_id","client":"client_id"},"measures":{"s":"sum(\#(sign)total::DECIMAL(38,0) * 900000000000000000000000000000000000)"}}"#
            _ = try fixture.engine.putRollup(name: name, body: try JSONParser.parse(Array(text.utf8)))
        }
        // 40 times 9 · 10^37, half of them less than nothing.
        let lines = (0..<40).map { EngineFixture.receipt("R-\($0)", at: "2025-03-03T10:0\($0 % 2):00Z", total: "100") }
        _ = fixture.take(lines.joined(separator: "\n"), .ndjson)
        try move(fixture)
        XCTAssertEqual(try files("wide", fixture).map { $0.sums.map(\.without) }, [[]])
        XCTAssertEqual(try XCTUnwrap(fixture.engine.tier.boundary.rollups["wide"]).coveredCount, 1)
        // Signs balance each other, whatever comes first.
        let balanced = "SELECT client_id, sum((CASE WHEN EXTRACT(minute FROM issued_at) = 1 THEN -1 ELSE 1 END) * total::DECIMAL(38,0) * 900000000000000000000000000000000000) FROM receipts GROUP BY 1"
        XCTAssertEqual(try answer(balanced, fixture.engine).rows, try answer(balanced, fixture.engine, rollups: false).rows)
    }

    func test_footersThatSayWhatIsNotSo_areDamage() throws {
        func file(_ value: String) throws -> ParquetFile {
            let sink = MemorySink()
            let writer = try FileWriter(Schema([Field("a", .int64)]), to: sink)
            var builder = ColumnBuilder(type: .int64)
            builder.append(integer: 7)
            try writer.append(ColumnBatch(rowCount: 1, columns: [builder.finish()]))
            _ = try writer.finish(keyValues: [KeyValue(key: "till.coarser_sums", value: value)])
            return try ParquetFile(MemoryBytes(sink.bytes, name: "sums"))
        }
        XCTAssertEqual(try CoarserSums.all(of: try file("[]")), [])
        for text in ["", "{}", "[1]", #"[{"without":["k"],"rows":1,"offset":-1,"bytes":3}]"#, #"[{"without":["k"],"rows":1,"offset":99999999999999999999,"bytes":3}]"#] {
            XCTAssertThrowsError(try CoarserSums.all(of: try file(text)), text) { XCTAssertEqual(($0 as? ColumnStoreError)?.code, .corruptFile, text) }
        }
        for range in ["\"offset\":9223372036854775807,\"bytes\":9223372036854775807", "\"offset\":4,\"bytes\":3", "\"offset\":0,\"bytes\":40", "\"offset\":4,\"bytes\":4000"] {
            let whole = try file("[{\"without\":[\"k\"],\"rows\":1,\(range)}]")
            let sums = try XCTUnwrap(try CoarserSums.least(of: whole, reading: ["a"]))
            XCTAssertThrowsError(try whole.within(sums.range), range) { XCTAssertEqual(($0 as? ColumnStoreError)?.code, .corruptFile, range) }
        }
    }

    /// Sums in the place of others, whose bytes are whole: readers cannot tell, a verification does. A part that is broken is met by a question, which rows answer.
    func test_coarserSums_ofOtherKeys_areNamed_andBrokenOnes_areMadeAgain() throws {
        let directory = TemporaryDirectory()
        var fixture = try store(directory.path)
        let text = #"{"name":"own","table":"receipts","group_by":{"ka":"client_id","kb":"currency","day":"business_day"},"measures":{"n":"count(*)","s":"sum(total)"}}"#
        _ = try fixture.engine.putRollup(name: "own", body: try JSONParser.parse(Array(text.utf8)))
        try fixture.engine.deleteRollup(name: "receipts_by_day")
        take(fixture, year: 2025)
        try move(fixture)
        let (path, sums) = try XCTUnwrap(try files("own", fixture).first)
        XCTAssertEqual(sums.map(\.without), [["day"]])
        try fixture.engine.close()
        let whole = try Data(contentsOf: URL(fileURLWithPath: path))
        func write(_ bytes: Data) throws {
            try bytes.write(to: URL(fileURLWithPath: path))
            let connection = try SQLiteConnection(path: "\(directory.path)/catalog.sqlite", mode: .readWrite)
            let update = try connection.statement("UPDATE cold_objects SET sha256 = ?1 WHERE key LIKE ?2")
            try update.bind(1, SHA256.hash(Array(bytes)))
            try update.bind(2, "%" + (path.split(separator: "/").last ?? ""))
            try update.run()
        }
        var renamed = whole
        let name = try XCTUnwrap(renamed.range(of: Data(#""without":["day"]"#.utf8)))
        renamed.replaceSubrange(name, with: Data(#""without":["dax"]"#.utf8))
        try write(renamed)
        XCTAssertTrue(try verify(directory.path).contains { $0.contains("its coarser sums are not those of its sums") })
        var broken = whole
        broken[Int(sums[0].range.lowerBound) + 20] ^= 0x10
        try write(broken)
        XCTAssertTrue(try verify(directory.path).contains { $0.contains((path as NSString).lastPathComponent) })
        fixture = try store(directory.path)
        defer { XCTAssertNoThrow(try fixture.engine.close()) }
        let question = "SELECT client_id, count(*), sum(total) FROM receipts GROUP BY 1"
        XCTAssertEqual(try answer(question, fixture.engine).rows, try answer(question, fixture.engine, rollups: false).rows)
        try fixture.engine.compactor.exclusively { try fixture.engine.compactor.mend() }
        try fill(fixture)
        try check(question, fixture.engine, scanned: 4, "made again")
    }
}
