import ColumnStore
import Documents
import Ingest
import Synchronization
import TestSupport
import XCTest

@testable import Server

/// Goal: a contract that could not work is refused when it is made, and the fault named. Method: contracts over HTTP, their members in a table.
final class ContractRoutesTests: XCTestCase {
    func test_callbackHosts_areHosts() throws {
        let server = try TestServer()
        let bad = ["https://shop.example", "shop.example/path", "*.shop.example", "a b", "user@host", "host:port", "..", "a..b", "[::1", "host:99999"]
        let good = ["shop.example", "Shop.Example:8443", "127.0.0.1", "localhost", "[::1]:80"]
        func body(_ hosts: [String]) -> String {
            #"{"access":"read","scope":"own","callback_hosts":[\#(hosts.map { "\"\($0)\"" }.joined(separator: ","))]}"#
        }
        for host in bad {
            let answer = try server.client().put("/v1/contracts/c1", body(["ok.example", host]))
            XCTAssertEqual(answer.status, 422, "\(host): \(answer.text)")
            XCTAssertTrue(answer.text.contains(#""/callback_hosts/1""#), "\(host): \(answer.text)")
        }
        for host in good {
            let status = try server.client().put("/v1/contracts/c1", body([host])).status
            XCTAssertTrue([200, 201].contains(status), "\(host): \(status)")
        }
    }

    /// A URL of other bytes of the same letters leads elsewhere: whoever listens there is not given the secret of before.
    func test_secretThatIsLeftOut_staysWithTheURLOfTheSameBytes() {
        let (composed, apart) = ("https://shop.example/caf\u{E9}", "https://shop.example/cafe\u{301}")
        let previous = Contract.Webhook(url: composed, secret: "s")
        for (url, lacksSecret) in [(composed, false), (apart, true)] {
            var reader = MemberReader(body: .object([.init("webhook", .object([.init("url", .string(url))]))]))
            _ = reader.webhook(previous: previous)
            XCTAssertEqual(reader.faults.contains { $0.pointer == "/webhook/secret" }, lacksSecret, url)
        }
    }

    /// Two administrators at once: a secret that is left out is the one that is there when the contract is put, and one that was replaced does not come back.
    func test_secretThatIsLeftOut_isNotTheOneThatWasReplacedMeanwhile() throws {
        let server = try TestServer()
        func body(_ more: String) -> String { #"{"access":"read","scope":"own","webhook":{"url":"https://shop.example/"\#(more)}}"# }
        XCTAssertEqual(try server.client().put("/v1/contracts/c", body(#","secret":"leaked""#)).status, 201)
        server.engine.state.withLock { state in state.afterContract = { $0.contracts["c"]?.webhook?.secret = "rotated" } }
        XCTAssertEqual(try server.client().put("/v1/contracts/c", body("")).status, 200)
        XCTAssertEqual(server.engine.state.withLock { $0.contracts["c"]?.webhook?.secret }, "rotated")
        XCTAssertEqual(try server.client().put("/v1/contracts/c", body(#","secret":"third""#)).status, 200)
        XCTAssertEqual(server.engine.state.withLock { $0.contracts["c"]?.webhook?.secret }, "third")
    }

    /// Whoever wants to make a contract replaces none by mistake, not even one that came while the call was read.
    func test_putWithIfNoneMatch_makesOnlyWhereNoneIs() throws {
        let server = try TestServer()
        func put(_ condition: String, scope: String = "own") throws -> HTTPClient.Answer {
            try server.client().call(
                "PUT", "/v1/contracts/c", headers: [("Content-Type", "application/json"), ("If-None-Match", condition)], body: Array(#"{"access":"read","scope":"\#(scope)"}"#.utf8))
        }
        func check(_ answer: HTTPClient.Answer, line: UInt = #line) {
            XCTAssertEqual(answer.status, 412, answer.text, line: line)
            XCTAssertTrue(answer.text.contains("/problems/already-exists") && answer.text.contains(#""status":412"#), answer.text, line: line)
            XCTAssertEqual(server.engine.state.withLock { $0.contracts["c"]?.scope }, .own, "nothing was changed", line: line)
        }
        XCTAssertEqual(try put("*").status, 201)
        check(try put("*", scope: "all"))
        check(try put(" * ", scope: "all"))
        // Contracts have no ETag, so none is the one that is named.
        XCTAssertEqual(try put(#""of-another""#).status, 200)
        server.engine.state.withLock { state in
            let there = state.contracts.removeValue(forKey: "c")
            state.afterContract = { $0.contracts["c"] = there }
        }
        check(try put("*", scope: "all"))
    }

    func test_contract_everyFaultIsNamed() throws {
        let admin = try TestServer().client()
        let table: [(body: String, status: Int, slug: String, pointers: [String])] = [
            (#"{}"#, 422, "invalid-contract", ["/access", "/scope"]),
            (#"{"access":"write","scope":"some"}"#, 422, "invalid-contract", ["/access", "/scope"]),
            (#"{"access":"read","scope":"own","types":["a",1]}"#, 422, "invalid-contract", ["/types/1"]),
            (#"{"access":"read","scope":"own","types":["a\nb"],"callback_hosts":["a.example\nb.example"]}"#, 422, "invalid-contract", ["/types/0", "/callback_hosts/0"]),
            (#"{"access":"read","scope":"own","subscriptions":[{"types":["a\u0001"],"roles":["b\n"]}]}"#, 422, "invalid-contract", ["/subscriptions/0/types/0", "/subscriptions/0/roles/0"]),
            (#"{"access":"read","scope":"own","valid_from":"yesterday"}"#, 422, "invalid-contract", ["/valid_from"]),
            (#"{"access":"read","scope":"own","valid_from":"2026-01-02","valid_to":"2026-01-01"}"#, 422, "invalid-contract", ["/valid_to"]),
            (#"{"access":"read","scope":"own","rate_per_second":0}"#, 422, "invalid-contract", ["/rate_per_second"]),
            (#"{"access":"read","scope":"own","webhook":{"url":"ftp://x"}}"#, 422, "invalid-contract", ["/webhook/url", "/webhook/secret"]),
            (#"{"access":"read","scope":"own","webhook":{"url":"https://me:word@shop.example/","secret":"s"}}"#, 422, "invalid-contract", ["/webhook/url"]),
            (#"{"access":"read","scope":"own","webhook":{"url":"https://","secret":"whsec_no base64"}}"#, 422, "invalid-contract", ["/webhook/url", "/webhook/secret"]),
            (#"{"access":"read","scope":"own","webhook":{"url":"https://shop.example/","secret":5}}"#, 422, "invalid-contract", ["/webhook/secret"]),
            (#"{"access":"read","scope":"own","colour":"red"}"#, 400, "bad-parameter", ["/colour"]),
            (#"{"access":"read","access":"read","scope":"own"}"#, 400, "bad-json", []),
            (#"[]"#, 400, "bad-parameter", []), ("", 400, "bad-json", []),
        ]
        for row in table {
            let answer = try admin.put("/v1/contracts/c", row.body)
            XCTAssertEqual(answer.status, row.status, row.body)
            XCTAssertTrue(answer.text.contains("/problems/\(row.slug)"), "\(row.body): \(answer.text)")
            for pointer in row.pointers { XCTAssertTrue(answer.text.contains(#""pointer":"\#(pointer)""#), "\(row.body): \(answer.text)") }
        }
        XCTAssertEqual(try admin.put("/v1/contracts/kept", #"{"access":"read","scope":"own","webhook":{"url":"https://shop.example/","secret":"s"}}"#).status, 201)
        XCTAssertEqual(try admin.put("/v1/contracts/kept", #"{"access":"read","scope":"own","webhook":{"url":"https://shop.example/","secret":true}}"#).status, 422, "what is no secret is not passed over for the stored one")
        let whole = try admin.put("/v1/contracts/c", #"{"access":"read-write","scope":"all","valid_from":"2026-01-01","types":null}"#)
        XCTAssertEqual(whole.status, 201)
        XCTAssertTrue(whole.text.contains(#""valid_from":"2026-01-01T00:00:00.000000Z""#), whole.text)
        XCTAssertEqual(try admin.get("/v1/contracts/c").text, whole.text)
        XCTAssertEqual(try admin.put("/v1/contracts/" + String(repeating: "x", count: 201), #"{"access":"read","scope":"own"}"#).status, 400)
        XCTAssertEqual(try admin.put("/v1/contracts/a%0Ab", #"{"access":"read","scope":"own"}"#).status, 400)
    }

    /// What is asked for before the text is made is no less than the text.
    func test_text_takesNoMoreThanIsAskedFor() throws {
        let text = String(repeating: "\u{1}", count: 10_000)
        let names = Contract.Uses.Names.some([text, "", text])
        let term = Contract.Subscription(from: -1, to: 1 << 52, access: .readWrite, scope: .all, types: [text], seesSensitive: true, roles: [text, text], plan: text)
        let full = Contract(
            clientID: text, name: text, access: .readWrite, scope: .all, types: [text], seesSensitive: true, validFrom: -1, validTo: 1 << 52, ratePerSecond: 1.0 / 3,
            webhook: .init(url: text, secret: text), callbackHosts: [text, ""], uses: .init(queues: names, topics: names, processes: names), digest: .init("15m"),
            subscriptions: [term, term])
        for contract in [full, Contract(clientID: "c", access: .read, scope: .own), Contract(clientID: "c", access: .read, scope: .own, uses: .all)] {
            let body = ContractBody(contract: contract)
            XCTAssertLessThanOrEqual(body.json().count, body.byteCountMax)
        }
    }

    /// A page of long contracts ends before its limit, and all come in the end.
    func test_list_endsAtItsBytes() throws {
        let server = try TestServer()
        let name = String(repeating: "x", count: 1_000_000)
        for number in 0..<8 { _ = try server.key("c\(number)", .read, .own) { $0.name = name } }
        var (seen, pages, cursor) = ([String](), 0, String?.none)
        repeat {
            let page = try server.client().get("/v1/contracts" + (cursor.map { "?cursor=\($0)" } ?? ""))
            XCTAssertEqual(page.status, 200)
            XCTAssertLessThan(page.body.count, 4_000_000)
            let body = try JSONParser.parse(page.body)
            seen += (body["contracts"]?.array ?? []).compactMap { $0["client_id"]?.text }
            (pages, cursor) = (pages + 1, body["next_cursor"]?.text)
        } while cursor != nil && pages < 20
        XCTAssertEqual(seen, (0..<8).map { "c\($0)" })
        XCTAssertGreaterThan(pages, 1)
    }
}
