internal import ColumnStore
import Synchronization

/// The places of the query service, as connections take them: each piece of work runs on one of its threads, behind what waits already, and the connection's own
/// thread waits for it. Between two pieces nothing is held.
final class QueryPlaces: Sendable {
    private let service: QueryService
    /// Answers that are begun and not at their end, those that wait for their client among them.
    private let begun = Mutex<[Place]>([])
    /// Signalled when one of its own jobs is over.
    private let freed = Monitor(())
    static let openMax = 64
    /// Of one owner: a quarter is left to others.
    static let ownOpenMax = openMax - openMax / 4

    init(_ service: QueryService) { self.service = service }

    /// What an answer has from its beginning to its end. Its owner lives as long.
    final class Place: Sendable {
        fileprivate let owner: ObjectIdentifier
        fileprivate let running: RunningQuery
        /// On `SteadyClock`, in seconds.
        private let endsAt: Double

        fileprivate init(_ owner: AnyObject, _ running: RunningQuery, endsAt: Double) {
            self.owner = ObjectIdentifier(owner)
            (self.running, self.endsAt) = (running, endsAt)
        }

        /// It gives no row any more.
        var isLate: Bool { SteadyClock.seconds() >= endsAt }
        /// It ends when its client next asks, and needs no place until then.
        fileprivate var isOver: Bool { isLate || running.isEnded }
    }

    private final class Job<Result>: @unchecked Sendable {
        // Proof of Sendable: the job's thread writes both before `done` is set, and the waiting one reads `result` after.
        private var body: (() throws -> Result)?
        var result: Swift.Result<Result, any Error>?
        let done = Monitor(false)
        init(_ body: @escaping () throws -> Result) { self.body = body }

        func run() {
            perform()
            done.broadcast { $0 = true }
        }

        /// What the body has of its connection is let go of before that goes on: its last references are never this thread's.
        @inline(never)
        private func perform() {
            guard let body else { return }
            self.body = nil
            result = Swift.Result { try body() }
        }
    }

    /// Runs `body` on a query's thread and waits for it.
    ///
    /// - Parameters:
    ///   - owner: of whose queries not all places may be.
    ///   - isLong: whether it may last longer than `limits.query_time`.
    /// - Throws: 53300 where its turn does not come within twice `limits.query_time`, 57014 when it was interrupted while it waited; what `body` throws.
    func run<Result>(for owner: AnyObject, isLong: Bool, _ interruption: Interruption, _ body: @escaping () throws -> Result) throws -> Result {
        let job = Job(body)
        let deadline = SteadyClock.seconds() + service.turnSeconds
        let ticket = try ticket(for: owner, isLong, interruption, until: deadline) { job.run() }
        while true {
            let isDone = job.done.wait(nanoseconds: Self.lookNanoseconds) { $0 ? true : nil } ?? false
            if isDone { break }
            if interruption.isAsked, service.pool.drop(ticket) { throw Self.canceled }
            if SteadyClock.seconds() >= deadline, service.pool.drop(ticket) { throw Self.tooLate }
        }
        freed.wakeOne()
        guard let result = job.result else { preconditionFailure("a job that is done has a result") }
        return try result.get()
    }

    private static let lookNanoseconds: UInt64 = 100_000_000
    /// In seconds.
    private static let retryPause = 0.01
    private static let canceled = PostgresFault(.queryCanceled, "canceling statement due to user request")
    private static let tooLate = PostgresFault(.tooManyConnections, "too many queries wait for their turn; try again")

    /// A place in the queue. Where there is none, the connection's thread waits outside: there are no more of those than connections.
    private func ticket(
        for owner: AnyObject, _ isLong: Bool, _ interruption: Interruption, until deadline: Double, _ run: @escaping @Sendable () -> Void
    ) throws(PostgresFault) -> WorkerPool.Ticket {
        while true {
            if let ticket = service.pool.submit(for: owner, isLong: isLong, run) { return ticket }
            if interruption.isAsked { throw Self.canceled }
            guard SteadyClock.seconds() < deadline else { throw Self.tooLate }
            _ = freed.wait(seconds: Self.retryPause) { _ in nil as Void? }
        }
    }

    private enum Room { case free, ownTaken, allTaken }

    private static func room(in begun: [Place], for owner: AnyObject) -> Room {
        if begun.count >= openMax { return .allTaken }
        let identity = ObjectIdentifier(owner)
        return begun.filter { $0.owner == identity }.count >= ownOpenMax ? .ownTaken : .free
    }

    /// A place for an answer. Those of answers that are over, though nobody has asked for their next rows, are had first.
    ///
    /// - Parameter owner: of whose answers not all places may be.
    /// - Throws: 53300 where as many answers are open as may be, of the owner or of all.
    func begin(_ running: RunningQuery, for owner: AnyObject) throws(PostgresFault) -> Place {
        let place = Place(owner, running, endsAt: SteadyClock.seconds() + service.limits.streamTime)
        let (room, over) = begun.withLock { begun -> (Room, [Place]) in
            var room = Self.room(in: begun, for: owner), over: [Place] = []
            if room != .free {
                over = begun.filter(\.isOver)
                begun.removeAll { one in over.contains { $0 === one } }
                room = Self.room(in: begun, for: owner)
            }
            if room == .free { begun.append(place) }
            return (room, over)
        }
        // What they hold goes, too.
        for place in over { place.running.cancel() }
        switch room {
        case .free: return place
        case .ownTaken:
            throw PostgresFault(.tooManyConnections, "too many portals and cursors of this credential are open: \(Self.ownOpenMax)", hint: "CLOSE those that are not needed.")
        case .allTaken:
            throw PostgresFault(.tooManyConnections, "too many portals and cursors are open in this server: \(Self.openMax)", hint: "CLOSE those that are not needed.")
        }
    }

    /// Gives it back; again does no harm.
    func end(_ place: Place) { begun.withLock { begun in begun.removeAll { $0 === place } } }
}
