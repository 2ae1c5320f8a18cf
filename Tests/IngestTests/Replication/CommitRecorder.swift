import Synchronization
import XCTest

@testable import Ingest

/// Takes the place of the other machine: acknowledges all it is given, at once, and keeps it.
final class CommitRecorder: CommitReplica {
    private struct State {
        var bodies: [[UInt8]] = []
        var observer: (any ReplicaObserver)?
        var token = 0
        var isWhole: Bool?
        var reason: String?
    }
    private let state = Mutex(State())
    var isDegraded: Bool { false }
    var isInSlots: Bool { false }
    var bodies: [[UInt8]] { state.withLock { $0.bodies } }
    var isWhole: Bool? { state.withLock { $0.isWhole } }
    func begin(_ observer: any ReplicaObserver) { state.withLock { $0.observer = observer } }
    func submit(_ token: Int, _ body: [UInt8]) {
        let observer = state.withLock { state in
            state.bodies.append(body)
            XCTAssertGreaterThan(token, state.token)
            state.token = token
            return state.observer
        }
        observer?.acknowledged(through: token)
    }
    func prove(_ body: @escaping @Sendable (LeadProof) -> Void) { body(.leads) }
    /// Why the machine is to end; nil: it is not.
    var reason: String? { state.withLock { $0.reason } }
    func giveUp(_ reason: String) { state.withLock { $0.reason = reason } }
    func ended(isWhole: Bool) { state.withLock { $0.isWhole = isWhole } }
}
