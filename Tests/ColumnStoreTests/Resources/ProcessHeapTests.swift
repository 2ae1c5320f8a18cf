import Foundation
import XCTest

@testable import ColumnStore

final class ProcessHeapTests: XCTestCase {
    private static let blockByteCount = 4_096
    private static let blockCount = 16_384

    /// 64 MiB in small blocks, freed below one that stays: the C library keeps them until it is asked to give them back.
    func test_giveBack_returnsWhatIsFreeBelowABlockInUse() throws {
        var blocks = (0..<Self.blockCount).map { _ -> UnsafeMutableRawPointer in
            let block = UnsafeMutableRawPointer.allocate(byteCount: Self.blockByteCount, alignment: 8)
            block.initializeMemory(as: UInt8.self, repeating: 1, count: Self.blockByteCount)
            return block
        }
        let last = try XCTUnwrap(blocks.popLast())
        defer { last.deallocate() }
        for block in blocks { block.deallocate() }
        let before = try Self.anonymousByteCount()
        ProcessHeap.giveBack()
        XCTAssertGreaterThan((before - (try Self.anonymousByteCount())) >> 20, 40, "MiB given back, of 64")
    }

    private static func anonymousByteCount() throws -> Int {
        let status = try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
        let line = try XCTUnwrap(status.split(separator: "\n").first { $0.hasPrefix("RssAnon:") })
        return try XCTUnwrap(line.split(whereSeparator: { $0 == " " || $0 == "\t" }).dropFirst().first.flatMap { Int($0) }) << 10
    }
}
