import ColumnStore
import Foundation
import Synchronization
import TestSupport
import XCTest

@testable import Query

/// Whatever a statement asks for, it ends with an answer or with an error of the contract, on a thread's usual stack, and takes little more
/// memory than its budget. `TILL_STATEMENTS=5000` asks for more of them, `TILL_RANDOM_SEED=random` for others.
final class HungryStatementTests: XCTestCase {
    private static let budget = 24 << 20
    /// What a query takes beside its budget: the batches on their way, and what the C library has not given back.
    private static let slack = 64 << 20
    private static let secondsMax = 20.0

    private static let table: MemoryTable = {
        let fields = [Field("c0", .int64), Field("c1", .int64), Field("c2", .int64), Field("s", .string)]
        var rows: [[Value]] = []
        for row in 0..<Int64(40) {
            let third = row % 5 == 0 ? Value.null : Value.integer(row % 3)
            rows.append([Value.integer(row), Value.integer(row % 7), third, Value.string("text \(row % 9)")])
        }
        return QueryFixture.table(fields, rows, batchRowCount: 16)
    }()

    private func fixture(budget: Int = HungryStatementTests.budget) -> QueryFixture {
        QueryFixture(
            [("t", Self.table)],
            settings: QueryEngine.Settings(
                threadCount: 2, memoryByteCountMax: 2 * budget, queryMemoryByteCountMax: budget,
                spillDirectory: FileManager.default.temporaryDirectory.path))
    }

    private static let slugs: Set<QueryError.Slug> = [.unsupportedSQL, .dataError, .numericOverflow, .spillFull, .queryTimeout, .badSQL]

    /// Runs a statement as a server does, on a thread of its own; rows are only counted.
    private func run(_ query: String, _ fixture: QueryFixture, secondsMax: Double = secondsMax) -> (any Error)? {
        let outcome = Mutex<(any Error)?>(nil)
        let thread = WorkerThread(name: "statement") {
            do {
                let cancellation = Cancellation(timeLimitSeconds: secondsMax)
                let context = QueryContext(catalog: fixture.catalog, timeZone: "UTC", now: fixture.now)
                let stream = try fixture.engine.execute(
                    try fixture.engine.prepare(query, in: context, cancellation: cancellation), cancellation: cancellation)
                while try stream.next() != nil {}
            } catch {
                outcome.withLock { $0 = error }
            }
        }
        thread.join()
        return outcome.withLock { $0 }
    }

    func testGeneratedStatementsEndAndKeepToTheirMemory() throws {
        let environment = ProcessInfo.processInfo.environment
        let count = environment["TILL_STATEMENTS"].flatMap(Int.init) ?? 30
        let seed = environment["TILL_RANDOM_SEED"] == "random" ? UInt64.random(in: 0...(.max)) : environment["TILL_RANDOM_SEED"].flatMap(UInt64.init) ?? SourceSeed.of("Sources/Query")
        let fixture = fixture()
        var generator = StatementGenerator(seed: seed)
        for number in 0..<count {
            let query = generator.next()
            if let folder = environment["TILL_STATEMENT_LOG"] { try query.write(toFile: folder, atomically: false, encoding: .utf8) }
            let memory = try MemorySampler()
            let error = run(query, fixture)
            let taken = memory.end()
            let what = "seed \(seed), statement \(number): \(query.prefix(300))"
            if let error {
                guard let known = error as? QueryError, Self.slugs.contains(known.slug), known.slug != .badSQL else {
                    XCTFail("\(error): \(what)")
                    continue
                }
            }
            XCTAssertLessThan(taken >> 20, (Self.budget + Self.slack) >> 20, "MiB: \(what)")
        }
    }

    /// A hexadecimal digit becomes four bytes: asked for before they are made.
    func testBitsOfATextAreBounded() throws {
        let memory = try MemorySampler()
        let error = run("SELECT length(('x' || repeat('f', 8000000))::varbit)", fixture(), secondsMax: 3_600)
        let taken = memory.end()
        XCTAssertEqual((error as? QueryError)?.slug, .dataError, "\(String(describing: error))")
        XCTAssertLessThan(taken >> 20, (Self.budget + Self.slack) >> 20, "MiB")
    }

    /// Each named: whether it is answered or refused is part of what is promised.
    func testHeldRowsAreBounded() throws {
        let fixture = fixture()
        let texts = "(SELECT g, repeat('x', 4000) || g AS x FROM generate_series(1, 12000) s(g)) q"
        // Enough for what looks at each of their bytes.
        let shorter = "(SELECT g, repeat('x', 1500) || g AS x FROM generate_series(1, 20000) s(g)) q"
        let answered = [
            "SELECT max(x) FROM (SELECT x FROM \(texts) ORDER BY x DESC OFFSET 1) z", "SELECT x FROM \(texts) ORDER BY x LIMIT 5 OFFSET 8000",
            "SELECT g, max(x) FROM \(texts) GROUP BY g", "SELECT g, any_value(x) FROM \(texts) GROUP BY g", "SELECT count(DISTINCT x) FROM \(texts)",
            "SELECT g / 5, string_agg(x, ',') FROM \(texts) GROUP BY 1", "SELECT g / 5, array_agg(x) FROM \(texts) GROUP BY 1",
            "SELECT x FROM \(texts) EXCEPT ALL SELECT 'b'", "SELECT 1 FROM generate_series(1, 1000000) INTERSECT ALL SELECT 1 FROM generate_series(1, 1000000)",
            "SELECT lead(x) OVER (PARTITION BY g / 100 ORDER BY g) FROM \(texts)",
            "SELECT mode() WITHIN GROUP (ORDER BY x) FROM \(shorter)", "SELECT lead(x) OVER (ORDER BY g) FROM \(texts)",
            "SELECT count(DISTINCT x), count(DISTINCT g) FROM \(shorter)",
            "SELECT max(x) OVER (ORDER BY g), ntile(4) OVER (ORDER BY g) FROM \(shorter)",
            "SELECT g % 50000, approx_count_distinct(g) FROM generate_series(1, 200000) s(g) GROUP BY 1",
        ]
        let refused = [
            "SELECT array_agg(x) FROM \(texts)", "SELECT string_agg(x, ',') OVER (ORDER BY g) FROM \(texts)",
            "SELECT string_agg(x, ',') OVER () FROM (SELECT repeat('x', 1000) AS x FROM generate_series(1, 30000)) q",
            "SELECT array_agg(DISTINCT x) FROM \(texts)",
            "VALUES " + Array(repeating: "(repeat('x', 5000000))", count: 40).joined(separator: ", "),
            // One round that brings more than fits, as a table and for the rows of a query around it.
            "WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + g FROM r, generate_series(1, 60000000) s(g) WHERE n < 2) SELECT count(*) FROM r",
            "WITH RECURSIVE r(n) AS (SELECT 1 UNION SELECT n + g FROM r, generate_series(1, 60000000) s(g) WHERE n < 2) SELECT count(*) FROM r",
            "SELECT (WITH RECURSIVE r(n) AS (SELECT x UNION ALL SELECT n + g FROM r, generate_series(1, 60000000) s(g) WHERE n < 2) SELECT count(*) FROM r) FROM (VALUES (1)) v(x)",
        ]
        // Of few bytes each: what their frames take grows as the square of the rows, and the work until it is refused as more.
        let growing = ["SELECT array_agg(g) OVER (ORDER BY g) FROM generate_series(1, 20000) s(g)"]
        for (queries, isAnswered, fixture) in [(answered, true, fixture), (refused, false, fixture), (growing, false, self.fixture(budget: Self.budget / 4))] {
            for query in queries {
                let memory = try MemorySampler()
                // What is promised is memory: however slow the machine, no time ends them.
                let error = run(query, fixture, secondsMax: 3_600)
                let taken = memory.end()
                if isAnswered { XCTAssertNil(error, query) } else { XCTAssertEqual((error as? QueryError)?.slug, .spillFull, query) }
                XCTAssertLessThan(taken >> 20, (fixture.engine.settings.queryMemoryByteCountMax + Self.slack) >> 20, "MiB: \(query)")
            }
        }
    }

    /// The same long text at many mentions, and a text of as many elements as it has characters.
    func test_longTexts_namedOftenOrCutToPieces_areBounded() throws {
        let fixture = fixture()
        let name = "repeat('x', 4000000)"
        for query in [
            "SELECT length(concat(\(Array(repeating: name, count: 40).joined(separator: ", "))))", "SELECT string_to_array(\(name), NULL)",
            "SELECT string_to_array(\(name), 'x')", "SELECT cardinality(regexp_split_to_array(\(name), 'x'))", "SELECT max(length(s)) FROM string_to_table(\(name), 'x') s",
            "SELECT max(length(s)) FROM regexp_split_to_table(\(name), 'x') s", "SELECT count(*) FROM regexp_matches(\(name), '(x)', 'g')",
            "SELECT count(*) FROM jsonb_array_elements(('[' || repeat('1,', 2000000) || '1]')::jsonb)",
            "SELECT count(*) FROM json_array_elements_text(('[' || repeat('1,', 2000000) || '1]')::json)",
            "SELECT count(*) FROM json_object_keys(('{' || repeat('\"\":1,', 1000000) || '\"\":1}')::json)",
            "SELECT count(*) FROM jsonb_path_query(('[' || repeat('1,', 2000000) || '1]')::jsonb, '$[*]')",
            "SELECT cardinality(parse_ident(repeat('a.', 2000000) || 'a'))", "SELECT cardinality(array_fill(1, ARRAY[4000000]))",
            "SELECT array_replace(array_fill('x'::text, ARRAY[100000]), 'x', repeat('y', 4000)) IS NULL", "SELECT to_char(now(), repeat(' ', 2000000)) IS NULL",
            "SELECT to_timestamp(\(name), repeat(' ', 4000000)) IS NULL", "SELECT to_date(\(name), repeat('x', 4000000)) IS NULL",
            "SELECT to_number(repeat('9', 4000000), repeat('9', 4000000)) IS NULL", "SELECT to_char(1, repeat('x', 2000000)) IS NULL",
        ] {
            let memory = try MemorySampler()
            let error = run(query, fixture, secondsMax: 3_600)
            let taken = memory.end()
            XCTAssertEqual((error as? QueryError)?.slug, .dataError, query)
            XCTAssertLessThan(taken >> 20, (Self.budget + Self.slack) >> 20, "MiB: \(query)")
        }
    }

    /// The parts of a text take what they are in a list, and not an array each: a text of 6 MB in three million parts once took half a gigabyte, and this one half of that.
    func test_partsOfALongText_takeWhatTheyAre() throws {
        let fixture = QueryFixture(
            [("t", Self.table)],
            settings: QueryEngine.Settings(
                threadCount: 2, memoryByteCountMax: 4 * Self.partsBudget, queryMemoryByteCountMax: Self.partsBudget, spillDirectory: FileManager.default.temporaryDirectory.path))
        for query in [
            "SELECT cardinality(string_to_array(repeat('a,', 1500000), ','))", "SELECT cardinality(regexp_split_to_array(repeat('a,', 1500000), ','))",
            "SELECT regexp_count(repeat('a,', 1500000), 'a')", "SELECT regexp_instr(repeat('a,', 1500000), 'a', 1, 1500000)",
        ] {
            let memory = try MemorySampler()
            let error = run(query, fixture, secondsMax: 3_600)
            let taken = memory.end()
            XCTAssertNil(error, query)
            XCTAssertLessThan(taken >> 20, Self.partsBudget >> 20, "MiB: \(query)")
        }
    }

    /// A document of two bytes for each value took thirty times its length as a tree, and eight were charged; a path laid all elements down before it asked.
    func test_documentsOfManyValues_takeWhatIsCharged() throws {
        let fixture = QueryFixture(
            [("t", Self.table)],
            settings: QueryEngine.Settings(
                threadCount: 2, memoryByteCountMax: 4 * Self.partsBudget, queryMemoryByteCountMax: Self.partsBudget, spillDirectory: FileManager.default.temporaryDirectory.path))
        for document in ["'[' || repeat('1,', 4000000) || '1]'", "'[' || repeat('[],', 2500000) || '1]'"] {
            for call in ["length((\(document))::jsonb::text)", "jsonb_set((\(document))::jsonb, '{0}', '2') IS NULL", "jsonb_path_exists((\(document))::jsonb, '$[*] ? (@ == 7)')"] {
                let memory = try MemorySampler()
                let error = run("SELECT \(call)", fixture, secondsMax: 3_600)
                let taken = memory.end()
                XCTAssertEqual((error as? QueryError)?.slug, .dataError, call)
                XCTAssertLessThan(taken >> 20, (Self.partsBudget + Self.slack) >> 20, "MiB: \(call)")
            }
        }
    }

    /// JSON may be many times what it is made of: exponents are written out, and a control character is six.
    func test_jsonThatGrowsAsItIsWritten_isBounded() throws {
        let fixture = fixture()
        let (numbers, characters) = ("array_fill(1e308::double precision, ARRAY[400000])", "repeat(chr(1), 12000000)")
        for call in [
            "('[' || repeat('1e999,', 200000) || '1]')::jsonb", "('[' || repeat('1e999,', 60000) || '1]')::jsonb", "('[' || repeat('1E-999,', 60000) || '1]')::jsonb",
            "to_jsonb(\(numbers))", "jsonb_build_object('a', \(numbers), 'b', \(numbers))", "jsonb_build_array(\(numbers))", "array_to_json(ARRAY[\(characters)])",
            "to_json(\(characters))", "json_build_object(\(characters), 1)", "json_build_object('a', \(characters))",
        ] {
            let memory = try MemorySampler()
            let error = run("SELECT length((\(call))::text)", fixture, secondsMax: 3_600)
            let taken = memory.end()
            XCTAssertEqual((error as? QueryError)?.slug, .dataError, call)
            XCTAssertLessThan(taken >> 20, (Self.budget + Self.slack) >> 20, "MiB: \(call)")
        }
        for (query, answer) in [
            ("SELECT length(('[' || repeat('1e999,', 2000) || '1]')::jsonb::text)", "\(2_000 * 1_002 + 3)"), (#"SELECT '{"3e999":"4e999","a":1e2}'::jsonb = '{"a": 100, "3e999": "4e999"}'"#, "true"),
            ("SELECT length(to_jsonb(array_fill(1e308::double precision, ARRAY[2000]))::text)", "\(2_000 * 311)"), (#"SELECT to_json(E'\x01"')::text = '"\u0001\""'"#, "true"),
        ] {
            XCTAssertEqual(try fixture.rows(query), answer, query)
        }
    }

    /// Paths go over the elements of an array, however many, by their places.
    func test_pathsOverManyElements_areWalkedWithinTheirMemory() throws {
        let fixture = QueryFixture(
            [("t", Self.table)],
            settings: QueryEngine.Settings(
                threadCount: 2, memoryByteCountMax: 4 * Self.partsBudget, queryMemoryByteCountMax: Self.partsBudget, spillDirectory: FileManager.default.temporaryDirectory.path))
        let document = "('[' || repeat('1,', 300000) || '2]')::jsonb"
        for condition in [
            "jsonb_path_exists(\(document), '$[*] ? (@ == 2)')", "jsonb_path_query_first(\(document), '$[last]') = '2'::jsonb", "(\(document) -> -1) = '2'::jsonb",
            "(\(document) -> 300001) IS NULL", "jsonb_array_length(\(document)) = 300001", "jsonb_path_query_first(\(document), '$.size()') = '300001'::jsonb",
        ] {
            XCTAssertEqual(try fixture.rows("SELECT \(condition)"), "true", condition)
        }
    }

    private static let partsBudget = 96 << 20

    /// What a window's calls are given is made of its rows, and may be far more than these: of a partition of small rows too it must fit.
    func test_windows_argumentsLargerThanTheirRows_areBounded() throws {
        let fixture = fixture()
        for call in ["lead(repeat('x', 4000) || g)", "count(g) FILTER (WHERE repeat('x', 4000) || g > 'y')"] {
            let query = "SELECT max(length(a::text)) FROM (SELECT \(call) OVER (ORDER BY g) AS a FROM generate_series(1, 16000) s(g)) q"
            let memory = try MemorySampler()
            let error = run(query, fixture)
            let taken = memory.end()
            if let error { XCTAssertTrue(error is QueryError, "\(query): \(error)") }
            XCTAssertLessThan(taken >> 20, (Self.budget + Self.slack) >> 20, "MiB: \(query)")
        }
    }

    /// Of a partition on disk, too, many rows may have one long text for their answer, or a list of what the rows about them have.
    func test_windows_answersLargerThanTheirRows_areBounded() throws {
        let fixture = fixture(), text = "(repeat('x', 32000) || g)"
        // From this row on, the answers are long: at once, behind many short ones, and within the rows that are answered together with these.
        func greatest(longFrom row: Int) -> String { "max(CASE WHEN g = \(row) THEN repeat('z', 100000) ELSE 'y' END)" }
        for (call, over) in [
            (greatest(longFrom: 1), "ORDER BY g"), (greatest(longFrom: 2_000), "ORDER BY g"), (greatest(longFrom: 1_025), "ORDER BY g"),
            ("array_agg(repeat('x', 1000) || g)", "ORDER BY g ROWS BETWEEN 200 PRECEDING AND CURRENT ROW"),
            ("lag(\(text), (g % 3)::int)", "ORDER BY g"), ("lead(\(text), 2, \(text))", "ORDER BY g"),
        ] {
            let query = "SELECT count(a), count(DISTINCT a IS NULL) FROM (SELECT \(call) OVER (\(over)) AS a FROM generate_series(1, 3000) s(g)) q"
            let memory = try MemorySampler()
            let error = run(query, fixture, secondsMax: 3_600)
            let taken = memory.end()
            XCTAssertNil(error, query)
            XCTAssertLessThan(taken >> 20, (Self.budget + Self.slack) >> 20, "MiB: \(query)")
        }
    }

    /// Of one long text, or one long list, for many rows: kept, joined and looked at by frames, it is laid out for none that memory has no room for.
    func test_whatLiesOnceForManyRows_isBounded_whereItIsKept() throws {
        let fixture = fixture(), rows = "(SELECT g AS k, repeat('x', 60000) AS c FROM generate_series(1, 8000) s(g))"
        for query in [
            "SELECT max(octet_length(l.c)), max(octet_length(r.c)), count(*) FROM \(rows) l FULL JOIN \(rows) r ON l.k = r.k",
            "WITH RECURSIVE t(k, c) AS (SELECT k, c FROM \(rows) q UNION ALL SELECT k + 1, c FROM t WHERE k < 0) SELECT max(octet_length(c)), count(*) FROM t",
            """
            SELECT count(a), sum(cardinality(a)) FROM (SELECT first_value(x) OVER (ORDER BY g) AS a FROM \
            (SELECT g, CASE WHEN g = 1 THEN array_fill(g, ARRAY[20000]) ELSE array_fill(g, ARRAY[1]) END AS x FROM generate_series(1, 3000) s(g)) q) w
            """,
            "SELECT max(octet_length(a)), count(*) FROM (SELECT lead(c, 1, 'none') OVER (ORDER BY k) AS a FROM \(rows) q) w",
        ] {
            let memory = try MemorySampler()
            let error = run(query, fixture, secondsMax: 3_600)
            let taken = memory.end()
            XCTAssertNil(error, query)
            XCTAssertLessThan(taken >> 20, (Self.budget + Self.slack) >> 20, "MiB: \(query)")
        }
    }
}

/// The most anonymous memory that the process has while it samples, beyond what it had before.
private final class MemorySampler: Sendable {
    private let start: Int
    private let state = Mutex<(highest: Int, isOver: Bool)>((0, false))

    init() throws {
        ProcessHeap.giveBack()
        start = Self.anonymousByteCount()
        WorkerThread(name: "sampler", isDetached: true) { [self] in
            while true {
                let now = Self.anonymousByteCount()
                let isOver = state.withLock { state in
                    state.highest = max(state.highest, now)
                    return state.isOver
                }
                if isOver { return }
                usleep(2_000)
            }
        }
    }

    func end() -> Int {
        state.withLock { state in
            state.isOver = true
            return max(0, max(state.highest, Self.anonymousByteCount()) - start)
        }
    }

    /// Resident pages without those of files, as `RssAnon` of `status` has them; read without making texts, since it is read all the time.
    private static func anonymousByteCount() -> Int {
        let descriptor = open("/proc/self/statm", O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return 0 }
        defer { close(descriptor) }
        return withUnsafeTemporaryAllocation(of: CChar.self, capacity: 256) { line in
            guard let base = line.baseAddress else { return 0 }
            base[max(0, read(descriptor, base, line.count - 1))] = 0
            var rest: UnsafeMutablePointer<CChar>? = base
            // All of the address space, what of it is resident, and what of that is of files.
            let counts = (0..<3).map { _ in strtol(rest ?? base, &rest, 10) }
            return (counts[1] - counts[2]) * Int(sysconf(Int32(_SC_PAGESIZE)))
        }
    }
}
