import Documents
import Foundation
import TestSupport
import XCTest

@testable import Ingest

/// Goal: what the writer knows of documents is that of one transaction: a file of nothing but repeats takes no more memory than a piece of it. Method: transactions
/// that meet documents and add nothing, and what is held after each.
final class VersionNumberingTests: XCTestCase {
    private static let one = VersionKey(table: "t_history", client: [1], receipt: [1])
    private static let other = VersionKey(table: "t_history", client: [1], receipt: [2])

    private static func entry(_ version: Int32, _ sequence: Int64) -> VersionEntry {
        VersionEntry(
            version: version, sequence: sequence, ticket: ULID(high: 0, low: UInt64(sequence)), receivedAt: sequence, businessDay: 20_000, state: .complete, isRemoval: false,
            content: [UInt8(truncatingIfNeeded: version)], type: "t", typeVersion: 1)
    }

    /// What a transaction supersedes is found before its commit: behind it the index may have no answers.
    func test_publish_asksNothingOfTheIndex() throws {
        let folder = try Project.temporaryFolder()
        defer { try? FileManager.default.removeItem(at: folder) }
        let path = folder.path + "/versions.sqlite"
        let index = try VersionIndex.open(path: path, store: "S", sequence: 0)
        defer { try? index.close() }
        let numbering = VersionNumbering(index: index, boundary: TierBoundary())
        try numbering.add(Self.entry(1, 1), of: Self.one)
        try numbering.settle()
        XCTAssertTrue(numbering.publish(through: 1).isEmpty)
        // From here on look-ups go to the file.
        try index.flush()
        for (version, sequence) in [(2, 2), (3, 3)] as [(Int32, Int64)] {
            XCTAssertEqual(try numbering.newest(Self.one)?.version, version - 1)
            try numbering.add(Self.entry(version, sequence), of: Self.one)
        }
        try numbering.settle()
        try SQLiteConnection(path: path, mode: .readWrite).execute("ALTER TABLE versions RENAME TO hidden")
        XCTAssertEqual(Set(numbering.publish(through: 3)["t_history"]?.map(\.sequence) ?? []), [1, 2])
        XCTAssertThrowsError(try numbering.newest(Self.one)) { error in
            XCTAssertEqual((error as? UnreadableVersions)?.fault.code, .storageUnavailable, "\(error)")
        }
        numbering.forget()
        try SQLiteConnection(path: path, mode: .readWrite).execute("ALTER TABLE hidden RENAME TO versions")
        XCTAssertEqual(try numbering.newest(Self.one)?.version, 3)
    }

    /// Else what the disk does not take would fill the memory, or be committed by a transaction that is taken for one that failed.
    func test_settle_whereTheIndexIsFullAndTheDiskToo_endsTheTransaction() throws {
        let folder = try Project.temporaryFolder()
        defer { try? FileManager.default.removeItem(at: folder) }
        let disk = FullDisk("versions.sqlite")
        SQLiteFileSystem.observe(disk)
        defer { SQLiteFileSystem.observe(nil) }
        let index = try VersionIndex.open(path: folder.path + "/versions.sqlite", store: "S", sequence: 0)
        defer { try? index.close() }
        let numbering = VersionNumbering(index: index, boundary: TierBoundary())
        var notes = VersionIndex.Notes()
        notes.entries.append((Self.other, Self.entry(1, 1)))
        index.note(notes, through: 1)
        try index.flush()
        notes = VersionIndex.Notes()
        let count = 4 * VersionIndex.youngCountMax
        for number in 2...count + 1 { notes.entries.append((Self.other, Self.entry(Int32(number), Int64(number)))) }
        index.note(notes, through: Int64(count + 1))
        XCTAssertTrue(index.isFull)
        disk.isFull = true
        try numbering.add(Self.entry(1, Int64(count + 2)), of: Self.one)
        XCTAssertThrowsError(try numbering.settle()) { error in XCTAssertEqual((error as? UnreadableVersions)?.fault.code, .diskFull, "\(error)") }
        numbering.forget()
        disk.isFull = false
        XCTAssertNil(try numbering.newest(Self.one))
        try numbering.add(Self.entry(1, Int64(count + 2)), of: Self.one)
        try numbering.settle()
        XCTAssertTrue(numbering.publish(through: Int64(count + 2)).isEmpty)
        XCTAssertEqual(try [Self.one, Self.other].map { try index.newest($0)?.version }, [1, Int32(count + 1)])
    }

    /// An array that is refused as a whole has added nothing, for those who come in the same transaction either.
    func test_undo_leavesWhatWasThereBefore() throws {
        let folder = try Project.temporaryFolder()
        defer { try? FileManager.default.removeItem(at: folder) }
        let index = try VersionIndex.open(path: folder.path + "/versions.sqlite", store: "S", sequence: 0)
        defer { try? index.close() }
        let numbering = VersionNumbering(index: index, boundary: TierBoundary())
        let (one, other) = (Self.one, Self.other)
        func entry(_ version: Int32, _ sequence: Int64) -> VersionEntry { Self.entry(version, sequence) }
        try numbering.add(entry(1, 1), of: one)
        let count = numbering.count
        try numbering.add(entry(2, 2), of: one)
        try numbering.add(entry(1, 3), of: other)
        XCTAssertEqual(try [one, other].map { try numbering.newest($0)?.version }, [2, 1])
        numbering.undo(count: count)
        XCTAssertEqual(try [one, other].map { try numbering.newest($0)?.version }, [1, nil])
        // What is known in the end is what was not taken back.
        try numbering.settle()
        _ = numbering.publish(through: 3)
        XCTAssertEqual(try [one, other].map { try index.newest($0)?.version }, [1, nil])
        // Looked for together, they are found as they are one by one.
        try numbering.meet([one, other])
        XCTAssertEqual(try [one, other].map { try numbering.newest($0)?.version }, [1, nil])
    }

    func test_publish_ofRepeatsAlone_holdsNothing() throws {
        let folder = try Project.temporaryFolder()
        defer { try? FileManager.default.removeItem(at: folder) }
        let index = try VersionIndex.open(path: folder.path + "/versions.sqlite", store: "S", sequence: 0)
        defer { try? index.close() }
        let numbering = VersionNumbering(index: index, boundary: TierBoundary())
        for round in 0..<3 {
            try numbering.meet((0..<200).map { VersionKey(table: "t_history", client: [1], receipt: Array("R-\(round)-\($0)".utf8)) })
            XCTAssertEqual(numbering.heldCount, 200)
            try numbering.settle()
            XCTAssertTrue(numbering.publish(through: 0).isEmpty)
            XCTAssertEqual(numbering.heldCount, 0, "round \(round)")
        }
    }
}
