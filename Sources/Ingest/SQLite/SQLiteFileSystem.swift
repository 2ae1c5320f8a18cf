import CSQLite
import ColumnStore
import Glibc
import Synchronization

/// SQLite's way to its files, as an "VFS" of our own: the system's, with four things added.
///
/// - A page that is written into a database file gets its sum, and one that is read must have it (`PageSum`); else the read fails as
///   damaged. Pages that are mapped into memory are not looked at: `verify` reads them all.
/// - A log may have room laid down ahead of its frames (`WALPreallocation`), which is notified of where they are written. Its frames are gathered and written
///   together before the next sync: SQLite writes each in two pieces, and a call for each piece costs more than its bytes.
/// - A log is not begun anew while somebody copies it (`LogTurns`).
/// - An observer sees every write and sync and can let it fail: the seam of crash and fault tests.
///
/// https://sqlite.org/vfs.html; the calls and what they promise are described at `sqlite3_io_methods`.
enum SQLiteFileSystem {
    static let name = "till"

    /// Makes it known to SQLite, once. False when there is no system of files below.
    static let isRegistered: Bool = {
        // Before anything else is asked of SQLite. It would lock the whole process at each allocation, to count the bytes.
        guard till_sqlite3_count_no_memory() == SQLITE_OK else { return false }
        guard let base, let system else { return false }
        system.initialize(to: base.pointee)
        system.pointee.zName = UnsafePointer(strdup(name))
        system.pointee.pNext = nil
        system.pointee.szOsFile = base.pointee.szOsFile + Int32(innerOffset)
        system.pointee.xOpen = { SQLiteFileSystem.open($1, $2, $3, $4) }
        system.pointee.xDelete = { _, name, isDurable in
            guard let base = SQLiteFileSystem.base else { return SQLITE_IOERR }
            let code = base.pointee.xDelete(base, name, isDurable)
            if code == SQLITE_OK, SQLiteFileSystem.isObserved, let name {
                SQLiteFileSystem.withObserver { $0.deleted(String(cString: name), isDurable: isDurable != 0) }
            }
            return code
        }
        return sqlite3_vfs_register(system, 0) == SQLITE_OK
    }()

    /// What a file is for us, before the system's own structure of it.
    ///
    /// Lies at the beginning of the bytes that SQLite gives for each open file; the system's structure follows `innerOffset` bytes later.
    private struct Header {
        var base: sqlite3_file
        var isDatabase: Bool
        /// Found in the file's first page; unknown until that was seen.
        var sums: Sums
        /// Bytes written to a database file since its last sync.
        var unsynced: Int32
        /// Of the one connection that writes a log with room.
        ///
        /// Retained by `give`, released by `close`.
        var room: Unmanaged<WALPreallocation>?
        var gathered = Gathered()
        /// Of a log.
        var names: LogNames?
        /// Of a database: its path, as long as it is open.
        var path: UnsafePointer<CChar>?
        /// Of a database whose map is read here and there: where the map begins of which the system was told that.
        var toldMap: UnsafeMutableRawPointer?
        var isReadHereAndThere = false
    }

    /// Bytes of a log that SQLite has handed over and that are not in the file yet. Nobody else may look for them before they are: the
    /// connection syncs each commit (`synchronous=FULL`) before it tells others of its frames.
    ///
    /// Invariant: the `count` bytes at `bytes` belong at `offset` of the log and the following places. Read, size, truncation and sync write them
    /// first.
    private struct Gathered {
        /// Room for `capacity` bytes, of a log with room only.
        var bytes: UnsafeMutableRawPointer?
        var offset: Int64 = 0
        var count = 0
        /// 31 frames. SQLite's own file system cuts the count of a write to 17 bits, and takes none of 128 KiB for a full disk.
        static let capacity = (128 << 10) - 1
    }

    private enum Sums { case unknown, used, unused }

    /// A call of ours to a file: it is empty, and will be a database whose pages have sums.
    private static let expectSums: Int32 = 0x7411
    /// Another: of its map single pages will be read, wherever they lie.
    private static let expectSinglePages: Int32 = 0x7412

    private typealias File = UnsafeMutablePointer<sqlite3_file>

    /// Behind the header, aligned for anything.
    ///
    /// `Header` takes no more than so many bytes.
    private static let innerOffset = 128

    // Proof, for all three: set up once before the first file is opened, and only read after that.
    nonisolated(unsafe) private static let base: UnsafeMutablePointer<sqlite3_vfs>? = sqlite3_vfs_find(nil)
    nonisolated(unsafe) private static let system: UnsafeMutablePointer<sqlite3_vfs>? = .allocate(capacity: 1)
    nonisolated(unsafe) private static let methods: UnsafePointer<sqlite3_io_methods> = makeMethods()

    private static func header(_ file: File) -> UnsafeMutablePointer<Header> {
        // Safe: SQLite gives `szOsFile` bytes, of which `open` has laid out the first as a header.
        UnsafeMutableRawPointer(file).assumingMemoryBound(to: Header.self)
    }

    private static func inner(_ file: File) -> File {
        (UnsafeMutableRawPointer(file) + innerOffset).assumingMemoryBound(to: sqlite3_file.self)
    }

    private static func open(
        _ name: UnsafePointer<CChar>?, _ file: File?, _ flags: Int32, _ outFlags: UnsafeMutablePointer<Int32>?
    ) -> Int32 {
        guard let file, let base else { return SQLITE_CANTOPEN }
        let inner = inner(file)
        header(file).initialize(to: Header(base: sqlite3_file(pMethods: nil), isDatabase: flags & SQLITE_OPEN_MAIN_DB != 0, sums: .unknown, unsynced: 0, room: nil))
        inner.pointee.pMethods = nil
        let code = base.pointee.xOpen(base, name, inner, flags, outFlags)
        if code == SQLITE_OK, flags & SQLITE_OPEN_WAL != 0, let name { header(file).pointee.names = LogNames(name) }
        if flags & SQLITE_OPEN_MAIN_DB != 0 { header(file).pointee.path = name }
        // SQLite closes a file that has methods, even one that failed to open.
        header(file).pointee.base.pMethods = inner.pointee.pMethods == nil ? nil : methods
        if code == SQLITE_OK, isObserved, let name {
            let path = String(cString: name)
            paths.withLock { $0[UInt(bitPattern: file)] = path }
            withObserver { $0.opened(path) }
        }
        return code
    }

    private static func makeMethods() -> UnsafePointer<sqlite3_io_methods> {
        let methods = UnsafeMutablePointer<sqlite3_io_methods>.allocate(capacity: 1)
        methods.initialize(
            to: sqlite3_io_methods(
                iVersion: 3, xClose: { SQLiteFileSystem.close($0) }, xRead: { SQLiteFileSystem.read($0, $1, $2, $3) }, xWrite: { SQLiteFileSystem.write($0, $1, $2, $3) },
                xTruncate: { SQLiteFileSystem.truncate($0, $1) }, xSync: { SQLiteFileSystem.synchronize($0, $1) },
                xFileSize: { SQLiteFileSystem.size($0, $1) },
                xLock: { SQLiteFileSystem.below($0)?.1.xLock(SQLiteFileSystem.below($0)?.0, $1) ?? SQLITE_IOERR },
                xUnlock: { SQLiteFileSystem.below($0)?.1.xUnlock(SQLiteFileSystem.below($0)?.0, $1) ?? SQLITE_IOERR },
                xCheckReservedLock: { SQLiteFileSystem.below($0)?.1.xCheckReservedLock(SQLiteFileSystem.below($0)?.0, $1) ?? SQLITE_IOERR },
                xFileControl: { SQLiteFileSystem.control($0, $1, $2) },
                xSectorSize: { SQLiteFileSystem.below($0)?.1.xSectorSize(SQLiteFileSystem.below($0)?.0) ?? 4_096 },
                xDeviceCharacteristics: { SQLiteFileSystem.below($0)?.1.xDeviceCharacteristics(SQLiteFileSystem.below($0)?.0) ?? 0 },
                xShmMap: { SQLiteFileSystem.mapIndex($0, $1, $2, $3, $4) },
                xShmLock: { SQLiteFileSystem.lockIndex($0, $1, $2, $3) },
                // The system's own takes a lock of the whole process as well, "for redundancy" as it says: each commit and each reader would wait
                // for whoever opens a file just now.
                xShmBarrier: { _ in atomicMemoryFence(ordering: .sequentiallyConsistent) },
                xShmUnmap: { SQLiteFileSystem.below($0)?.1.xShmUnmap(SQLiteFileSystem.below($0)?.0, $1) ?? SQLITE_IOERR },
                xFetch: { SQLiteFileSystem.fetch($0, $1, $2, $3) },
                xUnfetch: { SQLiteFileSystem.leaveMap($0, $1, $2) }))
        return UnsafePointer(methods)
    }

    /// The system's file and its methods.
    private static func below(_ file: File?) -> (File, sqlite3_io_methods)? {
        guard let file else { return nil }
        let inner = inner(file)
        return inner.pointee.pMethods.map { (inner, $0.pointee) }
    }

    // MARK: Calls that are more than passed on

    private static func close(_ file: File?) -> Int32 {
        guard let file, let (inner, methods) = below(file) else { return SQLITE_IOERR }
        if isObserved { paths.withLock { _ = $0.removeValue(forKey: UInt(bitPattern: file)) } }
        // What is gathered still belongs to no commit.
        header(file).pointee.gathered.bytes?.deallocate()
        header(file).pointee.gathered = Gathered()
        header(file).pointee.room?.release()
        header(file).pointee.room = nil
        if header(file).pointee.path != nil { LogTurns.close(file) }
        return methods.xClose(inner)
    }

    /// A short read (SQLITE_IOERR_SHORT_READ) is passed on as it is: a page beyond the end has no sum.
    private static func read(_ file: File?, _ target: UnsafeMutableRawPointer?, _ count: Int32, _ offset: Int64) -> Int32 {
        guard let file, let target, let inner = Optional(inner(file)), let methods = inner.pointee.pMethods else { return SQLITE_IOERR }
        let flushed = flush(file)
        guard flushed == SQLITE_OK else { return flushed }
        if isObserved, let refusal = observed(file, { $0.willRead($1, offset: offset, count: Int(count)) }) { return refusal }
        let code = methods.pointee.xRead(inner, target, count, offset)
        let header = header(file)
        guard code == SQLITE_OK, header.pointee.isDatabase else { return code }
        let bytes = UnsafeRawBufferPointer(start: target, count: Int(count))
        if offset == 0 { note(bytes, header) }
        guard header.pointee.sums == .used, isPage(count, offset) else { return code }
        return PageSum.isRight(bytes, number: offset / Int64(count) + 1) ? SQLITE_OK : SQLiteError.ioErrorData
    }

    /// A database's page gets its sum here; a log's bytes with room are gathered, or passed on as they come.
    private static func write(_ file: File?, _ source: UnsafeRawPointer?, _ count: Int32, _ offset: Int64) -> Int32 {
        guard let file, let source, let inner = Optional(inner(file)), let methods = inner.pointee.pMethods else { return SQLITE_IOERR }
        let header = header(file)
        if header.pointee.room != nil { return gather(file, UnsafeRawBufferPointer(start: source, count: Int(count)), offset) }
        if header.pointee.isDatabase {
            let bytes = UnsafeRawBufferPointer(start: source, count: Int(count))
            if offset == 0 { note(bytes, header) } else if header.pointee.sums == .unknown { look(inner, methods, header) }
            if header.pointee.sums == .used, isPage(count, offset) {
                // Safe: the page is SQLite's own buffer, whose reserved bytes it gives to whoever asked for them.
                PageSum.store(
                    UnsafeMutableRawBufferPointer(start: UnsafeMutableRawPointer(mutating: source), count: Int(count)),
                    number: offset / Int64(count) + 1)
            }
        }
        // As it will stand in the file: with its sum.
        if isObserved,
            let refusal = observed(file, { $0.willWrite($1, offset: offset, UnsafeRawBufferPointer(start: source, count: Int(count))) })
        {
            return refusal
        }
        let code = methods.pointee.xWrite(inner, source, count, offset)
        guard code == SQLITE_OK, header.pointee.isDatabase else { return code }
        header.pointee.unsynced += count
        return header.pointee.unsynced < unsyncedByteCountMax ? code : synchronize(file, SQLITE_SYNC_NORMAL)
    }

    /// Bytes that do not follow those that are there, or for which there is no room, have these written first.
    private static func gather(_ file: File, _ source: UnsafeRawBufferPointer, _ offset: Int64) -> Int32 {
        let header = header(file)
        let known = header.pointee.gathered
        if known.count > 0, offset != known.offset + Int64(known.count) || known.count + source.count > Gathered.capacity {
            let code = flush(file)
            guard code == SQLITE_OK else { return code }
        }
        guard source.count <= Gathered.capacity, let bytes = known.bytes, let start = source.baseAddress else { return SQLITE_IOERR }
        if header.pointee.gathered.count == 0 { header.pointee.gathered.offset = offset }
        (bytes + header.pointee.gathered.count).copyMemory(from: start, byteCount: source.count)
        header.pointee.gathered.count += source.count
        return SQLITE_OK
    }

    /// Writes what is gathered. What cannot be written is forgotten: SQLite undoes the transaction, and writes its frames' place anew.
    private static func flush(_ file: File) -> Int32 {
        let header = header(file)
        let gathered = header.pointee.gathered
        guard gathered.count > 0, let bytes = gathered.bytes else { return SQLITE_OK }
        header.pointee.gathered.count = 0
        guard let inner = Optional(inner(file)), let methods = inner.pointee.pMethods else { return SQLITE_IOERR }
        header.pointee.room?._withUnsafeGuaranteedRef { $0.willWrite(gathered.offset..<gathered.offset + Int64(gathered.count)) }
        if isObserved,
            let refusal = observed(file, { $0.willWrite($1, offset: gathered.offset, UnsafeRawBufferPointer(start: bytes, count: gathered.count)) })
        {
            return refusal
        }
        return methods.pointee.xWrite(inner, bytes, Int32(gathered.count), gathered.offset)
    }

    private static func size(_ file: File?, _ size: UnsafeMutablePointer<Int64>?) -> Int32 {
        guard let file, let (inner, methods) = below(file) else { return SQLITE_IOERR }
        let code = flush(file)
        return code == SQLITE_OK ? methods.xFileSize(inner, size) : code
    }

    /// Of a log's copy so much is synced at a time: a commit's sync waits behind what others have written.
    private static let unsyncedByteCountMax: Int32 = 4 << 20

    /// - Parameter first: from the file's beginning on; the header is its first 100 bytes.
    private static func note(_ first: UnsafeRawBufferPointer, _ header: UnsafeMutablePointer<Header>) {
        guard first.count >= 100 else { return }
        header.pointee.sums = PageSum.isUsed(first) ? .used : .unused
    }

    /// A page is written through a connection that has not seen the file's first page.
    private static func look(_ inner: File, _ methods: UnsafePointer<sqlite3_io_methods>, _ header: UnsafeMutablePointer<Header>) {
        withUnsafeTemporaryAllocation(byteCount: 100, alignment: 8) { buffer in
            guard methods.pointee.xRead(inner, buffer.baseAddress, 100, 0) == SQLITE_OK else { return }
            note(UnsafeRawBufferPointer(buffer), header)
        }
    }

    /// Says of a new database that its pages will have sums, though its first page comes last: a copy in the making.
    static func expectSums(_ connection: OpaquePointer) {
        sqlite3_file_control(connection, "main", expectSums, nil)
    }

    /// The connection's log, which must be open, tells `room` of its writes from now on. No other connection may write frames to it.
    static func give(_ room: WALPreallocation, toLogOf connection: OpaquePointer) {
        var log: UnsafeMutablePointer<sqlite3_file>?
        let code = sqlite3_file_control(connection, "main", SQLITE_FCNTL_JOURNAL_POINTER, &log)
        guard code == SQLITE_OK, let log, log.pointee.pMethods == methods else { return }
        guard header(log).pointee.room == nil else { return }
        header(log).pointee.room = .passRetained(room)
        header(log).pointee.gathered.bytes = .allocate(byteCount: Gathered.capacity, alignment: 16)
    }

    private static func control(_ file: File?, _ operation: Int32, _ argument: UnsafeMutableRawPointer?) -> Int32 {
        guard let file, let (inner, methods) = below(file) else { return SQLITE_IOERR }
        if operation == expectSums {
            header(file).pointee.sums = .used
            return SQLITE_OK
        }
        if operation == expectSinglePages {
            header(file).pointee.isReadHereAndThere = true
            return SQLITE_OK
        }
        return methods.xFileControl(inner, operation, argument)
    }

    private static func truncate(_ file: File?, _ size: Int64) -> Int32 {
        guard let file, let (inner, methods) = below(file) else { return SQLITE_IOERR }
        let flushed = flush(file)
        guard flushed == SQLITE_OK else { return flushed }
        if isObserved, let refusal = observed(file, { $0.willTruncate($1, byteCount: size) }) { return refusal }
        let code = methods.xTruncate(inner, size)
        if code == SQLITE_OK { header(file).pointee.room?._withUnsafeGuaranteedRef { $0.truncated(size) } }
        return code
    }

    /// After the sync the names are looked at: a log that nobody will find is as good as one that was not synced.
    private static func synchronize(_ file: File?, _ flags: Int32) -> Int32 {
        guard let file, let (inner, methods) = below(file) else { return SQLITE_IOERR }
        header(file).pointee.unsynced = 0
        let flushed = flush(file)
        guard flushed == SQLITE_OK else { return flushed }
        if isObserved, let refusal = observed(file, { $0.willSynchronize($1) }) { return refusal }
        let code = methods.xSync(inner, flags)
        guard code == SQLITE_OK, let names = header(file).pointee.names, let gone = names.gone else { return code }
        StoreLog.note("a file of the store was taken away while it is written", path: gone, reason: "what is committed to it is nowhere: nothing is acknowledged from now on", level: .warning)
        return SQLiteError.ioErrorFsync
    }

    /// A piece of the log's index; SQLite makes it longer behind the sync of the commit that needs it.
    private static func mapIndex(_ file: File?, _ piece: Int32, _ byteCount: Int32, _ mayGrow: Int32, _ target: UnsafeMutablePointer<UnsafeMutableRawPointer?>?) -> Int32 {
        guard let file, let (inner, methods) = below(file) else { return SQLITE_IOERR }
        if isObserved, mayGrow != 0, let refusal = observed(file, { $0.willGrowIndex($1, piece: piece) }) { return refusal }
        return methods.xShmMap(inner, piece, byteCount, mayGrow, target)
    }

    private static func lockIndex(_ file: File?, _ first: Int32, _ count: Int32, _ flags: Int32) -> Int32 {
        guard let file, let (inner, methods) = below(file) else { return SQLITE_IOERR }
        guard flags & SQLITE_SHM_EXCLUSIVE != 0, let turn = LogTurns.Turn(first: first, count: count), let path = header(file).pointee.path else {
            return methods.xShmLock(inner, first, count, flags)
        }
        let isTaken = flags & SQLITE_SHM_LOCK != 0
        if isTaken, !LogTurns.begin(turn, path, file) { return SQLITE_BUSY }
        let code = methods.xShmLock(inner, first, count, flags)
        if !isTaken || code != SQLITE_OK { LogTurns.end(turn, file) }
        return code
    }

    /// Of the connection's file, as often as it is mapped: for a page that is missing the system reads that page, and none around it.
    static func expectSinglePages(_ connection: OpaquePointer) {
        sqlite3_file_control(connection, "main", expectSinglePages, nil)
    }

    /// A page in the file's map; nil where it has none there. SQLite maps a file anew once it has changed, so each map is told of at its first page.
    private static func fetch(_ file: File?, _ offset: Int64, _ count: Int32, _ target: UnsafeMutablePointer<UnsafeMutableRawPointer?>?) -> Int32 {
        guard let file, let inner = Optional(inner(file)), let methods = inner.pointee.pMethods else { return SQLITE_IOERR }
        let code = methods.pointee.xFetch(inner, offset, count, target)
        let header = header(file)
        guard header.pointee.isReadHereAndThere, code == SQLITE_OK, let page = target?.pointee else { return code }
        let start = page.advanced(by: Int(clamping: (0 as Int64).subtractingSaturating(offset)))
        guard header.pointee.toldMap != start else { return code }
        header.pointee.toldMap = start
        // A map is as long as the file was then, and no longer than SQLite maps at all. What fails leaves the system's own way.
        var (size, limit): (Int64, Int64) = (0, -1)
        guard methods.pointee.xFileSize(inner, &size) == SQLITE_OK, methods.pointee.xFileControl(inner, SQLITE_FCNTL_MMAP_SIZE, &limit) == SQLITE_OK else { return code }
        madvise(start, Int(clamping: min(size, limit)), MADV_RANDOM)
        return code
    }

    /// Pages in the file's map are of no use any more; of all of them, `address` is nil.
    private static func leaveMap(_ file: File?, _ offset: Int64, _ address: UnsafeMutableRawPointer?) -> Int32 {
        guard let file, let (inner, methods) = below(file) else { return SQLITE_IOERR }
        if address == nil { header(file).pointee.toldMap = nil }
        if address == nil, isObserved, let path = paths.withLock({ $0[UInt(bitPattern: file)] }) { withObserver { $0.willLeaveMap(path) } }
        return methods.xUnfetch(inner, offset, address)
    }

    // MARK: The file itself

    /// A connection's database file.
    ///
    /// Its descriptor is the one to come to the file by while it is in use: to close another would give up the locks of the whole process on it (fcntl(2)).
    private static func database(of connection: OpaquePointer) -> File? {
        var file: UnsafeMutablePointer<sqlite3_file>?
        let code = sqlite3_file_control(connection, "main", SQLITE_FCNTL_FILE_POINTER, &file)
        guard code == SQLITE_OK, let file, file.pointee.pMethods == methods else { return nil }
        return file
    }

    /// Bytes as they lie there: past the log, and not held against sums.
    ///
    /// - Returns: fewer at the end of the file, and none where `code` says that it cannot be read.
    static func bytes(ofFileOf connection: OpaquePointer, at offset: Int64, count: Int) -> (code: Int32, bytes: [UInt8]) {
        guard let file = database(of: connection), let (inner, methods) = below(file) else { return (SQLITE_IOERR, []) }
        var size: Int64 = 0
        var code = methods.xFileSize(inner, &size)
        let present = min(count, Int(clamping: size.subtractingSaturating(offset)))
        guard code == SQLITE_OK, present > 0 else { return (code, []) }
        if isObserved, let refusal = observed(file, { $0.willRead($1, offset: offset, count: present) }) { return (refusal, []) }
        let bytes = [UInt8](unsafeUninitializedCapacity: present) { target, initialized in
            code = methods.xRead(inner, target.baseAddress, Int32(clamping: present), offset)
            initialized = code == SQLITE_OK ? present : 0
        }
        return (code, bytes)
    }

    /// A page gets its sum as it is written. All are on the disk when this returns.
    static func overwrite(_ pages: [(bytes: [UInt8], offset: Int64)], inFileOf connection: OpaquePointer) -> Int32 {
        guard let file = database(of: connection) else { return SQLITE_IOERR }
        for page in pages {
            var bytes = page.bytes
            let code = bytes.withUnsafeMutableBytes { Self.write(file, UnsafeRawPointer($0.baseAddress), Int32(clamping: $0.count), page.offset) }
            guard code == SQLITE_OK else { return code }
        }
        return synchronize(file, SQLITE_SYNC_FULL)
    }

    /// Whole pages begin at a multiple of their size, a power of two of at least 512; SQLite's look at the header and its change counter are smaller.
    private static func isPage(_ count: Int32, _ offset: Int64) -> Bool {
        count >= 512 && count & (count - 1) == 0 && offset & Int64(count - 1) == 0
    }

    // MARK: The observer

    private static let hasObserver = Atomic<Bool>(false)
    private static let observer = Mutex<(any FileObserver)?>(nil)
    /// Of open files, by their address; kept only while there is an observer.
    private static let paths = Mutex<[UInt: String]>([:])

    static var isObserved: Bool { hasObserver.load(ordering: .relaxed) }

    /// Sees files that are opened from now on.
    static func observe(_ new: (any FileObserver)?) {
        observer.withLock { $0 = new }
        hasObserver.store(new != nil, ordering: .sequentiallyConsistent)
        if new == nil { paths.withLock { $0 = [:] } }
    }

    /// A file was removed past SQLite.
    static func noteDeleted(_ path: String) {
        if isObserved { withObserver { $0.deleted(path, isDurable: false) } }
    }

    @discardableResult
    static func withObserver<Result>(_ body: (any FileObserver) -> Result) -> Result? {
        observer.withLock { $0 }.map(body)
    }

    private static func observed(_ file: File, _ body: (any FileObserver, String) -> FileRefusal?) -> Int32? {
        guard let path = paths.withLock({ $0[UInt(bitPattern: file)] }) else { return nil }
        return observed(path, body)
    }

    /// - Returns: the code of a failure that the observer wants.
    static func observed(_ path: String, _ body: (any FileObserver, String) -> FileRefusal?) -> Int32? {
        guard isObserved else { return nil }
        return withObserver { body($0, path) }.flatMap { $0 }?.code
    }
}

/// Sees what is done to files, before it is done; with an answer it fails instead. For tests.
package protocol FileObserver: Sendable {
    func opened(_ path: String)
    func willRead(_ path: String, offset: Int64, count: Int) -> FileRefusal?
    func willWrite(_ path: String, offset: Int64, _ bytes: UnsafeRawBufferPointer) -> FileRefusal?
    func willTruncate(_ path: String, byteCount: Int64) -> FileRefusal?
    func willSynchronize(_ path: String) -> FileRefusal?
    /// - Parameter path: of the database whose log it is.
    func willGrowIndex(_ path: String, piece: Int32) -> FileRefusal?
    /// The file's map in memory is left: by a checkpoint, too, between its look at the log's length and that at what is copied of it.
    func willLeaveMap(_ path: String)
    func deleted(_ path: String, isDurable: Bool)
    func synchronizedDirectory(_ path: String)
}

extension FileObserver {
    package func willGrowIndex(_ path: String, piece: Int32) -> FileRefusal? { nil }
    package func willLeaveMap(_ path: String) {}
}

/// How a call fails.
package enum FileRefusal: Sendable {
    case noSpace, failedRead, failedWrite, failedSync, failedGrowth
    /// As the system's read says it of a part that the device does not give; SQLite's statements make SQLITE_CORRUPT of it.
    case unreadSector

    var code: Int32 {
        switch self {
        case .noSpace: SQLITE_FULL
        case .failedRead: SQLITE_IOERR | (1 << 8)
        case .failedWrite: SQLITE_IOERR | (3 << 8)
        case .failedSync: SQLITE_IOERR | (4 << 8)
        case .failedGrowth: SQLITE_IOERR | (19 << 8)
        case .unreadSector: SQLITE_IOERR | (33 << 8)
        }
    }
}
