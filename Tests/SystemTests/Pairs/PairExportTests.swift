import Foundation
import TestSupport
import XCTest

/// Goal: exports outlive the machine that makes them. Method: a pair whose files go to a bucket, or nowhere; its leader is killed with one that is done and one that is being made.
final class PairExportTests: XCTestCase {
    private static func environment(_ endpoint: String) -> [String: String] {
        [
            "TILL_EXPORTS_URL": "s3://receipts/files", "TILL_STORAGE_ENDPOINT": endpoint, "TILL_STORAGE_REGION": "eu-central-1", "TILL_STORAGE_PATH_STYLE": "true",
            "TILL_STORAGE_CREDENTIALS": #"{"access_key_id":"AKIADOUBLE","secret_access_key":"double/secret+key"}"#,
        ]
    }

    private func begin(_ client: HTTPClient, _ query: String) throws -> String {
        let begun = try client.post("/v1/exports", #"{"query":"\#(query)","format":"csv"}"#)
        XCTAssertEqual(begun.status, 202, begun.text)
        return try XCTUnwrap(Receipts.member("export_id", of: begun.text))
    }

    /// Waits for its end.
    ///
    /// - Returns: the path of its link.
    private func end(_ client: HTTPClient, _ id: String) throws -> String {
        var last = ""
        let found = try Patience.value { () throws -> String? in
            guard let answer = try? client.get("/v1/exports/\(id)"), answer.status == 200 else { return nil }
            last = answer.text
            guard !last.contains(#""state":"RUNNING""#) else { return nil }
            let url = Receipts.member("url", of: last)?.replacingOccurrences(of: "\\/", with: "/")
            return url.flatMap { url in url.range(of: "/v1/exports/").map { String(url[$0.lowerBound...]) } } ?? ""
        }
        XCTAssertTrue(last.contains(#""state":"DONE""#), last)
        return try XCTUnwrap(found, last)
    }

    private func text(_ port: UInt16, _ path: String) throws -> String {
        let answer = try HTTPClient(port: port).get(path)
        XCTAssertEqual(answer.status, 200, answer.text)
        return answer.text
    }

    private static let small = "SELECT g, repeat('x', 40) AS t FROM generate_series(1, 2000) g(g)"
    private static let long = "SELECT g, repeat('y', 60) AS t FROM generate_series(1, 400000) g(g)"

    func test_linksAndJobs_outliveTheLeader_withABucket() throws {
        let bucket = BucketDouble()
        defer { bucket.close() }
        let pair = try Pair(degrades: true, more: Self.environment(bucket.endpoint))
        defer { pair.remove() }
        let leader = try pair.leader()
        try pair.waitUntilInSync()
        let other = pair.other(than: leader)
        let first = try end(leader.client, try begin(leader.client, Self.small))
        // What is reported as done lies there by then.
        XCTAssertEqual(bucket.objects.keys.filter { $0.hasPrefix("files/") }.count, 1)
        let bytes = try text(leader.port, first)
        XCTAssertEqual(try text(other.port, first), bytes, "passed on")
        let second = try begin(leader.client, Self.long)
        leader.kill()
        XCTAssertEqual(try pair.leader().name, other.name)
        XCTAssertEqual(try text(other.port, first), bytes, "from the bucket")
        let made = try text(other.port, try end(other.client, second))
        XCTAssertEqual(made.split(separator: "\r\n").count, 400_001)
        // What the one that fell has left there goes.
        XCTAssertTrue(Patience.until { bucket.objects.keys.filter { $0.hasPrefix("files/") }.count == 2 }, "\(bucket.objects.keys)")
        // And back: the other finds what this one has made.
        try leader.start()
        try pair.waitUntilInSync()
        XCTAssertTrue(pair.transfer(to: leader), leader.logText)
        XCTAssertEqual(try text(leader.port, first), bytes)
        XCTAssertEqual(try leader.client.call("DELETE", "/v1/exports/\(second)").status, 204)
        XCTAssertTrue(Patience.until { bucket.objects.keys.filter { $0.hasPrefix("files/") }.count == 1 }, "\(bucket.objects.keys)")
        XCTAssertEqual(try text(leader.port, first), bytes)

        // While it gives no answer an export ends, and says why.
        bucket.fail { _ in .answer(status: 403, code: "AccessDenied") }
        let refused = try begin(leader.client, "SELECT 1 AS a")
        let ended = try Patience.value { () throws -> String? in
            let answer = try leader.client.get("/v1/exports/\(refused)")
            return answer.text.contains(#""state":"RUNNING""#) ? nil : answer.text
        }
        XCTAssertTrue(try XCTUnwrap(ended).contains(#""state":"ERROR""#) && ended?.contains("storage-unavailable") == true, ended ?? "")
        bucket.fail(nil)
    }

    func test_filesOnTheMachineThatIsLost_areMadeAgain() throws {
        let pair = try Pair(degrades: true)
        defer { pair.remove() }
        let leader = try pair.leader()
        try pair.waitUntilInSync()
        let other = pair.other(than: leader)
        let id = try begin(leader.client, Self.small)
        let bytes = try text(leader.port, try end(leader.client, id))
        leader.kill()
        XCTAssertEqual(try pair.leader().name, other.name)
        // Its link says that it is gone until it is there again.
        XCTAssertTrue(Patience.until { (try? end(other.client, id)).flatMap { try? HTTPClient(port: other.port).get($0) }.map { $0.status == 200 && $0.text == bytes } ?? false }, other.logText)
        XCTAssertTrue(Patience.until { other.logText.contains("an export is made again") })
    }
}
