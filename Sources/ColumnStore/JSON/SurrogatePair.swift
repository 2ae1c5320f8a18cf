/// Halves of a pair in UTF-16: how escapes of JSON, JSONPath, regular expressions and SQL spell what is past U+FFFF (RFC 8259, 7).
public enum SurrogatePair {
    @inlinable
    public static func isHigh(_ unit: UInt32) -> Bool { unit & ~0x3FF == 0xD800 }

    @inlinable
    public static func isLow(_ unit: UInt32) -> Bool { unit & ~0x3FF == 0xDC00 }

    /// - Precondition: the halves are what `isHigh` and `isLow` say.
    @inlinable
    public static func codePoint(_ high: UInt32, _ low: UInt32) -> UInt32 { 0x10000 + (high & 0x3FF) << 10 + (low & 0x3FF) }
}
