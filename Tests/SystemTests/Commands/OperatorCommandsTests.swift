import Foundation
import TestSupport
import XCTest

/// Goal: whoever runs a store does it from the command line, beside the server and without one. Method: the real binary, each command over
/// `--data` (held and not) and `--url`, its table read and its JSON parsed.
final class OperatorCommandsTests: XCTestCase {
    private func objects(_ run: TillRun) throws -> [[String: Any]] {
        XCTAssertEqual(run.status, 0, run.error)
        return try XCTUnwrap(try JSONSerialization.jsonObject(with: run.output) as? [[String: Any]], run.text)
    }

    func test_listsShowAndDelete_throughServerUrlAndDirectory() throws {
        let server = try TillServer()
        defer { server.remove() }
        for client in ["a-shop", "b-shop", "c-shop"] { _ = try server.key(client) }
        let taken = try server.client().post("/v1/receipts?client=a-shop", Receipts.pos("R-1"))
        let ticket = try XCTUnwrap(Receipts.member("ticket_id", of: taken.text))
        let refused = try server.client().post("/v1/receipts?client=a-shop", #"{"schema":"pos/1","id":"bad"}"#)
        let entry = try XCTUnwrap(Receipts.member("ticket_id", of: refused.text))
        let places: [(name: String, options: [String])] = [
            ("held", ["--data", server.data.path]), ("url", ["--url", server.url]), ("directory", ["--data", server.data.path]),
        ]
        for place in places {
            if place.name == "directory" { server.stop() }
            func till(_ words: String...) throws -> TillRun {
                try TillRun(words + place.options, environment: ["TILL_KEY": TillServer.adminKey])
            }
            XCTAssertEqual(try objects(till("contract", "list", "--format", "json")).compactMap { $0["client_id"] as? String }, ["a-shop", "b-shop", "c-shop"])
            XCTAssertEqual(try objects(till("contract", "list", "--format", "json", "--limit", "2")).count, 2)
            let table = try till("contract", "list")
            XCTAssertTrue(table.text.contains(" client_id ") && table.text.contains(" b-shop ") && table.text.hasSuffix("(3 rows)\n"), table.text + table.error)
            XCTAssertTrue(try till("contract", "show", "a-shop").text.contains("\naccess           read-write\n"))
            XCTAssertEqual(try objects(till("key", "list", "a-shop", "--format", "json")).first?["role"] as? String, "contract")
            let key = try XCTUnwrap(try objects(till("key", "list", "a-shop", "--format", "json")).first?["id"] as? String)
            let shown = try till("key", "show", "a-shop", key)
            XCTAssertTrue(shown.text.hasPrefix("id            \(key)\nrole          contract\n"), shown.text + shown.error)
            XCTAssertTrue(try objects(till("type", "list", "--format", "json")).contains { $0["name"] as? String == "pos-receipt" })
            XCTAssertTrue(try till("type", "show", "pos-receipt").text.hasPrefix("{"))
            XCTAssertEqual(try objects(till("ticket", "list", "--client", "a-shop", "--format", "json")).first?["ticket_id"] as? String, ticket)
            XCTAssertTrue(try till("ticket", "show", ticket).text.contains("COMPLETE"))
            XCTAssertEqual(try objects(till("quarantine", "list", "--format", "json")).first?["ticket_id"] as? String, entry)
            XCTAssertTrue(try till("quarantine", "show", entry).text.contains("invalid-document"))
            let none = try till("dead-letter", "list").text.split(separator: "\n")
            XCTAssertEqual([none.count, none.last == "(0 rows)" ? 1 : 0], [3, 1], none.joined(separator: "\n"))
            XCTAssertTrue(try objects(till("audit", "list", "--format", "json")).contains { $0["action"] as? String == "putContract" })
            let act = try XCTUnwrap(try objects(till("audit", "list", "--format", "json")).last?["id"] as? Int)
            let told = try till("audit", "show", "\(act)", "--format", "json")
            XCTAssertTrue(told.text.hasPrefix("{\"id\":\(act),"), told.text + told.error)
            for missing in [["contract", "show", "nobody"], ["ticket", "show", "none"], ["dead-letter", "show", "none"], ["dead-letter", "redrive", "none"], ["job", "show", "none"], ["contract", "delete", "nobody"], ["type", "delete", "nothing"], ["key", "show", "a-shop", "none"], ["audit", "show", "0"]] {
                let run = try TillRun(missing + place.options, environment: ["TILL_KEY": TillServer.adminKey])
                XCTAssertEqual(run.status, 1, "\(missing) \(place.name): \(run.text)")
                XCTAssertTrue(run.error.contains("there is no") || run.error.contains("not-found"), run.error)
            }
        }
        let folder = server.data.deletingLastPathComponent()
        let type = folder.appendingPathComponent("kiosk.json")
        try Data(#"{"name":"kiosk","version":1,"format":"json","match":{"/kiosk":{"exists":true}},"receipt_id":"/id","issued_at":"/at"}"#.utf8).write(to: type)
        let put = try TillRun(["type", "put", type.path, "--data", server.data.path])
        XCTAssertEqual(put.text, "added kiosk, version 1\n", put.error)
        XCTAssertEqual(try TillRun(["type", "delete", "kiosk", "--data", server.data.path]).text, "deleted the type kiosk\n")
        XCTAssertEqual(try TillRun(["contract", "delete", "c-shop", "--data", server.data.path]).text, "deleted the contract of c-shop and its keys\n")
        XCTAssertEqual(try objects(TillRun(["contract", "list", "--format", "json", "--data", server.data.path])).count, 2)
    }

    func test_keysOfRoles_areMadeListedAndRevoked() throws {
        let server = try TillServer()
        defer { server.remove() }
        let place = ["--data", server.data.path]
        let made = try TillRun(["key", "create", "--role", "metrics", "--label", "Prometheus", "--expires", "2100-01-01"] + place)
        XCTAssertEqual(made.status, 0, made.error)
        let (key, id) = (try XCTUnwrap(Receipts.member("key", of: made.text)), try XCTUnwrap(Receipts.member("id", of: made.text)))
        XCTAssertEqual(try server.client(key: key).get("/metrics").status, 200)
        XCTAssertEqual(try server.client(key: key).get("/v1/audit").status, 403)
        let list = try TillRun(["key", "list", "--operators"] + place)
        XCTAssertTrue(list.text.contains("Prometheus") && list.text.contains(" metrics "), list.text + list.error)
        // An auditor's key at the command line: lists, and nothing else.
        let auditor = try XCTUnwrap(Receipts.member("key", of: try TillRun(["key", "create", "--role", "auditor"] + place).text))
        func audit(_ words: String...) throws -> TillRun { try TillRun(words + ["--url", server.url], environment: ["TILL_KEY": auditor]) }
        XCTAssertEqual(try audit("audit", "list").status, 0)
        XCTAssertEqual(try audit("contract", "list").status, 0)
        XCTAssertTrue(try audit("ticket", "list").error.contains("role-not-allowed"))
        XCTAssertEqual(try audit("key", "create", "--role", "admin").status, 1)
        XCTAssertEqual(try TillRun(["key", "delete", "--operators", id] + place).text, "revoked \(id)\n")
        XCTAssertEqual(try server.client(key: key).get("/metrics").status, 401)
        for (words, says) in [
            (["key", "create", "--role", "root"], "admin, auditor, metrics, not root"), (["key", "create", "--role", "auditr"], "did you mean auditor?"),
            (["key", "create", "shop", "--role", "admin"], "leave out shop"), (["key", "create"], "a client is wanted"),
            (["key", "create", "--role", "admin", "--expires", "soon"], "not soon"), (["key", "delete", "shop"], "a key's id is wanted"),
        ] {
            let run = try TillRun(words + place)
            XCTAssertEqual(run.status, 2, "\(words)")
            XCTAssertTrue(run.error.contains(says), "\(words): \(run.error)")
        }
    }

    func test_wrongWords_nameTheNearOnes() throws {
        for (words, says) in [
            (["verfy"], "did you mean till verify?"), (["contract", "lst"], "did you mean till contract list?"), (["quarantin", "list"], "did you mean till quarantine?"),
            (["contract", "list", "--dta", "x"], "did you mean --data?"), (["contract", "list", "--data", "x", "--format", "jsn"], "did you mean json?"),
            (["contract", "list", "--data", "x", "--limit", "0"], "not 0"), (["ticket", "list", "--data", "x", "--state", "DONE"], "not DONE"),
            (["verify"], "--data, --url, --backup or --log is wanted"), (["verify", "--data", "x", "--backup", "y"], "exclude each other"),
            (["backup", "relative", "--url", "http://127.0.0.1:9"], "name it from the root"), (["ticket", "show", "a", "b", "--data", "x"], "unexpected argument b"),
        ] {
            let run = try TillRun(words, environment: ["TILL_KEY": "x"])
            XCTAssertEqual(run.status, 2, "\(words): \(run.error)")
            XCTAssertTrue(run.error.contains(says), "\(words): \(run.error)")
        }
        for family in ["contract", "key", "type", "ticket", "quarantine", "dead-letter", "audit", "job", "config"] {
            XCTAssertEqual(try TillRun([family]).status, 2, family)
            let help = try TillRun([family, "--help"])
            XCTAssertEqual(help.status, 0, family)
            for line in help.text.split(separator: "\n") where line.hasPrefix("usage: till") {
                let words = line.split(separator: " ").dropFirst(2).prefix(2).map(String.init)
                XCTAssertEqual(try TillRun(words + ["--help"]).status, 0, "\(words)")
            }
        }
    }

    func test_configCheck_namesEveryFault_andWhatItReceived() throws {
        let folder = try Project.temporaryFolder()
        defer { try? FileManager.default.removeItem(at: folder) }
        let file = folder.appendingPathComponent("till.json")
        try Data("""
            {"listen": "nowhere", "hot_day": 3, "limits": {"query_time": "soon", "queries": 0}, "log": {"format": "jsn"},
             "registrars": {"tax": {"url": "ftp://x", "secret": "s", "retries": 3}}, "outgoing": {"allow": ["::::"]}}
            """.utf8).write(to: file)
        let run = try TillRun(["config", "check", "--config", file.path], environment: ["TILL_COMPACT_INTERVAL": "5 minutes"])
        XCTAssertEqual(run.status, 2)
        for says in [
            "listen: ", "\"nowhere\"", "hot_day: there is no such key; did you mean hot_days?", "limits.query_time: ", "\"soon\"", "limits.queries: ", "not 0",
            "log.format: ", "\"jsn\"", "did you mean json?", "registrars.tax.url: ", "\"ftp://x\"", "registrars.tax.retries: ", "outgoing.allow", "::::",
            "TILL_COMPACT_INTERVAL: compact_interval: ", "\"5 minutes\"",
        ] { XCTAssertTrue(run.error.contains(says), "\(says) in:\n\(run.error)") }
        try Data("{\n  \"hot_days\": 7,\n  \"listen\" \"x\"\n}".utf8).write(to: file)
        let broken = try TillRun(["config", "check", "--config", file.path])
        XCTAssertEqual(broken.status, 2)
        XCTAssertTrue(broken.error.contains("line 3"), broken.error)
        try Data(#"{"hot_days":7}"#.utf8).write(to: file)
        XCTAssertEqual(try TillRun(["config", "check", "--config", file.path]).status, 0)
        let warned = try TillRun(["config", "check", "--config", file.path], environment: ["TILL_JWT_JWKS": "https://issuer.example/keys"])
        XCTAssertEqual(warned.status, 0, warned.error)
        for says in ["take care: jwt.issuer is not set", "take care: jwt.audience is not set"] { XCTAssertTrue(warned.text.contains(says), warned.text) }
        XCTAssertEqual(try TillRun(["config", "check", "--config", file.path + "x"]).status, 2)
    }
}
