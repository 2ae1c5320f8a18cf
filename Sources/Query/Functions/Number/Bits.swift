import ColumnStore

/// Operators on the bits of INTEGER and BIGINT.
/// PostgreSQL 15's documentation, section 9.3.
extension ScalarFunction {
    static let bitAnd = pair("&") { left, right, _ in left & right }
    static let bitOr = pair("|") { left, right, _ in left | right }
    static let bitXor = pair("#") { left, right, _ in left ^ right }
    // By as many places as the width has, what is left over counts, as the processors of PostgreSQL's servers have it.
    static let shiftLeft = pair("<<") { left, right, isNarrow in isNarrow ? Int64(Int32(truncatingIfNeeded: left) &<< Int32(truncatingIfNeeded: right)) : left &<< right }
    static let shiftRight = pair(">>") { left, right, isNarrow in isNarrow ? Int64(Int32(truncatingIfNeeded: left) &>> Int32(truncatingIfNeeded: right)) : left &>> right }
    static let bitNot = ScalarFunction(
        "~", .prefix, nulls: .strict, cost: .arithmetic, failure: .never,
        kernel: .plain { (call) throws(KernelError) in .whole((call[0].integers() ?? []).map { ~$0 }, type: call.type, validity: call[0].rowValidity) })

    private static func pair(_ symbol: String, _ compute: @escaping @Sendable (Int64, Int64, _ isNarrow: Bool) -> Int64) -> ScalarFunction {
        ScalarFunction(
            symbol, .infix, nulls: .strict, cost: .arithmetic, failure: .never,
            kernel: .plain { (call) throws(KernelError) in
                let left = call[0].integers() ?? [], right = call[1].integers() ?? []
                let isNarrow = call.type == .int32
                return .whole(zip(left, right).map { compute($0, $1, isNarrow) }, type: call.type, validity: call.strictValidity)
            })
    }
}
