/// Reusable memory that grows within a budget. One owner on one thread.
///
/// A page reader has its inflated page here, a leaf's decoders what they put together before it is converted. Memory comes from `BlockPool` and
/// goes back there, at the latest with the owner; `budget` is charged the most that was asked for, as long as that is held.
final class ScratchBytes {
    let budget: DecodeBudget
    /// May be larger than what the budget knows of: blocks are rounded, and taken as they are there.
    private var memory = UnsafeMutableRawBufferPointer(start: nil, count: 0)
    /// What the budget is charged, at most what `memory` has.
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
    ///
    /// - Returns: the address, good until the next call. The bytes are of any value but for the padding, which is 0.
    /// - Throws: `.memoryBudget`.
    func reserve(_ byteCount: Int) throws(PageError) -> UnsafeMutableRawPointer {
        let wanted = byteCount + ByteRegion.paddingByteCount
        if heldByteCount < wanted {
            // Given back before more is held: the budget need not have room for both.
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
