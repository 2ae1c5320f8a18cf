import ColumnStore
import Documents
import Glibc
import Ingest
import XCTest

@testable import Server

/// Goal: whoever asks learns what became of the call, and nothing of where others' documents lie. Method: errors of each kind that a database of the store has, and what is said of them.
final class ProblemMappingTests: XCTestCase {
    func test_faultsOfDatabases_sayWhetherToComeAgain_andNameNoFile() {
        func problem(_ code: Int32) -> Problem { ProblemMapping.problem(for: SQLiteError(code: code, message: "m", path: "/data/hot/2026-11-30.sqlite", sql: "SELECT 1")) }
        let cases: [(code: Int32, slug: Problem.Slug, said: String)] = [
            (11, .internalError, "a file of the store is damaged"),
            (10 | 32 << 8, .internalError, "a file of the store is damaged"),
            (10 | 1 << 8, .internalError, "does not give a part of a file"),
            (10 | 2 << 8, .internalError, "does not give a part of a file"),
            (10 | 3 << 8, .diskFull, "cannot be written"),
            (13, .diskFull, "cannot be written"),
            (5, .overloaded, "busy"),
            (1, .internalError, "the server failed"),
        ]
        for (code, slug, said) in cases {
            let problem = problem(code)
            XCTAssertEqual(problem.slug, slug, "\(code)")
            XCTAssertTrue(problem.detail.contains(said), "\(code): \(problem.detail)")
            XCTAssertFalse(problem.detail.contains("2026") || problem.reasons.contains { $0.message.contains("2026") }, "\(code): \(problem.detail)")
            XCTAssertEqual(problem.errors.map(\.code), said.contains("damaged") || said.contains("part") ? ["file-damaged"] : [], "\(code)")
            XCTAssertEqual(problem.cause != nil, !problem.errors.isEmpty, "what is not in the answer is for the log: \(code)")
        }
    }

    /// The device's, a quota's, or what a file may have.
    func test_writesWithoutRoom_areAFullDisks() {
        for (code, slug) in [(ENOSPC, .diskFull), (EDQUOT, .diskFull), (EFBIG, .diskFull), (EIO, .internalError)] as [(Int32, Problem.Slug)] {
            XCTAssertEqual(ProblemMapping.problem(for: ColumnStoreError(.io, "write failed", systemError: code)).slug, slug, "\(code)")
        }
    }
}
