import Foundation
import Synchronization
import TestSupport
import XCTest

/// Goal: what operators are given is true of the server that runs. Method: the files of docs/ against /metrics of the real binary; signals.
final class OperationsTests: XCTestCase {
    private func names(in text: String) -> Set<String> {
        let words = text.split { !($0.isLetter || $0.isNumber || $0 == "_") }.map(String.init)
        let metrics = words.filter { ($0.hasPrefix("till_") || $0.hasPrefix("process_")) && $0 != "till_" }
        // A histogram is described by its name, and exported in three parts.
        return Set(metrics.map { $0.hasSuffix("_bucket") ? String($0.dropLast(7)) : $0 })
    }

    func test_dashboardAndAlerts_nameOnlyWhatIsExported() throws {
        let folder = try Project.temporaryFolder("till-operations")
        defer { try? FileManager.default.removeItem(at: folder) }
        let (certificate, key, jwks) = (folder.appendingPathComponent("c.pem").path, folder.appendingPathComponent("k.pem").path, folder.appendingPathComponent("j.json"))
        try TokenKey.openssl(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", key, "-out", certificate, "-days", "2", "-subj", "/CN=t"])
        try Data("{\"keys\":[\(try TokenKey(.p256).jwk(kid: "k"))]}".utf8).write(to: jwks)
        let tax = RegistrarSimulator(name: "tax", secret: "t", manners: [.plain])
        defer { tax.close() }
        var environment = RegistrationTests.environment([(tax, RegistrationTests.fast)])
        environment["TILL_JWT_JWKS"] = jwks.path
        environment["TILL_LOG_URL"] = "file://\(folder.path)/log"
        // A store with something in both tiers and a receipt that was registered, then a server with all that can be configured.
        let server = try TillServer(environment: environment)
        defer { server.remove() }
        let client = server.client()
        XCTAssertEqual(try client.put("/v1/types/sale", RegistrationTests.type(#"[["tax"]]"#)).status, 201)
        _ = try server.key("c1")
        XCTAssertEqual(try client.post("/v1/receipts?client=c1", Receipts.pos("R-1")).status, 201)
        XCTAssertEqual(try client.post("/v1/admin/compact", "{}").status, 200)
        XCTAssertEqual(server.stop(), 0)
        try server.start(arguments: ["--tls-cert", certificate, "--tls-key", key], environment: environment)
        func curl(_ path: String, _ more: [String] = []) throws -> String {
            try Subprocess(
                "/usr/bin/curl", ["-sk", "-H", "Authorization: Bearer \(TillServer.adminKey)", "https://127.0.0.1:\(server.port)\(path)"] + more
            ).text
        }
        let posted = try curl("/v1/receipts?client=c1", ["-d", RegistrationTests.sale("S-1"), "-H", "Content-Type: application/json", "-H", "Prefer: wait=10"])
        XCTAssertEqual(Receipts.member("state", of: posted), "COMPLETE", posted)
        _ = try curl("/v1/sql", ["-d", #"{"query":"SELECT count(*) FROM receipts"}"#, "-H", "Content-Type: application/json"])
        XCTAssertFalse(try curl("/metrics").contains("till_backup_"), "there was none")
        // What the start has still to do may be in its way: `overloaded`.
        var backup = ""
        try Patience.until {
            backup = try curl("/v1/admin/backup", ["-d", #"{"destination":"\#(folder.path)/backup"}"#, "-H", "Content-Type: application/json"])
            return !backup.contains("overloaded")
        }
        // Figures that were just asked for may be given again.
        func saysAge() -> Bool { (try? curl("/metrics").contains("till_backup_age_seconds ")) == true }
        XCTAssertTrue(Patience.until { saysAge() }, backup)
        let exported = Set(
            try curl("/metrics").split(separator: "\n").filter { $0.hasPrefix("# TYPE ") }.compactMap { $0.split(separator: " ").dropFirst(2).first }.map(String.init))
        XCTAssertGreaterThan(exported.count, 40)
        for file in ["docs/alerts.yml", "docs/grafana/till.json"] {
            let text = try String(contentsOf: Project.root.appendingPathComponent(file), encoding: .utf8)
            let named = names(in: text)
            XCTAssertGreaterThan(named.count, 15, file)
            // What members of a pair alone export: `PairArchiveTests` asks them, and `PairStartTests`.
            let ofPairs: Set = ["till_archive_lag_seconds", "till_archive_clock_ahead_seconds", "till_archive_faults", "till_cluster_object_failing"]
            XCTAssertEqual(named.subtracting(exported).subtracting(ofPairs).sorted(), [], "\(file) names what no server exports")
        }
        // Every alert is explained.
        let manual = try String(contentsOf: Project.root.appendingPathComponent("docs/operations.md"), encoding: .utf8)
        let alerts = try String(contentsOf: Project.root.appendingPathComponent("docs/alerts.yml"), encoding: .utf8)
        for line in alerts.split(separator: "\n") where line.contains("- alert: ") {
            let name = String(line.split(separator: " ").last ?? "")
            XCTAssertTrue(manual.contains("`\(name)`"), "docs/operations.md says nothing of \(name)")
        }
        XCTAssertNoThrow(try JSONSerialization.jsonObject(with: Data(contentsOf: Project.root.appendingPathComponent("docs/grafana/till.json"))))
    }

    /// Prometheus's own tool finds no fault with the figures and the rules.
    func test_promtool_figuresAndRules_areClean() throws {
        guard FileManager.default.isExecutableFile(atPath: "/usr/bin/promtool") else {
            if Project.isCI { XCTFail("promtool is missing: script/bootstrap installs the package prometheus") }
            throw XCTSkip("promtool is in the package prometheus")
        }
        let server = try TillServer()
        defer { server.remove() }
        let key = try server.key("shop")
        XCTAssertEqual(try server.client(key: key).post("/v1/receipts", Receipts.pos("R-1")).status, 201)
        _ = try server.client(key: key).post("/v1/sql", #"{"query":"SELECT 1"}"#)
        XCTAssertEqual(try server.client().post("/v1/admin/compact", "{}").status, 200)
        let metrics = try server.client().get("/metrics").text
        for line in [
            #"till_rollup_files{rollup="receipts_by_day",state="covered"} 1"#, #"till_rollup_files{rollup="receipts_by_day",state="waiting"} 0"#,
            #"till_rollup_files{rollup="receipts_by_day",state="left_out"} 0"#, #"till_rollup_rows{rollup="receipts_by_day"} 1"#,
        ] { XCTAssertTrue(metrics.contains("\n\(line)\n"), "\(line): \(metrics)") }
        XCTAssertNotNil(metrics.firstMatch(of: #/\ntill_rollup_bytes\{rollup="receipts_by_day"\} [1-9]/#))
        for name in ["process_open_fds", "process_max_fds", "process_start_time_seconds", "till_quarantine_bytes", "till_request_memory_bytes", "till_connections"] {
            XCTAssertTrue(metrics.contains("\n\(name) "), name)
        }
        let folder = try Project.temporaryFolder()
        defer { try? FileManager.default.removeItem(at: folder) }
        let file = folder.appendingPathComponent("metrics")
        try Data(metrics.utf8).write(to: file)
        for command in ["promtool check metrics < '\(file.path)'", "promtool check rules '\(Project.root.path)/docs/alerts.yml'"] {
            let run = try Subprocess("/bin/sh", ["-c", command])
            XCTAssertEqual(run.status, 0, run.all)
        }
    }

    /// What runs would go on for an hour, and those whom the server calls say nothing as long as it lives: one that ends at all has waited for none of them.
    func test_terminate_withWorkInFlight_waitsForNoneOfItToBeDone() throws {
        let isOver = Mutex(false), calls = Mutex(0)
        let silent = TestHTTPServer { _ in
            calls.withLock { $0 += 1 }
            Patience.until { isOver.withLock { $0 } }
            return .init(status: 503)
        }
        defer { silent.close() }
        defer { isOver.withLock { $0 = true } }
        let environment = [
            "TILL_REGISTRARS": #"{"tax":{"url":"http://127.0.0.1:\#(silent.port)/","secret":"t"}}"#, "TILL_OUTGOING_ALLOW": #"["127.0.0.1"]"#,
            "TILL_LIMITS_QUERY_TIME": "1h", "TILL_LIMITS_STREAM_TIME": "1h",
        ]
        let server = try TillServer(environment: environment)
        defer { server.remove() }
        XCTAssertEqual(try server.client().put("/v1/types/sale", RegistrationTests.type(#"[["tax"]]"#)).status, 201)
        let key = try server.key("c1", more: #","webhook":{"url":"http://127.0.0.1:\#(silent.port)/","secret":"h"}"#)
        for number in 0..<50 { XCTAssertEqual(try server.client(key: key).post("/v1/receipts", RegistrationTests.sale("S-\(number)")).status, 202) }
        let slow = "SELECT count(*) FROM generate_series(1, 10000000) AS a(x), generate_series(1, 10000000) AS b(y) WHERE (x * y) % 7 = 3"
        let requests: [(path: String, body: String?, headers: [(String, String)])] = [
            ("/v1/changes?after=1000000&wait=60", nil, []), ("/v1/sql", #"{"query":"\#(slow)"}"#, []),
            ("/v1/sql", #"{"query":"\#(slow)"}"#, [("Accept", "application/x-ndjson")]), ("/v1/receipts", RegistrationTests.sale("W-1"), [("Prefer", "wait=60")]),
        ]
        let group = DispatchGroup()
        for request in requests {
            let port = server.port
            group.enter()
            Thread.detachNewThread {
                defer { group.leave() }
                let client = HTTPClient(port: port, key: key)
                // How each ends is its own matter; that it ends is this test's.
                if let body = request.body { _ = try? client.post(request.path, body, request.headers) } else { _ = try? client.get(request.path) }
            }
        }
        let client = server.client()
        XCTAssertTrue(try Patience.until { try client.get("/metrics").text.contains("\ntill_queries_running 2\n") })
        XCTAssertTrue(try Patience.until { try server.client(key: key).get("/v1/receipts/W-1").status == 200 })
        XCTAssertTrue(Patience.until { calls.withLock { $0 } > 0 })
        Foundation.kill(server.processID, SIGTERM)
        XCTAssertTrue(Patience.until { !server.isRunning }, server.logText)
        XCTAssertEqual(server.stop(), 0, server.logText)
        isOver.withLock { $0 = true }
        XCTAssertEqual(group.wait(timeout: .now() + Patience.seconds), .success)
        // Nothing taken is lost by it.
        try server.start(environment: environment)
        XCTAssertEqual(try server.client().get("/readyz").status, 200)
        let count = try server.client().post("/v1/sql", #"{"query":"SELECT count(*) FROM receipts WHERE state = 'PROCESSING'"}"#)
        XCTAssertTrue(count.text.contains("[[51]]"), count.text)
    }

    func test_answersOfATrillionRows_pageStreamOrEndAtTheirLimit_andOthersGoOn() throws {
        let server = try TillServer(environment: ["TILL_LIMITS_QUERY_TIME": "4s", "TILL_LIMITS_STREAM_TIME": "3s"])
        defer { server.remove() }
        let key = try server.key("c1")
        let tables = "FROM generate_series(1, 10000) AS a(x), generate_series(1, 10000) AS b(y), generate_series(1, 10000) AS c(z)"
        let all = #"{"query":"SELECT x, y, z \#(tables)"}"#, counted = #"{"query":"SELECT count(*) \#(tables) WHERE (x + y + z) % 7 < 9"}"#
        let sorted = #"{"query":"SELECT x, y, z \#(tables) ORDER BY (x * 7919 + y * 104729 + z) % 1000003"}"#
        let answers = Mutex<[String: HTTPClient.Answer]>([:])
        let group = DispatchGroup()
        let calls = [
            ("page", all, "application/json"), ("stream", all, "application/x-ndjson"), ("counted", counted, "application/json"),
            ("sorted", sorted, "application/json"), ("counted stream", counted, "text/csv"),
        ]
        for (name, body, accept) in calls {
            let port = server.port
            group.enter()
            Thread.detachNewThread {
                defer { group.leave() }
                guard let answer = try? HTTPClient(port: port, key: TillServer.adminKey).post("/v1/sql", body, [("Accept", accept)]) else { return }
                answers.withLock { $0[name] = answer }
            }
        }
        // Meanwhile receipts are taken, read and asked about.
        let client = server.client(key: key)
        var doneBefore = 0
        for number in 0..<40 {
            XCTAssertEqual(try client.post("/v1/receipts", Receipts.pos("R-\(number)")).status, 201)
            let count = try client.post("/v1/sql", #"{"query":"SELECT count(*) FROM receipts"}"#)
            XCTAssertTrue(count.text.contains("[[\(number + 1)]]"), count.text)
            if answers.withLock({ $0["counted"] == nil && $0["sorted"] == nil }) { doneBefore += 1 }
            usleep(50_000)
        }
        XCTAssertGreaterThan(doneBefore, 2, "a receipt and a small question waited for great ones")
        XCTAssertEqual(group.wait(timeout: .now() + Patience.seconds), .success)
        let found = answers.withLock { $0 }
        // A page may have to wait for the order of all rows: then it ends at its limit too.
        let page = try XCTUnwrap(found["page"])
        if page.status == 200 {
            XCTAssertEqual(page.text.components(separatedBy: "],[").count, 10_000)
        } else {
            XCTAssertEqual(page.status, 504)
            XCTAssertTrue(page.text.contains("/problems/query-timeout"), String(page.text.prefix(300)))
        }
        for name in ["counted", "sorted", "counted stream"] {
            let answer = try XCTUnwrap(found[name], name)
            XCTAssertTrue(answer.text.contains("/problems/query-timeout"), "\(name): \(answer.status) \(answer.text.suffix(300))")
        }
        XCTAssertEqual(found["counted"]?.status, 504)
        let stream = try XCTUnwrap(found["stream"])
        XCTAssertEqual(stream.status, 200)
        XCTAssertTrue(stream.isCut)
        let lines = stream.body.split(separator: UInt8(ascii: "\n"))
        XCTAssertGreaterThan(lines.count, 10_000)
        XCTAssertTrue(lines.last.map { String(decoding: $0, as: UTF8.self) }?.contains("/problems/query-timeout") ?? false)
        XCTAssertEqual(try client.get("/readyz").status, 200)
    }

    func test_trace_goesOutWithEveryCall_overARestart() throws {
        let seen = Mutex<[String]>([])
        let isUp = Mutex(false)
        let other = TestHTTPServer { request in
            seen.withLock { $0.append(request.headers["traceparent"] ?? "none") }
            return isUp.withLock { $0 } ? .init(body: #"{"outcome":"accepted"}"#) : .init(status: 503)
        }
        defer { other.close() }
        let environment = [
            "TILL_REGISTRARS": #"{"tax":{"url":"http://127.0.0.1:\#(other.port)/","secret":"t","backoff_min":"50ms","backoff_max":"100ms","max_attempts":1000}}"#,
            "TILL_OUTGOING_ALLOW": #"["127.0.0.1"]"#, "TILL_LOG_LEVEL": "debug",
        ]
        let server = try TillServer(environment: environment)
        defer { server.remove() }
        XCTAssertEqual(try server.client().put("/v1/types/sale", RegistrationTests.type(#"[["tax"]]"#)).status, 201)
        let key = try server.key("c1", more: #","webhook":{"url":"http://127.0.0.1:\#(other.port)/","secret":"h"}"#)
        let trace = "0af7651916cd43dd8448eb211c80319c"
        let posted = try server.client(key: key).post("/v1/receipts", RegistrationTests.sale("S-1"), [("traceparent", "00-\(trace)-b7ad6b7169203331-01")])
        XCTAssertEqual(posted.status, 202, posted.text)
        XCTAssertTrue(Patience.until { seen.withLock { $0.count >= 2 } })
        XCTAssertTrue(Patience.until { server.logText.contains(trace) })
        server.kill()
        isUp.withLock { $0 = true }
        try server.start(environment: environment)
        let ticket = try XCTUnwrap(Receipts.member("ticket_id", of: posted.text))
        try Patience.until { try server.client().get("/v1/tickets/\(ticket)").text.contains(#""state":"COMPLETE""#) }
        Patience.until { seen.withLock { $0.count >= 5 } }
        let all = seen.withLock { $0 }
        XCTAssertGreaterThanOrEqual(all.count, 5, "tries of step and webhook that failed, then the step and both versions")
        for parent in all { XCTAssertTrue(parent.hasPrefix("00-\(trace)-") && parent.hasSuffix("-01") && parent.utf8.count == 55, parent) }
        XCTAssertEqual(Set(all).count, all.count, "each call is a span of its own")
        // One that came without a trace has one of its own, the same in all its calls.
        seen.withLock { $0 = [] }
        let plain = try server.client(key: key).post("/v1/receipts", RegistrationTests.sale("S-2"), [("Prefer", "wait=10")])
        XCTAssertEqual(plain.status, 201, plain.text)
        XCTAssertTrue(Patience.until { seen.withLock { $0.count >= 3 } })
        let own = Set(seen.withLock { $0 }.map { String($0.prefix(35)) })
        XCTAssertEqual(own.count, 1, "\(own)")
        XCTAssertFalse(own.contains("00-\(trace)"))
    }
}
