import TestSupport
import XCTest

@testable import Ingest

/// Goal: no page of a database file passes for what was written but the very page in its very place. Method: each bit turned, other places, pages never written.
final class PageSumTests: XCTestCase {
    private func isRight(_ page: [UInt8], _ number: Int64) -> Bool { page.withUnsafeBytes { PageSum.isRight($0, number: number) } }

    func test_sum_isOfEachBit_andOfThePagesPlace() {
        var random = SplitMix64(state: 77)
        var page = (0..<512).map { _ in UInt8.random(in: 0...255, using: &random) }
        page.withUnsafeMutableBytes { PageSum.store($0, number: 7) }
        XCTAssertTrue(isRight(page, 7))
        for number in [1, 6, 8, 7 + (1 << 32), 1 << 40] as [Int64] { XCTAssertFalse(isRight(page, number), "in the place of \(number)") }
        for bit in 0..<page.count * 8 {
            page[bit / 8] ^= 1 << UInt8(bit % 8)
            XCTAssertFalse(isRight(page, 7), "bit \(bit)")
            page[bit / 8] ^= 1 << UInt8(bit % 8)
        }
    }

    func test_pageThatWasNeverWritten_isRight_andOneThatWasCutOffIsNot() {
        var page = [UInt8](repeating: 0, count: 512)
        XCTAssertTrue(isRight(page, 3))
        page[100] = 1
        XCTAssertFalse(isRight(page, 3))
        page.withUnsafeMutableBytes { PageSum.store($0, number: 3) }
        XCTAssertTrue(isRight(page, 3))
        page.replaceSubrange(504..., with: [UInt8](repeating: 0, count: 8))
        XCTAssertFalse(isRight(page, 3), "its end was lost")
    }
}
