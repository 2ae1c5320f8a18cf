package import ColumnStore
import Synchronization

/// The columns of one table in one hot file: flushed groups, sealed chunks in memory, and the newest rows, which are laid into
/// columns when a query or the flusher asks.
///
/// The writer only puts rows down (`append`), so a commit never waits for a query. Invariants:
/// 1. Groups, then chunks, then the builder, then `incoming` hold each row once, in the order of their ids.
/// 2. A chunk or group, once given out, never changes.
package final class ColumnTail: Sendable {
    private struct State {
        var groups: [HotGroup]
        var chunks: [HotChunk] = []
        var builder: HotChunkBuilder
        /// The kinds that the builder's columns are known to hold.
        var kinds: Set<ObjectIdentifier> = []
        /// The builder's rows as last given out.
        var cached: HotChunk?
    }

    package let table: String
    private let tables: TableColumns
    private let incoming = Mutex<[TailRow]>([])
    private let state: Mutex<State>

    /// How many rows a sealed chunk has: a batch of the executor.
    static let chunkRowCount = ColumnBatch.targetRowCount
    /// How many chunks make a group in the file: 65,536 rows compress well, and are laid down in a third of a second.
    static let groupChunkCount = 8

    init(table: String, tables: TableColumns, groups: [HotGroup]) {
        self.table = table
        self.tables = tables
        state = Mutex(State(groups: groups, builder: HotChunkBuilder(typeColumns: tables.columns(of: table))))
    }

    /// Adds committed rows. Called by the writer, in order, before they are acknowledged.
    ///
    /// - Returns: how many rows wait to be laid into columns.
    @discardableResult
    func append(_ rows: some Collection<TailRow>) -> Int {
        incoming.withLock { incoming in
            assert(zip(rows, rows.dropFirst()).allSatisfy { $0.row < $1.row } && (incoming.last?.row ?? 0) < (rows.first?.row ?? .max), "rows that do not rise")
            incoming.append(contentsOf: rows)
            return incoming.count
        }
    }

    /// What a reader of the rows up to `sequence` sees.
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

    private func drain(_ state: inout State) throws {
        let rows = incoming.withLock { incoming in
            defer { incoming = [] }
            return incoming
        }
        guard !rows.isEmpty else { return }
        state.cached = nil
        for row in rows {
            if !state.kinds.contains(ObjectIdentifier(row.kind)) { widen(&state, for: row.kind) }
            try state.builder.append(row)
            if state.builder.rowCount == Self.chunkRowCount { seal(&state) }
        }
    }

    private func seal(_ state: inout State) {
        guard state.builder.rowCount > 0 else { return }
        state.chunks.append(state.builder.chunk())
        state.builder = HotChunkBuilder(typeColumns: state.builder.typeColumns)
        state.cached = nil
    }

    /// Goes on with the table's present columns, when a kind has come that brought new ones.
    private func widen(_ state: inout State, for kind: RowKind) {
        let columns = tables.columns(of: table)
        if columns != state.builder.typeColumns {
            seal(&state)
            state.builder = HotChunkBuilder(typeColumns: columns)
            state.kinds = []
        }
        state.kinds.insert(ObjectIdentifier(kind))
    }

    /// The oldest chunks in memory, to be flushed as one group: nil while there are too few (unless `isFinal`, or the oldest row is
    /// before `oldest`: then all rows).
    func chunksToFlush(isFinal: Bool, oldest: Int64 = 0) throws -> [HotChunk]? {
        try state.withLock { state in
            try drain(&state)
            let isAll = isFinal || Self.firstRow(state).map { $0 < oldest } ?? false
            if isAll { seal(&state) }
            guard state.chunks.count >= (isAll ? 1 : Self.groupChunkCount) else { return nil }
            // Chunks of one group have the same columns.
            let columns = state.chunks[0].typeColumns
            let run = state.chunks.prefix(Self.groupChunkCount).prefix { $0.typeColumns == columns }
            return Array(run)
        }
    }

    /// The oldest row laid into columns that is in no group, without the first `chunkCount` chunks; nil when there is none.
    func firstRow(after chunkCount: Int = 0) -> Int64? {
        // Rows that wait come behind all that are laid into columns.
        state.withLock { state in Self.firstRow(state, after: chunkCount) ?? incoming.withLock { $0.first?.row } }
    }

    private static func firstRow(_ state: State, after chunkCount: Int = 0) -> Int64? {
        if state.chunks.count > chunkCount { return state.chunks[chunkCount].bounds.firstRow }
        return state.builder.rowCount > 0 ? state.builder.bounds.firstRow : nil
    }

    /// Puts a flushed group in the place of the oldest chunks.
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
        let waiting = incoming.withLock { $0.count }
        return waiting + state.withLock { state in state.builder.rowCount + state.chunks.reduce(0) { $0 + $1.bounds.rowCount } }
    }

    /// All rows, those that wait included.
    var rowCount: Int {
        state.withLock { state in
            let waiting = incoming.withLock { $0.count }
            return waiting + state.builder.rowCount + state.chunks.reduce(0) { $0 + $1.bounds.rowCount }
                + state.groups.reduce(0) { $0 + $1.bounds.rowCount }
        }
    }

    /// Bounds of all rows laid into columns so far, for the planner.
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
package struct HotGroup: Sendable {
    package let id: Int64
    package let bounds: HotBounds
    package let typeColumns: [Field]
    package let byteCount: Int64
    /// It took the place of another, and lies in `replaced_parts`.
    package let isReplacement: Bool

    package init(id: Int64, bounds: HotBounds, typeColumns: [Field], byteCount: Int64, isReplacement: Bool = false) {
        self.isReplacement = isReplacement
        self.id = id
        self.bounds = bounds
        self.typeColumns = typeColumns
        self.byteCount = byteCount
    }
}
