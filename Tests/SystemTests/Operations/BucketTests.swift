import ColumnStore
import Foundation
import Synchronization
import TestSupport
import XCTest

/// Goal: the real binary keeps its cold receipts in a bucket, says what is wrong with one, and never gives a part of an answer. Method: the double.
final class BucketTests: XCTestCase {
    private let bucket = BucketDouble()

    override func tearDown() { bucket.close() }

    private func environment(_ changes: [String: String] = [:]) -> [String: String] {
        [
            "TILL_STORAGE_URL": "s3://receipts/a/store", "TILL_STORAGE_ENDPOINT": bucket.endpoint, "TILL_STORAGE_REGION": "eu-central-1", "TILL_STORAGE_PATH_STYLE": "true",
            "TILL_STORAGE_CREDENTIALS": #"{"access_key_id":"AKIADOUBLE","secret_access_key":"double/secret+key"}"#, "TILL_COMPACT_INTERVAL": "1h",
        ].merging(changes) { $1 }
    }

    /// Of documents: shorter columns may lie beside the filters, which are fetched behind a start.
    private func count(_ client: HTTPClient) throws -> HTTPClient.Answer {
        try client.post("/v1/sql", #"{"query":"SELECT count(*), sum(length(document)) FROM receipts"}"#)
    }

    /// A role's, by the double of STS, to whoever may read all: for the folders in which the table's files lie, those of its history among them.
    func test_readersOfATable_areLentKeysForItsFiles_whereTheyAskForThem() throws {
        let service = TokenServiceDouble()
        defer { service.close() }
        let server = try TillServer(environment: environment(["TILL_ICEBERG_LENT_ROLE": "arn:aws:iam::1:role/readers", "AWS_ENDPOINT_URL_STS": service.endpoint]))
        defer { server.remove() }
        let admin = server.client()
        let type = #"{"name":"licence","version":1,"table":"licences","format":"json","on_repeat":"replace","match":{"/schema":"licence/1"},"receipt_id":"/id","columns":{"status":{"path":"/status","type":"VARCHAR"}}}"#
        XCTAssertEqual(try admin.put("/v1/types/licence", type).status, 201)
        let (own, whole) = (server.client(key: try server.key("c1")), server.client(key: try server.key("reader", access: "read", scope: "all")))
        XCTAssertEqual(try own.post("/v1/receipts", #"{"schema":"licence/1","id":"L-1","status":"active"}"#).status, 201)
        XCTAssertEqual(try admin.post("/v1/admin/compact", "{}").status, 200)
        let (tables, asks) = ("/iceberg/v1/namespaces/till/tables/", [("X-Iceberg-Access-Delegation", "remote-signing, vended-credentials")])
        let plain = try whole.get(tables + "licences")
        XCTAssertFalse(plain.text.contains("access-key"), plain.text)
        XCTAssertEqual(service.asked.count, 0, "nobody has asked for keys")
        let lent = try whole.get(tables + "licences", asks)
        XCTAssertEqual(lent.status, 200, lent.text)
        XCTAssertEqual(lent.headers["cache-control"], "no-store")
        let answer = try JSONParser.parse(lent.body)
        let names = ["s3.access-key-id", "s3.secret-access-key", "s3.session-token"]
        let keys = [TokenServiceDouble.keyID(1), "lent/secret&1", "lent-token-1=="]
        XCTAssertEqual(names.map { answer["config"]?[$0]?.text }, keys)
        XCTAssertEqual(answer["config"]?["client.refresh-credentials-endpoint"]?.text, "/v1/namespaces/till/tables/licences/credentials")
        let folders = ["s3://receipts/a/store/licences/", "s3://receipts/a/store/licences_history/"]
        XCTAssertEqual(answer["storage-credentials"]?.array?.map { $0["prefix"]?.text }, folders)
        XCTAssertEqual(answer["storage-credentials"]?.array?.map { credential in names.map { credential["config"]?[$0]?.text } }, [keys, keys])
        let policy = try XCTUnwrap(service.asked.first?["Policy"])
        for folder in folders { XCTAssertTrue(policy.contains("\"\(folder.replacing("s3://", with: "arn:aws:s3:::"))*\""), policy) }
        XCTAssertEqual(try whole.get(tables + "licences", asks + [("If-None-Match", try XCTUnwrap(lent.headers["etag"]))]).status, 304)
        XCTAssertEqual(try whole.get(tables + "licences", asks + [("If-None-Match", try XCTUnwrap(plain.headers["etag"]))]).status, 200, "that reader has no keys yet")
        let again = try whole.get(tables + "licences/credentials")
        XCTAssertEqual(try JSONParser.parse(again.body)["storage-credentials"]?.array?.first?["config"]?["s3.access-key-id"]?.text, keys[0])
        XCTAssertEqual(again.headers["cache-control"], "no-store")
        XCTAssertEqual(try own.get(tables + "licences", asks).status, 403)
        XCTAssertEqual(service.asked.count, 1)
        service.fail { _ in .answer(status: 500, code: "InternalFailure") }
        let refused = try whole.get(tables + "licences_history", asks)
        XCTAssertEqual(refused.status, 503, refused.text)
        XCTAssertNotNil(refused.headers["retry-after"])
        XCTAssertEqual(try whole.get(tables + "licences_history").status, 200)
        XCTAssertEqual(try whole.get(tables + "licences", asks).status, 200, "keys that hold are lent on")
        XCTAssertTrue(server.logText.contains("InternalFailure"))
        XCTAssertFalse(server.logText.contains("lent/secret") || server.logText.contains("lent-token"))
    }

    func test_receipts_goToTheBucket_areAnswered_refusedWholeWithoutIt_andProved() throws {
        let server = try TillServer(environment: environment())
        defer { server.remove() }
        _ = try server.key("c1")
        let admin = server.client()
        // Too long together for the end of the file that is read with its footer.
        func receipt(_ number: Int) -> String {
            var random = SplitMix64(state: UInt64(number))
            let note = (0..<600).map { _ in String(random.next() & 0xFFFF_FFFF, radix: 36) }.joined()
            return Receipts.pos("R-\(number)", day: "2026-0\(1 + number % 9)-10", name: note)
        }
        for number in 0..<40 { XCTAssertEqual(try admin.post("/v1/receipts?client=c1", receipt(number)).status, 201) }
        XCTAssertEqual(try admin.post("/v1/admin/compact", "{}").status, 200)
        XCTAssertFalse(bucket.objects.keys.filter { $0.hasPrefix("a/store/receipts/data/") }.isEmpty)
        XCTAssertNil(FileManager.default.enumerator(atPath: server.data.path + "/warehouse")?.nextObject())
        let answer = try count(admin)
        XCTAssertEqual(answer.status, 200, answer.text)
        XCTAssertTrue(answer.text.contains("40"), answer.text)
        let metrics = try admin.get("/metrics").text
        XCTAssertTrue(metrics.contains("till_storage_requests_total{method=\"PUT\"}"), metrics)
        // Readers of the files get the bucket's place, and no key.
        let loaded = try admin.get("/iceberg/v1/namespaces/till/tables/receipts").text
        let config = try JSONParser.parse(Array(loaded.utf8))["config"]
        let told = ["s3.region", "client.region", "s3.endpoint", "s3.path-style-access"].map { config?[$0]?.text }
        XCTAssertEqual(told, ["eu-central-1", "eu-central-1", bucket.endpoint, "true"], loaded)
        XCTAssertFalse(loaded.contains("AKIADOUBLE") || loaded.contains("double/secret"), loaded)

        // What was read lately is at hand: the first question behind a start without a cache asks the bucket.
        for isFirst in [true, false] {
            server.stop()
            try FileManager.default.removeItem(atPath: server.data.path + "/cache")
            try server.start(environment: environment())
            guard isFirst else { continue }
            let plan = try server.client().post("/v1/sql", #"{"query":"EXPLAIN ANALYZE SELECT sum(length(document)) FROM receipts"}"#)
            XCTAssertTrue(plan.text.contains("requests to the bucket"), plan.text)
        }
        let again = server.client()
        bucket.fail { _ in .answer(status: 403, code: "AccessDenied") }
        let refused = try count(again)
        XCTAssertEqual(refused.status, 503, refused.text)
        XCTAssertTrue(refused.text.contains("storage-unavailable"), refused.text)
        XCTAssertTrue(refused.text.contains("receipts of the table receipts"), refused.text)
        XCTAssertEqual(try again.post("/v1/receipts?client=c1", Receipts.pos("N-1", day: "2026-11-20")).status, 201)
        XCTAssertEqual(try again.post("/v1/receipts?client=c1", Receipts.pos("N-2", day: "2026-03-10")).status, 201, "the day has cold receipts, the filter no such key")
        let repeated = try again.post("/v1/receipts?client=c1", receipt(3))
        XCTAssertEqual(repeated.status, 503, "only the bucket can tell: \(repeated.text)")
        XCTAssertTrue(repeated.text.contains("storage-unavailable"), repeated.text)
        XCTAssertEqual(try again.post("/v1/admin/compact", "{}").status, 503)
        let ready = try again.get("/readyz")
        XCTAssertTrue(ready.status == 200 && ready.text.contains("the bucket of cold receipts has given no answer"), ready.text)
        XCTAssertTrue(try again.get("/metrics").text.contains("till_storage_up 0"))
        bucket.fail(nil)
        // Asked for every two seconds.
        var whole = try count(again)
        try Patience.until(pauseMilliseconds: 100) {
            whole = try count(again)
            return whole.status != 503
        }
        XCTAssertTrue(whole.status == 200 && whole.text.contains("42"), whole.text)
        XCTAssertEqual(try again.post("/v1/receipts?client=c1", receipt(3)).status, 200)
        XCTAssertFalse(try again.get("/readyz").text.contains("bucket"))
        XCTAssertTrue(Patience.until { server.logText.contains("the bucket gives no answer to go by") } && server.logText.contains("the bucket answers again"), server.logText)
        XCTAssertEqual(server.stop(), 0)

        let proof = try TillRun(["verify", "--data", server.data.path], environment: environment())
        XCTAssertEqual(proof.status, 0, proof.text + proof.error)
        XCTAssertFalse(proof.text.contains("/cache/"), "the cache is no part of the store, and no stranger: \(proof.text)")
        let lost = try TillRun(["verify", "--data", server.data.path])
        XCTAssertEqual(lost.status, 1, lost.text)
        XCTAssertTrue(lost.text.contains("s3://receipts/a/store"), lost.text)
        let elsewhere = try TillRun(["serve", "--data", server.data.path, "--listen", "127.0.0.1:0"], environment: environment(["TILL_STORAGE_URL": "s3://receipts/b"]))
        XCTAssertEqual(elsewhere.status, 2, elsewhere.error)
        XCTAssertTrue(elsewhere.error.contains("s3://receipts/a/store") && elsewhere.error.contains("s3://receipts/b"), elsewhere.error)
    }

    /// A move that is killed anywhere leaves the tables where they were; once more, it goes on. Receipts are taken all the time.
    func test_move_killedOnItsWay_goesOn_andTheNextStartWantsTheNewPlace() throws {
        var here = environment()
        here["TILL_STORAGE_URL"] = nil
        let server = try TillServer(environment: here)
        defer { server.remove() }
        _ = try server.key("c1")
        var count = 0
        func post(_ client: HTTPClient) throws {
            XCTAssertEqual(try client.post("/v1/receipts?client=c1", Receipts.pos("R-\(count)", day: "2026-0\(1 + count % 9)-10")).status, 201)
            count += 1
        }
        for _ in 0..<6 {
            for _ in 0..<5 { try post(server.client()) }
            XCTAssertEqual(try server.client().post("/v1/admin/compact", "{}").status, 200)
        }
        for milliseconds in [60, 150, 300] {
            bucket.fail { $0.method == "PUT" ? .delay(milliseconds: 30) : nil }
            XCTAssertEqual(try server.client().post("/v1/admin/move", #"{"to":"s3://receipts/a/moved"}"#).status, 202)
            try post(server.client())
            usleep(UInt32(milliseconds) * 1_000)
            server.kill()
            bucket.fail(nil)
            let place = try TillRun(["sql", "--data", server.data.path, "--format", "csv", "SELECT count(*) FROM receipts"], environment: here)
            if place.status != 0 {
                // It was done by then.
                XCTAssertTrue(place.error.contains("s3://receipts/a/moved"), place.error)
                here = environment(["TILL_STORAGE_URL": "s3://receipts/a/moved"])
            }
            try server.start(environment: here)
            XCTAssertTrue(try self.count(server.client()).text.contains("[\(count),"), "\(count) receipts")
        }
        if here["TILL_STORAGE_URL"] == nil {
            let run = try TillRun(["move", "--to", "s3://receipts/a/moved", "--data", server.data.path], environment: here)
            XCTAssertEqual(run.status, 0, run.error)
            XCTAssertTrue(run.text.contains("set storage.url to s3://receipts/a/moved"), run.text)
        }
        XCTAssertTrue(try self.count(server.client()).text.contains("[\(count),"))
        XCTAssertEqual(server.stop(), 0)
        here["TILL_STORAGE_URL"] = nil
        let former = try TillRun(["serve", "--data", server.data.path, "--listen", "127.0.0.1:0"], environment: here)
        XCTAssertEqual(former.status, 2, former.error)
        XCTAssertTrue(former.error.contains("s3://receipts/a/moved") && former.error.contains("its own directory"), former.error)
        // By a configuration file too, as the server's.
        let file = server.data.deletingLastPathComponent().appendingPathComponent("till.json")
        try Data(#"{"storage":{"url":"s3://receipts/a/moved","endpoint":"\#(bucket.endpoint)","region":"eu-central-1","path_style":true,"credentials":{"access_key_id":"AKIADOUBLE","secret_access_key":"double/secret+key"}}}"#.utf8).write(to: file)
        let proof = try TillRun(["verify", "--data", server.data.path, "--config", file.path])
        XCTAssertEqual(proof.status, 0, proof.text + proof.error)
        let back = try TillRun(["move", "--to", "file://\(server.data.path)/warehouse", "--data", server.data.path, "--config", file.path])
        XCTAssertEqual(back.status, 0, back.error)
        XCTAssertTrue(back.text.contains("set storage.url to null"), back.text)
        XCTAssertEqual(bucket.objects.keys.filter { !$0.contains("/probe/") }, [])
        let home = try TillRun(["verify", "--data", server.data.path])
        XCTAssertEqual(home.status, 0, home.text + home.error)
    }

    func test_start_onABucketThatCannotBeUsed_saysWhy() throws {
        let data = try Project.temporaryFolder("till-bucket")
        defer { try? FileManager.default.removeItem(at: data) }
        func start(_ changes: [String: String] = [:]) throws -> TillRun {
            try TillRun(["serve", "--data", data.path + "/DATA", "--listen", "127.0.0.1:0"], environment: environment(changes))
        }
        for (changes, status, words) in [
            (["TILL_STORAGE_URL": "s3://Receipts"], 2, "no name of a bucket"), (["TILL_STORAGE_URL": "http://receipts"], 2, "s3://bucket/prefix"),
            (["TILL_STORAGE_ENDPOINT": "127.0.0.1"], 2, "storage.endpoint"), (["TILL_STORAGE_PATH_STYLE": "maybe"], 2, "true or false"),
            (["TILL_STORAGE_CREDENTIALS": #"{"access_key_id":"a"}"#], 2, "wanted both"),
            (["TILL_STORAGE_REGION": "us-west-2"], 1, "the bucket is in eu-central-1"),
            (["TILL_STORAGE_CREDENTIALS": #"{"access_key_id":"AKIADOUBLE","secret_access_key":"hush"}"#], 1, "SignatureDoesNotMatch"),
        ] as [([String: String], Int32, String)] {
            let run = try start(changes)
            XCTAssertEqual(run.status, status, "\(changes): \(run.error)")
            XCTAssertTrue(run.error.contains(words), "\(changes): \(run.error)")
            XCTAssertFalse(run.error.contains("hush"), run.error)
        }
        bucket.keepConditions(false)
        let run = try start()
        XCTAssertEqual(run.status, 1, run.error)
        XCTAssertTrue(run.error.contains("If-None-Match"), run.error)
        XCTAssertEqual(bucket.objects, [:])
    }
}
