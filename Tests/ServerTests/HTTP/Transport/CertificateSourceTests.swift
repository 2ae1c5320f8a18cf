import ColumnStore
import Foundation
import TestSupport
import XCTest

@testable import Server

/// Goal: a certificate comes into use however the first try ends, and somebody hears of it before it ends. Method: files that are taken or not as the test says, and what metrics and the log have of them.
final class CertificateSourceTests: XCTestCase {
    private var folder = URL(fileURLWithPath: "/")

    override func setUpWithError() throws { folder = try TestCertificate.write() }

    override func tearDown() { try? FileManager.default.removeItem(at: folder) }

    private var chain: String { folder.appendingPathComponent("cert.pem").path }
    private var key: String { folder.appendingPathComponent("key.pem").path }

    /// Takes files, or says why not.
    private func source(_ fault: Monitor<String?>) -> CertificateSource<Int> {
        CertificateSource(CertificateSource<Int>.Place(section: "tls", chain: chain, key: key)) { (chain, _) throws(ServerCertificate.Failure) in
            if let words = fault.withLock({ $0 }) { throw ServerCertificate.Failure(.chain, words) }
            return chain.count
        }
    }

    func test_whatCouldNotBeTaken_isTriedAgainAfterAPause_thoughNothingChanges() throws {
        let fault = Monitor<String?>("a reason")
        let source = source(fault)
        XCTAssertThrowsError(try source.takeIfChanged(isForced: false, now: 100))
        fault.withLock { $0 = nil }
        XCTAssertNil(try source.takeIfChanged(isForced: false, now: 129))
        XCTAssertNotNil(try source.takeIfChanged(isForced: false, now: 130))
        XCTAssertNotNil(source.current)
        XCTAssertNil(try source.takeIfChanged(isForced: false, now: 1_000), "it is taken")
    }

    func test_sameFault_isToldOnce_andAgainWhereTheFilesChange() throws {
        let fault = Monitor<String?>("a reason")
        let source = source(fault)
        XCTAssertThrowsError(try source.takeIfChanged(isForced: false, now: 100))
        XCTAssertNil(try source.takeIfChanged(isForced: false, now: 130))
        XCTAssertThrowsError(try source.takeIfChanged(isForced: true, now: 131), "somebody asks")
        fault.withLock { $0 = "another reason" }
        XCTAssertThrowsError(try source.takeIfChanged(isForced: false, now: 161))
        try Data("other bytes".utf8).write(to: URL(fileURLWithPath: chain))
        XCTAssertThrowsError(try source.takeIfChanged(isForced: false, now: 162))
    }

    /// As where a secret is made readable for the server's group: not a byte of it changes.
    func test_rightsThatChange_areAnotherStamp() throws {
        let before = FileStamp(path: key)
        XCTAssertNotNil(before)
        XCTAssertEqual(FileStamp(path: key), before)
        // Until the file system's clock has moved on.
        XCTAssertTrue(
            Patience.until {
                chmod(self.key, 0o600)
                return FileStamp(path: self.key) != before
            })
    }

    func test_metrics_haveTheEndOfEachDoorsCertificate() throws {
        let certificates = PostgresCertificates(chain: chain, key: key, log: Log(format: .json, level: .error))
        try certificates.start()
        let server = try TestServer(certificates: [certificates])
        let text = try server.client().get("/metrics").text
        let end = try XCTUnwrap(certificates.validTo)
        XCTAssertTrue(text.contains("till_certificate_valid_to_seconds{door=\"postgres\"} \(end)\n"), text)
    }

    /// Of another door's it says nothing.
    func test_certificateOfHTTP_keepsTheSessionsCookieToTLS() throws {
        let log = Log(format: .json, level: .error)
        for (certificate, isSecure) in [(CertificateFiles(chain: chain, key: key, log: log), true), (PostgresCertificates(chain: chain, key: key, log: log), false)] as [(any DoorCertificate, Bool)] {
            let begun = try TestServer(certificates: [certificate]).client(key: nil).post("/v1/session", #"{"key":"\#(TestServer.adminKey)"}"#)
            XCTAssertEqual(begun.status, 200, begun.text)
            XCTAssertEqual(begun.headers["set-cookie"]?.contains("; Secure"), isSecure, certificate.door)
        }
    }

    func test_linkOfAPair_isADoorToo_andBadFilesAreNoEnd() throws {
        let log = Log(format: .json, level: .error)
        var pair = Settings.Pair()
        XCTAssertNil(LinkCertificate(pair, log))
        (pair.tlsCertificate, pair.tlsKey) = (chain, key)
        let certificate = try XCTUnwrap(LinkCertificate(pair, log))
        certificate.checkNow()
        XCTAssertEqual(certificate.door, "cluster")
        XCTAssertNotNil(certificate.validTo)
        pair.tlsCertificate = "/nowhere/cert.pem"
        let absent = try XCTUnwrap(LinkCertificate(pair, log))
        absent.checkNow()
        XCTAssertNil(absent.validTo)
    }

    func test_certificateThatHasEnded_isToldWhateverDoorItIsOf() throws {
        let file = folder.appendingPathComponent("log")
        XCTAssertTrue(FileManager.default.createFile(atPath: file.path, contents: nil))
        let handle = try FileHandle(forWritingTo: file)
        defer { withExtendedLifetime(handle) {} }
        let log = Log(format: .text, level: .warning, descriptor: handle.fileDescriptor)
        let times = CertificateTimes(validFrom: 1_000, validTo: 2_000)
        for now: Int64 in [999, 1_000, 1_999, 2_000] { times.noteTaken("certificate of the PostgreSQL door", file: "c\(now)", log, now: now) }
        XCTAssertTrue(log.flush())
        let lines = try String(contentsOf: file, encoding: .utf8).split(separator: "\n")
        XCTAssertEqual(lines.count, 2, "\(lines)")
        XCTAssertTrue(lines.allSatisfy { $0.contains("the certificate of the PostgreSQL door is not valid now") }, "\(lines)")
        XCTAssertTrue(lines.first?.contains("file=c999") ?? false, "\(lines)")
    }
}
