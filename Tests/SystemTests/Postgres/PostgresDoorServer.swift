import Foundation
import TestSupport
import XCTest

/// The real binary with its door for PostgreSQL's clients open, and a certificate that openssl made.
struct PostgresDoorServer {
    let server: TillServer
    let folder: URL
    let port: String
    var certificate: String { folder.appendingPathComponent("cert.pem").path }

    init(_ environment: [String: String] = [:]) throws {
        folder = try Project.temporaryFolder("till-postgres")
        let (key, certificate) = (folder.appendingPathComponent("key.pem").path, folder.appendingPathComponent("cert.pem").path)
        try TokenKey.openssl(
            ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", certificate, "-days", "30", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"])
        let own = ["TILL_POSTGRES_LISTEN": "127.0.0.1:0", "TILL_POSTGRES_TLS_CERT": certificate, "TILL_POSTGRES_TLS_KEY": key]
        server = try TillServer(environment: own.merging(environment) { $1 })
        port = String(try XCTUnwrap(server.logText.firstMatch(of: /"postgres":"127\.0\.0\.1:([0-9]+)"/)?.1))
    }

    func remove() {
        server.remove()
        try? FileManager.default.removeItem(at: folder)
    }

    /// - Throws: `XCTSkip` where the script's client is not installed.
    func run(_ script: String, _ arguments: [String], endsWith last: String) throws {
        let run = try PythonReader.run("SystemTests/Scripts/\(script)", arguments)
        if run.exitCode == 77 { throw XCTSkip(run.output) }
        XCTAssertEqual(run.exitCode, 0, run.output)
        XCTAssertTrue(run.output.hasSuffix(last + "\n"), run.output)
    }

    /// A client that asks this server and PostgreSQL 15 the same.
    static func compare(_ script: String) throws {
        let opened = try PostgresDoorServer()
        defer { opened.remove() }
        try opened.run("Postgres/\(script)", [opened.port, opened.server.url, TillServer.adminKey], endsWith: "the client is served")
        XCTAssertTrue(opened.server.isRunning, opened.server.logText)
    }
}
