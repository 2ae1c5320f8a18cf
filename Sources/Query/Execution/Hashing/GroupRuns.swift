/// Rows of a batch by stretches of one group each, where rows of a group mostly follow one another: tables lie by day, by client or in whatever order they came, and their
/// groups come so.
///
/// A sum then stays in registers for as long as its group does. Row by row each would wait for the last one's state to be written before it could be read.
///
/// For the groups 3 3 3 7 7 3 the ends are 3, 5, 6.
struct GroupRuns {
    /// Ascending: where each stretch ends.
    private let ends: [Int32]

    /// So many rows to a stretch at least: of shorter ones an end costs more than it saves.
    private static let rowsPerRun = 8

    /// Nil where rows of a group mostly do not follow one another.
    /// - Complexity: O(rows): a loop without branches says whether it is worth a second one.
    init?(_ numbers: [UInt32]) {
        var changeCount = 0
        numbers.withUnsafeBufferPointer { numbers in
            for row in 1..<max(1, numbers.count) { changeCount &+= numbers[row] != numbers[row &- 1] ? 1 : 0 }
        }
        guard (changeCount + 1) * Self.rowsPerRun <= numbers.count else { return nil }
        var ends: [Int32] = []
        ends.reserveCapacity(changeCount + 1)
        for row in 1..<numbers.count where numbers[row] != numbers[row - 1] { ends.append(Int32(truncatingIfNeeded: row)) }
        ends.append(Int32(truncatingIfNeeded: numbers.count))
        self.ends = ends
    }

    /// Each stretch's rows, which all are of one group.
    @inline(__always)
    func forEach(_ body: (Range<Int>) -> Void) {
        var start = 0
        for end in ends {
            body(start..<Int(end))
            start = Int(end)
        }
    }
}
