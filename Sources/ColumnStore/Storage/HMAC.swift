/// HMAC with SHA-256 (RFC 2104, FIPS 198-1).
public struct HMACSHA256: Sendable {
    private var inner: SHA256
    private let outerKey: [UInt8]

    public init(key: [UInt8]) {
        var block = key.count > 64 ? SHA256.hash(key) : key
        block.append(contentsOf: repeatElement(0, count: 64 - block.count))
        let innerKey = block.map { $0 ^ 0x36 }
        inner = SHA256()
        inner.update(innerKey.span.bytes)
        outerKey = block.map { $0 ^ 0x5c }
    }

    public mutating func update(_ bytes: [UInt8]) { inner.update(bytes.span.bytes) }

    /// Ends the message and gives its 32 bytes. The value is of no use afterwards.
    public mutating func finalize() -> [UInt8] {
        var outer = SHA256()
        outer.update(outerKey.span.bytes)
        let digest = inner.finalize()
        outer.update(digest.span.bytes)
        return outer.finalize()
    }

    public static func authenticate(_ message: [UInt8], key: [UInt8]) -> [UInt8] {
        var code = HMACSHA256(key: key)
        code.update(message)
        return code.finalize()
    }

    /// Whether two codes are equal, in a time that depends on their length alone.
    public static func areEqual(_ left: [UInt8], _ right: [UInt8]) -> Bool {
        guard left.count == right.count else { return false }
        var difference: UInt8 = 0
        for index in left.indices { difference |= left[index] ^ right[index] }
        return difference == 0
    }
}
