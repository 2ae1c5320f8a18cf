internal import Glibc

/// What stands around the root: the declaration, comments and style sheets.
extension XMLScan {
    /// `<?xml version="1.0" encoding="…" standalone="…"?>`, if it is there. The encoding was looked at before.
    mutating func skipDeclaration() -> Bool {
        guard isAt("<?xml") else { return true }
        position += 5
        // `<?xml-stylesheet`: a style sheet without a declaration before it.
        if byte() == UInt8(ascii: "-") {
            position = 0
            return true
        }
        guard skipBlanks(), let version = pseudoAttribute("version"), isText(version, "1.0") else { return false }
        var hasBlanks = skipBlanks()
        // In the order that the grammar has: encoding, then standalone.
        if hasBlanks, byte() == UInt8(ascii: "e") {
            guard let encoding = pseudoAttribute("encoding"), isKnownEncoding(encoding) else { return false }
            hasBlanks = skipBlanks()
        }
        if hasBlanks, byte() == UInt8(ascii: "s") {
            guard let standalone = pseudoAttribute("standalone"), isText(standalone, "yes") || isText(standalone, "no") else { return false }
            _ = skipBlanks()
        }
        guard isAt("?>") else { return false }
        position += 2
        return true
    }

    /// - Returns: where its value lies; nil where something else stands here.
    private mutating func pseudoAttribute(_ name: StaticString) -> Range<Int>? {
        guard isAt(name) else { return nil }
        position += name.utf8CodeUnitCount
        guard byte() == UInt8(ascii: "=") else { return nil }
        let quote = byte(1)
        guard quote == UInt8(ascii: "\"") || quote == UInt8(ascii: "'") else { return nil }
        position += 2
        let start = position
        while byte() != quote {
            guard classes[Int(byte())] & XMLBytes.namePart != 0 else { return nil }
            position += 1
        }
        position += 1
        return start..<position - 1
    }

    /// One byte for a character, or UTF-8: of other encodings libxml2 has a view of its own.
    ///
    /// The text is UTF-8 by now; what it declares must only be something that libxml2 passes over alike when the caller says that the text is UTF-8.
    private func isKnownEncoding(_ range: Range<Int>) -> Bool {
        func begins(_ literal: StaticString, digits: ClosedRange<Int>) -> Bool {
            let count = literal.utf8CodeUnitCount
            guard digits.contains(range.count &- count) else { return false }
            let text = UnsafeRawPointer(bytes + range.lowerBound).assumingMemoryBound(to: CChar.self)
            guard strncasecmp(text, UnsafeRawPointer(literal.utf8Start).assumingMemoryBound(to: CChar.self), count) == 0 else { return false }
            return range.dropFirst(count).allSatisfy { bytes[$0] &- 0x30 < 10 }
        }
        return begins("utf-8", digits: 0...0) || begins("windows-125", digits: 1...1) || begins("iso-8859-", digits: 1...2) || begins("us-ascii", digits: 0...0)
    }

    /// Blanks, comments and, before the root, style sheets: up to the root's `<`, or the end.
    ///
    /// - Returns: false where anything else stands there.
    mutating func skipMiscellany(isBeforeRoot: Bool) -> Bool {
        while true {
            _ = skipBlanks()
            guard position < byteCount else { return !isBeforeRoot }
            guard byte() == UInt8(ascii: "<") else { return false }
            if isAt("<!--") {
                guard skipComment() else { return false }
            } else if isBeforeRoot, isAt("<?xml-stylesheet ") {
                guard skipStyleSheet() else { return false }
            } else {
                return isBeforeRoot
            }
        }
    }

    /// Up to `?>`; its pseudo-attributes are nobody's.
    private mutating func skipStyleSheet() -> Bool {
        while !isAt("?>") {
            guard position < byteCount, isCharacter() else { return false }
            position += 1
        }
        position += 2
        return true
    }
}
