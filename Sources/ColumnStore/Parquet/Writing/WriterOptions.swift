/// How a file is laid out and compressed. The defaults suit files of tens of megabytes and more.
public struct WriterOptions: Sendable {
    /// A row group ends at this many rows: the piece of work of a scan, so that some dozens of them keep all cores busy.
    public var rowGroupRowCount = 131_072
    /// A row group also ends when its columns take about this many bytes of memory: the writer's bound.
    public var rowGroupByteCount = 192 << 20
    /// Pages of all columns end at each multiple of so many rows, where a scan can be divided without reading a page twice. A point lookup
    /// reads a page of each column.
    public var pageRowCount = 16_384
    /// A page also ends at the first row past about this many bytes.
    public var pageByteCount = 1 << 20
    /// A column's dictionary in one row group. Generous: a column that falls back to plain strings costs far more than the
    /// dictionary's bytes.
    public var dictionaryByteCount = 16 << 20
    /// Strings that would take more than this laid out are not taken out of their dictionary again: where that is full, they end a piece with it. Smaller in tests.
    var plainByteCountMax = 256 << 20
    /// A column of strings without a dictionary is compressed piece by piece once it holds this much, not with its row group:
    /// documents, mostly. Half as much is enough at a multiple of `pageRowCount`.
    public var bulkyByteCount = 32 << 20
    public var codec = CompressionCodec.zstd
    /// In the codec's own scale.
    public var compressionLevel: Int32 = 3
    /// 2, or 1 for readers of long ago.
    public var dataPageVersion = 2
    /// Tries the encodings on a sample of each column of each row group; off, the encoding follows from the type alone, which
    /// is quicker for images that live for a day.
    public var measuresEncodings = true
    /// How much a byte counts that readers unpack, beside one that is stored, where encodings are compared: more than nothing for files that are read whole, and often.
    public var unpackedByteWeight = 0.0
    /// How many threads encode, the caller's among them.
    public var workerCount = 1
    /// The order in which the rows come; the writer believes it and says so in the file.
    public var sorting: [SortKey] = []
    public var keyValues: [KeyValue] = []
    public var createdBy = "till version 0.1.0"
    /// Bounds of strings are cut to this many bytes.
    public var boundByteCount = 64
    /// By leaf path (`lines.amount`); others take `defaultColumn`.
    public var columns: [ColumnPath: ColumnWriterOptions] = [:]
    public var defaultColumn = ColumnWriterOptions()

    public init() {}

    func column(_ path: ColumnPath) -> ColumnWriterOptions { columns[path] ?? defaultColumn }
}

/// One key of the order of rows.
public struct SortKey: Hashable, Sendable {
    /// Of a leaf outside lists.
    public var path: ColumnPath
    public var isDescending: Bool
    public var isNullsFirst: Bool

    public init(_ path: ColumnPath, isDescending: Bool = false, isNullsFirst: Bool = true) {
        self.path = path
        self.isDescending = isDescending
        self.isNullsFirst = isNullsFirst
    }
}

/// How one leaf is written.
public struct ColumnWriterOptions: Hashable, Sendable {
    public enum Encoding: Hashable, Sendable {
        /// What came out smallest on a sample.
        case automatic
        /// Falls back to plain where the dictionary passes its limit.
        case dictionary
        /// This one, which is none with a dictionary.
        case only(PageEncoding)
    }

    /// Taken as automatic where the column's type doesn't have it.
    public var encoding = Encoding.automatic
    public var hasBloomFilter = false
    /// Off: no bounds of this column anywhere, in the file or in the table's manifests. Counts are kept.
    public var hasBounds = true
    /// Nil for the file's level.
    public var effort: CompressionEffort?
    /// Nil for the file's. Larger pages compress documents better, and cost a point lookup more: docs/decisions/0006-parquet-writer.md
    /// has the figures.
    public var pageByteCount: Int?

    public init(
        encoding: Encoding = .automatic, hasBloomFilter: Bool = false, hasBounds: Bool = true,
        effort: CompressionEffort? = nil, pageByteCount: Int? = nil
    ) {
        self.encoding = encoding
        self.hasBloomFilter = hasBloomFilter
        self.hasBounds = hasBounds
        self.effort = effort
        self.pageByteCount = pageByteCount
    }
}
