import Foundation
import TestSupport
import XCTest

/// Goal: a witness that cannot do its work says so, and why, instead of listening. Method: wrong files, addresses and directories.
final class WitnessCommandTests: XCTestCase {
    func test_witness_thatCannotWork_endsAndSaysWhatIsWrong() throws {
        let folder = try Project.temporaryFolder("till-witness")
        defer { try? FileManager.default.removeItem(at: folder) }
        let authority = try PairAuthority("good", in: folder)
        let own = try authority.settings("witness")
        let (certificate, key, data) = (own["TILL_CLUSTER_TLS_CERT"] ?? "", own["TILL_CLUSTER_TLS_KEY"] ?? "", authority.path("data"))
        let noPEM = authority.path("no.pem")
        try Data("no certificate".utf8).write(to: URL(fileURLWithPath: noPEM))
        let tls = ["--tls-cert", certificate, "--tls-key", key, "--tls-ca"]
        let cases: [(arguments: [String], status: Int32, reason: String)] = [
            ([], 2, "--data is wanted"), (["--data", data, "--listen", "0.0.0.0:0"], 2, "--tls-cert, --tls-key and --tls-ca are wanted"),
            (["--data", data, "--tls-cert", certificate], 2, "all or none"), (["--data", data] + tls + [noPEM], 2, "no certificate in it"),
            (["--data", data] + tls + [authority.path("absent")], 2, "No such file"),
            (["--data", data, "--tls-cert", certificate, "--tls-key", authority.path("good.key"), "--tls-ca", certificate], 2, "the key is not that of the certificate"),
            (["--data", "\(noPEM)/below"], 1, "Not a directory"), (["--data", data, "--listen", "127.0.0.1:99999"], 2, "an address like"),
        ]
        for (arguments, status, reason) in cases {
            let run = try TillRun(["witness"] + arguments)
            XCTAssertEqual(run.status, status, "\(arguments): \(run.error)")
            XCTAssertTrue(run.error.contains(reason), "\(arguments): \(run.error)")
        }
    }
}
