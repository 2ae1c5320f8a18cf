import ColumnStore

/// bit_and, bit_or and bit_xor of a list's integers, NULLs left out; NULL of none.
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
