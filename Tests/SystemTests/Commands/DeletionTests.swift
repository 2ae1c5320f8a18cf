import Foundation
import TestSupport
import XCTest

/// Goal: refused documents and dead letters go when an administrator says so, and nothing else with them. Method: the real binary, by HTTP and
/// by the command line, beside the server and without one, hot and cold.
final class DeletionTests: XCTestCase {
    private func count(_ server: TillServer, _ path: String, _ member: String) throws -> Int {
        let answer = try server.client().get(path)
        let body = try JSONSerialization.jsonObject(with: Data(answer.body)) as? [String: Any]
        return try XCTUnwrap((body?[member] as? [Any])?.count, answer.text)
    }

    private func refuse(_ server: TillServer, _ client: String, _ number: Int) throws -> String {
        let answer = try server.client().post("/v1/receipts?client=\(client)", #"{"schema":"pos/1","id":"bad-\#(number)"}"#)
        return try XCTUnwrap(Receipts.member("ticket_id", of: answer.text), answer.text)
    }

    func test_quarantine_oneByItsTicket_andAllThatPass() throws {
        let server = try TillServer()
        defer { server.remove() }
        for client in ["a", "b"] { _ = try server.key(client) }
        let tickets = try (0..<3).map { try refuse(server, "a", $0) }
        for number in 3..<5 { _ = try refuse(server, "b", number) }
        let admin = server.client()
        XCTAssertEqual(try admin.delete("/v1/admin/quarantine/\(tickets[0])").status, 204)
        XCTAssertEqual(try admin.delete("/v1/admin/quarantine/\(tickets[0])").status, 404)
        XCTAssertEqual(try admin.get("/v1/quarantine/\(tickets[0])").status, 404)
        XCTAssertEqual(try admin.get("/v1/tickets/\(tickets[0])").status, 404)
        // Nothing by which to choose is not everything.
        for query in ["", "?before=soon", "?before=2026-13-01", "?all=1", "?client="] {
            XCTAssertEqual(try admin.delete("/v1/admin/quarantine\(query)").status, 400, query)
        }
        XCTAssertEqual(try admin.delete("/v1/admin/quarantine?before=2020-01-01").text, #"{"deleted":0,"has_more":false}"#)
        XCTAssertEqual(try admin.delete("/v1/admin/quarantine?client=a&before=2999-01-01T00:00:00Z").text, #"{"deleted":2,"has_more":false}"#)
        XCTAssertEqual(try count(server, "/v1/quarantine", "quarantine"), 2)
        // Other keys: their own quarantine too is the administrator's to delete.
        let own = try server.client(key: server.key("b"))
        XCTAssertEqual(try own.delete("/v1/admin/quarantine?client=b").status, 403)
        let audit = try admin.get("/v1/audit?limit=20").text
        XCTAssertTrue(audit.contains(#""action":"deleteQuarantine""#) && audit.contains(#"{"deleted":2,"has_more":false}"#), audit)
        XCTAssertTrue(Patience.until { server.logText.contains(#""event":"deleted""#) }, server.logText)
        // A document that was deleted is refused anew, under another ticket.
        XCTAssertNotEqual(try refuse(server, "a", 0), tickets[0])
        let place = ["--data", server.data.path]
        XCTAssertEqual(try TillRun(["quarantine", "delete", "--client", "b"] + place).text, "deleted 2 refused documents\n")
        server.stop()
        let left = try TillRun(["quarantine", "delete", "--before", "2999-01-01"] + place)
        XCTAssertEqual(left.text, "deleted 1 refused document\n", left.error)
        XCTAssertEqual(try TillRun(["quarantine", "delete", tickets[1]] + place).status, 1)
        XCTAssertEqual(try TillRun(["quarantine", "delete"] + place).status, 2)
        XCTAssertEqual(try TillRun(["quarantine", "delete", "x", "--client", "b"] + place).status, 2)
        XCTAssertTrue(try TillRun(["verify"] + place).text.contains("no fault"))
    }

    func test_deadLetters_goHotAndCold_andTheirReceiptsStay() throws {
        let tax = TestHTTPServer { _ in .init(status: 503) }
        defer { tax.close() }
        let environment = [
            "TILL_REGISTRARS": #"{"tax":{"url":"http://127.0.0.1:\#(tax.port)/","secret":"t","max_attempts":1,"backoff_min":"10ms","backoff_max":"20ms"}}"#,
            "TILL_OUTGOING_ALLOW": #"["127.0.0.1"]"#,
        ]
        let server = try TillServer(environment: environment)
        defer { server.remove() }
        XCTAssertEqual(try server.client().put("/v1/types/sale", RegistrationTests.type(#"[["tax"]]"#)).status, 201)
        for client in ["a", "b"] { _ = try server.key(client) }
        func fail(_ client: String, _ number: Int) throws -> String {
            let answer = try server.client().post("/v1/receipts?client=\(client)", RegistrationTests.sale("S-\(number)"), [("Prefer", "wait=20")])
            XCTAssertTrue(answer.text.contains("FAILED"), answer.text)
            return try XCTUnwrap(Receipts.member("ticket_id", of: answer.text))
        }
        let tickets = try [("a", 1), ("a", 2), ("b", 3), ("b", 4)].map { try fail($0.0, $0.1) }
        let admin = server.client()
        func letters() throws -> Int { try count(server, "/v1/dead-letters", "dead_letters") }
        XCTAssertEqual(try letters(), 4)
        let letter = try XCTUnwrap(Receipts.member("id", of: try admin.get("/v1/dead-letters").text))
        XCTAssertEqual(try admin.delete("/v1/admin/dead-letters/\(letter)").status, 204)
        XCTAssertEqual(try admin.delete("/v1/admin/dead-letters/\(letter)").status, 404)
        XCTAssertEqual(try admin.call("POST", "/v1/dead-letters/\(letter)/redrive").status, 404)
        XCTAssertEqual(try letters(), 3)
        let ticket = try admin.get("/v1/tickets/\(tickets[0])").text
        for text in [#""state":"FAILED""#, #""state":"DEAD""#, "dead letter deleted"] { XCTAssertTrue(ticket.contains(text), ticket) }
        XCTAssertEqual(try admin.delete("/v1/admin/dead-letters?client=nobody").status, 404)
        XCTAssertEqual(try admin.delete("/v1/admin/dead-letters?client=a").text, #"{"deleted":1,"has_more":false}"#)
        // The others go to cold, and with them those that are left.
        XCTAssertEqual(try admin.post("/v1/admin/compact", "{}").status, 200)
        XCTAssertEqual(try letters(), 2)
        XCTAssertTrue(try admin.get("/v1/tickets/\(tickets[0])").text.contains(#""state":"DEAD""#))
        let place = ["--url", server.url]
        func till(_ words: String...) throws -> TillRun { try TillRun(words + place, environment: ["TILL_KEY": TillServer.adminKey]) }
        XCTAssertEqual(try till("dead-letter", "delete", "--before", "2020-01-01").text, "deleted 0 dead letters\n")
        XCTAssertEqual(try till("dead-letter", "delete", "--client", "b", "--before", "2999-01-01").text, "deleted 2 dead letters\n")
        XCTAssertEqual(try letters(), 0)
        XCTAssertTrue(try admin.get("/v1/receipts?state=FAILED").text.contains(tickets[3]))
    }
}
