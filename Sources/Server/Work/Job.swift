internal import ColumnStore
internal import Documents
internal import Ingest
import Synchronization

/// A piece of long administrative work, from its acceptance to its end. In memory: a restart forgets it; the audit trail does not.
///
/// queued → running → done, failed or cancelled; queued → cancelled. A state that is final never changes.
package final class Job: Sendable {
    /// What it does. Each kind has a thread of its own, so that a verification of hours does not stand before a backup.
    package enum Kind: String, Sendable, CaseIterable { case compact, backup, verify, move, rebuild }

    package enum State: String, Sendable, CaseIterable {
        case queued, running, done, failed
        /// Dropped before it began, or ended at somebody's wish or with the server.
        case cancelled

        package var isFinal: Bool { self != .queued && self != .running }
    }

    /// How far it is.
    package struct Progress: Sendable, Equatable {
        package var done: Int64
        package var unit: String
        /// What is being looked at.
        package var at: String
        package init(done: Int64, unit: String, at: String) { (self.done, self.unit, self.at) = (done, unit, at) }
    }

    /// How it stands at an instant.
    package struct Standing: Sendable {
        package var state = State.queued
        package var startedAt: Int64?
        package var endedAt: Int64?
        package var progress: Progress?
        /// JSON.
        package var result: [UInt8]?
        package var problem: Problem?
    }

    /// The work was asked to end.
    package struct Cancelled: Error {}

    package let id: String
    package let kind: Kind
    package let actor: String
    package let createdAt = CalendarText.now
    private struct Content {
        var standing = Standing()
        var waiters: [Int: @Sendable () -> Void] = [:]
        var waiterNumber = 0
    }
    private let content = Mutex(Content())
    /// Set once and never taken back; the work looks at it where it can end.
    private let isUnwanted = Atomic<Bool>(false)

    convenience init(kind: Kind, actor: String) throws {
        self.init(id: "j_" + (try APIKey.randomText(byteCount: 10)), kind: kind, actor: actor)
    }

    init(id: String, kind: Kind, actor: String) { (self.id, self.kind, self.actor) = (id, kind, actor) }

    package var standing: Standing { content.withLock { $0.standing } }

    /// Whether the work should end soon, without a result.
    package var isCancelled: Bool { isUnwanted.load(ordering: .relaxed) }

    /// The work does not begin from here on, or should end.
    func cancel() { isUnwanted.store(true, ordering: .relaxed) }

    /// Ends it where it has not begun: it has nothing to end by itself.
    func drop() {
        end { standing in
            guard standing.state == .queued else { return false }
            standing.state = .cancelled
            return true
        }
    }

    package func report(_ progress: Progress) { content.withLock { $0.standing.progress = progress } }

    /// - Returns: false when it was cancelled before.
    func begin() -> Bool {
        content.withLock { content in
            guard !isCancelled, content.standing.state == .queued else { return false }
            content.standing.state = .running
            content.standing.startedAt = CalendarText.now
            return true
        }
    }

    func end(_ outcome: Result<[UInt8], Problem>, isCancelled: Bool) {
        end { standing in
            switch outcome {
            case .success(let result): (standing.state, standing.result) = (.done, result)
            case .failure(let problem): (standing.state, standing.problem) = (isCancelled ? .cancelled : .failed, problem)
            }
            return true
        }
    }

    /// Waiters are taken under the lock and called outside of it, each once.
    private func end(_ change: (inout Standing) -> Bool) {
        let waiters = content.withLock { content -> [@Sendable () -> Void] in
            guard change(&content.standing) else { return [] }
            content.standing.endedAt = CalendarText.now
            defer { content.waiters = [:] }
            return Array(content.waiters.values)
        }
        for wake in waiters { wake() }
    }

    /// Calls `wake` once the job is over, at once if it is; on any thread.
    ///
    /// - Returns: a number to forget it by; nil when it was called.
    func whenEnded(_ wake: @escaping @Sendable () -> Void) -> Int? {
        let number = content.withLock { content -> Int? in
            guard !content.standing.state.isFinal else { return nil }
            content.waiterNumber += 1
            content.waiters[content.waiterNumber] = wake
            return content.waiterNumber
        }
        if number == nil { wake() }
        return number
    }

    /// For tests: how many callers wait for its end.
    package var waiterCount: Int { content.withLock { $0.waiters.count } }

    func forget(_ waiter: Int) { content.withLock { _ = $0.waiters.removeValue(forKey: waiter) } }
}
