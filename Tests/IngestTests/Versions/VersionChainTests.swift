import ColumnStore
import Query
import TestSupport
import XCTest

@testable import Ingest

/// What each version's coming and each change of its state says of the others, against what follows from all of them at once.
final class VersionChainTests: XCTestCase {
    private func entry(_ version: Int32, _ state: ReceiptState) -> VersionEntry {
        VersionEntry(
            version: version, sequence: Int64(version) * 10, ticket: ULID(high: 0, low: UInt64(version)), receivedAt: Int64(version) * 1_000,
            businessDay: 0, state: state, isRemoval: false, content: [], type: "t", typeVersion: 1)
    }

    /// Every order in which up to four versions can come and end.
    func test_changes_inEveryOrder_leadToWhatTheVersionsSay() {
        func explore(_ chain: [VersionEntry], _ known: [Int64: SupersededRow], _ left: Int) {
            let expected = Dictionary(uniqueKeysWithValues: VersionChain.superseded(chain).map { ($0.sequence, $0) })
            XCTAssertEqual(known.filter { $0.value.by != 0 && state(of: $0.key, chain) != .failed }, expected, "\(chain.map(\.state))")
            if left == 0 { return }
            func step(_ changed: VersionEntry, _ next: [VersionEntry]) {
                var rows = known
                let changes = VersionChain.changes(
                    changed, earlier: next.filter { $0.version < changed.version }.reversed(), later: next.filter { $0.version > changed.version },
                    known: { rows[$0] })
                for row in changes { rows[row.sequence] = row }
                explore(next, rows, left - 1)
            }
            if chain.count < 4 {
                for state in [ReceiptState.processing, .complete] {
                    let new = entry(Int32(chain.count + 1), state)
                    step(new, chain + [new])
                }
            }
            for place in chain.indices where chain[place].state == .processing {
                for state in [ReceiptState.complete, .failed] {
                    var next = chain
                    next[place].state = state
                    step(next[place], next)
                }
            }
        }
        explore([], [:], 7)
    }

    /// A version that FAILED is taken up again: a dead letter was redriven, or an endpoint has accepted late. Those that came meanwhile stay the newest.
    func test_changes_whereVersionsThatFailedGoOn_leadToWhatTheVersionsSay() {
        var random = SplitMix64(state: 27)
        for _ in 0..<2_000 {
            var (chain, known) = ([VersionEntry](), [Int64: SupersededRow]())
            for _ in 0..<12 {
                if chain.isEmpty || chain.count < 5 && Bool.random(using: &random) {
                    chain.append(entry(Int32(chain.count + 1), Bool.random(using: &random) ? .processing : .complete))
                } else {
                    let place = Int.random(in: chain.indices, using: &random)
                    switch chain[place].state {
                    case .processing: chain[place].state = Bool.random(using: &random) ? .complete : .failed
                    case .failed: chain[place].state = .processing
                    case .complete: continue
                    }
                    note(chain[place], chain, &known)
                    continue
                }
                note(chain[chain.count - 1], chain, &known)
            }
        }
    }

    private func note(_ changed: VersionEntry, _ chain: [VersionEntry], _ known: inout [Int64: SupersededRow]) {
        let rows = known
        let changes = VersionChain.changes(
            changed, earlier: chain.filter { $0.version < changed.version }.reversed(), later: chain.filter { $0.version > changed.version }, known: { rows[$0] })
        for row in changes { known[row.sequence] = row }
        let expected = Dictionary(uniqueKeysWithValues: VersionChain.superseded(chain).map { ($0.sequence, $0) })
        XCTAssertEqual(known.filter { $0.value.by != 0 && state(of: $0.key, chain) != .failed }, expected, "\(chain.map(\.state))")
    }

    private func state(of sequence: Int64, _ chain: [VersionEntry]) -> ReceiptState? { chain.first { $0.sequence == sequence }?.state }

    func test_supersededRows_areThoseOfTheLastWord_inSetsAndSingly() throws {
        var random = SplitMix64(state: 11)
        var rows = SupersededRows()
        var model: [Int64: SupersededRow] = [:]
        for step in 1...6_000 {
            let sequence = Int64.random(in: 1...4_000, using: &random)
            var row = SupersededRow(sequence)
            // One in some hundreds comes back, as when what superseded it FAILED.
            if Int.random(in: 0..<300, using: &random) > 0 { row.by = 5_000 + Int64(step) }
            if Bool.random(using: &random) { row.acceptedBy = row.by }
            rows.set(row)
            model[sequence] = row
            guard step % 500 == 0 else { continue }
            for through in [5_000 + Int64(step), 5_000 + Int64(step) / 2] {
                for view in [SupersededRows.View.newest, .accepted] {
                    let hidden = try rows.hidden(view, through: through)
                    for sequence in Int64(0)...4_001 {
                        let by = model[sequence].map { view == .newest ? $0.by : $0.acceptedBy } ?? 0
                        XCTAssertEqual(hidden.contains(sequence), by != 0 && by <= through, "\(sequence) through \(through)")
                    }
                }
            }
            for sequence in Int64(1)...4_000 { XCTAssertEqual(rows[sequence], model[sequence]) }
        }
        let gone = rows.all.filter { $0.sequence <= 2_000 }
        rows.remove(said: gone)
        XCTAssertEqual(rows.all, model.values.filter { $0.sequence > 2_000 }.sorted { $0.sequence < $1.sequence })
    }

    /// A file says what was so when it was written: what became known of a row since stays.
    func test_supersededRows_thatFilesSay_areForgotten_butForLaterWords() {
        func superseded(_ sequence: Int64, by: Int64) -> SupersededRow {
            var row = SupersededRow(sequence)
            (row.by, row.acceptedBy) = (by, by)
            return row
        }
        var rows = SupersededRows([superseded(1, by: 6), superseded(2, by: 3), superseded(4, by: 5)])
        rows.remove(said: [superseded(1, by: 6), superseded(2, by: 6), superseded(3, by: 6)])
        XCTAssertEqual(rows.all, [superseded(2, by: 3), superseded(4, by: 5)])
        // Files have their rows in the order of their keys.
        let boundary = TierBoundary()
        boundary.publish(sequence: 6, superseded: ["t_history": [superseded(1, by: 6), superseded(2, by: 3), superseded(4, by: 5), superseded(5, by: 6)]])
        boundary.replace([], cold: [:], settled: ["t_history": [superseded(5, by: 6), superseded(2, by: 6), superseded(1, by: 6)]])
        XCTAssertEqual(boundary.snapshot().superseded["t_history"]?.all, [superseded(2, by: 3), superseded(4, by: 5)])
    }

    /// A later page of a walk makes a set of its own: of its query's memory, before it is made.
    func test_supersededRows_ofAWalksBeginning_areTheQuerysToPay() throws {
        var rows = SupersededRows()
        for sequence in Int64(1)...50_000 {
            var row = SupersededRow(sequence)
            row.by = 100_000 + sequence
            rows.set(row)
        }
        let memory = MemoryBudget(byteCountMax: 8 << 20)
        do {
            let hidden = try rows.hidden(.newest, through: 110_000, memory)
            XCTAssertEqual([1, 10_000, 10_001, 50_000].map { hidden.contains($0) }, [true, true, false, false])
            XCTAssertGreaterThanOrEqual(memory.usedByteCount, 50_000 * 16)
            withExtendedLifetime(hidden) {}
        }
        XCTAssertEqual(memory.usedByteCount, 0)
        let little = MemoryBudget(byteCountMax: 256 << 10)
        XCTAssertThrowsError(try rows.hidden(.newest, through: 110_000, little)) { XCTAssertEqual(($0 as? QueryError)?.slug, .spillFull) }
        XCTAssertEqual(little.usedByteCount, 0)
        // Of now there are sets already.
        XCTAssertFalse(try rows.hidden(.newest, through: .max, little).isEmpty)
    }

    /// Rows that come back cost queries nothing: each run goes on keeping its set, whatever has become of single rows of it.
    func test_supersededRows_thatCameBack_leaveRunsTheirSets() throws {
        var rows = SupersededRows()
        func set(_ sequences: [Int64], by: Int64) {
            for sequence in sequences {
                var row = SupersededRow(sequence)
                (row.by, row.acceptedBy) = (by, by)
                rows.set(row)
            }
        }
        func check(_ hidden: Set<Int64>, line: UInt = #line) throws {
            for view in SupersededRows.View.allCases {
                let found = try rows.hidden(view, through: .max)
                let sequences: [Int64] = Array(0...9_000)
                XCTAssertEqual(Set(sequences.filter { found.contains($0) }), hidden, line: line)
                let shown = found.shown(sequences)
                XCTAssertEqual(Set(sequences.indices.filter { !shown[$0] }.map { sequences[$0] }), hidden, line: line)
            }
        }
        set(Array(1...7_168), by: 10_000)
        let setCount = try rows.hidden(.newest, through: .max).setCount
        XCTAssertGreaterThan(setCount, 1)
        set([5], by: 0)
        try check(Set<Int64>(1...7_168).subtracting([5]))
        XCTAssertEqual(try rows.hidden(.newest, through: .max).setCount, setCount)
        set([5], by: 10_001)
        try check(Set<Int64>(1...7_168))
        // So many that each would be asked for among them: all becomes one run.
        set(Array(1...3_000), by: 0)
        try check(Set<Int64>(3_001...7_168))
        set(Array(1...7), by: 10_002)
        try check(Set<Int64>(1...7).union(3_001...7_168))
    }

    func test_roster_closeTogetherAndFarApart_hasItsNumbers() {
        for sorted in [[], [7], [1, 2, 3, 900], [1, 1 << 40, Int64.max], [Int64.min, 0, Int64.max]] as [[Int64]] {
            let roster = SequenceRoster(sorted: sorted)
            for number in Set(sorted + sorted.flatMap { [$0.subtractingSaturating(1), $0.addingSaturating(1)] } + [0]) {
                XCTAssertEqual(roster.contains(number), sorted.contains(number), "\(number) in \(sorted)")
            }
        }
    }
}
