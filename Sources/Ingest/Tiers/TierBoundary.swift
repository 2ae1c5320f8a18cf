import Synchronization

/// Where hot ends and cold begins, as one state: which hot files there are, which version of each cold table, and the sequence up to
/// which everything is committed.
///
/// A holder of a `snapshot` sees that state as long as it keeps it: a hot file that moved to cold stays on disk until then.
///
/// 1. It changes under one lock, a whole step at a time: no snapshot has a row both hot and cold, or in neither.
/// 2. `sequence` and `generation` only rise.
package final class TierBoundary: Sendable {
    /// Taken by a reader, once for all that must agree.
    package struct Snapshot: Sendable {
        /// By day and part, the open one last.
        package var files: [HotFile]
        package var cold: [String: ColdTable]
        /// Every receipt and event up to it is committed and visible; none above it belongs to the snapshot.
        package var sequence: Int64
        /// Rows of versioned tables that are not the newest of their documents, as far as files do not say it, by table.
        package var superseded: [String: SupersededRows] = [:]
        /// Tables of which not all versions could be read at the start, with what is damaged: nobody knows which of their rows are superseded.
        package var unreadVersions: [String: DamagedColdFile] = [:]
        /// Of the last commit, in microseconds since 1970, or of the start; nil where that is not known.
        package var instant: Int64?
        /// States that change after this moment, as they are at it.
        package var states = EarlierStates()
        /// Where last events of cold rows lie that became final after they came, by table.
        package var lateEnds: [String: [LateEnds]] = [:]
        /// Sums of cold files, by the names of their rollups.
        package var rollups: [String: RollupState] = [:]
        /// Rises with each `IdentityChange`: a check made under one number holds while it stands. Files that move or merge change no answer.
        package var generation: UInt64

        /// All tables of the warehouse by name: those of rows, and those of sums.
        var warehouse: [(name: String, table: ColdTable)] {
            (cold.map { ($0.key, $0.value) } + rollups.values.compactMap { state in state.table.map { ($0.name, $0) } }).sorted { $0.name < $1.name }
        }

        /// Where a walk begins that begins now.
        var beginning: WalkBeginning { WalkBeginning(sequence: sequence, instant: instant) }

        package init(files: [HotFile] = [], cold: [String: ColdTable] = [:], sequence: Int64 = 0, generation: UInt64 = 0) {
            self.files = files
            self.cold = cold
            self.sequence = sequence
            self.generation = generation
        }
    }

    /// `changes.last` led to the snapshot's generation, the one before it to the generation below, and so on.
    private struct State {
        var snapshot: Snapshot
        /// The last ones, up to the snapshot's generation.
        var changes: [IdentityChange] = []
        /// Behind all that was announced: ahead of the snapshot's while that is not published.
        var states: EarlierStates
    }

    /// More than come while one submission waits.
    private static let changeCountMax = 256

    private let state: Mutex<State>

    package init(_ initial: Snapshot = Snapshot()) { state = Mutex(State(snapshot: initial, states: initial.states)) }

    /// - Complexity: O(1): values that are shared until the next change.
    package func snapshot() -> Snapshot { state.withLock { $0.snapshot } }
    package var generation: UInt64 { state.withLock { $0.snapshot.generation } }
    package var sequence: Int64 { state.withLock { $0.snapshot.sequence } }

    /// What changed since a check, with the state that it led to; nil when that is too long ago to be known.
    ///
    /// - Parameter generation: that of the snapshot which was looked at.
    func changes(since generation: UInt64) -> (snapshot: Snapshot, changes: [IdentityChange]?) {
        state.withLock { state in
            let count = Int(clamping: state.snapshot.generation &- generation)
            return (state.snapshot, count > state.changes.count ? nil : Array(state.changes.suffix(count)))
        }
    }

    /// States of rows are about to change: the present ones stay known to holders of earlier snapshots.
    ///
    /// By the writer, before the commit, since what is committed may be seen at once.
    func announce(_ rows: [EarlierStates.Row], of file: String) {
        if rows.isEmpty { return }
        // Readers who take snapshots do not wait while others' moments are let go of: nobody else adds to the last.
        let next = state.withLock { $0.states }.adding(rows, of: file)
        state.withLock { $0.states = next }
    }

    /// What was announced came to nothing, and states are what they were: whoever looks from now on is behind it. By the writer, once its commit has failed.
    ///
    /// Else each commit that a full disk does not take would stay, and be gone through by every scan, until one is taken.
    func forgetAnnounced() { state.withLock { $0.snapshot.states = $0.states } }

    /// Makes committed rows visible. By the writer, before it acknowledges them.
    ///
    /// - Parameters:
    ///   - instant: of the commit.
    ///   - superseded: rows that they supersede, by table.
    func publish(sequence: Int64, at instant: Int64? = nil, superseded: [String: [SupersededRow]] = [:]) {
        state.withLock { state in
            state.snapshot.sequence = max(state.snapshot.sequence, sequence)
            state.snapshot.states = state.states
            if let instant { state.snapshot.instant = max(state.snapshot.instant ?? .min, instant) }
            for (table, rows) in superseded { for row in rows { state.snapshot.superseded[table, default: SupersededRows()].set(row) } }
        }
    }

    /// A rollup that was declared, or changed; nil: that is gone.
    ///
    /// - Returns: the one in whose place it is.
    @discardableResult
    func set(_ rollup: RollupState?, named name: String) -> RollupState? {
        state.withLock { state in
            defer { state.snapshot.rollups[name] = rollup }
            return state.snapshot.rollups[name]
        }
    }
    var rollups: [String: RollupState] { state.withLock { $0.snapshot.rollups } }
    func coldTable(_ name: String) -> ColdTable? { state.withLock { $0.snapshot.cold[name] } }

    /// A new open file: its index speaks for its rows.
    func add(_ file: HotFile) { state.withLock { $0.snapshot.files.append(file) } }

    /// What was looked up before it is looked up again by the writer.
    func note(_ change: IdentityChange) { state.withLock { Self.note(change, &$0) } }

    private static func note(_ change: IdentityChange, _ state: inout State) {
        state.snapshot.generation += 1
        if state.changes.count == changeCountMax { state.changes.removeFirst() }
        state.changes.append(change)
    }

    /// Switches rows from hot files to cold tables at one instant.
    ///
    /// Called after the catalog's transaction that says the same.
    ///
    /// - Parameter sequence: of the last row that cold tables have and nothing had before.
    /// - Parameter settled: what cold files say of superseded rows from now on, by table.
    /// - Parameter lateEnds: of the rows that leave.
    func replace(
        _ files: [HotFile], cold: [String: ColdTable], sequence: Int64? = nil, settled: [String: [SupersededRow]] = [:], lateEnds: [LateEnds] = [],
        rollups: [RollupState] = []
    ) {
        let gone = Set(files.map(\.name))
        // Files have their rows by key: readers and commits do not wait while those of millions are put in order.
        let said = settled.mapValues { rows in rows.sorted { $0.sequence < $1.sequence } }
        state.withLock { state in
            if let sequence {
                state.snapshot.sequence = max(state.snapshot.sequence, sequence)
                Self.note(.any, &state)
            }
            state.snapshot.files.removeAll { gone.contains($0.name) }
            for (table, version) in cold { state.snapshot.cold[table] = version }
            for ends in lateEnds { state.snapshot.lateEnds[ends.table, default: []].append(ends) }
            // One that was changed or deleted meanwhile has other sums, or none.
            for rollup in rollups where state.snapshot.rollups[rollup.definition.name]?.number == rollup.number {
                state.snapshot.rollups[rollup.definition.name] = rollup
            }
            for (table, rows) in said { state.snapshot.superseded[table]?.remove(said: rows) }
        }
    }
}

extension TierBoundary: RollupBoundary {}
