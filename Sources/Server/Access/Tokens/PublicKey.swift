internal import CGnuTLS

/// The algorithms that a token may be signed with (RFC 7518 section 3.1). Each belongs to one kind of key, so that none can be passed off as another.
package enum SignatureAlgorithm: String, Sendable {
    /// RSASSA-PKCS1-v1_5 with SHA-256.
    case rs256 = "RS256"
    /// ECDSA on P-256 with SHA-256.
    case es256 = "ES256"
}

/// A public key that verifies signatures of one algorithm.
package final class PublicKey: @unchecked Sendable {
    // Proof of Sendable: the library's key is complete after `init`; verifying only reads it.

    package let algorithm: SignatureAlgorithm
    /// SHA-256 of what the key is: the same of a key that is published again, under whatever name.
    package let thumbprint: [UInt8]
    /// Of every signature made with this key.
    private let signatureByteCount: Int
    private let raw: gnutls_pubkey_t

    private static let fieldByteCount = 32
    /// Shorter keys are too weak (RFC 7518 section 3.3), longer ones an attack on our time.
    private static let modulusByteCounts = 256...1_024

    /// - Parameters: of an RSA key, big-endian.
    /// - Returns: nil for one that is too short, too long or no key.
    package init?(modulus: [UInt8], exponent: [UInt8]) {
        let modulus = Array(modulus.drop { $0 == 0 })
        let exponent = Array(exponent.drop { $0 == 0 })
        guard Self.modulusByteCounts.contains(modulus.count), modulus.last.map({ $0 & 1 == 1 }) == true, (1...4).contains(exponent.count),
            exponent.last.map({ $0 & 1 == 1 }) == true, exponent != [1], let raw = Self.make()
        else { return nil }
        self.raw = raw
        algorithm = .rs256
        thumbprint = Self.thumbprint(.rs256, exponent, modulus)
        signatureByteCount = modulus.count
        let code = Self.withDatum(modulus) { modulus in Self.withDatum(exponent) { gnutls_pubkey_import_rsa_raw(raw, modulus, $0) } }
        guard code == 0 else { return nil }
    }

    /// - Parameters: a point of P-256, 32 bytes each.
    /// - Returns: nil for one that is not on the curve.
    package init?(x: [UInt8], y: [UInt8]) {
        guard x.count == Self.fieldByteCount, y.count == Self.fieldByteCount, let raw = Self.make() else { return nil }
        self.raw = raw
        algorithm = .es256
        thumbprint = Self.thumbprint(.es256, x, y)
        signatureByteCount = 2 * Self.fieldByteCount
        let code = Self.withDatum(x) { x in Self.withDatum(y) { gnutls_pubkey_import_ecc_raw(raw, GNUTLS_ECC_CURVE_SECP256R1, x, $0) } }
        // A point that is not on the curve would answer for another, weaker one.
        guard code == 0, gnutls_pubkey_verify_params(raw) == 0 else { return nil }
    }

    deinit { gnutls_pubkey_deinit(raw) }

    /// The length of the first part stands before it, so that no two keys have the same bytes.
    private static func thumbprint(_ algorithm: SignatureAlgorithm, _ first: [UInt8], _ second: [UInt8]) -> [UInt8] {
        Digest.sha256(Array([Array(algorithm.rawValue.utf8), [UInt8(clamping: first.count)], first, second].joined()))
    }

    private static func make() -> gnutls_pubkey_t? {
        var raw: gnutls_pubkey_t?
        return gnutls_pubkey_init(&raw) == 0 ? raw : nil
    }

    /// Whether `signature`, in the form that JSON web signatures have, is this key's of `message`.
    ///
    /// - Complexity: a public-key operation, and a hash over `message`.
    package func verifies(_ message: [UInt8], signature: [UInt8]) -> Bool {
        guard signature.count == signatureByteCount else { return false }
        let (form, method) =
            switch algorithm {
            case .rs256: (signature, GNUTLS_SIGN_RSA_SHA256)
            case .es256: (Self.der(signature), GNUTLS_SIGN_ECDSA_SECP256R1_SHA256)
            }
        return Self.withDatum(message) { message in
            Self.withDatum(form) { gnutls_pubkey_verify_data2(raw, method, 0, message, $0) }
        } >= 0
    }

    /// r and s side by side, as the SEQUENCE of two INTEGERs that the library reads.
    private static func der(_ signature: [UInt8]) -> [UInt8] {
        func integer(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
            // DER's INTEGER has a sign: zeroes in front go, and one comes back where the highest bit is set. `00 80` stays `00 80`, `00 7F` becomes `7F`.
            var digits = Array(bytes.drop { $0 == 0 })
            if digits.first.map({ $0 >= 0x80 }) ?? true { digits.insert(0, at: 0) }
            return [0x02, UInt8(digits.count)] + digits
        }
        let content = integer(signature[..<fieldByteCount]) + integer(signature[fieldByteCount...])
        // Two integers of 33 bytes at most are 70 bytes with their heads: a length below 128 is one byte.
        return [0x30, UInt8(content.count)] + content
    }

    private static func withDatum<Result>(_ bytes: [UInt8], _ body: (UnsafePointer<gnutls_datum_t>) -> Result) -> Result {
        var bytes = bytes
        return bytes.withUnsafeMutableBufferPointer { buffer in
            // Safe: the library only reads, and only while `body` runs.
            var datum = gnutls_datum_t(data: buffer.baseAddress, size: UInt32(buffer.count))
            return withUnsafePointer(to: &datum, body)
        }
    }
}
