extension Table {
    /// The manifests of a snapshot.
    ///
    /// - Throws: `.unsupportedFeature` for a list outside the table's storage; `.notFound`, `.overBudget`, `.corruptFile` for what is there.
    func manifests(of snapshot: Snapshot) throws(ColumnStoreError) -> [ManifestFile] {
        if let manifests = cache.manifests(ofList: snapshot.manifestList) { return manifests }
        return try read(list: snapshot, try storage.get(try ownKey(snapshot.manifestList), byteCountMax: ManifestReader.byteCountMax))
    }

    /// Decodes a list and keeps it for the next plan.
    private func read(list snapshot: Snapshot, _ bytes: [UInt8]) throws(ColumnStoreError) -> [ManifestFile] {
        let key = try ownKey(snapshot.manifestList)
        let manifests = try decoded(key, bytes) { (bytes) throws(ColumnStoreError) in
            try ManifestReader.manifests(bytes, path: storage.location(of: key))
        }
        cache.keep(manifests, ofList: snapshot.manifestList)
        return manifests
    }

    /// Decodes what a cache may have of an object that was torn on its way, or another: where that cannot be, the storage itself is asked once more, and what it gives is not kept
    /// either while it is no better.
    private func decoded<Value>(
        _ key: String, _ bytes: [UInt8], _ decode: ([UInt8]) throws(ColumnStoreError) -> Value
    ) throws(ColumnStoreError) -> Value {
        do { return try decode(bytes) } catch {
            guard error.code == .corruptFile || error.code == .unsupportedFeature else { throw error }
            storage.forget(key)
            do { return try decode(try storage.get(key, byteCountMax: ManifestReader.byteCountMax)) } catch {
                storage.forget(key)
                throw error
            }
        }
    }

    /// The manifests of several snapshots, one after the other; lists that must be read are got together.
    func manifests(of snapshots: [Snapshot], _ body: (Snapshot, [ManifestFile]) throws(ColumnStoreError) -> Void) throws(ColumnStoreError) {
        try each(
            snapshots, kept: snapshots.map { cache.manifests(ofList: $0.manifestList) },
            object: { snapshot in
                storage.key(ofLocation: snapshot.manifestList).map { WantedObject(key: $0, byteCountMax: ManifestReader.byteCountMax) }
            },
            read: { (snapshot, bytes) throws(ColumnStoreError) in try read(list: snapshot, bytes) },
            alone: { (snapshot) throws(ColumnStoreError) in try manifests(of: snapshot) }
        ) { (snapshot, manifests) throws(ColumnStoreError) in
            try body(snapshot, manifests)
            return true
        }
    }

    /// The entries of a manifest, deleted ones included.
    func entries(of manifest: ManifestFile) throws(ColumnStoreError) -> [ManifestEntry] {
        if let entries = cache.entries(of: manifest.location) { return entries }
        guard !manifest.holdsDeletes else {
            throw ColumnStoreError(.unsupportedFeature, path: manifest.location, "the table has delete files, which are not applied here")
        }
        return try read(manifest, try storage.get(try ownKey(manifest.location), byteCountMax: ManifestReader.byteCountMax))
    }

    /// Decodes a manifest and keeps its entries for the next plan.
    private func read(_ manifest: ManifestFile, _ bytes: [UInt8]) throws(ColumnStoreError) -> [ManifestEntry] {
        let entries = try decoded(try ownKey(manifest.location), bytes) { (bytes) throws(ColumnStoreError) in try ManifestReader.entries(bytes, manifest: manifest) }
        cache.keep(entries, of: manifest.location)
        return entries
    }

    /// The entries of several manifests, one manifest after the other, until `body` gives false; those that must be read are got together.
    func entries(of manifests: [ManifestFile], _ body: (ManifestFile, [ManifestEntry]) throws(ColumnStoreError) -> Bool) throws(ColumnStoreError) {
        try each(
            manifests, kept: manifests.map { cache.entries(of: $0.location) },
            object: { manifest in
                // One of delete files is refused in its turn.
                if manifest.holdsDeletes { return nil }
                return storage.key(ofLocation: manifest.location).map {
                    WantedObject(key: $0, byteCount: manifest.byteCount, byteCountMax: ManifestReader.byteCountMax)
                }
            },
            read: { (manifest, bytes) throws(ColumnStoreError) in try read(manifest, bytes) },
            alone: { (manifest) throws(ColumnStoreError) in try entries(of: manifest) }, body)
    }

    /// What is kept, or lies in the storage, of each source in turn, until `body` gives false.
    ///
    /// - Parameters:
    ///   - object: what is to be read; nil where `alone` says why that cannot be.
    ///   - alone: what `read` makes of a source's object, got by itself.
    private func each<Source, Value>(
        _ sources: [Source], kept: [Value?], object: (Source) -> WantedObject?, read: (Source, [UInt8]) throws(ColumnStoreError) -> Value,
        alone: (Source) throws(ColumnStoreError) -> Value, _ body: (Source, Value) throws(ColumnStoreError) -> Bool
    ) throws(ColumnStoreError) {
        let missing = sources.indices.compactMap { place in kept[place] == nil ? object(sources[place]).map { (place: place, object: $0) } : nil }
        // Kept ones and read ones must come in the order of `sources`, but only those that are missing are asked for: before each that arrives, the
        // kept ones in front of it are handed out, and at the end the rest.
        var (next, goesOn) = (0, true)
        func handOut(before end: Int) throws(ColumnStoreError) {
            while goesOn, next < end {
                let value = if let known = kept[next] { known } else { try alone(sources[next]) }
                goesOn = try body(sources[next], value)
                next += 1
            }
        }
        try storage.getEach(missing.map(\.object)) { (number, bytes) throws(ColumnStoreError) in
            let place = missing[number].place
            try handOut(before: place)
            if goesOn {
                goesOn = try body(sources[place], try read(sources[place], bytes))
                next += 1
            }
            return goesOn
        }
        try handOut(before: sources.count)
    }

    /// The key of an object that the table's metadata names.
    ///
    /// - Throws: `.unsupportedFeature` for a location outside the table's storage.
    func ownKey(_ location: String) throws(ColumnStoreError) -> String {
        guard let key = storage.key(ofLocation: location) else {
            throw ColumnStoreError(.unsupportedFeature, path: location, "lies outside of the table's storage")
        }
        return key
    }

    /// Hands out the data files of a snapshot that may have rows which pass all of `filters`, manifest by manifest; manifests and
    /// files whose bounds rule that out are passed over unread.
    ///
    /// Each manifest is decoded as a whole before its files are handed out.
    ///
    /// - Parameter snapshot: nil for the current one.
    /// - Throws: what `body` throws; as `manifests(of:)` and `entries(of:)` for lists and manifests that cannot be read.
    public func plan(
        _ filters: [ColumnFilter] = [], at snapshot: Snapshot? = nil,
        _ body: (DataFile) throws(ColumnStoreError) -> Void
    ) throws(ColumnStoreError) {
        guard let snapshot = snapshot ?? metadata.currentSnapshot else { return }
        // Filters name columns as they are called now; ids find them in old files.
        let schema = metadata.currentSchema
        try entries(of: try manifests(of: snapshot).filter { $0.canMatch(filters, schema: schema) }) { (_, entries) throws(ColumnStoreError) in
            for entry in entries where entry.status != .deleted {
                if entry.file.canMatch(filters, schema: schema) { try body(entry.file) }
            }
            return true
        }
    }

    /// As `plan`, in one list.
    public func files(_ filters: [ColumnFilter] = [], at snapshot: Snapshot? = nil) throws(ColumnStoreError) -> [DataFile] {
        var files: [DataFile] = []
        try plan(filters, at: snapshot) { (file) throws(ColumnStoreError) in files.append(file) }
        return files
    }

    /// The bounds that a file's entry has, of its top-level columns, in the table's order.
    public func bounds(of file: DataFile) -> [ColumnBounds] {
        schema.fields.compactMap { field in
            guard let id = field.id else { return nil }
            let bounds = BoundCoding.decode(lower: file.lowerBounds?[id], upper: file.upperBounds?[id], type: field.type)
            guard bounds.minimum != nil || bounds.maximum != nil else { return nil }
            return ColumnBounds(field: field, minimum: bounds.minimum, maximum: bounds.maximum)
        }
    }

    /// How many rows and files a snapshot has, from its manifest list alone.
    ///
    /// - Complexity: O(manifests).
    public func counts(at snapshot: Snapshot? = nil) throws(ColumnStoreError) -> (rowCount: Int64, fileCount: Int) {
        guard let snapshot = snapshot ?? metadata.currentSnapshot else { return (0, 0) }
        return try manifests(of: snapshot).reduce((0, 0)) { ($0.0.addingSaturating($1.liveRowCount), $0.1 + $1.liveFileCount) }
    }

    /// Says that data files will be opened soon, and how much of the end of each is its footer.
    /// Those of other tables are passed over. Never fails.
    public func expect(_ files: some Sequence<DataFile>) {
        var left = Self.expectedFooterByteCountMax
        storage.expect(files.compactMap { file in
            guard let key = storage.key(ofLocation: file.location) else { return nil }
            let byteCount = min(left, file.footerByteCountGuess)
            left = left.subtractingSaturating(byteCount)
            return WantedEnd(key: key, byteCount: byteCount)
        })
    }

    /// Of the footers of all files that are expected together: half of what fetched pieces of objects may hold, or the first would be gone before they are read.
    private static let expectedFooterByteCountMax = 64 << 20

    /// Opens a data file of the table.
    ///
    /// - Throws: `.notFound`, and `.unsupportedFeature` for one outside the table's storage.
    public func open(_ file: DataFile) throws(ColumnStoreError) -> any RandomAccessBytes {
        try storage.open(try ownKey(file.location))
    }

    /// A data file with its footer read. Another object that has come to stand under its name, a whole Parquet file maybe, is recognised by its length, its
    /// rows and where its row groups begin: no page of it would be wrong.
    ///
    /// - Throws: `.corruptFile` besides what reading throws.
    public func parquet(_ file: DataFile) throws(ColumnStoreError) -> ParquetFile {
        do { return try checked(file) } catch {
            guard error.code == .corruptFile || error.code == .unsupportedFeature else { throw error }
            // A cache may have this of an object that stood there before the right one was put back: the storage itself is asked.
            forget(file.location)
            do { return try checked(file) } catch {
                forget(file.location)
                throw error
            }
        }
    }

    /// Lets go of what is kept of an object of the table beside its storage.
    ///
    /// - Parameter location: one that is none of the table's does nothing.
    public func forget(_ location: String) { if let key = storage.key(ofLocation: location) { storage.forget(key) } }

    /// - Throws: `.corruptFile` for a file that is not the one that the entry describes.
    private func checked(_ file: DataFile) throws(ColumnStoreError) -> ParquetFile {
        let bytes = try open(file)
        // Of a table that was moved, where it is now, and not where its manifests say.
        let place = (try? ownKey(file.location)).map { storage.place(of: $0) } ?? file.location
        guard bytes.byteCount == file.byteCount else {
            throw ColumnStoreError(.corruptFile, path: place, "has \(bytes.byteCount) bytes, its manifest says \(file.byteCount): it is not the file that was written")
        }
        let parquet = try ParquetFile(bytes)
        guard parquet.metadata.rowCount == file.recordCount else {
            throw ColumnStoreError(
                .corruptFile, path: place, "has \(parquet.metadata.rowCount) rows, its manifest says \(file.recordCount): it is not the file that was written")
        }
        if let offsets = file.splitOffsets, offsets.count != parquet.metadata.rowGroups.count {
            throw ColumnStoreError(
                .corruptFile, path: place,
                "has \(parquet.metadata.rowGroups.count) row groups, its manifest says \(offsets.count): it is not the file that was written")
        }
        return parquet
    }
}

/// Between what the values of a column lie; texts may be cut, the upper bound upwards.
public struct ColumnBounds: Sendable {
    public let field: Field
    public let minimum: Value?
    public let maximum: Value?
}
