import Foundation
import TestSupport
import XCTest

@testable import Server

/// Goal: a session answers as PostgreSQL 15 does, message for message. Method: histories by chance of every message and many commands, played to a real server, and to
/// the state machine over a stand-in that knows the answers of the few questions in them; the shapes of what comes back must be equal.
final class SessionHistoryTests: XCTestCase {
    private static let seed: UInt64 = 5432
    private static let count = 500

    func test_histories_areAnsweredAsPostgreSQLDoes() throws {
        var histories: [[FrontendMessage]] = []
        for index in 0..<Self.count {
            var random = SplitMix64(state: Self.seed + UInt64(index))
            histories.append(SessionHistory.make(using: &random))
        }
        histories += SessionHistory.parts + SessionHistory.refused
        let lines = histories.map { history in
            var writer = FrontendWriter()
            for message in history { writer.write(message) }
            return Data(writer.bytes).base64EncodedString()
        }
        let answers = try PythonReader.filter("Reference/postgres_histories.py", lines)
        if answers.exitCode == 77 { throw XCTSkip(answers.lines.joined(separator: "\n")) }
        XCTAssertEqual(answers.lines.count, histories.count, answers.error)
        var wrong = 0, ended = 0
        for (index, (history, line)) in zip(histories, answers.lines).enumerated() where wrong < 3 {
            let theirs = try BackendReader.shapes(Array(try XCTUnwrap(Data(base64Encoded: line))))
            // PostgreSQL 15 itself ends at some: EXECUTE of a prepared ROLLBACK is a FATAL XX000 there, or worse.
            guard theirs.last?.hasPrefix("Z") == true else {
                ended += 1
                continue
            }
            let ours = try BackendReader.shapes(try SessionPlay.play(history))
            guard ours != theirs else { continue }
            wrong += 1
            let place = zip(ours, theirs).enumerated().first { $1.0 != $1.1 }?.offset ?? min(ours.count, theirs.count)
            XCTFail(
                """
                history \(index), answer \(place + 1): ours \(place < ours.count ? ours[place] : "ends"), PostgreSQL's \(place < theirs.count ? theirs[place] : "ends")
                after \(theirs.prefix(place).suffix(6).joined(separator: " | "))
                \(history.map { "  \($0)" }.joined(separator: "\n"))
                """)
        }
        XCTAssertLessThan(ended, Self.count / 20)
    }

    func test_aStatementOfOtherColumns_isExecutedWithItsOwn() throws {
        let shapes = try BackendReader.shapes(try SessionPlay.play(SessionHistory.replaced))
        // The stand-in pairs columns with formats, and leaves out what has none.
        let wanted = try BackendReader.shapes(try SessionPlay.play([.parse(.init(name: "", query: "SELECT 1, 2, 3")), .bind(.init(portal: "", statement: "", resultFormats: [.binary])), .execute(portal: "", rowsMax: 0), .sync]))
        let rows = wanted.filter { $0.hasPrefix("D") }
        XCTAssertEqual(rows.count, 1, "\(wanted)")
        XCTAssertEqual(shapes.filter { $0.hasPrefix("D") }, rows, "\(shapes)")
    }

    /// As of a SELECT: so many rows, and the next Execute goes on, whatever becomes of the name in between.
    func test_execute_isSuspended_whereAnExecuteAsksForFewerRows() throws {
        func answers(_ counts: [Int], between: [FrontendMessage] = []) throws -> [String] {
            let begun: [FrontendMessage] = [
                .query("BEGIN; PREPARE s2 AS SELECT generate_series(1,5) AS n"), .parse(.init(name: "", query: "EXECUTE s2")), .bind(.init(portal: "p1", statement: "")),
            ]
            let asked = counts.flatMap { [FrontendMessage.execute(portal: "p1", rowsMax: $0)] + between }
            let shapes = try BackendReader.shapes(try SessionPlay.play(begun + asked + [.sync, .query("COMMIT")]))
            return shapes.filter { shape in ["D ", "s ", "C SELECT", "E "].contains { shape.hasPrefix($0) } }
        }
        func row(_ number: Int) -> String { "D [\(48 + number)]" }
        XCTAssertEqual(try answers([2, 2, 2]), [row(1), row(2), "s []", row(3), row(4), "s []", row(5), "C SELECT 1"])
        XCTAssertEqual(try answers([2, 0, 0]), [row(1), row(2), "s []", row(3), row(4), row(5), "C SELECT 3", "C SELECT 0"])
        XCTAssertEqual(try answers([5, 5]), (1...5).map(row) + ["s []", "C SELECT 0"])
        XCTAssertEqual(try answers([0]), (1...5).map(row) + ["C SELECT 5"])
        XCTAssertEqual(try answers([3, 3], between: [.close(.statement("s2"))]), [row(1), row(2), row(3), "s []", row(4), row(5), "C SELECT 2"])
        // Its rows are closed with it.
        XCTAssertEqual(try answers([1], between: [.close(.portal("p1"))]), [row(1), "s []"])
    }

    /// What EXECUTE runs need be no question.
    func test_executeOfShowAndFetch_isSuspended_too() throws {
        func answers(_ prepared: String, _ counts: [Int]) throws -> [String] {
            let begun: [FrontendMessage] = [
                .query("BEGIN; DECLARE c CURSOR FOR SELECT generate_series(1,5) AS n"), .parse(.init(name: "s1", query: prepared)), .parse(.init(name: "", query: "EXECUTE s1")),
                .bind(.init(portal: "p1", statement: "")),
            ]
            let shapes = try BackendReader.shapes(try SessionPlay.play(begun + counts.map { .execute(portal: "p1", rowsMax: $0) } + [.sync, .query("COMMIT")]))
            return shapes.compactMap { shape in ["D", "s", "C FETCH", "C SHOW", "E"].first { (shape + " ").hasPrefix($0 + " ") } }
        }
        XCTAssertEqual(try answers("FETCH 3 FROM c", [2, 2]), ["D", "D", "s", "D", "C FETCH"])
        XCTAssertEqual(try answers("SHOW application_name", [1, 1]), ["D", "s", "C SHOW"])
        XCTAssertEqual(try answers("SHOW application_name", [2]), ["D", "C SHOW"])
    }

    func test_statementsThatExecuteEachOther_areRefused_andTheSessionGoesOn() throws {
        let shapes = try BackendReader.shapes(try SessionPlay.play(SessionHistory.mutual))
        XCTAssertEqual(shapes.filter { $0.contains("54001") }.count, 2, "\(shapes)")
        XCTAssertEqual(shapes.last?.hasPrefix("Z"), true, "\(shapes)")
    }
}
