import Cluster
import ColumnStore
import Foundation
import Synchronization
import TestSupport
import XCTest

@testable import Ingest
@testable import Server

/// Goal: what a later version, or a process that was killed, has left in a standby's files ends no start, and is not taken for what the records say. Method: a node with such records and files, and nobody beside it.
final class StandbyStoreTests: XCTestCase {
    private var folder = URL(fileURLWithPath: "/")

    override func setUpWithError() throws { folder = try Project.temporaryFolder("till-standby") }
    override func tearDown() { try? FileManager.default.removeItem(at: folder) }

    /// The files are to be made anew, and the checkpoint of which they would be was being brought through that record as a process ended: each start came upon it, and ended.
    func test_checkpointThatEndsBeforeARecordOfALaterVersion_leavesANodeThatKeepsRecords_andSaysWhy() throws {
        let (data, log) = (folder.path + "/DATA", Log(format: .json, level: .error))
        let own = "\(data)/\(ReplicaStore.folder)"
        try DataDirectory.makeDirectories(own)
        let (file, _) = try RecordFile.open(own)
        let bodies: [(Record.Kind, [UInt8])] = [(.noop, []), (.rows, [9]), (.noop, [])]
        for (kind, body) in bodies { try file.append([Record(after: file.tail, epoch: 1, kind: kind, level: 1, body: body)]) }
        try file.sync()
        let begun = try ReplicaStore(directory: "\(own)/\(StoreCheckpoint.name)", isDurable: true)
        try begun.clear()
        try begun.apply(try XCTUnwrap(try file.read(from: 1, count: 1).first))
        try begun.settle()
        try begun.announce(through: 3)

        let (host, store) = try node(file, data, log)
        defer { host.stop() }
        XCTAssertTrue(Patience.until { host.standing.withLock { $0.later }?.contains("record 2 is of a later version") == true }, "\(host.standing.withLock { $0 })")
        XCTAssertEqual(try store.follow { true }, "stopped")
        XCTAssertEqual(file.tail.sequence, 3)
        // What that version goes on with.
        XCTAssertEqual(try ReplicaStore(directory: "\(own)/\(StoreCheckpoint.name)", isDurable: true).pending, 3)
    }

    /// It runs, and asks nobody.
    private func node(_ file: RecordFile, _ data: String, _ log: Log) throws -> (NodeHost, StandbyStore) {
        let checkpoint = try StoreCheckpoint(file, folder: "\(data)/\(ReplicaStore.folder)", keptByteCount: 1 << 30, log: log)
        let place = ObjectFile(folder: folder.path + "/object")
        let host = NodeHost(
            Cluster.Settings(name: "a", peers: ["b"], hasBucket: false), checkpoint: checkpoint, links: [:],
            door: try PeerDoor(.init(host: "127.0.0.1", port: 0), name: "a", peers: ["b"], log: log), object: ObjectCalls(place, slots: nil, log: log),
            slots: SlotCalls(nil, object: place, log: log), log: log)
        let copies = StandbyCopies(directory: data, storages: LocalStorageFactory(), quarantineDays: 30, log: log)
        let store = try StandbyStore(host, checkpoint, directory: data, warehouse: nil, copies: copies, days: StandbyDays(directory: data), room: DiskRoom(path: data, leastBytes: 0), log: log)
        host.start(url: "http://127.0.0.1:1", door: "http://127.0.0.1:1")
        return (host, store)
    }

    /// A person has had the other machine found the cluster, which had less: some of this one's files tell records that are nobody's any more, though all of them together end before.
    /// It goes on to as many records as there were, or this process ends before it has heard of it.
    func test_filesOfWhichSomeTellRecordsThatWereDropped_areMadeAnew() throws {
        for goesOn in [true, false] {
            let (data, log) = (folder.path + "/\(goesOn)", Log(format: .json, level: .error))
            let own = "\(data)/\(ReplicaStore.folder)"
            try DataDirectory.makeDirectories(own)
            func keptFile() throws -> RecordFile {
                let (file, _) = try RecordFile.open(own)
                for _ in 0..<3 { try file.append([Record(after: file.tail, epoch: 1, kind: .noop, level: 1, body: [])]) }
                try file.sync()
                let killed = try ReplicaStore(directory: data)
                try killed.clear()
                try killed.apply(try XCTUnwrap(try file.read(from: 1, count: 1).first))
                try killed.settle()
                try killed.announce(through: 3)
                try file.cut(to: 2)
                if goesOn { try file.append([Record(after: file.tail, epoch: 2, kind: .noop, level: 1, body: [])]) }
                try file.sync()
                return file
            }
            func openedAgain() throws -> RecordFile {
                _ = try keptFile()
                return try RecordFile.open(own).0
            }
            let file = goesOn ? try keptFile() : try openedAgain()

            let (host, store) = try node(file, data, log)
            defer { host.stop() }
            let count = Mutex(0)
            XCTAssertEqual(try store.follow { count.withLock { $0 += 1; return $0 > 1 } }, "stopped")
            let left = try ReplicaStore(directory: data)
            XCTAssertNil(left.pending, "goes on: \(goesOn)")
            XCTAssertEqual(left.position?.sequence, 0, "goes on: \(goesOn)")
        }
    }
}
