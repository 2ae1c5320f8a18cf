/// The days that the time of hot files counts from: when they are due to move, and whether a compaction before a day takes them.
///
/// Nearly always a file's own day. One of a day that is still to come was begun by a clock that was ahead: it counts from the day of the file that was begun next, which is
/// about when it was begun itself, and from today while there is none. So no file stays until a day that nobody will see.
struct HotFileAges {
    /// By name.
    private let days: [String: Int32]

    /// - Parameters:
    ///   - files: in any order, all that there are.
    ///   - today: days since 1970, in UTC.
    /// - Complexity: O(n log n).
    init(_ files: [HotFile], today: Int32) {
        // Sequences rise from file to file, whatever their days are. One without rows was begun last.
        let begun = files.map { (file: $0, sequence: $0.state.rowCount > 0 ? $0.state.firstSequence : Int64.max) }.sorted { $0.sequence < $1.sequence }
        var days: [String: Int32] = [:]
        var next = today
        for (file, _) in begun.reversed() {
            if file.day <= today { next = file.day }
            days[file.name] = next
        }
        self.days = days
    }

    /// Days since 1970, never after the `today` that was given.
    ///
    /// - Precondition: one of the files that were given.
    func day(of file: HotFile) -> Int32 { days[file.name] ?? file.day }
}
