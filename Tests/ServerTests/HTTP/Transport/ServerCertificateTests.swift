import Foundation
import Server
import TestSupport
import XCTest

/// Goal: a certificate that is only looked at, as for each connection between members of a cluster, whoever makes it, leaves no memory taken. Method: thousands of them, good and bad, and what the system
/// says that the process has.
final class ServerCertificateTests: XCTestCase {
    private func residentByteCount() throws -> Int {
        let words = try String(contentsOfFile: "/proc/self/statm", encoding: .utf8).split(separator: " ")
        return try XCTUnwrap(Int(words[1])) * 4_096
    }

    func test_certificatesThatAreOnlyLookedAt_leaveNoMemoryTaken() throws {
        let folder = try TestCertificate.write()
        defer { try? FileManager.default.removeItem(at: folder) }
        let chain = [UInt8](try Data(contentsOf: folder.appendingPathComponent("cert.pem")))
        let key = [UInt8](try Data(contentsOf: folder.appendingPathComponent("key.pem")))
        func look(_ count: Int) throws {
            for _ in 0..<count {
                XCTAssertGreaterThan(try ServerCertificate(chain: chain, key: key).validTo, 0)
                XCTAssertThrowsError(try ServerCertificate(chain: chain, key: [1]))
                XCTAssertThrowsError(try ServerCertificate(chain: [1], key: key))
            }
        }
        try look(500)
        let before = try residentByteCount()
        try look(5_000)
        XCTAssertLessThan(try residentByteCount() - before, 12 << 20)
    }
}
