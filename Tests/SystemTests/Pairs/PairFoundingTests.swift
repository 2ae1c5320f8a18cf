import ColumnStore
import Foundation
import TestSupport
import XCTest

/// Goal: a store that one machine had alone, one that was restored, and a pair whose object is gone become whole pairs by a person's word, and lose nothing. Method: real processes, killed and started, and the
/// command itself.
final class PairFoundingTests: XCTestCase {
    private func settings(of node: Pair.Node) -> [String: String] { ["TILL_ADMIN_KEY": TillServer.adminKey, "TILL_LIMITS_MIN_FREE": "1MiB"].merging(node.environment) { $1 } }

    @discardableResult
    private func found(_ node: Pair.Node, _ more: [String] = [], status: Int32 = 0) throws -> TillRun {
        let run = try TillRun(["cluster", "found", "--data", node.data.path] + more, environment: settings(of: node))
        XCTAssertEqual(run.status, status, "\(run.text)\(run.error)\(node.logText.suffix(1_000))")
        return run
    }

    /// Serves a node's directory as one machine's, until `body` is done; then it is killed, as it stands.
    private func alone(_ node: Pair.Node, _ more: [String: String] = [:], _ body: (HTTPClient) throws -> Void) throws {
        let own = node.environment
        node.environment = own.filter { !$0.key.hasPrefix("TILL_CLUSTER") && $0.key != "TILL_LOG_URL" }.merging(more) { $1 }
        defer { node.environment = own }
        try node.start()
        XCTAssertTrue(Patience.until { node.ready?.status == 200 }, node.logText)
        try body(node.client)
        node.kill()
    }

    private func post(_ ids: [String], _ client: HTTPClient, file: StaticString = #filePath, line: UInt = #line) throws {
        for id in ids {
            let answer = try client.post("/v1/receipts?client=c1", Receipts.pos(id, day: "2026-0\(1 + id.utf8.count % 9)-11", total: "12.25"))
            XCTAssertEqual(answer.status, 201, answer.text, file: file, line: line)
        }
    }

    private func ids(_ prefix: String, _ count: Int) -> [String] { (0..<count).map { "\(prefix)-0-\($0)" } }

    private func contract(_ client: HTTPClient) throws {
        let made = try client.put("/v1/contracts/c1", #"{"access":"read-write","scope":"own"}"#)
        XCTAssertTrue([200, 201].contains(made.status), made.text)
    }

    private func rows(_ query: String, _ client: HTTPClient) throws -> String {
        let answer = try client.post("/v1/sql", #"{"query":"\#(query)"}"#)
        XCTAssertEqual(answer.status, 200, answer.text)
        return String(answer.text.firstMatch(of: #/"rows":(.*),"next_cursor"/#)?.1 ?? "")
    }

    /// What a client would miss, and an administrator.
    private func everything(_ client: HTTPClient, upload: String) throws -> [String] {
        let queries = ["SELECT receipt_id, total, length(document) FROM receipts ORDER BY receipt_id", "SELECT receipt_id, name FROM members ORDER BY receipt_id", "SELECT count(*), sum(total) FROM receipts"]
        let calls = ["/v1/contracts/c1", "/v1/contracts/c1/keys", "/v1/types/member", "/v1/uploads/\(upload)", "/v1/quarantine?limit=10"]
        return try queries.map { try rows($0, client) } + calls.map { path in
            let answer = try client.get(path)
            XCTAssertEqual(answer.status, 200, "\(path): \(answer.text)")
            // Links name the server.
            return answer.text.replacing(#/"[a-z_]*url":"[^"]*"/#, with: "").replacing(#/"last_used_at":[^,}]*/#, with: "")
        } + [String(try client.get("/v1/queues/q1/messages?limit=10").text.matches(of: #/"mark":"([a-z]+)"/#).map { String($0.1) }.joined(separator: " "))]
    }

    /// Makes one of everything.
    ///
    /// - Returns: the upload's id.
    private func fill(_ port: UInt16) throws -> String {
        let client = HTTPClient(port: port, key: TillServer.adminKey)
        try contract(client)
        XCTAssertEqual(try client.call("POST", "/v1/contracts/c1/keys").status, 201)
        let key = try XCTUnwrap(try client.call("POST", "/v1/contracts/c1/keys").text.firstMatch(of: #/"key":"([^"]+)"/#)).1
        XCTAssertTrue([200, 201].contains(try client.put("/v1/types/member", UploadFixture.member).status))
        XCTAssertEqual(try client.put("/v1/queues/q1", "{}").status, 201)
        XCTAssertEqual(try client.post("/v1/queues/q1/messages", #"{"messages":[{"body":{"mark":"kept"}},{"body":{"mark":"too"}}]}"#).status, 200)
        XCTAssertEqual(try client.post("/v1/receipts?client=c1", #"{"schema":"pos/1","id":"bad"}"#).status, 422)
        let own = HTTPClient(port: port, key: String(key))
        let announced = try own.post("/v1/uploads", #"{"name":"a.csv","type":"member"}"#)
        XCTAssertEqual(announced.status, 201, announced.text)
        let url = try XCTUnwrap(announced.text.firstMatch(of: #/"url":"http:\/\/[^\/]+([^"]+)"/#)).1
        let id = try XCTUnwrap(announced.text.firstMatch(of: #/"upload_id":"([^"]+)"/#)).1
        XCTAssertEqual(try HTTPClient(port: port).call("PUT", String(url), headers: [], body: Array("id,name,age\n1,Ann,40\n2,Bo,41\n".utf8)).status, 201)
        XCTAssertTrue(Patience.until { (try? own.get("/v1/uploads/\(id)").text.contains(#""state":"PROCESSED""#)) == true }, (try? own.get("/v1/uploads/\(id)").text) ?? "")
        return String(id)
    }

    /// The machine that was founded is lost; the other has everything, takes more, and both are proven.
    private func check(_ pair: Pair, _ before: [String], upload: String, acknowledged: [String]) throws {
        let (a, b) = (pair.nodes[0], pair.nodes[1])
        a.kill()
        XCTAssertEqual(try pair.leader().name, "b")
        XCTAssertEqual(try everything(b.client, upload: upload), before)
        XCTAssertEqual(try b.client.post("/v1/receipts?client=c1", Receipts.pos(acknowledged[0], day: "2026-0\(1 + acknowledged[0].utf8.count % 9)-11", total: "12.25")).status, 200, "a repeat is known")
        try a.start()
        try pair.waitUntilInSync()
        let more = PairLoad.acknowledged(pair, "Z") { $0.more(20) }
        XCTAssertTrue(Patience.until { pair.digestsAgree })
        try PairLoad.check(pair, has: acknowledged + more, "after founding")
        try PairLoad.prove(pair, "after founding")
    }

    func test_storeThatOneMachineHad_withColdReceiptsInABucket_becomesAPair_andSurvivesThatMachine() throws {
        let bucket = BucketDouble()
        defer { bucket.close() }
        let pair = try Pair(
            hasWitness: false,
            more: [
                "TILL_STORAGE_URL": "s3://receipts/pair", "TILL_STORAGE_ENDPOINT": bucket.endpoint, "TILL_STORAGE_REGION": "eu-central-1", "TILL_STORAGE_PATH_STYLE": "true",
                "TILL_STORAGE_CREDENTIALS": #"{"access_key_id":"AKIADOUBLE","secret_access_key":"double/secret+key"}"#, "TILL_COMPACT_INTERVAL": "1h",
            ], starts: false)
        defer { pair.remove() }
        let (a, b) = (pair.nodes[0], pair.nodes[1])
        var (before, upload): ([String], String) = ([], "")
        try alone(a, ["TILL_LOG_URL": "file://\(pair.folder.path)/own-log"]) { client in
            upload = try fill(a.port)
            try post(ids("C", 30), client)
            let compacted = try client.post("/v1/admin/compact", "{}")
            XCTAssertTrue(compacted.text.contains(#""rows_moved":3"#), compacted.text)
            try post(ids("H", 20), client)
            before = try everything(client, upload: upload)
        }
        // Neither is it served as a member's without a word, nor is the other filled by it.
        try a.start()
        XCTAssertEqual(a.waitForEnd(), 2)
        XCTAssertTrue(a.logText.contains("till cluster found"), a.logText.suffix(1_000).description)
        let run = try found(a)
        XCTAssertTrue(run.text.contains("then start b with an empty directory"), run.text)
        XCTAssertFalse(FileManager.default.fileExists(atPath: a.data.appendingPathComponent("log").path), "its own log has ended")
        let again = try found(a, status: 2)
        XCTAssertTrue(again.error.contains("has an object already") && again.error.contains("a leads"), again.error)
        for node in [a, b] { try node.start() }
        try pair.waitUntilInSync()
        XCTAssertEqual(try everything(pair.leader().client, upload: upload), before)
        try check(pair, before, upload: upload, acknowledged: ids("C", 30) + ids("H", 20))
    }

    func test_backupThatIsRestored_becomesAPair_withAWitness() throws {
        let pair = try Pair(starts: false)
        defer { pair.remove() }
        let (a, b) = (pair.nodes[0], pair.nodes[1])
        let elsewhere = try TillServer()
        defer { elsewhere.remove() }
        let upload = try fill(elsewhere.port)
        try post(ids("R", 25), elsewhere.client())
        let before = try everything(elsewhere.client(), upload: upload)
        let copy = pair.folder.appendingPathComponent("copy").path
        XCTAssertEqual(try elsewhere.client().post("/v1/admin/backup", #"{"destination":"\#(copy)"}"#).status, 200)
        let restored = try TillRun(["restore", copy, "--data", a.data.path])
        XCTAssertEqual(restored.status, 0, restored.error)
        // On both machines, by two persons: the witness has one object.
        let second = try TillRun(["restore", copy, "--data", b.data.path])
        XCTAssertEqual(second.status, 0, second.error)
        let run = try found(a)
        XCTAssertTrue(run.text.contains("acknowledges once b is there"), run.text)
        XCTAssertTrue(try found(b, status: 2).error.contains("a leads"))
        try FileManager.default.removeItem(at: b.data)
        for node in [a, b] { try node.start() }
        try pair.waitUntilInSync()
        XCTAssertEqual(try everything(pair.leader().client, upload: upload), before)
        // Without a log the one that is left waits for the other: it leads, and is asked once that is back.
        a.kill()
        try a.start()
        XCTAssertEqual(try pair.leader().name, "b")
        try pair.waitUntilInSync()
        XCTAssertEqual(try everything(b.client, upload: upload), before)
        let more = PairLoad.acknowledged(pair, "Z") { $0.more(20) }
        try PairLoad.check(pair, has: ids("R", 25) + more, "after a restore")
        let proof = try TillRun(["verify", "--url", "http://127.0.0.1:\(pair.leader().port)", "--full"], environment: ["TILL_KEY": TillServer.adminKey])
        XCTAssertEqual(proof.status, 0, "\(proof.text)\(proof.error)")
    }

    func test_coldReceiptsBelowTheDirectory_areRefused_andTheStoreGoesOnAlone() throws {
        let pair = try Pair(hasWitness: false, starts: false)
        defer { pair.remove() }
        let a = pair.nodes[0]
        try alone(a) { client in
            try contract(client)
            try post(ids("C", 5), client)
            XCTAssertEqual(try client.post("/v1/admin/compact", "{}").status, 200)
        }
        let run = try found(a, status: 2)
        XCTAssertTrue(run.error.contains("till move --to"), run.error)
        try alone(a) { client in XCTAssertEqual(try rows("SELECT count(*) FROM receipts", client), "[[5]]") }
        XCTAssertFalse(FileManager.default.fileExists(atPath: pair.folder.appendingPathComponent("object/object").path))
    }

    /// Both stopped, as it is found out; the one that led last has everything, and so have the other and slots together.
    func test_objectThatIsGone_isMadeAnew_andThePairIsWholeAgain() throws {
        let pair = try Pair(hasWitness: false)
        defer { pair.remove() }
        let (leader, standby) = try pair.begin()
        var all = PairLoad.acknowledged(pair, "A") { $0.more(20) }
        standby.kill()
        all += PairLoad.acknowledged(pair, "B") { $0.more(20) }
        XCTAssertEqual(leader.stop(), 0)
        try FileManager.default.removeItem(at: pair.folder.appendingPathComponent("object"))
        try leader.start()
        XCTAssertEqual(leader.waitForEnd(), 2)
        XCTAssertTrue(leader.logText.contains("till cluster found"), leader.logText.suffix(1_000).description)
        // The one that was away lacks what lies in slots, and reads it there.
        let run = try found(standby)
        XCTAssertTrue(run.text.contains("are read as \(standby.name) is started"), run.text)
        try standby.start()
        XCTAssertTrue(Patience.until { standby.ready?.status == 200 }, standby.logText.suffix(2_000).description)
        try leader.start()
        try pair.waitUntilInSync()
        try PairLoad.check(pair, has: all, "after the object was made anew")
        XCTAssertTrue(pair.transfer(to: leader), leader.logText.suffix(2_000).description)
        all += PairLoad.acknowledged(pair, "C") { $0.more(20) }
        XCTAssertTrue(Patience.until { pair.digestsAgree })
        try PairLoad.check(pair, has: all, "after the object was made anew, and a transfer")
        try PairLoad.prove(pair, "after the object was made anew")
    }

    /// Both go on meanwhile, and nobody waits for long.
    func test_objectThatIsGone_isMadeAnewByTheNodeThatLeads_whileBothServe() throws {
        let pair = try Pair()
        defer { pair.remove() }
        let (leader, standby) = try pair.begin()
        try pair.waitUntilStoreIsNamed()
        func found(_ node: Pair.Node) throws -> TillRun { try TillRun(["cluster", "found", "--url", "http://127.0.0.1:\(node.port)"], environment: ["TILL_KEY": TillServer.adminKey]) }
        let early = try found(leader)
        XCTAssertEqual(early.status, 1)
        XCTAssertTrue(early.error.contains("is there, as far as"), early.error)
        let all = try PairLoad.acknowledged(pair, "A") { load in
            load.more(20)
            pair.killWitness()
            try FileManager.default.removeItem(at: pair.folder.appendingPathComponent("witness"))
            try pair.startWitness()
            XCTAssertTrue(Patience.until { leader.ready?.text.contains("the object that says who leads is gone") == true }, leader.ready?.text ?? "")
            // Any node may be asked: the one that leads answers.
            let run = try found(standby)
            XCTAssertEqual(run.status, 0, run.error)
            XCTAssertTrue(run.text.contains("\(leader.name) leads"), run.text)
            load.more(20)
        }
        XCTAssertNil(leader.lastStatus)
        XCTAssertNil(standby.lastStatus)
        XCTAssertTrue(pair.transfer(to: standby), standby.logText.suffix(2_000).description)
        try pair.waitUntilInSync()
        XCTAssertTrue(Patience.until { pair.digestsAgree })
        try PairLoad.check(pair, has: all, "after the object was made anew")
    }

    /// The other machine is replaced meanwhile: with its empty directory it founds no cluster in the place of the one that is there.
    func test_emptyMachine_whileTheObjectIsGone_foundsNothing_andThePairIsFoundedWithTheOther() throws {
        let pair = try Pair()
        defer { pair.remove() }
        let (leader, standby) = try pair.begin()
        try pair.waitUntilStoreIsNamed()
        let all = PairLoad.acknowledged(pair, "A") { $0.more(20) }
        let witness = pair.folder.appendingPathComponent("witness")
        pair.killWitness()
        try FileManager.default.removeItem(at: witness)
        try pair.startWitness()
        standby.kill()
        try FileManager.default.removeItem(at: standby.data)
        try standby.start()
        // The leader may have been without it for so short a time that it leads on, and lets it in.
        XCTAssertTrue(
            Patience.until { ["there is no object that says who leads", #""insync":["a","b"]"#, #""insync":["b","a"]"#].contains { standby.ready?.text.contains($0) == true } }, standby.ready?.text ?? standby.logText)
        XCTAssertFalse(FileManager.default.fileExists(atPath: witness.appendingPathComponent("object").path))
        XCTAssertEqual(standby.stop(), 0)
        // It may have ended by itself: nothing has proven that it leads.
        _ = leader.stop()
        try found(leader)
        for node in [leader, standby] { try node.start() }
        try pair.waitUntilInSync()
        XCTAssertTrue(Patience.until { pair.digestsAgree })
        try PairLoad.check(pair, has: all, "after an empty machine came while the object was gone")
    }

    /// What only the other had is dropped, by a person's word: its files must not tell it on.
    func test_foundedWithTheOneThatHadLess_theOthersFilesAreMadeAnew() throws {
        let pair = try Pair(degrades: true)
        defer { pair.remove() }
        let (leader, standby) = try pair.begin()
        let both = PairLoad.acknowledged(pair, "A") { $0.more(20) }
        XCTAssertTrue(Patience.until { pair.digestsAgree })
        standby.kill()
        let dropped = PairLoad.acknowledged(pair, "B") { $0.more(20) }
        XCTAssertGreaterThan(dropped.count, 0)
        XCTAssertEqual(leader.stop(), 0)
        // So that the files of the one that had more are a follower's.
        try leader.start()
        XCTAssertTrue(Patience.until { leader.ready?.status == 200 }, leader.logText.suffix(2_000).description)
        XCTAssertEqual(leader.stop(), 0)
        pair.killWitness()
        try FileManager.default.removeItem(at: pair.folder.appendingPathComponent("witness"))
        try pair.startWitness()
        try leader.start()
        XCTAssertTrue(Patience.until { leader.ready?.text.contains("till cluster found") == true }, leader.ready?.text ?? leader.logText)
        // It runs, and says that it has more.
        XCTAssertTrue(try found(standby, status: 2).error.contains("\(leader.name) has more"))
        XCTAssertEqual(leader.stop(), 0)
        try found(standby)
        try standby.start()
        XCTAssertTrue(Patience.until { standby.ready?.status == 200 }, standby.logText.suffix(2_000).description)
        var all = both
        all += PairLoad.acknowledged(pair, "C") { $0.more(40) }
        try leader.start()
        try pair.waitUntilInSync()
        XCTAssertTrue(Patience.until { pair.digestsAgree })
        XCTAssertTrue(leader.logText.contains("the cluster goes on from a record that is before what the files of this node tell"), leader.logText.suffix(3_000).description)
        XCTAssertTrue(pair.transfer(to: leader), leader.logText.suffix(2_000).description)
        try PairLoad.check(pair, has: all, "with the one that had less")
        XCTAssertEqual(try rows("SELECT count(*) FROM receipts WHERE receipt_id LIKE 'B-%'", leader.client), "[[0]]", leader.logText.suffix(3_000).description)
        try pair.waitUntilInSync()
        try PairLoad.prove(pair, "with the one that had less")
    }
}
