import ColumnStore

/// `=`, `<>`, `<`, `<=`, `>` and `>=` of two values of one type: texts by bytes; NaN equals itself and is above all numbers, as PostgreSQL has it.
extension ScalarFunction {
    package static let equal: ScalarFunction = comparing("=", .equal) { .notEqual }
    package static let notEqual: ScalarFunction = comparing("<>", .notEqual) { .equal }
    package static let less: ScalarFunction = comparing("<", .less) { .greaterOrEqual }
    package static let lessOrEqual: ScalarFunction = comparing("<=", .lessOrEqual) { .greater }
    package static let greater: ScalarFunction = comparing(">", .greater) { .lessOrEqual }
    package static let greaterOrEqual: ScalarFunction = comparing(">=", .greaterOrEqual) { .less }

    /// Documents compare by their keys, which of a constant are made once.
    private static func comparing(
        _ symbol: String, _ comparison: Comparison, negation: @escaping @Sendable () -> ScalarFunction
    ) -> ScalarFunction {
        ScalarFunction(
            symbol, .infix, nulls: .strict, cost: .arithmetic, failure: .never, readsConstantsOnce: true,
            traits: Traits(sourceTest: .comparison(comparison), negation: negation),
            kernel: .remembering {
                let (left, right) = (DocumentKeys(), DocumentKeys())
                return { (call) throws(KernelError) in
                    guard call[0].type.isJSON else { return CompareKernels.compare(comparison, call[0], call[1]) }
                    return CompareKernels.compare(comparison, try left.keys(call[0], call.meter), try right.keys(call[1], call.meter))
                }
            })
    }
}
