/// A thread that works when it is woken, and again a while after a failure, until it is stopped. It begins awake: what came before it started is
/// looked at too.
package final class WokenThread: Sendable {
    private struct State {
        var isStopping = false
        /// There may be something to do.
        var isAwake = true
    }

    private let name: String
    private let state = Monitor(State())
    private let thread = HeldThread()

    /// After a failure.
    private static let pauseSeconds = 1.0

    /// - Parameter name: at most 15 bytes, as the system shows it.
    package init(name: String) { self.name = name }

    /// - Parameters:
    ///   - failed: told why `work` could not be done; it is tried again.
    ///   - work: does a part of it. Returns whether there may be more to do at once.
    package func start(failed: @escaping @Sendable (any Error) -> Void, work: @escaping @Sendable () throws -> Bool) {
        thread.start(name: name) { [self] in
            while next() {
                do {
                    if try work() { wake() }
                } catch {
                    failed(error)
                    _ = state.wait(seconds: Self.pauseSeconds) { $0.isStopping ? true : nil }
                    wake()
                }
            }
        }
    }

    /// Waits until there may be something to do.
    ///
    /// - Returns: false when it is time to end.
    private func next() -> Bool {
        state.wait { state in
            if state.isStopping { return false }
            guard state.isAwake else { return nil }
            state.isAwake = false
            return true
        }
    }

    package func wake() { state.broadcast { $0.isAwake = true } }

    /// For `work` that is woken by what it holds meanwhile: returns once it was woken, or is to end.
    package func waitForWaking() { state.wait { $0.isAwake || $0.isStopping ? () : nil } }

    /// Ends after the work under way.
    package func stop() {
        state.broadcast { $0.isStopping = true }
        thread.join()
    }
}
