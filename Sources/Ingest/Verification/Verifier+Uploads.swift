import ColumnStore

/// Files of uploads.
extension Verifier {
    /// That each which is still to be read is there, as long as it was when it came, and with the hash that was announced.
    ///
    /// Files that come just now grow, and are not looked at; those of uploads that have ended nobody reads. Beside a server one may end while it is looked at: its file is no fault then.
    func checkUploads(_ catalog: Catalog) throws {
        if !isOnline {
            for id in try catalog.uploadIDs() {
                for suffix in ["", ".piece", ".piece.new", ".ids", ".ids-wal", ".ids-shm"] { isPart("uploads/\(id)\(suffix)") }
            }
        }
        let files = try directory.files()
        for upload in try catalog.read({ try UnreadUpload.all($0) }) {
            let path = "\(directory.uploadsPath)/\(upload.id)"
            guarded(path) {
                look(path)
                report.fileCount += 1
                let found: String?
                do throws(ColumnStoreError) { found = try upload.fault(in: files) } catch { found = error.description }
                guard let fault = found, try !isOnline || upload.isUnread(in: catalog) else { return }
                note(path, fault)
            }
        }
    }
}
