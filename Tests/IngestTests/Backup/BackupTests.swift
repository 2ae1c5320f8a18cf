import ColumnStore
import Foundation
import Synchronization
import TestSupport
import XCTest

@testable import Documents
@testable import Ingest

/// A backup holds the state of one instant, is made anew in parts only, and gives a store at another path that is sound here and readable
/// by others.
final class BackupTests: XCTestCase {
    private static let request = PageRequest(fields: ["receipt_id", "state", "sequence", "ticket_id", "document"], limit: 10_000)

    private func fill(_ fixture: EngineFixture, _ range: Range<Int>, salt: String = "") {
        for start in stride(from: range.lowerBound, to: range.upperBound, by: 5_000) {
            let lines = (start..<min(start + 5_000, range.upperBound)).map {
                EngineFixture.receipt("R-\($0)", at: "20\(24 + $0 % 3)-0\(1 + $0 % 9)-1\($0 % 10)T10:00:00Z", note: salt)
            }
            guard case .each = fixture.take(lines.joined(separator: "\n"), .ndjson) else { return XCTFail("no results") }
        }
    }

    /// Cold files of two years, a sealed hot file with a flushed group, an open one, an entry of the quarantine.
    private func makeStore(_ path: String) throws -> EngineFixture {
        let fixture = try EngineFixture(path)
        try fixture.keepOneRollup()
        fill(fixture, 0..<300)
        _ = try fixture.engine.compact(before: nil)
        fill(fixture, 300..<600)
        _ = try fixture.engine.compact(before: nil)
        fill(fixture, 600..<700)
        try fixture.engine.tier.writer.seal()
        try fixture.engine.tier.flush()
        fill(fixture, 700..<800)
        XCTAssertNotNil(fixture.refusal("{\"schema\":\"pos/1\",\"id\":\"bad\"}"))
        return fixture
    }

    private func files(_ path: String) throws -> [String: Data] {
        var files: [String: Data] = [:]
        let root = URL(filePath: path)
        for case let file as URL in FileManager.default.enumerator(at: root, includingPropertiesForKeys: [.isRegularFileKey]) ?? .init() {
            do {
                guard try file.resourceValues(forKeys: [.isRegularFileKey]).isRegularFile == true else { continue }
                files[String(file.path.dropFirst(root.path.count + 1))] = try Data(contentsOf: file)
            } catch let error as CocoaError where [.fileNoSuchFile, .fileReadNoSuchFile].contains(error.code) {
                // An open store removes files while they are listed.
            }
        }
        return files
    }

    func test_backup_restoredElsewhere_isTheStore() throws {
        let (data, destination, other) = (TemporaryDirectory(), TemporaryDirectory(), TemporaryDirectory())
        let fixture = try makeStore(data.path)
        try Data("admin-key-of-the-backup-test\n".utf8).write(to: URL(filePath: data.path + "/admin.key"))
        let expected = try fixture.walk(Self.request)
        let summary = try fixture.engine.backup(to: destination.path)
        XCTAssertEqual(summary.copiedFileCount, summary.fileCount)
        // What comes later is not of the backup, and changes none of its files.
        fill(fixture, 800..<900)
        _ = try fixture.engine.compact(before: nil)
        try fixture.engine.close()

        let restored = try Restore(source: destination.path, directory: other.path).run()
        XCTAssertEqual(restored.fileCount, summary.fileCount)
        XCTAssertEqual(try Verifier(path: other.path).run().findings.map(\.description), [])
        let copy = try EngineFixture(other.path)
        XCTAssertEqual(try copy.walk(Self.request), expected)
        XCTAssertEqual(try copy.engine.quarantine(client: nil, cursor: nil, limit: 10, as: .admin).entries.count, 1)
        XCTAssertEqual(try String(contentsOfFile: other.path + "/admin.key", encoding: .utf8), "admin-key-of-the-backup-test\n")
        XCTAssertTrue(try copy.taken(EngineFixture.receipt("R-5", at: "2026-06-15T10:00:00Z")).isRepeat)
        // It lives on: more comes, moves and merges.
        fill(copy, 900..<1_000)
        _ = try copy.engine.compact(before: nil)
        XCTAssertEqual(try copy.walk(Self.request).count, 900)
        try copy.engine.close()
        XCTAssertEqual(try Verifier(path: other.path).run().findings.map(\.description), [])
    }

    func test_restoredTable_atAnotherPath_readsWithOtherEngines() throws {
        let (data, destination, other) = (TemporaryDirectory(), TemporaryDirectory(), TemporaryDirectory())
        let fixture = try makeStore(data.path)
        _ = try fixture.engine.backup(to: destination.path)
        try fixture.engine.close()
        _ = try Restore(source: destination.path, directory: other.path).run()
        let before = try PythonReader.run("IngestTests/Readers/read_cold.py", ["\(data.path)/warehouse/receipts"])
        // Nothing may lead back to the old place.
        try FileManager.default.removeItem(atPath: data.path)
        let after = try PythonReader.run("IngestTests/Readers/read_cold.py", ["\(other.path)/warehouse/receipts"])
        XCTAssertEqual(before.exitCode, 0, before.output)
        XCTAssertEqual(after.exitCode, 0, after.output)
        XCTAssertEqual(before.output, after.output)
        XCTAssertTrue(after.output.hasPrefix("600 600 "), after.output)
    }

    func test_secondBackup_copiesOnlyWhatChanged() throws {
        let (data, destination, other) = (TemporaryDirectory(), TemporaryDirectory(), TemporaryDirectory())
        let fixture = try makeStore(data.path)
        let first = try fixture.engine.backup(to: destination.path)
        usleep(1_200_000)
        let unchanged = try fixture.engine.backup(to: destination.path)
        // A file's time is trusted a second after it; the catalog is small and copied always.
        XCTAssertLessThan(unchanged.copiedFileCount, first.fileCount)
        // The idle log is copied into its file and cut once; from then on nothing changes.
        var copiedFileCount = 0
        try Patience.until(pauseMilliseconds: 1_200) {
            copiedFileCount = try fixture.engine.backup(to: destination.path).copiedFileCount
            return copiedFileCount == 1
        }
        XCTAssertEqual(copiedFileCount, 1, "the catalog")
        fill(fixture, 800..<850)
        let second = try fixture.engine.backup(to: destination.path)
        XCTAssertEqual(second.copiedFileCount, 2, "the catalog and the open file")
        _ = try fixture.engine.compact(before: nil)
        let expected = try fixture.walk(Self.request)
        let third = try fixture.engine.backup(to: destination.path)
        XCTAssertLessThan(third.copiedByteCount, third.byteCount + 1)
        // What is not needed any more has gone.
        let manifest = try BackupManifest.parse([UInt8](try XCTUnwrap(try files(destination.path)["MANIFEST"])), path: "")
        XCTAssertEqual(Set(try files(destination.path).keys), Set(manifest.files.map(\.name) + ["MANIFEST"]))
        try fixture.engine.close()
        _ = try Restore(source: destination.path, directory: other.path).run()
        let copy = try EngineFixture(other.path)
        XCTAssertEqual(try copy.walk(Self.request), expected)
        try copy.engine.close()
    }

    /// Its file stays as it is for days, and all that time no backup could be made there, nor a checkpoint that makes up for what the log lacks.
    func test_copyOfAHotFile_thatIsGoneCutOffOrDamaged_isMadeAgain() throws {
        let (data, destination) = (TemporaryDirectory(), TemporaryDirectory())
        let fixture = try makeStore(data.path)
        func backup() throws -> BackupManifest {
            _ = try fixture.engine.backup(to: destination.path)
            return try BackupManifest.parse([UInt8](try XCTUnwrap(try files(destination.path)["MANIFEST"])), path: "")
        }
        func hot(_ manifest: BackupManifest) -> [String] { manifest.files.map(\.name).filter { $0.hasPrefix("hot/") }.sorted() }
        // Once the files are at rest, so that their copies are used again.
        func copiesAtRest() throws -> [String] {
            var copies = hot(try backup())
            var isAtRest = false
            try Patience.until(pauseMilliseconds: 1_200) {
                let next = hot(try backup())
                isAtRest = next == copies
                copies = next
                return isAtRest
            }
            XCTAssertTrue(isAtRest)
            return copies
        }
        var copies = try copiesAtRest()
        XCTAssertEqual(copies.count, 2)
        try FileManager.default.removeItem(atPath: "\(destination.path)/\(copies[0])")
        try Data("half".utf8).write(to: URL(filePath: "\(destination.path)/\(copies[1])"))
        var next = hot(try backup())
        XCTAssertTrue(Set(next).isDisjoint(with: copies), "\(next)")
        // In its own size, which no look at the place tells.
        copies = try copiesAtRest()
        var damaged = try XCTUnwrap(FileManager.default.contents(atPath: "\(destination.path)/\(copies[1])"))
        damaged[damaged.count / 2] ^= 1
        try damaged.write(to: URL(filePath: "\(destination.path)/\(copies[1])"))
        next = hot(try backup())
        XCTAssertTrue(next.contains(copies[0]), "\(next)")
        XCTAssertFalse(next.contains(copies[1]), "\(next)")
        let expected = try fixture.walk(Self.request)
        try fixture.engine.close()
        let other = TemporaryDirectory()
        _ = try Restore(source: destination.path, directory: other.path).run()
        let copy = try EngineFixture(other.path)
        XCTAssertEqual(try copy.walk(Self.request), expected)
        try copy.engine.close()
    }

    /// Without it the first receipt of the day would make one, and wait for half a dozen syncs.
    func test_hotFileThatWasMadeAhead_isInNoBackup_andIsMadeAgain() throws {
        let (data, destination) = (TemporaryDirectory(), TemporaryDirectory())
        let fixture = try makeStore(data.path)
        let parts = fixture.engine.parts
        let day = Clock.day(ofMicroseconds: parts.clock.now()) + 1
        let name = "hot/\(HotFileName.text(day: day, part: 1)).sqlite"
        func isMade() -> Bool { FileManager.default.fileExists(atPath: "\(data.path)/\(name)") }
        try parts.tier.nextFile.prepare(day: day)
        XCTAssertTrue(isMade())
        // As a backup does, and nobody asks for it.
        try parts.tier.nextFile.withNone { XCTAssertFalse(isMade()) }
        try parts.tier.nextFile.prepare(day: day)
        _ = try fixture.engine.backup(to: destination.path)
        XCTAssertTrue(Patience.until { isMade() })
        let manifest = try BackupManifest.parse([UInt8](try XCTUnwrap(try files(destination.path)["MANIFEST"])), path: "")
        XCTAssertFalse(manifest.files.contains { $0.path == name })
        // Taken, or not wanted any more: none is made beside it.
        try parts.tier.nextFile.withNone {}
        try parts.tier.nextFile.discard()
        try parts.tier.nextFile.prepareAgain()
        XCTAssertFalse(isMade())
        try fixture.engine.close()
    }

    /// A log's checkpoints name copies of earlier ones, whether or not the list of the last one is there.
    func test_checkpointWhoseLastListIsGone_leavesWhatOthersName() throws {
        let (data, destination) = (TemporaryDirectory(), TemporaryDirectory())
        let fixture = try makeStore(data.path)
        let position: LogPosition.Source = { LogPosition(settled: 0, last: 0, at: 0) }
        // Its file has the same name in all of them.
        try fixture.put(upload: "up-1")
        func make() throws -> BackupManifest {
            let backup = try Backup(fixture.engine.parts, destination: destination.path, position: position, isCancelled: { false })
            _ = try backup.run()
            return backup.manifest
        }
        XCTAssertEqual(try (0..<2).map { _ in try make().number }, [1, 2])
        let before = try files(destination.path)
        XCTAssertEqual(before["uploads/up-1"], Data("{}\n".utf8))
        let (upload, old) = (destination.path + "/uploads/up-1", Date(timeIntervalSince1970: 1_000_000_000))
        try FileManager.default.setAttributes([.modificationDate: old], ofItemAtPath: upload)
        try FileManager.default.removeItem(atPath: destination.path + "/MANIFEST")
        fill(fixture, 800..<850)
        XCTAssertEqual(try make().number, 3)
        XCTAssertEqual(try FileManager.default.attributesOfItem(atPath: upload)[.modificationDate] as? Date, old, "it was taken away, and copied again")
        let after = try files(destination.path)
        for (name, bytes) in before where name != "MANIFEST" { XCTAssertEqual(after[name], bytes, name) }
        // Nor does one that is damaged keep the next from being made; of a backup somebody is to look at it first.
        try Data("till-backup 1\n".utf8).write(to: URL(filePath: destination.path + "/MANIFEST"))
        XCTAssertThrowsError(try fixture.engine.backup(to: destination.path))
        XCTAssertEqual(try make().number, 4)
        XCTAssertEqual(try make().number, 5)
        try fixture.engine.close()
    }

    /// A writer that was overtaken while it stood still, and one that has restored the store meanwhile: both go on from the list of the same checkpoint.
    func test_checkpointsOfTwoEpochs_haveNoCopyInCommon() throws {
        let (data, destination) = (TemporaryDirectory(), TemporaryDirectory())
        let fixture = try makeStore(data.path)
        func begin(_ epoch: Int64) throws -> Backup {
            try Backup(fixture.engine.parts, destination: destination.path, position: { LogPosition(settled: 0, last: 0, at: 0) }, epoch: epoch, isCancelled: { false })
        }
        let (former, later) = (try begin(1), try begin(2))
        _ = try later.run()
        let before = try files(destination.path)
        fill(fixture, 800..<850)
        _ = try former.run()
        XCTAssertEqual(former.manifest.number, later.manifest.number)
        let after = try files(destination.path)
        for file in later.manifest.files { XCTAssertEqual(after[file.name], before[file.name], file.name) }
        // The next number is behind both, also where the list is gone.
        try FileManager.default.removeItem(atPath: destination.path + "/MANIFEST")
        XCTAssertEqual(try begin(3).manifest.number, later.manifest.number + 1)
        try fixture.engine.close()
    }

    /// As a restored or copied file may have one: in nanoseconds it is past what 64 bits hold.
    /// A store gets these with the first that is put into them: the file is there before its first table is.
    func test_backup_whileQueuesAndExecutionsAreInTheMaking_isMadeWithoutThem() throws {
        let (data, destination) = (TemporaryDirectory(), TemporaryDirectory())
        let fixture = try EngineFixture(data.path)
        fill(fixture, 0..<10)
        for name in ["queues.sqlite", "executions.sqlite"] {
            XCTAssertFalse(FileManager.default.fileExists(atPath: "\(data.path)/\(name)"))
            XCTAssertTrue(FileManager.default.createFile(atPath: "\(data.path)/\(name)", contents: nil))
        }
        XCTAssertGreaterThan(try fixture.engine.backup(to: destination.path).fileCount, 0)
        XCTAssertEqual(try files(destination.path).keys.filter { $0.hasPrefix("queues.") || $0.hasPrefix("executions.") }, [])
        try fixture.engine.close()
    }

    func test_backup_ofAFileWithATimeFarAhead_isMade() throws {
        let (data, destination) = (TemporaryDirectory(), TemporaryDirectory())
        let fixture = try makeStore(data.path)
        let names = try files(data.path).keys.filter { $0.hasPrefix("hot/") && $0.hasSuffix(".sqlite") }
        XCTAssertGreaterThan(names.count, 1)
        // 2400; where a file system has no such times it takes its last one.
        let times = [timespec(tv_sec: 13_569_465_600, tv_nsec: 0), timespec(tv_sec: 13_569_465_600, tv_nsec: 0)]
        for name in names { XCTAssertEqual(utimensat(AT_FDCWD, "\(data.path)/\(name)", times, 0), 0, name) }
        let first = try fixture.engine.backup(to: destination.path)
        XCTAssertEqual(first.copiedFileCount, first.fileCount)
        _ = try fixture.engine.backup(to: destination.path)
        try fixture.engine.close()
    }

    /// What the caller named is his fault, not the server's.
    func test_backup_toAPlaceThatCannotBeMade_isHisFault() throws {
        let (data, other) = (TemporaryDirectory(), TemporaryDirectory())
        let fixture = try makeStore(data.path)
        defer { XCTAssertNoThrow(try fixture.engine.close()) }
        try FileManager.default.createDirectory(atPath: other.path, withIntermediateDirectories: true)
        try Data("x".utf8).write(to: URL(filePath: other.path + "/file"))
        for place in [other.path + "/file", other.path + "/file/below", "/proc/nothing/backup", "/dev/null"] {
            XCTAssertThrowsError(try fixture.engine.backup(to: place), place) { error in
                let problem = error as? Fault
                XCTAssertEqual(problem?.code, .badParameter, "\(place): \(error)")
                XCTAssertEqual(problem?.errors.map(\.pointer), ["/destination"], place)
                XCTAssertTrue(problem?.detail.contains(place) ?? false, "\(error)")
            }
        }
        XCTAssertNoThrow(try fixture.engine.backup(to: other.path + "/new/deep"))
    }

    func test_backup_cutOff_leavesTheLastOne() throws {
        let (data, destination) = (TemporaryDirectory(), TemporaryDirectory())
        let fixture = try makeStore(data.path)
        _ = try fixture.engine.backup(to: destination.path)
        let before = try files(destination.path)
        let expected = try fixture.walk(Self.request)
        fill(fixture, 800..<900)
        _ = try fixture.engine.compact(before: nil)
        fill(fixture, 900..<950)
        let now = try files(data.path)
        // As far as a backup may have come before its manifest: new files beside the old ones, one of them cut off.
        for (name, bytes) in now where name.hasPrefix("warehouse/") {
            let path = destination.path + "/" + name
            if before[name] == nil {
                try FileManager.default.createDirectory(
                    atPath: (path as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
                try bytes.dropLast(3).write(to: URL(filePath: path))
            }
        }
        try Data("half".utf8).write(to: URL(filePath: destination.path + "/catalog.2.sqlite"))
        let other = TemporaryDirectory()
        _ = try Restore(source: destination.path, directory: other.path).run()
        let copy = try EngineFixture(other.path)
        XCTAssertEqual(try copy.walk(Self.request), expected)
        try copy.engine.close()
        // The next one takes nothing for good that it did not finish.
        _ = try fixture.engine.backup(to: destination.path)
        let all = try fixture.walk(Self.request)
        try fixture.engine.close()
        let third = TemporaryDirectory()
        _ = try Restore(source: destination.path, directory: third.path).run()
        let last = try EngineFixture(third.path)
        XCTAssertEqual(try last.walk(Self.request), all)
        try last.engine.close()
        XCTAssertEqual(try Verifier(path: third.path).run().findings.map(\.description), [])
    }

    func test_backup_whilePostingAndCompacting_isOneState() throws {
        let (data, destination) = (TemporaryDirectory(), TemporaryDirectory())
        let fixture = try EngineFixture(data.path) { $0.compaction.snapshotKeepSeconds = 0; $0.compaction.intervalSeconds = 0.05 }
        try fixture.keepOneRollup()
        fill(fixture, 0..<500)
        let isDone = Mutex(false)
        let acknowledged = Mutex(500)
        // So many more beside each backup: as many as the disk takes would be proved and read again each time, too.
        let allowed = Monitor(500)
        let poster = WorkerThread(name: "poster") {
            var next = 500
            while true {
                let limit = allowed.wait { [next] in $0 > next ? $0 : nil }
                if limit == .max { return }
                let lines = (next..<next + 20).map { EngineFixture.receipt("R-\($0)", at: "2026-0\(1 + $0 % 9)-10T10:00:00Z") }
                _ = fixture.take(lines.joined(separator: "\n"), .ndjson)
                next += 20
                acknowledged.withLock { [next] in $0 = next }
            }
        }
        let mover = WorkerThread(name: "mover") {
            while !isDone.withLock({ $0 }) { _ = try? fixture.engine.compact(before: nil) }
        }
        defer {
            isDone.withLock { $0 = true }
            allowed.broadcast { $0 = .max }
            poster.join()
            mover.join()
        }
        for _ in 0..<4 {
            let least = acknowledged.withLock { $0 }
            allowed.broadcast { $0 += 2_000 }
            _ = try fixture.engine.backup(to: destination.path)
            let other = TemporaryDirectory()
            _ = try Restore(source: destination.path, directory: other.path).run()
            XCTAssertEqual(try Verifier(path: other.path).run().findings.map(\.description), [])
            let copy = try EngineFixture(other.path)
            let rows = try copy.walk(PageRequest(fields: ["sequence"], limit: 10_000)).compactMap { Int($0) }.sorted()
            // Everything acknowledged before it began, and no gap: a prefix of what was committed.
            XCTAssertGreaterThanOrEqual(rows.count, least)
            XCTAssertEqual(rows, Array(1...rows.count))
            try copy.engine.close()
        }
    }

    func test_restore_whatIsDamagedOrInTheWay_isRefusedAndNamed() throws {
        let (data, destination) = (TemporaryDirectory(), TemporaryDirectory())
        let fixture = try makeStore(data.path)
        _ = try fixture.engine.backup(to: destination.path)
        try fixture.engine.close()
        var random = SplitMix64(state: SourceSeed.of("Sources/ColumnStore", "Sources/Documents", "Sources/Ingest"))
        for (number, (name, sound)) in try files(destination.path).sorted(by: { $0.key < $1.key }).enumerated() {
            let other = TemporaryDirectory()
            // What is not there before is not there after; what is stays, empty.
            let isThere = number % 2 == 0
            let target = isThere ? other.path : other.path + "/a/b"
            if isThere { try FileManager.default.createDirectory(atPath: target, withIntermediateDirectories: true) }
            let wasThere = FileManager.default.fileExists(atPath: other.path)
            var changed = sound
            changed[Int.random(in: 0..<changed.count, using: &random)] ^= UInt8(1 << Int.random(in: 0..<8, using: &random))
            try changed.write(to: URL(filePath: "\(destination.path)/\(name)"))
            XCTAssertThrowsError(try Restore(source: destination.path, directory: target).run()) { error in
                XCTAssertTrue("\(error)".contains(name), "\(name): \(error)")
            }
            XCTAssertEqual(FileManager.default.fileExists(atPath: target), isThere, "after a fault in \(name)")
            XCTAssertEqual(FileManager.default.fileExists(atPath: other.path), wasThere, "after a fault in \(name)")
            let left = (try? FileManager.default.contentsOfDirectory(atPath: other.path)) ?? []
            XCTAssertEqual(left, [], "after a fault in \(name)")
            try sound.write(to: URL(filePath: "\(destination.path)/\(name)"))
        }
        XCTAssertThrowsError(try Restore(source: destination.path, directory: data.path).run())
        XCTAssertThrowsError(try Restore(source: data.path, directory: data.path + "-new").run())
    }

    func test_backup_wrongDestinations_areRefused() throws {
        let (data, destination, second) = (TemporaryDirectory(), TemporaryDirectory(), TemporaryDirectory())
        let fixture = try EngineFixture(data.path)
        let other = try EngineFixture(second.path)
        _ = try other.engine.backup(to: destination.path)
        let foreign = TemporaryDirectory()
        try FileManager.default.createDirectory(atPath: foreign.path, withIntermediateDirectories: true)
        try Data("mine".utf8).write(to: URL(filePath: foreign.path + "/notes.txt"))
        for bad in ["relative", data.path, data.path + "/backup", destination.path, foreign.path, foreign.path + "/notes.txt"] {
            XCTAssertThrowsError(try fixture.engine.backup(to: bad), bad) { error in
                XCTAssertEqual((error as? Fault)?.code, .badParameter, "\(bad): \(error)")
            }
        }
        try fixture.engine.close()
        try other.engine.close()
    }
}
