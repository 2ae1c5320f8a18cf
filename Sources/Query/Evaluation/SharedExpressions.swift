/// What several expressions over the same rows have in common: computed once for all of them.
///
/// A repeat says the same (`ExpressionIdentity`), wherever it stands: 0 and -0 are two constants, though they are equal. An error has the
/// position of the first mention. Only what is more than a column or a literal counts, and nothing of chance.
///
/// Invariant: `nodes` has a node only for expressions of `repeated`.
final class SharedExpressions {
    private let repeated: Set<ExpressionIdentity>
    private var nodes: [ExpressionIdentity: SharedNode] = [:]

    /// Past this, looking for repeats takes longer than they would.
    private static let nodeCountMax = 20_000

    /// Nil when nothing is repeated.
    /// - Complexity: O(nodes), each of which is hashed; past `nodeCountMax` it gives up.
    init?(_ expressions: [Expression]) {
        var counts: [ExpressionIdentity: Int] = [:]
        var visited = 0
        func visit(_ expression: Expression) {
            visited += 1
            guard Self.isWorthSharing(expression), visited <= Self.nodeCountMax else { return }
            counts[ExpressionIdentity(expression), default: 0] += 1
            for child in expression.children { visit(child) }
        }
        for expression in expressions { visit(expression) }
        repeated = Set(counts.filter { $0.value > 1 }.keys)
        if repeated.isEmpty || visited > Self.nodeCountMax { return nil }
    }

    private static func isWorthSharing(_ expression: Expression) -> Bool {
        switch expression {
        case .column, .literal, .subquery: false
        default: !expression.isVolatile
        }
    }

    /// The one node of a repeated expression, made by `build` at its first mention; nil for others.
    func node(
        _ expression: Expression, _ build: () throws(QueryError) -> EvaluationNode
    ) throws(QueryError) -> EvaluationNode? {
        guard Self.isWorthSharing(expression) else { return nil }
        let key = ExpressionIdentity(expression)
        guard repeated.contains(key) else { return nil }
        if let known = nodes[key] { return known }
        let node = SharedNode(try build())
        nodes[key] = node
        return node
    }
}
