import ColumnStore
import Foundation
import TestSupport
import XCTest

/// Goal: the service takes what we sign. Method: botocore, which the service's own people write, signs the same requests by the thousand; and the
/// examples of the documentation.
final class SigV4Tests: XCTestCase {
    private struct Case {
        var request: SignableRequest
        var credentials: AWSCredentials
        var region: String
        var seconds: Int64
        var body: [UInt8]
        var expires: Int?

        var json: [String: Any] {
            var json: [String: Any] = [
                "method": request.method, "host": request.host, "path": request.path, "query": request.query.map { [$0.name, $0.value] },
                "headers": request.headers.map { [$0.name, $0.value] }, "body": body.map { String(format: "%02x", $0) }.joined(), "region": region,
                "key": credentials.accessKeyID, "secret": credentials.secretAccessKey, "token": credentials.sessionToken as Any? ?? NSNull(), "seconds": seconds,
            ]
            if let expires { json["expires"] = expires }
            return json
        }
    }

    /// What is written in another way somewhere: reserved, quoted, folded, beyond ASCII, in need of two units.
    private static let letters = Array("abzAZ09-._~/=+ %&?#:@!$'()*,;[]{}|\\\"^`<>äßжЇ中😀\u{301}\u{A0}").map(String.init) + ["%20", "..", "//", "./", "\u{7F}", "\u{1}"]

    private static func text(_ random: inout SplitMix64, _ length: ClosedRange<Int>, from letters: [String] = letters) -> String {
        (0..<Int.random(in: length, using: &random)).map { _ in letters[Int.random(in: 0..<letters.count, using: &random)] }.joined()
    }

    private static func random(_ random: inout SplitMix64, presigned: Bool) -> Case {
        let plain = Array("abcXYZ019-_").map(String.init)
        let hosts = ["s3.eu-central-1.amazonaws.com", "bucket.s3.amazonaws.com", "127.0.0.1:9000", "localhost:65535"]
        var request = SignableRequest(
            method: ["GET", "PUT", "POST", "DELETE", "HEAD"].randomElement(using: &random) ?? "GET", host: hosts.randomElement(using: &random) ?? "",
            path: "/" + text(&random, 0...20))
        var names: Set<String> = []
        for _ in 0..<Int.random(in: 0...5, using: &random) {
            let name = text(&random, 1...8)
            if names.insert(name).inserted { request.query.append((name, text(&random, 0...12))) }
        }
        if !presigned, Bool.random(using: &random) {
            request.headers = [("X-Amz-Meta-" + text(&random, 1...6, from: plain), "  " + text(&random, 0...5, from: plain + [" ", "  ", "\t", "=", ";", "\""]) + " ")]
            if Bool.random(using: &random) { request.headers.append(("Range", "bytes=\(Int.random(in: 0...99, using: &random))-")) }
            if Bool.random(using: &random) { request.headers.append(("if-none-match", "*")) }
        }
        let credentials = AWSCredentials(
            accessKeyID: "AKIA" + text(&random, 4...16, from: plain), secretAccessKey: text(&random, 1...80), sessionToken: Bool.random(using: &random) ? text(&random, 1...200, from: plain + ["/", "+", "="]) : nil)
        return Case(
            request: request, credentials: credentials, region: ["us-east-1", "eu-central-1", "cn-north-1"].randomElement(using: &random) ?? "",
            seconds: Int64.random(in: 0...4_000_000_000, using: &random), body: (0..<(presigned ? 0 : Int.random(in: 0...40, using: &random))).map { _ in UInt8.random(in: 0...255, using: &random) },
            expires: presigned ? Int.random(in: 1...604_800, using: &random) : nil)
    }

    private func botocore(_ cases: [Case]) throws -> [[String: Any]] {
        let folder = try TemporaryDirectory()
        let file = folder.path + "/cases.jsonl"
        let lines = try cases.map { String(decoding: try JSONSerialization.data(withJSONObject: $0.json), as: UTF8.self) }
        try lines.joined(separator: "\n").write(toFile: file, atomically: true, encoding: .utf8)
        let (output, code) = try PythonReader.run("ColumnStoreTests/Readers/sigv4_botocore.py", [file])
        XCTAssertEqual(code, 0, output)
        return try output.split(separator: "\n").map { try XCTUnwrap(try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any], String($0)) }
    }

    func test_sign_randomRequests_agreesWithBotocore() throws {
        var random = SplitMix64(state: SourceSeed.of("Sources/ColumnStore/S3/Signing"))
        let cases = (0..<4_000).map { _ in Self.random(&random, presigned: false) }
        let theirs = try botocore(cases)
        XCTAssertEqual(theirs.count, cases.count)
        var faultCount = 0
        for (mine, their) in zip(cases, theirs) where faultCount < 5 {
            var request = mine.request
            let hash = SHA256.hash(mine.body).map { String(format: "%02x", $0) }.joined()
            SigV4(region: mine.region).sign(&request, mine.credentials, at: SigningInstant(seconds: mine.seconds), payloadHash: hash)
            let authorization = request.headers.last { $0.name == "Authorization" }?.value
            if request.target != their["target"] as? String || authorization != their["authorization"] as? String {
                faultCount += 1
                XCTFail("\(mine.json)\nours   \(request.target) \(authorization ?? "")\ntheirs \(their)")
            }
        }
    }

    func test_presignedURL_randomRequests_agreesWithBotocore() throws {
        var random = SplitMix64(state: SourceSeed.of("Sources/ColumnStore/S3/Signing") &+ 1)
        let cases = (0..<2_000).map { _ in Self.random(&random, presigned: true) }
        var faultCount = 0
        for (mine, their) in zip(cases, try botocore(cases)) where faultCount < 5 {
            let url = SigV4(region: mine.region).presignedURL(
                mine.request, scheme: "http", mine.credentials, at: SigningInstant(seconds: mine.seconds), seconds: mine.expires ?? 0)
            let parts = url.dropFirst("http://\(mine.request.host)".count).split(separator: "?", maxSplits: 1).map(String.init)
            if parts.first != their["path"] as? String || parts.last?.split(separator: "&").map(String.init).sorted() != their["query"] as? [String] {
                faultCount += 1
                XCTFail("\(mine.json)\nours   \(url)\ntheirs \(their)")
            }
        }
    }

    /// "GET Object", "GET Bucket (List Objects)" and the presigned URL of the documentation: the same key, day and bucket throughout.
    func test_sign_examplesOfTheDocumentation_giveTheirSignatures() {
        let credentials = AWSCredentials(accessKeyID: "AKIAIOSFODNN7EXAMPLE", secretAccessKey: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")
        let (signer, instant) = (SigV4(region: "us-east-1"), SigningInstant(seconds: 1_369_353_600))
        XCTAssertEqual(instant.stamp, "20130524T000000Z")
        let host = "examplebucket.s3.amazonaws.com"
        let examples: [(SignableRequest, String)] = [
            (SignableRequest(method: "GET", host: host, path: "/test.txt", headers: [("Range", "bytes=0-9")]), "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"),
            (SignableRequest(method: "GET", host: host, path: "/", query: [("lifecycle", "")]), "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543"),
            (SignableRequest(method: "GET", host: host, path: "/", query: [("max-keys", "2"), ("prefix", "J")]), "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7"),
        ]
        for (example, signature) in examples {
            var request = example
            signer.sign(&request, credentials, at: instant, payloadHash: SigV4.emptyPayloadHash)
            XCTAssertEqual(request.headers.last?.value.hasSuffix("Signature=\(signature)"), true, "\(request.headers)")
        }
        let url = signer.presignedURL(SignableRequest(method: "GET", host: host, path: "/test.txt"), credentials, at: instant, seconds: 86_400)
        XCTAssertTrue(url.hasSuffix("&X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404"), url)
    }

    func test_presignedURL_timesOutOfRange_areBroughtIntoIt() {
        let signer = SigV4(region: "us-east-1")
        for (seconds, text) in [(Int.min, "=1&"), (0, "=1&"), (Int.max, "=604800&")] {
            let url = signer.presignedURL(
                SignableRequest(method: "GET", host: "h", path: "/a"), AWSCredentials(accessKeyID: "a", secretAccessKey: "b"), at: .now, seconds: seconds)
            XCTAssertTrue(url.contains("X-Amz-Expires\(text)"), url)
        }
    }

    func test_instants_atTheirEnds_areFourDigitYears() {
        for (seconds, stamp) in [(Int64.min, "00000101T000000Z"), (0, "19700101T000000Z"), (951_827_696, "20000229T123456Z"), (Int64.max, "99991231T235959Z")] {
            XCTAssertEqual(SigningInstant(seconds: seconds).stamp, stamp)
        }
        XCTAssertEqual(SigningInstant.seconds("2026-11-21T18:57:44Z"), 1_795_287_464)
        XCTAssertEqual(SigningInstant.seconds("2026-11-21T18:57:44.123Z"), 1_795_287_464)
        for text in ["", "2026-11-21", "2026-11-21T18:57:44", "18:57", "292277026-11-21T18:57:44Z", "x"] { XCTAssertNil(SigningInstant.seconds(text), text) }
    }

    func test_credentials_inTexts_keepTheirSecret() {
        let credentials = AWSCredentials(accessKeyID: "AKIA", secretAccessKey: "hush", sessionToken: "psst")
        var dumped = ""
        dump(credentials, to: &dumped)
        for text in ["\(credentials)", String(reflecting: credentials), dumped, "\([credentials])"] {
            XCTAssertFalse(text.contains("hush") || text.contains("psst"), text)
        }
    }
}
