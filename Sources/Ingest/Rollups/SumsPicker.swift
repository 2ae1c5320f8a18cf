/// Chooses which files of sums become one: a pure function of what files there are.
///
/// A day's rows may lie in a dozen cold files, each with sums of the same groups, and a question opens every file of sums. Those that are next to each other in
/// time join, so that a condition on days still leaves files out: eight of about one size at a time, so that a row is written once for each factor of eight.
enum SumsPicker {
    struct Part: Equatable {
        let key: String
        let rowCount: Int64
        /// The last day of the cold files that it is of.
        let lastDay: Int32
    }

    /// A file of so many rows is finished.
    static let settledRowCount: Int64 = 2_000_000
    static let countMin = 8
    /// Of one join.
    static let countMax = 64
    /// All below have one size.
    private static let smallestRowCount: Int64 = 64

    /// - Returns: the keys of those to join; none where all stay.
    static func next(_ parts: [Part]) -> [String] {
        let ordered = parts.sorted { ($0.lastDay, $0.key) < ($1.lastDay, $1.key) }
        var size = smallestRowCount
        while true {
            // Neighbours of at most this size, which a larger one ends.
            var run: [Part] = []
            for part in ordered + [Part(key: "", rowCount: .max, lastDay: .max)] {
                if part.rowCount <= size, part.rowCount < settledRowCount, run.count < countMax {
                    run.append(part)
                    continue
                }
                // One that outweighs all others would be rewritten for little, again and again.
                let sum = run.reduce(0) { $0 + $1.rowCount }
                if run.count >= countMin, run.allSatisfy({ $0.rowCount <= sum - $0.rowCount }) { return run.map(\.key) }
                run = part.rowCount <= size && part.rowCount < settledRowCount ? [part] : []
            }
            if size >= settledRowCount { return [] }
            size *= 8
        }
    }
}
