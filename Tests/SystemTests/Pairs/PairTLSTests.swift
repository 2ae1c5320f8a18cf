import Foundation
import TestSupport
import XCTest

/// Goal: two machines speak to each other alone, whoever else can reach them. Method: certificates of real authorities: good ones, and each that must be refused.
final class PairTLSTests: XCTestCase {
    private func pair(authority: PairAuthority? = nil, _ settings: (String) throws -> [String: String]) throws -> Pair {
        let own = ["a": try settings("a"), "b": try settings("b")]
        return try Pair(authority: authority, degrades: true, listen: "0.0.0.0", own: { own[$0] ?? [:] })
    }

    func test_pair_withCertificates_listensAnywhere_andRefusesAllButItsPeer() throws {
        let folder = try Project.temporaryFolder("till-pair-tls")
        defer { try? FileManager.default.removeItem(at: folder) }
        let (good, other) = (try PairAuthority("good", in: folder), try PairAuthority("other", in: folder))
        let pair = try pair { try good.settings($0) }
        defer { pair.remove() }
        let leader = try pair.leader()
        try pair.waitUntilInSync()
        let standby = pair.other(than: leader)
        let made = try leader.client.put("/v1/contracts/c1", #"{"access":"read-write","scope":"own"}"#)
        XCTAssertTrue([200, 201].contains(made.status), made.text)
        var acknowledged = PairLoad.run(pair, "A") { $0.more(40) }.acknowledged
        // Whoever comes without TLS, without a certificate, or with one of the peer's authority and another name.
        let port = try XCTUnwrap(standby.environment["TILL_CLUSTER_PEER"]?.split(separator: ":").last)
        let plain = HTTPClient(port: try XCTUnwrap(UInt16(port)))
        try plain.send(Array("till-pair 1\nb\na\nhttp://x\n".utf8))
        XCTAssertThrowsError(try plain.answer())
        let nobody = try Subprocess("/usr/bin/openssl", ["s_client", "-connect", "127.0.0.1:\(port)", "-CAfile", good.path("good.pem"), "-verify_return_error"], input: Data())
        XCTAssertTrue(nobody.all.contains("Verify return code: 0"), nobody.all)
        XCTAssertTrue(Patience.until { leader.logText.contains("it shows no certificate") || leader.logText.contains("Certificate is required") }, leader.logText.suffix(3_000).description)
        let cases: [(settings: [String: String], reason: String)] = [
            (try other.settings(standby.name, trusted: good), "issuer is unknown"), (try good.settings(standby.name, days: -1), "expired"), (try good.settings("z"), "name"),
        ]
        for (settings, reason) in cases {
            standby.kill()
            standby.environment.merge(settings) { $1 }
            let before = leader.logText.count
            try standby.start()
            XCTAssertTrue(
                Patience.until { leader.logText.dropFirst(before).split(separator: "\n").contains { $0.contains("is refused") && $0.contains(reason) } },
                "\(reason): \(leader.logText.dropFirst(before))")
            acknowledged += PairLoad.run(pair, "B\(reason.prefix(1).uppercased())") { $0.more(5) }.acknowledged
            XCTAssertFalse(pair.isInSync)
        }
        // One that takes another authority's word refuses its leader.
        standby.kill()
        standby.environment.merge(try good.settings(standby.name, trusted: other)) { $1 }
        try standby.start()
        XCTAssertTrue(Patience.until { standby.logText.contains("the connection to the peer is refused") }, standby.logText.suffix(3_000).description)
        // The right one is let in, and has everything.
        standby.kill()
        standby.environment.merge(try good.settings(standby.name)) { $1 }
        try standby.start()
        try pair.waitUntilInSync()
        leader.kill()
        try PairLoad.check(pair, has: acknowledged, "over TLS")
    }

    /// A witness of another machine holds the object for those alone that show its authority's certificate; the nodes take the word of nobody else.
    func test_witnessWithTLS_answersItsNodesAlone_andIsAskedByThem() throws {
        let folder = try Project.temporaryFolder("till-pair-tls")
        defer { try? FileManager.default.removeItem(at: folder) }
        let (good, other) = (try PairAuthority("good", in: folder), try PairAuthority("other", in: folder))
        let pair = try pair(authority: good) { try good.settings($0) }
        defer { pair.remove() }
        try pair.waitUntilInSync()
        let leader = try pair.leader()
        let made = try leader.client.put("/v1/contracts/c1", #"{"access":"read-write","scope":"own"}"#)
        XCTAssertTrue([200, 201].contains(made.status), made.text)
        let acknowledged = PairLoad.run(pair, "A") { $0.more(10) }.acknowledged
        // Strangers: without TLS, without a certificate, with another authority's.
        let url = "https://127.0.0.1:\(try XCTUnwrap(pair.witnessPort))"
        func ask(_ more: [String]) throws -> Subprocess { try Subprocess("/usr/bin/curl", ["-sS", "--max-time", "60", "--cacert", good.path("good.pem")] + more + ["\(url)/v1/object"]) }
        func shown(_ settings: [String: String]) -> [String] { ["--cert", settings["TILL_CLUSTER_TLS_CERT"] ?? "", "--key", settings["TILL_CLUSTER_TLS_KEY"] ?? ""] }
        XCTAssertNotEqual(try Subprocess("/usr/bin/curl", ["-sS", "--max-time", "60", url.replacingOccurrences(of: "https", with: "http") + "/v1/object"]).status, 0)
        for (more, reason) in [([], "shows no certificate"), (shown(try other.settings("a")), "issuer is unknown"), (shown(try good.settings("c", days: -1)), "expired")] {
            for method in [[], ["-X", "PUT", "-H", "If-None-Match: *", "--data-binary", "x"]] {
                let answer = try ask(more + method)
                XCTAssertTrue(answer.all.contains("unauthenticated") && answer.all.contains(reason), "\(reason): \(answer.all)")
            }
        }
        let twice = try ask(shown(try good.settings("c", days: -1)) + ["\(url)/v1/object", "-o", "/dev/null", "-o", "/dev/null", "-w", "%{http_code} %{num_connects};"])
        XCTAssertEqual(twice.text, "401 1;401 1;", "each on a connection of its own: the next may have another certificate")
        XCTAssertEqual(try ask(shown(try good.settings("c")) + ["-o", folder.appendingPathComponent("object").path, "-w", "%{http_code}"]).text, "200", "one of the authority's")
        // Who leads is agreed on over it.
        leader.kill()
        try PairLoad.check(pair, has: acknowledged, "with a witness over TLS")
    }

    /// Requests are passed on over TLS where the doors have it, to a door with a certificate that counts.
    func test_doorsWithTLS_passRequestsOn() throws {
        let folder = try Project.temporaryFolder("till-pair-tls")
        defer { try? FileManager.default.removeItem(at: folder) }
        let good = try PairAuthority("good", in: folder)
        let pair = try pair { node in
            let own = try good.settings(node)
            return own.merging(["TILL_TLS_CERT": own["TILL_CLUSTER_TLS_CERT"] ?? "", "TILL_TLS_KEY": own["TILL_CLUSTER_TLS_KEY"] ?? ""]) { $1 }
        }
        defer { pair.remove() }
        func till(_ node: Pair.Node, _ arguments: [String]) throws -> TillRun {
            try TillRun(["cluster"] + arguments + ["--url", "https://127.0.0.1:\(node.port)", "--ca", good.path("good.pem")], environment: ["TILL_KEY": TillServer.adminKey])
        }
        let both = Patience.until { (try? till(pair.nodes[0], ["status"]).text.contains(#/insync: (a b|b a)/#)) == true }
        XCTAssertTrue(both, pair.nodes.map { $0.logText.suffix(3_000) }.joined(separator: "\n---\n"))
        // Asked at one and the same node, which is the standby once.
        for _ in 0..<2 {
            let run = try till(pair.nodes[0], ["transfer"])
            XCTAssertEqual(run.status, 0, run.error + pair.nodes.map { $0.logText.suffix(3_000) }.joined(separator: "\n---\n"))
        }
    }
}
