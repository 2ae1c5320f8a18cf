import XCTest

@testable import Server

/// Goal: whoever mends a configuration reads of all that is wrong with the files it names, and of what it lets in, before a server starts.
final class SettingsCheckTests: XCTestCase {
    func test_faults_ofACertificateAndAKeyThatAreMissing_nameBoth() {
        var settings = Settings()
        (settings.tlsCertificate, settings.tlsKey) = ("/nowhere/cert.pem", "/nowhere/key.pem")
        (settings.postgres.tlsCertificate, settings.postgres.tlsKey) = ("/nowhere/cert.pem", "/nowhere/key.pem")
        let faults = SettingsCheck.faults(settings)
        XCTAssertEqual(faults.map(\.key), ["tls.cert", "tls.key", "postgres.tls.cert", "postgres.tls.key"])
        for fault in faults { XCTAssertTrue(fault.message.contains(fault.key.hasSuffix("cert") ? "cert.pem" : "key.pem"), "\(fault)") }
    }

    func test_warnings_ofTokens_nameWhatIsNotAsked() {
        var settings = Settings()
        XCTAssertEqual(SettingsCheck.warnings(settings), [])
        settings.jwt.jwks = "http://issuer.example/keys"
        XCTAssertEqual(SettingsCheck.warnings(settings).map { $0.prefix { $0 != " " } }, ["jwt.issuer", "jwt.audience", "jwt.jwks"])
        (settings.jwt.jwks, settings.jwt.issuer, settings.jwt.audience) = ("https://issuer.example/keys", "https://issuer.example", "till")
        XCTAssertEqual(SettingsCheck.warnings(settings), [])
    }
}
