import Foundation
import TestSupport
import XCTest

/// Goal: a node whose files were changed while it was away tells it as it comes back, and makes them anew. Method: the standby is stopped, a row of its day file changed by another program, and
/// the standby started.
final class PairDaysTests: XCTestCase {
    private func days(_ node: Pair.Node) -> String { node.ready?.text.firstMatch(of: #/"days":(\{[^}]*\})/#).map { String($0.1) } ?? "" }

    private func hot(_ node: Pair.Node) throws -> URL {
        let folder = node.data.appendingPathComponent("hot")
        return folder.appendingPathComponent(try XCTUnwrap(try FileManager.default.contentsOfDirectory(atPath: folder.path).filter { $0.hasSuffix(".sqlite") }.sorted().first))
    }

    func test_dayThatWasChanged_isFoundAtTheRejoin_andMadeAnew() throws {
        let pair = try Pair(degrades: true)
        defer { pair.remove() }
        let leader = try pair.leader()
        try pair.waitUntilInSync()
        let standby = pair.other(than: leader)
        _ = try leader.client.put("/v1/contracts/c1", #"{"access":"read-write","scope":"own"}"#)
        for number in 0..<25 { _ = try leader.client.post("/v1/receipts?client=c1", Receipts.pos("A-\(number)")) }
        // The leader notes what the day's rows are some seconds after they came.
        var found = ""
        while !found.contains(#""checked":1"#) {
            XCTAssertEqual(standby.stop(), 0)
            try standby.start()
            try pair.waitUntilInSync()
            guard Patience.until({ days(standby).contains(#""checked":"#) && !days(standby).contains("null") }) else { return XCTFail("\(days(standby)) \(standby.logText)") }
            found = days(standby)
        }
        XCTAssertEqual(found, #"{"checked":1,"mended":[],"differing":[]}"#)
        XCTAssertEqual(standby.stop(), 0)

        let file = try hot(standby)
        let changed = try Subprocess("/usr/bin/python3", ["-c", "import sqlite3, sys; c = sqlite3.connect(sys.argv[1]); c.execute(\"UPDATE rows SET receipt = X'4142' WHERE id = 1\"); c.commit(); c.close()", file.path])
        XCTAssertEqual(changed.status, 0, changed.all)
        try standby.start()
        try pair.waitUntilInSync()
        let name = String(file.lastPathComponent.dropLast(7))
        XCTAssertTrue(Patience.until { days(standby) == #"{"checked":1,"mended":["\#(name)"],"differing":[]}"# && standby.logText.contains("days of this node are not the leader's") }, "\(days(standby)) \(standby.logText)")
        // It has all when it leads, and nothing else.
        _ = try leader.client.post("/v1/receipts?client=c1", Receipts.pos("A-25"))
        leader.kill()
        XCTAssertEqual(try pair.leader().name, standby.name)
        let page = try standby.client.get("/v1/receipts?client=c1&fields=receipt_id&limit=100")
        for number in 0..<26 { XCTAssertTrue(page.text.contains("\"A-\(number)\""), "A-\(number): \(page.text)") }
        XCTAssertFalse(page.text.contains("AB"), page.text)
    }
}
