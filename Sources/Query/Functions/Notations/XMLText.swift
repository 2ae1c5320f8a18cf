/// Texts of XML as PostgreSQL's functions write them.
///
///     declaration = '<?xml' { blank name '=' quoted } '?>'        of version, encoding and standalone
///
/// PostgreSQL 15's src/backend/utils/adt/xml.c.
package enum XMLText {
    /// What a text of XML says of itself at its start. One that is not as it should be says nothing.
    struct Declaration {
        /// Of the declaration itself.
        private(set) var byteCount = 0
        var version: [UInt8]?
        var isStandalone: Bool?

        init(of text: ArraySlice<UInt8>) {
            guard text.starts(with: "<?xml".utf8), let blank = text.dropFirst(5).first, Self.isBlank(blank) else { return }
            var rest = text.dropFirst(5), found: [String: [UInt8]] = [:]
            while true {
                rest = rest.drop(while: Self.isBlank)
                if rest.starts(with: "?>".utf8) { break }
                let name = rest.prefix { (0x61...0x7A).contains($0) }
                rest = rest.dropFirst(name.count).drop(while: Self.isBlank)
                guard !name.isEmpty, rest.popFirst() == UInt8(ascii: "=") else { return }
                rest = rest.drop(while: Self.isBlank)
                guard let quote = rest.popFirst(), quote == UInt8(ascii: "\"") || quote == UInt8(ascii: "'"), let end = rest.firstIndex(of: quote) else { return }
                found[String(decoding: name, as: UTF8.self)] = Array(rest[..<end])
                rest = rest[(end + 1)...]
            }
            version = found["version"]
            isStandalone = found["standalone"].map { $0 == Array("yes".utf8) }
            byteCount = rest.startIndex + 2 - text.startIndex
        }

        /// Empty where it would say what holds by default.
        var written: [UInt8] {
            let isUsual = version.map { $0 == Array("1.0".utf8) } ?? true
            guard !isUsual || isStandalone != nil else { return [] }
            var text = Array("<?xml version=\"".utf8)
            text += version ?? Array("1.0".utf8)
            text.append(UInt8(ascii: "\""))
            if let isStandalone { text += (isStandalone ? " standalone=\"yes\"" : " standalone=\"no\"").utf8 }
            text += "?>".utf8
            return text
        }

        private static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }
    }

    /// A value of type XML as clients get it: its declaration, where that says what does not hold by default, and the rest, without the line's end that an empty one leaves.
    package static func shown(_ text: ArraySlice<UInt8>) -> (declaration: [UInt8], rest: ArraySlice<UInt8>) {
        let declaration = Declaration(of: text), written = declaration.written
        let rest = text.dropFirst(declaration.byteCount)
        return (written, written.isEmpty && rest.first == UInt8(ascii: "\n") ? rest.dropFirst() : rest)
    }

    /// One behind the other, with one declaration for all: what each says of its version, and whether none needs another.
    static func joined(_ texts: [ArraySlice<UInt8>]) -> [UInt8] {
        let declarations = texts.map { Declaration(of: $0) }
        var whole = Declaration(of: [])
        let versions = Set(declarations.map(\.version))
        if versions.count == 1 { whole.version = declarations.first?.version }
        whole.isStandalone = declarations.contains { $0.isStandalone == nil } ? nil : !declarations.contains { $0.isStandalone == false }
        var joined = whole.written
        for (text, declaration) in zip(texts, declarations) { joined += text.dropFirst(declaration.byteCount) }
        return joined
    }

    /// Marks of XML in a text as what stands for them.
    ///
    /// - Parameter inAttribute: between the quotes of one, where lines would be lost as well.
    static func escaped(_ text: ArraySlice<UInt8>, inAttribute: Bool) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(text.count)
        for byte in text {
            switch byte {
            case UInt8(ascii: "&"): result += "&amp;".utf8
            case UInt8(ascii: "<"): result += "&lt;".utf8
            case UInt8(ascii: ">"): result += "&gt;".utf8
            case UInt8(ascii: "\"") where inAttribute: result += "&quot;".utf8
            case UInt8(ascii: "\t") where inAttribute: result += "&#9;".utf8
            case UInt8(ascii: "\n") where inAttribute: result += "&#10;".utf8
            case UInt8(ascii: "\r"): result += (inAttribute ? "&#13;" : "&#x0d;").utf8
            default: result.append(byte)
            }
        }
        return result
    }

    /// A name of SQL as one of XML: a character that XML's names have not is written by its number, `_x0020_`.
    static func name(_ text: ArraySlice<UInt8>) -> [UInt8] {
        let scalars = Array(String(decoding: text, as: UTF8.self).unicodeScalars)
        var name = String.UnicodeScalarView()
        for (index, scalar) in scalars.enumerated() {
            let isFirst = index == 0
            let looksWritten = scalar == "_" && scalars.dropFirst(index + 1).first == "x"
            guard looksWritten || isFirst && scalar == ":" || !isOfNames(scalar, isFirst: isFirst) else {
                name.append(scalar)
                continue
            }
            let digits = String(scalar.value, radix: 16, uppercase: true)
            name.append(contentsOf: ("_x" + String(repeating: "0", count: max(0, 4 - digits.utf8.count)) + digits + "_").unicodeScalars)
        }
        return Array(String(name).utf8)
    }

    private static func isOfNames(_ scalar: Unicode.Scalar, isFirst: Bool) -> Bool {
        if scalar == "_" || scalar == ":" || scalar.properties.isAlphabetic { return true }
        return !isFirst && (scalar == "-" || scalar == "." || scalar.properties.generalCategory == .decimalNumber)
    }
}
