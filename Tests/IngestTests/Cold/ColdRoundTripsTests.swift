import ColumnStore
import Query
import TestSupport
import XCTest

@testable import Ingest

/// Goal: behind a network nothing that a cold question needs is waited for one by one. Method: the bucket holds its answers until the next request has come, or until the question
/// has gone on without them.
final class ColdRoundTripsTests: XCTestCase {
    private let transport = OutgoingClient(policy: nil)
    private let bucket = BucketDouble(partByteCountMin: 1)

    override func tearDown() {
        transport.close()
        bucket.close()
    }

    private func factory(cache: String? = nil) throws -> BucketStorageFactory {
        var options = BucketOptions()
        options.pauseMilliseconds = 1
        let endpoint = try BucketEndpoint(url: "s3://receipts/store", endpoint: bucket.endpoint, region: "eu-central-1", isPathStyle: true)
        let client = BucketClient(
            endpoint, region: "eu-central-1", credentials: CredentialChain([StaticCredentials(bucket.credentials)]), transport: transport, options: options)
        return BucketStorageFactory(client, cache: cache.map { WarehouseCache(path: $0, byteCountMax: 1 << 26) })
    }

    /// Receipts of two years, each in files of its own.
    private func fill(_ data: String) throws {
        let storages = try factory()
        let fixture = try EngineFixture(data) { $0.storages = storages }
        let lines = (0..<40).map { EngineFixture.receipt("R-\($0)", at: "20\(24 + $0 % 2)-03-15T10:00:00Z") }
        guard case .each = fixture.take(lines.joined(separator: "\n"), .ndjson) else { return XCTFail("no results") }
        _ = try fixture.engine.compact(before: nil)
        try fixture.engine.close()
    }

    private var dataKeys: [String] { bucket.objects.keys.filter { $0.hasPrefix("store/receipts/data/") && $0.hasSuffix(".parquet") } }

    /// Files whose lengths the cache knows and whose footers it has not, as it is with footers longer than the end that opening a file brings.
    func test_footersThatOpeningDoesNotBring_comeSideBySide() throws {
        let (data, folder) = (TemporaryDirectory(), TemporaryDirectory())
        try fill(data.path)
        XCTAssertGreaterThan(dataKeys.count, 1)
        do {
            let cache = try RangeCache(path: folder.path + "/c", byteCountMax: 1 << 26)
            for key in dataKeys {
                let bytes = try XCTUnwrap(bucket.objects[key])
                bytes[..<4].withUnsafeBytes { cache.keep("s3://receipts/\(key)", byteCount: Int64(bytes.count), 0..<4, $0, isLongest: true) }
            }
        }
        let storages = try factory(cache: folder.path + "/c")
        let fixture = try EngineFixture(data.path) { $0.storages = storages }
        let asked = Monitor<Set<String>>([])
        bucket.fail { seen in
            guard seen.method == "GET", seen.key.hasPrefix("store/receipts/data/") else { return nil }
            asked.broadcast { _ = $0.insert(seen.key) }
            _ = asked.wait(seconds: Patience.seconds) { $0.count > 1 ? true : nil }
            return nil
        }
        let engine = QueryEngine(.init(threadCount: 1))
        let context = QueryContext(catalog: try fixture.engine.catalog(as: .admin, upTo: nil).catalog, now: 0)
        let stream = try engine.execute(try engine.prepare("SELECT receipt_id, document FROM receipts", in: context))
        var rowCount = 0
        while let batch = try stream.next() { rowCount += batch.rowCount }
        XCTAssertEqual(rowCount, 40)
        bucket.fail(nil)
        try fixture.engine.close()
    }

    func test_statistics_waitForNoRequest_andKnowMoreOnceThatIsFoundOut() throws {
        let data = TemporaryDirectory()
        try fill(data.path)
        let storages = try factory()
        let fixture = try EngineFixture(data.path) { $0.storages = storages }
        let cold = try XCTUnwrap(fixture.engine.tier.boundary.snapshot().cold["receipts"])
        for file in try cold.iceberg.files() { _ = try cold.open(file) }
        let isLet = Monitor(false)
        bucket.fail { seen in
            guard seen.key.hasPrefix("store/receipts/data/") else { return nil }
            _ = isLet.wait(seconds: Patience.seconds) { $0 ? true : nil }
            return nil
        }
        let first = try cold.statistics()
        XCTAssertEqual(first.rowCount, 40)
        XCTAssertEqual(first.columns.filter { $0.value.distinctCount != nil }.map(\.key), [], "found out by requests that the question would have waited for")
        XCTAssertNotNil(first.columns["business_day"]?.minimum)
        isLet.broadcast { $0 = true }
        XCTAssertTrue(try Patience.until { try cold.statistics().columns.values.contains { $0.distinctCount != nil } })
        bucket.fail(nil)
        try fixture.engine.close()
    }
}
