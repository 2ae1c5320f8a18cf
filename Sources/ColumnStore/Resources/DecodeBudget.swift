/// How much memory one reading task may hold. One owner on one thread.
final class DecodeBudget {
    let byteCountMax: Int
    private(set) var held = 0

    init(byteCountMax: Int) { self.byteCountMax = byteCountMax }

    static var unlimited: DecodeBudget { DecodeBudget(byteCountMax: Int.max) }

    /// Checks that `byteCount` more could be had for a short while.
    func require(_ byteCount: Int) throws(PageError) {
        guard byteCount <= byteCountMax - held else {
            throw .memoryBudget(needed: held.addingReportingOverflow(byteCount).partialValue, allowed: byteCountMax)
        }
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

/// Reusable memory that grows within a budget. One owner on one thread.
final class ScratchBytes {
    let budget: DecodeBudget
    /// May be larger than what the budget knows of: blocks are rounded, and taken as they are there.
    private var memory = UnsafeMutableRawBufferPointer(start: nil, count: 0)
    private var heldByteCount = 0

    init(budget: DecodeBudget) { self.budget = budget }

    deinit { drop() }

    private func drop() {
        budget.release(heldByteCount)
        heldByteCount = 0
        if memory.baseAddress != nil { BlockPool.shared.give(memory) }
        memory = UnsafeMutableRawBufferPointer(start: nil, count: 0)
    }

    /// At least `byteCount` bytes and padding; what was there before is lost.
    func reserve(_ byteCount: Int) throws(PageError) -> UnsafeMutableRawPointer {
        let wanted = byteCount + ByteRegion.paddingByteCount
        if heldByteCount < wanted {
            if memory.count < wanted { drop() }
            try budget.hold(wanted - heldByteCount)
            heldByteCount = wanted
            if memory.count < wanted { memory = BlockPool.shared.take(wanted) }
        }
        // The padding is read by kernels and must be initialised.
        let padding = UnsafeMutableRawBufferPointer(rebasing: memory[byteCount..<wanted])
        for index in padding.indices { padding[index] = 0 }
        // Safe: the memory is not empty.
        return memory.baseAddress.unsafelyUnwrapped
    }
}
