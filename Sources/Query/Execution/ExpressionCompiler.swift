package import ColumnStore

/// Binds one SQL expression over given columns: the rules and computed columns of document types.
///
/// The expression sees its columns only: no subqueries, no aggregates, no now().
///
/// Thread rule: a binder is made for each call; what comes out may be used by any thread.
package enum ExpressionCompiler {
    package struct Input: Sendable, Hashable {
        package var name: String
        package var type: ColumnType

        package init(_ name: String, _ type: ColumnType) { (self.name, self.type) = (name, type) }
    }

    /// An expression over a row of inputs, for an `Evaluator`.
    package struct Compiled: Sendable {
        /// Mentions the inputs as the columns `ColumnID(0)`, `ColumnID(1)` … in the order given: those of `outer` come first.
        package var expression: Expression
        /// Places of the inputs that the value depends on, ascending.
        package var usedInputs: [Int]
    }

    /// - Parameters:
    ///   - outer: the row's columns; a list is read by functions such as `list_sum(lines.amount)`.
    ///   - element: inside a list, the members of its element; they hide columns of the same name in `outer`.
    ///   - type: what the value is cast to (decimals round half away from zero); nil: whatever it is.
    ///   - isCondition: it must be BOOLEAN as it stands: a number that is meant as a condition is a mistake.
    ///   - cancellation: ends it; expressions of one type share it. Nil: nothing does, as it was taken before.
    /// - Throws: `QueryError` with its position in `text`.
    package static func compile(
        _ text: String, outer: [Input], element: [Input] = [], as type: ColumnType? = nil, isCondition: Bool = false, timeZone: String = "UTC",
        cancellation: Cancellation? = nil
    ) throws(QueryError) -> Compiled {
        // By time alone: what was taken once must be taken again.
        try PlanningWork.bind(cancellation, stepCountMax: .max) { () throws(QueryError) in
            try bound(text, outer: outer, element: element, as: type, isCondition: isCondition, timeZone: timeZone)
        }
    }

    private static func bound(
        _ text: String, outer: [Input], element: [Input], as type: ColumnType?, isCondition: Bool, timeZone: String
    ) throws(QueryError) -> Compiled {
        let syntax = try Parser.parseExpression(text)
        let binder = Binder(context: QueryContext(catalog: FixedCatalog([]), timeZone: timeZone, now: 0))
        binder.allowsNow = false
        let row = BindingFrame(parent: nil)
        row.names = NameScope(name: nil, columns: columns(outer, from: 0))
        let frame = BindingFrame(parent: row)
        frame.names = NameScope(name: nil, columns: columns(element, from: outer.count))
        var scope = ExpressionScope(frame: element.isEmpty ? row : frame, clause: "this expression")
        scope.allowsSubqueries = false
        let value = try binder.bindExpression(syntax, in: scope)
        let bound: Expression
        switch type {
        case .boolean where isCondition: bound = try binder.implicit(value, to: .boolean, "a rule")
        case let type?: bound = try binder.cast(value, to: type, isExplicit: true)
        case nil: bound = value.expression
        }
        let folded = ConstantFolding.folded(bound)
        return Compiled(expression: folded, usedInputs: folded.columnIDs.map(\.rawValue).sorted())
    }

    private static func columns(_ inputs: [Input], from start: Int) -> [NameScope.Column] {
        inputs.enumerated().map { index, input in
            NameScope.Column(name: input.name, expression: .column(ColumnID(start + index), input.type))
        }
    }
}
