import Foundation
import TestSupport
import XCTest

/// Goal: an answer leaves as a file by a link that is good for so long and for nothing else, and outlives restarts. Method: the real binary.
final class ExportTests: XCTestCase {
    private var server: TillServer?
    private func running() throws -> TillServer { try XCTUnwrap(server) }

    override func setUpWithError() throws {
        let server = try TillServer()
        self.server = server
        let admin = server.client()
        for client in ["c1", "c2"] {
            let key = try server.key(client)
            _ = key
            for number in 1...3 {
                let answer = try admin.post("/v1/receipts?client=\(client)", Receipts.pos("R-\(number)", total: "\(number).00", name: "=1+1"))
                XCTAssertEqual(answer.status, 201, answer.text)
            }
        }
    }

    override func tearDown() { server?.remove() }

    private func object(_ bytes: [UInt8]) throws -> [String: Any] {
        try XCTUnwrap(try JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any])
    }

    private func start(_ body: String, _ client: HTTPClient) throws -> String {
        let answer = try client.post("/v1/exports", body)
        XCTAssertEqual(answer.status, 202, answer.text)
        let id = try XCTUnwrap(try object(answer.body)["export_id"] as? String)
        XCTAssertEqual(answer.headers["location"], "/v1/exports/\(id)")
        return id
    }

    /// The export once it has ended.
    private func ended(_ id: String, _ client: HTTPClient) throws -> [String: Any] {
        let ended = try Patience.value {
            let export = try object(try client.get("/v1/exports/\(id)").body)
            return export["state"] as? String != "RUNNING" ? export : nil
        }
        return try XCTUnwrap(ended, "the export does not end")
    }

    /// The file behind the link, without a credential.
    private func fetch(_ export: [String: Any], _ headers: [(String, String)] = [], method: String = "GET") throws -> HTTPClient.Answer {
        let url = try XCTUnwrap(export["url"] as? String, "\(export)")
        let server = try running()
        XCTAssertTrue(url.hasPrefix(server.url + "/"), url)
        return try server.client(key: nil).call(method, String(url.dropFirst(server.url.count)), headers: headers)
    }

    func test_everyFormat_holdsTheAnswer() throws {
        let server = try running()
        let admin = server.client()
        let query = "SELECT client_id, receipt_id, total, lines FROM receipts ORDER BY client_id, receipt_id"
        for (format, type) in [("ndjson", "application/x-ndjson"), ("csv", "text/csv"), ("parquet", "application/vnd.apache.parquet")] {
            let id = try start(#"{"query":"\#(query)","format":"\#(format)","name":"Чеки 1"}"#, admin)
            let export = try ended(id, admin)
            XCTAssertEqual(export["state"] as? String, "DONE", "\(export)")
            XCTAssertEqual(export["rows"] as? Int, 6)
            XCTAssertEqual(export["progress"] as? Double, 1)
            let file = try fetch(export)
            XCTAssertEqual(file.status, 200)
            XCTAssertEqual(file.body.count, export["bytes"] as? Int)
            XCTAssertEqual(file.headers["content-type"]?.hasPrefix(type), true)
            // In the console's origin it runs nothing.
            XCTAssertEqual(file.headers["content-security-policy"], "sandbox; default-src 'none'")
            XCTAssertEqual(file.headers["x-content-type-options"], "nosniff")
            XCTAssertEqual(file.headers["content-disposition"], "attachment; filename=\"____ 1.\(format)\"; filename*=UTF-8''%D0%A7%D0%B5%D0%BA%D0%B8%201.\(format)")
            if format == "parquet" {
                let path = server.data.deletingLastPathComponent().appendingPathComponent("a.parquet")
                try Data(file.body).write(to: path)
                let run = try TillRun(["sql", "--table", "t=\(path.path)", "--format", "csv", "SELECT count(*), sum(total) FROM t"])
                XCTAssertEqual(run.text.split(separator: "\r\n").last, "6,12.0000", run.error)
            } else {
                let direct = try admin.post("/v1/sql", #"{"query":"\#(query)"}"#, [("Accept", type)])
                XCTAssertEqual(file.body, direct.body)
            }
        }
        let list = try object(try admin.get("/v1/exports?limit=2").body)
        XCTAssertEqual((list["exports"] as? [Any])?.count, 2)
        let next = try XCTUnwrap(list["next_cursor"] as? String)
        let rest = try object(try admin.get("/v1/exports?limit=2&cursor=\(next)").body)
        XCTAssertEqual((rest["exports"] as? [Any])?.count, 1)
        XCTAssertTrue(rest["next_cursor"] is NSNull)
    }

    func test_workbook_ofSheetsAndReceipts() throws {
        let server = try running()
        let admin = server.client()
        let sheets = #"{"sheets":[{"name":"A/B","query":"SELECT receipt_id, total, lines FROM receipts WHERE client_id = $1 ORDER BY 1","params":["c1"]},{"name":"a_b","query":"SELECT '=2+2' AS \"=x\", issued_at FROM receipts LIMIT 1"}],"format":"xlsx"}"#
        let export = try ended(try start(sheets, admin), admin)
        XCTAssertEqual(export["rows"] as? Int, 4, "\(export)")
        let path = server.data.deletingLastPathComponent().appendingPathComponent("a.xlsx").path
        try Data(try fetch(export).body).write(to: URL(fileURLWithPath: path))
        let result = try PythonReader.run("SystemTests/Scripts/read_sheets.py", [path])
        XCTAssertEqual(result.exitCode, 0, result.output)
        let book = try XCTUnwrap(try JSONSerialization.jsonObject(with: Data(result.output.utf8)) as? [String: [[Any]]])
        XCTAssertEqual(Set(book.keys), ["A_B", "a_b (2)"])
        XCTAssertEqual(book["A_B"]?.count, 4)
        XCTAssertEqual(book["A_B"]?[1][1] as? Double, 1)
        XCTAssertTrue((book["A_B"]?[1][2] as? String)?.contains(#""name":"=1+1""#) ?? false)
        XCTAssertEqual(book["a_b (2)"]?[0][0] as? String, "=x")
        XCTAssertEqual(book["a_b (2)"]?[1][0] as? String, "=2+2")
        XCTAssertEqual(book["a_b (2)"]?[1][1] as? String, "2026-11-19T12:03:07")

        let receipts = try ended(try start(#"{"receipts":{"client":"c2","from":"2026-11-01","to":"2026-12-01","fields":"receipt_id,total"},"format":"csv"}"#, admin), admin)
        XCTAssertEqual(try fetch(receipts).text, "receipt_id,total\r\nR-1,1.0000\r\nR-2,2.0000\r\nR-3,3.0000\r\n")
        let documents = try ended(try start(#"{"receipts":{"client":"c2","fields":"document"},"format":"ndjson"}"#, admin), admin)
        XCTAssertEqual(try fetch(documents).text, try admin.get("/v1/receipts?client=c2&fields=document", [("Accept", "application/x-ndjson")]).text)
    }

    /// Of a table that changes: the file is the page of then, whatever came since.
    func test_receiptsAsOfAnInstant_areThoseOfThen_hotAndCold() throws {
        let admin = try running().client()
        let type = #"{"name":"licence","version":1,"table":"licences","format":"json","on_repeat":"replace","match":{"/schema":"licence/1"},"receipt_id":"/id","columns":{"status":{"path":"/status","type":"VARCHAR"}}}"#
        XCTAssertEqual(try admin.put("/v1/types/licence", type).status, 201)
        func post(_ id: String, _ status: String) throws {
            let answer = try admin.post("/v1/receipts?client=c1", #"{"schema":"licence/1","id":"\#(id)","status":"\#(status)"}"#)
            XCTAssertEqual(answer.status, 201, answer.text)
        }
        func remove(_ id: String) throws { XCTAssertEqual(try admin.delete("/v1/receipts/\(id)?table=licences&client=c1").status, 204, id) }
        func page(_ more: String = "") throws -> String {
            try admin.get("/v1/receipts?table=licences&fields=receipt_id,status,version" + more, [("Accept", "application/x-ndjson")]).text
        }
        for id in ["L1", "L2", "L3"] { try post(id, "active") }
        try remove("L3")
        try post("L2", "inactive")
        let then = try page()
        let versions = try object(try admin.get("/v1/receipts/L2/versions?table=licences&client=c1").body)["versions"] as? [[String: Any]]
        let instant = try XCTUnwrap(versions?.first?["received_at"] as? String)
        try post("L1", "inactive")
        try post("L4", "active")
        try remove("L2")
        XCTAssertNotEqual(try page(), then)
        for place in ["hot", "cold"] {
            if place == "cold" { XCTAssertEqual(try admin.post("/v1/admin/compact", "{}").status, 200) }
            let body = #"{"receipts":{"table":"licences","fields":"receipt_id,status,version","as_of":"\#(instant)"},"format":"ndjson"}"#
            let export = try ended(try start(body, admin), admin)
            XCTAssertEqual(export["rows"] as? Int, 2, "\(place): \(export)")
            XCTAssertEqual(try fetch(export).text, then, place)
            XCTAssertEqual(try page("&as_of=\(instant)"), then, place)
        }
    }

    func test_link_isGoodAlone_inParts_andForNothingElse() throws {
        let server = try running()
        let admin = server.client()
        let export = try ended(try start(#"{"query":"SELECT i FROM generate_series(1, 1000) AS g(i)","format":"csv"}"#, admin), admin)
        let whole = try fetch(export)
        let tag = try XCTUnwrap(whole.headers["etag"])
        XCTAssertEqual(tag, "\"\(try XCTUnwrap(export["sha256"] as? String))\"")
        XCTAssertEqual(whole.headers["accept-ranges"], "bytes")
        let count = whole.body.count
        for (range, wanted) in [("bytes=0-9", 0..<10), ("bytes=10-", 10..<count), ("bytes=-5", count - 5..<count), ("bytes=5-99999999999999999999999", 5..<count)] {
            let part = try fetch(export, [("Range", range)])
            XCTAssertEqual(part.status, 206, range)
            XCTAssertEqual(part.body, Array(whole.body[wanted]), range)
            XCTAssertEqual(part.headers["content-range"], "bytes \(wanted.lowerBound)-\(wanted.upperBound - 1)/\(count)")
        }
        for range in ["bytes=9-3", "lines=1-2", "bytes=0-1,3-4", "bytes=x-"] { XCTAssertEqual(try fetch(export, [("Range", range)]).status, 200, range) }
        let beyond = try fetch(export, [("Range", "bytes=\(count)-")])
        XCTAssertEqual(beyond.status, 416)
        XCTAssertEqual(beyond.headers["content-range"], "bytes */\(count)")
        XCTAssertEqual(try fetch(export, [("Range", "bytes=0-9"), ("If-Range", tag)]).status, 206)
        XCTAssertEqual(try fetch(export, [("Range", "bytes=0-9"), ("If-Range", "\"other\"")]).body, whole.body)
        XCTAssertEqual(try fetch(export, [("If-None-Match", tag)]).status, 304)
        let head = try fetch(export, method: "HEAD")
        XCTAssertEqual(head.status, 200)
        XCTAssertEqual(head.headers["content-length"], String(count))
        // A range is of GET alone.
        let part = try fetch(export, [("Range", "bytes=0-9")], method: "HEAD")
        XCTAssertEqual([part.headers["content-length"], part.headers["content-range"], "\(part.status)"], [String(count), nil, "200"])
        // Altered in any sign: 403, whether or not it would be good.
        let url = String(try XCTUnwrap(export["url"] as? String).dropFirst(server.url.count))
        let open = server.client(key: nil)
        let place = try XCTUnwrap(url.firstIndex(of: "?"))
        for altered in [String(url.dropLast()), url.replacingOccurrences(of: "expires=1", with: "expires=2"), String(url[..<place]), url.replacingOccurrences(of: "/e_", with: "/e_x")] {
            let answer = try open.get(altered)
            XCTAssertEqual(answer.status, 403, altered)
            XCTAssertTrue(answer.text.contains("bad-signature"))
            XCTAssertNil(answer.headers["www-authenticate"])
        }
        XCTAssertFalse(server.logText.contains("signature="), "whoever reads the log has the file")
    }

    func test_rights_deletion_expiry() throws {
        let server = try running()
        let admin = server.client()
        let (one, two) = (server.client(key: try server.key("c1")), server.client(key: try server.key("c2", access: "read", scope: "all")))
        let id = try start(#"{"query":"SELECT receipt_id, client_id FROM receipts ORDER BY 1","format":"csv"}"#, one)
        let export = try ended(id, one)
        XCTAssertEqual(try fetch(export).text, "receipt_id,client_id\r\nR-1,c1\r\nR-2,c1\r\nR-3,c1\r\n")
        XCTAssertEqual(try two.get("/v1/exports/\(id)").status, 404)
        XCTAssertEqual(try two.delete("/v1/exports/\(id)").status, 404)
        XCTAssertEqual(try two.get("/v1/exports").text, #"{"exports":[],"next_cursor":null}"#)
        XCTAssertEqual(try admin.get("/v1/exports/\(id)").status, 200)
        XCTAssertEqual(try server.client(key: nil).get("/v1/exports").status, 401)
        let files = server.data.appendingPathComponent("exports").path
        XCTAssertEqual(try FileManager.default.contentsOfDirectory(atPath: files).count, 1)
        XCTAssertEqual(try one.delete("/v1/exports/\(id)").status, 204)
        XCTAssertEqual(try one.get("/v1/exports/\(id)").status, 404)
        XCTAssertEqual(try one.delete("/v1/exports/\(id)").status, 404)
        XCTAssertEqual(try fetch(export).status, 404)
        XCTAssertEqual(try FileManager.default.contentsOfDirectory(atPath: files), [])

        let short = try ended(try start(#"{"query":"SELECT 1 AS a","format":"csv","expires_in":"1s"}"#, one), one)
        var status = try fetch(short).status
        try Patience.until {
            status = try fetch(short).status
            return status != 200
        }
        XCTAssertEqual(status, 410)
        let after = try object(try one.get("/v1/exports/\(try XCTUnwrap(short["export_id"] as? String))").body)
        XCTAssertEqual(after["state"] as? String, "EXPIRED")
        XCTAssertTrue(after["url"] is NSNull)
    }

    func test_badRequests_areToldAtOnce() throws {
        let admin = try running().client()
        let table: [(body: String, status: Int, word: String)] = [
            (#"{"query":"SELEC 1","format":"csv"}"#, 400, "bad-sql"), (#"{"query":"SELECT nope FROM receipts","format":"csv"}"#, 400, "bad-sql"),
            (#"{"query":"SELECT 1"}"#, 400, "/format"), (#"{"query":"SELECT 1","format":"pdf"}"#, 400, "/format"), (#"{"format":"csv"}"#, 400, "/query"),
            (#"{"query":"SELECT 1","receipts":{},"format":"csv"}"#, 400, "only one"), (#"{"sheets":[{"query":"SELECT 1"}],"format":"csv"}"#, 400, "/sheets"),
            (#"{"sheets":[],"format":"xlsx"}"#, 400, "/sheets"), (#"{"sheets":[{"query":"SELECT 1"},{"query":"SELECT x"}],"format":"xlsx"}"#, 400, "sheets/1"),
            (#"{"query":"SELECT 1","format":"csv","expires_in":"91d"}"#, 400, "/expires_in"), (#"{"query":"SELECT 1","format":"csv","expires_in":"500ms"}"#, 400, "/expires_in"),
            (#"{"query":"SELECT 1","format":"csv","expires_in":7}"#, 400, "/expires_in"), (#"{"query":"SELECT 1","format":"csv","name":"a\nb"}"#, 400, "/name"),
            (#"{"receipts":{"from":"x"},"format":"csv"}"#, 400, "/from"), (#"{"receipts":{"nope":"x"},"format":"csv"}"#, 400, "/receipts/nope"),
            // A file has all of them: a page's own parameters are none of its.
            (#"{"receipts":{"limit":"5"},"format":"csv"}"#, 400, "/receipts/limit"), (#"{"receipts":{"cursor":"x"},"format":"csv"}"#, 400, "/receipts/cursor"),
            (#"{"receipts":{"as_of":"2026-11-20T12:00:00Z"},"format":"csv"}"#, 400, "/as_of"), (#"{"receipts":{"as_of":"then"},"format":"csv"}"#, 400, "/as_of"),
            (#"{"receipts":{"table":"nope"},"format":"csv"}"#, 404, "not-found"), (#"{"query":"SELECT 1","format":"csv","more":1}"#, 400, "/more"),
        ]
        for row in table {
            let answer = try admin.post("/v1/exports", row.body)
            XCTAssertEqual(answer.status, row.status, row.body + answer.text)
            XCTAssertTrue(answer.text.contains(row.word), row.body + answer.text)
        }
        let failing = try ended(try start(#"{"query":"SELECT 1 / (i - 500) FROM generate_series(1, 1000) AS g(i)","format":"xlsx"}"#, admin), admin)
        XCTAssertEqual(failing["state"] as? String, "ERROR")
        XCTAssertEqual((failing["problem"] as? [String: Any])?["type"] as? String, "/problems/data-error")
        XCTAssertEqual(try FileManager.default.contentsOfDirectory(atPath: try running().data.appendingPathComponent("exports").path), [])
    }

    func test_kill_beginsAnew_andLimitIsAnError() throws {
        let server = try running()
        let query = #"{"query":"SELECT i, repeat('x', 50) AS t FROM generate_series(1, 200000) AS g(i)","format":"csv"}"#
        let ids = try (0..<2).map { _ in try start(query, server.client()) }
        server.kill()
        try server.start()
        let admin = server.client()
        for id in ids {
            let export = try ended(id, admin)
            XCTAssertEqual(export["state"] as? String, "DONE", "\(export)")
            XCTAssertEqual(export["rows"] as? Int, 200_000)
            let text = try fetch(export).text
            XCTAssertEqual(text.utf8.reduce(0) { $0 + ($1 == 0x0A ? 1 : 0) }, 200_001)
        }
        let files = server.data.appendingPathComponent("exports").path
        XCTAssertEqual(try FileManager.default.contentsOfDirectory(atPath: files).count, 2, "what a kill left is gone")
        XCTAssertEqual(server.stop(), 0)
        try server.start(environment: ["TILL_LIMITS_EXPORTS_BYTES": "30000000"])
        let last = try ended(try start(query, server.client()), server.client())
        XCTAssertEqual(last["state"] as? String, "ERROR")
        XCTAssertEqual((last["problem"] as? [String: Any])?["type"] as? String, "/problems/spill-full")
        XCTAssertEqual(try FileManager.default.contentsOfDirectory(atPath: files).count, 2)
    }

    func test_command_writesTheFile_throughServerAndAlone() throws {
        let server = try running()
        let folder = server.data.deletingLastPathComponent()
        func export(_ more: [String], _ file: String, _ query: String = "SELECT receipt_id FROM receipts WHERE client_id = 'c1' ORDER BY 1") throws -> TillRun {
            try TillRun(["export"] + more + ["--format", "csv", "--out", folder.appendingPathComponent(file).path, query], environment: ["TILL_KEY": TillServer.adminKey])
        }
        let wanted = "receipt_id\r\nR-1\r\nR-2\r\nR-3\r\n"
        for (number, way) in [["--url", server.url], ["--data", server.data.path]].enumerated() {
            let run = try export(way, "\(number).csv")
            XCTAssertEqual(run.status, 0, run.error)
            XCTAssertTrue(run.text.hasPrefix("3 rows in "), run.text)
            XCTAssertEqual(try String(contentsOf: folder.appendingPathComponent("\(number).csv"), encoding: .utf8), wanted)
        }
        // What is said of it is no part of the answer: it stood over its first bytes.
        let standard = try TillRun(
            ["export", "--url", server.url, "--format", "csv", "--out", "/dev/stdout", "SELECT receipt_id FROM receipts WHERE client_id = 'c1' ORDER BY 1"],
            environment: ["TILL_KEY": TillServer.adminKey])
        XCTAssertEqual(standard.text, wanted, standard.error)
        XCTAssertTrue(standard.error.hasPrefix("3 rows in /dev/stdout"), standard.error)
        XCTAssertEqual(try server.client().get("/v1/exports").text, #"{"exports":[],"next_cursor":null}"#)
        XCTAssertEqual(server.stop(), 0)
        XCTAssertEqual(try export(["--data", server.data.path], "alone.csv").status, 0)
        XCTAssertEqual(try String(contentsOf: folder.appendingPathComponent("alone.csv"), encoding: .utf8), wanted)
        let wrong = try export(["--data", server.data.path], "wrong.csv", "SELECT nope FROM receipts")
        XCTAssertEqual(wrong.status, 1)
        XCTAssertTrue(wrong.error.contains("bad-sql"), wrong.error)
        XCTAssertFalse(FileManager.default.fileExists(atPath: folder.appendingPathComponent("wrong.csv").path))
        XCTAssertEqual(try TillRun(["export", "--data", server.data.path, "--format", "pdf", "--out", "x", "SELECT 1"]).status, 2)
    }
}
