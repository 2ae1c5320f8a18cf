import ColumnStore

/// Who of all that is uploaded works now: a few files at a time, each on a thread of its own; owners take turns chunk by chunk, and a chunk is no longer
/// than whoever posts can wait.
///
/// Invariants:
/// 1. Of one upload one thread works at a time.
/// 2. A chunk is stored within a turn, and of turns there are `turnMax` at most.
/// 3. No owner has all places, and none has several for longer than a chunk while another has none.
/// 4. One that could not go on has no place while it waits to be tried again, and waits the longer the more often that happens.
final class UploadQueue: Sendable {
    private struct Active {
        let owner: Identity
        /// Who began last has the highest.
        let number: Int
    }

    private struct Delay {
        var pause: GrowingPause
        /// By the steady clock, in seconds.
        var until = 0.0
        /// Since it began to be worked on.
        var isNew = false
    }

    private struct State {
        var isWoken = true
        var isStarted = false
        var isStopped = false
        /// Those that are worked on, by id.
        var active: [String: Active] = [:]
        /// Of them those that are to give their places to other owners.
        var yielding: Set<String> = []
        /// Those that could not go on.
        var delays: [String: Delay] = [:]
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
    /// Of one owner: one place is always another's.
    static let activeMaxOfOwner = 3
    /// Chunks that are with the writer at the same time.
    static let turnMax = 2
    /// How long the look for work waits where nobody wakes it.
    private static let sweepSeconds = 10.0
    /// How long `stop` waits for connections to let go of their files.
    private static let writtenSeconds = 2.0

    private let state = Monitor(State())
    private let pauses: GrowingPause
    private let starter: WorkerThread.Starter

    /// - Parameters:
    ///   - pauses: of an upload that could not go on; others for tests.
    ///   - starter: of the threads that files are read on; another for tests.
    init(pauses: GrowingPause = GrowingPause(1...60), starter: @escaping WorkerThread.Starter = { WorkerThread.start(name: $0, $1) }) {
        (self.pauses, self.starter) = (pauses, starter)
    }

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
    var written: Set<String> { state.withLock { $0.written } }

    // MARK: Ends

    /// Asks the thread that works on it to end, and waits for that.
    func end(_ id: String, seconds: Double) {
        state.broadcast { state in
            state.unwanted.insert(id)
            state.delays[id] = nil
        }
        _ = state.wait(seconds: seconds) { $0.active[id] == nil ? true : nil }
        state.withLock { _ = $0.unwanted.remove(id) }
    }

    func isUnwanted(_ id: String) -> Bool { state.withLock { $0.unwanted.contains(id) } }

    /// Waits until nobody works on it.
    ///
    /// - Returns: whether that came in time.
    func waitWhileActive(_ id: String, seconds: Double) -> Bool { state.wait(seconds: seconds) { $0.active[id] == nil ? true : nil } ?? false }

    /// For the thread that works on it: it cannot go on now, and is begun again after a pause that grows each time.
    func putOff(_ id: String) {
        state.withLock { state in
            var delay = state.delays[id] ?? Delay(pause: pauses)
            (delay.until, delay.isNew) = (SteadyClock.seconds() + delay.pause.next(), true)
            state.delays[id] = delay
        }
    }

    /// For the thread that works on it: something of it is done, so that the next pause is a short one.
    func noteProgress(_ id: String) { state.withLock { _ = $0.delays[id]?.pause.reset() } }

    /// Whether it is to give its place to another owner's, between two chunks: it is begun again where it stood.
    func mustYield(_ id: String) -> Bool { state.withLock { $0.yielding.contains(id) } }

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
        let isStopped = state.wait(seconds: secondsToSleep) { state -> Bool? in
            if state.isStopped { return true }
            guard state.isWoken else { return nil }
            state.isWoken = false
            return false
        }
        if isStopped ?? false { return false }
        do {
            for upload in next(try look()) {
                let isBegun = starter("upload") { [self] in
                    WorkerThread.lowerPriority()
                    process(upload)
                    leave(upload)
                }
                // As one that could not go on: by the end of its pause there may be a thread.
                guard isBegun else {
                    StoreLog.note("an upload waits: the system gives no thread to read it on", path: "uploads/\(upload.id)", reason: "it is tried again", level: .warning)
                    putOff(upload.id)
                    leave(upload)
                    continue
                }
            }
        } catch {
            StoreLog.note("uploads stand still; it is tried again", path: "uploads", reason: StoreLog.text(error), level: .warning)
        }
        return true
    }

    /// Nobody works on it any more.
    private func leave(_ upload: Upload) {
        state.broadcast { state in
            state.active[upload.id] = nil
            state.yielding.remove(upload.id)
            // One that was not put off this time is done, or goes on at once.
            if state.delays[upload.id]?.isNew == true { state.delays[upload.id]?.isNew = false } else { state.delays[upload.id] = nil }
            state.isWoken = true
            if !state.active.values.contains(where: { $0.owner == upload.owner }) { state.served[upload.owner] = nil }
        }
    }

    /// Until the next look where nobody wakes it: at the latest when one that was put off may go on.
    private var secondsToSleep: Double {
        let now = SteadyClock.seconds()
        // Those that wait for a place, and not for a time, are begun when one is free.
        let until = state.withLock { state in state.delays.values.map(\.until).filter { $0 > now }.min() }
        return until.map { min(Self.sweepSeconds, $0 - now) } ?? Self.sweepSeconds
    }

    /// Those to begin: of owners who have the fewest under way, the oldest first.
    private func next(_ waiting: [Upload]) -> [Upload] {
        state.withLock { state in
            let now = SteadyClock.seconds()
            var begun: [Upload] = []
            var left = waiting.filter { state.active[$0.id] == nil && !state.unwanted.contains($0.id) && state.delays[$0.id]?.until ?? 0 <= now }
            while state.active.count < Self.activeMax, !state.isStopped {
                let counts = state.active.values.reduce(into: [Identity: Int]()) { $0[$1.owner, default: 0] += 1 }
                let free = left.indices.filter { counts[left[$0].owner] ?? 0 < Self.activeMaxOfOwner }
                guard let place = free.min(by: { (counts[left[$0].owner] ?? 0, $0) < (counts[left[$1].owner] ?? 0, $1) }) else { break }
                let upload = left.remove(at: place)
                state.number += 1
                state.active[upload.id] = Active(owner: upload.owner, number: state.number)
                begun.append(upload)
            }
            Self.makeRoom(for: left, &state)
            return begun
        }
    }

    /// Asks for a place for each owner who waits without one, of whoever has the most, and of them that which began last.
    private static func makeRoom(for waiting: [Upload], _ state: inout State) {
        let owners = Set(state.active.values.map(\.owner))
        var wantedCount = Set(waiting.map(\.owner)).subtracting(owners).count - state.yielding.count - (activeMax - state.active.count)
        while wantedCount > 0 {
            let staying = state.active.filter { !state.yielding.contains($0.key) }
            let counts = staying.values.reduce(into: [Identity: Int]()) { $0[$1.owner, default: 0] += 1 }
            guard let most = counts.values.max(), most > 1,
                let last = staying.filter({ counts[$0.value.owner] == most }).max(by: { $0.value.number < $1.value.number })
            else { return }
            state.yielding.insert(last.key)
            wantedCount -= 1
        }
    }
}
