public import Foundation

/// A key pair that openssl made, to sign web tokens with as an issuer would.
public final class TokenKey {
    public enum Kind { case rsa(bits: Int), p256, p384 }

    public struct Failure: Error, CustomStringConvertible {
        public let description: String
    }

    public let kind: Kind
    private let folder: URL

    public init(_ kind: Kind) throws {
        self.kind = kind
        folder = try Project.temporaryFolder("till-token-key")
        switch kind {
        case .rsa(let bits): try Self.openssl(["genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:\(bits)", "-out", privatePath])
        case .p256: try Self.openssl(["genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", privatePath])
        case .p384: try Self.openssl(["genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-384", "-out", privatePath])
        }
    }

    deinit { try? FileManager.default.removeItem(at: folder) }

    private var privatePath: String { folder.appendingPathComponent("key.pem").path }

    // MARK: The public half

    /// PEM.
    public func publicText() throws -> Data { try Self.openssl(["pkey", "-in", privatePath, "-pubout"]) }

    /// The key as a member of a key set. `changes` replaces members; nil as JSON text leaves one out.
    public func jwk(kid: String?, _ changes: [String: String?] = [:]) throws -> String {
        var members: [String: String?] = ["use": "\"sig\""]
        if let kid { members["kid"] = "\"\(kid)\"" }
        switch kind {
        case .rsa:
            let text = String(decoding: try Self.openssl(["rsa", "-in", privatePath, "-noout", "-modulus"]), as: UTF8.self)
            let digits = text.split(separator: "=").last?.filter(\.isHexDigit) ?? ""
            members["kty"] = "\"RSA\""
            members["alg"] = "\"RS256\""
            members["n"] = "\"\(Self.encode(Self.bytes(String(digits))))\""
            members["e"] = "\"AQAB\""
        case .p256, .p384:
            let point = [UInt8](try Self.openssl(["pkey", "-in", privatePath, "-pubout", "-outform", "DER"]))
            var width = 32
            if case .p384 = kind { width = 48 }
            members["kty"] = "\"EC\""
            members["crv"] = width == 32 ? "\"P-256\"" : "\"P-384\""
            members["alg"] = width == 32 ? "\"ES256\"" : "\"ES384\""
            members["x"] = "\"\(Self.encode(Array(point.suffix(2 * width).prefix(width))))\""
            members["y"] = "\"\(Self.encode(Array(point.suffix(width))))\""
        }
        members.merge(changes) { $1 }
        return "{" + members.compactMap { name, value in value.map { "\"\(name)\":\($0)" } }.sorted().joined(separator: ",") + "}"
    }

    // MARK: Tokens

    /// A token with these JSON texts as header and payload, signed with SHA-256 in the form that `alg` has.
    public func token(header: String, claims: String) throws -> String {
        let signed = Self.encode(Array(header.utf8)) + "." + Self.encode(Array(claims.utf8))
        return signed + "." + Self.encode(try signature(Array(signed.utf8)))
    }

    /// As `token`, with the usual header.
    public func token(kid: String?, claims: String) throws -> String {
        var name = "RS256"
        if case .p256 = kind { name = "ES256" }
        if case .p384 = kind { name = "ES256" }
        return try token(header: #"{"alg":"\#(name)","typ":"JWT"\#(kid.map { #","kid":"\#($0)""# } ?? "")}"#, claims: claims)
    }

    private func signature(_ bytes: [UInt8]) throws -> [UInt8] {
        let file = folder.appendingPathComponent("signed")
        try Data(bytes).write(to: file)
        let raw = [UInt8](try Self.openssl(["dgst", "-sha256", "-sign", privatePath, file.path]))
        switch kind {
        case .rsa: return raw
        case .p256: return Self.sides(raw, width: 32)
        case .p384: return Self.sides(raw, width: 48)
        }
    }

    /// r and s of a DER signature, side by side.
    private static func sides(_ der: [UInt8], width: Int) -> [UInt8] {
        var position = der[1] >= 0x80 ? 3 : 2
        func integer() -> [UInt8] {
            let count = Int(der[position + 1])
            defer { position += 2 + count }
            let digits = der[(position + 2)..<(position + 2 + count)].drop { $0 == 0 }
            return [UInt8](repeating: 0, count: width - digits.count) + digits
        }
        return integer() + integer()
    }

    // MARK: Texts and tools

    public static func encode(_ bytes: [UInt8]) -> String {
        Data(bytes).base64EncodedString().replacingOccurrences(of: "+", with: "-").replacingOccurrences(of: "/", with: "_")
            .replacingOccurrences(of: "=", with: "")
    }

    private static func bytes(_ hex: String) -> [UInt8] {
        let digits = Array(hex)
        return stride(from: 0, to: digits.count - 1, by: 2).compactMap { UInt8(String(digits[$0...($0 + 1)]), radix: 16) }
    }

    /// What openssl printed.
    @discardableResult
    public static func openssl(_ arguments: [String], input: Data? = nil) throws -> Data {
        let run = try Subprocess("/usr/bin/openssl", arguments, input: input)
        guard run.status == 0 else { throw Failure(description: "openssl \(arguments): \(run.error)") }
        return run.output
    }
}
