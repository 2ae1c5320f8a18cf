/// Base 64 with the URL alphabet and no padding (RFC 4648 section 5, RFC 7515 section 2), strictly: what is not exactly one encoding of some
/// bytes is none.
enum Base64URL {
    /// - Returns: nil for padding, a character of the other alphabet, a length of 4n + 1, and bits at the end that are not zero.
    static func decode(_ text: some StringProtocol) -> [UInt8]? {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.utf8.count * 3 / 4)
        var buffer: UInt32 = 0
        var bitCount = 0
        for character in text.utf8 {
            guard let value = value(character) else { return nil }
            // At most six bits are left from before: twelve are held.
            buffer = buffer << 6 | value
            bitCount += 6
            if bitCount >= 8 {
                bitCount -= 8
                bytes.append(UInt8(truncatingIfNeeded: buffer >> bitCount))
                buffer &= (1 << bitCount) - 1
            }
        }
        // Six bits over are half a byte; bits that say nothing must be zero.
        return bitCount < 6 && buffer == 0 ? bytes : nil
    }

    private static func value(_ character: UInt8) -> UInt32? {
        switch character {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): UInt32(character - UInt8(ascii: "A"))
        case UInt8(ascii: "a")...UInt8(ascii: "z"): UInt32(character - UInt8(ascii: "a")) + 26
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(character - UInt8(ascii: "0")) + 52
        case UInt8(ascii: "-"): 62
        case UInt8(ascii: "_"): 63
        default: nil
        }
    }
}
