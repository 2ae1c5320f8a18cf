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
}

/// Reusable memory that grows within a budget. One owner on one thread.
final class ScratchBytes {
    let budget: DecodeBudget
    private var memory = UnsafeMutableRawBufferPointer.allocate(byteCount: 0, alignment: 64)

    init(budget: DecodeBudget) { self.budget = budget }

    deinit {
        budget.release(memory.count)
        memory.deallocate()
    }

    /// At least `byteCount` bytes and padding; what was there before is lost.
    func reserve(_ byteCount: Int) throws(PageError) -> UnsafeMutableRawPointer {
        let wanted = byteCount + ByteRegion.paddingByteCount
        if memory.count < wanted {
            budget.release(memory.count)
            memory.deallocate()
            memory = .allocate(byteCount: 0, alignment: 64)
            try budget.hold(wanted)
            memory.deallocate()
            memory = .allocate(byteCount: wanted, alignment: 64)
        }
        // The padding is read by kernels and must be initialised.
        let padding = UnsafeMutableRawBufferPointer(rebasing: memory[byteCount..<wanted])
        for index in padding.indices { padding[index] = 0 }
        // Safe: the memory is not empty.
        return memory.baseAddress.unsafelyUnwrapped
    }
}
