import ColumnStore

/// What casts to OID do, which has 32 bits without a sign and is kept as a BIGINT.
extension ScalarFunction {
    static let objectNumber = number("oid of bigint", from: 0)
    /// Of an INTEGER or a text: what is below 0 has the same bits.
    static let wrappedObjectNumber = number("oid", from: Int64(Int32.min))

    /// - Parameter least: the least number that is taken.
    private static func number(_ symbol: String, from least: Int64) -> ScalarFunction {
        ScalarFunction(
            symbol, nulls: .strict, cost: .arithmetic, failure: .possible,
            kernel: .plain { (call) throws(KernelError) in
                let values = call[0].integers() ?? [], validity = call[0].rowValidity
                var result = values
                for row in values.indices where validity?[row] ?? true {
                    guard (least...Int64(UInt32.max)).contains(values[row]) else { throw .numericOverflow }
                    result[row] = Int64(UInt32(truncatingIfNeeded: values[row]))
                }
                return .whole(result, type: call.type, validity: validity)
            })
    }
}
