import ColumnStore

/// Rows of a long partition that are answered together: where they lie, and their peers.
struct LongRows {
    private(set) var range: Range<Int>
    /// Of the partition.
    let rowCount: Int
    /// Row by row of `range`, places in the partition: where the row's peers begin, the row after their last, and the
    /// number of their group from 0.
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

    /// Some of them.
    /// - Parameter places: within `range`.
    func slice(_ places: Range<Int>) -> LongRows {
        if places == range { return self }
        let own = (places.lowerBound - range.lowerBound)..<(places.upperBound - range.lowerBound)
        var rows = self
        rows.range = places
        rows.peerStart = Array(peerStart[own])
        rows.peerEnd = Array(peerEnd[own])
        rows.peerNumber = Array(peerNumber[own])
        return rows
    }
}

/// A frame whose edges a row's place and its peers tell: all but those at a distance of values or of groups, and without rows left out.
/// Both edges only grow from row to row, which `LongCall` relies on.
struct PlacedFrame {
    private enum Edge {
        /// The partition's beginning and end, the row itself, its peers.
        case first, last, current, peers
        /// So many rows from the row itself; before it below zero.
        case moved(Int)
    }

    private let start: Edge
    private let end: Edge
    /// The frame of every row is the partition.
    let isWhole: Bool
    let beginsAtFirst: Bool

    /// Nil for other frames.
    /// - Throws: `dataError` for a distance that is NULL or below zero.
    init?(_ frame: WindowNode.Frame, isOrdered: Bool, _ context: EvaluationContext) throws {
        guard frame.exclusion == .none, let start = try Self.edge(frame.start, frame.unit, isOrdered, isStart: true, context),
            let end = try Self.edge(frame.end, frame.unit, isOrdered, isStart: false, context)
        else { return nil }
        (self.start, self.end) = (start, end)
        if case .first = start { beginsAtFirst = true } else { beginsAtFirst = false }
        if case .last = end { isWhole = beginsAtFirst } else { isWhole = false }
    }

    /// Nil for a bound that needs values (RANGE with a distance) or the numbers of peers (GROUPS).
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

    /// The first row of each row's frame, and the row after its last: the same for an empty frame.
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
