import ColumnStore

/// Chooses which cold files to merge: a pure function of what files there are.
///
/// Every file holds rows of one calendar year (its writers see to that), so years never mix. Within a year, small files join: first
/// those of one month, then months, by size, so that a merge at least about doubles what it rewrites the most of. A row is thus written
/// some six times on its way from the file of a small day to that of a year, less where days are large.
///
/// 1. Of each year, the oldest first, files below 384 MiB.
/// 2. By itself: of a month's files, a tier (`tier`), if they are not all there is of the year.
/// 3. Else a tier of the year's files.
///
/// Of files that make no tier the twelve smallest join, where there are as many.
package struct CompactionPicker: Sendable {
    package struct File: Sendable, Equatable {
        package var location: String
        package var byteCount: Int64
        package var firstDay: Int32
        package var lastDay: Int32
        package init(location: String, byteCount: Int64, firstDay: Int32, lastDay: Int32) {
            self.location = location
            self.byteCount = byteCount
            self.firstDay = firstDay
            self.lastDay = lastDay
        }
    }

    /// A file this large is finished.
    package static let targetByteCount: Int64 = 512 << 20
    /// One of at least this much stays as it is: joining it with a small one would rewrite all of it for little.
    static let settledByteCount = targetByteCount * 3 / 4
    /// The largest file of a merge is at most so many times the sum of the others.
    static let growthMax: Int64 = 4
    /// So many files of a year, each too small for the next, are merged all the same: every file costs an open.
    static let strayCountMax = 12
    /// Files of one merge. Each is open from its first day to its last only.
    package static let inputCountMax = 256
    /// Files of one merge that have rows of the same day, and so are read side by side: each takes some memory. `FileMerger.fitting` makes them fewer
    /// where their pages are large.
    package static let overlapMax = 64

    /// How many files must come together: more by itself, to rewrite less; two when somebody asked for it.
    private let countMin: Int
    /// Whether days of a month join first. Somebody who requests a compaction wants all of a year in one step, which writes each row once.
    private let joinsMonths: Bool

    package init(isRequested: Bool) {
        countMin = isRequested ? 2 : 4
        joinsMonths = !isRequested
    }

    /// The next merge to do; nil when there is none. After it the files are others: ask again.
    package func next(_ files: [File]) -> [File]? {
        var years: [Int: [File]] = [:]
        for file in files where file.byteCount < Self.settledByteCount { years[Self.year(file.firstDay), default: []].append(file) }
        for year in years.keys.sorted() {
            guard let candidates = years[year], candidates.count > 1 else { continue }
            var months: [Int: [File]] = [:]
            for file in candidates where Self.month(file.firstDay) == Self.month(file.lastDay) {
                months[Self.month(file.firstDay), default: []].append(file)
            }
            for month in months.keys.sorted() where joinsMonths {
                // The days of a month, as long as they are not yet a large part of the year.
                guard let days = months[month], days.count >= countMin, days.count < candidates.count else { continue }
                if let chosen = tier(days) { return chosen }
            }
            if let chosen = tier(candidates) { return chosen }
        }
        return nil
    }

    /// The largest set of files next to each other by size, from the smallest on, in which none outweighs the others too much. A file
    /// that is far smaller than all others waits for its like, and does not keep those from joining.
    ///
    /// Example, where two are enough: 1, 1, 3, 40 give 1, 1, 3, since 40 is more than four times their sum.
    ///
    /// - Complexity: O(n log n), and for each set that is tried O(k² log k), k at most `inputCountMax`.
    private func tier(_ files: [File]) -> [File]? {
        let ordered = files.sorted { ($0.byteCount, $0.firstDay, $0.location) < ($1.byteCount, $1.firstDay, $1.location) }
        var start = 0
        while start + countMin <= ordered.count {
            var sum: Int64 = 0
            var end = start
            for file in ordered[start...].prefix(Self.inputCountMax) {
                if end > start, file.byteCount > sum * Self.growthMax { break }
                if Self.overlap(ordered[start...end].map { $0.firstDay...max($0.firstDay, $0.lastDay) }) > Self.overlapMax { break }
                sum += file.byteCount
                end += 1
            }
            if end - start >= countMin { return Array(ordered[start..<end]) }
            start = end
        }
        return ordered.count >= Self.strayCountMax ? Array(ordered.prefix(Self.strayCountMax)) : nil
    }

    /// How many of `spans` have one day in common, at most.
    static func overlap(_ spans: [ClosedRange<Int32>]) -> Int { overlap(spans.map { ($0, 1) }) }

    /// The most that those of `spans` weigh which have one day in common.
    ///
    /// A sweep over the days: what begins is added, what has ended before is taken out.
    ///
    /// - Complexity: O(n log n).
    static func overlap(_ spans: [(days: ClosedRange<Int32>, weight: Int)]) -> Int {
        let ends = spans.sorted { $0.days.upperBound < $1.days.upperBound }
        var (open, most, ended) = (0, 0, 0)
        for span in spans.sorted(by: { $0.days.lowerBound < $1.days.lowerBound }) {
            while ended < ends.count, ends[ended].days.upperBound < span.days.lowerBound { (ended, open) = (ended + 1, open - ends[ended].weight) }
            open += span.weight
            most = max(most, open)
        }
        return most
    }

    static func year(_ day: Int32) -> Int { Calendar.day(fromDays: Int(day)).year }

    private static func month(_ day: Int32) -> Int {
        let date = Calendar.day(fromDays: Int(day))
        return date.year * 12 + date.month
    }
}
