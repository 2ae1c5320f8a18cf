import ColumnStore

/// length: characters of a text, bytes of a BLOB.
extension SQLFunction {
    static let length = SQLFunction(
        "length", "char_length", "character_length", summary: "characters of a text, bytes of a BLOB",
        forms: [[.string], [.binary]]
    ) { (call, typing) throws(QueryError) in
        let type: ColumnType = call.arguments.first?.type == .binary ? .binary : .string
        return call.make(.length, try call.typed([type], typing), .int32)
    }
}

extension ScalarFunction {
    static let length = ScalarFunction(
        "length", nulls: .strict, cost: .light, failure: .never,
        kernel: .plain { (call) throws(KernelError) in TextKernels.length(call[0], type: call.type) })
}
