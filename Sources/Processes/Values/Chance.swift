internal import ColumnStore

/// What an event brings along of chance: the core itself has none, so that the same events give the same bytes.
///
/// The stream is SHA-256 of the secret and a counter: nobody who sees a number, an id or a token of it knows the next.
///
/// Block n of the stream is SHA-256 of the secret and n as 8 bytes, the lowest first; its bytes are given from the last to the first.
package struct Chance: Sendable {
    private let secret: [UInt8]
    private var counter: UInt64 = 0
    private var pool: [UInt8] = []

    /// - Parameter secret: 32 bytes of the system's randomness for each event.
    package init(secret: [UInt8]) { self.secret = secret }

    package mutating func byte() -> UInt8 {
        if pool.isEmpty {
            var block = secret
            for shift in 0..<8 { block.append(UInt8(truncatingIfNeeded: counter >> UInt64(8 * shift))) }
            counter &+= 1
            pool = SHA256.hash(block)
        }
        return pool.removeLast()
    }

    package mutating func bytes(_ count: Int) -> [UInt8] { (0..<count).map { _ in byte() } }

    /// Eight bytes, the first one highest.
    package mutating func word() -> UInt64 { bytes(8).reduce(0) { $0 << 8 | UInt64($1) } }

    /// A number below `bound`, each as likely as another; 0 of a bound of 0.
    package mutating func below(_ bound: UInt64) -> UInt64 {
        guard bound > 0 else { return 0 }
        // Words past the last whole multiple of the bound are drawn again.
        let limit = UInt64.max - UInt64.max % bound
        while true {
            let word = word()
            if word < limit { return word % bound }
        }
    }

    /// At least 0, below 1.
    /// Of 53 bits, as many as a double has.
    package mutating func fraction() -> Double { Double(word() >> 11) / Double(1 << 53 as UInt64) }

    /// RFC 9562, version 4.
    package mutating func uuid() -> String {
        var bytes = bytes(16)
        bytes[6] = bytes[6] & 0x0F | 0x40
        bytes[8] = bytes[8] & 0x3F | 0x80
        let text = Hex.text(bytes)
        var parts: [Substring] = []
        var rest = Substring(text)
        for count in [8, 4, 4, 4, 12] {
            parts.append(rest.prefix(count))
            rest = rest.dropFirst(count)
        }
        return parts.joined(separator: "-")
    }
}

package enum Hex {
    private static let digits = Array("0123456789abcdef".utf8)

    package static func text(_ bytes: [UInt8]) -> String {
        var text: [UInt8] = []
        text.reserveCapacity(2 * bytes.count)
        for byte in bytes {
            text.append(digits[Int(byte >> 4)])
            text.append(digits[Int(byte & 15)])
        }
        return String(decoding: text, as: UTF8.self)
    }
}
