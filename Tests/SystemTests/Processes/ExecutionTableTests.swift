import ColumnStore
import Foundation
import TestSupport
import XCTest

/// Goal: executions whose time is over are rows of the table `executions`, each once, with all that was known of them, whatever dies meanwhile; and nowhere else. Method:
/// the real server, which keeps none of them, killed while they move.
final class ExecutionTableTests: XCTestCase {
    private let settings = ["TILL_LIMITS_MIN_FREE": "1MiB", "TILL_EXECUTION_DAYS": "0", "TILL_COMPACT_INTERVAL": "1s"]
    private let machine = #"{"StartAt":"A","States":{"A":{"Type":"Pass","Next":"B"},"B":{"Type":"Choice","Choices":[{"Variable":"$.bad","IsPresent":true,"Next":"F"}],"Default":"S"},"F":{"Type":"Fail","Error":"E","Cause":"why"},"S":{"Type":"Succeed"}}}"#

    private func rows(_ client: HTTPClient, _ query: String) throws -> [[JSONValue]] {
        let answer = try client.post("/v1/sql", String(decoding: JSONValue.object(["query": .string(query)]).serialized, as: UTF8.self))
        XCTAssertEqual(answer.status, 200, answer.text)
        return (try JSONParser.parse(answer.body)["rows"]?.array ?? []).map { $0.array ?? [] }
    }

    private func start(_ client: HTTPClient, _ input: String) throws -> String {
        let answer = try client.post("/v1/processes/p/executions", "{\"input\":\(input)}")
        XCTAssertEqual(answer.status, 201, answer.text)
        return try XCTUnwrap(try JSONParser.parse(answer.body)["execution_id"]?.text)
    }

    func test_executions_thatEnded_areRowsOnce_throughKills() throws {
        let server = try TillServer(environment: settings)
        defer { server.remove() }
        XCTAssertEqual(try server.client().put("/v1/processes/p", machine).status, 201)
        XCTAssertEqual(try rows(server.client(), "SELECT count(*) FROM executions"), [[.number("0")]], "the table is there before its first row")
        let key = try server.key("own", more: #","uses":{"processes":["p"]}"#)
        let other = try server.key("other")
        var ids: Set<String> = []
        for round in 0..<4 {
            let client = server.client(key: key)
            for number in 0..<80 { ids.insert(try start(client, number % 4 == 0 ? #"{"bad":"\#(round)"}"# : "{\"n\":\(number)}")) }
            usleep(UInt32(400_000 * round + 100_000))
            server.kill()
            try server.start(environment: settings)
        }
        let client = server.client(key: key)
        try Patience.until(pauseMilliseconds: 100) { try rows(client, "SELECT count(*) FROM executions") == [[.number("\(ids.count)")]] }
        XCTAssertEqual(Set(try rows(client, "SELECT execution_id FROM executions").compactMap { $0.first?.text }), ids)
        let summary = "SELECT execution_state, count(*), count(DISTINCT receipt_id), min(error), min(part), max(part) FROM executions GROUP BY 1 ORDER BY 1"
        XCTAssertEqual(
            try rows(client, summary), [
                [.string("FAILED"), .number("80"), .number("80"), .string("E"), .number("1"), .number("1")],
                [.string("SUCCEEDED"), .number("240"), .number("240"), .null, .number("1"), .number("1")],
            ])
        let events = "SELECT e.state, e.event, count(*) FROM executions x, UNNEST(x.events) AS e WHERE x.execution_state = 'FAILED' GROUP BY 1, 2 ORDER BY 1, 2"
        XCTAssertEqual(try rows(client, events).prefix(3), [
            [.string("A"), .string("entered"), .number("80")], [.string("A"), .string("succeeded"), .number("80")], [.string("B"), .string("entered"), .number("80")],
        ])
        XCTAssertEqual(try rows(client, "SELECT DISTINCT input FROM executions WHERE execution_state = 'FAILED' ORDER BY 1").first, [.string(#"{"bad":"0"}"#)])
        // Nowhere else; and no receipts.
        XCTAssertEqual(try client.get("/v1/executions/\(ids.first ?? "")").status, 404)
        XCTAssertEqual(try rows(server.client(key: other), "SELECT count(*) FROM executions"), [[.number("0")]])
        XCTAssertEqual(try JSONParser.parse(try server.client().get("/v1/changes?after=0").body)["changes"]?.array?.count, 0)
        try check(server, ids.count)
    }

    /// Outside readers see what SQL sees, once it is cold; a proof finds nothing.
    private func check(_ server: TillServer, _ count: Int) throws {
        XCTAssertEqual(try server.client().call("POST", "/v1/admin/compact").status / 100, 2)
        XCTAssertEqual(server.stop(), 0)
        let verify = try TillRun(["verify", "--data", server.data.path])
        XCTAssertEqual(verify.status, 0, verify.text + verify.error)
        let query = "SELECT execution_state, count(*) FROM executions GROUP BY 1 ORDER BY 1"
        let local = try TillRun(["sql", "--data", server.data.path, "--format", "csv", query])
        XCTAssertTrue(local.text.contains("FAILED,80") && local.text.contains("SUCCEEDED,240"), local.text + local.error)
    }

    /// What an execution read with its contract's rights is not for whoever has less.
    func test_valuesOfExecutions_areHiddenFromWhoMaySeeNoSensitiveOnes() throws {
        let server = try TillServer(environment: settings)
        defer { server.remove() }
        let type = #"{"name":"p","version":1,"table":"people","format":"json","match":{"/kind":"p"},"receipt_id":"/id","issued_at":"/at","columns":{"ssn":{"path":"/ssn","type":"VARCHAR","sensitive":true}}}"#
        XCTAssertEqual(try server.client().put("/v1/types/p", type).status, 201)
        let machine = #"{"StartAt":"A","States":{"A":{"Type":"Task","Resource":"till:sql","Parameters":{"query":"SELECT ssn FROM people"},"ResultPath":"$.r","Next":"F"},"F":{"Type":"Fail","ErrorPath":"$.r.rows[0][0]","CausePath":"$.r.rows[0][0]"}}}"#
        XCTAssertEqual(try server.client().put("/v1/processes/p", machine).status, 201)
        let eyes = server.client(key: try server.key("eyes", more: #","sensitive":true,"uses":{"processes":["p"]}"#))
        let own = server.client(key: try server.key("own", more: #","uses":{"processes":["p"]}"#))
        let all = server.client(key: try server.key("all", access: "read", scope: "all"))
        let allEyes = server.client(key: try server.key("all-eyes", access: "read", scope: "all", more: #","sensitive":true"#))
        XCTAssertEqual(try eyes.post("/v1/receipts", #"{"kind":"p","id":"1","at":"2026-11-01T00:00:00Z","ssn":"123-45-6789"}"#).status, 201)
        _ = try start(eyes, #"{"of":"eyes"}"#)
        _ = try start(own, #"{"of":"own"}"#)
        try Patience.until(pauseMilliseconds: 100) { try rows(all, "SELECT count(*) FROM executions") == [[.number("2")]] }
        for isCold in [false, true] {
            if isCold { XCTAssertEqual(try server.client().call("POST", "/v1/admin/compact?wait=60").status, 200) }
            let values = "SELECT client_id, input, output, error, cause FROM executions ORDER BY client_id"
            XCTAssertEqual(try rows(all, values), [[.string("eyes"), .null, .null, .null, .null], [.string("own"), .null, .null, .null, .null]])
            let question = "SELECT count(*), count(e.state), count(e.input), count(e.output), count(e.error), count(e.cause) FROM executions x, UNNEST(x.events) AS e"
            XCTAssertEqual(try rows(all, question).first?.dropFirst(2).map { $0 }, Array(repeating: .number("0"), count: 4))
            XCTAssertGreaterThan(try rows(all, question).first?[1].integer ?? 0, 0)
            for query in ["SELECT * FROM executions", "SELECT events FROM executions_accepted", "SELECT 1 FROM executions WHERE error = '123-45-6789'"] {
                XCTAssertFalse("\(try rows(all, query))".contains("123-45-6789"), query)
            }
            XCTAssertEqual(try rows(all, "SELECT 1 FROM executions WHERE error = '123-45-6789'"), [])
            let seen: [JSONValue] = [.string("eyes"), .string(#"{"of":"eyes"}"#), .null, .string("123-45-6789"), .string("123-45-6789")]
            XCTAssertEqual(try rows(allEyes, values).first, seen)
            XCTAssertEqual(try rows(eyes, values), [seen])
            XCTAssertEqual(try rows(own, "SELECT client_id, input FROM executions"), [[.string("own"), .string(#"{"of":"own"}"#)]])
            let tables = try all.get("/iceberg/v1/namespaces/till/tables").text
            XCTAssertFalse(tables.contains("executions"), tables)
        }
        XCTAssertTrue(try allEyes.get("/iceberg/v1/namespaces/till/tables").text.contains("executions"))
    }

    func test_aLongHistory_isSeveralRows_andTheAdministratorsHaveNoClient() throws {
        let server = try TillServer(environment: settings)
        defer { server.remove() }
        let client = server.client()
        let loop = #"{"StartAt":"M","States":{"M":{"Type":"Map","ItemsPath":"$","ItemProcessor":{"StartAt":"I","States":{"I":{"Type":"Pass","End":true}}},"ResultPath":null,"End":true}}}"#
        XCTAssertEqual(try client.put("/v1/processes/p", loop).status, 201)
        let id = try start(client, "[\((1...900).map { String($0) }.joined(separator: ","))]")
        try Patience.until(pauseMilliseconds: 100) { try !rows(client, "SELECT 1 FROM executions LIMIT 1").isEmpty }
        let found = try rows(client, "SELECT client_id, execution_id, count(*), max(part), sum(list_count(events)) FROM executions GROUP BY 1, 2")
        XCTAssertEqual(found.count, 1)
        XCTAssertEqual(found.first?.prefix(2), [.string(""), .string(id)])
        XCTAssertEqual(found.first?[2], found.first?[3])
        XCTAssertEqual(found.first?.last, .string("1802"))
        XCTAssertEqual(try rows(client, "SELECT count(*) FROM executions WHERE input IS NOT NULL"), [[.number("1")]])
        XCTAssertGreaterThan(found.first?[2].integer ?? 0, 1)
    }
}
