import ColumnStore
import Documents
@testable import Ingest
import Query
@testable import Server
import Synchronization
import XCTest

/// Goal: the schema `till` says what the API says, to whom the API says it, a page at a time. Method: members of the API's bodies against columns; principals
/// against relations; a relation of many pages against what was put into them.
final class StoreSchemaTests: XCTestCase {
    private static let own = Principal(clientID: "own", access: .read, scope: .own)
    private static let whole = Principal(clientID: "whole", access: .read, scope: .all)

    private func catalog(_ principal: Principal, _ engine: FakeEngine = FakeEngine()) -> any QueryCatalog {
        StoreSchema().catalog(over: FixedCatalog([]), as: principal, CatalogParts(store: StoreRoles(engine), queries: nil))
    }

    private func rows(
        _ query: String, _ catalog: any QueryCatalog, _ engine: QueryEngine = QueryEngine(), unless cancellation: Cancellation = Cancellation()
    ) throws -> [[Value]] {
        let stream = try engine.execute(try engine.prepare(query, in: QueryContext(catalog: catalog, now: 0), cancellation: Cancellation()), cancellation: cancellation)
        var rows: [[Value]] = []
        while let batch = try stream.next() {
            for row in 0..<batch.rowCount { rows.append(batch.columns.map { $0.value(at: row) }) }
        }
        return rows
    }

    func test_relations_areThoseOfTheContract_byWhoAsks() throws {
        let forOwn = ["tickets", "steps", "attempts", "quarantine", "dead_letters", "uploads", "upload_errors", "executions", "queries", "usage", "comments"]
        let forAll = forOwn + ["queues", "contracts", "types", "files", "snapshots", "compactions", "metrics", "audit"]
        for (principal, names) in [(Self.own, forOwn), (Self.whole, forAll), (.admin, forAll)] {
            let seen = catalog(principal)
            XCTAssertEqual(seen.schemas.map(\.name), ["till"])
            XCTAssertEqual(Set(seen.schemas[0].entryNames), Set(names))
            for name in forAll {
                XCTAssertEqual(try seen.entry(named: name, inSchema: "till") != nil, names.contains(name), name)
                if !names.contains(name) { XCTAssertNil(try seen.entry(named: name + " rows", inSchema: "till"), name) }
            }
            for name in names where !["metrics", "types", "usage", "comments"].contains(name) { XCTAssertEqual(try rows("SELECT * FROM till.\(name)", seen).count, 0, name) }
            for name in [TicketViews.takenName, TicketViews.timesName] { XCTAssertEqual(try rows("SELECT received_at FROM till.\"\(name)\"", seen).count, 0, name) }
        }
        let nobody = catalog(.operators(.auditor, keyID: "k"))
        for name in forAll where !TicketViews.names.contains(name) && name != CommentView.name { XCTAssertNil(try nobody.entry(named: name, inSchema: "till"), name) }
    }

    func test_allColumns_haveComments_forWhoeverSeesThem() throws {
        let seen = catalog(.admin)
        for name in seen.schemas[0].entryNames {
            let comments = try XCTUnwrap(seen.comments(on: name, inSchema: "till"), name)
            XCTAssertNotNil(comments.relation, name)
            let stream = try QueryEngine().prepare("SELECT * FROM till.\(name)", in: QueryContext(catalog: seen, now: 0))
            for column in stream.columns { XCTAssertNotNil(comments.columns[column.name], "\(name).\(column.name)") }
            XCTAssertEqual(comments.columns.count, stream.columns.count, name)
        }
        XCTAssertNil(catalog(Self.own).comments(on: "audit", inSchema: "till"))
        XCTAssertEqual(
            try rows("SELECT comment FROM till.comments WHERE table_name = 'till.uploads' AND column_name = 'created_at'", catalog(Self.own)), [[.string("When it was begun.")]])
        XCTAssertTrue(try rows("SELECT comment FROM till.comments WHERE table_name = 'till.audit'", catalog(Self.own)).isEmpty)
        let described = "SELECT d.description FROM pg_description d WHERE d.objoid = 'till.steps'::regclass AND d.objsubid = 0"
        XCTAssertEqual(
            try rows(described, SystemCatalog(seen, SystemSession(user: "own", database: "till", processID: 1))), [[.string("What became of each registration of each document.")]])
    }

    /// What one contract's queries lay aside is counted together, by whichever door and with whichever rights they come.
    func test_spillOwner_isTheContract_andNobodyForTheAdministrator() throws {
        XCTAssertNil(catalog(.admin).spillOwner)
        let own = try XCTUnwrap(catalog(Self.own).spillOwner)
        XCTAssertEqual(catalog(Principal(clientID: "own", access: .readWrite, scope: .all)).spillOwner, own)
        XCTAssertEqual(SystemCatalog(catalog(Self.own), SystemSession(user: "own", database: "till", processID: 1)).spillOwner, own)
        XCTAssertNotEqual(catalog(Self.whole).spillOwner, own)
        XCTAssertNotNil(catalog(.operators(.auditor, keyID: "k")).spillOwner)
    }

    func test_columns_areTheMembersOfTheAPIsAnswers_withTheirTypes() {
        func shown(_ columns: [RelationColumn]) -> [String] { columns.map { "\($0.name) \($0.isJSON ? "jsonb" : $0.type.sqlName)" } }
        XCTAssertEqual(
            shown(RelationColumn.columns(of: DeadLetterBody.example)),
            ["id VARCHAR", "kind VARCHAR", "name VARCHAR", "at TIMESTAMPTZ", "reason VARCHAR", "attempts BIGINT", "client_id VARCHAR", "event VARCHAR", "receipt jsonb"])
        XCTAssertEqual(
            Array(shown(RelationColumn.columns(of: QueueBody.example)).suffix(4)), ["delay VARCHAR", "counts jsonb", "bytes BIGINT", "oldest_at TIMESTAMPTZ"])
        let contract = RelationColumn.columns(of: ContractBody.example)
        XCTAssertEqual(Set(contract.map(\.name)), ContractBody.members)
        XCTAssertEqual(contract.first { $0.name == "sensitive" }?.type, .boolean)
    }

    func test_values_ofMembers_becomeValuesOfTheirColumns_orNull() {
        func value(_ json: String, _ schema: SchemaText) -> Value { RelationColumn(name: "c", schema: schema).value(Array(json.utf8)) }
        XCTAssertEqual(value("9223372036854775807", Int64.schema), .integer(.max))
        XCTAssertEqual(value("9223372036854775808", Int64.schema), .null)
        XCTAssertEqual(value("null", String?.schema), .null)
        XCTAssertEqual(value(#""a\nb""#, String.schema), .string("a\nb"))
        XCTAssertEqual(value(#""2026-11-20T12:00:00.000000Z""#, InstantForm.schema), .integer(1_795_176_000_000_000))
        XCTAssertEqual(value(#""2026-11-20""#, DayForm.schema), .integer(20_777))
        XCTAssertEqual(value(#""no date""#, DayForm.schema), .null)
        XCTAssertEqual(value("true", Bool.schema), .boolean(true))
        XCTAssertEqual(value("[1]", AnyObjectForm.schema), .string("[1]"))
    }

    func test_contractsOfManyPages_areAllThere_withoutSecrets() throws {
        let engine = FakeEngine()
        engine.state.withLock { state in
            for number in 0..<1_203 {
                var contract = Contract(clientID: "c\(number)", access: .read, scope: .own)
                contract.webhook = .init(url: "https://example.com/\(number)", secret: "the-secret-of-the-hook")
                state.contracts[contract.clientID] = contract
            }
        }
        let seen = catalog(.admin, engine)
        XCTAssertEqual(try rows("SELECT client_id FROM till.contracts", seen).count, 1_203)
        XCTAssertEqual(try rows("SELECT count(*) FROM till.contracts WHERE client_id LIKE 'c11%' AND access = 'read'", seen), [[.integer(111)]])
        XCTAssertEqual(try rows("SELECT client_id FROM till.contracts LIMIT 3", seen).count, 3)
        XCTAssertEqual(try rows("SELECT count(*) FROM till.contracts WHERE contracts.webhook::text LIKE '%the-secret%' OR subscriptions::text LIKE '%the-secret%'", seen), [[.integer(0)]])
        XCTAssertEqual(try rows("SELECT webhook ->> 'url' FROM till.contracts WHERE client_id = 'c7'", seen), [[.string("https://example.com/7")]])
    }

    func test_executionsThatAreLong_areChargedToTheQuery() throws {
        let engine = FakeEngine()
        defer { engine.executions.stop() }
        _ = try engine.executions.putProcess("p", Array(#"{"StartAt":"W","States":{"W":{"Type":"Wait","Seconds":1000,"End":true}}}"#.utf8))
        for number in 0..<6 {
            let done = Monitor<Result<StartedExecution, any Error>?>(nil)
            engine.executions.start("p", name: "n\(number)", input: .string(String(repeating: "x", count: 900_000)), as: .admin) { result in done.signal { $0 = result } }
            _ = try done.wait { $0 }.get()
        }
        let seen = catalog(.admin, engine)
        XCTAssertEqual(try rows("SELECT count(*) FROM till.executions", seen), [[.integer(6)]])
        let little = QueryEngine(.init(threadCount: 1, memoryByteCountMax: 4 << 20, queryMemoryByteCountMax: 4 << 20))
        XCTAssertThrowsError(try rows("SELECT count(*) FROM till.executions", seen, little)) { XCTAssertEqual(($0 as? QueryError)?.slug, .spillFull, "\($0)") }
    }

    func test_roomOfPages_isGivenBack() throws {
        let memory = MemoryBudget(byteCountMax: 10 << 20)
        var room: PageRoom? = PageRoom(memory)
        try room?.hold(1 << 20)
        try room?.hold(6 << 20)
        try room?.hold(2 << 20)
        XCTAssertEqual(memory.usedByteCount, 6 << 20)
        XCTAssertThrowsError(try room?.hold(11 << 20)) { XCTAssertEqual(($0 as? QueryError)?.slug, .spillFull) }
        XCTAssertEqual(memory.usedByteCount, 6 << 20, "what is refused leaves all as it was")
        room?.release()
        XCTAssertEqual(memory.usedByteCount, 0)
        // A little is had whatever is left, so that lists can be asked beside what holds the rest.
        XCTAssertTrue(memory.reserve(10 << 20))
        try room?.hold(1 << 20)
        XCTAssertEqual(memory.usedByteCount, 11 << 20)
        room = nil
        XCTAssertEqual(memory.usedByteCount, 10 << 20)
        memory.release(10 << 20)
    }

    func test_finishedQueries_areTheLast() throws {
        let finished = FinishedQueries()
        for number in 0..<(FinishedQueries.countMax + 3) {
            finished.add(FinishedQuery(try RunningQuery(id: "q\(number)", asker: .admin, text: "SELECT \(number)")))
        }
        let all = finished.all
        XCTAssertEqual(all.count, FinishedQueries.countMax)
        XCTAssertEqual(all.first?.id, "q3")
        XCTAssertEqual(all.last?.id, "q\(FinishedQueries.countMax + 2)")
        let long = FinishedQuery(try RunningQuery(id: "long", asker: .admin, text: String(repeating: "x", count: 4_000)))
        XCTAssertEqual(long.text.utf8.count, 1_024)
    }

    /// One pass for many clients, with a contract or without one; where rows are still to be counted the query goes on meanwhile, and then with them.
    func test_usage_isAskedForPageByPage() throws {
        let engine = FakeEngine()
        let clients = (0..<100).map { "c\($0 + 100)" }
        for turns in [0, 3] {
            engine.state.withLock { ($0.usageClients, $0.usageAsked, $0.uncountedTurns) = (clients, [], turns) }
            for principal in [Self.whole, .admin] {
                engine.state.withLock { $0.usageAsked = [] }
                XCTAssertEqual(try rows("SELECT client_id FROM till.usage ORDER BY client_id", catalog(principal, engine)), clients.map { [.bytes(Array($0.utf8))] })
                let asked = engine.state.withLock { $0.usageAsked }
                XCTAssertLessThanOrEqual(asked.count, 4 + turns)
                XCTAssertEqual(Set(asked.joined()), Set(clients))
            }
        }
    }

    /// Of a client that sees its own rows its own figures are asked for, and nobody's else.
    func test_usageOfOneClient_isItsOwn() throws {
        let engine = FakeEngine()
        engine.state.withLock { ($0.usageClients, $0.uncountedTurns) = (["other", "own"], 2) }
        XCTAssertEqual(try rows("SELECT client_id FROM till.usage", catalog(Self.own, engine)), [[.string("own")]])
        XCTAssertEqual(engine.state.withLock { $0.usageAsked }, Array(repeating: ["own"], count: 3))
    }

    /// A page asks for the names that are left with it, and no page reckons them anew.
    func test_usage_isChargedForTheClientsThatAreLeft() throws {
        let engine = FakeEngine()
        engine.state.withLock { $0.usageClients = (0..<100).map { "c\($0 + 100)" } }
        let relation = try XCTUnwrap(OwnRelations.all.first { $0.name == "usage" })
        let pages = relation.pages(.admin, CatalogParts(store: StoreRoles(engine), queries: nil))
        var (held, rowCount): ([Int], Int) = ([], 0)
        while let page = try pages({ held.append($0) }) { rowCount += page.count }
        XCTAssertEqual(rowCount, 100)
        XCTAssertEqual(held, [100, 68, 36, 4].map { $0 * (4 + MemoryLayout<String>.size) })
    }

    /// Between two turns in which nothing but counting was done a query is asked whether it is over: one that nobody waits for does not go on to the end of the count.
    func test_usageThatIsStillCounted_endsWithItsQuery() throws {
        let engine = FakeEngine()
        for principal in [Self.whole, .admin] {
            let cancellation = Cancellation()
            // An end all the same, so that a query that is not asked fails here, and does not go on for ever.
            engine.state.withLock { state in
                (state.usageClients, state.usageAsked, state.uncountedTurns) = (["c"], [], 100)
                state.whenUsageAsked = { cancellation.cancel() }
            }
            XCTAssertThrowsError(try rows("SELECT client_id FROM till.usage", catalog(principal, engine), QueryEngine(.init(threadCount: 1)), unless: cancellation)) {
                XCTAssertEqual(($0 as? QueryError)?.slug, .cancelled, "\($0)")
            }
            XCTAssertEqual(engine.state.withLock { $0.usageAsked }, [["c"]])
        }
    }
}
