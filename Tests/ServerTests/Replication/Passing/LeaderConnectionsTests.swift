import ColumnStore
import Foundation
import Glibc
import TestSupport
import XCTest

@testable import Server

/// Goal: the door of the node that leads is believed by the authorities of now. Method: a door with TLS whose certificate is changed, and with it the file of those that count.
final class LeaderConnectionsTests: XCTestCase {
    private struct Shown: Sendable {
        var chain: [UInt8]
        var key: [UInt8]
        var isOver = false
    }

    private func bytes(_ folder: URL, _ name: String) throws -> [UInt8] { Array(try Data(contentsOf: folder.appendingPathComponent(name))) }

    func test_authorityThatIsReplaced_countsFromTheNextConnectionOn() throws {
        let first = try TestCertificate.write()
        let second = try Project.temporaryFolder("till-authority")
        defer { for folder in [first, second] { try? FileManager.default.removeItem(at: folder) } }
        let made = try Subprocess("/usr/bin/openssl", [
            "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", "key.pem", "-out", "cert.pem", "-subj", "/CN=second", "-days", "30",
            "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1",
        ], folder: second)
        XCTAssertEqual(made.status, 0, made.error)

        let (listening, port) = try ListeningSocket.open(host: "127.0.0.1", port: 0)
        let (shown, done) = (Monitor(Shown(chain: try bytes(first, "cert.pem"), key: try bytes(first, "key.pem"))), DispatchGroup())
        done.enter()
        Thread.detachNewThread {
            while !shown.withLock({ $0.isOver }) {
                var polled = pollfd(fd: listening, events: Int16(POLLIN), revents: 0)
                guard poll(&polled, 1, 20) > 0 else { continue }
                let connection = accept(listening, nil, nil)
                guard connection >= 0 else { continue }
                MemberSocket.limitHandshake(connection)
                let now = shown.withLock { $0 }
                // Who asks shows no certificate, and this end goes for that: by then it has shown its own.
                if let credentials = try? LinkCredentials(chain: now.chain, key: now.key, authority: now.chain) {
                    _ = try? SocketTLS(credentials, socket: connection, isServer: true, name: nil, until: SteadyClock.seconds() + 60)
                }
                close(connection)
            }
            close(listening)
            done.leave()
        }
        defer {
            shown.withLock { $0.isOver = true }
            XCTAssertTrue(done.waitPatiently())
        }

        let authority = second.appendingPathComponent("authority.pem")
        try Data(bytes(first, "cert.pem")).write(to: authority)
        let url = try XCTUnwrap(ServerURL("https://localhost:\(port)"))
        let connections = LeaderConnections(LinkFiles(certificate: "/none", key: "/none", authority: authority.path))
        // Asked again: a handshake has a second, whatever else the machine is at.
        XCTAssertTrue(Patience.until { (try? connections.take(url, name: "localhost")) != nil })
        let (chain, key) = (try bytes(second, "cert.pem"), try bytes(second, "key.pem"))
        shown.withLock { ($0.chain, $0.key) = (chain, key) }
        XCTAssertThrowsError(try connections.take(url, name: "localhost"))
        try Data(chain).write(to: authority)
        XCTAssertTrue(Patience.until { (try? connections.take(url, name: "localhost")) != nil })
        // And those of before no more.
        let before = (try bytes(first, "cert.pem"), try bytes(first, "key.pem"))
        shown.withLock { ($0.chain, $0.key) = before }
        XCTAssertThrowsError(try connections.take(url, name: "localhost"))
    }
}
