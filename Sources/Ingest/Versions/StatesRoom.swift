package import Documents
package import Query
import ColumnStore
import Synchronization

/// What a chain of earlier states may take of the process's memory.
///
/// It grows by a link for each commit as long as somebody holds an earlier snapshot: an open transaction, an export of several sheets. The writer waits for nobody and refuses nothing
/// for that: where there would be more than may be, the oldest moments let go of what they hold, until there is room.
///
/// 1. What is charged is what the links of living moments are counted with, and nothing else. One commit alone may be more than all.
/// 2. `oldest` is the first of the moments that still hold what came after them, or is just coming to its end. Those behind it live by it.
package final class StatesRoom: Sendable {
    private struct Oldest { weak var moment: EarlierStates? }

    private let memory: MemoryBudget
    private let oldest = Mutex(Oldest())

    /// Some half a million changes. What a moment holds goes at once, on the writer's thread: a tenth of a second's work, and no more, however much memory there is.
    package static let byteCountMax = 96 << 20

    package convenience init() { self.init(MemoryBudget(byteCountMax: Self.byteCountMax)) }

    /// - Parameter memory: its budget. It is charged to the budgets above whether they have room or not; others get less then.
    package init(_ memory: MemoryBudget) { self.memory = memory }

    /// For tests.
    var byteCount: Int { memory.usedByteCount }

    /// Called by the owner of the moment before it as that ends, while it still holds it.
    func begin(at moment: EarlierStates) { oldest.withLock { $0.moment = moment } }

    /// Takes what a commit's link needs, by the one writer.
    ///
    /// - Parameter last: the moment that it is linked to, which is never let go of: its readers get the states before the commit, however long that is.
    func take(_ byteCount: Int, beside last: EarlierStates) {
        while memory.usedByteCount.addingSaturating(byteCount) > memory.byteCountMax {
            // None: the oldest ends just now, and gives back what it holds.
            guard let first = oldest.withLock({ $0.moment }), first !== last, first.letGo() else { break }
        }
        memory.force(byteCount)
    }

    func release(_ byteCount: Int) { memory.release(byteCount) }
}

/// Whoever has a snapshot reads a table whose documents change, and more of their states has changed since than is held for one snapshot.
///
/// Nothing is wrong with the store, nor with the question: the same one of now has an answer.
package struct SnapshotTooOld: DamageReport, Sendable, Equatable, CustomStringConvertible {
    package init() {}

    package var description: String { "snapshot too old: the states of more documents have changed since it was taken than are kept" }
    package var fault: Fault { Fault(.overloaded, description, advice: .sendAgainLater) }
}
