import ColumnStore
import Glibc
import Query
import Synchronization

/// Reads one scan with as many threads as there are cores.
///
/// For pages and look-ups, which have no plan of their own: operators of queries have a pool (`Query/Execution`).
enum ParallelScan {
    /// Calls `each` for every batch of the scan, with a state that one thread has to itself.
    ///
    /// - Parameters:
    ///   - make: a thread's state to begin with, by the thread's number.
    /// - Returns: the threads' states, of those that began.
    /// - Throws: the first failure of any thread.
    static func run<State: Sendable>(
        _ scan: any TableScan, make: @escaping @Sendable (Int) -> State, each: @escaping @Sendable (inout State, ColumnBatch) throws -> Void
    ) throws -> [State] {
        guard let first = try scan.nextMorsel() else { return [] }
        // Most pages look at a piece or two: no thread is begun for those.
        guard let second = try scan.nextMorsel() else {
            var (state, morsel): (State, (any Morsel)?) = (make(0), first)
            while let present = morsel {
                while let batch = try present.next() { try each(&state, batch) }
                // It may be given again.
                morsel = try scan.nextMorsel()
            }
            return [state]
        }
        let work = Shared(scan: scan, waiting: [first, second], make: make, each: each)
        // Without them it takes longer.
        let helpers = (1..<max(2, threadCount)).compactMap { number in WorkerThread.joinable(name: "page") { work.run(number) } }
        work.run(0)
        for helper in helpers { helper.join() }
        return try work.result()
    }

    private static let threadCount = max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN)))

    /// Proof of Sendable: a morsel is in `waiting` or with the one thread that took it out; all else is immutable or behind the lock.
    private final class Shared<State: Sendable>: @unchecked Sendable {
        private struct Progress {
            var waiting: [any Morsel]
            var states: [State] = []
            var failure: (any Error)?
        }
        private let scan: any TableScan
        private let make: @Sendable (Int) -> State
        private let each: @Sendable (inout State, ColumnBatch) throws -> Void
        private let progress: Monitor<Progress>

        init(
            scan: any TableScan, waiting: [any Morsel], make: @escaping @Sendable (Int) -> State,
            each: @escaping @Sendable (inout State, ColumnBatch) throws -> Void
        ) {
            self.scan = scan
            self.make = make
            self.each = each
            progress = Monitor(Progress(waiting: waiting))
        }

        /// Until there is nothing more, or a thread has failed.
        func run(_ number: Int) {
            var state = make(number)
            do {
                while let morsel = try next() { while let batch = try morsel.next() { try each(&state, batch) } }
            } catch {
                progress.withLock { if $0.failure == nil { $0.failure = error } }
            }
            progress.withLock { $0.states.append(state) }
        }

        private func next() throws -> (any Morsel)? {
            let (morsel, isOver) = progress.withLock { ($0.waiting.popLast(), $0.failure != nil) }
            if let morsel { return morsel }
            return isOver ? nil : try scan.nextMorsel()
        }

        func result() throws -> [State] {
            try progress.withLock { progress in
                if let failure = progress.failure { throw failure }
                return progress.states
            }
        }
    }
}
