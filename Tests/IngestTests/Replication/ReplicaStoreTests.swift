import Foundation
import Synchronization
import TestSupport
import XCTest

@testable import ColumnStore
@testable import Documents
@testable import Ingest

/// Goal: a standby's files are the leader's, whatever was folded twice, and however the segments were cut. Method: a real engine whose commits are kept by a replica of this test; its
/// records are folded into another directory, which an engine opens.
final class ReplicaStoreTests: XCTestCase {
    private var folder = URL(fileURLWithPath: "/")

    override func setUpWithError() throws { folder = try Project.temporaryFolder("till-replica") }
    override func tearDown() { try? FileManager.default.removeItem(at: folder) }

    private func path(_ name: String) -> String { folder.appendingPathComponent(name).path }

    /// A store with some receipts, as its leader has it.
    private func lead(_ name: String, count: Int) throws -> (recorder: CommitRecorder, rows: [String]) {
        let recorder = CommitRecorder()
        let fixture = try EngineFixture(path(name)) { $0.replica = recorder }
        for number in 0..<count { _ = try fixture.taken(EngineFixture.receipt("R-\(number)", note: String(repeating: "x", count: number * 700))) }
        XCTAssertTrue(try fixture.taken(EngineFixture.receipt("R-0")).isRepeat)
        let kept = Monitor(false)
        fixture.engine.whenKept { fault in
            XCTAssertNil(fault)
            kept.broadcast { $0 = true }
        }
        XCTAssertEqual(kept.wait(seconds: Patience.seconds) { $0 ? true : nil }, true)
        let rows = try Self.rows(fixture.engine)
        try fixture.engine.close()
        XCTAssertEqual(recorder.isWhole, true)
        return (recorder, rows)
    }

    private static func rows(_ engine: Engine) throws -> [String] { try EngineFixture.walk(engine, PageRequest(range: .all, fields: ["receipt_id", "total"], limit: 1_000)).sorted() }

    func test_hasKey_ofSomeRoles_isOfThoseKeysAlone() throws {
        let fixture = try EngineFixture(path("keys"))
        for (number, role) in [Principal.Role.metrics, .auditor].enumerated() {
            _ = try fixture.engine.addKey(NewKey(id: role.rawValue, secretSHA256: [UInt8(number)], role: role), of: .operators)
        }
        _ = try fixture.engine.addKey(NewKey(id: "c", secretSHA256: [2]), of: .client("c1"))
        _ = try fixture.engine.addKey(NewKey(id: "over", secretSHA256: [3], role: .metrics, expiresAt: 7), of: .operators)
        try fixture.engine.close()
        func has(_ hash: UInt8, _ roles: [Principal.Role]?) -> Bool { FoldedCatalog.hasKey(path("keys") + "/catalog.sqlite", sha256: [hash], at: 7, roles: roles) }
        XCTAssertEqual((0..<5).map { has($0, nil) }, [true, true, true, false, false])
        XCTAssertEqual((0..<5).map { has($0, [.metrics, .admin]) }, [true, false, false, false, false])
        XCTAssertEqual((0..<5).map { has($0, [.contract]) }, [false, false, true, false, false])
    }

    private static func position(_ number: Int, epoch: Int64 = 1) -> ReplicaStore.Position { .init(sequence: Int64(number), epoch: epoch, high: UInt64(number), low: 7) }

    private func check(_ name: String, _ rows: [String]) throws {
        let fixture = try EngineFixture(path(name)) { $0.replica = CommitRecorder() }
        XCTAssertEqual(try Self.rows(fixture.engine), rows)
        XCTAssertTrue(try fixture.taken(EngineFixture.receipt("R-0")).isRepeat)
        XCTAssertFalse(try fixture.taken(EngineFixture.receipt("R-new")).isRepeat)
        try fixture.engine.close()
    }

    func test_records_foldedAnywhereElse_areTheStore() throws {
        let (recorder, rows) = try lead("a", count: 120)
        XCTAssertEqual(rows.count, 120)
        let standby = try ReplicaStore(directory: path("b"))
        XCTAssertNil(standby.position)
        try standby.clear()
        for (index, body) in recorder.bodies.enumerated() { try standby.apply(Self.position(index + 1), body) }
        try standby.promote()
        try check("b", rows)
        XCTAssertFalse(ReplicaStore.hasOtherStore(path("b")))
        XCTAssertTrue(ReplicaStore.isMember(path("b")))
    }

    /// The files beside the records may lack what was acknowledged: without these nothing is begun with them, and no empty store made in their place.
    func test_memberWhoseRecordsAreGone_isNoStoreOfItsOwn() throws {
        _ = try lead("a", count: 3)
        for name in ["a", "b"] {
            try DataDirectory.makeDirectories("\(path(name))/\(ReplicaStore.folder)")
            for _ in 0..<2 { try ReplicaStore.mark(path(name)) }
        }
        try DataDirectory(path: path("a")).release()
        for (name, making) in [("a", DataDirectory.Making.never), ("a", .anew), ("a", .ofFiles), ("b", .anew), ("b", .inEmpty)] {
            let records = "\(path(name))/\(ReplicaStore.folder)"
            if FileManager.default.fileExists(atPath: records) { try FileManager.default.removeItem(atPath: records) }
            let before = try FileManager.default.contentsOfDirectory(atPath: path(name)).sorted()
            XCTAssertThrowsError(try DataDirectory(path: path(name), making: making), name) { XCTAssertTrue("\($0)".contains("was a member of a cluster"), "\($0)") }
            XCTAssertEqual(try FileManager.default.contentsOfDirectory(atPath: path(name)).sorted(), before)
        }
        XCTAssertThrowsError(try DataDirectory(newPath: path("b")), "a restore wants an empty directory")
    }

    /// A checkpoint goes on some records at a time, is killed in the middle of it, and goes on; a store begun with it and the records after it is the store.
    func test_checkpoint_killedInTheMiddle_goesOn_andAStoreThatBeginsWithIt_isTheStore() throws {
        let (recorder, rows) = try lead("a", count: 120)
        let bodies = recorder.bodies
        func fold(_ store: ReplicaStore, through last: Int) throws {
            for number in Int(store.foldedSequence)..<last { try store.apply(Self.position(number + 1), bodies[number]) }
        }
        try ReplicaStore(directory: path("c"), isDurable: true).clear()
        var ends: [Int] = []
        for part in 1...6 {
            let last = bodies.count * part / 8
            do {
                let killed = try ReplicaStore(directory: path("c"), isDurable: true)
                XCTAssertNil(killed.pending)
                try killed.announce(through: Int64(last))
                try fold(killed, through: last - (part == 6 ? 0 : 3))
            }
            let checkpoint = try ReplicaStore(directory: path("c"), isDurable: true)
            XCTAssertEqual(checkpoint.pending, Int64(last))
            XCTAssertEqual(Int(try XCTUnwrap(checkpoint.position).sequence), ends.last ?? 0, "what was not closed is not told of")
            try fold(checkpoint, through: last)
            try checkpoint.settle()
            XCTAssertNil(checkpoint.pending)
            ends.append(Int(try XCTUnwrap(checkpoint.position).sequence))
            XCTAssertTrue(try CheckpointFiles.list(path("c")).contains { $0.name == "catalog.sqlite" })
        }
        let checkpoint = try ReplicaStore(directory: path("c"), isDurable: true)
        let store = try ReplicaStore(directory: path("b"))
        try store.clear()
        try fold(store, through: 9)
        try store.clear(as: checkpoint)
        XCTAssertEqual(store.position, checkpoint.position)
        try store.settle()
        try fold(store, through: bodies.count)
        try store.promote()
        try check("b", rows)
    }

    /// What a sync that failed has lost the next one does not tell.
    func test_checkpoint_ofWhichASyncFailed_isNotGoneOnWith_byThisProcessOrTheNext() throws {
        let (recorder, rows) = try lead("a", count: 20)
        let bodies = recorder.bodies
        func fold(_ store: ReplicaStore, through last: Int) throws {
            for number in Int(store.foldedSequence)..<last { try store.apply(Self.position(number + 1), bodies[number]) }
        }
        let half = bodies.count / 2
        let first = try ReplicaStore(directory: path("c"), isDurable: true)
        try first.clear()
        try fold(first, through: half)
        try first.settle()
        XCTAssertNotNil(try ReplicaStore(directory: path("c"), isDurable: true).position)
        let disk = FullDisk("/hot/")
        SQLiteFileSystem.observe(disk)
        defer { SQLiteFileSystem.observe(nil) }
        let failing = try ReplicaStore(directory: path("c"), isDurable: true)
        try failing.announce(through: Int64(bodies.count))
        try fold(failing, through: bodies.count)
        disk.failNextSync()
        XCTAssertThrowsError(try failing.settle()) { XCTAssertTrue($0 is ReplicaStore.Unsynced, "\($0)") }
        XCTAssertNil(failing.position)
        // The disk takes everything again, and says of nothing that it is not there.
        let anew = try ReplicaStore(directory: path("c"), isDurable: true)
        XCTAssertNil(anew.position)
        try anew.clear()
        try fold(anew, through: bodies.count)
        try anew.settle()
        let store = try ReplicaStore(directory: path("b"))
        try store.clear(as: anew)
        try store.promote()
        try check("b", rows)
    }

    /// Where no descriptor is left no sync has failed: the files are good, and are synced later.
    func test_checkpoint_thatNoDescriptorWasLeftFor_isSettledLater() throws {
        let store = try ReplicaStore(directory: path("c"), isDurable: true)
        try store.clear()
        try store.apply(Self.position(1), ReplicaBody.file(name: "uploads/u1", offset: 0, bytes: [7], isLast: false).bytes)
        try store.apply(Self.position(2), ReplicaBody.file(name: "uploads/u1", offset: 1, bytes: [], isLast: true).bytes)
        try Descriptors.withNone { XCTAssertThrowsError(try store.settle()) { XCTAssertFalse($0 is ReplicaStore.Unsynced, "\($0)") } }
        XCTAssertEqual(store.position, Self.position(2))
        try store.settle()
        XCTAssertEqual(try ReplicaStore(directory: path("c"), isDurable: true).position, Self.position(2))
    }

    func test_checkpointFiles_ofDatabasesThatAreNotClosed_areRefused_andOthersNamesAreNone() throws {
        let (recorder, _) = try lead("a", count: 5)
        let store = try ReplicaStore(directory: path("c"), isDurable: true)
        try store.clear()
        for (index, body) in recorder.bodies.enumerated() { try store.apply(Self.position(index + 1), body) }
        try store.settle()
        XCTAssertGreaterThan(try CheckpointFiles.list(path("c")).count, 1)
        try Data([1]).write(to: URL(fileURLWithPath: path("c/catalog.sqlite-wal")))
        XCTAssertThrowsError(try CheckpointFiles.list(path("c")))
        for name in ["catalog.sqlite", "hot/2026-11-22.2.sqlite", "uploads/0f", "admin.key"] { XCTAssertTrue(CheckpointFiles.isName(name), name) }
        for name in ["", "FORMAT", "../catalog.sqlite", "hot/../x.sqlite", "hot/a/b.sqlite", "hot/x.sqlite-wal", "/etc/passwd", "cluster/fold", "warehouse/x", "uploads", "uploads/a/b"] {
            XCTAssertFalse(CheckpointFiles.isName(name), name)
        }
    }

    /// Killed and started anew many times: what was not noted comes again.
    func test_records_foldedTwice_endInTheSame() throws {
        let (recorder, rows) = try lead("a", count: 40)
        let bodies = recorder.bodies
        try ReplicaStore(directory: path("b")).clear()
        var rounds = 0
        while true {
            let standby = try ReplicaStore(directory: path("b"))
            let start = Int(try XCTUnwrap(standby.position).sequence)
            let isLast = bodies.count - start <= 15
            for index in start..<min(bodies.count, start + 15) {
                try standby.apply(Self.position(index + 1), bodies[index])
                if index == start + 6, !isLast { try standby.settle() }
            }
            rounds += 1
            guard isLast else { continue }
            try standby.promote()
            break
        }
        XCTAssertGreaterThan(rounds, 1)
        try check("b", rows)
    }

    /// Its leader fell before the last part: nothing of it is anywhere, and what the next leader says comes after.
    func test_segment_withoutItsEnd_isNothing_andTheNextEpochGoesOn() throws {
        let (recorder, rows) = try lead("a", count: 3)
        let standby = try ReplicaStore(directory: path("b"))
        try standby.clear()
        var number = 0
        func next() -> Int { number += 1; return number }
        for body in recorder.bodies { try standby.apply(Self.position(next()), body) }
        let whole = standby.position
        try standby.apply(Self.position(next()), ReplicaBody.part([1, 2, 3], isLast: false).bytes)
        XCTAssertEqual(standby.position, whole)
        try standby.apply(Self.position(next(), epoch: 2), [], isFence: true)
        XCTAssertEqual(standby.position, Self.position(number, epoch: 2))
        try standby.promote()
        try check("b", rows)
    }

    /// The mode of a pair changes within a tenure, and its signs of life come when they are due: both in the middle of a commit that has many parts.
    func test_segment_whoseEpochRises_withinATenure_isWhole() throws {
        let (recorder, rows) = try lead("a", count: 12)
        let standby = try ReplicaStore(directory: path("b"))
        try standby.clear()
        var (number, epoch) = (0, Int64(1))
        func apply(_ body: [UInt8], isFence: Bool = false) throws {
            number += 1
            try standby.apply(Self.position(number, epoch: epoch), body, isFence: isFence)
        }
        for body in recorder.bodies {
            guard body[0] == 2, body.count > 3 else { try apply(body); continue }
            let whole = standby.position
            try apply([1, body[1]])
            epoch += 1
            try apply([1, body[2]])
            try apply([])
            XCTAssertEqual(standby.position, whole, "the files do not tell all of what is not whole")
            XCTAssertEqual(standby.foldedSequence, Int64(number))
            try apply([2] + body[3...])
            XCTAssertEqual(standby.position?.sequence, Int64(number))
        }
        try standby.promote()
        try check("b", rows)
    }

    /// A commit of a later version's, of one database. Day files are made by it: of one that is not there nothing is folded.
    private static func laterSegment(_ name: String, version: Int64) throws -> [UInt8] {
        var changes = ChangeWriter()
        changes.schema("PRAGMA user_version = \(version)", isNew: name.hasPrefix("hot/"), version: version)
        var builder = LogSegment.Builder(epoch: 1, last: 0, hash: LogRecord.noHash)
        try builder.append(LogRecord.Kind(file: name), LogPayload.head(name) + changes.bytes, at: 1)
        return try XCTUnwrap(builder.finish()).bytes
    }

    /// What is to come: a standby of a version before folds it, and knows that it could not serve it, also as it is started anew.
    func test_recordsOfALaterVersion_areFolded_andKnownForThat_untilTheFilesAreMadeAnew() throws {
        let (recorder, _) = try lead("a", count: 3)
        let names: [(String, known: Int64)] = [
            ("catalog.sqlite", Int64(CatalogSchema.migrations.count)), ("queues.sqlite", QueueFile.version), ("executions.sqlite", ExecutionSchema.version),
            ("hot/2026-11-22.sqlite", HotFileSchema.version),
        ]
        for (index, (name, known)) in names.enumerated() {
            let standby = try ReplicaStore(directory: path("b\(index)"))
            try standby.clear()
            var number = 0
            func apply(_ body: [UInt8]) throws {
                number += 1
                try standby.apply(Self.position(number), body)
            }
            for body in recorder.bodies { try apply(body) }
            for part in ReplicaBody.parts(try Self.laterSegment(name, version: known)) { try apply(part) }
            XCTAssertNil(standby.later, name)
            for part in ReplicaBody.parts(try Self.laterSegment(name, version: known + 1)) { try apply(part) }
            XCTAssertEqual(standby.later?.description, "\(name) is of version \(known + 1), and this program knows \(known)")
            try standby.settle()
            XCTAssertNotNil(standby.later, name)
            let again = try ReplicaStore(directory: path("b\(index)"))
            XCTAssertEqual(again.position, Self.position(number))
            XCTAssertNil(again.later, "nobody has looked")
            try again.findLater()
            XCTAssertEqual(again.later, standby.later)
            try again.clear()
            XCTAssertNil(again.later, name)
        }
    }

    func test_records_thatAreNone_areRefused() throws {
        let standby = try ReplicaStore(directory: path("b"))
        try standby.clear()
        XCTAssertThrowsError(try standby.apply(Self.position(2), []), "one is missing")
        XCTAssertThrowsError(try standby.apply(Self.position(1), [9]), "of no known content") { XCTAssertTrue($0 is LaterFormat, "\($0)") }
        XCTAssertThrowsError(try standby.apply(Self.position(1), ReplicaBody.part([1, 2, 3], isLast: true).bytes), "no segment")
        for name in ["../x", "catalog.sqlite", "uploads/../../x", "cluster/fold", "/etc/x", ""] {
            XCTAssertThrowsError(try standby.apply(Self.position(1), ReplicaBody.file(name: name, offset: 0, bytes: [1], isLast: true).bytes), name)
        }
        for body in [ReplicaBody.file(name: "admin.key", offset: 0, bytes: [0x61, 0x62], isLast: false), .file(name: "admin.key", offset: 2, bytes: [], isLast: true)] {
            XCTAssertEqual(ReplicaBody(body.bytes), body)
            for end in 0..<min(13, body.bytes.count) { XCTAssertNil(ReplicaBody(Array(body.bytes[..<end])), "cut at \(end)") }
        }
    }

    /// One that said to go on behind the end made a file of a petabyte that has no bytes: a copy of it would be read, hashed and sent for days.
    func test_pieceThatBeginsBehindTheEndOfItsFile_isRefused_andMakesNone() throws {
        let standby = try ReplicaStore(directory: path("b"))
        try standby.clear()
        var number = 0
        func apply(_ name: String, _ offset: Int64, _ bytes: [UInt8], isLast: Bool = false) throws {
            try standby.apply(Self.position(number + 1), ReplicaBody.file(name: name, offset: offset, bytes: bytes[...], isLast: isLast).bytes)
            number += 1
        }
        func refuse(_ name: String, _ offset: Int64, _ bytes: [UInt8], isLast: Bool = false) {
            XCTAssertThrowsError(try apply(name, offset, bytes, isLast: isLast), "\(name) \(offset)") { XCTAssertEqual(($0 as? ColumnStoreError)?.code, .corruptFile, "\($0)") }
        }
        func content(_ name: String) -> Data? { FileManager.default.contents(atPath: path("b/uploads/\(name)")) }
        refuse("uploads/one", 1 << 50, [1])
        refuse("uploads/one", 1 << 50, [], isLast: true)
        XCTAssertNil(content("one"))
        try apply("uploads/one", 0, [1, 2])
        for offset in [Int64(3), 1 << 50] {
            refuse("uploads/one", offset, [1])
            refuse("uploads/one", offset, [], isLast: true)
        }
        XCTAssertEqual(content("one"), Data([1, 2]))
        try apply("uploads/one", 2, [3])
        try apply("uploads/one", 3, [], isLast: true)
        XCTAssertEqual(content("one"), Data([1, 2, 3]))
        // Another leader begins anew, and its file is shorter.
        try apply("uploads/one", 0, [9])
        try apply("uploads/one", 1, [], isLast: true)
        try apply("uploads/none", 0, [], isLast: true)
        XCTAssertEqual([content("one"), content("none")], [Data([9]), Data()])
    }

    /// A day's later parts have the day's name too.
    func test_dayFilesOfMovedRows_goOnceThatIsNoted_andLaterPartsOfTheDayStay() throws {
        let recorder = CommitRecorder()
        let fixture = try EngineFixture(path("a")) { $0.replica = recorder }
        for number in 0..<5 { _ = try fixture.taken(EngineFixture.receipt("R-\(number)")) }
        XCTAssertEqual(try fixture.engine.compact(before: nil, isCancelled: { false }).rowsMoved, 5)
        for number in 5..<8 { _ = try fixture.taken(EngineFixture.receipt("R-\(number)")) }
        try fixture.engine.close()
        let kept = try hotFiles("a")
        XCTAssertEqual(kept.count, 1)
        let standby = try ReplicaStore(directory: path("b"))
        try standby.clear()
        for (index, body) in recorder.bodies.enumerated() { try standby.apply(Self.position(index + 1), body) }
        XCTAssertTrue(try Set(hotFiles("b")).isStrictSuperset(of: kept))
        try standby.settle()
        XCTAssertEqual(try hotFiles("b"), kept)
        XCTAssertNil(try standby.warehouse())
        try standby.promote()
        XCTAssertEqual(try hotFiles("b"), kept)
    }

    /// A flush that was under way goes on behind the move, in a file that a standby, or a checkpoint, has removed by then.
    func test_commitOfADayFile_behindTheMoveOfItsRows_fits() throws {
        let recorder = CommitRecorder()
        let fixture = try EngineFixture(path("a")) { $0.replica = recorder }
        for number in 0..<5 { _ = try fixture.taken(EngineFixture.receipt("R-\(number)")) }
        let file = try XCTUnwrap(fixture.engine.tier.boundary.snapshot().files.first)
        XCTAssertEqual(try fixture.engine.compact(before: nil, isCancelled: { false }).rowsMoved, 5)
        let kept = Monitor(false)
        fixture.engine.whenKept { _ in kept.broadcast { $0 = true } }
        XCTAssertEqual(kept.wait(seconds: Patience.seconds) { $0 ? true : nil }, true)
        let moved = recorder.bodies.count
        try fixture.engine.tier.writer.perform(on: file) { writer in
            try writer.perform { try $0.execute("INSERT OR REPLACE INTO meta(key, value) VALUES('late', 1)") }
        }
        _ = try fixture.taken(EngineFixture.receipt("R-5"))
        try fixture.engine.close()
        let bodies = recorder.bodies
        XCTAssertGreaterThan(bodies.count, moved)
        let standby = try ReplicaStore(directory: path("b"))
        try standby.clear()
        for (index, body) in bodies[..<moved].enumerated() { try standby.apply(Self.position(index + 1), body) }
        try standby.settle()
        XCTAssertFalse(try hotFiles("b").contains("\(file.name).sqlite"))
        for (index, body) in bodies.enumerated().dropFirst(moved) { try standby.apply(Self.position(index + 1), body) }
        try standby.promote()
        XCTAssertEqual(try hotFiles("b").count, 1, "that of the last receipt")
        XCTAssertFalse(try hotFiles("b").contains("\(file.name).sqlite"))
    }

    /// A process that is killed leaves its log beside the catalog.
    func test_catalog_isAskedWithTheLogThatAKilledProcessHasLeft() throws {
        let (recorder, _) = try lead("a", count: 2)
        let standby = try ReplicaStore(directory: path("b"))
        try standby.clear()
        for (index, body) in recorder.bodies.enumerated() { try standby.apply(Self.position(index + 1), body) }
        try standby.settle()
        XCTAssertNil(try standby.warehouse())
        do {
            let killed = try SQLiteConnection(path: path("b/catalog.sqlite"), mode: .readWrite)
            killed.leaveLogWhenClosing()
            try killed.execute("INSERT INTO meta (key, value) VALUES ('\(WarehousePlace.key)', 's3://receipts/pair')")
        }
        XCTAssertTrue(FileManager.default.fileExists(atPath: path("b/catalog.sqlite-wal")))
        XCTAssertEqual(try ReplicaStore(directory: path("b")).warehouse(), "s3://receipts/pair")
    }

    /// As those of moved rows: the leader removes them, and tells of it by a commit.
    func test_filesOfUploads_goOnceTheLeaderHasNotedThatTheyDid() throws {
        let recorder = CommitRecorder()
        let fixture = try EngineFixture(path("a")) { options in
            options.replica = recorder
            options.uploads.fileDays = 0
        }
        let (engine, uploads) = (fixture.engine, fixture.engine.uploads)
        func put(_ id: String) throws {
            let file = try uploads.receive(try uploads.announce(UploadAnnouncement(name: "a.ndjson"), id: id, as: .admin), from: 0, isAnew: true, isKept: false)
            try [UInt8](repeating: 0x0A, count: 10).withUnsafeBytes { try file.append($0) }
            file.keep()
            _ = try uploads.finish(file, coding: nil)
        }
        func kept() -> Int {
            let done = Monitor(false)
            engine.whenKept { _ in done.broadcast { $0 = true } }
            XCTAssertEqual(done.wait(seconds: Patience.seconds) { $0 ? true : nil }, true)
            return recorder.bodies.count
        }
        func files(_ name: String) throws -> [String] { try FileManager.default.contentsOfDirectory(atPath: path("\(name)/uploads")).sorted() }
        for id in ["one", "read"] { try put(id) }
        try uploads.cancel("one", as: .admin)
        let before = kept()
        try uploads.sweep()
        XCTAssertEqual(try files("a"), ["read"], "the other one is not read to its end")
        let swept = kept()
        XCTAssertGreaterThan(swept, before)
        try uploads.cancel("read", as: .admin)
        try uploads.sweep()
        XCTAssertEqual(try files("a"), [])
        try engine.close()

        let bodies = recorder.bodies
        for (name, isDurable) in [("b", false), ("c", true)] {
            let store = try ReplicaStore(directory: path(name), isDurable: isDurable)
            try store.clear()
            func fold(_ range: Range<Int>) throws {
                for index in range { try store.apply(Self.position(index + 1), bodies[index]) }
                try store.settle()
            }
            try fold(0..<before)
            XCTAssertEqual(try files(name), ["one", "read"])
            try fold(before..<swept)
            XCTAssertEqual(try files(name), ["read"])
            try fold(swept..<bodies.count)
            XCTAssertEqual(try files(name), [])
        }
    }

    private func hotFiles(_ name: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: path(name) + "/hot").filter { $0.hasSuffix(".sqlite") }.sorted()
    }

    /// The system's calls, which tell whose files were synced, or refuse to.
    private final class Syncs: FileSystemCalls {
        let names = Mutex<Set<String>>([])
        let refuses = Mutex(false)
        private let system = LinuxFileSystem()

        func synchronize(_ descriptor: Int32) throws(FileSystemFault) {
            if refuses.withLock({ $0 }) { throw FileSystemFault(operation: "fsync", code: EIO) }
            try system.synchronize(descriptor)
            let path = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/fd/\(descriptor)")) ?? ""
            names.withLock { _ = $0.insert(URL(fileURLWithPath: path).lastPathComponent) }
        }
        func create(_ path: String) throws(FileSystemFault) -> Int32 { try system.create(path) }
        func write(_ descriptor: Int32, _ bytes: RawSpan) throws(FileSystemFault) { try system.write(descriptor, bytes) }
        func close(_ descriptor: Int32) { system.close(descriptor) }
        func link(_ source: String, _ target: String) throws(FileSystemFault) { try system.link(source, target) }
        func rename(_ source: String, _ target: String) throws(FileSystemFault) { try system.rename(source, target) }
        func unlink(_ path: String, _ proof: RemovalProof) throws(FileSystemFault) { try system.unlink(path, proof) }
        func makeDirectory(_ path: String) throws(FileSystemFault) { try system.makeDirectory(path) }
        func synchronizeDirectory(_ path: String) throws(FileSystemFault) { try system.synchronizeDirectory(path) }
    }

    /// What a standby folds is never synced, and a server syncs what it writes alone: of older days nothing else says that a crash of the machine leaves them.
    func test_noteOfAnEnd_outlivesACrashOfTheMachine_onceAllFilesAreSynced_andUntilTheyChange() throws {
        let (recorder, _) = try lead("a", count: 3)
        let standby = try ReplicaStore(directory: path("b"))
        try standby.clear()
        for (index, body) in recorder.bodies.enumerated() { try standby.apply(Self.position(index + 1), body) }
        try standby.settle()
        let last = Self.position(recorder.bodies.count)
        func read() throws -> ReplicaStore.Position? { try ReplicaStore(directory: path("b")).position }
        /// As another start of the machine reads it.
        func readLater() throws -> ReplicaStore.Position? {
            let note = URL(fileURLWithPath: path("b/cluster/fold"))
            let text = try String(contentsOf: note, encoding: .utf8)
            try Data(text.replacing("boot \(MachineStart.id)\n", with: "boot another\n").utf8).write(to: note)
            defer { XCTAssertNoThrow(try Data(text.utf8).write(to: note)) }
            return try read()
        }
        XCTAssertNil(try readLater())
        try ReplicaStore.noteEnd(path("b"), at: last, isDurable: false)
        XCTAssertEqual(try read(), last)
        XCTAssertNil(try readLater())
        let syncs = Syncs()
        syncs.refuses.withLock { $0 = true }
        XCTAssertThrowsError(try ReplicaStore.noteDurableEnd(path("b"), at: last, syncs)) { XCTAssertTrue($0 is ReplicaStore.Unsynced, "\($0)") }
        XCTAssertNil(try read(), "the next end would find them synced: they are made anew before")
        XCTAssertNil(try readLater())
        XCTAssertEqual(try ReplicaStore(directory: path("b")).leastSequence, last.sequence, "how far the records go at least stays known")
        try ReplicaStore.noteEnd(path("b"), at: last, isDurable: false)
        syncs.refuses.withLock { $0 = false }
        try ReplicaStore.noteDurableEnd(path("b"), at: last, syncs)
        XCTAssertEqual(try readLater(), last)
        let wanted = try hotFiles("b") + ["catalog.sqlite"]
        XCTAssertGreaterThan(wanted.count, 1)
        XCTAssertEqual(syncs.names.withLock { names in wanted.filter { !names.contains($0) } }, [])
        // It follows again: from the first record on nothing is synced.
        try ReplicaStore(directory: path("b")).begin()
        XCTAssertEqual(try read(), last)
        XCTAssertNil(try readLater())
    }

    func test_files_ofALeaderThatDidNotEnd_areNotBelieved() throws {
        let standby = try ReplicaStore(directory: path("b"))
        try standby.clear()
        try standby.apply(Self.position(1), [])
        try standby.settle()
        XCTAssertEqual(try ReplicaStore(directory: path("b")).position, Self.position(1))
        try standby.promote()
        XCTAssertNil(try ReplicaStore(directory: path("b")).position)
        try ReplicaStore.noteEnd(path("b"), at: Self.position(5))
        XCTAssertEqual(try ReplicaStore(directory: path("b")).position, Self.position(5))
    }
}
