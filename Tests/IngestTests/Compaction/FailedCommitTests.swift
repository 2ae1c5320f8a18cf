import ColumnStore
import Foundation
import Synchronization
import TestSupport
import XCTest

@testable import Documents
@testable import Ingest

/// Goal: a commit that fails between the metadata of its tables and the catalog leads nobody to files that are gone, is in no later one's way, and is taken back by nobody where the catalog
/// may have it. Method: some file of a table cannot be made, or the catalog's log is not synced.
final class FailedCommitTests: XCTestCase {
    /// Makes no file whose path has some text, while there is one.
    private final class PartialDisk: FileSystemCalls {
        let refused = Mutex<String?>(nil)
        private let system = LinuxFileSystem()

        func create(_ path: String) throws(FileSystemFault) -> Int32 {
            if let part = refused.withLock({ $0 }), path.contains(part) { throw FileSystemFault(operation: "create", code: ENOSPC) }
            return try system.create(path)
        }
        func write(_ descriptor: Int32, _ bytes: RawSpan) throws(FileSystemFault) { try system.write(descriptor, bytes) }
        func synchronize(_ descriptor: Int32) throws(FileSystemFault) { try system.synchronize(descriptor) }
        func close(_ descriptor: Int32) { system.close(descriptor) }
        func link(_ source: String, _ target: String) throws(FileSystemFault) { try system.link(source, target) }
        func rename(_ source: String, _ target: String) throws(FileSystemFault) { try system.rename(source, target) }
        func unlink(_ path: String, _ proof: RemovalProof) throws(FileSystemFault) { try system.unlink(path, proof) }
        func makeDirectory(_ path: String) throws(FileSystemFault) { try system.makeDirectory(path) }
        func synchronizeDirectory(_ path: String) throws(FileSystemFault) { try system.synchronizeDirectory(path) }
    }

    private static let other = #"{"name":"t1","version":1,"table":"other","format":"json","match":{"/k":"t1"},"receipt_id":"/id","issued_at":"/at","columns":{"total":{"path":"/total","type":"DECIMAL(18,4)"}}}"#

    private func fill(_ fixture: EngineFixture, _ range: Range<Int>, with other: Bool = false) throws {
        for number in range {
            _ = try fixture.taken(EngineFixture.receipt("R-\(number)"))
            if other { _ = try fixture.taken(#"{"k":"t1","id":"X-\#(number)","at":"2026-11-17T10:00:00Z","total":1.5}"#) }
        }
    }

    private func storage(_ table: String, _ path: String) throws -> LocalStorage { try LocalStorage(root: "\(path)/warehouse/\(table)") }

    /// As engines outside find the tables, by their hints: each has all of its files.
    private func assertWhole(_ path: String, line: UInt = #line) throws {
        for name in try FileManager.default.contentsOfDirectory(atPath: path + "/warehouse") {
            let storage = try storage(name, path)
            guard let version = try Table.newestVersion(storage) else { continue }
            for file in try Table.open(storage, version: version).files() {
                let isThere = FileManager.default.fileExists(atPath: String(file.location.dropFirst("file://".count)))
                XCTAssertTrue(isThere, "version \(version) of \(name): \(file.location)", line: line)
            }
        }
    }

    private func count(_ fixture: EngineFixture, of table: String = "receipts") throws -> Int {
        try fixture.walk(PageRequest(table: table, fields: ["receipt_id"], limit: 1_000)).count
    }

    private func newerVersions(_ fixture: EngineFixture, of table: String = "receipts") throws -> [Int] {
        try XCTUnwrap(fixture.engine.tier.boundary.snapshot().cold[table]).iceberg.newerVersions()
    }

    /// Neither can be withdrawn then: outside readers find it.
    func test_versionWhoseHintCannotBeWritten_keepsItsFiles_untilItIsTakenBack() throws {
        let (directory, disk) = (TemporaryDirectory(), PartialDisk())
        let fixture = try EngineFixture(directory.path) { $0.fileSystem = disk }
        try fill(fixture, 0..<10)
        _ = try fixture.engine.compact(before: nil)
        try fill(fixture, 10..<20)
        disk.refused.withLock { $0 = "/warehouse/receipts/metadata/version-hint" }
        XCTAssertThrowsError(try fixture.engine.compact(before: nil))
        XCTAssertEqual(try newerVersions(fixture).count, 1)
        try assertWhole(directory.path)
        XCTAssertEqual(try count(fixture), 20)
        disk.refused.withLock { $0 = nil }
        XCTAssertEqual(try fixture.engine.compact(before: nil).rowsMoved, 10)
        XCTAssertEqual(try newerVersions(fixture), [])
        try assertWhole(directory.path)
        XCTAssertEqual(try count(fixture), 20)
        try fixture.engine.close()
        XCTAssertEqual(try Verifier(path: directory.path).run().findings.map(\.description), [])
    }

    /// One table of a hot file has its commit, and that of the next one fails: of tables that are new, and of those that were there.
    func test_commitOfOneTableOfTwo_isTakenBack_beforeItsFilesGo() throws {
        let (directory, disk) = (TemporaryDirectory(), PartialDisk())
        let fixture = try EngineFixture(directory.path) { $0.fileSystem = disk }
        _ = try fixture.engine.putType(name: "t1", body: Array(Self.other.utf8))
        for round in 0..<2 {
            try fill(fixture, round * 10..<round * 10 + 10, with: true)
            // Behind that of the table `other`, in the order of their names.
            disk.refused.withLock { $0 = "/warehouse/receipts/metadata/snap-" }
            XCTAssertThrowsError(try fixture.engine.compact(before: nil), "round \(round)")
            try assertWhole(directory.path)
            if round == 0 {
                for table in ["other", "receipts"] { XCTAssertNil(try Table.newestVersion(storage(table, directory.path)), table) }
            } else {
                for table in ["other", "receipts"] { XCTAssertEqual(try newerVersions(fixture, of: table), [], table) }
            }
            XCTAssertEqual([try count(fixture), try count(fixture, of: "other")], [round * 10 + 10, round * 10 + 10])
            disk.refused.withLock { $0 = nil }
            XCTAssertEqual(try fixture.engine.compact(before: nil).rowsMoved, 20, "round \(round)")
            try assertWhole(directory.path)
            XCTAssertEqual([try count(fixture), try count(fixture, of: "other")], [round * 10 + 10, round * 10 + 10])
        }
        try fixture.engine.close()
        XCTAssertEqual(try Verifier(path: directory.path).run().findings.map(\.description), [])
    }

    /// The catalog may have a version whose switch was not synced: whatever comes until the next start leaves it where it is, and that start goes by it.
    func test_switchThatMayHaveHappened_isUndoneByNobody() throws {
        let (live, killed) = (TemporaryDirectory(), TemporaryDirectory())
        let disk = FullDisk("catalog.sqlite-wal")
        SQLiteFileSystem.observe(disk)
        defer { SQLiteFileSystem.observe(nil) }
        let fixture = try EngineFixture(live.path)
        let (engine, compactor) = (fixture.engine, fixture.engine.compactor)
        try fill(fixture, 0..<10)
        _ = try engine.compact(before: nil)
        try fill(fixture, 10..<20)
        // Told of its files right before the switch.
        engine.catalog.naming.withLock { $0 = { _ in disk.failNextSync() } }
        XCTAssertThrowsError(try engine.compact(before: nil))
        engine.catalog.naming.withLock { $0 = nil }
        let present = try XCTUnwrap(engine.tier.boundary.snapshot().cold["receipts"])
        let left = try present.iceberg.newerVersions()
        XCTAssertEqual(left.count, 1)
        let attempts: [(String, () throws -> Void)] = [
            ("a compaction", { _ = try engine.compact(before: nil) }),
            ("mending", { try compactor.exclusively { try compactor.mend() } }),
            ("sums", { _ = try compactor.exclusively { try compactor.fillSome() } }),
            ("merging", { try compactor.mergeAll() }),
            // As what began before.
            ("expiry", { try compactor.expire("receipts", before: .max) }),
            ("taking back", { try compactor.cold.discardNewerVersions(of: present.iceberg) }),
            ("a new version", {
                var created: [WrittenObject] = []
                _ = try compactor.cold.prepare("receipts", present: present, columns: [], &created)
            }),
        ]
        for (name, attempt) in attempts {
            XCTAssertThrowsError(try attempt(), name) { XCTAssertEqual(($0 as? Fault)?.code, .diskFull, name) }
            XCTAssertEqual(try present.iceberg.newerVersions(), left, name)
        }
        // What a kill leaves: everything that was written, and nothing closed.
        try FileManager.default.copyItem(atPath: live.path, toPath: killed.path)
        try? engine.close()
        let next = try EngineFixture(killed.path)
        XCTAssertEqual(next.engine.tier.boundary.snapshot().files.reduce(0) { $0 + $1.state.rowCount }, 0, "the switch is in force")
        XCTAssertEqual(try count(next), 20)
        try next.engine.close()
        XCTAssertEqual(try Verifier(path: killed.path).run().findings.map(\.description), [])
    }
}
