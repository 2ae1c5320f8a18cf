internal import Synchronization

/// What a statement's text, its plan and the passes over it take of the memory of all queries, told by the length of the text.
///
/// Short ones are not counted: what they take is less than what a thread has for itself.
final class PlanMemory: Sendable {
    private let memory: MemoryBudget
    private let byteCount = Atomic<Int>(0)

    /// While it is planned: syntax, plan, and the plan as the pass at hand makes it.
    static let planningByteCountPerByte = 512
    /// From then on: the plan, and what runs it.
    static let planByteCountPerByte = 256
    private static let freeByteCount = 8 << 20

    init(_ memory: MemoryBudget) { self.memory = memory }

    deinit { memory.release(byteCount.load(ordering: .relaxed)) }

    /// Holds so many bytes in all; false, and as before, when they do not fit. Less always does.
    func hold(_ wanted: Int) -> Bool {
        let wanted = wanted > Self.freeByteCount ? wanted : 0
        let held = byteCount.load(ordering: .relaxed)
        if wanted > held, !memory.reserve(wanted - held) { return false }
        if wanted < held { memory.release(held - wanted) }
        byteCount.store(wanted, ordering: .relaxed)
        return true
    }
}
