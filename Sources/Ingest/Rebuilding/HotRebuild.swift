import ColumnStore

/// Lays the groups of a sealed hot file down again, with one column filled.
///
/// The images that they had stay until the next start: who began to read them goes on.
///
/// The open file is left to be: rows that come to it come by types that have the column, and what came before is in sealed ones (`Rebuilder.rebuild` seals it
/// first).
struct HotRebuild {
    /// Of documents that are read at a time.
    private static let batchByteCount = 12 << 20

    let file: HotFile
    let writer: HotWriter
    let refill: ColumnRefill
    /// The file had the column filled before, and stays hot until it has it again: compaction, which may be all that can make room, waits for it.
    var isOwed = false

    /// What stands in the way: the column stays as it is while the file is hot, or, where it may pass, until then.
    struct Obstacle: Error {
        let reason: String
        var mayPass = false
    }

    /// Group by group: each is replaced by itself, so that what is filled when it is cancelled stays so. A damaged one keeps no other from it.
    ///
    /// - Throws: `Obstacle`; what is damaged, when all other groups had their turn.
    func run(_ isCancelled: () -> Bool) throws {
        guard let tail = file.tail(of: refill.table) else { return }
        guard file.damage.isEmpty else { throw Obstacle(reason: "it has rows that are damaged", mayPass: true) }
        guard file.marks.repaired.ids.isEmpty else { throw Obstacle(reason: "it has rows that were written anew") }
        guard file.state.isSealed, tail.rowCountInMemory == 0 else { throw Obstacle(reason: "not all its rows are laid down in columns", mayPass: true) }
        var failure: (any Error)?
        for group in tail.groups {
            if isCancelled() { throw DayCompactor.Cancelled() }
            do {
                guard let made = try filled(group, isCancelled) else { continue }
                try checkRoom()
                let flusher = HotFlusher(writer: writer)
                try flusher.replace(group, of: tail, with: made.image, columns: made.columns, isFilled: true, in: file)
            } catch where Rebuilder.isDamage(error) { failure = failure ?? error }
        }
        if let failure { throw failure }
    }

    /// The image that is replaced stays beside the new one until the next start. What is owed may take half of the room that receipts leave.
    private func checkRoom() throws {
        let least = isOwed ? writer.limits.minFreeBytes / 2 : writer.limits.minFreeBytes
        guard let free = DataDirectory.freeBytes(file.path), free < least else { return }
        throw Obstacle(reason: "less than limits.min_free is free on the disk", mayPass: true)
    }

    /// The group's image with the column in it, and the columns that it has then.
    ///
    /// - Returns: nil when no row of the group needs the column, or all that do have it.
    private func filled(_ group: HotGroup, _ isCancelled: () -> Bool) throws -> (image: [UInt8], columns: [Field])? {
        guard let columns = SchemaEncoding.merged(group.typeColumns, adding: [refill.field]) else {
            throw Obstacle(reason: "the column \(refill.field.name) has another type in it")
        }
        let fields = HotChunk.fields(typeColumns: group.typeColumns)
        let target = HotChunk.fields(typeColumns: columns)
        func place(_ name: String) -> Int { fields.firstIndex { $0.name == name } ?? 0 }
        let (types, versions, received) = (place("type"), place("type_version"), place("received_at"))
        let own = fields.firstIndex { $0.name.hasSameBytes(as: refill.field.name) }
        let output = try HotFlusher.image(columns)
        var isNeeded = false
        try file.reading(group) {
            let schema = Schema(fields)
            let batchRowCount = try file.batchRowCount(group.bounds.firstRow...group.bounds.lastRow, documentByteCount: Self.batchByteCount)
            let scan = try file.image(of: group).scan(
                ParquetScanRequest(projection: fields.map { ColumnPath($0.name) }, schema: schema, batchRowCount: batchRowCount))
            for number in scan.rowGroups {
                let reader = try scan.reader(rowGroup: number)
                while let batch = try reader.next() {
                    if isCancelled() { throw DayCompactor.Cancelled() }
                    let shown = own.map { batch.columns[$0] }
                    let present = ColumnShape.conform(shown, from: own.map { fields[$0] }, to: refill.field.type, rowCount: batch.rowCount)
                    let documents = try documents(of: batch)
                    let filled = try refill.filled(
                        present, types: batch.columns[types], versions: batch.columns[versions], receivedAt: batch.columns[received]) { documents[$0] }
                    if let filled, !ColumnRefill.isThere(filled, in: present) { isNeeded = true }
                    let made = target.map { field -> Column in
                        if field.name.hasSameBytes(as: refill.field.name) { return (filled ?? present).retyped(field.type) }
                        return batch.columns[fields.firstIndex { $0.name.hasSameBytes(as: field.name) } ?? 0]
                    }
                    try output.writer.append(ColumnBatch(rowCount: batch.rowCount, columns: made))
                }
            }
        }
        guard isNeeded else { return nil }
        _ = try output.writer.finish()
        return (output.sink.bytes, columns)
    }

    /// By rows; nil for one that has none, as a removal.
    private func documents(of batch: ColumnBatch) throws -> [[UInt8]?] {
        guard case .int64(let rows) = batch.columns[HotChunk.rowIDIndex].flattened().values else { return [] }
        var documents = [[UInt8]?](repeating: nil, count: rows.count)
        try file.readStored(Array(rows), document: true) { place, parts in documents[place] = parts.document }
        return documents
    }
}
