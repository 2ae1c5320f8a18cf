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

    private func isThere(_ path: String) -> Bool { FileManager.default.fileExists(atPath: path) }

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
        try damage(shown[0], ["receipt_id"])
        for suffix in ["", "-wal", "-shm"] { try? FileManager.default.removeItem(atPath: "\(directory.path)/versions.sqlite\(suffix)") }
        fixture = try EngineFixture(directory.path)
        XCTAssertNotNil(fixture.engine.tier.boundary.snapshot().unreadVersions[Self.history])
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
        XCTAssertTrue(Set(try shownFiles()).isDisjoint(with: shown))
        for path in shown { XCTAssertTrue(isThere(path), path) }
        // It ends with the view's snapshot, and both of a sudden here.
        XCTAssertTrue(try Patience.until {
            try compactor.exclusively {
                try compactor.publishNewest()
                try compactor.tidy()
            }
            return !shown.contains(where: isThere)
        })
        try fixture.engine.close()
        XCTAssertEqual(try Verifier(path: directory.path).run().findings.map(\.description), [])
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
        XCTAssertTrue(Set(try shownFiles()).isDisjoint(with: shown))
        for path in shown { XCTAssertTrue(isThere(path), path) }
        // The right clock has said when it was replaced.
        XCTAssertTrue(try Patience.until {
            try compactor.exclusively {
                try compactor.publishNewest()
                try compactor.tidy()
            }
            return !shown.contains(where: isThere)
        })
        try fixture.engine.close()
        XCTAssertEqual(try Verifier(path: directory.path).run().findings.map(\.description), [])
    }
}
