import ColumnStore
import Query

/// Columns of one piece: laid out as the table has them, changed states over them, documents from the rows.
///
/// Of one thread, for one batch.
final class PieceReader {
    let piece: HotRowFilter.Piece
    private let needed: ColumnShape
    /// Rows of the piece whose state changed after it was laid down, by place.
    ///
    /// Looked up once, when the first column that changes is asked for.
    private lazy var changes = piece.rows.map { piece.view.overlay.changes(of: $0) } ?? []

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

    /// Read row by row, and as long as whoever wrote them liked.
    static let longColumns = ["history", "document"]

    /// What is read row by row, of some rows.
    struct Stored {
        let column: Column
        /// Those that were read, in the order asked for.
        let rows: [Int32]
        /// Those that did not fit beside them, in that order.
        let rest: [Int32]

        /// - Parameter wanted: some of `rows`, both rising; nil for all.
        func column(of wanted: [Int32]?) -> Column {
            guard let wanted, wanted.count < rows.count else { return column }
            var places: [Int32] = []
            for (place, row) in rows.enumerated() where places.count < wanted.count && row == wanted[places.count] { places.append(Int32(place)) }
            return column.gathering(places)
        }
    }

    /// `document`, `document_sha256` or `history` of some rows: of the long ones as many as may be read at once, and at least one.
    ///
    /// - Parameter indices: rising.
    /// - Throws: `DamagedDocument`; `SQLiteError` for a row that is missing; `QueryError` spill-full.
    func stored(_ name: String, _ indices: [Int32], _ room: DocumentRoom) throws -> Stored {
        switch name {
        case "document": return try documents(indices, room)
        case "history": return try histories(indices, room)
        default: return Stored(column: try hashes(indices), rows: indices, rest: [])
        }
    }

    private func hashes(_ indices: [Int32]) throws -> Column {
        let ids = piece.rowIDs(indices)
        // Rows of an image lie by client, and are read as they lie in the file.
        var found = [[UInt8]?](repeating: nil, count: ids.count)
        try piece.file.readStored(ids, document: false) { place, parts in found[place] = parts.sha256 }
        var builder = ColumnBuilder(type: .binary)
        for bytes in found { if let bytes { builder.append(bytes: bytes) } else { builder.appendNull() } }
        return builder.finish()
    }

    /// The first histories as they lie in the file, as many as there is room for.
    private func histories(_ indices: [Int32], _ room: DocumentRoom) throws -> Stored {
        room.beginColumn()
        let ids = piece.rowIDs(indices)
        var texts = [String?](repeating: nil, count: ids.count)
        try piece.file.readHistories(ids) { place, text, expected in
            room.add(text.utf8.count.subtractingSaturating(expected))
            texts[place] = text
        } fits: { byteCount in
            try room.take(byteCount)
        }
        var builder = ColumnBuilder(type: .string)
        for text in texts { if let text { builder.append(bytes: Array(text.utf8)) } }
        return Self.stored(builder.finish(), indices) { texts[$0] != nil }
    }

    /// - Parameter isRead: whether the row at a place of `indices` is in the column.
    private static func stored(_ column: Column, _ indices: [Int32], isRead: (Int) -> Bool) -> Stored {
        if column.count == indices.count { return Stored(column: column, rows: indices, rest: []) }
        func those(_ wereRead: Bool) -> [Int32] { indices.indices.filter { isRead($0) == wereRead }.map { indices[$0] } }
        return Stored(column: column, rows: those(true), rest: those(false))
    }

    /// The first documents as they lie in the file, as many as there is room for.
    private func documents(_ indices: [Int32], _ room: DocumentRoom) throws -> Stored {
        room.beginColumn()
        let ids = piece.rowIDs(indices)
        var found = [[UInt8]?](repeating: nil, count: ids.count)
        var (isRead, readCount) = ([Bool](repeating: false, count: ids.count), 0)
        try piece.file.readStored(ids, document: true) { place, parts in
            found[place] = parts.document
            isRead[place] = true
            readCount += 1
        } fits: { byteCount in
            try room.take(byteCount <= HotFile.documentByteCountMax ? byteCount : 0)
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
        return Self.stored(column, indices) { isRead[$0] }
    }
}
