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

    func test_init_textThatIsNone_isNil() {
        for text in ["", "01ARZ3NDEKTSV4RRFFQ69G5FA", "81ARZ3NDEKTSV4RRFFQ69G5FAV", "01ARZ3NDEKTSV4RRFFQ69G5FAU", "01ARZ3NDEKTSV4RRFFQ69G5FAї"] {
            XCTAssertNil(ULID(text), text)
        }
    }
}
