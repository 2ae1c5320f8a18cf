import Foundation
import TestSupport
import XCTest

/// Goal: what PostgreSQL's clients are sent by a pair is on both machines, and by the one that leads. Method: psql at both, with transfers, a standby that is lost and a leader that stands still.
final class PairPostgresTests: XCTestCase {
    /// Ports of both doors for PostgreSQL's clients.
    private func pair(_ ports: [String: UInt16]) throws -> Pair { try Pair(own: { ["TILL_POSTGRES_LISTEN": "127.0.0.1:\(ports[$0] ?? 0)"] }) }

    private func psql(_ ports: [UInt16], _ query: String, input: String? = nil) throws -> Subprocess {
        let program = "/usr/bin/psql"
        guard FileManager.default.isExecutableFile(atPath: program) else { throw XCTSkip("psql is not installed") }
        let hosts = (ports.map { _ in "127.0.0.1" }.joined(separator: ","), ports.map(String.init).joined(separator: ","))
        return try Subprocess(
            program, ["-X", "-At", "-v", "ON_ERROR_STOP=1", "host=\(hosts.0) port=\(hosts.1) user=admin dbname=till", "-c", query], input: input.map { Data($0.utf8) },
            environment: ["PGPASSWORD": TillServer.adminKey, "PGSSLMODE": "disable", "PGCONNECT_TIMEOUT": "30"])
    }

    func test_clients_findTheLeader_acrossATransfer_andAreToldNothingThatLiesOnOneMachine() throws {
        let free = Ports.take(2)
        let ports = ["a": free[0], "b": free[1]]
        let pair = try pair(ports)
        defer { pair.remove() }
        var leader = try pair.leader()
        try pair.waitUntilInSync()
        let made = try leader.client.put("/v1/contracts/c1", #"{"access":"read-write","scope":"own"}"#)
        XCTAssertTrue([200, 201].contains(made.status), made.text)
        let sent = try PairLoad.run(pair, "A") { load in
            load.more(20)
            for _ in 0..<2 {
                XCTAssertEqual(try psql([free[0], free[1]], "SELECT count(*) > 10 FROM receipts").text, "t\n")
                XCTAssertNotEqual(try psql([ports[pair.other(than: leader).name] ?? 0], "SELECT 1").status, 0, "a standby has no such door")
                let run = try TillRun(["cluster", "transfer", "--url", "http://127.0.0.1:\(leader.port)"], environment: ["TILL_KEY": TillServer.adminKey])
                XCTAssertEqual(run.status, 0, run.error)
                leader = pair.other(than: leader)
                load.more(20)
            }
        }
        XCTAssertEqual(sent.refusals, [])
        XCTAssertEqual(try psql(free, "SELECT count(*) FROM receipts").text, "\(sent.acknowledged.count)\n")
        // Without its standby the leader can tell nobody anything: what it knows may be lost with it.
        pair.other(than: leader).kill()
        let held = try leader.client.post("/v1/receipts?client=c1", Receipts.pos("HELD-0-0"))
        XCTAssertEqual(held.status, 503, held.text)
        let port = try XCTUnwrap(ports[leader.name])
        let asked = try psql([port], "SELECT count(*) FROM receipts")
        XCTAssertNotEqual(asked.status, 0)
        XCTAssertEqual(asked.text, "")
        XCTAssertTrue(asked.error.contains("Connect again") || asked.error.contains("not in the log yet"), asked.error)
        try pair.other(than: leader).start()
        try pair.waitUntilInSync()
        XCTAssertEqual(try psql([port], "SELECT count(*) FROM receipts").text, "\(sent.acknowledged.count + 1)\n")
    }
}
