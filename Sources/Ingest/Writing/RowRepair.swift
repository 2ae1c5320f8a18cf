import ColumnStore

/// A damaged row of a hot file whose document was sent again.
///
/// Made by intake when a repeat meets a row whose document fails its hash.
struct RowRepair: Sendable {
    let row: Int64
    /// The document as it was posted: it has the hash of the stored one.
    let document: [UInt8]
    /// Its type's columns.
    let encoded: [UInt8]
}

extension HotFile {
    /// Writes the rows again, which are whole from then on. Durable when it returns.
    ///
    /// Not into their old places: what lies on the same page may be damaged too, and a page that is written has a new sum, which would say
    /// that all of it is right.
    func repair(_ repairs: [RowRepair], by writer: HotWriter) throws {
        guard !repairs.isEmpty else { return }
        try writer.perform(on: self) { writer in
            try writer.perform { connection in
                let insert = try connection.statement(
                    "INSERT OR REPLACE INTO repaired(id, coding, document_bytes, document, encoded) VALUES(?1, ?2, ?3, ?4, ?5)")
                let delete = try connection.statement("DELETE FROM damaged WHERE id = ?1")
                for repair in repairs {
                    insert.bind(1, repair.row)
                    // Without a dictionary: such rows are few, and need nothing but themselves.
                    insert.bind(2, DocumentCoding.plain.rawValue)
                    insert.bind(3, Int64(repair.document.count))
                    try insert.bind(4, repair.document)
                    try insert.bind(5, repair.encoded)
                    try insert.run()
                    delete.bind(1, repair.row)
                    try delete.run()
                }
            }
        }
        try reloadRepairs(mended: Set(repairs.map(\.row)))
        for repair in repairs {
            StoreLog.note("wrote a damaged receipt anew", path: path, reason: "row \(repair.row): its document was sent again")
        }
    }
}
