import ColumnStore

/// One worker's walk of left rows past the table of right rows. Pairs are made a few thousand at a time, whatever a key's count is: two keys of a million rows each are
/// a trillion pairs, which must neither be held nor keep a cancelled query going. So the walk can stop between any two pairs; `row` and `nextRight` say where.
///
/// A right side that does not fit comes in blocks, each with a stream of its own over the same left batches. What earlier blocks have matched goes with each batch (`matches`), and only
/// the last block knows which left rows have no match.
///
/// Invariants:
/// 1. While `batch` is set, `first` and `keyColumns` are its; all pairs before (`row`, `nextRight`) are made.
/// 2. `waiting` has pairs that have passed the residual and are marked: only their output is still to come.
/// 3. `matchedLeft` counts a row as matched only after the residual has passed for some pair of it.
final class JoinStream: BatchStream {
    private let node: JoinNode
    private let table: JoinTable
    private let facts: JoinFacts
    private let input: any BatchStream
    private let run: QueryRun
    /// Of the left expressions of the equalities, one each.
    private let keys: [Evaluator]
    /// Nil where equal keys are all of the condition.
    private let residual: PairPredicate?
    /// For NOT IN and IN as a value alone.
    private let nullTest: NullAwareTest?
    private let leftTypes: [ColumnType]
    private let matches: LeftMatches?
    private var cache: GroupTable.Cache

    /// The left batch at hand and how far its pairs are made.
    private var batch: ColumnBatch?
    /// By left row, the first right row of its key, or -1.
    private var first: [Int32] = []
    private var keyColumns: [Column] = []
    private var row = 0
    private var pieces: BatchPieces?
    /// Pairs that the batch before had no room for.
    private var waiting: (left: [Int32], right: [Int32]) = ([], [])
    /// Where batches of the left columns end.
    private var cuts: BatchBuilder?
    /// The right row that comes next for `row`; -1: its first.
    private var nextRight: Int32 = -1
    /// Of the batch at hand, a bit a row.
    private var matchedLeft = Bitmap()
    /// Of a right side in blocks: rows of which earlier ones left it unknown whether they match.
    private var unknownLeft = Bitmap()
    /// A byte for each right row, 1 when it has matched; empty when nobody asks. At the end that of all streams, in the one that ends last.
    private var matchedRight: [UInt8] = []
    /// By right row, the next one of its key that may still be unmatched.
    /// Empty where each right row is looked at once anyhow.
    private var openRight: [Int32] = []
    /// The right row from which on it is looked for those to put out at the end.
    private var leftOverRow = 0
    private var isOver = false

    private static let pairCountMax = ColumnBatch.targetRowCount

    /// - Parameter matches: what earlier blocks of the right side have matched; nil when `table` is all of it.
    init(
        _ owner: JoinOperator, _ table: JoinTable, _ facts: JoinFacts, _ input: any BatchStream, _ run: QueryRun, matches: LeftMatches? = nil
    ) throws {
        node = owner.node
        self.table = table
        self.facts = facts
        self.input = input
        self.run = run
        self.matches = matches
        keys = try node.equalities.map { try Evaluator($0.left, layout: owner.leftLayout, context: run.context) }
        residual = node.residual.isEmpty ? nil : try PairPredicate(node.residual, owner.leftLayout, owner.rightLayout, run.context)
        leftTypes = owner.leftTypes
        cache = table.makeCache()
        nullTest = node.isNullAware ? try NullAwareTest(owner, table, run) : nil
        if node.marksRight {
            table.beginStream()
            matchedRight = [UInt8](repeating: 0, count: table.rowCount)
        }
        if node.skipsMatchedRight, table.hasRepeats { openRight = table.allFollowing() }
    }

    private var keepsLeft: Bool { node.kind == .left || node.kind == .full }

    /// Batches of left rows with their matches first; once the left side is over, the right rows that wait for that, in one of the streams.
    func next() throws -> ColumnBatch? {
        while !isOver {
            try run.cancellation.check()
            if let batch {
                if let output = try advance(batch) { return output }
                continue
            }
            guard let following = try nextBatch() else {
                isOver = true
                openRight = []
                // Only the last stream to end puts right rows out: before it ends, another may still mark one.
                if node.marksRight { try table.endStream(&matchedRight, run.cancellation) }
                break
            }
            first = table.find(keyColumns, count: following.rowCount, cache: &cache)
            (batch, row, nextRight, cuts) = (following, 0, -1, nil)
            if keepsLeft || matches != nil {
                let none = Bitmap(repeating: false, count: following.rowCount)
                (matchedLeft, unknownLeft) = matches?.take(count: following.rowCount) ?? (none, none)
            }
        }
        return try nextLeftOver()
    }

    /// The next left rows, with `keyColumns` of them.
    private func nextBatch() throws -> ColumnBatch? {
        while true {
            if pieces == nil {
                guard let batch = try input.next() else { return nil }
                // Blocks of the right side are matched batch by batch: all must see the same ones.
                if matches != nil {
                    keyColumns = try evaluatedKeys(batch)
                    return batch
                }
                pieces = BatchPieces(batch)
            }
            if let (_, (piece, columns)) = try pieces?.next(anyError: { ($0, try evaluatedKeys($0)) }) {
                keyColumns = columns
                return piece
            }
            pieces = nil
        }
    }

    private func evaluatedKeys(_ batch: ColumnBatch) throws -> [Column] {
        let view = RowView(batch)
        return try keys.map { try $0.evaluate(view) }
    }

    /// The next output of this left batch, or nil when it has none now.
    /// - Postcondition: nil with `batch` still set means that more pairs are to be made; with `batch` nil, that the left
    ///   row batch is done.
    private func advance(_ batch: ColumnBatch) throws -> ColumnBatch? {
        switch node.kind {
        case .inner, .cross, .left, .right, .full:
            if row < batch.rowCount || !waiting.left.isEmpty { return try joinPairs(batch) }
            self.batch = nil
            return try keepsLeft && isSettled(batch) ? unmatchedLeft(batch) : nil
        case .semi, .anti, .antiNullAware, .mark:
            try findMatches(batch)
            self.batch = nil
            return try isSettled(batch) ? marked(batch) : nil
        case .rightSemi, .rightAnti:
            try markMatches(batch)
            self.batch = nil
            return nil
        }
    }

    /// Whether `matchedLeft` is the last word on the batch; else it is kept for the right side's next block.
    private func isSettled(_ batch: ColumnBatch) throws -> Bool {
        guard let matches else { return true }
        matches.put(matchedLeft, unknown: try unknownRows(batch))
        return matches.isLast
    }

    // MARK: Pairs

    /// The next pairs with equal keys.
    ///
    /// At most `pairCountMax`, in the order of left rows, and of a row's right rows in theirs. Empty only at the end of the
    /// batch.
    private func makePairs() -> (left: [Int32], right: [Int32]) {
        if !table.hasRepeats { return makeSinglePairs() }
        var left = [Int32](), right = [Int32]()
        left.reserveCapacity(Self.pairCountMax)
        right.reserveCapacity(Self.pairCountMax)
        var (row, next) = (row, nextRight)
        first.withUnsafeBufferPointer { first in
            table.withFollowing { following in
                while row < first.count {
                    // `next` is the pair to make; below zero the row is only beginning.
                    if next < 0 { next = first[row] }
                    if next < 0 {
                        row += 1
                        continue
                    }
                    // A pair is still there: the next call begins with it.
                    if left.count == Self.pairCountMax { return }
                    left.append(Int32(truncatingIfNeeded: row))
                    right.append(next)
                    next = following(next)
                    if next < 0 { row += 1 }
                }
            }
        }
        (self.row, nextRight) = (row, next)
        return (left, right)
    }

    /// As `makePairs`, where no key has two right rows: all pairs of the batch.
    private func makeSinglePairs() -> (left: [Int32], right: [Int32]) {
        let count = first.count
        var right = [Int32]()
        let left = [Int32](unsafeUninitializedCapacity: count) { left, pairCount in
            right = [Int32](unsafeUninitializedCapacity: count) { right, rightCount in
                first.withUnsafeBufferPointer { first in
                    // Written whether or not there is a match, and passed over where there is: no branch that a processor would guess wrong.
                    for row in 0..<count {
                        left[pairCount] = Int32(truncatingIfNeeded: row)
                        right[pairCount] = first[row]
                        pairCount += first[row] >= 0 ? 1 : 0
                    }
                }
                rightCount = pairCount
            }
        }
        row = count
        return (left, right)
    }

    private func joinPairs(_ batch: ColumnBatch) throws -> ColumnBatch? {
        if !waiting.left.isEmpty { return gathered(batch, waiting.left, waiting.right) }
        var (left, right) = makePairs()
        if left.isEmpty { return nil }
        // A row has a match only where the rest of the condition holds: it is asked before anything is marked.
        if let residual, let passing = try residual.select(batch, left, table, right) {
            left = passing.map { left[Int($0)] }
            right = passing.map { right[Int($0)] }
        }
        if keepsLeft { for index in left { matchedLeft[Int(index)] = true } }
        if node.marksRight { mark(right) }
        if left.isEmpty { return nil }
        return gathered(batch, left, right)
    }

    /// The rows of pairs: as many as a batch should take, the others wait.
    private func gathered(_ batch: ColumnBatch, _ pairsLeft: [Int32], _ pairsRight: [Int32]) -> ColumnBatch {
        var (left, right) = (pairsLeft, pairsRight)
        let cuts = self.cuts ?? BatchBuilder(gathering: batch.columns)
        self.cuts = cuts
        let count = min(cuts.end(of: left, from: 0, to: left.count), table.cuts.end(of: right, from: 0, to: right.count))
        waiting = (Array(left[count...]), Array(right[count...]))
        if count < left.count {
            left.removeLast(left.count - count)
            right.removeLast(right.count - count)
        }
        let leftColumns = Self.isWhole(left, of: batch) ? batch.columns : batch.columns.map { $0.gathering(left) }
        return ColumnBatch(rowCount: left.count, columns: leftColumns + table.gathering(right))
    }

    /// Right rows that have matched, in this stream.
    private func mark(_ rows: [Int32]) {
        matchedRight.withUnsafeMutableBufferPointer { matched in for row in rows { matched[Int(row)] = 1 } }
    }

    /// Every left row came once: nothing need be gathered.
    private static func isWhole(_ rows: [Int32], of batch: ColumnBatch) -> Bool {
        guard rows.count == batch.rowCount else { return false }
        for index in rows.indices where rows[index] != Int32(truncatingIfNeeded: index) { return false }
        return true
    }

    /// Of LEFT and FULL: rows without a match, with NULLs on the right. Nil when there are none.
    private func unmatchedLeft(_ batch: ColumnBatch) -> ColumnBatch? {
        let rows = (~matchedLeft).setIndices()
        if rows.isEmpty { return nil }
        return ColumnBatch(rowCount: rows.count, columns: batch.columns.map { $0.gathering(rows) } + table.nullColumns(count: rows.count))
    }

    /// The next right rows that wait for the end: those that have matched, or those that have not. None where another stream puts them out.
    private func nextLeftOver() throws -> ColumnBatch? {
        let wanted: UInt8 = node.kind == .rightSemi ? 1 : 0
        var rows: [Int32] = []
        while leftOverRow < matchedRight.count, rows.count < Self.pairCountMax {
            try run.cancellation.check()
            var row = leftOverRow
            let end = min(row + JoinTable.markCountMax, matchedRight.count)
            matchedRight.withUnsafeBufferPointer { matched in
                while row < end, rows.count < Self.pairCountMax {
                    if matched[row] == wanted { rows.append(Int32(truncatingIfNeeded: row)) }
                    row += 1
                }
            }
            leftOverRow = row
        }
        if rows.isEmpty { return nil }
        let count = table.cuts.end(of: rows, from: 0, to: rows.count)
        if count < rows.count {
            leftOverRow = Int(rows[count])
            rows.removeLast(rows.count - count)
        }
        var columns = table.gathering(rows)
        if node.kind == .right || node.kind == .full {
            columns = leftTypes.map { Column.constant(.null, type: $0, count: rows.count) } + columns
        }
        return ColumnBatch(rowCount: rows.count, columns: columns)
    }

    // MARK: Matches only

    /// For joins that ask whether a left row has a match at all: sets `matchedLeft`.
    private func findMatches(_ batch: ColumnBatch) throws {
        guard let residual else {
            let found = Bitmap.computed(first) { $0 >= 0 }
            matchedLeft = matches == nil ? found : matchedLeft | found
            return
        }
        var matched = matches == nil ? Bitmap(repeating: false, count: batch.rowCount) : matchedLeft
        // One match of a row is enough: a few of its pairs are tested first, more only where those fail.
        // `rows` are those still open; `cursors`, beside them, the right row that each is to be paired with next.
        var rows: [Int32] = [], cursors: [Int32] = [], burst = 8
        for row in first.indices where first[row] >= 0 && !matched[row] {
            rows.append(Int32(truncatingIfNeeded: row))
            cursors.append(first[row])
        }
        while !rows.isEmpty {
            var place = 0
            while place < rows.count {
                try run.cancellation.check()
                let (left, right) = takePairs(rows, &cursors, &place, atMost: burst)
                if let passing = try residual.select(batch, left, table, right) {
                    for index in passing { matched[Int(left[Int(index)])] = true }
                } else {
                    for index in left { matched[Int(index)] = true }
                }
            }
            let open = rows.indices.filter { cursors[$0] >= 0 && !matched[Int(rows[$0])] }
            rows = open.map { rows[$0] }
            cursors = open.map { cursors[$0] }
            // The more of a row's pairs have failed, the more are tried at once: batches of pairs stay full as rows get
            // fewer.
            burst = min(burst * 4, Self.pairCountMax)
        }
        matchedLeft = matched
    }

    /// The next pairs of some rows from `place` on, up to so many of each.
    /// - Parameter cursors: right rows to go on from, moved on; below zero when a row has no more.
    private func takePairs(
        _ rows: [Int32], _ cursors: inout [Int32], _ place: inout Int, atMost burst: Int
    ) -> (left: [Int32], right: [Int32]) {
        var left: [Int32] = [], right: [Int32] = []
        table.withFollowing { following in
            while place < rows.count, left.count < Self.pairCountMax {
                var next = cursors[place], taken = 0
                while next >= 0, taken < burst {
                    left.append(rows[place])
                    right.append(next)
                    next = following(next)
                    taken += 1
                }
                cursors[place] = next
                place += 1
            }
        }
        return (left, right)
    }

    /// Marks the right rows that a left row of the batch matches.
    private func markMatches(_ batch: ColumnBatch) throws {
        guard let residual else {
            markChains()
            return
        }
        while row < first.count {
            try run.cancellation.check()
            let (left, right) = openRight.isEmpty ? makePairs() : makeOpenPairs()
            if left.isEmpty { continue }
            if let passing = try residual.select(batch, left, table, right) {
                mark(passing.map { right[Int($0)] })
            } else {
                mark(right)
            }
        }
    }

    /// The next pairs with right rows that have not matched. Those that have are passed over in one step from then on, so that a key of many
    /// rows does not cost a walk along all of them for each left row.
    private func makeOpenPairs() -> (left: [Int32], right: [Int32]) {
        var left: [Int32] = [], right: [Int32] = []
        var (row, next) = (row, nextRight)
        matchedRight.withUnsafeBufferPointer { matched in
            openRight.withUnsafeMutableBufferPointer { links in
                // The first that is open from `start` on; the way there leads to it directly then, as in a union-find.
                // An amortised step for each row passed over (path compression; Tarjan, "Efficiency of a Good But Not
                // Linear Set Union Algorithm", 1975).
                func open(_ start: Int32) -> Int32 {
                    var end = start
                    while end >= 0, matched[Int(end)] != 0 { end = links[Int(end)] }
                    var walk = start
                    while walk != end {
                        let following = links[Int(walk)]
                        links[Int(walk)] = end
                        walk = following
                    }
                    return end
                }
                while row < first.count {
                    next = open(next >= 0 ? next : first[row])
                    if next < 0 {
                        row += 1
                        continue
                    }
                    if left.count == Self.pairCountMax { return }
                    left.append(Int32(truncatingIfNeeded: row))
                    right.append(next)
                    next = open(links[Int(next)])
                    if next < 0 { row += 1 }
                }
            }
        }
        (self.row, nextRight) = (row, next)
        return (left, right)
    }

    /// All rows of a key match together: when its first one has, all have.
    private func markChains() {
        matchedRight.withUnsafeMutableBufferPointer { matched in
            table.withFollowing { following in
                for start in first where start >= 0 && matched[Int(start)] == 0 {
                    var next = start
                    while next >= 0 {
                        matched[Int(next)] = 1
                        next = following(next)
                    }
                }
            }
        }
    }

    /// What comes of a left batch in joins that show no right columns; nil for no rows.
    private func marked(_ batch: ColumnBatch) throws -> ColumnBatch? {
        switch node.kind {
        case .semi: return kept(batch, matchedLeft)
        case .anti: return kept(batch, ~matchedLeft)
        case .antiNullAware: return kept(batch, ~(matchedLeft | (try unknownRows(batch))))
        case .mark(let mark, _):
            var validity: Bitmap?
            if nullTest != nil { validity = ~(try unknownRows(batch)) }
            let column = Column(type: mark.type, count: batch.rowCount, validity: validity, values: .bits(matchedLeft))
            return ColumnBatch(rowCount: batch.rowCount, columns: batch.columns + [column])
        default: return nil
        }
    }

    /// Rows that do not match, of which NULLs leave it unknown; of a right side in blocks, as far as it has been read.
    /// A match in a later block settles a row that an earlier one left open; so both are kept until the last.
    /// Without `nullTest` nothing is unknown, and the answer is not used.
    private func unknownRows(_ batch: ColumnBatch) throws -> Bitmap {
        guard let nullTest else { return matchedLeft }
        guard matches != nil else { return try nullTest.unknownRows(batch, keyColumns, among: ~matchedLeft, facts) }
        let open = ~(matchedLeft | unknownLeft)
        unknownLeft = (unknownLeft & ~matchedLeft) | (try nullTest.unknownRows(batch, keyColumns, among: open, facts))
        return unknownLeft
    }

    /// The rows whose bits are set.
    private func kept(_ batch: ColumnBatch, _ bits: Bitmap) -> ColumnBatch? {
        if bits.isAllSet { return batch }
        let rows = bits.setIndices()
        return rows.isEmpty ? nil : batch.gathering(rows)
    }
}
