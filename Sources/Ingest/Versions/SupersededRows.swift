package import ColumnStore
import Query
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
/// 4. A row that a run hides by an older word, and the newest does not, is among `returned`: each run's set is good without the others'.
package struct SupersededRows: Sendable {
    /// Whose newest version is asked for.
    package enum View: Sendable, CaseIterable {
        /// `t`: the newest that is not FAILED.
        case newest
        /// `t_accepted`: the newest COMPLETE one.
        case accepted
    }

    /// By sequence. Immutable.
    private final class Run: Sendable {
        let rows: [SupersededRow]
        /// Of all rows, made when first asked for.
        private let sets = Mutex<[View: SequenceRoster]>([:])

        init(_ rows: [SupersededRow]) { self.rows = rows }

        func set(_ view: View) -> SequenceRoster {
            if let known = sets.withLock({ $0[view] }) { return known }
            let set = SequenceRoster(sorted: rows.filter { SupersededRows.hides($0, view, through: .max) }.map(\.sequence))
            sets.withLock { $0[view] = set }
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
    /// Rows that are superseded no more, since what came after them FAILED, and that a run may still hide.
    private var returned: [View: Set<Int64>] = [:]

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
        let known = self[row.sequence]
        for view in View.allCases {
            if Self.hides(row, view, through: .max) {
                returned[view]?.remove(row.sequence)
            } else if let known, Self.hides(known, view, through: .max) {
                returned[view, default: []].insert(row.sequence)
            }
        }
        recent[row.sequence] = row
        lastBy = max(lastBy, row.by, row.acceptedBy)
        if recent.count >= Self.recentCountMax { settle() }
    }

    /// Lays the newest into a run, and runs of like size together; all of them once many rows have come back, so that these are few.
    private mutating func settle() {
        runs.append(Run(sortedRecent))
        recent = [:]
        while runs.count > 1, runs[runs.count - 2].rows.count < runs[runs.count - 1].rows.count * 2 {
            let (newer, older) = (runs.removeLast(), runs.removeLast())
            runs.append(Run(Self.merged(older.rows, newer.rows)))
        }
        if runs.count > 1, returned.values.contains(where: { $0.count >= Self.recentCountMax }) { runs = [Run(all)] }
        // A run has each row once, by its newest word.
        if runs.count == 1 { returned = [:] }
    }

    /// Forgets what files say by now, but for rows of which something else has become known since the files were written.
    ///
    /// - Parameter rows: by sequence.
    /// - Complexity: O(rows of both): nothing is searched for or put in order, since others wait for whoever calls this.
    package mutating func remove(said rows: [SupersededRow]) {
        guard !rows.isEmpty, !isEmpty else { return }
        var place = 0
        let kept = all.filter { known in
            while place < rows.count, rows[place].sequence < known.sequence { place += 1 }
            return place == rows.count || rows[place].sequence != known.sequence || rows[place].by != known.by
        }
        self = SupersededRows()
        if kept.isEmpty { return }
        lastBy = kept.reduce(0) { max($0, $1.by, $1.acceptedBy) }
        runs = [Run(kept)]
    }

    /// Every row, by sequence.
    package var all: [SupersededRow] {
        var rows: [SupersededRow] = []
        for run in runs { rows = rows.isEmpty ? run.rows : Self.merged(rows, run.rows) }
        return recent.isEmpty ? rows : Self.merged(rows, sortedRecent)
    }

    /// Every row once, by sequence, without another list of them.
    ///
    /// - Complexity: O(rows of all runs, times how many there are).
    private func forEach(_ body: (SupersededRow) -> Void) {
        let lists = runs.map(\.rows) + [sortedRecent]
        var places = lists.map { _ in 0 }
        while true {
            var (newest, least) = (-1, Int64.max)
            for list in lists.indices where places[list] < lists[list].count {
                let sequence = lists[list][places[list]].sequence
                // Of a row that is in several the last counts.
                if sequence <= least { (newest, least) = (list, sequence) }
            }
            guard newest >= 0 else { return }
            body(lists[newest][places[newest]])
            for list in lists.indices where places[list] < lists[list].count && lists[list][places[list]].sequence == least { places[list] += 1 }
        }
    }

    package var count: Int { runs.reduce(recent.count) { $0 + $1.rows.count } }

    /// The rows that a view leaves out.
    package struct Hidden: Sendable {
        /// Asked one after another.
        fileprivate var sets: [SequenceRoster] = []
        /// Not left out, whatever a set says.
        fileprivate var returned = SequenceRoster(sorted: [])
        /// Of what was made for one query.
        fileprivate var charge: QueryCharge?

        package var isEmpty: Bool { sets.isEmpty }
        /// How many sets each row is held against.
        package var setCount: Int { sets.count }

        package func contains(_ sequence: Int64) -> Bool { sets.contains { $0.contains(sequence) } && !returned.contains(sequence) }

        /// A bit for each row, by its sequence: whether it is shown.
        package func shown(_ sequences: [Int64]) -> Bitmap {
            var shown = Bitmap(repeating: true, count: sequences.count)
            for set in sets { set.remove(sequences, from: &shown) }
            if returned.isEmpty { return shown }
            for (row, sequence) in sequences.enumerated() where returned.contains(sequence) { shown[row] = true }
            return shown
        }
    }

    /// The rows that a view leaves out of what had happened up to a sequence.
    ///
    /// Nearly all ask for everything up to now: each run keeps its set for them. For an instant before the last change, as later pages of a walk ask, the set is
    /// made of all rows, and is the query's.
    ///
    /// - Parameters: `memory`, `page`: as `QueryCharge`'s.
    /// - Throws: as `QueryCharge.add`, of such a set.
    func hidden(_ view: View, through sequence: Int64, _ memory: MemoryBudget? = nil, page: PageMemory? = nil) throws -> Hidden {
        var hidden = Hidden()
        if isEmpty { return hidden }
        if sequence >= lastBy {
            hidden.sets = runs.map { $0.set(view) }
            hidden.sets.append(SequenceRoster(sorted: sortedRecent.filter { Self.hides($0, view, through: sequence) }.map(\.sequence)))
            hidden.returned = SequenceRoster(sorted: (returned[view] ?? []).sorted())
        } else {
            let charge = QueryCharge(memory, page: page, of: "the versions that have come since the walk began")
            // The numbers, and the set beside them while it is made.
            try charge.add(count.multipliedSaturating(by: 2 * MemoryLayout<Int64>.size))
            hidden.charge = charge
            var sequences: [Int64] = []
            sequences.reserveCapacity(count)
            forEach { if Self.hides($0, view, through: sequence) { sequences.append($0.sequence) } }
            hidden.sets = [SequenceRoster(sorted: sequences)]
        }
        hidden.sets.removeAll { $0.isEmpty }
        return hidden
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
