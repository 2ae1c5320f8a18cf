import Foundation
import TestSupport
import XCTest

/// Goal: no request, and nobody who reads slowly or not at all, takes the server's memory, threads or places from others. Method: each way that did, scaled
/// down, against the real binary; another client asks meanwhile.
final class HostileRequestTests: XCTestCase {
    /// Of the server, in MiB.
    private func anonymousMemory(_ server: TillServer) throws -> Int {
        let text = try String(contentsOfFile: "/proc/\(server.processID)/status", encoding: .utf8)
        let line = try XCTUnwrap(text.split(separator: "\n").first { $0.hasPrefix("RssAnon:") })
        return (Int(line.split(whereSeparator: { $0 == " " || $0 == "\t" })[1]) ?? 0) >> 10
    }

    private func request(_ line: String, key: String?, _ fields: [String] = [], body: [UInt8] = []) -> [UInt8] {
        let all = ["\(line) HTTP/1.1", "Host: x"] + (key.map { ["Authorization: Bearer \($0)"] } ?? []) + fields
        return Array((all.joined(separator: "\r\n") + "\r\n\r\n").utf8) + body
    }

    /// `abs` of the difference of two times had no value; no credential is needed to send one.
    func test_callback_timeFarAway_is401AndTheServerLives() throws {
        let server = try TillServer()
        defer { server.remove() }
        for time in [String(Int64(Date().timeIntervalSince1970) - .max - 1), "-9223372036854775808", "9223372036854775807", "0", "x"] {
            let headers = [("Content-Type", "application/json"), ("webhook-id", "a"), ("webhook-timestamp", time), ("webhook-signature", "v1,AAAA")]
            let answer = try server.client(key: nil).call("POST", "/v1/callbacks/x", headers: headers, body: Array("{}".utf8))
            XCTAssertEqual(answer.status, 401, answer.text)
        }
        XCTAssertTrue(server.isRunning)
        XCTAssertTrue(Patience.until { server.logText.contains("no registrar is configured under this name") }, server.logText)
    }

    func test_codings_severalOfABody_areRefused() throws {
        let server = try TillServer()
        defer { server.remove() }
        for coding in ["gzip, gzip", "gzip,zstd,gzip", "identity" + String(repeating: ", identity", count: 2_000), "br"] {
            let headers = [("Content-Type", "application/json"), ("Content-Encoding", coding)]
            let answer = try server.client().call("POST", "/v1/receipts", headers: headers, body: Array("{}".utf8))
            XCTAssertEqual(answer.status, 415, answer.text)
            XCTAssertTrue(answer.text.contains("gzip"), answer.text)
        }
    }

    /// What looks at a document is charged to it, over HTTP too: one answer says so, and the next document is taken.
    func test_documents_thatCostTooMuch_areRefusedByTheirBudget() throws {
        let server = try TillServer()
        defer { server.remove() }
        let key = try server.key("c")
        let identity = #""receipt_id":"@id","issued_at":"@at""#
        // Who comes where: an index of all elements for each of them, rules over all lines, keys compared with each other.
        let xsd = "<xs:schema xmlns:xs='http://www.w3.org/2001/XMLSchema'><xs:element name='k'><xs:complexType><xs:sequence><xs:element name='l' maxOccurs='unbounded' type='xs:string'/></xs:sequence><xs:attribute name='id'/><xs:attribute name='at'/></xs:complexType><xs:unique name='u'><xs:selector xpath='l'/><xs:field xpath='.'/></xs:unique></xs:element></xs:schema>"
        let rules = (0..<1_000).map { #"{"name":"r\#($0)","check":"list_sum(lines.a) >= 0","message":"m"}"# }.joined(separator: ",")
        let types: [(name: String, type: String, format: String, begin: String, line: String, end: String)] = [
            (
                "paths", #"{"name":"paths","version":1,"format":"xml","match":{"/p":{"exists":true}},\#(identity),"columns":{"lines":{"path":"l","columns":{"n":{"path":"count(preceding::*)","type":"BIGINT"}}}}}"#,
                "xml", #"<p id="paths" at="2026-01-01T00:00:00Z">"#, "<l/>", "</p>"
            ),
            (
                "rules", #"{"name":"rules","version":1,"format":"json","match":{"/rules":1},"receipt_id":"/id","issued_at":"/at","columns":{"lines":{"path":"/l","columns":{"a":{"path":"/a","type":"DECIMAL(9,2)"}}}},"rules":[\#(rules)]}"#,
                "json", #"{"rules":1,"id":"rules","at":"2026-01-01T00:00:00Z","l":["#, #"{"a":1},"#, #"{"a":1}]}"#
            ),
            (
                "keys", #"{"name":"keys","version":1,"format":"xml","match":{"/k":{"exists":true}},\#(identity),"xsd":"k.xsd","files":{"k.xsd":"\#(xsd)"}}"#,
                "xml", #"<k id="keys" at="2026-01-01T00:00:00Z">"#, "<l>1</l>", "</k>"
            ),
        ]
        for (name, type, format, begin, line, end) in types {
            let put = try server.client().put("/v1/types/\(name)", type)
            XCTAssertEqual(put.status, 201, "\(name): \(put.text)")
            let answer = try server.client(key: key).post("/v1/receipts", begin + String(repeating: line, count: 40_000) + end, type: "application/\(format)")
            XCTAssertEqual(answer.status, 422, "\(name): \(answer.text.prefix(300))")
            XCTAssertTrue(answer.text.contains("too-much-work"), "\(name): \(answer.text.prefix(500))")
            // A few lines of the same are nothing.
            let few = try server.client(key: key).post("/v1/receipts", begin + line + end, type: "application/\(format)")
            XCTAssertEqual(few.status, 201, "\(name): \(few.text)")
        }
        XCTAssertTrue(server.isRunning)
    }

    /// A body of less than 256 KiB was counted nowhere.
    func test_bodies_manyThatNeverEnd_areBounded() throws {
        let server = try TillServer(environment: ["TILL_LIMITS_REQUEST_MEMORY": "64MiB", "TILL_LIMITS_BODY": "1MiB"])
        defer { server.remove() }
        let (attacker, neighbour) = (try server.key("attacker"), try server.key("neighbour"))
        let part = request("POST /v1/receipts", key: attacker, ["Content-Type: application/json", "Content-Length: 262100"], body: [UInt8](repeating: 0x20, count: 262_000))
        var clients: [HTTPClient] = []
        for _ in 0..<700 {
            let client = server.client()
            try client.send(part)
            clients.append(client)
        }
        XCTAssertEqual(try server.client(key: neighbour).post("/v1/receipts", Receipts.pos("R-1")).status, 201)
        XCTAssertLessThan(try anonymousMemory(server), 160, "700 bodies of 256 KiB are 175 MiB")
        let refused = try server.client(key: attacker).call(
            "POST", "/v1/receipts", headers: [("Content-Type", "application/json")], body: [UInt8](repeating: 0x20, count: 900_000))
        XCTAssertEqual(refused.status, 503, refused.text)
        XCTAssertNotNil(refused.headers["retry-after"])
        withExtendedLifetime(clients) {}
    }

    /// Identity constraints compare nodes with each other: a document of many costs their square, which its budget does not have.
    func test_schema_ofIdentityOverManyNodes_isRefusedAndSaysWhatTookIt() throws {
        let server = try TillServer()
        defer { server.remove() }
        let schema = #"<xs:schema xmlns:xs=\"http://www.w3.org/2001/XMLSchema\"><xs:element name=\"m\"><xs:complexType><xs:sequence><xs:element name=\"n\" type=\"xs:string\" maxOccurs=\"unbounded\"/></xs:sequence><xs:attribute name=\"id\"/><xs:attribute name=\"at\"/></xs:complexType><xs:unique name=\"u\"><xs:selector xpath=\"n\"/><xs:field xpath=\".\"/></xs:unique></xs:element></xs:schema>"#
        let type = #"{"name":"m","version":1,"table":"m","format":"xml","match":{"/m":{"exists":true}},"xsd":"m.xsd","files":{"m.xsd":"\#(schema)"},"receipt_id":"@id","issued_at":"@at","columns":{}}"#
        XCTAssertEqual(try server.client().put("/v1/types/m", type).status, 201)
        let key = try server.key("c")
        func post(_ count: Int) throws -> HTTPClient.Answer {
            let nodes = (0..<count).map { "<n>\($0)</n>" }.joined()
            return try server.client(key: key).post("/v1/receipts", "<m id=\"\(count)\" at=\"2026-11-20T10:00:00Z\">\(nodes)</m>", type: "application/xml")
        }
        XCTAssertEqual(try post(20).status, 201)
        let refused = try post(70_000)
        XCTAssertEqual(refused.status, 422, refused.text)
        XCTAssertTrue(refused.text.contains("XSD"), refused.text)
        XCTAssertEqual(try post(21).status, 201)
    }

    func test_connections_idleOnes_makeRoomForOthers() throws {
        let server = try TillServer(environment: ["TILL_LIMITS_CONNECTIONS": "100", "TILL_LIMITS_CONNECTIONS_PER_ADDRESS": "100"])
        defer { server.remove() }
        let working = server.client()
        XCTAssertEqual(try working.get("/v1/receipts").status, 200)
        var idle: [HTTPClient] = []
        for _ in 0..<300 {
            let client = server.client(key: nil)
            try client.connect()
            idle.append(client)
        }
        for _ in 0..<5 { XCTAssertEqual(try server.client(key: nil).get("/healthz").status, 200) }
        XCTAssertEqual(try working.get("/v1/receipts").status, 200, "whoever has shown a credential stays")
        let metrics = try server.client().get("/metrics").text
        XCTAssertTrue(metrics.contains("till_connections_closed_for_room_total"), metrics)
        withExtendedLifetime(idle) {}
    }

    /// Twenty answers that nobody read held every thread for queries.
    func test_streams_unread_leaveQueriesToOthers() throws {
        let server = try TillServer(environment: ["TILL_LIMITS_QUERIES": "4"])
        defer { server.remove() }
        let (attacker, neighbour) = (try server.key("attacker"), try server.key("neighbour"))
        let query = Array(#"{"query":"SELECT g, repeat('x', 500) FROM generate_series(1, 30000000) g(g)"}"#.utf8)
        let fields = ["Accept: application/x-ndjson", "Content-Type: application/json", "Content-Length: \(query.count)"]
        var clients: [HTTPClient] = []
        for _ in 0..<12 {
            let client = server.client()
            try client.send(request("POST /v1/sql", key: attacker, fields, body: query))
            clients.append(client)
        }
        usleep(500_000)
        for _ in 0..<5 {
            let answer = try server.client(key: neighbour).post("/v1/sql", #"{"query":"SELECT 1"}"#)
            XCTAssertEqual(answer.status, 200, answer.text)
        }
        // They go, and so do their queries, those that wait among them.
        for client in clients { client.close() }
        var metrics = ""
        let areGone = try Patience.until {
            metrics = try server.client().get("/metrics").text
            return metrics.contains("till_queries_running 0\n") && metrics.contains(#"till_pool_jobs{pool="query",state="waiting"} 0"#)
        }
        XCTAssertTrue(areGone, metrics)
    }

    func test_pages_unread_areBounded() throws {
        let server = try TillServer(environment: ["TILL_LIMITS_REQUEST_MEMORY": "32MiB", "TILL_LIMITS_BODY": "4MiB", "TILL_LIMITS_MIN_FREE": "1MiB"])
        defer { server.remove() }
        let (attacker, neighbour) = (try server.key("attacker"), try server.key("neighbour"))
        let padding = String(repeating: "x", count: 10_000)
        let lines = (0..<300).map { Receipts.pos("R-\($0)", extra: #","note":"\#(padding)""#) }.joined(separator: "\n")
        XCTAssertEqual(try server.client(key: attacker).post("/v1/receipts", lines, type: "application/x-ndjson").status, 200)
        let before = try anonymousMemory(server)
        let page = request("GET /v1/receipts?limit=500&fields=*", key: attacker, ["Accept: application/x-ndjson"])
        var clients: [HTTPClient] = []
        for _ in 0..<60 {
            let client = server.client()
            try client.send(page)
            clients.append(client)
        }
        usleep(1_500_000)
        XCTAssertEqual(try server.client(key: neighbour).get("/v1/receipts").status, 200)
        XCTAssertLessThan(try anonymousMemory(server) - before, 120, "60 pages of 3 MB are 180 MB")
        withExtendedLifetime(clients) {}
    }

    /// A key that came in a path by mistake is in no line of the log; who asked, and why it was refused, is.
    func test_log_tellsWhoAndWhyAndNoKey() throws {
        let server = try TillServer()
        defer { server.remove() }
        let key = try server.key("shop")
        for path in ["/\(key)", "/v1/receipts/\(key)", "/v1/tickets/\(key.replacingOccurrences(of: "_", with: "%5F"))", "/v1/\(TillServer.adminKey)", "/v1/contracts/\(key)"] {
            let answer = try server.client(key: key).get(path)
            XCTAssertGreaterThanOrEqual(answer.status, 400)
            let id = try XCTUnwrap(answer.headers["x-request-id"])
            XCTAssertTrue(answer.text.contains(#""request_id":"\#(id)""#), answer.text)
            // Written when the answer is over, which may be after it is read.
            let found = Patience.value { server.logText.split(separator: "\n").first { $0.contains(#""event":"request""#) && $0.contains(#""request_id":"\#(id)""#) } }
            let line = try XCTUnwrap(found)
            XCTAssertTrue(line.contains(#""client_address":"127.0.0.1""#) && line.contains(#""problem":""#), String(line))
        }
        XCTAssertEqual(try server.client(key: key).get("/v1/receipts").headers["x-request-id"]?.isEmpty, false)
        let secret = String(key.dropFirst(5))
        XCTAssertFalse(server.logText.contains(secret))
        XCTAssertFalse(server.logText.contains(TillServer.adminKey))
    }

    func test_readyz_whileReceiptsAreRefused_saysWhy() throws {
        let server = try TillServer(environment: ["TILL_LIMITS_MIN_FREE": "1024TiB"])
        defer { server.remove() }
        let ready = try server.client(key: nil).get("/readyz")
        XCTAssertEqual(ready.status, 503)
        XCTAssertTrue(ready.text.contains("limits.min_free"), ready.text)
        XCTAssertEqual(try server.client(key: nil).get("/healthz").status, 200)
    }

    /// Seeded raw requests, right ones bent: the server answers or closes, and goes on.
    func test_rawRequests_bentAtRandom_neverEndTheServer() throws {
        let server = try TillServer()
        defer { server.remove() }
        let key = try server.key("shop")
        let seed = SourceSeed.of("Sources/Server")
        var random = SplitMix64(state: seed)
        let numbers = ["9223372036854775807", "-9223372036854775808", "18446744073709551616", "1e400", "-0", "NaN", "0x7f", "٣", ""]
        let body = Receipts.pos("R-1")
        let seeds = [
            "POST /v1/receipts HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer \(key)\r\nContent-Type: application/json\r\nPrefer: wait=#\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)",
            "POST /v1/receipts HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer \(key)\r\nTransfer-Encoding: chunked\r\n\r\n#\r\n{}\r\n0\r\nX: y\r\n\r\n",
            "POST /v1/callbacks/tax HTTP/1.1\r\nHost: x\r\nwebhook-id: a\r\nwebhook-timestamp: #\r\nwebhook-signature: v1,AAAA v1,#\r\nContent-Length: 2\r\n\r\n{}",
            "GET /v1/changes?after=#&limit=#&wait=# HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer \(key)\r\n\r\n",
            "GET /v1/receipts?from=#&to=#-01-01&limit=#&cursor=# HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer \(key)\r\nAccept: */*;q=#\r\nRange: bytes=#-#\r\n\r\n",
            "GET /v1/receipts HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer eyJhbGciOiJSUzI1NiJ9.eyJleHAiOjFlNDAwfQ.AAAA\r\nContent-Length: #\r\n\r\n",
            "POST /v1/sql HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer \(key)\r\nContent-Type: application/json\r\nAccept-Encoding: gzip;q=#\r\nContent-Length: 36\r\n\r\n{\"query\":\"SELECT 1\",\"limit\":#00000000}",
        ]
        for round in 0..<250 {
            var text = seeds[Int(random.next() % UInt64(seeds.count))]
            while let place = text.firstIndex(of: "#") {
                text.replaceSubrange(place...place, with: random.next() % 3 == 0 ? "1" : numbers[Int(random.next() % UInt64(numbers.count))])
            }
            var bytes = Array(text.utf8)
            for _ in 0..<Int(random.next() % 4) {
                let place = Int(random.next() % UInt64(bytes.count))
                switch random.next() % 3 {
                case 0: bytes[place] = UInt8(truncatingIfNeeded: random.next())
                case 1: bytes.remove(at: place)
                default: bytes.insert([10, 13, 0, 58, 32][Int(random.next() % 5)], at: place)
                }
            }
            let client = server.client()
            try client.send(bytes)
            client.finishSending()
            // Whatever the answer: it comes, or the connection ends.
            _ = try? client.answer()
            client.close()
            if !server.isRunning { return XCTFail("seed \(seed), round \(round): \(String(decoding: bytes, as: UTF8.self).debugDescription)") }
        }
        XCTAssertEqual(try server.client(key: nil).get("/healthz").status, 200)
    }
}
