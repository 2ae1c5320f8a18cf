import ColumnStore

/// overlay(a placing b from n for c): what precedes, b, and what follows.
/// PostgreSQL 15's documentation, sections 9.4 and 9.5.
extension SQLFunction {
    static let overlay = SQLFunction(
        "overlay", summary: "a text with a part, by its place and length, replaced: `overlay(a PLACING b FROM 2 FOR 3)`",
        forms: [[.string, .string, .int32], [.string, .string, .int32, .int32], [.binary, .binary, .int32, .int32]]
    ) { (call, typing) throws(QueryError) in
        let type: ColumnType = call.arguments.prefix(2).contains { $0.type == .binary } ? .binary : .string
        return call.make(.overlay, try call.typed([type, type, .int32, .int32], required: 3, typing), type)
    }
}

extension ScalarFunction {
    static let overlay = ScalarFunction(
        "overlay", nulls: .strict, cost: .heavy, failure: .depending { arguments, _ in !arguments.dropFirst(2).allSatisfy(\.isLiteral) || isOutside(arguments) },
        readsConstantsOnce: true,
        kernel: .plain { (call) throws(KernelError) in try TextKernels.overlay(call[0], with: call[1], from: call[2], for: call.optional(3), call.meter) })

    /// Whether a constant place is none, or one behind which no length is left: no text is half as long as an INTEGER says.
    private static func isOutside(_ arguments: [Expression]) -> Bool {
        let numbers = arguments.dropFirst(2).compactMap { argument -> Int64? in if case .integer(let number)? = argument.literalValue { number } else { nil } }
        let half = Int64(Int32.max) / 2
        return !numbers.isEmpty && numbers[0] < 1 || numbers.contains { $0 > half }
    }
}
