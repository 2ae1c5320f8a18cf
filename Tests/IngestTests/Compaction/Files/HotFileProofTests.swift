import Foundation
import Synchronization
import TestSupport
import XCTest

@testable import Documents
@testable import Ingest

/// Goal: what a move would carry on keeps a hot file hot, and what nobody reads does not. Method: bytes of files are changed on the disk, below connections and between two uses of a store.
final class HotFileProofTests: XCTestCase {
    private let directory = TemporaryDirectory()

    /// A file with the tables of columns, as a hot file has them: a group whose columns lie in `group_parts`, one that another took the place of, and one in its place.
    private func makeGroups(_ path: String) throws {
        try FileManager.default.createDirectory(atPath: directory.path, withIntermediateDirectories: true)
        let connection = try SQLiteConnection(path: path, mode: .create)
        try connection.execute("""
            CREATE TABLE groups(id INTEGER PRIMARY KEY, is_complete INTEGER NOT NULL, byte_count INTEGER NOT NULL);
            CREATE TABLE group_parts(id INTEGER PRIMARY KEY, bytes BLOB NOT NULL);
            CREATE TABLE replaced_parts(id INTEGER PRIMARY KEY, bytes BLOB NOT NULL);
            INSERT INTO groups VALUES(1, 1, 3005), (5, 2, 3006), (9, 3, 3005);
            INSERT INTO group_parts VALUES(1 << 20, CAST('first' || hex(randomblob(1500)) AS BLOB)), (5 << 20, CAST('second' || hex(randomblob(1500)) AS BLOB));
            INSERT INTO replaced_parts VALUES(9 << 20, CAST('third' || hex(randomblob(1500)) AS BLOB))
            """)
    }

    /// - Parameter texts: the last place of the first of them that stands in the file.
    private func flip(_ path: String, _ texts: String...) throws {
        var bytes = try Data(contentsOf: URL(filePath: path))
        let place = try XCTUnwrap(texts.lazy.compactMap { bytes.range(of: Data($0.utf8), options: .backwards) }.first)
        bytes[place.lowerBound] ^= 4
        try bytes.write(to: URL(filePath: path))
    }

    func test_look_ofColumnsThatOthersTookThePlaceOf_findsNothing_andOfOthersTheirGroups() throws {
        for (text, damaged) in [("first", [1]), ("second", []), ("third", [9])] as [(String, [Int64])] {
            let path = directory.path + "/\(text).sqlite"
            try makeGroups(path)
            XCTAssertEqual(try HotFileProof.look(at: path) {}, .nothing)
            try flip(path, text)
            switch try HotFileProof.look(at: path, goOn: {}) {
            case .nothing: XCTAssertEqual(damaged, [], text)
            case .images(let groups, _): XCTAssertEqual(groups, damaged, text)
            case .pages(let pages): XCTFail("\(text): pages \(pages)")
            }
        }
    }

    /// SQLite holds nothing against sums of a file whose header says that there are none.
    func test_look_ofAChangedHeader_isItsPage() throws {
        let path = directory.path + "/file.sqlite"
        try makeGroups(path)
        var bytes = try Data(contentsOf: URL(filePath: path))
        bytes[20] = 0
        try bytes.write(to: URL(filePath: path))
        XCTAssertEqual(try HotFileProof.look(at: path) {}, .pages([1]))
    }

    private final class UnreadPages: FileObserver {
        func opened(_ path: String) {}
        func willRead(_ path: String, offset: Int64, count: Int) -> FileRefusal? { offset >= 4_096 && path.hasSuffix(".sqlite") ? .unreadSector : nil }
        func willWrite(_ path: String, offset: Int64, _ bytes: UnsafeRawBufferPointer) -> FileRefusal? { nil }
        func willTruncate(_ path: String, byteCount: Int64) -> FileRefusal? { nil }
        func willSynchronize(_ path: String) -> FileRefusal? { nil }
        func deleted(_ path: String, isDurable: Bool) {}
        func synchronizedDirectory(_ path: String) {}
    }

    /// What the device does not give may be whole: the file may be tried again.
    func test_look_ofAPartThatTheDeviceDoesNotGive_isNoFinding() throws {
        let path = directory.path + "/file.sqlite"
        try makeGroups(path)
        try flip(path, "second")
        SQLiteFileSystem.observe(UnreadPages())
        defer { SQLiteFileSystem.observe(nil) }
        XCTAssertThrowsError(try HotFileProof.look(at: path) {}) { XCTAssertEqual(($0 as? SQLiteError)?.isUnreadPart, true, "\($0)") }
    }

    /// What columns have no sums of their own for: the page tells, and they are laid down again.
    func test_compact_ofColumnsThatOnlyThePageTellsOf_laysThemDownAgain_andMoves() throws {
        var fixture = try EngineFixture(directory.path)
        for number in 0..<60 { _ = try fixture.taken(EngineFixture.receipt("R-\(number)", note: " \(number)")) }
        try fixture.engine.tier.seal()
        try fixture.engine.tier.flush()
        let answers = try fixture.walk(PageRequest(fields: ["*"], limit: 7))
        let path = try XCTUnwrap(fixture.engine.tier.boundary.snapshot().files.first).path
        try fixture.engine.close()
        // Of the columns' footer; a page's end may break it.
        try flip(path, "till vers", "ion 0.1.0")
        fixture = try EngineFixture(directory.path)
        XCTAssertEqual(try fixture.engine.compact(before: nil).filesLeft, 1)
        XCTAssertTrue(fixture.engine.degradations.contains { $0.contains("of columns in the hot file") }, "\(fixture.engine.degradations)")
        XCTAssertEqual(try fixture.engine.compact(before: nil).filesMoved, 1)
        XCTAssertEqual(fixture.engine.degradations, [])
        XCTAssertEqual(try fixture.walk(PageRequest(fields: ["*"], limit: 7)), answers)
        try fixture.engine.close()
    }

    /// The last leaf of a table is where all that is new goes: where it is the harmed one, nothing can be laid beside what is on it.
    func test_mendImages_ofAReplacement_laysItDownInTheOtherTable() throws {
        let fixture = try EngineFixture(directory.path)
        for number in 0..<60 { _ = try fixture.taken(EngineFixture.receipt("R-\(number)", note: " \(number)")) }
        try fixture.engine.tier.seal()
        try fixture.engine.tier.flush()
        let answers = try fixture.walk(PageRequest(fields: ["*"], limit: 7))
        let file = try XCTUnwrap(fixture.engine.tier.boundary.snapshot().files.first)
        for isReplacement in [false, true, false] {
            let group = try XCTUnwrap(file.allTails.flatMap(\.groups).first)
            XCTAssertEqual(group.isReplacement, isReplacement)
            let table = HotGroupStage.partsTable(isReplacement: isReplacement)
            XCTAssertEqual(try file.pool.withConnection { try $0.integer("SELECT 1 FROM \(table) WHERE id = \(group.id << HotImage.partBits)") }, 1)
            XCTAssertTrue(file.noteDamaged(group.id))
            fixture.engine.compactor.mendImages()
            XCTAssertEqual(file.damagedGroupIDs, [])
        }
        XCTAssertEqual(try fixture.walk(PageRequest(fields: ["*"], limit: 7)), answers)
        try fixture.engine.close()
        let again = try EngineFixture(directory.path)
        XCTAssertEqual(try again.walk(PageRequest(fields: ["*"], limit: 7)), answers, "after a restart")
        try again.engine.close()
    }

    /// Nothing is proven of a file by a part that the device did not give, nor by a reader in its log.
    func test_setAside_ofWhatMayPass_leavesTheFileForTheNextCompaction() throws {
        let fixture = try EngineFixture(directory.path)
        _ = try fixture.taken(EngineFixture.receipt("R-1"))
        try fixture.engine.tier.seal()
        let file = try XCTUnwrap(fixture.engine.tier.boundary.snapshot().files.first)
        let compactor = fixture.engine.compactor
        XCTAssertTrue(compactor.setAside(file, SQLiteError(code: 11, message: "damaged", path: file.path)))
        XCTAssertTrue(compactor.isLeft(file))
        XCTAssertTrue(compactor.setAside(file, SQLiteError(code: 8_458, message: "bad sector", path: file.path)))
        XCTAssertFalse(compactor.isLeft(file))
        XCTAssertTrue(fixture.engine.degradations.contains { $0.contains("could not be read") }, "\(fixture.engine.degradations)")
        XCTAssertTrue(compactor.setAside(file, HealedPages.Postponed()))
        XCTAssertFalse(compactor.isLeft(file))
        XCTAssertTrue(fixture.engine.degradations.contains { $0.contains("could not be put right yet") }, "\(fixture.engine.degradations)")
        try fixture.engine.close()
    }

    /// A disk that takes nothing in the place of what a database file has, while a test says so.
    private final class FixedFile: FileObserver {
        private let name: String
        private let state = Mutex<(isFixed: Bool, refusedCount: Int)>((false, 0))

        init(_ name: String) { self.name = name }

        var isFixed: Bool {
            get { state.withLock { $0.isFixed } }
            set { state.withLock { $0.isFixed = newValue } }
        }
        var refusedCount: Int { state.withLock { $0.refusedCount } }

        func opened(_ path: String) {}
        func willRead(_ path: String, offset: Int64, count: Int) -> FileRefusal? { nil }
        func willWrite(_ path: String, offset: Int64, _ bytes: UnsafeRawBufferPointer) -> FileRefusal? {
            guard path.hasSuffix(name) else { return nil }
            return state.withLock { state -> FileRefusal? in
                guard state.isFixed else { return nil }
                state.refusedCount += 1
                return .noSpace
            }
        }
        func willTruncate(_ path: String, byteCount: Int64) -> FileRefusal? { nil }
        func willSynchronize(_ path: String) -> FileRefusal? { nil }
        func deleted(_ path: String, isDurable: Bool) {}
        func synchronizedDirectory(_ path: String) {}
    }

    /// A reader keeps the log from being begun anew. SQLite reads its frames by their index, and asks for none of their sums.
    func test_compact_ofALogThatLacksASum_leavesTheFile_untilItIsRightAgain() throws {
        let fixture = try EngineFixture(directory.path)
        for number in 0..<3 { _ = try fixture.taken(EngineFixture.receipt("R-\(number)")) }
        let file = try XCTUnwrap(fixture.engine.tier.boundary.snapshot().files.first)
        do {
            let reader = try SQLiteConnection(path: file.path, mode: .readOnly)
            try reader.execute("BEGIN; SELECT count(*) FROM rows")
            for number in 3..<6 { _ = try fixture.taken(EngineFixture.receipt("R-\(number)")) }
            try fixture.engine.tier.seal()
            try fixture.engine.tier.flush()
            // Of the first frame's page.
            func turn() throws {
                let log = try FileHandle(forUpdating: URL(filePath: file.path + "-wal"))
                defer { try? log.close() }
                try log.seek(toOffset: 32 + 24 + 2_000)
                let byte = try XCTUnwrap(try log.read(upToCount: 1)?.first)
                try log.seek(toOffset: 32 + 24 + 2_000)
                try log.write(contentsOf: Data([byte ^ 4]))
            }
            try turn()
            XCTAssertEqual(try fixture.engine.compact(before: nil).filesLeft, 1)
            XCTAssertTrue(fixture.engine.compactor.leftHot.withLock { $0[file.name] }?.reason.contains("log") == true)
            try turn()
            try reader.execute("COMMIT")
        }
        XCTAssertEqual(try fixture.engine.compact(before: nil).filesMoved, 1)
        try fixture.engine.close()
    }

    /// The page of a document that was sent again can be put right, and there is no room for that: its file waits, and no other.
    func test_compact_ofAPageThatTheDiskDoesNotTake_movesTheOtherFiles_andTriesThatOneAgain() throws {
        func document(_ number: Int) -> String { EngineFixture.receipt("R-\(number)", note: " \(number) \(UInt64(number) &* 0x9E37_79B9_7F4A_7C15)") }
        var fixture = try EngineFixture(directory.path)
        for number in 0..<40 { _ = try fixture.taken(document(number)) }
        try fixture.engine.tier.seal()
        for number in 40..<60 { _ = try fixture.taken(document(number)) }
        try fixture.engine.tier.seal()
        try fixture.engine.tier.flush()
        let answers = try fixture.walk(PageRequest(fields: ["*"], limit: 7))
        let file = try XCTUnwrap(fixture.engine.tier.boundary.snapshot().files.first)
        let (path, name) = (file.path, file.name)
        try fixture.engine.close()
        // In the document of the fifth row, where it stands on a leaf.
        let stored: [UInt8]
        do {
            let connection = try SQLiteConnection(path: path, mode: .readOnly)
            let statement = try connection.statement("SELECT document FROM rows WHERE id = 5")
            XCTAssertTrue(try statement.step())
            stored = statement.bytes(0)
        }
        var bytes = try Data(contentsOf: URL(filePath: path))
        // Pages that were leaves before have it still, where nobody looks.
        var end = bytes.startIndex, leafCount = 0
        while let range = bytes.range(of: Data(stored), in: end..<bytes.endIndex) {
            end = range.upperBound
            guard bytes[range.lowerBound / 4_096 * 4_096] == 13 else { continue }
            bytes[range.lowerBound + stored.count / 2] ^= 4
            leafCount += 1
        }
        XCTAssertEqual(leafCount, 1)
        try bytes.write(to: URL(filePath: path))
        let disk = FixedFile("/\(name).sqlite")
        SQLiteFileSystem.observe(disk)
        defer { SQLiteFileSystem.observe(nil) }
        fixture = try EngineFixture(directory.path)
        XCTAssertTrue(try fixture.taken(document(4)).isRepeat)
        disk.isFixed = true
        let summary = try fixture.engine.compact(before: nil)
        XCTAssertEqual([summary.filesMoved, summary.filesLeft], [1, 1])
        XCTAssertGreaterThan(disk.refusedCount, 0)
        XCTAssertTrue(fixture.engine.degradations.contains { $0.contains("pages of the hot file \(name) could not be put right yet") }, "\(fixture.engine.degradations)")
        disk.isFixed = false
        XCTAssertEqual(try fixture.engine.compact(before: nil).filesMoved, 1)
        XCTAssertEqual(fixture.engine.degradations, [])
        XCTAssertEqual(try fixture.walk(PageRequest(fields: ["*"], limit: 7)), answers)
        try fixture.engine.close()
    }
}
