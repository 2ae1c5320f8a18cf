import ColumnStore

/// Makes evaluation nodes of an expression: places columns, folds constants, and puts what looks at one column only behind a cache by
/// dictionary entry.
///
/// For each expression, from the outside in:
///
/// 1. If others have it in common (`shared`), there is one node for all of them.
/// 2. If it looks at one column alone, it is compiled over a batch of that column and put behind a `DictionaryNode`.
/// 3. If it looks at none, and chance does not decide it, it is put into a `FoldedNode`.
struct EvaluationCompiler {
    /// Where each column lies in the batches.
    let layout: [ColumnID: Int]
    let context: EvaluationContext
    let meter: WorkMeter
    /// Of all expressions that are compiled together.
    var shared: SharedExpressions?

    /// - Throws: `unsupportedSQL` for a column that is not in `layout`, and for a subquery that no pass has turned into a
    ///   join.
    func compile(_ expression: Expression) throws(QueryError) -> EvaluationNode {
        if let node = try shared?.node(expression, { () throws(QueryError) in try compileAlone(expression) }) { return node }
        return try compileAlone(expression)
    }

    private func compileAlone(_ expression: Expression) throws(QueryError) -> EvaluationNode {
        let mentioned = Self.columns(of: expression)
        if Self.isWorthCaching(expression), mentioned.count == 1, let id = mentioned.first, let index = layout[id] {
            // Without `shared`: its nodes see other batches, of one column.
            let inner = EvaluationCompiler(layout: [id: 0], context: context, meter: meter)
            return DictionaryNode(
                try inner.build(expression), column: index, isCostly: Self.isCostly(expression), isDear: Self.isDear(expression), canFail: ConstantFolding.canFail(expression), meter)
        }
        return try build(expression)
    }

    /// Something must be computed, from a column that may lie in a dictionary.
    private static func isWorthCaching(_ expression: Expression) -> Bool {
        switch expression {
        case .column, .literal, .member: return false
        default:
            var isPlain = true
            walk(expression) { node in
                switch node {
                // Rows of one entry have values of their own.
                case .call(let function, _, _, _) where function.traits.isVolatile: isPlain = false
                case .column(_, let type), .member(_, _, let type): if type.isNested { isPlain = false }
                default: break
                }
            }
            return isPlain
        }
    }

    /// More than arithmetic and a comparison or two a row.
    /// A call that is no arithmetic is enough; so are four steps of arithmetic.
    private static func isCostly(_ expression: Expression) -> Bool {
        var cost = 0
        walk(expression) { node in
            switch node {
            case .call(let function, _, _, _): cost += function.cost == .arithmetic ? 1 : 4
            case .cast(_, .string, _), .conditional, .inList: cost += 4
            case .cast, .and, .or: cost += 1
            default: break
            }
        }
        return cost >= 4
    }

    /// Something is done with a text that costs much more than to look it up.
    private static func isDear(_ expression: Expression) -> Bool {
        var (isOfText, isDear) = (false, false)
        walk(expression) { node in
            switch node {
            case .column(_, let type): isOfText = type.isBytes && !type.isJSON
            case .call(let function, let arguments, _, _): isDear = isDear || function.cost == .heavy && arguments.contains { $0.type == .string }
            default: break
            }
        }
        return isOfText && isDear
    }

    private static func columns(of expression: Expression) -> Set<ColumnID> {
        var found: Set<ColumnID> = []
        walk(expression) { if case .column(let id, _) = $0 { found.insert(id) } }
        return found
    }

    /// Calls `visit` with the expression and all below it, outer ones first; not with what subqueries hold.
    static func walk(_ expression: Expression, _ visit: (Expression) -> Void) {
        visit(expression)
        for child in children(of: expression) { walk(child, visit) }
    }

    /// What an expression is made of, one step down.
    private static func children(of expression: Expression) -> [Expression] {
        switch expression {
        case .column, .literal, .subquery: []
        case .member(let inner, _, _), .cast(let inner, _, _), .not(let inner), .isNull(let inner): [inner]
        case .call(_, let arguments, _, _): arguments
        case .and(let operands), .or(let operands), .coalesce(let operands, _): operands
        case .isDistinct(let left, let right, _): [left, right]
        case .conditional(let branches, let otherwise, _):
            branches.flatMap { [$0.condition, $0.result] } + (otherwise.map { [$0] } ?? [])
        case .inList(let operand, let candidates, _): [operand] + candidates
        }
    }

    private func compileAll(_ expressions: [Expression]) throws(QueryError) -> [EvaluationNode] {
        var nodes: [EvaluationNode] = []
        for expression in expressions { nodes.append(try compile(expression)) }
        return nodes
    }

    /// The node, and where it looks at no column and chance does not decide it, one that keeps its value.
    private func build(_ expression: Expression) throws(QueryError) -> EvaluationNode {
        let node = try buildUnfolded(expression)
        switch expression {
        case .literal, .column: return node
        default: return Self.columns(of: expression).isEmpty && !expression.isVolatile ? FoldedNode(node, meter) : node
        }
    }

    /// A CASE of what is drawn once (`ScalarFunction.drawn`): compiled over that as a column beside the row's own. Nil of any other.
    private func drawn(_ expression: Expression, _ branches: [Expression.Branch]) throws(QueryError) -> EvaluationNode? {
        var values: [Expression] = [], places: [ExpressionIdentity: Int] = [:]
        // What is within a draw, or within another CASE, is drawn there.
        func collect(_ part: Expression) {
            switch part {
            case .call(.drawn, _, _, _):
                guard places[ExpressionIdentity(part)] == nil else { return }
                places[ExpressionIdentity(part)] = values.count
                values.append(part)
            case .conditional: break
            default: for child in Self.children(of: part) { collect(child) }
            }
        }
        if let first = branches.first { collect(first.condition) }
        if values.isEmpty { return nil }
        // Ids that no column here has.
        let last = layout.keys.map(\.rawValue).max() ?? 0
        let body = expression.replaced { part in
            guard case .call(.drawn, _, let type, _) = part, let place = places[ExpressionIdentity(part)] else { return nil }
            return .column(ColumnID(last + 1 + place), type)
        }
        var inner: [ColumnID: Int] = [:], indices: [Int] = []
        for id in Self.columns(of: body).sorted() {
            guard let index = layout[id] else { continue }
            inner[id] = indices.count
            indices.append(index)
        }
        for place in values.indices { inner[ColumnID(last + 1 + place)] = indices.count + place }
        // Without `shared`: its nodes see other batches.
        let compiler = EvaluationCompiler(layout: inner, context: context, meter: meter)
        return DrawnNode(columns: indices, values: try compileAll(values), try compiler.build(body))
    }

    /// One node for one expression; what stands within is compiled by itself, shared and cached in turn.
    private func buildUnfolded(_ expression: Expression) throws(QueryError) -> EvaluationNode {
        switch expression {
        case .column(let id, let type):
            guard let index = layout[id] else {
                throw QueryError(.unsupportedSQL, "a column is used where its table cannot be seen")
            }
            return ColumnNode(index, type: type)
        case .literal(let value, let type): return LiteralNode(value, type: type)
        case .member(let inner, let name, let type): return try MemberNode(try compile(inner), name: name, of: inner.type, type: type)
        case .call(let function, let arguments, let type, let position):
            return CallNode(function, try compileAll(arguments), type: type, position: position, context: context, meter)
        case .cast(let inner, let type, let position):
            return CastNode(try compile(inner), from: inner.type, to: type, position: position, context: context, meter)
        case .and(let operands): return JunctionNode(try compileAll(operands), isAnd: true)
        case .or(let operands): return JunctionNode(try compileAll(operands), isAnd: false)
        case .not(let inner): return NotNode(try compile(inner))
        case .isNull(let inner): return IsNullNode(try compile(inner))
        case .isDistinct(let left, let right, let isNegated):
            return DistinctNode(try compile(left), try compile(right), isNegated: isNegated, meter)
        case .conditional(let branches, let otherwise, let type):
            if let node = try drawn(expression, branches) { return node }
            var compiled: [(condition: EvaluationNode, result: EvaluationNode)] = []
            for branch in branches { compiled.append((try compile(branch.condition), try compile(branch.result))) }
            return ConditionalNode(compiled, otherwise: try otherwise.map { (inner) throws(QueryError) in try compile(inner) }, type: type, meter)
        case .coalesce(let operands, let type): return CoalesceNode(try compileAll(operands), type: type, meter)
        case .inList(let operand, let candidates, let isNegated):
            return InListNode(try compile(operand), try compileAll(candidates), isNegated: isNegated, meter)
        case .subquery(let subquery):
            throw QueryError(.unsupportedSQL, "a subquery of this form cannot be run", position: subquery.position)
        }
    }
}
