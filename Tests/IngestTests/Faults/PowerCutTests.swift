import ColumnStore
import Foundation
import TestSupport
import XCTest

@testable import Documents
@testable import Ingest

/// Everything that a store writes is recorded, then the power is cut at many points of it, with what was not synced lost, torn or
/// reordered: after each the store is proved, opens, and has every acknowledged receipt once, byte for byte.
///
/// Then, at such points, the catalog is lost, put back from an earlier time, or taken from another store: the store refuses to start and keeps
/// every file, or starts and lacks nothing; and `Recovery` makes of the rest a store with every acknowledged receipt once, byte for byte.
///
/// `TILL_CRASH_IMAGES` says how many points; `TILL_CRASH_SEED` repeats a run.
final class PowerCutTests: XCTestCase {
    private static func document(_ id: String) -> String {
        let number = id.utf8.reduce(0) { $0 &* 31 &+ Int($1) } & 0xFFFF
        return EngineFixture.receipt(
            id, at: "202\(5 + number % 2)-1\(number % 2)-1\(number % 9)T10:00:00Z", note: String(repeating: id, count: 1 + number % 40))
    }

    /// Posts alone and in batches, repeats, late days, moves, merges, seals and flushes.
    ///
    /// - Parameter copies: gets copies of the catalog, each with how much had been recorded when it was made.
    private func record(_ path: String, copies: inout [(path: String, at: Int)], in elsewhere: String) throws -> DiskRecorder {
        let recorder = DiskRecorder(root: path)
        SQLiteFileSystem.observe(recorder)
        defer { SQLiteFileSystem.observe(nil) }
        for run in 0..<2 {
            let fixture = try EngineFixture(path) { $0.fileSystem = recorder }
            for round in 0..<4 {
                for number in 0..<6 {
                    let id = "A\(run)-\(round)-\(number)"
                    XCTAssertFalse(try fixture.taken(Self.document(id)).isRepeat)
                    recorder.acknowledge(id)
                }
                let ids = (0..<25).map { "B\(run)-\(round)-\($0)" }
                if case .each(let results) = fixture.take(ids.map(Self.document).joined(separator: "\n"), .ndjson) {
                    for (id, result) in zip(ids, results) { if case .success = result { recorder.acknowledge(id) } }
                }
                XCTAssertTrue(try fixture.taken(Self.document("A\(run)-0-0")).isRepeat)
                _ = fixture.refusal("{\"schema\":\"pos/1\",\"id\":\"bad-\(round)\"}")
                switch round {
                case 0: try fixture.engine.tier.writer.seal()
                case 1:
                    try fixture.engine.tier.flush()
                    try beginLogAnew(fixture, "anew-\(run)")
                default: _ = try fixture.engine.compact(before: nil)
                }
                let copy = "\(elsewhere)/catalog-\(copies.count)"
                try SQLiteConnection(path: fixture.engine.directory.catalogPath, mode: .readOnly).copy(to: copy)
                copies.append((copy, recorder.operations.count))
            }
            try fixture.engine.close()
        }
        return recorder
    }

    /// The next commits overwrite the log's earlier frames, and then zeros that are laid down meanwhile.
    private func beginLogAnew(_ fixture: EngineFixture, _ id: String) throws {
        let file = try XCTUnwrap(fixture.engine.tier.boundary.snapshot().files.last { !$0.state.isSealed })
        let log = try XCTUnwrap(file.preallocation)
        XCTAssertGreaterThan(log.writtenByteCount, 50_000)
        try fixture.engine.tier.writer.checkpoint(file, cuts: false)
        XCTAssertFalse(try fixture.taken(Self.document(id)).isRepeat)
        XCTAssertLessThan(log.writtenByteCount, 50_000, "the log was begun anew")
        try log.fill(to: log.byteCount + 300_000)
    }

    private let elsewhere = TemporaryDirectory()

    func test_powerCut_atAnyPoint_losesAndDoublesNothing() throws {
        let environment = ProcessInfo.processInfo.environment
        let count = environment["TILL_CRASH_IMAGES"].flatMap { Int($0) } ?? 8
        let seed = environment["TILL_CRASH_SEED"].flatMap { UInt64($0) } ?? SourceSeed.of("Sources/ColumnStore", "Sources/Documents", "Sources/Ingest")
        var random = SplitMix64(state: seed)
        let directory = TemporaryDirectory()
        var copies: [(path: String, at: Int)] = []
        let recorder = try record(directory.path, copies: &copies, in: try elsewhere.made())
        let operations = recorder.operations
        XCTAssertGreaterThan(operations.count, 500)
        // Not before the first receipt is taken: a store that is being made is no store yet.
        let start = try XCTUnwrap(operations.firstIndex { if case .acknowledge = $0 { true } else { false } })
        for number in 0..<count {
            let cut = Int.random(in: start...operations.count, using: &random)
            let image = DiskImage(operations[..<cut])
            // In the same place: a table's metadata names it.
            try FileManager.default.removeItem(atPath: directory.path)
            try image.write(from: directory.path, to: directory.path, using: &random)
            let name = "seed \(seed), image \(number), cut at \(cut) of \(operations.count)"
            XCTAssertEqual(try Verifier(path: directory.path).run().findings.map(\.description), [], name)
            do {
                try check(directory.path, image.acknowledged, name)
            } catch {
                XCTFail("\(name): \(error)")
            }
            if testRun?.failureCount ?? 0 > 5 { break }
        }
    }

    private enum Loss: CaseIterable { case lost, older, another }

    func test_powerCut_withAnotherCatalog_losesNothing() throws {
        let environment = ProcessInfo.processInfo.environment
        let count = environment["TILL_CRASH_IMAGES"].flatMap { Int($0) } ?? 6
        let seed = environment["TILL_CRASH_SEED"].flatMap { UInt64($0) } ?? SourceSeed.of("Sources/ColumnStore", "Sources/Documents", "Sources/Ingest")
        var random = SplitMix64(state: seed)
        let (directory, stranger) = (TemporaryDirectory(), TemporaryDirectory())
        var copies: [(path: String, at: Int)] = []
        let operations = try record(directory.path, copies: &copies, in: try elsewhere.made()).operations
        let other = try EngineFixture(stranger.path)
        _ = try other.taken(Self.document("other"))
        try other.engine.close()
        let start = try XCTUnwrap(operations.firstIndex { if case .acknowledge = $0 { true } else { false } })
        var refusedCount = 0
        for number in 0..<count {
            let cut = Int.random(in: start...operations.count, using: &random)
            let image = DiskImage(operations[..<cut])
            try FileManager.default.removeItem(atPath: directory.path)
            try image.write(from: directory.path, to: directory.path, using: &random)
            let loss = Loss.allCases[number % Loss.allCases.count]
            let catalog = "\(directory.path)/catalog.sqlite"
            for suffix in ["", "-wal", "-shm"] { try? FileManager.default.removeItem(atPath: catalog + suffix) }
            switch loss {
            case .lost: break
            case .older:
                guard let copy = copies.filter({ $0.at <= cut }).randomElement(using: &random) else { continue }
                try FileManager.default.copyItem(atPath: copy.path, toPath: catalog)
            case .another: try FileManager.default.copyItem(atPath: "\(stranger.path)/catalog.sqlite", toPath: catalog)
            }
            let name = "seed \(seed), image \(number), cut at \(cut) of \(operations.count), catalog \(loss)"
            do {
                refusedCount += try checkRefusal(directory.path, loss, image.acknowledged, name) ? 1 : 0
            } catch {
                XCTFail("\(name): \(error)")
            }
            if testRun?.failureCount ?? 0 > 5 { break }
        }
        XCTAssertGreaterThan(refusedCount, count / 2)
    }

    /// - Returns: whether the store refused to start.
    private func checkRefusal(_ path: String, _ loss: Loss, _ acknowledged: [String], _ name: String) throws -> Bool {
        let before = try Self.contents(path)
        do {
            let fixture = try EngineFixture(path)
            try fixture.engine.close()
            // A copy that no file has seen a change of since is as good as the catalog itself.
            XCTAssertEqual(loss, .older, "\(name): it started")
            try check(path, acknowledged, name)
            return false
        } catch DataDirectory.Failure.unproven {
            XCTAssertEqual(try Self.contents(path), before, "\(name): a refusal changes nothing")
        }
        XCTAssertNotEqual(try Verifier(path: path).run().findings.map(\.description), [], "\(name): proved before it was recovered")
        _ = try Recovery(path: path).run()
        XCTAssertEqual(try Verifier(path: path).run().findings.map(\.description), [], "\(name): after recovering")
        try check(path, acknowledged, name)
        return true
    }

    /// Names and bytes of what is below a directory, without what SQLite makes beside its files to read them.
    private static func contents(_ path: String) throws -> [String: Data] {
        var contents: [String: Data] = [:]
        for case let name as String in try XCTUnwrap(FileManager.default.enumerator(atPath: path)) {
            let file = "\(path)/\(name)"
            var isDirectory: ObjCBool = false
            guard FileManager.default.fileExists(atPath: file, isDirectory: &isDirectory), !isDirectory.boolValue else { continue }
            if name == "LOCK" || name.hasSuffix("-shm") || name == "FORMAT.tmp" { continue }
            let bytes = try Data(contentsOf: URL(filePath: file))
            if name.hasSuffix("-wal"), bytes.isEmpty { continue }
            // Its generation and version may be brought up to date.
            if name.hasPrefix("catalog.sqlite") { continue }
            contents[name] = bytes
        }
        return contents
    }

    private func check(_ path: String, _ acknowledged: [String], _ name: String) throws {
        let fixture = try EngineFixture(path)
        let rows = try fixture.walk(PageRequest(fields: ["receipt_id", "document"], limit: 10_000))
        let ids = rows.map { String($0.prefix { $0 != "|" }) }
        XCTAssertEqual(Set(ids).count, ids.count, "\(name): a receipt is there twice")
        XCTAssertEqual(Set(acknowledged).subtracting(ids), [], "\(name): acknowledged receipts are gone")
        for row in rows {
            let id = String(row.prefix { $0 != "|" })
            XCTAssertEqual(String(row.dropFirst(id.count + 1)), Self.document(id), name)
        }
        // It goes on from there: repeats are known, new ones are taken, all of it moves.
        for id in acknowledged.suffix(3) { XCTAssertTrue(try fixture.taken(Self.document(id)).isRepeat, "\(name): \(id)") }
        XCTAssertFalse(try fixture.taken(Self.document("after")).isRepeat, name)
        _ = try fixture.engine.compact(before: nil)
        XCTAssertEqual(try fixture.walk(PageRequest(fields: ["receipt_id"], limit: 10_000)).count, ids.count + 1, name)
        try fixture.engine.close()
        XCTAssertEqual(try Verifier(path: path).run().findings.map(\.description), [], "\(name), after going on")
    }
}
