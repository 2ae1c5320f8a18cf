import ColumnStore
import Foundation
import Synchronization
import TestSupport
import XCTest

/// Goal: the real binary backs up to a bucket and restores from it, whatever the bucket does meanwhile. Method: random histories of receipts, compactions
/// and backups against the strict double that fails, and against moto, which others wrote.
final class BucketBackupTests: XCTestCase {
    private let credentials = #"{"access_key_id":"AKIADOUBLE","secret_access_key":"double/secret+key"}"#

    private func environment(_ endpoint: String, region: String) -> [String: String] {
        [
            "TILL_STORAGE_ENDPOINT": endpoint, "TILL_STORAGE_REGION": region, "TILL_STORAGE_PATH_STYLE": "true", "TILL_STORAGE_CREDENTIALS": credentials,
            "TILL_COMPACT_INTERVAL": "1h",
        ]
    }

    private func receipts(_ data: String, _ environment: [String: String]) throws -> String {
        let run = try TillRun(
            ["sql", "--data", data, "--format", "csv", "SELECT receipt_id, business_day, total, document FROM receipts ORDER BY receipt_id"], environment: environment)
        XCTAssertEqual(run.status, 0, run.error)
        return run.text
    }

    private func runHistory(_ environment: [String: String], destination: String, seed: UInt64, spoil: () -> Void, mend: () -> Void) throws {
        var random = SplitMix64(state: seed)
        let server = try TillServer(environment: environment)
        defer { server.remove() }
        _ = try server.key("c1")
        let admin = server.client()
        var count = 0
        for _ in 0..<3 {
            for _ in 0..<Int.random(in: 5...15, using: &random) {
                let day = "2026-0\(Int.random(in: 1...9, using: &random))-10"
                XCTAssertEqual(try admin.post("/v1/receipts?client=c1", Receipts.pos("R-\(count)", day: day)).status, 201)
                count += 1
            }
            if Bool.random(using: &random) { XCTAssertEqual(try admin.post("/v1/admin/compact", "{}").status, 200) }
            spoil()
            let answer = try admin.post("/v1/admin/backup", #"{"destination":"\#(destination)"}"#)
            mend()
            XCTAssertEqual(answer.status, 200, "seed \(seed): \(answer.text)")
        }
        let proof = try TillRun(["verify", "--backup", destination], environment: environment)
        XCTAssertEqual(proof.status, 0, "seed \(seed): \(proof.text)\(proof.error)")
        let folder = try Project.temporaryFolder("till-restored")
        defer { try? FileManager.default.removeItem(at: folder) }
        let restored = folder.appendingPathComponent("DATA").path
        spoil()
        let run = try TillRun(["restore", destination, "--data", restored], environment: environment)
        mend()
        XCTAssertEqual(run.status, 0, "seed \(seed): \(run.error)")
        XCTAssertEqual(server.stop(), 0)
        XCTAssertEqual(try receipts(restored, environment), try receipts(server.data.path, environment), "seed \(seed)")
        let store = try TillRun(["verify", "--data", restored], environment: environment)
        XCTAssertEqual(store.status, 0, "seed \(seed): \(store.text)\(store.error)")
    }

    func test_backups_toABucketThatFails_areWhole_andRestored() throws {
        for seed in SourceSeed.histories("Sources/ColumnStore", "Sources/Documents", "Sources/Ingest") {
            let bucket = BucketDouble()
            defer { bucket.close() }
            let count = Mutex(0)
            try runHistory(
                environment(bucket.endpoint, region: "eu-central-1"), destination: "s3://receipts/backups/store", seed: seed,
                spoil: {
                    bucket.fail { _ in
                        let number = count.withLock { count in
                            count += 1
                            return count
                        }
                        let faults: [BucketDouble.Fault] = [.answer(status: 503, code: "SlowDown"), .drop, .dropAfter, .answerAfter(status: 500, code: "InternalError"), .torn]
                        return number % 9 == 0 ? faults[number / 9 % faults.count] : nil
                    }
                }, mend: { bucket.fail(nil) })
        }
    }

    func test_backups_toMoto_areWhole_andRestored() throws {
        let moto = try ForeignBucket(.moto)
        defer { moto.close() }
        let make = Process()
        make.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        make.arguments = ["curl", "-sf", "-X", "PUT", moto.endpoint + "/receipts"]
        make.standardOutput = FileHandle.nullDevice
        try make.run()
        make.waitForEnd()
        XCTAssertEqual(make.terminationStatus, 0)
        try runHistory(environment(moto.endpoint, region: "us-east-1"), destination: "s3://receipts/backups/store", seed: 4, spoil: {}, mend: {})
    }

    /// A backup that the bucket does not let come to its end leaves the last one as it was, and a damaged one is not restored.
    func test_backup_thatFails_leavesTheLast_andADamagedOneMakesNothing() throws {
        let bucket = BucketDouble()
        defer { bucket.close() }
        let environment = environment(bucket.endpoint, region: "eu-central-1")
        let destination = "s3://receipts/backups/store"
        let server = try TillServer(environment: environment)
        defer { server.remove() }
        _ = try server.key("c1")
        let admin = server.client()
        XCTAssertEqual(try admin.post("/v1/receipts?client=c1", Receipts.pos("R-1", day: "2026-03-10")).status, 201)
        XCTAssertEqual(try admin.post("/v1/admin/compact", "{}").status, 200)
        XCTAssertEqual(try admin.post("/v1/admin/backup", #"{"destination":"\#(destination)"}"#).status, 200)
        bucket.fail { $0.method == "PUT" || $0.method == "POST" ? .answer(status: 403, code: "AccessDenied") : nil }
        XCTAssertEqual(try admin.post("/v1/receipts?client=c1", Receipts.pos("R-2", day: "2026-03-10")).status, 201)
        let failed = try admin.post("/v1/admin/backup", #"{"destination":"\#(destination)"}"#)
        XCTAssertEqual(failed.status, 503, failed.text)
        XCTAssertTrue(failed.text.contains("storage-unavailable"), failed.text)
        bucket.fail(nil)
        XCTAssertEqual(try TillRun(["verify", "--backup", destination], environment: environment).status, 0)
        let key = try XCTUnwrap(bucket.objects.keys.sorted().first { $0.hasSuffix(".parquet") })
        bucket.corrupt(key, at: 60)
        let folder = try Project.temporaryFolder("till-restored")
        defer { try? FileManager.default.removeItem(at: folder) }
        let run = try TillRun(["restore", destination, "--data", folder.appendingPathComponent("DATA").path], environment: environment)
        XCTAssertEqual(run.status, 1, run.error)
        XCTAssertTrue(run.error.contains(key), run.error)
        XCTAssertFalse(FileManager.default.fileExists(atPath: folder.appendingPathComponent("DATA/FORMAT").path))
    }
}
