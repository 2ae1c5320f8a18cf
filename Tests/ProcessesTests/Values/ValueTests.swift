import ColumnStore
import Processes
import TestSupport
import XCTest

/// Goal: values are compared, measured and rounded by what they say, not by how. Method: cases at the ends, laws over values at random.
final class ValueTests: XCTestCase {
    func test_decimals_areComparedExactly() {
        let rising = ["-1e400", "-10", "-9.99999999999999999999", "-1e-400", "0", "1e-400", "0.1", "0.10000000000000000001", "1", "9007199254740992", "9007199254740993", "1e400"]
        for (i, a) in rising.enumerated() {
            for (j, b) in rising.enumerated() {
                XCTAssertEqual(ExactNumber.compare(ExactNumber(a), ExactNumber(b)), i < j ? -1 : (i == j ? 0 : 1), "\(a) and \(b)")
            }
        }
        for (a, b) in [("1", "1.000"), ("-0", "0e99"), ("100", "1E+2"), ("0.001", "1e-3"), ("0e999999999999999999999", "0")] {
            XCTAssertEqual(ExactNumber(a), ExactNumber(b), "\(a) and \(b)")
        }
    }

    func test_decimals_areRoundedAsJavaDoes() {
        let cases: [(String, Int64?)] = [
            ("0", 0), ("1.4", 1), ("1.5", 2), ("-1.5", -1), ("-1.51", -2), ("-2.5", -2), ("0.5", 1), ("-0.5", 0), ("0.49999999999999999999", 0), ("1e3", 1_000),
            ("12.345e1", 123), ("9223372036854775807", .max), ("-9223372036854775808", .min), ("9223372036854775808", nil), ("9223372036854775807.5", nil),
            ("1e400", nil), ("1e-400", 0), ("0.05", 0), ("1e99999999999999999999", nil),
        ]
        for (text, rounded) in cases { XCTAssertEqual(ExactNumber(text).rounded, rounded, text) }
        XCTAssertEqual(ExactNumber("1e2").integer, 100)
        XCTAssertNil(ExactNumber("1.5").integer)
    }

    func test_equality_isOfValues_andKeysAgreeWithIt() throws {
        var maker = ValueMaker(random: SplitMix64(state: 7))
        let values = (0..<300).map { _ in maker.value(depth: 3) }
        var steps = Steps()
        var equalCount = 0
        for a in values {
            for b in values {
                let areEqual = try ValueEquality.areEqual(a, b, &steps)
                XCTAssertEqual(areEqual, try ValueEquality.key(a, &steps) == ValueEquality.key(b, &steps), "\(a.textForm) and \(b.textForm)")
                equalCount += areEqual ? 1 : 0
            }
        }
        XCTAssertGreaterThan(equalCount, 300)
        XCTAssertTrue(try ValueEquality.areEqual(json(#"{"a":1.0,"b":[2]}"#), json(#"{"b":[2e0],"a":1}"#), &steps))
        XCTAssertFalse(try ValueEquality.areEqual(json("\"\u{E9}\""), json("\"e\u{301}\""), &steps))
    }

    /// Members in another order are laid out by name before the first of them is compared.
    func test_equality_ofMembersInAnotherOrder_isWorkedFor() throws {
        let members = (0..<2_000).map { JSONValue.Member("m\($0)", .number("\($0)")) }
        let others: [JSONValue.Member] = members.reversed()
        let empty: [JSONValue.Member] = others.map { JSONValue.Member($0.name, .null) }
        var few = Steps(1_000)
        XCTAssertThrowsError(try ValueEquality.areEqual(.object(empty), .object(members), &few))
        var enough = Steps(20_000)
        XCTAssertTrue(try ValueEquality.areEqual(.object(others), .object(members), &enough))
    }

    func test_measure_isTheLengthOfTheText_andStopsAtTheBounds() throws {
        var maker = ValueMaker(random: SplitMix64(state: 8))
        for _ in 0..<500 {
            let value = maker.value(depth: 4)
            XCTAssertEqual(ValueLimits.byteCount(value), value.serialized.count, value.textForm)
        }
        // Each byte at each place of a word.
        for code in UInt8(0)...0x7F {
            for place in 0..<17 {
                let text = String(repeating: "\u{E9}", count: place) + String(decoding: [code], as: UTF8.self) + "1234567"
                XCTAssertEqual(ValueLimits.byteCount(.string(text)), JSONValue.string(text).serialized.count, "\(code) at \(place)")
            }
        }
        let deepest = String(repeating: "[", count: 1_000) + String(repeating: "]", count: 1_000)
        XCTAssertEqual(ValueLimits.measure(try json(deepest)), .fits)
        XCTAssertEqual(ValueLimits.measure(.array([try json(deepest)])), .tooDeep)
        XCTAssertEqual(ValueLimits.measure(try json("[" + deepest + "]")), .tooDeep)
        XCTAssertThrowsError(try json("[[" + deepest + "]]"))
        // What fits is read again, whatever stands innermost.
        for innermost in [JSONValue.array([]), .object([]), .null, .number("1"), .string("x")] {
            for depth in 998...1_001 {
                let value = (0..<depth).reduce(innermost) { value, _ in .array([value]) }
                guard ValueLimits.measure(value) == .fits else {
                    XCTAssertGreaterThan(depth, 999)
                    continue
                }
                XCTAssertEqual(try? ValueLimits.parse(value.serialized), value, "\(depth) lists")
                XCTAssertEqual((try? ValueLimits.parse(JSONValue.object([.init("input", value)]).serialized, within: 1))?["input"], value, "\(depth) lists, in an object")
            }
        }
        XCTAssertEqual(ValueLimits.measure(.string(String(repeating: "a", count: ValueLimits.byteCountMax - 2))), .fits)
        XCTAssertEqual(ValueLimits.measure(.string(String(repeating: "a", count: ValueLimits.byteCountMax - 1))), .tooLong)
        // One value in many places takes no memory, and would take 2^40 bytes as text.
        let doubled = (0..<40).reduce(JSONValue.string("x")) { value, _ in .array([value, value]) }
        XCTAssertEqual(ValueLimits.measure(doubled), .tooLong)
    }

    func test_timestamps() {
        let cases: [(String, Int64?)] = [
            ("1970-01-01T00:00:00Z", 0), ("2016-03-14T01:59:00Z", 1_457_920_740_000_000), ("2016-03-14T01:59:00.5+02:00", 1_457_913_540_500_000),
            ("2016-03-14T01:59:00.123456789Z", 1_457_920_740_123_456), ("2016-02-29T00:00:00-00:30", 1_456_705_800_000_000), ("2015-02-29T00:00:00Z", nil),
            ("2016-03-14t01:59:00Z", nil), ("2016-03-14T01:59:00z", nil), ("2016-03-14 01:59:00Z", nil), ("2016-03-14T01:59:00", nil),
            ("2016-03-14T24:00:00Z", nil), ("2016-03-14T01:59:00.Z", nil), ("2016-03-14T01:59:00+2:00", nil), ("2016-13-14T01:59:00Z", nil), ("", nil),
            ("9999-12-31T23:59:60Z", 253_402_300_800_000_000), ("2016-03-14T01:59:00Z ", nil),
        ]
        for (text, instant) in cases { XCTAssertEqual(Timestamp.parse(text), instant, text) }
        XCTAssertEqual(Timestamp.text(1_457_920_740_123_456), "2016-03-14T01:59:00.123Z")
    }

    func test_patterns_matchAsTheyDoWithoutBacktracking() throws {
        let cases = [
            ("foo*.log", "foo23.log", true), ("foo*.log", "foo.log", true), ("foo*.log", "foo.lo", false), ("*", "", true), ("", "", true), ("", "a", false),
            ("a*b*c", "aXbXbYc", true), (#"\*"#, "*", true), (#"\*"#, "a", false), (#"a\\*"#, #"a\b"#, true), ("*.*", "a.b.c", true), ("[ab]?", "a", false),
        ]
        for (pattern, text, isMatch) in cases {
            var steps = Steps(10_000)
            let glob = try XCTUnwrap(GlobPattern(pattern))
            XCTAssertEqual(try TextSearch.matches(text, glob, &steps), isMatch, "\(pattern) against \(text)")
        }
        XCTAssertNil(GlobPattern(#"a\b"#))
        XCTAssertNil(GlobPattern(#"a\"#))
    }

    func test_chance_isTheSameForOneSecret_andSpreads() {
        var (one, same, other) = (Chance(secret: [1]), Chance(secret: [1]), Chance(secret: [2]))
        let ids = (0..<100).map { _ in one.uuid() }
        XCTAssertEqual(ids, (0..<100).map { _ in same.uuid() })
        XCTAssertNotEqual(ids[0], other.uuid())
        XCTAssertEqual(Set(ids).count, 100)
        XCTAssertNotNil(ids[0].wholeMatch(of: #/[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}/#))
        XCTAssertEqual(Set((0..<200).map { _ in one.below(3) }), [0, 1, 2])
        XCTAssertTrue((0..<1_000).allSatisfy { _ in (0..<1).contains(one.fraction()) })
    }

    func test_errors_longOnes_areCutBetweenCharacters() {
        let error = StateError(name: "x", cause: "a" + String(repeating: "ж", count: StateError.causeByteCountMax))
        XCTAssertEqual(error.cause, "a" + String(repeating: "ж", count: (StateError.causeByteCountMax - 1) / 2))
    }
}
