/// A Parquet file of a table, with what planning needs to leave it out unread.
///
/// Made by who wrote a file (`init(_:location:sortOrderID:)`) or read from a manifest, carried unchanged through later commits, and asked by
/// `Table.plan`. Everything but the location and the two counts may be nil, where the writer did not say.
public struct DataFile: Sendable, Equatable {
    /// As outside readers open it: `file:///absolute/path`.
    public internal(set) var location: String
    /// Exact: readers answer count(*) from it.
    public let recordCount: Int64
    /// Exact: readers find the footer by it.
    public let byteCount: Int64
    /// By field id, as are the maps below; counts for columns outside lists only.
    /// Compressed bytes of a column's chunks; of the leaves of lists, too.
    public var columnSizes: FieldCounts?
    /// NULLs included.
    public var valueCounts: FieldCounts?
    public var nullCounts: FieldCounts?
    /// Of columns of doubles only.
    public var nanCounts: FieldCounts?
    /// In Iceberg's single-value form, see `BoundCoding`.
    public var lowerBounds: FieldBounds?
    /// May lack a column that `lowerBounds` has: where no text that is short enough is above the greatest.
    public var upperBounds: FieldBounds?
    /// Where row groups begin.
    /// Byte offsets in the file, ascending; one for each row group.
    public var splitOffsets: [Int64]?
    /// The sort order in which the rows lie.
    public var sortOrderID: Int32?
    /// Of encrypted files, which aren't read here; kept when an entry is carried on.
    var keyMetadata: [UInt8]?

    /// What a manifest may say of one file: sums over as many files as a snapshot may have stay far from the end of 64 bits.
    static let recordCountMax: Int64 = 1 << 40
    static let byteCountMax: Int64 = 1 << 40

    /// Of a chunk in a footer: its numbers, its column's name, and bounds.
    private static let chunkByteCountGuess = 256

    /// About how long the footer is, by how many chunks it describes; 0 where nobody has said that.
    var footerByteCountGuess: Int {
        guard let splitOffsets, let columnSizes else { return 0 }
        return splitOffsets.count.multipliedSaturating(by: columnSizes.ids.count).multipliedSaturating(by: Self.chunkByteCountGuess)
    }

    /// A file of which nothing but its size is known: if it has rows, no filter leaves it out.
    public init(location: String, recordCount: Int64, byteCount: Int64) {
        self.location = location
        self.recordCount = recordCount
        self.byteCount = byteCount
    }

    /// Strings in manifests are cut to this many bytes: enough to tell days, times and most ids apart.
    static let boundByteCountMax = 32

    /// A file that was just written, with exact counts, and bounds of its top-level columns.
    ///
    /// - Parameter sortOrderID: the table's sort order that the rows follow; nil for none.
    public init(_ written: WrittenFile, location: String, sortOrderID: Int32?) {
        self.init(location: location, recordCount: written.rowCount, byteCount: written.byteCount)
        var sizes = FieldCounts()
        var values = FieldCounts()
        var nulls = FieldCounts()
        var nans = FieldCounts()
        var lower = FieldBounds()
        var upper = FieldBounds()
        for leaf in written.leaves {
            guard let id = leaf.fieldID else { continue }
            sizes[id] = leaf.compressedByteCount
            // Of a leaf in a list the values are as many as elements, which readers would take for rows.
            guard leaf.isTopLevel else { continue }
            values[id] = leaf.valueCount
            nulls[id] = leaf.nullCount
            if leaf.type == .double { nans[id] = leaf.nanCount }
            guard let bounds = leaf.bounds else { continue }
            let encoded = BoundCoding.encode(bounds, type: leaf.type, byteCountMax: Self.boundByteCountMax)
            lower[id] = encoded.lower
            upper[id] = encoded.upper
        }
        columnSizes = sizes
        valueCounts = values
        nullCounts = nulls
        nanCounts = nans
        lowerBounds = lower
        upperBounds = upper
        splitOffsets = written.rowGroupOffsets
        self.sortOrderID = sortOrderID
    }

    /// About what the file's figures and texts take beside the value itself.
    var memoryByteCount: Int {
        let figures = [columnSizes, valueCounts, nullCounts, nanCounts].reduce(0) { $0 + 12 * ($1?.ids.count ?? 0) }
        let bounds = (lowerBounds?.memoryByteCount ?? 0) + (upperBounds?.memoryByteCount ?? 0)
        return figures + bounds + location.utf8.count + 8 * (splitOffsets?.count ?? 0) + (keyMetadata?.count ?? 0)
    }

    /// Not above, and not below, any of a column's values; nil where unknown. NaN is left out of both.
    public func bounds(of field: Field) -> (minimum: Value?, maximum: Value?) {
        guard let id = field.id else { return (nil, nil) }
        return BoundCoding.decode(lower: lowerBounds?[id], upper: upperBounds?[id], type: field.type)
    }

    /// Whether rows of the file may pass all of `filters`. Errs on the side of yes.
    ///
    /// Columns inside structs or lists are not looked at, nor columns that the schema no longer has.
    ///
    /// - Parameter schema: by which the filters' columns are found.
    public func canMatch(_ filters: [ColumnFilter], schema: TableSchema) -> Bool {
        guard recordCount > 0 else { return false }
        return filters.allSatisfy { filter in
            guard filter.path.names.count == 1, let field = schema.schema[filter.path.names[0]], let id = field.id else { return true }
            let bounds = bounds(of: field)
            // Bounds leave NaN out, which SQL sorts above all numbers.
            let mayHaveNaN = field.type == .double && nanCounts?[id] != 0
            let nullCount = nullCounts?[id]
            // Of a column that is all NULL no comparison is true.
            let hasValue = valueCounts?[id].flatMap { values in nullCount.map { values > $0 } } ?? true
            return filter.canMatch(
                minimum: bounds.minimum, maximum: mayHaveNaN ? nil : bounds.maximum, hasNull: nullCount != 0,
                hasValue: hasValue)
        }
    }
}
