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
        /// No file whose path ends so is removed, while there is one.
        let kept = Mutex<String?>(nil)
        /// Told of each path before.
        let making = Mutex<(@Sendable (String) -> Void)?>(nil)
        private let system = LinuxFileSystem()

        func create(_ path: String) throws(FileSystemFault) -> Int32 {
            making.withLock { $0 }?(path)
            if let part = refused.withLock({ $0 }), path.contains(part) { throw FileSystemFault(operation: "create", code: ENOSPC) }
            return try system.create(path)
        }
        func write(_ descriptor: Int32, _ bytes: RawSpan) throws(FileSystemFault) { try system.write(descriptor, bytes) }
        func synchronize(_ descriptor: Int32) throws(FileSystemFault) { try system.synchronize(descriptor) }
        func close(_ descriptor: Int32) { system.close(descriptor) }
        func link(_ source: String, _ target: String) throws(FileSystemFault) { try system.link(source, target) }
        func rename(_ source: String, _ target: String) throws(FileSystemFault) { try system.rename(source, target) }
        func unlink(_ path: String, _ proof: RemovalProof) throws(FileSystemFault) {
            if let ending = kept.withLock({ $0 }), path.hasSuffix(ending) { throw FileSystemFault(operation: "unlink", code: EIO) }
            try system.unlink(path, proof)
        }
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

    /// Keys of data files by their tables.
    private func dataKeys(_ path: String) throws -> [String: Set<String>] {
        var keys: [String: Set<String>] = [:]
        for name in try FileManager.default.contentsOfDirectory(atPath: path + "/warehouse") {
            try storage(name, path).list(prefix: "data/") { keys[name, default: []].insert($0.key) }
        }
        return keys
    }

    /// In a cold file of their own, with its sums.
    private func move(_ range: Range<Int>, _ fixture: EngineFixture) throws {
        try fill(fixture, range)
        let (tier, compactor) = (fixture.engine.tier, fixture.engine.compactor)
        try tier.writer.seal()
        let hot = try XCTUnwrap(tier.boundary.snapshot().files.last)
        XCTAssertTrue(try compactor.mayLeave(hot))
        XCTAssertEqual(try compactor.exclusively { try compactor.move([hot]).rowCount }, range.count)
    }

    /// The end comes while sums are made: of the first rollup, and of the next when the first has its version.
    func test_mergeThatIsEndedBehindItsCommit_leavesNoFiles() throws {
        let hint = "/metadata/version-hint"
        for ofSums in [false, true] {
            let (directory, disk) = (TemporaryDirectory(), PartialDisk())
            let fixture = try EngineFixture(directory.path) {
                $0.fileSystem = disk
                $0.compaction.fillsAtStart = false
            }
            let (boundary, compactor) = (fixture.engine.tier.boundary, fixture.engine.compactor)
            for lot in 0..<2 { try move(lot * 10..<lot * 10 + 10, fixture) }
            let before = try dataKeys(directory.path)
            disk.making.withLock { $0 = { path in
                if path.contains(hint), path.contains("/warehouse/receipts/") != ofSums { compactor.state.broadcast { $0.isStopping = true } }
            } }
            XCTAssertThrowsError(try compactor.exclusively { try compactor.merge("receipts", CompactionPicker(isRequested: true), workerCount: 1) }) {
                XCTAssertTrue($0 is DayCompactor.Cancelled, "\($0)")
            }
            disk.making.withLock { $0 = nil }
            XCTAssertTrue(compactor.isStopping, "there was nothing to merge")
            XCTAssertEqual(try dataKeys(directory.path), before, "of sums: \(ofSums)")
            for (name, table) in boundary.snapshot().warehouse { XCTAssertEqual(try table.iceberg.newerVersions(), [], name) }
            XCTAssertEqual(try count(fixture), 20)
            try fixture.engine.close()
            let report = try Verifier(path: directory.path).run()
            XCTAssertEqual(report.findings.map(\.description), [])
            XCTAssertEqual(report.strangers, [])
        }
    }

    /// The end comes as the second table of sums is made, when the first has its version.
    func test_moveThatIsEndedAtANewTableOfSums_leavesNoTable() throws {
        let (directory, disk) = (TemporaryDirectory(), PartialDisk())
        let fixture = try EngineFixture(directory.path) {
            $0.fileSystem = disk
            $0.compaction.fillsAtStart = false
        }
        let (tier, compactor) = (fixture.engine.tier, fixture.engine.compactor)
        try fill(fixture, 0..<10)
        try tier.writer.seal()
        let hot = try XCTUnwrap(tier.boundary.snapshot().files.last)
        XCTAssertTrue(try compactor.mayLeave(hot))
        let sums = Mutex<Set<String>>([])
        disk.making.withLock { $0 = { path in
            guard path.contains("/metadata/version-hint"), !path.contains("/warehouse/receipts/") else { return }
            let isSecond = sums.withLock { sums -> Bool in
                sums.insert(path.components(separatedBy: "/metadata/")[0])
                return sums.count == 2
            }
            if isSecond { compactor.state.broadcast { $0.isStopping = true } }
        } }
        XCTAssertThrowsError(try compactor.exclusively { try compactor.move([hot]).rowCount }) { XCTAssertTrue($0 is DayCompactor.Cancelled, "\($0)") }
        disk.making.withLock { $0 = nil }
        XCTAssertEqual(sums.withLock { $0.count }, 2)
        XCTAssertEqual(try dataKeys(directory.path), [:])
        for name in try FileManager.default.contentsOfDirectory(atPath: directory.path + "/warehouse") { XCTAssertNil(try Table.newestVersion(storage(name, directory.path)), name) }
        XCTAssertEqual(try count(fixture), 10)
        try fixture.engine.close()
        XCTAssertEqual(try Verifier(path: directory.path).run().findings.map(\.description), [])
    }

    /// The catalog takes no switch while `body` runs, and is certain that it has none: neither data files nor versions stay, however often it is tried.
    private func refusing(_ fixture: EngineFixture, _ path: String, _ what: String, _ body: () throws -> Void) throws {
        let catalog = fixture.engine.catalog
        let before = try dataKeys(path)
        let isAsked = Mutex(false)
        catalog.naming.withLock { $0 = { _ in
            isAsked.withLock { $0 = true }
            throw SQLiteError(code: 13, message: "database or disk is full", path: "catalog.sqlite")
        } }
        defer { catalog.naming.withLock { $0 = nil } }
        for _ in 0..<2 { XCTAssertThrowsError(try body(), what) { XCTAssertEqual(($0 as? SQLiteError)?.kind, .full, "\(what): \($0)") } }
        XCTAssertTrue(isAsked.withLock { $0 }, what)
        XCTAssertEqual(try dataKeys(path), before, what)
        XCTAssertNoThrow(try catalog.checkUsable(), what)
        try assertWhole(path)
    }

    func test_switchThatCameToNothing_leavesNoFiles_ofMovesAndMerges() throws {
        let directory = TemporaryDirectory()
        let fixture = try EngineFixture(directory.path) { $0.compaction.fillsAtStart = false }
        let (tier, compactor) = (fixture.engine.tier, fixture.engine.compactor)
        try move(0..<10, fixture)
        try fill(fixture, 10..<20)
        try tier.writer.seal()
        // Whoever has a file keeps it on the disk.
        func hot() throws -> HotFile { try XCTUnwrap(tier.boundary.snapshot().files.last) }
        XCTAssertTrue(try compactor.mayLeave(hot()))
        try refusing(fixture, directory.path, "a move") { _ = try compactor.exclusively { try compactor.move([hot()]).rowCount } }
        for (name, table) in tier.boundary.snapshot().warehouse { XCTAssertEqual(try table.iceberg.newerVersions(), [], name) }
        XCTAssertEqual(try compactor.exclusively { try compactor.move([hot()]).rowCount }, 10)
        func merge() throws -> Int { try compactor.exclusively { try compactor.merge("receipts", CompactionPicker(isRequested: true), workerCount: 1) } }
        try refusing(fixture, directory.path, "a merge") { _ = try merge() }
        for (name, table) in tier.boundary.snapshot().warehouse { XCTAssertEqual(try table.iceberg.newerVersions(), [], name) }
        XCTAssertEqual(try merge(), 2)
        XCTAssertEqual(try count(fixture), 20)
        try fixture.engine.close()
        let report = try Verifier(path: directory.path).run()
        XCTAssertEqual(report.findings.map(\.description), [])
        XCTAssertEqual(report.strangers, [])
    }

    func test_switchThatCameToNothing_leavesNoFiles_ofSweepsAndRebuilds() throws {
        let directory = TemporaryDirectory()
        let fixture = try EngineFixture(directory.path) { $0.compaction.fillsAtStart = false }
        let (tier, compactor) = (fixture.engine.tier, fixture.engine.compactor)
        func put(_ version: Int) throws {
            let more = version > 1 ? #","extra":{"path":"/extra","type":"INTEGER"}"# : ""
            let type = #"{"name":"licence","version":\#(version),"table":"licences","format":"json","on_repeat":"replace","match":{"/schema":"licence/1"},"receipt_id":"/id","columns":{"points":{"path":"/points","type":"INTEGER"}\#(more)}}"#
            _ = try fixture.engine.putType(name: "licence", body: Array(type.utf8))
        }
        func post(points: Int) throws { _ = try fixture.taken(#"{"schema":"licence/1","id":"L-1","points":\#(points),"extra":7}"#) }
        try put(1)
        try post(points: 1)
        _ = try fixture.engine.compact(before: nil)
        try post(points: 2)
        try tier.writer.seal()
        let hot = try XCTUnwrap(tier.boundary.snapshot().files.last)
        XCTAssertTrue(try compactor.mayLeave(hot))
        XCTAssertEqual(try compactor.exclusively { try compactor.move([hot]).rowCount }, 1)
        func sweep() throws { try compactor.exclusively { try compactor.sweep("licences_history") } }
        try refusing(fixture, directory.path, "a sweep", sweep)
        try sweep()
        XCTAssertEqual(try fixture.walk(PageRequest(table: "licences", fields: ["points"])), ["2"])
        try put(2)
        func rebuild() throws -> RebuildSummary { try fixture.engine.rebuild(column: "extra", of: "licences", isCancelled: { false }) { _ in } }
        try refusing(fixture, directory.path, "a rebuild") { _ = try rebuild() }
        XCTAssertEqual(try rebuild().leftFileCount, 0)
        _ = try fixture.engine.compact(before: nil)
        XCTAssertEqual(try fixture.walk(PageRequest(table: "licences", fields: ["points", "extra"])), ["2|7"])
        try fixture.engine.close()
        XCTAssertEqual(try Verifier(path: directory.path).run().findings.map(\.description), [])
    }

    func test_switchThatCameToNothing_leavesNoFiles_ofImports() throws {
        let directory = TemporaryDirectory()
        let fixture = try EngineFixture(directory.path) { $0.compaction.fillsAtStart = false }
        try move(0..<10, fixture)
        func importAll() throws {
            var options = BulkImporter.Options()
            options.client = "c1"
            options.rowCountMin = 0
            let importer = BulkImporter(engine: fixture.engine, options: options, outlet: .init(passOn: { _, _, _ in }, settle: {}, refuse: { _, _, _ in }))
            try importer.add(.lines(Array((10..<20).map { EngineFixture.receipt("R-\($0)") + "\n" }.joined().utf8)))
            let counts = try importer.finish()
            XCTAssertEqual(counts.imported, 10)
        }
        try refusing(fixture, directory.path, "an import", importAll)
        for (name, table) in fixture.engine.tier.boundary.snapshot().warehouse { XCTAssertEqual(try table.iceberg.newerVersions(), [], name) }
        XCTAssertEqual(try count(fixture), 10)
        try importAll()
        XCTAssertEqual(try count(fixture), 20)
        try fixture.engine.close()
        let report = try Verifier(path: directory.path).run()
        XCTAssertEqual(report.findings.map(\.description), [])
        XCTAssertEqual(report.strangers, [])
    }

    /// The file of a second year cannot be made, and that of the first not be removed.
    func test_fileThatCannotBeRemoved_hidesNoCause() throws {
        let (directory, disk) = (TemporaryDirectory(), PartialDisk())
        let fixture = try EngineFixture(directory.path) { $0.fileSystem = disk }
        let (tier, compactor) = (fixture.engine.tier, fixture.engine.compactor)
        for year in 2025...2026 { _ = try fixture.taken(EngineFixture.receipt("R-\(year)", at: "\(year)-06-01T10:00:00+02:00")) }
        try tier.writer.seal()
        let hot = try XCTUnwrap(tier.boundary.snapshot().files.last)
        XCTAssertTrue(try compactor.mayLeave(hot))
        disk.refused.withLock { $0 = "/warehouse/receipts/data/2026/" }
        disk.kept.withLock { $0 = ".parquet" }
        XCTAssertThrowsError(try compactor.exclusively { try compactor.move([hot]).rowCount }) { XCTAssertEqual(($0 as? ColumnStoreError)?.systemError, ENOSPC, "\($0)") }
        disk.refused.withLock { $0 = nil }
        disk.kept.withLock { $0 = nil }
        XCTAssertEqual(try compactor.exclusively { try compactor.move([hot]).rowCount }, 2)
        XCTAssertEqual(try count(fixture), 2)
        try fixture.engine.close()
        XCTAssertEqual(try Verifier(path: directory.path).run().findings.map(\.description), [])
    }

    /// Rows move whatever is the matter with their sums, which nobody reads before they can be looked at, and which are made again later.
    func test_sumsThatCannotBeLookedAt_keepNoFileFromMoving() throws {
        let directory = TemporaryDirectory()
        let fixture = try EngineFixture(directory.path) { $0.compaction.fillsAtStart = false }
        let boundary = fixture.engine.tier.boundary
        for lot in 0..<2 { try move(lot * 10..<lot * 10 + 10, fixture) }
        var state = try XCTUnwrap(boundary.rollups.values.first { $0.files.count == 2 })
        for key in state.files.keys { state.files[key]?.part = "data/gone.parquet" }
        boundary.replace([], cold: [:], rollups: [state])
        let before = try dataKeys(directory.path)
        try move(20..<30, fixture)
        XCTAssertEqual(try count(fixture), 30)
        let base = try XCTUnwrap(boundary.snapshot().cold["receipts"])
        let present = try XCTUnwrap(boundary.rollups[state.definition.name])
        XCTAssertFalse(present.isBeside(base))
        XCTAssertNil(try present.view(upTo: .max, of: base))
        XCTAssertEqual(try dataKeys(directory.path)[state.definition.tableName], before[state.definition.tableName])
        // Nor from being merged: the files of which the catalog has sums are gone then.
        let compactor = fixture.engine.compactor
        XCTAssertGreaterThan(try compactor.exclusively { try compactor.merge("receipts", CompactionPicker(isRequested: true), workerCount: 1) }, 0)
        XCTAssertEqual(try count(fixture), 30)
        try fixture.engine.close()
        XCTAssertEqual(try Verifier(path: directory.path).run().findings.map(\.description), [])
        let next = try EngineFixture(directory.path) { $0.compaction.fillsAtStart = false }
        while try next.engine.compactor.exclusively({ try next.engine.compactor.fillSome() }) {}
        let (table, filled) = (try XCTUnwrap(next.engine.tier.boundary.snapshot().cold["receipts"]), try XCTUnwrap(next.engine.tier.boundary.rollups[state.definition.name]))
        XCTAssertEqual(try filled.view(upTo: .max, of: table)?.coveredCount, try table.iceberg.files().count)
        XCTAssertEqual(try count(next), 30)
        try next.engine.close()
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
