import Cluster
import Foundation
import TestSupport
import XCTest

@testable import Server

/// Goal: a peer that lives, and whose checkpoint does not come, does not keep a node from asking again. Method: the other end of a connection, which says what it likes.
final class CheckpointTakerTests: XCTestCase {
    private var folder = URL(fileURLWithPath: "/")

    override func setUpWithError() throws { folder = try Project.temporaryFolder("till-taker") }
    override func tearDown() { try? FileManager.default.removeItem(at: folder) }

    private func pair() throws -> (own: MemberSocket, peer: MemberSocket) {
        var descriptors: [Int32] = [-1, -1]
        XCTAssertEqual(socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &descriptors), 0)
        return (MemberSocket(descriptors[0], tls: nil), MemberSocket(descriptors[1], tls: nil))
    }

    /// What comes of asking a peer that has said that, and stays.
    private func asked(_ taker: CheckpointTaker, _ said: [CheckpointFrame]) throws -> String? {
        let (own, peer) = try pair()
        return withExtendedLifetime(peer) {
            for frame in said { XCTAssertTrue(peer.send(PeerDoor.frame(frame.bytes)[...])) }
            return taker.mend(from: "b", greeting: [1, 2, 3], connect: { own }, mayDrop: false)
        }
    }

    /// It lives, as it says: so it may say indefinitely.
    func test_peerThatHasOneWait_hasItsTime() throws {
        let (file, _) = try RecordFile.open(folder.path)
        let log = Log(format: .json, level: .error)
        let checkpoint = try StoreCheckpoint(file, folder: folder.path, keptByteCount: 1 << 30, log: log)
        let hasty = CheckpointTaker(checkpoint, waitSeconds: 0, log: log)
        for _ in 0..<2 { XCTAssertEqual(try asked(hasty, [.wait]), "it did not come in the time that it has", "and it is asked again") }
        // What it refuses in time it has refused.
        XCTAssertEqual(try asked(CheckpointTaker(checkpoint, log: log), [.wait, .refusal("it has none")]), "it has none")
    }
}
