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
        (request.scope + request.filters).allSatisfy { bounds.mayPass($0) } && request.runtimeFilters.allSatisfy { $0.filter.map(bounds.mayPass) ?? true }
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

    /// Rows of a piece that passed every test, and are still to be shown.
    struct PassingRows {
        let reader: PieceReader
        /// By place in the piece; nil for all of it.
        let indices: [Int32]?
    }

    /// - Parameter sequence: of the snapshot; rows above it are not there.
    /// - Returns: nil when no row passes.
    /// - Throws: `DamagedDocument` where a row that passed all else would have to be tested or shown by what its damaged document gives.
    ///   `QueryError` spill-full for a document that the query has no memory for.
    func select(_ piece: Piece, upTo sequence: Int64, _ room: DocumentRoom) throws -> PassingRows? {
        let reader = PieceReader(piece: piece, needed: needed)
        // Nil: all rows.
        var indices: [Int32]?
        if piece.applied == .nothing {
            let selection = try passing(reader, upTo: sequence, room)
            guard selection.setCount > 0 else { return nil }
            if selection.setCount < selection.count { indices = selection.setIndices() }
        } else {
            request.counters.add(rowsScanned: piece.rowCount)
        }
        if piece.applied != .everything, let filter = request.residual, let residual {
            try refuseDamaged(residual, piece, indices)
            indices = try passing(filter, residual, reader, indices, room)
            if let indices, indices.isEmpty { return nil }
        }
        try refuseDamaged(projection, piece, indices)
        return PassingRows(reader: reader, indices: indices)
    }

    /// The projection of as many rows as may be read at once: all, but for those with long documents.
    ///
    /// - Returns: at least one row; nil for the rest where none is left.
    func take(_ rows: PassingRows, _ room: DocumentRoom) throws -> (batch: ColumnBatch, rest: PassingRows?) {
        let part = try gather(projection, rows.reader, rows.indices, room)
        return (part.batch, part.rest.isEmpty ? nil : PassingRows(reader: rows.reader, indices: part.rest))
    }

    /// The rows of some that pass the residual, some of them at a time where it reads long documents.
    ///
    /// - Parameter indices: nil for all rows of the piece, as in the result.
    private func passing(
        _ filter: ResidualFilter, _ shape: ColumnShape, _ reader: PieceReader, _ indices: [Int32]?, _ room: DocumentRoom
    ) throws -> [Int32]? {
        var part = try gather(shape, reader, indices, room)
        var passing = try filter.select(part.batch)
        if part.rest.isEmpty, passing.count > 0, passing.setCount == passing.count { return indices }
        var passed: [Int32] = []
        while true {
            let rows = part.rows
            passed += passing.setIndices().map { place in rows.map { $0[Int(place)] } ?? place }
            if part.rest.isEmpty { break }
            part = try gather(shape, reader, part.rest, room)
            passing = try filter.select(part.batch)
        }
        // Parts are cut by the order of the file, which is not that of the piece.
        passed.sort()
        return passed
    }

    /// The rows that pass scope and filters.
    private func passing(_ reader: PieceReader, upTo sequence: Int64, _ room: DocumentRoom) throws -> Bitmap {
        let piece = reader.piece
        var selection = Bitmap(repeating: true, count: piece.rowCount)
        if let (sequences, _) = piece.column("sequence") {
            selection = selection & ColumnFilter("sequence", .range(lower: nil, upper: .init(.integer(sequence), isInclusive: true))).select(sequences)
        }
        if let wanted = rows, let rows = piece.rows {
            selection = selection & ColumnFilter("row", .oneOf(wanted.map { .integer($0) })).select(rows)
        }
        if piece.mayHaveDamage { leaveOutRepaired(piece, &selection) }
        try apply(request.scope, reader, &selection, room)
        request.counters.add(rowsScanned: selection.setCount)
        if !piece.mayHaveDamage {
            try apply(request.filters, reader, &selection, room)
        } else {
            // First what needs no document: what is left over must have its values.
            try apply(request.filters.filter { !HotFile.needsDocument($0.path) }, reader, &selection, room)
            let others = request.filters.filter { HotFile.needsDocument($0.path) }
            try piece.view.marks.refuseDamaged(others.map(\.path)) { piece.rowIDs(selection.setIndices()) }
            try apply(others, reader, &selection, room)
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
    private func apply(_ filters: [ColumnFilter], _ reader: PieceReader, _ selection: inout Bitmap, _ room: DocumentRoom) throws {
        // What lies in columns first: a filter on documents then reads those of passing rows only.
        for filter in filters where !Self.isStored(filter.path) {
            selection = selection & filter.select(reader.full(filter.path.names[0]))
        }
        for filter in filters where Self.isStored(filter.path) {
            var left = selection.setIndices()
            selection = Bitmap(repeating: false, count: selection.count)
            while !left.isEmpty {
                room.releaseAll()
                let part = try reader.stored(filter.path.names[0], left, room)
                for place in filter.select(part.column).setIndices() { selection[Int(part.rows[Int(place)])] = true }
                left = part.rest
            }
        }
    }

    /// Rows with the columns of a shape, in its order.
    private struct Part {
        let batch: ColumnBatch
        /// By place in the piece; nil for all of it.
        let rows: [Int32]?
        /// Those that did not fit beside them.
        let rest: [Int32]
    }

    /// As many of the rows as may be read at once, and at least one of them.
    ///
    /// - Parameter indices: of the rows wanted; nil for all.
    private func gather(_ shape: ColumnShape, _ reader: PieceReader, _ indices: [Int32]?, _ room: DocumentRoom) throws -> Part {
        room.releaseAll()
        // Long columns say which rows these are.
        var (rows, rest): ([Int32]?, [Int32]) = (indices, [])
        var long: [String: PieceReader.Stored] = [:]
        for name in PieceReader.longColumns where shape.index(of: name) != nil {
            let part = try reader.stored(name, rows ?? Array(0..<Int32(reader.piece.rowCount)), room)
            long[name] = part
            if part.rest.isEmpty { continue }
            rows = part.rows
            rest += part.rest
        }
        rest.sort()
        let rowCount = rows?.count ?? reader.piece.rowCount
        var columns: [Column] = []
        for entry in shape.entries {
            if let part = long[entry.name] {
                columns.append(part.column(of: rows))
            } else if StandardColumns.stored.contains(entry.name) {
                columns.append(try reader.stored(entry.name, rows ?? Array(0..<Int32(rowCount)), room).column)
            } else {
                let full = reader.column(entry)
                columns.append(rows.map { full.gathering($0) } ?? full)
            }
        }
        return Part(batch: ColumnBatch(rowCount: rowCount, columns: columns), rows: rows, rest: rest)
    }
}
