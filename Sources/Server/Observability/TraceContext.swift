/// The caller's place in a trace, from a `traceparent` header (W3C Trace Context, level 1).
///
///     traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01
///                  version-trace id-parent id-flags
package struct TraceContext: Sendable, Equatable {
    /// 32 hexadecimal digits.
    package let traceID: String
    /// Two hexadecimal digits; 01: the caller records this trace.
    package let flags: String

    /// Nil for what breaks the form. Parts beyond the fourth are passed over, as later versions may have them; version ff is none, nor is a trace of zeroes.
    package init?(_ header: String) {
        let parts = header.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count >= 4, Self.isHex(parts[0], 2), parts[0] != "ff", Self.isHex(parts[1], 32), Self.isHex(parts[2], 16),
            Self.isHex(parts[3], 2), parts[1].contains(where: { $0 != "0" })
        else { return nil }
        traceID = String(parts[1])
        flags = String(parts[3])
    }

    private static func isHex(_ text: Substring, _ count: Int) -> Bool {
        text.utf8.count == count
            && text.utf8.allSatisfy { (0x30...0x39).contains($0) || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains($0) }
    }
}
