import ColumnStore
import Foundation
import TestSupport
import XCTest

@testable import Documents
@testable import Ingest

/// Power cuts of a store whose documents change: versions, removals, files of records and their taking back, moves, sweeps and merges, recorded write by write
/// and cut anywhere, with what was not synced lost, torn or reordered.
///
/// What each version of a document says follows from its number, so that any store can be held against what it may hold: of each document the first so many
/// versions, all that were acknowledged among them, each byte for byte, and in `t` the newest. Uploads go on where they were, count each record once, and are
/// taken back whole.
///
/// `TILL_CRASH_IMAGES` says how many points; `TILL_CRASH_SEED` repeats a run.
final class VersionPowerCutTests: XCTestCase {
    private static let type = """
        {"name":"licence","version":1,"table":"licences","format":"json","on_repeat":"replace","match":{"/schema":"licence/1"},"receipt_id":"/id",
         "columns":{"name":{"path":"/name","type":"VARCHAR"}}}
        """

    private static func document(_ id: String, _ name: String) -> String { "{\"schema\":\"licence/1\",\"id\":\"\(id)\",\"name\":\"\(name)\"}" }

    /// What a version of a posted document says; nil for a removal. Never two removals one after another.
    private static func name(_ id: String, _ version: Int) -> String? { version % 4 == 3 ? nil : "\(id) " + String(repeating: "\(version)", count: 1 + version * 7 % 30) }

    /// Documents that files bring: first, changed, and, taken back, as they were first.
    private static let uploadedCount = 1_150
    private static func uploaded(_ version: Int) -> String { version == 2 ? "changed" : "first" }
    private static func file(_ name: String) -> [UInt8] { Array((0..<uploadedCount).map { document("U-\($0)", name) + "\n" }.joined().utf8) }

    private func expected(_ id: String, _ version: Int) -> String? { id.hasPrefix("U-") ? Self.uploaded(version) : Self.name(id, version) }

    // MARK: Recording

    private func open(_ path: String, change: (inout Engine.Options) -> Void = { _ in }) throws -> EngineFixture {
        let fixture = try EngineFixture(path) { options in
            options.compaction.rowGroupRowCount = 700
            change(&options)
        }
        if !fixture.engine.types.registry.snapshot.types.contains(where: { $0.name == "licence" }) {
            _ = try fixture.engine.putType(name: "licence", body: Array(Self.type.utf8))
        }
        fixture.engine.uploads.start { _ in [] }
        return fixture
    }

    private func put(_ fixture: EngineFixture, _ id: String, _ version: Int) throws {
        if let name = Self.name(id, version) {
            let taken = try fixture.taken(Self.document(id, name))
            XCTAssertFalse(taken.isRepeat)
            XCTAssertEqual(taken.summary.version, Int32(version))
            return
        }
        let done = Monitor<Fault??>(nil)
        fixture.engine.remove(ReceiptLookup(receiptID: id, client: "c1", table: "licences"), as: .admin) { fault in done.broadcast { $0 = .some(fault) } }
        XCTAssertNil(done.wait { $0 })
    }

    private func upload(_ fixture: EngineFixture, _ recorder: DiskRecorder, _ id: String, _ name: String) throws {
        let uploads = fixture.engine.uploads
        var announcement = UploadAnnouncement(name: "a.ndjson")
        (announcement.type, announcement.client) = ("licence", "c1")
        let upload = try uploads.announce(announcement, id: id, as: .admin)
        let bytes = Self.file(name)
        let file = try uploads.receive(upload, from: 0, isAnew: true, isKept: false)
        try bytes.withUnsafeBytes { try file.append($0) }
        // The file is synced before the catalog says that it is there.
        recorder.note(synced: file.path, bytes)
        file.keep()
        _ = try uploads.finish(file, coding: nil)
        recorder.acknowledge("file \(id)")
        try end(fixture, id)
        recorder.acknowledge("read \(id)")
    }

    private func end(_ fixture: EngineFixture, _ id: String) throws {
        XCTAssertTrue(try Patience.until { try fixture.engine.uploads.upload(id, as: .admin).state != .processing })
        XCTAssertTrue([.processed, .reverted].contains(try fixture.engine.uploads.upload(id, as: .admin).state), id)
    }

    private func isTakenBack(_ fixture: EngineFixture, _ id: String) throws -> Bool { try fixture.engine.uploads.upload(id, as: .admin).revert.stage == .done }

    private func record(_ path: String) throws -> [DiskRecorder.Operation] {
        let recorder = DiskRecorder(root: path)
        SQLiteFileSystem.observe(recorder)
        defer { SQLiteFileSystem.observe(nil) }
        var versions: [String: Int] = [:]
        for run in 0..<2 {
            let fixture = try open(path) { $0.fileSystem = recorder }
            for round in 0..<4 {
                for number in 0..<8 {
                    let id = "L-\(number * (round + 1) % 11)"
                    let version = (versions[id] ?? 0) + 1
                    versions[id] = version
                    try put(fixture, id, version)
                    recorder.acknowledge("\(id)#\(version)")
                }
                switch (run, round) {
                case (0, 0): try upload(fixture, recorder, "up-1", "first")
                case (0, 1): try fixture.engine.tier.writer.seal()
                case (0, 2): try upload(fixture, recorder, "up-2", "changed")
                case (1, 1):
                    _ = try fixture.engine.uploads.revert("up-2", as: .admin)
                    recorder.acknowledge("revert up-2")
                    XCTAssertTrue(try Patience.until { try isTakenBack(fixture, "up-2") })
                    recorder.acknowledge("reverted up-2")
                case (1, 2): try fixture.engine.tier.versions.flush()
                default: break
                }
                if round % 2 == 1 { _ = try fixture.engine.compact(before: nil) }
                if round == 2 { try fixture.engine.tier.flush() }
            }
            try fixture.engine.close()
        }
        return recorder.operations
    }

    // MARK: Cutting

    func test_powerCut_atAnyPoint_leavesTheFirstVersionsOfEachDocument() throws {
        let environment = ProcessInfo.processInfo.environment
        let count = environment["TILL_CRASH_IMAGES"].flatMap { Int($0) } ?? 6
        let seed = environment["TILL_CRASH_SEED"].flatMap { UInt64($0) } ?? SourceSeed.of("Sources/ColumnStore", "Sources/Documents", "Sources/Ingest")
        var random = SplitMix64(state: seed)
        let directory = TemporaryDirectory()
        let operations = try record(directory.path)
        let start = try XCTUnwrap(operations.firstIndex { if case .acknowledge = $0 { true } else { false } })
        for number in 0..<count {
            let cut = Int.random(in: start...operations.count, using: &random)
            let image = DiskImage(operations[..<cut])
            try FileManager.default.removeItem(atPath: directory.path)
            try image.write(from: directory.path, to: directory.path, using: &random)
            // A machine that starts again trusts no ids of a file that were not synced; here it is the same run of the machine.
            for name in (try? FileManager.default.contentsOfDirectory(atPath: directory.path + "/uploads")) ?? [] where name.contains(".ids") {
                try FileManager.default.removeItem(atPath: "\(directory.path)/uploads/\(name)")
            }
            let name = "seed \(seed), image \(number), cut at \(cut) of \(operations.count)"
            let findings = try Verifier(path: directory.path).run().findings.map(\.description)
            // An index that was not synced is made anew from the rows.
            XCTAssertEqual(findings.filter { !$0.contains("versions.sqlite") }, [], name)
            do {
                try check(directory.path, image.acknowledged, name)
            } catch {
                XCTFail("\(name): \(error)")
            }
            if testRun?.failureCount ?? 0 > 5 { break }
        }
    }

    private func check(_ path: String, _ acknowledged: [String], _ name: String) throws {
        let fixture = try open(path)
        // What was begun ends.
        for id in ["up-1", "up-2"] {
            let isKnown = acknowledged.contains("file \(id)")
            guard let upload = try? fixture.engine.uploads.upload(id, as: .admin), isKnown || upload.state != .new else { continue }
            try end(fixture, id)
            let counts = try fixture.engine.uploads.upload(id, as: .admin).counts
            let own = id == "up-1" ? counts.accepted : counts.replaced
            XCTAssertEqual(own, Int64(Self.uploadedCount), "\(name): \(id) counts \(counts)")
            XCTAssertEqual(counts.processed, Int64(Self.uploadedCount), "\(name): \(id) counts \(counts)")
        }
        let isBegun = (try? fixture.engine.uploads.upload("up-2", as: .admin)).map { $0.revert.stage != .none } ?? false
        XCTAssertTrue(isBegun || !acknowledged.contains("revert up-2"), "\(name): the taking back is forgotten")
        if isBegun { XCTAssertTrue(try Patience.until { try isTakenBack(fixture, "up-2") }, name) }
        let counts = try checkRows(fixture, acknowledged, name)
        // It goes on from there, and all of it moves.
        for id in counts.keys.sorted().filter({ $0.hasPrefix("L-") }).prefix(4) {
            if let last = Self.name(id, counts[id] ?? 0) { XCTAssertTrue(try fixture.taken(Self.document(id, last)).isRepeat, "\(name): \(id)") }
            try put(fixture, id, (counts[id] ?? 0) + 1)
        }
        _ = try fixture.engine.compact(before: nil)
        let after = try checkRows(fixture, acknowledged, "\(name), all cold")
        XCTAssertEqual(after.values.reduce(0, +), counts.values.reduce(0, +) + counts.keys.filter { $0.hasPrefix("L-") }.prefix(4).count, name)
        try fixture.engine.close()
        XCTAssertEqual(try Verifier(path: path).run().findings.map(\.description), [], "\(name), after going on")
    }

    /// - Returns: how many versions each document has.
    private func checkRows(_ fixture: EngineFixture, _ acknowledged: [String], _ name: String) throws -> [String: Int] {
        var versions: [String: [Int: String]] = [:]
        for row in try fixture.walk(PageRequest(table: "licences_history", fields: ["receipt_id", "version", "name", "removed"], limit: 10_000)) {
            let parts = row.split(separator: "|", omittingEmptySubsequences: false).map(String.init)
            let version = try XCTUnwrap(Int(parts[1]))
            XCTAssertNil(versions[parts[0], default: [:]].updateValue(parts[2], forKey: version), "\(name): \(parts[0])#\(version) is there twice")
            XCTAssertEqual(parts[2], expected(parts[0], version) ?? "-", "\(name): \(parts[0])#\(version)")
            XCTAssertEqual(parts[3], "\(expected(parts[0], version) == nil)", "\(name): \(parts[0])#\(version)")
        }
        for (id, own) in versions { XCTAssertEqual(own.keys.sorted(), Array(1...max(1, own.count)), "\(name): versions of \(id)") }
        for entry in acknowledged where entry.hasPrefix("L-") {
            let parts = entry.split(separator: "#").map(String.init)
            XCTAssertNotNil(versions[parts[0]]?[Int(parts[1]) ?? 0], "\(name): the acknowledged \(entry) is gone")
        }
        let newest = versions.compactMap { id, own in expected(id, own.count).map { "\(id)|\($0)|\(own.count)" } }
        for table in ["licences", "licences_accepted"] {
            let rows = try fixture.walk(PageRequest(table: table, fields: ["receipt_id", "name", "version"], limit: 10_000))
            XCTAssertEqual(rows.sorted(), newest.sorted(), "\(name): \(table)")
        }
        return versions.mapValues(\.count)
    }
}

extension DiskRecorder {
    /// A file that was written by other calls, and is durable.
    fileprivate func note(synced path: String, _ bytes: [UInt8]) {
        let directory = Self.parent(path)
        note([.create(path), .write(path, offset: 0, bytes), .synchronize(path), .synchronizeDirectory(directory)])
    }
}
