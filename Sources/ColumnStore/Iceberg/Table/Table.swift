import Glibc

/// An Iceberg table at one version of its metadata: an immutable value, which commits turn into the next one.
///
/// Which version is current is the caller's to know (its catalog). A commit makes version N+1 by creating
/// `metadata/v<N+1>.metadata.json`, which fails when it is there: so of two commits from one version one gets a `.conflict`. The
/// table is unpartitioned, format version 2, and readable by outside engines from the moment that file exists.
///
/// Names in the storage: `metadata/v<N>.metadata.json`, `metadata/version-hint.text`, `metadata/snap-<snapshot>.avro` (manifest
/// lists), `metadata/m<snapshot>-<n>.avro` (manifests); data files lie where the caller puts them, usually below `data/`.
///
/// 1. A value never changes, and its metadata file neither: any number of threads may plan and read by one, whatever is committed meanwhile.
/// 2. All files of a value's snapshots are there as long as no later version has expired them and its caller deleted what that found obsolete.
/// 3. Only `metadata/version-hint.text` is ever written a second time.
public struct Table: Sendable {
    /// Where the table is; a `RelocatedStorage` when its metadata names another place.
    public let storage: any ObjectStorage
    /// From 1. A draft, which has no file yet, has the number that its first commit comes after.
    public let version: Int
    public let metadata: TableMetadata
    /// Shared with the versions that commits make of this value.
    let cache: ManifestCache
    /// Properties that each commit sets anew, so that the table's owner can recognise a version that it finds.
    let marks: Marks
    /// Called by each commit, on its thread.
    public typealias Marks = @Sendable () -> [String: String]
    /// Versions that are made of this one have higher numbers than this: where others may make some at the same time, each has numbers of its own.
    let floor: Int

    init(storage: any ObjectStorage, version: Int, metadata: TableMetadata, cache: ManifestCache, marks: @escaping Marks = { [:] }, floor: Int = 0) {
        self.floor = floor
        self.storage = storage
        self.version = version
        self.metadata = metadata
        self.cache = cache
        self.marks = marks
    }

    /// The columns of the table as they are now, with field ids: what a new data file is written with.
    public var schema: Schema { metadata.currentSchema.schema }

    static func metadataKey(_ version: Int) -> String { "metadata/v\(version).metadata.json" }
    static let hintKey = "metadata/version-hint.text"

    /// The number that the next commit takes.
    var nextVersion: Int { max(version, floor) + 1 }

    /// The version whose metadata file a key names: `metadata/v12.metadata.json` → 12.
    ///
    /// - Returns: nil for a key that is no version's metadata file.
    public static func version(ofKey key: String) -> Int? {
        guard key.hasPrefix("metadata/v"), key.hasSuffix(".metadata.json"), let version = Int32(key.dropFirst(10).dropLast(14)).map({ Int($0) }), metadataKey(version) == key
        else { return nil }
        return version
    }

    /// Metadata grows with schemas and unexpired snapshots only; more than this is not ours.
    private static let metadataByteCountMax = 256 << 20

    /// As outside readers open it.
    public var metadataLocation: String { storage.location(of: Self.metadataKey(version)) }

    /// The metadata as it is stored.
    ///
    /// - Throws: `.notFound`, `.overBudget`.
    public func metadataBytes() throws(ColumnStoreError) -> [UInt8] { try storage.get(Self.metadataKey(version), byteCountMax: Self.metadataByteCountMax) }

    // MARK: Opening

    /// A table that was moved with its directory is read where it is now; `isElsewhere` says so.
    ///
    /// - Throws: `.notFound`; `.corruptFile` and `.unsupportedFeature` for what is there; `.overBudget` for metadata that would take more memory than allowed.
    public static func open(
        _ storage: any ObjectStorage, version: Int, marks: @escaping Marks = { [:] }, floor: Int = 0
    ) throws(ColumnStoreError) -> Table {
        let key = metadataKey(version)
        let bytes = try storage.get(key, byteCountMax: metadataByteCountMax)
        let metadata = try TableMetadata(parsing: bytes, path: storage.location(of: key))
        return Table(
            storage: RelocatedStorage.reading(metadata, in: storage), version: version, metadata: metadata, cache: ManifestCache(), marks: marks, floor: floor)
    }

    /// The newest version, found without a catalog: from the hint on, as long as there is a next one.
    ///
    /// - Returns: nil when there is no table.
    public static func newestVersion(_ storage: any ObjectStorage) throws(ColumnStoreError) -> Int? {
        var version = 0
        do {
            let hint = try storage.get(hintKey, byteCountMax: 100)
            version = Int32(String(decoding: hint, as: UTF8.self)).map { max(0, Int($0)) } ?? 0
        } catch where error.code == .notFound {}
        if version > 0, try storage.byteCount(of: metadataKey(version)) == nil { version = 0 }
        while try storage.byteCount(of: metadataKey(version + 1)) != nil { version += 1 }
        return version == 0 ? nil : version
    }

    /// The versions after this one that a crash left between the metadata file and the caller's catalog, ascending: to be taken
    /// over by `open`, or taken back by `discardNewerVersions`.
    public func newerVersions() throws(ColumnStoreError) -> [Int] {
        var versions: [Int] = []
        while try storage.byteCount(of: Self.metadataKey(nextVersion + versions.count)) != nil { versions.append(nextVersion + versions.count) }
        return versions
    }

    /// Every version that has a metadata file, ascending: by a listing, since what a catalog does not know need not follow on what it does.
    public static func versions(_ storage: any ObjectStorage) throws(ColumnStoreError) -> [Int] {
        var versions: [Int] = []
        try storage.list(prefix: "metadata/v") { object in
            if let version = version(ofKey: object.key) { versions.append(version) }
        }
        return versions.sorted()
    }

    /// Takes back the versions after this one, the newest first, with the manifests they made. Data files that they added stay, for
    /// the caller to commit again or for the removal of orphans.
    ///
    /// - Precondition: this process made them. What another left is the caller's to put aside.
    public func discardNewerVersions() throws(ColumnStoreError) {
        let versions = try newerVersions()
        guard !versions.isEmpty else { return }
        // First the hint, so that it never names what is gone.
        try writeHint()
        for version in versions.reversed() {
            // Read before its metadata file goes, since nothing else leads to its manifests. From the top down: what a crash leaves is named by nothing.
            let newer = try Table.open(storage, version: version)
            try storage.delete(Self.metadataKey(version), .unpublished)
            guard let snapshot = newer.metadata.currentSnapshot, metadata.snapshot(id: snapshot.id) == nil else { continue }
            for manifest in try newer.manifests(of: snapshot) where manifest.addedSnapshotID == snapshot.id {
                if let key = storage.key(ofLocation: manifest.location) { try storage.delete(key, .unpublished) }
            }
            if let key = storage.key(ofLocation: snapshot.manifestList) { try storage.delete(key, .unpublished) }
        }
    }

    /// Names this version to readers that open the directory. Done by each commit; again when a catalog is found to be ahead.
    public func writeHint() throws(ColumnStoreError) {
        // No newline: two readers take it for a part of the number.
        try storage.put(Self.hintKey, Array(String(version).utf8))
    }

    /// As `writeHint`, where it names another version.
    public func renewHint() throws(ColumnStoreError) {
        do {
            if try storage.get(Self.hintKey, byteCountMax: 100) == Array(String(version).utf8) { return }
        } catch { guard error.code == .notFound || error.code == .overBudget else { throw error } }
        try writeHint()
    }

    // MARK: Creating

    /// Creates an empty table.
    ///
    /// - Parameters:
    ///   - version: more than 1 where metadata of an earlier table lies there, which nothing can be read from.
    ///   - floor: its versions have higher numbers.
    ///   - schema: its ids are given anew, counting from 1, unless `keepsIDs`: then files with those ids are there.
    ///   - sorting: the order in which data files are written, which becomes sort order 1.
    ///   - marks: properties that this commit and each later one sets.
    ///   - grouping: the column by whose bounds manifests are grouped; kept as a property of the table.
    /// - Throws: `.conflict` when there is one; `.invalidRequest` for a schema that no table holds, or a directory that breaks readers.
    public static func create(
        _ storage: any ObjectStorage, schema: Schema, sorting: [SortKey] = [], grouping: String? = nil,
        properties: [String: String] = [:], marks: @escaping Marks = { [:] }, version: Int = 1, floor: Int = 0, keepsIDs: Bool = false, now: Int64? = nil
    ) throws(ColumnStoreError) -> Commit {
        let table = try draft(
            storage, schema: schema, sorting: sorting, grouping: grouping, properties: properties, marks: marks, after: max(version, floor + 1), floor: floor,
            keepsIDs: keepsIDs, now: now)
        let written = try table.writeMetadata()
        try table.writeHint()
        return Commit(table: table, snapshot: nil, written: [written], obsoleteKeys: [])
    }

    /// As `create`, of a table that is nowhere yet: its first commit, which is to end history since there is none, makes it with its files, and nobody sees it empty.
    ///
    /// - Parameters:
    ///   - version: what the first commit comes after: 0, or the newest that lies there of an earlier table, from which nothing can be read.
    public static func draft(
        _ storage: any ObjectStorage, schema: Schema, sorting: [SortKey] = [], grouping: String? = nil,
        properties: [String: String] = [:], marks: @escaping Marks = { [:] }, after version: Int, floor: Int = 0, keepsIDs: Bool, now: Int64? = nil
    ) throws(ColumnStoreError) -> Table {
        let location = storage.location(of: "x").dropLast(2)
        // Without its scheme, which has a colon of its own.
        let parts = location.split(separator: "/", maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count == 3, parts[1].isEmpty, ObjectKey.isReadableLocation(String(parts[2])) else {
            throw ColumnStoreError(.invalidRequest, path: String(location), "readers of the table fail on a path with # ? : in it")
        }
        for field in schema.fields where !TableSchema.isStorable(field.type) {
            throw ColumnStoreError(.invalidRequest, column: field.name, "no table holds a column of \(field.type)")
        }
        guard !schema.fields.isEmpty else { throw ColumnStoreError(.invalidRequest, "a table needs a column") }
        var lastColumnID: Int32 = 0
        let numbered = keepsIDs ? schema : Schema(TableSchema.numbering(schema.fields, lastColumnID: &lastColumnID))
        if keepsIDs { lastColumnID = try TableSchema.greatestID(schema.fields) }
        var properties = properties.merging(readerProperties) { $1 }.merging(marks()) { $1 }
        if let grouping {
            guard numbered[grouping] != nil else { throw ColumnStoreError(.invalidRequest, column: grouping, "no such column") }
            properties[groupingProperty] = grouping
        }
        let metadata = TableMetadata(
            uuid: randomUUID(), location: String(location), schema: TableSchema(id: 0, schema: numbered),
            lastColumnID: lastColumnID, sortOrder: try sortOrder(sorting, numbered), properties: properties,
            now: now ?? currentMilliseconds())
        return Table(storage: storage, version: version, metadata: metadata, cache: ManifestCache(), marks: marks, floor: floor)
    }

    /// Properties of the table that engines outside need. Spark reads a column as a vector where it is not nested, and of the encodings that files here have those vectors know
    /// dictionaries alone, or a few more: Iceberg 1.10 says "Cannot support vectorized reads for column … with encoding DELTA_LENGTH_BYTE_ARRAY. Disable
    /// vectorized reads to read this table". By rows it reads them all. Of the others none looks at it.
    static let readerProperties = ["read.parquet.vectorization.enabled": "false"]

    /// The property that keeps `grouping` of `create`.
    static let groupingProperty = "till.manifest-grouping"

    /// - Returns: nil for no keys.
    /// - Throws: `.invalidRequest` for a path that leads to no column.
    private static func sortOrder(_ keys: [SortKey], _ schema: Schema) throws(ColumnStoreError) -> TableMetadata.SortOrder? {
        guard !keys.isEmpty else { return nil }
        var fields: [JSONValue] = []
        for key in keys {
            guard let id = schema.field(at: key.path)?.id else {
                throw ColumnStoreError(.invalidRequest, column: key.path.description, "no column to sort by")
            }
            fields.append(
                .object([
                    "transform": .string("identity"), "source-id": .integer(id),
                    "direction": .string(key.isDescending ? "desc" : "asc"),
                    "null-order": .string(key.isNullsFirst ? "nulls-first" : "nulls-last"),
                ]))
        }
        return TableMetadata.SortOrder(id: 1, fields: fields)
    }

    /// Writes this value's metadata file, which must not be there.
    func writeMetadata() throws(ColumnStoreError) -> WrittenObject {
        let key = Self.metadataKey(version)
        let bytes = metadata.json.serialized
        try storage.putOnce(key, bytes)
        return WrittenObject(key: key, byteCount: Int64(bytes.count), sha256: SHA256.hash(bytes))
    }

    static func currentMilliseconds() -> Int64 {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Int64(time.tv_sec) * 1_000 + Int64(time.tv_nsec) / 1_000_000
    }

    /// Version 4 of RFC 9562.
    private static func randomUUID() -> String {
        var random = SystemRandomNumberGenerator()
        // The version in the upper half of byte 6, the variant in the upper bits of byte 8.
        var bytes = (0..<16).map { _ in UInt8.random(in: 0...255, using: &random) }
        bytes[6] = bytes[6] & 0x0F | 0x40
        bytes[8] = bytes[8] & 0x3F | 0x80
        let digits = Array("0123456789abcdef")
        var text = ""
        for (index, byte) in bytes.enumerated() {
            if [4, 6, 8, 10].contains(index) { text.append("-") }
            text.append(digits[Int(byte >> 4)])
            text.append(digits[Int(byte & 15)])
        }
        return text
    }
}

/// The result of a commit.
public struct Commit: Sendable {
    /// The table after it. The caller's catalog must name `table.version` before the next commit.
    public let table: Table
    /// Nil when only metadata changed.
    public let snapshot: Snapshot?
    /// The files that the table wrote, for a catalog that keeps their hashes.
    public let written: [WrittenObject]
    /// Keys of objects that nothing refers to any more: to be deleted by `Table.delete`, after the catalog names the new version.
    public let obsoleteKeys: [String]
}

/// An object that was written, and its hash.
public struct WrittenObject: Sendable, Equatable {
    public let key: String
    public let byteCount: Int64
    public let sha256: [UInt8]
}
