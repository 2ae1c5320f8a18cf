import Foundation
import TestSupport
import XCTest

/// Goal: from its log a store comes back as it was acknowledged at an instant, whatever ended its server, and nobody writes a log that was taken over.
/// Method: the real binary; random histories of everything that changes, with kills; what was acknowledged is noted with the time.
final class StoreLogTests: XCTestCase {
    private static let licence = """
        {"name":"licence","version":1,"table":"licences","format":"json","on_repeat":"replace","match":{"/schema":"licence/1"},"receipt_id":"/id",
         "columns":{"name":{"path":"/name","type":"VARCHAR"}}}
        """
    private static let machine = #"{"StartAt":"A","States":{"A":{"Type":"Pass","Next":"B"},"B":{"Type":"Wait","Seconds":3600,"End":true}}}"#

    private var folder: URL?

    override func setUpWithError() throws { folder = try Project.temporaryFolder("till-log") }
    override func tearDown() { if let folder { try? FileManager.default.removeItem(at: folder) } }

    private func path(_ name: String) throws -> String { try XCTUnwrap(folder).appendingPathComponent(name).path }

    private func environment(_ url: String, _ changes: [String: String] = [:]) -> [String: String] {
        ["TILL_LOG_URL": url, "TILL_LOG_SEGMENT": "300ms", "TILL_COMPACT_INTERVAL": "1h", "TILL_HOT_DAYS": "0", "TILL_SNAPSHOT_KEEP": "1ms", "TILL_LIMITS_MIN_FREE": "1MiB"].merging(changes) { $1 }
    }

    private static var instant: String {
        let formatter = ISO8601DateFormatter()
        formatter.formatOptions = [.withInternetDateTime, .withFractionalSeconds]
        // Rounded down: no later than now.
        return formatter.string(from: Date(timeIntervalSince1970: (Date().timeIntervalSince1970 * 1_000).rounded(.down) / 1_000))
    }

    /// What a client can see of a store.
    private func state(_ client: HTTPClient) throws -> [String] {
        let receipts = try client.post("/v1/sql", #"{"query":"SELECT count(*), min(receipt_id), max(receipt_id) FROM receipts"}"#)
        let licences = try client.post("/v1/sql", #"{"query":"SELECT receipt_id, name FROM licences ORDER BY receipt_id"}"#)
        func rows(_ answer: HTTPClient.Answer) -> String { answer.text.range(of: #""rows":.*?\]\]"#, options: .regularExpression).map { String(answer.text[$0]) } ?? "\(answer.status)" }
        let queue = try client.get("/v1/queues/q").text
        let counts = queue.range(of: #""counts":\{[^}]*\}"#, options: .regularExpression).map { String(queue[$0]) } ?? queue
        let executions = try client.get("/v1/executions?limit=1000").text.components(separatedBy: #""execution_id":"#).count - 1
        return [rows(receipts), rows(licences), counts, "\(executions) executions", "\(try client.get("/v1/contracts").text.components(separatedBy: #""client_id":"#).count - 1) contracts"]
    }

    private func act(_ client: HTTPClient, _ number: inout Int, _ random: inout SplitMix64) throws {
        number += 1
        switch Int.random(in: 0..<12, using: &random) {
        case 0...3:
            XCTAssertEqual(try client.post("/v1/receipts?client=c1", Receipts.pos("R-\(number)", day: "2026-0\(Int.random(in: 1...9, using: &random))-10")).status, 201)
        case 4, 5:
            let status = try client.post("/v1/receipts?client=c1", #"{"schema":"licence/1","id":"L\#(Int.random(in: 0..<5, using: &random))","name":"n\#(number)"}"#).status
            XCTAssertTrue(status == 200 || status == 201)
        case 6: _ = try client.call("DELETE", "/v1/tables/licences/L\(Int.random(in: 0..<5, using: &random))?client=c1")
        case 7: XCTAssertLessThan(try client.post("/v1/queues/q/messages", #"{"messages":[{"body":\#(number)}]}"#).status, 300)
        case 8: XCTAssertEqual(try client.post("/v1/processes/p/executions", #"{"input":{}}"#).status, 201)
        case 9: XCTAssertEqual(try client.put("/v1/contracts/k\(number)", #"{"access":"read","scope":"own"}"#).status, 201)
        case 10: XCTAssertEqual(try client.post("/v1/admin/compact", "{}").status, 200)
        default:
            let body = (0..<20).map { Receipts.pos("U-\(number)-\($0)", day: "2026-05-10") }.joined(separator: "\n")
            let made = try client.post("/v1/uploads?client=c1", #"{"name":"f.ndjson","type":"pos-receipt","bytes":\#(body.utf8.count)}"#)
            let url = try XCTUnwrap(Receipts.member("url", of: made.text)).replacingOccurrences(of: "\\/", with: "/")
            let target = try XCTUnwrap(URLComponents(string: url))
            XCTAssertEqual(try client.call("PUT", target.path + "?" + (target.percentEncodedQuery ?? ""), body: Array(body.utf8)).status, 201)
        }
    }

    /// - Returns: states with the instants at which nothing was under way.
    private func runHistory(_ server: TillServer, _ environment: [String: String], steps: Int, proves: Bool = true, _ random: inout SplitMix64) throws -> [(instant: String, state: [String])] {
        var points: [(instant: String, state: [String])] = []
        var number = 0
        for _ in 0..<steps {
            try act(server.client(), &number, &random)
            if Int.random(in: 0..<12, using: &random) == 0 {
                server.kill()
                // What the log and its spools make is what the files are.
                if proves {
                    let proof = try TillRun(["verify", "--data", server.data.path], environment: environment)
                    XCTAssertEqual(proof.status, 0, proof.text + proof.error)
                }
                try server.start(environment: environment)
            }
            guard Int.random(in: 0..<4, using: &random) == 0 else { continue }
            // A commit has its time before it can be seen: what an upload goes on with would be of an instant, and in no answer yet.
            XCTAssertTrue(try Patience.until { try !server.client().get("/v1/uploads?limit=1000").text.contains(#""state":"PROCESSING""#) })
            let before = try state(server.client())
            usleep(30_000)
            let instant = Self.instant
            usleep(30_000)
            if try state(server.client()) == before { points.append((instant, before)) }
        }
        return points
    }

    private func figure(_ name: String, _ client: HTTPClient) throws -> Double {
        let line = try client.get("/metrics").text.split(separator: "\n").first { $0.hasPrefix("till_log_\(name) ") }
        return Double(line?.split(separator: " ").last ?? "") ?? -1
    }

    private func waitForCheckpoint(_ client: HTTPClient) throws {
        XCTAssertTrue(try Patience.until { try figure("checkpoints_total", client) >= 1 })
    }

    /// All that was committed by now is at the log's place.
    private func waitForLog(_ client: HTTPClient) throws {
        XCTAssertTrue(try Patience.until { try figure("lag_records", client) == 0 })
    }

    private func prepare(_ server: TillServer) throws {
        _ = try server.key("c1")
        let admin = server.client()
        XCTAssertEqual(try admin.put("/v1/types/licence", Self.licence).status, 201)
        XCTAssertEqual(try admin.put("/v1/queues/q", "{}").status, 201)
        XCTAssertEqual(try admin.put("/v1/processes/p", Self.machine).status, 201)
        // Instants can be restored once there is a checkpoint.
        try waitForCheckpoint(admin)
    }

    func test_randomHistories_withKills_comeBackAsTheyWereAtAnyInstant() throws {
        let rounds = ProcessInfo.processInfo.environment["TILL_CRASH_ROUNDS"].flatMap { UInt64($0) } ?? 1
        for round in 0..<rounds {
            let seed = SourceSeed.of("Sources/ColumnStore", "Sources/Documents", "Sources/Ingest") &+ round
            var random = SplitMix64(state: seed)
            let log = try path("LOG\(seed)")
            let environment = environment("file://\(log)")
            let server = try TillServer(environment: environment)
            defer { server.remove() }
            try prepare(server)
            let points = try runHistory(server, environment, steps: 60, &random)
            if Bool.random(using: &random) {
                server.kill()
                try server.start(environment: environment)
            }
            XCTAssertEqual(server.stop(), 0)
            let proof = try TillRun(["verify", "--data", server.data.path], environment: environment)
            XCTAssertEqual(proof.status, 0, "seed \(seed): \(proof.text)\(proof.error)")
            let placed = try TillRun(["verify", "--log", "file://\(log)"])
            XCTAssertEqual(placed.status, 0, "seed \(seed): \(placed.text)\(placed.error)")
            XCTAssertTrue(placed.text.hasPrefix("the log of the store "), placed.text)
            XCTAssertGreaterThan(points.count, 3, "seed \(seed)")
            for (index, point) in points.shuffled(using: &random).prefix(6).enumerated() {
                let (copy, data) = (try path("LOG\(seed)-\(index)"), try path("DATA\(seed)-\(index)"))
                try FileManager.default.copyItem(atPath: log, toPath: copy)
                let run = try TillRun(["restore", "--from-log", "file://\(copy)", "--to", point.instant, "--data", data], environment: ["TILL_HOT_DAYS": "0"])
                XCTAssertEqual(run.status, 0, "seed \(seed), \(point.instant): \(run.error)")
                let verified = try TillRun(["verify", "--data", data])
                XCTAssertEqual(verified.status, 0, "seed \(seed), \(point.instant): \(verified.text)")
                let again = try TillServer(data: URL(fileURLWithPath: data), environment: self.environment("file://\(copy)"))
                XCTAssertEqual(try state(again.client()), point.state, "seed \(seed), \(point.instant)")
                XCTAssertEqual(again.stop(), 0)
            }
        }
    }

    func test_logInABucketThatFails_isWhole_andNobodyWritesItOnceItWasTakenOver() throws {
        let bucket = BucketDouble()
        defer { bucket.close() }
        // A slash at the end is the same place.
        let environment = environment(
            "s3://receipts/logs/one/",
            [
                "TILL_STORAGE_ENDPOINT": bucket.endpoint, "TILL_STORAGE_REGION": "eu-central-1", "TILL_STORAGE_PATH_STYLE": "true", "TILL_STORAGE_URL": "s3://receipts/warehouse",
                "TILL_STORAGE_CREDENTIALS": #"{"access_key_id":"AKIADOUBLE","secret_access_key":"double/secret+key"}"#,
            ])
        var random = SplitMix64(state: 5)
        let server = try TillServer(environment: environment)
        defer { server.remove() }
        try prepare(server)
        bucket.fail { _ in Int.random(in: 0..<11) == 0 ? [.answer(status: 503, code: "SlowDown"), .drop, .dropAfter, .answerAfter(status: 500, code: "InternalError"), .torn].randomElement() : nil }
        let points = try runHistory(server, environment, steps: 40, proves: false, &random)
        bucket.fail(nil)
        try waitForLog(server.client())
        // Killed, and its machine gone: what is in the bucket is the store.
        let last = try state(server.client())
        try waitForLog(server.client())
        server.kill()
        var elsewhere = environment
        elsewhere["TILL_STORAGE_URL"] = "s3://receipts/restored"
        let data = try path("DATA")
        let run = try TillRun(["restore", "--from-log", "s3://receipts/logs/one", "--data", data], environment: elsewhere)
        XCTAssertEqual(run.status, 0, run.error)
        // The former one does not come back, nor a copy of what was restored once that has begun.
        let former = try TillRun(["serve", "--data", server.data.path, "--listen", "127.0.0.1:0"], environment: environment)
        XCTAssertEqual(former.status, 2, former.error)
        XCTAssertTrue(former.error.contains("epoch 2") && former.error.contains("epoch 1"), former.error)
        let again = try TillServer(data: URL(fileURLWithPath: data), environment: elsewhere)
        XCTAssertEqual(try state(again.client()), last)
        XCTAssertEqual(try again.client().post("/v1/receipts?client=c1", Receipts.pos("NEW", day: "2026-05-10")).status, 201)
        // While it runs, another restore takes the log over: it ends by itself. Its epoch can be restored once it has a checkpoint.
        try waitForCheckpoint(again.client())
        XCTAssertTrue(try Patience.until { try !again.client().get("/readyz").text.contains("no checkpoint") })
        try waitForLog(again.client())
        elsewhere["TILL_STORAGE_URL"] = "s3://receipts/third"
        let third = try TillRun(["restore", "--from-log", "s3://receipts/logs/one", "--data", try path("THIRD")], environment: elsewhere)
        XCTAssertEqual(third.status, 0, third.error)
        XCTAssertTrue(Patience.until { !again.isRunning })
        XCTAssertEqual(again.stop(), 75, again.logText)
        if let point = points.first {
            elsewhere["TILL_STORAGE_URL"] = "s3://receipts/fourth"
            let then = try TillRun(["restore", "--from-log", "s3://receipts/logs/one", "--to", point.instant, "--data", try path("FOURTH")], environment: elsewhere)
            XCTAssertEqual(then.status, 0, then.error)
        }
    }

    func test_instantsOutside_andSegmentsMissingOrDamaged_areRefused_withNothingMade() throws {
        let log = try path("LOG")
        let environment = environment("file://\(log)")
        let server = try TillServer(environment: environment)
        defer { server.remove() }
        try prepare(server)
        for number in 0..<6 {
            XCTAssertEqual(try server.client().post("/v1/receipts?client=c1", Receipts.pos("R-\(number)")).status, 201)
            try waitForLog(server.client())
        }
        XCTAssertEqual(server.stop(), 0)
        func restore(_ place: String, _ arguments: [String] = []) throws -> (TillRun, String) {
            let data = try path("X-\(UInt64.random(in: 0...UInt64.max))")
            let run = try TillRun(["restore", "--from-log", "file://\(place)", "--data", data] + arguments)
            if run.status != 0 { XCTAssertFalse(FileManager.default.fileExists(atPath: data + "/FORMAT"), run.error) }
            return (run, data)
        }
        for instant in ["2020-01-01T00:00:00Z", "2999-01-01T00:00:00Z"] {
            let (run, _) = try restore(log, ["--to", instant])
            XCTAssertEqual(run.status, 1, run.error)
            XCTAssertTrue(run.error.contains(instant.prefix(10)) && run.error.contains("log at"), run.error)
        }
        XCTAssertEqual(try restore(log, ["--to", "yesterday"]).0.status, 2)
        XCTAssertEqual(try restore(try path("nothing")).0.status, 1)
        let files = try FileManager.default.subpathsOfDirectory(atPath: log)
        // What a later checkpoint has in it no restore needs.
        let from = files.filter { $0.hasPrefix("checkpoints/") }.compactMap { Int64($0.split(separator: "-")[1]) }.max() ?? 0
        let segments = files.filter { $0.hasPrefix("log/") && Int64($0.split(separator: "-").last ?? "") ?? 0 > from }.sorted()
        XCTAssertGreaterThan(segments.count, 0)
        for (index, segment) in segments.enumerated() {
            let copy = try path("LOG-\(index)")
            try FileManager.default.copyItem(atPath: log, toPath: copy)
            try FileManager.default.removeItem(atPath: "\(copy)/\(segment)")
            let (missing, _) = try restore(copy)
            XCTAssertEqual(missing.status, 1, missing.error)
            XCTAssertTrue(missing.error.contains("a segment is missing"), missing.error)
            var bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: "\(log)/\(segment)")))
            bytes[bytes.count / 2] ^= 1
            try Data(bytes).write(to: URL(fileURLWithPath: "\(copy)/\(segment)"))
            let (damaged, _) = try restore(copy)
            XCTAssertEqual(damaged.status, 1, damaged.error)
            XCTAssertTrue(damaged.error.contains("is damaged"), damaged.error)
        }
        // Into a directory that has something in it.
        let full = try TillRun(["restore", "--from-log", "file://\(log)", "--data", try XCTUnwrap(folder).path])
        XCTAssertEqual(full.status, 1, full.error)
        // None of that has raised the epoch.
        try server.start(environment: environment)
        XCTAssertEqual(server.stop(), 0)
        // A change past the log is found, and mended by a checkpoint.
        let past = try TillRun(["contract", "put", "other", "--access", "read", "--scope", "own", "--data", server.data.path])
        XCTAssertEqual(past.status, 0, past.error)
        XCTAssertEqual(try TillRun(["verify", "--data", server.data.path], environment: environment).status, 1)
        try server.start(environment: environment)
        try waitForCheckpoint(server.client())
        XCTAssertEqual(server.stop(), 0)
        let mended = try TillRun(["verify", "--data", server.data.path], environment: environment)
        XCTAssertEqual(mended.status, 0, mended.text)
        let (run, data) = try restore(log)
        XCTAssertEqual(run.status, 0, run.error)
        let contracts = try TillRun(["contract", "list", "--data", data])
        XCTAssertTrue(contracts.text.contains("other"), contracts.text)
    }

    func test_settings_thatCannotBe_endTheStart() throws {
        for (changes, words) in [
            (["TILL_LOG_URL": "ftp://x"], "log.url"), (["TILL_LOG_URL": "file:///tmp/a/../b"], "log.url"), (["TILL_LOG_URL": "file:///tmp/x", "TILL_LOG_ACK": "maybe"], "log.ack"),
            (["TILL_LOG_URL": "file:///tmp/x", "TILL_LOG_SEGMENT": "1m"], "log.segment"), (["TILL_LOG_URL": "file://\(try path("IN"))/log"], "lies within the store"),
        ] {
            let run = try TillRun(["serve", "--data", try path("IN"), "--listen", "127.0.0.1:0"], environment: changes)
            XCTAssertEqual(run.status, 2, "\(changes): \(run.error)")
            XCTAssertTrue(run.error.contains(words), "\(changes): \(run.error)")
        }
        // Another store's log.
        let environment = environment("file://\(try path("LOG"))")
        let one = try TillServer(environment: environment)
        defer { one.remove() }
        XCTAssertEqual(one.stop(), 0)
        let other = try TillRun(["serve", "--data", try path("OTHER"), "--listen", "127.0.0.1:0"], environment: environment)
        XCTAssertEqual(other.status, 2, other.error)
        XCTAssertTrue(other.error.contains("has the log of the store"), other.error)
    }
}
