import ColumnStore
import Foundation
import Synchronization
import TestSupport
import XCTest

/// Documents that change, through the real binary: what POST answers, versions, removal, states of then, SQL, who sees what, and kills.
final class VersionTests: XCTestCase {
    private static let type = """
        {"name":"licence","version":1,"table":"licences","format":"json","on_repeat":"replace","match":{"/schema":"licence/1"},"receipt_id":"/id",
         "columns":{"name":{"path":"/name","type":"VARCHAR"},"status":{"path":"/status","type":"VARCHAR","required":true}}}
        """
    private static let csv = """
        {"name":"permit","version":1,"table":"permits","format":"csv","on_repeat":"replace","match":{"permit":{"exists":true}},"receipt_id":"permit",
         "columns":{"holder":{"path":"holder","type":"VARCHAR"}}}
        """

    private func licence(_ id: String, _ name: String, _ status: String = "active") -> String {
        #"{"schema":"licence/1","id":"\#(id)","name":"\#(name)","status":"\#(status)"}"#
    }

    private func json(_ answer: HTTPClient.Answer) throws -> [String: Any] {
        try XCTUnwrap(JSONSerialization.jsonObject(with: Data(answer.body)) as? [String: Any], answer.text)
    }

    private func sql(_ client: HTTPClient, _ query: String) throws -> String {
        let body = String(decoding: try JSONSerialization.data(withJSONObject: ["query": query]), as: UTF8.self)
        let answer = try client.post("/v1/sql", body)
        guard answer.status == 200, let rows = try json(answer)["rows"] as? [[Any]] else { return answer.text }
        return rows.map { row in row.map { $0 is NSNull ? "-" : "\($0)" }.joined(separator: "|") }.joined(separator: "\n")
    }

    func test_documentThatChanges_fromPOSTToSQL_hotAndCold() throws {
        let server = try TillServer()
        defer { server.remove() }
        let admin = server.client()
        XCTAssertEqual(try admin.put("/v1/types/licence", Self.type).status, 201)
        let (boardKey, strangerKey) = (try server.key("board"), try server.key("stranger"))
        // A server that starts again has another port.
        var board: HTTPClient { server.client(key: boardKey) }
        var stranger: HTTPClient { server.client(key: strangerKey) }
        let first = try json(try board.post("/v1/receipts", licence("L1", "Ann")))
        XCTAssertEqual(first["version"] as? Int, 1)
        XCTAssertEqual(first["changed"] as? [String], [])
        let second = try board.post("/v1/receipts", licence("L1", "Ann", "inactive"))
        XCTAssertEqual(second.status, 201)
        XCTAssertEqual(try json(second)["changed"] as? [String], ["status"])
        let again = try board.post("/v1/receipts", licence("L1", "Ann", "inactive"))
        XCTAssertEqual(again.status, 200)
        XCTAssertEqual(try json(again)["ticket_id"] as? String, try json(second)["ticket_id"] as? String)
        XCTAssertEqual(try board.post("/v1/receipts", licence("L1", "Ann")).status, 201, "A, B, A is version 3")
        let twice = try board.post("/v1/receipts", "[\(licence("L2", "Bob")),\(licence("L2", "Rob"))]")
        XCTAssertEqual(twice.status, 422)
        XCTAssertTrue(twice.text.contains("duplicate-in-batch"), twice.text)
        let lines = try board.post("/v1/receipts", [licence("L2", "Bob"), licence("L2", "Rob"), licence("L3", "Kit")].joined(separator: "\n"), type: "application/x-ndjson")
        let statuses = lines.text.split(separator: "\n").map { $0.contains("duplicate-in-batch") ? "duplicate" : $0.contains(#""status":201"#) ? "201" : String($0) }
        XCTAssertEqual(statuses, ["201", "duplicate", "201"])
        XCTAssertEqual(try board.delete("/v1/receipts/L3?table=licences").status, 204)
        XCTAssertEqual(try board.delete("/v1/receipts/L3?table=licences").status, 204)
        XCTAssertEqual(try board.get("/v1/receipts/L3?table=licences").status, 404)
        XCTAssertEqual(try board.delete("/v1/receipts/L9?table=licences").status, 404)
        XCTAssertEqual(try board.delete("/v1/receipts/L9?table=receipts").status, 409)
        XCTAssertEqual(try stranger.get("/v1/receipts/L1/versions?table=licences").status, 404)
        XCTAssertEqual(try stranger.delete("/v1/receipts/L1?table=licences").status, 404)
        let reader = try server.client(key: server.key("reader", access: "read"))
        XCTAssertEqual(try reader.delete("/v1/receipts/L1?table=licences").status, 403)

        let versions = try XCTUnwrap(try json(try board.get("/v1/receipts/L1/versions?table=licences"))["versions"] as? [[String: Any]])
        let middle = try XCTUnwrap(versions[1]["received_at"] as? String)
        func check(_ context: String) throws {
            XCTAssertEqual(try sql(board, "SELECT receipt_id, name, version FROM licences ORDER BY 1"), "L1|Ann|3\nL2|Bob|1", context)
            XCTAssertEqual(try sql(board, "SELECT count(*) FROM licences_history"), "6", context)
            XCTAssertEqual(
                try sql(board, "SELECT version, removed, name, document IS NULL, valid_to IS NULL FROM licences_history WHERE receipt_id = 'L3' ORDER BY 1"),
                "1|0|Kit|0|0\n2|1|-|1|1", context)
            XCTAssertEqual(try sql(board, "SELECT count(*) FROM licences_accepted WHERE status = 'active'"), "2", context)
            XCTAssertEqual(try sql(stranger, "SELECT count(*) FROM licences"), "0", context)
            let then = try json(try board.get("/v1/receipts/L1?table=licences&as_of=\(middle)"))
            XCTAssertEqual(then["version"] as? Int, 2, context)
            let found = try XCTUnwrap(try json(try board.get("/v1/receipts/L1/versions?table=licences"))["versions"] as? [[String: Any]])
            XCTAssertEqual(found.map { $0["version"] as? Int }, [3, 2, 1], context)
            XCTAssertEqual(found[0]["changes"] as? [String: [String: String]], ["status": ["from": "inactive", "to": "active"]], context)
            XCTAssertEqual((found[2]["changes"] as? [String: Any])?.count, 0, context)
            XCTAssertEqual(found[1]["valid_to"] as? String, found[0]["received_at"] as? String, context)
            XCTAssertEqual(try json(try board.get("/v1/receipts?table=licences&fields=receipt_id"))["receipts"] as? [[String: String]], [["receipt_id": "L1"], ["receipt_id": "L2"]], context)
            let shown = try XCTUnwrap((try json(try board.get("/v1/receipts?table=licences_history"))["receipts"] as? [[String: Any]])?.first, context)
            XCTAssertTrue(Set(shown.keys).isSuperset(of: ["version", "removed", "valid_to", "upload_id", "ticket_id"]), "\(context): \(shown.keys.sorted())")
            XCTAssertTrue(Set(shown.keys).isDisjoint(with: ["superseded_by", "history", "document_sha256", "name"]), "\(context): \(shown.keys.sorted())")
            let changes = try XCTUnwrap(try json(try board.get("/v1/changes?after=0"))["changes"] as? [[String: Any]], context)
            XCTAssertEqual(changes.compactMap { ($0["receipt"] as? [String: Any])?["receipt_id"] as? String ?? $0["receipt_id"] as? String }, ["L1", "L1", "L1", "L2", "L3", "L3"], context)
            XCTAssertEqual(changes.map { ($0["receipt"] as? [String: Any])?["version"] as? Int ?? $0["version"] as? Int }, [1, 2, 3, 1, 1, 2], context)
            let removal = try json(try board.get("/v1/receipts/L3/versions?table=licences"))["versions"] as? [[String: Any]]
            let ticket = try board.get("/v1/tickets/\(removal?.first?["ticket_id"] as? String ?? "none")")
            XCTAssertEqual(try json(ticket)["state"] as? String, "COMPLETE", "\(context): a removal's ticket: \(ticket.text)")
            let verified = try TillRun(["verify", "--url", server.url], environment: ["TILL_KEY": TillServer.adminKey])
            XCTAssertEqual(verified.status, 0, "\(context): \(verified.text)\(verified.error)")
        }
        try check("hot")
        XCTAssertEqual(try admin.post("/v1/admin/compact", "{}").status, 200)
        try check("cold")
        XCTAssertEqual(try board.post("/v1/receipts", licence("L2", "Bob")).status, 200, "known in cold")
        server.kill()
        try server.start()
        try check("after a kill")
        XCTAssertEqual(try json(try board.post("/v1/receipts", licence("L3", "Kit")))["version"] as? Int, 3, "after a removal")
    }

    func test_views_areAskedByTheTablesName() throws {
        let server = try TillServer()
        defer { server.remove() }
        let admin = server.client()
        XCTAssertEqual(try admin.put("/v1/types/licence", Self.type).status, 201)
        let board = try server.client(key: server.key("board"))
        XCTAssertEqual(try board.post("/v1/receipts", licence("L1", "Ann")).status, 201)
        for path in [
            "/v1/receipts/L1?table=licences_history", "/v1/receipts/L1/versions?table=licences_accepted", "/v1/receipts/L1/versions?table=licences_history",
            "/v1/receipts?table=licences_accepted&as_of=2030-01-01T00:00:00Z",
        ] {
            let answer = try board.get(path)
            XCTAssertEqual(answer.status, 400, "\(path): \(answer.text)")
            XCTAssertTrue(answer.text.contains("only licences is asked like this"), "\(path): \(answer.text)")
        }
        XCTAssertEqual(try board.delete("/v1/receipts/L1?table=licences_history").status, 400)
        let narrow = try server.client(key: server.key("narrow", scope: "all", more: #","types":["other"]"#))
        let refused = try narrow.delete("/v1/receipts/L1?table=licences&client=board")
        XCTAssertEqual(refused.status, 403, refused.text)
    }

    /// A store with versions, removals and files of old ones is proven, backed up, restored, and moved.
    func test_storeWithVersions_isVerified_restored_andMoved() throws {
        let server = try TillServer()
        defer { server.remove() }
        let admin = server.client()
        XCTAssertEqual(try admin.put("/v1/types/licence", Self.type).status, 201)
        let key = try server.key("board")
        var board: HTTPClient { server.client(key: key) }
        func round(_ name: String) throws {
            for id in ["L1", "L2", "L3"] { XCTAssertEqual(try board.post("/v1/receipts", licence(id, name)).status, 201) }
        }
        try round("Ann")
        try round("Bob")
        XCTAssertEqual(try board.delete("/v1/receipts/L3?table=licences").status, 204)
        XCTAssertEqual(try admin.post("/v1/admin/compact", "{}").status, 200)
        try round("Eve")
        XCTAssertEqual(try admin.post("/v1/admin/compact", "{}").status, 200)
        XCTAssertEqual(try board.post("/v1/receipts", licence("L1", "Joe")).status, 201)
        XCTAssertEqual(try board.delete("/v1/receipts/L2?table=licences").status, 204)
        let folder = server.data.deletingLastPathComponent().appendingPathComponent("\(server.data.lastPathComponent)-places")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let (backup, restored, moved) = (folder.path + "/backup", folder.path + "/restored", folder.path + "/moved")
        XCTAssertEqual(try admin.post("/v1/admin/backup", #"{"destination":"\#(backup)"}"#).status, 200)
        XCTAssertEqual(server.stop(), 0)
        let run = try TillRun(["restore", backup, "--data", restored])
        XCTAssertEqual(run.status, 0, (run.text + run.error))
        try FileManager.default.copyItem(atPath: server.data.path, toPath: moved)
        for place in [server.data.path, restored, moved] {
            let run = try TillRun(["verify", "--data", place])
            XCTAssertEqual(run.status, 0, (run.text + run.error))
            XCTAssertFalse((run.text + run.error).contains("no part of the store"), (run.text + run.error))
            let other = try TillServer(data: URL(fileURLWithPath: place))
            defer { _ = other.stop() }
            let reader = other.client()
            XCTAssertEqual(try sql(reader, "SELECT receipt_id, name, version FROM licences ORDER BY 1"), "L1|Joe|4\nL3|Eve|4", place)
            XCTAssertEqual(try sql(reader, "SELECT count(*) FROM licences_history"), "12", place)
            XCTAssertEqual(try json(try reader.post("/v1/receipts?client=board", licence("L2", "Eve")))["version"] as? Int, 5, place)
            XCTAssertEqual(try reader.post("/v1/admin/compact", "{}").status, 200)
            let metadata = URL(fileURLWithPath: place + "/warehouse/licences/metadata")
            let number = try String(contentsOf: metadata.appendingPathComponent("version-hint.text"), encoding: .utf8)
            let text = try String(contentsOf: metadata.appendingPathComponent("v\(number).metadata.json"), encoding: .utf8)
            XCTAssertTrue(text.contains(place + "/warehouse/licences"), "outside readers find the view where it is now: \(place)")
        }
    }

    /// What a registrar has not said yet, has refused, or says late.
    func test_registeredVersions_supersedeAsTheyAreAccepted() throws {
        let isOpen = Monitor(false)
        let told = Mutex<[[UInt8]]>([])
        let board = TestHTTPServer { request in
            let text = String(decoding: request.body, as: UTF8.self)
            guard request.path != "/told" else {
                told.withLock { $0.append(request.body) }
                return .init(status: 200)
            }
            if text.contains("slow") { isOpen.wait { $0 ? () : nil } }
            return .init(status: 200, body: text.contains("refuse") ? #"{"outcome":"rejected","errors":[]}"# : #"{"outcome":"accepted","reference":"R"}"#)
        }
        defer { board.close() }
        let environment = [
            "TILL_REGISTRARS": #"{"board":{"url":"http://127.0.0.1:\#(board.port)/","secret":"t"}}"#, "TILL_OUTGOING_ALLOW": #"["127.0.0.1"]"#,
        ]
        let server = try TillServer(environment: environment)
        defer { server.remove() }
        let type = Self.type.replacingOccurrences(of: #""receipt_id""#, with: #""register":[["board"]],"receipt_id""#)
        XCTAssertEqual(try server.client().put("/v1/types/licence", type).status, 201)
        let key = try server.key("board", more: #","webhook":{"url":"http://127.0.0.1:\#(board.port)/told","secret":"w"}"#)
        var client: HTTPClient { server.client(key: key) }
        func post(_ name: String, waits: Bool = true) throws -> String {
            let answer = try client.post("/v1/receipts", licence("L1", name), waits ? [("Prefer", "wait=60")] : [])
            let body = try json(answer)
            return "\(body["version"] ?? "-") \(body["state"] ?? answer.text)"
        }
        func shown() throws -> [String] {
            try ["licences", "licences_accepted"].map { try sql(client, "SELECT version, state FROM \($0)") }
        }
        XCTAssertEqual(try post("first"), "1 COMPLETE")
        XCTAssertEqual(try post("slow", waits: false), "2 PROCESSING")
        XCTAssertEqual(try shown(), ["2|PROCESSING", "1|COMPLETE"])
        for table in ["licences_accepted", "licences_history"] {
            XCTAssertEqual(try sql(client, "SELECT valid_to IS NULL FROM \(table) WHERE version = 1"), "0", "\(table): another has come, whether or not it is accepted")
        }
        XCTAssertEqual(try post("refuse"), "3 FAILED")
        XCTAssertEqual(try shown(), ["2|PROCESSING", "1|COMPLETE"], "a FAILED version changes nothing")
        XCTAssertEqual(try post("refuse"), "4 FAILED", "the same again, past a FAILED one, is a new version")
        XCTAssertEqual(try post("fifth"), "5 COMPLETE")
        XCTAssertEqual(try shown(), ["5|COMPLETE", "5|COMPLETE"])
        server.kill()
        try server.start(environment: environment)
        XCTAssertEqual(try shown(), ["5|COMPLETE", "5|COMPLETE"], "after a kill")
        isOpen.broadcast { $0 = true }
        try Patience.until { try sql(client, "SELECT count(*) FROM licences_history WHERE state = 'PROCESSING'") == "0" }
        XCTAssertEqual(try shown(), ["5|COMPLETE", "5|COMPLETE"], "what is accepted late is not the newest")
        XCTAssertEqual(try post("refuse"), "6 FAILED")
        // Who has a webhook is told which version of the document it is.
        var seen: [String] = []
        XCTAssertTrue(
            try Patience.until {
                seen = try told.withLock { $0 }.map { body in
                    let event = try JSONParser.parse(body)
                    return "\(event["receipt"]?["version"]?.integer ?? 0) \(event["receipt"]?["state"]?.text ?? "-")"
                }
                return Set(seen).count == 12
            }, "\(seen)")
        XCTAssertEqual(Set(seen), Set((1...6).flatMap { ["\($0) PROCESSING", "\($0) \([3, 4, 6].contains($0) ? "FAILED" : "COMPLETE")"] }))
        let failed = try json(try client.get("/v1/receipts/L1/versions?table=licences"))["versions"] as? [[String: Any]]
        let ticket = try json(try client.get("/v1/tickets/\(failed?.first { $0["version"] as? Int == 3 }?["ticket_id"] as? String ?? "none")"))
        XCTAssertEqual(ticket["state"] as? String, "FAILED")
        XCTAssertTrue(ticket["replaced_by"] == nil || ticket["replaced_by"] is NSNull, "a version stands in nobody's place: \(ticket)")
        let ends = "SELECT version, state, valid_to IS NULL FROM licences_history ORDER BY 1"
        let expected = "1|COMPLETE|0\n2|COMPLETE|0\n3|FAILED|1\n4|FAILED|1\n5|COMPLETE|1\n6|FAILED|1"
        XCTAssertEqual(try sql(client, ends), expected)
        XCTAssertEqual(try server.client().post("/v1/admin/compact", "{}").status, 200)
        XCTAssertEqual(try sql(client, ends), expected, "cold")
        XCTAssertEqual(try shown(), ["5|COMPLETE", "5|COMPLETE"], "cold")
    }

    /// A version follows whatever is stored: what stands in an array's way is another document of it alone.
    func test_arrayOfBothKinds_namesWhatConflictsAlone() throws {
        let server = try TillServer()
        defer { server.remove() }
        XCTAssertEqual(try server.client().put("/v1/types/licence", Self.type).status, 201)
        let board = try server.client(key: server.key("board"))
        XCTAssertEqual(try board.post("/v1/receipts", "[\(licence("L1", "Ann")),\(Receipts.pos("R-1", total: "1.00", name: "bread"))]").status, 200)
        let answer = try board.post("/v1/receipts", "[\(licence("L1", "Bob")),\(Receipts.pos("R-1", total: "2.00", name: "bread"))]")
        XCTAssertEqual(answer.status, 409, answer.text)
        XCTAssertEqual((try json(answer)["errors"] as? [[String: Any]])?.map { $0["pointer"] as? String }, ["/1"], answer.text)
        XCTAssertEqual(try sql(board, "SELECT name, version FROM licences"), "Ann|1", "refused whole")
        XCTAssertEqual(try board.post("/v1/receipts", "[\(licence("L1", "Bob")),\(Receipts.pos("R-1", total: "1.00", name: "bread"))]").status, 200)
        XCTAssertEqual(try sql(board, "SELECT name, version FROM licences"), "Bob|2")
    }

    /// What several clients have is chosen from by URLs that ask for the same: the instant and the form come along.
    func test_choices_askForWhatWasAsked() throws {
        let server = try TillServer()
        defer { server.remove() }
        let admin = server.client()
        XCTAssertEqual(try admin.put("/v1/types/licence", Self.type).status, 201)
        for client in ["c1", "c2"] {
            _ = try server.key(client)
            XCTAssertEqual(try admin.post("/v1/receipts?client=\(client)", licence("L1", "Ann")).status, 201)
        }
        let instant = try XCTUnwrap((try json(try admin.get("/v1/receipts/L1/versions?table=licences&client=c2"))["versions"] as? [[String: Any]])?.first?["received_at"] as? String)
        XCTAssertEqual(try admin.post("/v1/receipts?client=c1", licence("L1", "Bob")).status, 201)
        let answer = try admin.get("/v1/receipts/L1?table=licences&as_of=\(instant)&raw=1")
        XCTAssertEqual(answer.status, 300, answer.text)
        let urls = try XCTUnwrap(try json(answer)["choices"] as? [[String: Any]]).compactMap { $0["url"] as? String }
        XCTAssertEqual(try urls.map { try admin.get($0).text }, [licence("L1", "Ann"), licence("L1", "Ann")], "\(urls)")
    }

    func test_recordsOfCSV_areTheSame_inAnyOrderOfColumns() throws {
        let server = try TillServer()
        defer { server.remove() }
        XCTAssertEqual(try server.client().put("/v1/types/permit", Self.csv).status, 201)
        let board = try server.client(key: server.key("board"))
        func status(_ text: String) throws -> String {
            let line = try board.post("/v1/receipts", text, type: "text/csv").text
            return ["200", "201", "422"].first { line.contains("\"status\":\($0)") } ?? line
        }
        XCTAssertEqual(try status("permit,holder\nP1,Ann\n"), "201")
        XCTAssertEqual(try status("permit,holder\nP1,Ann\n"), "200")
        XCTAssertEqual(try status("holder,permit\r\n\"Ann\",P1\r\n"), "200")
        XCTAssertEqual(try status("permit,holder\nP1,Bob\n"), "201")
    }
}
