import Foundation
import TestSupport
import XCTest

/// Goal: the files of a standby that has never led can be looked at where they lie, and what a pair does not do is refused at once. Method: real processes; the
/// standby of a pair with a queue is looked at while it runs and after its end.
final class StandbyFilesTests: XCTestCase {
    func test_standbyThatNeverLed_isCheckedAndProved() throws {
        let pair = try Pair(degrades: true)
        defer { pair.remove() }
        let (leader, standby) = try pair.begin()
        XCTAssertEqual(try leader.client.put("/v1/queues/jobs", "{}").status, 201)
        XCTAssertEqual(try leader.client.post("/v1/queues/jobs/messages", #"{"messages":[{"id":"a","body":1}]}"#).status, 200)
        _ = PairLoad.acknowledged(pair, "A") { $0.more(40) }
        let move = try leader.client.post("/v1/admin/move", #"{"to":"file:///tmp/elsewhere"}"#)
        XCTAssertEqual(move.status, 400, move.text)
        XCTAssertTrue(move.text.contains("two machines keep this store"), move.text)
        XCTAssertTrue(Patience.until { FileManager.default.fileExists(atPath: standby.data.appendingPathComponent("catalog.sqlite").path) })
        let data = ["--data", standby.data.path]
        // Day files that it is making just then are of no earlier format.
        let isSaid = Patience.until(pauseMilliseconds: 100) { (try? TillRun(["migrate", "--check"] + data)).map { $0.status == 0 && $0.text.contains("nothing will change") } ?? false }
        XCTAssertTrue(isSaid, "it is not looked at")
        let held = try TillRun(["verify"] + data)
        XCTAssertEqual(held.status, 1, held.text)
        XCTAssertTrue(held.error.contains("is held by another process"), held.error)
        XCTAssertEqual(standby.stop(), 0, standby.logText)
        XCTAssertFalse(FileManager.default.fileExists(atPath: standby.data.appendingPathComponent("FORMAT").path), "it has led")
        let check = try TillRun(["migrate", "--check"] + data)
        XCTAssertEqual(check.status, 0, check.error)
        XCTAssertTrue(check.text.contains("queues.sqlite: version 1") && check.text.contains("nothing will change"), check.text)
        let proof = try TillRun(["verify"] + data)
        XCTAssertEqual(proof.status, 0, proof.text + proof.error)
        XCTAssertTrue(proof.text.contains(" receipts") && proof.text.contains("no fault"), proof.text)
        XCTAssertFalse(FileManager.default.fileExists(atPath: standby.data.appendingPathComponent("FORMAT").path), "nothing was changed")
        // What is lost there is found.
        let queues = standby.data.appendingPathComponent("queues.sqlite")
        let aside = standby.data.appendingPathComponent("cluster/aside")
        try FileManager.default.moveItem(at: queues, to: aside)
        let lost = try TillRun(["verify"] + data)
        XCTAssertEqual(lost.status, 1, lost.text)
        XCTAssertTrue(lost.text.contains("\(queues.path): is missing"), lost.text)
        try FileManager.default.moveItem(at: aside, to: queues)
        try standby.start()
        try pair.waitUntilInSync()
        XCTAssertTrue(pair.transfer(to: standby))
        XCTAssertEqual(try standby.client.get("/v1/queues/jobs").status, 200)
    }

    /// Its disk is its own, and fills whatever room the other machine has.
    func test_standbyWhoseDiskIsFullSoon_saysSo() throws {
        let pair = try Pair(degrades: true)
        defer { pair.remove() }
        let (leader, standby) = try pair.begin()
        XCTAssertEqual(standby.stop(), 0, standby.logText)
        standby.environment["TILL_LIMITS_MIN_FREE"] = "1000TiB"
        try standby.start()
        try pair.waitUntilInSync()
        let says = #""faults":["the disk of this node is full soon: "#
        XCTAssertTrue(Patience.until { standby.ready?.text.contains(says) == true }, standby.ready?.text ?? "no answer")
        XCTAssertTrue(Patience.until { standby.logText.contains("the disk is full soon") }, standby.logText.suffix(2_000).description)
        XCTAssertTrue(Patience.until { leader.ready?.text.contains(#""degraded":false,"faults":[],"#) == true }, leader.ready?.text ?? "no answer")
        // For the rule of docs/alerts.yml, which asks each machine.
        let figures = try standby.client.get("/metrics").text
        for name in ["disk_free_bytes", "disk_min_free_bytes"] { XCTAssertTrue(figures.contains("\ntill_\(name) "), figures) }
    }

    func test_memberWithoutAStore_saysSo() throws {
        let folder = try Project.temporaryFolder()
        defer { try? FileManager.default.removeItem(at: folder) }
        let cluster = folder.appendingPathComponent("cluster")
        try FileManager.default.createDirectory(at: cluster, withIntermediateDirectories: true)
        try Data("till-fold 1\nstage led\n".utf8).write(to: cluster.appendingPathComponent("fold"))
        let check = try TillRun(["migrate", "--check", "--data", folder.path])
        XCTAssertEqual(check.status, 0, check.error)
        let proof = try TillRun(["verify", "--data", folder.path])
        XCTAssertEqual(proof.status, 1, proof.text)
        for said in [check.text, proof.error] { XCTAssertTrue(said.contains("is a member of a pair, and has no store yet"), said) }
    }
}
