import ColumnStore

/// Who of all that is uploaded works now: a few files at a time, each on a thread of its own; owners take turns chunk by chunk, and a chunk is no longer
/// than whoever posts can wait.
///
/// Invariants:
/// 1. Of one upload one thread works at a time.
/// 2. A chunk is stored within a turn, and of turns there are `turnMax` at most.
final class UploadQueue: Sendable {
    private struct State {
        var isWoken = true
        var isStarted = false
        var isStopped = false
        /// Whose each is, by id.
        var active: [String: Identity] = [:]
        /// Those that somebody has ended.
        var unwanted: Set<String> = []
        /// Files that are being put.
        var written: Set<String> = []
        var waiting: [(number: Int, owner: Identity)] = []
        var runningTurns = 0
        var number = 0
        /// The number of each owner's last turn.
        var served: [Identity: Int] = [:]
    }

    /// Files that are read at the same time, of all owners together.
    static let activeMax = 4
    /// Chunks that are with the writer at the same time.
    static let turnMax = 2
    /// How long the look for work waits where nobody wakes it.
    private static let sweepSeconds = 10.0
    /// How long `stop` waits for connections to let go of their files.
    private static let writtenSeconds = 2.0

    private let state = Monitor(State())

    var isStopped: Bool { state.withLock { $0.isStopped } }

    /// Begins with what an earlier run left.
    ///
    /// - Parameters:
    ///   - look: what is to be done, the oldest first; asked when something has changed, and now and then.
    ///   - process: on a thread of its own, at low priority.
    func start(look: @escaping @Sendable () throws -> [Upload], process: @escaping @Sendable (Upload) -> Void) {
        let isFirst = state.withLock { state in
            defer { state.isStarted = true }
            return !state.isStarted
        }
        if isFirst { WorkerThread(name: "uploads", isDetached: true) { [self] in while turn(look, process) {} } }
    }

    /// There is something to do.
    func wake() { state.broadcast { $0.isWoken = true } }

    /// Ends what works, between two chunks; the next start goes on.
    func stop() {
        state.broadcast { $0.isStopped = true }
        state.wait { $0.active.isEmpty ? () : nil }
        // A connection that does not let go of its file keeps nobody from closing the store: what is here of the file stays.
        _ = state.wait(seconds: Self.writtenSeconds) { $0.written.isEmpty ? true : nil }
    }

    // MARK: Files on their way in

    /// - Returns: false while somebody else puts that file.
    func beginWriting(_ id: String) -> Bool { state.withLock { !$0.isStopped && $0.written.insert(id).inserted } }
    func endWriting(_ id: String) { state.broadcast { _ = $0.written.remove(id) } }
    func isWritten(_ id: String) -> Bool { state.withLock { $0.written.contains(id) } }

    // MARK: Ends

    /// Asks whoever works on it to end, and waits for that.
    func end(_ id: String, seconds: Double) {
        state.broadcast { _ = $0.unwanted.insert(id) }
        _ = state.wait(seconds: seconds) { $0.active[id] == nil ? true : nil }
        state.withLock { _ = $0.unwanted.remove(id) }
    }

    func isUnwanted(_ id: String) -> Bool { state.withLock { $0.unwanted.contains(id) } }

    /// Waits that long, or until something is to end.
    func pause(_ id: String, seconds: Double) { _ = state.wait(seconds: seconds) { $0.isStopped || $0.unwanted.contains(id) ? true : nil } }

    // MARK: Turns

    /// Returns when it is an owner's turn.
    func beginTurn(of owner: Identity) {
        let number = state.withLock { state in
            state.number += 1
            state.waiting.append((state.number, owner))
            return state.number
        }
        state.wait { state -> Void? in
            guard state.runningTurns < Self.turnMax, Self.next(state) == number else { return nil }
            state.waiting.removeAll { $0.number == number }
            state.runningTurns += 1
            state.number += 1
            state.served[owner] = state.number
            return ()
        }
        // Another may begin beside it.
        state.broadcast { _ in }
    }

    func endTurn() { state.broadcast { $0.runningTurns -= 1 } }

    /// Whoever was served longest ago.
    private static func next(_ state: State) -> Int? {
        state.waiting.min { (state.served[$0.owner] ?? 0, $0.number) < (state.served[$1.owner] ?? 0, $1.number) }?.number
    }

    // MARK: Threads

    /// - Returns: false once it is stopped.
    private func turn(_ look: () throws -> [Upload], _ process: @escaping @Sendable (Upload) -> Void) -> Bool {
        let isStopped = state.wait(seconds: Self.sweepSeconds) { state -> Bool? in
            if state.isStopped { return true }
            guard state.isWoken else { return nil }
            state.isWoken = false
            return false
        }
        if isStopped ?? false { return false }
        do {
            for upload in next(try look()) {
                WorkerThread(name: "upload", isDetached: true) { [self] in
                    WorkerThread.lowerPriority()
                    process(upload)
                    state.broadcast { state in
                        state.active[upload.id] = nil
                        state.isWoken = true
                        if !state.active.values.contains(upload.owner) { state.served[upload.owner] = nil }
                    }
                }
            }
        } catch {
            StoreLog.note("uploads stand still; it is tried again", path: "uploads", reason: "\(error)", level: .warning)
        }
        return true
    }

    /// Those to begin: of owners who have the fewest under way, the oldest first.
    private func next(_ waiting: [Upload]) -> [Upload] {
        state.withLock { state in
            var begun: [Upload] = []
            var left = waiting.filter { state.active[$0.id] == nil && !state.unwanted.contains($0.id) }
            while state.active.count < Self.activeMax, !state.isStopped {
                let counts = state.active.values.reduce(into: [Identity: Int]()) { $0[$1, default: 0] += 1 }
                guard let place = left.indices.min(by: { (counts[left[$0].owner] ?? 0, $0) < (counts[left[$1].owner] ?? 0, $1) }) else { break }
                let upload = left.remove(at: place)
                state.active[upload.id] = upload.owner
                begun.append(upload)
            }
            return begun
        }
    }
}
