import TestSupport

/// Changes inputs at random, blindly: for the seconds that the suite has. For hours there is libFuzzer, which sees what code an input reached.
struct Mutator {
    var random: SplitMix64
    /// Of the door, beside those below.
    var words: [[UInt8]] = []

    /// Numbers at which arithmetic gives way.
    private static let extremes: [Int64] = [
        0, 1, -1, 127, 128, 255, 256, 32_767, 65_535, 1 << 24, Int64(Int32.max), Int64(Int32.min), Int64(UInt32.max), 1 << 32, .max, .min, .max - 1,
        .min + 1, 1 << 62,
    ]
    /// As text, where numbers stand in digits.
    private static let commonWords = [
        "9223372036854775807", "-9223372036854775808", "9223372036854775808", "18446744073709551615", "99999999999999999999999999999999999999",
        "1e308", "1e-400", "-0", "0", "null", "{", "[", "\"", "\\ud800", "\r\n", "\n", ";", ",", "%00", "é", "\u{FEFF}",
    ].map { Array($0.utf8) }
    /// The longest input that grows out of others.
    static let byteCountMax = 1 << 16

    mutating func below(_ count: Int) -> Int { Int(random.next() % UInt64(max(count, 1))) }

    /// A changed copy of one of `inputs`.
    mutating func next(from inputs: [[UInt8]]) -> [UInt8] {
        var bytes = inputs.isEmpty ? [] : inputs[below(inputs.count)]
        for _ in 0...below(5) { change(&bytes, inputs) }
        return bytes.count <= Self.byteCountMax || inputs.contains { $0.count >= bytes.count } ? bytes : Array(bytes[..<Self.byteCountMax])
    }

    private mutating func change(_ bytes: inout [UInt8], _ inputs: [[UInt8]]) {
        let place = below(bytes.count + 1)
        guard place < bytes.count else { return bytes.append(UInt8(truncatingIfNeeded: random.next())) }
        let count = min(bytes.count - place, 1 + below(below(4) == 0 ? 256 : 8))
        if !words.isEmpty, below(2) == 0 { return changeWord(&bytes, place, inputs) }
        switch below(12) {
        case 0: bytes[place] = UInt8(truncatingIfNeeded: random.next())
        case 1: bytes[place] ^= 1 << UInt8(below(8))
        case 2: bytes[place] = [0, 1, 0x7F, 0x80, 0xFF][below(5)]
        case 3: bytes[place] &+= UInt8(truncatingIfNeeded: below(9)) &- 4
        case 4: bytes.removeSubrange(place..<place + count)
        case 5: bytes.insert(contentsOf: bytes[place..<place + count], at: below(bytes.count))
        case 6: bytes.insert(contentsOf: (0..<count).map { _ in UInt8(truncatingIfNeeded: random.next()) }, at: place)
        case 7: writeInteger(&bytes, place)
        case 8: writeVarint(&bytes, place)
        case 9:
            let isOwn = !words.isEmpty && below(3) > 0
            let word = isOwn ? words[below(words.count)] : Self.commonWords[below(Self.commonWords.count)]
            if below(2) == 0 { bytes.insert(contentsOf: word, at: place) } else { bytes.replaceSubrange(place..<place + count, with: word) }
        case 10: splice(&bytes, place, inputs)
        default: bytes.replaceSubrange(place..<place + count, with: repeatElement(bytes[place], count: count))
        }
    }

    /// Whole words at a time, so that what comes of a text is often still a text: one in the place of another, one more, one less, one twice.
    private mutating func changeWord(_ bytes: inout [UInt8], _ place: Int, _ inputs: [[UInt8]]) {
        func isLetter(_ byte: UInt8) -> Bool { byte | 0x20 >= 0x61 && byte | 0x20 <= 0x7A || byte >= 0x30 && byte <= 0x39 || byte == 0x5F || byte >= 0x80 }
        var (start, end) = (place, place + 1)
        if isLetter(bytes[place]) {
            while start > 0, isLetter(bytes[start - 1]) { start -= 1 }
            while end < bytes.count, isLetter(bytes[end]) { end += 1 }
        }
        let word = words[below(words.count)]
        switch below(5) {
        case 0: bytes.removeSubrange(start..<end)
        case 1: bytes.insert(contentsOf: [0x20] + word + [0x20], at: end)
        case 2: bytes.insert(contentsOf: [0x20] + bytes[start..<end], at: end)
        case 3: splice(&bytes, start, inputs)
        default: bytes.replaceSubrange(start..<end, with: word)
        }
    }

    private mutating func writeInteger(_ bytes: inout [UInt8], _ place: Int) {
        let value = UInt64(bitPattern: Self.extremes[below(Self.extremes.count)])
        let width = min([1, 2, 4, 8][below(4)], bytes.count - place)
        let isBigEndian = below(3) == 0
        for index in 0..<width { bytes[place + (isBigEndian ? width - 1 - index : index)] = UInt8(truncatingIfNeeded: value >> UInt64(8 * index)) }
    }

    /// As Thrift and Avro have numbers: zigzag, seven bits a byte.
    private mutating func writeVarint(_ bytes: inout [UInt8], _ place: Int) {
        let value = Self.extremes[below(Self.extremes.count)]
        var rest = below(3) == 0 ? UInt64(bitPattern: value) : UInt64(bitPattern: (value << 1) ^ (value >> 63))
        var varint: [UInt8] = []
        while rest >= 0x80 {
            varint.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        varint.append(UInt8(truncatingIfNeeded: rest))
        // In place of the varint that begins here, if one does.
        var end = place
        while end < bytes.count - 1, bytes[end] >= 0x80, end - place < 10 { end += 1 }
        bytes.replaceSubrange(place...end, with: varint)
    }

    private mutating func splice(_ bytes: inout [UInt8], _ place: Int, _ inputs: [[UInt8]]) {
        let other = inputs[below(inputs.count)]
        guard !other.isEmpty else { return }
        let start = below(other.count)
        let part = other[start..<min(other.count, start + 1 + below(64))]
        bytes.replaceSubrange(place..<min(bytes.count, place + (below(2) == 0 ? part.count : 0)), with: part)
    }
}
