import ColumnStore
import Documents
import Synchronization

/// Rows that were written anew, since their documents or columns had been damaged: what the file holds of them beside `rows` and `groups`,
/// whose pages are left as they are. Immutable.
final class RepairedRows: Sendable {
    /// Ascending.
    let ids: [Int64]
    /// Their columns, by table: several where they are many, or long.
    let chunks: [String: [HotChunk]]

    /// - Parameter ids: ascending.
    init(ids: [Int64] = [], chunks: [String: [HotChunk]] = [:]) {
        self.ids = ids
        self.chunks = chunks
    }

    /// - Complexity: O(log of the repaired rows).
    func contains(_ row: Int64) -> Bool {
        let place = ids.partitioningIndex { $0 >= row }
        return place < ids.count && ids[place] == row
    }
}

/// What a reader must know of a file's rows beside what stands in them, as of one moment: a scan takes it when it begins, so that a row
/// which is written anew meanwhile is there once.
struct RowMarks: Sendable {
    /// By row.
    var damaged: [Int64: DamagedDocument] = [:]
    /// What pieces have of these rows does not count.
    var repaired = RepairedRows()

    var isEmpty: Bool { damaged.isEmpty && repaired.ids.isEmpty }

    /// Whether a row of that range has a mark, so that a piece of a file must be read with care.
    ///
    /// - Complexity: O(log repaired + damaged).
    func touches(_ rows: ClosedRange<Int64>) -> Bool {
        let place = repaired.ids.partitioningIndex { $0 >= rows.lowerBound }
        if place < repaired.ids.count, repaired.ids[place] <= rows.upperBound { return true }
        return damaged.keys.contains { rows.contains($0) }
    }

    /// Refuses to go on when one of the rows has a damaged document and something is asked of it that only the document tells.
    ///
    /// - Parameters:
    ///   - rows: those that passed everything that can be tested without the document.
    ///   - paths: what is read of them.
    /// - Throws: `DamagedDocument`, the first of them.
    func refuseDamaged(_ paths: some Sequence<ColumnPath>, of rows: () -> [Int64]) throws {
        guard !damaged.isEmpty, paths.contains(where: { HotFile.needsDocument($0) }) else { return }
        for row in rows() { if let damaged = damaged[row] { throw damaged } }
    }
}

/// A hot file as one scan reads it.
///
/// The marks are copied once: a row that is mended while a scan runs would else be left out by one piece and not brought by the other, or twice.
struct HotFileView: Sendable {
    let file: HotFile
    let marks: RowMarks
    /// What is laid over states, taken before the rows are: a flush takes a change away once an image has it, and the chunks that were taken before do not.
    let overlay: StateOverlay
    /// Of what is laid over states for this scan alone.
    var charge: QueryCharge?

    /// The same with states as they were at a moment, of rows that have changed since.
    ///
    /// - Parameters:
    ///   - earlier: by row. Found once the pieces were taken that are read: an image among them has what was there as it was made.
    ///   - charge: of the scan, for what is laid over states.
    /// - Throws: spill-full where the query has no memory for it.
    func asOf(_ earlier: [Int64: EarlierStates.Row], _ charge: QueryCharge) throws -> HotFileView {
        if earlier.isEmpty { return self }
        try charge.add(StateOverlay.byteCount(ofBlocksWith: earlier.keys))
        var overlay = overlay
        for row in earlier.values { overlay.set(row.row, HotFile.StateChange(state: row.state, completedAt: row.completedAt), sequence: row.sequence) }
        return HotFileView(file: file, marks: marks, overlay: overlay, charge: charge)
    }
}

extension HotFile {
    /// Their state is what it is now: what is laid over columns goes away once a group has it, and these rows are in none.
    ///
    /// - Parameter rows: those that are damaged no more.
    func reloadRepairs(mended rows: Set<Int64> = []) throws {
        try markRepairs(mended: rows) { try pool.withConnection { try HotFileLoader(connection: $0, file: self).repairs() } }
    }

    /// One at a time: who has read fewer of these rows would else mark them behind one who has read more, and a row would be neither repaired nor damaged.
    ///
    /// - Parameter read: gives all that the file has of them.
    func markRepairs(mended rows: Set<Int64> = [], _ read: () throws -> RepairedRows) throws {
        try repairing.withLock { _ in
            let repaired = try read()
            changeMarks { marks in
                marks.repaired = repaired
                for row in rows { marks.damaged[row] = nil }
            }
        }
    }

    /// The document of a row that was written anew.
    ///
    /// - Returns: nil for a row that was not written anew, or whose new place is damaged as well.
    func repairedDocument(_ row: Int64, sha256: [UInt8]) throws -> [UInt8]? {
        guard marks.repaired.contains(row) else { return nil }
        return try pool.withConnection { connection in
            let statement = try connection.statement("SELECT coding, document_bytes, document FROM repaired WHERE id = ?1")
            defer { statement.reset() }
            statement.bind(1, row)
            guard try statement.step() else { return nil }
            let document = try statement.withBytes(2) {
                try dictionaries.inflate($0, coding: DocumentCoding(rawValue: statement.int64(0)), byteCount: Int(clamping: statement.int64(1)))
            }
            return SHA256.hash(document) == sha256 ? document : nil
        }
    }

    /// Where a receipt's row is, and whether its document is as it was posted.
    struct Soundness {
        let row: Int64
        let kind: RowFormat
        let receivedAt: Int64
        /// Why it must be written anew; nil when it need not.
        let fault: DamagedDocument?
    }

    /// Reads, inflates and hashes the document.
    ///
    /// - Returns: nil when the receipt is not in this file.
    func soundness(of receipt: StoredReceipt, under identity: ReceiptIdentity) throws -> Soundness? {
        guard state.days.contains(identity.businessDay), let ticket = ULID(receipt.summary.ticketID) else { return nil }
        return try pool.withConnection { connection in
            // One index each.
            for state in ["r.state <> 2 AND r.table_id > 0", "r.state = 2"] {
                let statement = try connection.statement("""
                    SELECT r.id, r.sha256, r.coding, r.document_bytes, r.document, r.ticket, r.received_at, k.type, k.version, k.content_type, k.columns
                    FROM rows r JOIN kinds k ON k.id = r.kind JOIN tables t ON t.id = r.table_id
                    WHERE r.receipt = ?1 AND r.client = ?2 AND r.business_day = ?3 AND t.name = ?4 AND r.ticket = ?5 AND \(state)
                    """)
                defer { statement.reset() }
                try statement.bind(1, identity.receipt)
                try statement.bind(2, identity.client)
                statement.bind(3, Int64(identity.businessDay))
                try statement.bind(4, receipt.table)
                try statement.bind(5, ticket.bytes)
                guard try statement.step() else { continue }
                let row = statement.int64(0)
                var fault = marks.damaged[row]
                do { if fault == nil { _ = try document(statement, .readStored) } } catch let damaged as DamagedDocument { fault = damaged }
                let fields = SchemaEncoding.fields(statement.text(10)) ?? []
                return Soundness(
                    row: row,
                    kind: RowFormat(
                        table: receipt.table, type: statement.text(7), version: Int32(clamping: statement.int64(8)),
                        contentType: statement.text(9), layout: RowLayout(fields: fields)),
                    receivedAt: statement.int64(6), fault: fault)
            }
            return nil
        }
    }
}
