import Foundation
import TestSupport
import XCTest

/// Goal: a file may be as long as it likes and hold what it likes: it takes the memory of a piece and two chunks. Method: files that are many times that, of records that are too long, of
/// one that never ends, and packed ones that unfold to a thousand times their length; the process's own figures meanwhile.
final class UploadMemoryTests: UploadFixture {
    /// In mebibytes.
    private func resident() throws -> Int {
        let text = try String(contentsOfFile: "/proc/\(try running().processID)/status", encoding: .utf8)
        let line = text.split(separator: "\n").first { $0.hasPrefix("RssAnon:") } ?? ""
        return (Int(line.split(separator: " ").dropFirst().first ?? "") ?? 0) >> 10
    }

    func test_hugeRecords_andBombs_takeLittle() throws {
        let server = try running()
        XCTAssertEqual(try server.client().put("/v1/types/member", Self.member).status, 201)
        let one = server.client(key: try server.key("c1"))
        _ = try upload(Self.lines(1...100), one, name: "a.ndjson")
        let before = try resident()
        let long = String(repeating: "x", count: 20 << 20)
        XCTAssertEqual(counts(try upload((1...4).map { "A\($0),\(long)\nB\($0),N\n" }.reduce("id,name\n", +), one, type: "member")), [8, 8, 4, 0, 0, 4])
        XCTAssertLessThan(try resident(), before + 64)
        XCTAssertEqual(try upload("id,name\nC,\"" + long, one, type: "member")["state"] as? String, "ERROR", "a quote that is open at the end")
        let zeros = server.data.deletingLastPathComponent().appendingPathComponent("zeros")
        let process = try Subprocess("/bin/bash", ["-c", "head -c 400000000 /dev/zero | gzip -9 > '\(zeros.path)'"])
        XCTAssertEqual(process.status, 0)
        let bomb = Array(try Data(contentsOf: zeros))
        XCTAssertLessThan(bomb.count, 1 << 20)
        let (id, path) = try announce(one, #"{"name":"a.ndjson.gz"}"#)
        XCTAssertEqual(try put(path, bomb).status, 201)
        XCTAssertEqual(try ended(id, one)["state"] as? String, "ERROR", "no record ends in it")
        XCTAssertLessThan(try resident(), before + 64)
    }
}
