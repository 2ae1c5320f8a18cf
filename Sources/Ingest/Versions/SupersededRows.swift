import ColumnStore
import Synchronization

/// The superseded rows of one table that files do not know of yet: a value, which readers hold as it was when they began.
///
/// Rows come one at a time and are asked for by the million: they lie in sorted runs, of which each is about twice the next, and the newest
/// by their sequences. A row that changes stands in a newer run again, which counts.
///
/// Invariants:
/// 1. Each run is sorted by sequence. They stand from the oldest on, each at least twice as long as the next: a row is laid down anew O(log n) times.
/// 2. Of a row that is in several places the newest counts: `recent`, then the runs from the last.
/// 3. Copies share the runs; `recent`, of 1,023 rows at most, is copied when one of them changes.
package struct SupersededRows: Sendable {
    /// Whose newest version is asked for.
    package enum View: Sendable {
        /// `t`: the newest that is not FAILED.
        case newest
        /// `t_accepted`: the newest COMPLETE one.
        case accepted
    }

    /// By sequence. Immutable.
    private final class Run: Sendable {
        let rows: [SupersededRow]
        /// Of all rows, made when first asked for.
        private let sets = Mutex<[Bool: SequenceRoster]>([:])

        init(_ rows: [SupersededRow]) { self.rows = rows }

        func set(_ view: View) -> SequenceRoster {
            let key = view == .accepted
            if let known = sets.withLock({ $0[key] }) { return known }
            let set = SequenceRoster(sorted: rows.filter { SupersededRows.hides($0, view, through: .max) }.map(\.sequence))
            sets.withLock { $0[key] = set }
            return set
        }

        subscript(sequence: Int64) -> SupersededRow? {
            let place = rows.partitioningIndex { $0.sequence >= sequence }
            return place < rows.count && rows[place].sequence == sequence ? rows[place] : nil
        }
    }

    private var runs: [Run] = []
    private var recent: [Int64: SupersededRow] = [:]
    /// The highest sequence that supersedes any.
    private var lastBy: Int64 = 0
    /// Whether a row is superseded no more, since what came after it FAILED: then older runs may not be asked by themselves.
    private var hasReturned = false

    private static let recentCountMax = 1_024

    package init() {}

    package init(_ rows: [SupersededRow]) { for row in rows { set(row) } }

    package var isEmpty: Bool { runs.isEmpty && recent.isEmpty }

    /// - Complexity: O(log n) for each run.
    package subscript(sequence: Int64) -> SupersededRow? {
        if let row = recent[sequence] { return row }
        for run in runs.reversed() { if let row = run[sequence] { return row } }
        return nil
    }

    package mutating func set(_ row: SupersededRow) {
        recent[row.sequence] = row
        lastBy = max(lastBy, row.by, row.acceptedBy)
        if row.by == 0 { hasReturned = true }
        if recent.count >= Self.recentCountMax { settle() }
    }

    /// Lays the newest into a run, and runs of like size together.
    private mutating func settle() {
        runs.append(Run(sortedRecent))
        recent = [:]
        while runs.count > 1, runs[runs.count - 2].rows.count < runs[runs.count - 1].rows.count * 2 {
            let (newer, older) = (runs.removeLast(), runs.removeLast())
            runs.append(Run(Self.merged(older.rows, newer.rows)))
        }
    }

    /// Forgets rows that files know of by now.
    package mutating func remove(_ sequences: SequenceRoster) {
        guard !sequences.isEmpty, !isEmpty else { return }
        let kept = all.filter { !sequences.contains($0.sequence) }
        self = SupersededRows()
        if kept.isEmpty { return }
        lastBy = kept.reduce(0) { max($0, $1.by, $1.acceptedBy) }
        hasReturned = kept.contains { $0.by == 0 }
        runs = [Run(kept)]
    }

    /// Every row, by sequence.
    package var all: [SupersededRow] {
        var rows: [SupersededRow] = []
        for run in runs { rows = rows.isEmpty ? run.rows : Self.merged(rows, run.rows) }
        return recent.isEmpty ? rows : Self.merged(rows, sortedRecent)
    }

    package var count: Int { runs.reduce(recent.count) { $0 + $1.rows.count } }

    /// The rows that a view leaves out of what had happened up to a sequence: sets that are asked one after another.
    ///
    /// Nearly all ask for everything up to now: each run keeps its set for them. For an instant before the last change the set is made of all rows.
    package func hidden(_ view: View, through sequence: Int64) -> [SequenceRoster] {
        if isEmpty { return [] }
        guard sequence >= lastBy, !hasReturned else {
            return [SequenceRoster(sorted: all.filter { Self.hides($0, view, through: sequence) }.map(\.sequence))].filter { !$0.isEmpty }
        }
        var sets = runs.map { $0.set(view) }
        sets.append(SequenceRoster(sorted: sortedRecent.filter { Self.hides($0, view, through: sequence) }.map(\.sequence)))
        return sets.filter { !$0.isEmpty }
    }

    private static func hides(_ row: SupersededRow, _ view: View, through sequence: Int64) -> Bool {
        let by = view == .newest ? row.by : row.acceptedBy
        return by != 0 && by <= sequence
    }

    private var sortedRecent: [SupersededRow] { recent.values.sorted { $0.sequence < $1.sequence } }

    private static func merged(_ older: [SupersededRow], _ newer: [SupersededRow]) -> [SupersededRow] {
        var rows: [SupersededRow] = []
        rows.reserveCapacity(older.count + newer.count)
        var place = 0
        for row in newer {
            while place < older.count, older[place].sequence < row.sequence {
                rows.append(older[place])
                place += 1
            }
            if place < older.count, older[place].sequence == row.sequence { place += 1 }
            rows.append(row)
        }
        rows += older[place...]
        return rows
    }
}
