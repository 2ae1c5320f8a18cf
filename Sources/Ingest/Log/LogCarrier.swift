import ColumnStore
import Glibc

/// Brings files that records name, and that no record holds, to the log's place: objects of cold tables and files of uploads. Before the segment with the
/// record, so that whoever reads that finds them.
struct LogCarrier {
    /// Its files stand under names that their content decides (a size and a hash, or a key that a table gives once), so that one that is there already is
    /// the same file.
    let place: LogPlace
    let directory: DataDirectory

    /// Which files a record's changes name: rows of the catalog's `cold_objects`, and uploads.
    ///
    /// - Parameter changes: of a record of the catalog, as `LogPayload` has them.
    /// - Returns: none for changes that are damaged: who folds them finds that.
    static func named(_ changes: ArraySlice<UInt8>) -> [NamedFile] {
        var reader = ChangeReader(changes)
        var named: [NamedFile] = []
        var sums: Set<String> = []
        while let change = try? reader.next() {
            switch change {
            // key, table_name, kind, byte_count, sha256, …
            case .insert(let table, _, let values) where table.name == "cold_objects" && values.count >= 5:
                // The row's key is `<table>/<key>`: 'sales/data/00001.parquet' of the table `sales`.
                guard case .text(let path) = values[0], case .text(let name) = values[1], case .integer(let byteCount) = values[3], case .blob(let sha256) = values[4],
                    path.count > name.count + 1
                else { continue }
                named.append(
                    .cold(
                        table: String(decoding: name, as: UTF8.self), key: String(decoding: path.dropFirst(name.count + 1), as: UTF8.self), byteCount: byteCount,
                        sha256: Array(sha256)))
            // Sums are made again from rows, and a table of them that is changed has other files of the same names.
            case .insert(let table, _, let values) where table.name == "rollup_tables":
                if case .text(let name)? = values.first { sums.insert(String(decoding: name, as: UTF8.self)) }
            // Its file is whole with its first change; a row that is new has none, or one that still comes.
            case .update(let table, .columns(let key), _) where table.name == "uploads": if let id = upload(key) { named.append(id) }
            default: continue
            }
        }
        return named.filter { if case .cold(let table, _, _, _) = $0 { !sums.contains(table) } else { true } }
    }

    private static func upload(_ key: [ChangeReader.Value]) -> NamedFile? {
        guard case .text(let id)? = key.first else { return nil }
        return .upload(String(decoding: id, as: UTF8.self))
    }

    /// Copies one file, unless one of its name and size is there. The hash is proved as it is copied.
    ///
    /// - Throws: what either storage throws; `.corruptFile` for a file that is not what its row says.
    /// - Returns: false for what is not there any more: a later record of the log says so, or the file is not whole yet.
    func bring(_ named: NamedFile) throws -> Bool {
        switch named {
        case .cold(let table, let key, let byteCount, let sha256): return try Self.bring(key, of: table, byteCount: byteCount, sha256: sha256, from: try directory.cold(table), to: place)
        // Rows of uploads have no hash: the file is read for it, so that its name can say it.
        case .upload(let id):
            let source = try directory.files()
            guard ObjectKey.isValid("uploads/\(id)"), try source.byteCount(of: "uploads/\(id)") != nil else { return false }
            let digest = try source.digest(of: "uploads/\(id)")
            let name = "uploads/\(id).\(digest.byteCount).\(Hexadecimal.text(digest.sha256))"
            if try place.objects.byteCount(of: name) == digest.byteCount { return true }
            try FileCopy.copy("uploads/\(id)", from: source, to: place.objects, as: name, byteCount: digest.byteCount, sha256: digest.sha256)
            return true
        }
    }

    /// Copies an object of a cold table, unless one of its name and size is there.
    ///
    /// - Parameter source: the table's own storage.
    /// - Returns: false where it is not there any more.
    static func bring(_ key: String, of table: String, byteCount: Int64, sha256: [UInt8], from source: any ObjectStorage, to place: LogPlace, beforeEachPiece: () throws -> Void = {}) throws -> Bool {
        let name = LogPlace.coldKey(table, key)
        if try place.objects.byteCount(of: name) == byteCount { return true }
        guard try source.byteCount(of: key) == byteCount else { return false }
        do { try FileCopy.copy(key, from: source, to: place.objects, as: name, byteCount: byteCount, sha256: sha256, beforeEachPiece: beforeEachPiece) } catch let error as ColumnStoreError where error.code == .conflict {
            // Another thread, or another machine, was as quick.
            guard try place.objects.byteCount(of: name) == byteCount else { throw error }
        }
        return true
    }
}
