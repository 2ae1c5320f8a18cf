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

    /// The bucket replaces objects in spite of conditions: two writers would not hear of each other.
    struct Unkept: Error, CustomStringConvertible {
        let fault: ColumnStoreError
        var description: String { "\(fault)" }
    }

    static let base = "base/"

    /// - Parameter open: gives the place of a bucket's URL.
    /// - Throws: `ColumnStoreError.invalidRequest` for a URL that is none.
    init(url: String, open: (String?) throws -> any StorageFactory) throws {
        // `s3://bucket/prefix/` is the same place.
        let url = StorageScheme.isRemote(url) && url.hasSuffix("/") ? String(url.dropLast()) : url
        self.url = url
        if StorageScheme(of: url) == .directory {
            let path = try Self.path(url)
            objects = try LocalStorageFactory.files(path)
            root = LocalWarehouseRoot(path: path)
            basePath = "\(path)/base"
            baseObjects = nil
            tables = LocalStorageFactory(path: "\(path)/base/warehouse")
            bucket = nil
            return
        }
        let factory = StorageScheme.isRemote(url) ? try open(url) : nil
        guard let objects = factory?.objects, let root = factory?.root, let base = try open(url + "/base").objects
        else { throw ColumnStoreError(.invalidRequest, path: url, "\(StorageScheme.forms) is wanted") }
        (self.objects, self.root) = (objects, root)
        basePath = url + "/base"
        baseObjects = base
        tables = try open(url + "/base/warehouse")
        bucket = factory
    }

    /// Asks a bucket whether it keeps conditions, before a writer trusts the log's head to it.
    ///
    /// - Throws: `Unkept`; `ColumnStoreError` where it gives no answer.
    func check() throws {
        if let fault = try bucket?.fault() { throw Unkept(fault: fault) }
    }

    /// - Throws: `.invalidRequest`.
    static func path(_ url: String) throws(ColumnStoreError) -> String {
        let parts = url.dropFirst("file://".utf8.count).split(separator: "/")
        guard StorageScheme(of: url) == .directory, !parts.isEmpty, !parts.contains(".."), !parts.contains("."), ObjectKey.isReadableLocation("/" + parts.joined(separator: "/")) else {
            throw ColumnStoreError(.invalidRequest, path: url, "an absolute path without . and .. is wanted after file://, and none of # ? : % in it")
        }
        return "/" + parts.joined(separator: "/")
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
        /// When it came, in milliseconds since 1970; nil where that was not asked for.
        var modifiedMilliseconds: Int64?

        var key: String { "\(LogPlace.segmentFolder(epoch))\(LogNumber.text(first))-\(LogNumber.text(last))" }
    }

    /// Of an epoch, in their order.
    func segments(of epoch: Int64) throws(ColumnStoreError) -> [SegmentName] {
        // Of those that begin alike, what others were merged into.
        try segments(below: Self.segmentFolder(epoch)).sorted { ($0.first, $1.last) < ($1.first, $0.last) }
    }

    /// Of all epochs, in no order.
    func segments() throws(ColumnStoreError) -> [SegmentName] { try segments(below: "log/") }

    private func segments(below prefix: String) throws(ColumnStoreError) -> [SegmentName] {
        var found: [SegmentName] = []
        try objects.list(prefix: prefix) { object in
            let parts = object.key.split(separator: "/", omittingEmptySubsequences: false)
            guard parts.count == 3, parts[0] == "log", let epoch = LogNumber.number(parts[1]) else { return }
            let numbers = parts[2].split(separator: "-", omittingEmptySubsequences: false)
            guard numbers.count == 2, let first = LogNumber.number(numbers[0]), let last = LogNumber.number(numbers[1]), first <= last else { return }
            found.append(SegmentName(epoch: epoch, first: first, last: last, modifiedMilliseconds: object.modifiedMilliseconds))
        }
        return found
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

    func checkpoints() throws -> [LogCheckpoint] {
        var keys: [String] = []
        try objects.list(prefix: LogCheckpoint.folder) { keys.append($0.key) }
        return try keys.sorted().compactMap { key in
            guard LogCheckpoint.isName(key) else { return nil }
            return try LogCheckpoint(parsing: try objects.get(key, byteCountMax: BackupManifest.byteCountMax), path: "\(url)/\(key)")
        }
    }
}
