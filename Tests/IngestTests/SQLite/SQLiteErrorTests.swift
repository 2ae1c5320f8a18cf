import Glibc
import XCTest

@testable import Ingest

/// Goal: an error says what an operator is to do about the disk or the rights, and nothing that nobody knows.
final class SQLiteErrorTests: XCTestCase {
    private func error(_ code: Int32, _ number: Int32) -> SQLiteError { SQLiteError(code: code, message: "words", path: "/d/catalog.sqlite", sql: "PRAGMA user_version", systemError: number) }

    func test_description_ofAnIndexThatHasNoRoom_isThatTheDiskIsFull() {
        for number in [ENOSPC, EDQUOT] {
            // SQLITE_IOERR_SHMSIZE, and a file that cannot be made.
            XCTAssertEqual("\(error(4_874, number))", "the disk is full: /d/catalog.sqlite-shm cannot be made, or made longer (SQLite 4874)")
            XCTAssertTrue("\(error(14, number))".hasPrefix("the disk is full: /d/catalog.sqlite, or what SQLite makes beside it,"), "\(error(14, number))")
        }
    }

    func test_description_ofWhatTheSystemRefuses_hasItsReason_andOfOthersNone() {
        XCTAssertEqual("\(error(14, EACCES))", "SQLite 14: words: Permission denied [/d/catalog.sqlite] in: PRAGMA user_version")
        // The number may be of an earlier call.
        for (code, number) in [(14, ENOENT), (11, EACCES), (8_202, ENOSPC), (1, EMFILE)] as [(Int32, Int32)] {
            XCTAssertEqual("\(error(code, number))", "SQLite \(code): words [/d/catalog.sqlite] in: PRAGMA user_version")
        }
    }

    func test_isOfTheSystem_ofEachKind() {
        // Locked, out of memory, not opened, not read, not to be written; and damage, a file that is cut off, a journal beside it, a damaged file system, a statement.
        for code in [5, 7, 14, 266, 4_874, 8] as [Int32] { XCTAssertTrue(error(code, 0).isOfTheSystem, "\(code)") }
        for code in [11, 26, 8_202, 522, 776, 8_458, 1] as [Int32] { XCTAssertFalse(error(code, 0).isOfTheSystem, "\(code)") }
    }
}
