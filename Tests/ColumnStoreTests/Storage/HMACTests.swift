import ColumnStore
import XCTest

/// Against the test cases of RFC 4231.
final class HMACTests: XCTestCase {
    func test_authenticate_casesOfRFC4231_giveTheirCodes() {
        let cases: [(key: [UInt8], message: [UInt8], code: String)] = [
            (Array(repeating: 0x0b, count: 20), Array("Hi There".utf8), "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"),
            (Array("Jefe".utf8), Array("what do ya want for nothing?".utf8), "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"),
            (Array(repeating: 0xaa, count: 131), Array("Test Using Larger Than Block-Size Key - Hash Key First".utf8), "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"),
        ]
        for (key, message, code) in cases {
            let given = HMACSHA256.authenticate(message, key: key).map { String(format: "%02x", $0) }.joined()
            XCTAssertEqual(given, code)
        }
    }

    func test_areEqual_anyBitChanged_isFalse() {
        let code = HMACSHA256.authenticate([1, 2, 3], key: [4])
        XCTAssertTrue(HMACSHA256.areEqual(code, code))
        for bit in 0..<256 {
            var other = code
            other[bit / 8] ^= 1 << UInt8(bit % 8)
            XCTAssertFalse(HMACSHA256.areEqual(code, other), "bit \(bit)")
        }
        XCTAssertFalse(HMACSHA256.areEqual(code, Array(code.dropLast())))
    }
}
