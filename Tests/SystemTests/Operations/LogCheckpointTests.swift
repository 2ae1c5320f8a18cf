import Foundation
import TestSupport
import XCTest

/// Goal: whatever ends a server before its epoch's checkpoint is in the log, the next start makes up for it, and nothing is acknowledged that no restore could
/// give back; nobody but the latest restore's store has the log. Method: the real binary, ended at the very requests that make a checkpoint.
final class LogCheckpointTests: XCTestCase {
    private var folder: URL?

    override func setUpWithError() throws { folder = try Project.temporaryFolder("till-checkpoint") }
    override func tearDown() { if let folder { try? FileManager.default.removeItem(at: folder) } }

    private func path(_ name: String) throws -> String { try XCTUnwrap(folder).appendingPathComponent(name).path }

    private func environment(_ bucket: BucketDouble, ack: String = "sync") -> [String: String] {
        [
            "TILL_LOG_URL": "s3://receipts/log", "TILL_LOG_ACK": ack, "TILL_LOG_SEGMENT": "300ms", "TILL_STORAGE_ENDPOINT": bucket.endpoint, "TILL_STORAGE_REGION": "eu-central-1",
            "TILL_STORAGE_PATH_STYLE": "true", "TILL_STORAGE_CREDENTIALS": #"{"access_key_id":"AKIADOUBLE","secret_access_key":"double/secret+key"}"#, "TILL_LIMITS_MIN_FREE": "1MiB",
        ]
    }

    private func restore(_ name: String, _ environment: [String: String], _ arguments: [String] = []) throws -> (run: TillRun, data: URL) {
        let data = URL(fileURLWithPath: try path(name))
        return (try TillRun(["restore", "--from-log", "s3://receipts/log", "--data", data.path] + arguments, environment: environment), data)
    }

    private func receipts(_ data: URL) throws -> [String] {
        let rows = try TillRun(["sql", "SELECT receipt_id FROM receipts ORDER BY receipt_id", "--data", data.path, "--format", "csv"])
        XCTAssertEqual(rows.status, 0, rows.error)
        return rows.text.split(whereSeparator: \.isNewline).dropFirst().map { $0.trimmingCharacters(in: CharacterSet(charactersIn: "\"\r")) }
    }

    private func figure(_ name: String, _ client: HTTPClient) throws -> Double {
        let line = try client.get("/metrics").text.split(separator: "\n").first { $0.hasPrefix("till_log_\(name) ") }
        return Double(line?.split(separator: " ").last ?? "") ?? -1
    }

    private func checkpointCount(_ bucket: BucketDouble) -> Int { bucket.objects.keys.filter { $0.hasPrefix("log/checkpoints/") }.count }

    /// Starts a server that cannot put what lies below `folder`, and ends it once it has tried.
    private func end(_ data: URL?, at folder: String, kills: Bool, _ bucket: BucketDouble, _ environment: [String: String]) throws -> TillServer {
        let first = bucket.seen.count
        bucket.fail { $0.method == "PUT" && $0.key.hasPrefix("log/\(folder)/") ? .answer(status: 403, code: "AccessDenied") : nil }
        let server = try TillServer(data: data, environment: environment)
        XCTAssertTrue(Patience.until { bucket.seen.dropFirst(first).contains { $0.method == "PUT" && $0.key.hasPrefix("log/\(folder)/") } })
        let ready = try server.client().get("/readyz").text
        XCTAssertTrue(ready.contains("the log has no checkpoint of epoch"), ready)
        if kills { server.kill() } else { XCTAssertEqual(server.stop(), 0, server.logText) }
        bucket.fail(nil)
        return server
    }

    func test_endBeforeTheFirstCheckpoint_isMadeUpForByTheNextStart() throws {
        for (folder, kills) in [("checkpoints", true), ("checkpoints", false), ("base", true), ("base", false)] {
            for isRestored in [false, true] {
                let what = "\(folder), \(kills ? "killed" : "stopped"), \(isRestored ? "restored" : "new")"
                let bucket = BucketDouble()
                defer { bucket.close() }
                let environment = environment(bucket)
                var data: URL?
                var expected: [String] = []
                if isRestored {
                    let former = try TillServer(environment: environment)
                    defer { former.remove() }
                    _ = try former.key("c1")
                    XCTAssertEqual(try former.client().post("/v1/receipts?client=c1", Receipts.pos("A-0")).status, 201)
                    former.kill()
                    let (run, made) = try restore("\(folder)-\(kills)", environment)
                    XCTAssertEqual(run.status, 0, "\(what): \(run.error)")
                    (data, expected) = (made, ["A-0"])
                }
                let before = checkpointCount(bucket)
                let server = try end(data, at: folder, kills: kills, bucket, environment)
                defer { server.remove() }
                XCTAssertEqual(checkpointCount(bucket), before, what)
                try server.start(environment: environment)
                _ = try server.key("c1")
                XCTAssertGreaterThan(checkpointCount(bucket), before, "\(what): the checkpoint comes before answers")
                for number in 1...5 {
                    XCTAssertEqual(try server.client().post("/v1/receipts?client=c1", Receipts.pos("A-\(number)")).status, 201, what)
                    expected.append("A-\(number)")
                }
                XCTAssertTrue(try Patience.until { try !server.client().get("/readyz").text.contains("no checkpoint") }, what)
                server.kill()
                let (run, made) = try restore("\(folder)-\(kills)-\(isRestored)", environment)
                XCTAssertEqual(run.status, 0, "\(what): \(run.error)")
                XCTAssertEqual(try receipts(made), expected, what)
            }
        }
    }

    /// A machine that is lost in the first moments of an epoch: what it wrote is reported, and the epoch before can be had.
    func test_epochWithoutACheckpoint_isNamed_andTheOneBeforeIsRestoredAtAnInstant() throws {
        let bucket = BucketDouble()
        defer { bucket.close() }
        let environment = environment(bucket, ack: "async")
        let first = try TillServer(environment: environment)
        defer { first.remove() }
        _ = try first.key("c1")
        XCTAssertEqual(try first.client().post("/v1/receipts?client=c1", Receipts.pos("A-1")).status, 201)
        XCTAssertTrue(try Patience.until { try figure("checkpoints_total", first.client()) >= 1 && figure("lag_records", first.client()) == 0 })
        XCTAssertEqual(first.stop(), 0)
        let (run, data) = try restore("SECOND", environment)
        XCTAssertEqual(run.status, 0, run.error)
        bucket.fail { $0.method == "PUT" && $0.key.hasPrefix("log/checkpoints/") ? .answer(status: 403, code: "AccessDenied") : nil }
        let second = try TillServer(data: data, environment: environment)
        defer { second.remove() }
        XCTAssertEqual(try second.client().post("/v1/receipts?client=c1", Receipts.pos("B-1")).status, 201)
        XCTAssertTrue(try Patience.until { try figure("lag_records", second.client()) == 0 })
        second.kill()
        bucket.fail(nil)
        let (lost, nothing) = try restore("LOST", environment)
        XCTAssertEqual(lost.status, 1, lost.text + lost.error)
        XCTAssertTrue(lost.error.contains("of epoch 3") && lost.error.contains("has no checkpoint"), lost.error)
        XCTAssertFalse(FileManager.default.fileExists(atPath: nothing.path + "/FORMAT"))
        // As the message says.
        let instant = try XCTUnwrap(lost.error.range(of: "--to [0-9TZ:.-]+", options: .regularExpression).map { String(lost.error[$0].dropFirst(5)) })
        let (then, made) = try restore("THEN", environment, ["--to", instant])
        XCTAssertEqual(then.status, 0, then.error)
        XCTAssertEqual(try receipts(made), ["A-1"])
    }

    /// The machine may be lost again in the first moments of what was restored.
    func test_serverOfARestoredStore_answersOnceItsLogHasACheckpoint() throws {
        let bucket = BucketDouble()
        defer { bucket.close() }
        let environment = environment(bucket, ack: "async")
        let first = try TillServer(environment: environment)
        defer { first.remove() }
        _ = try first.key("c1")
        XCTAssertEqual(try first.client().post("/v1/receipts?client=c1", Receipts.pos("A-1")).status, 201)
        XCTAssertTrue(try Patience.until { try figure("checkpoints_total", first.client()) >= 1 && figure("lag_records", first.client()) == 0 })
        XCTAssertEqual(first.stop(), 0)
        let (run, data) = try restore("SECOND", environment)
        XCTAssertEqual(run.status, 0, run.error)
        let before = checkpointCount(bucket)
        // Some files, one after the other: longer than a start takes.
        bucket.fail { $0.method == "PUT" && $0.key.hasPrefix("log/base/") ? .delay(milliseconds: 400) : nil }
        let second = try TillServer(data: data, environment: environment)
        defer { second.remove() }
        XCTAssertGreaterThan(checkpointCount(bucket), before)
        let ready = try second.client().get("/readyz").text
        XCTAssertFalse(ready.contains("no checkpoint"), ready)
        XCTAssertEqual(try second.client().post("/v1/receipts?client=c1", Receipts.pos("B-1")).status, 201)
        XCTAssertTrue(try Patience.until { try figure("lag_records", second.client()) == 0 })
        second.kill()
        bucket.fail(nil)
        let (again, made) = try restore("THIRD", environment)
        XCTAssertEqual(again.status, 0, again.error)
        XCTAssertEqual(try receipts(made), ["A-1", "B-1"])
    }

    func test_storeOfAnEarlierRestore_isRefused_whetherTheLaterOneHasBegunOrNot() throws {
        let bucket = BucketDouble()
        defer { bucket.close() }
        let environment = environment(bucket)
        let first = try TillServer(environment: environment)
        defer { first.remove() }
        _ = try first.key("c1")
        XCTAssertEqual(first.stop(), 0)
        let (one, former) = try restore("R1", environment)
        XCTAssertEqual(one.status, 0, one.error)
        // Proved before it was ever served.
        XCTAssertEqual(try TillRun(["verify", "--data", former.path], environment: environment).status, 0)
        let (two, latter) = try restore("R2", environment)
        XCTAssertEqual(two.status, 0, two.error)
        func checkRefused(_ epoch: Int) throws {
            let run = try TillRun(["serve", "--data", former.path, "--listen", "127.0.0.1:0"], environment: environment)
            XCTAssertEqual(run.status, 2, run.error)
            XCTAssertTrue(run.error.contains("epoch \(epoch)") && run.error.contains("epoch 2"), run.error)
        }
        try checkRefused(3)
        let server = try TillServer(data: latter, environment: environment)
        defer { server.remove() }
        XCTAssertEqual(try server.client().post("/v1/receipts?client=c1", Receipts.pos("R-1")).status, 201)
        try checkRefused(4)
        XCTAssertEqual(try server.client().post("/v1/receipts?client=c1", Receipts.pos("R-2")).status, 201)
        XCTAssertEqual(server.stop(), 0)
    }

    /// The key lies in a file, which no commit tells: the checkpoint that has it is owed over starts.
    func test_changedAdminKey_whoseCheckpointWasNotMade_isMadeUpForByTheNextStart() throws {
        let bucket = BucketDouble()
        defer { bucket.close() }
        let environment = environment(bucket, ack: "async")
        let server = try TillServer(environment: environment)
        defer { server.remove() }
        XCTAssertTrue(try Patience.until { try figure("checkpoints_total", server.client()) >= 1 && !server.client().get("/readyz").text.contains("no checkpoint") })
        XCTAssertEqual(server.stop(), 0)
        let key = "another-admin-key-of-the-system-tests"
        let changed = environment.merging(["TILL_ADMIN_KEY": key]) { $1 }
        let first = bucket.seen.count
        bucket.fail { $0.method == "PUT" && $0.key.hasPrefix("log/checkpoints/") ? .answer(status: 403, code: "AccessDenied") : nil }
        try server.start(environment: changed)
        XCTAssertTrue(Patience.until { bucket.seen.dropFirst(first).contains { $0.method == "PUT" && $0.key.hasPrefix("log/checkpoints/") } }, "it is not tried")
        server.kill()
        bucket.fail(nil)
        let count = checkpointCount(bucket)
        try server.start(environment: changed)
        XCTAssertTrue(Patience.until { checkpointCount(bucket) > count }, "it is not made up for")
        XCTAssertTrue(Patience.until { (try? String(contentsOf: server.data.appendingPathComponent("log/state"), encoding: .utf8))?.contains("\nwanted 0\n") ?? false })
        server.kill()
        let (run, made) = try restore("KEY", environment)
        XCTAssertEqual(run.status, 0, run.error)
        XCTAssertEqual(try String(contentsOf: made.appendingPathComponent("admin.key"), encoding: .utf8).trimmingCharacters(in: .newlines), key)
    }

    /// A restore that is cut off once its files are whole, and before its epoch is noted, leaves what the log refuses.
    func test_restore_isOfItsEpoch_beforeItIsAStore() throws {
        let bucket = BucketDouble()
        defer { bucket.close() }
        let environment = environment(bucket)
        let server = try TillServer(environment: environment)
        defer { server.remove() }
        _ = try server.key("c1")
        XCTAssertEqual(server.stop(), 0)
        let (data, copy) = (URL(fileURLWithPath: try path("DATA")), URL(fileURLWithPath: try path("COPY")))
        // As it lies there when the head is asked for to be raised.
        bucket.fail { request in
            let isStore = FileManager.default.fileExists(atPath: data.appendingPathComponent("FORMAT").path)
            guard isStore, request.key == "log/head" else { return nil }
            if !FileManager.default.fileExists(atPath: copy.path) { try? FileManager.default.copyItem(at: data, to: copy) }
            return request.method == "PUT" ? .answer(status: 403, code: "AccessDenied") : nil
        }
        XCTAssertEqual(try restore("DATA", environment).run.status, 1)
        XCTAssertFalse(FileManager.default.fileExists(atPath: data.path), "it is taken back")
        bucket.fail(nil)
        XCTAssertTrue(FileManager.default.fileExists(atPath: copy.appendingPathComponent("FORMAT").path), "the restore was not seen")
        let run = try TillRun(["serve", "--data", copy.path, "--listen", "127.0.0.1:0"], environment: environment)
        XCTAssertEqual(run.status, 2, run.error)
        XCTAssertTrue(run.error.contains("epoch 2"), run.error)
    }

    func test_bucketWithoutConditions_takesNoLog() throws {
        let bucket = BucketDouble()
        defer { bucket.close() }
        bucket.keepConditions(false)
        let environment = environment(bucket)
        let data = try path("DATA")
        XCTAssertThrowsError(try TillServer(data: URL(fileURLWithPath: data), environment: environment).kill()) {
            XCTAssertTrue("\($0)".contains("ended with 1") && "\($0)".contains("NoConditions") && "\($0)".contains("s3://receipts/log"), "\($0)")
        }
        XCTAssertFalse(bucket.objects.keys.contains("log/head"), "\(bucket.objects.keys)")
        bucket.keepConditions(true)
        let server = try TillServer(data: URL(fileURLWithPath: data), environment: environment)
        defer { server.remove() }
        _ = try server.key("c1")
        XCTAssertEqual(server.stop(), 0)
    }
}
