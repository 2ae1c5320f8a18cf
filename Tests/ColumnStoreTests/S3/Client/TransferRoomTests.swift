import Dispatch
import XCTest

@testable import ColumnStore

/// Goal: no more is on its way than there is room for, and what is larger than all of it still comes. Method: every sequence of four wishes, against a sum.
final class TransferRoomTests: XCTestCase {
    private static let most = 3

    func test_takeNow_ofEverySequence_keepsToTheRoom() {
        for sequence in 0..<625 {
            let room = TransferRoom(byteCountMax: Self.most)
            var held = 0
            for turn in [1, 5, 25, 125] {
                let wish = sequence / turn % 5
                let taken = room.takeNow(wish)
                XCTAssertEqual(taken, wish <= Self.most - held ? wish : nil, "\(wish) beside \(held)")
                held += taken ?? 0
                XCTAssertEqual(room.heldByteCount, held)
            }
            room.give(held)
            XCTAssertEqual(room.heldByteCount, 0)
        }
    }

    func test_take_whereThereIsRoom_orNothingElse_isGivenAtOnce() {
        for held in 0...Self.most {
            for wish in 0...Self.most + 2 where held == 0 || wish <= Self.most - held {
                let room = TransferRoom(byteCountMax: Self.most)
                XCTAssertEqual(room.takeNow(held), held)
                XCTAssertEqual(room.take(wish) { false }, min(wish, Self.most), "\(wish) beside \(held)")
                XCTAssertEqual(room.heldByteCount, held + min(wish, Self.most))
            }
        }
    }

    func test_take_whereThereIsNone_waitsForRoom_orForWhoeverGivesUp() {
        let room = TransferRoom(byteCountMax: Self.most)
        XCTAssertEqual(room.takeNow(2), 2)
        var lookCount = 0
        XCTAssertNil(room.take(2) {
            lookCount += 1
            return lookCount > 2
        })
        XCTAssertEqual(room.heldByteCount, 2)
        lookCount = 0
        // Given back by the one who waits, at its second look.
        let taken = room.take(Self.most) {
            lookCount += 1
            if lookCount == 2 { DispatchQueue.global().async { room.give(2) } }
            return false
        }
        XCTAssertEqual(taken, Self.most)
        XCTAssertEqual(room.heldByteCount, Self.most)
    }
}
