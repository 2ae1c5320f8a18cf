import ColumnStore
import Query

/// Adds sums up over fewer keys while they are written, and keeps what is far fewer rows.
///
/// Batches are gathered and then added to what there is by now, all candidates one after another: what is held is bounded, however many rows come. Nothing here keeps a
/// file of sums from being written: what cannot be added up, or takes too much, is left out.
final class CoarserSumsMaker {
    /// Sums of some keys, as a file.
    struct Made {
        let without: [String]
        let rowCount: Int64
        let bytes: [UInt8]
    }

    /// Sums over some of the keys of all that was added so far.
    private struct Candidate {
        let without: Set<Int>
        var batches: [ColumnBatch] = []
        var rowCount = 0
    }

    /// So many times fewer rows they must be than what would be read without them: a question then costs little, and they take a small part of a file.
    private static let shareMin = 8
    /// Rows and bytes of one candidate: what is held of it. 10,000 clients a file are far fewer.
    private static let rowCountMax = 131_072
    private static let byteCountMax = 16 << 20
    /// Rows that are added at once, so that what there is already is not gone over too often; fewer where they are wide, as sketches are.
    private static let gatheredRowCountMin = 65_536
    private static let wideRowCountMin = 4_096
    private static let gatheredByteCountMax = 32 << 20
    /// Of one file, those that were left out again among them.
    private static let candidateCountMax = 16

    private let state: RollupState
    private let rows: Schema
    private let schema: Schema
    private let rowCountMin: Int
    private let engine: QueryEngine
    private let check: () throws -> Void
    private let keyCount: Int

    private var gathered: [ColumnBatch] = []
    private var (gatheredRowCount, gatheredByteCount) = (0, 0)
    private var rowCount = 0
    private var candidates: [Candidate]

    /// - Parameters:
    ///   - rows: the schema of the rolled table.
    ///   - schema: of its sums.
    ///   - rowCountMin: sums of fewer rows have none besides.
    ///   - check: throws where they are wanted no more.
    init(_ state: RollupState, of rows: Schema, schema: Schema, rowCountMin: Int, _ engine: QueryEngine, check: @escaping () throws -> Void) {
        (self.state, self.rows, self.schema, self.rowCountMin, self.engine, self.check) = (state, rows, schema, rowCountMin, engine, check)
        keyCount = state.definition.keys.count
        candidates = (0..<min(keyCount, Self.candidateCountMax)).map { Candidate(without: [$0]) }
    }

    /// Takes sums with the columns of their table.
    func add(_ batch: ColumnBatch) throws {
        rowCount = rowCount.addingSaturating(batch.rowCount)
        if candidates.isEmpty { return }
        gathered.append(batch)
        gatheredRowCount += batch.rowCount
        gatheredByteCount = gatheredByteCount.addingSaturating(batch.flatByteCountBound)
        let most = candidates.reduce(0) { max($0, $1.rowCount) }
        guard gatheredRowCount >= max(Self.gatheredRowCountMin, 2 * most) || gatheredByteCount >= Self.gatheredByteCountMax && gatheredRowCount >= Self.wideRowCountMin else { return }
        try addGathered()
    }

    private func addGathered() throws {
        defer { (gathered, gatheredRowCount, gatheredByteCount) = ([], 0, 0) }
        candidates = try candidates.compactMap { candidate in
            try check()
            let own = schema(without: candidate.without)
            let parts = candidate.batches + gathered.map { batch in
                ColumnBatch(rowCount: batch.rowCount, columns: batch.columns.indices.filter { !candidate.without.contains($0) }.map { batch.columns[$0] })
            }
            guard let added = try added(candidate.without, MemoryTable(schema: own, batches: parts)) else { return nil }
            // What comes later is sorted as this is: such keys tell nearly all rows apart.
            return added.rowCount * 2 > rowCount && rowCount >= Self.gatheredRowCountMin ? nil : added
        }
    }

    /// - Returns: nil where it takes too much, or cannot be added up.
    private func added(_ without: Set<Int>, _ parts: MemoryTable) throws -> Candidate? {
        var candidate = Candidate(without: without)
        var byteCount = 0
        do {
            let stream = try engine.run(try state.statement.joinedSums(of: state.definition.table, schema: rows, parts: parts, without: without))
            defer { stream.cancel() }
            while let batch = try stream.next() {
                candidate.batches.append(batch)
                candidate.rowCount += batch.rowCount
                byteCount = byteCount.addingSaturating(batch.flatByteCountBound)
                guard candidate.rowCount <= Self.rowCountMax, byteCount <= Self.byteCountMax else { return nil }
            }
        } catch is QueryError {
            // Of more digits than sums have, say, though each of its parts is not.
            return nil
        }
        return candidate
    }

    /// Those that are worth it, the largest first: the last bytes of a file are read with its footer.
    func finish() throws -> [Made] {
        guard rowCount >= rowCountMin else { return [] }
        if !gathered.isEmpty { try addGathered() }
        var known = Set(candidates.map(\.without))
        var place = 0
        // Further keys are left out of what is small already.
        while place < candidates.count {
            let finer = candidates[place]
            place += 1
            guard finer.rowCount >= rowCountMin else { continue }
            for key in 0..<keyCount where !finer.without.contains(key) && candidates.count < Self.candidateCountMax && known.insert(finer.without.union([key])).inserted {
                try check()
                let parts = MemoryTable(schema: schema(without: finer.without), batches: finer.batches)
                if let coarser = try added(finer.without.union([key]), parts) { candidates.append(coarser) }
            }
        }
        var kept: [Candidate] = []
        for candidate in candidates.sorted(by: { $0.rowCount > $1.rowCount }) {
            let least = kept.filter { $0.without.isSubset(of: candidate.without) }.reduce(rowCount) { min($0, $1.rowCount) }
            if least >= rowCountMin, candidate.rowCount.multipliedSaturating(by: Self.shareMin) <= least { kept.append(candidate) }
        }
        return try kept.map(file)
    }

    private func schema(without: Set<Int>) -> Schema {
        Schema(schema.fields.indices.filter { !without.contains($0) }.map { schema.fields[$0] })
    }

    private func file(_ candidate: Candidate) throws -> Made {
        let names = candidate.without.sorted().map { schema.fields[$0].name }
        return try RollupMaker.narrowly(schema(without: candidate.without)) { schema in
            let sink = MemorySink()
            let options = RollupMaker.options(RollupMaker.sorting(keys: keyCount - candidate.without.count, schema.fields))
            let writer = try FileWriter(schema, options: options, to: sink)
            for batch in candidate.batches { try writer.append(batch) }
            return Made(without: names, rowCount: try writer.finish().rowCount, bytes: sink.bytes)
        }
    }
}
