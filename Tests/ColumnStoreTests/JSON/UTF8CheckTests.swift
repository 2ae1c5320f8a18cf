import ColumnStore
import XCTest

/// Every sequence of up to two bytes, and of the edges of each byte up to four, against the standard library.
final class UTF8CheckTests: XCTestCase {
    private func check(_ bytes: [UInt8]) {
        let fault = bytes.withUnsafeBufferPointer { UTF8Check.firstFault(in: $0) }
        XCTAssertEqual(fault == nil, String(validating: bytes, as: UTF8.self) != nil, "\(bytes)")
        if let fault {
            XCTAssertNotNil(String(validating: bytes[..<fault], as: UTF8.self), "\(bytes) up to \(fault)")
        }
    }

    func test_firstFault_everyPairOfBytes_agrees() {
        check([])
        for first in UInt8.min...UInt8.max {
            check([first])
            for second in UInt8.min...UInt8.max { check([first, second]) }
        }
    }

    func test_firstFault_edgesOfLongerSequences_agree() {
        let edges: [UInt8] = [0x00, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0, 0xC2, 0xDF, 0xE0, 0xED, 0xEF, 0xF0, 0xF4, 0xF5, 0xFF]
        for first in edges {
            for second in edges {
                for third in edges {
                    check([first, second, third])
                    for fourth in edges { check([first, second, third, fourth]) }
                }
            }
        }
    }
}
