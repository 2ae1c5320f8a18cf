import ColumnStore

/// Columns of one piece: laid out as the table has them, changed states over them, documents from the rows.
///
/// Of one thread, for one batch.
final class PieceReader {
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

    static let document = "document"

    /// What is read row by row, of some rows.
    struct Stored {
        let column: Column
        /// Those that were read, in the order asked for.
        let rows: [Int32]
        /// Those that did not fit beside them, in that order.
        let rest: [Int32]
    }

    /// `document`, `document_sha256` or `history` of some rows: of documents as many as may be read at once, and at least one.
    ///
    /// - Throws: `DamagedDocument`; `SQLiteError` for a row that is missing; `QueryError` spill-full.
    func stored(_ name: String, _ indices: [Int32], _ room: DocumentRoom) throws -> Stored {
        if name == Self.document { return try documents(indices, room) }
        return Stored(column: try short(name, indices), rows: indices, rest: [])
    }

    /// `document_sha256` or `history`.
    func short(_ name: String, _ indices: [Int32]) throws -> Column {
        let ids = piece.rowIDs(indices)
        if name == "history" {
            var builder = ColumnBuilder(type: .string)
            for text in try piece.file.histories(ids) { builder.append(bytes: Array(text.utf8)) }
            return builder.finish()
        }
        // Rows of an image lie by client, and are read as they lie in the file.
        var found = [[UInt8]?](repeating: nil, count: ids.count)
        try piece.file.readStored(ids, document: false) { place, parts in found[place] = parts.sha256 }
        var builder = ColumnBuilder(type: .binary)
        for bytes in found { if let bytes { builder.append(bytes: bytes) } else { builder.appendNull() } }
        return builder.finish()
    }

    /// The first documents as they lie in the file, as many as there is room for.
    ///
    /// What there was room for before is let go of.
    func documents(_ indices: [Int32], _ room: DocumentRoom) throws -> Stored {
        room.releaseAll()
        let ids = piece.rowIDs(indices)
        var found = [[UInt8]?](repeating: nil, count: ids.count)
        var (isRead, readCount) = ([Bool](repeating: false, count: ids.count), 0)
        try piece.file.readStored(ids, document: true) { place, parts in
            found[place] = parts.document
            isRead[place] = true
            readCount += 1
        } fits: { byteCount in
            try room.take(byteCount)
        }
        // One array of their own length, and each is let go of once it is copied: what is held is what was charged.
        var (documents, validity): (ByteArrays, Bitmap?) = (ByteArrays(), nil)
        documents.bytes.reserveCapacity(found.reduce(0) { $0 + ($1?.count ?? 0) })
        for place in found.indices where isRead[place] {
            if found[place] == nil, validity == nil { validity = Bitmap(repeating: true, count: documents.count) }
            validity?.append(found[place] != nil)
            (found[place] ?? []).withUnsafeBytes { documents.append($0) }
            found[place] = nil
        }
        let column = Column(type: .binary, count: readCount, validity: validity, values: .bytes(documents))
        if readCount == ids.count { return Stored(column: column, rows: indices, rest: []) }
        func those(_ wereRead: Bool) -> [Int32] { indices.indices.filter { isRead[$0] == wereRead }.map { indices[$0] } }
        return Stored(column: column, rows: those(true), rest: those(false))
    }
}
