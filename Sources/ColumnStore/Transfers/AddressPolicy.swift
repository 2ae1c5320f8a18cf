internal import Glibc

/// Which addresses an outgoing call may reach: public ones, and what the operator lists.
///
/// Checked on the address that name resolution gave, at the moment of connecting: a name that resolves to a public address first and to a
/// private one later gets nowhere (DNS rebinding).
package struct AddressPolicy: Sendable {
    /// One entry of `outgoing.allow`.
    /// `port` is nil where every port is meant.
    private enum Rule: Sendable, Hashable {
        case network(bytes: [UInt8], prefixLength: Int, port: UInt16?)
        case host(String, port: UInt16?)
    }

    private let rules: [Rule]

    /// - Parameter allow: IP addresses, CIDR blocks and host names, each with an optional `:port` (IPv6 then in brackets).
    /// - Throws: `AddressPolicyError` naming the entry that is none of those.
    package init(allow: [String] = []) throws(AddressPolicyError) {
        var rules: [Rule] = []
        for entry in allow {
            guard let rule = Self.rule(entry) else { throw AddressPolicyError(entry: entry) }
            rules.append(rule)
        }
        self.rules = rules
    }

    /// Public addresses alone.
    package static let publicOnly = AddressPolicy(rules: [])

    private init(rules: [Rule]) { self.rules = rules }

    /// Whether a connection for `host` may go to `address` (4 or 16 bytes, network order) at `port`.
    package func allows(address: [UInt8], port: UInt16, host: String) -> Bool {
        let plain = Self.unmapped(address)
        guard Self.isInternal(plain) else { return true }
        let host = host.lowercased()
        return rules.contains { rule in
            switch rule {
            case .host(let name, let wanted): return name == host && (wanted ?? port) == port
            case .network(let bytes, let prefixLength, let wanted):
                return (wanted ?? port) == port && bytes.count == plain.count && Self.share(bytes, plain, prefixLength)
            }
        }
    }

    /// An IPv4 address in its IPv6 clothes (mapped, compatible, behind NAT64 or 6to4) is judged as IPv4: that is where its packets arrive.
    private static func unmapped(_ address: [UInt8]) -> [UInt8] {
        guard address.count == 16 else { return address }
        let isMapped = address[0..<10].allSatisfy { $0 == 0 } && address[10] == 0xff && address[11] == 0xff
        // :: and ::1 are of this shape, and no IPv4 addresses.
        let isCompatible = address[0..<12].allSatisfy { $0 == 0 } && address[12...14].contains { $0 != 0 }
        let isNAT64 = address.starts(with: [0x00, 0x64, 0xff, 0x9b]) && address[4..<12].allSatisfy { $0 == 0 }
        if isMapped || isCompatible || isNAT64 { return Array(address[12...]) }
        return address.starts(with: [0x20, 0x02]) ? Array(address[2..<6]) : address
    }

    /// The special blocks of the IANA registries (RFC 6890) that are not the public internet.
    private static let internalNetworks: [(bytes: [UInt8], prefixLength: Int)] = [
        ([0, 0, 0, 0], 8), ([10, 0, 0, 0], 8), ([100, 64, 0, 0], 10), ([127, 0, 0, 0], 8), ([169, 254, 0, 0], 16), ([172, 16, 0, 0], 12),
        ([192, 0, 0, 0], 24), ([192, 168, 0, 0], 16), ([198, 18, 0, 0], 15), ([224, 0, 0, 0], 4), ([240, 0, 0, 0], 4),
        ([UInt8](repeating: 0, count: 16), 127),  // :: and ::1
        // NAT64 within one network (RFC 8215) and Teredo, whose IPv4 address stands behind others.
        ([0x00, 0x64, 0xff, 0x9b, 0x00, 0x01] + [UInt8](repeating: 0, count: 10), 48), ([0x20, 0x01] + [UInt8](repeating: 0, count: 14), 32),
        ([0xfc] + [UInt8](repeating: 0, count: 15), 7), ([0xfe, 0x80] + [UInt8](repeating: 0, count: 14), 10),
        ([0xfe, 0xc0] + [UInt8](repeating: 0, count: 14), 10), ([0xff] + [UInt8](repeating: 0, count: 15), 8),
    ]

    /// What is no address of either kind counts as internal, and is refused.
    private static func isInternal(_ address: [UInt8]) -> Bool {
        guard address.count == 4 || address.count == 16 else { return true }
        return internalNetworks.contains { $0.bytes.count == address.count && share($0.bytes, address, $0.prefixLength) }
    }

    /// Whether the first `prefixLength` bits are the same.
    private static func share(_ left: [UInt8], _ right: [UInt8], _ prefixLength: Int) -> Bool {
        var remaining = prefixLength
        for (one, other) in zip(left, right) {
            if remaining <= 0 { return true }
            // Of the last byte that counts only its upper bits: 10 → 11000000 in the second byte.
            let mask: UInt8 = remaining >= 8 ? 0xff : ~(0xff >> UInt8(remaining))
            if one & mask != other & mask { return false }
            remaining -= 8
        }
        return true
    }

    /// `10.0.0.0/8`, `192.168.1.5:8080`, `fd00::/8`, `[fd00::/8]:443`, `registrar.local:9000`. Nil for what is none of these.
    private static func rule(_ entry: String) -> Rule? {
        var text = entry
        var port: UInt16?
        if text.hasPrefix("["), let end = text.lastIndex(of: "]") {
            let after = text[text.index(after: end)...]
            if !after.isEmpty {
                guard after.hasPrefix(":"), let number: UInt16 = number(after.dropFirst()) else { return nil }
                port = number
            }
            text = String(text[text.index(after: text.startIndex)..<end])
        // One colon is a port's; more of them are an IPv6 address without one.
        } else if text.filter({ $0 == ":" }).count == 1, let colon = text.firstIndex(of: ":") {
            guard let number: UInt16 = number(text[text.index(after: colon)...]) else { return nil }
            port = number
            text = String(text[..<colon])
        }
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        if let first = parts.first, let bytes = parse(String(first)) {
            guard parts.count <= 2 else { return nil }
            guard parts.count == 2 else { return .network(bytes: bytes, prefixLength: bytes.count * 8, port: port) }
            guard let length: Int = number(parts[1]), (0...(bytes.count * 8)).contains(length) else { return nil }
            return .network(bytes: bytes, prefixLength: length, port: port)
        }
        // A name that ends in a number is an address that is written wrong: no name of the internet does.
        let last = text.split(separator: ".").last ?? ""
        let isName = !text.isEmpty && !last.utf8.allSatisfy { (48...57).contains($0) } && text.utf8.count <= 253 && text.utf8.allSatisfy { byte in
            byte == 45 || byte == 46 || byte == 95 || (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte)
        }
        return isName ? .host(text.lowercased(), port: port) : nil
    }

    /// Digits alone: Swift reads a number with a sign as well.
    private static func number<Number: FixedWidthInteger>(_ text: Substring) -> Number? {
        text.utf8.allSatisfy { (48...57).contains($0) } ? Number(text) : nil
    }

    /// The bytes of an IPv4 or IPv6 address in text, or nil.
    package static func parse(_ text: String) -> [UInt8]? {
        var four = in_addr()
        if inet_pton(AF_INET, text, &four) == 1 { return withUnsafeBytes(of: &four) { Array($0) } }
        var six = in6_addr()
        if inet_pton(AF_INET6, text, &six) == 1 { return withUnsafeBytes(of: &six) { Array($0) } }
        return nil
    }
}

/// An entry of `outgoing.allow` that is no address, block or host name.
package struct AddressPolicyError: Error, CustomStringConvertible {
    package let entry: String
    package var description: String { "\"\(entry)\" is no IP address, CIDR block or host name with an optional :port" }
}
