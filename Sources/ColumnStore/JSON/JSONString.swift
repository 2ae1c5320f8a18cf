/// Strings as JSON has them (RFC 8259, section 7).
package enum JSONString {
    private static let hexDigits = Array("0123456789abcdef".utf8)

    /// A string with what JSON asks to be escaped; runs of plain bytes are copied whole. Bytes that are not UTF-8 become U+FFFD.
    package static func append(_ bytes: some Collection<UInt8>, to text: inout [UInt8]) {
        text.append(UInt8(ascii: "\""))
        let isContiguous: Void? = bytes.withContiguousStorageIfAvailable { appendEscaped($0, to: &text) }
        if isContiguous == nil { Array(bytes).withUnsafeBufferPointer { appendEscaped($0, to: &text) } }
        text.append(UInt8(ascii: "\""))
    }

    private static func appendEscaped(_ bytes: UnsafeBufferPointer<UInt8>, to text: inout [UInt8]) {
        var plainStart = 0
        for index in bytes.indices {
            let byte = bytes[index]
            if byte >= 0x20, byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\") { continue }
            text.append(contentsOf: UnsafeBufferPointer(rebasing: bytes[plainStart..<index]))
            plainStart = index + 1
            text.append(UInt8(ascii: "\\"))
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"): text.append(byte)
            case 0x08: text.append(UInt8(ascii: "b"))
            case 0x09: text.append(UInt8(ascii: "t"))
            case 0x0A: text.append(UInt8(ascii: "n"))
            case 0x0C: text.append(UInt8(ascii: "f"))
            case 0x0D: text.append(UInt8(ascii: "r"))
            default:
                text.append(contentsOf: "u00".utf8)
                text.append(hexDigits[Int(byte >> 4)])
                text.append(hexDigits[Int(byte & 15)])
            }
        }
        text.append(contentsOf: UnsafeBufferPointer(rebasing: bytes[plainStart...]))
    }
}
