import Foundation
import TestSupport
import XCTest

@testable import Ingest

/// Goal: the log of a store at rest is copied soon and cut late, whatever else goes wrong, and how far files have come is noted then. Method: hot tiers whose pauses are short, or for good.
final class HotMaintenanceTests: XCTestCase {
    private static let short: UInt64 = 20_000_000
    private static let forever: UInt64 = 3_600_000_000_000
    private let directory = TemporaryDirectory()
    /// Past what a log at rest keeps of a small file.
    private static let large = String(repeating: "x", count: 1_500_000)

    private func open(copy: UInt64 = short, cut: UInt64, note: UInt64 = forever) throws -> HotTierFixture.Store {
        try HotTierFixture.Store(directory.path, pauses: HotMaintenance.Pauses(copy: copy, cut: cut, note: note))
    }

    /// Three rows of a megabyte and a half each, in one commit: between two the log may be begun anew.
    private func fill(_ store: HotTierFixture.Store) throws -> HotFile {
        _ = try store.stored(try (0..<3).map { try HotTierFixture.row("R-\($0)", salt: Self.large) })
        return try XCTUnwrap(store.tier.boundary.snapshot().files.last)
    }

    /// Rows that are in the file itself, without its log.
    private func rowCount(_ file: HotFile) throws -> Int64? {
        let folder = TemporaryDirectory()
        let copy = try folder.made() + "/copy.sqlite"
        try FileManager.default.copyItem(atPath: file.path, toPath: copy)
        // What is being copied just now may have no right sums.
        return try? SQLiteConnection(atRest: copy).integer("SELECT count(*) FROM rows")
    }

    /// The next burst overwrites what is there: no zeros are laid ahead of it, and its commits make no file longer.
    func test_logAtRest_isCopied_andKeepsItsLength() throws {
        let store = try open(cut: Self.forever)
        defer { store.close() }
        let file = try fill(store)
        let log = try XCTUnwrap(file.preallocation)
        XCTAssertGreaterThan(log.byteCount, 4 << 20)
        var number = 3
        // Once all of it is in the file the next commit begins it anew.
        XCTAssertTrue(try Patience.until(pauseMilliseconds: 100) {
            _ = try store.stored([HotTierFixture.row("R-\(number)")])
            number += 1
            return log.writtenByteCount < 1 << 20
        })
        XCTAssertGreaterThan(log.byteCount, 4 << 20)
    }

    func test_logAtRestForLong_isCut_andTheFileIsNoted() throws {
        let store = try open(cut: Self.short)
        defer { store.close() }
        let file = try fill(store)
        let log = try XCTUnwrap(file.preallocation)
        XCTAssertTrue(Patience.until { log.byteCount <= 2 << 20 })
        XCTAssertEqual(try rowCount(file), 3)
        XCTAssertTrue(try Patience.until { try store.catalog.read { try FileReach.noted($0) }[FileReach.name(ofHot: file.name)]?.number == 3 })
    }

    /// Of a store that is never at rest, and whose columns are few.
    func test_filesAreNoted_eachSoOften() throws {
        let store = try open(copy: Self.forever, cut: Self.forever, note: 0)
        defer { store.close() }
        _ = try store.stored([HotTierFixture.row("R-1")])
        XCTAssertTrue(try Patience.until { try store.catalog.read { try FileReach.noted($0) }.values.map(\.number) == [1] })
    }

    /// Each note is a commit of the catalog, whose sync stands beside those of receipts.
    func test_groupsThatAreLaidDownTogether_areNotedOnce() throws {
        // No midnight is near, before which the next day's file is made.
        let pauses = HotMaintenance.Pauses(copy: Self.forever, cut: Self.forever, note: Self.forever)
        let store = try HotTierFixture.Store(directory.path, clock: Clock { 1_796_000_000_000_000 }, pauses: pauses)
        defer { store.close() }
        for number in 0..<4 {
            store.tier.tables.add(HotTierFixture.fields, to: "receipts_\(number)")
            let kind = RowFormat(table: "receipts_\(number)", type: "pos-receipt", version: 1, contentType: "application/json", layout: HotTierFixture.layout)
            _ = try store.stored([HotTierFixture.row("R-\(number)", kind: kind)])
        }
        try store.catalog.write(isCounted: false) { connection in
            try connection.execute("CREATE TABLE notes(key TEXT); CREATE TRIGGER noted AFTER INSERT ON meta WHEN new.key LIKE '%hot/%' BEGIN INSERT INTO notes VALUES(new.key); END")
        }
        try store.tier.flush(isWhole: true)
        let file = try XCTUnwrap(store.tier.boundary.snapshot().files.last)
        XCTAssertEqual(file.allTails.map(\.rowCountInMemory), [0, 0, 0, 0])
        XCTAssertEqual(try store.catalog.read { try $0.integer("SELECT count(*) FROM notes") }, 1)
        XCTAssertEqual(try store.catalog.read { try FileReach.noted($0) }[FileReach.name(ofHot: file.name)]?.number, 4)
    }

    /// Each try of those is a turn of the thread's, after which it waits a second for the next, and never for as long as a log takes to rest.
    func test_logAtRest_besideColumnsThatCannotBeLaidDown_isCopied() throws {
        let store = try open(cut: Self.forever)
        defer { store.close() }
        _ = try store.stored([HotTierFixture.row("R-1")])
        let sealed = try XCTUnwrap(store.tier.boundary.snapshot().files.last)
        try store.tier.writer.perform(on: sealed) {
            try $0.perform { try $0.execute("CREATE TRIGGER refusing BEFORE UPDATE ON groups BEGIN SELECT RAISE(ABORT, 'refused'); END") }
        }
        try store.tier.seal()
        _ = try store.stored([HotTierFixture.row("R-2")])
        XCTAssertTrue(Patience.until { !store.tier.maintenance.takeFailures().isEmpty })
        _ = try store.stored([HotTierFixture.row("R-3")])
        let file = try XCTUnwrap(store.tier.boundary.snapshot().files.last)
        XCTAssertFalse(file === sealed)
        XCTAssertTrue(try Patience.until(pauseMilliseconds: 100) { try rowCount(file) == 2 })
        XCTAssertEqual(sealed.allTails.map(\.rowCountInMemory), [1], "they could be laid down")
    }

    /// The commit that seals a file, and its last columns, came to its log after the only look at it; somebody who read then kept it for good.
    func test_logOfASealedFile_isCut_onceNobodyReadsInIt() throws {
        let store = try open(cut: Self.forever)
        defer { store.close() }
        let sealed = try fill(store)
        let reader = try SQLiteConnection(path: sealed.path, mode: .readOnly)
        try reader.execute("BEGIN")
        XCTAssertEqual(try reader.integer("SELECT count(*) FROM rows"), 3)
        try store.tier.seal()
        _ = try store.stored([HotTierFixture.row("R-4")])
        XCTAssertTrue(Patience.until { sealed.allTails.map(\.rowCountInMemory) == [0] })
        XCTAssertTrue(try Patience.until(pauseMilliseconds: 100) { try rowCount(sealed) == 3 })
        XCTAssertGreaterThan(logLength(sealed), 0)
        try reader.execute("COMMIT")
        XCTAssertTrue(Patience.until { logLength(sealed) == 0 })
    }

    private func logLength(_ file: HotFile) -> Int {
        ((try? FileManager.default.attributesOfItem(atPath: file.path + "-wal"))?[.size] as? NSNumber)?.intValue ?? 0
    }
}
