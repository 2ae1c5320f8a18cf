internal import Glibc
import Synchronization

/// Large blocks of memory that readers of files leave for those that come after them, of any file and on any thread.
///
/// What the C library is given back above a bound goes to the kernel, which clears every page of it for the next reader, under locks that all
/// threads of the process take. Figures in `docs/decisions/0018-parquet-scan-memory.md`. Content is never kept: a block is as `malloc` gives it.
final class BlockPool: Sendable {
    /// What a worker's reader of a row group with documents holds at a time, for each processor.
    static let shared = BlockPool(byteCountMax: max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN))) * (32 << 20))

    /// Smaller blocks stay in the C library's own heaps.
    static let blockByteCountMin = 64 << 10
    private static let alignment = 64

    private enum Spare {
        case block(UnsafeMutableRawBufferPointer)
        case array([UInt8])

        var byteCount: Int {
            switch self {
            case .block(let block): block.count
            case .array(let array): array.capacity
            }
        }

        func free() { if case .block(let block) = self { block.deallocate() } }
    }

    private struct State: @unchecked Sendable {
        // Proof of Sendable: each block in here has no other owner, and is reached under the lock only.
        /// The oldest first.
        var spares: [Spare] = []
        var byteCount = 0

        /// The smallest that has room, but no more than twice as much.
        mutating func take(_ byteCount: Int, where isWanted: (Spare) -> Bool) -> Spare? {
            var best: (index: Int, byteCount: Int)?
            for (index, spare) in spares.enumerated() where isWanted(spare) {
                let found = spare.byteCount
                if found >= byteCount, found <= 2 * byteCount, found <= best?.byteCount ?? .max { best = (index, found) }
            }
            guard let best else { return nil }
            self.byteCount -= best.byteCount
            return spares.remove(at: best.index)
        }
    }

    private let byteCountMax: Int
    private let state = Mutex(State())

    init(byteCountMax: Int) { self.byteCountMax = byteCountMax }

    deinit { removeAll() }

    /// Kept at present.
    var byteCount: Int { state.withLock { $0.byteCount } }

    // MARK: Blocks

    /// At least `byteCount` bytes of any content, for one owner, who gives them back by `give` or frees them.
    func take(_ byteCount: Int) -> UnsafeMutableRawBufferPointer {
        guard byteCount >= Self.blockByteCountMin else { return .allocate(byteCount: byteCount, alignment: Self.alignment) }
        let spare = state.withLock { state in
            state.take(byteCount) { if case .block = $0 { true } else { false } }.map(Held.init)
        }
        if let spare, case .block(let block) = spare.spare { return block }
        // An eighth of the power of two below: pages of nearly the same length find each other's blocks.
        let step = max(4_096, (1 << (Int.bitWidth - 1 - byteCount.leadingZeroBitCount)) / 8)
        return .allocate(byteCount: (byteCount + step - 1) / step * step, alignment: Self.alignment)
    }

    /// - Precondition: `block` is whole, as `take` gave it, and nobody else has it.
    func give(_ block: UnsafeMutableRawBufferPointer) { keep(Held(spare: .block(block)), block.count) }

    // MARK: Arrays

    /// An empty array with room for at least `byteCount` bytes, if there is one.
    func takeArray(_ byteCount: Int) -> [UInt8]? {
        let found: [UInt8]? = state.withLock { state in
            if case .array(let array)? = state.take(byteCount, where: { if case .array = $0 { true } else { false } }) { array } else { nil }
        }
        guard var array = found else { return nil }
        // Where somebody still has the array this makes another of its size.
        array.removeAll(keepingCapacity: true)
        return array
    }

    /// The memory is taken by who comes next once nobody else has the array.
    func giveArray(_ array: [UInt8]) { keep(Held(spare: .array(array)), array.capacity) }

    // MARK: Keeping

    /// So that a block goes in and out through the lock.
    private struct Held: @unchecked Sendable {
        // Proof of Sendable: whoever has it is the block's one owner.
        let spare: Spare
    }

    private func keep(_ held: Held, _ byteCount: Int) {
        guard byteCount >= Self.blockByteCountMin, byteCount <= byteCountMax / 2 else { return held.spare.free() }
        let surplus = state.withLock { state in
            state.spares.append(held.spare)
            state.byteCount += byteCount
            var surplus: [Held] = []
            while state.byteCount > byteCountMax {
                surplus.append(Held(spare: state.spares.removeFirst()))
                state.byteCount -= surplus[surplus.count - 1].spare.byteCount
            }
            return surplus
        }
        for each in surplus { each.spare.free() }
    }

    /// Frees what is kept.
    func removeAll() {
        let all = state.withLock { state in
            defer { state = State() }
            return state.spares.map(Held.init)
        }
        for each in all { each.spare.free() }
    }
}
