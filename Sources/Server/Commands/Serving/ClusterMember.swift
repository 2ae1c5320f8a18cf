internal import ColumnStore
import Glibc
internal import Ingest
import Synchronization

/// This process as a member of a cluster: it follows until it leads, then serves until it does not.
///
///     prove → follow → promote → serve → stepBack → follow …          or → close, the process's end
final class ClusterMember: Sendable {
    /// It was asked to end before it led, or must end.
    struct Ended: Error {
        let status: Int32
    }

    let host: NodeHost
    let listener: Listener
    let timers: Timers
    let certificates: MemberCertificates
    let door: MemberDoor
    /// For calls of an administrator.
    let control: ClusterControl
    private let passing: RequestPassing
    private let log: Log
    private let makeStore: @Sendable () throws -> StandbyStore
    private let isWatched = Atomic<Bool>(false)
    /// Says to whoever started the process that it lives, while no server of it does.
    private let alive = Mutex<Timers.Repetition?>(nil)

    /// Of one that leads no more: what is under way has no answer to wait for.
    static let patience: DoorContext.Patience = {
        var patience = DoorContext.Patience()
        (patience.drain, patience.cancel) = (1, 0.5)
        return patience
    }()
    /// Others wait meanwhile.
    static let handOverPatience: DoorContext.Patience = {
        var patience = DoorContext.Patience()
        (patience.drain, patience.cancel) = (1, 1)
        return patience
    }()
    static let handOverSeconds = 5.0
    /// For files of uploads that are on their way to the other machine: less than requests have to end (`patience`).
    static let carryingSeconds = 0.5
    /// Nobody waits meanwhile.
    static let layDownSeconds = 3.0
    /// For what is passed on still, at the end.
    static let passingSeconds = 2.0

    init(
        host: NodeHost, listener: Listener, timers: Timers, certificates: MemberCertificates, door: MemberDoor, passing: RequestPassing, log: Log,
        makeStore: @escaping @Sendable () throws -> StandbyStore
    ) {
        (self.host, self.listener, self.timers, self.certificates, self.door) = (host, listener, timers, certificates, door)
        (self.passing, self.log, self.makeStore) = (passing, log, makeStore)
        control = ClusterControl(host)
    }

    /// Looks at the node's files before it is one of its cluster. Where its checkpoint is damaged the peer is asked for its own, for as long as that takes: its records lie behind it.
    ///
    /// - Throws: `Ended`, where it is asked to end meanwhile, also while the peer's comes; what is wrong with other files.
    func prove() throws {
        certificates.watch(timers)
        do { return _ = try makeStore() } catch let unusable as StoreCheckpoint.Unusable {
            log.error("the checkpoint of this node cannot be used: the peer is asked for its own", ["reason": .text("\(unusable)")])
        }
        tellReady("asks the peer for its checkpoint")
        var said = ""
        while let reason = host.mendCheckpoint(mayDrop: true, timers: timers, unless: { Self.isStopping }) {
            if Self.isStopping { throw Ended(status: ExitStatus.done) }
            if reason != said {
                log.error("no machine of the cluster gives a checkpoint that this node could go on with; it is asked for again. What this node has acknowledged stays in its records", ["reason": .text(reason)])
                said = reason
            }
            for _ in 0..<Self.mendPauses {
                if Self.isStopping { throw Ended(status: ExitStatus.done) }
                _ = host.standing.wait(seconds: Self.mendPauseSeconds) { $0.ending }
            }
        }
        _ = try makeStore()
    }

    private static let mendPauses = 10
    private static let mendPauseSeconds = 0.1

    /// Whether a signal waits that ends the process: signals are blocked meanwhile, so they are looked for.
    static var isStopping: Bool {
        var pending = sigset_t()
        sigpending(&pending)
        return sigismember(&pending, SIGTERM) == 1 || sigismember(&pending, SIGINT) == 1
    }

    /// Tells whoever started the process that it answers, and that it lives.
    private func tellReady(_ status: String) {
        manager.tell(.ready(status))
        beginTelling()
    }

    private var manager: ServiceManager { ServiceManager(socket: Environment["NOTIFY_SOCKET"], watchdog: Environment["WATCHDOG_USEC"], watchdogProcess: Environment["WATCHDOG_PID"]) }

    /// Tells whoever started the process, as often as it asks, that it lives, until a server of it does (`endTelling`): also while the store is opened to lead, or closed to follow again, which may take
    /// longer than it is waited for. Killed there, it would begin anew, and come to the same place.
    func beginTelling() {
        let manager = manager
        tell(manager.watchdogSeconds.map { seconds in timers.every(max(0.05, seconds / 3)) { manager.tell(.alive) } })
    }

    func endTelling() { tell(nil) }

    private func tell(_ next: Timers.Repetition?) {
        let former = alive.withLock { alive in
            defer { alive = next }
            return alive
        }
        former?.stop()
    }

    /// Keeps the store as the leader's records say; returns once this machine leads, and the store is whole.
    ///
    /// - Parameter signals: which are blocked; one of them ends it.
    /// - Throws: `Ended`.
    func follow(_ signals: sigset_t) throws {
        tellReady("a member of a cluster")
        certificates.watch(timers)
        do { try followed().promote() } catch {
            // An end that hangs is to be cut off, as that of a process that serves.
            endTelling()
            throw error
        }
    }

    /// - Returns: the store, once this machine is to lead.
    private func followed() throws -> StandbyStore {
        let store: StandbyStore
        let reason: String?
        do {
            store = try makeStore()
            reason = try store.follow { Self.isStopping }
        } catch let unusable as StoreCheckpoint.Unusable {
            // The next start asks the peer for its own.
            log.error("this node ends", ["reason": .text("\(unusable)")])
            end(anew: true)
            throw Ended(status: LogFence.status)
        } catch let other as StandbyStore.OtherWarehouse { throw UsageError("\(other)") }
        guard reason == nil else {
            let isFenced = hasEnded
            end(anew: isFenced)
            throw Ended(status: isFenced ? LogFence.status : ExitStatus.done)
        }
        return store
    }

    /// It leads no more.
    var hasEnded: Bool { host.standing.withLock { $0.ending != nil } }

    /// The server is open: requests are its own from here on, until this machine leads no more.
    func serve(_ service: Service, _ context: DoorContext, _ fence: LogFence) {
        door.open(service, refusals: { context.notReady }, faults: { context.degradations })
        guard !isWatched.exchange(true, ordering: .relaxed) else { return }
        WorkerThread(name: "cluster-end", isDetached: true) { [host] in fence.leave(host.standing.wait { $0.ending }) }
    }

    /// Whether somebody wants the lead to be handed over; once.
    func takeHandOver() -> Bool { control.takeHandOver() }

    /// After the store is closed: lets another lead, and goes on as one that follows. Where nobody takes the lead, it leads on.
    ///
    /// - Returns: false where the store's files tell what was never acknowledged: the process is to begin anew.
    func stepBack(_ directory: String) throws -> Bool {
        guard let mark = host.closedAt else {
            end(anew: true)
            return false
        }
        // Of this start of the machine alone: it goes on, and nobody waits for a sync of all.
        try ReplicaStore.noteEnd(DataDirectory.absolute(directory), at: .init(mark), isDurable: false)
        host.handOver(seconds: Self.handOverSeconds, waitsForTaker: true)
        // Who asked for it meanwhile asked for this one: kept, it would give the lead away again as soon as this machine has it back.
        _ = takeHandOver()
        return true
    }

    /// After the store is closed: notes that its files tell what is acknowledged, and no more, and lets the other lead.
    ///
    /// - Parameter deadline: nil: none but the parts' own.
    func close(_ directory: String, _ deadline: StopDeadline?) throws {
        let directory = DataDirectory.absolute(directory)
        let mark = host.closedAt
        if let mark { try ReplicaStore.noteEnd(directory, at: .init(mark), isDurable: false) }
        deadline?.begin("the other machine, which is to lead")
        // Where nobody takes the lead what counts is archived first: that needs its time more.
        host.handOver(seconds: deadline?.left(Self.handOverSeconds, keeping: Self.passingSeconds + Archiver.stopSecondsMax) ?? Self.handOverSeconds)
        end(deadline, anew: hasEnded)
        guard let mark else { return }
        // Last: a disk that is slow takes from nobody the time for what counts. Where it does not come to that the files are made anew after a start of the machine; where it fails, with the next start.
        deadline?.begin("the files of this node, which are synced")
        do { try ReplicaStore.noteDurableEnd(directory, at: .init(mark)) } catch {
            log.warning("the files of this node may be lost in part with a crash of the machine: the next start makes them anew", ["reason": .error(error)])
        }
    }

    /// What came is passed on to whoever leads now; then nothing more comes.
    ///
    /// - Parameters:
    ///   - given: that of the whole stop; nil: this is all of it.
    ///   - isAnew: nobody wanted the process to end: it is started anew, also where its end is cut off.
    private func end(_ given: StopDeadline? = nil, anew isAnew: Bool) {
        let deadline = given ?? StopDeadline(of: log, isFenced: { isAnew })
        defer { if given == nil { deadline.finish() } }
        deadline.begin("requests that were passed on")
        if !host.hasLeader { passing.stop() }
        listener.stopAccepting()
        _ = listener.waitUntilIdle(seconds: deadline.left(Self.passingSeconds, keeping: Archiver.stopSecondsMax))
        deadline.begin("the archive, the checkpoint and the records of this node")
        host.stop()
    }
}
