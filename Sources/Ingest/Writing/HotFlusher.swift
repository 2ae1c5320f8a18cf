import ColumnStore

/// Writes full groups of a tail into their file as Parquet images, in parts small enough that no commit waits long behind one.
///
/// Until a group is complete, a crash rebuilds its columns from the rows, whose encoded values, where they are kept, go afterwards.
///
/// A group, each step a transaction of the writer's thread between two of its groups:
///
/// 1. Its row in `groups`, as begun.
/// 2. The image's parts, a MiB each.
/// 3. It becomes what readers go by, and `laid_down` moves.
/// 4. Kept values and changed states of its rows are deleted.
///
/// A crash between them leaves a group that is taken out at the next start, or rows of 4 that nobody asks for. What fails takes its group out itself, as far as the disk lets it: it is tried again.
struct HotFlusher {
    /// As many encoded values are deleted in one transaction.
    private static let deletedRowCount: Int64 = 8_192

    /// A table's rows are laid down, few as they are, when so many of the file came behind them: a restart reads the rows from the first
    /// one on that is in no group.
    ///
    /// 131,072 rows.
    static let lagRowCountMax: Int64 = 2 * Int64(ColumnTail.groupChunkCount * ColumnTail.chunkRowCount)

    // Its thread makes the changes; this one makes the image, which takes most of the time.
    let writer: HotWriter
    /// Called after each group.
    var flushed: () -> Void = {}

    /// Lays down what is full in open files, and all that is left in sealed ones.
    ///
    /// Called by one thread at a time: two would lay the same chunks down.
    ///
    /// - Parameter isWhole: in open ones too, up to the rows that there are as it begins.
    /// - Throws: what the first file throws that cannot be written, once all others were: receipts are refused where theirs wait for long.
    func flush(_ files: [HotFile], isWhole: Bool = false) throws {
        var failure: (any Error)?
        for file in files { do { try flush(file, isWhole: isWhole) } catch { failure = failure ?? error } }
        if let failure { throw failure }
    }

    private func flush(_ file: HotFile, isWhole: Bool) throws {
        let isSealed = file.state.isSealed
        // No row has that id yet: every row that there is now comes before it.
        let present = file.state.rowCount + 1
        try flush(file, isFinal: isSealed) { isWhole ? present : file.state.rowCount - Self.lagRowCountMax }
        if file.allTails.reduce(0, { $0 + $1.byteCountInMemory }) > writer.limits.lagBytes { try flush(file, isFinal: isSealed) { present } }
    }

    /// - Parameter oldest: asked anew for each group, as `chunksToFlush` has it.
    private func flush(_ file: HotFile, isFinal: Bool, oldest: () -> Int64) throws {
        for tail in file.allTails {
            while let chunks = try tail.chunksToFlush(isFinal: isFinal, oldest: oldest()) {
                try flush(chunks, of: tail, file)
                flushed()
            }
        }
    }

    private func flush(_ chunks: [HotChunk], of tail: ColumnTail, _ file: HotFile) throws {
        // What changed up to here goes into the image; what changes from here on stays beside it.
        // Taken before the image is made. A change after it has a higher sequence than `published.lastSequence`, and `deletePending` leaves it.
        let published = file.state
        let image = try Self.image(chunks, published.overlay)
        var bounds = HotBounds()
        for chunk in chunks { bounds.add(chunk.bounds) }
        let columns = chunks[0].typeColumns
        let laidDown = Self.laidDown(file, but: tail, after: chunks.count)
        let id = try lay(image, bounds, columns, table: tail.table, in: file) { id, connection in
            try connection.execute("\(HotGroupStage.laidDown.update(id)) UPDATE meta SET value = \(laidDown) WHERE key = 'laid_down'")
            try file.keepDoubt(connection)
        }
        // From here on readers take the group. Those that hold the chunks read on: both have the same rows.
        tail.replace(chunks.count, with: HotGroup(id: id, bounds: bounds, typeColumns: columns, byteCount: Int64(image.count)))
        try deletePending(chunks, file, laidDown: published.lastSequence)
    }

    /// The key in `meta` that says that columns were laid down without what rebuilds had filled: whatever comes between, it stays until they have it again.
    static let refillKey = "refill"

    /// Puts another image in the place of a group's. Whoever reads that one goes on: its parts stay until the next start.
    ///
    /// In one transaction the new one becomes readable and the old one not, so a start in between finds one of the two. What replaces a replacement lies in the other table again.
    ///
    /// - Parameters:
    ///   - bounds: of the rows as the image has them; nil where they are those of the group.
    ///   - isFilled: it has values that the rows' documents did not give when they came. One without them owes those that rebuilds had filled, from the same transaction on (`refillKey`).
    func replace(
        _ group: HotGroup, of tail: ColumnTail, with image: [UInt8], bounds: HotBounds? = nil, columns: [Field], isFilled: Bool, in file: HotFile
    ) throws {
        let bounds = bounds ?? group.bounds
        let isReplacement = !group.isReplacement
        let stage: HotGroupStage = isReplacement ? .replacing : .laidDown
        let owesRefill = !isFilled && file.isRebuilt
        let id = try lay(image, bounds, columns, table: tail.table, isReplacement: isReplacement, in: file) { id, connection in
            try connection.execute(stage.update(id) + HotGroupStage.replaced.update(group.id))
            if isFilled { try connection.execute("INSERT OR REPLACE INTO meta(key, value) VALUES('\(HotFile.rebuiltKey)', 1)") }
            if owesRefill { try connection.execute("INSERT OR REPLACE INTO meta(key, value) VALUES('\(Self.refillKey)', 1)") }
            try file.keepDoubt(connection)
        }
        if isFilled { file.noteRebuilt() }
        tail.replace(
            group, with: HotGroup(id: id, bounds: bounds, typeColumns: columns, byteCount: Int64(image.count), isReplacement: isReplacement))
    }

    /// Lays an image down, as a group that is not complete until `complete` has made it so.
    ///
    /// - Returns: the group's id.
    /// - Complexity: a transaction for each MiB, one before them and one after.
    private func lay(
        _ image: [UInt8], _ bounds: HotBounds, _ columns: [Field], table: String, isReplacement: Bool = false, in file: HotFile,
        complete: @escaping @Sendable (_ id: Int64, SQLiteConnection) throws -> Void
    ) throws -> Int64 {
        let id = try begin(bounds, columns, table: table, byteCount: image.count, file)
        // No part of a replacement on a page beside the image's that it replaces: what harmed one page may harm its neighbours.
        let parts = HotGroupStage.partsTable(isReplacement: isReplacement)
        var part: Int64 = 0
        do {
            for start in stride(from: 0, to: image.count, by: HotImage.partByteCount) {
                let bytes = Array(image[start..<min(start + HotImage.partByteCount, image.count)])
                let number = id << HotImage.partBits | part
                try writer.perform(on: file) { writer in
                    try writer.perform { connection in
                        let insert = try connection.statement("INSERT INTO \(parts)(id, bytes) VALUES(?1, ?2)")
                        insert.bind(1, number)
                        try insert.bind(2, bytes)
                        try insert.run()
                    }
                }
                part += 1
            }
            try writer.perform(on: file) { writer in try writer.perform { try complete(id, $0) } }
        } catch {
            takeOut(id, partCount: part, of: parts, in: file)
            throw error
        }
        return id
    }

    /// What is left of a group that is not complete: each further try would leave as much again, until the next start.
    private func takeOut(_ id: Int64, partCount: Int64, of parts: String, in file: HotFile) {
        let isBegun = "EXISTS (SELECT 1 FROM groups WHERE id = \(id) AND is_complete = \(HotGroupStage.begun.rawValue))"
        do {
            for part in 0..<partCount {
                try writer.perform(on: file) { writer in try writer.perform { try $0.execute("DELETE FROM \(parts) WHERE id = \(id << HotImage.partBits | part) AND \(isBegun)") } }
            }
            try writer.perform(on: file) { writer in try writer.perform { try $0.execute("DELETE FROM groups WHERE id = \(id) AND \(isBegun)") } }
        } catch {
            // The same disk: what stays goes at the next start, and the first failure has been reported already.
        }
    }

    /// The row up to which all rows will be in groups once the first chunks of `tail` are.
    ///
    /// The least over all tables of the file: one table whose rows wait holds it back, which `lagRowCountMax` bounds.
    private static func laidDown(_ file: HotFile, but tail: ColumnTail, after chunkCount: Int) -> Int64 {
        // What is committed after this has higher ids; what was before it is in its tail by now.
        let last = file.state.rowCount
        return file.allTails.reduce(last) { least, other in
            min(least, other.firstRow(after: other === tail ? chunkCount : 0).map { $0 - 1 } ?? last)
        }
    }

    /// The chunks as one Parquet file. The lightest compression: it lives for days, and its pages are read more often than they are moved;
    /// undoing zstd was the greatest part of most questions over hot rows (docs/decisions/0022-where-questions-spend.md).
    ///
    /// A row group of up to 65,536 rows, fewer where they are long, a page for each 8,192 of them. Rows lie by client (`ImageOrder`), so that one client's history is a page
    /// or two of each image; which row of the file each is its column `_row` says.
    ///
    /// - Precondition: all chunks have the columns of the first.
    static func image(_ chunks: [HotChunk], _ overlay: StateOverlay) throws -> [UInt8] {
        let (writer, sink) = try image(chunks[0].typeColumns)
        let parts = chunks.map { chunk in
            var columns = chunk.batch.columns
            // What is laid over columns goes into the image, so that it need not be laid over it by every scan.
            let changes = overlay.changes(of: columns[HotChunk.rowIDIndex])
            columns[HotChunk.stateIndex] = StateOverlay.states(columns[HotChunk.stateIndex], changes)
            columns[HotChunk.completedAtIndex] = StateOverlay.completions(columns[HotChunk.completedAtIndex], changes)
            return ColumnBatch(rowCount: chunk.batch.rowCount, columns: columns)
        }
        try ImageOrder.byClient(parts) { try writer.append($0) }
        _ = try writer.finish()
        return sink.bytes
    }

    /// An image that is to be written.
    ///
    /// In memory until it is whole.
    static func image(_ typeColumns: [Field]) throws -> (writer: FileWriter, sink: MemorySink) {
        var options = WriterOptions()
        options.codec = .lz4Raw
        options.pageRowCount = ColumnBatch.targetRowCount
        options.rowGroupRowCount = ColumnTail.groupChunkCount * ColumnTail.chunkRowCount
        let sink = MemorySink()
        return (try FileWriter(Schema(HotChunk.fields(typeColumns: typeColumns)), options: options, to: sink), sink)
    }

    /// - Returns: the id of the group's row, whose stage is `begun`.
    private func begin(
        _ bounds: HotBounds, _ columns: [Field], table: String, byteCount: Int, _ file: HotFile
    ) throws -> Int64 {
        let id = Monitor<Int64>(0)
        let text = SchemaEncoding.text(columns)
        try writer.perform(on: file) { writer in
            try writer.perform { connection in
                let insert = try connection.statement("""
                    INSERT INTO groups(table_id, row_count, first_row, last_row, first_sequence, last_sequence, first_day, last_day,
                        first_issued, last_issued, columns, byte_count, is_complete)
                    VALUES((SELECT id FROM tables WHERE name = ?1), ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, \(HotGroupStage.begun.rawValue))
                    """)
                try insert.bind(1, table)
                let numbers = [
                    Int64(bounds.rowCount), bounds.firstRow, bounds.lastRow, bounds.firstSequence, bounds.lastSequence,
                    Int64(bounds.firstDay), Int64(bounds.lastDay), bounds.firstIssued, bounds.lastIssued,
                ]
                for (index, number) in numbers.enumerated() { insert.bind(Int32(index + 2), number) }
                try insert.bind(11, text)
                insert.bind(12, Int64(byteCount))
                try insert.run()
                let inserted = connection.lastInsertedRowID
                id.withLock { $0 = inserted }
            }
        }
        return id.withLock { $0 }
    }

    /// Kept values of the chunks' rows go, and what is noted of changes that the image has.
    ///
    /// - Parameter sequence: state changes up to it are in the image.
    private func deletePending(_ chunks: [HotChunk], _ file: HotFile, laidDown sequence: Int64) throws {
        // Rows of one table with rows of others between them: runs of successive ids, each cut at `deletedRowCount`.
        var runs: [ClosedRange<Int64>] = []
        for chunk in chunks {
            guard case .int64(let rows) = chunk.batch.columns[HotChunk.rowIDIndex].values else { continue }
            for row in rows {
                if let last = runs.last, row == last.upperBound + 1, row - last.lowerBound < Self.deletedRowCount {
                    runs[runs.count - 1] = last.lowerBound...row
                } else {
                    runs.append(row...row)
                }
            }
        }
        var next = 0
        while next < runs.count {
            // Rows of several tables lie among each other: many short runs fit in one transaction.
            var rowCount: Int64 = 0
            var step: [ClosedRange<Int64>] = []
            while next < runs.count, rowCount < Self.deletedRowCount {
                step.append(runs[next])
                rowCount += Int64(runs[next].count)
                next += 1
            }
            let ranges = step
            try writer.perform(on: file) { writer in
                try writer.perform { connection in
                    let delete = try connection.statement("DELETE FROM pending WHERE id BETWEEN ?1 AND ?2")
                    // Doubted columns are made of them once more.
                    for range in ranges where file.doubtedAfter == nil {
                        delete.bind(1, range.lowerBound)
                        delete.bind(2, range.upperBound)
                        try delete.run()
                    }
                    let changed = try connection.statement("DELETE FROM changed WHERE row BETWEEN ?1 AND ?2 AND sequence <= ?3")
                    for range in ranges {
                        changed.bind(1, range.lowerBound)
                        changed.bind(2, range.upperBound)
                        changed.bind(3, sequence)
                        try changed.run()
                    }
                }
            }
            // Their states were laid over them as over all others.
            if !file.marks.repaired.ids.isEmpty { try file.reloadRepairs() }
            file.publish { info in for range in ranges { info.overlay.remove(range, through: sequence) } }
        }
    }
}
