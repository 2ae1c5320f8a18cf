import ColumnStore
import Synchronization
import TestSupport
import XCTest

/// Goal: a large object appears whole or not at all, once. Method: parts small enough for a test, in a double that checks their sums.
final class BucketObjectSinkTests: XCTestCase {
    private let transport = OutgoingClient(policy: nil)
    private let bucket = BucketDouble(partByteCountMin: 1_000)

    override func tearDown() {
        transport.close()
        bucket.close()
    }

    private func storage(attempts: Int = 8) throws -> BucketStorage {
        var options = BucketOptions()
        (options.pauseMilliseconds, options.partByteCount, options.attemptCountMax) = (1, 1_000, attempts)
        let endpoint = try BucketEndpoint(url: "s3://receipts", endpoint: bucket.endpoint, region: "eu-central-1", isPathStyle: true)
        return BucketStorage(
            BucketClient(endpoint, region: "eu-central-1", credentials: CredentialChain([StaticCredentials(bucket.credentials)]), transport: transport, options: options))
    }

    private func bytes(_ count: Int) -> [UInt8] { (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) } }

    func test_commit_ofEachLength_storesItWhole() throws {
        let storage = try storage()
        for count in [0, 1, 999, 1_000, 1_001, 2_000, 5_500] {
            let sink = try storage.create("o\(count)")
            for start in stride(from: 0, to: count, by: 700) { try sink.write(Array(bytes(count)[start..<min(count, start + 700)])) }
            XCTAssertNil(bucket.objects["o\(count)"], "seen before its commit")
            try sink.commit()
            XCTAssertEqual(bucket.objects["o\(count)"], bytes(count))
        }
        XCTAssertEqual(bucket.uploadCount, 0)
    }

    func test_commit_underATakenKey_isAConflict_andLeavesNoParts() throws {
        let storage = try storage()
        for count in [10, 3_000] {
            bucket.store("o", [9])
            let sink = try storage.create("o")
            try sink.write(bytes(count))
            XCTAssertThrowsError(try sink.commit()) { XCTAssertEqual(($0 as? ColumnStoreError)?.code, .conflict) }
            XCTAssertEqual(bucket.objects["o"], [9])
        }
        XCTAssertEqual(bucket.uploadCount, 0)
    }

    func test_completion_doneWithoutAnAnswer_succeeds() throws {
        for fault in [BucketDouble.Fault.dropAfter, .answerAfter(status: 500, code: "InternalError"), .answerAfter(status: 200, code: "InternalError")] {
            let storage = try storage()
            let isDone = Atomic<Bool>(false)
            bucket.store("o", nil)
            bucket.fail { seen in seen.method == "POST" && seen.query["uploadId"] != nil && !isDone.exchange(true, ordering: .relaxed) ? fault : nil }
            let sink = try storage.create("o")
            try sink.write(bytes(2_500))
            try sink.commit()
            XCTAssertEqual(bucket.objects["o"], bytes(2_500), "\(fault)")
        }
    }

    /// S3 sends its 200 early, keeps the connection by blanks, and may fail behind them.
    func test_completion_thatFailsBehindBlanks_orBreaksOff_isNoObject() throws {
        let failed = "\n  <?xml version=\"1.0\"?>\n<Error><Code>InternalError</Code></Error>"
        for body in [failed, "", "<html>a gateway</html>", "<CompleteMultipartUploadResult><ETag>"] {
            let storage = try storage(attempts: 2)
            bucket.store("o", nil)
            bucket.fail { $0.method == "POST" && $0.query["uploadId"] != nil ? .body(body, isDone: false) : nil }
            let lost = try storage.create("o")
            try lost.write(bytes(2_500))
            XCTAssertThrowsError(try lost.commit(), body) { XCTAssertEqual(($0 as? ColumnStoreError)?.code, .unavailable, body) }
            lost.abandon()
            guard body != failed else { continue }
            // The same answers, and the object is there: its mark tells.
            bucket.fail { $0.method == "POST" && $0.query["uploadId"] != nil ? .body(body, isDone: true) : nil }
            let sink = try storage.create("o")
            try sink.write(bytes(2_500))
            try sink.commit()
            XCTAssertEqual(bucket.objects["o"], bytes(2_500), body)
        }
    }

    func test_parts_thatFail_areTriedAgain_orEndTheObject() throws {
        let storage = try storage(attempts: 3)
        // Each part's first try, in whatever order they come.
        let tried = Mutex<Set<String>>([])
        bucket.fail { seen in
            guard let part = seen.query["partNumber"], tried.withLock({ $0.insert(part).inserted }) else { return nil }
            return .answer(status: 503, code: "SlowDown")
        }
        let sink = try storage.create("o")
        try sink.write(bytes(3_500))
        try sink.commit()
        XCTAssertEqual(bucket.objects["o"], bytes(3_500))
        bucket.fail { $0.query["partNumber"] == "2" ? .answer(status: 500, code: "InternalError") : nil }
        let lost = try storage.create("lost")
        XCTAssertThrowsError(try { try lost.write(bytes(9_500)); try lost.commit() }()) { XCTAssertEqual(($0 as? ColumnStoreError)?.code, .unavailable) }
        lost.abandon()
        XCTAssertNil(bucket.objects["lost"])
        XCTAssertEqual(bucket.uploadCount, 0, "parts that are left are paid for")
    }

    func test_abandon_orDrop_clearsAway() throws {
        let storage = try storage()
        let sink = try storage.create("o")
        try sink.write(bytes(4_000))
        sink.abandon()
        try storage.create("p").write(bytes(4_000))
        XCTAssertEqual(bucket.uploadCount, 0)
        XCTAssertEqual(bucket.objects, [:])
    }
}
