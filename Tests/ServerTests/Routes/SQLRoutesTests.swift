import ColumnStore
import Documents
import Foundation
import Ingest
import Query
import Server
import Synchronization
import TestSupport
import XCTest

/// Goal: an answer is the same whole, page by page at any page size, and in every form. Method: queries over a small table in memory,
/// walked over HTTP with every page size, against the answer in one page.
final class SQLRoutesTests: XCTestCase {
    /// 60 rows; `kind` has NULLs and many ties, `sequence` is the row key.
    private static func table() -> MemoryTable {
        var client = ColumnBuilder(type: .string), kind = ColumnBuilder(type: .string), total = ColumnBuilder(type: .decimal(precision: 18, scale: 4))
        var sequence = ColumnBuilder(type: .int64), ratio = ColumnBuilder(type: .double)
        for row in 0..<60 {
            client.append(bytes: Array("c\(row % 3)".utf8))
            if row % 7 == 0 { kind.appendNull() } else { kind.append(bytes: Array(["ä", "b", "z"][row % 3].utf8)) }
            total.append(decimal: Int128((row * 7919) % 23) * 2_500)
            sequence.append(integer: Int64(100 + (row * 37) % 60))
            if row % 5 == 0 { ratio.appendNull() } else { ratio.append(double: row % 11 == 0 ? .nan : Double(row % 4) / 3) }
        }
        let columns = [client.finish(), kind.finish(), total.finish(), sequence.finish(), ratio.finish()]
        let schema = Schema([
            Field("client_id", .string), Field("kind", .string), Field("total", .decimal(precision: 18, scale: 4)), Field("sequence", .int64),
            Field("ratio", .double),
        ])
        return MemoryTable(schema: schema, batches: [ColumnBatch(rowCount: 60, columns: columns)])
    }

    /// `limits.body` binds every call, plain and compressed.
    func test_bodyLimit_bindsQuestionsToo() throws {
        let server = try TestServer(limits: { var limits = DoorLimits(); limits.body = 200; return limits }())
        let query = #"{"query":"SELECT 1 -- \#(String(repeating: "x", count: 300))"}"#
        XCTAssertEqual(try server.client().post("/v1/sql", query).status, 413)
        let type = #"{"name":"t","version":1,"note":"\#(String(repeating: "x", count: 300))"}"#
        XCTAssertEqual(try server.client().put("/v1/types/t", type).status, 413)
        XCTAssertNotEqual(try server.client().post("/v1/sql", #"{"query":"SELECT 1"}"#).status, 413)
    }

    /// No type has an empty name: a page of none would say that there are no receipts.
    func test_emptyType_isRefused() throws {
        let server = try TestServer()
        let answer = try server.client().get("/v1/receipts?type=")
        XCTAssertEqual(answer.status, 400, answer.text)
        XCTAssertTrue(answer.text.contains(#""/type""#) && answer.text.contains("bad-parameter"), answer.text)
    }

    private static func server() throws -> TestServer {
        let server = try TestServer()
        let catalog = FixedCatalog([
            (name: "receipts", entry: .table(table(), scope: [])),
            (name: "receipts_accepted", entry: .view(query: "SELECT * FROM receipts WHERE total > 0")),
        ])
        server.engine.state.withLock { $0.catalog = catalog }
        return server
    }

    private func page(_ client: HTTPClient, _ query: String, limit: Int, cursor: String?) throws -> JSONValue {
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("query", query)
        writer.member("limit", limit)
        if let cursor { writer.member("cursor", cursor) }
        writer.endObject()
        let answer = try client.post("/v1/sql", String(decoding: writer.bytes, as: UTF8.self))
        XCTAssertEqual(answer.status, 200, "\(query): \(answer.text)")
        return try JSONParser.parse(answer.body)
    }

    private func rows(_ page: JSONValue) -> [JSONValue] {
        if case .array(let rows)? = page["rows"] { rows } else { [] }
    }

    func test_walk_everyPageSize_givesTheWholeAnswerOnce() throws {
        let server = try Self.server()
        let client = server.client()
        // Each with whether its order is total already: then pages must be in the answer's own order, not only its rows.
        let queries: [(query: String, isOrdered: Bool)] = [
            ("SELECT client_id, kind, total FROM receipts", false),
            ("SELECT sequence, kind FROM receipts ORDER BY kind", false),
            ("SELECT sequence FROM receipts ORDER BY kind DESC NULLS LAST, sequence", true),
            ("SELECT sequence FROM receipts ORDER BY ratio DESC, total, sequence DESC", true),
            ("SELECT kind, total + 1 AS x FROM receipts_accepted WHERE client_id <> 'c1' ORDER BY x DESC", false),
            ("SELECT sequence FROM receipts ORDER BY sequence LIMIT 17 OFFSET 5", true),
            ("SELECT kind FROM receipts ORDER BY total, sequence LIMIT 30", true),
            ("SELECT kind, count(*), sum(total) FROM receipts GROUP BY kind ORDER BY 2, 1", true),
            ("SELECT DISTINCT kind, ratio FROM receipts", false),
            ("SELECT kind FROM receipts UNION ALL SELECT kind FROM receipts ORDER BY 1", true),
            ("SELECT count(*) FROM receipts", true), ("SELECT sequence FROM receipts WHERE false", true), ("SELECT 1 AS a", true),
        ]
        for (query, isOrdered) in queries {
            let whole = rows(try page(client, query, limit: 10_000, cursor: nil))
            for limit in [1, 2, 3, 7, 16, 17, 59, 60] {
                var walked: [JSONValue] = []
                var cursor: String?
                var pageCount = 0
                repeat {
                    let page = try page(client, query, limit: limit, cursor: cursor)
                    XCTAssertLessThanOrEqual(rows(page).count, limit)
                    walked += rows(page)
                    cursor = page["next_cursor"]?.text
                    pageCount += 1
                } while cursor != nil && pageCount < 200
                if isOrdered {
                    XCTAssertEqual(walked, whole, "\(query) by \(limit)")
                } else {
                    let texts = { (rows: [JSONValue]) in rows.map { String(decoding: $0.serialized, as: UTF8.self) }.sorted() }
                    XCTAssertEqual(texts(walked), texts(whole), "\(query) by \(limit)")
                }
            }
        }
    }

    func test_cursor_isBoundToQueryAndKeepsSnapshotAndNow() throws {
        let server = try Self.server()
        let client = server.client()
        let first = try page(client, "SELECT sequence, now() FROM receipts", limit: 10, cursor: nil)
        let cursor = try XCTUnwrap(first["next_cursor"]?.text)
        let second = try page(client, "SELECT sequence, now() FROM receipts", limit: 20, cursor: cursor)
        guard case .array(let firstRow)? = rows(first).first, case .array(let secondRow)? = rows(second).first else { return XCTFail("no rows") }
        XCTAssertEqual(firstRow[1], secondRow[1])
        XCTAssertEqual(server.engine.state.withLock { $0.askedSequences }, [nil, 77])
        for body in [
            #"{"query":"SELECT sequence FROM receipts","cursor":"\#(cursor)"}"#, #"{"query":"SELECT sequence, now() FROM receipts","cursor":"x"}"#,
            #"{"query":"SELECT sequence, now() FROM receipts","params":[1],"cursor":"\#(cursor)"}"#,
            #"{"query":"SELECT sequence, now() FROM receipts","time_zone":"Europe/Kyiv","cursor":"\#(cursor)"}"#,
        ] {
            let answer = try client.post("/v1/sql", body)
            XCTAssertEqual(answer.status, 400, body)
            XCTAssertTrue(answer.text.contains("bad-cursor"), answer.text)
        }
        let other = server.client(key: try server.key("c", .read, .all))
        XCTAssertEqual(try other.post("/v1/sql", #"{"query":"SELECT sequence, now() FROM receipts","cursor":"\#(cursor)"}"#).status, 400)
    }

    func test_forms_linesCSVAndParquet() throws {
        let server = try Self.server()
        let client = server.client()
        let body = #"{"query":"SELECT sequence, kind, total FROM receipts ORDER BY sequence"}"#
        let lines = try client.post("/v1/sql", body, [("Accept", "application/x-ndjson")])
        XCTAssertEqual(lines.headers["content-type"], "application/x-ndjson")
        XCTAssertEqual(lines.text.split(separator: "\n").count, 60)
        XCTAssertTrue(lines.text.hasPrefix(#"{"sequence":100,"kind":null,"total":"0.0000"}"#), lines.text)
        let csv = try client.post("/v1/sql", body, [("Accept", "text/csv"), ("Accept-Encoding", "gzip")])
        XCTAssertEqual(csv.headers["content-encoding"], "gzip")
        let parquet = try client.post("/v1/sql", body, [("Accept", "application/vnd.apache.parquet")])
        XCTAssertEqual(parquet.status, 200)
        let folder = try Project.temporaryFolder()
        defer { try? FileManager.default.removeItem(at: folder) }
        let path = folder.appendingPathComponent("a.parquet")
        try Data(parquet.body).write(to: path)
        XCTAssertEqual(try ParquetFile(try LocalFileBytes(path: path.path)).rowCount, 60)
        XCTAssertEqual(try client.post("/v1/sql", body, [("Accept", "text/html")]).status, 406)
    }

    func test_faults_beforeAndAfterTheFirstByte() throws {
        let server = try Self.server()
        let client = server.client()
        for accept in SQLRoutesTests.forms {
            let answer = try client.post("/v1/sql", #"{"query":"SELECT 1 / 0"}"#, [("Accept", accept)])
            XCTAssertEqual(answer.status, 422, accept)
            XCTAssertTrue(answer.text.contains("/problems/data-error"), answer.text)
        }
        let position = try client.post("/v1/sql", #"{"query":"SELECT 'é', nothing FROM receipts"}"#)
        XCTAssertTrue(position.text.contains(#""position":13"#), position.text)
        // The same codes as at PostgreSQL's door, of the cause where that is known.
        XCTAssertTrue(position.text.contains(#""sqlstate":"42703""#), position.text)
        for (query, state) in [("SELECT 1 / 0", "22012"), ("SELECT FROM WHERE", "42601"), ("SELECT * FROM nosuch", "42P01"), ("SELECT nosuch(1)", "42883")] {
            let answer = try client.post("/v1/sql", #"{"query":"\#(query)"}"#)
            XCTAssertTrue(answer.text.contains(#""sqlstate":"\#(state)""#), query + answer.text)
        }
        // Some hundred thousand rows come before the fault.
        let late = try client.post(
            "/v1/sql", #"{"query":"SELECT 1000000 / (400000 - g) FROM generate_series(1, 500000) AS s(g)"}"#, [("Accept", "application/x-ndjson")])
        XCTAssertEqual(late.status, 200)
        XCTAssertTrue(late.isCut)
        XCTAssertTrue(late.text.split(separator: "\n").last?.hasPrefix(#"{"error":{"type":"/problems/data-error""#) ?? false, String(late.text.suffix(300)))
    }

    /// It may go on for an hour: who loses the key or may see less meanwhile hears no more of it, and who may see as much all of it.
    func test_stream_endsWithTheRightsThatItBeganWith() throws {
        let query = #"{"query":"SELECT g FROM generate_series(1, 500000) AS s(g)"}"#
        let changes: [(slug: String?, change: @Sendable (inout FakeEngine.State) -> Void)] = [
            ("unauthenticated", { $0.keys = [:] }), ("contract-not-valid", { $0.contracts["c"]?.validTo = 1 }), ("role-not-allowed", { $0.contracts["c"]?.scope = .own }),
            (nil, { $0.contracts["c"]?.access = .readWrite }),
        ]
        for (slug, change) in changes {
            let server = try Self.server()
            let client = server.client(key: try server.key("c", .read, .all))
            // It goes out in sixty pieces and more, before each of which is looked; one look is the request's own.
            server.engine.state.withLock { $0.atLookup = (10, change) }
            let answer = try client.post("/v1/sql", query, [("Accept", "application/x-ndjson")])
            XCTAssertEqual(answer.status, 200, String(answer.text.suffix(300)))
            XCTAssertEqual(answer.isCut, slug != nil)
            XCTAssertTrue(answer.text.hasPrefix(#"{"g":1}"#))
            let last = answer.text.split(separator: "\n").last ?? ""
            if let slug { XCTAssertTrue(last.hasPrefix(#"{"error":{"type":"/problems/\#(slug)""#), String(last)) } else { XCTAssertEqual(last, #"{"g":500000}"#) }
        }
    }

    /// What the rows have and the form has not is known with the first of them, and then there is an answer that says so.
    func test_valuesThatTheFormHasNot_areAnErrorOfTheirOwn() throws {
        let client = try Self.server().client()
        for form in ["application/vnd.apache.parquet", "application/vnd.apache.arrow.stream"] {
            for value in ["'infinity'::date", "'-infinity'::timestamptz", "ARRAY['infinity'::date]"] {
                let answer = try client.post("/v1/sql", "{\"query\":\"SELECT \(value)\"}", [("Accept", form)])
                XCTAssertEqual(answer.status, 422, "\(form) \(value)")
                XCTAssertTrue(answer.text.contains("cast it to text"), answer.text)
            }
            XCTAssertEqual(try client.post("/v1/sql", #"{"query":"SELECT 1"}"#, [("Accept", form)]).status, 200)
        }
    }

    private static let forms = ["application/json", "application/x-ndjson", "text/csv", "application/vnd.apache.parquet"]

    func test_streams_leaveAThreadToPages() throws {
        var limits = DoorLimits()
        limits.queryCount = 2
        let server = try TestServer(limits: limits)
        let body = #"{"query":"SELECT count(*) FROM generate_series(1, 100000000000)"}"#
        let streams = Self.forms.dropFirst().map { ($0, server.client()) }
        for (form, client) in streams {
            try client.send(
                Array("POST /v1/sql HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer \(TestServer.adminKey)\r\nAccept: \(form)\r\nContent-Type: application/json\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)".utf8))
        }
        let pool = server.context.queries.pool
        XCTAssertTrue(Patience.until { pool.load == (2, 1) }, "\(pool.load)")
        XCTAssertEqual(try server.client().post("/v1/sql", #"{"query":"SELECT 1"}"#).status, 200)
        XCTAssertEqual(try server.client(key: try server.key("c", .read, .own)).post("/v1/sql", #"{"query":"SELECT 1"}"#).status, 200)
        for (_, client) in streams { client.close() }
        XCTAssertTrue(Patience.until { pool.load == (0, 0) }, "\(pool.load)")
    }

    func test_queries_pastPlacesAndQueue_are429() throws {
        var limits = DoorLimits()
        limits.queryCount = 1
        let server = try TestServer(limits: limits)
        let pool = server.context.queries.pool
        var clients: [HTTPClient] = []
        let body = #"{"query":"SELECT count(*) FROM generate_series(1, 100000000000)"}"#
        // Questions without an end let others in: more come until the queue is full, and it may have room again by then.
        let refusal = try Patience.value(pauseMilliseconds: 50) { () -> HTTPClient.Answer? in
            // Of four places one is not for one owner.
            guard pool.load.waiting == 3 else {
                clients.append(server.client())
                try clients[clients.count - 1].send(
                    Array("POST /v1/sql HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer \(TestServer.adminKey)\r\nContent-Type: application/json\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)".utf8))
                return nil
            }
            let answer = try server.client().post("/v1/sql", #"{"query":"SELECT 1"}"#)
            return answer.status == 200 ? nil : answer
        }
        let refused = try XCTUnwrap(refusal)
        XCTAssertEqual(refused.status, 429)
        XCTAssertTrue(refused.text.contains("too-many-queries"))
        XCTAssertNotNil(refused.headers["retry-after"])
        for client in clients { client.close() }
        XCTAssertTrue(Patience.until { pool.load == (0, 0) }, "\(pool.load)")
        XCTAssertEqual(try server.client().post("/v1/sql", #"{"query":"SELECT 1"}"#).status, 200)
    }
}
