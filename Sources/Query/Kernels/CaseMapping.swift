/// Unicode's simple case mapping: one scalar to one scalar, whatever the language.
enum CaseMapping {
    static func appendLower(_ text: some Sequence<UInt8>, to result: inout [UInt8]) { append(text, to: &result, isUpper: false) }
    static func appendUpper(_ text: some Sequence<UInt8>, to result: inout [UInt8]) { append(text, to: &result, isUpper: true) }

    private static func append(_ text: some Sequence<UInt8>, to result: inout [UInt8], isUpper: Bool) {
        var iterator = text.makeIterator()
        while let byte = iterator.next() {
            if byte < 0x80 {
                if isUpper {
                    result.append(byte >= 0x61 && byte <= 0x7A ? byte - 32 : byte)
                } else {
                    result.append(byte >= 0x41 && byte <= 0x5A ? byte + 32 : byte)
                }
                continue
            }
            let following = byte >= 0xF0 ? 3 : byte >= 0xE0 ? 2 : byte >= 0xC0 ? 1 : 0
            var value = UInt32(following == 3 ? byte & 0x07 : following == 2 ? byte & 0x0F : byte & 0x1F)
            for _ in 0..<following {
                guard let next = iterator.next() else { break }
                value = value << 6 | UInt32(next & 0x3F)
            }
            guard let scalar = Unicode.Scalar(value) else { continue }
            appendScalar(isUpper ? upper(scalar) : lower(scalar), to: &result)
        }
    }

    private static func appendScalar(_ scalar: Unicode.Scalar, to result: inout [UInt8]) {
        for byte in UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter { result.append(byte) }
    }

    static func lower(_ scalar: Unicode.Scalar) -> Unicode.Scalar {
        // Cyrillic and Greek are most of what is not ASCII here: a step of fixed width, without a table.
        switch scalar.value {
        case 0x0410...0x042F: return shifted(scalar, by: 32)
        case 0x0400...0x040F: return shifted(scalar, by: 80)
        case 0x0430...0x045F: return scalar
        // Its full mapping is two scalars; the simple one is i.
        case 0x0130: return "i"
        default: return single(scalar.properties.lowercaseMapping) ?? scalar
        }
    }

    static func upper(_ scalar: Unicode.Scalar) -> Unicode.Scalar {
        switch scalar.value {
        case 0x0430...0x044F: return shifted(scalar, by: -32)
        case 0x0450...0x045F: return shifted(scalar, by: -80)
        case 0x0400...0x042F: return scalar
        default:
            // Where the full mapping has several scalars, the titlecase form of one scalar is the simple one.
            return single(scalar.properties.uppercaseMapping) ?? single(scalar.properties.titlecaseMapping) ?? scalar
        }
    }

    private static func shifted(_ scalar: Unicode.Scalar, by step: Int32) -> Unicode.Scalar {
        Unicode.Scalar(UInt32(bitPattern: Int32(bitPattern: scalar.value) &+ step)) ?? scalar
    }

    private static func single(_ text: String) -> Unicode.Scalar? {
        let scalars = text.unicodeScalars
        return scalars.count == 1 ? scalars.first : nil
    }
}
