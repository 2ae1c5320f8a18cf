import Foundation
import TestSupport
import XCTest

/// Goal: two servers that are set to one place of a bucket harm each other in nothing: the second does not start, or stands aside and says why, and the first has all that it acknowledged, once.
/// Method: real processes beside the double: other stores, fresh directories, copies, both at once, and a second process by the name of a machine that is there.
final class SharedPrefixTests: XCTestCase {
    private let bucket = BucketDouble()
    private var folder: URL?
    private var count = 0

    override func setUpWithError() throws { folder = try Project.temporaryFolder("till-shared") }
    override func tearDown() {
        bucket.close()
        if let folder { try? FileManager.default.removeItem(at: folder) }
    }

    private func path(_ name: String) throws -> String { try XCTUnwrap(folder).appendingPathComponent(name).path }

    private func environment(_ changes: [String: String?] = [:]) -> [String: String] {
        let own: [String: String?] = [
            "TILL_STORAGE_URL": "s3://receipts/shared", "TILL_LOG_URL": "s3://receipts/log", "TILL_LOG_SEGMENT": "300ms", "TILL_STORAGE_ENDPOINT": bucket.endpoint, "TILL_STORAGE_REGION": "eu-central-1",
            "TILL_STORAGE_PATH_STYLE": "true", "TILL_STORAGE_CREDENTIALS": #"{"access_key_id":"AKIADOUBLE","secret_access_key":"double/secret+key"}"#, "TILL_COMPACT_INTERVAL": "1h",
            "TILL_LIMITS_MIN_FREE": "1MiB",
        ]
        return own.merging(changes) { $1 }.compactMapValues { $0 }
    }

    private func post(_ client: HTTPClient, _ number: Int = 5) throws {
        for _ in 0..<number {
            let answer = try client.post("/v1/receipts?client=c1", Receipts.pos("S-0-\(count)", day: "2026-0\(1 + count % 9)-10"))
            XCTAssertEqual(answer.status, 201, answer.text)
            count += 1
        }
    }

    /// All that was acknowledged, once, and proven.
    private func check(_ server: TillServer, _ message: String, compacts: Bool = true) throws {
        let client = server.client()
        try post(client)
        if compacts {
            let compacted = try client.post("/v1/admin/compact", "{}")
            XCTAssertEqual(compacted.status, 200, "\(message): \(compacted.text)")
        }
        let answer = try client.post("/v1/sql", #"{"query":"SELECT count(*), count(DISTINCT receipt_id) FROM receipts"}"#)
        XCTAssertTrue(answer.text.contains("[[\(count),\(count)]]"), "\(message): \(count) were acknowledged: \(answer.text)")
        let proof = try TillRun(["verify", "--url", server.url, "--full"], environment: ["TILL_KEY": TillServer.adminKey])
        XCTAssertEqual(proof.status, 0, "\(message): \(proof.text)\(proof.error)")
    }

    private func refused(_ data: String, _ environment: [String: String], _ words: [String], status: Int32 = 2, _ message: String) throws {
        let owner = bucket.objects["shared/store"]
        let run = try TillRun(["serve", "--data", data, "--listen", "127.0.0.1:0"], environment: environment.merging(["TILL_ADMIN_KEY": TillServer.adminKey]) { $1 })
        XCTAssertEqual(run.status, status, "\(message): \(run.error)")
        XCTAssertEqual(bucket.objects["shared/store"], owner, "\(message): it has taken the prefix, and did not start")
        for word in words { XCTAssertTrue(run.error.contains(word), "\(message): \(word) is not in \(run.error)") }
    }

    func test_anotherStore_aFreshDirectory_andACopy_doNotStart_andTheFirstGoesOn() throws {
        let first = try TillServer(environment: environment())
        defer { first.remove() }
        _ = try first.key("c1")
        try check(first, "alone")
        XCTAssertTrue(try Patience.until { try first.client().get("/metrics").text.contains("\ntill_log_lag_records 0") })
        let keys = Set(bucket.objects.keys)
        // With each of the places alone, and with both.
        let places: [([String: String?], [String])] = [
            ([:], ["s3://receipts/shared belongs to the store"]), (["TILL_LOG_URL": nil], ["s3://receipts/shared belongs to the store"]),
            (["TILL_STORAGE_URL": nil], ["s3://receipts/log has the log of the store"]),
        ]
        for (index, (changes, words)) in places.enumerated() {
            try refused(path("FRESH-\(index)"), environment(changes), words, "a fresh directory, \(index)")
            // One that has receipts already.
            let other = try TillServer(environment: environment(["TILL_STORAGE_URL": nil, "TILL_LOG_URL": nil]))
            defer { other.remove() }
            _ = try other.key("c1")
            XCTAssertEqual(try other.client().post("/v1/receipts?client=c1", Receipts.pos("OTHER-0-1")).status, 201)
            XCTAssertEqual(other.stop(), 0)
            try refused(other.data.path, environment(changes), words, "another store, \(index)")
            // It is what it was.
            try other.start(environment: environment(["TILL_STORAGE_URL": nil, "TILL_LOG_URL": nil]))
            XCTAssertTrue(try other.client().post("/v1/sql", #"{"query":"SELECT count(*) FROM receipts"}"#).text.contains("[[1]]"))
        }
        XCTAssertEqual(keys.subtracting(bucket.objects.keys), [], "what the first has there is gone")
        try check(first, "after others were refused")
        // A copy of its directory is an older one once the first goes on.
        XCTAssertEqual(first.stop(), 0)
        try FileManager.default.copyItem(atPath: first.data.path, toPath: path("COPY"))
        try first.start(environment: environment())
        try check(first, "beside its copy", compacts: false)
        XCTAssertTrue(try Patience.until { try first.client().get("/metrics").text.contains("\ntill_log_lag_records 0") })
        try refused(path("COPY"), environment(), ["copy of an earlier time"], "a copy that the log tells")
        try check(first, "after its copy was refused")
        try refused(path("COPY"), environment(), ["an older one"], status: 1, "a copy that the tables tell")
        XCTAssertTrue(first.isRunning, first.logText)
        try check(first, "after its copy was refused again")
        XCTAssertEqual(try first.client().get("/readyz").status, 200)
    }

    /// Where no log tells which is the older one, the prefix is the last start's: the other keeps what it has, and says so.
    func test_copyThatTakesThePrefix_stopsTheFirstsCompactions_andTakesNothingFromIt() throws {
        let settings = environment(["TILL_LOG_URL": nil])
        let first = try TillServer(environment: settings)
        defer { first.remove() }
        _ = try first.key("c1")
        try check(first, "alone")
        XCTAssertEqual(first.stop(), 0)
        try FileManager.default.copyItem(atPath: first.data.path, toPath: path("COPY"))
        try first.start(environment: settings)
        let atCopy = count
        try post(first.client())
        let copy = try TillServer(data: URL(fileURLWithPath: path("COPY")), environment: settings)
        defer { copy.kill() }
        let found = try copy.client().post("/v1/sql", #"{"query":"SELECT count(*), count(DISTINCT receipt_id) FROM receipts"}"#)
        XCTAssertTrue(found.text.contains("[[\(atCopy),\(atCopy)]]"), found.text)
        // What was seen to be its own counts for some seconds.
        XCTAssertTrue(try Patience.until(pauseMilliseconds: 200) {
            try post(first.client(), 1)
            return try first.client().post("/v1/admin/compact", "{}").status == 503
        }, "two servers change one warehouse")
        let ready = try first.client().get("/readyz")
        XCTAssertTrue(ready.text.contains("another process has taken the warehouse over"), ready.text)
        // Lines are written by a thread of their own.
        XCTAssertTrue(Patience.until { first.logText.contains("nothing in the warehouse is changed from here any more") }, first.logText)
        try check(first, "once the copy has the prefix", compacts: false)
        XCTAssertEqual(copy.stop(), 0)
        // Its next start has it back.
        XCTAssertEqual(first.stop(), 0)
        try first.start(environment: settings)
        try check(first, "with its prefix back")
    }

    func test_twoFreshServers_atOnce_oneHasThePrefix_andTheOtherEnds() throws {
        for round in 0..<3 {
            let settings = environment(["TILL_STORAGE_URL": "s3://receipts/shared-\(round)", "TILL_LOG_URL": round == 1 ? nil : "s3://receipts/log-\(round)"])
            // Each thread has a place of its own, and is waited for.
            nonisolated(unsafe) let places = UnsafeMutableBufferPointer<Result<TillServer, any Error>?>.allocate(capacity: 2)
            places.initialize(repeating: nil)
            defer {
                places.deinitialize()
                places.deallocate()
            }
            let done = DispatchGroup()
            for place in 0..<2 { DispatchQueue.global().async(group: done) { places[place] = Result { try TillServer(environment: settings) } } }
            done.wait()
            let servers = places.compactMap { try? $0?.get() }
            let refusals = places.compactMap { place -> String? in
                if case .failure(let error) = place { "\(error)" } else { nil }
            }
            defer { for server in servers { server.remove() } }
            XCTAssertEqual(servers.count, 1, refusals.joined())
            XCTAssertEqual(refusals.count, 1)
            XCTAssertTrue(refusals.allSatisfy { $0.contains("ended with 2") && $0.contains("s3://receipts/") }, refusals.joined())
            guard let server = servers.first else { continue }
            count = 0
            _ = try server.key("c1")
            try check(server, "round \(round)")
        }
    }
}
