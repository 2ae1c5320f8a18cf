/// Snappy's raw format: the inflated length as a varint, then elements, each a literal or a copy of bytes that were written before
/// (format_description.txt of github.com/google/snappy).
///
/// Inflating alone, in place of libsnappy's, whose moves are calls of `memmove` where GCC compiled it: columns of whole numbers are elements of four bytes,
/// and took twice as long (`docs/decisions/0015-grouping.md`).
///
///     tag & 3    0 literal: tag >> 2 is its length less 1; from 60 on, that many bytes less 59 follow and say it
///                1 copy of 4 to 11 bytes, the distance in 3 bits of the tag and a byte
///                2 copy of 1 to 64 bytes, the distance in 2 bytes
///                3 the same, the distance in 4 bytes
enum SnappyBlock {
    /// - Returns: the inflated length, and how many bytes say it; nil where they say none.
    static func length(of source: UnsafeRawBufferPointer) -> (count: Int, header: Int)? {
        var count = 0
        for (place, byte) in source.prefix(5).enumerated() {
            // A length has 32 bits: four of the fifth byte.
            if place == 4, byte > 0x0F { return nil }
            count |= Int(byte & 0x7F) << (7 * place)
            if byte < 0x80 { return (count, place + 1) }
        }
        return nil
    }

    /// - Throws: `.codec` for bytes that are no such block, or more or less than a whole one, `.lengthMismatch` where it says another length than `target` has. Whatever
    ///   the bytes are, nothing beyond either buffer is read or written.
    static func inflate(_ source: UnsafeRawBufferPointer, into target: UnsafeMutableRawBufferPointer) throws(PageError) {
        guard let first = source.baseAddress, let (count, header) = length(of: source) else { throw .codec(code: invalid) }
        guard count == target.count else { throw .lengthMismatch(expected: target.count, actual: count) }
        guard let start = target.baseAddress else {
            if header == source.count { return }
            throw .codec(code: invalid)
        }
        var elements = Elements(from: first + header, end: first + source.count, to: start, start: start, targetEnd: start + count)
        let isWhole = tags.withUnsafeBufferPointer { elements.inflateFar($0) && elements.inflateNear($0) }
        guard isWhole else { throw .codec(code: invalid) }
    }

    /// libsnappy's code for it.
    private static let invalid = 1

    /// By the tag's eight bits: the length in bits 0 to 7, of a copy of kind 1 also the distance's bits 8 to 10 in their places.
    private static let tags: [UInt16] = (0..<256).map { tag in
        switch tag & 3 {
        case 0: tag >> 2 < 60 ? UInt16(tag >> 2 + 1) : longLiteral
        case 1: UInt16(4 + tag >> 2 & 7) | UInt16(tag >> 5) << 8
        default: UInt16(tag >> 2 + 1)
        }
    }

    /// Its length is not in the tag; greater than any that is.
    private static let longLiteral: UInt16 = 65

    private struct Elements {
        var from: UnsafeRawPointer
        let end: UnsafeRawPointer
        var to: UnsafeMutableRawPointer
        let start: UnsafeMutableRawPointer
        let targetEnd: UnsafeMutableRawPointer

        /// An element of 64 bytes is read, and written, up to 15 bytes past its end, by moves of 32 and of 8.
        private static let slack = 80

        /// Elements as long as both ends are far, so that none is held against them.
        ///
        /// What a turn waits for is where the next element begins. Of a copy that is one sum of the tag, whether its distance has one byte or two, which
        /// nobody could foretell; whether it is a literal is foretold, since literals and copies take turns.
        ///
        /// - Returns: false for bytes that are no elements, or say more than there is room for.
        mutating func inflateFar(_ tags: UnsafeBufferPointer<UInt16>) -> Bool {
            guard end - from > Self.slack, targetEnd - to > Self.slack else { return true }
            let farFrom = end - Self.slack
            let farTo = targetEnd - Self.slack
            var from = from
            var to = to
            defer { (self.from, self.to) = (from, to) }
            while from < farFrom, to < farTo {
                let tag = Int(from.load(as: UInt8.self))
                let kind = tag & 3
                if kind == 0, tag < 60 << 2 {
                    Self.move32(from + 1, to)
                    if tag >= 32 << 2 { Self.move32(from + 33, to + 32) }
                    from += 2 + tag >> 2
                    to += 1 + tag >> 2
                    continue
                }
                let entry = Int(tags[tag])
                let length = entry & 0xFF
                let following = Int(UInt16(littleEndian: (from + 1).loadUnaligned(as: UInt16.self)))
                // None of the two bytes, the first, both or none belong to it, by the kind.
                let distance = entry & 0x700 | following & (0xFFFF_00FF_0000 >> (kind &* 16))
                if distance < length {
                    if kind == 0 || kind == 3 {
                        // Over 60 bytes of a literal, or from far away: both are rare.
                        (self.from, self.to) = (from, to)
                        guard inflateOne(tags) else { return false }
                        (from, to) = (self.from, self.to)
                    } else {
                        guard distance > 0, distance <= to - start else { return false }
                        Self.move(repeating: distance, to, length)
                        from += 1 + kind
                        to += length
                    }
                    continue
                }
                guard distance <= to - start else { return false }
                let copied = UnsafeRawPointer(to) - distance
                Self.move32(copied, to)
                if length > 32 { Self.move32(copied + 32, to + 32) }
                from += 1 + kind
                to += length
            }
            return true
        }

        /// - Returns: whether the rest is elements, and they fill the target to its last byte.
        mutating func inflateNear(_ tags: UnsafeBufferPointer<UInt16>) -> Bool {
            while from < end {
                guard inflateOne(tags) else { return false }
            }
            return to == targetEnd
        }

        /// The element at `from`, which is before the end; each of its lengths is held against what is left.
        @inline(never) private mutating func inflateOne(_ tags: UnsafeBufferPointer<UInt16>) -> Bool {
            let tag = Int(from.load(as: UInt8.self))
            let kind = tag & 3
            var length = Int(tags[tag] & 0xFF)
            let isLong = kind == 0 && length == SnappyBlock.longLiteral
            let width = isLong ? tag >> 2 - 59 : kind == 3 ? 4 : kind
            from += 1
            guard width <= end - from else { return false }
            var following = 0
            for place in 0..<width { following |= Int((from + place).load(as: UInt8.self)) << (8 * place) }
            from += width
            if kind == 0 {
                if isLong { length = following + 1 }
                guard length <= end - from, length <= targetEnd - to else { return false }
                to.copyMemory(from: from, byteCount: length)
                from += length
            } else {
                let distance = Int(tags[tag]) & 0x700 | following
                guard distance > 0, distance <= to - start, length <= targetEnd - to else { return false }
                for place in 0..<length { (to + place).storeBytes(of: (to + place - distance).load(as: UInt8.self), as: UInt8.self) }
            }
            to += length
            return true
        }

        /// All is read before any is written: what is copied may end where it is written to.
        @inline(__always) private static func move32(_ from: UnsafeRawPointer, _ to: UnsafeMutableRawPointer) {
            let first = from.loadUnaligned(as: SIMD16<UInt8>.self)
            let second = (from + 16).loadUnaligned(as: SIMD16<UInt8>.self)
            to.storeBytes(of: first, as: SIMD16<UInt8>.self)
            (to + 16).storeBytes(of: second, as: SIMD16<UInt8>.self)
        }

        /// A copy that laps over itself: the `distance` bytes before, again and again. Up to 15 bytes are written past `length`.
        @inline(never) private static func move(repeating distance: Int, _ to: UnsafeMutableRawPointer, _ length: Int) {
            var distance = distance
            var place = 0
            if distance < 8 {
                for place in 0..<8 { (to + place).storeBytes(of: (to + place - distance).load(as: UInt8.self), as: UInt8.self) }
                // The least multiple of 8 bytes and more: they are the same bytes, and by now lie before.
                distance *= (distance + 7) / distance
                place = 8
            }
            while place < length {
                (to + place).storeBytes(of: (to + place - distance).loadUnaligned(as: UInt64.self), as: UInt64.self)
                place += 8
            }
        }
    }
}
