// Manifests (Iceberg specification, "Manifests" and "Manifest Lists"): Avro files whose fields are known by id. A manifest holds
// one entry for each data file; a manifest list holds one row for each manifest of a snapshot.

/// What a commit did to a data file.
public enum EntryStatus: Int32, Sendable {
    // On disk: do not renumber.
    /// Was there before, and stands here since its manifest was written anew.
    case existing = 0
    /// By the commit that wrote the manifest.
    case added = 1
    /// By the commit that wrote the manifest: named once, so that readers of changes see it; it is no file of the snapshot.
    case deleted = 2
}

/// A data file in a manifest, and since when it has been in the table.
///
/// Numbers that are nil in a file are filled in by `ManifestReader` from the manifest's row of the list (Iceberg specification, "Sequence Number
/// Inheritance"): what it hands out has all of them.
public struct ManifestEntry: Sendable, Equatable {
    public var status: EntryStatus
    /// Of the commit that added the file, or removed it. Nil in a file only, where it is inherited from the manifest list.
    public var snapshotID: Int64?
    /// Of the commit that added the file.
    public var sequenceNumber: Int64?
    /// The same as `sequenceNumber` for files that this module adds.
    public var fileSequenceNumber: Int64?
    public var file: DataFile
}

/// A row of a manifest list.
///
/// Counts are of files and rows by what the commit of the manifest did; a later commit copies the row as it is.
public struct ManifestFile: Sendable, Equatable {
    /// Where the manifest lies, as readers open it.
    public var location: String
    /// The manifest's own size.
    public var byteCount: Int64
    /// Of the partition spec that its entries follow.
    public var specID: Int32
    /// True for one that lists delete files, which this module doesn't apply.
    public var holdsDeletes: Bool
    /// Of the commit that wrote the manifest.
    public var sequenceNumber: Int64
    /// The least of its entries.
    public var minSequenceNumber: Int64
    public var addedSnapshotID: Int64
    public var addedFileCount: Int32
    public var existingFileCount: Int32
    public var deletedFileCount: Int32
    public var addedRowCount: Int64
    public var existingRowCount: Int64
    public var deletedRowCount: Int64
    /// By field id, over all live entries: this module's own addition, since the format gives bounds only to partitioned tables.
    /// A column is left out unless every entry with values in it has bounds.
    public var bounds: ManifestBounds?

    /// How many files of the snapshot the manifest names.
    public var liveFileCount: Int { Int(addedFileCount) + Int(existingFileCount) }
    public var liveRowCount: Int64 { addedRowCount.addingSaturating(existingRowCount) }

    /// About what the row's texts and bounds take beside the value itself.
    var memoryByteCount: Int { location.utf8.count + (bounds?.lower.memoryByteCount ?? 0) + (bounds?.upper.memoryByteCount ?? 0) }

    /// Whether some file of the manifest may have rows that pass all of `filters`. Errs on the side of yes.
    ///
    /// Doubles are left out of account, since the bounds say nothing of NaN. A manifest of another writer has no bounds: while it has files, it is read.
    public func canMatch(_ filters: [ColumnFilter], schema: TableSchema) -> Bool {
        guard liveFileCount > 0 else { return false }
        guard let bounds else { return true }
        return filters.allSatisfy { filter in
            // A column inside another one, or one that is gone: no bound speaks of it.
            guard filter.path.names.count == 1, let field = schema.schema[filter.path.names[0]], let id = field.id,
                field.type != .double
            else { return true }
            let values = BoundCoding.decode(lower: bounds.lower[id], upper: bounds.upper[id], type: field.type)
            return filter.canMatch(minimum: values.minimum, maximum: values.maximum)
        }
    }
}

/// The least lower and the greatest upper bound of some files, by field id.
///
/// Written into the field `column_bounds` (`ManifestSchemas.boundsFieldID`), so that a plan reads few of many manifests;
/// `docs/decisions/0007-iceberg-commits.md` has the figures.
public struct ManifestBounds: Sendable, Equatable {
    public var lower = FieldBounds()
    public var upper = FieldBounds()

    /// - Parameter schema: tells how the bytes of a bound compare.
    ///
    /// - Complexity: O(columns × files).
    init(_ files: some Sequence<DataFile>, schema: TableSchema) {
        for field in schema.schema.fields {
            guard let id = field.id, !field.type.isNested else { continue }
            lower[id] = Self.extreme(files, field) { $0.lowerBounds?[id] } isOuter: { $0 < 0 }
            upper[id] = Self.extreme(files, field) { $0.upperBounds?[id] } isOuter: { $0 > 0 }
        }
    }

    private init() {}

    /// - Parameter isOuter: of the order of a value and the best one so far: whether it takes its place.
    /// - Returns: the bound as its file has it; nil where some file leaves the column open.
    private static func extreme(
        _ files: some Sequence<DataFile>, _ field: Field, _ bound: (DataFile) -> [UInt8]?, isOuter: (Int) -> Bool
    ) -> [UInt8]? {
        guard let id = field.id else { return nil }
        var best: (bytes: [UInt8], value: Value)?
        for file in files {
            guard let bytes = bound(file) else {
                // Without a bound only a file without values leaves the others' bounds true.
                if let values = file.valueCounts?[id], file.nullCounts?[id] == values { continue }
                if file.recordCount == 0 { continue }
                return nil
            }
            guard let value = BoundCoding.decode(lower: bytes, upper: nil, type: field.type).minimum else { return nil }
            guard let known = best else {
                best = (bytes, value)
                continue
            }
            // Values that have no order (of types that changed) leave the column open.
            guard let order = Value.order(value, known.value) else { return nil }
            if isOuter(order) { best = (bytes, value) }
        }
        return best?.bytes
    }

    /// Two maps in Avro's encoding, as one opaque value that other readers pass over.
    var encoded: [UInt8] {
        var encoder = AvroEncoder()
        encoder.optionalBounds(lower)
        encoder.optionalBounds(upper)
        return encoder.bytes
    }

    /// - Throws: as `AvroDecoder`, for bytes that are not two such maps.
    init(decoding bytes: [UInt8]) throws(AvroFault) {
        self.init()
        var decoder = AvroDecoder(bytes: bytes)
        let pair = AvroType.record([
            AvroField(name: "key", id: nil, type: .int), AvroField(name: "value", id: nil, type: .bytes),
        ])
        let field = AvroField(name: "bounds", id: nil, type: .union([.null, .array(pair)]))
        lower = try decoder.optionalBounds(field) ?? [:]
        upper = try decoder.optionalBounds(field) ?? [:]
    }
}
