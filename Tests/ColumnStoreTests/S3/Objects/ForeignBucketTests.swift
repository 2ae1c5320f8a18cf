import ColumnStore
import TestSupport
import XCTest

/// Goal: our reading of S3 is not ours alone. Method: two servers that others wrote, moto and rclone, each strict where the other is not.
final class ForeignBucketTests: XCTestCase {
    private let transport = OutgoingClient(policy: nil)
    private let keys = AWSCredentials(accessKeyID: "AKIADOUBLE", secretAccessKey: "double/secret+key")

    override func tearDown() { transport.close() }

    private func client(_ endpoint: String, _ keys: AWSCredentials) throws -> BucketClient {
        var options = BucketOptions()
        (options.pauseMilliseconds, options.partByteCount) = (1, 5 << 20)
        let place = try BucketEndpoint(url: "s3://receipts/warehouse", endpoint: endpoint, region: "us-east-1", isPathStyle: true)
        return BucketClient(place, region: "us-east-1", credentials: CredentialChain([StaticCredentials(keys)]), transport: transport, options: options)
    }

    private func makeBucket(_ endpoint: String) throws {
        var request = SignableRequest(method: "PUT", host: String(endpoint.dropFirst("http://".count)), path: "/receipts")
        SigV4(region: "us-east-1").sign(&request, keys, at: .now, payloadHash: SigV4.emptyPayloadHash)
        let answer = try transport.answer(to: OutgoingRequest(method: .put, url: endpoint + request.target, headers: request.headers)).get()
        XCTAssertEqual(answer.status, 200, String(decoding: answer.body, as: UTF8.self))
    }

    private func useStorage(_ client: BucketClient) throws {
        let storage = BucketStorage(client)
        let content = (0..<(11 << 20)).map { UInt8(truncatingIfNeeded: ($0 &* 0x9E37_79B9) >> 9) }
        for (key, count) in [("empty", 0), ("a=b/c.parquet", 300_000), ("long.parquet", content.count)] {
            let sink = try storage.create(key)
            try sink.write(Array(content[..<count]))
            try sink.commit()
            XCTAssertEqual(try storage.byteCount(of: key), Int64(count))
            XCTAssertEqual(try storage.digest(of: key).sha256, SHA256.hash(Array(content[..<count])))
        }
        let file = try storage.open("long.parquet")
        file.expect(5_000_000..<5_000_100)
        XCTAssertEqual(try file.region(at: 3, count: 5_000).copied, Array(content[3..<5_003]))
        XCTAssertEqual(try file.region(at: 5_000_000, count: 100).copied, Array(content[5_000_000..<5_000_100]))
        XCTAssertEqual(try storage.open("empty").byteCount, 0)
        try storage.put("metadata/version-hint.text", [1])
        try storage.put("metadata/version-hint.text", [2])
        XCTAssertEqual(try storage.get("metadata/version-hint.text", byteCountMax: 9), [2])
        var found: [String: Int64] = [:]
        try client.list(prefix: "", pageCount: 2) { found[$0.key] = $0.byteCount }
        XCTAssertEqual(found, ["empty": 0, "a=b/c.parquet": 300_000, "long.parquet": Int64(content.count), "metadata/version-hint.text": 1])
        XCTAssertEqual(try client.folders(), ["a=b", "metadata"])
        try storage.delete("empty", .temporary)
        try storage.delete("empty", .temporary)
        XCTAssertNil(try storage.byteCount(of: "empty"))
        XCTAssertThrowsError(try storage.open("empty")) { XCTAssertEqual(($0 as? ColumnStoreError)?.code, .notFound, "\($0)") }
    }

    func test_moto_isAStorage_andKeepsConditions() throws {
        let server = try ForeignBucket(.moto)
        defer { server.close() }
        try makeBucket(server.endpoint)
        let client = try client(server.endpoint, keys)
        try BucketProbe.check(client)
        try useStorage(client)
        let storage = BucketStorage(client)
        XCTAssertThrowsError(try storage.putIfAbsent("a=b/c.parquet", [1])) { XCTAssertEqual(($0 as? ColumnStoreError)?.code, .conflict) }
        let sink = try storage.create("long.parquet")
        try sink.write([UInt8](repeating: 1, count: 6 << 20))
        XCTAssertThrowsError(try sink.commit()) { XCTAssertEqual(($0 as? ColumnStoreError)?.code, .conflict) }
    }

    func test_rclone_isAStorage_takesOurSignature_andIsRefusedForItsConditions() throws {
        let server = try ForeignBucket(.rclone)
        defer { server.close() }
        let client = try client(server.endpoint, keys)
        try useStorage(client)
        XCTAssertThrowsError(try BucketProbe.check(client)) { XCTAssertTrue("\($0)".contains("If-None-Match"), "\($0)") }
        let wrong = try self.client(server.endpoint, AWSCredentials(accessKeyID: "AKIADOUBLE", secretAccessKey: "wrong"))
        XCTAssertThrowsError(try wrong.get("a=b/c.parquet", byteCountMax: 1 << 20)) { XCTAssertEqual(($0 as? BucketFailure)?.kind, .refused, "\($0)") }
    }
}
