import Foundation
import TestSupport
import XCTest

/// Goal: an error says what was received and what would do, and an answer which of its receipts were here before. Method: calls in a table.
final class AnswerTextTests: XCTestCase {
    func test_differentDocument_namesTheStoredTicket_hotAndCold() throws {
        let server = try TillServer()
        defer { server.remove() }
        let client = server.client(key: try server.key("shop"))
        let first = try client.post("/v1/receipts", Receipts.pos("R-1"))
        XCTAssertEqual(first.status, 201, first.text)
        let ticket = try XCTUnwrap(Receipts.member("ticket_id", of: first.text))
        for tier in ["hot", "cold"] {
            let other = Receipts.pos("R-1", name: "other, \(tier)")
            let single = try client.post("/v1/receipts", other)
            XCTAssertEqual(single.status, 409, single.text)
            XCTAssertEqual(Receipts.member("ticket_id", of: single.text), ticket, "\(tier): \(single.text)")
            let array = try client.post("/v1/receipts", "[\(Receipts.pos("R-\(tier)")),\(other)]")
            XCTAssertEqual(array.status, 409, array.text)
            XCTAssertTrue(array.text.contains(#""pointer":"/1""#) && array.text.contains(ticket), "\(tier): \(array.text)")
            // With other faults beside it the array is invalid, and the conflict named all the same.
            let mixed = try client.post("/v1/receipts", "[{\"schema\":\"pos/1\"},\(other)]")
            XCTAssertEqual(mixed.status, 422, mixed.text)
            XCTAssertTrue(mixed.text.contains(ticket), "\(tier): \(mixed.text)")
            let lines = try client.post("/v1/receipts", other, type: "application/x-ndjson")
            XCTAssertEqual(lines.status, 200, lines.text)
            XCTAssertTrue(lines.text.contains(#""status":409"#) && lines.text.contains(#""ticket_id":"\#(ticket)""#), "\(tier): \(lines.text)")
            XCTAssertEqual(try server.client().post("/v1/admin/compact", "{}").status, 200)
        }
    }

    func test_results_sayWhichWereHereBefore() throws {
        let server = try TillServer()
        defer { server.remove() }
        let client = server.client(key: try server.key("shop"))
        XCTAssertEqual(try client.post("/v1/receipts", Receipts.pos("R-1")).status, 201)
        let array = try client.post("/v1/receipts", "[\(Receipts.pos("R-0")),\(Receipts.pos("R-1")),\(Receipts.pos("R-2"))]")
        let body = try XCTUnwrap(try JSONSerialization.jsonObject(with: Data(array.body)) as? [String: Any], array.text)
        let results = try XCTUnwrap(body["results"] as? [[String: Any]])
        XCTAssertEqual(results.map { $0["repeat"] as? Bool }, [nil, true, nil], array.text)
        let lines = try client.post("/v1/receipts", Receipts.pos("R-2") + "\n" + Receipts.pos("R-3"), type: "application/x-ndjson").text.split(separator: "\n")
        XCTAssertEqual(lines.map { $0.contains(#""repeat":true"#) }, [true, false], "\(lines)")
        let single = try client.post("/v1/receipts", Receipts.pos("R-1"))
        XCTAssertEqual(single.status, 200)
        XCTAssertFalse(single.text.contains("repeat"), "the first answer, to the byte: \(single.text)")
    }

    func test_errors_sayWhatWasReceived() throws {
        let server = try TillServer()
        defer { server.remove() }
        let client = server.client()
        _ = try server.key("shop")
        let gets: [(path: String, status: Int, says: [String])] = [
            ("/v1/receipts?limit=0", 400, [#"from 1 to 10000 is wanted, not \"0\""#]), ("/v1/receipts?state=DONE", 400, ["PROCESSING, COMPLETE or FAILED", #"not \"DONE\""#]),
            ("/v1/receipts?from=yesterday", 400, [#"not \"yesterday\""#]), ("/v1/receipts/R?raw=yes", 400, [#"not \"yes\""#]),
            ("/v1/receipts/R?day=1.1.2026", 400, [#"not \"1.1.2026\""#]), ("/v1/changes?wait=90", 400, [#"not \"90\""#]),
        ]
        for row in gets {
            let answer = try client.get(row.path)
            XCTAssertEqual(answer.status, row.status, answer.text)
            for text in row.says { XCTAssertTrue(answer.text.contains(text), "\(row.path): \(answer.text)") }
        }
        let posts: [(path: String, type: String, body: String, status: Int, says: [String])] = [
            ("/v1/receipts", "application/pdf", "x", 415, ["application/json, application/xml, application/x-ndjson or text/csv", #"not \"application/pdf\""#]),
            ("/v1/sql", "text/plain", "SELECT 1", 415, ["application/json", #"not \"text/plain\""#]),
            ("/v1/sql", "application/json", #"{"query":"SELECT 1","time_zone":"Mars"}"#, 400, [#"not \"Mars\""#]),
            ("/v1/sql", "application/json", #"{"qery":"SELECT 1"}"#, 400, ["did you mean query?"]),
            ("/v1/admin/compact", "application/json", #"{"before":"soon"}"#, 400, [#"not \"soon\""#]),
            ("/v1/admin/backup", "application/json", #"{"destination":"here"}"#, 400, [#"not \"here\""#]),
        ]
        for row in posts {
            let answer = try client.post(row.path, row.body, type: row.type)
            XCTAssertEqual(answer.status, row.status, "\(row.path): \(answer.text)")
            for text in row.says { XCTAssertTrue(answer.text.contains(text), "\(row.path): \(answer.text)") }
        }
        for path in ["/v1/types/t", "/v1/processes/p", "/v1/rollups/r", "/v1/views/v", "/v1/queues/q", "/v1/contracts/c"] {
            let answer = try client.put(path, "{}", type: "text/plain")
            XCTAssertEqual(answer.status, 415, "\(path): \(answer.text)")
            XCTAssertTrue(answer.text.contains(#"not \"text/plain\""#), "\(path): \(answer.text)")
        }
        let contract = try client.put("/v1/contracts/c", #"{"access":"write","scope":7,"types":"a","rate_per_second":-1}"#)
        for text in [#"read or read-write is wanted, not \"write\""#, "own or all is wanted, not 7", #"an array of strings is wanted, not \"a\""#, "not -1"] {
            XCTAssertTrue(contract.text.contains(text), contract.text)
        }
        // What goes to a command line names no query parameter.
        let nobody = try client.post("/v1/receipts", Receipts.pos("R-1"))
        XCTAssertEqual(nobody.status, 400)
        XCTAssertFalse(nobody.text.contains("?client="), nobody.text)
    }
}
