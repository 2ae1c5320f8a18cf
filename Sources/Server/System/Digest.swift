internal import CGnuTLS

/// Hashes and random bytes, from GnuTLS.
package enum Digest {
    /// 32 bytes.
    ///
    /// - Complexity: one pass; a sequence that does not lie in one piece is copied first.
    package static func sha256(_ bytes: some Sequence<UInt8>) -> [UInt8] {
        var hash = [UInt8](repeating: 0, count: 32)
        let code = bytes.withContiguousStorageIfAvailable { bytes in
            gnutls_hash_fast(GNUTLS_DIG_SHA256, bytes.baseAddress, bytes.count, &hash)
        }
        guard let code else { return sha256(Array(bytes)) }
        precondition(code == 0, "SHA-256 is always there")
        return hash
    }

    /// HMAC with SHA-256 (RFC 2104).
    package static func authenticate(_ bytes: [UInt8], key: [UInt8]) -> [UInt8] {
        var code = [UInt8](repeating: 0, count: 32)
        let status = gnutls_hmac_fast(GNUTLS_MAC_SHA256, key, key.count, bytes, bytes.count, &code)
        precondition(status == 0, "HMAC with SHA-256 is always there")
        return code
    }

    /// PBKDF2 with HMAC and SHA-256 (RFC 8018), 32 bytes of it.
    ///
    /// It is slow by its purpose, in proportion to `iterations`: not for a thread that serves connections.
    ///
    /// - Precondition: `iterations` is at least 1.
    package static func derive(_ secret: [UInt8], salt: [UInt8], iterations: Int) -> [UInt8] {
        var secret = secret, salt = salt
        var derived = [UInt8](repeating: 0, count: 32)
        let status = secret.withUnsafeMutableBufferPointer { secret in
            salt.withUnsafeMutableBufferPointer { salt in
                var key = gnutls_datum_t(data: secret.baseAddress, size: UInt32(clamping: secret.count))
                var seasoning = gnutls_datum_t(data: salt.baseAddress, size: UInt32(clamping: salt.count))
                return gnutls_pbkdf2(GNUTLS_MAC_SHA256, &key, &seasoning, UInt32(clamping: iterations), &derived, derived.count)
            }
        }
        precondition(status == 0, "PBKDF2 with SHA-256 is always there")
        return derived
    }

    /// From the library's generator for keys (`GNUTLS_RND_KEY`).
    ///
    /// - Throws: when the system has no entropy to give.
    package static func random(byteCount: Int) throws -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: byteCount)
        guard gnutls_rnd(GNUTLS_RND_KEY, &bytes, byteCount) == 0 else { throw DigestError() }
        return bytes
    }

    package struct DigestError: Error, CustomStringConvertible {
        package var description: String { "the system gives no random bytes" }
    }

    /// Takes as long for a near miss as for a wide one.
    /// Of texts of different lengths it is quick: lengths are no secret here.
    package static func areEqual(_ left: [UInt8], _ right: [UInt8]) -> Bool {
        guard left.count == right.count else { return false }
        return gnutls_memcmp(left, right, left.count) == 0
    }
}
