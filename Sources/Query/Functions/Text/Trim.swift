import ColumnStore

/// trim, ltrim and rtrim: spaces, or any of the characters given, off both sides or one.
/// PostgreSQL 15's documentation, section 9.4, and 9.5 of BLOBs.
extension SQLFunction {
    static let trim = trimming(["btrim", "trim"], summary: "a text without spaces, or the characters (of a BLOB the bytes) given, at both its sides", .trim, ofBytes: .trimBytes)
    static let trimLeading = trimming(["ltrim"], summary: "a text without spaces, or the characters (of a BLOB the bytes) given, at its start", .trimLeading, ofBytes: .trimLeadingBytes)
    static let trimTrailing = trimming(["rtrim"], summary: "a text without spaces, or the characters (of a BLOB the bytes) given, at its end", .trimTrailing, ofBytes: .trimTrailingBytes)

    /// Of a BLOB any of the bytes given.
    private static func trimming(_ names: [String], summary: String, _ ofText: ScalarFunction, ofBytes: ScalarFunction) -> SQLFunction {
        SQLFunction(names: names, summary: summary, forms: [[.string], [.string, .string], [.binary, .binary]]) { (call, typing) throws(QueryError) in
            if call.arguments.count == 2, call.arguments[0].type == .binary {
                return call.make(ofBytes, try call.typed([.binary, .binary], typing), .binary)
            }
            return call.make(ofText, try call.typed([.string, .string], required: 1, typing), .string)
        }
    }
}

extension ScalarFunction {
    static let trim = trimming("trim", .both)
    static let trimLeading = trimming("ltrim", .leading)
    static let trimTrailing = trimming("rtrim", .trailing)

    static let trimBytes = trimmingBytes("trim bytes", .both)
    static let trimLeadingBytes = trimmingBytes("ltrim bytes", .leading)
    static let trimTrailingBytes = trimmingBytes("rtrim bytes", .trailing)

    /// A set of bytes is a table of 256 truths, made anew for each row.
    private static func trimmingBytes(_ symbol: String, _ side: TextKernels.Side) -> ScalarFunction {
        ScalarFunction(
            symbol, nulls: .strict, cost: .heavy, failure: .never,
            kernel: .plain { (call) throws(KernelError) in
                let blobs = TextRows(call[0]), sets = TextRows(call[1])
                return try call.texts { (row) throws(KernelError) in
                    try call.meter.step(blobs.range(at: row).count + sets.range(at: row).count)
                    var isTaken = [Bool](repeating: false, count: 256)
                    for byte in sets[row] { isTaken[Int(byte)] = true }
                    var rest = blobs[row]
                    if side != .trailing { rest = rest.drop { isTaken[Int($0)] } }
                    if side != .leading { while let last = rest.last, isTaken[Int(last)] { rest.removeLast() } }
                    return Array(rest)
                }
            })
    }

    private static func trimming(_ symbol: String, _ side: TextKernels.Side) -> ScalarFunction {
        ScalarFunction(
            symbol, nulls: .strict, cost: .heavy, failure: .never, readsConstantsOnce: true,
            kernel: .plain { (call) throws(KernelError) in try TextKernels.trim(call[0], call.optional(1), side, call.meter) })
    }
}
