internal import CGnuTLS

/// Hashes and random bytes, from GnuTLS.
package enum Digest {
    package static func sha256(_ bytes: some Sequence<UInt8>) -> [UInt8] {
        var hash = [UInt8](repeating: 0, count: 32)
        let code = bytes.withContiguousStorageIfAvailable { bytes in
            gnutls_hash_fast(GNUTLS_DIG_SHA256, bytes.baseAddress, bytes.count, &hash)
        }
        guard let code else { return sha256(Array(bytes)) }
        precondition(code == 0, "SHA-256 is always there")
        return hash
    }

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
    package static func areEqual(_ left: [UInt8], _ right: [UInt8]) -> Bool {
        guard left.count == right.count else { return false }
        return gnutls_memcmp(left, right, left.count) == 0
    }
}
