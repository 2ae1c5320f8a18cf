import ColumnStore

/// bit_and, bit_or and bit_xor of a list's integers or strings of bits, NULLs left out; NULL of none.
extension ScalarFunction {
    static let listBitAnd = folding("bit_and") { $0 & $1 }
    static let listBitOr = folding("bit_or") { $0 | $1 }
    static let listBitXor = folding("bit_xor") { $0 ^ $1 }

    private static func folding(_ symbol: String, _ fold: @escaping @Sendable (Int64, Int64) -> Int64) -> ScalarFunction {
        ScalarFunction(
            symbol, nulls: .strict, cost: .heavy, failure: .never,
            kernel: .plain { (call) throws(KernelError) in
                let lists = ListValues(call[0])
                return try call.numbers { (row) throws(KernelError) in
                    try call.meter.step(8 * lists[row].count)
                    var result: Int64?
                    for place in lists[row] {
                        guard case .integer(let value) = lists.value(place) else { continue }
                        result = result.map { fold($0, value) } ?? value
                    }
                    return result
                }
            })
    }
}

extension ScalarFunction {
    private static let listBitsAnd = foldingBits("bit_and of bits", "AND") { $0 & $1 }
    private static let listBitsOr = foldingBits("bit_or of bits", "OR") { $0 | $1 }
    private static let listBitsXor = foldingBits("bit_xor of bits", "XOR", bitsXored)

    /// Of strings of bits, what the aggregate of this name runs.
    static func listOfBits(_ name: String) -> ScalarFunction {
        switch name {
        case "bit_and": listBitsAnd
        case "bit_or": listBitsOr
        default: listBitsXor
        }
    }

    private static func foldingBits(_ symbol: String, _ name: String, _ fold: @escaping @Sendable (UInt8, UInt8) -> UInt8) -> ScalarFunction {
        ScalarFunction(
            symbol, nulls: .strict, cost: .heavy, failure: .possible,
            kernel: .plain { (call) throws(KernelError) in
                let lists = ListValues(call[0])
                return try call.texts { (row) throws(KernelError) in
                    var result: [UInt8]?
                    for place in lists[row] {
                        guard case .bytes(let bits) = lists.value(place) else { continue }
                        try call.meter.step(8 + bits.count)
                        guard let found = result else {
                            try call.meter.charge(bits.count)
                            result = bits
                            continue
                        }
                        result = try paired(found[...], bits[...], name, fold)
                    }
                    return result
                }
            })
    }
}
