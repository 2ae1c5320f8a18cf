import ColumnStore
import Foundation
import TestSupport
import XCTest

@testable import Ingest

/// Everything that a store writes is recorded, then the power is cut at many points of it, with what was not synced lost, torn or
/// reordered: after each the store is proved, opens, and has every acknowledged receipt once, byte for byte.
///
/// `TILL_CRASH_IMAGES` says how many points; `TILL_CRASH_SEED` repeats a run.
final class PowerCutTests: XCTestCase {
    private static func document(_ id: String) -> String {
        let number = id.utf8.reduce(0) { $0 &* 31 &+ Int($1) } & 0xFFFF
        return EngineFixture.receipt(
            id, at: "202\(5 + number % 2)-1\(number % 2)-1\(number % 9)T10:00:00Z", note: String(repeating: id, count: 1 + number % 40))
    }

    /// Posts alone and in batches, repeats, late days, moves, merges, seals and flushes.
    private func record(_ path: String) throws -> DiskRecorder {
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
            }
            try fixture.engine.close()
        }
        return recorder
    }

    /// The next commits overwrite the log's earlier frames, and then zeros that are laid down meanwhile.
    private func beginLogAnew(_ fixture: EngineFixture, _ id: String) throws {
        let file = try XCTUnwrap(fixture.engine.tier.boundary.snapshot().files.last { !$0.state.isSealed })
        let log = try XCTUnwrap(file.logRoom)
        XCTAssertGreaterThan(log.writtenByteCount, 50_000)
        try fixture.engine.tier.writer.checkpoint(file, cuts: false)
        XCTAssertFalse(try fixture.taken(Self.document(id)).isRepeat)
        XCTAssertLessThan(log.writtenByteCount, 50_000, "the log was begun anew")
        try log.fill(to: log.byteCount + 300_000)
    }

    func test_powerCut_atAnyPoint_losesAndDoublesNothing() throws {
        let environment = ProcessInfo.processInfo.environment
        let count = environment["TILL_CRASH_IMAGES"].flatMap { Int($0) } ?? 24
        let seed = environment["TILL_CRASH_SEED"].flatMap { UInt64($0) } ?? SourceSeed.of("Sources/ColumnStore", "Sources/Ingest")
        var random = SplitMix64(state: seed)
        let directory = TemporaryDirectory()
        let recorder = try record(directory.path)
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
