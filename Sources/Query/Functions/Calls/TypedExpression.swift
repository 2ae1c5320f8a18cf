import ColumnStore

/// An expression with what later typing needs to know of it.
struct TypedExpression {
    var expression: Expression
    /// A string constant that has not taken a type yet.
    var isUntyped = false
    var position: Int

    var type: ColumnType { expression.type }

    init(_ expression: Expression, isUntyped: Bool = false, at position: Int) {
        (self.expression, self.isUntyped, self.position) = (expression, isUntyped, position)
    }
}
