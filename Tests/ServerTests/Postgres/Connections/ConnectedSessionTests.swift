import ColumnStore
import Query
import Synchronization
import XCTest

@testable import Server

/// Goal: what a connection asks of the store is asked as its session is by then, and answered as it was described; and nothing of it stays behind it. Method: clients at the other end of sockets, over tables that
/// change.
final class ConnectedSessionTests: XCTestCase {
    private func connected(_ served: ServedConnections) throws -> ConnectedClient {
        let client = try served.connect()
        try client.login(password: TestServer.adminKey)
        XCTAssertEqual(try client.answer().states, [])
        return client
    }

    func test_statementsOfAMessage_areAskedUnderWhatThoseBeforeThemHaveSet() throws {
        let client = try connected(ServedConnections())
        XCTAssertEqual(try client.ask("PREPARE q AS SELECT timestamptz '2020-01-01 12:00Z'").states, [])
        XCTAssertEqual(try client.ask("SET timezone = 'Asia/Tokyo'; EXECUTE q").rows, [["2020-01-01 21:00:00+09"]])
        XCTAssertEqual(try client.ask("RESET timezone; EXECUTE q").rows, [["2020-01-01 12:00:00+00"]])
        // What was undone is so for the next one.
        XCTAssertEqual(try client.ask("BEGIN; SET timezone = 'Asia/Tokyo'").states, [])
        XCTAssertEqual(try client.ask("ROLLBACK; EXECUTE q").rows, [["2020-01-01 12:00:00+00"]])
        let own = try client.ask("SET my.x = '1'; SELECT current_setting('my.x')")
        XCTAssertEqual(own.states, [])
        XCTAssertEqual(own.rows, [["1"]])
        let found = try client.ask("SET search_path = till; SELECT count(*) FROM queries")
        XCTAssertEqual(found.states, [])
        XCTAssertEqual(found.rows.count, 1)
    }

    /// A row whose values are the numbers of its columns: of a DECIMAL without the point.
    private static func table(_ fields: [Field]) -> MemoryTable {
        let columns = fields.indices.map { index in
            var builder = ColumnBuilder(type: fields[index].type)
            if case .decimal = fields[index].type { builder.append(decimal: Int128(index + 1)) } else { builder.append(integer: Int64(index + 1)) }
            return builder.finish()
        }
        return MemoryTable(schema: Schema(fields), batches: [ColumnBatch(rowCount: 1, columns: columns)])
    }

    /// Drivers prepare it again: pgjdbc where the routine is that one.
    func test_preparedQuestion_whoseColumnsAreOthersByNow_isRefusedAsThere() throws {
        let served = ServedConnections()
        func put(_ fields: [Field]) {
            let catalog = FixedCatalog(tables: [("t", Self.table(fields))])
            served.engine.state.withLock { $0.catalog = catalog }
        }
        let known = [Field("a", .int64), Field("b", .decimal(precision: 18, scale: 2))]
        put(known)
        let client = try connected(served)
        XCTAssertEqual(try client.ask("PREPARE q AS SELECT * FROM t").states, [])
        XCTAssertEqual(try client.ask("EXECUTE q").rows, [["1", "0.02"]])
        let others: [[Field]] = [
            [Field("x", .int64), Field("b", .decimal(precision: 18, scale: 2))], [Field("b", .decimal(precision: 18, scale: 2)), Field("a", .int64)], [Field("a", .int64)],
            [Field("a", .int64), Field("b", .decimal(precision: 18, scale: 4))],
        ]
        for fields in others {
            put(fields)
            let refused = try client.ask("EXECUTE q")
            XCTAssertEqual(refused.rows, [], "\(fields)")
            XCTAssertEqual(refused.faults.map { [$0["C"], $0["M"], $0["R"]] }, [["0A000", "cached plan must not change result type", "RevalidateCachedQuery"]], "\(fields)")
        }
        put(known)
        XCTAssertEqual(try client.ask("EXECUTE q").rows, [["1", "0.02"]])
    }

    /// The scale of what is computed of values that are bound is theirs, and no other type.
    func test_preparedQuestion_ofNumbersOfAnyScale_isAnswered() throws {
        let client = try connected(ServedConnections())
        XCTAssertEqual(try client.ask("PREPARE p(numeric) AS SELECT $1 * 2 FROM generate_series(1, 2) AS s(n)").states, [])
        for value in ["1.25", "1.5", "7"] {
            let answer = try client.ask("EXECUTE p(\(value))")
            XCTAssertEqual(answer.states, [], value)
            XCTAssertEqual(answer.rows.count, 2, value)
        }
    }

    func test_key_goesWithItsConnection_alsoWhereTheLoginsLastWriteFails() throws {
        let served = ServedConnections()
        let gone = try served.connect()
        try gone.login(password: TestServer.adminKey, beforeProof: gone.stopReading)
        XCTAssertTrue(served.waitUntilOver())
        XCTAssertEqual(served.shared.cancels.count, 0)
        let client = try connected(served)
        XCTAssertEqual(served.shared.cancels.count, 1)
        XCTAssertThrowsError(try client.ask([.terminate])) { XCTAssertTrue($0 is ConnectedClient.Ended) }
        XCTAssertTrue(served.waitUntilOver())
        XCTAssertEqual(served.shared.cancels.count, 0)
    }
}
