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

    func test_take_whereThereIsNone_endsWithTheCallersTime() {
        let room = TransferRoom(byteCountMax: Self.most)
        XCTAssertEqual(room.takeNow(2), 2)
        XCTAssertNil(room.take(2, until: SteadyClock.nanoseconds()) { false })
        XCTAssertEqual(room.heldByteCount, 2)
        XCTAssertEqual(room.take(1, until: 0) { false }, 1, "what there is is given late, too")
    }

    /// The thread that takes receipts looks something up, and others' transfers have all of the room.
    func test_request_withoutRoomInItsTime_isUnavailable_whichSaysNothingOfTheBucket() throws {
        let transport = OutgoingClient(policy: nil)
        defer { transport.close() }
        var options = BucketOptions()
        options.trialMilliseconds = 3_600_000
        let endpoint = try BucketEndpoint(url: "s3://receipts/store", endpoint: "http://127.0.0.1:1", region: "eu-central-1", isPathStyle: true)
        let client = BucketClient(endpoint, region: "eu-central-1", credentials: CredentialChain([]), transport: transport, options: options)
        let all = try XCTUnwrap(client.room.takeNow(options.memoryByteCount))
        // Given up where it has no end.
        let looks = Monitor(0)
        let isCancelled: @Sendable () -> Bool = {
            looks.withLock { count in
                count += 1
                return count > 1_000
            }
        }
        XCTAssertThrowsError(try WaitScope.run(WaitScope(isCancelled: isCancelled, endsAt: SteadyClock.nanoseconds() + 50_000_000)) { try client.get("a", range: 0..<10) }) {
            XCTAssertEqual(($0 as? BucketFailure)?.kind, .unavailable, "\($0)")
            XCTAssertEqual(($0 as? BucketFailure)?.code, "TimedOut", "\($0)")
        }
        XCTAssertNil(client.health.outage)
        client.room.give(all)
    }
}
