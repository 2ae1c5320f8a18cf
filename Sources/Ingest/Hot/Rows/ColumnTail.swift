package import ColumnStore
import Synchronization

/// The columns of one table in one hot file: flushed groups, sealed chunks in memory, and the newest rows, which are laid into
/// columns when a query or the flusher asks.
///
/// The writer only puts rows down (`append`), so a commit never waits for a query. Invariants:
/// 1. Groups, then chunks, then the builder, then `incoming` hold each row once, in the order of their ids; within a group they lie by client (`ImageOrder`).
/// 2. A chunk or group, once given out, never changes.
package final class ColumnTail: Sendable {
    /// Guarded by `state`; `incoming` has a lock of its own, so that an append never waits for rows that are being laid down. Where both are held,
    /// `state` was taken first.
    private struct State {
        /// In the order of their rows, which is that of their first ids.
        var groups: [HotGroup]
        /// Sealed, each of at most `chunkRowCount` rows, oldest first. Fewer rows where they are long, where a column came in between, or all that there was
        /// had to be laid down.
        var chunks: [HotChunk] = []
        var builder: HotChunkBuilder
        /// The kinds that the builder's columns are known to hold.
        var kinds: Set<ObjectIdentifier> = []
        /// The builder's rows as last given out.
        var cached: HotChunk?
    }

    /// Committed rows that nobody has laid into columns yet, by rising ids.
    private struct Incoming {
        var rows: [TailRow] = []
        /// What all of them take.
        var byteCount = 0
    }

    package let table: String
    private let tables: TableColumns
    private let incoming = Mutex(Incoming())
    private let state: Mutex<State>

    /// How many rows a sealed chunk has: a batch of the executor.
    static let chunkRowCount = ColumnBatch.targetRowCount
    /// How many chunks make a group in the file: 65,536 rows compress well, and are laid down in a third of a second.
    static let groupChunkCount = 8
    /// A chunk is sealed with the row that brings it to so many bytes: no column of one comes near the 2 GiB that it cannot have. A chunk of usual rows has a third of them.
    static let chunkByteCountMax = 16 << 20
    /// So many bytes of chunks make a group, however few rows they are: of values of a megabyte each 65,536 rows would not fit into any memory.
    static let groupByteCount = 64 << 20

    /// - Parameter groups: those that readers go by, by rising first rows; none of a table that begins.
    init(table: String, tables: TableColumns, groups: [HotGroup]) {
        self.table = table
        self.tables = tables
        state = Mutex(State(groups: groups, builder: HotChunkBuilder(typeColumns: tables.columns(of: table))))
    }

    /// Adds committed rows. Called by the writer, in order, before they are acknowledged.
    ///
    /// - Returns: whether as many wait to be laid into columns as make a chunk.
    @discardableResult
    func append(_ rows: some Collection<TailRow>) -> Bool {
        incoming.withLock { incoming in
            assert(zip(rows, rows.dropFirst()).allSatisfy { $0.row < $1.row } && (incoming.rows.last?.row ?? 0) < (rows.first?.row ?? .max), "rows that do not rise")
            incoming.rows.append(contentsOf: rows)
            for row in rows { incoming.byteCount += row.byteCount }
            return incoming.rows.count >= Self.chunkRowCount || incoming.byteCount >= Self.chunkByteCountMax
        }
    }

    /// What a reader of the rows up to `sequence` sees.
    ///
    /// Called on a reader's thread, which pays for laying the waiting rows down.
    ///
    /// - Complexity: O(rows that wait + rows of the chunk that is not full); no row of a group is touched.
    package func view(through sequence: Int64) throws -> (groups: [HotGroup], chunks: [HotChunk]) {
        let (groups, chunks) = try state.withLock { state in
            try drain(&state)
            if state.cached == nil, state.builder.rowCount > 0 { state.cached = state.builder.chunk() }
            return (state.groups, state.chunks + (state.cached.map { [$0] } ?? []))
        }
        // A chunk may have grown past the reader's sequence since; a group's rows past it are left out by the reader.
        return (groups, chunks.compactMap { $0.prefix(through: sequence) })
    }

    /// Lays waiting rows into columns, so that they do not pile up while nobody asks.
    func drain() throws { try state.withLock { try drain(&$0) } }

    /// Holds `state` from the taking of the rows to the end of their laying, so that two who drain cannot lay them down in another order.
    private func drain(_ state: inout State) throws {
        let rows = incoming.withLock { incoming in
            defer { incoming = Incoming() }
            return incoming.rows
        }
        guard !rows.isEmpty else { return }
        // From here on the builder has rows that the chunk which was last given out lacks.
        state.cached = nil
        for row in rows {
            if !state.kinds.contains(ObjectIdentifier(row.kind)) { widen(&state, for: row.kind) }
            try state.builder.append(row)
            if state.builder.isFull { seal(&state) }
        }
    }

    private func seal(_ state: inout State) {
        guard state.builder.rowCount > 0 else { return }
        state.chunks.append(state.builder.chunk())
        state.builder = HotChunkBuilder(typeColumns: state.builder.typeColumns)
        state.cached = nil
    }

    /// Goes on with the table's present columns, when a kind has come that brought new ones.
    ///
    /// A chunk has one list of columns, so the rows so far become a chunk of their own.
    ///
    /// Columns of a table only grow, so a kind whose columns were found in the builder once stays known to it.
    private func widen(_ state: inout State, for kind: RowFormat) {
        let columns = tables.columns(of: table)
        if columns != state.builder.typeColumns {
            seal(&state)
            state.builder = HotChunkBuilder(typeColumns: columns)
            state.kinds = []
        }
        state.kinds.insert(ObjectIdentifier(kind))
    }

    /// The oldest chunks in memory, to be flushed as one group of so many chunks or bytes: nil while there are too few (unless `isFinal`, or the oldest row is
    /// before `oldest`: then all rows).
    ///
    /// What a flush takes; the chunks stay in the tail until `replace` has the group in their place, so that a reader always finds their rows.
    func chunksToFlush(isFinal: Bool, oldest: Int64 = 0) throws -> [HotChunk]? {
        // A table that few receipts come for must not hold up the row from which a restart reads (`HotFlusher.lagRowCountMax`).
        try state.withLock { state in
            try drain(&state)
            let isAll = isFinal || Self.firstRow(state).map { $0 < oldest } ?? false
            if isAll { seal(&state) }
            guard let first = state.chunks.first else { return nil }
            guard isAll || state.chunks.count >= Self.groupChunkCount || Self.byteCount(of: state.chunks) >= Self.groupByteCount else { return nil }
            // Chunks of one group have the same columns.
            var run: [HotChunk] = []
            var byteCount = 0
            for chunk in state.chunks.prefix(Self.groupChunkCount).prefix(while: { $0.typeColumns == first.typeColumns }) {
                run.append(chunk)
                byteCount += chunk.byteCount
                if byteCount >= Self.groupByteCount { break }
            }
            return run
        }
    }

    /// The oldest row laid into columns that is in no group, without the first `chunkCount` chunks; nil when there is none.
    func firstRow(after chunkCount: Int = 0) -> Int64? {
        // Rows that wait come behind all that are laid into columns.
        state.withLock { state in Self.firstRow(state, after: chunkCount) ?? incoming.withLock { $0.rows.first?.row } }
    }

    private static func firstRow(_ state: State, after chunkCount: Int = 0) -> Int64? {
        if state.chunks.count > chunkCount { return state.chunks[chunkCount].bounds.firstRow }
        return state.builder.rowCount > 0 ? state.builder.bounds.firstRow : nil
    }

    /// Puts a flushed group in the place of the oldest chunks.
    ///
    /// - Precondition: the first `chunkCount` chunks are those that were flushed. Only the flusher takes chunks out, one flush at a time.
    func replace(_ chunkCount: Int, with group: HotGroup) {
        state.withLock { state in
            state.chunks.removeFirst(chunkCount)
            state.groups.append(group)
        }
    }

    /// Puts another image of the same rows in the place of a group.
    func replace(_ group: HotGroup, with other: HotGroup) {
        state.withLock { state in
            guard let place = state.groups.firstIndex(where: { $0.id == group.id }) else { return }
            state.groups[place] = other
        }
    }

    /// Those that are laid down, in the order of their rows.
    var groups: [HotGroup] { state.withLock { $0.groups } }

    /// Rows that are in memory only.
    package var rowCountInMemory: Int {
        let waiting = incoming.withLock { $0.rows.count }
        return waiting + state.withLock { state in state.builder.rowCount + state.chunks.reduce(0) { $0 + $1.bounds.rowCount } }
    }

    /// About what those take.
    package var byteCountInMemory: Int {
        let waiting = incoming.withLock { $0.byteCount }
        return waiting + state.withLock { $0.builder.byteCount + Self.byteCount(of: $0.chunks) }
    }

    private static func byteCount(of chunks: [HotChunk]) -> Int { chunks.reduce(0) { $0 + $1.byteCount } }

    /// All rows, those that wait included.
    var rowCount: Int {
        state.withLock { state in
            let waiting = incoming.withLock { $0.rows.count }
            return waiting + state.builder.rowCount + state.chunks.reduce(0) { $0 + $1.bounds.rowCount }
                + state.groups.reduce(0) { $0 + $1.bounds.rowCount }
        }
    }

    /// Bounds of all rows laid into columns so far, for the planner.
    ///
    /// Rows that wait are not in them.
    package var bounds: HotBounds {
        state.withLock { state in
            var bounds = HotBounds()
            for group in state.groups { bounds.add(group.bounds) }
            for chunk in state.chunks { bounds.add(chunk.bounds) }
            bounds.add(state.builder.bounds)
            return bounds
        }
    }
}

/// A flushed piece of a tail: a Parquet image in BLOBs of the hot file.
///
/// A row of `groups` as the tail keeps it. Made by the flusher or the loader, read by scans through `HotFile.image(of:)`. Immutable.
package struct HotGroup: Sendable {
    /// `groups.id`: the upper bits of its parts' ids (`HotImage.partBits`).
    package let id: Int64
    package let bounds: HotBounds
    /// The type columns that the image has, behind the standard ones and the row's id (`HotChunk.fields`). A column that a type got later is not
    /// among them.
    package let typeColumns: [Field]
    /// Of the image, over all of its parts.
    package let byteCount: Int64
    /// It took the place of one in `group_parts`, and lies in `replaced_parts`.
    package let isReplacement: Bool

    package init(id: Int64, bounds: HotBounds, typeColumns: [Field], byteCount: Int64, isReplacement: Bool = false) {
        self.isReplacement = isReplacement
        self.id = id
        self.bounds = bounds
        self.typeColumns = typeColumns
        self.byteCount = byteCount
    }
}
