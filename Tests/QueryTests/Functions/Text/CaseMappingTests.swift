import ColumnStore
import TestSupport
import XCTest

@testable import Query

final class CaseMappingTests: XCTestCase {
    private func check(_ texts: [[UInt8]], line: UInt = #line) {
        var arrays = ByteArrays()
        for text in texts { arrays.append(text) }
        let lowered = CaseMapping.lowered(arrays)
        XCTAssertEqual(lowered.count, texts.count, line: line)
        for (index, text) in texts.enumerated() {
            var expected: [UInt8] = []
            CaseMapping.appendLower(text, to: &expected)
            XCTAssertEqual(Array(lowered[index]), expected, "\(text)", line: line)
        }
    }

    func test_lowered_everyScalar_isAsOneByOne() {
        check((UInt32(0)...0x1_FFFF).compactMap { Unicode.Scalar($0).map { Array(String(Character($0)).utf8) } })
        check(["КАВА Ґанок ЇЖАК Éclair ẞtraße ȺȾ İI ΑΒΓ", "", "ȺȺȺȺȺ", "Ⱥ"].map { Array($0.utf8) })
    }

    func test_lowered_bytesThatAreNoText_doNoHarm() {
        var random = SplitMix64(state: 0xCA5E)
        check((0..<2_000).map { count in (0..<count % 9).map { _ in UInt8.random(in: 0x60...0xFF, using: &random) } })
        check([[0xC8], [0xC8, 0x41], [0xE0], [0xE0, 0x88], [0xF0, 0x88, 0x88], [0x80, 0xBF], [0xC0, 0x80]])
    }
}
