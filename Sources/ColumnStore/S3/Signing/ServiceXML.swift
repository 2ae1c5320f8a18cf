/// What S3 and STS answer in: elements with texts, read whole into a tree. No DOCTYPE, no entities but XML's own five and numbers; attributes and
/// namespaces are passed over, since nothing that is asked for stands in them.
///
///     element = "<" name attributes "/>" | "<" name attributes ">" (text | element | comment | CDATA)* "</" name ">"
package struct ServiceXML: Sendable, Equatable {
    /// Without its prefix.
    package let name: String
    /// Of this element alone, not of those in it.
    package private(set) var text = ""
    package private(set) var children: [ServiceXML] = []

    /// A listing is three deep.
    static let depthMax = 16

    /// The first element of that name in this one.
    package subscript(name: String) -> ServiceXML? { children.first { $0.name == name } }

    /// The text of the first element of that name.
    package func text(of name: String) -> String? { self[name]?.text }

    /// As `text(of:)`, for messages, which go into logs and to clients: words of anybody's.
    ///
    /// - Parameter countMax: of scalars that are left of it. A character may have marks without end.
    func words(of name: String, countMax: Int) -> String? { text(of: name).map { String(String.UnicodeScalarView($0.unicodeScalars.prefix(countMax))) } }

    /// The first element of that name, wherever: errors stand at the root or within `ErrorResponse`.
    package func first(_ wanted: String) -> ServiceXML? {
        if name == wanted { return self }
        for child in children { if let found = child.first(wanted) { return found } }
        return nil
    }

    /// - Returns: the root; nil when the text is no such XML.
    package static func parse(_ bytes: [UInt8]) -> ServiceXML? {
        var reader = Reader(bytes: bytes)
        guard reader.skipMisc(), let root = reader.element(depth: 0), reader.skipMisc(), reader.place == bytes.count else { return nil }
        return root
    }

    /// 1. `place` only grows, and is at most `bytes.count`: reading ends.
    /// 2. Elements go by recursion, `depthMax` deep at most.
    private struct Reader {
        let bytes: [UInt8]
        var place = 0

        var current: UInt8? { place < bytes.count ? bytes[place] : nil }

        mutating func skip(_ text: StaticString) -> Bool {
            let isNext = text.withUTF8Buffer { bytes[place...].starts(with: $0) }
            if isNext { place += text.utf8CodeUnitCount }
            return isNext
        }

        /// Goes behind the next `text`; what was passed over, or nil when there is none.
        mutating func skip(past text: StaticString) -> Range<Int>? {
            let start = place
            while place < bytes.count {
                let end = place
                if skip(text) { return start..<end }
                place += 1
            }
            return nil
        }

        mutating func skipBlanks() {
            while let byte = current, ServiceXML.isBlank(byte) { place += 1 }
        }

        /// Declaration, comments and blanks around the root.
        mutating func skipMisc() -> Bool {
            _ = skip("\u{FEFF}")
            while true {
                skipBlanks()
                if skip("<?") {
                    guard skip(past: "?>") != nil else { return false }
                } else if skip("<!--") {
                    guard skip(past: "-->") != nil else { return false }
                } else {
                    return true
                }
            }
        }

        /// - Returns: the element that begins here; nil when none does, or it is broken.
        mutating func element(depth: Int) -> ServiceXML? {
            guard depth < ServiceXML.depthMax, skip("<"), let name = name() else { return nil }
            var element = ServiceXML(name: String(decoding: name.split(separator: UInt8(ascii: ":")).last ?? name[...], as: UTF8.self))
            guard let isEmpty = skipAttributes() else { return nil }
            if isEmpty { return element }
            var text: [UInt8] = []
            while let byte = current {
                if skip("</") {
                    // Byte by byte, prefix included: an end tag of another name is a broken text.
                    guard self.name() == name else { return nil }
                    skipBlanks()
                    guard skip(">"), let valid = String(validating: text, as: UTF8.self) else { return nil }
                    element.text = valid
                    return element
                } else if skip("<![CDATA[") {
                    guard let range = skip(past: "]]>") else { return nil }
                    text += bytes[range]
                } else if skip("<!--") {
                    guard skip(past: "-->") != nil else { return nil }
                } else if byte == UInt8(ascii: "<") {
                    guard let child = self.element(depth: depth + 1) else { return nil }
                    element.children.append(child)
                } else if skip("&") {
                    guard let range = skip(past: ";"), let character = ServiceXML.character(bytes[range]) else { return nil }
                    text += Array(String(character).utf8)
                } else {
                    text.append(byte)
                    place += 1
                }
            }
            return nil
        }

        /// A tag's name as it stands there.
        private mutating func name() -> [UInt8]? {
            let start = place
            while let byte = current, !ServiceXML.isBlank(byte), byte != UInt8(ascii: ">"), byte != UInt8(ascii: "/"), byte != UInt8(ascii: "<") { place += 1 }
            return place > start && bytes[start] != UInt8(ascii: "!") ? Array(bytes[start..<place]) : nil
        }

        /// - Returns: whether the tag closes itself; nil when it has no end.
        private mutating func skipAttributes() -> Bool? {
            while let byte = current {
                if skip("/>") { return true }
                place += 1
                if byte == UInt8(ascii: ">") { return false }
                if byte == UInt8(ascii: "<") { return nil }
                guard byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'") else { continue }
                while let inner = current, inner != byte { place += 1 }
                guard current != nil else { return nil }
                place += 1
            }
            return nil
        }
    }

    static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 }

    /// What `&name;` stands for.
    ///
    /// - Returns: nil for entities that a DOCTYPE would define, and for numbers of no character.
    private static func character(_ name: ArraySlice<UInt8>) -> Character? {
        let text = String(decoding: name, as: UTF8.self)
        switch text {
        case "lt": return "<"
        case "gt": return ">"
        case "amp": return "&"
        case "quot": return "\""
        case "apos": return "'"
        default:
            guard text.hasPrefix("#") else { return nil }
            let digits = text.dropFirst()
            // Digits have no sign, which a number would be read with.
            guard !digits.contains("+"), !digits.contains("-") else { return nil }
            let number = digits.hasPrefix("x") ? UInt32(digits.dropFirst(), radix: 16) : UInt32(digits, radix: 10)
            return number.flatMap(Unicode.Scalar.init).map(Character.init)
        }
    }
}
