import ColumnStore
import Foundation
import TestSupport
import XCTest

@testable import Documents
@testable import Ingest

/// Goal: no data file goes that what outside engines see of a versioned table leads to. Method: the table's history changes while its view stays behind, and its snapshots are ended.
final class ViewedFilesTests: XCTestCase {
    private static let history = "licences_history"

    private let directory = TemporaryDirectory()

    private func putType(_ fixture: EngineFixture) throws {
        let type = #"{"name":"licence","version":1,"table":"licences","format":"json","on_repeat":"replace","match":{"/schema":"licence/1"},"receipt_id":"/id","columns":{"points":{"path":"/points","type":"INTEGER"}}}"#
        _ = try fixture.engine.putType(name: "licence", body: Array(type.utf8))
    }

    /// Five documents in a cold file of their own, which is neither merged nor shown.
    private func move(_ lot: Int, _ fixture: EngineFixture) throws {
        for number in lot * 5..<lot * 5 + 5 { _ = try fixture.taken(#"{"schema":"licence/1","id":"L-\#(number)","points":\#(number)}"#) }
        let (tier, compactor) = (fixture.engine.tier, fixture.engine.compactor)
        try tier.writer.seal()
        let hot = try XCTUnwrap(tier.boundary.snapshot().files.last)
        XCTAssertTrue(try compactor.mayLeave(hot))
        XCTAssertEqual(try compactor.exclusively { try compactor.move([hot]).rowCount }, 5)
    }

    /// - Returns: how many files were merged.
    private func merge(_ fixture: EngineFixture) throws -> Int {
        let compactor = fixture.engine.compactor
        return try compactor.exclusively { try compactor.merge(Self.history, CompactionPicker(isRequested: true), workerCount: 1) }
    }

    /// The files that the view names, as engines outside find it.
    private func shownFiles() throws -> [String] {
        let view = try LocalStorage(root: "\(directory.path)/warehouse/licences")
        let table = try Table.open(view, version: try XCTUnwrap(try Table.newestVersion(view)))
        return try table.files().map { String($0.location.dropFirst("file://".count)) }
    }

    /// With a view that others have found by then.
    ///
    /// - Returns: among others the folder of the view's metadata.
    private func published() throws -> (fixture: EngineFixture, compactor: Compactor, folder: String) {
        let fixture = try EngineFixture(directory.path)
        let compactor = fixture.engine.compactor
        try putType(fixture)
        try move(0, fixture)
        try compactor.exclusively { try compactor.publishNewest() }
        return (fixture, compactor, "\(directory.path)/warehouse/licences/metadata")
    }

    private func isThere(_ path: String) -> Bool { FileManager.default.fileExists(atPath: path) }

    /// As the REST catalog lists tables, says whether one is there, and loads it.
    private func assertView(isThere: Bool, _ fixture: EngineFixture, line: UInt = #line) throws {
        let tables = try fixture.engine.warehouseTables(as: .admin)
        XCTAssertTrue(tables.contains(Self.history), line: line)
        XCTAssertEqual(tables.contains("licences"), isThere, line: line)
        XCTAssertEqual(try fixture.engine.warehouseTable("licences", as: .admin) != nil, isThere, line: line)
    }

    /// So that the start knows nothing of the table's versions: one of its files cannot be read, and their index is gone.
    private func loseVersions(_ damaged: String) throws {
        try damage(damaged, ["receipt_id"])
        for suffix in ["", "-wal", "-shm"] { try? FileManager.default.removeItem(atPath: "\(directory.path)/versions.sqlite\(suffix)") }
    }

    /// Changes a byte of the last page of a column's chunk.
    private func damage(_ path: String, _ column: [String]) throws {
        let file = try ParquetFile(try LocalFileBytes(path: path))
        let chunk = try XCTUnwrap(file.metadata.rowGroups[0].columns.compactMap(\.metadata).first { $0.path == column })
        var bytes = try Data(contentsOf: URL(filePath: path))
        let start = min(chunk.dataPageOffset, chunk.dictionaryPageOffset ?? chunk.dataPageOffset)
        bytes[Int(start + chunk.totalCompressedByteCount - 2)] ^= 0x10
        try bytes.write(to: URL(filePath: path))
    }

    /// The view cannot follow then, for as long as the server runs.
    func test_filesOfAView_whereNotAllVersionsCouldBeRead_stay() throws {
        var fixture = try EngineFixture(directory.path)
        try putType(fixture)
        for lot in 0..<3 { try move(lot, fixture) }
        try fixture.engine.compactor.publishNewest()
        let shown = try shownFiles()
        XCTAssertEqual(shown.count, 3)
        try fixture.engine.close()
        try loseVersions(shown[0])
        fixture = try EngineFixture(directory.path)
        XCTAssertNotNil(fixture.engine.tier.boundary.snapshot().unreadVersions[Self.history])
        try assertView(isThere: true, fixture)
        // Those beside the damaged one.
        XCTAssertEqual(try merge(fixture), 2)
        let compactor = fixture.engine.compactor
        try compactor.exclusively {
            try compactor.expire(Self.history, before: .max)
            try compactor.tidy()
        }
        XCTAssertEqual(try shownFiles().sorted(), shown.sorted())
        for path in shown { XCTAssertTrue(isThere(path), path) }
        try fixture.engine.close()
    }

    /// A view that was behind for longer than snapshots are kept: readers have it open as it was until now.
    func test_filesThatAViewHasJustStoppedNaming_stayAsLongAsItsOwnSnapshotOfThem() throws {
        let fixture = try EngineFixture(directory.path) { $0.compaction.snapshotKeepSeconds = 0 }
        let compactor = fixture.engine.compactor
        try putType(fixture)
        try move(0, fixture)
        try compactor.exclusively { try compactor.publishNewest() }
        let shown = try shownFiles()
        XCTAssertEqual(shown.count, 1)
        try move(1, fixture)
        XCTAssertEqual(try merge(fixture), 2)
        try compactor.exclusively {
            try compactor.publishNewest()
            // Ages are told in milliseconds.
            let published = Clock.system.now() / 1_000
            XCTAssertTrue(Patience.until { Clock.system.now() / 1_000 > published })
            try compactor.tidy()
        }
        try assertTheyEndWithTheViewsSnapshot(shown, fixture)
    }

    /// Files that the view names no more are there still, and end once its own snapshot of them has: both of a sudden where nothing is kept for any time.
    private func assertTheyEndWithTheViewsSnapshot(_ shown: [String], _ fixture: EngineFixture, line: UInt = #line) throws {
        let compactor = fixture.engine.compactor
        XCTAssertTrue(Set(try shownFiles()).isDisjoint(with: shown), line: line)
        for path in shown { XCTAssertTrue(isThere(path), path, line: line) }
        XCTAssertTrue(try Patience.until {
            try compactor.exclusively {
                try compactor.publishNewest()
                try compactor.tidy()
            }
            return !shown.contains(where: isThere)
        }, line: line)
        try fixture.engine.close()
        XCTAssertEqual(try Verifier(path: directory.path).run().findings.map(\.description), [], line: line)
    }

    /// As where the start could not publish: nobody knows since when the view has had its files.
    func test_filesOfAView_thatThisProcessHasNotPublished_stay() throws {
        let fixture = try EngineFixture(directory.path) { $0.compaction.snapshotKeepSeconds = 0 }
        let compactor = fixture.engine.compactor
        try putType(fixture)
        try move(0, fixture)
        let storage = try LocalStorage(root: "\(directory.path)/warehouse/licences")
        func publishAside() throws {
            let table = try XCTUnwrap(fixture.engine.tier.boundary.snapshot().cold[Self.history])
            _ = try compactor.exclusively { try NewestView(history: table, storage: storage, cutoff: .min, floor: 0).publish() }
        }
        try publishAside()
        let shown = try shownFiles()
        try move(1, fixture)
        XCTAssertEqual(try merge(fixture), 2)
        let now = Clock.system.now() / 1_000
        XCTAssertTrue(Patience.until { Clock.system.now() / 1_000 > now })
        try compactor.exclusively { try compactor.tidy() }
        XCTAssertEqual(try shownFiles(), shown)
        for path in shown { XCTAssertTrue(isThere(path), path) }
        try fixture.engine.close()
    }

    /// The view was published under a clock that was ahead, and then followed its history under a right one: its first snapshot has a stamp of days to come.
    func test_filesThatAViewNamedUnderAClockThatWasAhead_stayAsLongAsItsOwnSnapshotOfThem() throws {
        let fixture = try EngineFixture(directory.path) { $0.compaction.snapshotKeepSeconds = 0 }
        let compactor = fixture.engine.compactor
        func tick() {
            let now = Clock.system.now() / 1_000
            XCTAssertTrue(Patience.until { Clock.system.now() / 1_000 > now })
        }
        try putType(fixture)
        try move(0, fixture)
        let ahead = Clock.system.now() / 1_000 + 10 * 86_400_000
        let storage = try LocalStorage(root: "\(directory.path)/warehouse/licences")
        // Whoever has the history in hand keeps its snapshots.
        func publishAhead() throws {
            let table = try XCTUnwrap(fixture.engine.tier.boundary.snapshot().cold[Self.history])
            _ = try compactor.exclusively { try NewestView(history: table, storage: storage, cutoff: .min, floor: 0, now: ahead).publish() }
        }
        try publishAhead()
        let shown = try shownFiles()
        XCTAssertEqual(shown.count, 1)
        try move(1, fixture)
        XCTAssertEqual(try merge(fixture), 2)
        // Ages are told in milliseconds.
        tick()
        try compactor.exclusively {
            try compactor.publishNewest()
            tick()
            try compactor.tidy()
        }
        try assertTheyEndWithTheViewsSnapshot(shown, fixture)
    }

    func test_viewThatIsNotThere_isNeitherListedNorFound() throws {
        var fixture = try EngineFixture(directory.path)
        try putType(fixture)
        for lot in 0..<2 { try move(lot, fixture) }
        try assertView(isThere: false, fixture)
        let file = try XCTUnwrap(fixture.engine.tier.boundary.snapshot().cold[Self.history]?.iceberg.files().first?.location)
        try fixture.engine.close()
        try loseVersions(String(file.dropFirst("file://".count)))
        fixture = try EngineFixture(directory.path)
        XCTAssertNotNil(fixture.engine.tier.boundary.snapshot().unreadVersions[Self.history])
        _ = try fixture.engine.compact(before: nil)
        try assertView(isThere: false, fixture)
        try fixture.engine.close()
    }

    func test_viewThatIsPublished_isFoundByWhoeverDidNotFindItBefore() throws {
        let fixture = try EngineFixture(directory.path)
        let compactor = fixture.engine.compactor
        try putType(fixture)
        try move(0, fixture)
        try assertView(isThere: false, fixture)
        try compactor.exclusively { try compactor.publishNewest() }
        try assertView(isThere: true, fixture)
        try fixture.engine.close()
    }

    func test_viewThatCannotBeReadWhole_keepsNothingFromBeingTidied() throws {
        let (fixture, compactor, folder) = try published()
        let names = try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0.hasPrefix("m") && $0.hasSuffix(".avro") }
        XCTAssertFalse(names.isEmpty)
        for name in names { try Data("damaged".utf8).write(to: URL(filePath: "\(folder)/\(name)")) }
        XCTAssertNoThrow(try compactor.exclusively { try compactor.tidy() })
        try fixture.engine.close()
    }

    func test_metadataThatNoVersionOfAViewLeadsTo_isPutAsideWhenItIsOld() throws {
        let (fixture, compactor, folder) = try published()
        func age(_ name: String, days: Double) throws {
            try FileManager.default.setAttributes([.modificationDate: Date(timeIntervalSinceNow: -days * 86_400)], ofItemAtPath: "\(folder)/\(name)")
        }
        func leave(_ name: String, days: Double) throws {
            try Data("left by a commit that was cut off".utf8).write(to: URL(filePath: "\(folder)/\(name)"))
            try age(name, days: days)
        }
        // One that is made anew, which leads to no version of before.
        let storage = try LocalStorage(root: "\(directory.path)/warehouse/licences")
        let former = try XCTUnwrap(try Table.newestVersion(storage))
        try leave("v\(former).metadata.json", days: 2)
        try compactor.exclusively { try compactor.publishNewest() }
        XCTAssertEqual(try Table.newestVersion(storage), former + 1)
        let known = Set(try FileManager.default.contentsOfDirectory(atPath: folder))
        try leave("m1-0.avro", days: 2)
        try leave("m2-0.avro", days: 0.5)
        try compactor.exclusively { try compactor.tidy() }
        // Versions of its own end; what is of none is put aside.
        XCTAssertEqual(Set(try FileManager.default.contentsOfDirectory(atPath: folder)), known.subtracting(["v\(former).metadata.json"]).union(["m2-0.avro"]))
        let lost = try FileManager.default.subpathsOfDirectory(atPath: directory.path + "/lost+found").filter { $0.hasSuffix(".avro") || $0.hasSuffix(".json") }
        XCTAssertTrue(lost.count == 1 && lost[0].hasSuffix("/warehouse/licences/metadata/m1-0.avro"), "\(lost)")
        XCTAssertEqual(try shownFiles().count, 1)
        // It is looked at once a day.
        try age("m2-0.avro", days: 2)
        try compactor.exclusively { try compactor.tidy() }
        XCTAssertTrue(isThere("\(folder)/m2-0.avro"))
        try fixture.engine.close()
        XCTAssertEqual(try Verifier(path: directory.path).run().findings.map(\.description), [])
    }
}
