import ColumnStore

/// An upload whose file is here whole and was not read to its end: what the catalog knows of that file.
struct UnreadUpload: Sendable {
    let id: String
    /// Of the file, as it came.
    let byteCount: Int64
    /// Of the file, in hexadecimal digits; nil where none was announced.
    let sha256: String?

    private static let state = "PROCESSING"

    /// In the order of their ids.
    ///
    /// - Parameter connection: to a catalog that has uploads.
    static func all(_ connection: SQLiteConnection) throws -> [UnreadUpload] {
        let select = try connection.statement("SELECT id, received_bytes, sha256 FROM uploads WHERE state = '\(state)' ORDER BY id")
        defer { select.reset() }
        var all: [UnreadUpload] = []
        while try select.step() { all.append(UnreadUpload(id: select.text(0), byteCount: select.int64(1), sha256: select.optionalText(2))) }
        return all
    }

    /// - Returns: nil for one that is not to be read, or is not there.
    /// - Parameter connection: to a catalog that has uploads.
    static func find(_ id: String, _ connection: SQLiteConnection) throws -> UnreadUpload? {
        let select = try connection.statement("SELECT received_bytes, sha256 FROM uploads WHERE id = ?1 AND state = '\(state)'")
        defer { select.reset() }
        try select.bind(1, id)
        guard try select.step() else { return nil }
        return UnreadUpload(id: id, byteCount: select.int64(0), sha256: select.optionalText(1))
    }

    /// Whether it is still to be read: it may have come to its end since it was looked up, and its file may be gone then.
    func isUnread(in catalog: Catalog) throws -> Bool {
        try catalog.read { connection in
            let select = try connection.statement("SELECT 1 FROM uploads WHERE id = ?1 AND state = '\(Self.state)'")
            defer { select.reset() }
            try select.bind(1, id)
            return try select.step()
        }
    }

    /// What is wrong with the file, which is read where its hash is known.
    ///
    /// - Parameter files: of the store's directory.
    /// - Returns: nil for nothing.
    func fault(in files: any ObjectStorage) throws(ColumnStoreError) -> String? {
        guard let found = try files.byteCount(of: "uploads/\(id)") else { return "is missing, and was not read to its end" }
        if let changed = self.fault(ofByteCount: found) { return changed }
        guard sha256 != nil else { return nil }
        let digest: (byteCount: Int64, sha256: [UInt8]) = try files.digest(of: "uploads/\(id)")
        return fault(ofHash: digest.sha256)
    }

    func fault(ofByteCount found: Int64) -> String? {
        found == byteCount ? nil : "has \(found) bytes, and \(byteCount) had come: it was changed since, and was not read to its end"
    }

    func fault(ofHash found: [UInt8]) -> String? {
        guard let sha256, sha256 != Hexadecimal.text(found) else { return nil }
        return "does not have the SHA-256 that was announced: it was changed since, and was not read to its end"
    }
}
