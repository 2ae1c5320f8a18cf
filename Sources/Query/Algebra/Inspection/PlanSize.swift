/// How large a plan is, in what its passes walk: the definition of a shared table once (`SharedWalk`).
///
/// Of a plan as it was bound common tables are counted at each mention: its subqueries hold them, and what compares expressions compares those whole.
struct PlanSize {
    /// Expressions' nodes, and one for each node of the plan.
    private(set) var expressionNodeCount = 0
    /// Operators of one expression above each other.
    private(set) var height = 0
    /// Nodes of the plan above each other, a subquery being one more.
    private(set) var level = 0
    /// Some node of it is a window.
    private(set) var hasWindows = false
    private let countsMentions: Bool
    /// Levels of the definition of each shared table that has been walked.
    private var sharedLevels: [Int: Int] = [:]
    /// Expressions that need not be walked again, and how many nodes they gave.
    private let known: NodeCounts?
    private var knownNodeCount = 0

    private init(countsMentions: Bool, known: NodeCounts? = nil) { (self.countsMentions, self.known) = (countsMentions, known) }

    /// - Throws: unsupported-sql when passes should not walk the plan: it would take them too long, or too deep for their stacks.
    ///
    /// Called for the bound plan, after subqueries have become joins, and after each pass: any of them may copy expressions.
    ///
    /// - Parameter isBound: its subqueries have not become joins.
    @discardableResult
    static func check(_ plan: LogicalPlan, isBound: Bool = false) throws(QueryError) -> PlanSize {
        try PlanningWork.check()
        var size = PlanSize(countsMentions: isBound)
        size.visit(plan, level: 1)
        PlanningWork.charge(size.expressionNodeCount)
        if size.level > SyntaxLimits.planLevelCountMax {
            throw .unsupported("the query has more than \(SyntaxLimits.planLevelCountMax) levels of joins, subqueries and windows", at: nil)
        }
        if size.height > SyntaxLimits.boundHeightMax {
            throw .unsupported("an expression of the query is deeper than \(SyntaxLimits.boundHeightMax) operators, once it is put together", at: nil)
        }
        if size.expressionNodeCount > SyntaxLimits.expressionNodeCountMax {
            throw .unsupported(
                "the query has more than \(SyntaxLimits.expressionNodeCountMax) operators, names and constants, once it is put together", at: nil)
        }
        try PlanningWork.check()
        return size
    }

    /// Nodes of an expression, with those of its subqueries' plans, common tables at each mention.
    ///
    /// - Parameter known: what has been counted before.
    /// - Returns: what lies past the bounds of a statement's plan is not counted to its end, and `isWhole` is false. `visited` are those that were looked at.
    static func nodeCount(of expression: Expression, known: NodeCounts) -> (all: Int, visited: Int, isWhole: Bool) {
        var size = PlanSize(countsMentions: true, known: known), level = 1
        size.visit(expression, height: 1, level: &level)
        return (size.expressionNodeCount, size.expressionNodeCount - size.knownNodeCount, !size.isTooLarge)
    }

    /// The walk ends here: what is past a bound is refused however large it is, and walking on could itself overflow the stack.
    private var isTooLarge: Bool {
        level > SyntaxLimits.planLevelCountMax || height > SyntaxLimits.boundHeightMax || expressionNodeCount > SyntaxLimits.expressionNodeCountMax
    }

    private mutating func visit(_ plan: LogicalPlan, level: Int) {
        self.level = max(self.level, level)
        expressionNodeCount += 1
        if case .window = plan { hasWindows = true }
        if isTooLarge { return }
        // Each subquery of a node becomes a join beneath it.
        var below = level + 1
        for expression in plan.expressions { visit(expression, height: 1, level: &below) }
        guard case .shared(let id, let definition, _) = plan, !countsMentions else {
            for input in plan.inputs { visit(input, level: below) }
            return
        }
        if let known = sharedLevels[id] {
            self.level = max(self.level, level + known)
            return
        }
        // Its own levels, which another mention may stand deeper with.
        let before = self.level
        self.level = level
        visit(definition, level: below)
        sharedLevels[id] = self.level - level
        self.level = max(self.level, before)
    }

    private mutating func visit(_ expression: Expression, height: Int, level: inout Int) {
        if let count = known?[expression] {
            expressionNodeCount += count
            knownNodeCount += count
            return
        }
        expressionNodeCount += 1
        self.height = max(self.height, height)
        if isTooLarge { return }
        if case .subquery(let subquery) = expression {
            level += 1
            visit(subquery.plan, level: level)
        }
        for child in expression.children { visit(child, height: height + 1, level: &level) }
    }
}

extension Expression {
    /// Nodes of the tree, and how many lie above each other.
    var measured: (count: Int, height: Int) {
        var count = 1
        var height = 0
        for child in children {
            let inner = child.measured
            count += inner.count
            height = max(height, inner.height)
        }
        return (count, height + 1)
    }
}
