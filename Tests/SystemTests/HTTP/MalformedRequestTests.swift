import Foundation
import TestSupport
import XCTest

/// Goal: what is no request, or could be read in two ways, gets a problem like any other error, and hurts nobody. Method: a table of bytes
/// over raw sockets to the real binary, each alone, behind a good request, and in small pieces.
final class MalformedRequestTests: XCTestCase {
    private struct Row {
        let name: String
        let bytes: [UInt8]
        /// nil: a good request, and the answer is its own.
        let slug: String?
        let status: Int
        /// The client's side is closed behind the bytes.
        var endsThere = false

        init(_ name: String, _ text: String, _ status: Int, _ slug: String?, endsThere: Bool = false) {
            // Latin-1, so that any byte can be written.
            (self.name, bytes) = (name, text.unicodeScalars.map { UInt8(truncatingIfNeeded: $0.value) })
            (self.status, self.slug, self.endsThere) = (status, slug, endsThere)
        }

        static func head(_ name: String, _ fields: String, _ status: Int = 400, _ slug: String? = "bad-request") -> Row {
            Row(name, "GET /healthz HTTP/1.1\r\nHost: x\r\n\(fields)\r\n", status, slug)
        }

        static func post(_ name: String, _ fields: String, _ body: String = "", _ status: Int = 400, _ slug: String = "bad-request") -> Row {
            Row(name, "POST /v1/receipts HTTP/1.1\r\nHost: x\r\n\(fields)\r\n\(body)", status, slug)
        }

        static func chunks(_ name: String, _ body: String, _ status: Int = 400, _ slug: String = "bad-request") -> Row {
            post(name, "Authorization: Bearer \(TillServer.adminKey)\r\nTransfer-Encoding: chunked\r\n", body, status, slug)
        }
    }

    private static func many(_ text: String, _ count: Int) -> String { String(repeating: text, count: count) }

    private static let lines: [Row] = [
        Row("no blank", "GARBAGE\r\n\r\n", 400, "bad-request"),
        Row("method alone", "GET\r\n\r\n", 400, "bad-request"),
        Row("binary", String(String.UnicodeScalarView((128...255).compactMap(Unicode.Scalar.init))) + "\r\n\r\n", 400, "bad-request"),
        Row("no method", " /healthz HTTP/1.1\r\nHost: x\r\n\r\n", 400, "bad-request"),
        Row("HTTP/0.9", "GET /healthz\r\n\r\n", 400, "bad-request"),
        Row("lower case version", "GET /healthz http/1.1\r\nHost: x\r\n\r\n", 400, "bad-request"),
        Row("version 0.9", "GET /healthz HTTP/0.9\r\nHost: x\r\n\r\n", 505, "unsupported-version"),
        Row("HTTP/2 preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505, "unsupported-version"),
        Row("tabs for blanks", "GET\t/healthz\tHTTP/1.1\r\nHost: x\r\n\r\n", 400, "bad-request"),
        Row("two blanks", "GET  /healthz HTTP/1.1\r\nHost: x\r\n\r\n", 400, "bad-request"),
        Row("blank in the target", "GET /health z HTTP/1.1\r\nHost: x\r\n\r\n", 400, "bad-request"),
        Row("NUL in the target", "GET /health\u{0}z HTTP/1.1\r\nHost: x\r\n\r\n", 400, "bad-request"),
        Row("NUL in the parameters", "GET /healthz?a\u{0}b HTTP/1.1\r\nHost: x\r\n\r\n", 400, "bad-request"),
        Row("control character in the target", "GET /health\u{7}z HTTP/1.1\r\nHost: x\r\n\r\n", 400, "bad-request"),
        Row("NUL in the method", "G\u{0}ET /healthz HTTP/1.1\r\nHost: x\r\n\r\n", 400, "bad-request"),
        Row("no method's character", "GE(T /healthz HTTP/1.1\r\nHost: x\r\n\r\n", 400, "bad-request"),
        Row("long target", "GET /\(many("a", 100_000)) HTTP/1.1\r\nHost: x\r\n\r\n", 414, "uri-too-long"),
        Row("line without end", many("a", 200_000), 414, "uri-too-long"),
        Row("line that stops", "GET /heal", 400, "bad-request", endsThere: true),
        Row("8-bit target", "GET /health\u{FF} HTTP/1.1\r\nHost: x\r\n\r\n", 404, "not-found"),
        Row("unknown method", "BREW /healthz HTTP/1.1\r\nHost: x\r\n\r\n", 405, "method-not-allowed"),
        Row("percent-encoded slashes", "GET /%68ealthz HTTP/1.1\r\nHost: x\r\n\r\n", 404, "not-found"),
        Row("slash in a parameter", "GET /v1/tickets/a%2Fb HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer \(TillServer.adminKey)\r\n\r\n", 404, "not-found"),
        Row("many parameters", "GET /healthz?\(many("a=b&", 3_000)) HTTP/1.1\r\nHost: x\r\n\r\n", 400, "bad-parameter"),
        Row("asterisk", "OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n", 404, "not-found"),
    ]

    private static let heads: [Row] = [
        Row("no Host", "GET /healthz HTTP/1.1\r\n\r\n", 400, "bad-request"),
        .head("two Hosts", "Host: y\r\n"),
        .head("no colon", "Foo\r\n"),
        .head("no colon, more behind", "Foo\r\nBar: x\r\n"),
        .head("blank before the colon", "Foo : x\r\n"),
        .head("blank in the name", "F oo: x\r\n"),
        .head("no name", ": x\r\n"),
        .head("folded", "Foo: x\r\n  y\r\n"),
        .head("folded first", " Foo: x\r\n"),
        .head("NUL in a value", "Foo: x\u{0}y\r\n"),
        .head("NUL for a value", "Foo: \u{0}\r\n"),
        .head("NUL in a name", "F\u{0}oo: x\r\n"),
        .head("NUL before a name", "\u{0}Foo: x\r\n"),
        .head("control character in a value", "Foo: abcdefgh\u{1}\r\n"),
        .head("delete in a value", "Foo: \u{7F}\r\n"),
        .head("CR in a value", "Foo: x\ry\r\n"),
        .head("8-bit value", "Foo: \u{FF}\u{FE}\r\n", 200, nil),
        .head("tab in a value", "Foo: x\ty\r\n", 200, nil),
        .head("empty value", "Foo:\r\n", 200, nil),
        .head("long value", "Foo: \(many("z", 100_000))\r\n", 431, "head-too-large"),
        .head("large head that fits", "Foo: \(many("z", 30_000))\r\n", 200, nil),
        .head("many fields", many("X-Y: z\r\n", 20_000), 431, "head-too-large"),
        .head("many cookies", "Cookie: \(many("a=b;", 5_000))\r\n", 200, nil),
        Row("bare LFs", "GET /healthz HTTP/1.1\nHost: x\n\n", 400, "bad-request"),
        Row("bare LF behind the line", "GET /healthz HTTP/1.1\nHost: x\r\n\r\n", 400, "bad-request"),
        .head("bare LF behind a field", "Foo: x\nBar: y\r\n"),
        .head("bare CR behind a field", "Foo: x\rBar: y\r\n"),
        Row("bare LF for the empty line", "GET /healthz HTTP/1.1\r\nHost: x\r\n\n", 400, "bad-request"),
        Row("bare CR for the empty line", "GET /healthz HTTP/1.1\r\nHost: x\r\n\r", 400, "bad-request", endsThere: true),
        .head("two credentials", "Authorization: Bearer a\r\nAuthorization: Bearer b\r\n"),
        .head("the same credential twice", "Authorization: Bearer \(TillServer.adminKey)\r\nauthorization: Bearer \(TillServer.adminKey)\r\n"),
        .head("two content types", "Content-Type: application/json\r\nContent-Type: text/csv\r\n"),
        .head("two codings in two fields", "Content-Encoding: gzip\r\nContent-Encoding: identity\r\n"),
        .head("two signatures", "webhook-signature: v1,a\r\nwebhook-signature: v1,b\r\n"),
        .head("two times", "webhook-timestamp: 1\r\nwebhook-timestamp: 2\r\n"),
        .head("two traces", "traceparent: 00-a\r\ntraceparent: 00-b\r\n"),
        .head("lists in two fields", "Accept: text/csv\r\nAccept: application/json\r\n", 200, nil),
        Row("target without a slash", "GET healthz HTTP/1.1\r\nHost: x\r\n\r\n", 400, "bad-request"),
        Row("target of parameters alone", "GET ?a=b HTTP/1.1\r\nHost: x\r\n\r\n", 400, "bad-request"),
        Row("asterisk for another method", "GET * HTTP/1.1\r\nHost: x\r\n\r\n", 400, "bad-request"),
        Row("target of a proxy's tunnel", "GET x:80 HTTP/1.1\r\nHost: x\r\n\r\n", 400, "bad-request"),
        Row("absolute target without a path", "GET http://x HTTP/1.1\r\nHost: x\r\n\r\n", 404, "not-found"),
        Row("absolute target in capitals", "GET HTTP://x/healthz HTTP/1.1\r\nHost: x\r\n\r\n", 200, nil),
        Row("HTTP/1.0 without Host", "GET /healthz HTTP/1.0\r\n\r\n", 200, nil),
        Row("absolute target", "GET http://x/healthz HTTP/1.1\r\nHost: x\r\n\r\n", 200, nil),
        Row("head that stops", "GET /healthz HTTP/1.1\r\nHost:", 400, "bad-request", endsThere: true),
    ]

    private static let bodies: [Row] = [
        .post("length that is no number", "Content-Length: abc\r\n"),
        .post("negative length", "Content-Length: -1\r\n"),
        .post("signed length", "Content-Length: +1\r\n", "x"),
        .post("no length", "Content-Length:\r\n"),
        .post("list of lengths", "Content-Length: 1, 1\r\n", "x"),
        .post("two lengths", "Content-Length: 1\r\nContent-Length: 2\r\n", "xx"),
        .post("the same length twice", "Content-Length: 1\r\ncontent-length: 1\r\n", "x"),
        .post("length of 23 digits", "Content-Length: 99999999999999999999999\r\n", "", 413, "too-large"),
        .post("length of 64 bits", "Content-Length: 18446744073709551615\r\n", "", 413, "too-large"),
        .post("length and chunks", "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"),
        .post("chunks and length", "Transfer-Encoding: chunked\r\nContent-Length: 1\r\n", "0\r\n\r\n"),
        .post("chunks twice", "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"),
        .post("gzip", "Transfer-Encoding: gzip\r\n", "xx", 501, "unsupported-transfer-encoding"),
        .post("gzip, chunked", "Transfer-Encoding: gzip, chunked\r\n", "0\r\n\r\n", 501, "unsupported-transfer-encoding"),
        .post("no encoding's name", "Transfer-Encoding: xchunked\r\n", "0\r\n\r\n", 501, "unsupported-transfer-encoding"),
        .post("identity behind chunked", "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n", "0\r\n\r\n", 501, "unsupported-transfer-encoding"),
        Row("chunks in HTTP/1.0", "POST /v1/receipts HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400, "bad-request"),
        .chunks("chunk size that is none", "zz\r\n"),
        .chunks("negative chunk size", "-1\r\n"),
        .chunks("chunk size of 68 bits", "fffffffffffffffff\r\n"),
        .chunks("bare LF behind a size", "2\n{}\r\n0\r\n\r\n"),
        .chunks("bare CR behind a size", "2\r{}\r\n0\r\n\r\n"),
        .chunks("bare LF behind an extension", "2;a=b\n{}\r\n0\r\n\r\n"),
        .chunks("bare LF behind a chunk", "2\r\n{}\n0\r\n\r\n"),
        .chunks("nothing behind a chunk", "2\r\n{}0\r\n\r\n"),
        .chunks("bare LF behind the last size", "2\r\n{}\r\n0\n\r\n"),
        .chunks("bare LF at the end", "2\r\n{}\r\n0\r\n\n"),
        .chunks("bare LF in a trailer", "2\r\n{}\r\n0\r\nFoo: x\n\r\n"),
        .chunks("bare CR in a trailer", "2\r\n{}\r\n0\r\nFoo: x\rBar: y\r\n\r\n"),
        .chunks("blank behind a size", "2 \r\n{}\r\n0\r\n\r\n"),
        .chunks("size in C's way", "0x2\r\n{}\r\n0\r\n\r\n"),
        .chunks("extension without a size", ";a\r\n{}\r\n0\r\n\r\n"),
        .chunks("control character in an extension", "2;\u{1}\r\n{}\r\n0\r\n\r\n"),
        .chunks("extension, trailer, zeros", "0002;a=\"b\"\r\n{}\r\n00\r\nFoo: x\r\n\r\n", 415, "unsupported-media-type"),
        .chunks("chunk longer than it says", "2\r\nabcd\r\n0\r\n\r\n"),
        .chunks("trailer without colon", "2\r\nab\r\n0\r\nFoo\r\n\r\n"),
        .chunks("long trailer", "2\r\nab\r\n0\r\nFoo: \(many("a", 100_000))\r\n\r\n", 431, "head-too-large"),
        .post("blank behind chunked", "Authorization: Bearer \(TillServer.adminKey)\r\nTransfer-Encoding: chunked \r\n", "2\r\n{}\r\n0\r\n\r\n", 415, "unsupported-media-type"),
        .post("blank behind a length", "Authorization: Bearer \(TillServer.adminKey)\r\nContent-Length: 2 \r\n", "{}", 415, "unsupported-media-type"),
        Row("body that stops", "POST /v1/receipts HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer \(TillServer.adminKey)\r\nContent-Length: 10\r\n\r\nab", 400, "bad-request", endsThere: true),
    ]

    private static let rows = lines + heads + bodies

    private func check(_ answer: HTTPClient.Answer, _ row: Row, _ how: String) {
        let text = String(answer.text.prefix(300))
        XCTAssertEqual(answer.status, row.status, "\(row.name), \(how): \(text)")
        guard let slug = row.slug else { return }
        XCTAssertEqual(answer.headers["content-type"], "application/problem+json", "\(row.name), \(how): \(text)")
        XCTAssertTrue(answer.text.hasPrefix(#"{"type":"/problems/\#(slug)""#), "\(row.name), \(how): \(text)")
        XCTAssertFalse(answer.isCut, "\(row.name), \(how)")
    }

    func test_table_alone_isAnsweredWithAProblem() throws {
        let server = try TillServer()
        defer { server.remove() }
        for row in Self.rows {
            let client = server.client()
            try client.send(row.bytes)
            if row.endsThere { client.finishSending() }
            guard ["bad-request", "uri-too-long", "head-too-large", "unsupported-version"].contains(row.slug) else {
                check(try client.answer(), row, "alone")
                continue
            }
            let (answer, rest) = try client.lastAnswer()
            check(answer, row, "alone")
            XCTAssertEqual(rest, [], "\(row.name): more than one answer")
        }
        XCTAssertEqual(try server.client().get("/healthz").status, 200)
    }

    func test_table_behindAGoodRequest_isAnsweredInItsTurn() throws {
        let server = try TillServer()
        defer { server.remove() }
        let good = Array("GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n".utf8)
        for row in Self.rows where !row.endsThere {
            let client = server.client()
            try client.send(good + good + row.bytes)
            XCTAssertEqual(try client.answer().status, 200, row.name)
            XCTAssertEqual(try client.answer().status, 200, row.name)
            check(try client.answer(), row, "behind others")
        }
    }

    func test_table_inSmallPieces_isAnsweredTheSame() throws {
        let server = try TillServer()
        defer { server.remove() }
        for row in Self.rows where row.bytes.count < 1_000 && !row.endsThere {
            let client = server.client()
            for start in stride(from: 0, to: row.bytes.count, by: 7) {
                try client.send(Array(row.bytes[start..<min(start + 7, row.bytes.count)]))
                usleep(200)
            }
            check(try client.answer(), row, "in pieces")
        }
    }

    /// What a request behind a refused one would be must never be carried out: nobody knows where it begins.
    func test_requestBehindAmbiguousLength_isNotCarriedOut() throws {
        let server = try TillServer()
        defer { server.remove() }
        _ = try server.key("shop")
        let hidden = "PUT /v1/contracts/smuggled HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer \(TillServer.adminKey)\r\nContent-Length: 31\r\n\r\n{\"access\":\"read\",\"scope\":\"own\"}"
        let covers = [
            "Content-Length: 4\r\nContent-Length: \(hidden.utf8.count)\r\n\r\nabcd",
            "Content-Length: \(hidden.utf8.count + 5)\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\nContent-Length: 4\r\n\r\n0\r\n\r\n",
            "Foo: x\u{0}\r\n\r\n", "\u{0}\r\n\r\n", "Foo: x\r\n \r\n\r\n", "Transfer-Encoding: xchunked\r\n\r\n",
        ]
        for cover in covers {
            let client = server.client()
            try client.send(Array("POST /v1/receipts HTTP/1.1\r\nHost: x\r\n\(cover)\(hidden)".utf8))
            let (answer, rest) = try client.lastAnswer()
            XCTAssertGreaterThanOrEqual(answer.status, 400, cover)
            XCTAssertEqual(rest, [], cover)
        }
        XCTAssertEqual(try server.client().get("/v1/contracts/smuggled").status, 404)
    }

    /// What the library would have read as the end of a chunk's line, and another as a part of it, hides no request.
    func test_requestBehindAmbiguousChunk_isNotCarriedOut() throws {
        let server = try TillServer()
        defer { server.remove() }
        let hidden = "PUT /v1/contracts/smuggled HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer \(TillServer.adminKey)\r\nContent-Type: application/json\r\nContent-Length: 31\r\n\r\n{\"access\":\"read\",\"scope\":\"own\"}"
        let covers = ["0\n\n", "0\r\n\n", "0\n\r\n", "2;\nxx\r\n0\r\n\r\n", "0\r\nX: y\n\n", "0\r\r", "1\r\nx\n0\r\n\r\n"]
        for cover in covers {
            let client = server.client()
            let head = "POST /v1/receipts HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer \(TillServer.adminKey)\r\nTransfer-Encoding: chunked\r\n\r\n"
            try client.send(Array((head + cover + hidden).utf8))
            let (answer, rest) = try client.lastAnswer()
            XCTAssertEqual(answer.status, 400, "\(cover.debugDescription): \(answer.text)")
            XCTAssertEqual(rest, [], cover.debugDescription)
        }
        XCTAssertEqual(try server.client().get("/v1/contracts/smuggled").status, 404)
    }

    func test_slowHead_isAnsweredWhenItIsWhole() throws {
        let server = try TillServer()
        defer { server.remove() }
        let client = server.client()
        for byte in "GET /healthz?x=%2F HTTP/1.1\r\nHost: x\r\n\r\n".utf8 {
            try client.send([byte])
            usleep(10_000)
        }
        XCTAssertEqual(try client.answer().status, 400)
        XCTAssertEqual(try client.get("/healthz").status, 200)
    }

    func test_overTLS_theSameProblems() throws {
        let folder = try TestCertificate.write()
        defer { try? FileManager.default.removeItem(at: folder) }
        let files = ["cert.pem", "key.pem"].map { folder.appendingPathComponent($0).path }
        let server = try TillServer(arguments: ["--tls-cert", files[0], "--tls-key", files[1]])
        defer { server.remove() }
        // A line without a method, or without a blank behind one, is what is closed without an answer.
        let rows = Self.rows.filter { $0.bytes.count < 1_000 && $0.slug != nil && !$0.endsThere && $0.bytes.first != 0x20 && $0.bytes.prefix(20).contains(0x20) }
        let texts = rows.map { row in String(String.UnicodeScalarView(row.bytes.map { Unicode.Scalar($0) })) }
        let list = String(decoding: try JSONSerialization.data(withJSONObject: texts), as: UTF8.self)
        let run = try PythonReader.run("SystemTests/Scripts/tls_requests.py", [String(server.port), list])
        XCTAssertEqual(run.exitCode, 0, run.output)
        let answers = try XCTUnwrap(JSONSerialization.jsonObject(with: Data(run.output.utf8)) as? [String])
        XCTAssertEqual(answers.count, rows.count)
        for (row, answer) in zip(rows, answers) {
            XCTAssertTrue(answer.hasPrefix("HTTP/1.1 \(row.status) "), "\(row.name): \(answer)")
            XCTAssertTrue(answer.contains(#"{"type":"/problems/\#(row.slug ?? "")""#), "\(row.name): \(answer)")
        }
    }
}
