import Foundation
import TestSupport
import XCTest

/// Goal: who has a file and a shell sends it, and learns of each record what became of it. Method: the real binary, beside a server and on a directory.
final class UploadCommandTests: UploadFixture {
    private static let type = #"""
        {"name":"row","version":1,"format":"csv","table":"rows","on_repeat":"replace","receipt_id":"n","columns":{"n":{"path":"n","type":"VARCHAR"},"amount":{"path":"amount","type":"INTEGER"}}}
        """#
    private var folder: URL { get throws { try XCTUnwrap(place) } }
    private var place: URL?

    override func setUpWithError() throws {
        try super.setUpWithError()
        place = try Project.temporaryFolder("till-upload")
    }

    override func tearDown() {
        if let place { try? FileManager.default.removeItem(at: place) }
        super.tearDown()
    }

    private func file(_ name: String, _ text: String) throws -> String {
        let path = try folder.appendingPathComponent(name)
        try Data(text.utf8).write(to: path)
        return path.path
    }

    private func till(_ words: [String]) throws -> TillRun {
        try TillRun(["upload"] + words + ["--url", try running().url], environment: ["TILL_KEY": TillServer.adminKey])
    }

    private func id(_ run: TillRun) -> String { String(run.text.split(separator: " ").first ?? "") }

    func test_put_waits_tellsWhatWasRefused_andRevertTakesBack() throws {
        XCTAssertEqual(try running().client().put("/v1/types/row", Self.type).status, 201)
        XCTAssertEqual(try running().client().put("/v1/contracts/c", #"{"access":"read-write","scope":"own"}"#).status, 201)
        let rows = ["put", "--client", "c", "--type", "row"]
        let first = try till(rows + [try file("a.csv", "n,amount\n1,10\n2,20\n")])
        XCTAssertEqual(first.status, 0, first.error)
        XCTAssertTrue(first.text.contains("PROCESSED: 2 accepted, 0 replaced, 0 repeated, 0 rejected"), first.text)
        // Some records are wrong: the others are taken, and each fault is said, here or in a file.
        let second = try till(rows + [try file("b.csv", "n,amount\n1,11\nx,many\n3,30\ny,more\n")])
        XCTAssertEqual(second.status, 1)
        XCTAssertTrue(second.text.contains("1 accepted, 1 replaced, 0 repeated, 2 rejected"), second.text)
        XCTAssertTrue(second.error.contains("record 2: ") && second.error.contains("record 4: "), second.error)
        let many = "n,amount\n" + (0..<2_500).map { "r\($0),none\n" }.joined()
        let told = try folder.appendingPathComponent("faults")
        let third = try till(rows + ["--errors", told.path, try file("c.csv", many)])
        XCTAssertEqual(third.status, 1, third.text)
        let faults = try String(contentsOf: told, encoding: .utf8).split(separator: "\n")
        XCTAssertEqual(faults.count, 2_500)
        XCTAssertTrue(faults.last?.contains(#""record":2500"#) ?? false, faults.last.map(String.init) ?? "")
        XCTAssertTrue(try till(["errors", id(third), "--limit", "3"]).text.contains("(3 rows)"))
        let shown = try till(["show", id(second)])
        XCTAssertTrue(shown.text.contains("b.csv"), shown.text)
        let list = try till(["list", "--state", "PROCESSED", "--format", "json"])
        XCTAssertEqual((try JSONSerialization.jsonObject(with: Data(list.text.utf8)) as? [Any])?.count, 3)
        XCTAssertEqual(try till(["revert", id(second)]).status, 0)
        let isBack = try Patience.until { try running().client().post("/v1/sql", #"{"query":"SELECT n, amount FROM rows ORDER BY 1"}"#).text.contains(#"[["1",10],["2",20]]"#) }
        XCTAssertTrue(isBack)
    }

    func test_wrongFilesAndNames_areToldInALine() throws {
        XCTAssertEqual(try running().client().put("/v1/types/row", Self.type).status, 201)
        XCTAssertEqual(try running().client().put("/v1/contracts/c", #"{"access":"read-write","scope":"own"}"#).status, 201)
        let good = try file("a.csv", "n,amount\n1,10\n")
        for (words, status, wanted) in [
            (["put"], 2, "a file is wanted"), (["put", "/nowhere"], 1, "No such file"), (["put", try folder.path], 1, "no plain file"), (["put", "/dev/zero"], 1, "no plain file"),
            (["put", good], 2, "--client is wanted"), (["put", good, "--type", "row"], 2, #"the type "row" does not map client_id"#), (["put", good, "--client", "nobody"], 1, "nobody"), (["put", good, "--client", "c", "--type", "none"], 1, "none"),
            (["put", try file("d.csv", "a,b\n1,2\n"), "--client", "c", "--type", "row"], 1, "header"), (["show", "../x"], 1, "not-found"), (["errors", "u"], 1, "not-found"),
            (["cancel", "u"], 1, "not-found"), (["revert", "u"], 1, "not-found"), (["list", "--state", "DONE"], 2, "--state"),
            (["put", good, "--client", "c", "--errors", "/nowhere/x"], 1, "/nowhere/x"),
        ] {
            let run = try till(words)
            XCTAssertEqual(Int(run.status), status, "\(words): \(run.error)")
            XCTAssertTrue((run.text + run.error).contains(wanted), "\(words): \(run.text)\(run.error)")
        }
        let empty = try till(["put", try file("e.csv", ""), "--client", "c", "--type", "row"])
        XCTAssertEqual(empty.status, 1, empty.text)
    }

    func test_put_worksOnADirectory_andForAContractsOwnKey() throws {
        XCTAssertEqual(try running().client().put("/v1/types/row", Self.type).status, 201)
        let key = try running().key("own")
        let good = try file("a.csv", "n,amount\n1,10\n")
        let own = try TillRun(["upload", "put", good, "--type", "row", "--url", try running().url], environment: ["TILL_KEY": key])
        XCTAssertEqual(own.status, 0, own.text + own.error)
        XCTAssertEqual(try running().stop(), 0)
        let offline = try TillRun(["upload", "put", good, "--type", "row", "--client", "own", "--data", try running().data.path])
        XCTAssertEqual(offline.status, 0, offline.text + offline.error)
        XCTAssertTrue(offline.text.contains("1 repeated"), offline.text)
    }
}
