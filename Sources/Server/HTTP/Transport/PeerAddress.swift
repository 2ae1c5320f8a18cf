import Glibc

/// The other end of a connection, without its port.
package struct PeerAddress: Hashable, Sendable, CustomStringConvertible {
    /// Sixteen bytes; an address of IPv4 is mapped into IPv6 (RFC 4291, 2.5.5.2), so that it is the same through either kind of socket.
    private let high: UInt64
    private let low: UInt64

    private static let mapped: UInt64 = 0xFFFF

    init?(_ address: UnsafePointer<sockaddr>?) {
        guard let bytes = address.map({ UnsafeRawPointer($0) }) else { return nil }
        // Safe: the family says which structure lies there. In `sockaddr_in` the address stands behind family and port, in `sockaddr_in6` also behind
        // the flow's label; both in network order.
        switch Int32(bytes.loadUnaligned(as: sa_family_t.self)) {
        case AF_INET: (high, low) = (0, Self.mapped << 32 | UInt64(UInt32(bigEndian: bytes.loadUnaligned(fromByteOffset: 4, as: UInt32.self))))
        case AF_INET6:
            high = UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
            low = UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 16, as: UInt64.self))
        default: return nil
        }
    }

    /// Who is counted as one: an address of IPv4, and a network of 64 bits of IPv6, of which anybody has all addresses.
    package var network: PeerAddress { isMapped ? self : PeerAddress(high: high, low: 0) }

    private init(high: UInt64, low: UInt64) { (self.high, self.low) = (high, low) }

    /// This machine itself.
    package var isLoopback: Bool { isMapped ? low >> 24 & 0xFF == 127 : high == 0 && low == 1 }

    private var isMapped: Bool { high == 0 && low >> 32 == Self.mapped }

    package var description: String {
        if isMapped { return [24, 16, 8, 0].map { String(low >> UInt64($0) & 0xFF) }.joined(separator: ".") }
        var ip = in6_addr()
        withUnsafeMutableBytes(of: &ip) { bytes in
            bytes.storeBytes(of: high.bigEndian, as: UInt64.self)
            bytes.storeBytes(of: low.bigEndian, toByteOffset: 8, as: UInt64.self)
        }
        var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        guard inet_ntop(AF_INET6, &ip, &text, socklen_t(text.count)) != nil else { return "?" }
        return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
