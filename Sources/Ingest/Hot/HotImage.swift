import ColumnStore
package import Documents

/// A flushed group's Parquet image, read by ranges out of its hot file's parts.
///
/// Part `p` of group `g` has the id `g << 20 | p` and the bytes from `p` MiB on; all parts but the last are full. Read through the file's pool,
/// from any thread.
final class HotImage: RandomAccessBytes {
    /// A part's number within its group has so many bits of `group_parts.id`.
    static let partBits: Int64 = 20
    /// A part is a transaction of the writer's thread: 1 MiB is a few milliseconds.
    static let partByteCount = 1 << 20

    let name: String
    let byteCount: Int64
    private let id: Int64
    private let table: String
    // Not the file itself: an image may be kept open longer than the file is there.
    private let path: String
    private let pool: SQLitePool

    init(group: HotGroup, path: String, pool: SQLitePool) {
        name = Self.name(group, path: path)
        byteCount = group.byteCount
        id = group.id
        table = HotGroupStage.partsTable(isReplacement: group.isReplacement)
        self.path = path
        self.pool = pool
    }

    /// What the cache of open images goes by; no two groups of a store share one.
    static func name(_ group: HotGroup, path: String) -> String { "\(path)#\(group.id)" }

    /// SQLite reads pages of its own.
    func expect(_ range: Range<Int64>) {}

    /// `sqlite3_blob_read` by ranges: a SELECT would copy the whole part for a page of some kilobytes.
    ///
    /// - Throws: `.corruptFile` for a range beyond the image, a part that is missing or too short, or what SQLite calls corrupt; `.io` for what
    ///   else SQLite says.
    func read(at offset: Int64, into target: UnsafeMutableRawBufferPointer) throws(ColumnStoreError) {
        guard offset >= 0, Int64(target.count) <= byteCount - offset else {
            throw ColumnStoreError(.corruptFile, path: name, offset: offset, "\(target.count) bytes reach past the end at \(byteCount)")
        }
        do {
            try pool.withConnection { connection in
                var done = 0
                while done < target.count {
                    let (part, within) = (Int(offset) + done).quotientAndRemainder(dividingBy: Self.partByteCount)
                    let rest = UnsafeMutableRawBufferPointer(rebasing: target[done...])
                    guard let copied = try connection.readBlob(
                        table, "bytes", row: id << Self.partBits | Int64(part), at: within, into: rest)
                    else {
                        throw SQLiteError(code: 11, message: "part \(part) of group \(id) is missing", path: path)
                    }
                    guard copied > 0 else {
                        throw SQLiteError(code: 11, message: "part \(part) of group \(id) is too short", path: path)
                    }
                    done += copied
                }
            }
        } catch let error as ColumnStoreError {
            throw error
        } catch let error as SQLiteError {
            throw ColumnStoreError(error.kind == .corrupt ? .corruptFile : .io, path: name, offset: offset, error.description)
        } catch {
            throw ColumnStoreError(.io, path: name, offset: offset, "\(error)")
        }
    }
}

/// Columns of a hot file's rows, laid down as an image, that are not as they were written. The rows' documents stand apart from them.
package struct DamagedImage: DamageReport, Sendable, Equatable, CustomStringConvertible {
    /// Of the hot file.
    package let path: String
    /// `groups.id`.
    package let group: Int64
    package let reason: String

    package var description: String { "\(path): the columns of group \(group) are damaged: \(reason)" }

    /// For the caller whose query meets it. As little as of a cold file is said of whose rows they are.
    package var fault: Fault {
        let advice = "the next compaction lays them down again from the documents, or the log says why it cannot; "
            + "until then a question that needs other columns or days may pass them by, and each receipt's document is there"
        return Fault(
            .internalError, "columns of recent receipts are damaged on the server's disk; \(advice)",
            errors: [.init(pointer: "", code: "file-damaged", message: "a file of recent receipts is damaged")], cause: description)
    }
}

extension HotFile {
    /// Reads something of a group's image; what shows that it is not as it was written is noted.
    ///
    /// What is noted is laid down again by the next compaction, out of the documents.
    ///
    /// - Throws: `DamagedImage` in place of the reader's error.
    func reading<Result>(_ group: HotGroup, _ body: () throws -> Result) throws -> Result {
        do { return try body() } catch let error as ColumnStoreError where error.code == .corruptFile {
            let damaged = DamagedImage(path: path, group: group.id, reason: "\(error)")
            if noteDamaged(group.id) {
                StoreLog.note("found damaged columns in a hot file", path: path, reason: "group \(group.id): \(error)", level: .warning)
            }
            throw damaged
        }
    }
}
