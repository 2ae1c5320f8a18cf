import Foundation
import TestSupport
import XCTest

/// Goal: what a pair acknowledged can be restored elsewhere, to an instant and to the end, when both of its machines and what they had are gone. Method: real processes that are killed while
/// clients post, directories that are deleted, records that go behind checkpoints, cold tables in a bucket, and a place that gives no answer for a while.
final class PairArchiveTests: XCTestCase {
    private var folder: URL?

    override func setUpWithError() throws { folder = try Project.temporaryFolder("till-archive") }
    override func tearDown() { if let folder { try? FileManager.default.removeItem(at: folder) } }

    private func path(_ name: String) throws -> String { try XCTUnwrap(folder).appendingPathComponent(name).path }

    private func figure(_ name: String, _ node: Pair.Node) -> Double? {
        guard let text = try? node.client.get("/metrics").text, let line = text.split(separator: "\n").first(where: { $0.hasPrefix("till_archive_\(name) ") }) else { return nil }
        return line.split(separator: " ").last.flatMap { Double($0) }
    }

    /// Until all that counts by now is archived, by whoever leads.
    private func waitForArchive(_ pair: Pair) throws {
        let isThere = Patience.until(pauseMilliseconds: 50) {
            pair.revive()
            return pair.nodes.contains { $0.ready?.status == 200 && figure("lag_records", $0) == 0 && (figure("segments_total", $0) ?? 0) > 0 }
        }
        XCTAssertTrue(isThere, pair.nodes.map { "\($0.name): \($0.ready?.text ?? "")\n\($0.logText.suffix(2_000))" }.joined(separator: "\n"))
    }

    /// An instant between what was answered by now and what is sent from now on.
    private func instant() -> String {
        let time = Date().timeIntervalSince1970
        let formatter = ISO8601DateFormatter()
        let microseconds = Int64(time * 1e6)
        let fraction = String(microseconds % 1_000_000)
        return formatter.string(from: Date(timeIntervalSince1970: Double(microseconds / 1_000_000))).dropLast() + "." + String(repeating: "0", count: 6 - fraction.count) + fraction + "Z"
    }

    private func restore(_ url: String, as name: String, _ arguments: [String] = [], environment: [String: String] = [:]) throws -> (run: TillRun, data: String) {
        let data = try path(name)
        return (try TillRun(["restore", "--from-log", url, "--data", data] + arguments, environment: environment), data)
    }

    private func receipts(_ server: TillServer) throws -> Set<String> {
        let answer = try server.client().post("/v1/sql", #"{"query":"SELECT string_agg(receipt_id, ' ') FROM receipts"}"#)
        XCTAssertEqual(answer.status, 200, answer.text)
        let found = answer.text.matches(of: #/([A-Z]+-[0-9]+-[0-9]+)/#).map { String($0.1) }
        XCTAssertEqual(Set(found).count, found.count, "one is there twice")
        return Set(found)
    }

    /// Serves what was restored.
    private func check(_ restored: (run: TillRun, data: String), has acknowledged: [String], without prefix: String? = nil, environment: [String: String] = [:]) throws {
        XCTAssertEqual(restored.run.status, 0, restored.run.error)
        XCTAssertTrue(restored.run.text.contains("commits of the archive of a pair"), restored.run.text)
        for name in ["cluster", "MEMBER"] { XCTAssertFalse(FileManager.default.fileExists(atPath: "\(restored.data)/\(name)"), name) }
        let proof = try TillRun(["verify", "--data", restored.data, "--full"], environment: environment)
        XCTAssertEqual(proof.status, 0, "\(proof.text)\(proof.error)")
        let server = try TillServer(data: URL(fileURLWithPath: restored.data), environment: environment.merging(["TILL_LIMITS_MIN_FREE": "1MiB"]) { $1 })
        defer { server.kill() }
        let found = try receipts(server)
        XCTAssertEqual(acknowledged.filter { !found.contains($0) }, [], "acknowledged, and lost")
        if let prefix { XCTAssertEqual(found.filter { $0.hasPrefix(prefix) }, [], "sent after the instant") }
        XCTAssertEqual(try server.client().post("/v1/receipts?client=c1", Receipts.pos("NEW-0-0")).status, 201)
        XCTAssertEqual(server.stop(), 0)
    }

    func test_leaderKilled_andThenBothDirectoriesLost_isRestored_toAnInstantAndToTheEnd() throws {
        for hasWitness in [false, true] {
            let log = "file://\(try path("log-\(hasWitness)"))"
            let pair = try Pair(hasWitness: hasWitness, more: ["TILL_LOG_URL": log, "TILL_LOG_SEGMENT": "200ms"])
            defer { pair.remove() }
            let leader = try pair.begin().leader
            let before = PairLoad.acknowledged(pair, "A") { load in
                load.more(30)
                leader.kill()
                load.more(30)
            }
            try leader.start()
            try pair.waitUntilInSync()
            let instant = instant()
            let after = try PairLoad.acknowledged(pair, "B") { load in
                load.more(20)
                try pair.leader().kill()
                load.more(20)
            }
            try waitForArchive(pair)
            for node in pair.nodes where node.ready != nil { XCTAssertTrue(node.ready?.text.contains(#""faults":[]"#) == true, node.ready?.text ?? "") }
            // Beside the pair, and without any of its machines.
            let proof = try TillRun(["verify", "--log", log])
            XCTAssertEqual(proof.status, 0, proof.text + proof.error)
            XCTAssertTrue(proof.text.contains("the archive of the store ") && proof.text.hasSuffix(": no fault\n"), proof.text)
            let (future, _) = try restore(log, as: "NEVER", ["--to", "2999-01-01T00:00:00Z"])
            XCTAssertEqual(future.status, 1)
            XCTAssertTrue(future.error.contains("outside of the archive") && future.error.contains("up to 20"), future.error)
            XCTAssertFalse(FileManager.default.fileExists(atPath: try path("NEVER")))
            try check(try restore(log, as: "AT-\(hasWitness)", ["--to", instant]), has: before, without: "B")
            for node in pair.nodes {
                node.kill()
                try FileManager.default.removeItem(at: node.data)
            }
            try check(try restore(log, as: "END-\(hasWitness)"), has: before + after)
        }
    }

    func test_recordsBehindCheckpoints_coldTables_andAPlaceThatWasAway_areRestored() throws {
        let bucket = BucketDouble()
        defer { bucket.close() }
        let place = [
            "TILL_STORAGE_ENDPOINT": bucket.endpoint, "TILL_STORAGE_REGION": "eu-central-1", "TILL_STORAGE_PATH_STYLE": "true",
            "TILL_STORAGE_CREDENTIALS": #"{"access_key_id":"AKIADOUBLE","secret_access_key":"double/secret+key"}"#, "TILL_COMPACT_INTERVAL": "1h", "TILL_HOT_DAYS": "0",
        ]
        let pair = try Pair(
            more: place.merging(["TILL_STORAGE_URL": "s3://receipts/pair", "TILL_LOG_URL": "s3://receipts/log", "TILL_LOG_SEGMENT": "200ms", "TILL_CLUSTER_RECORDS": "64KiB", "TILL_SNAPSHOT_KEEP": "1ms"]) { $1 })
        defer { pair.remove() }
        let leader = try pair.begin().leader
        func isFurther(_ node: Pair.Node, than first: Int) -> Bool { node.ready?.text.firstMatch(of: #/"first_record":([0-9]+)/#).flatMap { Int($0.1) } ?? 0 > first }
        var all = PairLoad.acknowledged(pair, "A") { load in
            load.more(60)
            XCTAssertTrue(Patience.until(pauseMilliseconds: 100) { isFurther(leader, than: 1) }, leader.ready?.text ?? "")
        }
        XCTAssertEqual(try leader.client.post("/v1/admin/compact", "{}").status, 200)
        try waitForArchive(pair)
        // docs/alerts.yml goes by them.
        for name in ["lag_seconds", "clock_ahead_seconds", "faults"] { XCTAssertTrue(pair.nodes.contains { figure(name, $0) != nil }, name) }
        // While the archive's place gives no answer receipts are taken, and it is said.
        bucket.fail { $0.key.contains("archive/") ? .drop : nil }
        all += PairLoad.acknowledged(pair, "B") { load in
            load.more(20)
            XCTAssertTrue(Patience.until(pauseMilliseconds: 100) { leader.ready?.text.contains("records have not been archived for") == true }, leader.ready?.text ?? "")
            load.more(20)
        }
        // Records that go meanwhile leave a gap, and a line begins.
        let archived = leader.ready?.text.firstMatch(of: #/"archive":.*"record":([0-9]+)/#).flatMap { Int($0.1) } ?? 0
        all += PairLoad.acknowledged(pair, "C") { _ in XCTAssertTrue(Patience.until(pauseMilliseconds: 100) { isFurther(leader, than: archived + 1) }, leader.ready?.text ?? "") }
        bucket.fail(nil)
        try waitForArchive(pair)
        // Behind the line's checkpoint, which may have all that was there.
        all += PairLoad.acknowledged(pair, "D") { $0.more(10) }
        XCTAssertEqual(try leader.client.post("/v1/admin/compact", "{}").status, 200)
        try waitForArchive(pair)
        let keys = bucket.objects.keys.sorted()
        for line in 1...2 { XCTAssertTrue(keys.contains { $0.hasPrefix("log/archive/000000000000000000\(line)/segments/") }, "\(line): \(keys)") }
        XCTAssertTrue(keys.contains { $0.hasPrefix("log/archive/0000000000000000002/checkpoints/") }, "\(keys)")
        XCTAssertTrue(leader.ready?.text.contains("goes on with another line") == true, leader.ready?.text ?? "")
        XCTAssertTrue(bucket.objects.keys.contains { $0.hasPrefix("log/archive/base/warehouse/") })
        for node in pair.nodes {
            node.kill()
            try FileManager.default.removeItem(at: node.data)
        }
        // Its warehouse is lost as well.
        let elsewhere = place.merging(["TILL_STORAGE_URL": "s3://receipts/restored"]) { $1 }
        for key in bucket.objects.keys where key.hasPrefix("pair/") { bucket.store(key, nil) }
        let proof = try TillRun(["verify", "--log", "s3://receipts/log"], environment: place)
        XCTAssertEqual(proof.status, 0, proof.text + proof.error)
        XCTAssertTrue(proof.text.contains("line 2: records "), proof.text)
        // A cold file that the store of the end needs is missed, and named.
        let cold = try XCTUnwrap(bucket.objects.keys.sorted().last { $0.hasPrefix("log/archive/base/warehouse/") && $0.hasSuffix(".parquet") })
        let whole = bucket.objects[cold]
        bucket.store(cold, nil)
        let without = try TillRun(["verify", "--log", "s3://receipts/log"], environment: place)
        XCTAssertEqual(without.status, 1, without.text)
        XCTAssertTrue(without.text.contains(String(cold.split(separator: "/").last ?? "?")), without.text)
        bucket.store(cold, whole)
        try check(try restore("s3://receipts/log", as: "END", environment: elsewhere), has: all, environment: elsewhere)
    }
}
