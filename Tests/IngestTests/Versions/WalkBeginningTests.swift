import XCTest

@testable import Ingest

/// Goal: a cursor carries where its walk began, and those of earlier programs, which had a sequence alone, go on. Method: fields of either length, and of others.
final class WalkBeginningTests: XCTestCase {
    func test_bytes_giveTheBeginningAgain_andASequenceAloneIsOne() {
        for beginning in [WalkBeginning(sequence: 7, instant: 1_795_000_000_000_000), WalkBeginning(sequence: .max, instant: nil), WalkBeginning(sequence: 0, instant: .min)] {
            XCTAssertEqual(WalkBeginning(bytes: beginning.bytes), beginning)
        }
        XCTAssertEqual(WalkBeginning(bytes: [0, 0, 0, 0, 0, 0, 1, 2]), WalkBeginning(sequence: 258, instant: nil))
        for count in [0, 7, 9, 15, 17, 24] { XCTAssertNil(WalkBeginning(bytes: [UInt8](repeating: 1, count: count)), "\(count)") }
    }
}
