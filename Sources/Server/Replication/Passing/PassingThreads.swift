internal import ColumnStore

/// Threads for requests that wait for another machine: made as they are wanted, and ended as they are not.
final class PassingThreads: Sendable {
    private struct State {
        var jobs: [@Sendable () -> Void] = []
        var idleCount = 0
        var threadCount = 0
    }

    private let state = Monitor(State())

    static let threadCountMax = 256
    static let waitingCountMax = 1_024
    private static let idleSeconds = 10.0

    /// - Returns: false where as many wait as may.
    func run(_ job: @escaping @Sendable () -> Void) -> Bool {
        enum Turn { case refused, woken, new }
        let turn = state.signal { state -> Turn in
            guard state.jobs.count < Self.waitingCountMax else { return .refused }
            state.jobs.append(job)
            guard state.jobs.count > state.idleCount, state.threadCount < Self.threadCountMax else { return .woken }
            state.threadCount += 1
            return .new
        }
        if turn == .new { WorkerThread(name: "passing", isDetached: true) { [self] in work() } }
        return turn != .refused
    }

    private func work() {
        while true {
            state.withLock { $0.idleCount += 1 }
            let job = state.wait(seconds: Self.idleSeconds) { $0.jobs.isEmpty ? nil : $0.jobs.removeFirst() }
            let isOver = state.withLock { state in
                state.idleCount -= 1
                // One may have come as the wait ended.
                guard job == nil, state.jobs.isEmpty else { return false }
                state.threadCount -= 1
                return true
            }
            if isOver { return }
            job?()
        }
    }
}
