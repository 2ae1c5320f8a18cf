@testable import ColumnStore
import TestSupport
import XCTest

/// Codes against the first place of each value, at sizes around each growth of the table.
final class DictionaryEncoderTests: XCTestCase {
    private static let sizes = [0, 1, 2, 511, 512, 513, 2_048, 2_049, 9_000]

    private func codes<Element: Hashable>(_ values: [Element]) -> (codes: [UInt32], entries: [Element]) {
        var known: [Element: UInt32] = [:]
        var entries: [Element] = []
        let codes = values.map { value in
            known[value] ?? {
                known[value] = UInt32(entries.count)
                entries.append(value)
                return UInt32(entries.count - 1)
            }()
        }
        return (codes, entries)
    }

    func test_strings_areNumberedAsTheyCome() {
        for size in Self.sizes {
            let values = (0..<size).map { Array("value \($0 * 31 % (size / 2 + 1))".utf8) } + [[], [], [0]]
            var encoder = StringDictionaryEncoder()
            let found = values.map { $0.withUnsafeBytes { encoder.code(of: $0) } }
            let expected = codes(values)
            XCTAssertEqual(found, expected.codes)
            XCTAssertEqual((0..<encoder.count).map { Array(encoder.entries[$0]) }, expected.entries)
            XCTAssertEqual(encoder.hashes, expected.entries.map { $0.withUnsafeBytes { XXHash64.hash($0) } })
        }
    }

    func test_integers_areNumberedAsTheyCome_orGivenUp() {
        for size in Self.sizes {
            let values = (0..<size).map { Int64($0 * 31 % (size / 2 + 1)) &* 0x1_0000_0001 } + [.min, .max, .min]
            let expected = codes(values)
            for countMax in [expected.entries.count - 1, expected.entries.count, .max] {
                var encoder = IntegerDictionaryEncoder(countMax: 16)
                let found = values.withUnsafeBufferPointer {
                    encoder.encode($0, countMax: countMax, trialCount: values.count, trialCountMax: values.count)
                }
                XCTAssertEqual(found, countMax < expected.entries.count ? nil : expected.codes)
                if found != nil { XCTAssertEqual(encoder.entries, expected.entries) }
            }
            // Too many among the first ones.
            var encoder = IntegerDictionaryEncoder(countMax: 16)
            let trial = values.withUnsafeBufferPointer { encoder.encode($0, countMax: .max, trialCount: 1, trialCountMax: 1) }
            XCTAssertEqual(trial, values[0] == values[1] ? expected.codes : nil)
        }
    }
}
