internal import ColumnStore
internal import Ingest

/// Holds the day files that a node begins to follow with against what the leader has noted of them, beside its work: a file that was put back from a copy, or changed while the node was away,
/// would only be found once it leads.
///
/// It reads the files beside the thread that folds, and changes nothing: what differs is made anew by `StandbyStore`.
final class StandbyDays: Sendable {
    /// For reports of the node's state.
    struct Report: Sendable, Equatable {
        /// nil until they are held against the leader's.
        var checkedCount: Int?
        /// Whose files were made anew.
        var mended: [String] = []
        /// That are other than the leader's still.
        var differing: [String] = []
    }

    private struct State {
        var report = Report()
        var round = 0
        var isRunning = false
        /// What was found, until it is taken.
        var found: [String]?
    }

    private let directory: String
    private let state = Monitor(State())

    /// - Parameter directory: of the store, absolute.
    init(directory: String) { self.directory = directory }

    var report: Report { state.withLock { $0.report } }

    /// Begins, with what the leader has noted of records that the files tell.
    ///
    /// - Returns: false where the system gives no thread: nothing was begun.
    func begin(_ digests: [String: DayDigest]) -> Bool {
        let round = state.withLock { state in
            state.round += 1
            (state.isRunning, state.found) = (true, nil)
            return state.round
        }
        let isBegun = WorkerThread.start(name: "standby-days") { [self] in
            WorkerThread.lowerPriority()
            let found = ReplicaStore.differingDays(directory, digests) { state.withLock { $0.round != round } }
            state.broadcast { state in
                guard state.round == round else { return }
                (state.isRunning, state.found) = (false, found)
                state.report.checkedCount = digests.count
            }
        }
        if !isBegun { state.broadcast { if $0.round == round { $0.isRunning = false } } }
        return isBegun
    }

    /// It leads, or ends: the files are another's to read.
    func end() {
        state.broadcast { state in
            state.round += 1
            (state.isRunning, state.found) = (false, nil)
        }
    }

    /// Days that are to be made anew; nil where nothing was found since the last call. What differs again after that is only told.
    func takeFound() -> [String]? {
        state.withLock { state in
            guard let found = state.found else { return nil }
            state.found = nil
            let again = found.filter { state.report.mended.contains($0) }
            state.report.differing = again
            let new = found.filter { !again.contains($0) }
            state.report.mended += new
            return new
        }
    }
}
