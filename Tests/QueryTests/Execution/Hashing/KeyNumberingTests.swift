import ColumnStore
import TestSupport
import XCTest

@testable import Query

/// Texts and whole numbers numbered in the order in which they first come, against a dictionary of the standard library: tables that fit a core's caches
/// and tables that do not, rows that repeat within a step, lengths around the eight bytes that decide, and look-ups of what is not there.
final class KeyNumberingTests: XCTestCase {
    /// Below and above the sizes from which on rows ask for their memory ahead.
    private static let distinctCounts = [1, 40, 5_000, 60_000]

    private func text(_ number: Int) -> [UInt8] {
        let digits = Array(String(number).utf8)
        return switch number % 5 {
        case 0: digits
        case 1: Array(repeating: UInt8(ascii: "0"), count: max(0, 8 - digits.count)) + digits
        case 2: Array("a common beginning ".utf8) + digits
        // Texts that differ in what follows eight equal bytes, by a NUL too.
        case 3: Array("12345678".utf8) + [UInt8](repeating: 0, count: number % 7) + digits
        default: number == 4 ? [] : [0] + digits
        }
    }

    private func codes(_ count: Int, _ body: (UnsafeMutableBufferPointer<UInt32>) -> Void) -> [UInt32] {
        var codes = [UInt32](repeating: 7, count: count)
        codes.withUnsafeMutableBufferPointer { body($0) }
        return codes
    }

    func test_texts_areNumberedAsTheyFirstCome() {
        var random = SplitMix64(state: 11)
        for distinct in Self.distinctCounts {
            var table = ByteTable()
            var expected: [[UInt8]: UInt32] = [:]
            for _ in 0..<8 {
                let texts = (0..<distinct + 300).map { _ in text(Int(random.next() % UInt64(distinct))) }
                var arrays = ByteArrays()
                for text in texts { arrays.append(text) }
                let rows: [Int32]? = random.next() % 2 == 0 ? nil : (0..<Int32(texts.count)).filter { _ in random.next() % 3 != 0 }
                let given = codes(rows?.count ?? texts.count) { table.assign(arrays, rows: rows, into: $0) }
                for (index, row) in (rows ?? Array(0..<Int32(texts.count))).enumerated() {
                    let wanted = expected[texts[Int(row)]] ?? UInt32(expected.count)
                    expected[texts[Int(row)]] = wanted
                    guard given[index] == wanted else { return XCTFail("row \(row) of \(distinct): \(given[index]) instead of \(wanted)") }
                }
                XCTAssertEqual(table.count, expected.count)
                var probes = ByteArrays()
                let asked = (0..<2_000).map { _ in text(Int(random.next() % UInt64(2 * distinct))) }
                for text in asked { probes.append(text) }
                XCTAssertEqual(codes(asked.count) { table.find(probes, into: $0) }, asked.map { expected[$0] ?? ByteTable.missing })
            }
            for (text, code) in expected { XCTAssertEqual(Array(table.values[Int(code)]), text) }
        }
    }

    /// Of so many texts some ten pairs have equal halves of the hash that a slot keeps, and all have equal first bytes: what follows tells them apart.
    func test_texts_withEqualBeginningsAndHashes_areToldApart() {
        var table = ByteTable()
        var arrays = ByteArrays()
        for number in 0..<300_000 { arrays.append(Array("beginning \(number)".utf8)) }
        for _ in 0..<2 {
            let given = codes(arrays.count) { table.assign(arrays, into: $0) }
            XCTAssertEqual(given, (0..<UInt32(arrays.count)).map { $0 })
        }
        XCTAssertEqual(codes(arrays.count) { table.find(arrays, into: $0) }, (0..<UInt32(arrays.count)).map { $0 })
    }

    /// Batches of one number each, new ones and those that came before, among others; the last is hashed.
    func test_wholeNumbers_ofRowsAlike_areNumberedOnce() {
        var table = IntegerTable()
        for (values, wanted) in [
            ([5, 5, 5], [0, 0, 0]), ([7], [1]), ([5, 5], [0, 0]), ([6, 7, 5], [2, 1, 0]), ([-3, -3, -3, -3], [3, 3, 3, 3]), ([1 << 40, 1 << 40], [4, 4]), ([5, 5], [0, 0]),
        ] as [([Int64], [UInt32])] {
            XCTAssertEqual(values.withUnsafeBufferPointer { values in codes(values.count) { table.assign(values, into: $0) } }, wanted, "\(values)")
        }
        XCTAssertEqual(table.values, [5, 7, 6, -3, 1 << 40])
    }

    func test_wholeNumbers_areNumberedAsTheyFirstCome() {
        var random = SplitMix64(state: 12)
        for distinct in Self.distinctCounts {
            // Far apart, so that they are hashed; the ends of the type among them.
            let numbers = [Int64.min, .max, 0] + (0..<distinct).map { _ in Int64(bitPattern: random.next()) }
            var table = IntegerTable()
            var expected: [Int64: UInt32] = [:]
            for _ in 0..<8 {
                let values = (0..<distinct + 2_000).map { _ in numbers[Int(random.next() % UInt64(numbers.count))] }
                let given = values.withUnsafeBufferPointer { values in codes(values.count) { table.assign(values, into: $0) } }
                for (row, value) in values.enumerated() {
                    let wanted = expected[value] ?? UInt32(expected.count)
                    expected[value] = wanted
                    guard given[row] == wanted else { return XCTFail("row \(row) of \(distinct): \(given[row]) instead of \(wanted)") }
                }
                let asked = (0..<2_000).map { $0 % 2 == 0 ? numbers[$0 % numbers.count] : Int64(bitPattern: random.next()) }
                let found = asked.withUnsafeBufferPointer { asked in codes(asked.count) { table.find(asked, into: $0) } }
                XCTAssertEqual(found, asked.map { expected[$0] ?? IntegerTable.missing })
            }
        }
    }
}
