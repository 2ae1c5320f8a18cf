import ColumnStore
import Query

/// Applies a scan's filters to rows in columns and takes the wanted columns of those that pass: the part of a scan that memory chunks
/// and flushed groups share.
struct HotRowFilter: Sendable {
    let request: ScanRequest
    let projection: ColumnShape
    let residual: ColumnShape?
    /// Every column that scope, filters, residual and projection read, those read from the rows left out.
    let needed: ColumnShape
    /// Only rows of these ids: of a lookup by index. Ascending.
    let rows: [Int64]?

    init(_ request: ScanRequest, schema: Schema, rows: [Int64]? = nil) throws {
        self.request = request
        self.rows = rows
        projection = try ColumnShape(request.projection, schema: schema)
        residual = try request.residual.map { try ColumnShape($0.columns, schema: schema) }
        let filtered = (request.scope + request.filters).map(\.path)
        let all = filtered + (request.residual?.columns ?? []) + request.projection
        needed = try ColumnShape(all.filter { !StandardColumns.stored.contains($0.names.first ?? "") }, schema: schema)
    }

    func mayPass(_ bounds: HotBounds) -> Bool { (request.scope + request.filters).allSatisfy { bounds.mayPass($0) } }

    /// Rows of a piece of a file.
    struct Piece {
        let file: HotFile
        let rowCount: Int
        /// The rows' ids.
        let rows: Column
        /// A column by name, of the piece's own type, nil when it has none of that name.
        let column: (String) -> (Column, Field)?
    }

    /// - Returns: nil when no row passes.
    func select(_ piece: Piece, upTo sequence: Int64) throws -> ColumnBatch? {
        var selection = Bitmap(repeating: true, count: piece.rowCount)
        let reader = PieceReader(piece: piece, needed: needed)
        if let (sequences, _) = piece.column("sequence") {
            selection = selection & ColumnFilter("sequence", .range(lower: nil, upper: .init(.integer(sequence), isInclusive: true))).select(sequences)
        }
        if let rows { selection = selection & ColumnFilter("row", .oneOf(rows.map { .integer($0) })).select(piece.rows) }
        try apply(request.scope, reader, &selection)
        request.counters.add(rowsScanned: selection.setCount)
        try apply(request.filters, reader, &selection)
        var indices = selection.setIndices()
        guard !indices.isEmpty else { return nil }
        if let filter = request.residual, let residual {
            let batch = try gather(residual, reader, indices)
            let passing = try filter.select(batch)
            indices = passing.setIndices().map { indices[Int($0)] }
            guard !indices.isEmpty else { return nil }
        }
        return try gather(projection, reader, indices)
    }

    private func apply(_ filters: [ColumnFilter], _ reader: PieceReader, _ selection: inout Bitmap) throws {
        // What lies in columns first: a filter on documents then reads those of passing rows only.
        for filter in filters where !Self.isStored(filter) {
            selection = selection & filter.select(reader.full(filter.path.names[0]))
        }
        for filter in filters where Self.isStored(filter) {
            let indices = selection.setIndices()
            let column = try reader.stored(filter.path.names[0], indices)
            let passing = filter.select(column)
            selection = Bitmap(repeating: false, count: selection.count)
            for place in passing.setIndices() { selection[Int(indices[Int(place)])] = true }
        }
    }

    private static func isStored(_ filter: ColumnFilter) -> Bool { StandardColumns.stored.contains(filter.path.names.first ?? "") }

    private func gather(_ shape: ColumnShape, _ reader: PieceReader, _ indices: [Int32]) throws -> ColumnBatch {
        let isWhole = indices.count == reader.piece.rowCount
        var columns: [Column] = []
        for entry in shape.entries {
            if StandardColumns.stored.contains(entry.name) {
                columns.append(try reader.stored(entry.name, indices))
            } else {
                let full = reader.column(entry)
                columns.append(isWhole ? full : full.gathering(indices))
            }
        }
        return ColumnBatch(rowCount: indices.count, columns: columns)
    }
}

/// Columns of one piece: laid out as the table has them, changed states over them, documents from the rows.
private final class PieceReader {
    let piece: HotRowFilter.Piece
    private let needed: ColumnShape
    /// Rows of the piece whose state changed after it was laid down, by place.
    private lazy var changes = piece.file.state.overlay.changes(of: piece.rows)

    init(piece: HotRowFilter.Piece, needed: ColumnShape) {
        self.piece = piece
        self.needed = needed
    }

    /// The column with all its members that any part of the scan needs.
    func full(_ name: String) -> Column {
        guard let place = needed.index(of: name) else { preconditionFailure("\(name) is not among the scan's columns") }
        return column(needed.entries[place])
    }

    func column(_ entry: ColumnShape.Entry) -> Column {
        let own = piece.column(entry.name)
        let conformed = ColumnShape.conform(own?.0, from: own?.1, to: entry.type, rowCount: piece.rowCount)
        switch entry.name {
        case "state": return StateOverlay.states(conformed, changes)
        case "completed_at": return StateOverlay.completions(conformed, changes)
        default: return conformed
        }
    }

    /// `document`, `document_sha256` or `history` of some rows.
    func stored(_ name: String, _ indices: [Int32]) throws -> Column {
        let type: ColumnType = name == "history" ? .string : .binary
        var builder = ColumnBuilder(type: type)
        let ids = indices.map { index -> Int64 in
            if case .integer(let id) = piece.rows.value(at: Int(index)) { return id }
            preconditionFailure("a row without an id")
        }
        if name == "history" {
            for text in try piece.file.histories(ids) { builder.append(bytes: Array(text.utf8)) }
            return builder.finish()
        }
        try piece.file.readStored(ids, document: name == "document") { _, parts in
            switch name {
            case "document": builder.append(bytes: parts.document ?? [])
            default: builder.append(bytes: parts.sha256 ?? [])
            }
        }
        return builder.finish()
    }
}
