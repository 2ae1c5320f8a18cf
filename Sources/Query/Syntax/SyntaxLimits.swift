/// Bounds on a query's text, so that no query can exhaust memory or the stack before it runs.
package enum SyntaxLimits {
    /// A query of this size is generated, and still parsed in milliseconds.
    package static let queryByteCountMax = 1 << 20
    /// Nesting of parentheses, subqueries and joins. Each level costs the parser a few frames of up to a kilobyte or two
    /// (more in debug builds); threads have 8 MiB.
    package static let nestingMax = 200
    /// Height of an expression tree: `a + b + c …` grows it without nesting. Later passes recurse over it.
    package static let expressionHeightMax = 400
    /// UNION, INTERSECT and EXCEPT in a row, and joins in a row: each is one level of the plan.
    package static let setOperationCountMax = 200
    /// An identifier longer than this is a mistake or an attack.
    package static let identifierByteCountMax = 1_024
    /// `$1` … `$1000`.
    package static let parameterCountMax = 1_000
    /// GROUPING SETS after CUBE and ROLLUP are multiplied out.
    package static let groupingSetCountMax = 512
}
