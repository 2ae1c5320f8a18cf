import ColumnStore
import TestSupport
import XCTest

@testable import Query

/// Keys of many numbers and forms: a scan's filter passes every key, and its bounds do, too. Where keys are few, the bounds
/// pass nothing else.
final class JoinRuntimeFilterTests: XCTestCase {
    private static let numbers: [[Int64]] = [
        [5], [5, 5, 5], [.min], [.min, .max], [-1, 0, 1], Array(0..<64), Array(0..<65), Array(-3_000..<3_000), (0..<500).map { $0 * 1_000_003 },
        (0..<200).map { Int64.min + $0 * (1 << 54) },
    ]

    private func passes(_ test: ColumnFilter.Test, _ value: Value) -> Bool {
        func number(_ value: Value) -> Int128? {
            switch value {
            case .integer(let number): Int128(number)
            case .decimal(let number): number
            default: nil
            }
        }
        func order(_ one: Value, _ other: Value) -> Bool {
            if let one = number(one), let other = number(other) { return one <= other }
            guard case .bytes(let one) = one, case .bytes(let other) = other else { return false }
            return !other.lexicographicallyPrecedes(one)
        }
        switch test {
        case .oneOf(let values): return values.contains(value)
        case .range(let lower, let upper): return lower.map { order($0.value, value) } ?? true && upper.map { order(value, $0.value) } ?? true
        case .isNotNull: return true
        default: return false
        }
    }

    func test_numbers_everyKeyPasses_andNothingElseWhereTheyAreFew() throws {
        for keys in Self.numbers {
            for isDecimal in [false, true] {
                for isOrdered in [true, false] {
                    let filter = try XCTUnwrap(JoinRuntimeFilter(values: keys, isDecimal: isDecimal, isOrdered: isOrdered))
                    let type: ColumnType = isDecimal ? .decimal(precision: 18, scale: 0) : .int64
                    let runtime = filter.runtimeFilter("key")
                    for key in keys { XCTAssertTrue(passes(try XCTUnwrap(runtime.filter).test, isDecimal ? .decimal(Int128(key)) : .integer(key)), "\(key)") }
                    if isOrdered {
                        let column = Column.whole(keys, type: type, validity: nil)
                        XCTAssertTrue(runtime.select(column).isAllSet, "\(keys.count) keys, a decimal: \(isDecimal)")
                        // The neighbours of keys that are none.
                        let strangers = Set(keys.flatMap { [$0 &- 7, $0 &+ 7] }).subtracting(keys).sorted()
                        if keys.count <= 64 {
                            for stranger in strangers { XCTAssertFalse(passes(try XCTUnwrap(runtime.filter).test, isDecimal ? .decimal(Int128(stranger)) : .integer(stranger)), "\(stranger)") }
                        }
                    }
                    XCTAssertGreaterThan(filter.keyCount, 0)
                }
            }
        }
        XCTAssertNil(JoinRuntimeFilter(values: [], isDecimal: false, isOrdered: true))
    }

    func test_texts_everyKeyPasses() throws {
        let sets: [[String]] = [[""], ["a"], ["a", "a\0", "ab"], (0..<64).map { "\($0)" }, (0..<65).map { "\($0)" }, (0..<3_000).map { String(repeating: "я", count: $0 % 9) + "\($0)" }]
        for keys in sets {
            var texts = ByteArrays()
            for key in keys { texts.append(Array(key.utf8)) }
            let filter = try XCTUnwrap(JoinRuntimeFilter(texts: texts)), runtime = filter.runtimeFilter("key")
            for key in keys { XCTAssertTrue(passes(try XCTUnwrap(runtime.filter).test, .string(key)), key) }
            XCTAssertTrue(runtime.select(.text(texts, type: .string, validity: nil)).isAllSet, "\(keys.count) keys")
        }
        XCTAssertNil(JoinRuntimeFilter(texts: ByteArrays()))
    }
}
