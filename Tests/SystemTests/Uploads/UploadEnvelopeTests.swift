import Foundation
import TestSupport
import XCTest

/// Goal: what stands around an envelope's records counts in an upload as it does in a POST, wherever it stands, and whatever the program is killed at. Method: the same documents both ways; a long one while the program is killed; the
/// ends of what can be read record by record.
final class UploadEnvelopeTests: UploadFixture {
    private static let shift = """
        {"name":"shift","version":1,"table":"shifts","format":"json","match":{"/shift":{"exists":true}},"each":{"path":"/sales/*"},"batch":"each","receipt_id":"/id","issued_at":"/at","time_zone":"UTC",
         "columns":{"shift":{"path":"/shift","from_root":true,"type":"VARCHAR"},"closed":{"path":"/closed/by","from_root":true,"type":"VARCHAR","required":true},"n":{"path":"/n","type":"INTEGER"}}}
        """
    private static let pack = """
        {"name":"pack","version":1,"table":"packs","format":"xml","match":{"root":"pack"},"each":{"path":"/pack/till/sale"},"batch":"each","receipt_id":"@id","issued_at":"at","time_zone":"UTC",
         "columns":{"till":{"path":"../name","type":"VARCHAR"},"closed":{"path":"/pack/closed/@by","type":"VARCHAR"},"notes":{"path":"../../note","columns":{"text":{"path":".","type":"VARCHAR"}}}}}
        """
    /// Its paths look into other records.
    private static let first = """
        {"name":"first","version":1,"table":"firsts","format":"json","match":{"/list":{"exists":true}},"each":{"path":"/list/*"},"batch":"each","receipt_id":"/id","issued_at":"/at","time_zone":"UTC",
         "columns":{"first":{"path":"/list/0/id","from_root":true,"type":"VARCHAR"}}}
        """

    private func json(_ prefix: String, _ count: Int) -> String {
        #"{"shift":"S-7","sales":["# + (1...count).map { #"{"id":"\#(prefix)\#($0)","at":"2026-01-01T10:00:00Z","n":\#($0)}"# }.joined(separator: ",") + #"],"closed":{"by":"Olena"}}"#
    }

    private func xml(_ prefix: String) -> String {
        func sales(_ numbers: ClosedRange<Int>) -> String { numbers.map { "<sale id='\(prefix)\($0)'><at>2026-01-01T10:00:00Z</at></sale>" }.joined() }
        return "<pack><note>before</note><till>\(sales(1...2))<name>one</name></till><note>between</note><till><name>two</name>\(sales(3...3))</till><closed by='Olena'/></pack>"
    }

    func test_whatStandsBehindRecords_countsAsInAPost() throws {
        let server = try running()
        for type in [("shift", Self.shift), ("pack", Self.pack), ("first", Self.first)] { XCTAssertEqual(try server.client().put("/v1/types/\(type.0)", type.1).status, 201) }
        let one = server.client(key: try server.key("c1"))
        XCTAssertEqual(try one.post("/v1/receipts?type=shift", json("P", 3)).status, 200)
        XCTAssertEqual(counts(try upload(json("U", 3), one, name: "a.json", type: "shift")), [3, 3, 3, 0, 0, 0])
        XCTAssertEqual(try one.call("POST", "/v1/receipts?type=pack", headers: [("Content-Type", "application/xml")], body: Array(xml("P").utf8)).status, 200)
        XCTAssertEqual(counts(try upload(xml("U"), one, name: "a.xml", type: "pack")), [3, 3, 3, 0, 0, 0])
        for (table, columns) in [("shifts", "shift, closed, n"), ("packs", "till, closed, notes")] {
            let posted = try rows("SELECT \(columns) FROM \(table) WHERE receipt_id LIKE 'P%' ORDER BY receipt_id", one)
            XCTAssertEqual(try rows("SELECT \(columns) FROM \(table) WHERE receipt_id LIKE 'U%' ORDER BY receipt_id", one), posted)
            XCTAssertTrue(posted.contains("Olena"), posted)
        }
    }

    /// What is cut out of an envelope is in UTF-8, and says so, whatever the envelope came in; a document that is stored as it came keeps its own.
    func test_recordsOfAnEnvelope_areUTF8_whateverItCameIn() throws {
        let server = try running()
        let single = #"{"name":"slip","version":1,"format":"xml","match":{"root":"slip"},"receipt_id":"@id","issued_at":"at","time_zone":"UTC","columns":{"who":{"path":"who","type":"VARCHAR"}}}"#
        for type in [("pack", Self.pack), ("slip", single)] { XCTAssertEqual(try server.client().put("/v1/types/\(type.0)", type.1).status, 201) }
        let one = server.client(key: try server.key("c1"))
        // Їжа in Windows-1251.
        let word = "\u{AF}\u{E6}\u{E0}"
        func bytes(_ text: String) -> [UInt8] { ("<?xml version='1.0' encoding='windows-1251'?>" + text).unicodeScalars.map { UInt8($0.value) } }
        let pack = bytes("<pack><till><sale id='W1'><at>2026-01-01T10:00:00Z</at><who>\(word)</who></sale><name>\(word)</name></till></pack>")
        let slip = bytes("<slip id='W2'><at>2026-01-01T10:00:00Z</at><who>\(word)</who></slip>")
        for body in [pack, slip] {
            let answer = try one.call("POST", "/v1/receipts", headers: [("Content-Type", "text/xml; charset=windows-1251")], body: body)
            XCTAssertTrue([200, 201].contains(answer.status), answer.text)
        }
        XCTAssertEqual(try rows("SELECT till FROM packs", one), #"[["Їжа"]]"#)
        let cut = try one.get("/v1/receipts/W1?table=packs&raw=1")
        XCTAssertEqual(cut.headers["content-type"], "text/xml")
        XCTAssertTrue(cut.text.contains("<who>Їжа</who>"), cut.text)
        let whole = try one.get("/v1/receipts/W2?raw=1")
        XCTAssertEqual(whole.headers["content-type"], "text/xml; charset=windows-1251")
        XCTAssertEqual(whole.body, slip)
    }

    func test_envelope_killed_hasItsSurroundingsInEachRecord() throws {
        let server = try running()
        XCTAssertEqual(try server.client().put("/v1/types/shift", Self.shift).status, 201)
        let one = server.client(key: try server.key("c1"))
        let key = String(try XCTUnwrap(one.authorization).dropFirst(7))
        let (id, path) = try announce(one, #"{"name":"a.json","type":"shift"}"#)
        XCTAssertEqual(try put(path, Array(json("R", 20_000).utf8)).status, 201)
        var random = SplitMix64(state: 3)
        var client = one
        for _ in 0..<6 {
            usleep(UInt32(20_000 + random.next() % 200_000))
            server.kill()
            try server.start()
            client = server.client(key: key)
        }
        XCTAssertEqual(counts(try ended(id, client)), [20_000, 20_000, 20_000, 0, 0, 0])
        XCTAssertEqual(try rows("SELECT count(*), count(DISTINCT receipt_id), min(closed), max(closed), sum(n) FROM shifts", client), #"[[20000,20000,"Olena","Olena",200010000]]"#)
    }

    func test_pathsIntoOtherRecords_takeTheWholeDocument_orNone() throws {
        let server = try running()
        for type in [("shift", Self.shift), ("first", Self.first)] { XCTAssertEqual(try server.client().put("/v1/types/\(type.0)", type.1).status, 201) }
        let one = server.client(key: try server.key("c1"))
        func list(_ count: Int) -> String { #"{"list":["# + (1...count).map { #"{"id":"\#($0)","at":"2026-01-01"}"# }.joined(separator: ",") + "]}" }
        XCTAssertEqual(counts(try upload(list(9_000), one, name: "a.json", type: "first")), [9_000, 9_000, 9_000, 0, 0, 0])
        XCTAssertEqual(try rows("SELECT count(*), min(first), max(first) FROM firsts", one), #"[[9000,"1","1"]]"#)
        for (file, type, word) in [(list(40_000), "first", "/list/0/id"), (list(10_001), "first", "10001 records"), (String(json("R", 3).dropLast(9)), "shift", "cut short"), (json("R", 3).replacing(#"{"by":"#, with: #"{"by","#), "shift", "colon")] {
            let ended = try upload(file, one, name: "a.json", type: type)
            XCTAssertEqual(ended["state"] as? String, "ERROR")
            XCTAssertEqual(counts(ended)[1...], [0, 0, 0, 0, 0], "nothing is taken of what cannot be told")
            let problem = try XCTUnwrap(ended["problem"] as? [String: Any])
            XCTAssertEqual((problem["detail"] as? String)?.contains(word), true, "\(problem)")
        }
    }
}
