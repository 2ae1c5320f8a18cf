import ColumnStore
import Synchronization

/// Both sides of a join in files by the hash of their keys: rows that match lie in files of the same number.
final class JoinPartitions: @unchecked Sendable {
    // Safe to share: right files are written under the join's lock, left files under their own; both are read afterwards only.
    static let count = 32
    private let owner: JoinOperator
    private let rightFiles: [SpillFile]
    private let leftFiles: Mutex<[SpillFile]>
    private let next = Atomic<Int>(0)

    init(_ owner: JoinOperator, _ run: QueryRun) throws {
        self.owner = owner
        rightFiles = try (0..<Self.count).map { _ in try SpillFile(run.spill, types: owner.rightTypes + owner.node.equalities.map(\.right.type)) }
        leftFiles = Mutex(try (0..<Self.count).map { _ in try SpillFile(run.spill, types: owner.leftTypes) })
    }

    var spilledByteCount: Int { rightFiles.reduce(0) { $0 + $1.byteCount } }

    private static func parts(_ keys: [Column], count: Int) -> [[Int32]] {
        let hashes = HashKernels.rows(keys, count: count)
        var parts = [[Int32]](repeating: [], count: Self.count)
        for row in hashes.indices { parts[Int(hashes[row] >> 40) % Self.count].append(Int32(row)) }
        return parts
    }

    func addRight(_ batch: ColumnBatch, _ keys: [Column]) throws {
        let whole = ColumnBatch(rowCount: batch.rowCount, columns: batch.columns + keys)
        for (part, rows) in Self.parts(keys, count: batch.rowCount).enumerated() where !rows.isEmpty {
            try rightFiles[part].write(whole.gathering(rows))
        }
    }

    func readLeft(_ left: PhysicalOperator, _ run: QueryRun) throws {
        try run.drain(left) { _ in
            let keys = try owner.node.equalities.map { try Evaluator($0.left, layout: left.layout, context: run.context) }
            return { batch in
                let view = RowView(batch)
                let parts = Self.parts(try keys.map { try $0.evaluate(view) }, count: batch.rowCount)
                try self.leftFiles.withLock { files in
                    for (part, rows) in parts.enumerated() where !rows.isEmpty { try files[part].write(batch.gathering(rows)) }
                }
            }
        }
    }

    /// The next pair of files: the right one as a table, the left one to be read.
    func take(_ run: QueryRun) throws -> (table: JoinTable, left: SpillReader)? {
        let part = next.wrappingAdd(1, ordering: .relaxed).oldValue
        guard part < Self.count else { return nil }
        let width = owner.rightTypes.count
        var batches: [ColumnBatch] = []
        var keys: [[Column]] = []
        let reader = try rightFiles[part].reader()
        while let batch = try reader.next() {
            try run.cancellation.check()
            batches.append(ColumnBatch(rowCount: batch.rowCount, columns: Array(batch.columns[..<width])))
            keys.append(Array(batch.columns[width...]))
        }
        let left = try leftFiles.withLock { try $0[part].reader() }
        return (JoinOperator.makeTable(owner.node, batches, keys, owner.rightTypes), left)
    }
}

/// Joins pair of files after pair of files.
final class PartitionedJoinStream: BatchStream {
    private let owner: JoinOperator
    private let partitions: JoinPartitions
    private let facts: JoinFacts
    private let run: QueryRun
    private let share: MemoryShare
    private var current: JoinStream?

    init(_ owner: JoinOperator, _ partitions: JoinPartitions, _ facts: JoinFacts, _ run: QueryRun) {
        self.owner = owner
        self.partitions = partitions
        self.facts = facts
        self.run = run
        share = MemoryShare(run.memory)
    }

    func next() throws -> ColumnBatch? {
        while true {
            if let batch = try current?.next() { return batch }
            current = nil
            guard let (table, left) = try partitions.take(run) else {
                share.releaseAll()
                return nil
            }
            share.force(to: table.byteCount)
            current = try JoinStream(owner, table, facts, left, run)
        }
    }
}
