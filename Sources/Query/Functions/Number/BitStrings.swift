import ColumnStore

/// Strings of bits: texts of zeros and ones, the first the highest, which the binder calls `bit(n)` or `varbit`. So they compare and sort as texts do.
/// PostgreSQL 15's documentation, sections 8.10 and 9.6.
extension ScalarFunction {
    /// Of BIT(n), whose zeros at the end nobody wrote.
    static let bitCountMax = 1 << 16

    /// Zeros and ones as a text says them, or hexadecimal digits behind an x: those past the length go, and zeros fill what is missing at the end. A length below 0 is the text's own.
    static let bitsOfText = ScalarFunction(
        "bits of text", nulls: .strict, cost: .heavy, failure: .possible,
        kernel: .plain { (call) throws(KernelError) in
            let texts = TextRows(call[0]), lengths = call[1].integers() ?? []
            return try call.texts { (row) throws(KernelError) in
                let length = Int(clamping: lengths[row]), count = texts.range(at: row).count
                // A hexadecimal digit is four bits, and an array that grows has room for twice as many.
                let most = length < 0 ? (texts[row].first.map { $0 | 0x20 } == UInt8(ascii: "x") ? count * 8 : count * 2) : length + 4
                try call.meter.step(max(count, most))
                try call.meter.charge(most)
                return try bits(texts[row], length)
            }
        })

    /// The lowest bits of a whole number; past its own its sign.
    static let bitsOfNumber = ScalarFunction(
        "bits of number", nulls: .strict, cost: .heavy, failure: .never,
        kernel: .plain { (call) throws(KernelError) in
            let values = call[0].integers() ?? [], lengths = call[1].integers() ?? []
            return try call.texts { (row) throws(KernelError) in
                try call.meter.step(Int(clamping: lengths[row]))
                try call.meter.charge(Int(clamping: lengths[row]))
                let value = values[row]
                // A shift by 63 leaves the sign alone.
                return (0..<lengths[row]).reversed().map { (value >> min($0, 63)) & 1 == 1 ? UInt8(ascii: "1") : UInt8(ascii: "0") }
            }
        })

    /// Zeros and ones as the number that has these bits, an INTEGER or a BIGINT as the call's type says.
    static let numberOfBits = ScalarFunction(
        "number of bits", nulls: .strict, cost: .heavy, failure: .possible,
        kernel: .plain { (call) throws(KernelError) in
            let texts = TextRows(call[0]), width = call.type == .int32 ? 32 : 64
            return try call.numbers { (row) throws(KernelError) in
                guard texts.range(at: row).count <= width else { throw .numericOverflow }
                var pattern: UInt64 = 0
                for bit in texts[row] { pattern = pattern << 1 | (bit == UInt8(ascii: "1") ? 1 : 0) }
                return width == 32 ? Int64(Int32(truncatingIfNeeded: pattern)) : Int64(bitPattern: pattern)
            }
        })

    private static func bits(_ text: ArraySlice<UInt8>, _ length: Int) throws(KernelError) -> [UInt8] {
        let mark = text.first.map { $0 | 0x20 }, isHexadecimal = mark == UInt8(ascii: "x")
        let digits = isHexadecimal || mark == UInt8(ascii: "b") ? text.dropFirst() : text
        var bits: [UInt8] = []
        // All of it is looked at, also what goes.
        for digit in digits {
            let value: UInt8
            switch digit {
            case UInt8(ascii: "0"), UInt8(ascii: "1"): value = digit & 1
            case UInt8(ascii: "2")...UInt8(ascii: "9") where isHexadecimal: value = digit & 0x0F
            case UInt8(ascii: "A")...UInt8(ascii: "F") where isHexadecimal, UInt8(ascii: "a")...UInt8(ascii: "f") where isHexadecimal: value = (digit & 0x07) + 9
            default: throw .invalidText("BIT")
            }
            guard length < 0 || bits.count < length else { continue }
            if isHexadecimal { for place: UInt8 in [3, 2, 1, 0] { bits.append(UInt8(ascii: "0") | value >> place & 1) } } else { bits.append(digit) }
        }
        if length < 0 { return bits }
        if bits.count > length { bits.removeLast(bits.count - length) }
        bits.append(contentsOf: repeatElement(UInt8(ascii: "0"), count: length - bits.count))
        return bits
    }
}

// MARK: Operators and functions

extension ScalarFunction {
    static let bitsAnd = bitsPair("bits and", "AND") { $0 & $1 }
    static let bitsOr = bitsPair("bits or", "OR") { $0 | $1 }
    static let bitsXor = bitsPair("bits xor", "XOR", bitsXored)
    static let bitsNot = changed("bits not") { bits in for place in bits.indices { bits[place] ^= 1 } }
    static let bitsJoined = ScalarFunction(
        "bits joined", nulls: .strict, cost: .heavy, failure: .never, readsConstantsOnce: true,
        kernel: .plain { (call) throws(KernelError) in try TextKernels.concat(call.columns, type: call.type, skippingNulls: false, call.meter) })

    /// By so many places, zeros coming in; by a number below 0 the other way.
    static let bitsLeft = shifting("bits <<") { bits, count in shifted(bits, by: count) }
    static let bitsRight = shifting("bits >>") { bits, count in shifted(bits, by: 0 &- count) }

    /// Bytes that so many bits take.
    static let octetsOfBits = ScalarFunction(
        "octets of bits", nulls: .strict, cost: .light, failure: .never,
        kernel: .plain { (call) throws(KernelError) in
            let texts = TextRows(call[0])
            return try call.numbers { (row) throws(KernelError) in Int64((texts.range(at: row).count + 7) / 8) }
        })

    static let countOfBits = ScalarFunction(
        "count of bits", nulls: .strict, cost: .heavy, failure: .never,
        kernel: .plain { (call) throws(KernelError) in
            let texts = TextRows(call[0])
            return try call.numbers { (row) throws(KernelError) in
                try call.meter.step(texts.range(at: row).count)
                return texts[row].reduce(into: Int64(0)) { $0 += Int64($1 & 1) }
            }
        })

    /// Where one first stands in another, from 1: where there are no bits stands none, not even the one without any.
    static let placeOfBits = ScalarFunction(
        "place of bits", nulls: .strict, cost: .heavy, failure: .never, readsConstantsOnce: true,
        kernel: .plain { (call) throws(KernelError) in
            let bits = TextRows(call[0]), found = try TextKernels.position(of: call[1], in: call[0], type: call.type, call.meter)
            var places = found.integers() ?? []
            for row in places.indices where bits.range(at: row).isEmpty { places[row] = 0 }
            return .whole(places, type: call.type, validity: found.rowValidity)
        })

    /// One of them, from 0; the first is the highest.
    static let bitOfBits = ScalarFunction(
        "bit of bits", nulls: .strict, cost: .light, failure: .possible,
        kernel: .plain { (call) throws(KernelError) in
            let texts = TextRows(call[0]), indexes = call[1].integers() ?? []
            return try call.numbers { (row) throws(KernelError) in
                let bits = texts[row]
                let found = try place(indexes[row], in: bits)
                return Int64(bits[found] & 1)
            }
        })

    static let bitsWithBit = ScalarFunction(
        "bits with bit", nulls: .strict, cost: .heavy, failure: .possible,
        kernel: .plain { (call) throws(KernelError) in
            let texts = TextRows(call[0]), indexes = call[1].integers() ?? [], new = call[2].integers() ?? []
            return try call.texts { (row) throws(KernelError) in
                try call.meter.step(texts.range(at: row).count)
                try call.meter.charge(texts.range(at: row).count)
                var bits = Array(texts[row])
                let found = try place(indexes[row], in: bits[...])
                guard new[row] == 0 || new[row] == 1 else { throw .outside(.badValue, "a bit is 0 or 1") }
                bits[found] = new[row] == 1 ? UInt8(ascii: "1") : UInt8(ascii: "0")
                return bits
            }
        })

    private static func place(_ index: Int64, in bits: ArraySlice<UInt8>) throws(KernelError) -> Int {
        guard index >= 0, index < Int64(bits.count) else { throw .outside(.badSubscript, "the index \(index) is not among the \(bits.count) of this string of bits") }
        return bits.startIndex + Int(index)
    }

    /// Of the digits, which are texts.
    static func bitsXored(_ left: UInt8, _ right: UInt8) -> UInt8 { (left ^ right) | UInt8(ascii: "0") }

    /// Two of one length, bit by bit.
    ///
    /// - Throws: 22026 for two of different lengths.
    static func paired(
        _ left: ArraySlice<UInt8>, _ right: ArraySlice<UInt8>, _ name: String, _ compute: (UInt8, UInt8) -> UInt8
    ) throws(KernelError) -> [UInt8] {
        guard left.count == right.count else { throw .outside(.unevenBits, "\(name) takes strings of bits of one length") }
        return zip(left, right).map { compute($0, $1) }
    }

    private static func bitsPair(_ symbol: String, _ name: String, _ compute: @escaping @Sendable (UInt8, UInt8) -> UInt8) -> ScalarFunction {
        ScalarFunction(
            symbol, nulls: .strict, cost: .heavy, failure: .possible,
            kernel: .plain { (call) throws(KernelError) in
                let left = TextRows(call[0]), right = TextRows(call[1])
                return try call.texts { (row) throws(KernelError) in
                    try call.meter.step(left.range(at: row).count)
                    try call.meter.charge(left.range(at: row).count)
                    return try paired(left[row], right[row], name, compute)
                }
            })
    }

    private static func changed(_ symbol: String, _ change: @escaping @Sendable (inout [UInt8]) -> Void) -> ScalarFunction {
        ScalarFunction(
            symbol, nulls: .strict, cost: .heavy, failure: .never,
            kernel: .plain { (call) throws(KernelError) in
                let texts = TextRows(call[0])
                return try call.texts { (row) throws(KernelError) in
                    try call.meter.step(texts.range(at: row).count)
                    try call.meter.charge(texts.range(at: row).count)
                    var bits = Array(texts[row])
                    change(&bits)
                    return bits
                }
            })
    }

    private static func shifting(_ symbol: String, _ shift: @escaping @Sendable (ArraySlice<UInt8>, Int64) -> [UInt8]) -> ScalarFunction {
        ScalarFunction(
            symbol, nulls: .strict, cost: .heavy, failure: .never,
            kernel: .plain { (call) throws(KernelError) in
                let texts = TextRows(call[0]), counts = call[1].integers() ?? []
                return try call.texts { (row) throws(KernelError) in
                    try call.meter.step(texts.range(at: row).count)
                    try call.meter.charge(texts.range(at: row).count)
                    return shift(texts[row], counts[row])
                }
            })
    }

    /// To the left, or by a number below 0 to the right.
    private static func shifted(_ bits: ArraySlice<UInt8>, by count: Int64) -> [UInt8] {
        let distance = Int(clamping: min(count.magnitude, UInt64(bits.count)))
        let zeros = repeatElement(UInt8(ascii: "0"), count: distance)
        return count < 0 ? Array(zeros) + bits.dropLast(distance) : Array(bits.dropFirst(distance)) + zeros
    }
}
