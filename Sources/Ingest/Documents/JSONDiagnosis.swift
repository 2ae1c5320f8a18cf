/// Finds the place and name of a fault that the token indexer only says is somewhere in the text.
enum JSONDiagnosis {
    static func fault(in bytes: UnsafePointer<UInt8>, from start: Int, to end: Int, isOutOfMemory: Bool) -> DocumentError {
        if isOutOfMemory { return DocumentError(.tooLarge, "out of memory") }
        if let offset = UTF8Check.firstFault(in: UnsafeBufferPointer(start: bytes + start, count: end - start)) {
            let looksWide = end - start >= 2 && (bytes[start] == 0xFE && bytes[start + 1] == 0xFF || bytes[start] == 0xFF && bytes[start + 1] == 0xFE)
            return DocumentError(
                .badJSON, offset: start + offset, looksWide ? "not UTF-8 but UTF-16, it seems; JSON is UTF-8" : "not UTF-8")
        }
        var isInString = false
        var opening = start
        var index = start
        while index < end {
            let byte = bytes[index]
            if isInString {
                if byte == 0x5C {
                    index += 2
                    continue
                }
                if byte == UInt8(ascii: "\"") {
                    isInString = false
                } else if byte < 0x20 {
                    return DocumentError(.badJSON, offset: index, "a control character in a string must be escaped")
                }
            } else if byte == UInt8(ascii: "\"") {
                isInString = true
                opening = index
            } else if byte == 0x5C {
                return DocumentError(.badJSON, offset: index, "a backslash outside a string")
            }
            index += 1
        }
        if isInString { return DocumentError(.badJSON, offset: opening, "a string is not closed") }
        return DocumentError(.badJSON, offset: start, "no value in the text")
    }
}

/// UTF-8 (RFC 3629): no overlong forms, no surrogates, nothing past U+10FFFF.
package enum UTF8Check {
    /// Offset of the first byte of the first sequence that is not UTF-8, or nil.
    package static func firstFault(in bytes: UnsafeBufferPointer<UInt8>) -> Int? {
        var index = 0
        let count = bytes.count
        while index < count {
            let lead = bytes[index]
            if lead < 0x80 {
                index += 1
                continue
            }
            let length: Int
            var lowest: UInt8 = 0x80
            var highest: UInt8 = 0xBF
            switch lead {
            case 0xC2...0xDF: length = 2
            case 0xE0: (length, lowest) = (3, 0xA0)
            case 0xED: (length, highest) = (3, 0x9F)
            case 0xE1...0xEF: length = 3
            case 0xF0: (length, lowest) = (4, 0x90)
            case 0xF1...0xF3: length = 4
            case 0xF4: (length, highest) = (4, 0x8F)
            default: return index
            }
            guard index + length <= count, bytes[index + 1] >= lowest, bytes[index + 1] <= highest else { return index }
            for place in 2..<max(length, 2) where bytes[index + place] & 0xC0 != 0x80 { return index }
            index += length
        }
        return nil
    }
}
