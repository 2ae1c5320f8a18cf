import ColumnStore
import Foundation
import Ingest
import Query
import Server
import Synchronization
import TestSupport
import XCTest

/// Goal: who may sees a query that runs and can end it, nobody else. Method: register queries as a route does, and ask over HTTP.
final class RunningQueryRoutesTests: XCTestCase {
    private func running(_ server: TestServer, _ id: String, _ asker: Principal) throws -> QueryWatch {
        try QueryWatch(server.context.queries, try RunningQuery(id: id, asker: asker, text: "SELECT 1"), whenGone: { _ in })
    }

    private func ids(_ server: TestServer, _ key: String) throws -> [String] {
        try (JSONParser.parse(try server.client(key: key).get("/v1/queries").body)["queries"]?.array ?? []).compactMap { $0["id"]?.text }
    }

    func test_queries_areSeenAndEndedByThoseWhoMay() throws {
        let server = try TestServer()
        let own = try server.key("c1", .read, .own), other = try server.key("c2", .read, .own), all = try server.key("c3", .read, .all)
        let watches = try [
            running(server, "q1", Principal(clientID: "c1", access: .read, scope: .own)), running(server, "q2", Principal(clientID: "c2", access: .read, scope: .own)),
            running(server, "q3", .admin),
        ]
        XCTAssertEqual(try ids(server, own), ["q1"])
        XCTAssertEqual(try ids(server, other), ["q2"])
        XCTAssertEqual(try ids(server, all), ["q1", "q2"])
        XCTAssertEqual(try ids(server, TestServer.adminKey), ["q1", "q2", "q3"])
        XCTAssertEqual(try server.client(key: other).delete("/v1/queries/q1").status, 404)
        XCTAssertEqual(try server.client(key: own).delete("/v1/queries/q1").status, 204)
        let explained = watches[0].explained(QueryError(.cancelled, "ended")) as? Problem
        XCTAssertEqual(explained?.slug, .queryCancelled)
        XCTAssertNil(watches[1].explained(QueryError(.cancelled, "ended")) as? Problem)
        for watch in watches { watch.end() }
        XCTAssertEqual(try ids(server, TestServer.adminKey), [])
    }

    /// Several askers may have made the same id, and the query at a page's end may be over by the next.
    func test_pages_goOnBehindWhatHasEnded() throws {
        let server = try TestServer()
        func page(_ cursor: String?) throws -> (ids: [String], cursor: String?) {
            let body = try JSONParser.parse(try server.client().get("/v1/queries?limit=1" + (cursor.map { "&cursor=\($0)" } ?? "")).body)
            return ((body["queries"]?.array ?? []).compactMap { $0["id"]?.text }, body["next_cursor"]?.text)
        }
        let first = try running(server, "same", .admin)
        let others = try [
            running(server, "same", Principal(clientID: "c1", access: .read, scope: .own)), running(server, "last", .admin),
        ]
        let one = try page(nil)
        XCTAssertEqual(one.ids, ["same"])
        let two = try page(one.cursor)
        XCTAssertEqual(two.ids, ["same"])
        XCTAssertEqual(try page(two.cursor).ids, ["last"], "and not the second once more")
        first.end()
        XCTAssertEqual(try page(one.cursor).ids, ["same"], "what follows is there though the first has ended")
        let three = try page(two.cursor)
        XCTAssertEqual(three.ids, ["last"])
        XCTAssertNil(three.cursor)
        for watch in others { watch.end() }
    }

    func test_queryID_isOfOneShape_andOfOneQueryAtATime() throws {
        let server = try TestServer()
        let answer = try server.client().post("/v1/sql", #"{"query":"SELECT 1","query_id":"a b"}"#)
        XCTAssertEqual(answer.status, 400, answer.text)
        let watch = try running(server, "same", .admin)
        XCTAssertThrowsError(try running(server, "same", .admin))
        XCTAssertNoThrow(try running(server, "same", Principal(clientID: "c1", access: .read, scope: .own)).end())
        watch.end()
    }

    func test_check_saysWhatATypeMakesOfADocument_andStoresNothing() throws {
        let server = try TestServer()
        let type = #"{"name":"t","version":1,"format":"json","table":"receipts","match":{"/s":"t"},"receipt_id":"/id","issued_at":"/at","time_zone":"UTC","columns":{"total":{"path":"/total","type":"DECIMAL(18,4)","required":true}}}"#
        let good = try server.client().post("/v1/types/check", #"{"type":\#(type),"document":"{\"s\":\"t\",\"id\":\"R\",\"at\":\"2026-01-02T03:04:05Z\",\"total\":1.5}"}"#)
        XCTAssertEqual(good.status, 200, good.text)
        XCTAssertEqual(try JSONParser.parse(good.body)["results"]?.array?.first?["columns"]?["total"]?.text, "1.5000")
        let value = try server.client().post("/v1/types/check", #"{"type":\#(type),"document":{"s":"t","id":"R","at":"2026-01-02T03:04:05Z","total":1.5}}"#)
        XCTAssertEqual(value.text, good.text, "JSON as itself says what its text says")
        let number = try server.client().post("/v1/types/check", #"{"type":\#(type),"document":7}"#)
        XCTAssertEqual(number.status, 400, number.text)
        let bad = try server.client().post("/v1/types/check", #"{"type":\#(type),"document":"{\"s\":\"t\"}"}"#)
        XCTAssertGreaterThan(try JSONParser.parse(bad.body)["results"]?.array?.first?["errors"]?.array?.count ?? 0, 1, bad.text)
        let fault = try server.client().post("/v1/types/check", #"{"type":{"name":"t"},"document":""}"#)
        XCTAssertEqual(fault.status, 422, fault.text)
        XCTAssertTrue(server.engine.state.withLock { $0.putTypes.isEmpty && $0.taken.isEmpty })
    }
}
