import TestSupport
import XCTest

@testable import Server

/// Goal: who knows the password gets in, and nobody else. Method: RFC 7677's exchange to the letter; each part of it changed; several keys; a client of our own for
/// the channel's binding.
final class ScramTests: XCTestCase {
    private static let salt = ScramBase64.bytes("W22ZaJ0SNY7soEsUEjb6gQ==") ?? []
    private static let first = "n,,n=user,r=rOprNGfwEbeRWgbNEkqO"
    private static let nonce = "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0"
    private static let final = "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ="

    private static func identity(_ passwords: [String]) -> Scram.Identity {
        Scram.Identity(salt: salt, secrets: passwords.map { ScramSecret(password: $0, salt: salt, iterations: 4_096) })
    }

    private static func initial(_ mechanism: String, _ data: String) -> [UInt8] {
        FrontendWriter.text(mechanism) + FrontendWriter.integer(Int32(data.utf8.count)) + Array(data.utf8)
    }

    func test_step_exchangeOfRFC7677_isThatOne() throws {
        var scram = Scram(Self.identity(["another", "pencil"]), binding: nil, nonce: Self.nonce)
        let challenge = try scram.step(Self.initial("SCRAM-SHA-256", Self.first))
        XCTAssertEqual(challenge, .challenge(Array("r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096".utf8)))
        let accepted = try scram.step(Array(Self.final.utf8))
        XCTAssertEqual(accepted, .accepted(Array("v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=".utf8), secret: 1))
        XCTAssertThrowsError(try scram.step(Array(Self.final.utf8)), "it ends once")
    }

    func test_step_wrongPasswordOrUnknownUser_areRefusedAlike() throws {
        let unknown = Scram.Identity.unknown("nobody", mockKey: [1, 2, 3])
        XCTAssertEqual(unknown.salt, Scram.Identity.unknown("nobody", mockKey: [1, 2, 3]).salt)
        XCTAssertNotEqual(unknown.salt, Scram.Identity.unknown("nobody else", mockKey: [1, 2, 3]).salt)
        for identity in [Self.identity(["pencils"]), Self.identity([]), unknown] {
            var scram = Scram(identity, binding: nil, nonce: Self.nonce)
            _ = try scram.step(Self.initial("SCRAM-SHA-256", Self.first))
            XCTAssertThrowsError(try scram.step(Array(Self.final.utf8))) { XCTAssertEqual(($0 as? PostgresFault)?.state, .invalidPassword) }
        }
    }

    func test_step_anyByteChanged_isRefused() throws {
        for index in Self.final.utf8.indices {
            var bytes = Array(Self.final.utf8)
            bytes[Self.final.utf8.distance(from: Self.final.utf8.startIndex, to: index)] ^= 1
            var scram = Scram(Self.identity(["pencil"]), binding: nil, nonce: Self.nonce)
            _ = try scram.step(Self.initial("SCRAM-SHA-256", Self.first))
            XCTAssertThrowsError(try scram.step(bytes), String(decoding: bytes, as: UTF8.self))
        }
    }

    func test_step_firstMessages_thatAreNone_areRefused() throws {
        let certificate = [UInt8](repeating: 7, count: 32)
        let bad: [(String, String, [UInt8]?)] = [
            ("SCRAM-SHA-1", Self.first, nil), ("SCRAM-SHA-256-PLUS", "p=tls-server-end-point,,n=,r=a", nil), ("SCRAM-SHA-256", "p=tls-server-end-point,,n=,r=a", certificate),
            ("SCRAM-SHA-256-PLUS", "n,,n=,r=a", certificate), ("SCRAM-SHA-256-PLUS", "p=tls-unique,,n=,r=a", certificate), ("SCRAM-SHA-256", "y,,n=,r=a", certificate),
            ("SCRAM-SHA-256", "n,a=admin,n=,r=a", nil), ("SCRAM-SHA-256", "n,,m=x,n=,r=a", nil), ("SCRAM-SHA-256", "n,,n=,r=", nil), ("SCRAM-SHA-256", "n,,n=,r=é", nil),
            ("SCRAM-SHA-256", "n,,r=a", nil), ("SCRAM-SHA-256", "", nil), ("SCRAM-SHA-256", "n,,n=,r=" + String(repeating: "a", count: 2_000), nil),
        ]
        for (mechanism, data, binding) in bad {
            var scram = Scram(Self.identity(["pencil"]), binding: binding, nonce: Self.nonce)
            XCTAssertThrowsError(try scram.step(Self.initial(mechanism, data)), data)
            XCTAssertThrowsError(try scram.step(Array(Self.final.utf8)), "after a fault it has ended")
        }
        for bytes: [UInt8] in [[], [0], FrontendWriter.text("SCRAM-SHA-256"), FrontendWriter.text("SCRAM-SHA-256") + FrontendWriter.integer(-1 as Int32), FrontendWriter.text("SCRAM-SHA-256") + FrontendWriter.integer(Int32.max)] {
            var scram = Scram(Self.identity(["pencil"]), binding: nil, nonce: Self.nonce)
            XCTAssertThrowsError(try scram.step(bytes))
        }
    }

    /// Nobody has shown a key yet: one comparison of Strings of as many marks would take minutes, and the test would not end.
    func test_step_runsOfCombiningMarks_areComparedWithNothing() throws {
        let marks = "a" + String(repeating: "\u{301}\u{316}", count: 200_000)
        func check(_ scram: Scram, _ message: [UInt8]) {
            var scram = scram
            XCTAssertThrowsError(try scram.step(message)) { XCTAssertEqual(($0 as? PostgresFault)?.detail, "more than 256 combining marks in a row") }
            XCTAssertThrowsError(try scram.step(Array(Self.final.utf8)), "after a fault it has ended")
        }
        var scram = Scram(Self.identity(["pencil"]), binding: nil, nonce: Self.nonce)
        for message in [Self.initial(marks, Self.first), Self.initial("SCRAM-SHA-256", "\(marks),,n=,r=a"), Self.initial("SCRAM-SHA-256", "n,,n=\(marks),r=a")] { check(scram, message) }
        _ = try scram.step(Self.initial("SCRAM-SHA-256", Self.first))
        check(scram, Array("c=biws,r=\(marks),p=x".utf8))
    }

    func test_step_boundChannel_isTheCertificates() throws {
        let certificate = [UInt8](repeating: 7, count: 32)
        for (theirs, isRight) in [(certificate, true), ([UInt8](repeating: 8, count: 32), false)] {
            var scram = Scram(Self.identity(["pencil"]), binding: certificate, nonce: "server")
            let bare = "n=,r=client"
            guard case .challenge(let challenge) = try scram.step(Self.initial("SCRAM-SHA-256-PLUS", "p=tls-server-end-point,," + bare)) else { return XCTFail("no challenge") }
            let unproved = "c=\(ScramBase64.text(Array("p=tls-server-end-point,,".utf8) + theirs)),r=clientserver"
            let signed = Array("\(bare),\(String(decoding: challenge, as: UTF8.self)),\(unproved)".utf8)
            let salted = Digest.derive(Array("pencil".utf8), salt: Self.salt, iterations: 4_096)
            let key = Digest.authenticate(Array("Client Key".utf8), key: salted)
            let proof = zip(key, Digest.authenticate(signed, key: Digest.sha256(key))).map { $0 ^ $1 }
            let message = Array("\(unproved),p=\(ScramBase64.text(proof))".utf8)
            if isRight {
                guard case .accepted(_, secret: 0) = try scram.step(message) else { return XCTFail("refused") }
            } else {
                XCTAssertThrowsError(try scram.step(message)) { XCTAssertEqual(($0 as? PostgresFault)?.state, .invalidAuthorization) }
            }
        }
    }

    func test_base64_isReadBack_andNothingElseIs() {
        var random = SplitMix64(state: 7)
        for count in 0..<40 {
            let bytes = (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) }
            XCTAssertEqual(ScramBase64.bytes(ScramBase64.text(bytes)[...]), bytes)
        }
        XCTAssertEqual(ScramBase64.text(Array("foob".utf8)), "Zm9vYg==")
        for bad in ["A", "AA", "AAA", "AA=A", "AB==", "A===", "====", "AAA ", "AAé="] { XCTAssertNil(ScramBase64.bytes(bad[...]), bad) }
    }
}
