import ColumnStore

/// Where a log lies: `s3://bucket/prefix` or `file:///directory`.
///
///     head                                    `LogHead`
///     epochs/<epoch>                          the head that the epoch ended with
///     log/<epoch>/<first>-<last>              `LogSegment`, created once
///     checkpoints/<epoch>-<from>-<to>         `LogCheckpoint`
///     base/                                   files of checkpoints, as a backup has them, and cold files as they come
///     uploads/<id>.<bytes>.<sha256>           files of uploads, as they come
struct LogPlace: Sendable {
    let url: String
    let objects: any ObjectStorage
    let root: any WarehouseRoot
    /// What a backup goes to: a directory, or a bucket's objects.
    let basePath: String
    let baseObjects: (any ObjectStorage)?
    /// Cold tables below `base`.
    let tables: any StorageFactory
    /// nil for a directory.
    private let bucket: (any StorageFactory)?
    /// All that is open of it: their requests are the place's.
    let storages: [any StorageFactory]

    /// The bucket replaces objects in spite of conditions: two writers would not hear of each other.
    struct Unkept: Error, CustomStringConvertible {
        let fault: ColumnStoreError
        var description: String { "\(fault)" }
    }

    static let base = "base/"

    /// And no bucket.
    var isDirectory: Bool { baseObjects == nil }

    /// A directory tells of objects in the making, too (`LocalStorage`).
    static func isUnfinished(_ key: String) -> Bool { key.hasSuffix(".tmp") }

    /// Where a cold table's object lies, `key` being its own within the table.
    static func coldKey(_ table: String, _ key: String) -> String { "\(base)warehouse/\(table)/\(key)" }

    /// - Parameter open: gives the place of a bucket's URL.
    /// - Throws: `ColumnStoreError.invalidRequest` for a URL that is none.
    init(url: String, open: (String?) throws -> any StorageFactory) throws {
        // `s3://bucket/prefix/` is the same place.
        let url = StorageScheme.isRemote(url) && url.hasSuffix("/") ? String(url.dropLast()) : url
        self.url = url
        if StorageKind.directory.has(url), let path = try DirectoryURL.path(url) {
            objects = try LocalStorageFactory.files(path)
            root = LocalWarehouseRoot(path: path)
            basePath = "\(path)/base"
            baseObjects = nil
            tables = LocalStorageFactory(path: "\(path)/base/warehouse")
            (bucket, storages) = (nil, [])
            return
        }
        let factory = StorageScheme.isRemote(url) ? try open(url) : nil
        let below = factory == nil ? nil : try open(url + "/base")
        guard let factory, let objects = factory.objects, let root = factory.root, let below, let base = below.objects
        else { throw ColumnStoreError(.invalidRequest, path: url, "\(StorageScheme.forms) is wanted") }
        (self.objects, self.root) = (objects, root)
        basePath = url + "/base"
        baseObjects = base
        tables = try open(url + "/base/warehouse")
        (bucket, storages) = (factory, [factory, below, tables])
    }

    /// Asks a bucket whether it keeps conditions, before a writer trusts the log's head to it.
    ///
    /// - Throws: `Unkept`; `ColumnStoreError` where it gives no answer.
    func check() throws {
        if let fault = try bucket?.fault() { throw Unkept(fault: fault) }
    }

    /// No store comes to a version of a higher number: what has one is nobody's.
    private static let versionMax = 2_000_000_000

    /// The highest number of a version of any cold table that lies here, whichever history of the store has made it; 0 where there is none.
    ///
    /// - Complexity: a listing of all cold files.
    func lastVersion() throws(ColumnStoreError) -> Int {
        let folder = "\(Self.base)warehouse/"
        var last = 0
        try objects.list(prefix: folder) { object in
            // `<table>/<key>`.
            let name = object.key.dropFirst(folder.utf8.count)
            guard let slash = name.firstIndex(of: "/"), let version = Table.version(ofKey: String(name[name.index(after: slash)...])), version <= Self.versionMax else { return }
            last = max(last, version)
        }
        return last
    }

    static func segmentFolder(_ epoch: Int64) -> String { "log/\(LogNumber.text(epoch))/" }

    func head() throws(ColumnStoreError) -> (head: LogHead, tag: String)? {
        guard let found = try root.read(LogHead.key) else { return nil }
        return (try LogHead(parsing: found.bytes, path: "\(url)/\(LogHead.key)"), found.tag)
    }

    /// A segment's key, with its first and last record.
    struct SegmentName: Equatable, Sendable {
        let epoch: Int64
        let first: Int64
        let last: Int64
        /// When it came, in milliseconds since 1970; nil where that was not asked for, as of the size.
        var modifiedMilliseconds: Int64?
        var byteCount: Int64?

        var key: String { "\(LogPlace.segmentFolder(epoch))\(LogNumber.text(first))-\(LogNumber.text(last))" }
    }

    /// Of an epoch, in their order.
    func segments(of epoch: Int64) throws(ColumnStoreError) -> [SegmentName] {
        // Of those that begin alike, what others were merged into.
        try segments(below: Self.segmentFolder(epoch)).sorted { ($0.first, $1.last) < ($1.first, $0.last) }
    }

    /// Of all epochs, in no order.
    ///
    /// - Parameter strange: called with each name that no segment has, which is left out.
    func segments(_ strange: ((_ key: String) -> Void)? = nil) throws(ColumnStoreError) -> [SegmentName] { try segments(below: "log/", strange) }

    /// Where each segment of an epoch begins and ends that is behind a record: the first some hundreds, and of those that begin alike the shortest, since it is no other's part.
    func segments(of epoch: Int64, behind last: Int64) throws(ColumnStoreError) -> [Int64: Int64] {
        let folder = Self.segmentFolder(epoch)
        // Behind all names that begin with that number.
        let keys = try objects.keys(prefix: folder, after: "\(folder)\(LogNumber.text(last))~", countMax: Self.behindCountMax)
        return Dictionary(keys.compactMap { Self.segment($0) }.map { ($0.first, $0.last) }, uniquingKeysWith: { min($0, $1) })
    }

    /// Of one answer of a bucket.
    private static let behindCountMax = 1_000

    private func segments(below prefix: String, _ strange: ((_ key: String) -> Void)? = nil) throws(ColumnStoreError) -> [SegmentName] {
        var found: [SegmentName] = []
        try objects.list(prefix: prefix) { object in
            if let name = Self.segment(object.key, modifiedMilliseconds: object.modifiedMilliseconds, byteCount: object.byteCount) { return found.append(name) }
            if !Self.isUnfinished(object.key) { strange?(object.key) }
        }
        return found
    }

    /// - Returns: nil for a name that no segment has.
    private static func segment(_ key: String, modifiedMilliseconds: Int64? = nil, byteCount: Int64? = nil) -> SegmentName? {
        let parts = key.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 3, parts[0] == "log", let epoch = LogNumber.number(parts[1]) else { return nil }
        let numbers = parts[2].split(separator: "-", omittingEmptySubsequences: false)
        guard numbers.count == 2, let first = LogNumber.number(numbers[0]), let last = LogNumber.number(numbers[1]), first <= last else { return nil }
        return SegmentName(epoch: epoch, first: first, last: last, modifiedMilliseconds: modifiedMilliseconds, byteCount: byteCount)
    }

    /// The newest checkpoint of an epoch; nil where it has none.
    func newestCheckpoint(of epoch: Int64) throws -> LogCheckpoint? {
        let prefix = "\(LogCheckpoint.folder)\(LogNumber.text(epoch))-"
        var newest: String?
        // Numbers in keys have a fixed width, so that the order of texts is theirs.
        try objects.list(prefix: prefix) { object in
            guard LogCheckpoint.isName(object.key), object.key > newest ?? "" else { return }
            newest = object.key
        }
        return try newest.map { try LogCheckpoint(parsing: try objects.get($0, byteCountMax: BackupManifest.byteCountMax), path: "\(url)/\($0)") }
    }

    /// Of all epochs, in the order of their names.
    ///
    /// - Parameter damaged: called with each that is not as it was put, which is left out then; nil: that is an error.
    func checkpoints(_ damaged: ((_ key: String, ColumnStoreError) -> Void)? = nil) throws -> [LogCheckpoint] {
        var keys: [String] = []
        try objects.list(prefix: LogCheckpoint.folder) { keys.append($0.key) }
        return try keys.sorted().compactMap { key in
            guard LogCheckpoint.isName(key) else { return nil }
            do throws(ColumnStoreError) { return try LogCheckpoint(parsing: try objects.get(key, byteCountMax: BackupManifest.byteCountMax), path: "\(url)/\(key)") } catch {
                guard let damaged, ObjectFindings.isFault(error) else { throw error }
                damaged(key, error)
                return nil
            }
        }
    }
}

extension LogPlace {
    /// Puts a head back that somebody has removed, where nothing tells that another writer has the log.
    ///
    /// 1. Whoever begins an epoch lays the head of the one before aside first (`epochs/`): an epoch that was raised leaves that, its checkpoint and its segments, whoever removes the head after it.
    /// 2. Without a head nobody raises one, and of two who put it back one is first: the other finds another's mark in it.
    /// 3. The record that it ends with must be there, or a checkpoint of this store that has it: a place that has lost more, or is another, is not taken for this store's log.
    ///
    /// - Parameters:
    ///   - head: as this store knows it.
    ///   - known: the last record that this store's files know of.
    /// - Throws: `LogClaim.Refused` where something is of a later epoch, or of a later time of this one; `ColumnStoreError.notFound` where nothing says whose log this is.
    func putBack(_ head: LogHead, known: Int64) throws {
        try refuseLater(than: head, known: known)
        guard try hasEnd(of: head) else {
            throw ColumnStoreError(
                .notFound, path: "\(url)/\(LogHead.key)",
                "it is gone, and so is what tells that this is the log of this store: put it back, or empty the place and start the server anew, which begins an epoch with a checkpoint")
        }
        do { try root.create(LogHead.key, head.bytes) } catch {
            // Who was quicker tells the next look.
            guard error.code == .conflict else { throw error }
            return
        }
        StoreLog.note("the log's head was gone, and was put back", path: url, reason: "nothing there is of a later epoch than \(head.epoch)", level: .warning)
    }

    private func refuseLater(than head: LogHead, known: Int64) throws {
        func refuse(_ what: String) -> LogClaim.Refused {
            LogClaim.Refused(description: "\(url)/\(LogHead.key) is gone, and \(what): another writer has the log, or this store's files are of an earlier time. Put the head back, or restore this directory from the log")
        }
        var later: String?
        try objects.list(prefix: LogHead.ended) { object in
            guard let epoch = LogNumber.number(object.key.dropFirst(LogHead.ended.utf8.count)), epoch >= head.epoch else { return }
            later = "epoch \(epoch) was ended by \(object.key)"
        }
        try objects.list(prefix: LogCheckpoint.folder) { object in
            guard let (epoch, to) = LogCheckpoint.end(ofKey: object.key), epoch > head.epoch || epoch == head.epoch && to > known else { return }
            later = "\(object.key) is there"
        }
        if let segment = try segments().first(where: { $0.epoch > head.epoch || $0.epoch == head.epoch && $0.last > known }) { later = "\(segment.key) is there" }
        if let later { throw refuse(later) }
    }

    private func hasEnd(of head: LogHead) throws -> Bool {
        if let name = try segments(of: head.epoch).first(where: { $0.first <= head.last && head.last <= $0.last }) {
            let segment = try LogSegment(parsing: try objects.get(name.key, byteCountMax: LogSegment.byteCountMax), path: "\(url)/\(name.key)")
            return segment.records.contains { $0.sequence == head.last && $0.hash == head.hash }
        }
        guard let checkpoint = try newestCheckpoint(of: head.epoch) else { return false }
        return checkpoint.manifest.store == head.store && checkpoint.from >= head.last
    }
}
