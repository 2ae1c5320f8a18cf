import ColumnStore
import Foundation
import TestSupport
import XCTest

@testable import Documents
@testable import Ingest

/// A sound store has no finding; a changed byte is found and the file named.
final class VerifierTests: XCTestCase {
    /// A store with a cold table, a sealed hot file with a flushed group, and an open one.
    private func makeStore(_ path: String) throws {
        let fixture = try EngineFixture(path)
        try fixture.keepOneRollup()
        func fill(_ range: Range<Int>) throws {
            guard case .each = fixture.take(range.map { EngineFixture.receipt("R-\($0)") }.joined(separator: "\n"), .ndjson) else {
                return XCTFail("no results")
            }
        }
        try fill(0..<300)
        _ = try fixture.engine.compact(before: nil)
        try fill(300..<600)
        _ = try fixture.engine.compact(before: nil)
        try fill(600..<700)
        try fixture.engine.tier.writer.seal()
        try fixture.engine.tier.flush()
        try fill(700..<800)
        try fixture.engine.close()
    }

    func test_run_soundStore_hasNoFinding() throws {
        let directory = TemporaryDirectory()
        try makeStore(directory.path)
        let report = try Verifier(path: directory.path).run()
        XCTAssertEqual(report.findings.map(\.description), [])
        XCTAssertEqual(report.rowCount, 800)
    }

    /// Each row of a store may be at fault.
    func test_findings_areListedToABound_andAllCounted() {
        var report = Verifier.Report()
        for number in 0..<Verifier.Report.findingCountMax + 50 { report.add(Finding(path: "hot/a.sqlite", fault: "row \(number)")) }
        XCTAssertEqual(report.findings.count, Verifier.Report.findingCountMax)
        XCTAssertEqual(report.findings.last?.fault, "row \(Verifier.Report.findingCountMax - 1)")
        XCTAssertEqual(report.faultCount, Verifier.Report.findingCountMax + 50)
        XCTAssertEqual(Verifier.Report().faultCount, 0)
    }

    /// As it is left by a kill while a start makes the index of versions anew.
    func test_run_indexOfVersionsThatWasBeingMade_isNoFault_andTheNextStartMakesIt() throws {
        let directory = TemporaryDirectory()
        try makeStore(directory.path)
        let index = "\(directory.path)/versions.sqlite"
        for suffix in ["", "-wal", "-shm"] { try? FileManager.default.removeItem(atPath: index + suffix) }
        do {
            let other = TemporaryDirectory()
            try FileManager.default.createDirectory(atPath: other.path, withIntermediateDirectories: true)
            let connection = try SQLiteConnection(path: other.path + "/made.sqlite", mode: .create)
            try connection.execute("PRAGMA cache_size=1; CREATE TABLE t(x)")
            try connection.execute("BEGIN; INSERT INTO t SELECT randomblob(3000) FROM (VALUES(1), (2), (3), (4), (5), (6), (7), (8), (9))")
            for suffix in ["", "-journal"] { try FileManager.default.copyItem(atPath: other.path + "/made.sqlite" + suffix, toPath: index + suffix) }
        }
        let report = try Verifier(path: directory.path).run()
        XCTAssertEqual(report.findings.map(\.description), [])
        XCTAssertEqual(report.strangers, [])
        let fixture = try EngineFixture(directory.path)
        XCTAssertFalse(FileManager.default.fileExists(atPath: index + "-journal"))
        try fixture.engine.close()
        XCTAssertEqual(try Verifier(path: directory.path).run().findings.map(\.description), [])
    }

    /// Every regular file of a directory, by its path below it.
    private func files(_ path: String) throws -> [String] {
        let root = URL(filePath: path)
        let all = try XCTUnwrap(FileManager.default.enumerator(at: root, includingPropertiesForKeys: [.isRegularFileKey]))
        return try all.compactMap { $0 as? URL }.filter { try $0.resourceValues(forKeys: [.isRegularFileKey]).isRegularFile == true }
            .map { String($0.path.dropFirst(root.path.count + 1)) }.sorted()
    }

    /// Flips single bits at random places of each file, and expects each to be found and its file named.
    private func flipBits(_ path: String, of names: [String], perFile count: Int) throws {
        var random = SplitMix64(state: SourceSeed.of("Sources/ColumnStore", "Sources/Documents", "Sources/Ingest"))
        for name in names {
            let url = URL(filePath: "\(path)/\(name)")
            let sound = try Data(contentsOf: url)
            // Both ends, and any place between.
            var places = [0, sound.count - 1]
            while places.count < count { places.append(Int.random(in: 0..<sound.count, using: &random)) }
            for place in places.prefix(max(2, min(count, sound.count * 8))) {
                var changed = sound
                let bit = UInt8(1 << Int.random(in: 0..<8, using: &random))
                changed[place] ^= bit
                try changed.write(to: url)
                let findings = try Verifier(path: path).run().findings
                XCTAssertTrue(
                    findings.contains { $0.path == url.path }, "\(name), byte \(place), bit \(bit): \(findings.map(\.description))")
                // What is found must not have been mended.
                XCTAssertEqual(try Data(contentsOf: url), changed, name)
            }
            try sound.write(to: url)
        }
        XCTAssertEqual(try Verifier(path: path).run().findings.map(\.description), [])
    }

    func test_run_flippedBitInAnyFile_isFoundAndNamed() throws {
        let directory = TemporaryDirectory()
        try makeStore(directory.path)
        try Data("admin-key-of-the-verifier-test\n".utf8).write(to: URL(filePath: directory.path + "/admin.key"))
        let engine = try EngineFixture(directory.path).engine
        try engine.noteAdminKey()
        try engine.close()
        let all = try files(directory.path).filter { $0 != "LOCK" }
        let names = AlikeFiles.sample(all)
        XCTAssertGreaterThan(names.count, 10, "\(names)")
        XCTAssertFalse(all.contains { $0.hasSuffix("-wal") || $0.hasSuffix("-shm") }, "\(all)")
        XCTAssertEqual(try Verifier(path: directory.path).run().strangers, [])
        let count = ProcessInfo.processInfo.environment["TILL_FLIPS"].flatMap { Int($0) } ?? 3
        try flipBits(directory.path, of: names, perFile: count)
        XCTAssertEqual(try files(directory.path).filter { $0 != "LOCK" }, all, "verify leaves nothing behind")
        for name in names {
            let url = URL(filePath: "\(directory.path)/\(name)")
            let sound = try Data(contentsOf: url)
            try FileManager.default.removeItem(at: url)
            if name != "FORMAT" {
                let findings = try Verifier(path: directory.path).run().findings
                XCTAssertTrue(findings.contains { $0.path == url.path }, "\(name) is gone: \(findings.map(\.description))")
            }
            try sound.write(to: url)
        }
    }

    /// A killed process leaves logs: what SQLite would take for their end is found where transactions follow.
    func test_run_flippedBitInALog_isFoundUnlessItIsInTheLastTransaction() throws {
        let (directory, aside) = (TemporaryDirectory(), TemporaryDirectory())
        try makeStore(directory.path)
        let fixture = try EngineFixture(directory.path)
        for number in 800..<820 { _ = try fixture.taken(EngineFixture.receipt("R-\(number)")) }
        try copyOpenStore(directory.path, aside.path)
        try fixture.engine.close()
        // A table's metadata names its place.
        try FileManager.default.removeItem(atPath: directory.path)
        try FileManager.default.moveItem(atPath: aside.path, toPath: directory.path)
        let copy = directory
        let logs = try files(copy.path).filter { $0.hasSuffix("-wal") }.filter {
            try Data(contentsOf: URL(filePath: "\(copy.path)/\($0)")).count > 40_000
        }
        XCTAssertFalse(logs.isEmpty)
        XCTAssertEqual(try Verifier(path: copy.path).run().findings.map(\.description), [])
        for name in logs {
            let url = URL(filePath: "\(copy.path)/\(name)")
            let sound = try Data(contentsOf: url)
            for place in [0, 20, 40, 5_000, sound.count / 3] {
                var changed = sound
                changed[place] ^= 4
                try changed.write(to: url)
                let findings = try Verifier(path: copy.path).run().findings
                XCTAssertTrue(findings.contains { $0.path == url.path }, "\(name), byte \(place): \(findings)")
            }
            try sound.write(to: url)
        }
        XCTAssertEqual(try Verifier(path: copy.path).run().findings.map(\.description), [])
    }

    /// As a kill would leave it. An open store may remove a file while it is copied: then again.
    private func copyOpenStore(_ path: String, _ target: String) throws {
        for attempt in 1...20 {
            do {
                return try FileManager.default.copyItem(atPath: path, toPath: target)
            } catch let error as CocoaError where attempt < 20 && [.fileNoSuchFile, .fileReadNoSuchFile].contains(error.code) {
                try? FileManager.default.removeItem(atPath: target)
            }
        }
    }

    func test_run_identityTicketAndSequenceInTwoFiles_areFound() throws {
        let directory = TemporaryDirectory()
        let fixture = try EngineFixture(directory.path)
        _ = try fixture.taken(EngineFixture.receipt("R-1"))
        _ = try fixture.engine.compact(before: nil)
        let hot = directory.path + "/hot"
        _ = try fixture.taken(EngineFixture.receipt("R-2"))
        try fixture.engine.close()
        // As if a move had left its rows behind: the next file is given the identity, the ticket and the sequence of the moved one.
        let report = try Verifier(path: directory.path).run()
        XCTAssertEqual(report.findings.map(\.description), [])
        let name = try XCTUnwrap(FileManager.default.contentsOfDirectory(atPath: hot).first { $0.hasSuffix(".sqlite") })
        let engine = try EngineFixture(directory.path).engine
        let cold = try XCTUnwrap(try engine.page(PageRequest(fields: ["receipt_id", "ticket_id", "sequence"], limit: 10), as: .admin).batches.first)
        let first = try XCTUnwrap(EngineFixture.texts(cold).first { $0.hasPrefix("R-1|") }).split(separator: "|")
        try engine.close()
        let ticket = try XCTUnwrap(ULID(String(first[1]))).bytes.map { String(format: "%02x", $0) }.joined()
        let connection = try SQLiteConnection(path: "\(hot)/\(name)", mode: .readWrite)
        try connection.execute("UPDATE rows SET receipt = CAST('R-1' AS BLOB), sequence = \(first[2]), ticket = x'\(ticket)'")
        let findings = try Verifier(path: directory.path).run().findings.map(\.description)
        for what in ["a receipt's identity is in", "the ticket \(first[1]) is in", "the sequence \(first[2]) is in"] {
            XCTAssertTrue(findings.contains { $0.contains(what) }, "\(what): \(findings)")
        }
        XCTAssertTrue(findings.contains { $0.contains("its document says another receipt_id") }, "\(findings)")
    }

    func test_repeatFinder_moreThanFitsInMemory_findsEachRepeat() throws {
        let finder = RepeatFinder(directory: "/tmp")
        var random = SplitMix64(state: 7)
        let repeated = (0..<50).map { _ in (UInt64.random(in: 0...UInt64.max, using: &random), UInt64.random(in: 0...UInt64.max, using: &random)) }
        for (index, key) in repeated.enumerated() { try finder.insert(.init(high: key.0, low: key.1, place: UInt64(index))) }
        for _ in 0..<2_200_000 { try finder.insert(.init(high: random.next(), low: random.next(), place: 1_000)) }
        for (index, key) in repeated.enumerated() { try finder.insert(.init(high: key.0, low: key.1, place: UInt64(index) + 100)) }
        var found: Set<UInt64> = []
        try finder.forEachRepeat { first, second in
            XCTAssertEqual(first.place + 100, second.place)
            found.insert(first.place)
        }
        XCTAssertEqual(found.count, 50)
    }

    func test_run_changedDocumentInAHotFile_isFound() throws {
        let directory = TemporaryDirectory()
        try makeStore(directory.path)
        let hot = try FileManager.default.contentsOfDirectory(atPath: directory.path + "/hot").filter { $0.hasSuffix(".sqlite") }.sorted()
        XCTAssertEqual(hot.count, 2)
        for name in hot {
            let connection = try SQLiteConnection(path: directory.path + "/hot/" + name, mode: .readWrite)
            try connection.execute("UPDATE rows SET document = zeroblob(length(document)) WHERE id = 7")
        }
        let findings = try Verifier(path: directory.path).run().findings
        XCTAssertEqual(findings.filter { $0.fault.contains("row 7") }.count, 2, "\(findings)")
    }

    /// The page has lost its sum, which is one finding; the row whose document lies there is another.
    func test_run_flippedBitInADocument_namesTheRowToo() throws {
        let directory = TemporaryDirectory()
        try makeStore(directory.path)
        for name in try FileManager.default.contentsOfDirectory(atPath: directory.path + "/hot").filter({ $0.hasSuffix(".sqlite") }) {
            let url = URL(filePath: "\(directory.path)/hot/\(name)")
            let document = try document(of: 7, in: url.path)
            var bytes = try Data(contentsOf: url)
            // A page that was divided keeps the bytes of rows that went to another one.
            var copies = 0
            while let place = bytes.range(of: Data(document)) {
                bytes[place.lowerBound + document.count / 2] ^= 1
                copies += 1
            }
            XCTAssertGreaterThan(copies, 0, name)
            try bytes.write(to: url)
            let findings = try Verifier(path: directory.path).run().findings.filter { $0.path == url.path }.map(\.fault)
            XCTAssertTrue(findings.contains { $0.contains("sum") }, "\(findings)")
            XCTAssertTrue(findings.contains { $0.contains("row 7, ticket ") }, "\(findings)")
        }
    }

    /// As it is stored.
    private func document(of row: Int, in path: String) throws -> [UInt8] {
        let statement = try SQLiteConnection(path: path, mode: .readOnly).statement("SELECT document FROM rows WHERE id = \(row)")
        XCTAssertTrue(try statement.step())
        return statement.bytes(0)
    }

    func test_run_catalogOfAnEarlierVersion_callsNoFileAStranger() throws {
        let directory = TemporaryDirectory()
        try makeStore(directory.path)
        do {
            let connection = try SQLiteConnection(path: "\(directory.path)/catalog.sqlite", mode: .readWrite)
            try connection.execute("PRAGMA user_version = 3")
        }
        let report = try Verifier(path: directory.path).run()
        XCTAssertEqual(report.findings.count, 1)
        XCTAssertTrue(report.findings.first?.fault.contains("till serve") ?? false, "\(report.findings)")
        XCTAssertEqual(report.strangers, [])
    }

    func test_run_filesThatTheSystemRefuses_areNamedWithTheirOwner() throws {
        let directory = TemporaryDirectory()
        try makeStore(directory.path)
        let key = "\(directory.path)/admin.key"
        try Data("admin-key-of-the-verifier-test\n".utf8).write(to: URL(filePath: key))
        let engine = try EngineFixture(directory.path).engine
        try engine.noteAdminKey()
        try engine.close()
        for path in [key, "\(directory.path)/catalog.sqlite"] {
            try FileManager.default.moveItem(atPath: path, toPath: path + ".kept")
            // The system's own, which may be written by root and read by nobody.
            try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: "/proc/sys/vm/drop_caches")
            let findings = try Verifier(path: directory.path).run().findings
            XCTAssertEqual(findings.map(\.path), [path], "\(findings)")
            XCTAssertTrue(findings.first?.fault.contains("cannot be opened by uid \(geteuid())") ?? false, "\(findings)")
            try FileManager.default.removeItem(atPath: path)
            try FileManager.default.moveItem(atPath: path + ".kept", toPath: path)
        }
        XCTAssertEqual(try Verifier(path: directory.path).run().findings.map(\.description), [])
    }

    /// Files are named wherever they lie, and of what lies in `hot/` empty directories, too.
    func test_run_strangers_areNamed_directoriesAmongHotFilesToo() throws {
        let directory = TemporaryDirectory()
        try makeStore(directory.path)
        let hot = "\(directory.path)/hot"
        try FileManager.default.createDirectory(atPath: hot + "/empty", withIntermediateDirectories: true)
        try Data("mine".utf8).write(to: URL(filePath: hot + "/notes.txt"))
        let report = try Verifier(path: directory.path).run()
        XCTAssertEqual(report.findings.map(\.description), [])
        XCTAssertEqual(report.strangers, [hot + "/empty/", hot + "/notes.txt"])
    }

    func test_init_directoryInUse_isRefused() throws {
        let directory = TemporaryDirectory()
        let fixture = try EngineFixture(directory.path)
        XCTAssertThrowsError(try Verifier(path: directory.path))
        try fixture.engine.close()
        XCTAssertNoThrow(try Verifier(path: directory.path))
        XCTAssertThrowsError(try Verifier(path: directory.path + "/nothing"))
    }

    /// Readers and proofs in any number; who is to change the store waits for all of them.
    func test_run_besideReaders_whileNobodyIsLetInWhoChangesAnything() throws {
        let directory = TemporaryDirectory()
        try makeStore(directory.path)
        let verifier = try Verifier(path: directory.path)
        let reader = try RestingStore(path: directory.path)
        XCTAssertEqual(try Verifier(path: directory.path).run().findings.map(\.description), [])
        reader.close()
        XCTAssertThrowsError(try Engine(path: directory.path), "a proof is under way") { error in
            guard case DataDirectory.Failure.beingRead? = error as? DataDirectory.Failure else { return XCTFail("\(error)") }
        }
        let report = verifier.run()
        XCTAssertEqual(report.findings.map(\.description), [])
        XCTAssertEqual(report.rowCount, 800)
        XCTAssertEqual(report.strangers, [])
        let fixture = try EngineFixture(directory.path)
        try fixture.engine.close()
    }

    /// A damaged log is read by whoever has the store alone, and a whole one beside those who read it already.
    func test_run_storeWithALog_isProvenAlone_andBesideAReaderThatIsThere() throws {
        let directory = TemporaryDirectory()
        try makeStore(directory.path)
        let path = "\(directory.path)/catalog.sqlite"
        do {
            let catalog = try SQLiteConnection(path: path, mode: .readWrite)
            catalog.leaveLogWhenClosing()
            // What changes no byte SQLite does not write.
            try catalog.execute("INSERT INTO meta(key, value) VALUES ('aside', 1)")
            try catalog.execute("DELETE FROM meta WHERE key = 'aside'")
        }
        XCTAssertTrue(Placement.hasLog(path))
        do {
            let verifier = try Verifier(path: directory.path)
            XCTAssertThrowsError(try RestingStore(path: directory.path)) { error in
                guard case DataDirectory.Failure.locked? = error as? DataDirectory.Failure else { return XCTFail("\(error)") }
            }
            XCTAssertEqual(verifier.run().findings.map(\.description), [])
        }
        let reader = try RestingStore(path: directory.path)
        let before = try Data(contentsOf: URL(filePath: path + "-wal"))
        let report = try Verifier(path: directory.path).run()
        XCTAssertEqual(report.findings.map(\.description), [])
        XCTAssertEqual(report.rowCount, 800)
        XCTAssertEqual(try Data(contentsOf: URL(filePath: path + "-wal")), before)
        reader.close()
        let fixture = try EngineFixture(directory.path)
        try fixture.engine.close()
    }
}
