/// Gathers the rows of one row group and writes them out.
final class RowGroupWriter {
    private let schema: WriterSchema
    private let options: WriterOptions
    private(set) var columns: [ColumnChunkWriter]
    private(set) var rowCount = 0
    /// By worker, then by effort: contexts are kept from row group to row group.
    private var compressors: [[CompressionEffort: PageCompressor]]

    init(_ schema: WriterSchema, options: WriterOptions) throws(ColumnStoreError) {
        self.schema = schema
        self.options = options
        columns = schema.leaves.map { ColumnChunkWriter($0, options: options) }
        compressors = []
        for _ in 0..<max(1, options.workerCount) {
            var byEffort: [CompressionEffort: PageCompressor] = [:]
            for effort in Set(columns.map(\.effort)) {
                do {
                    byEffort[effort] = try PageCompressor(options.codec, effort: effort)
                } catch {
                    throw ColumnStoreError(.unsupportedFeature, "\(options.codec): \(error)")
                }
            }
            compressors.append(byEffort)
        }
    }

    /// What the row group takes in memory.
    var byteCount: Int { columns.reduce(0) { $0 + $1.buffer.byteCount + $1.encodedByteCount } }

    /// Takes the rows of `batch`, and writes out pages of columns that have grown bulky.
    func append(_ batch: ColumnBatch) throws(ColumnStoreError) {
        let slots = LevelSlots(rowCount: batch.rowCount)
        for (node, column) in zip(schema.roots, batch.columns) { try append(column, node, slots) }
        rowCount += batch.rowCount
        let bulky = columns.filter(\.buffer.isBulky)
        if !bulky.isEmpty { try encode(bulky) }
    }

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
                .intoList(offsets: offsets, repetition: repetition + 1)
            try append(elementColumn, element, inner, repetition: repetition + 1)
        }
    }

    private func step(
        into column: Column, _ slots: LevelSlots, _ isOptional: Bool
    ) throws(ColumnStoreError) -> LevelSlots {
        if isOptional { return slots.throughOptional(column.validity) }
        guard column.nullCount == 0 else {
            throw ColumnStoreError(.invalidRequest, "NULL in a required column")
        }
        return slots
    }

    // MARK: Encoding

    /// Makes the pages of `columns` from what their buffers hold, pages of all columns side by side.
    private func encode(_ columns: [ColumnChunkWriter]) throws(ColumnStoreError) {
        try ParallelWork.run(taskCount: columns.count, workerCount: options.workerCount) {
            (worker, task) throws(ColumnStoreError) in
            try columns[task].prepare(compressor: compressor(worker, columns[task].effort))
        }
        let tasks = columns.indices.flatMap { column in columns[column].cuts.indices.map { (column: column, page: $0) } }
        let pages = PageSlots(count: tasks.count)
        try ParallelWork.run(taskCount: tasks.count, workerCount: options.workerCount) {
            (worker, task) throws(ColumnStoreError) in
            let column = columns[tasks[task].column]
            pages.set(task, try column.page(tasks[task].page, compressor: compressor(worker, column.effort)))
        }
        var first = 0
        for column in columns {
            let count = column.cuts.count
            column.absorb(pages.take(first..<first + count))
            first += count
        }
    }

    private func compressor(_ worker: Int, _ effort: CompressionEffort) throws(ColumnStoreError) -> PageCompressor {
        guard let compressor = compressors[worker][effort] else {
            throw ColumnStoreError(.invalidRequest, "no compressor of \(effort)")
        }
        return compressor
    }

    /// Encodes what is left. The pages are then in `columns`.
    func finish() throws(ColumnStoreError) {
        try encode(columns.filter { $0.buffer.levelCount > 0 })
    }

    func reset() {
        rowCount = 0
        for column in columns { column.reset() }
    }
}

/// Results of tasks by number: each place is written once, by one task.
private final class PageSlots: @unchecked Sendable {
    // Safe: tasks write different elements, and `take` is called when all have ended.
    private let pages: UnsafeMutableBufferPointer<EncodedPage?>

    init(count: Int) {
        pages = .allocate(capacity: count)
        pages.initialize(repeating: nil)
    }

    deinit {
        pages.deinitialize()
        pages.deallocate()
    }

    func set(_ index: Int, _ page: EncodedPage) { pages[index] = page }

    func take(_ range: Range<Int>) -> [EncodedPage] {
        range.compactMap { index in
            defer { pages[index] = nil }
            return pages[index]
        }
    }
}

extension Column {
    /// Without a constant at the top.
    fileprivate var unfolded: Column {
        if case .constant = values { return flattened() }
        return self
    }
}
