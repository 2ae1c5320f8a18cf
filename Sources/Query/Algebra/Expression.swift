package import ColumnStore

/// A column of a plan: unique over the whole plan, so that rewrites may move expressions about without renumbering.
package struct ColumnID: Hashable, Sendable, Comparable {
    package let rawValue: Int
    package init(_ rawValue: Int) { self.rawValue = rawValue }
    package static func < (left: ColumnID, right: ColumnID) -> Bool { left.rawValue < right.rawValue }
}

/// A column that a plan node puts out.
package struct OutputColumn: Hashable, Sendable {
    package var id: ColumnID
    /// What the client sees at the root; elsewhere for EXPLAIN and messages only. Names may repeat, ids may not.
    package var name: String
    package var type: ColumnType

    package init(id: ColumnID, name: String, type: ColumnType) {
        self.id = id
        self.name = name
        self.type = type
    }
}

/// A bound scalar expression: names resolved, types exact, casts explicit. The executor infers nothing.
///
/// Invariants, which `PlanVerifier` checks where assertions are on:
/// 1. a column is put out by an input of its node, or by a query around it, under the very type that stands here;
/// 2. operands have the types that their operator takes: where the text left a conversion out, a cast stands;
/// 3. a condition is BOOLEAN, or a NULL of no type.
///
/// Positions count Unicode scalars of the query's text from 1, for messages; nil for what a pass has made.
package indirect enum Expression: Hashable, Sendable {
    case column(ColumnID, ColumnType)
    case literal(Value, ColumnType)
    /// A member of a struct, or of every element of a list (then the type is a list): `lines.amount`.
    case member(Expression, name: String, type: ColumnType)
    /// An operator or function, its arguments already of the types that it takes.
    case call(ScalarFunction, [Expression], type: ColumnType, position: Int?)
    /// Ends the query with data-error at a value that cannot be cast.
    case cast(Expression, to: ColumnType, position: Int?)
    /// Three-valued; evaluation may stop early, row by row: an operand is not evaluated on rows that an earlier one decides.
    case and([Expression])
    case or([Expression])
    case not(Expression)
    case isNull(Expression)
    /// `IS NOT DISTINCT FROM` when `isNegated`.
    case isDistinct(Expression, Expression, isNegated: Bool)
    /// Branches in order; a branch is evaluated on the rows that reach it only. Without a match, `otherwise` (nil: NULL).
    case conditional(branches: [Branch], otherwise: Expression?, type: ColumnType)
    /// Evaluated left to right, each on rows still NULL.
    case coalesce([Expression], type: ColumnType)
    /// The candidates have the operand's type. NULL where no candidate is equal and the operand or a candidate is NULL.
    case inList(Expression, [Expression], isNegated: Bool)
    /// Before decorrelation only: the executor never sees one.
    case subquery(SubqueryExpression)

    /// WHEN condition THEN result. A condition that is NULL is not met.
    package struct Branch: Hashable, Sendable {
        package var condition: Expression
        package var result: Expression
        package init(condition: Expression, result: Expression) {
            self.condition = condition
            self.result = result
        }
    }

    /// Of the value. Each node has it or is BOOLEAN, so that no walk is needed.
    package var type: ColumnType {
        switch self {
        case .column(_, let type), .literal(_, let type), .member(_, _, let type): type
        case .call(_, _, let type, _), .conditional(_, _, let type), .coalesce(_, let type): type
        case .cast(_, let type, _): type
        case .and, .or, .not, .isNull, .isDistinct, .inList: .boolean
        case .subquery(let subquery): subquery.type
        }
    }
}

/// A query within an expression, until `SubqueryRemoval` makes a join of it.
package struct SubqueryExpression: Hashable, Sendable {
    package enum Kind: Hashable, Sendable {
        /// One value: NULL of no row, data-error of more than one.
        case scalar
        /// Whether there is any row; never NULL.
        case exists
        /// `operand IN (subquery)`; `comparison … ANY` likewise with another function.
        case quantified(operand: [Expression], function: ScalarFunction, isAll: Bool)
    }
    package var kind: Kind
    package var plan: LogicalPlan
    /// Outer columns that the plan mentions.
    package var correlation: [ColumnID]
    package var type: ColumnType
    package var position: Int?

    package init(kind: Kind, plan: LogicalPlan, correlation: [ColumnID], type: ColumnType, position: Int?) {
        self.kind = kind
        self.plan = plan
        self.correlation = correlation
        self.type = type
        self.position = position
    }
}
