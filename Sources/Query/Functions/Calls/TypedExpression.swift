import ColumnStore

/// An expression with what later typing needs to know of it.
///
/// Made by the binder of every expression, and gone once the plan is made: a plan holds the expression alone.
struct TypedExpression {
    var expression: Expression
    /// A string constant that has not taken a type yet.
    var isUntyped = false
    /// Of the text, for messages about the value.
    var position: Int
    /// What a cast calls its type where `type` does not tell: `oid`, `smallint`. Of a column the binder knows it.
    var declared: String?

    var type: ColumnType { expression.type }

    init(_ expression: Expression, isUntyped: Bool = false, declared: String? = nil, at position: Int) {
        (self.expression, self.isUntyped, self.position, self.declared) = (expression, isUntyped, position, declared)
    }
}
