import ColumnStore

/// What `::bit(n)` does where the cast around it makes a number or a text of the bits: as a text of so many zeros and ones, the first the highest.
/// No value is of a type of bits. PostgreSQL 15's documentation, section 8.10.
extension ScalarFunction {
    /// More of them are no number, and nothing that anybody reads.
    static let bitCountMax = 1 << 16

    /// Zeros and ones as a text says them, or hexadecimal digits behind an x: those past the length go, and zeros fill what is missing at the end.
    static let bitsOfText = ScalarFunction(
        "bits of text", nulls: .strict, cost: .heavy, failure: .possible,
        kernel: .plain { (call) throws(KernelError) in
            let texts = TextRows(call[0]), lengths = call[1].integers() ?? []
            return try call.texts { (row) throws(KernelError) in
                try call.meter.step(texts.range(at: row).count)
                return try bits(texts[row], Int(clamping: lengths[row]))
            }
        })

    /// The lowest bits of a whole number; past its own its sign.
    static let bitsOfNumber = ScalarFunction(
        "bits of number", nulls: .strict, cost: .heavy, failure: .never,
        kernel: .plain { (call) throws(KernelError) in
            let values = call[0].integers() ?? [], lengths = call[1].integers() ?? []
            return try call.texts { (row) throws(KernelError) in
                try call.meter.step(Int(clamping: lengths[row]))
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
            guard bits.count < length else { continue }
            if isHexadecimal { for place: UInt8 in [3, 2, 1, 0] { bits.append(UInt8(ascii: "0") | value >> place & 1) } } else { bits.append(digit) }
        }
        if bits.count > length { bits.removeLast(bits.count - length) }
        bits.append(contentsOf: repeatElement(UInt8(ascii: "0"), count: length - bits.count))
        return bits
    }
}
