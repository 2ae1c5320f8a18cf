import ColumnStore
import TestSupport
import XCTest

/// Known hashes from xxHash's own test vectors, and the filter's two promises: no false "no", few false "yes".
final class BloomFilterTests: XCTestCase {
    private func hash(_ text: String) -> UInt64 { Array(text.utf8).withUnsafeBytes { XXHash64.hash($0) } }

    func test_hash_knownVectors() {
        XCTAssertEqual(hash(""), 0xEF46_DB37_51D8_E999)
        XCTAssertEqual(hash("a"), 0xD24E_C4F1_A98C_6E5B)
        XCTAssertEqual(hash("abc"), 0x44BC_2CF5_AD77_0999)
        XCTAssertEqual(hash("Nobody inspects the spammish repetition"), 0xFBCE_A83C_8A37_8BF1)
    }

    func test_filter_insertedAreFound_othersSeldom() throws {
        var filter = BloomFilter(distinctCount: 10_000, falsePositiveRate: 0.01)
        for number in 0..<10_000 { filter.insert(hash("in\(number)")) }
        let stored = filter.bytes
        let read = try XCTUnwrap(stored.withUnsafeBytes { BloomFilter(bytes: $0) })
        XCTAssertTrue((0..<10_000).allSatisfy { read.mayContain(hash("in\($0)")) })
        let falsePositives = (0..<10_000).filter { read.mayContain(hash("out\($0)")) }.count
        XCTAssertLessThan(falsePositives, 300)
        XCTAssertNil(Array(stored.dropLast()).withUnsafeBytes { BloomFilter(bytes: $0) })
    }
}
