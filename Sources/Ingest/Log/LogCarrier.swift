import ColumnStore
import Glibc

/// Brings files that records name, and that no record holds, to the log's place: objects of cold tables and files of uploads. Before the segment with the
/// record, so that whoever reads that finds them.
struct LogCarrier {
    /// Its files stand under names that their content decides (a size and a hash), or that a table gives once (data files and manifests, by chance), so that one that is there already is
    /// the same file. Versions of a table are counted: an earlier history of the store, or a commit that never was, may have left another of the same number, so these are compared.
    let place: LogPlace
    let directory: DataDirectory

    /// A file is not what the commit that names it says, or its disk does not give it, or its name is taken by another: it cannot be brought, however often that is tried.
    struct Damaged: Error, CustomStringConvertible {
        /// As messages name it.
        let path: String
        let reason: String
        /// Of an upload's file, as it was then (`LogCarrier.stamp`).
        var stamp: String?
        var description: String { "\(path) \(reason)" }
    }

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
            case .update(let table, .columns(let key), let changed) where table.name == "uploads" && !changed.allSatisfy { $0.column == placeColumn }:
                if let id = upload(key) { named.append(id) }
            default: continue
            }
        }
        return named.filter { if case .cold(let table, _, _, _) = $0 { !sums.contains(table) } else { true } }
    }

    /// `types_place` of `uploads`, which a migration alone writes by itself: in the rows of all uploads at once, those among them whose files still come.
    static let placeColumn = 30

    private static func upload(_ key: [ChangeReader.Value]) -> NamedFile? {
        guard case .text(let id)? = key.first else { return nil }
        return .upload(String(decoding: id, as: UTF8.self))
    }

    /// Copies one file, unless one of its name and size is there. The hash is proved as it is copied.
    ///
    /// - Parameter known: what was wrong with a file as of a stamp; nil where nobody knows. Commits name the file of an upload again and again, and it is not read for each.
    /// - Throws: what either storage throws; `SQLiteError` for a catalog that cannot be asked of an upload; `Damaged`.
    /// - Returns: false for what is not there any more: a later record of the log says so, or the file is not whole yet.
    func bring(_ named: NamedFile, known: (_ path: String, _ stamp: String) -> String? = { _, _ in nil }) throws -> Bool {
        switch named {
        case .cold(let table, let key, let byteCount, let sha256):
            if let isSame = try isVersion(key, of: table, byteCount: byteCount, sha256: sha256) { return isSame }
            return try Self.bring(key, of: table, byteCount: byteCount, sha256: sha256, from: try directory.cold(table), to: place)
        // Rows of uploads have no hash: the file is read for it, so that its name can say it.
        case .upload(let id):
            let (source, key) = (try directory.files(), "uploads/\(id)")
            guard ObjectKey.isValid(key), let byteCount = try source.byteCount(of: key) else { return false }
            let path = source.place(of: key)
            let stamp = Self.stamp(path)
            let upload = try unread(id)
            if let fault = upload?.fault(ofByteCount: byteCount) { throw Damaged(path: path, reason: fault, stamp: stamp) }
            if upload != nil, let stamp, let reason = known(path, stamp) { throw Damaged(path: path, reason: reason, stamp: stamp) }
            let digest: (byteCount: Int64, sha256: [UInt8])
            do throws(ColumnStoreError) { digest = try source.digest(of: key) } catch {
                guard error.systemError == EIO else { throw error }
                throw Damaged(path: path, reason: "cannot be read: \(error.detail)", stamp: stamp)
            }
            if let fault = upload?.fault(ofByteCount: digest.byteCount) ?? upload?.fault(ofHash: digest.sha256) { throw Damaged(path: path, reason: fault, stamp: stamp) }
            let name = "uploads/\(id).\(digest.byteCount).\(Hexadecimal.text(digest.sha256))"
            if try place.objects.byteCount(of: name) == digest.byteCount { return true }
            try FileCopy.copy(key, from: source, to: place.objects, as: name, byteCount: digest.byteCount, sha256: digest.sha256)
            return true
        }
    }

    /// What was known of an upload's file when it had come; nil for one that is not to be read: one that comes just now was looked at by who has taken it.
    ///
    /// By what is committed: a commit that names it may be under way. As the store ends the catalog may be closed by now: without a log it is read as it lies, and nothing is made beside it.
    private func unread(_ id: String) throws -> UnreadUpload? {
        guard access(directory.catalogPath, F_OK) == 0 else { return nil }
        return try UnreadUpload.find(id, try SQLiteConnection(atRest: directory.catalogPath))
    }

    /// Which file lies there, and when it was changed last: by the file system's own time, which nobody sets.
    private static func stamp(_ path: String) -> String? {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        return "\(status.st_dev)/\(status.st_ino) \(status.st_size) \(status.st_ctim.tv_sec).\(status.st_ctim.tv_nsec)"
    }

    /// Of a table's version, whether it is there; nil where it is to be brought, or is no version.
    ///
    /// Another one is not replaced here, which a writer that has lost the log would do as well: a checkpoint does that, since the log is its writer's by then.
    ///
    /// - Throws: `Damaged` where another has its name; what the place throws.
    private func isVersion(_ key: String, of table: String, byteCount: Int64, sha256: [UInt8]) throws -> Bool? {
        let name = LogPlace.coldKey(table, key)
        guard Table.version(ofKey: key) != nil, try place.objects.byteCount(of: name) != nil else { return nil }
        let found: (byteCount: Int64, sha256: [UInt8]) = try place.objects.digest(of: name)
        if found.byteCount == byteCount, found.sha256 == sha256 { return true }
        guard !TableName.isOfSums(table) else { return false }
        throw Damaged(path: "\(place.url)/\(name)", reason: "is another version of that number, of an earlier history of the store or of a commit that never was")
    }

    /// Copies an object of a cold table, unless one of its name and size is there.
    ///
    /// - Parameter source: the table's own storage.
    /// - Throws: as `bring`.
    /// - Returns: false where it is not there any more, or is one of sums, which are made again from rows: a rollup that was changed has other files of the same names.
    static func bring(_ key: String, of table: String, byteCount: Int64, sha256: [UInt8], from source: any ObjectStorage, to place: LogPlace, beforeEachPiece: () throws -> Void = {}) throws -> Bool {
        let name = LogPlace.coldKey(table, key)
        if try place.objects.byteCount(of: name) == byteCount { return true }
        guard let found = try source.byteCount(of: key) else { return false }
        guard found == byteCount else { return try isMissed(key, of: table, in: source, "has \(found) bytes, and should have \(byteCount)") }
        do { try FileCopy.copy(key, from: source, to: place.objects, as: name, byteCount: byteCount, sha256: sha256, beforeEachPiece: beforeEachPiece) } catch let error as ColumnStoreError where error.code == .conflict {
            // Another thread, or another machine, was as quick.
            guard try place.objects.byteCount(of: name) == byteCount else { throw error }
        } catch let error as ColumnStoreError where error.code == .corruptFile || error.code == .io {
            // Of which of the two storages it tells the source alone can say.
            guard let reason = try fault(of: key, byteCount: byteCount, sha256: sha256, in: source) else { throw error }
            return try isMissed(key, of: table, in: source, reason)
        }
        return true
    }

    /// What is wrong with a file for good; nil for nothing.
    private static func fault(of key: String, byteCount: Int64, sha256: [UInt8], in source: any ObjectStorage) throws -> String? {
        do throws(ColumnStoreError) {
            let found = try source.digest(of: key)
            return found.byteCount == byteCount && found.sha256 == sha256 ? nil : "does not have the hash that it should have"
        } catch {
            guard error.code == .corruptFile || error.systemError == EIO else { throw error }
            return "cannot be read: \(error.detail)"
        }
    }

    /// - Returns: false where nobody misses it.
    private static func isMissed(_ key: String, of table: String, in source: any ObjectStorage, _ reason: String) throws -> Bool {
        guard TableName.isOfSums(table) else { throw Damaged(path: source.place(of: key), reason: reason) }
        return false
    }
}
