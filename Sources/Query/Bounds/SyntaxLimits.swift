/// Bounds on a query's text, so that no query can exhaust memory or the stack before it runs.
package enum SyntaxLimits {
    /// A query of this size is generated, and still parsed in milliseconds.
    package static let queryByteCountMax = 1 << 20
    /// Nesting of parentheses, subqueries and joins. Each level costs the parser a few frames of up to a kilobyte or two
    /// (more in debug builds); threads have 8 MiB, and 64 there.
    package static let nestingMax = 200
    /// Height of an expression tree: `a + b + c …` grows it without nesting. Later passes recurse over it, by up to 2.5 KiB a level, and some look at all that is below each
    /// level: of 2,500 they took several seconds.
    package static let expressionHeightMax = 1_000
    /// Operators, names and constants of a statement, those of common tables and views counted at each mention, and operands of forms that
    /// mean them several times (`a BETWEEN b AND c` asks `a` twice) as often as they are meant. The longest text has about half as many.
    package static let expressionNodeCountMax = 1 << 20
    /// Height of an expression when casts are explicit and conditions have moved through subqueries. Passes and the executor recurse over it.
    package static let boundHeightMax = 3_000
    /// Nodes of the plan above each other.
    package static let planLevelCountMax = 1_000
    /// Steps that planning may take: a second or so. A long query that is merely long takes a quarter of them.
    package static let planningStepCountMax = 1 << 24
    /// What moving conditions may add to a plan by copying them. Past it conditions stay where they are.
    package static let copiedNodeCountMax = 1 << 16
    /// Items of SELECT, GROUP BY, ORDER BY, PARTITION BY and VALUES; PostgreSQL has the same bound. Each is a column in memory.
    package static let listItemCountMax = 1_664
    /// UNIONs in a row, which generated queries have many of: all are inputs of one node. With a table each they are as many nodes as a plan may have.
    package static let operandCountMax = 2_000
    /// INTERSECT and EXCEPT in a row, UNION ALL behind UNION, tables of FROM, joins in a row, and windows: each is one level of the plan.
    package static let setOperationCountMax = 200
    /// An identifier longer than this is a mistake or an attack.
    package static let identifierByteCountMax = 1_024
    /// `$1` … `$65535`, as many as PostgreSQL's protocol has.
    package static let parameterCountMax = 65_535
    /// GROUPING SETS after CUBE and ROLLUP are multiplied out.
    package static let groupingSetCountMax = 512
}
