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

extension Expression {
    /// Whether it is one of the mentions of a draw.
    var isDrawn: Bool { if case .call(.drawn, _, _, _) = self { true } else { false } }

    /// What is of chance, marked so that all of its mentions in the CASE that a call or an operator becomes are one draw; all else as it is. The first condition mentions it, outside of
    /// any CASE within it: what stands in one of those is drawn there. A draw of somebody around stays his, since a mark around it would be another draw.
    ///
    /// - Parameters:
    ///   - place: of several that it asks for.
    ///   - position: of what asks, in the text. Marks of forms of syntax are heights, which are above 0.
    func drawnOnce(_ place: Int, at position: Int) -> Expression { isDrawn ? self : drawnOnce(marks: -1 - position, place, at: position) }

    /// The same under marks that the caller has made, around a draw of somebody else's, too.
    func drawnOnce(marks: Int..., at position: Int) -> Expression {
        guard isVolatile else { return self }
        return .call(.drawn, [self] + marks.map { Expression.literal(.integer(Int64($0)), .int64) }, type: type, position: position)
    }
}
