import ColumnStore
import Foundation
import TestSupport
import XCTest

/// Goal: a node whose version another has overtaken keeps what is acknowledged, serves nothing, says why, and is in nobody's way. Method: a day file of a stopped standby is given a version that no
/// program has, with its page's sum, as records of a later till would leave it; the leader is killed, and comes back.
final class PairLaterTests: XCTestCase {
    private static let version: UInt8 = 99

    private func hot(_ node: Pair.Node) throws -> URL? {
        let folder = node.data.appendingPathComponent("hot")
        guard FileManager.default.fileExists(atPath: folder.path) else { return nil }
        return try FileManager.default.contentsOfDirectory(atPath: folder.path).filter { $0.hasSuffix(".sqlite") }.sorted().first.map { folder.appendingPathComponent($0) }
    }

    /// `user_version` stands in the file's header at byte 60, the highest byte first; the page's sum in its last eight bytes.
    private func overtake(_ file: URL) throws {
        let log = try? FileManager.default.attributesOfItem(atPath: file.path + "-wal")[.size] as? Int
        XCTAssertEqual(log ?? 0, 0, "what is in the log would count in place of the page")
        var bytes = [UInt8](try Data(contentsOf: file))
        bytes.replaceSubrange(60..<64, with: [0, 0, 0, Self.version])
        let pageByteCount = Int(bytes[16]) << 8 | Int(bytes[17])
        let sum = bytes.withUnsafeBytes { XXHash64.hash(UnsafeRawBufferPointer(rebasing: $0[..<(pageByteCount - 8)])) } ^ 0x9E37_79B9_7F4A_7C15
        for index in 0..<8 { bytes[pageByteCount - 8 + index] = UInt8(truncatingIfNeeded: sum >> UInt64(8 * index)) }
        try Data(bytes).write(to: file)
    }

    func test_nodeThatIsOvertaken_servesNothing_saysWhy_andHandsTheLeadOn() throws {
        let pair = try Pair()
        defer { pair.remove() }
        let (leader, standby) = try pair.begin()
        for number in 0..<5 { XCTAssertEqual(try leader.client.post("/v1/receipts?client=c1", Receipts.pos("A-\(number)")).status, 201) }
        XCTAssertTrue(Patience.until { (try? hot(standby)) != nil }, standby.logText)
        XCTAssertEqual(standby.stop(), 0, standby.logText)
        let file = try XCTUnwrap(try hot(standby))
        try overtake(file)
        try standby.start()
        try pair.waitUntilInSync()
        let words = "hot/\(file.lastPathComponent) is of version \(Self.version), and this program knows"
        XCTAssertTrue(Patience.until { standby.ready?.text.contains(words) == true }, "\(standby.ready?.text ?? "") \(standby.logText)")
        XCTAssertEqual(standby.ready?.status, 503)
        XCTAssertTrue(Patience.until { standby.logText.contains("a later version has led") }, standby.logText)
        // It keeps what comes, and has the leader answer: on a busy machine not at the first word, since a leader that is not heard for a moment leads anew.
        var (posted, read) = (try standby.client.post("/v1/receipts?client=c1", Receipts.pos("A-5")), try standby.client.get("/v1/receipts/A-5?client=c1", [("Till-Read", "stale")]))
        XCTAssertTrue(
            try Patience.until(pauseMilliseconds: 100) {
                if posted.status == 503 { posted = try standby.client.post("/v1/receipts?client=c1", Receipts.pos("A-5")) }
                read = try standby.client.get("/v1/receipts/A-5?client=c1", [("Till-Read", "stale")])
                return posted.status != 503 && read.status != 503
            }, "\(posted.text) \(read.text) \(leader.logText.suffix(2_000)) \(standby.logText.suffix(2_000))")
        // One that was refused may have been taken all the same.
        XCTAssertTrue([200, 201].contains(posted.status), posted.text)
        XCTAssertEqual(read.status, 200, read.text)
        XCTAssertNil(read.headers["till-stale"])
        // Whoever of the two had more.
        leader.kill()
        try leader.start()
        let leads = Patience.until(pauseMilliseconds: 100) {
            pair.revive()
            return leader.ready?.status == 200
        }
        XCTAssertTrue(leads, "\(leader.ready?.text ?? "") \(leader.logText.suffix(2_000)) \(standby.ready?.text ?? "") \(standby.logText.suffix(2_000))")
        XCTAssertEqual(standby.ready?.status, 503)
        XCTAssertTrue(standby.ready?.text.contains(words) == true)
        XCTAssertEqual(try leader.client.post("/v1/receipts?client=c1", Receipts.pos("A-6")).status, 201)
        let page = try leader.client.get("/v1/receipts?client=c1&fields=receipt_id&limit=100")
        for number in 0..<7 { XCTAssertTrue(page.text.contains("\"A-\(number)\""), "A-\(number): \(page.text)") }
    }
}
