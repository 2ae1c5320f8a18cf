import XCTest

@testable import ColumnStore

/// Goal: a part of a file is a file of its own, past whose ends nothing is read. Method: every part of a file of six bytes, and every range of it and beyond.
final class BytesWithinTests: XCTestCase {
    func test_read_ofEveryRangeOfEveryPart_isThatOfTheFile_andNothingBeyondThePart() throws {
        let bytes: [UInt8] = [10, 11, 12, 13, 14, 15]
        let file = MemoryBytes(bytes, name: "file")
        for lower in 0...bytes.count {
            for upper in lower...bytes.count {
                let part = BytesWithin(file, Int64(lower)..<Int64(upper))
                XCTAssertEqual(part.byteCount, Int64(upper - lower))
                XCTAssertEqual(part.name, "file")
                for offset in -2...7 {
                    for count in 1...7 {
                        var target = [UInt8](repeating: 0, count: count)
                        let what = "\(count) bytes at \(offset) of \(lower)..<\(upper)"
                        if offset >= 0, offset + count <= upper - lower {
                            try target.withUnsafeMutableBytes { try part.read(at: Int64(offset), into: $0) }
                            XCTAssertEqual(target, Array(bytes[lower + offset..<lower + offset + count]), what)
                        } else {
                            XCTAssertThrowsError(try target.withUnsafeMutableBytes { try part.read(at: Int64(offset), into: $0) }, what) {
                                XCTAssertEqual(($0 as? ColumnStoreError)?.code, .corruptFile, what)
                            }
                        }
                    }
                }
                XCTAssertThrowsError(try part.region(at: .max, count: .max))
                XCTAssertThrowsError(try part.keepAtHand(0..<Int64(upper - lower) + 1))
            }
        }
    }
}
