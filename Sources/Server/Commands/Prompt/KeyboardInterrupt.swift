internal import ColumnStore
import Glibc

/// Where the handler of SIGINT writes to. A plain number: a handler may do little more than read it.
private nonisolated(unsafe) var interruptionDescriptor: Int32 = -1

/// What Ctrl-C does while a statement runs: it ends the statement, and not the program.
enum KeyboardInterrupt {
    private static let action = Monitor<(@Sendable () -> Void)?>(nil)

    /// Reads what the handler writes, on a thread of its own: for as long as the program runs.
    private static let isWatched: Bool = {
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else { return false }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        interruptionDescriptor = ends[1]
        let source = ends[0]
        WorkerThread(name: "interrupt", isDetached: true) {
            var byte: UInt8 = 0
            while true {
                let count = read(source, &byte, 1)
                if count < 0, errno == EINTR { continue }
                guard count == 1 else { return }
                action.withLock { $0 }?()
            }
        }
        return true
    }()

    /// Runs `body`; while it does, SIGINT calls `interrupted`, from another thread.
    static func caught<Result>(_ interrupted: @escaping @Sendable () -> Void, _ body: () throws -> Result) rethrows -> Result {
        guard isWatched else { return try body() }
        let outer = action.withLock { current in
            defer { current = interrupted }
            return current
        }
        var own = sigaction(), before = sigaction()
        own.__sigaction_handler.sa_handler = { _ in
            let error = errno
            var byte: UInt8 = 1
            _ = write(interruptionDescriptor, &byte, 1)
            errno = error
        }
        own.sa_flags = SA_RESTART
        sigaction(SIGINT, &own, &before)
        defer {
            sigaction(SIGINT, &before, nil)
            action.withLock { $0 = outer }
        }
        return try body()
    }
}
