import Cluster
import ColumnStore
import Foundation
import TestSupport
import XCTest

@testable import Ingest
@testable import Server

/// Goal: a node's checkpoint goes on though little has come, where it is wanted, and tells when it has. Method: records that change nothing, far fewer than what it waits for.
final class StoreCheckpointTests: XCTestCase {
    private var folder = URL(fileURLWithPath: "/")

    override func setUpWithError() throws { folder = try Project.temporaryFolder("till-checkpoint") }
    override func tearDown() { try? FileManager.default.removeItem(at: folder) }

    func test_wantedOne_goesOn_thoughLessHasComeThanItWaitsFor() throws {
        let (file, _) = try RecordFile.open(folder.path)
        var records: [Record] = []
        for number in 0..<10 { records.append(Record(after: records.last?.mark ?? .start, epoch: 1, kind: .noop, level: 1, body: [UInt8(number)])) }
        try file.append(records)
        try file.sync()
        let checkpoint = try StoreCheckpoint(file, folder: folder.path, keptByteCount: 1 << 30, log: Log(format: .json, level: .error))
        let committed = Monitor(8)
        checkpoint.start(committed: { committed.withLock { $0 } }, drop: { _, _ in }, mend: { nil })
        defer { checkpoint.stop() }
        XCTAssertFalse(checkpoint.bring(through: 7))
        XCTAssertTrue(Patience.until { checkpoint.bring(through: 7) })
        XCTAssertEqual(checkpoint.report.record, 8)
        XCTAssertNil(checkpoint.report.fault)
        // Of one that counts later the checkpoint is asked again.
        committed.withLock { $0 = 10 }
        XCTAssertFalse(checkpoint.bring(through: 10))
        XCTAssertTrue(Patience.until { checkpoint.bring(through: 10) })
        XCTAssertEqual(checkpoint.report.record, 10)
    }

    /// A sync that fails is not tried again on the same files, since the next one says nothing of what the first has lost; and one that fails later in the same process is no other.
    func test_oneOfWhichASyncFailed_isMadeAgainOfTheRecords_eachTime() throws {
        let (file, _) = try RecordFile.open(folder.path)
        func append(_ body: [UInt8], _ kind: Record.Kind) throws {
            try file.append([Record(after: file.tail, epoch: 1, kind: kind, level: 1, body: body)])
            try file.sync()
        }
        try append([], .noop)
        let checkpoint = try StoreCheckpoint(file, folder: folder.path, keptByteCount: 1 << 30, anewSeconds: 0, log: Log(format: .json, level: .error))
        checkpoint.start(committed: { file.tail.sequence }, drop: { _, _ in }, mend: { "nobody is asked" })
        defer { checkpoint.stop() }
        XCTAssertTrue(Patience.until { checkpoint.bring(through: 1) })
        XCTAssertEqual(checkpoint.report.record, 1)
        for number in 2...3 {
            // What is written there goes nowhere, and no sync of it succeeds. It is away with the checkpoint's other files.
            let upload = folder.appendingPathComponent("checkpoint/uploads/u\(number)")
            try FileManager.default.createDirectory(at: upload.deletingLastPathComponent(), withIntermediateDirectories: true)
            try FileManager.default.createSymbolicLink(atPath: upload.path, withDestinationPath: "/dev/null")
            try append(ReplicaBody.file(name: "uploads/u\(number)", offset: 0, bytes: [], isLast: true).bytes, .rows)
            XCTAssertTrue(Patience.until { checkpoint.bring(through: number) && checkpoint.report.record == number }, "\(number)")
            XCTAssertNil(checkpoint.report.fault)
            var status = stat()
            XCTAssertEqual(lstat(upload.path, &status), 0)
            XCTAssertEqual(status.st_mode & S_IFMT, S_IFREG)
        }
    }

    /// Some of its files tell what a crash has taken from the records' end: what comes with those numbers may be other records.
    func test_oneThatTellsMoreThanTheRecords_isMadeAnew() throws {
        let (file, _) = try RecordFile.open(folder.path)
        for number in 0..<3 { try file.append([Record(after: file.tail, epoch: 1, kind: .noop, level: 1, body: [UInt8(number)])]) }
        try file.sync()
        let before = try ReplicaStore(directory: "\(folder.path)/\(StoreCheckpoint.name)", isDurable: true)
        try before.clear()
        try before.announce(through: 20)
        let checkpoint = try StoreCheckpoint(file, folder: folder.path, keptByteCount: 1 << 30, anewSeconds: 0, log: Log(format: .json, level: .error))
        checkpoint.start(committed: { file.tail.sequence }, drop: { _, _ in }, mend: { "nobody is asked" })
        defer { checkpoint.stop() }
        XCTAssertTrue(Patience.until { checkpoint.bring(through: 3) && checkpoint.report.record == 3 })
        XCTAssertNil(checkpoint.report.fault)
    }

    /// One of three records that change nothing, with a database beside them.
    private func whole() throws -> StoreCheckpoint {
        let (file, _) = try RecordFile.open(folder.path)
        for number in 0..<3 { try file.append([Record(after: file.tail, epoch: 1, kind: .noop, level: 1, body: [UInt8(number)])]) }
        try file.sync()
        let checkpoint = try StoreCheckpoint(file, folder: folder.path, keptByteCount: 1 << 30, log: Log(format: .json, level: .error))
        checkpoint.start(committed: { file.tail.sequence }, drop: { _, _ in }, mend: { nil })
        XCTAssertTrue(Patience.until { checkpoint.bring(through: 3) && checkpoint.report.record == 3 })
        try Catalog(path: "\(folder.path)/\(StoreCheckpoint.name)/catalog.sqlite").close()
        return checkpoint
    }

    /// To look at all pages may take minutes, and whoever waits may go meanwhile.
    func test_reader_isAskedWhetherItWaitsStill_whilePagesAreLookedAt() throws {
        let checkpoint = try whole()
        defer { checkpoint.stop() }
        var askedCount = 0
        func isCancelled() -> Bool {
            askedCount += 1
            return false
        }
        XCTAssertEqual(try checkpoint.read(unless: isCancelled) { _, files, _ in files.map(\.name) }, ["catalog.sqlite"])
        XCTAssertGreaterThan(askedCount, 1)
        XCTAssertNil(try checkpoint.read(unless: { true }) { _, _, _ in true })
        XCTAssertNil(checkpoint.report.fault, "who goes says nothing of the files")
        XCTAssertEqual(try checkpoint.read(unless: { false }) { _, _, beginning in beginning.mark.sequence }, 3)
    }

    /// A peer takes five seconds without a word for the end of the connection, and would ask again, each time in vain.
    func test_peerThatAsks_hearsThatItIsToWait_whilePagesAreLookedAt() throws {
        let checkpoint = try whole()
        defer { checkpoint.stop() }
        var descriptors: [Int32] = [-1, -1]
        XCTAssertEqual(socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &descriptors), 0)
        let (own, peer) = (MemberSocket(descriptors[0], tls: nil), MemberSocket(descriptors[1], tls: nil))
        let sender = CheckpointSender(checkpoint, log: Log(format: .json, level: .error), isOver: { false })
        let done = DispatchGroup()
        done.enter()
        // A thread of its own: its priority stays low.
        Thread.detachNewThread {
            sender.send(to: PeerDoor.Greeting(from: "b", to: "a", url: "", door: "", wants: .checkpoint, store: nil), own)
            done.leave()
        }
        func next() throws -> CheckpointFrame { try CheckpointFrame(parsing: try XCTUnwrap(peer.frame(byteCountMax: CheckpointFrame.byteCountMax))[...]) }
        var frame = try next()
        XCTAssertEqual(frame, .wait)
        while frame == .wait { frame = try next() }
        guard case .head(let byteCount, let beginning) = frame else { return XCTFail("\(frame)") }
        XCTAssertGreaterThan(byteCount, 0)
        XCTAssertEqual(beginning.mark.sequence, 3)
        peer.cut()
        XCTAssertTrue(done.waitPatiently())
    }

    func test_filesInTheMaking_ofProcessesThatWereKilled_go() throws {
        let (file, _) = try RecordFile.open(folder.path)
        let own = folder.appendingPathComponent("\(StoreCheckpoint.name)/\(ReplicaStore.folder)")
        try FileManager.default.createDirectory(at: own, withIntermediateDirectories: true)
        let left = [folder.appendingPathComponent("promise.5f-1.tmp"), own.appendingPathComponent("fold.5f-2.tmp")]
        let kept = own.appendingPathComponent("kept")
        for file in left + [kept] { try Data([1]).write(to: file) }
        _ = try StoreCheckpoint(file, folder: folder.path, keptByteCount: 1 << 30, log: Log(format: .json, level: .error))
        for file in left { XCTAssertFalse(FileManager.default.fileExists(atPath: file.path), file.path) }
        XCTAssertTrue(FileManager.default.fileExists(atPath: kept.path))
    }
}
