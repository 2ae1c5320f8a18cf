import ColumnStore

/// strpos, which `position(a in b)` is too: where a text first stands in another, from 1; 0 where it does not.
extension SQLFunction {
    static let position = SQLFunction(
        "strpos", summary: "where a text first stands in another, from 1; 0 for nowhere",
        forms: [[.string, .string], [.binary, .binary]]
    ) { (call, typing) throws(QueryError) in
        // Bytes in bytes.
        let type: ColumnType = call.arguments.contains { $0.type == .binary } ? .binary : .string
        return call.make(.position, try call.typed([type, type], typing), .int32)
    }
}

extension ScalarFunction {
    static let position = ScalarFunction(
        "position", nulls: .strict, cost: .heavy, failure: .never, readsConstantsOnce: true,
        kernel: .plain { (call) throws(KernelError) in try TextKernels.position(of: call[1], in: call[0], type: call.type, call.meter) })
}
