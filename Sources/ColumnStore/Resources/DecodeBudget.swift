/// How much memory one reading task may hold. One owner on one thread.
final class DecodeBudget {
    let byteCountMax: Int
    /// Asked as well before more is held; nil where nobody else counts it.
    private let room: ReadingRoom?
    private(set) var held = 0

    init(byteCountMax: Int, room: ReadingRoom? = nil) { (self.byteCountMax, self.room) = (byteCountMax, room) }

    static var unlimited: DecodeBudget { DecodeBudget(byteCountMax: Int.max) }

    /// Checks that `byteCount` more could be had for a short while.
    func require(_ byteCount: Int) throws(PageError) {
        guard byteCount <= byteCountMax - held else {
            throw .memoryBudget(needed: held.addingReportingOverflow(byteCount).partialValue, allowed: byteCountMax)
        }
        if let room, !room.admits(held.addingSaturating(byteCount)) { throw .memoryBudget(needed: held.addingSaturating(byteCount), allowed: held) }
    }

    /// Takes `byteCount` until it is released.
    func hold(_ byteCount: Int) throws(PageError) {
        try require(byteCount)
        held += byteCount
    }

    func release(_ byteCount: Int) { held -= byteCount }

    // MARK: The batch at hand

    private var batchByteCount = 0

    /// Takes `byteCount` for what a batch gathers, until the next batch is begun: a row may go on over any number of pages.
    func holdForBatch(_ byteCount: Int) throws(PageError) {
        try hold(byteCount)
        batchByteCount += byteCount
    }

    /// What was taken for the batch before is its receiver's now.
    func beginBatch() {
        release(batchByteCount)
        batchByteCount = 0
    }
}

/// What an owner holds of a budget as long as it lives: a value of several copies has one, and the last of them gives it back. On the budget's thread.
final class BudgetShare {
    private let budget: DecodeBudget
    private var byteCount = 0

    init(of budget: DecodeBudget) { self.budget = budget }

    deinit { budget.release(byteCount) }

    /// Takes `more` besides what it has.
    func hold(_ more: Int) throws(PageError) {
        try budget.hold(more)
        byteCount += more
    }
}
