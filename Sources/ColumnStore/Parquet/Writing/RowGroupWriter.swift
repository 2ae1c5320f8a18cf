/// Gathers the rows of one row group and writes them out.
///
/// Rows come in one of two ways: in batches of all columns (`append`, `finish`, `reset`), or part by part (`append(_:of:)`, `end`, `endAll`, with each
/// column written and released as soon as it is made). One owner on one thread; `pool` makes pages beside it.
///
/// Invariants:
/// 1. A column of a batch in flight is not prepared again by the owner before that batch has ended, unless its values were detached.
/// 2. Batches are taken in the order in which they were begun, and with them the pieces of a column.
/// 3. Workers use the compressors of their own number.
final class RowGroupWriter {
    private let schema: WriterSchema
    private let options: WriterOptions
    private(set) var columns: [ColumnChunkWriter]
    /// Rows so far; of a row group that comes part by part, of the part at hand.
    private(set) var rowCount = 0
    /// By worker: contexts are kept from row group to row group.
    private let compressors: [PageCompressors]
    private let pool: EncodingPool
    /// Work that was begun and is not known to have ended, oldest first.
    private var inFlight: [(batch: EncodingPool.Batch, columns: [ColumnChunkWriter])] = []
    /// Columns whose pages may be made while rows are gathered: two, so that threads beside the owner's always have work.
    private let inFlightCountMax: Int
    /// Pieces of bulky columns, of which each takes tens of megabytes. One has several pages, enough for a single thread beside the owner's: only once the next piece is there, and
    /// its pages are to be had, does the owner wait for the one before.
    private let pieceCountMax: Int
    /// Of a row group that comes part by part: the leaves whose values have all come, ascending.
    private var endedLeafCount = 0

    init(_ schema: WriterSchema, options: WriterOptions) throws(ColumnStoreError) {
        self.schema = schema
        self.options = options
        columns = schema.leaves.map { ColumnChunkWriter($0, options: options) }
        pool = EncodingPool(workerCount: options.workerCount)
        inFlightCountMax = options.workerCount > 1 ? 2 : 0
        pieceCountMax = min(inFlightCountMax, options.workerCount / 2)
        compressors = (0..<max(1, options.workerCount)).map { _ in PageCompressors(options.codec) }
        do {
            _ = try compressors[0].compressor(CompressionEffort(level: options.compressionLevel))
        } catch {
            throw ColumnStoreError(.unsupportedFeature, "\(options.codec): \(error)")
        }
    }

    /// What the row group takes in memory, without the few pieces that are being encoded.
    var byteCount: Int { columns.reduce(0) { $0 + $1.buffer.byteCount + $1.encodedByteCount } }

    /// Takes the rows of `batch`, and writes out pages of columns that have grown bulky.
    func append(_ batch: ColumnBatch) throws(ColumnStoreError) {
        // Every column starts from the same rows; levels grow on the way down to its leaves.
        let slots = LevelSlots(rowCount: batch.rowCount)
        for (node, column) in zip(schema.roots, batch.columns) { try append(column, node, slots) }
        try took(batch.rowCount, columns)
    }

    /// Columns and pieces whose pages are in the making.
    var inFlightCount: Int { inFlight.count }

    /// How many rows may come before all columns end a page.
    var pageRestRowCount: Int { options.pageRowCount - rowCount % options.pageRowCount }

    /// Counts rows that all of `columns` have taken, and writes out pages of those that have grown bulky, or whose dictionary has.
    private func took(_ count: Int, _ columns: [ColumnChunkWriter]) throws(ColumnStoreError) {
        rowCount += count
        let isPageEnd = pageRestRowCount == options.pageRowCount
        for column in columns where column.buffer.isBulky(atPageEnd: isPageEnd) { try beginPiece(column) }
    }

    /// Goes down a column's nodes to its leaves, with the slots of each.
    ///
    /// - Parameter repetition: how many lists are around the node.
    /// - Throws: `.invalidRequest` for a column that is not shaped as the schema, and what leaves throw.
    private func append(
        _ column: Column, _ node: WriterSchema.Node, _ slots: LevelSlots, repetition: UInt8 = 0
    ) throws(ColumnStoreError) {
        switch node {
        case .leaf(let index, let isOptional): try columns[index].buffer.append(column, slots, isOptional: isOptional)
        case .structure(let members, let isOptional):
            let column = column.unfolded
            guard case .structure(let memberColumns) = column.values, memberColumns.count == members.count else {
                throw ColumnStoreError(.invalidRequest, "the batch's column is no struct of \(members.count) members")
            }
            let inner = try step(into: column, slots, isOptional)
            for (member, memberColumn) in zip(members, memberColumns) {
                try append(memberColumn, member, inner, repetition: repetition)
            }
        case .list(let element, let isOptional):
            let column = column.unfolded
            guard case .list(let offsets, let elementColumn) = column.values else {
                throw ColumnStoreError(.invalidRequest, "the batch's column is no list")
            }
            let inner = try step(into: column, slots, isOptional)
                .intoList(offsets: offsets, elementCount: elementColumn.count, repetition: repetition + 1)
            try append(elementColumn, element, inner, repetition: repetition + 1)
        }
    }

    /// The slots within a node: through its NULLs, if it may have any.
    private func step(
        into column: Column, _ slots: LevelSlots, _ isOptional: Bool
    ) throws(ColumnStoreError) -> LevelSlots {
        if isOptional { return slots.throughOptional(column.validity) }
        guard column.nullCount == 0 else {
            throw ColumnStoreError(.invalidRequest, "NULL in a required column")
        }
        return slots
    }

    // MARK: Part by part

    /// Takes rows of one part of the columns. Parts come one after another, in order.
    func append(_ column: Column, of part: ColumnPart) throws(ColumnStoreError) {
        // Cut where pages of all columns end, as `FileWriter.append` cuts batches.
        let node = schema.node(of: part)
        // A dictionary is looked at after each step: none brings more than one has room for, but for a single row.
        let isCoded = node.leaves.contains { columns[$0].buffer.isCoded }
        let steps = isCoded ? BatchBuilder(slicing: ColumnBatch(rowCount: column.count, columns: [column]), byteCountMax: options.dictionaryByteCount) : nil
        var start = 0
        while start < column.count {
            let rest = min(column.count - start, pageRestRowCount)
            let count = steps.map { $0.end(from: start, to: start + rest) - start } ?? rest
            try append(count == column.count ? column : column.slice(start..<start + count), node, LevelSlots(rowCount: count))
            start += count
            try took(count, node.leaves.map { columns[$0] })
        }
    }

    /// Begins to make what is left of a part's pages, beside the gathering of the next part.
    ///
    /// - Throws: what encoding the columns that are done throws.
    func end(_ part: ColumnPart) throws(ColumnStoreError) {
        rowCount = 0
        for leaf in schema.node(of: part).leaves {
            let column = columns[leaf]
            endedLeafCount = leaf + 1
            guard column.buffer.levelCount > 0 else { continue }
            // A piece of the column is in the making: what is left is one more, after it.
            if inFlight.contains(where: { $0.columns.contains { $0 === column } }) {
                try beginPiece(column)
                continue
            }
            // Nobody else touches the column until its pages are made.
            let compressors = compressors
            let batch = pool.begin(1) { (worker, _) throws(ColumnStoreError) in
                try column.prepare(compressors: compressors[worker])
                guard let piece = column.newestPiece else { return }
                for page in piece.cuts.indices { try piece.make(page, compressors: compressors[worker]) }
            }
            inFlight.append((batch, [column]))
            while inFlight.count > inFlightCountMax { try endOldest() }
        }
    }

    /// Waits for all pages.
    func endAll() throws(ColumnStoreError) { while !inFlight.isEmpty { try endOldest() } }

    /// Whether all pages of a leaf are made.
    func isMade(_ leaf: Int) -> Bool {
        leaf < endedLeafCount && !inFlight.contains { $0.columns.contains { $0 === columns[leaf] } }
    }

    /// Forgets a leaf whose pages are written, and gives its memory back.
    func release(_ column: ColumnChunkWriter) {
        column.release()
        if column === columns.last { endedLeafCount = 0 }
    }

    // MARK: Encoding

    /// Begins to make the pages of what a bulky column holds, beside the gathering of further rows.
    private func beginPiece(_ column: ColumnChunkWriter) throws(ColumnStoreError) {
        try column.prepare(compressors: compressors[0], detaches: inFlightCountMax > 0)
        begin([column])
        while inFlight.count > pieceCountMax { try endOldest() }
    }

    /// Has the pages of the newest piece of each column made.
    private func begin(_ columns: [ColumnChunkWriter]) {
        let tasks = columns.compactMap(\.newestPiece).flatMap { piece in piece.cuts.indices.map { (piece: piece, page: $0) } }
        let compressors = compressors
        let batch = pool.begin(tasks.count) { (worker, task) throws(ColumnStoreError) in
            try tasks[task].piece.make(tasks[task].page, compressors: compressors[worker])
        }
        inFlight.append((batch, columns))
    }

    /// Waits for the oldest batch, and takes its columns' pages.
    ///
    /// - Throws: the first error of its tasks.
    private func endOldest() throws(ColumnStoreError) {
        let (batch, columns) = inFlight.removeFirst()
        try pool.finish(batch)
        for column in columns { column.absorb() }
    }

    /// Encodes what is left. The pages are then in `columns`.
    func finish() throws(ColumnStoreError) {
        let rest = columns.filter { $0.buffer.levelCount > 0 }
        let compressors = compressors
        // First all plans, then all pages: a column of many pages is shared out among the workers, too.
        let plans = pool.begin(rest.count) { (worker, task) throws(ColumnStoreError) in
            try rest[task].prepare(compressors: compressors[worker])
        }
        try pool.finish(plans)
        begin(rest)
        try endAll()
    }

    func reset() {
        rowCount = 0
        for column in columns { column.reset() }
    }
}

extension Column {
    /// Without a constant at the top.
    fileprivate var unfolded: Column {
        if case .constant = values { return flattened() }
        return self
    }
}
