import ColumnStore
import TestSupport
import XCTest

@testable import Ingest

/// Goal: whoever runs the store hears of a bucket that can be read and not written, for no request but a compaction's fails.
final class RefusedWritesTests: XCTestCase {
    private let transport = OutgoingClient(policy: nil)
    private let bucket = BucketDouble(partByteCountMin: 1)

    override func tearDown() {
        transport.close()
        bucket.close()
    }

    func test_aBucketThatLetsNothingBeWritten_isNamed_untilACompactionGoesWell() throws {
        var options = BucketOptions()
        (options.pauseMilliseconds, options.trialMilliseconds) = (1, 1)
        let endpoint = try BucketEndpoint(url: "s3://receipts/store", endpoint: bucket.endpoint, region: "eu-central-1", isPathStyle: true)
        let storages = BucketStorageFactory(
            BucketClient(endpoint, region: "eu-central-1", credentials: CredentialChain([StaticCredentials(bucket.credentials)]), transport: transport, options: options), cache: nil)
        let data = TemporaryDirectory()
        let fixture = try EngineFixture(data.path) { $0.storages = storages }
        guard case .each = fixture.take(EngineFixture.receipt("R-1", at: "2024-03-15T10:00:00Z"), .ndjson) else { return XCTFail("no results") }
        XCTAssertEqual(fixture.engine.degradations, [])
        bucket.fail { $0.method == "PUT" ? .answer(status: 403, code: "AccessDenied") : nil }
        XCTAssertThrowsError(try fixture.engine.compact(before: nil)) { XCTAssertEqual(($0 as? ColumnStoreError)?.code, .unavailable, "\($0)") }
        let says = "the bucket of cold receipts refuses what compaction writes or removes there (AccessDenied (403))"
        XCTAssertTrue(fixture.engine.degradations.contains { $0.hasPrefix(says) }, "\(fixture.engine.degradations)")
        bucket.fail(nil)
        _ = try fixture.engine.compact(before: nil)
        XCTAssertEqual(fixture.engine.degradations, [])
        try fixture.engine.close()
    }
}
