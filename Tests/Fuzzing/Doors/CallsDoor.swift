import ColumnStore
import Foundation
import Documents
import Ingest
import Server
import TestSupport

/// Calls of the API as a whole: any route, with parameters, bodies and credentials that fit or do not, one after another on one connection. No call
/// fails by the server's own fault, each answer is one that the call's description has or a problem, and nobody sees what is another's.
extension Door {
    static let calls = Door(
        name: "calls",
        seeds: { (0..<routes.count * 2).map(seed) },
        fuzz: { bytes in
            var choices = Choices(bytes)
            let store = try ServedStore.shared.get()
            try store.furnish()
            let client = HTTPClient(port: store.listener.port)
            var isAdministered = false
            // Links that were given out, to a file's place: they need no credential.
            var links: [String] = []
            for _ in 0..<1 + choices.below(4) {
                let call = Call(&choices, links)
                isAdministered = isAdministered || (call.isAdministrator && call.route.method != .get)
                let answer: HTTPClient.Answer
                do {
                    answer = try client.call(call.route.method.rawValue, call.target, headers: call.headers, body: call.body)
                } catch {
                    fatalError("\(call.route.method.rawValue) \(call.target): \(error)")
                }
                check(answer, to: call)
                if let url = (try? JSONParser.parse(answer.body))?["url"]?.text, let path = url.range(of: "/v1/") { links.append(String(url[path.lowerBound...])) }
                // Who may see what can have been changed by the administrator before.
                let isForeign = !call.isAdministrator && call.key != ServedStore.keys[0] && !isAdministered
                if isForeign, answer.text.contains(ServedStore.secretOfFirst) { fatalError("\(call.target) shows what is another's") }
            }
        })

    /// Some call of each route, twice.
    private static func seed(_ index: Int) -> [UInt8] {
        var bytes: [UInt8] = [UInt8(index % 3), UInt8(index / 2)]
        for place in 0..<24 { bytes.append(UInt8(truncatingIfNeeded: index * 31 + place * 7)) }
        return bytes
    }

    /// What it finds it says in optimised builds, too, where a precondition has no words.
    private static func check(_ answer: HTTPClient.Answer, to call: Call) {
        let text = "\(call.route.method.rawValue) \(call.target): \(answer.status) \(answer.text.prefix(600))"
        if answer.status == 500 || answer.status >= 510 { fatalError("the server fails: \(text)") }
        guard answer.status >= 400 else { return }
        if answer.headers["content-type"] != "application/problem+json" { fatalError("no problem: \(text)") }
        // An answer to HEAD has no body.
        if call.route.method == .head { return }
        guard let problem = try? JSONParser.parse(answer.body), let type = problem["type"]?.text, type.hasPrefix("/problems/") else { fatalError("no problem: \(text)") }
        if (problem["detail"]?.text ?? "").isEmpty { fatalError("a refusal without a reason: \(text)") }
    }

    /// Those that reach outside of the store are left out.
    fileprivate static let routes = APIRoutes.all.filter { $0.path != "/v1/admin/backup" }
}

/// One call, put together out of choices.
private struct Call {
    let route: Route
    private(set) var target: String
    var headers: [(String, String)] = []
    var body: [UInt8]?
    let key: String?

    var isAdministrator: Bool { key == ServedStore.adminKey }

    init(_ choices: inout Choices, _ links: [String]) {
        route = choices.pick(Door.routes)
        key = choices.pick([ServedStore.adminKey, ServedStore.keys[0], ServedStore.keys[1], nil, "nobody's-key-of-twenty", ServedStore.adminKey])
        var path = ""
        for segment in route.path.split(separator: "/") {
            path += "/" + (segment.hasPrefix("{") ? RequestTarget.encode(choices.pick(Self.names)) : String(segment))
        }
        var parameters: [String] = []
        for parameter in route.operation.parameters where parameter.place == .query && choices.flag() {
            parameters.append("\(parameter.name)=\(RequestTarget.encode(Self.value(of: parameter.name, &choices)))")
        }
        if choices.byte() % 16 == 0 { parameters.append(choices.pick(["x=1", "limit=1", "=", "client=c1&client=c2", "%00=1"])) }
        target = path + (parameters.isEmpty ? "" : "?" + parameters.joined(separator: "&"))
        if route.path.hasSuffix("/file"), let link = links.last, choices.byte() % 4 != 0 { target = link }
        if let key { headers.append(("Authorization", "Bearer \(key)")) }
        if choices.byte() % 4 == 0 || route.path.hasSuffix("/file") { for _ in 0...choices.below(3) { headers.append(choices.pick(Self.fields)) } }
        guard route.body != .none || choices.byte() % 16 == 0 else { return }
        let (type, bytes) = Self.body(route, &choices)
        headers.append(("Content-Type", type))
        body = bytes
    }

    private static let names = [
        "c1", "c2", "R-0", "R-5", "taxed", "pos-receipt", "tax", "k_c1", "01JCX5ZZZZZZZZZZZZZZZZZZZZ", "7ZZZZZZZZZZZZZZZZZZZZZZZZZ", "0", "-1", "9223372036854775807", "a/b", "..", "é",
        "bad-json", "receipts", String(repeating: "x", count: 300), "c1\u{0}", " ",
    ]

    private static func value(of name: String, _ choices: inout Choices) -> String {
        let fitting: [String] =
            switch name {
            case "limit": ["1", "2", "10000"]
            case "after": ["0", "5"]
            // No call waits: an input has its time.
            case "wait": ["0", "-1", "x", "61"]
            case "from", "to", "day": ["2026-11-12", "2026-11-12T00:00:00Z", "0001-01-01", "9999-12-31T23:59:59.999999Z", "-4713-01-01", "2026-02-30"]
            case "client": ["c1", "c2"]
            case "table": ["receipts", "taxed", "receipts_accepted"]
            case "type": ["pos-receipt", "taxed"]
            case "state": ["COMPLETE", "FAILED", "PROCESSING"]
            case "fields": ["*", "total,lines", "document", "history,sequence", ","]
            case "raw": ["0", "1", "true"]
            default: ["x"]
            }
        if choices.byte() % 4 != 0 { return choices.pick(fitting) }
        if choices.flag() { return "\(choices.integer())" }
        return choices.pick(["", "99999999999999999999999999", "1e3", "NaN", "\u{FEFF}1", "c1,c2", "'", String(repeating: "9", count: 400)])
    }

    private static let fields: [(String, String)] = [
        ("Accept", "text/csv"), ("Accept", "application/x-ndjson"), ("Accept", "application/vnd.apache.parquet"), ("Accept", "*/*;q=0"), ("Accept-Encoding", "zstd;q=1, gzip"),
        ("Content-Encoding", "gzip"), ("Prefer", "wait=0"), ("Till-Callback-URL", "http://127.0.0.1:1/"), ("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"),
        ("webhook-id", "1"), ("X-Request-Id", "é"), ("Range", "bytes=0-1"),
        ("Range", "bytes=-9223372036854775808"), ("Range", "bytes=0-0,1-1,9223372036854775807-"), ("If-Range", "\"x\""), ("Idempotency-Key", "once"), ("ce-specversion", "1.0"), ("ce-id", "1"),
        ("Tus-Resumable", "1.0.0"), ("Upload-Offset", "0"), ("Upload-Offset", "9223372036854775807"), ("Upload-Length", "-1"), ("Upload-Checksum", "sha1 AAAA"), ("Upload-Checksum", "crc32 é"),
        ("Content-Encoding", "zstd"), ("X-HTTP-Method-Override", "PATCH"),
    ]

    private static func body(_ route: Route, _ choices: inout Choices) -> (type: String, bytes: [UInt8]) {
        let texts: [String] =
            switch route.path {
            case "/v1/sql": queries
            case "/v1/types/{name}": [LittleStore.tax, LittleStore.tax.replacing("\"version\":1", with: "\"version\":2"), DocumentSeeds.csvType, DocumentSeeds.ruleType, "{\"name\":\"x\"}"]
            case "/v1/contracts/{client_id}": contracts
            case "/v1/receipts": []
            default: CallBodies.texts[route.path] ?? [
                #"{"label":"l","expires_at":"2030-01-01T00:00:00Z"}"#, #"{"before":"2026-11-21"}"#, #"{"before":null}"#, #"{"role":"metrics"}"#, #"{"role":"auditor","label":"é"}"#,
                #"{"ticket_id":"7ZZZZZZZZZZZZZZZZZZZZZZZZZ","outcome":"accepted"}"#,
            ]
            }
        let type = choices.byte() % 8 == 0 ? choices.pick(["text/csv", "application/xml", "application/x-ndjson", "text/plain", ""]) : choices.pick(CallBodies.types[route.path] ?? ["application/json"])
        var bytes: [UInt8]
        if route.path == "/v1/receipts" {
            let kinds = [LittleStore.receipt(choices.below(8)), LittleStore.receipt(choices.below(8), schema: "taxed")] + DocumentSeeds.json + DocumentSeeds.xml + DocumentSeeds.csv
            bytes = choices.pick(kinds)
        } else {
            bytes = Array(choices.pick(texts + ["{}", "[]", "", "null", "{\"x\":1}", "{\"query\":1,\"cursor\":\"AAAA\"}"]).utf8)
        }
        for _ in 0..<(choices.byte() % 4 == 0 ? 1 + choices.below(3) : 0) where !bytes.isEmpty {
            let place = choices.below(1 << 16) % bytes.count
            if choices.flag() { bytes[place] = choices.byte() } else { bytes.replaceSubrange(place..<min(bytes.count, place + choices.below(9)), with: Array("\(choices.integer())".utf8)) }
        }
        return (type, bytes)
    }

    private static let contracts = [
        #"{"access":"read","scope":"own"}"#, #"{"access":"read-write","scope":"all","types":["taxed"],"rate_per_second":0.5}"#,
        #"{"access":"read","scope":"own","valid_from":"-4713-01-01","valid_to":"9999-12-31","rate_per_second":1e308}"#,
        #"{"access":"read-write","scope":"own","webhook":{"url":"https://h/","secret":"whsec_AAAA"},"callback_hosts":["h",":1","[::1]"],"name":""}"#,
    ]

    private static let queries = [
        #"{"query":"SELECT client_id, count(*), sum(total) FROM receipts GROUP BY 1"}"#, #"{"query":"SELECT * FROM receipts r, UNNEST(r.lines) l","limit":2}"#,
        #"{"query":"SELECT document, l.name FROM receipts r LEFT JOIN UNNEST(r.lines) l ON l.name LIKE '%SECRET%' ORDER BY 2 DESC NULLS LAST LIMIT 3","limit":1}"#,
        #"{"query":"SELECT * FROM (SELECT receipt_id, 1/(length(receipt_id)-3) FROM receipts) x WHERE receipt_id = $1","params":["R-0"]}"#,
        #"{"query":"SELECT $1::decimal(38,2), $2::interval, $3","params":["1e-9223372036854775808","-9223372036854775808 days",null],"time_zone":"Europe/Kyiv"}"#,
        #"{"query":"SELECT table_name, column_name FROM information_schema.columns","limit":10000}"#, #"{"query":"EXPLAIN ANALYZE SELECT * FROM receipts WHERE document::varchar LIKE '%SECRET%'"}"#,
        #"{"query":"SELECT g FROM generate_series(1,5) g(g) ORDER BY g LIMIT 9223372036854775807 OFFSET 1","limit":1}"#, #"{"query":"SHOW TABLES"}"#, #"{"query":"DESCRIBE taxed"}"#,
    ]
}
