import ColumnStore
import Synchronization

/// Groups with their states, of one part of the hash space: in memory as long as they fit, then on disk.
///
/// The life of a part: `append` while workers group, `consume` once by the one that merges it.
///
/// Invariant: rows lie in `batches` until `isOnDisk`, then in `file`; never in both but within `spill`.
///
/// Safe to share: one worker writes; the one that merges reads, when all writing is over.
final class GroupPart: @unchecked Sendable {
    private let run: QueryRun
    /// Of the keys, then of the states.
    private let types: [ColumnType]
    private var batches: [ColumnBatch] = []
    private var file: SpillFile?
    private var isOnDisk = false
    /// What `batches` take, or the buffer of the file.
    private let share: MemoryShare

    /// As much smaller than all groups is a part: what must fit in memory at once.
    static let countPerLevel = 32
    private static let bitsPerLevel = 5
    /// How often a part that does not fit is split again.
    /// With the first level five times five bits: 2^25 parts.
    static let depthMax = 4

    /// What waits to be written: of the parts of all sets and workers together a sixteenth of the budget, or a page each.
    private let bufferByteCount: Int
    private static let bufferByteCountMin = 4 << 10

    /// Where all parts that are made together are written.
    private let volume: Volume

    /// Made when the first of them is written.
    private final class Volume {
        private let made = Mutex<SpillVolume?>(nil)

        func get(_ space: SpillSpace) throws -> SpillVolume {
            try made.withLock { made in
                let volume = try made ?? SpillVolume(space)
                made = volume
                return volume
            }
        }
    }

    private init(_ run: QueryRun, types: [ColumnType], setCount: Int, _ volume: Volume) {
        self.run = run
        self.volume = volume
        self.types = types
        bufferByteCount = max(
            Self.bufferByteCountMin,
            min(SpillFile.bufferByteCountMax, run.memory.byteCountMax / (16 * Self.countPerLevel * run.workerCount * setCount)))
        share = MemoryShare(run.memory)
    }

    /// Parts of the same hash space, which share a file on disk.
    static func make(_ run: QueryRun, types: [ColumnType]) -> [GroupPart] { make(run, types: [types])[0] }

    /// Parts for several grouping sets, which all share a file: 512 sets of 32 parts would be as many descriptors for each worker.
    static func make(_ run: QueryRun, types: [[ColumnType]]) -> [[GroupPart]] {
        let volume = Volume()
        let setCount = types.count
        return types.map { types in (0..<countPerLevel).map { _ in GroupPart(run, types: types, setCount: setCount, volume) } }
    }

    var isEmpty: Bool { batches.isEmpty && file == nil }
    /// Of all that was laid here.
    private(set) var rowCount = 0
    var spilledByteCount: Int { file?.byteCount ?? 0 }

    /// Keeps groups in memory, or writes them when there is no room.
    /// - Throws: `spillFull`.
    private func append(_ batch: ColumnBatch) throws {
        rowCount += batch.rowCount
        if !isOnDisk, share.resize(to: share.byteCount + batch.keptByteCount) { return batches.append(batch) }
        try spill()
        try write(batch)
    }

    private func write(_ batch: ColumnBatch) throws {
        if file == nil {
            file = try SpillFile(run.spill, types: types, bufferByteCount: bufferByteCount, in: try volume.get(run.spill))
            share.force(to: share.byteCount + bufferByteCount)
        }
        for start in stride(from: 0, to: batch.rowCount, by: ColumnBatch.targetRowCount) {
            try run.cancellation.check()
            try file?.write(batch.slice(start..<min(start + ColumnBatch.targetRowCount, batch.rowCount)))
        }
    }

    /// Moves what is held to disk; what follows goes there too.
    /// - Throws: `spillFull`.
    func spill() throws {
        isOnDisk = true
        for batch in batches { try write(batch) }
        batches = []
        share.force(to: file == nil ? 0 : bufferByteCount)
    }

    /// Gives all groups away; the part is then empty.
    /// An error of `body` leaves it undefined which groups were given.
    func consume(_ body: (ColumnBatch) throws -> Void) throws {
        let held = batches
        batches = []
        for batch in held { try body(batch) }
        share.releaseAll()
        guard let reader = try file?.reader() else { return }
        while let batch = try reader.next() { try body(batch) }
        file = nil
    }

    /// Lays groups into the parts that their keys' hashes say.
    ///
    /// The same keys go to the same part, whichever worker lays them and whatever their columns lie like.
    ///
    /// - Parameters:
    ///   - groups: `keyCount` key columns, then the states.
    ///   - depth: how often these groups have been split before.
    static func distribute(_ groups: ColumnBatch, keyCount: Int, depth: Int, over parts: [GroupPart]) throws {
        // Without keys there is one group.
        if keyCount == 0 { return try parts[0].append(groups) }
        let hashes = HashKernels.rows(Array(groups.columns[..<keyCount]), count: groups.rowCount)
        // Depth 0 takes the hash's top five bits, each split the next five: within a part the bits above are all the same.
        let shift = UInt64(64 - bitsPerLevel * (depth + 1))
        var rows = [[Int32]](repeating: [], count: parts.count)
        for index in rows.indices { rows[index].reserveCapacity(groups.rowCount / parts.count * 5 / 4) }
        for row in hashes.indices { rows[Int(hashes[row] >> shift) & (parts.count - 1)].append(Int32(truncatingIfNeeded: row)) }
        for (index, chosen) in rows.enumerated() where !chosen.isEmpty { try parts[index].append(groups.gathering(chosen)) }
    }
}
