import ColumnStore

/// Unicode's simple case mapping: one scalar to one scalar, whatever the language.
///
/// The simple mappings of UnicodeData.txt. Texts of ASCII, and those of two bytes a character, take a table; LIKE without regard to case folds whole
/// columns by it.
enum CaseMapping {
    /// - Parameter text: whole characters, in UTF-8.
    static func appendLower(_ text: some Sequence<UInt8>, to result: inout [UInt8]) { append(text, to: &result, isUpper: false) }
    static func appendUpper(_ text: some Sequence<UInt8>, to result: inout [UInt8]) { append(text, to: &result, isUpper: true) }

    /// The texts in lower case, end to end with their offsets: the same as `appendLower` for each, at the speed of a table.
    static func lowered(_ texts: ByteArrays) -> ByteArrays {
        var offsets = [Int32](repeating: 0, count: texts.count + 1)
        let first = Int(texts.offsets.first ?? 0)
        // Two bytes become three at most; the others never grow.
        let capacity = (texts.bytes.count - first) / 2 * 3 + 3
        let bytes = [UInt8](unsafeUninitializedCapacity: capacity) { target, count in
            texts.bytes.withUnsafeBufferPointer { source in
                lowerOfTwo.withUnsafeBufferPointer { table in
                    for row in 0..<texts.count {
                        count = lower(UnsafeBufferPointer(rebasing: source[texts.range(at: row)]), into: target, from: count, table)
                        offsets[row + 1] = Int32(truncatingIfNeeded: count)
                    }
                }
            }
        }
        return ByteArrays(offsets: offsets, bytes: bytes)
    }

    /// For each scalar from U+0080 to U+07FF, two bytes of UTF-8, the two bytes of its lower case; 0 where that has another length.
    private static let lowerOfTwo: [UInt16] = (UInt32(0x80)..<0x800).map { value in
        guard let scalar = Unicode.Scalar(value), let encoded = UTF8.encode(lower(scalar)), encoded.count == 2 else { return 0 }
        return encoded.reduce(0) { $0 << 8 | UInt16($1) }
    }

    /// - Parameter start: the bytes that `target` holds already; it has room for three for each two of `text`.
    /// - Returns: how many it holds then.
    private static func lower(
        _ text: UnsafeBufferPointer<UInt8>, into target: UnsafeMutableBufferPointer<UInt8>, from start: Int, _ table: UnsafeBufferPointer<UInt16>
    ) -> Int {
        var (place, written) = (0, start)
        while place < text.count {
            let byte = text[place]
            // ASCII by a comparison, two bytes by the table, all else scalar by scalar.
            if byte < 0x80 {
                // Wraps for what lies below A, so that one comparison is enough.
                target[written] = byte &- 0x41 < 26 ? byte | 0x20 : byte
                (place, written) = (place + 1, written + 1)
                continue
            }
            if byte & 0xE0 == 0xC0, place + 1 < text.count {
                // 110xxxxx 10yyyyyy are the eleven bits of U+0080 to U+07FF.
                let index = (Int(byte & 0x1F) << 6 | Int(text[place + 1] & 0x3F)) - 0x80
                if index >= 0, table[index] != 0 {
                    target[written] = UInt8(truncatingIfNeeded: table[index] >> 8)
                    target[written + 1] = UInt8(truncatingIfNeeded: table[index])
                    (place, written) = (place + 2, written + 2)
                    continue
                }
            }
            // As many bytes as the first one says.
            let end = min(place + (byte >= 0xF0 ? 4 : byte >= 0xE0 ? 3 : byte >= 0xC0 ? 2 : 1), text.count)
            var folded: [UInt8] = []
            appendLower(text[place..<end], to: &folded)
            for byte in folded {
                target[written] = byte
                written += 1
            }
            place = end
        }
        return written
    }

    /// Scalar by scalar; bytes that are no scalar are left out.
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

    /// By scalar, all others of which it is the lower case. There are letters with cases in the first two planes only.
    static let origins: [Unicode.Scalar: [Unicode.Scalar]] = {
        var origins: [Unicode.Scalar: [Unicode.Scalar]] = [:]
        for scalar in (UInt32(0)..<0x2_0000).lazy.compactMap(Unicode.Scalar.init) where scalar.properties.changesWhenLowercased {
            let lower = lower(scalar)
            if lower != scalar { origins[lower, default: []].append(scalar) }
        }
        return origins
    }()

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

    /// The one scalar of a mapping; nil where it has several.
    private static func single(_ text: String) -> Unicode.Scalar? {
        let scalars = text.unicodeScalars
        return scalars.count == 1 ? scalars.first : nil
    }
}
