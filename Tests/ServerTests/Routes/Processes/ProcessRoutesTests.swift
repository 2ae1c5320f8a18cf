import ColumnStore
import Foundation
import Ingest
import Server
import TestSupport
import XCTest

/// Goal: definitions, executions and tasks over HTTP, each answer as /openapi.json says it. Method: the server's calls over a real store of executions, with nobody who
/// carries out tasks.
final class ProcessRoutesTests: XCTestCase {
    private let waiting = #"{"StartAt":"A","States":{"A":{"Type":"Pass","Next":"W"},"W":{"Type":"Wait","Seconds":1000,"End":true}}}"#

    private func put(_ server: TestServer, _ name: String, _ text: String) throws -> HTTPClient.Answer {
        try server.client().call("PUT", "/v1/processes/\(name)", headers: [("Content-Type", "application/json")], body: Array(text.utf8))
    }

    private func slug(_ answer: HTTPClient.Answer) -> String {
        ((try? JSONParser.parse(answer.body))?["type"]?.text ?? "").replacing("/problems/", with: "") + " \(answer.status)"
    }

    func test_definitions_arePutSeenAndDeleted() throws {
        let server = try TestServer()
        defer { server.engine.executions.stop() }
        let client = server.client()
        XCTAssertEqual(try put(server, "p", waiting).status, 201)
        XCTAssertEqual(try put(server, "p", waiting).status, 200)
        let text = #"{"StartAt":"S","States":{"S":{"Type":"Succeed"}},"on":[{"schedule":"0 3 * * *","time_zone":"Europe/Kyiv"}]}"#
        let changed = try JSONParser.parse(try put(server, "p", text).body)
        XCTAssertEqual(changed["version"]?.integer, 2)
        XCTAssertEqual(changed["name"]?.text, "p")
        XCTAssertNotNil(changed["next_at"]?.text)
        XCTAssertEqual(try JSONParser.parse(try client.get("/v1/processes").body)["processes"]?.array?.count, 1)
        let wrong = try put(server, "q", #"{"StartAt":"X","States":{"A":{"Type":"Pass"},"B":{"Type":"Task","Resource":"arn:x","End":true}}}"#)
        XCTAssertEqual(slug(wrong), "invalid-process 422")
        let errors = try JSONParser.parse(wrong.body)["errors"]?.array ?? []
        XCTAssertEqual(errors.map { $0["pointer"]?.text ?? "" }, ["/StartAt", "/States/A/Next", "/States/B/Resource"])
        XCTAssertEqual(slug(try put(server, "q", "{")), "bad-json 400")
        XCTAssertEqual(slug(try put(server, "a%20b", waiting)), "invalid-process 422")
        XCTAssertEqual(try client.delete("/v1/processes/p").status, 204)
        XCTAssertEqual(slug(try client.get("/v1/processes/p")), "not-found 404")
        XCTAssertEqual(slug(try client.delete("/v1/processes/p")), "not-found 404")
        XCTAssertEqual(slug(try client.post("/v1/processes/p/executions", "{}")), "not-found 404")
    }

    func test_executions_areTheirOwners_andPaged() throws {
        let server = try TestServer()
        defer { server.engine.executions.stop() }
        let admin = server.client()
        _ = try put(server, "p", waiting)
        let own = server.client(key: try server.key("c", .readWrite, .own) { $0.uses = .init(processes: .some(["p"])) })
        let reader = server.client(key: try server.key("r", .read, .all) { $0.uses = .all })
        let stranger = server.client(key: try server.key("d", .readWrite, .all))
        XCTAssertEqual(slug(try stranger.post("/v1/processes/p/executions", "{}")), "not-found 404")
        XCTAssertEqual(slug(try reader.post("/v1/processes/p/executions", "{}")), "read-only 403")
        let started = try own.post("/v1/processes/p/executions", #"{"name":"one","input":{"a":1}}"#)
        XCTAssertEqual(started.status, 201)
        let id = try XCTUnwrap(try JSONParser.parse(started.body)["execution_id"]?.text)
        XCTAssertEqual(started.headers["location"], "/v1/executions/\(id)")
        XCTAssertEqual(try own.post("/v1/processes/p/executions", #"{"input":{"a":1.0},"name":"one"}"#).status, 200)
        XCTAssertEqual(slug(try own.post("/v1/processes/p/executions", #"{"name":"one"}"#)), "already-exists 409")
        XCTAssertEqual(slug(try own.post("/v1/processes/p/executions", #"{"nam":1}"#)), "bad-parameter 400")
        for other in [stranger, reader] {
            XCTAssertEqual(slug(try other.get("/v1/executions/\(id)")), "not-found 404")
            XCTAssertEqual(slug(try other.get("/v1/executions/\(id)/history")), "not-found 404")
            XCTAssertEqual(try JSONParser.parse(try other.get("/v1/executions").body)["executions"]?.array?.count, 0)
        }
        XCTAssertEqual(slug(try stranger.post("/v1/executions/\(id)/abort", "")), "not-found 404")
        let first = try JSONParser.parse(try own.get("/v1/executions/\(id)/history?limit=2").body)
        XCTAssertEqual(first["events"]?.array?.map { "\($0["event"]?.text ?? "") \($0["state"]?.text ?? "")" }, ["entered A", "succeeded A"])
        let cursor = try XCTUnwrap(first["next_cursor"]?.text)
        let second = try JSONParser.parse(try own.get("/v1/executions/\(id)/history?limit=2&cursor=\(cursor)").body)
        XCTAssertEqual(second["events"]?.array?.map { $0["state"]?.text ?? "" }, ["W"])
        XCTAssertEqual(second["next_cursor"], .null)
        let other = try XCTUnwrap(try JSONParser.parse(try admin.post("/v1/processes/p/executions", "{}").body)["execution_id"]?.text)
        XCTAssertEqual(slug(try admin.get("/v1/executions/\(other)/history?cursor=\(cursor)")), "bad-cursor 400")
        let page = try JSONParser.parse(try admin.get("/v1/executions?limit=1&state=RUNNING&process=p").body)
        XCTAssertEqual(page["executions"]?.array?.map { $0["execution_id"]?.text ?? "" }, [other])
        let rest = try JSONParser.parse(try admin.get("/v1/executions?limit=1&state=RUNNING&process=p&cursor=\(page["next_cursor"]?.text ?? "")").body)
        XCTAssertEqual(rest["executions"]?.array?.map { $0["execution_id"]?.text ?? "" }, [id])
        // A cursor leads on in the list that it is of.
        for query in ["limit=1&state=FAILED&process=p", "limit=1&state=RUNNING", "limit=1"] {
            XCTAssertEqual(slug(try admin.get("/v1/executions?\(query)&cursor=\(page["next_cursor"]?.text ?? "")")), "bad-cursor 400", query)
        }
        XCTAssertEqual(slug(try admin.get("/v1/executions?state=DONE")), "bad-parameter 400")
        XCTAssertEqual(slug(try own.post("/v1/executions/\(id)/redrive", "")), "wrong-state 409")
        XCTAssertEqual(try own.post("/v1/executions/\(id)/abort", "").status, 202)
        XCTAssertEqual(slug(try own.post("/v1/executions/\(id)/abort", "")), "wrong-state 409")
        XCTAssertEqual(try own.post("/v1/executions/\(id)/redrive", "").status, 202)
        XCTAssertEqual(try JSONParser.parse(try own.get("/v1/executions/\(id)").body)["state"]?.text, "RUNNING")
    }

    func test_inputs_ofAMebibyte_andAThousandLevels_areTheLargest() throws {
        let server = try TestServer()
        defer { server.engine.executions.stop() }
        let client = server.client()
        client.check = nil
        _ = try put(server, "p", waiting)
        func start(_ input: String) throws -> String { slug(try client.post("/v1/processes/p/executions", "{\"input\":\(input)}")) }
        let levels = { (count: Int, innermost: String) in String(repeating: "[", count: count) + innermost + String(repeating: "]", count: count) }
        for innermost in ["", "1"] {
            XCTAssertEqual(try start(levels(1_000, innermost)), " 201", innermost)
            XCTAssertEqual(try start(levels(1_001, innermost)), "bad-json 400", innermost)
        }
        let most = (1 << 20) - 2
        XCTAssertEqual(try start("\"" + String(repeating: "x", count: most) + "\""), " 201")
        XCTAssertEqual(try start("\"" + String(repeating: "x", count: most + 1) + "\""), "too-large 413")
        for number in ["9223372036854775808", "-1e999999999", "0.1", "1E400"] { XCTAssertEqual(try start(number), " 201", number) }
    }

    func test_executions_forWhichThereIsNoMemory_areTheNextPages() throws {
        var limits = DoorLimits()
        // One credential has 8 MiB.
        (limits.memory.all, limits.memory.bodyByteCount, limits.body) = (16 << 20, 1 << 20, 1 << 20)
        let server = try TestServer(limits: limits)
        defer { server.engine.executions.stop() }
        let client = server.client()
        client.check = nil
        _ = try put(server, "p", waiting)
        let input = "\"" + String(repeating: "x", count: 1_000_000) + "\""
        var ids: [String] = []
        for _ in 0..<5 { ids.append(try JSONParser.parse(try client.post("/v1/processes/p/executions", #"{"input":\#(input)}"#).body)["execution_id"]?.text ?? "") }
        let fitting = try JSONParser.parse(try client.get("/v1/executions").body)
        XCTAssertTrue((1..<5).contains(fitting["executions"]?.array?.count ?? 0), "as many as fit")
        XCTAssertNotNil(fitting["next_cursor"]?.text)
        // What the answer before it held is given back a moment after that was read.
        let few = try XCTUnwrap(
            Patience.value {
                let answer = try client.get("/v1/executions?limit=2")
                return answer.status == 503 ? nil : answer
            })
        XCTAssertEqual(few.status, 200)
        let shown = try JSONParser.parse(few.body)["executions"]?.array ?? []
        XCTAssertEqual(shown.map { $0["input"]?.text?.utf8.count }, [1_000_000, 1_000_000])
        XCTAssertEqual(shown.map { $0["output"] == .null }, [true, true])
        XCTAssertTrue(try Patience.until { try client.get("/v1/executions/\(ids[0])/history?limit=2").status == 200 })
    }

    func test_tokens_thatNobodyGave_areNotFound() throws {
        let server = try TestServer()
        defer { server.engine.executions.stop() }
        let client = server.client()
        _ = try put(server, "p", waiting)
        for token in ["x", "a.b.c.d", "01M8052HG7BJ0PV7YSH78SV5ZA.0.1.00", "01M8052HG7BJ0PV7YSH78SV5ZA.9223372036854775807.9223372036854775807.00", "..."] {
            for word in ["success", "failure", "heartbeat"] { XCTAssertEqual(slug(try client.post("/v1/tasks/\(token)/\(word)", "{}")), "not-found 404", token) }
        }
        XCTAssertEqual(slug(try client.post("/v1/tasks/x/success", #"{"out":1}"#)), "bad-parameter 400")
        XCTAssertEqual(slug(try client.post("/v1/tasks/x/failure", #"{"error":1}"#)), "bad-parameter 400")
    }
}
