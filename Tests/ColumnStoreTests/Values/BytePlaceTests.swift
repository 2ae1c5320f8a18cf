import ColumnStore
import XCTest

/// Goal: the first place is found, at the text's ends too. Method: every text of two letters up to eight bytes, every part up to four, against a search by comparing.
final class BytePlaceTests: XCTestCase {
    private func texts(_ lengths: ClosedRange<Int>) -> [[UInt8]] {
        lengths.flatMap { length in (0..<(1 << length)).map { number in (0..<length).map { number >> $0 & 1 == 0 ? 0x61 : 0x62 } } }
    }

    func test_first_ofEveryShortText_isTheFirstPlace() {
        let parts = texts(1...4)
        for text in texts(0...8) {
            for part in parts {
                let found = text.withUnsafeBufferPointer { text in part.withUnsafeBufferPointer { BytePlace.first(of: $0, in: text) } }
                let places = 0..<max(0, text.count - part.count + 1)
                if found != places.first(where: { text[$0..<$0 + part.count].elementsEqual(part) }) { XCTFail("\(part) in \(text) at \(String(describing: found))") }
            }
        }
    }
}
