import Foundation
import Synchronization
import TestSupport
import XCTest

/// Goal: the command line keeps its contract: exit 0 done, 1 failed, 2 misused, each with words. Method: the real binary.
final class CommandLineTests: XCTestCase {
    func test_misuse_isTwo() throws {
        for arguments in [
            [], ["nothing"], ["serve"], ["serve", "--data"], ["serve", "--data", "x", "--colour", "red"], ["sql", "SELECT 1"],
            ["sql", "--format", "xml", "--data", "x"], ["import", "--data", "x"], ["import", "--data", "x", "--client", "c"], ["inspect"],
            ["type", "check"], ["type"], ["contract", "put", "c", "--data", "x"], ["compact"], ["serve", "--data", "x", "--listen", "nowhere"],
            ["backup", "--data", "x"], ["backup", "y"], ["restore", "--data", "x"], ["restore", "y"], ["backup", "--data", "x", "file:///y"],
            ["contract", "show", "", "--data", "x"], ["cluster", "remove", "", "--url", "http://127.0.0.1:1"], ["import", "--data", "x", "--client", "", "y"],
            ["sql", "--table", "a=x", "--table", "b=x", "--table", "a=y", "SELECT 1"],
        ] {
            let run = try TillRun(arguments)
            XCTAssertEqual(run.status, 2, "\(arguments): \(run.error)")
            XCTAssertFalse(run.error.isEmpty, "\(arguments)")
        }
    }

    func test_badConfiguration_isTwoAndNamed() throws {
        let folder = try Project.temporaryFolder()
        defer { try? FileManager.default.removeItem(at: folder) }
        let file = folder.appendingPathComponent("till.json")
        for (text, key) in [
            (#"{"listne":"x"}"#, "listne"), (#"{"limits":{"query_time":"soon"}}"#, "limits.query_time"), ("{", "till.json"),
            (#"{"registrars":{"tax":{"url":"https://x"}}}"#, "registrars.tax.secret"),
        ] {
            try Data(text.utf8).write(to: file)
            let run = try TillRun(["serve", "--data", folder.appendingPathComponent("D").path, "--config", file.path])
            XCTAssertEqual(run.status, 2, text)
            XCTAssertTrue(run.error.contains(key), run.error)
        }
        let data = folder.appendingPathComponent("D").path
        let run = try TillRun(["serve", "--data", data], environment: ["TILL_LIMITS_QUERIES": "0"])
        XCTAssertEqual(run.status, 2)
        XCTAssertTrue(run.error.contains("TILL_LIMITS_QUERIES"), run.error)
        // What reads the log of a server reads why it has none, unless the log is text like the rest.
        let line = try XCTUnwrap(run.error.split(separator: "\n").first { $0.hasPrefix("{") }, run.error)
        let members = try XCTUnwrap(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: String])
        XCTAssertEqual(members["level"], "error")
        XCTAssertEqual(members["event"], "the server did not start")
        XCTAssertEqual(members["key"], "limits.queries")
        let text = try TillRun(["serve", "--data", data], environment: ["TILL_LIMITS_QUERIES": "0", "TILL_LOG_FORMAT": "text"]).error
        XCTAssertTrue(text.contains("limits.queries") && !text.contains("{"), text)
        let taken = try TillRun(["serve", "--data", folder.path, "--listen", "127.0.0.1:0"])
        XCTAssertTrue(taken.error.contains(#""event":"the server did not start","reason":""#), taken.error)
        XCTAssertEqual(try TillRun(["serve", "--data", data, "--config", folder.appendingPathComponent("none.json").path]).status, 2)
        // A key that is too short makes no store that nobody can open.
        let fresh = folder.appendingPathComponent("fresh").path
        for command in [["serve", "--data", fresh, "--listen", "127.0.0.1:0"], ["config", "check"]] {
            for key in ["short", "key of the administrator", "ключ-адміністратора-магазину"] {
                let run = try TillRun(command, environment: ["TILL_ADMIN_KEY": key])
                XCTAssertEqual(run.status, 2, "\(command) \(key)")
                XCTAssertTrue(run.error.contains("TILL_ADMIN_KEY") && !run.error.contains(key), run.error)
            }
        }
        XCTAssertFalse(FileManager.default.fileExists(atPath: fresh))
    }

    func test_directoryThatIsNotThere_isNamed_andNotMade() throws {
        let folder = try Project.temporaryFolder()
        defer { try? FileManager.default.removeItem(at: folder) }
        let missing = folder.appendingPathComponent("missing").path
        for command in [["sql", "--data", missing, "SELECT 1"], ["compact", "--data", missing], ["backup", "--data", missing, "copy"], ["verify", "--data", missing]] {
            let run = try TillRun(command, folder: folder)
            XCTAssertEqual(run.status, 1, "\(command)")
            XCTAssertTrue(run.error.contains(missing), run.error)
            XCTAssertFalse(FileManager.default.fileExists(atPath: missing), "\(command)")
        }
        // These make a store in an empty directory, and no directory.
        let put = ["contract", "put", "shop", "--data", folder.appendingPathComponent("D").path]
        let typo = try TillRun(put + ["--access", "read", "--scope", "own"])
        XCTAssertEqual(typo.status, 1)
        XCTAssertTrue(typo.error.contains("is no store"), typo.error)
        XCTAssertFalse(FileManager.default.fileExists(atPath: folder.appendingPathComponent("D").path))
        try FileManager.default.createDirectory(at: folder.appendingPathComponent("D"), withIntermediateDirectories: false)
        XCTAssertEqual(try TillRun(put + ["--access", "write", "--scope", "own"]).status, 2)
        XCTAssertEqual(try TillRun(put + ["--access", "read", "--scope", "some"]).status, 2)
        XCTAssertEqual(try TillRun(put + ["--access", "read", "--scope", "own"]).status, 0)
        // Capitals in a table's name: SQL folds what is not quoted.
        let rows = try TillRun(["sql", "--data", folder.appendingPathComponent("D").path, "--format", "parquet", "SELECT 7 AS n"])
        let file = folder.appendingPathComponent("rows.parquet")
        try rows.output.write(to: file)
        for name in ["Sales", "sales", "\"Sales\""] {
            let run = try TillRun(["sql", "--table", "Sales=\(file.path)", "--format", "csv", "SELECT n FROM \(name)"])
            XCTAssertEqual(run.text, "n\r\n7\r\n", run.error)
        }
    }

    func test_serve_directoryOfOtherFiles_isRefusedAndLeftAlone() throws {
        let folder = try Project.temporaryFolder()
        defer { try? FileManager.default.removeItem(at: folder) }
        try Data("mine".utf8).write(to: folder.appendingPathComponent("notes.txt"))
        let run = try TillRun(["serve", "--data", folder.path, "--listen", "127.0.0.1:0"])
        XCTAssertEqual(run.status, 1)
        XCTAssertTrue(run.error.contains("notes.txt"), run.error)
        XCTAssertEqual(try FileManager.default.contentsOfDirectory(atPath: folder.path), ["notes.txt"])
    }

    func test_serve_twoOnOneDirectory_secondIsRefusedAndNamesTheFirst() throws {
        let server = try TillServer()
        defer { server.remove() }
        let second = try TillRun(["serve", "--data", server.data.path, "--listen", "127.0.0.1:0"], environment: ["TILL_ADMIN_KEY": TillServer.adminKey])
        XCTAssertEqual(second.status, 1)
        XCTAssertTrue(second.error.contains(server.url), second.error)
        for command in [["sql", "--data", server.data.path, "--table", "x=a.parquet", "SELECT 1"], ["restore", "backup", "--data", server.data.path]] {
            let run = try TillRun(command)
            XCTAssertEqual(run.status, 1, "\(command)")
            XCTAssertTrue(run.error.contains("\(server.data.path) is held by the server at \(server.url)"), run.error)
        }
        let mode = try FileManager.default.attributesOfItem(atPath: server.data.appendingPathComponent("admin.key").path)[.posixPermissions] as? Int
        XCTAssertEqual(mode, 0o600)
    }

    func test_backupAndRestore_throughServerAndDirectory() throws {
        let folder = try Project.temporaryFolder()
        defer { try? FileManager.default.removeItem(at: folder) }
        let server = try TillServer()
        defer { server.remove() }
        _ = try server.key("shop")
        for number in 0..<20 { XCTAssertEqual(try server.client().post("/v1/receipts?client=shop", Receipts.pos("R-\(number)")).status, 201) }
        XCTAssertEqual(try server.client().call("POST", "/v1/admin/compact").status, 200)
        for number in 20..<30 { XCTAssertEqual(try server.client().post("/v1/receipts?client=shop", Receipts.pos("R-\(number)")).status, 201) }
        let backup = folder.appendingPathComponent("backup").path
        let first = try TillRun(["backup", "--data", server.data.path, "backup"], folder: folder)
        XCTAssertEqual(first.status, 0, first.error)
        XCTAssertTrue(first.text.hasPrefix("backed up "), first.text)
        let again = try server.client().post("/v1/admin/backup", #"{"destination":"\#(backup)"}"#)
        XCTAssertEqual(again.status, 200, again.text)
        XCTAssertNotEqual(Receipts.member("files_copied", of: again.text), Receipts.member("files", of: again.text), again.text)
        for body in ["{}", #"{"destination":"x"}"#, #"{"destination":"/tmp","more":1}"#, #"{"destination":"\#(server.data.path)/b"}"#] {
            XCTAssertEqual(try server.client().post("/v1/admin/backup", body).status, 400, body)
        }
        let key = try server.key("other")
        XCTAssertEqual(try server.client(key: key).post("/v1/admin/backup", #"{"destination":"\#(backup)"}"#).status, 403)
        server.stop()
        XCTAssertEqual(try TillRun(["backup", "--data", server.data.path, backup]).status, 0)
        let restored = folder.appendingPathComponent("restored").path
        let run = try TillRun(["restore", backup, "--data", restored])
        XCTAssertEqual(run.status, 0, run.error)
        XCTAssertEqual(try TillRun(["restore", backup, "--data", restored]).status, 1, "not empty")
        XCTAssertEqual(try TillRun(["verify", "--data", restored]).status, 0)
        let copy = try TillServer(data: URL(fileURLWithPath: restored))
        defer { copy.remove() }
        for number in 0..<30 {
            XCTAssertEqual(try copy.client().get("/v1/receipts/R-\(number)?client=shop&raw=1").text, Receipts.pos("R-\(number)"))
        }
    }

    func test_serve_stopsOnTermAndKeepsWhatItTook() throws {
        let server = try TillServer()
        defer { server.remove() }
        _ = try server.key("shop")
        let posted = try server.client().post("/v1/receipts?client=shop", Receipts.pos("R-1"))
        XCTAssertEqual(posted.status, 201, posted.text)
        // A long poll must not hold the stop up.
        let poll = server.client()
        let after = Receipts.member("sequence", of: posted.text) ?? "0"
        try poll.send(Array("GET /v1/changes?after=\(after)&wait=60 HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer \(TillServer.adminKey)\r\n\r\n".utf8))
        usleep(200_000)
        let startedAt = Date()
        XCTAssertEqual(server.stop(), 0, server.logText)
        XCTAssertLessThan(Date().timeIntervalSince(startedAt), 55, "the poll asked for a minute")
        try server.start()
        XCTAssertEqual(try server.client().get("/v1/receipts/R-1?client=shop&raw=1").text, Receipts.pos("R-1"))
        server.kill()
        try server.start()
        XCTAssertEqual(try server.client().get("/v1/tickets/\(Receipts.member("ticket_id", of: posted.text) ?? "")").status, 200)
        XCTAssertFalse(server.logText.contains(TillServer.adminKey))
    }

    func test_import_everyFormat_throughServerAndDirectory() throws {
        let folder = try Project.temporaryFolder()
        defer { try? FileManager.default.removeItem(at: folder) }
        let lines = folder.appendingPathComponent("a.ndjson")
        try Data(((0..<25).map { Receipts.pos("L-\($0)") }.joined(separator: "\n") + "\n{\"bad\":\n" + Receipts.pos("L-3") + "\n").utf8).write(to: lines)
        let array = folder.appendingPathComponent("b.json")
        try Data(("[\n" + (0..<3).map { Receipts.pos("A-\($0)").replacingOccurrences(of: ",\"lines\"", with: ",\n\"lines\"") }.joined(separator: ",\n") + "]").utf8).write(to: array)
        let data = folder.appendingPathComponent("DATA").path
        try FileManager.default.createDirectory(atPath: data, withIntermediateDirectories: false)
        let first = try TillRun(["import", "--data", data, "--client", "shop", lines.path, array.path])
        XCTAssertEqual(first.status, 0, first.error)
        XCTAssertEqual(first.text, "imported 28, repeated 1, rejected 1\n")
        let rejected = try String(contentsOf: URL(fileURLWithPath: lines.path + ".rejected.ndjson"), encoding: .utf8)
        XCTAssertTrue(rejected.contains("\"record\":26") && rejected.contains("bad-json"), rejected)
        let server = try TillServer(data: URL(fileURLWithPath: data))
        defer { server.remove() }
        _ = try server.key("shop")
        let again = try TillRun(
            ["import", "--url", server.url, "--client", "shop", "-"], input: try Data(contentsOf: lines), environment: ["TILL_KEY": TillServer.adminKey],
            folder: folder)
        XCTAssertEqual(again.status, 0, again.error)
        XCTAssertEqual(again.text, "imported 0, repeated 26, rejected 1\n")
        let held = try TillRun(["import", "--data", data, "--client", "shop", array.path])
        XCTAssertEqual(held.text, "imported 0, repeated 3, rejected 0\n", held.error)
        XCTAssertEqual(try TillRun(["import", "--url", server.url, "--client", "shop", lines.path], environment: ["TILL_KEY": "till_wrong"]).status, 1)
        XCTAssertEqual(try TillRun(["import", "--data", data, "--client", "shop", folder.appendingPathComponent("none").path]).status, 1)
    }

    /// Whoever sees it fail must know what is in the store by then.
    func test_import_thatFails_saysWhatItTook() throws {
        let folder = try Project.temporaryFolder()
        defer { try? FileManager.default.removeItem(at: folder) }
        let data = folder.appendingPathComponent("DATA").path
        try FileManager.default.createDirectory(atPath: data, withIntermediateDirectories: false)
        func file(_ name: String, _ text: String) throws -> String {
            let file = folder.appendingPathComponent(name)
            try Data(text.utf8).write(to: file)
            return file.path
        }
        let first = try file("1.ndjson", Receipts.pos("A-1") + "\n" + Receipts.pos("A-2") + "\n")
        let last = try file("3.json", Receipts.pos("A-3"))
        let missing = try TillRun(["import", "--data", data, "--client", "shop", first, folder.appendingPathComponent("2.json").path, last])
        XCTAssertEqual(missing.status, 1)
        XCTAssertEqual(missing.text, "imported 2, repeated 0, rejected 0\n")
        XCTAssertTrue(missing.error.contains("2.json: No such file or directory"), missing.error)
        let half = try file("4.json", "[" + Receipts.pos("A-4") + "," + Receipts.pos("A-5").dropLast(9))
        let cut = try TillRun(["import", "--data", data, "--client", "shop", half])
        XCTAssertEqual(cut.status, 1)
        XCTAssertTrue(cut.text.hasPrefix("imported 1, repeated 0, "), cut.text)
        XCTAssertTrue(cut.error.contains("what came before it is taken"), cut.error)
        let empty = try TillRun(["import", "--data", data, "--client", "shop", try file("note.txt", "hello"), first])
        XCTAssertEqual([String(empty.status), empty.text], ["0", "imported 0, repeated 2, rejected 0\n"])
        XCTAssertTrue(empty.error.contains("note.txt holds no record") && !empty.error.contains("1.ndjson"), empty.error)
        let packed = folder.appendingPathComponent("5.ndjson.gz").path
        XCTAssertEqual(try Subprocess("/bin/sh", ["-c", "gzip -c \"$1\" | head -c 100 > \"$2\"", "sh", first, packed]).status, 0)
        let torn = try TillRun(["import", "--data", data, "--client", "shop", first, packed])
        XCTAssertEqual(torn.status, 1)
        XCTAssertTrue(torn.text.hasPrefix("imported 0, repeated 2, "), torn.text)
        XCTAssertTrue(torn.error.contains("5.ndjson.gz: the compressed file is cut short"), torn.error)
    }

    /// An envelope's receipts are counted each as what it is.
    func test_import_envelopeAgain_isRepeated() throws {
        let folder = try Project.temporaryFolder()
        defer { try? FileManager.default.removeItem(at: folder) }
        let data = folder.appendingPathComponent("DATA").path
        try FileManager.default.createDirectory(atPath: data, withIntermediateDirectories: false)
        let file = Project.root.appendingPathComponent("types/samples/br-nfce-batch-1.xml").path
        XCTAssertEqual(try TillRun(["import", "--data", data, "--client", "shop", file]).text, "imported 2, repeated 0, rejected 0\n")
        XCTAssertEqual(try TillRun(["import", "--data", data, "--client", "shop", file]).text, "imported 0, repeated 2, rejected 0\n")
    }

    /// The server is a stand-in: the real one refuses single lines only for moments, under load.
    func test_import_linesRefusedForNow_areSentAgain() throws {
        let folder = try Project.temporaryFolder()
        defer { try? FileManager.default.removeItem(at: folder) }
        let file = folder.appendingPathComponent("a.ndjson")
        try Data(((0..<6).map { Receipts.pos("L-\($0)") }.joined(separator: "\n") + "\n").utf8).write(to: file)
        let seen = Mutex<[[String]]>([])
        let server = TestHTTPServer { request in
            guard request.method == "POST" else { return .init(status: 404) }
            let ids = String(decoding: request.body, as: UTF8.self).split(separator: "\n").map { Receipts.member("id", of: String($0)) ?? "" }
            let isFirst = seen.withLock { seen in
                seen.append(ids)
                return seen.count == 1
            }
            let lines = ids.enumerated().map { index, id in
                if isFirst, ["L-1", "L-4"].contains(id) { return #"{"line":\#(index + 1),"status":503,"problem":{"status":503,"type":"/problems/overloaded"}}"# }
                if id == "L-5" { return #"{"line":\#(index + 1),"status":422,"problem":{"status":422,"type":"/problems/invalid-document"}}"# }
                return #"{"line":\#(index + 1),"status":\#(id == "L-4" ? 200 : 201)}"#
            }
            return .init(status: 200, headers: [("Content-Type", "application/x-ndjson")], body: lines.joined(separator: "\n") + "\n")
        }
        defer { server.close() }
        let run = try TillRun(
            ["import", "--url", "http://127.0.0.1:\(server.port)", "--client", "shop", file.path], environment: ["TILL_KEY": TillServer.adminKey])
        XCTAssertEqual(run.status, 0, run.error)
        XCTAssertEqual(run.text, "imported 4, repeated 1, rejected 1\n")
        XCTAssertEqual(seen.withLock { $0 }, [(0..<6).map { "L-\($0)" }, ["L-1", "L-4"]])
        let rejected = try String(contentsOf: URL(fileURLWithPath: file.path + ".rejected.ndjson"), encoding: .utf8)
        XCTAssertTrue(rejected.contains("\"record\":6") && !rejected.contains("overloaded"), rejected)
    }

    func test_import_csvAndCompressed() throws {
        let server = try TillServer()
        defer { server.remove() }
        _ = try server.key("shop")
        let type = """
            {"name":"csv-sales","version":1,"format":"csv","receipt_id":"id","issued_at":"at","time_zone":"UTC",
             "columns":{"total":{"path":"sum","type":"DECIMAL(18,4)","required":true},"store_id":{"path":"shop","type":"VARCHAR"}}}
            """
        let put = try server.client().put("/v1/types/csv-sales", type)
        XCTAssertEqual(put.status, 201, put.text)
        let file = server.data.deletingLastPathComponent().appendingPathComponent("sales.csv")
        try Data("id,at,sum,shop\r\nC-1,2026-11-19T10:00:00Z,1.50,\"a, \"\"b\"\"\"\r\nC-2,2026-11-19T11:00:00Z,x,c\r\nC-3,2026-11-19T12:00:00Z,3,d\r\n".utf8)
            .write(to: file)
        let run = try TillRun(["import", "--data", server.data.path, "--client", "shop", "--type", "csv-sales", file.path])
        XCTAssertEqual(run.status, 0, run.error)
        XCTAssertEqual(run.text, "imported 2, repeated 0, rejected 1\n")
        let rejected = try String(contentsOf: URL(fileURLWithPath: file.path + ".rejected.ndjson"), encoding: .utf8)
        XCTAssertTrue(rejected.contains("\"record\":2") && rejected.contains("id,at,sum,shop\\n"), rejected)
        XCTAssertEqual(try server.client().get("/v1/receipts/C-1?client=shop&raw=1").text, "id,at,sum,shop\nC-1,2026-11-19T10:00:00Z,1.50,\"a, \"\"b\"\"\"")
        let packed = server.data.deletingLastPathComponent().appendingPathComponent("more.ndjson.gz")
        XCTAssertEqual(try Subprocess("/bin/sh", ["-c", "printf '%s\\n' \"$1\" | gzip > \"$2\"", "sh", Receipts.pos("Z-1"), packed.path]).status, 0)
        let second = try TillRun(["import", "--data", server.data.path, "--client", "shop", packed.path])
        XCTAssertEqual(second.text, "imported 1, repeated 0, rejected 0\n", second.error)
    }

    func test_sql_everyFormat() throws {
        let server = try TillServer()
        defer { server.remove() }
        _ = try server.key("shop")
        for index in 0..<3 { _ = try server.client().post("/v1/receipts?client=shop", Receipts.pos("R-\(index)")) }
        let query = "SELECT receipt_id, total FROM receipts ORDER BY 1;"
        let base = ["sql", "--data", server.data.path]
        XCTAssertEqual(try TillRun(base + ["--format", "csv", query]).text, "receipt_id,total\r\nR-0,65.0000\r\nR-1,65.0000\r\nR-2,65.0000\r\n")
        XCTAssertTrue(try TillRun(base + ["--format", "ndjson", query]).text.hasPrefix(#"{"receipt_id":"R-0","total":"65.0000"}"# + "\n"))
        let objects = try JSONSerialization.jsonObject(with: try TillRun(base + ["--format", "json", query]).output) as? [[String: Any]]
        XCTAssertEqual(objects?.compactMap { $0["receipt_id"] as? String }, ["R-0", "R-1", "R-2"])
        let table = try TillRun(base + [query]).text
        XCTAssertTrue(table.contains("R-2") && table.contains("3 rows"), table)
        let parquet = try TillRun(base + ["--format", "parquet", query]).output
        let file = server.data.deletingLastPathComponent().appendingPathComponent("answer.parquet")
        try parquet.write(to: file)
        let readBack = try TillRun(["sql", "--table", "t=\(file.path)", "--format", "csv", "SELECT count(*), sum(total) FROM t"])
        XCTAssertEqual(readBack.status, 0, readBack.error)
        XCTAssertTrue(readBack.text.hasSuffix("3,195.0000\r\n"), readBack.text)
        XCTAssertEqual(try TillRun(["inspect", file.path]).status, 0)
        try parquet.dropLast(4).write(to: file)
        let damaged = try TillRun(["inspect", file.path])
        XCTAssertEqual(damaged.status, 1)
        XCTAssertTrue(damaged.error.contains("corrupt-file: "), damaged.error)
        let piped = try TillRun(base + ["--format", "csv"], input: Data("SELECT 1 AS a;\nSELECT 2 AS b".utf8))
        XCTAssertEqual(piped.text, "a\r\n1\r\nb\r\n2\r\n", piped.error)
        let wrong = try TillRun(base + ["SELECT nothing FROM receipts"])
        XCTAssertEqual(wrong.status, 1)
        XCTAssertTrue(wrong.error.contains("bad-sql at 8"), wrong.error)
    }

    func test_administration_throughDirectoryAndServer() throws {
        let folder = try Project.temporaryFolder()
        defer { try? FileManager.default.removeItem(at: folder) }
        let data = folder.appendingPathComponent("DATA").path
        try FileManager.default.createDirectory(atPath: data, withIntermediateDirectories: false)
        XCTAssertEqual(try TillRun(["contract", "put", "shop", "--access", "read-write", "--scope", "own", "--data", data]).status, 0)
        let made = try TillRun(["key", "create", "shop", "--data", data])
        XCTAssertEqual(made.status, 0, made.error)
        let key = try XCTUnwrap(Receipts.member("key", of: made.text))
        XCTAssertEqual(try TillRun(["contract", "put", "c", "--access", "write", "--scope", "own", "--data", data]).status, 2)
        let server = try TillServer(data: URL(fileURLWithPath: data))
        defer { server.remove() }
        XCTAssertEqual(try server.client(key: key).post("/v1/receipts", Receipts.pos("R-1")).status, 201)
        let compacted = try TillRun(["compact", "--data", data])
        XCTAssertEqual(compacted.status, 0, compacted.error)
        XCTAssertTrue(compacted.text.contains("rows moved: 1"), compacted.text)
        XCTAssertEqual(try server.client(key: key).get("/v1/receipts/R-1?raw=1").text, Receipts.pos("R-1"))
    }

    func test_typeCheck_showsColumnsAndErrors() throws {
        let type = Project.root.appendingPathComponent("types/pos-receipt.json").path
        let folder = try Project.temporaryFolder()
        defer { try? FileManager.default.removeItem(at: folder) }
        let good = folder.appendingPathComponent("good.json")
        try Data(Receipts.pos("R-1").utf8).write(to: good)
        let bad = folder.appendingPathComponent("bad.json")
        try Data(Receipts.pos("", total: "1.000001").utf8).write(to: bad)
        let first = try TillRun(["type", "check", type, good.path])
        XCTAssertEqual(first.status, 0, first.error)
        XCTAssertTrue(first.text.contains(#""receipt_id":"R-1""#) && first.text.contains(#""total":"65.0000""#), first.text)
        let second = try TillRun(["type", "check", type, good.path, bad.path])
        XCTAssertEqual(second.status, 1)
        XCTAssertEqual(second.text.split(separator: "\n").count, 2)
        XCTAssertTrue(second.text.contains(#""errors":["#))
        XCTAssertEqual(try TillRun(["type", "check", good.path, good.path]).status, 1)
    }

    /// By bash, which waits for the reader's end before the command begins.
    private func unread(_ arguments: [String], data: String? = nil, environment: [String: String] = [:]) throws -> Int32 {
        let command = ["-c", #"exec 3> >(exit); wait $!; exec "$@" >&3"#, "bash", TillServer.binary.path] + arguments
        return try Subprocess("/bin/bash", command, environment: TillServer.environment(environment, data: data)).status
    }

    /// As of `till type check … | true`: a script goes by the status.
    func test_outputThatNobodyReads_hidesNoFault_andEndsWhatGoesOn() throws {
        let folder = try Project.temporaryFolder()
        defer { try? FileManager.default.removeItem(at: folder) }
        let (good, bad) = (folder.appendingPathComponent("good.json"), folder.appendingPathComponent("bad.json"))
        try Data(Receipts.pos("R-1").utf8).write(to: good)
        try Data(Receipts.pos("", total: "1.000001").utf8).write(to: bad)
        let type = Project.root.appendingPathComponent("types/pos-receipt.json").path
        XCTAssertEqual(try unread(["type", "check", type, good.path, bad.path]), 1)
        XCTAssertEqual(try unread(["type", "check", type, good.path]), 0)
        let server = try TillServer()
        defer { server.remove() }
        _ = try server.key("shop")
        XCTAssertEqual(server.stop(), 0)
        let data = server.data.path
        XCTAssertEqual(try TillRun(["import", "--data", data, "--client", "shop", good.path]).status, 0)
        XCTAssertEqual(try unread(["verify", "--data", data], data: data), 0)
        XCTAssertEqual(try unread(["contract", "list", "--data", data], data: data), 141)
        // What it has made aside goes with it.
        let aside = folder.appendingPathComponent("tmp")
        try FileManager.default.createDirectory(at: aside, withIntermediateDirectories: true)
        XCTAssertEqual(try unread(["sql", "--data", data, "SELECT 1"], data: data, environment: ["TMPDIR": aside.path]), 141)
        XCTAssertEqual(try FileManager.default.contentsOfDirectory(atPath: aside.path), [])
    }

    func test_urlOverTLS_theCertificateIsCheckedUnlessToldOtherwise() throws {
        let folder = try TestCertificate.write()
        defer { try? FileManager.default.removeItem(at: folder) }
        let certificate = folder.appendingPathComponent("cert.pem").path
        let server = try TillServer(arguments: ["--tls-cert", certificate, "--tls-key", folder.appendingPathComponent("key.pem").path])
        defer { server.remove() }
        let url = "https://127.0.0.1:\(server.port)"
        let table: [(options: [String], status: Int32, says: String)] = [
            (["--url", url], 1, "NOT trusted"),
            (["--url", url, "--ca", certificate], 0, "1"),
            (["--url", url, "--insecure"], 0, "1"),
            (["--url", url, "--ca", folder.path + "/none.pem"], 1, "none.pem"),
            (["--url", url, "--ca", folder.path + "/key.pem"], 1, "no certificates"),
            (["--url", url, "--ca", certificate, "--insecure"], 2, "exclude each other"),
            (["--url", "http://127.0.0.1:\(server.port)", "--insecure"], 2, "https"),
            (["--data", server.data.path, "--ca", certificate], 2, "https"),
            (["--data", server.data.path], 0, "1"),
        ]
        for row in table {
            let run = try TillRun(["sql", "--format", "csv"] + row.options + ["SELECT 1 AS x"], environment: ["TILL_KEY": TillServer.adminKey])
            XCTAssertEqual(run.status, row.status, "\(row.options): \(run.error)")
            XCTAssertTrue((run.text + run.error).contains(row.says), "\(row.options): \(run.text)\(run.error)")
        }
        let file = folder.appendingPathComponent("one.json")
        try Receipts.pos("one").write(to: file, atomically: true, encoding: .utf8)
        _ = try TillRun(
            ["contract", "put", "shop", "--access", "read-write", "--scope", "own", "--url", url, "--ca", certificate],
            environment: ["TILL_KEY": TillServer.adminKey])
        let taken = try TillRun(
            ["import", "--url", url, "--ca", certificate, "--client", "shop", file.path], environment: ["TILL_KEY": TillServer.adminKey])
        XCTAssertEqual(taken.text, "imported 1, repeated 0, rejected 0\n", taken.error)
    }
}
