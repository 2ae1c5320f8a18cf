import ColumnStore
import Query

/// A flushed group, read batch by batch: filters on its columns are applied while reading, so that pages which no row passes on
/// are left out.
struct GroupBatches: HotBatches {
    private let file: HotFile
    private let scan: ParquetScan
    private let counters: ScanCounters
    private var reader: RowGroupReader?
    private var nextRowGroup = 0

    init(group: HotGroup, file: HotFile, filter: HotRowFilter, sequence: Int64) throws {
        self.file = file
        counters = filter.request.counters
        let own = Set(HotChunk.fields(typeColumns: group.typeColumns).map(\.name))
        let isOverlaid = !file.state.overlay.isEmpty
        var filters = (filter.request.scope + filter.request.filters).filter { test in
            let name = test.path.names[0]
            // What the group lacks, what is read row by row and what changed since is tested afterwards.
            return own.contains(name) && !(isOverlaid && (name == "state" || name == "completed_at"))
        }
        if group.bounds.lastSequence > sequence {
            filters.append(ColumnFilter("sequence", .range(lower: nil, upper: .init(.integer(sequence), isInclusive: true))))
        }
        if let rows = filter.rows {
            filters.append(ColumnFilter(ColumnPath(HotChunk.rowIDName), .oneOf(rows.map { .integer($0) })))
        }
        var paths = filter.needed.entries.filter { own.contains($0.name) }.flatMap { entry in
            // Members that came later are not in the image.
            entry.paths.filter { path in Schema(HotChunk.fields(typeColumns: group.typeColumns)).field(at: path) != nil }
        }
        paths.append(ColumnPath(HotChunk.rowIDName))
        let image = try ParquetFile(HotImage(group: group, file: file))
        scan = try image.scan(ParquetScanRequest(projection: paths, filters: filters))
    }

    mutating func next() throws -> HotRowFilter.Piece? {
        while true {
            if let batch = try reader?.next() {
                let fields = scan.schema.fields
                guard let rows = fields.lastIndex(where: { $0.name == HotChunk.rowIDName }) else { return nil }
                return HotRowFilter.Piece(file: file, rowCount: batch.rowCount, rows: batch.columns[rows]) { name in
                    fields.firstIndex { $0.name.utf8.elementsEqual(name.utf8) }.map { (batch.columns[$0], fields[$0]) }
                }
            }
            guard nextRowGroup < scan.rowGroups.count else { return nil }
            reader = try scan.reader(rowGroup: scan.rowGroups[nextRowGroup])
            counters.add(bytesRead: scan.byteCount(rowGroup: scan.rowGroups[nextRowGroup]))
            nextRowGroup += 1
        }
    }
}
