internal import Documents

/// The text of an XSD file, in whatever encoding it says of itself: a type's files are text by the time that a server has them.
enum XSDFileText {
    /// So many first bytes have the XML declaration.
    private static let headByteCount = 512

    /// - Parameter name: what faults call it.
    /// - Throws: for bytes that are none of the encoding: with signs in their place another schema would be put.
    static func text(_ bytes: [UInt8], named name: String) throws(CommandError) -> String {
        // Whatever it declares, as `till type check` reads it.
        if let text = String(validating: bytes, as: UTF8.self) { return text }
        if let charset = declared(bytes), let text = String(validating: TextCharset.head(bytes, charset: charset), as: UTF8.self) { return text }
        throw CommandError("\(name): these bytes are neither UTF-8 nor of the encoding that the file declares: convert it, as by iconv")
    }

    /// By the declaration; two bytes for a character show by a mark, or by the zero beside `<`.
    private static func declared(_ bytes: [UInt8]) -> String? {
        if bytes.starts(with: [0xFF, 0xFE]) || bytes.starts(with: [0xFE, 0xFF]) || bytes.prefix(2).contains(0) { return "utf-16" }
        let head = String(decoding: bytes.prefix(headByteCount), as: UTF8.self)
        guard head.hasPrefix("<?xml"), let declaration = head.split(separator: "?>").first, let place = declaration.firstRange(of: "encoding") else { return nil }
        let value = declaration[place.upperBound...].drop { $0.isWhitespace || $0 == "=" }
        guard let quote = value.first, quote == "\"" || quote == "'" else { return nil }
        return String(value.dropFirst().prefix { $0 != quote })
    }
}
