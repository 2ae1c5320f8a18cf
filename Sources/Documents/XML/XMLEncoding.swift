internal import ColumnStore
internal import CSimdJSON
internal import Glibc

/// Brings an XML text to UTF-8: by its BOM, else by the encoding that it declares, else it is UTF-8 (XML 1.0, section 4.3.3 and appendix F).
///
/// An encoding is known before anything of the document is: a BOM tells it, or zeros beside the first `<`, or the declaration, which is ASCII in
/// every encoding that is read here, in one byte or two for a character. What they say must agree, and where nothing is said it is UTF-8.
package enum XMLEncoding {
    /// Encodings by their lower-case name: what iconv calls them. Anything else is refused, since iconv knows many that are no encodings
    /// of XML.
    ///
    /// Names as documents declare them: those of IANA and some that have no place there.
    static let known: [String: String] = {
        var names = [
            "utf-8": "UTF-8", "utf8": "UTF-8", "us-ascii": "US-ASCII", "ascii": "US-ASCII", "utf-16": "UTF-16", "utf-16le": "UTF-16LE",
            "utf-16be": "UTF-16BE", "koi8-r": "KOI8-R", "koi8-u": "KOI8-U", "ibm866": "CP866", "cp866": "CP866", "ibm850": "CP850", "cp850": "CP850",
            "ibm852": "CP852", "cp852": "CP852", "ibm855": "CP855", "cp855": "CP855", "ibm437": "CP437", "cp437": "CP437", "windows-874": "CP874",
            "gb2312": "GB2312", "gbk": "GBK", "gb18030": "GB18030", "big5": "BIG5", "shift_jis": "SHIFT_JIS", "windows-31j": "CP932",
            "euc-jp": "EUC-JP", "euc-kr": "EUC-KR", "iso-2022-jp": "ISO-2022-JP", "tis-620": "TIS-620", "macintosh": "MACINTOSH",
            "latin1": "ISO-8859-1", "ucs-2": "UCS-2", "iso-10646-ucs-2": "UCS-2",
        ]
        // There is no part 12.
        for part in 1...16 where part != 12 {
            for name in ["iso-8859-\(part)", "iso_8859-\(part)", "iso8859-\(part)"] { names[name] = "ISO-8859-\(part)" }
        }
        for page in 1250...1258 {
            for name in ["windows-\(page)", "cp\(page)", "cp-\(page)", "win-\(page)"] { names[name] = "CP\(page)" }
        }
        return names
    }()

    /// The text in UTF-8 without its BOM, and how many bytes of BOM there were; nil for the text where it needs no change.
    ///
    /// - Throws: `.badEncoding` for an encoding that is unknown or contradicts the first bytes, and where a byte is none of the encoding, with its
    ///   place.
    /// - Complexity: O(bytes). Converted, a text takes up to three times its size.
    package static func utf8(_ bytes: UnsafeRawBufferPointer) throws(DocumentError) -> (converted: [UInt8]?, bomByteCount: Int) {
        let (encoding, start) = try encoding(of: bytes)
        let body = UnsafeRawBufferPointer(rebasing: bytes[start...])
        guard let encoding else {
            try checkUTF8(body, offset: start)
            return (nil, start)
        }
        return (try converted(body, from: encoding, offset: start), start)
    }

    /// So many first bytes of a text tell its encoding.
    ///
    /// A declaration is looked for in 256 characters, of two bytes at most.
    static let headByteCount = 512

    /// What a text is in, by its first bytes, as iconv calls it, and how many bytes of BOM there are; nil for UTF-8.
    ///
    /// - Throws: as `utf8`, but for bytes that are none of the encoding: those are not looked at.
    static func encoding(of bytes: UnsafeRawBufferPointer) throws(DocumentError) -> (encoding: String?, bomByteCount: Int) {
        if declaresUTF8(bytes) { return (nil, 0) }
        let mark = bom(bytes)
        if let mark, mark.encoding == "UTF-32" { throw DocumentError(.badEncoding, offset: 0, "UTF-32 is not read; send UTF-8") }
        // Without a BOM, UTF-16 shows by the zero beside the first `<`.
        // An encoding of two bytes is known by now, or it is none.
        var encoding = mark?.encoding ?? guessed(bytes)
        let head = asciiHead(bytes, isWide: encoding?.hasPrefix("UTF-16") ?? false, isBigEndian: encoding == "UTF-16BE", from: mark?.byteCount ?? 0)
        if let declared = declaredEncoding(head) {
            guard let name = known[declared.lowercased()] else {
                throw DocumentError(.badEncoding, offset: 0, "the encoding \(JSONGrammar.shown(Array(declared.utf8))) is unknown")
            }
            if let present = encoding {
                // `UTF-16` in a declaration leaves the order of bytes to the first of them.
                let agrees = name == present || present.hasPrefix("UTF-16") && (name == "UTF-16" || name == "UCS-2")
                guard agrees else {
                    throw DocumentError(.badEncoding, offset: 0, "it declares \(declared), but its first bytes are \(present)")
                }
            } else {
                // The declaration itself could not have been read.
                guard !name.hasPrefix("UTF-16"), name != "UCS-2" else {
                    throw DocumentError(.badEncoding, offset: 0, "it declares \(declared), but its first bytes are not")
                }
                encoding = name
            }
        }
        return (encoding == "UTF-8" ? nil : encoding, mark?.byteCount ?? 0)
    }

    /// Whether a text begins as nearly all do that programs write: `<?xml version="1.0" encoding="utf-8"`, in either quotes and any case.
    ///
    /// What else begins otherwise takes a closer look.
    private static func declaresUTF8(_ bytes: UnsafeRawBufferPointer) -> Bool {
        func begins(_ literal: StaticString) -> Bool {
            let count = literal.utf8CodeUnitCount
            guard let base = bytes.baseAddress, bytes.count > count &+ 5, memcmp(base, literal.utf8Start, count) == 0 else { return false }
            // The quote that ends it is the one that began it.
            guard bytes[count &+ 5] == bytes[count &- 1] else { return false }
            return strncasecmp(base.advanced(by: count).assumingMemoryBound(to: CChar.self), "utf-8", 5) == 0
        }
        return begins("<?xml version=\"1.0\" encoding=\"") || begins("<?xml version='1.0' encoding='")
    }

    /// UTF-32's mark begins with UTF-16's: longest first.
    static func bom(_ bytes: UnsafeRawBufferPointer) -> (encoding: String, byteCount: Int)? {
        func begins(_ mark: [UInt8]) -> Bool { bytes.count >= mark.count && bytes.prefix(mark.count).elementsEqual(mark) }
        if begins([0xEF, 0xBB, 0xBF]) { return ("UTF-8", 3) }
        if begins([0xFF, 0xFE, 0, 0]) || begins([0, 0, 0xFE, 0xFF]) { return ("UTF-32", 4) }
        if begins([0xFF, 0xFE]) { return ("UTF-16LE", 2) }
        if begins([0xFE, 0xFF]) { return ("UTF-16BE", 2) }
        return nil
    }

    /// Appendix F: `3C 00 3F 00` or `00 3C 00 3F`, and any `<` with another ASCII character behind it.
    private static func guessed(_ bytes: UnsafeRawBufferPointer) -> String? {
        guard bytes.count >= 4 else { return nil }
        if bytes[0] == 0x3C, bytes[1] == 0, bytes[3] == 0, bytes[2] != 0 { return "UTF-16LE" }
        if bytes[0] == 0, bytes[1] == 0x3C, bytes[2] == 0, bytes[3] != 0 { return "UTF-16BE" }
        return nil
    }

    /// The first characters, as far as an XML declaration may reach, those outside ASCII as question marks.
    ///
    /// - Parameters:
    ///   - isWide: two bytes for a character.
    ///   - start: behind the BOM.
    private static func asciiHead(_ bytes: UnsafeRawBufferPointer, isWide: Bool, isBigEndian: Bool, from start: Int) -> [UInt8] {
        let limit = 256
        guard isWide else { return bytes[start..<min(bytes.count, start + limit)].map { $0 < 0x80 ? $0 : 0x3F } }
        var head: [UInt8] = []
        var index = start
        while index + 1 < bytes.count, head.count < limit {
            let high = bytes[isBigEndian ? index : index + 1]
            let low = bytes[isBigEndian ? index + 1 : index]
            head.append(high == 0 && low < 0x80 ? low : 0x3F)
            index += 2
        }
        return head
    }

    /// The name in `<?xml … encoding="name" … ?>`, or nil.
    ///
    /// Only what is called `encoding`; the grammar of the rest is the parser's affair.
    private static func declaredEncoding(_ head: [UInt8]) -> String? {
        guard head.starts(with: "<?xml".utf8), head.count > 5, ScalarText.isBlank(head[5]) else { return nil }
        let end = head.firstIndex(of: UInt8(ascii: ">")) ?? head.count
        let wanted: StaticString = "encoding"
        let count = wanted.utf8CodeUnitCount
        // Bytes, not a text: most documents have the declaration, and searching a text costs as much as reading them.
        let place = head.withUnsafeBytes { bytes -> Int? in
            guard let base = bytes.baseAddress else { return nil }
            var start = 5
            while start + count <= end {
                if memcmp(base + start, wanted.utf8Start, count) == 0 { return start }
                start += 1
            }
            return nil
        }
        guard let place else { return nil }
        var rest = head[(place + count)..<end].drop(while: ScalarText.isBlank)
        guard rest.popFirst() == UInt8(ascii: "=") else { return nil }
        rest = rest.drop(while: ScalarText.isBlank)
        guard let quote = rest.popFirst(), quote == UInt8(ascii: "\"") || quote == UInt8(ascii: "'") else { return nil }
        return String(decoding: rest.prefix { $0 != quote }, as: UTF8.self)
    }

    /// simdjson's check is many times faster than one that knows the place; the place is looked for only where it fails.
    private static func checkUTF8(_ body: UnsafeRawBufferPointer, offset: Int) throws(DocumentError) {
        let bytes = body.bindMemory(to: UInt8.self)
        guard let base = bytes.baseAddress, !till_json_is_utf8(base, bytes.count) else { return }
        throw DocumentError(.badEncoding, offset: offset + (UTF8Check.firstFault(in: bytes) ?? 0), "not UTF-8")
    }

    /// All at once: the text is in memory, and its size bounds what comes out.
    static func converted(
        _ body: UnsafeRawBufferPointer, from encoding: String, offset: Int
    ) throws(DocumentError) -> [UInt8] {
        let converter = iconv_open("UTF-8", encoding)
        guard let converter, Int(bitPattern: converter) != -1 else {
            throw DocumentError(.badEncoding, offset: 0, "this system cannot read \(encoding)")
        }
        defer { iconv_close(converter) }
        // No character of these encodings takes more than three bytes of UTF-8 for one of its own.
        var fault: Int?
        let converted = [UInt8](unsafeUninitializedCapacity: body.count * 3 + 16) { buffer, count in
            var source = UnsafeMutablePointer(mutating: body.baseAddress?.assumingMemoryBound(to: CChar.self))
            var sourceLeft = body.count
            var target = UnsafeMutableRawPointer(buffer.baseAddress)?.assumingMemoryBound(to: CChar.self)
            var targetLeft = buffer.count
            // What is left over is half a character at the end.
            if iconv(converter, &source, &sourceLeft, &target, &targetLeft) == -1 || sourceLeft > 0 { fault = body.count - sourceLeft }
            // Encodings with marks of their own hold the last letter back, for one that may follow.
            if fault == nil, iconv(converter, nil, nil, &target, &targetLeft) == -1 { fault = body.count }
            count = buffer.count - targetLeft
        }
        if let fault { throw DocumentError(.badEncoding, offset: offset + fault, "not \(encoding)") }
        return converted
    }
}
