import XCTest

@testable import ColumnStore

/// Goal: a hash is that of all bytes, however they arrive. Method: the algorithms' own examples, and every cut of a message of two blocks.
final class RunningDigestTests: XCTestCase {
    private func digest(_ algorithm: RunningDigest.Algorithm, _ pieces: [ArraySlice<UInt8>]) -> String {
        var digest = RunningDigest(algorithm)
        for piece in pieces { piece.withUnsafeBytes { digest.update($0) } }
        return SignatureText.hexadecimal(digest.finalize())
    }

    /// Of RFC 1321 and FIPS 180-4.
    func test_finalize_ofTheAlgorithmsExamples_isTheirHash() {
        let empty: [ArraySlice<UInt8>] = [], abc = [Array("abc".utf8)[...]]
        XCTAssertEqual(digest(.md5, empty), "d41d8cd98f00b204e9800998ecf8427e")
        XCTAssertEqual(digest(.md5, abc), "900150983cd24fb0d6963f7d28e17f72")
        XCTAssertEqual(digest(.sha1, empty), "da39a3ee5e6b4b0d3255bfef95601890afd80709")
        XCTAssertEqual(digest(.sha1, abc), "a9993e364706816aba3e25717850c26c9cd0d89d")
        XCTAssertEqual(digest(.sha256, empty), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
        XCTAssertEqual(digest(.sha256, abc), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
    }

    func test_update_ofEveryCut_makesTheSameHash() {
        let message = (0..<130).map { UInt8(truncatingIfNeeded: $0 * 7) }
        for algorithm in RunningDigest.Algorithm.allCases {
            let whole = digest(algorithm, [message[...]])
            for cut in 0...message.count {
                XCTAssertEqual(digest(algorithm, [message[..<cut], message[cut...]]), whole, "\(algorithm), cut at \(cut)")
            }
            XCTAssertEqual(digest(algorithm, message.indices.map { message[$0...$0] }), whole, "\(algorithm), a byte at a time")
        }
    }

    func test_copy_goesOnByItself() {
        let ab = Array("ab".utf8), c = Array("c".utf8)
        for algorithm in RunningDigest.Algorithm.allCases {
            var first = RunningDigest(algorithm)
            ab.withUnsafeBytes { first.update($0) }
            var second = first
            c.withUnsafeBytes { second.update($0) }
            XCTAssertEqual(SignatureText.hexadecimal(first.finalize()), digest(algorithm, [ab[...]]))
            XCTAssertEqual(SignatureText.hexadecimal(second.finalize()), digest(algorithm, [ab[...], c[...]]))
        }
    }
}
