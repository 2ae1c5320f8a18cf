import TestSupport
import XCTest

@testable import ColumnStore

/// Goal: what was fetched takes no more memory for there being many tables, and of two tables each has its own. Method: a bound that one table alone would use up; the same key in both.
final class FetchedPiecesTests: XCTestCase {
    private let transport = OutgoingClient(policy: nil)
    private let bucket = BucketDouble()

    override func tearDown() {
        transport.close()
        bucket.close()
    }

    func test_pieces_ofAllTablesTogether_keepToTheBound() throws {
        let endpoint = try BucketEndpoint(url: "s3://receipts/warehouse", endpoint: bucket.endpoint, region: "eu-central-1", isPathStyle: true)
        let client = BucketClient(endpoint, region: "eu-central-1", credentials: CredentialChain([StaticCredentials(bucket.credentials)]), transport: transport)
        let factory = BucketStorageFactory(client, cache: nil, aheadByteCount: 200_000)
        let contents = (1...3).map { [UInt8](repeating: UInt8($0), count: 400_000) }
        var files: [any RandomAccessBytes] = []
        for (number, content) in contents.enumerated() {
            bucket.store("warehouse/t\(number)/a.parquet", content)
            files.append(try factory.storage(of: "t\(number)", in: "", calls: LinuxFileSystem()).open("a.parquet"))
        }
        for (file, content) in zip(files, contents) {
            XCTAssertEqual(try file.region(at: 0, count: 150_000).copied, Array(content[..<150_000]))
            XCTAssertGreaterThanOrEqual(factory.pieces.heldByteCount, 150_000)
            XCTAssertLessThanOrEqual(factory.pieces.heldByteCount, 200_000)
        }
    }

    /// A piece that another gave up as our own time ended: we were told nothing by the bucket, which is what a table that is silent for now says.
    func test_cancelOfAnother_isNeverOurs_thoughOurTimeIsOver() {
        let late = BucketFailure(.unavailable, code: "TimedOut", "no answer in the time there was")
        func areAnothers(_ scope: WaitScope) -> [Bool] { WaitScope.run(scope) { [BucketFailure.givenUp, late].map { BucketReader.isAnothers($0) } } }
        XCTAssertEqual(areAnothers(WaitScope()), [true, true])
        XCTAssertEqual(areAnothers(WaitScope(endsAt: 0)), [true, false])
        XCTAssertEqual(areAnothers(WaitScope(isCancelled: { true })), [false, false])
    }
}
