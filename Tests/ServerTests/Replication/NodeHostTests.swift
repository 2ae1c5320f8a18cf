import Cluster
import ColumnStore
import Foundation
import Ingest
import TestSupport
import XCTest

@testable import Server

/// Goal: a node ends in its time, whatever its peer does. Method: a node beside a peer's door, which says what it likes.
final class NodeHostTests: XCTestCase {
    private var folder = URL(fileURLWithPath: "/")

    override func setUpWithError() throws { folder = try Project.temporaryFolder("till-host") }
    override func tearDown() { try? FileManager.default.removeItem(at: folder) }

    /// - Parameter body: given a node whose own checkpoint is damaged, and whether its peer was asked for that one's, which may come yet, as the peer says again and again.
    private func withNode(_ body: (NodeHost, _ isAsked: Monitor<Bool>) throws -> Void) throws {
        let log = Log(format: .json, level: .error)
        let own = folder.path + "/cluster"
        try DataDirectory.makeDirectories(own)
        let (file, _) = try RecordFile.open(own)
        // Records begin behind a checkpoint that is not there.
        let record = Record(after: .start, epoch: 1, kind: .noop, level: 1, body: [])
        var history = History()
        history.append(record)
        try file.begin(try XCTUnwrap(Beginning(mark: record.mark, history: history)))

        let (isAsked, isOver) = (Monitor(false), Monitor(false))
        let peer = try PeerDoor(.init(host: "127.0.0.1", port: 0), name: "b", peers: ["a"], log: log)
        peer.start(greeted: { _ in }, differs: { _, _ in }, doubled: { _, _ in }, take: { _, _ in }, give: { _, socket in
            isAsked.withLock { $0 = true }
            while !isOver.withLock({ $0 }), socket.send(PeerDoor.frame(CheckpointFrame.wait.bytes)[...]) { usleep(20_000) }
        })
        defer {
            isOver.withLock { $0 = true }
            peer.stop()
        }
        let checkpoint = try StoreCheckpoint(file, folder: own, keptByteCount: 1 << 30, log: log)
        let place = ObjectFile(folder: folder.path + "/object")
        let host = NodeHost(
            Cluster.Settings(name: "a", peers: ["b"], hasBucket: false), checkpoint: checkpoint, links: ["b": PeerLink(to: "b", .init(host: "127.0.0.1", port: peer.port), log: log)],
            door: try PeerDoor(.init(host: "127.0.0.1", port: 0), name: "a", peers: ["b"], log: log), object: ObjectCalls(place, slots: nil, log: log),
            slots: SlotCalls(nil, object: place, log: log), log: log)
        try body(host, isAsked)
    }

    func test_stop_whileThePeersCheckpointIsWaitedFor_ends() throws {
        try withNode { host, isAsked in
            let hasEnded = Monitor(false)
            host.start(url: "http://127.0.0.1:1", door: "http://127.0.0.1:1")
            XCTAssertTrue(Patience.until { isAsked.withLock { $0 } })

            WorkerThread(name: "test-stop", isDetached: true) {
                host.stop()
                hasEnded.withLock { $0 = true }
            }
            XCTAssertTrue(Patience.until { hasEnded.withLock { $0 } })
        }
    }

    /// Before the node is one of its cluster nobody stops it: it looks for itself whether it is to end.
    func test_startThatWaitsForThePeersCheckpoint_hearsThatItIsToEnd() throws {
        try withNode { host, isAsked in
            let (isStopping, reason) = (Monitor(false), Monitor<String?>(nil))
            let timers = Timers()
            WorkerThread(name: "test-mend", isDetached: true) {
                let found = host.mendCheckpoint(mayDrop: true, timers: timers, unless: { isStopping.withLock { $0 } })
                reason.withLock { $0 = found ?? "none" }
            }
            XCTAssertTrue(Patience.until { isAsked.withLock { $0 } })
            XCTAssertNil(reason.withLock { $0 })
            isStopping.withLock { $0 = true }
            XCTAssertTrue(Patience.until { reason.withLock { $0 } != nil })
        }
    }
}
