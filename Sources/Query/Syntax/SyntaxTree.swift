/// What a query says, before any name in it is looked up. Each node keeps the position that an error about it should name.

/// A statement: all that can be asked.
package indirect enum Statement: Sendable {
    case query(QuerySyntax)
    case explain(QuerySyntax, ExplainForm)
    case showTables
    case describe(table: [NameSyntax])
}

/// How a plan is to be shown.
package struct ExplainForm: Sendable, Hashable {
    /// The query is run, and each node tells what it did.
    package var isAnalyzed = false
    package enum Format: String, Sendable { case text, json, xml }
    /// Lines of text, or one document as PostgreSQL lays it out.
    package var format = Format.text
    /// Each node tells what it probably costs and gives; nil: as is usual where it is asked.
    package var showsCosts: Bool?
}

/// A name as written, folded unless it was quoted.
package struct NameSyntax: Sendable, Equatable {
    package let text: String
    package let position: Int
    /// Written in quotes, or not written at all: it means itself alone.
    package let isQuoted: Bool

    package init(_ text: String, at position: Int, isQuoted: Bool = true) { (self.text, self.position, self.isQuoted) = (text, position, isQuoted) }
}

/// `[WITH …] body [ORDER BY …] [LIMIT …] [OFFSET …]`.
package struct QuerySyntax: Sendable {
    package var with: [CommonTableSyntax] = []
    package var body: QueryBody
    package var orderBy: [OrderItemSyntax] = []
    /// nil: no limit (also `LIMIT ALL`).
    package var limit: ExpressionSyntax?
    package var offset: ExpressionSyntax?
    /// FETCH … WITH TIES: also rows that the order does not tell from the last one.
    package var withTies = false
    package var position: Int
}

/// What a query's rows are, without order and count.
package indirect enum QueryBody: Sendable {
    case select(SelectSyntax)
    case values([[ExpressionSyntax]], position: Int)
    /// In parentheses, with a tail of its own.
    case nested(QuerySyntax)
    case setOperation(SetOperator, isAll: Bool, left: QueryBody, right: QueryBody, position: Int)
}

package enum SetOperator: String, Sendable { case union = "UNION", intersect = "INTERSECT", except = "EXCEPT" }

/// One table of WITH.
package struct CommonTableSyntax: Sendable {
    package let name: NameSyntax
    /// Names for its first columns; the others keep their own.
    package let columns: [NameSyntax]
    package let query: QuerySyntax
    /// WITH RECURSIVE: it may read itself.
    package var isRecursive = false
}

/// `SELECT [DISTINCT] items FROM … WHERE … GROUP BY … HAVING … WINDOW …`. Absent clauses are nil or empty.
package struct SelectSyntax: Sendable {
    package enum Distinct: Sendable { case none, all, on([ExpressionSyntax]) }

    package var distinct: Distinct = .none
    /// None: rows without columns.
    package var items: [SelectItemSyntax] = []
    /// Tables between commas; none: one row without columns.
    package var from: [TableSyntax] = []
    package var whereClause: ExpressionSyntax?
    package var groupBy: [GroupingSyntax] = []
    package var groupByPosition: Int?
    /// GROUP BY DISTINCT: of grouping sets that have the same keys, one.
    package var groupsAreDistinct = false
    package var having: ExpressionSyntax?
    package var windows: [(name: NameSyntax, window: WindowSyntax)] = []
    package var position: Int
}

package struct SelectItemSyntax: Sendable {
    package let expression: ExpressionSyntax
    package let alias: NameSyntax?
}

/// An item of GROUP BY. Several items are multiplied with each other.
package indirect enum GroupingSyntax: Sendable {
    /// One expression, or several in parentheses (none: the grand total).
    case set([ExpressionSyntax])
    /// Of each item its expressions: (a, b), (a), () for ROLLUP (a, b).
    case rollup([[ExpressionSyntax]], position: Int)
    /// All subsets of the items.
    case cube([[ExpressionSyntax]], position: Int)
    case groupingSets([GroupingSyntax], position: Int)
}

package struct OrderItemSyntax: Sendable {
    package let expression: ExpressionSyntax
    package let isDescending: Bool
    /// nil: PostgreSQL's default, last when ascending and first when descending.
    package let nullsFirst: Bool?
}

/// `AS name (columns)`; columns may be fewer than the table has.
package struct TableAliasSyntax: Sendable {
    package let name: NameSyntax
    package let columns: [NameSyntax]
    /// A table with more columns than names is refused: for what SEARCH and CYCLE make of a query with *.
    var namesAll = false
}

/// Raw values are the words before JOIN.
package enum JoinKindSyntax: String, Sendable {
    case inner = "INNER", left = "LEFT", right = "RIGHT", full = "FULL", cross = "CROSS"
    /// DuckDB's: of the rows that the condition leaves the nearest one.
    case asof = "ASOF", asofLeft = "ASOF LEFT"
}

/// What stands in FROM.
package indirect enum TableSyntax: Sendable {
    case named([NameSyntax], alias: TableAliasSyntax?)
    case subquery(QuerySyntax, alias: TableAliasSyntax?, isLateral: Bool, position: Int)
    /// UNNEST, generate_series: a function that gives rows. They may always refer to earlier tables.
    case function(FunctionSyntax, withOrdinality: Bool, alias: TableAliasSyntax?, position: Int)
    /// `t TABLESAMPLE BERNOULLI (10) REPEATABLE (7)`.
    case sampled(TableSyntax, method: String, percentage: ExpressionSyntax, seed: ExpressionSyntax?, position: Int)
    case join(JoinKindSyntax, left: TableSyntax, right: TableSyntax, condition: JoinConditionSyntax, position: Int)
}

/// What a join's rows are paired by.
package enum JoinConditionSyntax: Sendable {
    case none
    case on(ExpressionSyntax)
    /// The alias names the columns that both sides have, and those alone.
    case using([NameSyntax], alias: NameSyntax?)
    case natural
}

/// `[base] [PARTITION BY …] [ORDER BY …] [frame]`.
package struct WindowSyntax: Sendable {
    package var base: NameSyntax?
    package var partitionBy: [ExpressionSyntax] = []
    package var orderBy: [OrderItemSyntax] = []
    package var frame: FrameSyntax?
    package var position: Int
}

/// `ROWS BETWEEN start AND end EXCLUDE exclusion`. Without BETWEEN the end is the current row.
package struct FrameSyntax: Sendable {
    package enum Unit: String, Sendable { case rows = "ROWS", range = "RANGE", groups = "GROUPS" }
    package enum Bound: Sendable {
        case unboundedPreceding, preceding(ExpressionSyntax), currentRow, following(ExpressionSyntax), unboundedFollowing
    }
    package enum Exclusion: String, Sendable { case currentRow = "CURRENT ROW", group = "GROUP", ties = "TIES", noOthers = "NO OTHERS" }

    package let unit: Unit
    package let start: Bound
    package let end: Bound
    package let exclusion: Exclusion
    package let position: Int
}
