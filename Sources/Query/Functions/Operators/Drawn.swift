import ColumnStore

/// A value of chance that several mentions have in common.
extension ScalarFunction {
    /// The value, with two numbers that tell it from others; no name of the language's.
    ///
    /// In one CASE all mentions that are the same are one draw of a row: those of its first condition are computed before it (`EvaluationCompiler`). Elsewhere each is a draw
    /// of its own.
    static let drawn = ScalarFunction(
        "drawn", nulls: .taken, cost: .light, failure: .never, readsConstantsOnce: true, traits: Traits(isVolatile: true),
        kernel: .plain { (call) throws(KernelError) in call[0] })
}
