internal import CNettle

/// A hash of bytes that arrive in pieces, for those who compare with what was made by it: MD5 and SHA-1 prove nothing any more.
///
/// A value: a copy goes on by itself. For one thread at a time.
package struct RunningDigest {
    package enum Algorithm: String, Sendable, CaseIterable { case sha1, sha256, md5 }

    private enum Context {
        case md5(md5_ctx)
        case sha1(sha1_ctx)
        case sha256(SHA256)
    }
    private var context: Context

    package init(_ algorithm: Algorithm) {
        switch algorithm {
        case .md5:
            var made = md5_ctx()
            nettle_md5_init(&made)
            context = .md5(made)
        case .sha1:
            var made = sha1_ctx()
            nettle_sha1_init(&made)
            context = .sha1(made)
        case .sha256: context = .sha256(SHA256())
        }
    }

    package mutating func update(_ bytes: UnsafeRawBufferPointer) {
        let start = bytes.baseAddress?.assumingMemoryBound(to: UInt8.self)
        switch context {
        case .md5(var known):
            nettle_md5_update(&known, bytes.count, start)
            context = .md5(known)
        case .sha1(var known):
            nettle_sha1_update(&known, bytes.count, start)
            context = .sha1(known)
        case .sha256(var known):
            known.update(bytes.bytes)
            context = .sha256(known)
        }
    }

    /// Ends the message. The value is of no use afterwards.
    ///
    /// - Returns: 16 bytes of MD5, 20 of SHA-1, 32 of SHA-256.
    package mutating func finalize() -> [UInt8] {
        switch context {
        case .md5(var known): Self.bytes(16) { nettle_md5_digest(&known, 16, $0) }
        case .sha1(var known): Self.bytes(20) { nettle_sha1_digest(&known, 20, $0) }
        case .sha256(var known): known.finalize()
        }
    }

    private static func bytes(_ byteCount: Int, _ body: (UnsafeMutablePointer<UInt8>?) -> Void) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: byteCount) { target, count in
            body(target.baseAddress)
            count = byteCount
        }
    }
}
