import XCTest

@testable import ColumnStore

/// Goal: bytes that lie apart are put together in their places. Method: pages of every width up to eight and up to seven values, and every range of those.
final class ByteStreamSplitTests: XCTestCase {
    func test_join_ofEveryWidthAndRange_isTheValues() {
        for width in 1...8 {
            for stride in 1...7 {
                let values = (0..<stride * width).map { UInt8($0 + 1) }
                // Byte k of value i at k × stride + i.
                let page = (0..<width).flatMap { byte in (0..<stride).map { values[$0 * width + byte] } }
                for first in 0..<stride {
                    for count in 0...(stride - first) { check(page, values, width: width, stride: stride, first: first, count: count) }
                }
            }
        }
    }

    private func check(_ page: [UInt8], _ values: [UInt8], width: Int, stride: Int, first: Int, count: Int) {
        let wanted = Array(values[first * width..<(first + count) * width])
        let place = "\(count) values of \(width) bytes from \(first) of \(stride)"
        page.withUnsafeBytes { source in
            guard let base = source.baseAddress else { return XCTFail("a page without bytes") }
            var joined = [UInt8](repeating: 0, count: count * width + 1)
            joined.withUnsafeMutableBufferPointer { target in
                if let target = target.baseAddress { ByteStreamSplit.join(base, stride: stride, first: first, count: count, width: width, into: target) }
            }
            XCTAssertEqual(joined, wanted + [0], place)
            if width == 4 {
                var numbers = [UInt32](repeating: 7, count: count + 1)
                numbers.withUnsafeMutableBufferPointer { if let target = $0.baseAddress { ByteStreamSplit.join32(base, stride: stride, first: first, count: count, into: target) } }
                XCTAssertEqual(numbers.dropLast().flatMap { number in withUnsafeBytes(of: number) { Array($0) } }, wanted, place)
                XCTAssertEqual(numbers.last, 7, place)
            }
            if width == 8 {
                var numbers = [UInt64](repeating: 7, count: count + 1)
                numbers.withUnsafeMutableBufferPointer { if let target = $0.baseAddress { ByteStreamSplit.join64(base, stride: stride, first: first, count: count, into: target) } }
                XCTAssertEqual(numbers.dropLast().flatMap { number in withUnsafeBytes(of: number) { Array($0) } }, wanted, place)
                XCTAssertEqual(numbers.last, 7, place)
            }
        }
    }
}
