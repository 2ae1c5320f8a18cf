internal import CNettle

/// The SHA-256 (FIPS 180-4) of bytes that arrive in pieces.
///
/// By nettle, which uses the processor's own instructions for it where there are any: 1.7 GB/s instead of the 0.47 of plain code.
public struct SHA256: Sendable {
    public static let byteCount = 32
    private var context = sha256_ctx()

    public init() { nettle_sha256_init(&context) }

    /// The 32 bytes of the hash of `bytes`.
    public static func hash(_ bytes: [UInt8]) -> [UInt8] {
        hash(bytes.span.bytes)
    }

    /// The 32 bytes of the hash of `bytes`.
    public static func hash(_ bytes: RawSpan) -> [UInt8] {
        var hasher = SHA256()
        hasher.update(bytes)
        return hasher.finalize()
    }

    /// The hash of `bytes` into `target`, which has room for 32: without an allocation.
    public static func hash(_ bytes: UnsafeRawBufferPointer, into target: UnsafeMutableRawPointer) {
        var context = sha256_ctx()
        nettle_sha256_init(&context)
        nettle_sha256_update(&context, bytes.count, bytes.baseAddress?.assumingMemoryBound(to: UInt8.self))
        nettle_sha256_digest(&context, byteCount, target.assumingMemoryBound(to: UInt8.self))
    }

    public mutating func update(_ bytes: RawSpan) {
        bytes.withUnsafeBytes { nettle_sha256_update(&context, $0.count, $0.baseAddress?.assumingMemoryBound(to: UInt8.self)) }
    }

    /// Ends the message and gives its 32 bytes. The value is of no use afterwards.
    public mutating func finalize() -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: Self.byteCount) { target, count in
            nettle_sha256_digest(&context, Self.byteCount, target.baseAddress)
            count = Self.byteCount
        }
    }
}
