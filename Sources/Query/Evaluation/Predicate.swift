import ColumnStore

/// Conjuncts tested one after another, each on the rows that are left.
///
/// The order is the plan's, but that plain comparisons come before what may refuse values. A row that an earlier conjunct drops is not shown to a later one that may refuse it.
///
/// One worker's own: `PredicatePool` lends them to others.
final class Predicate {
    private let conjuncts: [EvaluationNode]
    private let meter: WorkMeter

    init(_ conjuncts: [Expression], layout: [ColumnID: Int], context: EvaluationContext) throws(QueryError) {
        meter = WorkMeter(context)
        let compiler = EvaluationCompiler(layout: layout, context: context, meter: meter)
        var nodes: [EvaluationNode] = []
        for conjunct in Self.ordered(conjuncts) { nodes.append(try compiler.compile(conjunct)) }
        self.conjuncts = nodes
    }

    /// Plain comparisons before the first conjunct that may refuse values, as PostgreSQL asks the cheapest first: `a.x / b.y > 1 AND b.y > a.y` has no error
    /// where the second leaves out what the first would refuse. All others keep their order, and a plain one can fail nowhere.
    private static func ordered(_ conjuncts: [Expression]) -> [Expression] {
        guard conjuncts.count > 1, let first = conjuncts.firstIndex(where: { ConstantFolding.refusesValues($0, except: { _ in false }) }) else { return conjuncts }
        let rest = conjuncts[first...]
        return Array(conjuncts[..<first]) + rest.filter(isPlain) + rest.filter { !isPlain($0) }
    }

    /// Of columns and constants as they lie: it costs next to nothing, and takes every value.
    private static func isPlain(_ expression: Expression) -> Bool {
        switch expression {
        case .column, .literal: !expression.type.isNested && !expression.type.isJSON
        case .cast(let operand, let type, _): type != .string && !ConstantFolding.castCanFail(from: operand.type, to: type) && isPlain(operand)
        case .call(let function, let arguments, let type, _): function.comparison != nil && !function.canFail(arguments, type) && arguments.allSatisfy(isPlain)
        case .not(let operand), .isNull(let operand): isPlain(operand)
        case .isDistinct(let left, let right, _): isPlain(left) && isPlain(right)
        case .inList(let operand, let items, _): isPlain(operand) && items.allSatisfy(isPlain)
        default: false
        }
    }

    /// The rows for which every conjunct is true, ascending; nil when all rows pass.
    /// - Throws: what conjuncts refuse, with the position.
    func select(_ batch: ColumnBatch) throws(QueryError) -> [Int32]? {
        do {
            return try selectAtOnce(batch)
        } catch {
            guard let count = error.fittingRowCount, batch.rowCount > 1 else { throw error }
            return try selectInPieces(batch, of: count)
        }
    }

    /// Of rows that take too much memory together.
    /// - Parameter rowCount: rows to begin with.
    private func selectInPieces(_ batch: ColumnBatch, of rowCount: Int) throws(QueryError) -> [Int32] {
        var pieces = BatchPieces(batch, rowCountMax: rowCount)
        var selected: [Int32] = []
        while let (start, rows) = try pieces.next({ (piece) throws(QueryError) in try selectAtOnce(piece) ?? Array(0..<Int32(piece.rowCount)) }) {
            selected.append(contentsOf: rows.lazy.map { $0 + Int32(start) })
        }
        return selected
    }

    private func selectAtOnce(_ batch: ColumnBatch) throws(QueryError) -> [Int32]? { try passing(batch)?.setIndices() }

    /// Nil when all rows pass.
    private func passing(_ batch: ColumnBatch) throws(QueryError) -> Bitmap? {
        let view = RowView(batch)
        meter.begin(view)
        var passing: Bitmap?
        for conjunct in conjuncts {
            guard let before = passing else {
                // Nil stands for all rows as long as none was dropped: nothing is gathered then.
                let bits = try conjunct.evaluate(view).trueRows()
                passing = bits.isAllSet ? nil : bits
                continue
            }
            let left = before.setCount
            if left == 0 { return before }
            // Gathering a few rows is cheaper than computing all; a test that may fail must not see a dropped row.
            if conjunct.prefersFewRows || left * 4 < view.count {
                let rows = before.setIndices()
                let bits = try conjunct.evaluate(view.selecting(rows)).trueRows()
                passing = EvaluationNode.scattered(bits, to: rows, count: view.count)
            } else {
                passing = before & (try conjunct.evaluate(view).trueRows())
            }
        }
        return passing
    }

    /// As `select`, as a bit a row.
    func bitmap(_ batch: ColumnBatch) throws(QueryError) -> Bitmap {
        do {
            return try passing(batch) ?? Bitmap(repeating: true, count: batch.rowCount)
        } catch {
            guard let count = error.fittingRowCount, batch.rowCount > 1 else { throw error }
            let rows = try selectInPieces(batch, of: count)
            return EvaluationNode.scattered(Bitmap(repeating: true, count: rows.count), to: rows, count: batch.rowCount)
        }
    }
}
