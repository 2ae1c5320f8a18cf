import ColumnStore
import Synchronization

/// Pages of a hot file's rows that lost their sums with documents which were sent again since.
///
/// A document that was sent again proves itself, and nothing of what stands beside it on the page. But a page that has its sum once those documents stand on it as they were stored is the page
/// that was written, to the last bit: it is written so again, and is whole.
struct HealedPages {
    let file: HotFile

    private struct Healing: Sendable {
        let number: Int64
        let found: [UInt8]
        let healed: [UInt8]

        var place: Int64 { number.subtractingSaturating(1).multipliedSaturating(by: Int64(found.count)) }
    }

    /// Pages that can be put right cannot be just now, and nothing is said of them until then.
    struct Postponed: Error, CustomStringConvertible {
        var reason = "its log is read, written or copied just now"
        var description: String { "\(reason): pages that can be put right are put right once that has passed" }
    }

    /// In each turn of the writer's thread: receipts wait meanwhile.
    private static let blockPageCount = 16

    /// - Parameter numbers: of pages without their sums.
    /// - Returns: whether one of them was written.
    /// - Throws: `Postponed`, also where some were written before, and where the disk does not take them, which is this file's affair alone.
    func putRight(_ numbers: [Int64], by writer: HotWriter) throws -> Bool {
        guard !file.marks.repaired.ids.isEmpty else { return false }
        let pages = try pages(numbers)
        guard !pages.isEmpty else { return false }
        // Outside of the writer's turn, which is to hear of a sync that failed.
        do { return try write(pages, by: writer) } catch let error as SQLiteError where error.kind == .full || error.kind == .io {
            throw Postponed(reason: "the disk does not take them (\(error))")
        }
    }

    private func write(_ pages: [Healing], by writer: HotWriter) throws -> Bool {
        // What the log has is copied before the writer's thread has to do with it.
        guard try Self.cutLog(file.path) != nil else { throw Postponed() }
        let path = file.path
        let isWritten = Mutex(false)
        let isPostponed = Mutex(false)
        for start in stride(from: 0, to: pages.count, by: Self.blockPageCount) {
            let block = Array(pages[start..<min(start.addingSaturating(Self.blockPageCount), pages.count)])
            try writer.hold {
                // Nothing is committed meanwhile: no page comes to the log that has been cut, to be copied over one of these.
                guard let connection = try Self.cutLog(path) else { return isPostponed.withLock { $0 = true } }
                let due = try block.filter { try connection.fileBytes(at: $0.place, count: $0.found.count) == $0.found }
                guard !due.isEmpty else { return }
                try connection.overwrite(due.map { (bytes: $0.healed, offset: $0.place) })
                isWritten.withLock { $0 = true }
                for page in due {
                    StoreLog.note("put a page of a hot file right", path: path, reason: "page \(page.number) has its sum again, with the documents that were sent again")
                }
            }
        }
        if isPostponed.withLock({ $0 }) { throw Postponed() }
        return isWritten.withLock { $0 }
    }

    /// - Returns: a connection to the file, whose log is empty; nil where somebody reads in that.
    private static func cutLog(_ path: String) throws -> SQLiteConnection? {
        let connection = try SQLiteConnection(path: path, mode: .readWrite)
        connection.leaveLogWhenClosing()
        try connection.execute("PRAGMA wal_autocheckpoint=0; PRAGMA synchronous=FULL")
        // Without the file's write lock first: who commits to it waits for little then.
        _ = try connection.checkpoint(.passive)
        return try connection.cutLog() ? connection : nil
    }

    private func pages(_ numbers: [Int64]) throws -> [Healing] {
        let connection = try SQLiteConnection(path: file.path, mode: .readOnly)
        let byteCount = Int(clamping: try connection.integer("PRAGMA page_size") ?? 0)
        let marks = file.marks
        return numbers.compactMap { number in
            let place = number.subtractingSaturating(1).multipliedSaturating(by: Int64(byteCount))
            // One that the device does not give is in no other's way.
            guard let found = try? connection.fileBytes(at: place, count: byteCount), found.count == byteCount, let healed = healed(found, marks), healed.withUnsafeBytes({ PageSum.isRight($0, number: number) }) else { return nil }
            return Healing(number: number, found: found, healed: healed)
        }
    }

    /// The page with all of those documents as they were stored; nil where it has none of them.
    private func healed(_ page: [UInt8], _ marks: RowMarks) -> [UInt8]? {
        var healed = page
        var isHealed = false
        for cell in LeafCell.all(on: page) where marks.repaired.contains(cell.id) {
            guard let stored = stored(cell.id), stored.count <= cell.byteCount else { continue }
            // The last column: of a long one the end stands elsewhere.
            let start = cell.local.lowerBound.addingSaturating(cell.byteCount.subtractingSaturating(stored.count))
            guard start < cell.local.upperBound else { continue }
            healed.replaceSubrange(start..<cell.local.upperBound, with: stored.prefix(cell.local.upperBound.subtractingSaturating(start)))
            isHealed = true
        }
        return isHealed ? healed : nil
    }

    /// A document that was sent again, as it was stored when it first came. What cannot be had of it leaves its page as it is.
    private func stored(_ row: Int64) -> [UInt8]? {
        try? file.pool.withConnection { connection -> [UInt8]? in
            let statement = try connection.statement("SELECT sha256, coding FROM rows WHERE id = ?1")
            defer { statement.reset() }
            statement.bind(1, row)
            guard try statement.step(), let document = try file.repairedDocument(row, sha256: statement.bytes(0)) else { return nil }
            return try file.dictionaries.stored(document, as: DocumentCoding(rawValue: statement.int64(1)))
        }
    }
}
