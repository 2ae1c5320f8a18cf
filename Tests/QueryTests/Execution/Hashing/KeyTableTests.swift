import ColumnStore
import TestSupport
import XCTest

@testable import Query

/// Every sequence of up to four values of each type, NULL among them, taken in at once, row by row, and by a dictionary: values have the same number exactly where
/// they are the same key, numbers are given as keys first come, and keys come back in their order. Values that a table has not are not found.
final class KeyTableTests: XCTestCase {
    /// Of one inner list all are one key: the first that comes is shown.
    private static let keys: [(type: ColumnType, keys: [[Value]])] = [
        (.boolean, [[.null], [.boolean(false)], [.boolean(true)]]),
        (.int64, [[.null], [.integer(0)], [.integer(.min)]]),
        // Past 64 bits keys are kept apart from the others.
        (.decimal38(scale: 2), [[.null], [.decimal(7)], [.decimal(Int128(1) << 80)], [.decimal(-(Int128(1) << 80))]]),
        (.double, [[.null], [.double(0), .double(-0.0)], [.double(.nan), .double(-.nan)], [.double(1.5)]]),
        (.string, [[.null], [.string("")], [.string("a")], [.string("a\0")]]),
        (.interval, [[.null], [.interval(Interval(days: 30)), .interval(Interval(months: 1))], [.interval(Interval())]]),
        (.list(element: Field("element", .int32)), [[.null], [.list([])], [.list([.null])], [.list([.integer(1)])]]),
    ]

    private static func column(_ type: ColumnType, _ values: [Value]) -> Column {
        var builder = ColumnBuilder(type: type)
        for value in values { builder.append(value) }
        return builder.finish()
    }

    private static func sequences(_ count: Int, upTo length: Int) -> [[Int]] {
        var all: [[Int]] = [[]], last: [[Int]] = [[]]
        for _ in 0..<length {
            last = last.flatMap { sequence in (0..<count).map { sequence + [$0] } }
            all += last
        }
        return all
    }

    private static func isShown(_ found: Value, _ wanted: Value) -> Bool {
        // Bits of a NaN and the sign of a zero that came first are what is shown.
        if case .double(let one) = found, case .double(let other) = wanted { return one.isNaN ? other.isNaN : one == other && one.sign == other.sign }
        return found == wanted
    }

    private func check(_ type: ColumnType, _ sequence: [(key: Int, value: Value)], _ all: [[Value]], pieces: [Range<Int>]) {
        var table = KeyTable(type: type), cache = DictionaryCodes()
        var numbers: [Int: UInt32] = [:], shown: [Value] = []
        for piece in pieces {
            let rows = Array(sequence[piece]), column = Self.column(type, rows.map(\.value))
            let codes = table.assign(column, cache: &cache)
            for (row, code) in zip(rows, codes) {
                if numbers[row.key] == nil {
                    // As many as there were before: the next one.
                    numbers[row.key] = code
                    shown.append(row.value)
                }
                XCTAssertEqual(numbers[row.key], code, "\(type): \(sequence.map(\.value))")
            }
        }
        XCTAssertEqual(table.count, numbers.count)
        XCTAssertEqual(Set(numbers.values), Set((0..<numbers.count).map { UInt32($0) }))
        let values = table.values()
        XCTAssertEqual(values.count, table.count)
        for (key, code) in numbers {
            let first = sequence.first { $0.key == key }?.value ?? .null
            XCTAssertTrue(Self.isShown(values.value(at: Int(code)), first), "\(type): \(values.value(at: Int(code))) for \(first) of \(sequence.map(\.value))")
        }
        for (key, alike) in all.enumerated() {
            for value in alike {
                let own = numbers[key] ?? KeyTable.missing
                var fresh = DictionaryCodes()
                XCTAssertEqual(table.find(Self.column(type, [value]), nullsMatch: true, cache: &fresh), [own], "\(type): \(value) in \(sequence.map(\.value))")
                XCTAssertEqual(table.find(.constant(value, type: type, count: 1), nullsMatch: false, cache: &fresh), [value.isNull ? KeyTable.missing : own])
            }
        }
    }

    func test_assign_everyShortSequence_numbersKeysAsTheyFirstCome() {
        for (type, keys) in Self.keys {
            let values = keys.enumerated().flatMap { key, alike in alike.map { (key: key, value: $0) } }
            for sequence in Self.sequences(values.count, upTo: 4) where !sequence.isEmpty {
                let rows = sequence.map { values[$0] }
                check(type, rows, keys, pieces: [0..<rows.count])
                if rows.count > 1 { check(type, rows, keys, pieces: rows.indices.map { $0..<$0 + 1 }) }
            }
        }
    }

    /// A column that is a dictionary's codes has the numbers of its values, whether or not the dictionary is known already.
    func test_assign_ofDictionaries_isThatOfTheirValues() {
        let entries = ["", "a", "b"].map { Value.string($0) }
        let dictionary = DictionaryValues(values: Self.column(.string, entries))
        for sequence in Self.sequences(4, upTo: 4) where !sequence.isEmpty {
            var validity: Bitmap?
            if sequence.contains(3) {
                var bits = Bitmap(repeating: true, count: sequence.count)
                for (row, entry) in sequence.enumerated() where entry == 3 { bits[row] = false }
                validity = bits
            }
            let column = Column(type: .string, count: sequence.count, validity: validity, values: .dictionary(codes: sequence.map { UInt32($0 % 3) }, dictionary))
            let flat = Self.column(.string, sequence.map { $0 == 3 ? .null : entries[$0] })
            var (one, other) = (KeyTable(type: .string), KeyTable(type: .string)), (cache, unused) = (DictionaryCodes(), DictionaryCodes())
            for _ in 0..<2 {
                let (codes, wanted) = (one.assign(column, cache: &cache), other.assign(flat, cache: &unused))
                let (found, expected) = (one.values(), other.values())
                XCTAssertEqual(codes.map { found.value(at: Int($0)) }, wanted.map { expected.value(at: Int($0)) }, "\(sequence)")
                XCTAssertEqual(one.count, other.count)
                var fresh = DictionaryCodes()
                XCTAssertEqual(one.find(column, nullsMatch: true, cache: &fresh), codes)
            }
        }
    }
}
