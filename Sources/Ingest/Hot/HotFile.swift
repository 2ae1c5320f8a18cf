import ColumnStore
import Glibc
import Synchronization

/// One SQLite file of the hot tier, as every reader shares it: the receipts of one UTC day (or a part of one).
///
/// The writer alone writes it, through a `HotFileWriter`. The file is removed from disk when it was marked so (its rows are in cold)
/// and the last reference to this object, that of the last reader, is gone.
package final class HotFile: Sendable {
    /// What the writer has committed.
    ///
    /// A copy is a reader's: it does not change under it. Rows that are committed after it was taken have higher ids and sequences.
    package struct Published: Sendable {
        /// Also the id of the last row.
        package var rowCount: Int64 = 0
        /// Of its rows and of the state changes of its rows.
        package var lastSequence: Int64 = 0
        package var firstSequence: Int64 = 0
        /// Of the catalog, as the file bears it.
        package var generation: Int64 = 0
        package var firstTicket: ULID?
        package var lastTicket: ULID?
        /// Every business day of its rows.
        package var days: Set<Int32> = []
        /// No row comes any more; states of its rows may still change.
        package var isSealed = false
        /// Rows whose state changed after their columns were laid down.
        package var overlay = StateOverlay()
        /// The file is on its way to cold: no process in it moves any more.
        package var isLeaving = false
    }

    /// What became of a row. `completedAt` in microseconds since 1970; nil while it is PROCESSING.
    package struct StateChange: Sendable {
        package var state: ReceiptState
        package var completedAt: Int64?
    }

    /// `2026-11-20` or `2026-11-20.2`: the file's name without its ending.
    package let name: String
    package let path: String
    /// The UTC day, as days since 1970, on which its rows came; their business days are others.
    package let day: Int32
    /// From 1: a day has several files where one was sealed before the day's end.
    package let part: Int
    package let pool: SQLitePool
    let dictionaries: DocumentDictionaries
    let tables: TableColumns
    let values: DocumentValues
    /// Nil for one who only reads.
    let mark: StoreMark?
    /// Images of groups with their footers read, which every scan needs.
    private let images = ParquetFileCache(countMax: 16)
    // Each piece of state has a lock or an atomic of its own: nothing that must change together is in two of them.
    private let published = Mutex<Published>(Published())
    /// By table; a table without rows here has none.
    private let tails = Mutex<[String: ColumnTail]>([:])
    private let isRemoved = Atomic<Bool>(false)
    private let pinCount = Atomic<Int>(0)
    private let log = Mutex<WALPreallocation?>(nil)
    private let doubtPlace = Atomic<Int64>(.max)
    // These two go from false to true once and never back.
    private let failed = Atomic<Bool>(false)
    private let rebuilt = Atomic<Bool>(false)
    private let rowMarks = Mutex<RowMarks>(RowMarks())
    /// Held from before rows that were written anew are read until they are marked. Taken before a connection and before `rowMarks`.
    let repairing = Mutex(())
    /// `groups.id` of images that somebody met as damaged since the start.
    private let damagedGroups = Mutex<Set<Int64>>([])
    /// For walks over pages.
    let takenUp = TakenUpRows()

    init(
        directory: String, day: Int32, part: Int, dictionaries: DocumentDictionaries, tables: TableColumns, values: DocumentValues,
        mark: StoreMark? = nil
    ) {
        self.mark = mark
        name = HotFileName.text(day: day, part: part)
        path = "\(directory)/\(name).sqlite"
        self.day = day
        self.part = part
        self.dictionaries = dictionaries
        self.tables = tables
        self.values = values
        pool = SQLitePool(path: path)
    }

    deinit {
        guard isRemoved.load(ordering: .acquiring) else { return }
        pool.closeIdle()
        // What cannot be removed now is removed at the next start: the catalog says that it moved.
        remove(.named("its rows are in cold, and its last reader is done"))
    }

    /// Something of it lies on the disk.
    var isOnDisk: Bool { ["", "-wal", "-shm"].contains { access(path + $0, F_OK) == 0 } }

    /// Takes the file from the disk, with what belongs to it.
    ///
    /// The log and the shared memory go behind the database, without which they mean nothing.
    func remove(_ proof: RemovalProof) {
        for (suffix, proof) in [("", proof), ("-wal", .temporary), ("-shm", .temporary)] where FileRemoval.remove(path + suffix, proof) == 0 {
            SQLiteFileSystem.noteDeleted(path + suffix)
        }
    }

    /// Puts the file aside, with what belongs to it: the log first, without which it is another file.
    func putAside(_ lost: LostAndFound, reason: String) throws { try lost.takeDatabase(path, logFirst: true, reason: reason) }

    /// A consistent copy. The overlay's blocks are shared until the writer changes them.
    package var state: Published { published.withLock { $0 } }

    /// Called after the commit that it tells of.
    func publish<Result>(_ change: (inout Published) -> Result) -> Result { published.withLock { change(&$0) } }

    package var allTails: [ColumnTail] { tails.withLock { Array($0.values) } }
    package func tail(of table: String) -> ColumnTail? { tails.withLock { $0[table] } }

    /// The table's tail; made when its first row comes.
    func makeTail(of table: String) -> ColumnTail {
        tails.withLock { tails in
            if let tail = tails[table] { return tail }
            let tail = ColumnTail(table: table, tables: tables, groups: [])
            tails[table] = tail
            return tail
        }
    }

    /// The image opened, its footer parsed. Kept for sixteen groups; who holds the file keeps it alive beyond that.
    func image(of group: HotGroup) throws -> ParquetFile {
        try images.file(HotImage.name(group, path: path)) { try ParquetFile(HotImage(group: group, path: path, pool: pool)) }
    }

    /// To read single rows, wherever they lie.
    ///
    /// Of a file that takes rows their pages are at hand, and it is mapped anew after each commit: there the system need not be told.
    ///
    /// - Parameter isOneOfMany: whether so many are looked for that most pages will be read.
    func withRows<Result>(isOneOfMany: Bool = false, _ body: (SQLiteConnection) throws -> Result) throws -> Result {
        try pool.withConnection(state.isSealed && !isOneOfMany ? .hereAndThere : .inOrder, body)
    }

    /// From now on the file goes when its last reader does.
    ///
    /// Called once the catalog has the file as moved. Readers that began earlier hold a reference, and read on.
    package func removeAfterLastReader() { isRemoved.store(true, ordering: .releasing) }

    /// Lets go of the file; its log is copied into it and goes, so that a store that was stopped is its database files alone.
    ///
    /// - Parameter copyingLog: false after a failed sync: what is in the log may not be on the disk, and nothing is built on it.
    func close(copyingLog: Bool) {
        pool.closeIdle()
        guard copyingLog else { return }
        do {
            // SQLite copies the log when the last connection of those that may write closes.
            let connection = try SQLiteConnection(path: path, mode: .readWrite)
            try connection.execute("PRAGMA synchronous=FULL; SELECT count(*) FROM meta")
        } catch {
            // The log stays, and the next start reads it.
        }
    }

    /// A reader has a long transaction on the file: its log must not be begun anew, since that would wait for the reader.
    ///
    /// Counted: each `pin` has one `unpin`.
    func pin() { pinCount.wrappingAdd(1, ordering: .acquiringAndReleasing) }
    func unpin() { pinCount.wrappingSubtract(1, ordering: .acquiringAndReleasing) }
    var isPinned: Bool { pinCount.load(ordering: .acquiring) > 0 }

    /// The room in the file's log, while a writer has the file open.
    var preallocation: WALPreallocation? { log.withLock { $0 } }

    /// A writer has opened the file, or closes it.
    func setPreallocation(_ room: WALPreallocation?) { log.withLock { $0 = room } }

    /// Rows whose documents were found damaged when the file was opened, and were not written anew since, by their ids.
    package var damage: [Int64: DamagedDocument] { marks.damaged }

    /// Groups whose images were found damaged since the start.
    var damagedImageCount: Int { damagedGroups.withLock { $0.count } }

    var damagedGroupIDs: Set<Int64> { damagedGroups.withLock { $0 } }
    /// Another image is in its place.
    func forgetDamaged(_ group: Int64) { damagedGroups.withLock { _ = $0.remove(group) } }

    /// - Returns: whether it was not known.
    func noteDamaged(_ group: Int64) -> Bool { damagedGroups.withLock { $0.insert(group).inserted } }

    /// What is known of rows beside what stands in them.
    var marks: RowMarks { rowMarks.withLock { $0 } }
    func changeMarks(_ change: (inout RowMarks) -> Void) { rowMarks.withLock { change(&$0) } }
    /// For a scan that begins.
    var view: HotFileView {
        // Before the marks: rows that were written anew are read again before a change is taken away.
        let overlay = state.overlay
        return HotFileView(file: self, marks: marks, overlay: overlay)
    }

    /// Whether a row of it is FAILED: without one nobody need look for any.
    var hasFailed: Bool { failed.load(ordering: .acquiring) }

    /// A row became FAILED.
    func noteFailed() { failed.store(true, ordering: .releasing) }

    /// Whether its groups have columns that documents did not give when they came: what a row says by itself is not all.
    var isRebuilt: Bool { rebuilt.load(ordering: .acquiring) }
    func noteRebuilt() { rebuilt.store(true, ordering: .releasing) }
    /// The key in `meta` that says so.
    static let rebuiltKey = "rebuilt"

    /// Groups of higher ids may have columns that were made of rows on pages that did not have their sums (`keepDoubt`); nil: none may.
    var doubtedAfter: Int64? {
        let group = doubtPlace.load(ordering: .acquiring)
        return group == .max ? nil : group
    }
    /// - Returns: whether nothing was doubted before.
    @discardableResult
    func doubt(after group: Int64) -> Bool { doubtPlace.min(group, ordering: .acquiringAndReleasing).oldValue == .max }
    /// All those columns were laid down anew.
    func trust() { doubtPlace.store(.max, ordering: .releasing) }

    // MARK: Opening what is on disk

    /// Reads what a restart needs: bounds, groups, and the rows whose columns were only in memory.
    ///
    /// Rows whose documents turn out to be damaged are noted in the file, before their columns are laid down without values.
    ///
    /// - Complexity: O(rows since the last flushed group).
    func load() throws {
        var known: [DamagedDocument] = []
        var present: [DamagedDocument] = []
        try pool.withConnection { connection in
            // Files of a standby are opened by nobody who brings them to this version.
            try HotFileSchema.refuseLater(connection)
            var info = Published()
            // What a changed byte may make of these numbers is refused before anything is reckoned with it.
            info.rowCount = try HotFileSchema.rowCount(connection)
            info.generation = try connection.integer("SELECT value FROM meta WHERE key = '\(StoreMark.generationKey)'") ?? 0
            info.isSealed = try connection.integer("SELECT value FROM meta WHERE key = 'sealed'") == 1
            if try connection.integer("SELECT 1 FROM rows WHERE state = 2 LIMIT 1") != nil { noteFailed() }
            if try connection.integer("SELECT 1 FROM meta WHERE key = '\(Self.rebuiltKey)'") != nil { noteRebuilt() }
            if let group = try connection.integer("SELECT value FROM meta WHERE key = '\(Self.doubtKey)'") { doubt(after: group) }
            if info.rowCount > 0 {
                let first = try Self.marks(connection, row: 1)
                let last = try Self.marks(connection, row: info.rowCount)
                (info.firstSequence, info.firstTicket) = (first.sequence, first.ticket)
                (info.lastSequence, info.lastTicket) = (last.sequence, last.ticket)
            }
            // A row's end has a sequence of its own, which may lie beyond that of the last row.
            info.lastSequence = max(info.lastSequence, try connection.integer("SELECT max(sequence) FROM events") ?? 0)
            _ = try StoredNumber.checked(info.firstSequence, "the first sequence", in: StoredNumber.sequences, path: path)
            _ = try StoredNumber.checked(info.lastSequence, "the last sequence", in: StoredNumber.sequences, path: path)
            let days = try connection.statement("SELECT business_day FROM days")
            while try days.step() { info.days.insert(Int32(clamping: days.int64(0))) }
            let dictionaryRows = try connection.statement("SELECT id, bytes FROM dictionaries")
            while try dictionaryRows.step() { dictionaries.register(dictionaryRows.int64(0), bytes: dictionaryRows.bytes(1)) }
            let changed = try connection.statement("SELECT row, sequence, state, completed_at FROM changed")
            while try changed.step() {
                guard let state = ReceiptState(code: changed.int64(2)) else { continue }
                info.overlay.set(
                    changed.int64(0), StateChange(state: state, completedAt: changed.optionalInt64(3)), sequence: changed.int64(1))
            }
            // A verifier looks at each document itself, and at files of earlier versions.
            if !values.isLenient { known = try HotFileLoader.damage(connection, self) }
            let loader = HotFileLoader(connection: connection, file: self)
            let loaded = try loader.load(known: known)
            if try loader.hasRepairs {
                let repaired = try loader.repairs()
                changeMarks { $0.repaired = repaired }
            }
            present = loaded.damage
            tails.withLock { $0 = loaded.tails }
            published.withLock { $0 = info }
        }
        // Who only reads notes nothing.
        if present != known, mark != nil { try HotFileWriter.note(present, in: self) }
        let byRow = Dictionary(uniqueKeysWithValues: present.map { ($0.row, $0) })
        changeMarks { $0.damaged = byRow }
    }

    /// - Throws: SQLITE_CORRUPT (11) for a row that is missing: ids have no gaps.
    private static func marks(_ connection: SQLiteConnection, row: Int64) throws -> (sequence: Int64, ticket: ULID) {
        let statement = try connection.statement("SELECT sequence, ticket FROM rows WHERE id = ?1")
        defer { statement.reset() }
        statement.bind(1, row)
        guard try statement.step(), let ticket = ULID(bytes: statement.bytes(1)) else {
            throw SQLiteError(code: 11, message: "row \(row) is missing or has no valid ticket", path: statement.sql)
        }
        return (statement.int64(0), ticket)
    }
}
