package import ColumnStore
import Documents
import Query

/// The hot rows of one table in one snapshot: a scan of memory chunks and flushed groups of every hot file.
///
/// A value: what it reads follows from the snapshot, and the files that this holds.
package struct HotTable: Sendable {
    package let table: String
    package let snapshot: TierBoundary.Snapshot
    package let schema: Schema

    package init(table: String, snapshot: TierBoundary.Snapshot, schema: Schema) {
        self.table = table
        self.snapshot = snapshot
        self.schema = schema
    }

    /// Bounds over all files, for the planner.
    ///
    /// - Complexity: O(files · groups).
    package var bounds: HotBounds {
        var bounds = HotBounds()
        for file in snapshot.files { if let tail = file.tail(of: table) { bounds.add(tail.bounds) } }
        return bounds
    }

    /// The pieces that may have rows that pass.
    ///
    /// Lays rows that wait into columns (`ColumnTail.view`), so it must be called outside the writer's thread.
    ///
    /// - Throws: `SnapshotTooOld`; spill-full where the query has no memory for earlier states.
    func pieces(_ filter: HotRowFilter) throws -> [HotPiece] {
        var taken: [(file: HotFileView, view: (groups: [HotGroup], chunks: [HotChunk]))] = []
        var counts = ScanCounts()
        for file in snapshot.files {
            guard let tail = file.tail(of: table) else { continue }
            guard Self.mayPass(file.state.days, filter) else {
                counts.filesPruned += 1
                counts.rowsOffered += tail.bounds.rowCount
                continue
            }
            counts.filesRead += 1
            // Before the rows: one that is written anew after this is refused or there once, and never twice.
            let present = file.view
            taken.append((present, try tail.view(through: snapshot.sequence)))
            // Now rows that waited for their columns are among them.
            counts.rowsOffered += tail.bounds.rowCount
        }
        var pieces: [HotPiece] = []
        let what = "what has changed since the snapshot was taken"
        let (passing, laid) = (QueryCharge(filter.request.memory, of: what), QueryCharge(filter.request.memory, of: what))
        // After the rows: what they have of changes that the snapshot is older than is among these. Rows of other tables have none.
        let earlier = try TableName.kind(of: table).numbersVersions
            ? snapshot.states.rowsByFile { try passing.add($0.multipliedSaturating(by: Self.changeByteCount)) } : [:]
        for (present, view) in taken {
            let file = try present.asOf(earlier[present.file.name] ?? [:], laid)
            for group in view.groups where group.bounds.firstSequence <= snapshot.sequence {
                if filter.mayPass(group.bounds) { pieces.append(.group(group, file)) } else { counts.rowGroupsPruned += 1 }
            }
            for chunk in view.chunks where filter.mayPass(chunk.bounds) { pieces.append(.chunk(chunk, file)) }
            for chunk in (file.marks.repaired.chunks[table] ?? []).compactMap({ $0.prefix(through: snapshot.sequence) }) where filter.mayPass(chunk.bounds) {
                pieces.append(.chunk(chunk, HotFileView(file: file.file, marks: RowMarks(), overlay: file.overlay, charge: file.charge)))
            }
        }
        withExtendedLifetime(passing) {}
        filter.request.counters.add { $0 += counts }
        return pieces
    }

    /// Of a change, until it is laid over: its place in a table that is copied as it doubles.
    private static let changeByteCount = 2 * (MemoryLayout<Int64>.stride + MemoryLayout<EarlierStates.Row>.stride)

    /// The columns of one row.
    ///
    /// - Returns: nil for a row that the table does not have here.
    /// - Throws: `DamagedDocument` where `projection` asks for what the damaged document gives.
    func row(_ id: Int64, of file: HotFile, projection: [ColumnPath]) throws -> ColumnBatch? {
        guard let tail = file.tail(of: table) else { return nil }
        let read = file.view
        try read.marks.refuseDamaged(projection) { [id] }
        let filter = try HotRowFilter(ScanRequest(projection: projection), schema: schema, rows: [id])
        // What was filled later stands in no row.
        // One document is read and laid out: microseconds, where a group's pages would be milliseconds.
        if !file.isRebuilt, let chunk = try HotFileLoader.chunk(row: id, table: table, of: file) {
            return try HotMorsel(.chunk(chunk, HotFileView(file: file, marks: RowMarks(), overlay: read.overlay)), filter: filter, sequence: snapshot.sequence, budget: nil).next()
        }
        let view = try tail.view(through: snapshot.sequence)
        func holds(_ bounds: HotBounds) -> Bool { bounds.firstRow <= id && id <= bounds.lastRow }
        let pieces = view.groups.filter { holds($0.bounds) }.map { HotPiece.group($0, read) }
            + view.chunks.filter { holds($0.bounds) }.map { HotPiece.chunk($0, read) }
        for piece in pieces {
            if let batch = try HotMorsel(piece, filter: filter, sequence: snapshot.sequence, budget: nil).next() { return batch }
        }
        return nil
    }

    /// Files have few days, if far apart: exact where a group's bounds are wide.
    private static func mayPass(_ days: Set<Int32>, _ filter: HotRowFilter) -> Bool {
        for test in filter.request.scope + filter.request.filters where test.path.names == ["business_day"] {
            if !days.contains(where: { test.passes(.integer(Int64($0))) }) { return false }
        }
        return true
    }
}

/// What one worker reads at a time.
enum HotPiece: Sendable {
    case chunk(HotChunk, HotFileView)
    case group(HotGroup, HotFileView)

    var bounds: HotBounds {
        switch self {
        case .chunk(let chunk, _): chunk.bounds
        case .group(let group, _): group.bounds
        }
    }
}

/// One piece, read batch by batch.
///
/// Of one thread at a time.
final class HotMorsel: Morsel {
    private let filter: HotRowFilter
    private let sequence: Int64
    private let emitted: ScanBudget?
    private var batches: any HotBatches
    /// Rows that passed and were not given out yet: documents may be too long for one batch.
    private var waiting: HotRowFilter.PassingRows?
    private let room: DocumentRoom

    init(_ piece: HotPiece, filter: HotRowFilter, sequence: Int64, budget: ScanBudget?) throws {
        self.filter = filter
        self.sequence = sequence
        emitted = budget
        room = DocumentRoom(filter.request.memory, workerCount: filter.request.workerCount, reading: filter.request.room)
        switch piece {
        case .chunk(let chunk, let file):
            filter.request.counters.add { $0.rowsRead += chunk.batch.rowCount }
            batches = ChunkBatches(chunk: chunk, file: file, rowCountMax: filter.batchRowCount)
        case .group(let group, let file): batches = try GroupBatches(group: group, file: file, filter: filter, sequence: sequence)
        }
    }

    /// - Returns: nil at the end, or where the budget is used up.
    func next() throws -> ColumnBatch? {
        // A caller that asks for the next batch is done with the one before, or holds it on an account of its own.
        room.releaseAll()
        while true {
            if let emitted, emitted.isUsedUp { return nil }
            if let rows = waiting {
                let (batch, rest) = try filter.take(rows, room)
                waiting = rest
                emitted?.take(batch.rowCount)
                return batch
            }
            guard let piece = try batches.next() else { return nil }
            waiting = try filter.select(piece, upTo: sequence, room)
        }
    }
}

/// The rows of a piece, some thousand at a time.
protocol HotBatches {
    mutating func next() throws -> HotRowFilter.Piece?
}

/// Slices share the chunk's values.
private struct ChunkBatches: HotBatches {
    let chunk: HotChunk
    let file: HotFileView
    let rowCountMax: Int
    private var position = 0

    init(chunk: HotChunk, file: HotFileView, rowCountMax: Int) {
        self.chunk = chunk
        self.file = file
        self.rowCountMax = rowCountMax
    }

    mutating func next() -> HotRowFilter.Piece? {
        let rows = position..<min(position + rowCountMax, chunk.batch.rowCount)
        guard !rows.isEmpty else { return nil }
        position = rows.upperBound
        let fields = HotChunk.fields(typeColumns: chunk.typeColumns)
        let columns = chunk.batch.columns
        return HotRowFilter.Piece(
            view: file, rowCount: rows.count, rows: columns[HotChunk.rowIDIndex].slice(rows), applied: .nothing
        ) { name in
            fields.firstIndex { $0.name.utf8.elementsEqual(name.utf8) }.map { (columns[$0].slice(rows), fields[$0]) }
        }
    }
}
