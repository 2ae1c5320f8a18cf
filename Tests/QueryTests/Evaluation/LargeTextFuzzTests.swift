import ColumnStore
import Foundation
import Query
import TestSupport
import XCTest

/// Goal: no statement ends the process or outgrows its memory, however large the texts that it makes.
///
/// Method: calls of text functions within each other, with huge arguments, in every place of a query, from a seed; each ends with an answer or
/// a typed error, under 16 MiB for the query. What the process takes at most is read beside it.
final class LargeTextFuzzTests: XCTestCase {
    private static let statementCount = 60
    /// Of the process: what the query holds, batches on their way, and what the debug build adds.
    private static let addedByteCountMax = 256 << 20
    private var random = SplitMix64(state: 0x5EED)

    func test_hugeTexts_everywhere_endWithAnAnswerOrAnError() throws {
        let fixture = QueryFixture(
            settings: QueryEngine.Settings(threadCount: 2, memoryByteCountMax: 48 << 20, queryMemoryByteCountMax: 16 << 20))
        let context = QueryContext(catalog: fixture.catalog, parameters: [], timeZone: "UTC", now: fixture.now)
        var answered = 0
        for _ in 0..<Self.statementCount {
            let text = statement()
            let watch = try MemoryWatch()
            do {
                let cancellation = Cancellation(timeLimitSeconds: 0.4)
                let stream = try fixture.engine.execute(try fixture.engine.prepare(text, in: context), cancellation: cancellation)
                while try stream.next() != nil {}
                answered += 1
            } catch let error as QueryError {
                XCTAssertTrue([.dataError, .queryTimeout, .spillFull].contains(error.slug), "\(text): \(error)")
            }
            let peak = try watch.finish()
            XCTAssertLessThan(peak >> 20, Self.addedByteCountMax >> 20, "MiB: \(text)")
        }
        XCTAssertGreaterThan(answered, Self.statementCount / 10, "hardly any is answered: the statements are not what they should be")
    }

    private func pick<Element>(_ elements: [Element]) -> Element { elements[Int(random.next() % UInt64(elements.count))] }

    private func number() -> String { pick(["0", "-1", "1", "7", "300", "65537", "1000000", "3000000", "60000000", "2147483647", "n", "n * 1000"]) }

    private func text(_ depth: Int) -> String {
        if depth == 0 {
            return pick(["n::text", "'ж'", "'ab'", "''", "repeat('x', \(number()))", "repeat(n::text, 100000)", "repeat('\\x01', 500000)", "NULL::text"])
        }
        let (one, two) = (text(depth - 1), text(pick([0, depth - 1])))
        return switch pick(Array(0..<20)) {
        case 0: "lpad(\(one), \(number()))"
        case 1: "rpad(\(one), \(number()), \(two))"
        case 2: "replace(\(one), \(text(0)), \(two))"
        case 3: "\(one) || \(two)"
        case 4: "concat(\(one), \(two), \(one), n)"
        case 5: "upper(\(one))"
        case 6: "reverse(\(one))"
        case 7: "trim(\(one), \(two))"
        case 8: "substring(\(one), 2, \(pick(["0", "3", "1000000", "n"])))"
        case 9: "regexp_replace(\(one), '\(pick(["a", "(x+)+y", ".", "", "x(.*c)?"]))', \(pick(["''", "'zz'", "'\\&\\&'", "repeat('y', 1000)"])), 'g')"
        case 10: "coalesce(nullif(\(one), 'ab'), \(two))"
        case 11: "CASE WHEN n % 2 = 0 THEN \(one) ELSE \(two) END"
        case 12: "greatest(\(one), \(two))"
        case 13: "split_part(\(one), \(pick(["'a'", "''", "'x'"])), \(pick(["1", "-1", "3"])))"
        case 14: "to_char(n, \(one))"
        case 15: "left(\(one), \(pick(["-1", "5", "1000000"])))"
        case 16: "lower(\(one))"
        case 17: "CASE WHEN \(one) LIKE '%_x' || \(text(0)) || '%' THEN 'y' ELSE \(two) END"
        case 18: "to_char(timestamp '2020-01-01' + n * interval '1 day', \(one))"
        default: "(SELECT \(one))"
        }
    }

    private func statement() -> String {
        let (one, two) = (text(1 + pick([0, 1])), text(1))
        let rows = "generate_series(1, \(pick(["1", "40", "3000"]))) n(n)"
        let inner = "(SELECT n, \(one) AS x FROM \(rows)) t"
        return switch pick(Array(0..<16)) {
        case 0: "SELECT \(one) FROM \(rows)"
        case 1: "SELECT x FROM \(inner) ORDER BY x, n"
        case 2: "SELECT x, count(*) FROM \(inner) GROUP BY x"
        case 3: "SELECT n, lead(x) OVER (ORDER BY n) FROM \(inner)"
        case 4: "SELECT a.n, a.x, b.x FROM \(inner) JOIN (SELECT n AS m, \(two) AS y FROM \(rows)) b(m, x) ON t.x = b.x".replacingOccurrences(of: "a.", with: "t.")
        case 5: "SELECT x FROM \(inner) UNION SELECT \(two) FROM \(rows)"
        case 6: "SELECT length(array_agg(x)[1]) FROM \(inner)"
        case 7: "SELECT DISTINCT x FROM \(inner)"
        case 8: "SELECT u FROM \(inner), UNNEST(ARRAY[x, x, 'a', x]) u(u)"
        case 9: "SELECT count(DISTINCT x), max(x), min(x) FROM \(inner)"
        case 10: "SELECT string_agg(x, ',') FROM \(inner)"
        case 11: "SELECT count(*) FROM \(inner) WHERE x = \(two) OR x LIKE '%' || n || '%' OR x ~ 'a+b'"
        case 12: "SELECT x FROM \(inner) EXCEPT SELECT \(two) FROM \(rows)"
        case 13: "SELECT n, x FROM \(inner) WHERE x IN (SELECT \(two) FROM \(rows)) ORDER BY n LIMIT 3"
        case 14: "WITH c AS MATERIALIZED (SELECT n, \(one) AS x FROM \(rows)) SELECT length(p.x), length(q.x) FROM c p, c q WHERE p.n = q.n"
        default: "SELECT t.n, t.x FROM \(inner), generate_series(1, 100) m(m) WHERE length(t.x) > m"
        }
    }
}

/// The most that the process takes more than at the start, by a thread that looks every few milliseconds.
private final class MemoryWatch: @unchecked Sendable {
    // Safe to share: the thread alone writes until it has ended.
    private let start: Int
    private var peak = 0
    private let isOver = NSLock()
    private let ended = DispatchSemaphore(value: 0)

    init() throws {
        ProcessHeap.giveBack()
        start = try Self.anonymousByteCount()
        isOver.lock()
        Thread.detachNewThread {
            while !self.isOver.try() {
                self.peak = max(self.peak, (try? Self.anonymousByteCount()) ?? 0)
                usleep(3_000)
            }
            self.ended.signal()
        }
    }

    func finish() throws -> Int {
        isOver.unlock()
        ended.wait()
        return peak - start
    }

    private static func anonymousByteCount() throws -> Int {
        let status = try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
        let line = try XCTUnwrap(status.split(separator: "\n").first { $0.hasPrefix("RssAnon:") })
        return try XCTUnwrap(line.split(whereSeparator: { $0 == " " || $0 == "\t" }).dropFirst().first.flatMap { Int($0) }) << 10
    }
}
