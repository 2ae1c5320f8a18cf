import ColumnStore
import Foundation
import TestSupport
import XCTest

@testable import Server

/// Goal: a member of a cluster that follows shows the certificates that lie in its files now, whatever else it does meanwhile. Method: files that are replaced by others of the same
/// key, and a clock that the test moves.
final class MemberCertificatesTests: XCTestCase {
    private var folder = URL(fileURLWithPath: "/")

    override func setUpWithError() throws { folder = try TestCertificate.write() }

    override func tearDown() { try? FileManager.default.removeItem(at: folder) }

    private var settings: Settings {
        var settings = Settings()
        let (chain, key) = (folder.appendingPathComponent("cert.pem").path, folder.appendingPathComponent("key.pem").path)
        (settings.tlsCertificate, settings.tlsKey) = (chain, key)
        (settings.pair.tlsCertificate, settings.pair.tlsKey) = (chain, key)
        return settings
    }

    private func replace() throws { try Self.other.write(to: folder.appendingPathComponent("cert.pem"), atomically: true, encoding: .utf8) }

    func test_filesThatAreReplaced_areTakenOnceThePeriodIsOver() throws {
        let clock = ManualClock()
        let certificates = try MemberCertificates(settings, Log(format: .text, level: .error))
        XCTAssertEqual(certificates.all.map(\.door), ["http", "cluster"])
        let before = try certificates.all.map { try XCTUnwrap($0.validTo) }
        certificates.watch(Timers(clock: clock))
        try replace()
        XCTAssertEqual(certificates.all.map(\.validTo), before)
        clock.advance(by: ServeParts.period)
        XCTAssertTrue(Patience.until { zip(certificates.all, before).allSatisfy { $0.validTo != $1 } }, "\(certificates.all.map(\.validTo))")
        certificates.rest()
    }

    func test_whoRests_looksNoMore_andAgainWhereItFollowsAgain() throws {
        let clock = ManualClock()
        let timers = Timers(clock: clock)
        let certificates = try MemberCertificates(settings, Log(format: .text, level: .error))
        for _ in 0..<2 { certificates.watch(timers) }
        XCTAssertEqual(clock.waitingCount, 1, "twice is once")
        certificates.rest()
        XCTAssertEqual(clock.waitingCount, 0)
        certificates.watch(timers)
        XCTAssertEqual(clock.waitingCount, 1)
        certificates.rest()
    }

    /// Of the key that `TestCertificate` has; it ends fifty years before that one.
    private static let other = """
        -----BEGIN CERTIFICATE-----
        MIIBmzCCAUGgAwIBAgIUBE5/vrt2f5MILznX/kwjvv2mpWAwCgYIKoZIzj0EAwIw
        FDESMBAGA1UEAwwJbG9jYWxob3N0MCAXDTI2MTIwMTAwNDIxOVoYDzIwNzYxMTE4
        MDA0MjE5WjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjO
        PQMBBwNCAARS4r2vKqkrzyZQsYBZP8XYzLSnhqF+EcsO/VCnUFPLdeCjnPOEtILY
        Qi7oPsKroTlaSIoM2z3W8UXbSfumF16qo28wbTAdBgNVHQ4EFgQUu/GmiK9vmUk+
        Sg4WzNqivgVdqTswHwYDVR0jBBgwFoAUu/GmiK9vmUk+Sg4WzNqivgVdqTswDwYD
        VR0TAQH/BAUwAwEB/zAaBgNVHREEEzARgglsb2NhbGhvc3SHBH8AAAEwCgYIKoZI
        zj0EAwIDSAAwRQIgG0Of4Z8o8XIt+xtMqcsbDMAiRtY6dUBir6/k8fz1vAgCIQCo
        xo/gOA4Ty8m5WJofxhLPM1HLv6RCW6jM2NAzd7PazA==
        -----END CERTIFICATE-----

        """
}
