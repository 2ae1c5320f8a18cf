internal import ColumnStore
internal import Documents
import Synchronization

/// Tells the topic `till` of executions that have ended, each end at least once: a notice stands in the file, written in the commit of the end, until
/// the topic has it. Its id is counted once.
final class EndNotices: Sendable {
    private struct State {
        var isStopping = false
        /// There may be something to tell.
        var isAwake = true
    }

    private let store: ExecutionStore
    private let events: any EventPublishing
    private let state = Monitor(State())
    private let thread = Mutex<WorkerThread?>(nil)
    /// Told at a time.
    private static let pageCount = 200
    /// After a failure.
    private static let pauseSeconds = 1.0

    init(store: ExecutionStore, events: any EventPublishing) { (self.store, self.events) = (store, events) }

    func start() { thread.withLock { $0 = WorkerThread(name: "end-notices") { [self] in run() } } }

    func wake() { state.signal { $0.isAwake = true } }

    /// What was not told by now is told after the next start.
    func stop() {
        state.broadcast { $0.isStopping = true }
        let thread = thread.withLock { thread in
            defer { thread = nil }
            return thread
        }
        thread?.join()
    }

    private func run() {
        while true {
            let goesOn = state.wait { state -> Bool? in
                if state.isStopping { return false }
                guard state.isAwake else { return nil }
                state.isAwake = false
                return true
            }
            guard goesOn else { return }
            do {
                if try tell() { wake() }
            } catch {
                StoreLog.note("ends of executions were not told; it is tried again", path: store.path, reason: "\(error)", level: .warning)
                _ = state.wait(seconds: Self.pauseSeconds) { $0.isStopping ? true : nil }
                wake()
            }
        }
    }

    /// - Returns: whether there may be more.
    private func tell() throws -> Bool {
        let page = try store.reader.notices(limit: Self.pageCount)
        guard !page.isEmpty else { return false }
        let results = Monitor<(told: [Int64], fault: Fault?, left: Int)>(([], nil, page.count))
        for notice in page {
            events.emit(notice.event) { result in
                results.signal { results in
                    results.left -= 1
                    switch result {
                    case .success: results.told.append(notice.number)
                    case .failure(let fault): results.fault = fault
                    }
                }
            }
        }
        let (told, fault) = results.wait { $0.left == 0 ? ($0.told, $0.fault) : nil }
        if !told.isEmpty { try store.perform { core in try core.forgetNotices(told) } }
        if let fault { throw fault }
        return page.count == Self.pageCount
    }
}
