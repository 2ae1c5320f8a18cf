import XCTest

@testable import Server

/// Goal: blocks begin and end where PostgreSQL 15's do, and what is refused is refused in time. Method: messages to a session whose questions all succeed.
final class TransactionBlockTests: XCTestCase {
    private func answers(_ input: SessionInput, in session: inout PostgresSession) -> [BackendMessage] {
        var said: [BackendMessage] = [], inputs = [input]
        while let input = inputs.popLast() {
            for effect in session.step(input) {
                switch effect {
                case .send(let message): said.append(message)
                case .prepare: inputs.append(.prepared(.success(SessionInput.Shape(parameterTypes: [], columns: [WireField("n", type: 23, size: 4)]))))
                case .open: inputs.append(.opened(nil))
                case .run: inputs.append(.ran(.finished(rows: 1)))
                case .goOn: inputs.append(.goesOn)
                default: break
                }
            }
        }
        return said
    }

    private func states(_ said: [BackendMessage]) -> [String] {
        said.compactMap { message -> String? in
            guard case .error(let fault) = message else { return nil }
            return fault.state.rawValue
        }
    }

    func test_beginThatFails_hasBegunNothing() throws {
        var session = PostgresSession(try SessionSettings([], user: "shop"))
        let said = answers(.message(.query("SELECT 1; BEGIN ISOLATION LEVEL SERIALIZABLE")), in: &session)
        XCTAssertEqual(states(said), ["25001"])
        XCTAssertEqual(said.last, .readyForQuery(.idle))
        // Within a block it is one of its statements.
        XCTAssertEqual(answers(.message(.query("BEGIN; SELECT 1; BEGIN ISOLATION LEVEL SERIALIZABLE")), in: &session).last, .readyForQuery(.failed))
    }

    func test_lock_isTakenInAQueryOfSeveralStatements() throws {
        var session = PostgresSession(try SessionSettings([], user: "shop"))
        let text = "LOCK TABLE receipts IN ACCESS SHARE MODE"
        XCTAssertEqual(states(answers(.message(.query(text)), in: &session)), ["25P01"])
        let said = answers(.message(.query("SELECT 1; \(text)")), in: &session)
        XCTAssertTrue(said.contains(.commandComplete("LOCK TABLE")), "\(said)")
        XCTAssertEqual(said.last, .readyForQuery(.idle))
    }

    func test_syncThatCannotBeRead_isAnsweredByReadyForQuery() throws {
        let fault = PostgresFault(.protocolViolation, "invalid message format")
        var session = PostgresSession(try SessionSettings([], user: "shop"))
        XCTAssertEqual(answers(.malformedSync(fault), in: &session), [.error(fault), .readyForQuery(.idle)])
        XCTAssertEqual(answers(.malformed(fault), in: &session), [.error(fault)])
        XCTAssertEqual(answers(.message(.query("SELECT 1")), in: &session), [], "passed over")
        XCTAssertEqual(answers(.malformedSync(fault), in: &session), [.error(fault), .readyForQuery(.idle)])
        XCTAssertEqual(answers(.message(.query("SELECT 1")), in: &session).last, .readyForQuery(.idle))
    }

    /// Names are bytes, as there: one letter in one scalar and in two is two names.
    func test_namesThatLookAlike_areTwoNames() throws {
        let (one, two) = ("\u{E9}", "e\u{301}")
        XCTAssertEqual(one, two)
        func states(_ text: String, in session: inout PostgresSession) -> [String] { self.states(answers(.message(.query(text)), in: &session)) }
        var session = PostgresSession(try SessionSettings([], user: "shop"))
        XCTAssertEqual(states("PREPARE \"\(one)\" AS SELECT 1", in: &session), [])
        XCTAssertEqual(states("EXECUTE \"\(two)\"", in: &session), ["26000"])
        XCTAssertEqual(states("PREPARE \"\(two)\" AS SELECT 2; DEALLOCATE \"\(one)\"; EXECUTE \"\(two)\"", in: &session), [])
        XCTAssertEqual(states("EXECUTE \"\(one)\"", in: &session), ["26000"])
        let cursors = "BEGIN; DECLARE \"\(one)\" CURSOR FOR SELECT 1; DECLARE \"\(two)\" CURSOR FOR SELECT 2; CLOSE \"\(one)\"; FETCH \"\(two)\"; COMMIT"
        XCTAssertEqual(states(cursors, in: &session), [])
        XCTAssertEqual(states("BEGIN; SAVEPOINT \"\(one)\"; ROLLBACK TO \"\(two)\"", in: &session), ["3B001"])
        XCTAssertEqual(states("ROLLBACK; BEGIN; SAVEPOINT \"\(one)\"; SAVEPOINT \"\(two)\"; RELEASE \"\(one)\"; ROLLBACK TO \"\(two)\"", in: &session), ["3B001"])
    }

    /// Behind CopyOutResponse a client takes what comes for the copy.
    func test_copyOfAColumnThatIsNotThere_isRefusedBeforeItBegins() throws {
        var session = PostgresSession(try SessionSettings([], user: "shop"))
        let said = answers(.message(.query("COPY (SELECT 1 AS n) TO STDOUT (FORMAT csv, FORCE_QUOTE (m))")), in: &session)
        XCTAssertEqual(states(said), ["42703"])
        XCTAssertEqual(said.count, 2, "\(said)")
        let taken = answers(.message(.query("COPY (SELECT 1 AS n) TO STDOUT (FORMAT csv, FORCE_QUOTE (n))")), in: &session)
        XCTAssertTrue(taken.contains(.commandComplete("COPY 1")), "\(taken)")
    }
}
