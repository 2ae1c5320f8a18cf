internal import ColumnStore
import Synchronization

/// The places of the query service, as connections take them: each piece of work runs on one of its threads, behind what waits already, and the connection's own
/// thread waits for it. Between two pieces nothing is held.
final class QueryPlaces: Sendable {
    private let service: QueryService
    /// Answers that are begun and not at their end, those that wait for their client among them.
    private let openCount = Atomic<Int>(0)
    /// Signalled when one of its own jobs is over.
    private let freed = Monitor(())
    private static let openMax = 64

    init(_ service: QueryService) { self.service = service }

    private final class Job<Result>: @unchecked Sendable {
        // Proof of Sendable: the job's thread writes `result` before `done` is set, and the waiting one reads it after.
        let body: () throws -> Result
        var result: Swift.Result<Result, any Error>?
        let done = Monitor(false)
        init(_ body: @escaping () throws -> Result) { self.body = body }

        func run() {
            result = Swift.Result { try body() }
            done.broadcast { $0 = true }
        }
    }

    /// Runs `body` on a query's thread and waits for it.
    ///
    /// - Parameter owner: of whose queries not all places may be.
    /// - Throws: 53300 where too many wait, 57014 when it was interrupted while it waited; what `body` throws.
    func run<Result>(for owner: AnyObject, _ interruption: Interruption, _ body: @escaping () throws -> Result) throws -> Result {
        let job = Job(body)
        let ticket = try ticket(for: owner, interruption) { job.run() }
        while true {
            let isDone = job.done.wait(nanoseconds: 100_000_000) { $0 ? true : nil } ?? false
            if isDone { break }
            if interruption.isAsked, service.pool.drop(ticket) { throw PostgresFault(.queryCanceled, "canceling statement due to user request") }
        }
        freed.wakeOne()
        guard let result = job.result else { preconditionFailure("a job that is done has a result") }
        return try result.get()
    }

    /// In seconds.
    private static let retryPause = 0.01

    /// A place in the queue. Where there is none, the connection's thread waits outside: there are no more of those than connections.
    private func ticket(for owner: AnyObject, _ interruption: Interruption, _ run: @escaping @Sendable () -> Void) throws(PostgresFault) -> WorkerPool.Ticket {
        let deadline = SteadyClock.seconds() + service.limits.time
        while true {
            if let ticket = service.pool.submit(for: owner, run) { return ticket }
            if interruption.isAsked { throw PostgresFault(.queryCanceled, "canceling statement due to user request") }
            guard SteadyClock.seconds() < deadline else { throw PostgresFault(.tooManyConnections, "too many queries wait for their turn; try again") }
            _ = freed.wait(seconds: Self.retryPause) { _ in nil as Void? }
        }
    }

    /// - Throws: 53300 where as many answers are open as may be.
    func begin() throws(PostgresFault) {
        guard openCount.add(1, ordering: .relaxed).newValue <= Self.openMax else {
            openCount.subtract(1, ordering: .relaxed)
            throw PostgresFault(.tooManyConnections, "too many portals and cursors are open in this server: \(Self.openMax)", hint: "CLOSE those that are not needed.")
        }
    }

    func end() { openCount.subtract(1, ordering: .relaxed) }
}
