import ColumnStore
import Documents
import Foundation
import Synchronization
import TestSupport
import XCTest

@testable import Ingest

/// Goal: long work that somebody ends has changed no answer, wherever it is ended. Method: a store of some files; ended at the first looks, one after the other, and
/// then at some of the later ones, other ones with each change of the sources, until one comes to its end: what is done anew up to each look is the same.
final class CancellingTests: XCTestCase {
    private static let request = PageRequest(fields: ["receipt_id", "sequence", "ticket_id", "document"], limit: 1_000)

    /// Work looks once or more a file, and is done anew up to each look: few rows, in as many files.
    private static let fileRowCount = 20

    private func fill(_ fixture: EngineFixture, _ range: Range<Int>) throws {
        for start in stride(from: range.lowerBound, to: range.upperBound, by: Self.fileRowCount) {
            let lines = (start..<min(start + Self.fileRowCount, range.upperBound)).map { EngineFixture.receipt("R-\($0)", at: "20\(24 + $0 % 3)-05-01T10:00:00Z") }
            guard case .each(let results) = fixture.take(lines.joined(separator: "\n"), .ndjson) else { return XCTFail("no results") }
            for result in results { _ = try result.get() }
            try fixture.engine.tier.writer.seal()
        }
    }

    /// Looks at which work is ended one after the other.
    private static let firstLookCount = 6

    /// - Parameter check: what must hold after each that was ended.
    /// - Returns: how many looks were enough for the work to be done.
    private func endAtEachLook(_ work: (@escaping @Sendable () -> Bool) throws -> Void, check: () throws -> Void) throws -> Int {
        var random = SplitMix64(state: SourceSeed.of("Sources/ColumnStore", "Sources/Documents", "Sources/Ingest"))
        var most = -1
        while most < 1_000 {
            most += most < Self.firstLookCount ? 1 : Int.random(in: 1...5, using: &random)
            let looks = Atomic<Int>(0), limit = most
            do {
                try work { looks.add(1, ordering: .relaxed).newValue > limit }
                return limit
            } catch let fault as Fault {
                XCTAssertEqual(fault.code, .overloaded)
                XCTAssertTrue(fault.detail.contains("was ended before it was done"), fault.detail)
                try check()
            }
        }
        XCTFail("it never came to its end")
        return 0
    }

    func test_compaction_endedAtEachLook_changesNoAnswer_andIsNoFailure() throws {
        let directory = TemporaryDirectory()
        let fixture = try EngineFixture(directory.path)
        defer { XCTAssertNoThrow(try fixture.engine.close()) }
        try fixture.keepOneRollup()
        try fill(fixture, 0..<80)
        let expected = try fixture.walk(Self.request)
        let count = try endAtEachLook({ _ = try fixture.engine.compact(before: nil, isCancelled: $0) }) {
            XCTAssertEqual(try fixture.walk(Self.request), expected)
            XCTAssertNil(fixture.engine.compactionFailure)
        }
        XCTAssertGreaterThan(count, 3)
        XCTAssertEqual(try fixture.walk(Self.request), expected)
        XCTAssertEqual(fixture.engine.tier.boundary.snapshot().files.count, 0)
    }

    func test_backup_endedAtEachLook_leavesTheLastOne() throws {
        let (directory, destination) = (TemporaryDirectory(), TemporaryDirectory())
        let fixture = try EngineFixture(directory.path)
        defer { XCTAssertNoThrow(try fixture.engine.close()) }
        try fixture.keepOneRollup()
        try fill(fixture, 0..<40)
        _ = try fixture.engine.compact(before: nil)
        _ = try fixture.engine.backup(to: destination.path)
        let manifest = try Data(contentsOf: URL(filePath: destination.path + "/" + BackupManifest.key))
        try fill(fixture, 40..<80)
        _ = try fixture.engine.compact(before: nil)
        try fill(fixture, 80..<92)
        let expected = try fixture.walk(Self.request)
        let count = try endAtEachLook({ _ = try fixture.engine.backup(to: destination.path, isCancelled: $0) }) {
            XCTAssertEqual(try Data(contentsOf: URL(filePath: destination.path + "/" + BackupManifest.key)), manifest)
        }
        XCTAssertGreaterThan(count, 3)
        let other = TemporaryDirectory()
        _ = try Restore(source: destination.path, directory: other.path).run()
        let copy = try EngineFixture(other.path)
        XCTAssertEqual(try copy.walk(Self.request), expected)
        try copy.engine.close()
    }
}
