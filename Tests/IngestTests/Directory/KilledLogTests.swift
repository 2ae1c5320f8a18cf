import Foundation
import Processes
import XCTest

@testable import Documents
@testable import Ingest

/// The log of a process that was killed: a bit that changes in any commit is distinguished from a commit that was cut off, by the log's index beside it.
final class KilledLogTests: XCTestCase {
    func test_flippedBit_inAnyCommit_isFound_andTheStartStops() throws {
        let (live, killed) = (TemporaryDirectory(), TemporaryDirectory())
        let fixture = try EngineFixture(live.path)
        for number in 0..<6 { _ = try fixture.taken(EngineFixture.receipt("A-\(number)")) }
        // What a kill leaves: everything that was written, and nothing closed.
        try FileManager.default.copyItem(atPath: live.path, toPath: killed.path)
        try fixture.engine.close()
        let log = try XCTUnwrap(FileManager.default.contentsOfDirectory(atPath: killed.path + "/hot").first { $0.hasSuffix("-wal") })
        let path = "\(killed.path)/hot/\(log)"
        let database = String(path.dropLast(4))
        let sound = try Data(contentsOf: URL(filePath: path))
        let index = try Data(contentsOf: URL(filePath: database + "-shm"))
        let frameByteCount = 24 + 4_096
        XCTAssertNil(try WriteAheadLog(path: database)?.fault)
        let frameCount = index.withUnsafeBytes { Int($0.loadUnaligned(fromByteOffset: 16, as: UInt32.self)) }
        XCTAssertGreaterThan(frameCount, 6)
        for frame in 0..<frameCount {
            // Page number, length of the file, salt, sum, contents.
            for place in [0, 5, 9, 17, 24, 2_000, frameByteCount - 1] {
                var bytes = sound
                bytes[32 + frame * frameByteCount + place] ^= 4
                try bytes.write(to: URL(filePath: path))
                let fault = try WriteAheadLog(path: database)
                XCTAssertNotNil(fault?.fault, "frame \(frame), byte \(place)")
                XCTAssertEqual(fault?.losesCommits, true, "frame \(frame), byte \(place)")
            }
        }
        for _ in 0..<2 {
            XCTAssertThrowsError(try Engine(path: killed.path), "a start would lose it without a word") { error in
                XCTAssertTrue("\(error)".contains("what was acknowledged is in it"), "\(error)")
            }
        }
        // Whoever reads it leaves the index, which alone tells of the last commit.
        _ = try FormatReport(path: killed.path)
        for _ in 0..<2 { XCTAssertTrue(try Verifier(path: killed.path).run().findings.contains { $0.path == path }, "and is found by name") }
        XCTAssertThrowsError(try Engine(path: killed.path))
        // A commit that was cut off is none.
        try sound.prefix(32 + frameCount * frameByteCount - 512).write(to: URL(filePath: path))
        try FileManager.default.removeItem(atPath: database + "-shm")
        XCTAssertNil(try WriteAheadLog(path: database)?.fault)
        try sound.write(to: URL(filePath: path))
        let engine = try Engine(path: killed.path)
        XCTAssertEqual(try EngineFixture.walk(engine, PageRequest(fields: ["receipt_id"])).count, 6)
        try engine.close()
    }

    /// A bit of the last frame that was committed.
    private func flipLast(_ database: String) throws {
        let index = try Data(contentsOf: URL(filePath: database + "-shm"))
        let frameCount = index.withUnsafeBytes { Int($0.loadUnaligned(fromByteOffset: 16, as: UInt32.self)) }
        var log = [UInt8](try Data(contentsOf: URL(filePath: database + "-wal")))
        let place = 32 + (frameCount - 1) * (24 + 4_096) + 24 + 100
        guard log.indices.contains(place) else { return XCTFail("\(frameCount) frames in \(log.count) bytes") }
        log[place] ^= 4
        try Data(log).write(to: URL(filePath: database + "-wal"))
    }

    /// It is opened before anything else is proved: by that its index would be made anew.
    func test_flippedBit_inTheLastCommitOfTheCatalog_isFoundByAll_andIsNamedByRecover() throws {
        let (live, killed) = (TemporaryDirectory(), TemporaryDirectory())
        let fixture = try EngineFixture(live.path)
        _ = try fixture.taken(EngineFixture.receipt("A-1"))
        _ = try fixture.engine.putContract(Contract(clientID: "c3", access: .readWrite, scope: .own))
        try FileManager.default.copyItem(atPath: live.path, toPath: killed.path)
        try fixture.engine.close()
        let catalog = "\(killed.path)/catalog.sqlite"
        try flipLast(catalog)
        func checkStart(_ place: String) {
            XCTAssertThrowsError(try Engine(path: killed.path), place) { error in
                guard case .unproven(_, let reasons)? = error as? DataDirectory.Failure else { return XCTFail("\(place): \(error)") }
                XCTAssertTrue(reasons.contains { $0.hasPrefix("catalog.sqlite-wal: ") }, "\(place): \(reasons)")
            }
        }
        checkStart("at once")
        checkStart("after another")
        XCTAssertThrowsError(try RestingStore(path: killed.path))
        _ = try FormatReport(path: killed.path)
        checkStart("after a report")
        for _ in 0..<2 { XCTAssertTrue(try Verifier(path: killed.path).run().findings.contains { $0.path == catalog + "-wal" }) }
        checkStart("after a proof")
        XCTAssertTrue(try Recovery(path: killed.path, isTrial: true).run().missing.contains { $0.contains("catalog.sqlite-wal") })
        checkStart("after a look")
        let report = try Recovery(path: killed.path).run()
        XCTAssertTrue(report.missing.contains { $0.contains("catalog.sqlite-wal") }, "\(report.missing)")
        XCTAssertEqual(report.source, "the catalog that was there")
        let engine = try Engine(path: killed.path)
        XCTAssertNotNil(engine.catalog.contract("c1"))
        try engine.close()
    }

    /// What the messages say is to be done.
    func test_damagedLogOfTheCatalog_movedAwayWithItsIndex_isGoneOnWithout() throws {
        let (live, killed) = (TemporaryDirectory(), TemporaryDirectory())
        let fixture = try EngineFixture(live.path)
        _ = try fixture.taken(EngineFixture.receipt("A-1"))
        let catalog = fixture.engine.catalog
        func pageCount() throws -> Int64 { try catalog.read { try $0.integer("PRAGMA page_count") ?? 0 } }
        XCTAssertGreaterThan(try catalog.read { try $0.checkpoint(.passive).copied }, 0)
        let before = try pageCount()
        // From here on in the log alone, and of pages that the file does not have.
        try catalog.write(isCounted: false) { try $0.execute("INSERT INTO meta(key, value) VALUES('grown', zeroblob(524288))") }
        XCTAssertGreaterThan(try pageCount(), before)
        try FileManager.default.copyItem(atPath: live.path, toPath: killed.path)
        try fixture.engine.close()
        let path = "\(killed.path)/catalog.sqlite"
        try flipLast(path)
        XCTAssertThrowsError(try Engine(path: killed.path))
        try FileManager.default.removeItem(atPath: path + "-wal")
        // What is the matter, and what is to be done, are said once.
        XCTAssertFalse(try XCTUnwrap(WriteAheadLog(path: path)?.fault).contains("move"))
        XCTAssertThrowsError(try WriteAheadLog.refuseLost(path)) { XCTAssertFalse("\($0)".contains("from a backup"), "\($0)") }
        for _ in 0..<2 {
            XCTAssertThrowsError(try Engine(path: killed.path), "the index tells that it was there") { XCTAssertTrue("\($0)".contains("move the index `-shm` away too"), "\($0)") }
        }
        try FileManager.default.removeItem(atPath: path + "-shm")
        let engine = try Engine(path: killed.path)
        XCTAssertNotNil(engine.catalog.contract("c1"))
        XCTAssertNil(try engine.catalog.bytes("grown"))
        XCTAssertEqual(try EngineFixture.walk(engine, PageRequest(fields: ["receipt_id"])).count, 1)
        try engine.close()
    }

    /// As of hot files: what is lost there is for a person to say.
    func test_flippedBit_inTheLastCommitOfQueues_isRefusedByRecover() throws {
        let (live, killed) = (TemporaryDirectory(), TemporaryDirectory())
        let engine = try Engine(path: live.path)
        // A log that was copied while one waited would lose nothing: whoever reads what was before the commit keeps it in the log.
        _ = try engine.queues.put(queue: "first", QueueSettings())
        let reader = try SQLiteConnection(path: "\(live.path)/queues.sqlite", mode: .readOnly)
        try reader.execute("BEGIN")
        _ = try reader.integer("SELECT count(*) FROM sqlite_schema")
        _ = try engine.queues.put(queue: "jobs", QueueSettings())
        try FileManager.default.copyItem(atPath: live.path, toPath: killed.path)
        try reader.execute("ROLLBACK")
        try engine.close()
        let queues = "\(killed.path)/queues.sqlite"
        try flipLast(queues)
        for _ in 0..<2 {
            XCTAssertThrowsError(try Recovery(path: killed.path).run()) { error in
                for part in ["what was acknowledged is in it", "with its index (`-shm`)"] { XCTAssertTrue("\(error)".contains(part), "\(error)") }
            }
            XCTAssertTrue(try Verifier(path: killed.path).run().findings.contains { $0.path == queues + "-wal" })
        }
        XCTAssertThrowsError(try Engine(path: killed.path))
    }
}
