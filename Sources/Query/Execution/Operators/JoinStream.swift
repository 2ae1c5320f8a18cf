import ColumnStore

/// One worker's walk of left rows past the table of right rows. Pairs are made a few thousand at a time, whatever a key's count is.
final class JoinStream: BatchStream {
    private let node: JoinNode
    private let table: JoinTable
    private let facts: JoinFacts
    private let input: any BatchStream
    private let run: QueryRun
    private let keys: [Evaluator]
    private let residual: PairPredicate?
    private let nullTest: NullAwareTest?
    private let leftTypes: [ColumnType]
    private var cache: GroupTable.Cache

    /// The left batch at hand and how far its pairs are made.
    private var batch: ColumnBatch?
    private var numbers: [UInt32] = []
    private var keyColumns: [Column] = []
    private var row = 0
    private var place = 0
    private var matchedLeft = Bitmap()
    private var matchedRight: Bitmap?
    private var isOver = false

    private static let pairCountMax = ColumnBatch.targetRowCount

    init(_ owner: JoinOperator, _ table: JoinTable, _ facts: JoinFacts, _ input: any BatchStream, _ run: QueryRun) throws {
        node = owner.node
        self.table = table
        self.facts = facts
        self.input = input
        self.run = run
        keys = try node.equalities.map { try Evaluator($0.left, layout: owner.leftLayout, context: run.context) }
        residual = node.residual.isEmpty ? nil : try PairPredicate(node.residual, owner.leftLayout, owner.rightLayout, run.context)
        leftTypes = owner.leftTypes
        cache = table.makeCache()
        switch node.kind {
        case .antiNullAware, .mark(_, nullAware: true): nullTest = try NullAwareTest(owner, table, run)
        default: nullTest = nil
        }
        if keepsRight {
            table.beginStream()
            matchedRight = Bitmap(repeating: false, count: table.rowCount)
        }
    }

    private var keepsRight: Bool {
        switch node.kind {
        case .right, .full: true
        default: false
        }
    }

    func next() throws -> ColumnBatch? {
        while !isOver {
            try run.cancellation.check()
            if let batch {
                if let output = try advance(batch) { return output }
                continue
            }
            guard let following = try input.next() else {
                isOver = true
                return unmatchedRight()
            }
            let view = RowView(following)
            keyColumns = try keys.map { try $0.evaluate(view) }
            numbers = table.find(keyColumns, count: following.rowCount, cache: &cache)
            matchedLeft = Bitmap(repeating: false, count: following.rowCount)
            (batch, row, place) = (following, 0, 0)
        }
        return nil
    }

    /// The next output of this left batch, or nil when it has none now.
    private func advance(_ batch: ColumnBatch) throws -> ColumnBatch? {
        switch node.kind {
        case .inner, .cross, .left, .right, .full:
            if row < batch.rowCount { return try joinPairs(batch) }
            self.batch = nil
            return keepsLeft ? unmatchedLeft(batch) : nil
        case .semi, .anti, .antiNullAware, .mark:
            try findMatches(batch)
            self.batch = nil
            return try marked(batch)
        }
    }

    private var keepsLeft: Bool { node.kind == .left || node.kind == .full }

    // MARK: Pairs

    /// The next pairs with equal keys.
    private func makePairs(skippingMatched: Bool) -> (left: [Int32], right: [Int32]) {
        var left: [Int32] = []
        var right: [Int32] = []
        while row < numbers.count, left.count < Self.pairCountMax {
            let range = table.range(numbers[row])
            if range.isEmpty || (skippingMatched && matchedLeft[row]) {
                row += 1
                place = 0
                continue
            }
            let count = min(range.count - place, Self.pairCountMax - left.count)
            let start = range.lowerBound + place
            for index in start..<(start + count) {
                left.append(Int32(truncatingIfNeeded: row))
                right.append(table.rows[index])
            }
            place += count
            if place == range.count {
                row += 1
                place = 0
            }
        }
        return (left, right)
    }

    private func joinPairs(_ batch: ColumnBatch) throws -> ColumnBatch? {
        var (left, right) = makePairs(skippingMatched: false)
        if left.isEmpty { return nil }
        if let residual, let passing = try residual.select(batch, left, table.columns, right) {
            left = passing.map { left[Int($0)] }
            right = passing.map { right[Int($0)] }
        }
        if keepsLeft { for index in left { matchedLeft[Int(index)] = true } }
        if matchedRight != nil { for index in right { matchedRight?[Int(index)] = true } }
        if left.isEmpty { return nil }
        let leftColumns = Self.isWhole(left, of: batch) ? batch.columns : batch.columns.map { $0.gathering(left) }
        return ColumnBatch(rowCount: left.count, columns: leftColumns + table.columns.map { $0.gathering(right) })
    }

    /// Every left row came once: nothing need be gathered.
    private static func isWhole(_ rows: [Int32], of batch: ColumnBatch) -> Bool {
        guard rows.count == batch.rowCount else { return false }
        for index in rows.indices where rows[index] != Int32(truncatingIfNeeded: index) { return false }
        return true
    }

    private func unmatchedLeft(_ batch: ColumnBatch) -> ColumnBatch? {
        let rows = (~matchedLeft).setIndices()
        if rows.isEmpty { return nil }
        let nulls = table.columns.map { Column.constant(.null, type: $0.type, count: rows.count) }
        return ColumnBatch(rowCount: rows.count, columns: batch.columns.map { $0.gathering(rows) } + nulls)
    }

    private func unmatchedRight() -> ColumnBatch? {
        guard let matchedRight, let rows = table.endStream(matchedRight), !rows.isEmpty else { return nil }
        let nulls = leftTypes.map { Column.constant(.null, type: $0, count: rows.count) }
        return ColumnBatch(rowCount: rows.count, columns: nulls + table.columns.map { $0.gathering(rows) })
    }

    // MARK: Matches only

    private func findMatches(_ batch: ColumnBatch) throws {
        guard let residual else {
            for row in numbers.indices where !table.range(numbers[row]).isEmpty { matchedLeft[row] = true }
            row = numbers.count
            return
        }
        while row < numbers.count {
            try run.cancellation.check()
            let (left, right) = makePairs(skippingMatched: true)
            if left.isEmpty { continue }
            if let passing = try residual.select(batch, left, table.columns, right) {
                for index in passing { matchedLeft[Int(left[Int(index)])] = true }
            } else {
                for index in left { matchedLeft[Int(index)] = true }
            }
        }
    }

    private func marked(_ batch: ColumnBatch) throws -> ColumnBatch? {
        switch node.kind {
        case .semi: return kept(batch, matchedLeft)
        case .anti: return kept(batch, ~matchedLeft)
        case .antiNullAware:
            let unknown = try nullTest?.unknownRows(batch, keyColumns, among: ~matchedLeft, facts) ?? matchedLeft
            return kept(batch, ~(matchedLeft | unknown))
        case .mark(let mark, _):
            var validity: Bitmap?
            if let nullTest { validity = ~(try nullTest.unknownRows(batch, keyColumns, among: ~matchedLeft, facts)) }
            let column = Column(type: mark.type, count: batch.rowCount, validity: validity, values: .bits(matchedLeft))
            return ColumnBatch(rowCount: batch.rowCount, columns: batch.columns + [column])
        default: return nil
        }
    }

    private func kept(_ batch: ColumnBatch, _ bits: Bitmap) -> ColumnBatch? {
        if bits.isAllSet { return batch }
        let rows = bits.setIndices()
        return rows.isEmpty ? nil : batch.gathering(rows)
    }
}

/// Conditions over a left and a right row: only the columns that they mention are gathered.
final class PairPredicate {
    private let predicate: Predicate
    private let leftPlaces: [Int]
    private let rightPlaces: [Int]

    init(_ conjuncts: [Expression], _ left: [ColumnID: Int], _ right: [ColumnID: Int], _ context: EvaluationContext) throws(QueryError) {
        var mentioned: Set<ColumnID> = []
        for conjunct in conjuncts { EvaluationCompiler.walk(conjunct) { if case .column(let id, _) = $0 { mentioned.insert(id) } } }
        let leftIDs = mentioned.filter { left[$0] != nil }.sorted()
        let rightIDs = mentioned.filter { left[$0] == nil && right[$0] != nil }.sorted()
        leftPlaces = leftIDs.compactMap { left[$0] }
        rightPlaces = rightIDs.compactMap { right[$0] }
        let layout = Dictionary((leftIDs + rightIDs).enumerated().map { ($0.element, $0.offset) }, uniquingKeysWith: { first, _ in first })
        predicate = try Predicate(conjuncts, layout: layout, context: context)
    }

    /// Places of the pairs that pass, or nil when all do.
    func select(_ batch: ColumnBatch, _ left: [Int32], _ columns: [Column], _ right: [Int32]) throws(QueryError) -> [Int32]? {
        let gathered = leftPlaces.map { batch.columns[$0].gathering(left) } + rightPlaces.map { columns[$0].gathering(right) }
        return try predicate.select(ColumnBatch(rowCount: left.count, columns: gathered))
    }
}

/// For IN and NOT IN: which left rows without match are not false but unknown, because a NULL stands on either side.
final class NullAwareTest {
    private let table: JoinTable
    /// The compared expressions, and those of the correlation.
    private let comparisons: [Int]
    private let correlations: [Int]
    private let rightKeys: [Column]
    private let residual: PairPredicate?
    private static let pairCountMax = ColumnBatch.targetRowCount

    init(_ owner: JoinOperator, _ table: JoinTable, _ run: QueryRun) throws {
        self.table = table
        let node = owner.node
        let compared = node.equalities.indices.filter { !node.equalities[$0].isCorrelation && !node.equalities[$0].nullsEqual }
        comparisons = compared
        correlations = node.equalities.indices.filter { !compared.contains($0) }
        rightKeys = table.keyColumns
        residual = node.residual.isEmpty ? nil : try PairPredicate(node.residual, owner.leftLayout, owner.rightLayout, run.context)
    }

    func unknownRows(_ batch: ColumnBatch, _ keys: [Column], among open: Bitmap, _ facts: JoinFacts) throws -> Bitmap {
        var unknown = Bitmap(repeating: false, count: batch.rowCount)
        if facts.isEmpty { return unknown }
        var nullLeft = Bitmap(repeating: false, count: batch.rowCount)
        for index in comparisons { if let validity = keys[index].rowValidity { nullLeft = nullLeft | ~validity } }
        // One compared column and nothing else: any NULL makes every row without match unknown.
        if comparisons.count == 1, correlations.isEmpty, residual == nil { return facts.hasNull ? open : open & nullLeft }
        for row in (facts.hasNull ? open : open & nullLeft).setIndices() where try mayMatch(batch, keys, row) { unknown[Int(row)] = true }
        return unknown
    }

    /// Whether some right row is not known to differ from a left row.
    private func mayMatch(_ batch: ColumnBatch, _ keys: [Column], _ row: Int32) throws -> Bool {
        for start in stride(from: 0, to: table.rowCount, by: Self.pairCountMax) {
            let end = min(start + Self.pairCountMax, table.rowCount)
            var passing = Bitmap(repeating: true, count: end - start)
            for index in comparisons + correlations {
                let left = Column.constant(keys[index].value(at: Int(row)), type: keys[index].type, count: end - start)
                let equal = CompareKernels.compare(.equal, left, rightKeys[index].slice(start..<end))
                let isFalse = LogicKernels.not(equal).trueRows()
                passing = passing & (comparisons.contains(index) ? ~isFalse : equal.trueRows())
            }
            let rows = passing.setIndices().map { $0 + Int32(start) }
            if rows.isEmpty { continue }
            guard let residual else { return true }
            let left = [Int32](repeating: row, count: rows.count)
            if try residual.select(batch, left, table.columns, rows)?.isEmpty ?? false { continue }
            return true
        }
        return false
    }
}
