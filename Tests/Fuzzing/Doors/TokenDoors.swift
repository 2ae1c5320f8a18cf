import ColumnStore
import Foundation
import Server

/// What says who is asking: tokens, and the keys that they are proved by.
extension Door {
    static let tokens: [Door] = [token, keySet]

    /// The text of a bearer token. No key of the set below is anybody's: none may let anybody in.
    private static let token = Door(
        name: "token", seeds: { TokenSeeds.tokens.map { Array($0.utf8) } }, words: { TokenSeeds.words },
        fuzz: { bytes in
            // A token that is not in base64 yet: three lines, which a fuzzer changes more easily.
            let lines = bytes.split(separator: 0x0A, maxSplits: 2, omittingEmptySubsequences: false).map { Array($0) }
            let texts = [String(decoding: bytes, as: UTF8.self)] + (lines.count == 3 ? [lines.map(encode).joined(separator: ".")] : [])
            for text in texts {
                guard JSONWebToken.looksLike(text), let token = try? JSONWebToken(text) else { continue }
                precondition(!token.signature.isEmpty && text.utf8.starts(with: token.signed), "what was signed is not what was sent")
                for rules in TokenSeeds.rules {
                    guard let grant = try? rules.grant(of: token.claims) else { continue }
                    precondition(!grant.clientID.isEmpty)
                    for now: Double in [0, 1_795_176_000, .greatestFiniteMagnitude, -.infinity] { _ = Result { try grant.check(at: now) } }
                }
                for key in TokenSeeds.keys.candidates(kid: token.keyID, token.algorithm) {
                    precondition(!key.verifies(token.signed, signature: token.signature), "a forged signature counts")
                }
            }
        })

    /// A set of keys as an issuer publishes it, with a token for each of its keys.
    private static let keySet = Door(
        name: "key-set", seeds: { TokenSeeds.sets.map { Array($0.utf8) } }, words: { TokenSeeds.words },
        fuzz: { bytes in
            let set = try KeySet([UInt8](bytes))
            for algorithm in [SignatureAlgorithm.rs256, .es256] {
                for key in set.candidates(kid: nil, algorithm) + set.candidates(kid: "a", algorithm) {
                    precondition(key.algorithm == algorithm, "a key of another algorithm")
                    for count in [0, 1, 64, 256, 1024] { _ = key.verifies(Array("signed".utf8), signature: [UInt8](repeating: 1, count: count)) }
                }
            }
        })

    private static func encode(_ bytes: [UInt8]) -> String {
        Data(bytes).base64EncodedString().replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
    }
}

private enum TokenSeeds {
    private static let signature = String(repeating: "s", count: 64)
    private static let claims =
        #"{"iss":"https://issuer","aud":["till","x"],"exp":1895176000,"nbf":1,"iat":1e0,"client_id":"acme","sub":null}"#

    static let tokens = [
        "{\"alg\":\"RS256\",\"kid\":\"a\",\"typ\":\"JWT\"}\n\(claims)\n\(signature)", "{\"alg\":\"ES256\",\"typ\":\"at+jwt\"}\n\(claims)\n\(signature)",
        "{\"alg\":\"none\"}\n{\"exp\":-9223372036854775809}\n", "eyJhbGciOiJFUzI1NiJ9.eyJleHAiOjE4OTUxNzYwMDAsImNsaWVudF9pZCI6ImEifQ.c3Nzc3Nz",
        "{\"alg\":\"ES256\",\"crit\":[\"b64\"],\"b64\":false}\n\(claims)\nx",
    ]
    static let words = [
        "\"alg\":\"RS256\"", "\"alg\":\"ES256\"", "\"alg\":\"HS256\"", "\"alg\":\"none\"", "\"kid\":", "\"typ\":\"JWT\"", "\"exp\":", "\"nbf\":", "\"iat\":", "\"aud\":[", "\"iss\":", "client_id",
        "\"keys\":[", "\"kty\":\"RSA\"", "\"kty\":\"EC\"", "\"crv\":\"P-256\"", "\"n\":\"", "\"e\":\"AQAB\"", "\"x\":\"", "\"y\":\"", "\"use\":\"sig\"", "\"key_ops\":[\"verify\"]", "1e308", "-1e400",
        "9223372036854775808",
    ]
    static let rules = [TokenRules(issuer: nil, audience: nil, claim: "client_id"), TokenRules(issuer: "https://issuer", audience: "till", claim: "sub")]

    /// The example keys of RFC 7517 and 7515, with the private halves of which nobody signs here.
    private static let modulus =
        "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw"
    private static let rsa = #"{"kty":"RSA","kid":"a","use":"sig","alg":"RS256","n":"\#(modulus)","e":"AQAB"}"#
    private static let ec =
        #"{"kty":"EC","kid":"b","crv":"P-256","key_ops":["verify"],"x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}"#

    static let sets = ["{\"keys\":[\(rsa),\(ec),{\"kty\":\"oct\",\"k\":\"AA\"}]}", "{\"keys\":[\(ec),\(ec)]}", "{\"keys\":[]}"]

    static let keys: KeySet = {
        do { return try KeySet(Array(sets[0].utf8)) } catch { preconditionFailure("the door's own keys: \(error)") }
    }()
}
