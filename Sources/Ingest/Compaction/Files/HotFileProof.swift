import ColumnStore
import Glibc

/// Holds a hot file's pages against their sums before its rows take another form, in which nobody could tell any more that one had changed. Queries read mapped pages, which pass no check:
/// documents have their hashes, what stands beside them (identity, ticket, times, state) has the page's sum alone.
///
/// 1. All pages, as they lie on the disk: one look from end to end.
/// 2. Where some lack theirs, all that a move reads is read past them, but for documents. A file that can be read so may go.
/// 3. Where it cannot, columns are laid down again by the next compaction, and pages of documents that were sent again are put right (`HealedPages`), and both is done once more.
struct HotFileProof {
    let file: HotFile
    let writer: HotWriter
    /// Asked between pieces.
    let isCancelled: @Sendable () -> Bool

    enum Finding: Equatable {
        /// That a move would carry on.
        case nothing
        /// Pages without their sums, one of which is needed.
        case pages([Int64])
        /// Columns alone, by the ids of their groups: rows and documents say what stood there.
        case images([Int64], reason: String)
    }

    /// - Returns: what is wrong with the file; nil for nothing that a move would carry on.
    /// - Throws: `DayCompactor.Cancelled`; `DamagedImage`, of columns that were noted; what SQLite says of a file that cannot be read; `HealedPages.Postponed`.
    func fault() throws -> String? {
        // Twice: a frame that is written at this moment is none yet, and those behind it may be there.
        if try logFault() != nil, let fault = try logFault() { return fault }
        var found = try look()
        if case .pages(let pages) = found, try HealedPages(file: file).putRight(pages, by: writer) { found = try look() }
        switch found {
        case .nothing: return nil
        case .pages(let pages):
            let others = pages.count.subtractingSaturating(1)
            return "page \(pages.first ?? 1) does not have its sum" + (others > 0 ? ", nor do \(others) others" : "") + ": what a query says of its rows may be wrong"
        case .images(let groups, let reason):
            for group in groups where file.noteDamaged(group) {
                StoreLog.note("found damaged columns in a hot file", path: file.path, reason: "group \(group): \(reason)", level: .warning)
            }
            throw DamagedImage(path: file.path, group: groups.first ?? 0, reason: reason)
        }
    }

    /// SQLite reads frames by its index, and looks at none of their sums. Those of the last transaction say nothing: where a crash cut one off it looks the same.
    private func logFault() throws -> String? {
        do {
            guard let log = try WriteAheadLog(path: file.path, isLive: true), log.losesCommits else { return nil }
            return log.fault
        } catch DataDirectory.Failure.io(operation: _, path: let path, code: EIO) {
            throw SQLiteError(code: SQLiteError.ioErrorRead, message: "cannot be read", path: path)
        }
    }

    private func look() throws -> Finding {
        // A reader that lasts is not to be waited for by who begins the log anew.
        file.pin()
        defer { file.unpin() }
        return try Self.look(at: file.path) { if isCancelled() { throw DayCompactor.Cancelled() } }
    }

    /// - Parameter goOn: called between pieces; what it throws ends it.
    /// - Throws: also where the device does not give a part that a move needs, which may pass.
    static func look(at path: String, goOn: () throws -> Void) throws -> Finding {
        var pages = try LivePages.withoutSums(SQLiteConnection(path: path, mode: .readOnly), beforeEachPiece: goOn)
        // It may have been copied from the log at that moment; of others SQLite tells, which reads them anew.
        if pages.first == 1 { pages = try LivePages.withoutSums(SQLiteConnection(path: path, mode: .readOnly), beforeEachPiece: goOn) }
        if pages.isEmpty { return .nothing }
        // The first says whether the others have sums: nothing is held against those where it has changed.
        if pages.first == 1 { return .pages(pages) }
        // Not mapped: SQLite holds each page that it reads against its sum.
        let connection = try SQLiteConnection(path: path, mode: .readOnly)
        do {
            for query in try queries(connection) { try read(query, connection, goOn) }
            return try images(connection, goOn)
        } catch let error as SQLiteError where error.kind == .corrupt {
            // Statements say the same of a page that the device does not give: nothing is known of that.
            if error.code != SQLiteError.ioErrorData { try checkGiven(pages, connection) }
            return .pages(pages)
        }
    }

    /// - Throws: where the device does not give one of the pages.
    private static func checkGiven(_ pages: [Int64], _ connection: SQLiteConnection) throws {
        let byteCount = try connection.integer("PRAGMA page_size") ?? 0
        for page in pages { _ = try connection.fileBytes(at: page.subtractingSaturating(1).multipliedSaturating(by: byteCount), count: Int(clamping: byteCount)) }
    }

    private static func read(_ query: String, _ connection: SQLiteConnection, _ goOn: () throws -> Void) throws {
        let statement = try connection.statement(query)
        defer { statement.reset() }
        while try statement.step() { try goOn() }
    }

    /// Those that readers go by, each part sought by itself: a page of one that others took the place of is nobody's, and is not come by.
    private static func images(_ connection: SQLiteConnection, _ goOn: () throws -> Void) throws -> Finding {
        guard try connection.integer("SELECT 1 FROM sqlite_schema WHERE name = 'groups'") != nil else { return .nothing }
        var groups: [(id: Int64, isReplacement: Bool, byteCount: Int64)] = []
        let readable = try connection.statement("SELECT id, is_complete = \(HotGroupStage.replacing.rawValue), byte_count FROM groups WHERE \(HotGroupStage.isReadable)")
        defer { readable.reset() }
        while try readable.step() { groups.append((readable.int64(0), readable.int64(1) == 1, readable.int64(2))) }
        var (damaged, reason): ([Int64], String) = ([], "")
        for group in groups {
            let part = try connection.statement("SELECT bytes FROM \(HotGroupStage.partsTable(isReplacement: group.isReplacement)) WHERE id = ?1")
            do {
                for start in stride(from: 0, to: group.byteCount, by: HotImage.partByteCount) {
                    try goOn()
                    part.bind(1, group.id << HotImage.partBits | start >> HotImage.partBits)
                    defer { part.reset() }
                    _ = try part.step()
                }
            } catch let error as SQLiteError where error.kind == .corrupt || error.isUnreadPart {
                damaged.append(group.id)
                reason = "\(error)"
            }
        }
        return damaged.isEmpty ? .nothing : .images(damaged, reason: reason)
    }

    /// Of each table and each index of the file, whatever version it is of.
    private static func queries(_ connection: SQLiteConnection) throws -> [String] {
        let objects = try connection.statement("SELECT name, tbl_name, type = 'index', coalesce(sql, '') FROM sqlite_schema WHERE type IN ('table', 'index')")
        var queries: [String] = []
        while try objects.step() {
            let (name, table, sql) = (objects.text(0), objects.text(1), objects.text(3))
            if [false, true].map(HotGroupStage.partsTable).contains(name) { continue }
            guard objects.int64(2) == 1 else {
                queries.append(try query(ofTable: name, connection))
                continue
            }
            // What it is of some rows only is said at its end.
            let condition = sql.firstRange(of: " WHERE ").map { sql[$0.lowerBound...] } ?? ""
            let columns = try connection.texts("SELECT name FROM pragma_index_info('\(name)') ORDER BY seqno")
            if let column = columns.first { queries.append("SELECT \(column) FROM \(table) INDEXED BY \(name)\(condition)") }
        }
        return queries
    }

    private static func query(ofTable name: String, _ connection: SQLiteConnection) throws -> String {
        guard name == "rows" else { return "SELECT * FROM \(name) NOT INDEXED" }
        let columns = try connection.texts("SELECT name FROM pragma_table_info('rows') WHERE name <> 'document' ORDER BY cid")
        return "SELECT \(columns.joined(separator: ", ")) FROM rows NOT INDEXED"
    }
}
