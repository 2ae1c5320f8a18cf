import ColumnStore
import Query

/// Applies a scan's filters to rows in columns and takes the wanted columns of those that pass: the part of a scan that memory chunks
/// and flushed groups share.
///
/// Order, since each step spares the next one work, and what needs a document comes last:
///
/// 1. Rows up to the snapshot's sequence, and of the ids that are asked for.
/// 2. Rows that were written anew are left out.
/// 3. Scope, then filters on columns, then filters on what is read row by row.
/// 4. The residual, on passing rows only.
/// 5. The projection of what is left.
struct HotRowFilter: Sendable {
    let request: ScanRequest
    /// Of the table.
    let schema: Schema
    let projection: ColumnShape
    let residual: ColumnShape?
    /// Every column that scope, filters, residual and projection read, those read from the rows left out.
    let needed: ColumnShape
    /// The same without those of scope and filters.
    let neededAfterFilters: ColumnShape
    /// Only rows of these ids: of a lookup by index. Ascending.
    let rows: [Int64]?
    /// Of a batch, before filters: fewer for who wants all columns of large documents.
    var batchRowCount = ColumnBatch.targetRowCount

    /// - Throws: `.invalidRequest` for a column that the table does not have.
    init(_ request: ScanRequest, schema: Schema, rows: [Int64]? = nil) throws {
        self.request = request
        self.schema = schema
        self.rows = rows
        projection = try ColumnShape(request.projection, schema: schema)
        residual = try request.residual.map { try ColumnShape($0.columns, schema: schema) }
        let filtered = (request.scope + request.filters).map(\.path)
        let later = (request.residual?.columns ?? []) + request.projection
        needed = try ColumnShape((filtered + later).filter { !Self.isStored($0) }, schema: schema)
        neededAfterFilters = try ColumnShape(later.filter { !Self.isStored($0) }, schema: schema)
    }

    /// Whether a column is read from the rows, one by one.
    static func isStored(_ path: ColumnPath) -> Bool { StandardColumns.stored.contains(path.names.first ?? "") }

    /// By bounds alone: true says nothing.
    func mayPass(_ bounds: HotBounds) -> Bool {
        (request.scope + request.filters).allSatisfy { bounds.mayPass($0) } && request.runtimeFilters.allSatisfy { bounds.mayPass($0.filter) }
    }

    /// What of a scan's tests the reader of a piece has applied by itself, each exactly.
    enum Applied { case nothing, filters, everything }

    /// Rows of a piece of a file.
    struct Piece {
        let view: HotFileView
        let rowCount: Int
        /// The rows' ids; nil when nothing that is left to do asks for them.
        let rows: Column?
        let applied: Applied
        /// A column by name, of the piece's own type, nil when it has none of that name.
        let column: (String) -> (Column, Field)?

        var file: HotFile { view.file }
        /// Whether a row's document may be damaged, or was: a reader of such a piece gives the ids.
        var mayHaveDamage: Bool { rows != nil && !view.marks.isEmpty }

        /// - Precondition: `rows` is there.
        func rowIDs(_ indices: [Int32]) -> [Int64] {
            indices.map { index -> Int64 in
                if case .integer(let id)? = rows?.value(at: Int(index)) { return id }
                preconditionFailure("a row without an id")
            }
        }
    }

    /// - Parameter sequence: of the snapshot; rows above it are not there.
    /// - Returns: nil when no row passes.
    /// - Throws: `DamagedDocument` where a row that passed all else would have to be tested or shown by what its damaged document gives.
    func select(_ piece: Piece, upTo sequence: Int64) throws -> ColumnBatch? {
        let reader = PieceReader(piece: piece, needed: needed)
        // Nil: all rows.
        var indices: [Int32]?
        if piece.applied == .nothing {
            let selection = try passing(reader, upTo: sequence)
            guard selection.setCount > 0 else { return nil }
            if selection.setCount < selection.count { indices = selection.setIndices() }
        } else {
            request.counters.add(rowsScanned: piece.rowCount)
        }
        if piece.applied != .everything, let filter = request.residual, let residual {
            try refuseDamaged(residual, piece, indices)
            let passing = try filter.select(gather(residual, reader, indices))
            guard passing.setCount > 0 else { return nil }
            if passing.setCount < passing.count { indices = passing.setIndices().map { place in indices.map { $0[Int(place)] } ?? place } }
        }
        try refuseDamaged(projection, piece, indices)
        return try gather(projection, reader, indices)
    }

    /// The rows that pass scope and filters.
    private func passing(_ reader: PieceReader, upTo sequence: Int64) throws -> Bitmap {
        let piece = reader.piece
        var selection = Bitmap(repeating: true, count: piece.rowCount)
        if let (sequences, _) = piece.column("sequence") {
            selection = selection & ColumnFilter("sequence", .range(lower: nil, upper: .init(.integer(sequence), isInclusive: true))).select(sequences)
        }
        if let wanted = rows, let rows = piece.rows {
            selection = selection & ColumnFilter("row", .oneOf(wanted.map { .integer($0) })).select(rows)
        }
        if piece.mayHaveDamage { leaveOutRepaired(piece, &selection) }
        try apply(request.scope, reader, &selection)
        request.counters.add(rowsScanned: selection.setCount)
        if !piece.mayHaveDamage {
            try apply(request.filters, reader, &selection)
        } else {
            // First what needs no document: what is left over must have its values.
            try apply(request.filters.filter { !HotFile.needsDocument($0.path) }, reader, &selection)
            let others = request.filters.filter { HotFile.needsDocument($0.path) }
            try piece.view.marks.refuseDamaged(others.map(\.path)) { piece.rowIDs(selection.setIndices()) }
            try apply(others, reader, &selection)
        }
        return selection
    }

    /// Rows that were written anew are in a piece of their own.
    private func leaveOutRepaired(_ piece: Piece, _ selection: inout Bitmap) {
        let repaired = piece.view.marks.repaired
        guard !repaired.ids.isEmpty else { return }
        let indices = selection.setIndices()
        for (index, row) in zip(indices, piece.rowIDs(indices)) where repaired.contains(row) { selection[Int(index)] = false }
    }

    /// - Parameter indices: of the rows wanted; nil for all.
    private func refuseDamaged(_ shape: ColumnShape, _ piece: Piece, _ indices: [Int32]?) throws {
        guard piece.mayHaveDamage else { return }
        try piece.view.marks.refuseDamaged(shape.entries.lazy.map { ColumnPath($0.name) }) {
            piece.rowIDs(indices ?? Array(0..<Int32(piece.rowCount)))
        }
    }

    /// - Complexity: columns whole, since a bitmap is as quick; documents only of rows that are left.
    private func apply(_ filters: [ColumnFilter], _ reader: PieceReader, _ selection: inout Bitmap) throws {
        // What lies in columns first: a filter on documents then reads those of passing rows only.
        for filter in filters where !Self.isStored(filter.path) {
            selection = selection & filter.select(reader.full(filter.path.names[0]))
        }
        for filter in filters where Self.isStored(filter.path) {
            let indices = selection.setIndices()
            let column = try reader.stored(filter.path.names[0], indices)
            let passing = filter.select(column)
            selection = Bitmap(repeating: false, count: selection.count)
            for place in passing.setIndices() { selection[Int(indices[Int(place)])] = true }
        }
    }

    /// In the order of `shape`.
    ///
    /// - Parameter indices: of the rows wanted; nil for all.
    private func gather(_ shape: ColumnShape, _ reader: PieceReader, _ indices: [Int32]?) throws -> ColumnBatch {
        let rowCount = indices?.count ?? reader.piece.rowCount
        var columns: [Column] = []
        for entry in shape.entries {
            if StandardColumns.stored.contains(entry.name) {
                columns.append(try reader.stored(entry.name, indices ?? Array(0..<Int32(rowCount))))
            } else {
                let full = reader.column(entry)
                columns.append(indices.map { full.gathering($0) } ?? full)
            }
        }
        return ColumnBatch(rowCount: rowCount, columns: columns)
    }
}

/// Columns of one piece: laid out as the table has them, changed states over them, documents from the rows.
///
/// Of one thread, for one batch.
private final class PieceReader {
    let piece: HotRowFilter.Piece
    private let needed: ColumnShape
    /// Rows of the piece whose state changed after it was laid down, by place.
    ///
    /// Looked up once, when the first column that changes is asked for.
    private lazy var changes = piece.rows.map { piece.file.state.overlay.changes(of: $0) } ?? []

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
    ///
    /// - Throws: `DamagedDocument`; `SQLiteError` for a row that is missing.
    func stored(_ name: String, _ indices: [Int32]) throws -> Column {
        let type: ColumnType = name == "history" ? .string : .binary
        var builder = ColumnBuilder(type: type)
        let ids = piece.rowIDs(indices)
        if name == "history" {
            for text in try piece.file.histories(ids) { builder.append(bytes: Array(text.utf8)) }
            return builder.finish()
        }
        // Rows of an image lie by client, and are read as they lie in the file.
        var found = [[UInt8]?](repeating: nil, count: ids.count)
        try piece.file.readStored(ids, document: name == "document") { place, parts in found[place] = name == "document" ? parts.document : parts.sha256 }
        // Each is let go of once it is copied: documents of a batch may be most of what a scan holds.
        for place in found.indices {
            if let bytes = found[place] { builder.append(bytes: bytes) } else { builder.appendNull() }
            found[place] = nil
        }
        return builder.finish()
    }
}
