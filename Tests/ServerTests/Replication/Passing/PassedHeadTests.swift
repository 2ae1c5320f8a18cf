import XCTest

@testable import Server

/// Goal: a request goes on to the node that leads as it came, without what two ends of one connection say to each other. Method: heads, as bytes.
final class PassedHeadTests: XCTestCase {
    private struct None: HeaderSource {
        func header(_ name: StaticString) -> String? { nil }
    }

    private func head(_ method: String, _ target: String, _ fields: [(String, String)] = []) throws -> PassedHead {
        let request = Request(method: method, target: RequestTarget(Array(target.utf8)), headers: None())
        return try XCTUnwrap(PassedHead(request, fields: fields.map { (name: $0.0, value: Array($0.1.utf8)) }, node: "b"))
    }

    private func text(_ head: PassedHead, _ count: Int = 0) -> String { String(decoding: head.bytes(bodyByteCount: count), as: UTF8.self) }

    func test_head_keepsFieldsAndTarget_dropsThoseOfTheConnection_andIsMarked() throws {
        let fields = [
            ("Host", "till.example"), ("Authorization", "Bearer k"), ("Connection", "keep-alive, X-Mine"), ("X-Mine", "1"), ("Keep-Alive", "timeout=5"), ("TE", "trailers"),
            ("Transfer-Encoding", "chunked"), ("Content-Length", "7"), ("Expect", "100-continue"), ("Till-Passed", "a"), ("Upgrade", "h2c"), ("Accept", "a"), ("Accept", "b"),
        ]
        XCTAssertEqual(
            text(try head("POST", "/v1/a%2Fb//c?x=%20&y", fields), 12),
            "POST /v1/a%2Fb//c?x=%20&y HTTP/1.1\r\nTill-Passed: b\r\nVia: 1.1 b\r\nHost: till.example\r\nAuthorization: Bearer k\r\nAccept: a\r\nAccept: b\r\nContent-Length: 12\r\n\r\n")
    }

    func test_head_withoutBody_saysSoWhereOneIsUsual() throws {
        XCTAssertTrue(text(try head("POST", "/v1/x")).contains("Content-Length: 0\r\n"))
        XCTAssertFalse(text(try head("GET", "/v1/x")).contains("Content-Length"))
        XCTAssertTrue(text(try head("GET", "http://elsewhere/v1/x?a")).hasPrefix("GET /v1/x?a HTTP/1.1\r\n"))
        XCTAssertNil(PassedHead(Request(method: "FROB", target: RequestTarget(Array("/".utf8)), headers: None()), fields: [], node: "b"))
    }

    /// It was done, its answer was lost, and the next node refuses it for that.
    func test_head_saysWhichRefusalMayBeOfItsOwnSuccess() throws {
        for (method, target, expected) in [
            ("PUT", "/v1/uploads/u/file", true), ("PATCH", "/v1/uploads/u/file", true), ("POST", "/v1/uploads/u/file", true), ("DELETE", "/v1/x", true), ("PUT", "/v1/x", true),
            ("GET", "/v1/x", false), ("GET", "/v1/uploads/u/file", false), ("POST", "/v1/receipts", false), ("POST", "/v1/uploads", false), ("PATCH", "/v1/x", false),
        ] {
            let head = try head(method, target)
            for status in [401, 403, 404, 409, 410, 412] { XCTAssertEqual(head.mayMeetItself(status), expected, "\(method) \(status)") }
            for status in [200, 201, 204, 304, 400, 413, 500, 503] { XCTAssertFalse(head.mayMeetItself(status), "\(method) \(status)") }
            XCTAssertEqual(head.isChange, expected, "\(method) \(target)")
            XCTAssertEqual(head.bringsFile, expected && target.hasSuffix("/file"), "\(method) \(target)")
        }
    }

    func test_head_saysWhatChangesNothing() throws {
        for (method, target, isRead) in [
            ("GET", "/v1/x", true), ("HEAD", "/v1/x", true), ("POST", "/v1/sql", true), ("POST", "/v1/sql?x=1", true), ("POST", "/v1/receipts", false),
            ("PUT", "/v1/sql", false), ("PATCH", "/v1/x", false), ("DELETE", "/v1/x", false), ("POST", "/v1/sql/x", false),
        ] { XCTAssertEqual(try head(method, target).isRead, isRead, "\(method) \(target)") }
    }

    func test_head_saysWhatMayBeSentTwice() throws {
        for (method, target, isRepeatable) in [
            ("GET", "/v1/x", true), ("PUT", "/v1/x", true), ("DELETE", "/v1/x", true), ("POST", "/v1/receipts?client=c", true), ("POST", "/v1/sql", true),
            ("DELETE", "/v1/queues/q/messages", false), ("DELETE", "/v1/queues/q/dead-letters", false), ("DELETE", "/v1/queues/q/dead-letters/7", true), ("DELETE", "/v1/queues/messages", true),
            ("DELETE", "/v1/admin/quarantine", false), ("DELETE", "/v1/admin/dead-letters?type=x", false), ("DELETE", "/v1/admin/quarantine/7", true), ("PUT", "/v1/admin/quarantine", true),
            ("POST", "/v1/queues/q/messages", false), ("PATCH", "/v1/x", false), ("POST", "/v1/receiptsx", false),
        ] { XCTAssertEqual(try head(method, target).isRepeatable, isRepeatable, "\(method) \(target)") }
    }
}
