@testable import ColumnStore
import XCTest

/// What is held, what more may be had, and what a batch takes along; and the scratch memory that lives by it.
final class DecodeBudgetTests: XCTestCase {
    func test_hold_everyStep_staysWithinTheMost() throws {
        for most in 0...3 {
            for first in 0...4 {
                for second in 0...4 {
                    let budget = DecodeBudget(byteCountMax: most)
                    let isFirst = (try? budget.hold(first)) != nil
                    XCTAssertEqual(isFirst, first <= most)
                    let held = isFirst ? first : 0
                    XCTAssertEqual((try? budget.require(second)) != nil, second <= most - held)
                    XCTAssertEqual((try? budget.holdForBatch(second)) != nil, second <= most - held)
                    budget.beginBatch()
                    XCTAssertEqual(budget.held, held)
                    budget.release(held)
                    XCTAssertEqual(budget.held, 0)
                }
            }
        }
        XCTAssertThrowsError(try DecodeBudget(byteCountMax: 1).require(.max))
    }

    func test_room_isAskedBeforeMoreIsHeld_andWhatItThrowsComesOut() throws {
        struct Refusal: Error {}
        var asked: [Int] = []
        try ReadingRoom.asking({ asked.append($0) }) { room in
            let budget = DecodeBudget(byteCountMax: 10 << 20, room: room)
            try budget.hold(1_000_000)
            try budget.hold(1)
            budget.release(1_000_001)
            try budget.hold(900_000)
        }
        XCTAssertEqual(asked.count, 1, "what was asked for once is there: \(asked)")
        XCTAssertGreaterThanOrEqual(asked.first ?? 0, 1_000_001)
        var refusedCount = 0
        XCTAssertThrowsError(
            try ReadingRoom.asking({ byteCount in
                guard byteCount > 300_000 else { return }
                refusedCount += 1
                throw Refusal()
            }) { room in
                let budget = DecodeBudget(byteCountMax: 1 << 20, room: room)
                try budget.hold(100_000)
                XCTAssertThrowsError(try budget.hold(400_000)) { XCTAssertTrue($0 is PageError) }
                XCTAssertEqual(budget.held, 100_000)
                try budget.require(400_000)
            }
        ) { XCTAssertTrue($0 is Refusal, "\($0)") }
        XCTAssertEqual(refusedCount, 2)
        // What the file's own bound refuses nobody is asked for.
        XCTAssertThrowsError(try ReadingRoom.asking({ XCTFail("\($0)") }) { try DecodeBudget(byteCountMax: 1, room: $0).hold(2) }) { XCTAssertTrue($0 is PageError) }
    }

    func test_share_ofSeveralCopies_isGivenBackWithTheLast() throws {
        let budget = DecodeBudget(byteCountMax: 100)
        var copies: [BudgetShare] = []
        do {
            let share = BudgetShare(of: budget)
            try share.hold(40)
            try share.hold(30)
            XCTAssertThrowsError(try share.hold(31))
            copies = [share, share]
        }
        XCTAssertEqual(budget.held, 70)
        copies.removeLast()
        XCTAssertEqual(copies.count, 1)
        XCTAssertEqual(budget.held, 70)
        copies = []
        XCTAssertEqual(budget.held, 0)
    }

    func test_scratch_growsOnceAndIsPadded() throws {
        let budget = DecodeBudget(byteCountMax: 1_000)
        do {
            let scratch = ScratchBytes(budget: budget)
            for byteCount in [0, 1, 100, 50, 200] {
                let memory = try scratch.reserve(byteCount)
                memory.initializeMemory(as: UInt8.self, repeating: 0xFF, count: byteCount)
                let padding = UnsafeRawBufferPointer(start: memory + byteCount, count: ByteRegion.paddingByteCount)
                XCTAssert(padding.allSatisfy { $0 == 0 })
            }
            XCTAssertEqual(budget.held, 200 + ByteRegion.paddingByteCount)
            XCTAssertThrowsError(try scratch.reserve(1_000))
        }
        XCTAssertEqual(budget.held, 0)
    }
}
