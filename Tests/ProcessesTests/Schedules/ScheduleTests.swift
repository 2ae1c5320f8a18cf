import ColumnStore
import Documents
import Foundation
import Processes
import TestSupport
import XCTest

/// Goal: schedules come when their clocks say, also on days whose clocks are changed. Method: cases by hand at changes of the clocks, expressions at random against croniter and against a walk minute by minute in
/// Python, which has another reading of the zones.
final class ScheduleTests: XCTestCase {
    private func next(_ expression: String, _ zone: String, after: String, count: Int = 3) throws -> [String] {
        let schedule = Schedule(try CronExpression(expression), in: try XCTUnwrap(ZoneRules.named(zone)))
        var instant = try XCTUnwrap(Timestamp.parse(after)) / 1_000_000
        return try (0..<count).map { _ in
            instant = try XCTUnwrap(schedule.next(after: instant))
            return String(Timestamp.text(instant * 1_000_000).dropLast(8))
        }
    }

    func test_next_ofPlainDays() throws {
        XCTAssertEqual(try next("0 3 * * *", "UTC", after: "2026-02-27T03:00:00Z"), ["2026-02-28T03:00", "2026-03-01T03:00", "2026-03-02T03:00"])
        XCTAssertEqual(try next("*/20 8-9 * * MON-FRI", "UTC", after: "2026-11-20T09:39:59Z"), ["2026-11-20T09:40", "2026-11-23T08:00", "2026-11-23T08:20"])
        XCTAssertEqual(try next("0 0 29 2 *", "UTC", after: "2026-01-01T00:00:00Z", count: 2), ["2028-02-29T00:00", "2032-02-29T00:00"])
        XCTAssertEqual(try next("0 0 13 * 5", "UTC", after: "2026-11-01T00:00:00Z"), ["2026-11-06T00:00", "2026-11-13T00:00", "2026-11-20T00:00"])
        XCTAssertEqual(try next("0 0 29 2 */7", "UTC", after: "2026-01-01T00:00:00Z", count: 2), ["2032-02-29T00:00", "2060-02-29T00:00"])
        XCTAssertEqual(try next("@monthly", "Europe/Kyiv", after: "2026-11-21T00:00:00Z", count: 1), ["2026-11-30T22:00"])
        XCTAssertEqual(try next("0 0 29 2 *", "UTC", after: "2096-03-01T00:00:00Z", count: 1), ["2104-02-29T00:00"])
    }

    func test_next_whereClocksAreSetForwardOrBack() throws {
        // Kyiv, 29 March 2026: 03:00 becomes 04:00. 25 October: 04:00 becomes 03:00.
        XCTAssertEqual(try next("30 3 * * *", "Europe/Kyiv", after: "2026-03-28T00:00:00Z"), ["2026-03-28T01:30", "2026-03-29T01:00", "2026-03-30T00:30"])
        XCTAssertEqual(try next("15,30,45 3 * * *", "Europe/Kyiv", after: "2026-03-28T02:00:00Z", count: 2), ["2026-03-29T01:00", "2026-03-30T00:15"])
        XCTAssertEqual(try next("*/30 * * * *", "Europe/Kyiv", after: "2026-03-29T00:15:00Z"), ["2026-03-29T00:30", "2026-03-29T01:00", "2026-03-29T01:30"])
        XCTAssertEqual(try next("30 3 * * *", "Europe/Kyiv", after: "2026-10-24T12:00:00Z", count: 2), ["2026-10-25T00:30", "2026-10-26T01:30"])
        XCTAssertEqual(try next("30 * * * *", "Europe/Kyiv", after: "2026-10-25T00:00:00Z", count: 3), ["2026-10-25T00:30", "2026-10-25T01:30", "2026-10-25T02:30"])
        // Half an hour: Lord Howe. Over midnight: Havana, 1 November 2026, 01:00 becomes 00:00.
        XCTAssertEqual(try next("45 1 * * *", "Australia/Lord_Howe", after: "2026-04-04T00:00:00Z", count: 2), ["2026-04-04T14:45", "2026-04-05T15:15"])
        XCTAssertEqual(try next("30 0 * * *", "America/Havana", after: "2026-10-31T12:00:00Z", count: 2), ["2026-11-01T04:30", "2026-11-02T05:30"])
        // Samoa left out 30 December 2011.
        XCTAssertEqual(try next("0 12 30 12 *", "Pacific/Apia", after: "2011-12-01T00:00:00Z", count: 1), ["2011-12-30T10:00"])
    }

    func test_expressions_thatAreNone_areRefused() {
        for text in [
            "", "* * * *", "* * * * * *", "60 * * * *", "* 24 * * *", "* * 0 * *", "* * 32 * *", "* * * 13 *", "* * * * 8", "5-1 * * * *", "*/0 * * * *", "*/61 * * * *", "a * * * *", "* * * FOO *", "1,, * * * *",
            "0 0 30 2 *", "0 0 31 4,6 *", "@never", "-1 * * * *", "* * L * *", "1-2-3 * * * *", "**** *", String(repeating: "1,", count: 500) + "1 * * * *",
        ] { XCTAssertThrowsError(try CronExpression(text), text) }
    }

    func test_next_agreesWithPython() throws {
        var random = SplitMix64(state: 5)
        func below(_ count: Int) -> Int { Int(random.next() % UInt64(count)) }
        func field(_ low: Int, _ high: Int) -> String {
            let (a, b) = (low + below(high - low + 1), low + below(high - low + 1))
            switch below(6) {
            case 0, 1: return "*"
            case 2: return "\(a)"
            // croniter takes a range of one value for all values.
            case 3: return a == b ? "\(a)" : "\(min(a, b))-\(max(a, b))"
            case 4: return "*/\(1 + below(high / 2 + 1))"
            default: return a == b ? "\(a)" : "\(min(a, b)),\(max(a, b))"
            }
        }
        let zones = ["Europe/Kyiv", "America/New_York", "Australia/Lord_Howe", "America/Havana", "Africa/Cairo", "Asia/Kolkata", "Europe/London", "Pacific/Chatham"]
        // Changes of the clocks in some of these zones.
        let changes: [Int64] = [1_774_746_000, 1_792_890_000, 1_772_953_200, 1_793_512_800, 1_775_314_800, 1_791_039_600, 1_777_000_000, 1_800_000_000]
        var cases: [(expression: CronExpression, zone: String, after: Int64)] = []
        while cases.count < 260 {
            let isPlain = cases.count % 3 == 0
            // Often each day: the walk by minutes ends after 40.
            let text = isPlain
                ? [field(0, 59), field(0, 23), field(1, 28), field(1, 12), field(0, 6)].joined(separator: " ") : "\(field(0, 59)) \(["*", "*/2", "1-3", "0", "2", "3", "1,2", "23"][below(8)]) * * \(below(3) == 0 ? "0,6" : "*")"
            guard let expression = try? CronExpression(text) else { continue }
            let after = changes[below(changes.count)] - 3 * 3_600 * Int64(below(20)) - Int64(below(7_200))
            cases.append((expression, isPlain ? "UTC" : zones[below(zones.count)], after))
        }
        let input = cases.map { "{\"expression\":\"\($0.expression.text)\",\"zone\":\"\($0.zone)\",\"after\":\($0.after)}\n" }.joined()
        let answers = try PythonLines.run("ProcessesTests/Readers/cron_oracle.py", input: input)
        XCTAssertEqual(answers.count, cases.count)
        for (answer, one) in zip(answers, cases) {
            let schedule = Schedule(one.expression, in: try XCTUnwrap(ZoneRules.named(one.zone)))
            var instant = one.after
            var found: [Int64] = []
            for _ in 0..<5 {
                guard let next = schedule.next(after: instant) else { break }
                found.append(next)
                instant = next
            }
            let expected = try json(answer).array?.compactMap(\.int64) ?? []
            XCTAssertEqual(Array(found.prefix(expected.count)), expected, "\(one.expression.text) in \(one.zone) after \(one.after)")
        }
    }
}
