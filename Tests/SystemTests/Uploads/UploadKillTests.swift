import Foundation
import TestSupport
import XCTest

/// Goal: whatever instant the program is killed at, each record of a file is stored once and counted once. Method: kill -9 again and again while files
/// are read that have repeats and faults among their records; what must come out follows from the files.
final class UploadKillTests: UploadFixture {
    private func kill(_ rounds: Int, seed: UInt64, until id: String, _ client: HTTPClient) throws -> [String: Any] {
        let server = try running()
        var random = SplitMix64(state: seed)
        var client = client
        let key = String(try XCTUnwrap(client.authorization).dropFirst(7))
        for _ in 0..<rounds {
            usleep(UInt32(20_000 + random.next() % 250_000))
            server.kill()
            try server.start()
            client = server.client(key: key)
            let upload = try object(try client.get("/v1/uploads/\(id)").body)
            XCTAssertEqual(counts(upload)[1], counts(upload)[2...].reduce(0, +), "\(upload)")
            if upload["state"] as? String != "PROCESSING" { break }
        }
        return try ended(id, client)
    }

    func test_ledger_killed_hasEachReceiptOnce() throws {
        let server = try running()
        let one = server.client(key: try server.key("c1"))
        let key = String(try XCTUnwrap(one.authorization).dropFirst(7))
        var file = ""
        for number in 1...20_000 {
            file += Receipts.pos("R-\(number)") + "\n"
            if number % 100 == 0 { file += Receipts.pos("R-\(number / 2)") + "\n" }
            if number % 777 == 0 { file += "broken\n" }
        }
        let (id, path) = try announce(one, #"{"name":"a.ndjson"}"#)
        XCTAssertEqual(try put(path, Array(file.utf8)).status, 201)
        let upload = try kill(12, seed: 1, until: id, one)
        XCTAssertEqual(upload["state"] as? String, "PROCESSED", "\(upload)")
        XCTAssertEqual(counts(upload), [20_225, 20_225, 20_000, 0, 200, 25])
        let again = try running().client(key: key)
        XCTAssertEqual(try rows("SELECT count(*), count(DISTINCT receipt_id), count(upload_id) FROM receipts", again), "[[20000,20000,20000]],\"")
    }

    func test_versions_killed_areWithoutGapsOrDoubles() throws {
        let server = try running()
        XCTAssertEqual(try server.client().put("/v1/types/member", Self.member).status, 201)
        let one = server.client(key: try server.key("c1"))
        let key = String(try XCTUnwrap(one.authorization).dropFirst(7))
        let first = "id,name,age\n" + (1...24_000).map { "M\($0),N,30\n" }.joined()
        XCTAssertEqual(counts(try upload(first, one, type: "member")), [24_000, 24_000, 24_000, 0, 0, 0])
        // A third changes, a third is the same in another order of columns, a third is new; every fiftieth comes twice.
        var file = "age,id,name\n"
        for number in 1...24_000 {
            file += number % 3 == 0 ? "31,M\(number),N\n" : number % 3 == 1 ? "30,M\(number),N\n" : "40,X\(number),N\n"
            if number % 50 == 0 { file += "50,\(number % 3 == 2 ? "X" : "M")\(number),twice\n" }
        }
        let (id, path) = try announce(one, #"{"name":"a.csv","type":"member"}"#)
        XCTAssertEqual(try put(path, Array(file.utf8)).status, 201)
        let upload = try kill(12, seed: 2, until: id, one)
        XCTAssertEqual(counts(upload), [24_480, 24_480, 8_000, 8_000, 8_000, 480], "\(upload)")
        let again = try running().client(key: key)
        XCTAssertEqual(try rows("SELECT count(*), max(version), count(DISTINCT receipt_id) FROM members_history", again), "[[40000,2,32000]],\"")
        XCTAssertEqual(try rows("SELECT count(*), sum(CAST(name = 'twice' AS INTEGER)) FROM members", again), "[[32000,0]],\"")
    }
}
