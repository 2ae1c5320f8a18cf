import ColumnStore

/// What the rules of types of functions ask of the binder.
///
/// The binder is the only one that has it: functions stand on a lower floor and know this much of it. Asking for `zone`, `isUTC` or `now` makes the
/// plan one of this session and moment.
protocol CallTyping: AnyObject {
    /// The session's zone, the last argument of every function that depends on it.
    var zone: Expression { get }
    /// Whether the session's zone is UTC.
    var isUTC: Bool { get }
    /// Whether a text is read that is kept, and may be older than a rule: a view's, a type's.
    var isOfKeptText: Bool { get }
    /// now(), in microseconds since 1970.
    var now: Int64 { get }
    /// statement_timestamp(), the same way: now() where no session says otherwise.
    var statementMoment: Int64 { get }
    /// What reads XML, where the catalog brings a reader: the same two for a whole statement.
    var xpath: (selection: ScalarFunction, existence: ScalarFunction)? { get }
    /// Of all that the statement's calls are made of.
    var nodeCounts: NodeCounts { get }

    /// `value` where `type` is wanted: an untyped literal is read as it, a number widened.
    ///
    /// - Throws: bad-sql when the cast would have to be written.
    func implicit(_ value: TypedExpression, to type: ColumnType, _ what: String) throws(QueryError) -> Expression
    /// Casts whatever casts at all.
    ///
    /// - Throws: bad-sql where no cast is.
    func cast(_ value: TypedExpression, to type: ColumnType, isExplicit: Bool) throws(QueryError) -> Expression
    /// A text without a type beside a decimal as the number with the digits that it has; anything else as it is.
    func withOwnDigits(_ value: TypedExpression, beside type: ColumnType) throws(QueryError) -> TypedExpression
    /// What PostgreSQL calls the type of a value, where the type here does not tell.
    func declaredType(_ value: TypedExpression) -> String?
    /// All of one type, which they have in common.
    func unified(_ items: [TypedExpression], _ what: String) throws(QueryError) -> [Expression]
    /// An operator over two values, as if the text had it.
    func binary(
        _ op: ExpressionSyntax.BinaryOperator, _ left: TypedExpression, _ right: TypedExpression, at position: Int
    ) throws(QueryError) -> Expression
    /// Keys by which texts compare as COLLATE says; the texts themselves where it says nothing.
    func collationKeys(_ values: [Expression], at position: Int) throws(QueryError) -> [Expression]
    /// The collation that COLLATE says of texts, whatever it is; nil where it says nothing.
    func collationName(of texts: [Expression], at position: Int) throws(QueryError) -> String?
    /// Refuses a function that depends on when it is asked, where that is not allowed.
    ///
    /// - Throws: unsupported-sql for such a function where values must not change, as in a document type's rules.
    func check(_ volatility: SQLFunction.Volatility, _ name: String, at position: Int) throws(QueryError)
    /// Counts nodes that an expression has because operands are mentioned in it more than once.
    ///
    /// - Throws: unsupported-sql past what copies may add to a statement.
    func countRepeated(nodes nodeCount: Int, at position: Int) throws(QueryError)
}

extension CallTyping {
    /// Any value as text.
    func text(_ value: TypedExpression) throws(QueryError) -> Expression { try cast(value, to: .string, isExplicit: true) }

    /// As concat shows a value: a BOOLEAN as t or f, the first letter of its text.
    func shown(_ value: TypedExpression) throws(QueryError) -> Expression {
        guard value.type == .boolean else { return try text(value) }
        return .call(.left, [try text(value), .literal(.integer(1), .int32)], type: .string, position: value.position)
    }

    /// With the session's zone behind them where the type depends on one.
    func zoned(_ arguments: [Expression], _ type: ColumnType) -> [Expression] { type == .timestampTZ ? arguments + [zone] : arguments }
}
