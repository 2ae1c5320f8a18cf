/// Texts and values of attributes: as they stand there, or decoded beside the text.
extension XMLScan {
    /// Up to the next `<`, inside the root.
    ///
    /// An empty one makes no node. The document may not end here.
    mutating func text() -> Bool {
        let start = position
        var needsDecoding = false
        while true {
            while position < byteCount, classes[Int(bytes[position])] & XMLBytes.stopsText == 0 { position &+= 1 }
            guard position < byteCount else { return false }
            switch bytes[position] {
            case UInt8(ascii: "<"): return position == start || addText(start..<position, needsDecoding)
            case UInt8(ascii: "&"), 0x0D: needsDecoding = true
            // `]]>` is not allowed in text (section 2.4).
            case UInt8(ascii: "]"): if isAt("]]>") { return false }
            case 0xEF: guard isCharacter() else { return false }
            default: return false
            }
            position &+= 1
        }
    }

    /// A CDATA section, at its `<`: references in it are none.
    ///
    /// It is a text node of its own beside those around it; an empty one makes none.
    mutating func characterData() -> Bool {
        position &+= 9
        let start = position
        while !isAt("]]>") {
            // Line ends in there are left to libxml2, as they would need a decoding of their own.
            guard position < byteCount, bytes[position] != 0x0D, isCharacter() else { return false }
            position &+= 1
        }
        position &+= 3
        return start == position &- 3 || addText(start..<position &- 3, false)
    }

    /// Points a node at its value: in the text itself, or decoded beside it.
    mutating func setValue(_ range: Range<Int>, _ needsDecoding: Bool, isAttribute: Bool, of node: inout XMLNode) -> Bool {
        guard needsDecoding else {
            node.offset = UInt32(truncatingIfNeeded: range.lowerBound)
            node.byteCount = UInt32(truncatingIfNeeded: range.count)
            return true
        }
        let start = decodedCount
        guard decode(range, isAttribute: isAttribute) else { return false }
        node.offset = UInt32(truncatingIfNeeded: start)
        node.byteCount = UInt32(truncatingIfNeeded: decodedCount &- start)
        node.isDecoded = true
        return true
    }

    /// Copies a value with its references resolved and its line ends as XML reads them (sections 2.11 and 3.3.3).
    ///
    /// Never longer than it was: the shortest reference has four bytes and makes one, `&#x10FFFF;` has ten and makes four.
    private mutating func decode(_ range: Range<Int>, isAttribute: Bool) -> Bool {
        var index = range.lowerBound
        while index < range.upperBound {
            let byte = bytes[index]
            index &+= 1
            switch byte {
            case UInt8(ascii: "&"):
                guard let next = reference(index, range.upperBound) else { return false }
                index = next
            // CR LF is one line end; in an attribute's value line ends, tabs and line feeds are spaces.
            case 0x0D:
                // One alone is rare enough for libxml2.
                guard index < range.upperBound, bytes[index] == 0x0A else { return false }
                index &+= 1
                append(isAttribute ? 0x20 : 0x0A)
            case 0x0A, 0x09: append(isAttribute ? 0x20 : byte)
            default: append(byte)
            }
        }
        return true
    }

    @inline(__always)
    private mutating func append(_ byte: UInt8) {
        decoded[decodedCount] = byte
        decodedCount &+= 1
    }

    /// Resolves what stands behind a `&`; returns where it ends.
    ///
    /// - Parameters:
    ///   - start: behind the `&`.
    ///   - end: of the value.
    /// - Returns: nil for what is no reference, or none of a character that XML has.
    private mutating func reference(_ start: Int, _ end: Int) -> Int? {
        // The longest is `#x0010FFFF;` and the like: what has more zeros is libxml2's.
        var stop = start
        while stop < end, bytes[stop] != UInt8(ascii: ";") {
            stop &+= 1
            guard stop &- start <= 10 else { return nil }
        }
        guard stop < end, stop > start else { return nil }
        let name = start..<stop
        if bytes[start] == UInt8(ascii: "#") {
            guard let scalar = scalar(name.dropFirst()) else { return nil }
            for byte in String(Character(scalar)).utf8 { append(byte) }
        } else if isText(name, "amp") {
            append(UInt8(ascii: "&"))
        } else if isText(name, "lt") {
            append(UInt8(ascii: "<"))
        } else if isText(name, "gt") {
            append(UInt8(ascii: ">"))
        } else if isText(name, "quot") {
            append(UInt8(ascii: "\""))
        } else if isText(name, "apos") {
            append(UInt8(ascii: "'"))
        } else {
            return nil
        }
        return stop &+ 1
    }

    /// `65` or `x41`, if that is a character of XML.
    private func scalar(_ digits: Range<Int>) -> Unicode.Scalar? {
        guard let first = digits.first else { return nil }
        let isHexadecimal = bytes[first] == UInt8(ascii: "x")
        let digits = isHexadecimal ? digits.dropFirst() : digits
        guard !digits.isEmpty else { return nil }
        var value: UInt32 = 0
        for index in digits {
            let byte = bytes[index]
            let digit: UInt8
            switch byte {
            case 0x30...0x39: digit = byte &- 0x30
            case 0x41...0x46 where isHexadecimal: digit = byte &- 0x37
            case 0x61...0x66 where isHexadecimal: digit = byte &- 0x57
            default: return nil
            }
            // At most 0x10FFFF before it, so that nothing overflows.
            value = value &* (isHexadecimal ? 16 : 10) &+ UInt32(digit)
            guard value <= 0x10FFFF else { return nil }
        }
        // Section 2.2.
        switch value {
        case 0x09, 0x0A, 0x0D, 0x20...0xD7FF, 0xE000...0xFFFD, 0x10000...0x10FFFF: return Unicode.Scalar(value)
        default: return nil
        }
    }
}
