import Synchronization

/// Where hot ends and cold begins, as one state: which hot files there are, which version of each cold table, and the sequence up to
/// which everything is committed.
///
/// Whoever takes a `snapshot` sees that state as long as he holds it: a hot file that moved to cold stays on disk until then.
package final class TierBoundary: Sendable {
    package struct Snapshot: Sendable {
        /// By day and part, the open one last.
        package var files: [HotFile]
        package var cold: [String: ColdTable]
        /// Every receipt and event up to it is committed and visible; none above it belongs to the snapshot.
        package var sequence: Int64
        /// Rises whenever a file is added, sealed or moved: a check made under one number holds while it stands.
        package var generation: UInt64

        package init(files: [HotFile] = [], cold: [String: ColdTable] = [:], sequence: Int64 = 0, generation: UInt64 = 0) {
            self.files = files
            self.cold = cold
            self.sequence = sequence
            self.generation = generation
        }
    }

    private let state: Mutex<Snapshot>

    package init(_ initial: Snapshot = Snapshot()) { state = Mutex(initial) }

    package func snapshot() -> Snapshot { state.withLock { $0 } }
    package var generation: UInt64 { state.withLock { $0.generation } }
    package var sequence: Int64 { state.withLock { $0.sequence } }

    /// Makes committed rows visible. By the writer, before it acknowledges them.
    func publish(sequence: Int64) { state.withLock { $0.sequence = max($0.sequence, sequence) } }

    func add(_ file: HotFile) {
        state.withLock { state in
            state.files.append(file)
            state.generation += 1
        }
    }

    /// The open file takes no more rows.
    func noteSealed() { state.withLock { $0.generation += 1 } }

    /// Switches rows from hot files to cold tables at one instant.
    ///
    /// - Parameter sequence: of the last row that cold tables have and nothing had before.
    func replace(_ files: [HotFile], cold: [String: ColdTable], sequence: Int64? = nil) {
        let gone = Set(files.map(\.name))
        state.withLock { state in
            if let sequence { state.sequence = max(state.sequence, sequence) }
            state.files.removeAll { gone.contains($0.name) }
            for (table, version) in cold { state.cold[table] = version }
            state.generation += 1
        }
    }
}
