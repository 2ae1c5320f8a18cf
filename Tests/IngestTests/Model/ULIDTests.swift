import TestSupport
import XCTest

@testable import Documents
@testable import Ingest

final class ULIDTests: XCTestCase {
    func test_text_roundTrips_andKeepsTheOrder() throws {
        let generator = ULIDGenerator()
        var last = ULID(high: 0, low: 0)
        for step in 0..<2_000 {
            // A clock that stands, runs and goes back.
            let next = generator.next(milliseconds: 1_795_000_000_000 + Int64([0, 5, -400][step % 3]))
            XCTAssertGreaterThan(next, last)
            XCTAssertEqual(ULID(next.description), next)
            XCTAssertEqual(ULID(bytes: next.bytes), next)
            XCTAssertTrue(last.text.lexicographicallyPrecedes(next.text))
            last = next
        }
        XCTAssertEqual(ULID("01ARZ3NDEKTSV4RRFFQ69G5FAV")?.milliseconds, 1_469_922_850_259)
        XCTAssertEqual(ULID("01arz3ndektsv4rrffq69g5fav")?.description, "01ARZ3NDEKTSV4RRFFQ69G5FAV")
    }

    func test_text_isTheNumberInBase32() {
        let alphabet = Array("0123456789ABCDEFGHJKMNPQRSTVWXYZ".utf8)
        var random = SplitMix64(state: 0x1D)
        var numbers: [(UInt64, UInt64)] = (0..<200).map { _ in (random.next(), random.next()) }
        numbers += [(0, 0), (.max, .max), (0, .max), (.max, 0), (1, 1 << 63), (1 << 63, 1)]
        for (high, low) in numbers {
            var rest = UInt128(high) << 64 | UInt128(low)
            var digits: [UInt8] = []
            for _ in 0..<26 {
                digits.insert(alphabet[Int(rest % 32)], at: 0)
                rest /= 32
            }
            XCTAssertEqual(ULID(high: high, low: low).text, digits)
            XCTAssertEqual(ULID(high: high, low: low).description, String(decoding: digits, as: UTF8.self))
        }
    }

    func test_init_textThatIsNone_isNil() {
        for text in ["", "01ARZ3NDEKTSV4RRFFQ69G5FA", "81ARZ3NDEKTSV4RRFFQ69G5FAV", "01ARZ3NDEKTSV4RRFFQ69G5FAU", "01ARZ3NDEKTSV4RRFFQ69G5FAї"] {
            XCTAssertNil(ULID(text), text)
        }
    }
}
