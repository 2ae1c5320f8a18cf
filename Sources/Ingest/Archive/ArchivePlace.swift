package import Cluster
package import ColumnStore

/// Where the records of a pair are kept until no instant of the last day needs them (`ArchiveRetention`): below `archive/` of its `log.url`.
///
///     store                                     whose they are (`SealedText`), created once
///     lines/<line>                              `ArchiveLine`, created once
///     <line>/segments/<first>                   `ArchiveSegment`, created once
///     <line>/checkpoints/<record>/MANIFEST      `ArchiveCheckpoint`, after its files
///     <line>/files/<sha256>                     files of checkpoints
///     <line>/until                              `ArchiveUntil`, put again now and then
///     base/warehouse/<table>/<key>              files of cold tables, as they come
///
/// Records that count are one sequence that never changes, so that nobody has to say who writes: two leaders can only write the same. Numbers have 19 digits, so that names are listed
/// in their order. What has another name is none of the archive's: it is passed over, and told.
package struct ArchivePlace: Sendable {
    /// Of the pair's log, as people name it.
    package let url: String
    /// Its objects are those of the archive; it has no head.
    let place: LogPlace
    /// Where the log of a single server would lie.
    private let log: LogPlace

    private static let folder = "archive"
    static let storeKey = "store"
    static let lineFolder = "lines/"
    static let untilName = "until"
    private static let textByteCountMax = 4_096
    /// No record has a higher number (`ArchiveSegment`), and no line: whoever went on behind a name that has one would come to numbers that are none.
    private static let recordMax: Int64 = 1 << 60
    static let lineMax: Int64 = 1 << 40

    /// Another pair's records lie there.
    package struct OtherStore: Error, CustomStringConvertible {
        let url: String
        let found: String
        let own: String
        package var description: String { "log.url, \(url), has the archive of the store \(found), and this pair keeps the store \(own): each needs a log.url of its own" }
    }

    /// - Parameters:
    ///   - url: of the log: `s3://bucket/prefix` or `file:///directory`.
    ///   - open: gives the place of a bucket's URL.
    /// - Throws: `ColumnStoreError.invalidRequest` for a URL that is none.
    package init(url: String, open: (String?) throws -> any StorageFactory) throws {
        self.url = url.hasSuffix("/") ? String(url.dropLast()) : url
        place = try LogPlace(url: "\(self.url)/\(Self.folder)", open: open)
        log = try LogPlace(url: self.url, open: open)
    }

    /// All that is open of it: their requests are the place's.
    package var storages: [any StorageFactory] { place.storages + log.storages }

    /// What lies at the URL of a log.
    package enum Kind: Sendable { case archive, log }

    /// - Throws: `Both`; `ColumnStoreError.notFound` for a place that has neither, and says what to do; what the place throws, with the URL.
    package func kind() throws -> Kind {
        do { return try kindFound() } catch let error as ColumnStoreError where !error.path.hasPrefix(url) {
            // A directory's faults name what was looked for in it alone.
            throw ColumnStoreError(error.code, path: url, "\(error.detail) (\(error.path))", systemError: error.systemError)
        }
    }

    private func kindFound() throws -> Kind {
        if try isThere() { return .archive }
        if try hasLogOfOne() { return .log }
        if let text = try MistakenPlace(objects: log.objects).text() { throw ColumnStoreError(.notFound, path: url, text) }
        if try objects.keys(prefix: Self.lineFolder, after: Self.lineFolder, countMax: 1).first != nil {
            throw ColumnStoreError(.notFound, path: name(Self.storeKey), "is not there, and lines of a pair's archive are: whoever has removed it is to put it back; the bucket may keep former versions")
        }
        for folder in [LogCheckpoint.folder, "log/", LogHead.ended] where try log.objects.keys(prefix: folder, after: folder, countMax: 1).first != nil {
            throw ColumnStoreError(
                .notFound, path: "\(url)/\(LogHead.key)", "is not there, and \(folder) of a single server's log is: start that server, which puts it back, or put it back; the bucket may keep former versions")
        }
        throw ColumnStoreError(
            .notFound, path: url,
            "has neither the log of a single server (\(LogHead.key)) nor the archive of a pair (\(Self.folder)/\(Self.storeKey)): give the URL that log.url has in the server's configuration, "
                + "with its endpoint and credentials (--config). A server has a log once it was started with log.url, a pair an archive once its first records are there")
    }

    /// Whether it is there: else the place may have the log of a single server.
    ///
    /// - Throws: `Both`; what the place throws.
    package func isThere() throws -> Bool {
        guard try objects.byteCount(of: Self.storeKey) != nil else { return false }
        try checkAlone()
        return true
    }

    /// The log of a single server lies there.
    package struct Both: Error, CustomStringConvertible {
        let url: String
        package var description: String { "\(url) has the log of a single server (\(LogHead.key)): each store needs a log.url of its own. Where the archive of a pair lies there too, put aside the one that is not wanted" }
    }

    /// Whether the log of a single server lies there.
    package func hasLogOfOne() throws(ColumnStoreError) -> Bool { try log.objects.byteCount(of: LogHead.key) != nil }

    private func checkAlone() throws { if try hasLogOfOne() { throw Both(url: url) } }

    var objects: any ObjectStorage { place.objects }

    /// For messages.
    func name(_ key: String) -> String { "\(place.url)/\(key)" }

    /// - Returns: nil where there is none.
    func get(_ key: String, byteCountMax: Int) throws(ColumnStoreError) -> [UInt8]? {
        do { return try objects.get(key, byteCountMax: byteCountMax) } catch where error.code == .notFound { return nil }
    }

    /// - Returns: false where there is another; one that is the very same was put by an earlier call, whose answer was lost.
    func create(_ key: String, _ bytes: [UInt8]) throws(ColumnStoreError) -> Bool {
        do { try objects.putIfAbsent(key, bytes) } catch where error.code == .conflict {
            // A longer one is another.
            guard try objects.byteCount(of: key) == Int64(bytes.count) else { return false }
            return try get(key, byteCountMax: bytes.count) == bytes
        }
        return true
    }

    // MARK: Cold tables

    /// A cold table's object lies here by its name and size: whether it is that one. All have names by chance but versions of metadata, whose numbers a history has used too that was given up since
    /// (both machines were put back to an earlier state).
    ///
    /// - Throws: `.corruptFile` for another one, which is left as it is: instants of that history need it.
    func checkCold(_ table: String, _ key: String, byteCount: Int64, sha256: [UInt8]) throws(ColumnStoreError) {
        guard key.hasPrefix("metadata/v"), key.hasSuffix(".metadata.json") else { return }
        let name = LogPlace.coldKey(table, key)
        guard SHA256.hash(try objects.get(name, byteCountMax: Int(clamping: byteCount))) != sha256 else { return }
        throw ColumnStoreError(
            .corruptFile, path: self.name(name),
            "has other bytes than this pair's object of that name, as one of an earlier history of this store, or of another cluster's: nothing is archived beside it. Put it aside, and with it the instants that need it")
    }

    // MARK: Whose it is

    private static func bytes(_ store: String) -> [UInt8] { SealedText.bytes("till-archive-store 1\nstore \(store)\n") }

    /// - Returns: nil where nobody has an archive there.
    /// - Throws: `.corruptFile`.
    package func store() throws(ColumnStoreError) -> StoreIdentity? {
        guard let bytes = try get(Self.storeKey, byteCountMax: Self.textByteCountMax) else { return nil }
        guard let fields = SealedText.fields(bytes), fields.title == "till-archive-store 1", let store = fields["store"].flatMap({ StoreIdentity($0) }) else {
            throw ColumnStoreError(.corruptFile, path: name(Self.storeKey), "does not say whose archive this is: is it damaged, or one of a later version of till?")
        }
        return store
    }

    /// Says whose records these are, where nobody has.
    ///
    /// - Throws: `OtherStore`, `Both`.
    func claim(_ store: StoreIdentity) throws {
        try checkAlone()
        guard try !create(Self.storeKey, Self.bytes(store.text)), let found = try self.store(), found != store else { return }
        throw OtherStore(url: url, found: found.text, own: store.text)
    }

    // MARK: What is there

    /// All lines, the oldest first.
    func lines() throws -> [ArchiveLine] {
        try lineNumbers().compactMap { try line($0) }
    }

    /// Ascending.
    func lineNumbers() throws(ColumnStoreError) -> [Int64] {
        let numbers: [Int64] = try listed(below: Self.lineFolder) { name, _ in Self.number(name, through: Self.lineMax) }
        return numbers.sorted()
    }

    /// - Returns: nil where there is none.
    /// - Throws: `.corruptFile`.
    func line(_ number: Int64) throws(ColumnStoreError) -> ArchiveLine? {
        let key = Self.lineKey(number)
        guard let bytes = try get(key, byteCountMax: Self.textByteCountMax) else { return nil }
        return try ArchiveLine(parsing: bytes, number: number, path: name(key))
    }

    /// - Returns: nil for what no name of an archive has in the place of a number.
    private static func number(_ text: some StringProtocol, through last: Int64) -> Int64? { LogNumber.number(text).flatMap { (1...last).contains($0) ? $0 : nil } }

    /// What lies below a prefix.
    ///
    /// - Parameter read: what an object is, by its name behind the prefix; nil for one that is none of the archive's.
    private func listed<Found>(below prefix: String, _ read: (Substring, StoredObject) -> Found?) throws(ColumnStoreError) -> [Found] {
        var found: [Found] = []
        var strangers: [String] = []
        try objects.list(prefix: prefix) { object in
            if let own = read(object.key.dropFirst(prefix.utf8.count), object) { return found.append(own) }
            if !LogPlace.isUnfinished(object.key) { strangers.append(object.key) }
        }
        if let first = strangers.min() {
            StoreLog.note(
                "an object has a name that none of the archive has, and is passed over", path: name(first),
                reason: strangers.count == 1 ? "whoever put it there may take it away" : "and \(strangers.count - 1) more: whoever put them there may take them away", level: .warning)
        }
        return found
    }

    /// Whether an archive has objects of that name; what is below `base/` all is.
    static func isName(_ key: String) -> Bool {
        let parts = key.split(separator: "/", omittingEmptySubsequences: false)
        if key == storeKey || key.hasPrefix(LogPlace.base) { return true }
        if parts.count == 2, key.hasPrefix(lineFolder) { return number(parts[1], through: lineMax) != nil }
        if parts.count == 2, parts[1] == untilName { return number(parts[0], through: lineMax) != nil }
        guard parts.count > 2, number(parts[0], through: lineMax) != nil else { return false }
        switch parts[1] {
        case "segments": return parts.count == 3 && number(parts[2], through: recordMax) != nil
        case "checkpoints": return parts.count == 4 && number(parts[2], through: recordMax) != nil && parts[3] == BackupManifest.key
        case "files": return parts.count == 3 && Hexadecimal.bytes(String(parts[2]))?.count == SHA256.byteCount
        default: return false
        }
    }

    /// What the keys of all lines' own objects begin with: numbers have zeros in front, since there are no more lines than `lineMax`.
    static let ownPrefix = "0"

    /// The line whose own object a key names, or one in the making; nil for all else.
    static func line(ofKey key: String) -> Int64? {
        // `<name>.<chance>.tmp`, as a directory has what is in the making.
        let name = LogPlace.isUnfinished(key) ? key.split(separator: ".", omittingEmptySubsequences: false).dropLast(2).joined(separator: ".") : key
        guard isName(name) else { return nil }
        return number(name.prefix { $0 != "/" }, through: lineMax)
    }

    static func lineKey(_ line: Int64) -> String { "\(lineFolder)\(LogNumber.text(line))" }
    static func folder(of line: Int64) -> String { "\(LogNumber.text(line))/" }
    static func segmentKey(_ line: Int64, _ first: Int64) -> String { "\(folder(of: line))segments/\(LogNumber.text(first))" }
    static func fileKey(_ line: Int64, _ sha256: [UInt8]) -> String { "\(folder(of: line))files/\(Hexadecimal.text(sha256))" }

    static func untilKey(_ line: Int64) -> String { folder(of: line) + untilName }

    /// - Returns: nil where a line has none.
    /// - Throws: `.corruptFile`.
    func until(_ line: Int64) throws(ColumnStoreError) -> ArchiveUntil? {
        let key = Self.untilKey(line)
        guard let bytes = try get(key, byteCountMax: Self.textByteCountMax) else { return nil }
        return try ArchiveUntil(parsing: bytes, line: line, path: name(key))
    }

    /// The first records of a line's segments, ascending.
    func segments(of line: Int64) throws(ColumnStoreError) -> [Int64] { try sizedSegments(of: line).map { $0.first } }

    /// As `segments`, and how long each is.
    func sizedSegments(of line: Int64) throws(ColumnStoreError) -> [(first: Int64, byteCount: Int64)] {
        let found: [(first: Int64, byteCount: Int64)] = try listed(below: "\(Self.folder(of: line))segments/") { name, object in
            guard let first = Self.number(name, through: Self.recordMax) else { return nil }
            return (first, object.byteCount)
        }
        return found.sorted { $0.first < $1.first }
    }

    /// When a line's object came, and its last segment; milliseconds since 1970, both by the place's own clock. The largest number where the place does not tell of a segment when that came.
    func times(of line: Int64) throws(ColumnStoreError) -> (begun: Int64, last: Int64) {
        let key = Self.lineKey(line)
        var (begun, last) = (Int64(0), Int64(0))
        try objects.list(prefix: Self.lineFolder) { if $0.key == key { begun = $0.modifiedMilliseconds } }
        try objects.list(prefix: "\(Self.folder(of: line))segments/") { last = max(last, $0.modifiedMilliseconds > 0 ? $0.modifiedMilliseconds : .max) }
        return (begun, last)
    }

    /// The records that a line has checkpoints of, ascending, and when each came, in milliseconds since 1970.
    func checkpoints(of line: Int64) throws(ColumnStoreError) -> [(record: Int64, modifiedMilliseconds: Int64)] {
        let found: [(record: Int64, modifiedMilliseconds: Int64)] = try listed(below: "\(Self.folder(of: line))checkpoints/") { name, object in
            let parts = name.split(separator: "/", omittingEmptySubsequences: false)
            guard parts.count == 2, parts[1] == BackupManifest.key, let record = Self.number(parts[0], through: Self.recordMax) else { return nil }
            return (record, object.modifiedMilliseconds)
        }
        return found.sorted { $0.record < $1.record }
    }

    /// - Throws: `.notFound`; `.corruptFile`.
    func segment(_ line: Int64, _ first: Int64) throws -> ArchiveSegment {
        try segment(line, first, try objects.get(Self.segmentKey(line, first), byteCountMax: ArchiveSegment.byteCountMax))
    }

    /// - Parameter bytes: of its object.
    /// - Throws: `.corruptFile`.
    func segment(_ line: Int64, _ first: Int64, _ bytes: [UInt8]) throws -> ArchiveSegment {
        let key = Self.segmentKey(line, first)
        let segment = try ArchiveSegment(parsing: bytes, path: name(key))
        guard segment.first == first else { throw ColumnStoreError(.corruptFile, path: name(key), "has other records than its name says") }
        return segment
    }

    /// - Throws: `.notFound`; `.corruptFile`.
    func checkpoint(_ line: Int64, _ record: Int64) throws -> ArchiveCheckpoint {
        let key = ArchiveCheckpoint.key(line, record)
        return try ArchiveCheckpoint(parsing: try objects.get(key, byteCountMax: BackupManifest.byteCountMax), line: line, record: record, path: name(key))
    }
}
