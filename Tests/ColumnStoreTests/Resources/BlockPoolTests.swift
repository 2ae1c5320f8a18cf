@testable import ColumnStore
import XCTest

/// Goal: memory that a reader leaves serves the next one, never two at a time, and never more of it is kept than allowed. Method: a pool of the
/// test's own, blocks told apart by their addresses.
final class BlockPoolTests: XCTestCase {
    private let least = BlockPool.blockByteCountMin

    func test_block_isTakenAgain_byWhoeverNeedsAboutAsMuch() {
        let pool = BlockPool(byteCountMax: 100 * least)
        let block = pool.take(4 * least + 1)
        XCTAssertGreaterThan(block.count, 4 * least)
        pool.give(block)
        XCTAssertEqual(pool.byteCount, block.count)
        // Too large for less than half, too small for more.
        let (small, large) = (pool.take(2 * least), pool.take(block.count + 1))
        XCTAssertNotEqual(small.baseAddress, block.baseAddress)
        XCTAssertNotEqual(large.baseAddress, block.baseAddress)
        let again = pool.take(4 * least)
        XCTAssertEqual(again.baseAddress, block.baseAddress)
        XCTAssertEqual(again.count, block.count)
        XCTAssertEqual(pool.byteCount, 0)
        let other = pool.take(4 * least)
        XCTAssertNotEqual(other.baseAddress, again.baseAddress, "one block has two owners")
        for each in [small, large, again, other] { pool.give(each) }
    }

    func test_bound_isKept_theOldestGo() {
        let pool = BlockPool(byteCountMax: 8 * least)
        let blocks = (0..<4).map { _ in pool.take(3 * least) }
        let newest = blocks[3].baseAddress
        for each in blocks {
            pool.give(each)
            XCTAssertLessThanOrEqual(pool.byteCount, 8 * least)
        }
        XCTAssertEqual(pool.byteCount, blocks[2].count + blocks[3].count)
        let taken = (0..<2).map { _ in pool.take(3 * least) }
        XCTAssertTrue(taken.contains { $0.baseAddress == newest })
        // What alone is more than half of the bound is not kept, nor what is small.
        pool.give(pool.take(5 * least))
        pool.give(pool.take(100))
        XCTAssertEqual(pool.byteCount, 0)
        for each in taken { each.deallocate() }
    }

    func test_array_ofABatchThatLives_isNotWrittenOver() throws {
        let pool = BlockPool(byteCountMax: 100 * least)
        let held = [UInt8](repeating: 7, count: 2 * least)
        pool.giveArray(held)
        var next = try XCTUnwrap(pool.takeArray(2 * least))
        XCTAssertTrue(next.isEmpty)
        XCTAssertGreaterThanOrEqual(next.capacity, 2 * least)
        next.append(contentsOf: repeatElement(8, count: 2 * least))
        XCTAssertEqual(held, [UInt8](repeating: 7, count: 2 * least))
        XCTAssertNil(pool.takeArray(2 * least))
    }

    func test_removeAll_keepsNothing() {
        let pool = BlockPool(byteCountMax: 100 * least)
        pool.give(pool.take(3 * least))
        pool.giveArray([UInt8](repeating: 0, count: 3 * least))
        XCTAssertGreaterThanOrEqual(pool.byteCount, 6 * least)
        pool.removeAll()
        XCTAssertEqual(pool.byteCount, 0)
        XCTAssertNil(pool.takeArray(3 * least))
    }
}
