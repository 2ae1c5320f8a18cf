/// A record's place in the chain: 128 bits over everything before it.
///
/// It tells histories apart that came about by accident; what a payload is, its own checksum proves.
package struct Digest: Hashable, Sendable {
    package var high: UInt64
    package var low: UInt64

    package static let zero = Digest(high: 0, low: 0)

    package init(high: UInt64, low: UInt64) {
        (self.high, self.low) = (high, low)
    }

    /// 32 digits.
    package var text: String {
        [high, low].map { word in
            let digits = String(word, radix: 16)
            return String(repeating: "0", count: 16 - digits.count) + digits
        }.joined()
    }

    /// The digest with eight more bytes taken in.
    package mutating func take(_ word: UInt64) {
        // Two lanes with constants of their own (those of wyhash), each folded from a product of 128 bits.
        high = Self.fold(high ^ 0xa076_1d64_78bd_642f, word ^ 0xe703_7ed1_a0b4_28db)
        low = Self.fold(low ^ 0x8ebc_6af0_9c88_c6e3, word ^ 0x5899_65cc_7537_4cc3) ^ (high >> 29)
    }

    /// The digest with bytes and their count taken in.
    package mutating func take(_ bytes: [UInt8]) {
        take(UInt64(bytes.count))
        var word: UInt64 = 0
        var filled = 0
        for byte in bytes {
            word = word << 8 | UInt64(byte)
            filled &+= 1
            if filled == 8 {
                take(word)
                (word, filled) = (0, 0)
            }
        }
        if filled > 0 { take(word) }
    }

    private static func fold(_ left: UInt64, _ right: UInt64) -> UInt64 {
        let product = left.multipliedFullWidth(by: right)
        return product.high ^ product.low
    }
}
