import Foundation
import TestSupport
import XCTest

/// Goal: PostgreSQL's own clients connect, ask and are answered, and whoever says nonsense harms nobody. Method: the real binary with a certificate that openssl made; psql
/// and four drivers of Python, and raw bytes.
final class PostgresDoorTests: XCTestCase {
    private struct Opened {
        let server: TillServer
        let folder: URL
        let port: String
        var certificate: String { folder.appendingPathComponent("cert.pem").path }

        func remove() {
            server.remove()
            try? FileManager.default.removeItem(at: folder)
        }
    }

    private static func open(_ environment: [String: String] = [:]) throws -> Opened {
        let folder = try Project.temporaryFolder("till-postgres")
        let (key, certificate) = (folder.appendingPathComponent("key.pem").path, folder.appendingPathComponent("cert.pem").path)
        try TokenKey.openssl(
            ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", certificate, "-days", "30", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"])
        let own = ["TILL_POSTGRES_LISTEN": "127.0.0.1:0", "TILL_POSTGRES_TLS_CERT": certificate, "TILL_POSTGRES_TLS_KEY": key]
        let server = try TillServer(environment: own.merging(environment) { $1 })
        let port = try XCTUnwrap(server.logText.firstMatch(of: /"postgres":"127\.0\.0\.1:([0-9]+)"/)?.1)
        return Opened(server: server, folder: folder, port: String(port))
    }

    private func run(_ script: String, _ arguments: [String], endsWith last: String) throws {
        let run = try PythonReader.run("SystemTests/Scripts/\(script)", arguments)
        if run.exitCode == 77 { throw XCTSkip(run.output) }
        XCTAssertEqual(run.exitCode, 0, run.output)
        XCTAssertTrue(run.output.hasSuffix(last + "\n"), run.output)
    }

    func test_clients_areServed() throws {
        let opened = try Self.open()
        defer { opened.remove() }
        try run("postgres_clients.py", [opened.port, opened.server.url, TillServer.adminKey, opened.certificate], endsWith: "the clients are served")
    }

    func test_attacks_harmNobody() throws {
        let opened = try Self.open()
        defer { opened.remove() }
        try run("postgres_attacks.py", [opened.port, "admin", TillServer.adminKey, opened.certificate], endsWith: "the door stands")
        XCTAssertTrue(opened.server.isRunning, opened.server.logText)
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
