package import ColumnStore

/// What a query does, as a tree of relational operators. The binder makes it, rewrites change it, the executor runs it as it stands.
///
/// Every node puts out columns with ids of its own or passes its input's on; an expression mentions only ids that its node's input puts out.
///
/// Invariants, which `PlanVerifier` checks where assertions are on:
/// 1. no node puts an id out twice, and a projection that keeps an id keeps its value;
/// 2. the columns of the root, and the order of its rows where the statement asks for one, are the same after every pass;
/// 3. inputs of a set operation, and mentions of a shared table, agree with it in number and types of columns, by place;
/// 4. once `SubqueryRemoval` is done no expression holds a subquery, and no node but a join over a list of its own row looks at the query around it.
package indirect enum LogicalPlan: Hashable, Sendable {
    case scan(ScanNode)
    /// Rows of expressions without columns; no rows at all is `rows: []`.
    case values(columns: [OutputColumn], rows: [[Expression]])
    /// `generate_series(start, stop, step)`: inclusive; integers, decimals, or timestamps with an interval.
    case series(column: OutputColumn, start: Expression, stop: Expression, step: Expression)
    /// Rows for which every conjunct is true, tested in order: a later one is not evaluated on rows that an earlier one drops.
    case filter(input: LogicalPlan, conjuncts: [Expression])
    /// Computes these columns and drops all others.
    case project(input: LogicalPlan, columns: [ProjectedColumn])
    /// One row for each group, of the keys and the aggregates.
    case aggregate(AggregateNode)
    /// Pairs of rows of two inputs, or the rows of one that have a partner.
    case join(JoinNode)
    case unnest(UnnestNode)
    case window(WindowNode)
    /// All rows in an order, or the first of them.
    case sort(SortNode)
    /// Without order: any rows. With a `SortNode` beneath: the first of them.
    case limit(input: LogicalPlan, count: Int?, offset: Int)
    /// The distinct rows, compared over all columns; NULLs are equal.
    case distinct(input: LogicalPlan)
    /// UNION, INTERSECT or EXCEPT; the inputs' columns correspond by place.
    case setOperation(SetOperationNode)
    /// A common table expression used more than once: run once, kept (spilled if need be), read by each `.shared` of that id.
    case shared(id: Int, definition: LogicalPlan, columns: [OutputColumn])
    /// Exactly one row: NULLs if the input has none, data-error if it has more. Made of a scalar subquery.
    case singleRow(input: LogicalPlan, position: Int?)
    /// The input's rows. An error of their data ends them, and waits under the number for a row that asks (`ScalarFunction.deferred`). Made of a subquery that not all rows ask for.
    case deferring(input: LogicalPlan, number: Int)
}

/// The column of a stored relation that a column of a query shows unchanged.
package struct ColumnOrigin: Hashable, Sendable {
    /// Nil for the schema of the store's own tables.
    package var schema: String?
    package var relation: String
    /// The column's number in the relation, from 1.
    package var place: Int
}

/// An expression and the column under which a node puts its value out. Their types are the same.
package struct ProjectedColumn: Hashable, Sendable {
    package var column: OutputColumn
    package var expression: Expression
    package init(_ column: OutputColumn, _ expression: Expression) {
        self.column = column
        self.expression = expression
    }
}

/// A read of a table: the columns that come out, and the rows that its source may leave out.
///
/// Invariants:
/// 1. rows that come out pass `scope`, `filters` and `residual`, all of them;
/// 2. `elementFilters` are hints alone: rows that none of a list's elements passes may be left out, and need not be;
/// 3. `scope` comes with the table from the catalog: no condition of the query enters it or leaves it.
package struct ScanNode: Hashable, Sendable {
    package var table: TableReference
    /// The columns that come out, in this order: each names a top-level column of the table.
    package var columns: [ScanColumn]
    /// Filters that come with the table (the caller's own rows, the snapshot): applied before anything else looks at a row.
    package var scope: [ColumnFilter]
    /// Tests of columns against constants that the source answers by itself; it prunes files, row groups and pages by them.
    package var filters: [ColumnFilter]
    /// Tests of members of a list's elements, `lines.code = 'x'`. The condition itself stands above the unnesting.
    package var elementFilters: [ColumnFilter]
    /// Conjuncts over `columns` and `residualColumns` that are no ColumnFilters but look at this table only: evaluated in the source.
    package var residual: [Expression]
    /// Columns that only `residual` reads.
    package var residualColumns: [ScanColumn]
    /// The source may stop after this many rows, whichever they are; nil: all rows are wanted.
    package var rowCountMax: Int?

    package init(
        table: TableReference, columns: [ScanColumn], scope: [ColumnFilter] = [], filters: [ColumnFilter] = [],
        elementFilters: [ColumnFilter] = [], residual: [Expression] = [], residualColumns: [ScanColumn] = [], rowCountMax: Int? = nil
    ) {
        self.table = table
        self.columns = columns
        self.scope = scope
        self.filters = filters
        self.elementFilters = elementFilters
        self.residual = residual
        self.residualColumns = residualColumns
        self.rowCountMax = rowCountMax
    }
}

/// A column that a scan puts out, and the part of the table's column that it has.
package struct ScanColumn: Hashable, Sendable {
    /// Its type has only the members that `members` names, where that is not nil.
    package var column: OutputColumn
    /// The table's top-level column.
    package var name: String
    /// Of a nested column: the member paths wanted (below `name`, in the table's order); nil for all.
    package var members: [ColumnPath]?

    package init(column: OutputColumn, name: String, members: [ColumnPath]? = nil) {
        self.column = column
        self.name = name
        self.members = members
    }
}

/// A source with a name to show; equal when it is the same object by `identity`.
package struct TableReference: Hashable, Sendable {
    package let name: String
    package let source: any TableSource
    let identity: Int

    /// - Parameter identity: distinct for each mention of a source in one plan.
    package init(name: String, source: any TableSource, identity: Int) {
        self.name = name
        self.source = source
        self.identity = identity
    }

    /// The same mention of another source.
    func replacing(_ source: any TableSource) -> TableReference { TableReference(name: name, source: source, identity: identity) }

    package static func == (left: TableReference, right: TableReference) -> Bool { left.identity == right.identity }
    package func hash(into hasher: inout Hasher) { hasher.combine(identity) }
}

/// GROUP BY. It puts out the groups' columns, the grouping column if there is one, and the aggregates', in that order.
package struct AggregateNode: Hashable, Sendable {
    package var input: LogicalPlan
    /// The grouping expressions, each put out under its column. Without any: one group, even of no rows.
    package var groups: [ProjectedColumn]
    /// GROUPING SETS: each set the places in `groups` that count; the others are NULL. Nil: one set of all.
    package var groupingSets: [[Int]]?
    /// With grouping sets: a BIGINT column of the PostgreSQL GROUPING() bits over the last `groupingBitCountMax` of `groups` (first group highest), when
    /// asked for. Groups before those have no bit.
    package var groupingColumn: OutputColumn?
    /// May be empty: then the distinct keys alone come out.
    package var aggregates: [AggregateCall]

    /// So many bits are a BIGINT that is not negative, and what lies above each of them is one more power of two.
    static let groupingBitCountMax = 62

    package init(
        input: LogicalPlan, groups: [ProjectedColumn], groupingSets: [[Int]]? = nil, groupingColumn: OutputColumn? = nil,
        aggregates: [AggregateCall]
    ) {
        self.input = input
        self.groups = groups
        self.groupingSets = groupingSets
        self.groupingColumn = groupingColumn
        self.aggregates = aggregates
    }
}

/// One aggregate of a grouping, computed over the rows of each group.
package struct AggregateCall: Hashable, Sendable {
    package var column: OutputColumn
    package var function: AggregateFunction
    package var arguments: [Expression]
    /// Equal arguments count once.
    package var isDistinct: Bool
    /// FILTER (WHERE …): rows for which it is false or NULL do not count.
    package var filter: Expression?
    /// ORDER BY within the call, and WITHIN GROUP.
    package var order: [SortKey]
    /// Where the call begins in the query's text, for errors of the data.
    package var position: Int?

    package init(
        column: OutputColumn, function: AggregateFunction, arguments: [Expression], isDistinct: Bool = false, filter: Expression? = nil,
        order: [SortKey] = [], position: Int? = nil
    ) {
        self.column = column
        self.function = function
        self.arguments = arguments
        self.isDistinct = isDistinct
        self.filter = filter
        self.order = order
        self.position = position
    }
}

/// One key of an order. By default NULLs sort as in PostgreSQL: last in an ascending order, first in a descending one.
package struct SortKey: Hashable, Sendable {
    package var expression: Expression
    package var isDescending: Bool
    package var nullsFirst: Bool

    package init(_ expression: Expression, isDescending: Bool = false, nullsFirst: Bool? = nil) {
        self.expression = expression
        self.isDescending = isDescending
        self.nullsFirst = nullsFirst ?? isDescending
    }
}

/// ORDER BY, with the LIMIT that `LimitPushdown` may have put into it.
package struct SortNode: Hashable, Sendable {
    package var input: LogicalPlan
    package var keys: [SortKey]
    /// Top-n: only the first `offset + count` rows are kept while sorting, and `offset` of them dropped.
    package var limit: Int?
    package var offset: Int
    /// Of a top-n: a size of texts after which the reader of its rows stops, possibly before `limit` rows.
    package var enough: EnoughText?

    package init(input: LogicalPlan, keys: [SortKey], limit: Int? = nil, offset: Int = 0, enough: EnoughText? = nil) {
        self.input = input
        self.keys = keys
        self.limit = limit
        self.offset = offset
        self.enough = enough
    }
}

/// Lets ordered rows end early for a reader that is bounded by bytes: at the row with which the texts of some columns reach `byteCount`, and one row
/// more, whose presence says that there are further rows.
package struct EnoughText: Hashable, Sendable {
    package var columns: [Expression]
    package let byteCount: Int
}

/// A join of two inputs by equal keys and further conditions. The right side is where the hash table is built.
///
/// Invariants:
/// 1. an equality's sides each mention their own input alone, so that either side can be hashed by itself;
/// 2. a pair matches where all equalities and all of `residual` are true: NULL is no match;
/// 3. ids of both sides are different.
package struct JoinNode: Hashable, Sendable {
    package enum Kind: Hashable, Sendable {
        case inner, left, right, full, cross
        /// Left rows with, or without, a match. `antiNullAware` is NOT IN: any NULL in the comparison leaves the row out.
        case semi, anti, antiNullAware
        /// Right rows with, or without, a match: `semi` and `anti` with the sides swapped. The planner makes them last.
        case rightSemi, rightAnti
        /// Left rows with a further BOOLEAN column: whether there is a match (NULL as IN has it when `nullAware`).
        case mark(OutputColumn, nullAware: Bool)
    }
    package var kind: Kind
    package var left: LogicalPlan
    package var right: LogicalPlan
    /// `left = right` pairs, each side mentioning its input only; types equal, but for the precision of decimals.
    package var equalities: [Equality]
    /// Further conditions over both sides.
    package var residual: [Expression]
    /// - Parameter right: the side that the hash table is built from; the planner puts the smaller one there where it may.
    package init(kind: Kind, left: LogicalPlan, right: LogicalPlan, equalities: [Equality] = [], residual: [Expression] = []) {
        self.kind = kind
        self.left = left
        self.right = right
        self.equalities = equalities
        self.residual = residual
    }

    /// Two keys that must be equal for a match.
    package struct Equality: Hashable, Sendable {
        package var left: Expression
        package var right: Expression
        /// NULL matches NULL (IS NOT DISTINCT FROM).
        package var nullsEqual: Bool
        /// In a null-aware join: a condition of the subquery itself (its correlation), where NULL is no match; the comparison of IN is not.
        package var isCorrelation: Bool
        package init(_ left: Expression, _ right: Expression, nullsEqual: Bool = false, isCorrelation: Bool = false) {
            self.left = left
            self.right = right
            self.nullsEqual = nullsEqual
            self.isCorrelation = isCorrelation
        }

        /// The same test as a condition over both sides.
        var condition: Expression {
            nullsEqual ? .isDistinct(left, right, isNegated: true) : .call(.equal, [left, right], type: .boolean, position: nil)
        }
    }
}

/// One output row for each element of a list: the input's columns (those in `passed`), then the element's members (or the element itself).
package struct UnnestNode: Hashable, Sendable {
    package var input: LogicalPlan
    package var list: Expression
    /// The members of the element's struct that are read above, by name; for a list of scalars one entry with an empty name.
    package var elements: [Element]
    /// WITH ORDINALITY: a BIGINT column with the element's number in its list, from 1.
    package var ordinality: OutputColumn?
    /// Whether a row whose list is empty or NULL comes out once, with NULLs for the element (LEFT JOIN); else it gives no row.
    package var keepsEmpty: Bool
    /// Input columns that are still needed above.
    package var passed: [OutputColumn]

    /// A member of the elements, and the column that it is put out as.
    package struct Element: Hashable, Sendable {
        package var member: String
        package var column: OutputColumn
        package init(member: String, column: OutputColumn) {
            self.member = member
            self.column = column
        }
    }

    package init(
        input: LogicalPlan, list: Expression, elements: [Element], ordinality: OutputColumn? = nil, keepsEmpty: Bool = false,
        passed: [OutputColumn]
    ) {
        self.input = input
        self.list = list
        self.elements = elements
        self.ordinality = ordinality
        self.keepsEmpty = keepsEmpty
        self.passed = passed
    }
}

/// Passes its input's columns on and adds one for each call. All calls share partition and order; frames are each one's own.
package struct WindowNode: Hashable, Sendable {
    package var input: LogicalPlan
    package var partition: [Expression]
    package var order: [SortKey]
    package var calls: [Call]
    /// The rows of each partition that are wanted; nil: all.
    package var first: FirstRanks?
    /// How rows come into the order of partition and order.
    package var sorting = Sorting.own

    /// Rows whose rank is above `count` may be left out: a condition above tests that away. All calls look at the rows before theirs alone.
    package struct FirstRanks: Hashable, Sendable {
        /// `rank`, `denseRank` or `rowNumber`.
        package var function: WindowFunction
        package var count: Int
        package init(function: WindowFunction, count: Int) {
            self.function = function
            self.count = count
        }
    }

    /// Who sorts the rows of a node.
    package enum Sorting: Hashable, Sendable {
        case own
        /// The node itself, by keys of which partition and order are the first: windows that stand on it take its rows in that order. By the first
        /// `partitionCount` keys rows may be divided: partitions of all these windows lie within.
        case shared([SortKey], partitionCount: Int)
        /// The window beneath.
        case given
    }

    /// One function over the windows; its value stands beside each row of the input.
    package struct Call: Hashable, Sendable {
        package var column: OutputColumn
        package var function: WindowFunction
        package var arguments: [Expression]
        package var filter: Expression?
        package var frame: Frame
        /// Where the call begins in the query's text; nil of one that stands in none.
        package var position: Int?
        package init(column: OutputColumn, function: WindowFunction, arguments: [Expression], filter: Expression? = nil, frame: Frame, position: Int? = nil) {
            self.column = column
            self.function = function
            self.arguments = arguments
            self.filter = filter
            self.frame = frame
            self.position = position
        }
    }

    /// The rows around a row that its window's function looks at, from `start` to `end`, both inclusive.
    package struct Frame: Hashable, Sendable {
        /// What a distance counts: rows, values of the order's one key, or groups of rows whose keys are equal.
        package enum Unit: Hashable, Sendable { case rows, range, groups }
        package enum Bound: Hashable, Sendable {
            case unboundedPreceding, preceding(Expression), currentRow, following(Expression), unboundedFollowing
        }
        /// Rows that are left out of the frame though they lie between its bounds (EXCLUDE).
        package enum Exclusion: Hashable, Sendable { case none, currentRow, group, ties }
        package var unit: Unit
        package var start: Bound
        package var end: Bound
        package var exclusion: Exclusion
        package init(unit: Unit, start: Bound, end: Bound, exclusion: Exclusion = .none) {
            self.unit = unit
            self.start = start
            self.end = end
            self.exclusion = exclusion
        }
    }

    package init(input: LogicalPlan, partition: [Expression], order: [SortKey], calls: [Call]) {
        self.input = input
        self.partition = partition
        self.order = order
        self.calls = calls
    }

    /// What it sorts by for others too; empty where it does not.
    var sharedKeys: [SortKey] { if case .shared(let keys, _) = sorting { keys } else { [] } }
}

/// UNION, INTERSECT and EXCEPT. Without `keepsRepeats` equal rows are one row; NULLs are equal.
package struct SetOperationNode: Hashable, Sendable {
    package enum Kind: Hashable, Sendable { case union, intersect, except }
    package var kind: Kind
    /// ALL.
    package var keepsRepeats: Bool
    /// Inputs have the same number of columns, of the types of `columns`, in order.
    package var inputs: [LogicalPlan]
    package var columns: [OutputColumn]

    package init(kind: Kind, keepsRepeats: Bool, inputs: [LogicalPlan], columns: [OutputColumn]) {
        self.kind = kind
        self.keepsRepeats = keepsRepeats
        self.inputs = inputs
        self.columns = columns
    }
}

/// The rows of a catalog's table that are computed by a plan over other tables.
package protocol PlannedRows: EntryRows {
    /// - Parameters:
    ///   - context: whether each group has exactly one row (`readsWholeSums`), else it may have one for each file of sums; and the settings, by which no row is another.
    ///   - newColumn: makes a column of the plan, with an id of its own.
    ///   - newTable: makes the identity of one mention of a source.
    func plan(in context: QueryContext, newColumn: (String, ColumnType) -> OutputColumn, newTable: () -> Int) throws -> (plan: LogicalPlan, read: SumsRead)
}

/// A rollup that a query reads as a table: what was declared, and how several rows of a group become one.
package struct SumsRead: Sendable {
    /// The part of a column where several rows of a group are combined into one.
    enum Role: Sendable, Equatable {
        case key
        /// Combined by this aggregate.
        case measure(AggregateFunction)
    }

    /// The declaration and the types of its columns: where this differs, rows may differ.
    let definition: String
    /// The columns of its rows, where a group may have several rows; empty where each group has one.
    let parts: [(column: OutputColumn, role: Role)]

    init(definition: String, parts: [(column: OutputColumn, role: Role)] = []) { (self.definition, self.parts) = (definition, parts) }
}

extension LogicalPlan {
    /// The columns that the node puts out, in order.
    package var columns: [OutputColumn] {
        var columns: [OutputColumn] = []
        appendColumns(to: &columns)
        PlanningWork.charge(columns.count)
        return columns
    }

    /// Into one list: a chain of joins would else copy each column once for each join above it.
    private func appendColumns(to columns: inout [OutputColumn]) {
        switch self {
        case .scan(let scan): columns += scan.columns.lazy.map(\.column)
        case .values(let own, _), .shared(_, _, let own): columns += own
        case .series(let column, _, _, _): columns.append(column)
        case .filter(let input, _), .limit(let input, _, _), .distinct(let input), .singleRow(let input, _), .deferring(let input, _):
            input.appendColumns(to: &columns)
        case .project(_, let own): columns += own.lazy.map(\.column)
        case .aggregate(let node):
            columns += node.groups.lazy.map(\.column)
            if let column = node.groupingColumn { columns.append(column) }
            columns += node.aggregates.lazy.map(\.column)
        case .join(let node):
            switch node.kind {
            case .semi, .anti, .antiNullAware: node.left.appendColumns(to: &columns)
            case .rightSemi, .rightAnti: node.right.appendColumns(to: &columns)
            case .mark(let column, _):
                node.left.appendColumns(to: &columns)
                columns.append(column)
            default:
                node.left.appendColumns(to: &columns)
                node.right.appendColumns(to: &columns)
            }
        case .unnest(let node):
            columns += node.passed
            columns += node.elements.lazy.map(\.column)
            if let column = node.ordinality { columns.append(column) }
        case .window(let node):
            node.input.appendColumns(to: &columns)
            columns += node.calls.lazy.map(\.column)
        case .sort(let node): node.input.appendColumns(to: &columns)
        case .setOperation(let node): columns += node.columns
        }
    }
}
