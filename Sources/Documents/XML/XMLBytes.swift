/// What the scanner takes a byte for.
///
/// Classes as bits, so that one load and one test decide about a byte: the scanner's inner loops go on while the bit that stops them is not set.
///
/// Names are those of ASCII only. A byte of 0x80 and above has no class but 0xEF, so a name ends there, and libxml2 looks on.
enum XMLBytes {
    static let nameStart: UInt8 = 1
    static let namePart: UInt8 = 2
    static let blank: UInt8 = 4
    /// A text cannot go on without a look.
    ///
    /// At `<`, `&`, `]` (which may begin `]]>`), a carriage return, a control character, or what may be no character of XML.
    static let stopsText: UInt8 = 8
    /// Nor can the value of an attribute.
    ///
    /// The same without `]`, and both quotes, tabs and line feeds, which an attribute's value has as spaces.
    static let stopsValue: UInt8 = 16

    /// 256 entries, made once.
    nonisolated(unsafe) static let table: UnsafePointer<UInt8> = {
        let table = UnsafeMutablePointer<UInt8>.allocate(capacity: 256)
        for byte in UInt8.min...UInt8.max { table[Int(byte)] = classes(byte) }
        return UnsafePointer(table)
    }()

    private static func classes(_ byte: UInt8) -> UInt8 {
        switch byte {
        case 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "_"): nameStart | namePart
        case 0x30...0x39, UInt8(ascii: "-"), UInt8(ascii: "."): namePart
        case 0x20: blank
        case 0x09, 0x0A: blank | stopsValue
        case 0x0D: blank | stopsText | stopsValue
        case 0..<0x20, UInt8(ascii: "<"), UInt8(ascii: "&"): stopsText | stopsValue
        case UInt8(ascii: "]"): stopsText
        case UInt8(ascii: "\""), UInt8(ascii: "'"): stopsValue
        // In UTF-8 those are EF BF BE and EF BF BF, and no characters of XML (section 2.2); what else begins with EF is passed after a look.
        // It begins U+FFFE and U+FFFF.
        case 0xEF: stopsText | stopsValue
        default: 0
        }
    }

    /// Whether it is a URN, or a URL of the web, of the simplest kind: absolute and right whoever reads it, and none of XML's own.
    ///
    /// Of relative URIs and XML's own namespaces libxml2 has views of its own: such are left to it.
    static func isPlainURI(_ uri: UnsafeBufferPointer<UInt8>) -> Bool {
        func begins(_ literal: StaticString) -> Bool {
            uri.count >= literal.utf8CodeUnitCount && uri.prefix(literal.utf8CodeUnitCount).elementsEqual(UnsafeBufferPointer(start: literal.utf8Start, count: literal.utf8CodeUnitCount))
        }
        func isPart(_ byte: UInt8) -> Bool { table[Int(byte)] & namePart != 0 }
        if begins("urn:") { return uri.count > 4 && uri.dropFirst(4).allSatisfy { isPart($0) || $0 == UInt8(ascii: ":") } }
        guard begins("http://") || begins("https://") else { return false }
        let rest = uri.dropFirst(begins("http://") ? 7 : 8)
        let host = rest.prefix { $0 != UInt8(ascii: "/") }
        guard !host.isEmpty, host.allSatisfy({ isPart($0) && $0 != UInt8(ascii: "_") }) else { return false }
        // One fragment at most.
        var fragmentCount = 0
        for byte in rest.dropFirst(host.count) {
            if byte == UInt8(ascii: "#") { fragmentCount += 1 }
            guard isPart(byte) || byte == UInt8(ascii: "/") || byte == UInt8(ascii: "#"), fragmentCount < 2 else { return false }
        }
        return !begins("http://www.w3.org/XML/") && !begins("http://www.w3.org/2000/xmlns")
    }
}
