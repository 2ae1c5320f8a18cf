import Foundation
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
        XCTAssertTrue(try Verifier(path: killed.path).run().findings.contains { $0.path == path }, "and is found by name")
        try index.write(to: URL(filePath: database + "-shm"))
        // A commit that was cut off is none.
        try sound.prefix(32 + frameCount * frameByteCount - 512).write(to: URL(filePath: path))
        try FileManager.default.removeItem(atPath: database + "-shm")
        XCTAssertNil(try WriteAheadLog(path: database)?.fault)
        try sound.write(to: URL(filePath: path))
        let engine = try Engine(path: killed.path)
        XCTAssertEqual(try EngineFixture.walk(engine, PageRequest(fields: ["receipt_id"])).count, 6)
        try engine.close()
    }
}
