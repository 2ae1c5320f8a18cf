import Cluster
import ColumnStore
import Foundation
import Glibc
import Ingest
import TestSupport
import XCTest

@testable import Server

/// Goal: a founding that ends anywhere leaves a store that starts as before, or one that is founded, and never an object beside another's or beside records that would be left out. Method: the founding
/// itself in one process, ended behind each of its steps; its places are directories.
final class FoundingTests: XCTestCase {
    private var folder = URL(fileURLWithPath: "/")
    private var said: [String] = []

    override func setUpWithError() throws { folder = try Project.temporaryFolder("till-founding") }
    override func tearDown() { try? FileManager.default.removeItem(at: folder) }

    private struct Ended: Error {}
    private typealias Settings = Server.Settings

    private func path(_ name: String) -> String { folder.appendingPathComponent(name).path }
    private func exists(_ name: String) -> Bool { FileManager.default.fileExists(atPath: path(name)) }

    private func settings(_ node: String = "a", _ change: (inout Settings) -> Void = { _ in }) -> Settings {
        var settings = Settings()
        settings.limits.minFree = 0
        settings.pair.node = node
        settings.pair.peer = .init(name: node == "a" ? "b" : "a", host: "127.0.0.1", port: 9)
        (settings.pair.host, settings.pair.port) = ("127.0.0.1", 0)
        settings.pair.objectURL = "file://\(path("ctl"))"
        settings.logURL = "file://\(path("log"))"
        change(&settings)
        return settings
    }

    private func found(_ data: String, _ settings: Settings, withoutSlots: Bool = false, endsAfter step: Founding.Step? = nil) throws {
        var founding = try Founding(settings, directory: path(data), Log(format: .text, level: .error)) { self.said.append($0) }
        founding.peerSeconds = 0
        founding.reached = { if $0 == step { throw Ended() } }
        try founding.run(withoutSlots: withoutSlots)
    }

    /// A store of one machine, with as many contracts as it was opened for.
    private func open(_ data: String, making: DataDirectory.Making = .never, contract: String) throws -> Int {
        var alone = Settings()
        alone.limits.minFree = 0
        let engine = try EngineOpening.open(directory: path(data), settings: alone, clientsNeedContract: false, making: making)
        _ = try engine.putContract(Contract(clientID: contract, access: .readWrite, scope: .own))
        let count = try engine.contracts(after: nil, limit: 100).count
        try engine.close()
        return count
    }

    private func object() throws -> Configuration {
        try Configuration(parsingObject: XCTUnwrap(ClusterObject.place(settings()).read()).bytes)
    }

    /// What a start of the node has to go by.
    private func disk(_ data: String) throws -> (disk: Node.Disk, checkpoint: ReplicaStore) {
        let (file, cut) = try RecordFile.open(path("\(data)/cluster"))
        XCTAssertEqual(cut, 0)
        return (file.takeDisk(), try ReplicaStore(directory: path("\(data)/cluster/checkpoint"), isDurable: true))
    }

    func test_loneStore_endedBehindEachStep_startsAlone_andIsFoundedByTheNextAttempt() throws {
        var count = try open("a", making: .anew, contract: "c0")
        for step in [Founding.Step.copied, .noted, .created] {
            XCTAssertThrowsError(try found("a", settings(), endsAfter: step)) { XCTAssertTrue($0 is Ended, "\($0)") }
            XCTAssertEqual(exists("ctl/object"), step == .created, "\(step)")
            // As one machine's it goes on: what was copied tells less than it by then.
            let next = try open("a", contract: "c\(count)")
            XCTAssertEqual(next, count + 1, "\(step)")
            count = next
        }
        let before = try object()
        try found("a", settings())
        XCTAssertEqual(try object(), before, "the object is made once")
        let (disk, checkpoint) = try disk("a")
        XCTAssertEqual(disk.tail, disk.base)
        XCTAssertEqual([disk.tail.sequence, disk.tail.epoch, disk.promise], [1, before.epoch, before.epoch])
        XCTAssertEqual(ReplicaStore.Position(disk.tail), checkpoint.position)
        XCTAssertEqual(try ReplicaStore(directory: path("a")).position, checkpoint.position)
        XCTAssertEqual([disk.store?.text, before.store?.text], [try checkpoint.identity(), try checkpoint.identity()])
        XCTAssertEqual(before.log, .init(generation: before.epoch, base: disk.tail))
        XCTAssertEqual([before.leader, before.mode.rawValue], ["a", "log"])
        XCTAssertEqual(before.insync, ["a"])
        XCTAssertFalse(exists("a/founding"))
        XCTAssertThrowsError(try open("a", contract: "c"), "a member's")
        XCTAssertThrowsError(try found("a", settings())) { XCTAssertTrue($0 is UsageError && "\($0)".contains("has an object already"), "\($0)") }
        // All that came while it was not founded is in it.
        let catalog = try FileManager.default.contentsOfDirectory(atPath: path("a/cluster/checkpoint")).contains("catalog.sqlite")
        XCTAssertTrue(catalog)
        let other = try ReplicaStore(directory: path("copy"))
        try other.clear(as: checkpoint)
        try FileManager.default.removeItem(atPath: path("copy/cluster"))
        XCTAssertEqual(try open("copy", making: .ofFiles, contract: "last"), count + 1)
    }

    func test_endBehindTheRename_isFinishedByTheNextAttempt() throws {
        _ = try open("a", making: .anew, contract: "c0")
        XCTAssertThrowsError(try found("a", settings(), endsAfter: .created))
        // The rename was the last that came of it.
        let position = ReplicaStore.Position(try Beginning(parsing: XCTUnwrap(StoreFounding.note("beginning", in: path("a")))[...]).mark)
        try ReplicaStore.noteEnd(path("a/founding"), at: position)
        try FileManager.default.moveItem(atPath: path("a/founding/cluster"), toPath: path("a/cluster"))
        try found("a", settings())
        XCTAssertTrue(said.contains { $0.contains("an attempt before has founded the cluster") }, "\(said)")
        XCTAssertTrue(exists("a/MEMBER") && !exists("a/founding"))
        XCTAssertEqual(try disk("a").disk.promise, try object().epoch)
    }

    func test_twoWhoFoundAtOnce_oneOfThemIsTold_andItsStoreStaysAlone() throws {
        _ = try open("a", making: .anew, contract: "c0")
        // Of one backup, restored on both machines.
        try FileManager.default.copyItem(atPath: path("a"), toPath: path("b"))
        var other = try Founding(settings("b"), directory: path("b"), Log(format: .text, level: .error)) { _ in }
        other.peerSeconds = 0
        // Both have looked, and nobody had made it.
        other.reached = { if $0 == .noted { try self.found("a", self.settings()) } }
        XCTAssertThrowsError(try other.run(withoutSlots: false)) { XCTAssertTrue($0 is UsageError && "\($0)".contains("a leads"), "\($0)") }
        XCTAssertEqual(try object().leader, "a")
        XCTAssertFalse(exists("b/founding") || exists("b/cluster"))
        XCTAssertEqual(try open("b", contract: "c1"), 2)
        XCTAssertTrue(ReplicaStore.isMember(path("a")))
    }

    func test_otherSettings_betweenTwoAttempts_makeAnotherObject_unlessOneIsThere() throws {
        _ = try open("a", making: .anew, contract: "c0")
        XCTAssertThrowsError(try found("a", settings(), endsAfter: .noted))
        XCTAssertThrowsError(try found("a", settings { $0.logURL = nil }, endsAfter: .created))
        XCTAssertEqual(try object().mode, .pair)
        XCTAssertThrowsError(try found("a", settings())) { XCTAssertTrue($0 is UsageError, "\($0)") }
        XCTAssertFalse(ReplicaStore.isMember(path("a")))
        try found("a", settings { $0.logURL = nil })
        XCTAssertNil(try object().log)
    }

    func test_placesThatHaveSomethingElse_areRefused() throws {
        _ = try open("a", making: .anew, contract: "c0")
        let slots = try XCTUnwrap(ClusterObject.slots(settings()))
        let record = Record(after: .start, epoch: 3, kind: .rows, level: 1, body: [1])
        XCTAssertTrue(try slots.put(3, record))
        XCTAssertThrowsError(try found("a", settings())) { XCTAssertTrue($0 is UsageError && "\($0)".contains("log.url has records"), "\($0)") }
        try FileManager.default.removeItem(atPath: path("log"))
        try slots.claim(XCTUnwrap(StoreIdentity(String(repeating: "5", count: 32))))
        XCTAssertThrowsError(try found("a", settings())) { XCTAssertTrue($0 is UsageError && "\($0)".contains("has slots of the store"), "\($0)") }
        XCTAssertThrowsError(try found("a", settings { $0.logURL = "file://\(self.path("a"))/log2" })) { XCTAssertTrue("\($0)".contains("lies within the store"), "\($0)") }
        // Whichever way both are written: what a member's directory has in `log` goes.
        try FileManager.default.createSymbolicLink(atPath: path("link"), withDestinationPath: path("a"))
        for (data, log) in [("a", "a//log"), ("a/", "a/log"), ("a/.", "a/log"), ("a", "link/log/pair"), ("link", "a/log")] {
            XCTAssertThrowsError(try Founding(settings { $0.logURL = "file://\(self.folder.path)/\(log)" }, directory: "\(folder.path)/\(data)", Log(format: .text, level: .error)) { _ in }) {
                XCTAssertTrue("\($0)".contains("lies within the store"), "\(data), \(log): \($0)")
            }
        }
        try FileManager.default.createDirectory(atPath: path("ctl"), withIntermediateDirectories: true)
        try Data("something".utf8).write(to: URL(fileURLWithPath: path("ctl/object")))
        XCTAssertThrowsError(try found("a", settings())) { XCTAssertTrue("\($0)".contains("cannot be read: it is no object of a cluster"), "\($0)") }
        try FileManager.default.removeItem(atPath: path("ctl/object"))
        XCTAssertThrowsError(try found("a", settings { $0.pair.node = nil })) { XCTAssertTrue("\($0)".contains("cluster is not set"), "\($0)") }
        XCTAssertFalse(exists("ctl/object"))
        XCTAssertEqual(try open("a", contract: "c1"), 2)
    }

    /// As an archive has its texts: the hash of all lines in the last one.
    private func sealed(_ lines: String) -> String { "\(lines)end \(Hexadecimal.text(SHA256.hash(Array(lines.utf8))))\n" }

    /// A store that was restored from a pair's archive, founded with the settings of before.
    func test_loneStore_isNotFoundedBesideAnArchive_norALogOfOne() throws {
        _ = try open("a", making: .anew, contract: "c0")
        try write("log/archive/store", sealed("till-archive-store 1\nstore \(String(repeating: "5", count: 32))\n"))
        XCTAssertThrowsError(try found("a", settings())) { XCTAssertTrue($0 is UsageError && "\($0)".contains("a log.url of its own"), "\($0)") }
        try FileManager.default.removeItem(atPath: path("log"))
        try write("log/head", "till-log 1\n")
        XCTAssertThrowsError(try found("a", settings())) { XCTAssertTrue($0 is UsageError && "\($0)".contains("has the log of a single server"), "\($0)") }
        XCTAssertFalse(exists("ctl/object") || exists("a/founding"))
        try found("a", settings { $0.logURL = "file://\(self.path("log2"))" })
        XCTAssertTrue(exists("ctl/object"))
    }

    private func write(_ name: String, _ text: String) throws {
        let url = folder.appendingPathComponent(name)
        try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(text.utf8).write(to: url)
    }

    // MARK: A member's

    /// Records as a leader of epoch 4 has left them, of which a few lie in slots of generation 3.
    private func member(_ data: String, count: Int = 10, level: Int = 1) throws -> [Record] {
        try FileManager.default.createDirectory(atPath: path("\(data)/cluster"), withIntermediateDirectories: true)
        var records: [Record] = []
        for number in 0..<count { records.append(Record(after: records.last?.mark ?? .start, epoch: number < 6 ? 3 : 4, kind: .noop, level: number == 5 ? level : 1, body: [UInt8(number)])) }
        let (file, _) = try RecordFile.open(path("\(data)/cluster"))
        try file.append(records)
        try file.sync()
        try file.promise(4)
        try file.identify(XCTUnwrap(StoreIdentity(String(repeating: "5", count: 32))))
        try ReplicaStore.noteEnd(path(data), at: ReplicaStore.Position(records[count - 1].mark))
        return records
    }

    func test_memberWithoutObject_isFoundedAboveAllThatIsKnown_andAgainAfterAnEnd() throws {
        let records = try member("a")
        for step in [Founding.Step.promised] { XCTAssertThrowsError(try found("a", settings(), endsAfter: step)) { XCTAssertTrue($0 is Ended) } }
        XCTAssertFalse(exists("ctl/object"))
        try found("a", settings())
        let made = try object()
        XCTAssertGreaterThan(made.epoch, 1_000_000)
        XCTAssertEqual(made.log, .init(generation: made.epoch, base: records[9].mark))
        XCTAssertEqual(made.floor, made.epoch)
        XCTAssertEqual(try disk("a").disk.promise, made.epoch)
        XCTAssertTrue(said.contains { $0.contains("its last record is 10, of epoch 4") }, "\(said)")
    }

    func test_memberWithRecordsOfALaterLevel_isFoundedAtThatLevel() throws {
        _ = try member("a", level: 2)
        try found("a", settings())
        XCTAssertEqual(try object().level, 2)
    }

    /// The answer of the create was lost, and it came after its attempt had ended.
    func test_objectThatCameLate_isKnownAsItsOwn_untilTheMachineHasLedByIt() throws {
        let records = try member("a")
        XCTAssertThrowsError(try found("a", settings(), endsAfter: .created))
        let made = try object()
        said = []
        try found("a", settings())
        XCTAssertEqual(try object(), made)
        XCTAssertTrue(said.contains { $0.contains("An attempt before has founded the cluster") } && said.contains { $0.hasPrefix("next: start a") }, "\(said)")
        // Another machine's, of the same store.
        _ = try member("b")
        XCTAssertThrowsError(try found("b", settings("b"))) { XCTAssertTrue($0 is UsageError && "\($0)".contains("a leads"), "\($0)") }
        // It has led by it: the object is the cluster's that serves, or did.
        do {
            let (file, _) = try RecordFile.open(path("a/cluster"))
            try file.append([Record(after: records[9].mark, epoch: made.epoch, kind: .fence, level: 1, body: [])])
            try file.sync()
        }
        XCTAssertThrowsError(try found("a", settings())) { XCTAssertTrue($0 is UsageError && "\($0)".contains("has an object already"), "\($0)") }
    }

    func test_slotsThatTheDiskLacks_areNamed_andLeftOutByAWordAlone() throws {
        let records = try member("a")
        let slots = try XCTUnwrap(ClusterObject.slots(settings()))
        // Those that it has say nothing against it.
        for record in records[4..<6] { XCTAssertTrue(try slots.put(3, record)) }
        let beyond = Record(after: Record(after: records[9].mark, epoch: 5, kind: .rows, level: 1, body: []).mark, epoch: 5, kind: .rows, level: 1, body: [])
        XCTAssertTrue(try slots.put(5, beyond))
        XCTAssertThrowsError(try found("a", settings())) { XCTAssertTrue($0 is UsageError && "\($0)".contains(SlotPlace.key(5, 12)) && "\($0)".contains("ends with record 10"), "\($0)") }
        try FileManager.default.removeItem(atPath: path("log/\(SlotPlace.key(5, 12))"))
        // Of a number that it has, and another.
        XCTAssertTrue(try slots.put(5, Record(after: records[7].mark, epoch: 5, kind: .rows, level: 1, body: [])))
        XCTAssertThrowsError(try found("a", settings())) { XCTAssertTrue("\($0)".contains("another record of that number"), "\($0)") }
        XCTAssertFalse(exists("ctl/object"))
        try found("a", settings(), withoutSlots: true)
        XCTAssertGreaterThan(try object().epoch, 5)
        XCTAssertTrue(said.contains { $0.contains("left out") && $0.contains(SlotPlace.key(5, 9)) }, "\(said)")
    }

    func test_slotsThatGoOnFromTheDisk_areReadAsItStarts_unlessOneIsLost() throws {
        let records = try member("a")
        let slots = try XCTUnwrap(ClusterObject.slots(settings()))
        // As another leader has gone on without this machine: its slots begin with what both have.
        let start = Configuration.LogStart(generation: 4, base: records[7].mark)
        try slots.begin(start)
        XCTAssertEqual(try slots.start(of: 4), start)
        XCTAssertNil(try slots.start(of: 5))
        let eleventh = Record(after: records[9].mark, epoch: 5, kind: .fence, level: 1, body: [])
        let twelfth = Record(after: eleventh.mark, epoch: 5, kind: .rows, level: 1, body: [1])
        for record in [records[8], records[9], twelfth] { XCTAssertTrue(try slots.put(4, record)) }
        XCTAssertThrowsError(try found("a", settings())) { XCTAssertTrue($0 is UsageError && "\($0)".contains("cannot be read on"), "\($0)") }
        XCTAssertTrue(try slots.put(4, eleventh))
        try found("a", settings())
        XCTAssertTrue(said.contains { $0.contains("up to 12, of epoch 5") }, "\(said)")
        let made = try object()
        XCTAssertEqual(made.log, start)
        XCTAssertEqual([made.leader, made.mode.rawValue], ["a", "log"])
        XCTAssertEqual(made.floor, 4, "none of them is removed")
        XCTAssertGreaterThan(made.epoch, 1_000_000)
    }

    /// A leader of a later version has gone on without this machine: one of this version is not to be sent what it cannot read.
    func test_slotsBeyondTheDisk_areOfALevel_andOneThatIsDamagedIsTold() throws {
        let records = try member("a")
        let slots = try XCTUnwrap(ClusterObject.slots(settings()))
        try slots.begin(Configuration.LogStart(generation: 4, base: records[7].mark))
        var beyond = [records[8], records[9]]
        for level in [1, 2, 1, 1] { beyond.append(Record(after: beyond[beyond.count - 1].mark, epoch: 5, kind: .rows, level: level, body: [UInt8(level)])) }
        for record in beyond { XCTAssertTrue(try slots.put(4, record)) }
        // Neither the first of them nor the last.
        try write("log/\(SlotPlace.key(4, 13))", "something")
        XCTAssertThrowsError(try found("a", settings())) { XCTAssertTrue($0 is UsageError && "\($0)".contains("cannot be read on"), "\($0)") }
        XCTAssertFalse(exists("ctl/object"))
        try FileManager.default.removeItem(atPath: path("log/\(SlotPlace.key(4, 13))"))
        XCTAssertTrue(try slots.put(4, beyond[4]))
        try found("a", settings())
        XCTAssertTrue(said.contains { $0.contains("up to 14, of epoch 5") }, "\(said)")
        XCTAssertEqual(try object().level, 2)
    }

    func test_archiveOfAnotherPast_isRefused_andOneThatIsItsOwnOrCannotBeReadIsNot() throws {
        let records = try member("a")
        func line(_ number: Int, _ mark: Mark) throws {
            let digits = String(number)
            try write(
                "log/archive/lines/\(String(repeating: "0", count: 19 - digits.count))\(digits)",
                sealed("till-archive-line 1\nline \(number)\nstore \(String(repeating: "5", count: 32))\nsequence \(mark.sequence)\nepoch \(mark.epoch)\nhash \(mark.hash.text)\nat 0\nbegun 1\n"))
        }
        try write("log/archive/store", sealed("till-archive-store 1\nstore \(String(repeating: "6", count: 32))\n"))
        XCTAssertThrowsError(try found("a", settings())) { XCTAssertTrue($0 is UsageError && "\($0)".contains("a log.url of its own"), "\($0)") }
        // The same store, of which a copy was founded anew.
        try write("log/archive/store", sealed("till-archive-store 1\nstore \(String(repeating: "5", count: 32))\n"))
        try line(1, Record(after: .start, epoch: 9, kind: .noop, level: 1, body: [1]).mark)
        XCTAssertThrowsError(try found("a", settings())) { XCTAssertTrue($0 is UsageError && "\($0)".contains("another cluster with the same store"), "\($0)") }
        XCTAssertFalse(exists("ctl/object"))
        // Its own goes on there, behind a history that was given up.
        try line(2, records[0].mark)
        try found("a", settings())
        XCTAssertTrue(exists("ctl/object"))
        _ = try member("b")
        try FileManager.default.removeItem(atPath: path("ctl/object"))
        try write("log/archive/lines/0000000000000000002", "something")
        try found("b", settings("b"))
        XCTAssertTrue(said.contains { $0.contains("the archive in log.url cannot be read") }, "\(said)")
    }

    /// A machine that came with an empty directory while the object was gone has founded another cluster: nobody is to empty the one that has everything for that.
    func test_objectOfAnotherStore_isNamed_andTheDirectoryIsToBeKept() throws {
        _ = try member("a")
        let other = Configuration(
            epoch: 1, nonce: Nonce(session: 7, count: 1), leader: "b", insync: ["b"], mode: .pair, log: nil, floor: 1, removed: [], level: 1, store: nil)
        XCTAssertTrue(try ClusterObject.place(settings()).create(other.objectBytes))
        XCTAssertThrowsError(try found("a", settings())) { XCTAssertTrue($0 is UsageError && "\($0)".contains("keep it") && !"\($0)".contains("an empty directory is filled"), "\($0)") }
        XCTAssertEqual(try object(), other)
    }

    /// What a crash leaves behind the last record is said: it may have been one.
    func test_endOfRecordsThatIsNone_isSaid() throws {
        _ = try member("a")
        let file = try FileHandle(forWritingTo: URL(fileURLWithPath: path("a/cluster/records")))
        try file.seekToEnd()
        try file.write(contentsOf: Data(repeating: 0xA5, count: 40))
        try file.close()
        try found("a", settings())
        XCTAssertTrue(said.contains { $0.contains("40 bytes, was none") && $0.contains("records.cut-11") }, "\(said)")
    }

    func test_disksThatAreNotWhole_areRefused() throws {
        _ = try member("a")
        try ReplicaStore.noteEnd(path("a"), at: .init(sequence: 12, epoch: 4, high: 1, low: 1))
        XCTAssertThrowsError(try found("a", settings())) { XCTAssertTrue("\($0)".contains("this disk is not whole"), "\($0)") }
        // Records whose checkpoint is gone.
        let last = try member("b")[9].mark
        do {
            let (file, _) = try RecordFile.open(path("b/cluster"))
            try file.begin(try XCTUnwrap(file.beginning(at: last)))
        }
        XCTAssertThrowsError(try found("b", settings())) { XCTAssertTrue("\($0)".contains("this disk is not whole"), "\($0)") }
        // None at all.
        try FileManager.default.createDirectory(atPath: path("c/cluster"), withIntermediateDirectories: true)
        try ReplicaStore.noteEnd(path("c"), at: .init(sequence: 0, epoch: 0, high: 0, low: 0))
        XCTAssertThrowsError(try found("c", settings())) { XCTAssertTrue($0 is UsageError && "\($0)".contains("has no records"), "\($0)") }
        // An epoch that nobody comes to.
        _ = try member("d")
        do { try RecordFile.open(path("d/cluster")).file.promise(.max) }
        XCTAssertThrowsError(try found("d", settings())) { XCTAssertTrue("\($0)".contains("none that a cluster comes to"), "\($0)") }
        _ = try member("f")
        try XCTUnwrap(ClusterObject.slots(settings())).begin(.init(generation: Bounds.epochMax, base: .start))
        XCTAssertThrowsError(try found("f", settings())) { XCTAssertTrue("\($0)".contains("none that a cluster comes to") && "\($0)".contains("log.url"), "\($0)") }
        // A server has it.
        _ = try member("e")
        let held = try RecordFile.open(path("e/cluster"))
        XCTAssertThrowsError(try found("e", settings())) { XCTAssertTrue("\($0)".contains("another process works on"), "\($0)") }
        withExtendedLifetime(held) {}
        XCTAssertFalse(exists("ctl/object"))
    }
}
