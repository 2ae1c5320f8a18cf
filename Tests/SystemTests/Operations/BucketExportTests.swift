import Foundation
import TestSupport
import XCTest

/// Goal: files of exports lie in a bucket where the settings say so, and their links do not show it. Method: the real binary beside the strict double, and
/// moto for rules of lifecycles.
final class BucketExportTests: XCTestCase {
    private func environment(_ endpoint: String, region: String = "eu-central-1") -> [String: String] {
        [
            "TILL_EXPORTS_URL": "s3://receipts/files", "TILL_STORAGE_ENDPOINT": endpoint, "TILL_STORAGE_REGION": region, "TILL_STORAGE_PATH_STYLE": "true",
            "TILL_STORAGE_CREDENTIALS": #"{"access_key_id":"AKIADOUBLE","secret_access_key":"double/secret+key"}"#,
        ]
    }

    private func object(_ bytes: [UInt8]) throws -> [String: Any] { try XCTUnwrap(try JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any]) }

    private func export(_ admin: HTTPClient, _ query: String, format: String = "csv") throws -> (id: String, path: String, byteCount: Int) {
        let begun = try admin.post("/v1/exports", #"{"query":"\#(query)","format":"\#(format)"}"#)
        XCTAssertEqual(begun.status, 202, begun.text)
        let id = try XCTUnwrap(try object(begun.body)["export_id"] as? String)
        let export = try Patience.value { () -> [String: Any]? in
            let export = try object(try admin.get("/v1/exports/\(id)").body)
            return export["state"] as? String != "RUNNING" ? export : nil
        }
        let done = try XCTUnwrap(export)
        XCTAssertEqual(done["state"] as? String, "DONE", "\(done)")
        let url = try XCTUnwrap(done["url"] as? String)
        return (id, String(url[try XCTUnwrap(url.range(of: "/v1/exports/")).lowerBound...]), try XCTUnwrap(done["bytes"] as? Int))
    }

    func test_files_lieInTheBucket_andAreFetchedByTheirLinks() throws {
        let bucket = BucketDouble()
        defer { bucket.close() }
        let server = try TillServer(environment: environment(bucket.endpoint))
        defer { server.remove() }
        let (admin, anyone) = (server.client(), server.client(key: nil))
        func kept() -> [String] { bucket.objects.keys.filter { $0.hasPrefix("files/") } }
        func here() -> [String] { (try? FileManager.default.contentsOfDirectory(atPath: server.data.path + "/exports")) ?? [] }

        // Several pieces, none of them a whole one at the end.
        let query = "SELECT g, repeat('x', 100) AS t FROM generate_series(1, 30000) g(g)"
        let file = try export(admin, query)
        Patience.until { here().isEmpty && kept().count == 1 }
        let direct = try admin.post("/v1/sql", #"{"query":"\#(query)"}"#, [("Accept", "text/csv")])
        let whole = try anyone.get(file.path)
        XCTAssertEqual(whole.status, 200, whole.text)
        XCTAssertTrue(whole.body == direct.body && whole.body.count == file.byteCount)
        XCTAssertEqual(whole.headers["content-length"], String(file.byteCount))
        let part = try anyone.call("GET", file.path, headers: [("Range", "bytes=1048570-2097160")])
        XCTAssertEqual(part.status, 206)
        XCTAssertTrue(part.body == Array(direct.body[1_048_570...2_097_160]))
        XCTAssertEqual(part.headers["content-range"], "bytes 1048570-2097160/\(file.byteCount)")
        let head = try anyone.call("HEAD", file.path)
        XCTAssertTrue(head.status == 200 && head.body.isEmpty)
        XCTAssertEqual(head.headers["content-length"], String(file.byteCount))
        XCTAssertEqual(try anyone.call("GET", file.path, headers: [("Range", "bytes=\(file.byteCount)-")]).status, 416)
        XCTAssertEqual(try anyone.call("GET", file.path, headers: [("If-None-Match", try XCTUnwrap(whole.headers["etag"]))]).status, 304)
        XCTAssertEqual(try anyone.get(file.path.replacingOccurrences(of: "expires=1", with: "expires=2")).status, 403)

        // An answer without rows is a file without bytes.
        let empty = try export(admin, "SELECT 1 AS a WHERE false", format: "ndjson")
        Patience.until { here().isEmpty && kept().count == 2 }
        let nothing = try anyone.get(empty.path)
        XCTAssertTrue(nothing.status == 200 && nothing.body.isEmpty && empty.byteCount == 0, nothing.text)
        XCTAssertEqual(try admin.call("DELETE", "/v1/exports/\(empty.id)").status, 204)
        Patience.until { kept().count == 1 }

        // Not there for the moment: what it has cannot be fetched, what is made meanwhile can.
        bucket.fail { _ in .answer(status: 403, code: "AccessDenied") }
        let refused = try anyone.get(file.path)
        XCTAssertTrue(refused.status == 503 && refused.text.contains("storage-unavailable"), refused.text)
        let second = try export(admin, "SELECT 1 AS a")
        XCTAssertEqual(try anyone.get(second.path).text, "a\r\n1\r\n")
        Patience.until { server.logText.contains("files of exports stay here until exports.url gives an answer") }
        XCTAssertEqual(here().count, 1)
        let degraded = try admin.get("/readyz")
        XCTAssertEqual(degraded.status, 200)
        XCTAssertTrue(degraded.text.contains("until exports.url gives an answer"), degraded.text)
        XCTAssertTrue(try admin.get("/v1/overview").text.contains("until exports.url gives an answer"))
        bucket.fail(nil)
        Patience.until { here().isEmpty && kept().count == 2 }
        XCTAssertTrue(try Patience.until { try !admin.get("/readyz").text.contains("exports.url") })
        XCTAssertEqual(try anyone.get(second.path).text, "a\r\n1\r\n")

        XCTAssertEqual(try admin.call("DELETE", "/v1/exports/\(file.id)").status, 204)
        XCTAssertEqual(try anyone.get(file.path).status, 404)
        server.kill()
        try server.start(environment: environment(bucket.endpoint))
        Patience.until { kept().count == 1 }
        XCTAssertEqual(try server.client(key: nil).get(second.path).text, "a\r\n1\r\n")
    }

    /// Whoever has a link may read as slowly as he likes, without a key: questions go on.
    func test_slowReaders_leavePlacesForQuestions() throws {
        let bucket = BucketDouble()
        defer { bucket.close() }
        let server = try TillServer(environment: environment(bucket.endpoint).merging(["TILL_LIMITS_QUERIES": "2"]) { $1 })
        defer { server.remove() }
        let (admin, anyone) = (server.client(), server.client(key: nil))
        let file = try export(admin, "SELECT repeat('x', 1000) AS t FROM generate_series(1, 30000) g(g)")
        Patience.until { bucket.objects.keys.contains { $0.hasPrefix("files/") } && (try? FileManager.default.contentsOfDirectory(atPath: server.data.path + "/exports"))?.isEmpty == true }
        let slow = Process()
        slow.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        let taken = server.data.deletingLastPathComponent().appendingPathComponent("taken")
        slow.arguments = ["curl", "-s", "--limit-rate", "20k", "-o", taken.path, server.url + file.path]
        try slow.run()
        defer { slow.terminate() }
        XCTAssertTrue(Patience.until { (try? Data(contentsOf: taken))?.isEmpty == false })
        let refused = try anyone.get(file.path)
        XCTAssertEqual(refused.status, 429, refused.text)
        XCTAssertTrue(refused.text.contains("too-many-queries"), refused.text)
        XCTAssertEqual(try admin.post("/v1/sql", #"{"query":"SELECT 1"}"#).status, 200)
        slow.terminate()
        slow.waitForEnd()
        XCTAssertTrue(try Patience.until { try anyone.get(file.path).status == 200 }, "the place is free again")
    }

    func test_classesOfStorage_areComparedWithTheBucketsRules() throws {
        let moto = try ForeignBucket(.moto)
        defer { moto.close() }
        func curl(_ arguments: [String]) throws {
            let make = Process()
            make.executableURL = URL(fileURLWithPath: "/usr/bin/env")
            make.arguments = ["curl", "-sf", "-o", "/dev/null", "-X", "PUT"] + arguments
            try make.run()
            make.waitForEnd()
            XCTAssertEqual(make.terminationStatus, 0)
        }
        try curl([moto.endpoint + "/receipts"])
        var settings = environment(moto.endpoint, region: "us-east-1")
        settings["TILL_STORAGE_URL"] = "s3://receipts/warehouse"
        settings["TILL_STORAGE_CLASS"] = #"{"after":"90d","name":"GLACIER_IR"}"#
        let server = try TillServer(environment: settings)
        defer { server.remove() }
        XCTAssertTrue(Patience.until { server.logText.contains("no rule of the bucket moves objects below") }, server.logText)
        server.stop()
        let rules = "<LifecycleConfiguration><Rule><ID>cold</ID><Filter><Prefix>warehouse/</Prefix></Filter><Status>Enabled</Status>"
            + "<Transition><Days>90</Days><StorageClass>GLACIER_IR</StorageClass></Transition></Rule></LifecycleConfiguration>"
        try curl(["-H", "Content-Type: application/xml", "--data", rules, moto.endpoint + "/receipts?lifecycle"])
        let before = server.logText.count
        try server.start(environment: settings)
        XCTAssertFalse(server.logText.dropFirst(before).contains("classes of storage"), server.logText)

        settings["TILL_STORAGE_CLASS"] = #"{"after":"90d","name":"DEEP_ARCHIVE"}"#
        let refused = try TillRun(["config", "check"], environment: settings)
        XCTAssertNotEqual(refused.status, 0)
        XCTAssertTrue((refused.text + refused.error).contains("STANDARD_IA, ONEZONE_IA, INTELLIGENT_TIERING, GLACIER_IR"), refused.text + refused.error)
    }
}
