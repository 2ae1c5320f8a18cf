import ColumnStore
import Documents
import Foundation
import Ingest
import Server
import Synchronization
import TestSupport
import XCTest

/// Goal: only a token that the issuer signed, for us, for now, lets anybody in. Method: keys that openssl made; every way of bending a token.
final class TokenTests: XCTestCase {
    private static let now = 1_790_000_000.0
    private let log = Log(format: .json, level: .error, descriptor: -1)

    private func claims(_ more: String = "", exp: String? = "1790000060", iss: String = "https://issuer.example", aud: String = #""till""#) -> String {
        var members = [#""iss":"\#(iss)""#, #""aud":\#(aud)"#, #""client_id":"shop""#]
        if let exp { members.append(#""exp":\#(exp)"#) }
        return "{" + members.joined(separator: ",") + more + "}"
    }

    private func verifier(_ keys: [String], rules: TokenRules? = nil) throws -> (verifier: TokenVerifier, file: URL) {
        let folder = try Project.temporaryFolder()
        addTeardownBlock { try? FileManager.default.removeItem(at: folder) }
        let file = folder.appendingPathComponent("jwks.json")
        try Data("{\"keys\":[\(keys.joined(separator: ","))]}".utf8).write(to: file)
        let source = KeySetSource(.init(file.path), policy: .publicOnly, log: log)
        try source.start()
        let usual = TokenRules(issuer: "https://issuer.example", audience: "till", claim: "client_id")
        return (TokenVerifier(source: source, rules: rules ?? usual), file)
    }

    /// Whom the token speaks for, or why it does not count.
    private func outcome(_ verifier: TokenVerifier, _ token: String, at now: Double = TokenTests.now) -> String {
        do throws(JSONWebToken.Fault) {
            switch try verifier.verify(token, sha256: APIKey.sha256(of: token), now: now, mayWait: true) {
            case .granted(let client): return client
            case .waits: return "waits"
            }
        } catch {
            return error.description
        }
    }

    func test_goodTokens_ofBothAlgorithms_withAndWithoutKid() throws {
        let (rsa, curve) = (try TokenKey(.rsa(bits: 2_048)), try TokenKey(.p256))
        let (verifier, _) = try verifier([try rsa.jwk(kid: "r"), try curve.jwk(kid: "e"), try curve.jwk(kid: nil, ["alg": nil, "use": nil])])
        for token in [
            try rsa.token(kid: "r", claims: claims()), try curve.token(kid: "e", claims: claims()), try curve.token(kid: nil, claims: claims()),
            try rsa.token(kid: nil, claims: claims(aud: #"["other","till"]"#)),
            try rsa.token(header: #"{"alg":"RS256","kid":"r","typ":"at+jwt"}"#, claims: claims(#","nbf":1789999990,"iat":1789999990.5"#)),
        ] {
            XCTAssertEqual(outcome(verifier, token), "shop")
            XCTAssertEqual(outcome(verifier, token), "shop", "remembered")
            XCTAssertEqual(outcome(verifier, token, at: Self.now + 1_000), "it has expired", "remembered, but over")
        }
        // Every signature that openssl makes has the right form here, short r or s included.
        for number in 0..<40 { XCTAssertEqual(outcome(verifier, try curve.token(kid: "e", claims: claims(#","jti":\#(number)"#))), "shop") }
    }

    func test_times_withSkew() throws {
        let key = try TokenKey(.p256)
        let (verifier, _) = try verifier([try key.jwk(kid: "e")])
        let table: [(more: String, exp: String?, expected: String)] = [
            ("", "1789999941", "shop"), ("", "1789999940", "it has expired"), ("", nil, "it has no exp"), ("", #""1790000060""#, "its exp is no number"),
            ("", "null", "its exp is no number"), ("", "1e400", "its exp is no number"), ("", "-1", "it has expired"),
            (#","nbf":1790000060"#, "1790009999", "shop"), (#","nbf":1790000061"#, "1790009999", "it is not valid yet"),
            (#","iat":1790000061"#, "1790009999", "it is not valid yet"), (#","iat":"now""#, "1790009999", "its iat is no number"),
            (#","nbf":true"#, "1790009999", "its nbf is no number"), ("", "1790000060.75", "shop"),
        ]
        for row in table {
            XCTAssertEqual(outcome(verifier, try key.token(kid: "e", claims: claims(row.more, exp: row.exp))), row.expected, "\(row)")
        }
    }

    func test_claims_otherIssuerAudienceOrContract() throws {
        let key = try TokenKey(.p256)
        let (verifier, _) = try verifier([try key.jwk(kid: "e")])
        let exp = #""exp":1790000060"#
        let table: [(claims: String, expected: String)] = [
            (claims(iss: "https://issuer.example/"), "its issuer is another"), (claims(aud: #""other""#), "it is for another audience"),
            (claims(aud: "[]"), "it is for another audience"), (claims(aud: #"{"till":1}"#), "it is for another audience"),
            ("{\(exp)}", "its issuer is another"), (#"{"iss":"https://issuer.example",\#(exp)}"#, "it is for another audience"),
            (#"{"iss":["https://issuer.example"],"aud":"till",\#(exp)}"#, "its issuer is another"),
            (#"{"iss":"https://issuer.example","aud":"till",\#(exp)}"#, "it has no claim client_id that names a contract"),
            (#"{"iss":"https://issuer.example","aud":"till","client_id":7,\#(exp)}"#, "it has no claim client_id that names a contract"),
            (#"{"iss":"https://issuer.example","aud":"till","client_id":"",\#(exp)}"#, "it has no claim client_id that names a contract"),
            (#"{"iss":"https://issuer.example","aud":"till","client_id":"a","client_id":"b",\#(exp)}"#, "its payload is no JSON"),
            ("[]", "its payload is no JSON object"), ("", "its payload is no JSON"),
        ]
        for row in table { XCTAssertEqual(outcome(verifier, try key.token(kid: "e", claims: row.claims)), row.expected, row.claims) }
    }

    func test_algorithms_areNotConfused() throws {
        let (rsa, curve, wide) = (try TokenKey(.rsa(bits: 2_048)), try TokenKey(.p256), try TokenKey(.p384))
        let (verifier, _) = try verifier([try rsa.jwk(kid: "r"), try curve.jwk(kid: "e"), try wide.jwk(kid: "w")])
        func forged(_ header: String, _ signature: [UInt8] = []) -> String {
            TokenKey.encode(Array(header.utf8)) + "." + TokenKey.encode(Array(claims().utf8)) + "." + TokenKey.encode(signature)
        }
        // HS256 with the public key, which everybody has, as its secret: the classic.
        let secret = try rsa.publicText().map { String(format: "%02x", $0) }.joined()
        let signed = TokenKey.encode(Array(#"{"alg":"HS256","kid":"r"}"#.utf8)) + "." + TokenKey.encode(Array(claims().utf8))
        let code = try TokenKey.openssl(["dgst", "-sha256", "-mac", "HMAC", "-macopt", "hexkey:\(secret)", "-binary"], input: Data(signed.utf8))
        let alg = "its alg is neither RS256 nor ES256"
        let table: [(token: String, expected: String)] = [
            (signed + "." + TokenKey.encode([UInt8](code)), alg), (forged(#"{"alg":"none"}"#), alg), (forged(#"{"alg":"None","kid":"r"}"#, [1]), alg),
            (forged("{}", [1]), alg), (forged(#"{"alg":["RS256"],"kid":"r"}"#, [1]), alg), (forged(#"{"alg":"rs256","kid":"r"}"#, [1]), alg),
            (forged(#"{"alg":"RS256","alg":"none","kid":"r"}"#, [1]), "its header is no JSON"),
            (try rsa.token(header: #"{"alg":"PS256","kid":"r"}"#, claims: claims()), alg),
            (try rsa.token(header: #"{"alg":"RS512","kid":"r"}"#, claims: claims()), alg),
            // A key of one kind under the other's name.
            (try rsa.token(header: #"{"alg":"ES256","kid":"r"}"#, claims: claims()), "no key of the issuer has its kid and alg"),
            (try curve.token(header: #"{"alg":"RS256","kid":"e"}"#, claims: claims()), "no key of the issuer has its kid and alg"),
            (try rsa.token(header: #"{"alg":"ES256","kid":"e"}"#, claims: claims()), "its signature is wrong"),
            (try curve.token(header: #"{"alg":"RS256","kid":"r"}"#, claims: claims()), "its signature is wrong"),
            (try wide.token(kid: "e", claims: claims()), "its signature is wrong"), (try wide.token(kid: "w", claims: claims()), "no key of the issuer has its kid and alg"),
            (try rsa.token(kid: "unknown", claims: claims()), "no key of the issuer has its kid and alg"),
            (try rsa.token(header: #"{"alg":"RS256","kid":7}"#, claims: claims()), "its kid is no string"),
            (try rsa.token(header: #"{"alg":"RS256","kid":"r","crit":["exp"]}"#, claims: claims()), "it needs an extension that is not supported"),
            (try rsa.token(header: #"{"alg":"RS256","kid":"r","typ":"logout+jwt"}"#, claims: claims()), "its typ is none of an access token"),
            (try TokenKey(.rsa(bits: 2_048)).token(kid: "r", claims: claims()), "its signature is wrong"),
            (try TokenKey(.p256).token(kid: "e", claims: claims()), "its signature is wrong"),
            (forged(#"{"alg":"ES256","kid":"e"}"#, [UInt8](repeating: 0, count: 64)), "its signature is wrong"),
            (forged(#"{"alg":"ES256","kid":"e"}"#, [UInt8](repeating: 255, count: 64)), "its signature is wrong"),
            (forged(#"{"alg":"RS256","kid":"r"}"#, [UInt8](repeating: 0, count: 256)), "its signature is wrong"),
        ]
        for row in table { XCTAssertEqual(outcome(verifier, row.token), row.expected, row.token) }
    }

    func test_malformedTokens_everyBitCounts() throws {
        let key = try TokenKey(.p256)
        let (verifier, _) = try verifier([try key.jwk(kid: "e")])
        let token = try key.token(kid: "e", claims: claims())
        let bytes = Array(token.utf8)
        for index in bytes.indices {
            var changed = bytes
            changed[index] = bytes[index] == UInt8(ascii: "A") ? UInt8(ascii: "B") : UInt8(ascii: "A")
            XCTAssertNotEqual(outcome(verifier, String(decoding: changed, as: UTF8.self)), "shop", "byte \(index)")
        }
        for text in ["..", "a.b.c", token + "=", token + ".", "." + token, token.replacingOccurrences(of: ".", with: ". "), token + "A", token + "\u{e9}"] {
            XCTAssertNotEqual(outcome(verifier, text), "shop", text)
        }
    }

    func test_keySets_whatIsPassedOver() throws {
        let (rsa, curve, short) = (try TokenKey(.rsa(bits: 2_048)), try TokenKey(.p256), try TokenKey(.rsa(bits: 1_024)))
        let offCurve = try curve.jwk(kid: "x", ["y": "\"\(TokenKey.encode([UInt8](repeating: 1, count: 32)))\""])
        let table: [(key: String, note: String?)] = [
            (try rsa.jwk(kid: "x"), nil), (try curve.jwk(kid: "x", ["key_ops": #"["verify"]"#]), nil),
            (try rsa.jwk(kid: "x", ["use": #""enc""#]), "its use is not sig"), (try rsa.jwk(kid: "x", ["key_ops": #"["encrypt"]"#]), "its key_ops lack verify"),
            (try rsa.jwk(kid: "x", ["alg": #""PS256""#]), "its alg is not RS256"), (try curve.jwk(kid: "x", ["alg": #""RS256""#]), "its alg is not ES256"),
            (try short.jwk(kid: "x"), "no valid key"), (try rsa.jwk(kid: "x", ["e": #""Ag""#]), "no valid key"), (try rsa.jwk(kid: "x", ["e": #""AQ""#]), "no valid key"),
            (offCurve, "no valid key"), (try curve.jwk(kid: "x", ["crv": #""P-384""#]), "its curve is not P-256"), (try TokenKey(.p384).jwk(kid: "x"), "its curve is not P-256"),
            (try curve.jwk(kid: "x", ["kty": #""RSA""#]), "n is no base64url"), (try rsa.jwk(kid: "x", ["kty": #""EC""#]), "its curve is not P-256"),
            (#"{"kty":"oct","k":"AAAA","kid":"x"}"#, "its kty is neither RSA nor EC"), ("7", "no object"), ("{}", "its kty is neither RSA nor EC"),
            (try rsa.jwk(kid: "x", ["kid": "[]"]), "kid is no short string"), (try rsa.jwk(kid: "x", ["n": #""+/=""#]), "n is no base64url"),
            (try rsa.jwk(kid: "x", ["n": nil]), "n is no base64url"),
        ]
        for row in table {
            let set = try KeySet(Array("{\"keys\":[\(row.key)]}".utf8))
            XCTAssertEqual(set.count, row.note == nil ? 1 : 0, row.key)
            if let note = row.note { XCTAssertTrue(set.notes.first?.contains(note) ?? false, "\(set.notes): \(row.key)") }
        }
        // Two of one name: neither. Of different kinds they are distinguished by the algorithm.
        let other = try TokenKey(.rsa(bits: 2_048))
        let twice = try KeySet(Array("{\"keys\":[\(try rsa.jwk(kid: "x")),\(try other.jwk(kid: "x")),\(try curve.jwk(kid: "x"))]}".utf8))
        XCTAssertEqual(twice.candidates(kid: "x", .rs256).count, 0)
        XCTAssertEqual(twice.candidates(kid: "x", .es256).count, 1)
        XCTAssertEqual(twice.notes, ["several keys have the kid \"x\": none of them is used"])
        for text in ["", "[]", "{}", #"{"keys":{}}"#, "{\"keys\":[\(Array(repeating: "{}", count: 101).joined(separator: ","))]}"] {
            XCTAssertThrowsError(try KeySet(Array(text.utf8)), text)
        }
    }

    func test_file_isReadAgainWhenItChanges_andABadOneChangesNothing() throws {
        let (old, new) = (try TokenKey(.p256), try TokenKey(.p256))
        let (verifier, file) = try verifier([try old.jwk(kid: "old")])
        let (oldToken, newToken) = (try old.token(kid: "old", claims: claims()), try new.token(kid: "new", claims: claims()))
        XCTAssertEqual(outcome(verifier, oldToken), "shop")
        XCTAssertEqual(outcome(verifier, newToken), "no key of the issuer has its kid and alg")
        try Data("{\"keys\":[\(try new.jwk(kid: "new"))]}".utf8).write(to: file, options: .atomic)
        XCTAssertEqual(outcome(verifier, newToken), "shop", "an unknown kid has the file looked at")
        XCTAssertEqual(outcome(verifier, oldToken), "no key of the issuer has its kid and alg", "what was remembered is forgotten")
        try Data("{\"keys\":".utf8).write(to: file)
        verifier.source.checkNow()
        XCTAssertEqual(outcome(verifier, newToken), "shop")
        try FileManager.default.removeItem(at: file)
        verifier.source.checkNow()
        XCTAssertEqual(outcome(verifier, newToken), "shop")
        XCTAssertThrowsError(try KeySetSource(.init("/nowhere/jwks.json"), policy: .publicOnly, log: log).start())
    }

    /// One read that fails tells nothing of the file.
    func test_fileThatCouldNotBeRead_isTriedAgain_thoughItDoesNotChange() throws {
        let folder = try Project.temporaryFolder()
        defer { try? FileManager.default.removeItem(at: folder) }
        let file = folder.appendingPathComponent("jwks.json")
        try Data("{\"keys\":[\(try TokenKey(.p256).jwk(kid: "a"))]}".utf8).write(to: file)
        var times = KeySetSource.Times()
        func failures(retry: Double) throws -> [Int] {
            times.retry = retry
            let source = KeySetSource(.init(file.path), policy: .publicOnly, times: times, log: log)
            try source.start()
            let whole = try Data(contentsOf: file)
            try Data("{".utf8).write(to: file)
            let counts = (0..<3).map { _ -> Int in
                source.checkNow()
                return source.figures.failureCount
            }
            try whole.write(to: file)
            source.checkNow()
            XCTAssertEqual(source.generation, 2, "the new ones count")
            return counts
        }
        XCTAssertEqual(try failures(retry: 0), [1, 2, 3])
        XCTAssertEqual(try failures(retry: 3_600), [1, 1, 1], "not before its time")
    }

    /// What the keys have let in would end for good: a set that is empty for a moment is the issuer's mistake.
    func test_setWithoutAKeyThatCanBeUsed_isNotTaken_andTheKeysStay() throws {
        let key = try TokenKey(.p256)
        let (good, bad) = ("{\"keys\":[\(try key.jwk(kid: "e"))]}", [#"{"keys":[]}"#, #"{"keys":[{"kty":"oct","k":"AAAA","kid":"e"}]}"#])
        let token = try key.token(kid: "e", claims: claims())
        let (ofFile, file) = try verifier([try key.jwk(kid: "e")])
        let answer = Mutex(good)
        let issuer = TestHTTPServer { _ in .init(body: answer.withLock { $0 }) }
        defer { issuer.close() }
        let source = KeySetSource(.init("http://127.0.0.1:\(issuer.port)/jwks"), policy: try AddressPolicy(allow: ["127.0.0.1"]), log: log)
        defer { source.stop() }
        try source.start()
        XCTAssertTrue(Patience.until { source.generation == 1 })
        let ofURL = TokenVerifier(source: source, rules: TokenRules(issuer: nil, audience: nil, claim: "client_id"))
        for (index, text) in bad.enumerated() {
            try Data(text.utf8).write(to: file)
            ofFile.source.checkNow(isForced: true)
            answer.withLock { $0 = text }
            XCTAssertTrue(
                Patience.until {
                    source.checkNow(isForced: source.figures.failureCount == index)
                    return source.figures.failureCount > index
                })
            for verifier in [ofFile, ofURL] {
                XCTAssertEqual(outcome(verifier, token), "shop", text)
                XCTAssertEqual(verifier.source.generation, 1, text)
                XCTAssertEqual(verifier.source.figures.keyCount, 1, text)
            }
            XCTAssertEqual(ofFile.source.figures.failureCount, index + 1, text)
        }
    }

    func test_faultOfTheFile_isToldOnce_andAgainWhereTheFileChanges() throws {
        let folder = try Project.temporaryFolder()
        defer { try? FileManager.default.removeItem(at: folder) }
        let (file, written) = (folder.appendingPathComponent("jwks.json"), folder.appendingPathComponent("log"))
        try Data("{\"keys\":[\(try TokenKey(.p256).jwk(kid: "a"))]}".utf8).write(to: file)
        XCTAssertTrue(FileManager.default.createFile(atPath: written.path, contents: nil))
        let handle = try FileHandle(forWritingTo: written)
        defer { withExtendedLifetime(handle) {} }
        let log = Log(format: .text, level: .warning, descriptor: handle.fileDescriptor)
        var times = KeySetSource.Times()
        times.retry = 0
        let source = KeySetSource(.init(file.path), policy: .publicOnly, times: times, log: log)
        try source.start()
        func toldCount() throws -> Int {
            XCTAssertTrue(log.flush())
            return try String(contentsOf: written, encoding: .utf8).split(separator: "\n").count { $0.contains("token keys not taken") }
        }
        // The same fault in files of other lengths, and another one.
        for (count, text) in [(1, #"{"keys":[]}"#), (2, #"{"keys":[ ]}"#), (3, "{")] {
            try Data(text.utf8).write(to: file)
            for _ in 0..<3 { source.checkNow() }
            XCTAssertEqual(source.figures.failureCount, 3 * count, text)
            XCTAssertEqual(try toldCount(), count, text)
        }
        source.checkNow(isForced: true)
        XCTAssertEqual(try toldCount(), 4, "somebody asks")
    }

    func test_url_isCached_rotated_andNotAskedForEveryUnknownName() throws {
        let (old, new) = (try TokenKey(.p256), try TokenKey(.p256))
        let answer = Mutex((text: "{\"keys\":[\(try old.jwk(kid: "old"))]}", status: 200, count: 0))
        let issuer = TestHTTPServer { _ in
            answer.withLock { answer in
                answer.count += 1
                return .init(status: answer.status, headers: [("Cache-Control", "public, max-age=600")], body: answer.text)
            }
        }
        defer { issuer.close() }
        var times = KeySetSource.Times()
        times.unknown = 3
        let source = KeySetSource(.init("http://127.0.0.1:\(issuer.port)/jwks"), policy: try AddressPolicy(allow: ["127.0.0.1"]), times: times, log: log)
        defer { source.stop() }
        try source.start()
        let verifier = TokenVerifier(source: source, rules: TokenRules(issuer: nil, audience: nil, claim: "client_id"))
        func settled(_ token: String) -> String {
            let first = outcome(verifier, token)
            guard first == "waits" else { return first }
            let done = DispatchSemaphore(value: 0)
            XCTAssertTrue(source.whenFetched { done.signal() })
            XCTAssertEqual(done.wait(timeout: .now() + Patience.seconds), .success)
            do throws(JSONWebToken.Fault) {
                guard case .granted(let client) = try verifier.verify(token, sha256: APIKey.sha256(of: token), now: Self.now, mayWait: false) else { return "?" }
                return client
            } catch {
                return error.description
            }
        }
        let (oldToken, newToken) = (try old.token(kid: "old", claims: claims()), try new.token(kid: "new", claims: claims()))
        XCTAssertEqual(settled(oldToken), "shop", "waits for the first set")
        XCTAssertEqual(answer.withLock { $0.count }, 1)
        for number in 0..<20 { XCTAssertEqual(settled(try old.token(kid: "old", claims: claims(#","jti":\#(number)"#))), "shop") }
        XCTAssertEqual(answer.withLock { $0.count }, 1)
        try answer.withLock { $0.text = "{\"keys\":[\(try old.jwk(kid: "old")),\(try new.jwk(kid: "new"))]}" }
        let madeUp = try (0..<20).map { try new.token(kid: "made up \($0)", claims: claims()) }
        XCTAssertEqual(settled(newToken), "shop")
        for token in madeUp { XCTAssertNotEqual(settled(token), "shop") }
        XCTAssertEqual(answer.withLock { $0.count }, 2, "made-up names do not make us call")
        // A token that would be refused anyway does not either.
        usleep(3_200_000)
        XCTAssertEqual(settled(try new.token(kid: "more", claims: claims(exp: "1"))), "it has expired")
        XCTAssertEqual(answer.withLock { $0.count }, 2)
        answer.withLock { $0.status = 500 }
        XCTAssertNotEqual(settled(try new.token(kid: "another", claims: claims())), "shop")
        XCTAssertEqual(answer.withLock { $0.count }, 3)
        XCTAssertEqual(settled(oldToken), "shop", "what is there stays")
        XCTAssertEqual(source.figures.failureCount, 1)
    }

    func test_url_internalAddressIsNotAsked() throws {
        let issuer = TestHTTPServer { _ in .init(body: #"{"keys":[]}"#) }
        defer { issuer.close() }
        let source = KeySetSource(.init("http://127.0.0.1:\(issuer.port)/"), policy: .publicOnly, log: log)
        defer { source.stop() }
        try source.start()
        Patience.until { source.isSettled }
        XCTAssertEqual(source.figures.failureCount, 1)
        XCTAssertEqual(issuer.connectionCount.load(ordering: .relaxed), 0)
    }
}
