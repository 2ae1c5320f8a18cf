import Foundation
import TestSupport
import XCTest

/// Goal: a new certificate counts without a restart and without dropping anybody; a bad one changes nothing. Method: the real binary over
/// TLS, certificates that openssl made, a client that holds its connection.
final class CertificateTests: XCTestCase {
    private struct Pair {
        let certificate: Data
        let key: Data

        init(_ name: String, curve: Bool = true) throws {
            let folder = try Project.temporaryFolder("till-certificate")
            defer { try? FileManager.default.removeItem(at: folder) }
            let (key, certificate) = (folder.appendingPathComponent("key.pem").path, folder.appendingPathComponent("cert.pem").path)
            let kind = curve ? ["ec", "-pkeyopt", "ec_paramgen_curve:P-256"] : ["rsa:2048"]
            try TokenKey.openssl(
                ["req", "-x509", "-newkey"] + kind + ["-nodes", "-keyout", key, "-out", certificate, "-days", "30", "-subj", "/CN=\(name)"])
            self.certificate = try Data(contentsOf: URL(fileURLWithPath: certificate))
            self.key = try Data(contentsOf: URL(fileURLWithPath: key))
        }
    }

    /// The Python client, a step at a time.
    private final class Client {
        private let process = Process()
        private let input = Pipe()
        private let output = Pipe()

        init(port: UInt16) throws {
            process.executableURL = Project.python
            process.arguments = [Project.root.appendingPathComponent("Tests/SystemTests/Scripts/connections.py").path, String(port)]
            process.standardInput = input
            process.standardOutput = output
            // A client whose connection was dropped ends: that must fail a test, not the program that tests.
            signal(SIGPIPE, SIG_IGN)
            try process.run()
        }

        func ask(_ connection: String) -> [String] {
            input.fileHandleForWriting.write(Data((connection + "\n").utf8))
            var line = Data()
            while let byte = try? output.fileHandleForReading.read(upToCount: 1), byte.first != 0x0A { line.append(byte) }
            return String(decoding: line, as: UTF8.self).split(separator: " ").map(String.init)
        }

        func close() {
            try? input.fileHandleForWriting.close()
            process.waitForEnd()
        }
    }

    func test_newFiles_count_badOnesDoNot_andNobodyIsDropped() throws {
        let folder = try Project.temporaryFolder("till-tls")
        defer { try? FileManager.default.removeItem(at: folder) }
        let (chain, key) = (folder.appendingPathComponent("cert.pem"), folder.appendingPathComponent("key.pem"))
        func put(_ certificate: Data, _ secret: Data) throws {
            try secret.write(to: key)
            try certificate.write(to: chain)
        }
        let (first, second, third) = (try Pair("first"), try Pair("second", curve: false), try Pair("third"))
        try put(first.certificate, first.key)
        let server = try TillServer(arguments: ["--tls-cert", chain.path, "--tls-key", key.path])
        defer { server.remove() }
        let client = try Client(port: server.port)
        defer { client.close() }
        func wait(_ what: String, _ condition: () -> Bool) {
            XCTAssertTrue(Patience.until(condition), "in vain: \(what): \(server.logText)")
        }
        let one = client.ask("old")
        XCTAssertEqual(one.first, "200")
        XCTAssertEqual(client.ask("new"), one)

        // The files change: noticed by itself.
        try put(second.certificate, second.key)
        wait("the second certificate") { client.ask("new") != one }
        let two = client.ask("new")
        XCTAssertEqual(two.first, "200")
        XCTAssertEqual(client.ask("old"), one, "the first connection lives on")

        // Bad ones: cut off, no key, another's key. The old stays, and the log says why.
        for (certificate, secret, reason) in [
            (third.certificate.prefix(200), third.key, "the certificate cannot be read"), (third.certificate, Data("none".utf8), "the key cannot be read"),
            (third.certificate, first.key, "the key is not that of the certificate"),
        ] {
            try put(Data(certificate), secret)
            kill(server.processID, SIGHUP)
            wait(reason) { server.logText.contains(reason) }
            XCTAssertEqual(client.ask("new"), two, reason)
        }
        try FileManager.default.removeItem(at: key)
        wait("a missing file") { server.logText.contains("No such file") }
        XCTAssertEqual(client.ask("new"), two)

        // SIGHUP does not end the server.
        try put(third.certificate, third.key)
        kill(server.processID, SIGHUP)
        wait("the third certificate") { client.ask("new") != two }
        XCTAssertEqual(client.ask("old"), one)
        XCTAssertFalse(server.logText.contains("PRIVATE KEY"))
        XCTAssertEqual(server.stop(), 0)
    }

    func test_badFilesAtTheStart_areNamed_withAllElse() throws {
        let folder = try Project.temporaryFolder("till-tls")
        defer { try? FileManager.default.removeItem(at: folder) }
        let (one, other) = (try Pair("one"), try Pair("other"))
        let (chain, key) = (folder.appendingPathComponent("cert.pem"), folder.appendingPathComponent("key.pem"))
        try one.certificate.write(to: chain)
        try other.key.write(to: key)
        let run = try TillRun(
            ["serve", "--data", folder.appendingPathComponent("DATA").path, "--tls-cert", chain.path, "--tls-key", key.path],
            environment: ["TILL_JWT_JWKS": "/nowhere/keys.json", "TILL_OUTGOING_ALLOW": #"["not a host"]"#, "TILL_HOT_DAYS": "many", "TILL_LOG_LEVEL": "loud"])
        XCTAssertEqual(run.status, 2)
        for key in ["tls.key", "jwt.jwks", "outgoing.allow", "hot_days", "log.level"] { XCTAssertTrue(run.error.contains("\(key): "), run.error) }
        XCTAssertFalse(FileManager.default.fileExists(atPath: folder.appendingPathComponent("DATA").path), "nothing is touched before")
    }
}
