import ColumnStore
import Foundation
import Synchronization
import XCTest

@testable import Documents
@testable import Ingest

/// Goal: of a file on its way there is what may stay and nothing else: a piece whose sum nobody has looked at goes with its call, and so does what was cut off.
/// Method: pieces that are kept, dropped and cut, and the file on disk after each.
final class UploadFileTests: XCTestCase {
    private let folder = TemporaryDirectory()
    private var path: String { folder.path + "/file" }

    override func setUpWithError() throws { try FileManager.default.createDirectory(atPath: folder.path, withIntermediateDirectories: true) }

    private func piece(
        _ text: String, at place: String? = nil, from start: Int64, isKept: Bool, byteCountMax: Int64 = 100, minFreeBytes: Int64 = 0, _ body: (UploadFile) throws -> Void = { _ in }
    ) throws {
        let upload = Upload(
            id: "u", owner: .administrator, client: nil, name: "file", type: nil, contentType: nil, byteCount: nil, sha256: nil, createdAt: 0, expiresAt: .max)
        let ends = Monitor(0)
        let file = try UploadFile(upload, path: place ?? path, from: start, isKept: isKept, byteCountMax: byteCountMax, minFreeBytes: minFreeBytes) { ends.broadcast { $0 += 1 } }
        try Array(text.utf8).withUnsafeBytes { try file.append($0) }
        try body(file)
        file.end()
        file.end()
        XCTAssertEqual(ends.withLock { $0 }, 1)
    }

    private func text() throws -> String { String(decoding: try Data(contentsOf: URL(filePath: path)), as: UTF8.self) }

    func test_pieces_stayOnlyOnceTheyAreKept() throws {
        try piece("abc", from: 0, isKept: true)
        XCTAssertEqual(try text(), "abc")
        try piece("def", from: 3, isKept: false)
        XCTAssertEqual(try text(), "abc", "nobody has looked at its sum")
        try piece("xyz!", from: 3, isKept: false) { file in
            XCTAssertEqual([file.start, file.byteCount], [3, 7])
            try file.cut(to: 3)
            try Array("def".utf8).withUnsafeBytes { try file.append($0) }
            file.keep()
        }
        XCTAssertEqual(try text(), "abcdef")
        // Of what is there no more stays than that it goes on behind.
        try piece("C", from: 2, isKept: true)
        XCTAssertEqual(try text(), "abC")
        try piece("A", from: 0, isKept: true)
        XCTAssertEqual(try text(), "A")
    }

    /// A kill leaves the file and what lies beside it as they are: a copy of both.
    func test_pieceThatNobodyHasLookedAt_doesNotCount_whileItComes_norWhereAKillLeavesIt() throws {
        func names(_ path: String) throws -> [String] { try FileManager.default.contentsOfDirectory(atPath: path).sorted() }
        XCTAssertEqual(UploadFile.byteCount(at: path), 0)
        try piece("abc", from: 0, isKept: true) { _ in XCTAssertEqual(UploadFile.byteCount(at: path), 3, "without a sum what has come counts") }
        let killed = TemporaryDirectory()
        let left = try killed.made() + "/file"
        try piece("def", from: 3, isKept: false) { file in
            XCTAssertEqual(try text(), "abcdef")
            XCTAssertEqual(UploadFile.byteCount(at: path), 3)
            for name in try names(folder.path) { try FileManager.default.copyItem(atPath: "\(folder.path)/\(name)", toPath: "\(killed.path)/\(name)") }
            file.keep()
            XCTAssertEqual(UploadFile.byteCount(at: path), 6)
        }
        XCTAssertEqual(UploadFile.byteCount(at: path), 6, "when its call is over, too")
        XCTAssertEqual(UploadFile.byteCount(at: left), 3)
        // It is brought again, and dropped, and brought.
        try piece("xyz", at: left, from: 3, isKept: false)
        XCTAssertEqual(UploadFile.byteCount(at: left), 3)
        try piece("ghij", at: left, from: 3, isKept: true)
        XCTAssertEqual(UploadFile.byteCount(at: left), 7)
        XCTAssertEqual(try names(killed.path), ["file"])
    }

    /// What lies in the folder as its entries are made durable: a power cut may leave of all others what it likes.
    private final class Folder: FileObserver {
        private let path: String
        private let found = Mutex<[[String: Int]]>([])

        init(_ path: String) { self.path = path }

        /// By name how long it is, of each time.
        var seen: [[String: Int]] { found.withLock { $0 } }

        func synchronizedDirectory(_ path: String) {
            guard path == self.path else { return }
            let names = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
            let sizes = names.map { ($0, (try? FileManager.default.attributesOfItem(atPath: "\(path)/\($0)")[.size] as? Int) ?? -1) }
            found.withLock { $0.append(Dictionary(sizes) { $1 }) }
        }
        func opened(_ path: String) {}
        func willRead(_ path: String, offset: Int64, count: Int) -> FileRefusal? { nil }
        func willWrite(_ path: String, offset: Int64, _ bytes: UnsafeRawBufferPointer) -> FileRefusal? { nil }
        func willTruncate(_ path: String, byteCount: Int64) -> FileRefusal? { nil }
        func willSynchronize(_ path: String) -> FileRefusal? { nil }
        func deleted(_ path: String, isDurable: Bool) {}
    }

    func test_pieceWithASum_isMarkedDurablyBeforeItsFirstByte() throws {
        let watched = Folder(folder.path)
        SQLiteFileSystem.observe(watched)
        defer { SQLiteFileSystem.observe(nil) }
        try piece("abc", from: 0, isKept: true)
        XCTAssertEqual(watched.seen, [], "without a sum all of it counts")
        try piece("def", from: 3, isKept: false) { file in
            XCTAssertEqual(watched.seen, [["file": 3, "file.piece": 3]])
            file.keep()
        }
        XCTAssertEqual(UploadFile.byteCount(at: path), 6)
    }

    /// They come on the threads of connections, of which there are few: one upload of many pieces must not have each of them wait for the disk.
    func test_marksOfFurtherPieces_waitForNoDisk() throws {
        let watched = Folder(folder.path)
        SQLiteFileSystem.observe(watched)
        defer { SQLiteFileSystem.observe(nil) }
        for (number, text) in ["abc", "def", "ghi"].enumerated() {
            try piece(text, from: Int64(3 * number), isKept: false) { file in
                XCTAssertEqual(UploadFile.byteCount(at: path), Int64(3 * number))
                file.keep()
            }
            XCTAssertEqual(UploadFile.byteCount(at: path), Int64(3 * number + 3))
        }
        try piece("bad", from: 9, isKept: false)
        XCTAssertEqual(UploadFile.byteCount(at: path), 9)
        XCTAssertEqual(watched.seen.count, 1, "with the first one")
        // A power cut may leave an earlier length of the mark, and of the file less than was looked at.
        XCTAssertEqual(truncate(path + ".piece", 6), 0)
        XCTAssertEqual(UploadFile.byteCount(at: path), 6)
        try piece("GHI", from: 6, isKept: false) { $0.keep() }
        XCTAssertEqual([try text(), "\(watched.seen.count)"], ["abcdefGHI", "1"])
        XCTAssertEqual(truncate(path, 4), 0)
        XCTAssertEqual(UploadFile.byteCount(at: path), 4)
        try piece("EF", from: 4, isKept: false) { file in
            XCTAssertEqual(watched.seen.count, 2, "a longer mark is replaced durably")
            XCTAssertEqual(UploadFile.byteCount(at: path), 4)
            file.keep()
            // All of it is here.
            try file.check()
        }
        XCTAssertEqual(try text(), "abcdEF")
        XCTAssertEqual(try FileManager.default.contentsOfDirectory(atPath: folder.path), ["file"])
    }

    func test_firstBytesOfEachCall_lookAtTheDisksRoom() throws {
        try piece("abc", from: 0, isKept: true)
        XCTAssertThrowsError(try piece("d", from: 3, isKept: true, minFreeBytes: .max)) { XCTAssertEqual(($0 as? Fault)?.code, .diskFull) }
        XCTAssertEqual(try text(), "abc")
    }

    /// The least that is to stay free is more than half of what is.
    func test_uploads_leaveRoomToDocumentsThatComeByThemselves() throws {
        let free = try XCTUnwrap(DataDirectory.freeBytes(folder.path))
        let fixture = try EngineFixture(folder.path + "/store") { $0.hot.writer.minFreeBytes = free / 4 * 3 }
        _ = try fixture.taken(EngineFixture.receipt("R-1"))
        let file = try fixture.engine.uploads.receive(fixture.engine.uploads.announce(UploadAnnouncement(name: "a.csv"), id: "u", as: .admin), from: 0, isAnew: true, isKept: true)
        XCTAssertThrowsError(try Array("a".utf8).withUnsafeBytes { try file.append($0) }) {
            XCTAssertEqual(($0 as? Fault)?.code, .diskFull)
            XCTAssertTrue(($0 as? Fault)?.detail.contains("twice limits.min_free") == true, "\($0)")
        }
        file.end()
        try fixture.engine.close()
    }

    func test_append_beyondWhatItMayHave_isRefusedWhole_andLeavesNothingOfItsCall() throws {
        try piece("ab", from: 0, isKept: true)
        try piece("cde", from: 2, isKept: true, byteCountMax: 5) { file in
            // As long as the file may be: whoever asks would take it for the whole.
            XCTAssertThrowsError(try Array("f".utf8).withUnsafeBytes { try file.append($0) }) { XCTAssertEqual(($0 as? Fault)?.code, .tooLarge) }
            XCTAssertEqual(file.byteCount, 2)
        }
        XCTAssertEqual(try text(), "ab")
    }
}
