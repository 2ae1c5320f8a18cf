internal import ColumnStore
internal import Query

/// Turns a bound expression into a tree over cells, where every part of it is one that the tree knows; else there is none and the
/// engine's evaluator does it all.
///
/// The tree does what most rules are made of: arithmetic and comparisons of exact numbers, AND, OR and NOT, CASE and COALESCE, IN, and sums over
/// lists. It must agree with the evaluator wherever it gives a value: a part that it does not know (comparisons of doubles, most functions) is not
/// compiled, and then the expression is not either.
///
/// Nodes are resolved against static types here: scales and ranges are constants in the tree.
struct RuleCompiler {
    /// What a column number stands for.
    ///
    /// A scalar by its cell, a list by its number, a member by its place among those of the list whose elements the expression is evaluated for.
    enum Input: Sendable {
        case scalar(Int)
        case list(Int)
        case member(Int)
    }

    let inputs: [Input]
    /// Names of each list's members, in the order of its cells.
    let memberNames: [[String]]

    init(inputs: [Input], memberNames: [[String]]) {
        self.inputs = inputs
        self.memberNames = memberNames
    }

    /// - Returns: nil for what the tree does not know.
    func node(_ expression: Expression) -> RuleNode? {
        switch expression {
        case .column(let id, _):
            guard inputs.indices.contains(id.rawValue) else { return nil }
            switch inputs[id.rawValue] {
            case .scalar(let index): return RuleScalar(index)
            case .member(let index): return RuleMember(index)
            // A list has no cell: only functions over it are known.
            case .list: return nil
            }
        case .literal(let value, let type): return Self.isPlain(type) || value.isNull ? RuleLiteral(value) : nil
        case .call(let function, let arguments, let type, _): return call(function, arguments, type)
        case .cast(let operand, let type, _): return cast(operand, type)
        case .and(let operands): return nodes(operands).map { RuleJunction($0, isAnd: true) }
        case .or(let operands): return nodes(operands).map { RuleJunction($0, isAnd: false) }
        case .not(let operand): return node(operand).map { RuleNot($0) }
        case .isNull(let operand): return node(operand).map { RuleIsNull($0) }
        case .isDistinct(let left, let right, let isNegated):
            guard let a = node(left), let b = node(right), let order = RuleOrder(left.type, right.type) else { return nil }
            return RuleIsDistinct(a, b, order, isNegated: isNegated)
        case .conditional(let branches, let otherwise, let type): return conditional(branches, otherwise, type)
        case .coalesce(let operands, let type):
            return nodes(operands, as: type).map { RuleCoalesce($0) }
        case .inList(let operand, let candidates, let isNegated):
            guard let value = node(operand) else { return nil }
            var compiled: [(node: RuleNode, order: RuleOrder)] = []
            for candidate in candidates {
                guard let node = node(candidate), let order = RuleOrder(operand.type, candidate.type) else { return nil }
                compiled.append((node, order))
            }
            return RuleInList(value, compiled, isNegated: isNegated)
        // Members of lists are known within those functions only.
        case .member, .subquery: return nil
        }
    }

    /// Types whose constants lie in a cell as the evaluator has them.
    private static func isPlain(_ type: ColumnType) -> Bool {
        switch type {
        case .boolean, .int32, .int64, .double, .decimal, .string, .binary, .date, .timestamp(true): true
        default: false
        }
    }

    /// All of them, or none.
    private func nodes(_ expressions: [Expression]) -> [RuleNode]? {
        var nodes: [RuleNode] = []
        for expression in expressions {
            guard let node = node(expression) else { return nil }
            nodes.append(node)
        }
        return nodes
    }

    /// Results of branches at the scale of the whole.
    private func nodes(_ expressions: [Expression], as type: ColumnType) -> [RuleNode]? {
        var nodes: [RuleNode] = []
        for expression in expressions {
            guard let node = node(expression, as: type) else { return nil }
            nodes.append(node)
        }
        return nodes
    }

    /// With a cast where the branch's type is another: the whole has one scale.
    private func node(_ expression: Expression, as type: ColumnType) -> RuleNode? {
        if case .literal(.null, _) = expression { return RuleLiteral(.null) }
        if expression.type == type { return node(expression) }
        guard let from = RuleNumbers.scale(of: expression.type), let to = RuleNumbers.scale(of: type), let range = RuleNumbers.range(of: type) else { return nil }
        return node(expression).map { RuleUnary(.cast, $0, operandScale: from, scale: to, range: range) }
    }

    private func conditional(_ branches: [Expression.Branch], _ otherwise: Expression?, _ type: ColumnType) -> RuleNode? {
        var compiled: [(condition: RuleNode, result: RuleNode)] = []
        for branch in branches {
            guard let condition = node(branch.condition), let result = node(branch.result, as: type) else { return nil }
            compiled.append((condition, result))
        }
        guard let otherwise else { return RuleConditional(compiled, otherwise: nil) }
        return node(otherwise, as: type).map { RuleConditional(compiled, otherwise: $0) }
    }

    /// Among exact numbers only: texts and times are the evaluator's.
    private func cast(_ operand: Expression, _ type: ColumnType) -> RuleNode? {
        if operand.type == type { return node(operand) }
        guard let from = RuleNumbers.scale(of: operand.type), let to = RuleNumbers.scale(of: type), let range = RuleNumbers.range(of: type) else { return nil }
        return node(operand).map { RuleUnary(.cast, $0, operandScale: from, scale: to, range: range) }
    }

    /// Functions by what they are, whatever they were called.
    private func call(_ function: ScalarFunction, _ arguments: [Expression], _ type: ColumnType) -> RuleNode? {
        if let comparison = function.comparison {
            guard let a = node(arguments[0]), let b = node(arguments[1]), let order = RuleOrder(arguments[0].type, arguments[1].type) else { return nil }
            return RuleComparison(comparison, order, a, b)
        }
        if let operation = Self.listOperations[function] { return listFunction(operation, arguments[0], type) }
        switch function {
        case .add: return arithmetic(.add, arguments, type)
        case .subtract: return arithmetic(.subtract, arguments, type)
        case .multiply: return arithmetic(.multiply, arguments, type)
        case .divide: return arithmetic(.divide, arguments, type)
        case .abs: return unary(.absolute, arguments[0], type)
        case .negate: return unary(.negate, arguments[0], type)
        case .nullIf, .nullIfCast: return nullIf(arguments, isCast: function == .nullIfCast)
        default: return nil
        }
    }

    /// The first value is compared as it is, or as the second's type: among exact numbers only.
    private func nullIf(_ arguments: [Expression], isCast: Bool) -> RuleNode? {
        guard arguments.count == 2, let value = node(arguments[0]), let other = node(arguments[1]) else { return nil }
        let (own, type) = (arguments[0].type, arguments[1].type)
        guard isCast, own != type else { return RuleOrder(own, type).map { RuleNullIf(value, other, $0, cast: nil) } }
        guard let from = RuleNumbers.scale(of: own), let to = RuleNumbers.scale(of: type), let range = RuleNumbers.range(of: type), let order = RuleOrder(type, type) else { return nil }
        return RuleNullIf(value, other, order, cast: RuleNullIf.Cast(from: from, to: to, range: range))
    }

    private func unary(_ operation: RuleUnary.Operation, _ argument: Expression, _ type: ColumnType) -> RuleNode? {
        guard let from = RuleNumbers.scale(of: argument.type), let to = RuleNumbers.scale(of: type), let range = RuleNumbers.range(of: type) else { return nil }
        return node(argument).map { RuleUnary(operation, $0, operandScale: from, scale: to, range: range) }
    }

    private func arithmetic(_ operation: RuleArithmetic.Operation, _ arguments: [Expression], _ type: ColumnType) -> RuleNode? {
        guard arguments.count == 2, let left = RuleNumbers.scale(of: arguments[0].type), let right = RuleNumbers.scale(of: arguments[1].type),
            let scale = RuleNumbers.scale(of: type), let range = RuleNumbers.range(of: type), let a = node(arguments[0]), let b = node(arguments[1])
        else { return nil }
        // Division of integers cuts off; that of decimals rounds to the result's scale.
        var isWhole = false
        if case .decimal = type {} else { isWhole = true }
        return RuleArithmetic(operation, a, b, leftScale: left, rightScale: right, scale: scale, range: range, isWhole: isWhole)
    }

    /// Over a list's members, `list_sum(lines.amount)`, and how many elements there are.
    private static let listOperations: [ScalarFunction: RuleListFunction.Operation] = [
        .listCount: .count, .listSum: .sum, .listAvg: .average, .listMin: .least, .listMax: .greatest,
    ]

    private func listFunction(_ operation: RuleListFunction.Operation, _ argument: Expression, _ type: ColumnType) -> RuleNode? {
        var column = argument
        var name: String?
        if case .member(let inner, let member, _) = argument { (column, name) = (inner, member) }
        guard case .column(let id, _) = column, inputs.indices.contains(id.rawValue), case .list(let list) = inputs[id.rawValue] else { return nil }
        if operation == .count { return RuleListFunction(operation, list: list, member: 0, memberScale: 0, scale: 0, range: 0...0, order: nil) }
        guard let name, let member = memberNames[list].firstIndex(of: name), case .list(let element) = argument.type else { return nil }
        // The least and greatest value keep their scale, so the result must have it.
        if operation == .least || operation == .greatest {
            let isSame = element.type == type || RuleNumbers.scale(of: type).map { $0 == RuleNumbers.scale(of: element.type) } ?? false
            guard isSame, let order = RuleOrder(type, type) else { return nil }
            return RuleListFunction(operation, list: list, member: member, memberScale: 0, scale: 0, range: 0...0, order: order)
        }
        guard let from = RuleNumbers.scale(of: element.type), let to = RuleNumbers.scale(of: type), let range = RuleNumbers.range(of: type) else { return nil }
        return RuleListFunction(operation, list: list, member: member, memberScale: from, scale: to, range: range, order: nil)
    }
}
