internal import ColumnStore
internal import Documents
internal import Ingest
import Synchronization

/// Keeps the copy that this node answers reads from while it follows: made when somebody asks, made anew while somebody does, and gone a minute after the last. The thread that folds
/// records says of which one the files are to be read; another thread reads them, and nobody waits for it.
///
/// 1. While a copy is made the files are held as of its record: the folding thread goes on beside them, and lets go once it sees that the copy is there.
/// 2. `present` is whole, or nil; a copy that could not be made leaves the one before in its place, which grows old.
/// 3. What was begun before an `end` counts no more: its `round` is another.
final class StandbyCopies: Sendable {
    /// A copy, and how old it is.
    struct Present: Sendable {
        let copy: StandbyCopy
        /// By the clock of the boot, in milliseconds: when the leader was last heard before it was taken.
        let heardAt: Int
        fileprivate let takenAt: Double
    }

    private struct State {
        var present: Present?
        /// Day files of the copy before, which somebody may read still.
        var formerFiles: Set<String> = []
        var askedAt = -Double.infinity
        var triedAt = -Double.infinity
        /// How long the last one took.
        var seconds = 0.0
        /// What has changed since the present copy.
        var changed: Set<String> = []
        var isOpening = false
        /// The files are held.
        var isHeld = false
        var isOver = true
        /// Of what was begun before an end nothing is taken.
        var round = 0
        var failure: String?

        /// Five seconds, or twenty times as long as the last one took: where copies are expensive, older ones will do.
        func isFresh(at now: Double) -> Bool { present.map { now - $0.takenAt < max(StandbyCopies.freshSeconds, 20 * seconds) } ?? false }
        /// A tenth of a thread's time at most.
        func isDue(at now: Double) -> Bool { now - triedAt > max(StandbyCopies.pauseSeconds, 10 * seconds) && askedAt > present?.takenAt ?? -.infinity }
    }

    let reading = StandbyReading()
    private let directory: String
    private let storages: any StorageFactory
    private let quarantineDays: Int
    private let log: Log
    private let state = Monitor(State())
    private let ended = Mutex<(@Sendable () -> Void)?>(nil)

    private static let freshSeconds = 5.0
    private static let pauseSeconds = 1.0
    private static let keptSeconds = 60.0

    /// - Parameters:
    ///   - directory: of the store, absolute.
    ///   - storages: where cold tables lie.
    ///   - quarantineDays: how long what was refused is shown, as by the store that leads.
    init(directory: String, storages: any StorageFactory, quarantineDays: Int, log: Log) {
        (self.directory, self.storages, self.quarantineDays, self.log) = (directory, storages, quarantineDays, log)
    }

    /// Calls `body` whenever there is to be no copy any more: what runs over it is to end.
    func whenEnded(_ body: @escaping @Sendable () -> Void) { ended.withLock { $0 = body } }

    // MARK: The thread that folds

    /// This node follows from here on.
    func begin() {
        state.withLock { state in
            let round = state.round + 1
            state = State()
            (state.round, state.isOver) = (round, false)
        }
    }

    /// It leads, or ends: nothing is read from a copy any more.
    func end() {
        state.broadcast { state in (state.isOver, state.present) = (true, nil) }
        reading.use(nil)
        ended.withLock { $0 }?()
    }

    /// Between two records: begins a copy where one is wanted, and lets the files go on once one is there.
    ///
    /// - Parameter heardAt: when the leader was last heard, by the clock of the boot; nil: never, and so nobody could say how old a copy is.
    func look(_ store: ReplicaStore, heardAt: Int?) throws {
        // Decided under the lock, done without it: holding and releasing files takes the store's time.
        enum Step { case nothing, release(Set<String>), drop, open }
        let now = SteadyClock.seconds()
        let step = state.withLock { state -> Step in
            if state.isOpening { return .nothing }
            if state.isHeld {
                state.isHeld = false
                return .release((state.present?.copy.dayFiles ?? []).union(state.formerFiles))
            }
            if state.present != nil, now - state.askedAt > Self.keptSeconds { return .drop }
            return state.isDue(at: now) ? .open : .nothing
        }
        switch step {
        case .nothing: break
        case .release(let files): store.release(read: files)
        case .drop:
            state.withLock { ($0.present, $0.formerFiles, $0.changed) = (nil, [], []) }
            reading.use(nil)
            store.release(read: [])
        case .open:
            guard let heardAt, let held = try store.hold() else { return state.broadcast { $0.triedAt = now } }
            open(held, heardAt: heardAt, at: now)
        }
    }

    private func open(_ held: (position: ReplicaStore.Position, changed: Set<String>), heardAt: Int, at now: Double) {
        let (former, changed, round) = state.withLock { state in
            (state.isOpening, state.isHeld) = (true, true)
            state.changed.formUnion(held.changed)
            return (state.present?.copy, state.changed, state.round)
        }
        let isBegun = WorkerThread.start(name: "standby-copy") { [self] in
            let made = Result {
                try StandbyCopy(directory: directory, at: held.position, storages: storages, quarantineDays: quarantineDays, from: former, changed: changed)
            }
            finish(made, heardAt: heardAt, at: now, round: round)
        }
        if !isBegun { finish(.failure(Fault(.overloaded, "the system gives no thread to make it on", advice: .sendAgainLater)), heardAt: heardAt, at: now, round: round) }
    }

    private func finish(_ made: Result<StandbyCopy, any Error>, heardAt: Int, at began: Double, round: Int) {
        var failure: String?
        state.broadcast { state in
            guard state.round == round, !state.isOver else { return }
            // Since its files were held, the start of the thread among it.
            (state.isOpening, state.triedAt, state.seconds) = (false, SteadyClock.seconds(), SteadyClock.seconds() - began)
            switch made {
            case .success(let copy):
                state.formerFiles = state.present?.copy.dayFiles ?? []
                state.present = Present(copy: copy, heardAt: heardAt, takenAt: began)
                (state.changed, state.failure) = ([], nil)
                reading.use(copy)
            case .failure(let error):
                failure = state.failure == "\(error)" ? nil : "\(error)"
                state.failure = "\(error)"
            }
        }
        if let failure { log.warning("no copy to answer reads from could be made", ["reason": .text(failure)]) }
    }

    // MARK: Readers

    /// The copy that there is, for who is nobody: it is not asked for by that.
    var present: Present? { state.withLock { $0.isOver ? nil : $0.present } }

    /// The copy to answer from.
    ///
    /// - Parameter anyAge: whoever has waited takes one however old it is.
    func take(anyAge: Bool) -> Present? {
        let now = SteadyClock.seconds()
        return state.withLock { state in
            guard !state.isOver else { return nil }
            state.askedAt = now
            return anyAge || state.isFresh(at: now) ? state.present : nil
        }
    }

    /// Waits until there is a copy.
    ///
    /// - Returns: whether there is one, though it be an old one.
    func wait(seconds: Double) -> Bool {
        let asked = SteadyClock.seconds()
        state.withLock { $0.askedAt = asked }
        return state.wait(seconds: seconds) { state -> Bool? in
            if state.isOver { return false }
            if state.isFresh(at: asked) { return true }
            return !state.isOpening && state.triedAt > asked ? state.present != nil : nil
        } ?? state.withLock { !$0.isOver && $0.present != nil }
    }
}
