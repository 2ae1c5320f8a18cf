/// What a text is in that cannot say so itself, as CSV: by the charset that its media type names. UTF-8's mark counts for more, since many programs name one charset whatever they send;
/// another mark must agree.
package enum TextCharset {
    /// What programs say of texts that they know nothing of, and names of their own. UTF-8 is held against its own rules.
    private static let aliases = [
        "binary": "UTF-8", "unknown-8bit": "UTF-8", "ansi_x3.4-1968": "UTF-8", "utf-8-sig": "UTF-8", "utf8mb4": "UTF-8", "cp65001": "UTF-8", "latin-1": "ISO-8859-1",
    ]

    /// As iconv calls it, and how many bytes of mark there are; nil for UTF-8.
    ///
    /// - Throws: `.badEncoding` for a charset that is unknown or contradicts the first bytes.
    static func encoding(of bytes: UnsafeRawBufferPointer, charset: String) throws(DocumentError) -> (encoding: String?, bomByteCount: Int) {
        let said = charset.lowercased()
        guard let name = XMLEncoding.known[said] ?? aliases[said] else {
            throw DocumentError(.badEncoding, "the charset \(JSONGrammar.shown(Array(charset.utf8))) is unknown; known are utf-8, utf-16, windows-1252, iso-8859-1 and the like")
        }
        let isWide = name == "UTF-16" || name == "UCS-2"
        if let mark = XMLEncoding.bom(bytes) {
            if mark.encoding == "UTF-8" { return (nil, mark.byteCount) }
            guard mark.encoding == name || isWide && mark.encoding.hasPrefix("UTF-16") else {
                throw DocumentError(.badEncoding, offset: 0, "its charset is \(charset), but its first bytes are \(mark.encoding)")
            }
            return (mark.encoding, mark.byteCount)
        }
        // Which of two bytes comes first shows by the zero of the first character.
        if isWide { return (bytes.first == 0 ? "UTF-16BE" : "UTF-16LE", 0) }
        return (name == "UTF-8" || name == "US-ASCII" ? nil : name, 0)
    }

    /// What is wrong with bytes that are none of UTF-8, to who may have said another charset.
    static func notUTF8(charset: String?) -> String {
        charset == nil ? #"not UTF-8: of CSV in another charset the media type says so, as in "text/csv; charset=windows-1252""# : "not UTF-8"
    }

    /// Whether a text must be brought to UTF-8.
    ///
    /// - Throws: as `encoding`.
    static func isOther(_ bytes: UnsafeRawBufferPointer, charset: String?) throws(DocumentError) -> Bool {
        guard let charset else { return false }
        return try encoding(of: bytes, charset: charset).encoding != nil
    }

    /// The whole text in UTF-8, without its mark; nil where it is that already.
    ///
    /// - Throws: as `encoding`, and where a byte is none of the encoding.
    static func utf8(_ bytes: UnsafeRawBufferPointer, charset: String?) throws(DocumentError) -> [UInt8]? {
        guard let charset else { return nil }
        let found = try encoding(of: bytes, charset: charset)
        guard let name = found.encoding else { return nil }
        return try XMLEncoding.converted(UnsafeRawBufferPointer(rebasing: bytes[found.bomByteCount...]), from: name, offset: found.bomByteCount)
    }

    /// The first bytes of a text in UTF-8, up to where a character is cut; as they are where that cannot be: whoever reads the text says why.
    package static func head(_ first: [UInt8], charset: String?) -> [UInt8] {
        guard let charset else { return first }
        var text: [UInt8] = []
        do {
            try first.withUnsafeBytes { bytes in
                let found = try encoding(of: bytes, charset: charset)
                guard let name = found.encoding else { return text = first }
                try TextTranscoder(from: name).convert(UnsafeRawBufferPointer(rebasing: bytes[found.bomByteCount...])) { text.append(contentsOf: $0) }
            }
        } catch {
            return first
        }
        return text
    }
}
