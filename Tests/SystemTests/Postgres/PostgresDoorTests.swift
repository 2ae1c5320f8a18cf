import Foundation
import TestSupport
import XCTest

/// Goal: PostgreSQL's own clients connect, ask and are answered, and whoever says nonsense harms nobody. Method: the real binary with a certificate that openssl made; psql
/// and four drivers of Python, and raw bytes.
final class PostgresDoorTests: XCTestCase {
    func test_clients_areServed() throws {
        let opened = try PostgresDoorServer()
        defer { opened.remove() }
        try opened.run("postgres_clients.py", [opened.port, opened.server.url, TillServer.adminKey, opened.certificate], endsWith: "the clients are served")
    }

    func test_catalogs_areSeenByTools() throws {
        let opened = try PostgresDoorServer()
        defer { opened.remove() }
        try opened.run("postgres_catalogs.py", [opened.port, opened.server.url, TillServer.adminKey], endsWith: "the catalogs are there")
    }

    func test_attacks_harmNobody() throws {
        let opened = try PostgresDoorServer()
        defer { opened.remove() }
        try opened.run("postgres_attacks.py", [opened.port, "admin", TillServer.adminKey, opened.certificate], endsWith: "the door stands")
        XCTAssertTrue(opened.server.isRunning, opened.server.logText)
    }

    func test_oneKey_leavesToOthersWhatIsTheirs() throws {
        let opened = try PostgresDoorServer()
        defer { opened.remove() }
        try opened.run("postgres_shares.py", [opened.port, "admin", TillServer.adminKey, opened.server.url], endsWith: "each has a share")
    }

    func test_stop_leavesWhatRunsItsGrace_andSaysWhyItEndsTheRest() throws {
        let opened = try PostgresDoorServer()
        defer { opened.remove() }
        try opened.run(
            "postgres_stop.py", [opened.port, "admin", TillServer.adminKey, opened.certificate, String(opened.server.processID)], endsWith: "what runs has its grace")
        XCTAssertTrue(Patience.until { !opened.server.isRunning }, opened.server.logText)
        XCTAssertEqual(opened.server.stop(), 0, opened.server.logText)
    }

    func test_serve_beyondLoopbackWithoutTLS_isRefused() throws {
        for (address, isRefused) in [("0.0.0.0:0", true), ("[::]:0", true), ("10.1.2.3:5432", true), ("localhost:0", false), ("[::1]:0", false), ("127.0.0.2:0", false)] {
            let check = try Subprocess(
                TillServer.binary.path, ["config", "check"], environment: TillServer.environment(["TILL_POSTGRES_LISTEN": address]))
            XCTAssertEqual(check.status, isRefused ? 2 : 0, "\(address): \(check.all)")
            if isRefused { XCTAssertTrue(check.all.contains("postgres.tls.cert"), check.all) }
        }
    }
}
