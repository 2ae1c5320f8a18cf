import Foundation
import TestSupport
import XCTest

/// Goal: a file that comes whole is taken record by record and says what became of each; a link is good for one file of one announcement. Method: the
/// real binary, files of every form.
final class UploadTests: UploadFixture {
    func test_lines_andArrays_areTakenRecordByRecord() throws {
        let server = try running()
        let one = server.client(key: try server.key("c1"))
        let upload = try upload(Self.lines(1...3) + "{\"bad\":1}\nnot json\n" + Self.lines(2...4), one, name: "a.ndjson")
        XCTAssertEqual(upload["state"] as? String, "PROCESSED", "\(upload)")
        XCTAssertEqual(counts(upload), [8, 8, 4, 0, 2, 2])
        XCTAssertEqual(upload["client_id"] as? String, "c1")
        let items = try errors(upload, one)
        XCTAssertEqual(items.map { $0["record"] as? Int }, [4, 5])
        XCTAssertEqual((items[1]["errors"] as? [[String: Any]])?.first?["code"] as? String, "bad-json")
        let id = try XCTUnwrap(upload["upload_id"] as? String)
        let first = try object(try one.get("/v1/uploads/\(id)/errors?limit=1").body)
        let next = try XCTUnwrap(first["next_cursor"] as? String)
        XCTAssertEqual((try object(try one.get("/v1/uploads/\(id)/errors?limit=1&cursor=\(next)").body)["errors"] as? [[String: Any]])?.first?["record"] as? Int, 5)
        XCTAssertTrue(try one.get("/v1/uploads/\(id)/errors", [("Accept", "text/csv")]).text.hasPrefix("record,receipt_id,pointer,code,message,columns\r\n4,,"))
        // It quotes what somebody has sent: in the console's origin it runs nothing.
        for type in ["application/json", "text/csv", "application/x-ndjson"] {
            let headers = try one.get("/v1/uploads/\(id)/errors", [("Accept", type)]).headers
            XCTAssertEqual(headers["content-security-policy"], "sandbox; default-src 'none'", type)
            XCTAssertEqual(headers["x-content-type-options"], "nosniff", type)
        }
        XCTAssertEqual(try one.get("/v1/uploads/\(id)/errors", [("Accept", "application/x-ndjson")]).text.split(separator: "\n").count, 2)
        XCTAssertEqual(try rows("SELECT count(*), min(upload_id) FROM receipts", one), "[[4,\"\(id)\"]]")

        let array = "[" + (5...7).map { Receipts.pos("R-\($0)").replacingOccurrences(of: ",\"lines\"", with: ",\n\"lines\"") }.joined(separator: ",") + ",{}]"
        let (json, path) = try announce(one, #"{"name":"x","content_type":"application/json; charset=utf-8"}"#)
        XCTAssertEqual(try put(path, Array(array.utf8)).status, 201)
        XCTAssertEqual(counts(try ended(json, one)), [4, 4, 3, 0, 0, 1])
        XCTAssertEqual(try one.get("/v1/receipts/R-6?raw=1").text, Receipts.pos("R-6").replacingOccurrences(of: ",\"lines\"", with: ",\n\"lines\""), "byte for byte")
    }

    func test_csv_faultsOfRowsAndOfTheFile() throws {
        let server = try running()
        XCTAssertEqual(try server.client().put("/v1/types/member", Self.member).status, 201)
        let one = server.client(key: try server.key("c1"))
        let file = "\u{FEFF}age,id,name\r\n30,A,\"X, \"\"Y\"\"\"\r\nx,B,N\r\n1,C\r\n,D,N\r\n\r\n,E,\r\n40,A,Z\r\n7,F,young\r\n"
        let taken = try upload(file, one, type: "member")
        XCTAssertEqual(taken["state"] as? String, "PROCESSED", "\(taken)")
        XCTAssertEqual(counts(taken), [7, 7, 2, 0, 0, 5])
        let items = try errors(taken, one)
        XCTAssertEqual(items.map { $0["record"] as? Int }, [2, 3, 5, 6, 7])
        let first = items.map { ($0["errors"] as? [[String: Any]])?.first ?? [:] }
        XCTAssertEqual(first.map { $0["pointer"] as? String }, ["/2/age", "/3", "/5/name", "/6", "/7/age"])
        XCTAssertEqual(first.map { $0["code"] as? String }, ["wrong-type", "bad-csv", "required", "duplicate-in-batch", "grown"].map { $0 == "wrong-type" ? first[0]["code"] as? String : $0 })
        XCTAssertEqual(items.map { $0["receipt_id"] as? String }, ["B", nil, "E", "A", "F"])
        XCTAssertEqual(items.map { ($0["columns"] as? [String: Any])?.keys.sorted() ?? [] }, [["name"], [], [], ["age", "name"], ["name"]])
        XCTAssertEqual(try rows("SELECT name FROM members WHERE receipt_id = 'A'", one), #"[["X, \"Y\""]]"#)

        XCTAssertEqual(counts(try upload("id,name,age\nA,\"X, \"\"Y\"\"\",30\nD,M,\nG,N,50\n", one, type: "member")), [3, 3, 1, 1, 1, 0])
        let header = try upload("age,id,name,shoe\n1,F,N,44\n", one, type: "member")
        XCTAssertEqual(header["state"] as? String, "ERROR")
        XCTAssertTrue(((header["problem"] as? [String: Any])?["detail"] as? String)?.contains("shoe") ?? false, "\(header)")
        let open = try upload("id,name\nG2,N\n\"H,N\n", one, type: "member")
        XCTAssertEqual(open["state"] as? String, "ERROR")
        XCTAssertEqual(open["accepted"] as? Int, 1, "what came before the fault stays")
        let none = try upload("id,name\n", one, type: "member")
        XCTAssertEqual(none["state"] as? String, "PROCESSED")
        XCTAssertEqual(counts(none), [0, 0, 0, 0, 0, 0])
        for file in ["", "id,id,name\n1,2,3\n", "id,na\0me\n1,2\n"] { XCTAssertEqual(try upload(file, one, type: "member")["state"] as? String, "ERROR", file) }
        let ignoring = Self.member.replacingOccurrences(of: "\"version\":1", with: "\"version\":2,\"extra_columns\":\"ignore\"")
        XCTAssertEqual(try server.client().put("/v1/types/member", ignoring).status, 200)
        XCTAssertEqual(counts(try upload("id,shoe,name\nI,44,N\n", one, type: "member")), [1, 1, 1, 0, 0, 0])
    }

    /// Many programs quote every field: what is blank is absent all the same.
    func test_csv_blankFields_areAbsent_inQuotesToo() throws {
        let server = try running()
        XCTAssertEqual(try server.client().put("/v1/types/member", Self.member).status, 201)
        let one = server.client(key: try server.key("c1"))
        let quoted = try upload("\"id\",\"name\",\"age\"\r\n\"A\",\"N\",\"\"\r\n\"B\",\"\",\"30\"\r\n\"C\",\" \t\",\"30\"\r\n\" \",\"N\",\"30\"\r\n", one, type: "member")
        XCTAssertEqual(counts(quoted), [4, 4, 1, 0, 0, 3], "\(quoted)")
        let faults = try errors(quoted, one).compactMap { ($0["errors"] as? [[String: Any]])?.first }
        XCTAssertEqual(faults.map { $0["pointer"] as? String }, ["/2/name", "/3/name", "/4/id"])
        XCTAssertEqual(Set(faults.compactMap { $0["code"] as? String }), ["required"])
        XCTAssertEqual(try rows("SELECT name, age FROM members", one), #"[["N",null]]"#)
        XCTAssertEqual(counts(try upload("id,name,age\nA,N,\n", one, type: "member")), [1, 1, 0, 0, 1, 0], "the same without quotes")
    }

    /// An envelope is read in the encoding that it declares, and its records are documents in UTF-8.
    func test_xmlEnvelope_inItsEncoding() throws {
        let server = try running()
        let type = #"{"name":"slip","version":1,"table":"slips","format":"xml","each":"/file/slip","match":{"root":"file"},"receipt_id":"@id","issued_at":"at","time_zone":"UTC","columns":{"name":{"path":"name","type":"VARCHAR"}}}"#
        XCTAssertEqual(try server.client().put("/v1/types/slip", type).status, 201)
        let one = server.client(key: try server.key("c1"))
        func slip(_ id: Int) -> String { "<slip id='S\(id)'><at>2026-11-01</at><name>Хліб \(id)</name></slip>" }
        let text = "<?xml version='1.0' encoding='windows-1251'?>\n<file>" + (1...1_500).map(slip).joined() + "</file>"
        var file = Array(try XCTUnwrap(text.data(using: .windowsCP1251)))
        let place = try XCTUnwrap(Data(file).range(of: try XCTUnwrap("Хліб 700<".data(using: .windowsCP1251)))).lowerBound
        file[place] = 0x98
        let (id, path) = try announce(one, #"{"name":"a.xml","type":"slip"}"#)
        XCTAssertEqual(try put(path, file).status, 201)
        let taken = try ended(id, one)
        XCTAssertEqual(counts(taken), [1_500, 1_500, 1_499, 0, 0, 1], "\(taken)")
        XCTAssertEqual(try errors(taken, one).first?["record"] as? Int, 700)
        XCTAssertEqual(try rows("SELECT name FROM slips WHERE receipt_id = 'S1499'", one), #"[["Хліб 1499"]]"#)
    }

    /// A row comes back with all that is wrong with it: what its rules say of what could be read, too.
    func test_rowOfSeveralFaults_hasThemAll() throws {
        let server = try running()
        let type = Self.member.replacingOccurrences(of: #""rules":["#, with: #""rules":[{"name":"short","check":"length(name) < 5","message":"a short name"},"#)
        XCTAssertEqual(try server.client().put("/v1/types/member", type).status, 201)
        let one = server.client(key: try server.key("c1"))
        let upload = try upload("id,name,age\nA,too long,x\nB,,7\nC,too long,7\n", one, type: "member")
        let codes = try errors(upload, one).map { ($0["errors"] as? [[String: Any]] ?? []).compactMap { $0["code"] as? String }.sorted() }
        XCTAssertEqual(codes, [["not-a-number", "short"], ["grown", "required"], ["grown", "short"]])
    }

    func test_link_announcement_andRights() throws {
        let server = try running()
        let (one, two) = (server.client(key: try server.key("c1")), server.client(key: try server.key("c2", scope: "all")))
        let reader = server.client(key: try server.key("c3", access: "read"))
        XCTAssertEqual(try reader.post("/v1/uploads", #"{"name":"a"}"#).status, 403)
        XCTAssertEqual(try one.post("/v1/uploads", #"{"name":"a","type":"nope"}"#).status, 422)
        XCTAssertEqual(try one.post("/v1/uploads", #"{"name":"a","bytes":99999999999999}"#).status, 413)
        for body in ["{}", #"{"name":""}"#, #"{"name":"a\u0000"}"#, #"{"name":"a","bytes":-1}"#, #"{"name":"a","sha256":"0"}"#, #"{"name":"a","sise":1}"#] {
            XCTAssertEqual(try one.post("/v1/uploads", body).status, 400, body)
        }
        XCTAssertEqual(try one.post("/v1/uploads?client=c2", #"{"name":"a"}"#).status, 403)
        let file = Array(Self.lines(1...2).utf8)
        let (id, path) = try announce(one, #"{"name":"a.ndjson","bytes":\#(file.count),"sha256":"\#(String(repeating: "0", count: 64))"}"#)
        XCTAssertEqual(try put(path, Array(file.dropLast())).status, 422)
        XCTAssertEqual(try put(path, file + [0x0A]).status, 422)
        XCTAssertEqual(try put(path, file).status, 422, "another hash")
        XCTAssertEqual(try object(try one.get("/v1/uploads/\(id)").body)["state"] as? String, "NEW")
        XCTAssertEqual(try put(String(path.dropLast()), file).status, 403)
        XCTAssertEqual(try put(path.replacingOccurrences(of: "u_", with: "u_x"), file).status, 403)
        let late = path.replacingOccurrences(of: "expires=1", with: "expires=2")
        XCTAssertEqual(try put(late, file).status, 403)
        XCTAssertEqual(try put(String(path.prefix { $0 != "?" }), file).status, 403)
        for stranger in [two, reader] {
            XCTAssertEqual(try stranger.get("/v1/uploads/\(id)").status, 404)
            XCTAssertEqual(try stranger.get("/v1/uploads/\(id)/errors").status, 404)
        }
        XCTAssertEqual(try two.delete("/v1/uploads/\(id)").status, 404)
        XCTAssertEqual(try one.delete("/v1/uploads/\(id)").status, 204)
        XCTAssertEqual(try one.delete("/v1/uploads/\(id)").status, 204)
        XCTAssertEqual(try put(path, file).status, 409)
        let (good, goodPath) = try announce(one, #"{"name":"a.ndjson","bytes":\#(file.count)}"#)
        XCTAssertEqual(try put(goodPath, file).status, 201)
        XCTAssertEqual(try put(goodPath, file).status, 409, "a second one")
        XCTAssertEqual(counts(try ended(good, one)), [2, 2, 2, 0, 0, 0])
        let list = try object(try one.get("/v1/uploads?state=CANCELLED").body)
        XCTAssertEqual((list["uploads"] as? [[String: Any]])?.compactMap { $0["upload_id"] as? String }, [id])
        XCTAssertEqual(try two.get("/v1/uploads").text, #"{"uploads":[],"next_cursor":null}"#)
        XCTAssertEqual((try object(try server.client().get("/v1/uploads?client=c1").body)["uploads"] as? [Any])?.count, 2)
        XCTAssertEqual(try one.get("/v1/uploads?state=DONE").status, 400)
        let pages = try object(try one.get("/v1/uploads?limit=1").body)
        XCTAssertEqual((pages["uploads"] as? [[String: Any]])?.first?["upload_id"] as? String, good, "the newest first")
        let next = try XCTUnwrap(pages["next_cursor"] as? String)
        XCTAssertEqual((try object(try one.get("/v1/uploads?limit=1&cursor=\(next)").body)["uploads"] as? [[String: Any]])?.first?["upload_id"] as? String, id)
        let filtered = try one.get("/v1/uploads?limit=1&state=PROCESSED&cursor=\(next)")
        XCTAssertEqual(filtered.status, 400, "a cursor leads on in the list that it is of")
        XCTAssertTrue(filtered.text.contains("bad-cursor"), filtered.text)
        // For the administrator somebody must say whose they are.
        let nobodys = try upload(Self.lines(50...50), server.client(), name: "a.ndjson")
        XCTAssertEqual(counts(nobodys), [1, 1, 0, 0, 0, 1], "the call names no client")
    }

    /// Of many who put the same file at once one is taken.
    func test_putByManyAtOnce_isTakenOnce() throws {
        let server = try running()
        let one = server.client(key: try server.key("c1"))
        let file = Array(Self.lines(1...200).utf8)
        let (id, path) = try announce(one, #"{"name":"a.ndjson"}"#)
        let statuses = Statuses()
        let port = server.port
        DispatchQueue.concurrentPerform(iterations: 8) { _ in
            let client = HTTPClient(port: port, key: nil)
            statuses.add((try? client.call("PUT", path, body: file).status) ?? 0)
        }
        XCTAssertEqual(statuses.all.filter { $0 == 201 }.count, 1, "\(statuses.all)")
        XCTAssertEqual(statuses.all.filter { $0 == 409 }.count, 7, "\(statuses.all)")
        XCTAssertEqual(counts(try ended(id, one)), [200, 200, 200, 0, 0, 0])
    }

    private final class Statuses: @unchecked Sendable {
        private let lock = NSLock()
        private var statuses: [Int] = []
        func add(_ status: Int) { lock.withLock { statuses.append(status) } }
        var all: [Int] { lock.withLock { statuses } }
    }

    func test_packedFiles_andBrokenOnes() throws {
        let server = try running()
        let one = server.client(key: try server.key("c1"))
        let plain = server.data.deletingLastPathComponent().appendingPathComponent("a.ndjson")
        try Data(Self.lines(1...200).utf8).write(to: plain)
        for tool in ["/bin/gzip", "/usr/bin/zstd"] {
            XCTAssertEqual(try Subprocess(tool, ["-k", "-q", plain.path]).status, 0)
        }
        for (ending, coding) in [("gz", "gzip"), ("zst", "zstd")] {
            let packed = Array(try Data(contentsOf: plain.appendingPathExtension(ending)))
            for (name, headers) in [("a.ndjson.\(ending)", []), ("a.ndjson", [("Content-Encoding", coding)])] {
                let (id, path) = try announce(one, #"{"name":"\#(name)","bytes":\#(packed.count)}"#)
                XCTAssertEqual(try put(path, packed, headers).status, 201)
                XCTAssertEqual(try ended(id, one)["processed"] as? Int, 200)
            }
            let (id, path) = try announce(one, #"{"name":"a.ndjson.\#(ending)"}"#)
            XCTAssertEqual(try put(path, Array(packed.dropLast(20))).status, 201)
            XCTAssertEqual(try ended(id, one)["state"] as? String, "ERROR")
            if ending == "gz" {
                let (coded, codedPath) = try announce(one, #"{"name":"a.ndjson"}"#)
                XCTAssertEqual(try put(codedPath, packed, [("Content-Encoding", "br")]).status, 415)
                XCTAssertEqual(try object(try one.get("/v1/uploads/\(coded)").body)["state"] as? String, "NEW")
            }
        }
    }
}
