import ColumnStore
import XCTest

@testable import Query

/// Goal: a plan as a document tells what its lines tell, in the same tree. Method: both forms of the same statements, and options as clients send them.
final class ExplainedNodeTests: XCTestCase {
    private let fixture = QueryFixture([("t", QueryFixture.table([Field("n", .int64), Field("name", .string)], (0..<20).map { [.integer(Int64($0)), .string("\($0 % 3)")] }, batchRowCount: 8))])

    private static let statements = [
        "SELECT 1", "SELECT n FROM t WHERE n > 3 ORDER BY n LIMIT 2", "SELECT name, count(*) FROM t GROUP BY 1 HAVING count(*) > 1",
        "SELECT a.n FROM t a JOIN t b ON a.n = b.n WHERE a.name IN (SELECT name FROM t WHERE n < 5)", "SELECT n FROM t UNION ALL SELECT n + 1 FROM t",
        "WITH c AS (SELECT n FROM t WHERE n > 2) SELECT * FROM c x, c y WHERE x.n = y.n", "SELECT sum(n) OVER (PARTITION BY name ORDER BY n) FROM t",
        "SELECT (SELECT max(n) FROM t b WHERE b.name = a.name) FROM t a",
    ]

    private func lines(_ query: String) throws -> [String] {
        let prepared = try fixture.engine.prepare(query, in: QueryContext(catalog: fixture.catalog, timeZone: "UTC", now: fixture.now))
        let stream = try fixture.engine.execute(prepared)
        XCTAssertEqual(stream.columns.map(\.name), ["QUERY PLAN"])
        var lines: [String] = []
        while let batch = try stream.next() {
            for row in 0..<batch.rowCount { if case .bytes(let bytes) = batch.columns[0].value(at: row) { lines.append(String(decoding: bytes, as: UTF8.self)) } }
        }
        return lines
    }

    private func document(_ options: String, _ query: String) throws -> JSONValue {
        let lines = try lines("EXPLAIN (\(options)) \(query)")
        XCTAssertEqual(lines.count, 1)
        let list = try XCTUnwrap(try JSONParser.parse(Array(try XCTUnwrap(lines.first).utf8)).array)
        XCTAssertEqual(list.count, 1)
        return try XCTUnwrap(list.first)
    }

    /// Titles with their depth, as the lines have them.
    private func titles(_ node: JSONValue, depth: Int = 0) -> [String] {
        [String(repeating: "  ", count: depth) + (node["Description"]?.text ?? "?")] + (node["Plans"]?.array ?? []).flatMap { titles($0, depth: depth + 1) }
    }

    private func all(_ node: JSONValue) -> [JSONValue] { [node] + (node["Plans"]?.array ?? []).flatMap(all) }

    func test_documents_haveTheTreeOfTheLines() throws {
        for query in Self.statements {
            let plan = try XCTUnwrap(try document("FORMAT JSON", query)["Plan"])
            // Details stand four blanks deeper than their node, and have a colon.
            let lines = try lines("EXPLAIN \(query)").filter { !$0.drop { $0 == " " }.hasPrefix("filter: ") && !$0.drop { $0 == " " }.hasPrefix("some element: ") && !$0.drop { $0 == " " }.hasPrefix("and: ") }
            XCTAssertEqual(titles(plan), lines, query)
        }
    }

    func test_costs_areToldWhereTheyAreAskedFor() throws {
        for query in Self.statements {
            let (plain, costed) = (try lines("EXPLAIN \(query)"), try lines("EXPLAIN (COSTS) \(query)"))
            XCTAssertEqual(costed.map { String($0.replacing(#/  \(cost=[0-9]+\.[0-9]{2}\.\.[0-9]+\.[0-9]{2} rows=[0-9]+ width=[0-9]+\)$/#, with: "")) }, plain, query)
            let nodes = all(try XCTUnwrap(try document("FORMAT JSON, COSTS on", query)["Plan"]))
            XCTAssertEqual(costed.count { $0.contains("  (cost=") }, nodes.count, query)
            for node in nodes {
                guard case .number(let start)? = node["Startup Cost"], case .number(let total)? = node["Total Cost"] else { return XCTFail("\(node)") }
                XCTAssertLessThanOrEqual(try XCTUnwrap(Double(start)), try XCTUnwrap(Double(total)), query)
                XCTAssertGreaterThanOrEqual(try XCTUnwrap(node["Plan Rows"]?.integer), 0)
            }
            XCTAssertNil(try document("FORMAT JSON", query)["Plan"]?["Total Cost"])
        }
        // What a scan of all costs more than one of its first rows.
        func cost(_ query: String) throws -> Double {
            guard case .number(let text)? = try document("FORMAT JSON, COSTS", query)["Plan"]?["Total Cost"] else { return -1 }
            return Double(text) ?? -1
        }
        XCTAssertLessThan(try cost("SELECT n FROM t LIMIT 1"), try cost("SELECT n FROM t"))
        XCTAssertLessThan(try cost("SELECT n FROM t"), try cost("SELECT a.n FROM t a, t b"))
    }

    func test_analyzedDocuments_tellRowsAndTimes() throws {
        for query in Self.statements {
            let document = try document("ANALYZE, BUFFERS, TIMING off, FORMAT JSON", query)
            for name in ["Planning Time", "Execution Time", "Rows Scanned", "Bytes Read", "Files Pruned", "Peak Memory MiB"] {
                guard case .number(let text)? = document[name] else { return XCTFail("\(name): \(query)") }
                XCTAssertNotNil(Double(text), text)
            }
        }
        let sorted = try XCTUnwrap(try document("ANALYZE true, FORMAT JSON", "SELECT n FROM t WHERE n > 15 ORDER BY n")["Plan"])
        let node = try XCTUnwrap(all(sorted).first { $0["Node Type"]?.text == "Sort" }, "\(sorted)")
        XCTAssertEqual(node["Actual Rows"]?.integer, 4)
        XCTAssertEqual(all(sorted).compactMap { $0["Relation Name"]?.text }, ["t"])
        XCTAssertNil(try document("ANALYZE 0, FORMAT JSON", "SELECT n FROM t")["Execution Time"])
    }

    /// As DBeaver asks for plans.
    func test_documentsOfXML_haveTheElementsOfPostgreSQL() throws {
        for options in ["FORMAT XML", "FORMAT xml, ANALYZE, VERBOSE, COSTS, BUFFERS, TIMING"] {
            for query in Self.statements {
                let lines = try lines("EXPLAIN (\(options)) \(query)")
                XCTAssertEqual(lines.count, 1, query)
                let text = try XCTUnwrap(lines.first).split(separator: "\n").map(String.init)
                XCTAssertEqual(text.prefix(3), ["<explain xmlns=\"http://www.postgresql.org/2009/explain\">", "  <Query>", "    <Plan>"], query)
                XCTAssertEqual(text.suffix(2), ["  </Query>", "</explain>"], query)
                let plan = try XCTUnwrap(try document("FORMAT JSON", query)["Plan"])
                let kinds = text.compactMap { line in line.firstMatch(of: #/<Node-Type>(.*)</Node-Type>/#).map { String($0.1) } }
                XCTAssertEqual(kinds, all(plan).compactMap { $0["Node Type"]?.text }, query)
                XCTAssertEqual(text.contains { $0.contains("<Execution-Time>") }, options.contains("ANALYZE"), query)
                // Each element ends, in its order.
                var open: [Substring] = []
                for line in text {
                    guard let tag = line.firstMatch(of: #/^ *<(/?)([A-Za-z-]+)[^<]*(</[A-Za-z-]+>)?$/#) else { XCTFail(line); continue }
                    if tag.3 != nil { continue }
                    if tag.1.isEmpty { open.append(tag.2) } else { XCTAssertEqual(open.popLast(), tag.2, line) }
                }
                XCTAssertEqual(open, [], query)
            }
        }
        let marked = try lines("EXPLAIN (FORMAT XML) SELECT n FROM t WHERE name = 'a<b&c' AND n > 3")
        XCTAssertTrue(marked[0].contains("a&lt;b&amp;c") && !marked[0].contains("a<b"), marked[0])
    }

    func test_options_areTakenOrRefused() throws {
        for options in ["FORMAT TEXT", "VERBOSE", "COSTS OFF, SUMMARY ON", "ANALYZE, WAL, SETTINGS, GENERIC_PLAN 0"] { XCTAssertGreaterThan(try lines("EXPLAIN (\(options)) SELECT n FROM t").count, 0, options) }
        for options in ["FORMAT YAML", "FORMAT", "ANALYZE maybe", "DETAILS", "", "ANALYZE,", "BUFFERS 2"] {
            XCTAssertThrowsError(try lines("EXPLAIN (\(options)) SELECT n FROM t"), options) { XCTAssertTrue($0 is QueryError, "\($0)") }
        }
    }

    func test_milliseconds_areNumbersOfJSON() {
        for (nanoseconds, text) in [(0, "0.000"), (999, "0.000"), (1_000, "0.001"), (1_999_999, "1.999"), (12_345_678_900, "12345.678"), (Int.max, "9223372036854.775")] {
            XCTAssertEqual(ExplainedNode.milliseconds(nanoseconds), .number(text))
        }
    }
}
