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

    func test_text_ofPaths_isReadAgainAsTheSame() throws {
        for path in ["$", "strict $.a[*] ? (@.b > 1 && exists (@.c)).**{1 to last}", "-($.a + 1).abs()", "$.\"a\\\"b\" like_regex \"^x\" flag \"im\"", "($.a == 1) is unknown", "$x.y"] {
            let written = try JSONPathParser.parse(Array(path.utf8)).text
            XCTAssertEqual(try JSONPathParser.parse(written).text, written, path)
        }
    }
}
