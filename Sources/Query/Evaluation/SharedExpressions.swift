/// What several expressions over the same rows have in common: computed once for all of them.
///
/// A repeat is the same expression but for its positions. Only what is more than a column or a literal counts, and nothing
/// of chance.
///
/// Invariant: `nodes` has a node only for expressions of `repeated`.
final class SharedExpressions {
    /// Without positions in the query: the same operation wherever it stands.
    private let repeated: Set<Expression>
    private var nodes: [Expression: SharedNode] = [:]

    /// Past this, looking for repeats takes longer than they would.
    private static let nodeCountMax = 20_000

    /// Nil when nothing is repeated.
    /// - Complexity: O(nodes), each of which is hashed; past `nodeCountMax` it gives up.
    init?(_ expressions: [Expression]) {
        var counts: [Expression: Int] = [:]
        var visited = 0
        func visit(_ expression: Expression) {
            visited += 1
            guard Self.isWorthSharing(expression), visited <= Self.nodeCountMax else { return }
            counts[expression, default: 0] += 1
            for child in expression.children { visit(child) }
        }
        for expression in expressions { visit(Self.plain(expression)) }
        repeated = Set(counts.filter { $0.value > 1 }.keys)
        if repeated.isEmpty || visited > Self.nodeCountMax { return nil }
    }

    private static func isWorthSharing(_ expression: Expression) -> Bool {
        switch expression {
        case .column, .literal, .subquery: false
        default: !expression.isVolatile
        }
    }

    /// The expression without positions, by which repeats are known. An error has the position of the first mention.
    private static func plain(_ expression: Expression) -> Expression {
        expression.rewritten { node in
            switch node {
            case .call(let function, let arguments, let type, _): .call(function, arguments, type: type, position: nil)
            case .cast(let operand, let type, _): .cast(operand, to: type, position: nil)
            default: node
            }
        }
    }

    /// The one node of a repeated expression, made by `build` at its first mention; nil for others.
    func node(
        _ expression: Expression, _ build: () throws(QueryError) -> EvaluationNode
    ) throws(QueryError) -> EvaluationNode? {
        guard Self.isWorthSharing(expression) else { return nil }
        let key = Self.plain(expression)
        guard repeated.contains(key) else { return nil }
        if let known = nodes[key] { return known }
        let node = SharedNode(try build())
        nodes[key] = node
        return node
    }
}
