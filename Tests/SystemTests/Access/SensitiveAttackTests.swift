import Foundation
import TestSupport
import XCTest

/// Goal: who may not see sensitive values finds out nothing of them, by any call. Method: two stores with the same documents but for their sensitive
/// values, one of them unique; valid and refused, of ledgers and versioned tables, hot and cold. Whatever two contracts without the right ask (one of own
/// rows, one of all), every answer must be the same in both stores but for times, and none may hold the value; the log may not, either.
final class SensitiveAttackTests: XCTestCase {
    private static let values = ["987-65-4329", "123-45-6780"]
    private var secret: String { Self.values[0] }

    private static let types = [
        // Every type of the table is sensitive.
        ("person", #"{"name":"person","version":1,"format":"json","table":"people","match":{"/schema":"person/1"},"receipt_id":"/id","issued_at":"/at","time_zone":"UTC","columns":{"name":{"path":"/name","type":"VARCHAR"},"ssn":{"path":"/ssn","type":"VARCHAR","sensitive":true,"bloom":true},"number":{"path":"/number","type":"BIGINT","sensitive":true},"born":{"path":"/born","type":"DATE","sensitive":true},"owners":{"path":"/owners","columns":{"name":{"path":"/name","type":"VARCHAR"},"ssn":{"path":"/ssn","type":"VARCHAR","sensitive":true,"bloom":true}}},"cards":{"path":"/cards","sensitive":true,"columns":{"number":{"path":"/number","type":"VARCHAR"}}}},"schema":{"properties":{"ssn":{"type":"string","pattern":"^[0-9-]+$"}}},"rules":[{"name":"no-x","check":"ssn NOT LIKE '%x'","message":"the number is none"}]}"#),
        // These two share one.
        ("member", #"{"name":"member","version":1,"format":"json","table":"mixed","match":{"/schema":"member/1"},"receipt_id":"/id","issued_at":"/at","time_zone":"UTC","columns":{"name":{"path":"/name","type":"VARCHAR"},"ssn":{"path":"/ssn","type":"VARCHAR","sensitive":true}}}"#),
        ("note", #"{"name":"note","version":1,"format":"json","table":"mixed","match":{"/schema":"note/1"},"receipt_id":"/id","issued_at":"/at","time_zone":"UTC","columns":{"name":{"path":"/name","type":"VARCHAR"}}}"#),
        ("licence", #"{"name":"licence","version":1,"format":"csv","table":"licences","on_repeat":"replace","receipt_id":"id","columns":{"name":{"path":"name","type":"VARCHAR"},"ssn":{"path":"ssn","type":"VARCHAR","sensitive":true},"valid":{"path":"valid","type":"DATE"}}}"#),
    ]

    private var servers: [TillServer] = []
    /// Without the right, of each server: of own rows, and of all.
    private var own: [HTTPClient] = [], all: [HTTPClient] = []
    private var eyes: [HTTPClient] = []

    override func setUpWithError() throws {
        for value in Self.values {
            let server = try TillServer()
            servers.append(server)
            let admin = server.client()
            for (name, type) in Self.types {
                let answer = try admin.put("/v1/types/\(name)", type)
                XCTAssertEqual(answer.status, 201, answer.text)
            }
            own.append(server.client(key: try server.key("own")))
            all.append(server.client(key: try server.key("all", access: "read", scope: "all")))
            eyes.append(server.client(key: try server.key("eyes", access: "read", scope: "all", more: #","sensitive":true"#)))
            try post(value, to: server.client(key: try server.key("own")))
        }
    }

    override func tearDown() { for server in servers { server.remove() } }

    private func post(_ ssn: String, to client: HTTPClient) throws {
        func take(_ path: String, _ body: String, _ status: Int, type: String = "application/json") throws {
            let answer = try client.post(path, body, type: type)
            XCTAssertEqual(answer.status, status, answer.text)
            XCTAssertFalse(answer.text.contains(ssn), answer.text)
        }
        let digits = ssn.replacingOccurrences(of: "-", with: "")
        func person(_ id: String, _ ssn: String, _ more: String = "") -> String {
            #"{"schema":"person/1","id":"\#(id)","at":"2026-11-0\#(id.suffix(1))","name":"n\#(id)","ssn":"\#(ssn)","number":\#(digits),"born":"19\#(digits.prefix(2))-01-01","owners":[{"name":"o","ssn":"\#(ssn)"},{"name":"p"}],"cards":[{"number":"\#(ssn)"}]\#(more)}"#
        }
        for index in 1...6 { try take("/v1/receipts", person("p\(index)", index == 3 ? ssn : "000-00-000\(index)"), 201) }
        try take("/v1/receipts", person("p3", ssn), 200)
        try take("/v1/receipts", person("p3", ssn, #","x":1"#), 409)
        for index in 1...4 {
            try take("/v1/receipts", #"{"schema":"member/1","id":"m\#(index)","at":"2026-11-02","name":"n","ssn":"\#(ssn)"}"#, 201)
            try take("/v1/receipts", #"{"schema":"note/1","id":"t\#(index)","at":"2026-11-02","name":"an open note"}"#, 201)
        }
        for value in ["111-11-1111", ssn, "222-22-2222"] { try take("/v1/receipts?type=licence", "id,name,ssn\nL1,n,\(value)\n", 200, type: "text/csv") }
        // Refused: by conversion, schema, rule; of no type; in an array; not even JSON.
        try take("/v1/receipts", person("q1", ssn).replacingOccurrences(of: "\"number\":\(digits)", with: "\"number\":\"\(ssn)\""), 422)
        try take("/v1/receipts", person("q2", ssn + "x"), 422)
        try take("/v1/receipts", person("q3", ssn).replacingOccurrences(of: "\"born\":\"", with: "\"born\":\"\(ssn)"), 422)
        // In a row whose fields are one place off a value stands under another's name.
        try take("/v1/receipts", person("q5", ssn).replacingOccurrences(of: "\"at\":\"", with: "\"at\":\"\(ssn)"), 422)
        try take("/v1/receipts?type=licence", "id,name,ssn,valid\nL8,n,,\(ssn)\n", 200, type: "text/csv")
        try take("/v1/receipts", #"{"schema":"unknown/1","ssn":"\#(ssn)"}"#, 422)
        try take("/v1/receipts", "[" + person("q4", ssn).replacingOccurrences(of: "\"at\"", with: "\"when\"") + "]", 422)
        try take("/v1/receipts", #"{"ssn":"\#(ssn)","#, 400)
        try take("/v1/receipts?type=licence", "id,name,ssn\n,n,\(ssn)\n", 200, type: "text/csv")
        // Without a header a row's values stand where names should be.
        try take("/v1/receipts?type=licence", "L7,n,\(ssn)\n", 422, type: "text/csv")
    }

    /// Made once: thousands of answers are cleared by each.
    private static let ofItsTime: [(pattern: NSRegularExpression, replacement: String)] = [
        (#""elapsed_ms":[0-9.]+"#, #""elapsed_ms":0"#), (#""request_id":"[^"]*""#, #""request_id":"""#), ("[0-9.]+ ms", "0 ms"), ("[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9:.]+(Z|\\+00)?", "time"),
            ("[0-9A-HJKMNP-TV-Z]{26}", "ticket"), (#""next_cursor":"[^"]*""#, #""next_cursor":"""#), (#""bytes_(read|scanned)":[0-9]+"#, #""bytes":0"#), ("[0-9.]+ (B|KiB|MiB|bytes)", "0 B"),
    ].map { (try! NSRegularExpression(pattern: $0), $1) }  // Safe: constants.

    /// An answer without how long anything took, and without the names that each store makes up.
    private static func timeless(_ text: String) -> String {
        var text = text
        for (pattern, replacement) in ofItsTime {
            text = pattern.stringByReplacingMatches(in: text, range: NSRange(text.startIndex..., in: text), withTemplate: replacement)
        }
        return text
    }

    private func check(_ what: String, _ ask: (HTTPClient) throws -> HTTPClient.Answer, line: UInt = #line) throws {
        for clients in [own, all] {
            let answers = try clients.map(ask)
            for answer in answers {
                // A cursor is bytes in base64.
                let hidden = Data(base64Encoded: Self.padded(answer.text)) ?? Data()
                XCTAssertFalse(Self.holds(answer.body, secret) || Self.holds([UInt8](hidden), secret), "\(what): \(answer.text.prefix(500))", line: line)
            }
            let texts = answers.map { Self.timeless($0.text) }
            if texts[0] == texts[1] { continue }
            let common = texts[0].commonPrefix(with: texts[1])
            XCTFail("\(what): \(texts.map { String($0.dropFirst(common.count).prefix(300)) })", line: line)
        }
    }

    private static func padded(_ text: String) -> String {
        guard let range = text.range(of: #""next_cursor":"[^"]+""#, options: .regularExpression) else { return "" }
        let cursor = text[range].dropFirst(15).dropLast().replacingOccurrences(of: "-", with: "+").replacingOccurrences(of: "_", with: "/")
        return cursor + String(repeating: "=", count: (4 - cursor.count % 4) % 4)
    }

    private static func holds(_ bytes: [UInt8], _ text: String) -> Bool {
        let digits = text.replacingOccurrences(of: "-", with: "")
        return [text, digits].contains { Data(bytes).range(of: Data($0.utf8)) != nil }
    }

    private func sql(_ query: String, _ client: HTTPClient, _ more: String = "") throws -> HTTPClient.Answer {
        let text = String(decoding: try JSONSerialization.data(withJSONObject: [query]), as: UTF8.self).dropFirst().dropLast()
        return try client.post("/v1/sql", #"{"query":\#(text)\#(more)}"#)
    }

    // MARK: SQL

    /// Sensitive texts, by the tables that have them.
    private static let places: [(table: String, values: [String])] = [
        ("people", ["ssn", "number::varchar", "born::varchar", "list_max(owners.ssn)", "list_min(cards.number)", "document", "document_sha256", "history"]),
        ("people_accepted", ["ssn", "list_max(owners.ssn)"]), ("licences", ["ssn", "document"]), ("licences_history", ["ssn", "document_sha256"]), ("mixed", ["ssn"]),
    ]

    /// Each with a value that is there, and must do as with one that is nowhere.
    private static let literalQueries = [
        "SELECT count(*) FROM T WHERE V = 'X'", "SELECT count(*) FROM T WHERE V <> 'X'", "SELECT count(*) FROM T WHERE V LIKE 'X%'", "SELECT count(*) FROM T WHERE V ~ 'X'",
        "SELECT count(*) FROM T WHERE V IS DISTINCT FROM 'X'", "SELECT count(*) FROM T WHERE V BETWEEN 'X' AND 'X'", "SELECT count(*) FROM T WHERE V IN ('X', 'none')",
        "SELECT receipt_id FROM T JOIN (VALUES ('X'), ('none')) v (s) ON V = v.s", "SELECT v.s, (SELECT count(*) FROM T WHERE V = v.s) FROM (VALUES ('X')) v (s)",
        "SELECT count(*) FROM T WHERE V IN (SELECT s FROM (VALUES ('X')) v (s))", "SELECT 1 / (CASE WHEN V = 'X' THEN 0 ELSE 1 END) FROM T", "SELECT position('X' in V) FROM T ORDER BY 1",
        "SELECT count(*) FROM T WHERE NOT (V = 'X') OR receipt_id = 'p3'", "EXPLAIN SELECT count(*) FROM T WHERE V = 'X'", "EXPLAIN ANALYZE SELECT count(*) FROM T WHERE V = 'X'",
        "EXPLAIN ANALYZE SELECT receipt_id FROM T JOIN (VALUES ('X')) v (s) ON V = v.s", "SELECT count(*) FILTER (WHERE V = 'X') FROM T", "SELECT nullif(V, 'X') IS NULL FROM T ORDER BY 1",
    ]

    private static let openQueries = [
        "SELECT V FROM T ORDER BY 1", "SELECT * FROM T ORDER BY sequence", "SELECT min(V), max(V), count(V), count(DISTINCT V), approx_count_distinct(V) FROM T", "SELECT V, count(*) FROM T GROUP BY V",
        "SELECT V::bigint FROM T", "SELECT V::date FROM T", "SELECT V::timestamptz FROM T", "SELECT left(V, 3) || receipt_id FROM T ORDER BY 1", "SELECT sum(length(V)) FROM T",
        "SELECT receipt_id FROM T ORDER BY V DESC, receipt_id LIMIT 2", "SELECT DISTINCT V FROM T", "SELECT string_agg(V, ',') FROM T", "SELECT mode() WITHIN GROUP (ORDER BY V) FROM T",
        "SELECT rank() OVER (ORDER BY V), receipt_id FROM T ORDER BY 2, 1", "SELECT a.receipt_id FROM T a JOIN T b ON a.receipt_id = b.receipt_id WHERE V IS NOT NULL", "SELECT V IS NULL, count(*) FROM T GROUP BY 1",
        "SELECT receipt_id FROM T WHERE V IS NOT NULL", "SELECT receipt_id FROM T WHERE V IS NULL ORDER BY 1", "SELECT coalesce(V, 'none') FROM T ORDER BY 1", "EXPLAIN ANALYZE SELECT V FROM T ORDER BY V LIMIT 1",
        "SELECT 1 / (length(V) - 11) FROM T", "SELECT V FROM T UNION SELECT name FROM T ORDER BY 1", "WITH w AS MATERIALIZED (SELECT V AS v FROM T) SELECT max(v) FROM w", "SELECT count(*) FROM T WHERE V > ''",
    ]

    func test_sql_tellsNothing() throws {
        var count = 0
        for state in ["hot", "cold"] {
            for (table, values) in Self.places {
                for value in values {
                    // In joins of a table with itself.
                    func text(_ query: String, _ literal: String = "") -> String {
                        let isSelfJoin = query.contains("T a JOIN")
                        return query.replacingOccurrences(of: "X", with: literal).replacingOccurrences(
                            of: #"\bV\b"#, with: isSelfJoin ? value.replacingOccurrences(of: #"^(list_...\()?"#, with: "$1b.", options: .regularExpression) : value, options: .regularExpression
                        ).replacingOccurrences(of: #"\bT\b"#, with: table, options: .regularExpression)
                    }
                    for query in Self.openQueries {
                        count += 1
                        let asked = text(query)
                        try check("\(state): \(asked)") { try sql(asked, $0) }
                    }
                    for query in Self.literalQueries {
                        count += 1
                        let asked = text(query, secret), other = text(query, "555-55-5555")
                        for clients in [own, all] {
                            let answers = try clients.map { Self.timeless(try sql(asked, $0).text) }
                            XCTAssertEqual(answers[0], answers[1], "\(state): \(asked)")
                            let nowhere = try sql(other, clients[0]).text.replacingOccurrences(of: "555-55-5555", with: secret)
                            XCTAssertEqual(answers[0], Self.timeless(nowhere), "\(state): \(asked)")
                        }
                    }
                }
            }
            for query in ["SELECT o.name, o.ssn FROM people p, UNNEST(p.owners) AS o ORDER BY 1, 2", "SELECT owners, cards FROM people ORDER BY receipt_id", "SELECT receipt_id, list_count(owners), list_count(cards) FROM people ORDER BY 1",
                "SELECT count(*) FROM people p, UNNEST(p.owners) AS o WHERE o.ssn IS NOT NULL", "DESCRIBE people", "SHOW TABLES", "SELECT * FROM information_schema.columns WHERE table_name = 'people' ORDER BY 1, 2, 3, 4",
            ] { try check("\(state): \(query)") { try sql(query, $0) } }
            for query in ["SELECT ssn, receipt_id FROM people ORDER BY ssn, receipt_id", "SELECT document, ssn FROM licences_history ORDER BY ssn"] {
                try check("\(state): a cursor of \(query)") { try sql(query, $0, #","limit":2"#) }
            }
            try checkSeen()
            for server in servers { XCTAssertEqual(try server.client().post("/v1/admin/compact", "{}").status, 200) }
        }
        XCTAssertGreaterThan(count, 400)
        try checkLogs()
    }

    /// Whoever has the right sees all of it.
    private func checkSeen() throws {
        for (client, value) in [(eyes[0], Self.values[0]), (eyes[1], Self.values[1]), (servers[0].client(), Self.values[0])] {
            for query in ["SELECT ssn FROM people WHERE ssn = '\(value)'", "SELECT list_max(owners.ssn) FROM people WHERE receipt_id = 'p3'", "SELECT cards FROM people WHERE receipt_id = 'p3'", "SELECT ssn FROM licences_history WHERE version = 2", "SELECT ssn FROM mixed WHERE receipt_id = 'm1' AND document IS NOT NULL AND document_sha256 IS NOT NULL"] {
                let answer = try sql(query, client)
                XCTAssertTrue(answer.text.contains(value), "\(query): \(answer.text)")
            }
        }
        // Of the types of a shared table those without sensitive columns stay as they were.
        let open = try all[0].get("/v1/receipts?table=mixed&type=note").text
        XCTAssertTrue(open.contains(#""name":"an open note""#), open)
        let counts = try sql("SELECT count(document), count(*) FROM mixed", all[0]).text
        XCTAssertTrue(counts.contains("[4,8]"), counts)
    }

    private func checkLogs() throws {
        for (server, value) in zip(servers, Self.values) {
            let metrics = try server.client().get("/metrics").body
            XCTAssertFalse(Self.holds(metrics, value))
            // Queries of ours have the first one's in their text.
            if value != secret { XCTAssertFalse(server.logText.contains(value), value) }
        }
    }

    // MARK: Every call

    func test_everyGet_tellsNothing() throws {
        let description = try XCTUnwrap(try JSONSerialization.jsonObject(with: Data(try servers[0].client().get("/openapi.json").body)) as? [String: Any])
        let paths = try XCTUnwrap(description["paths"] as? [String: [String: Any]]).filter { $0.value["get"] != nil }.keys.sorted()
        XCTAssertGreaterThan(paths.count, 20)
        for state in ["hot", "cold"] {
            for path in paths where !path.contains("/healthz") && path != "/v1/overview" && !path.hasPrefix("/metrics") && !path.hasPrefix("/openapi") {
                for suffix in ["", "?table=people", "?table=licences", "?table=licences_history", "?table=people&fields=*", "?table=licences&fields=*", "?table=mixed&fields=*", "?table=people&raw=1", "?table=licences&raw=1", "?client=own", "?state=REFUSED"] {
                    let target = path.replacingOccurrences(of: "{receipt_id}", with: suffix.contains("licences") ? "L1" : suffix.contains("mixed") ? "m1" : "p3")
                        .replacingOccurrences(of: "{name}", with: "person").replacingOccurrences(of: "{client_id}", with: "own").replacingOccurrences(of: #"\{[^}]*\}"#, with: "01KAJ00000000000000000000Z", options: .regularExpression)
                    for accept in ["*/*", "application/json", "text/csv", "application/x-ndjson"] {
                        try check("\(state): \(target + suffix) \(accept)") { try $0.get(target + suffix, [("Accept", accept)]) }
                    }
                }
            }
            for clients in [own, all] {
                for server in clients.indices {
                    let client = clients[server]
                    for target in ["/v1/receipts/p3?table=people&raw=1", "/v1/receipts/L1?table=licences&raw=1", "/v1/receipts/m1?table=mixed&raw=true"] {
                        let answer = try client.get(target)
                        XCTAssertEqual(answer.status, 403, answer.text)
                        XCTAssertTrue(answer.text.contains("/problems/sensitive"), answer.text)
                    }
                    XCTAssertEqual(try client.get("/v1/receipts/p3?table=people", [("Accept", "application/json")]).status, 403)
                    XCTAssertEqual(try client.get("/v1/receipts/L1?table=licences", [("Accept", "text/csv")]).status, 403)
                    let receipt = try client.get("/v1/receipts/p3?table=people").text
                    for member in [#""ssn":null"#, #""number":null"#, #""born":null"#, #""cards":null"#, #""document":null"#, #""document_sha256":null"#, #""name":"np3""#, #""owners":[{"name":"o","ssn":null},{"name":"p","ssn":null}]"#] {
                        XCTAssertTrue(receipt.contains(member), "\(member): \(receipt)")
                    }
                    let versions = try client.get("/v1/receipts/L1/versions?table=licences").text
                    XCTAssertTrue(versions.contains(#""changes":{"ssn":{"from":null,"to":null}}"#), versions)
                    XCTAssertEqual(try client.get("/v1/receipts/t1?table=mixed&raw=1").status, 200)
                    try checkQuarantine(client, Self.values[server])
                }
            }
            XCTAssertEqual(try eyes[0].get("/v1/receipts/p3?table=people&raw=1").status, 200)
            XCTAssertTrue(try eyes[0].get("/v1/receipts/L1/versions?table=licences").text.contains(#""from":"\#(secret)""#))
            for server in servers { XCTAssertEqual(try server.client().post("/v1/admin/compact", "{}").status, 200) }
        }
        for server in servers { XCTAssertFalse(Self.values.contains { server.logText.contains($0) }, server.logText) }
    }

    private func checkQuarantine(_ client: HTTPClient, _ value: String) throws {
        let list = try client.get("/v1/quarantine").text
        XCTAssertFalse(list.contains(value), list)
        XCTAssertTrue(list.contains(#""document":null"#), list)
        let tickets = try XCTUnwrap((try JSONSerialization.jsonObject(with: Data(list.utf8)) as? [String: Any])?["quarantine"] as? [[String: Any]]).compactMap { $0["ticket_id"] as? String }
        XCTAssertEqual(tickets.count, 10, list)
        for ticket in tickets {
            for path in ["/v1/quarantine/\(ticket)", "/v1/tickets/\(ticket)"] {
                let answer = try client.get(path)
                XCTAssertFalse(answer.text.contains(value), answer.text)
                XCTAssertEqual(answer.status, 200, answer.text)
            }
        }
    }

    // MARK: The store of itself, and files

    func test_whatTheStoreKnowsOfItself_tellsNothing() throws {
        for (index, value) in Self.values.enumerated() {
            for client in [own[index], all[index]] {
                for name in ["tickets", "steps", "attempts", "quarantine", "dead_letters", "uploads", "upload_errors", "executions"] {
                    let answer = try client.post("/v1/sql", #"{"query":"SELECT * FROM till.\#(name)"}"#)
                    XCTAssertEqual(answer.status, 200, answer.text)
                    for told in [value, value.replacingOccurrences(of: "-", with: "")] { XCTAssertFalse(answer.text.contains(told), "\(name): \(answer.text)") }
                }
            }
        }
    }

    /// The least and the greatest value of each column stand in the facts of a file, and values that somebody asks for in his question's text.
    func test_factsOfFilesAndQuestions_tellNothing() throws {
        for (index, value) in Self.values.enumerated() {
            let admin = servers[index].client()
            let rollup = #"{"name":"by_ssn","table":"people","group_by":{"ssn":"ssn"},"measures":{"rows":"count(*)"}}"#
            XCTAssertEqual(try admin.put("/v1/rollups/by_ssn", rollup).status, 201)
            XCTAssertEqual(try admin.post("/v1/admin/compact", "{}").status, 200)
            let ready = try Patience.until { try admin.get("/v1/rollups/by_ssn").text.contains(#""state":"ready""#) }
            XCTAssertTrue(ready)
            // Who sent a document knows its values.
            for asker in [eyes[index], own[index]] { XCTAssertEqual(try sql("SELECT count(*) FROM people WHERE ssn = '\(value)'", asker).status, 200) }
            for query in ["SELECT * FROM till.files", "SELECT * FROM till.queries", "SELECT * FROM till.snapshots", "SELECT * FROM till.types", "SELECT * FROM till.audit"] {
                let hidden = try sql(query, all[index])
                XCTAssertEqual(hidden.status, 200, hidden.text)
                XCTAssertFalse(Self.holds(hidden.body, value), "\(query): \(hidden.text)")
            }
            XCTAssertFalse(Self.holds(try all[index].get("/v1/queries").body, value))
            let files = try sql("SELECT bounds FROM till.files WHERE tier = 'cold'", all[index]).text
            XCTAssertTrue(files.contains("receipt_id"), "open columns keep theirs: \(files)")
            XCTAssertFalse(files.contains("document_sha256") && files.contains("ssn"), files)
            XCTAssertTrue(Self.holds(try sql("SELECT bounds FROM till.files WHERE \"table\" = 'people'", eyes[index]).body, value))
            XCTAssertTrue(Self.holds(try sql("SELECT query FROM till.queries", eyes[index]).body, value))
        }
    }

    /// Files cannot be masked: a table with a sensitive column is none for whoever may not see it.
    func test_tablesAsFiles_areForWhoSeesAll() throws {
        XCTAssertEqual(try servers[0].client().post("/v1/admin/compact", "{}").status, 200)
        for client in [own[0], all[0], eyes[0]] { client.check = nil }
        XCTAssertEqual(try own[0].get("/iceberg/v1/namespaces/till/tables").status, 403)
        for (client, status) in [(all[0], 404), (eyes[0], 200)] {
            let list = try client.get("/iceberg/v1/namespaces/till/tables")
            XCTAssertEqual(list.status, 200, list.text)
            for table in ["people", "mixed", "licences", "licences_history"] {
                XCTAssertEqual(list.text.contains("\"\(table)\""), status == 200, "\(table): \(list.text)")
                XCTAssertEqual(try client.get("/iceberg/v1/namespaces/till/tables/\(table)").status, status, table)
            }
        }
    }

    // MARK: Exports

    func test_exports_haveTheRightsOfWhoAsked() throws {
        for (client, isSeen) in [(own[0], false), (all[0], false), (eyes[0], true)] {
            for format in ["ndjson", "csv", "parquet", "xlsx"] {
                for body in [#"{"query":"SELECT * FROM people ORDER BY sequence","format":"\#(format)"}"#, #"{"receipts":{"table":"people","fields":"*"},"format":"\#(format)"}"#] {
                    if body.contains("receipts\":{"), !["ndjson", "csv"].contains(format) { continue }
                    let begun = try client.post("/v1/exports", body)
                    XCTAssertEqual(begun.status, 202, begun.text)
                    let id = Receipts.member("export_id", of: begun.text)
                    var export = ""
                    try Patience.until {
                        export = try client.get("/v1/exports/\(id ?? "")").text
                        return Receipts.member("state", of: export) != "RUNNING"
                    }
                    let url = try XCTUnwrap(Receipts.member("url", of: export), export).replacingOccurrences(of: "\\/", with: "/")
                    var bytes = try servers[0].client(key: nil).get(String(url.dropFirst(servers[0].url.count))).body
                    if format == "xlsx" {
                        let script = "import sys,zipfile,io\nz=zipfile.ZipFile(io.BytesIO(sys.stdin.buffer.read()))\nfor n in z.namelist(): sys.stdout.buffer.write(z.read(n))"
                        bytes = [UInt8](try Subprocess("/usr/bin/env", ["python3", "-c", script], input: Data(bytes)).output)
                    }
                    XCTAssertGreaterThan(bytes.count, 100)
                    if !isSeen || format != "parquet" { XCTAssertEqual(Self.holds(bytes, secret), isSeen, "\(format) \(body)") }
                }
            }
        }
    }
}
