import ColumnStore

/// Rows of a long partition that are answered together: where they lie, and their peers.
struct LongRows {
    let range: Range<Int>
    /// Of the partition.
    let rowCount: Int
    private(set) var peerStart: [Int] = []
    private(set) var peerEnd: [Int] = []
    private(set) var peerNumber: [Int] = []

    init(_ range: Range<Int>, rowCount: Int, _ walk: inout PeerWalk) throws {
        self.range = range
        self.rowCount = rowCount
        for row in range {
            try walk.advance(to: row)
            peerStart.append(walk.start)
            peerEnd.append(walk.end)
            peerNumber.append(walk.number)
        }
    }
}

/// A frame whose edges a row's place and its peers tell: all but those at a distance of values or of groups, and without rows left out.
struct PlacedFrame {
    private enum Edge {
        case first, last, current, peers
        case moved(Int)
    }

    private let start: Edge
    private let end: Edge
    /// The frame of every row is the partition.
    let isWhole: Bool
    let beginsAtFirst: Bool

    /// Nil for other frames.
    init?(_ frame: WindowNode.Frame, isOrdered: Bool, _ context: EvaluationContext) throws {
        guard frame.exclusion == .none, let start = try Self.edge(frame.start, frame.unit, isOrdered, isStart: true, context),
            let end = try Self.edge(frame.end, frame.unit, isOrdered, isStart: false, context)
        else { return nil }
        (self.start, self.end) = (start, end)
        if case .first = start { beginsAtFirst = true } else { beginsAtFirst = false }
        if case .last = end { isWhole = beginsAtFirst } else { isWhole = false }
    }

    private static func edge(
        _ bound: WindowNode.Frame.Bound, _ unit: WindowNode.Frame.Unit, _ isOrdered: Bool, isStart: Bool, _ context: EvaluationContext
    ) throws -> Edge? {
        switch bound {
        case .unboundedPreceding: return .first
        case .unboundedFollowing: return .last
        case .currentRow:
            if unit == .rows { return .current }
            // Without an order all rows are peers.
            return isOrdered ? .peers : isStart ? .first : .last
        case .preceding(let distance): return unit == .rows ? .moved(-(try WindowFrames.rowDistance(distance, context))) : nil
        case .following(let distance): return unit == .rows ? .moved(try WindowFrames.rowDistance(distance, context)) : nil
        }
    }

    func edges(_ rows: LongRows) -> (start: [Int], end: [Int]) {
        let starts = Self.places(start, rows, isStart: true)
        var ends = Self.places(end, rows, isStart: false)
        for index in ends.indices where ends[index] < starts[index] { ends[index] = starts[index] }
        return (starts, ends)
    }

    private static func places(_ edge: Edge, _ rows: LongRows, isStart: Bool) -> [Int] {
        switch edge {
        case .first: return [Int](repeating: 0, count: rows.range.count)
        case .last: return [Int](repeating: rows.rowCount, count: rows.range.count)
        case .current: return rows.range.map { isStart ? $0 : $0 + 1 }
        case .peers: return isStart ? rows.peerStart : rows.peerEnd
        case .moved(let distance): return rows.range.map { max(0, min(rows.rowCount, $0 + distance + (isStart ? 0 : 1))) }
        }
    }
}
