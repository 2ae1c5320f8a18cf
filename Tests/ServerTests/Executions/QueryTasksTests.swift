import ColumnStore
import Processes
import Query
import Synchronization
import TestSupport
import XCTest

@testable import Ingest
@testable import Server

/// Goal: a Map goes over each row once, of one state of the store. Method: pages of items, asked for as a Map does, over an engine that notes of which state
/// it is asked.
final class QueryTasksTests: XCTestCase {
    private let engine = FakeEngine()
    private lazy var executors = started()
    /// What pages said of where the next ones begin, by their queries and that row, as a Map keeps it.
    private var places: [String: JSONValue] = [:]

    private func started(_ limits: DoorLimits = DoorLimits()) -> TaskExecutors {
        let context = DoorContext(
            store: StoreRoles(engine), queries: QueryEngine(QueryEngine.Settings(threadCount: 2)), further: StoreSchema(), adminKey: TestServer.adminKey,
            limits: limits, log: Log(format: .json, level: .error), timers: Timers(clock: ManualClock()))
        return TaskExecutors(context: context, calls: EndpointCaller(RegistrationOptions(), callbackBase: "http://localhost/"))
    }

    /// - Parameter first: nil: not of a Map's items.
    private func ending(_ query: String, _ first: Int?) throws -> TaskEnding {
        let call = TaskCall(
            token: "t", key: "E:Map:1:items:\(first ?? 0)", resource: Resource(kind: "sql"), state: "Map", visit: 1, attempt: 1,
            input: .object(["query": .string(query)]), firstItem: first, place: first.flatMap { places["\($0) \(query)"] },
            depth: 0)
        let work = TaskWork(
            key: TaskKey(execution: 1, serial: 1), call: call, owner: .administrator, executionID: "E", tryCount: 0, createdAt: CalendarText.now, isRepeat: false)
        let ended = Monitor<TaskEnding?>(nil)
        executors.carryOut(work) { ending in ended.broadcast { $0 = ending } }
        return try XCTUnwrap(ended.wait(seconds: Patience.seconds) { $0 }, "no end came")
    }

    /// The page that begins at the item `first`.
    private func page(_ query: String, at first: Int) throws -> (firsts: [Int], isLast: Bool) {
        let ending = try ending(query, first)
        guard case .succeeded(let value) = ending else { throw Unexpected(what: "\(ending)") }
        let firsts = (value["items"]?.array ?? []).compactMap { $0["n"]?.integer }
        places["\(first + firsts.count) \(query)"] = value["place"]
        return (firsts, value["last"]?.boolean ?? false)
    }

    private struct Unexpected: Error { let what: String }

    /// How often the store was asked for its newest state.
    private var newestCount: Int { engine.state.withLock { state in state.askedSequences.count(where: { $0 == nil }) } }

    /// 2,000 bytes a row: pages end at their bytes long before they have their rows.
    func test_items_ofPagesThatAreCut_areOfOneState() throws {
        for (query, count) in [
            ("SELECT n, repeat('x', 2000) AS x FROM generate_series(1, 1500) AS s(n) ORDER BY n", 1_500),
            // Less than a page by its own LIMIT.
            ("SELECT n, repeat('x', 2000) AS x FROM generate_series(1, 5000) AS s(n) ORDER BY n LIMIT 900", 900),
            // Names take most of an item: what fits as an answer's page is too much as items.
            ("SELECT n, 1 AS \(String(repeating: "a", count: 500)), 2 AS \(String(repeating: "b", count: 500)) FROM generate_series(1, 1500) AS s(n) ORDER BY n", 1_500),
        ] {
            var (firsts, isLast, pageCount) = ([Int](), false, 0)
            var newestCountOfFirst = 0
            while !isLast, pageCount < 100 {
                let next: [Int]
                (next, isLast) = try page(query, at: firsts.count)
                firsts += next
                pageCount += 1
                if pageCount == 1 { newestCountOfFirst = newestCount }
            }
            XCTAssertEqual(firsts, Array(1...count), query)
            XCTAssertGreaterThan(pageCount, 1, query)
            XCTAssertEqual(newestCount, newestCountOfFirst, "a later page began anew: \(query)")
        }
    }

    /// A member of an object that stands there twice is read by nobody as both.
    func test_items_ofColumnsOfOneName_haveAMemberForEach() throws {
        let ending = try ending("SELECT 1 AS a, 2 AS a, 3 AS a_2", 0)
        guard case .succeeded(let page) = ending else { throw Unexpected(what: "\(ending)") }
        XCTAssertEqual(page["items"].map { String(decoding: $0.serialized, as: UTF8.self) }, #"[{"a":1,"a_2":2,"a_2_2":3}]"#)
    }

    /// JSON of SQL may be what no execution keeps: who asked is told of which column, and not of a place in a text that he never sent.
    func test_valuesThatNoExecutionKeeps_areRefused_withTheirColumn() throws {
        for value in [#"{"a":1,"a":2}"#, #"[",",{"a":{"b,":1,"c":2,"b,":3}}]"#] {
            for first in [nil, 0] as [Int?] {
                let ending = try ending(#"SELECT 1 AS "n,", '[1,"x",{}]'::json AS a, '\#(value)'::json AS b, 2 AS c"#, first)
                guard case .failed(let error) = ending else { throw Unexpected(what: "\(ending)") }
                XCTAssertEqual(error.name, StateError.Name.rejected.rawValue)
                let cause = error.cause ?? ""
                XCTAssertTrue(cause.contains("data-error") && cause.contains("the column b "), cause)
            }
        }
    }

    /// As deep as a value of SQL is read from a text.
    func test_valuesThatAreDeep_areKept() throws {
        for first in [nil, 0] as [Int?] {
            let ending = try ending("SELECT (repeat('[', 127) || repeat(']', 127))::json AS deep", first)
            guard case .succeeded = ending else { throw Unexpected(what: "\(ending)") }
        }
    }

    /// A page whose answer was lost is asked for again.
    func test_items_askedForAgain_areOfTheSameState() throws {
        let query = "SELECT n FROM generate_series(1, 3500) AS s(n) ORDER BY n"
        XCTAssertEqual(try page(query, at: 0).firsts.count, 1_000)
        let newest = newestCount
        for first in [1_000, 1_000, 2_000, 2_000, 3_000, 3_000] {
            XCTAssertEqual(try page(query, at: first).firsts, Array(first + 1...min(3_500, first + 1_000)), "\(first)")
        }
        XCTAssertEqual(newestCount, newest)
    }

    /// What a page has said stands with the Map: a process that was started anew goes on in the same state of the store.
    func test_items_afterARestart_areOfTheSameState() throws {
        let query = "SELECT n FROM generate_series(1, 2500) AS s(n) ORDER BY n"
        XCTAssertEqual(try page(query, at: 0).firsts.count, 1_000)
        let newest = newestCount
        executors = started()
        XCTAssertEqual(try page(query, at: 1_000).firsts, Array(1_001...2_000))
        executors = started()
        let last = try page(query, at: 2_000)
        XCTAssertEqual(last.firsts, Array(2_001...2_500))
        XCTAssertTrue(last.isLast)
        XCTAssertEqual(newestCount, newest, "a walk began anew")
        XCTAssertNil(places["2500 \(query)"])
    }

    /// A place that cannot be gone on from is none: the walk begins anew, and fails nobody.
    func test_items_ofAPlaceThatIsNone_beginAnew() throws {
        let query = "SELECT n FROM generate_series(1, 2500) AS s(n) ORDER BY n"
        XCTAssertEqual(try page(query, at: 0).firsts.count, 1_000)
        let known = try XCTUnwrap(ItemPlace(places["1000 \(query)"], upTo: 1_000))
        let wrong: [JSONValue?] = [
            ItemPlace(count: 1_000, cursor: "00", limit: 1_000).value, ItemPlace(count: 1_001, cursor: known.cursor ?? "", limit: 1_000).value,
            .object(["count": .integer(1_000), "cursor": .string(known.cursor ?? ""), "limit": .integer(0)]), .null,
        ]
        for place in wrong {
            places["1000 \(query)"] = place
            let newest = newestCount
            XCTAssertEqual(try page(query, at: 1_000).firsts, Array(1_001...2_000))
            XCTAssertGreaterThan(newestCount, newest, "\(place?.serialized.count ?? 0)")
        }
    }

    /// Names of states have any characters: walks of states that differ by a colon alone are not taken for each other.
    func test_walks_ofStatesWhoseNamesHaveColons_areApart() {
        func name(_ state: String, _ first: Int) -> String {
            let call = TaskCall(
                token: "t", key: "E:\(state):1:items:\(first)", resource: Resource(kind: "upload"), state: state, visit: 1, attempt: 1, input: .object([]), firstItem: first,
                depth: 0)
            return ItemPage.walkName(
                TaskWork(key: TaskKey(execution: 1, serial: 1), call: call, owner: .administrator, executionID: "E", tryCount: 0, createdAt: 0, isRepeat: false))
        }
        let states = ["S", "S:", ":S", "S::", ":"]
        XCTAssertEqual(Set(states.map { name($0, 0) }).count, states.count)
        for state in states { XCTAssertEqual(name(state, 0), name(state, 1_000), "pages of one walk") }
        XCTAssertEqual(name("S", 1_000), "E:S:1:items")
    }

    /// An execution of an earlier version, or a place that is none: what was had is passed over.
    func test_items_ofAWalkThatIsNotKnown_beginAfterThoseBefore() throws {
        let walked = try page("SELECT n FROM generate_series(1, 2500) AS s(n) ORDER BY n", at: 2_400)
        XCTAssertEqual(walked.firsts, Array(2_401...2_500))
        XCTAssertTrue(walked.isLast)
        let behind = try page("SELECT n FROM generate_series(1, 2500) AS s(n) ORDER BY n", at: 2_500)
        XCTAssertTrue(behind.firsts.isEmpty && behind.isLast)
    }

    /// Of a task's answer and of a Map's items alike: what a row takes is asked of its owner's memory first.
    func test_rowThatIsNeverHeld_isRefused_beforeItIsWritten() throws {
        var limits = DoorLimits()
        (limits.memory.all, limits.memory.bodyByteCount) = (8 << 20, 1 << 10)
        executors = started(limits)
        for first in [nil, 0] as [Int?] {
            let ending = try ending("SELECT repeat(chr(1), 4000000) AS x", first)
            guard case .failed(let error) = ending else { throw Unexpected(what: "\(ending)") }
            let cause = "\(error)"
            XCTAssertTrue(cause.contains("too-large") && cause.contains("limits.request_memory"), cause)
        }
        guard case .succeeded = try ending("SELECT repeat(chr(1), 400) AS x", nil) else { return XCTFail("a short row is refused") }
    }

    /// A full disk says nothing of the question; but one that fills it by itself must not do so without a pause.
    func test_questionThatMetAFullDisk_isAskedAgain_afterPausesThatGrow() throws {
        let full = QueryError(.spillFull, "the disk for intermediate rows is full")
        func pause(_ tryCount: Int) throws -> Int64 {
            let now = CalendarText.now
            guard case .later(let at, let reason)? = QueryTasks.ending(of: full, tryCount: tryCount) else { throw Unexpected(what: "it is not asked again") }
            XCTAssertEqual(reason, full.detail)
            return at - now
        }
        XCTAssertGreaterThanOrEqual(try pause(0), 10_000_000)
        XCTAssertLessThan(try pause(0), 3_600_000_000)
        XCTAssertGreaterThanOrEqual(try pause(3), 80_000_000)
        for tryCount in [9, 64, .max] { XCTAssertGreaterThanOrEqual(try pause(tryCount), 3_600_000_000) }
        for slug in [QueryError.Slug.badSQL, .dataError, .queryTimeout] { XCTAssertNil(QueryTasks.ending(of: QueryError(slug, "never"), tryCount: 0), "\(slug)") }
    }

    /// Rows that do not fit in a query's memory, and no file for them: as on a disk without room.
    func test_question_whoseRowsCannotBeLaidAside_failsNoState() throws {
        let context = DoorContext(
            store: StoreRoles(engine), queries: QueryEngine(QueryEngine.Settings(threadCount: 2, queryMemoryByteCountMax: 1 << 20, spillDirectory: "/nonexistent-\(UInt64.random(in: 0 ... .max))")),
            further: StoreSchema(), adminKey: TestServer.adminKey, limits: DoorLimits(), log: Log(format: .json, level: .error), timers: Timers(clock: ManualClock()))
        executors = TaskExecutors(context: context, calls: EndpointCaller(RegistrationOptions(), callbackBase: "http://localhost/"))
        let query = "SELECT n FROM generate_series(1, 1000000) AS s(n) ORDER BY n % 997, n"
        let ending = try ending(query, nil)
        guard case .later(_, let reason) = ending else { return XCTFail("\(ending)") }
        XCTAssertTrue(reason.contains("spill file"), reason)
    }
}
