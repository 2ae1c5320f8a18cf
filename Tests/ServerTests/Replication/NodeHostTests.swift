import Cluster
import ColumnStore
import Foundation
import Glibc
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

    /// A place that has nothing, and counts what it is asked.
    private final class NoObject: ObjectPlace {
        private struct Counts {
            var reads = 0
            var creations = 0
            /// Reads wait.
            var isHolding = false
            var isHeld = false
        }

        private let counts = Monitor(Counts())
        var reads: Int { counts.withLock { $0.reads } }
        var creations: Int { counts.withLock { $0.creations } }

        func read() throws -> (bytes: [UInt8], tag: String)? {
            counts.withLock { ($0.reads, $0.isHeld) = ($0.reads + 1, $0.isHolding) }
            _ = counts.wait(seconds: Patience.seconds) { $0.isHolding ? nil : () }
            return nil
        }

        /// Returns once one waits.
        func hold() -> Bool {
            holdNext()
            return Patience.until { counts.withLock { $0.isHeld } }
        }

        func holdNext() { counts.withLock { $0.isHolding = true } }
        func release() { counts.broadcast { ($0.isHolding, $0.isHeld) = (false, false) } }

        func create(_ bytes: [UInt8]) throws -> Bool {
            counts.withLock { $0.creations += 1 }
            return true
        }

        func swap(_ bytes: [UInt8], ifStill tag: String) throws -> Bool { false }
    }

    /// The object was lost, and then a machine was replaced, whose peer leads on. That one still has its connection to the machine that is gone; its next try stands still for seconds where
    /// nobody answers yet, and it pauses then.
    func test_emptyNode_foundsNothing_beforeAPeerThatIsThereHasHadTheTimeToCome() throws {
        XCTAssertGreaterThanOrEqual(NodeHost.meetingMilliseconds, 17_000)
        let log = Log(format: .json, level: .error)
        for hasPeer in [true, false] {
            let (place, time) = (NoObject(), Monitor(0))
            let own = "\(folder.path)/\(hasPeer)"
            try DataDirectory.makeDirectories(own)
            let door = try PeerDoor(.init(host: "127.0.0.1", port: 0), name: "a", peers: ["b"], log: log)
            let (nobody, port) = try ListeningSocket.open(host: "127.0.0.1", port: 0)
            close(nobody)
            let host = NodeHost(
                Cluster.Settings(name: "a", peers: ["b"], hasBucket: false), checkpoint: try StoreCheckpoint(try RecordFile.open(own).file, folder: own, keptByteCount: 1 << 30, log: log),
                links: ["b": PeerLink(to: "b", .init(host: "127.0.0.1", port: port), log: log)], door: door, object: ObjectCalls(place, slots: nil, log: log),
                slots: SlotCalls(nil, object: place, log: log), meetingClock: { time.withLock { $0 } }, log: log)
            let peer = PeerLink(to: "a", .init(host: "127.0.0.1", port: door.port), log: log)
            host.start(url: "http://127.0.0.1:1", door: "http://127.0.0.1:1")
            defer {
                peer.stop()
                host.stop()
            }
            // With the third question the answers to two before it are known.
            func looks() -> Bool {
                let before = place.reads
                return Patience.until { place.reads >= before + 3 }
            }
            time.withLock { $0 = NodeHost.meetingMilliseconds - 1 }
            XCTAssertTrue(looks())
            XCTAssertEqual(place.creations, 0)
            // Its place has answered: nobody is to look after that.
            XCTAssertNil(host.standing.withLock { $0.obstacle })
            XCTAssertTrue(place.hold())
            if hasPeer {
                peer.start { PeerDoor.Greeting(from: "b", to: "a", url: "http://127.0.0.1:1", door: "http://127.0.0.1:1", store: StoreIdentity(String(repeating: "5", count: 32))).bytes }
                XCTAssertTrue(Patience.until { host.store(of: "b") != nil })
            }
            time.withLock { $0 = NodeHost.meetingMilliseconds }
            // Nor for the next moment, while it is asked anew. With the second of two turns the first has been published.
            for _ in 0..<2 {
                let isAnswered = Monitor(false)
                host.prove { _ in isAnswered.withLock { $0 = true } }
                XCTAssertTrue(Patience.until { isAnswered.withLock { $0 } })
            }
            XCTAssertNil(host.standing.withLock { $0.obstacle })
            // Then it is one that gives no answer.
            time.withLock { $0 += Times().standbyLost + Times().look }
            XCTAssertTrue(Patience.until { host.standing.withLock { $0.obstacle } == .objectUnread })
            place.release()
            if hasPeer {
                XCTAssertTrue(looks())
                XCTAssertTrue(Patience.until { host.standing.withLock { $0.obstacle } == .objectGone })
            }
            XCTAssertTrue(Patience.until { hasPeer || place.creations > 0 })
            XCTAssertEqual(place.creations > 0, !hasPeer)
        }
    }

    /// It is no peer that is waited for.
    func test_emptyNode_whosePlaceGivesNoAnswer_saysSo_fromTheStart() throws {
        let log = Log(format: .json, level: .error)
        let place = NoObject()
        let own = "\(folder.path)/hanging"
        try DataDirectory.makeDirectories(own)
        let (nobody, port) = try ListeningSocket.open(host: "127.0.0.1", port: 0)
        close(nobody)
        let host = NodeHost(
            Cluster.Settings(name: "a", peers: ["b"], hasBucket: false), checkpoint: try StoreCheckpoint(try RecordFile.open(own).file, folder: own, keptByteCount: 1 << 30, log: log),
            links: ["b": PeerLink(to: "b", .init(host: "127.0.0.1", port: port), log: log)], door: try PeerDoor(.init(host: "127.0.0.1", port: 0), name: "a", peers: ["b"], log: log),
            object: ObjectCalls(place, slots: nil, log: log), slots: SlotCalls(nil, object: place, log: log), meetingClock: { 0 }, log: log)
        place.holdNext()
        host.start(url: "http://127.0.0.1:1", door: "http://127.0.0.1:1")
        defer {
            place.release()
            host.stop()
        }
        XCTAssertTrue(Patience.until { host.standing.withLock { $0.obstacle } == .objectUnread })
    }

    /// The store of a node that leads, as that sees it.
    private final class LedStore: ReplicaObserver {
        struct Seen: Sendable {
            var isUnderWay: Bool
            var committed: Int
        }

        /// What was so from within each acknowledgement.
        let seen = Monitor<[Seen]>([])
        let isBusy = Monitor(false)
        private let host: NodeHost

        init(_ host: NodeHost) { self.host = host }

        func acknowledged(through token: Int) {
            let now = Seen(isUnderWay: host.isUnderWay, committed: host.standing.withLock { $0.committed.sequence })
            seen.withLock { $0.append(now) }
        }

        func ended(_ reason: String) {}
        var isUnderWay: Bool { isBusy.withLock { $0 } }
    }

    /// Else the archive would say up to when it tells all, and lack what was acknowledged before that.
    func test_commitIsUnderWay_untilCommittedHasIt_andNobodyKnowsWhileNoStoreIsOpen() throws {
        let log = Log(format: .json, level: .error)
        let (place, time) = (ObjectFile(folder: "\(folder.path)/object"), Monitor(0))
        let own = "\(folder.path)/led"
        try DataDirectory.makeDirectories(own)
        let (nobody, port) = try ListeningSocket.open(host: "127.0.0.1", port: 0)
        close(nobody)
        var settings = Cluster.Settings(name: "a", peers: ["b"], hasBucket: false, degrades: true)
        // However slow the machine is.
        settings.times.proof = 3_600_000
        let host = NodeHost(
            settings, checkpoint: try StoreCheckpoint(try RecordFile.open(own).file, folder: own, keptByteCount: 1 << 30, log: log),
            links: ["b": PeerLink(to: "b", .init(host: "127.0.0.1", port: port), log: log)], door: try PeerDoor(.init(host: "127.0.0.1", port: 0), name: "a", peers: ["b"], log: log),
            object: ObjectCalls(place, slots: nil, log: log), slots: SlotCalls(nil, object: place, log: log), meetingClock: { time.withLock { $0 } }, log: log)
        host.start(url: "http://127.0.0.1:1", door: "http://127.0.0.1:1")
        defer { host.stop() }
        time.withLock { $0 = NodeHost.meetingMilliseconds }
        XCTAssertTrue(Patience.until { host.standing.withLock { $0.isServing } })
        XCTAssertTrue(host.isUnderWay)

        let store = LedStore(host)
        host.begin(store)
        XCTAssertFalse(host.isUnderWay)
        store.isBusy.withLock { $0 = true }
        XCTAssertTrue(host.isUnderWay)
        store.isBusy.withLock { $0 = false }
        for token in 1...10 {
            host.submit(token, [7])
            XCTAssertTrue(Patience.until { store.seen.withLock { $0.count == token } })
            XCTAssertTrue(Patience.until { !host.isUnderWay })
            // Asked behind that, as the archive does.
            let committed = host.standing.withLock { $0.committed.sequence }
            let seen = try XCTUnwrap(store.seen.withLock { $0.last })
            XCTAssertTrue(seen.isUnderWay)
            XCTAssertEqual(committed, seen.committed + 1)
        }
        host.ended(isWhole: false)
        XCTAssertTrue(host.isUnderWay)
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
