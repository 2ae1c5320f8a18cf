import ColumnStore
import Foundation
import TestSupport
import XCTest

@testable import Query

/// Goal: paths end. What they answer is held against PostgreSQL by `AskedTests`. Method: paths and documents as deep, and as many values, as an attacker would have them, on a thread's usual
/// stack and within a small memory.
final class JSONPathTests: XCTestCase {
    private let fixture = QueryFixture(
        threads: 1,
        settings: QueryEngine.Settings(
            threadCount: 1, memoryByteCountMax: 64 << 20, queryMemoryByteCountMax: 32 << 20, spillDirectory: FileManager.default.temporaryDirectory.path))

    /// As a server does, on a thread of its own.
    private func onWorker(_ body: @escaping @Sendable () throws -> Void) {
        WorkerThread(name: "path") {
            do { try body() } catch { XCTFail("\(error)") }
        }.join()
    }

    /// A template reads any day that a DATE has, and microseconds in 64 bits reach a twentieth of them.
    func test_datetime_ofDaysPastAnyInstant_isCompared() throws {
        for (one, another, isLess) in [
            ("5874897-12-31", "2000-01-01", false), ("2000-01-01", "5874897-12-31", true), ("5874897-12-30", "5874897-12-31", true), ("300000-01-01", "300000-01-01", false),
        ] {
            for (time, suffix) in [("", ""), (" 23:59:58", " HH24:MI:SS")] {
                let moment = { (place: Int) in #"$[\#(place)].datetime("YYYY-MM-DD\#(suffix)")"# }
                XCTAssertEqual(
                    try fixture.rows(#"SELECT jsonb_path_match('["\#(one)\#(time)","\#(another)\#(time)"]', '\#(moment(0)) < \#(moment(1))')"#), "\(isLess)", "\(one)\(time)")
            }
        }
    }

    func test_parse_deepPaths_areRefusedOrWalked() {
        let fixture = fixture
        onWorker {
            for count in [10, 100, 250, 20_000] {
                let paths = [
                    "$" + String(repeating: ".a", count: count), String(repeating: "(", count: count) + "$" + String(repeating: ")", count: count),
                    "1" + String(repeating: "+1", count: count), "-" + String(repeating: " -", count: count) + "$", "$" + String(repeating: " ? (@ > 1)", count: count),
                    "$" + String(repeating: "[$", count: count) + String(repeating: "]", count: count), "$" + String(repeating: ".**", count: min(count, 40)),
                    "$ ? (" + String(repeating: "!(", count: count) + "@ > 1" + String(repeating: ")", count: count) + ")",
                    "$ ? (@ > 1" + String(repeating: " && @ > 1", count: count) + ")", "$[" + String(repeating: "0,", count: count) + "0]",
                ]
                for path in paths {
                    let query = "SELECT jsonb_path_query_array('{\"a\":1}', '\(path)', '{}', true)"
                    if let error = fixture.error(query) {
                        // The longest do not come to be read: their query is refused for its length.
                        XCTAssertTrue(error.cause == .tooLong || error.slug == .spillFull && count > 1_000, "\(count): \(path.prefix(40)): \(error)")
                        XCTAssertGreaterThan(count, 100, "\(path.prefix(40)): \(error)")
                    }
                }
            }
        }
    }

    func test_path_thatIsNone_saysWhatStoodWhere() {
        let faults = [
            "$.a]": "“]” stands at character 4, where it must not", "$.é ; 1": "“;” stands at character 5, where it must not",
            "$[1": "it ends too early", "$.a.": "it ends too early",
        ]
        for (path, reason) in faults {
            let error = fixture.error("SELECT jsonb_path_query('1', '\(path)')")
            XCTAssertTrue("\(String(describing: error))".contains(reason), "\(path): \(String(describing: error))")
        }
    }

    /// 128 bits reach to 1.7e38, which numbers of 38 digits and one more pass when they are read and added.
    func test_arithmetic_pastTheLastDigit_isRefused() {
        let numbers = ["170141183460469231731687303715884105728", "170141183460469231731687303715884105729", "100000000000000000000000000000000000000"]
        for number in numbers {
            XCTAssertEqual(fixture.error("SELECT jsonb_path_query('{\"a\":\(number)}', '$.a + 1')")?.slug, .numericOverflow, number)
            XCTAssertEqual(fixture.error("SELECT jsonb_path_query('{\"a\":-\(number)}', '$.a - 1')")?.slug, .numericOverflow, number)
        }
        let greatest = String(repeating: "9", count: 38)
        XCTAssertEqual(fixture.error("SELECT jsonb_path_query('{\"a\":\(greatest)}', '$.a + $.a')")?.slug, .numericOverflow)
        XCTAssertEqual(fixture.error("SELECT jsonb_path_query('{\"a\":-\(greatest)}', '$.a + $.a')")?.slug, .numericOverflow)
        XCTAssertEqual(try fixture.rows("SELECT jsonb_path_query('{\"a\":\(greatest)}', '$.a - $.a')"), "0")
    }

    func test_walk_deepDocuments_end() {
        let fixture = fixture
        onWorker {
            let deep = String(repeating: "[", count: 120) + "1" + String(repeating: "]", count: 120)
            XCTAssertEqual(try fixture.rows("SELECT jsonb_array_length(jsonb_path_query_array('\(deep)', 'strict $.**'))"), "121")
            // Each of these goes down from every level that the one before it came to.
            let error = fixture.error("SELECT jsonb_path_query_array('\(deep)', '$\(String(repeating: ".**", count: 8))')")
            XCTAssertTrue(error?.cause == .tooLong || error?.slug == .dataError, "\(String(describing: error))")
        }
    }

    func test_walk_manyValues_areChargedAndCancelled() throws {
        let fixture = fixture
        onWorker {
            let wide = "(SELECT jsonb_agg(x) FROM generate_series(1, 20000) x)"
            for path in ["$[*] ? (@ > $[*])", "$[*] ? ($[*] == @)", "$[*] ? (@ == -1 || $[*] == -1)"] {
                let started = Cancellation(timeLimitSeconds: 0.05)
                let context = QueryContext(catalog: fixture.catalog, timeZone: "UTC", now: fixture.now)
                do {
                    let stream = try fixture.engine.execute(try fixture.engine.prepare("SELECT jsonb_path_query_array(\(wide), 'strict \(path)')", in: context, cancellation: started), cancellation: started)
                    while try stream.next() != nil {}
                    XCTFail("\(path) was not ended")
                } catch {
                    XCTAssertTrue([.queryTimeout, .dataError, .spillFull].contains((error as? QueryError)?.slug), "\(path): \(error)")
                }
            }
            // Values of values: far more than the memory has room for.
            let error = fixture.error("SELECT jsonb_path_query_array(\(wide), '$[*] ? (@ <= 3000).keyvalue()', '{}', true), jsonb_path_query_array((SELECT jsonb_build_array(\(wide), \(wide))), '$[*][0 to 19999, 0 to 19999, 0 to 19999, 0 to 19999, 0 to 19999, 0 to 19999, 0 to 19999, 0 to 19999, 0 to 19999, 0 to 19999]')")
            XCTAssertEqual(error?.slug, .dataError, "\(String(describing: error))")
        }
    }

    func test_patterns_ofAPath_areFew() throws {
        func path(_ count: Int) -> String { "$[*] ? (" + Array(repeating: "@ like_regex \"^a\"", count: count).joined(separator: " || ") + ")" }
        XCTAssertEqual(try fixture.rows("SELECT jsonb_path_exists('[\"ab\"]', '\(path(64))')"), "true")
        XCTAssertEqual(fixture.error("SELECT jsonb_path_exists('[\"ab\"]', '\(path(65))')")?.cause, .tooLong)
        XCTAssertEqual(fixture.error("SELECT jsonb_path_exists('[\"ab\"]', p) FROM (VALUES ('\(path(65))')) v(p)")?.cause, .tooLong)
    }

    /// Each takes half a second, which nobody can interrupt.
    func test_patterns_ofAPath_areCompiledWhileTheStatementLives() throws {
        let cancellation = Cancellation()
        cancellation.cancel()
        let path = Array(#"$ ? (@ like_regex "^a")"#.utf8)
        try PlanningWork.$current.withValue(PlanningWork(cancellation: cancellation)) {
            XCTAssertThrowsError(try JSONPathParser.parse(path)) { error in
                guard case .interrupted(let error)? = error as? KernelError else { return XCTFail("\(error)") }
                XCTAssertEqual(error.slug, .cancelled)
            }
        }
        XCTAssertThrowsError(try JSONPathParser.parse(path, WorkMeter(EvaluationContext(cancellation: cancellation)))) { error in
            guard case .interrupted? = error as? KernelError else { return XCTFail("\(error)") }
        }
        XCTAssertGreaterThan(try JSONPathParser.parse(path, WorkMeter(EvaluationContext(cancellation: Cancellation()))).byteCount, 0)
    }

    func test_patterns_ofManyPaths_areChargedAndGivenBack() throws {
        let meter = WorkMeter(EvaluationContext(memory: MemoryBudget(byteCountMax: 32 << 20), cancellation: Cancellation()))
        let large = #"@ like_regex "\\w{200}""#
        for _ in 0..<2 {
            XCTAssertThrowsError(try JSONPathParser.parse(Array("$ ? (\(Array(repeating: large, count: 6).joined(separator: " || ")))".utf8), meter)) { error in
                guard case .tooLarge? = error as? KernelError else { return XCTFail("\(error)") }
            }
        }
        // What was refused holds nothing.
        let path = try JSONPathParser.parse(Array("$ ? (\(large) || \(large))".utf8), meter)
        meter.forget(path.byteCount)
        XCTAssertNoThrow(try JSONPathParser.parse(Array("$ ? (\(large) || \(large) || \(large))".utf8), meter))
    }

    /// Of queries it is refused, and rules go on with it.
    func test_likeRegex_whatIsNoPatternOfPostgreSQL_isRE2s() throws {
        for pattern in [#"^\\p{L}"#, #"a\\z"#, "a(?i)b", ".{1,300}", "(?i:a)b", "(?P<y>a)", "(?U)a+"] {
            let path = Array("$ ? (@ like_regex \"\(pattern)\")".utf8)
            XCTAssertNoThrow(try JSONPathParser.parse(path), pattern)
            XCTAssertNoThrow(try JSONPathParser.parse(path, WorkMeter(EvaluationContext())), pattern)
            XCTAssertNoThrow(try JSONPathParser.parse(path, WorkMeter(EvaluationContext(cancellation: Cancellation()))), pattern)
            XCTAssertEqual(try fixture.rows("SELECT jsonb_path_exists('\"a\"', '\(String(decoding: path, as: UTF8.self))')"), pattern.hasSuffix("b") ? "false" : "true", pattern)
        }
        let many = Array(("$[*] ? (" + Array(repeating: "@ like_regex \"^a\"", count: 65).joined(separator: " || ") + ")").utf8)
        XCTAssertNoThrow(try JSONPathParser.parse(many))
        // Written out it is the type's own, else a document brings it.
        let meter = WorkMeter(EvaluationContext())
        meter.isPatternWritten = true
        XCTAssertNoThrow(try JSONPathParser.parse(many, meter))
        XCTAssertThrowsError(try JSONPathParser.parse(many, WorkMeter(EvaluationContext()))) { error in
            guard case .outside(.tooLong, _)? = error as? KernelError else { return XCTFail("\(error)") }
        }
        // Edges beside what may be left out stay: a path has no ICU.
        for (text, pattern, isMatch) in [
            ("a-b", #"-\\m\\w*b"#, true), ("-", #"\\y\\w*"#, false), ("-", #"\\m\\w*"#, false), ("--", #"\\y\\w?-"#, false), ("a-", #"\\y\\w?-"#, true), ("ab", #"\\m\\w*"#, true), ("-", #"\\m\\w+"#, false),
        ] {
            XCTAssertEqual(try fixture.rows(#"SELECT jsonb_path_exists('"\#(text)"', '$ ? (@ like_regex "\#(pattern)")')"#), "\(isMatch)", "\(pattern) on \(text)")
        }
    }

    /// What is expected was asked of PostgreSQL 15.
    func test_likeRegex_lineEnds_areTakenWithSAlone() throws {
        for (pattern, flags, isMatch) in [
            ("^b[^a]c$", "", false), ("^b[^a]c$", "s", true), ("^b.c$", "", false), ("^b.c$", "s", true), ("^c", "", false), ("^c", "s", false), ("^c", "m", true), ("^c", "ms", true), ("b[^a]c", "m", false), ("b.c", "m", false),
            ("b[^a]c", "ms", true), ("b.c", "sm", true), ("b$", "m", true), ("b$", "", false), ("B.c", "is", true), ("(?s)b.c", "", true), ("(?i)^B", "", true), ("b.c", "q", false),
        ] {
            let said = flags.isEmpty ? "" : " flag \"\(flags)\""
            XCTAssertEqual(try fixture.rows(#"SELECT jsonb_path_exists('"b\nc"', '$ ? (@ like_regex "\#(pattern)"\#(said))')"#), "\(isMatch)", "\(pattern) \(flags)")
        }
    }

    func test_text_ofPaths_isReadAgainAsTheSame() throws {
        for path in ["$", "strict $.a[*] ? (@.b > 1 && exists (@.c)).**{1 to last}", "-($.a + 1).abs()", "$.\"a\\\"b\" like_regex \"^x\" flag \"im\"", "($.a == 1) is unknown", "$x.y"] {
            let written = try JSONPathParser.parse(Array(path.utf8)).text
            XCTAssertEqual(try JSONPathParser.parse(written).text, written, path)
        }
    }
}
