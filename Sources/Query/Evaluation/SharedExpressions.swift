/// What several expressions over the same rows have in common: computed once for all of them.
final class SharedExpressions {
    /// Without positions in the query: the same operation wherever it stands.
    private let repeated: Set<Expression>
    private var nodes: [Expression: SharedNode] = [:]

    /// Past this, looking for repeats takes longer than they would.
    private static let nodeCountMax = 20_000

    /// Nil when nothing is repeated.
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
