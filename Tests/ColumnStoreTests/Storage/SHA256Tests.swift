import ColumnStore
import Foundation
import TestSupport
import XCTest

/// Vectors of FIPS 180-4's companion document, and random cuts against one call.
final class SHA256Tests: XCTestCase {
    private func hex(_ bytes: [UInt8]) -> String { bytes.map { String(format: "%02x", $0) }.joined() }

    func test_hash_publishedVectors_agree() {
        XCTAssertEqual(
            hex(SHA256.hash([])), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
        XCTAssertEqual(
            hex(SHA256.hash(Array("abc".utf8))), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
        XCTAssertEqual(
            hex(SHA256.hash(Array("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq".utf8))),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1")
        XCTAssertEqual(
            hex(SHA256.hash([UInt8](repeating: UInt8(ascii: "a"), count: 1_000_000))),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0")
    }

    func test_update_anyCut_givesTheSameHash() {
        var random = SplitMix64(state: 11)
        for length in [1, 55, 56, 57, 63, 64, 65, 119, 120, 128, 1_000] {
            let bytes = (0..<length).map { _ in UInt8(truncatingIfNeeded: random.next()) }
            let whole = SHA256.hash(bytes)
            for _ in 0..<20 {
                var hasher = SHA256()
                var rest = bytes[...]
                while !rest.isEmpty {
                    let count = Int(random.next() % UInt64(rest.count)) + 1
                    hasher.update(Array(rest.prefix(count)).span.bytes)
                    rest = rest.dropFirst(count)
                }
                XCTAssertEqual(hasher.finalize(), whole, "length \(length)")
            }
        }
    }
}
