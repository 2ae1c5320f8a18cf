@testable import ColumnStore
import XCTest

/// Every pair of short strings of few bytes, and of longer ones that begin alike, against the order of arrays.
final class ByteOrderTests: XCTestCase {
    private static let short: [[UInt8]] = {
        var all: [[UInt8]] = [[]]
        for _ in 0..<3 { all += all.flatMap { text in [0, 0x61, 0xFF].map { text + [$0] } } }
        return Array(Set(all))
    }()

    func test_precedesAndWord_everyPair_orderAsArrays() {
        for prefix in [0, 7, 8, 17] {
            let texts = Self.short.map { [UInt8](repeating: 0x62, count: prefix) + $0 }
            var arrays = ByteArrays()
            for text in texts { arrays.append(text) }
            arrays.bytes.withUnsafeBytes { bytes in
                XCTAssertEqual(ByteOrder.sharedPrefixCount(bytes, arrays), prefix)
                for left in texts.indices {
                    for right in texts.indices {
                        let isBefore = texts[left].lexicographicallyPrecedes(texts[right])
                        XCTAssertEqual(ByteOrder.precedes(bytes, arrays.range(at: left), arrays.range(at: right)), isBefore)
                        let words = [left, right].map { ByteOrder.word(bytes, arrays.range(at: $0).dropFirst(prefix)) }
                        // Zeros at the end make words alike that are not.
                        if words[0] != words[1] { XCTAssertEqual(words[0] < words[1], isBefore, "\(texts[left]) \(texts[right])") }
                    }
                }
            }
        }
    }
}
