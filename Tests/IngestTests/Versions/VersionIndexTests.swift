import ColumnStore
import Foundation
import TestSupport
import XCTest

@testable import Ingest

/// Look-ups in the index against a list in the test, whatever of it is in memory, on its way into the file, or in the file.
final class VersionIndexTests: XCTestCase {
    func test_lookups_ofRandomHistories_areThoseOfAList() throws {
        let folder = try Project.temporaryFolder()
        defer { try? FileManager.default.removeItem(at: folder) }
        var random = SplitMix64(state: 7)
        let index = try VersionIndex.open(path: folder.path + "/versions.sqlite", store: "S", sequence: 0)
        var model: [Int: [VersionEntry]] = [:]
        var sequence: Int64 = 0
        for step in 0..<1_500 {
            let document = Int.random(in: 0..<3, using: &random)
            let key = Self.key(document)
            sequence += 1
            var notes = VersionIndex.Notes()
            if let known = model[document], !known.isEmpty, Int.random(in: 0..<2, using: &random) == 0 {
                let place = Int.random(in: known.indices, using: &random)
                model[document]?[place].state = ReceiptState.allCases.randomElement(using: &random) ?? .complete
                if let entry = model[document]?[place] { notes.entries.append((key, entry)) }
            } else {
                let entry = Self.entry(Int32((model[document]?.count ?? 0) + 1), sequence)
                model[document, default: []].append(entry)
                notes.entries.append((key, entry))
            }
            index.note(notes, through: sequence)
            if Int.random(in: 0..<20, using: &random) == 0 { try index.flush() }
            try check(index, model, asked: Int.random(in: 0..<3, using: &random), &random, "step \(step)")
        }
        try index.close()
        let again = try VersionIndex.open(path: folder.path + "/versions.sqlite", store: "S", sequence: sequence)
        for document in 0..<3 { try check(again, model, asked: document, &random, "opened again") }
        try again.close()
    }

    /// What is noted behind a layer that the disk did not take is in the file, too, once a flush has returned: the hot files that had it go then.
    func test_flush_behindOneThatFailed_laysDownBothLayers() throws {
        let folder = try Project.temporaryFolder()
        defer { try? FileManager.default.removeItem(at: folder) }
        let disk = FullDisk("versions.sqlite")
        SQLiteFileSystem.observe(disk)
        defer { SQLiteFileSystem.observe(nil) }
        let path = folder.path + "/versions.sqlite"
        let index = try VersionIndex.open(path: path, store: "S", sequence: 0)
        func note(_ document: Int, _ sequence: Int64, _ state: ReceiptState) {
            var entry = Self.entry(1, sequence)
            entry.state = state
            var notes = VersionIndex.Notes()
            notes.entries.append((Self.key(document), entry))
            index.note(notes, through: sequence)
        }
        note(0, 1, .processing)
        try index.flush()
        disk.isFull = true
        note(1, 2, .processing)
        XCTAssertThrowsError(try index.flush())
        XCTAssertGreaterThan(disk.refusedCount, 0)
        disk.isFull = false
        // A state that changed, whose row's own sequence the file has already, and a version that came.
        note(0, 1, .complete)
        note(2, 4, .complete)
        try index.flush()
        // As after a crash: what the first one has in memory is not there.
        let again = try VersionIndex.open(path: path, store: "S", sequence: 4)
        XCTAssertEqual(try (0..<3).map { try again.newest(Self.key($0))?.state }, [.complete, .processing, .complete])
        XCTAssertEqual(again.openedThrough, 4)
        try again.close()
        try index.close()
    }

    func test_flushThatFailed_isDueAgain() throws {
        let folder = try Project.temporaryFolder()
        defer { try? FileManager.default.removeItem(at: folder) }
        let disk = FullDisk("versions.sqlite")
        SQLiteFileSystem.observe(disk)
        defer { SQLiteFileSystem.observe(nil) }
        let index = try VersionIndex.open(path: folder.path + "/versions.sqlite", store: "S", sequence: 0)
        var notes = VersionIndex.Notes()
        notes.entries.append((Self.key(1), Self.entry(1, 1)))
        index.note(notes, through: 1)
        try index.flush()
        XCTAssertFalse(index.isFlushDue)
        notes = VersionIndex.Notes()
        for number in 1...VersionIndex.youngCountMax { notes.entries.append((Self.key(0), Self.entry(Int32(number), Int64(number)))) }
        index.note(notes, through: Int64(notes.entries.count))
        XCTAssertTrue(index.isFlushDue)
        disk.isFull = true
        XCTAssertThrowsError(try index.flush())
        XCTAssertTrue(index.isFlushDue)
        disk.isFull = false
        try index.flush()
        XCTAssertFalse(index.isFlushDue)
        try index.close()
    }

    /// A sweep says millions of rows: they are laid down as notes are, and the writer, which has none of them, goes on.
    func test_whatFilesSay_isDueToBeFlushed_andHoldsUpNoWriter() throws {
        let folder = try Project.temporaryFolder()
        defer { try? FileManager.default.removeItem(at: folder) }
        let index = try VersionIndex.open(path: folder.path + "/versions.sqlite", store: "S", sequence: 0)
        let rows = (1...Int64(4 * VersionIndex.youngCountMax)).map { SupersededRow($0) }
        index.settle(Array(rows.prefix(VersionIndex.youngCountMax - 1)), of: "t_history")
        XCTAssertFalse(index.isFlushDue)
        index.settle(Array(rows.dropFirst(VersionIndex.youngCountMax - 1)), of: "u_history")
        XCTAssertTrue(index.isFlushDue)
        XCTAssertFalse(index.isFull)
        try index.flush()
        XCTAssertFalse(index.isFlushDue)
        try index.close()
    }

    /// A file says of a row what was so when it was written: what was noted since stays, whichever of the two is laid into the index first.
    func test_rowThatIsNotedAfterAFileHasSaidOther_staysSuperseded() throws {
        let folder = try Project.temporaryFolder()
        defer { try? FileManager.default.removeItem(at: folder) }
        func row(by: Int64) -> SupersededRow {
            var row = SupersededRow(1)
            (row.by, row.acceptedBy) = (by, by)
            return row
        }
        func check(_ name: String, _ expected: [SupersededRow], _ body: (VersionIndex) throws -> Void) throws {
            let path = "\(folder.path)/\(name).sqlite"
            let index = try VersionIndex.open(path: path, store: "S", sequence: 0)
            try body(index)
            try index.close()
            let again = try VersionIndex.open(path: path, store: "S", sequence: 6)
            XCTAssertEqual(try again.superseded()["t_history"] ?? [], expected, name)
            try again.close()
        }
        func note(_ row: SupersededRow, in index: VersionIndex) {
            var notes = VersionIndex.Notes()
            notes.superseded.append(("t_history", row))
            index.note(notes, through: 6)
        }
        try check("said", []) { index in
            note(row(by: 6), in: index)
            try index.flush()
            index.settle([row(by: 6)], of: "t_history")
        }
        for isFlushed in [false, true] {
            try check("said-before-\(isFlushed)", [row(by: 3)]) { index in
                note(row(by: 6), in: index)
                if isFlushed { try index.flush() }
                index.settle([row(by: 6)], of: "t_history")
                note(row(by: 3), in: index)
            }
            try check("said-behind-\(isFlushed)", [row(by: 3)]) { index in
                note(row(by: 3), in: index)
                if isFlushed { try index.flush() }
                index.settle([row(by: 6)], of: "t_history")
            }
        }
    }

    private func check(_ index: VersionIndex, _ model: [Int: [VersionEntry]], asked document: Int, _ random: inout SplitMix64, _ context: String) throws {
        let (key, versions) = (Self.key(document), model[document] ?? [])
        let bound = Int32.random(in: 0...Int32(versions.count + 2), using: &random)
        let limit = Int.random(in: 1...6, using: &random)
        XCTAssertEqual(try index.newest(key), versions.last, context)
        // Several at once, one of them unknown, one of them twice.
        let newest = model.compactMapValues(\.last).map { (Self.key($0), $1) }
        XCTAssertEqual(try index.newest([3, 0, 2, 1, 0].map(Self.key)), Dictionary(uniqueKeysWithValues: newest), context)
        XCTAssertEqual(try index.versions(key), versions.reversed(), context)
        XCTAssertEqual(try index.versions(key, below: bound, limit: limit), Array(versions.reversed().filter { $0.version < bound }.prefix(limit)), context)
        for kind in [VersionIndex.Kind.present, .accepted] {
            XCTAssertEqual(try index.nearest(key, below: bound, kind), versions.last { $0.version < bound && kind.includes($0.state) }, context)
            XCTAssertEqual(try index.nearest(key, above: bound, kind), versions.first { $0.version > bound && kind.includes($0.state) }, context)
        }
        if let some = versions.randomElement(using: &random) { XCTAssertEqual(try index.version(key, sequence: some.sequence), some, context) }
        XCTAssertNil(try index.version(key, sequence: .max), context)
    }

    private static func key(_ document: Int) -> VersionKey { VersionKey(table: "t_history", client: [1], receipt: [UInt8(document)]) }

    private static func entry(_ version: Int32, _ sequence: Int64) -> VersionEntry {
        VersionEntry(
            version: version, sequence: sequence, ticket: ULID(high: 1, low: UInt64(sequence)), receivedAt: sequence, businessDay: 1, state: .processing,
            isRemoval: false, content: [UInt8](repeating: 3, count: 32), type: "licence", typeVersion: 1)
    }
}
