internal import CNettle

/// Hashes by the names that others know them by. MD5 and SHA-1 prove nothing any more: they are here for those who compare with what was made by them.
package enum Digest: String, Sendable, CaseIterable {
    /// MD5 is RFC 1321's, the others are FIPS 180-4's.
    case md5 = "MD5", sha1 = "SHA-1", sha256 = "SHA-256", sha384 = "SHA-384", sha512 = "SHA-512"

    /// Of the hash.
    package var byteCount: Int {
        switch self {
        case .md5: 16
        case .sha1: 20
        case .sha256: 32
        case .sha384: 48
        case .sha512: 64
        }
    }

    /// The hash of `message`, of `byteCount` bytes.
    ///
    /// - Complexity: O(message).
    package func hash(_ message: [UInt8]) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: byteCount) { target, count in
            let digest = target.baseAddress
            message.withUnsafeBufferPointer { message in
                switch self {
                case .md5:
                    var context = md5_ctx()
                    nettle_md5_init(&context)
                    nettle_md5_update(&context, message.count, message.baseAddress)
                    nettle_md5_digest(&context, byteCount, digest)
                case .sha1:
                    var context = sha1_ctx()
                    nettle_sha1_init(&context)
                    nettle_sha1_update(&context, message.count, message.baseAddress)
                    nettle_sha1_digest(&context, byteCount, digest)
                case .sha256:
                    var context = sha256_ctx()
                    nettle_sha256_init(&context)
                    nettle_sha256_update(&context, message.count, message.baseAddress)
                    nettle_sha256_digest(&context, byteCount, digest)
                case .sha384:
                    var context = sha512_ctx()
                    nettle_sha384_init(&context)
                    nettle_sha512_update(&context, message.count, message.baseAddress)
                    nettle_sha384_digest(&context, byteCount, digest)
                case .sha512:
                    var context = sha512_ctx()
                    nettle_sha512_init(&context)
                    nettle_sha512_update(&context, message.count, message.baseAddress)
                    nettle_sha512_digest(&context, byteCount, digest)
                }
            }
            count = byteCount
        }
    }
}

extension Digest {
    /// SHA-224, which nothing here is known by: of SQL alone.
    package static func sha224(_ message: [UInt8]) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: 28) { target, count in
            var context = sha256_ctx()
            nettle_sha224_init(&context)
            message.withUnsafeBufferPointer { nettle_sha256_update(&context, $0.count, $0.baseAddress) }
            nettle_sha224_digest(&context, 28, target.baseAddress)
            count = 28
        }
    }
}
