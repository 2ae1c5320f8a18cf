/// What the reading of row groups took, and where the time of the threads that read went.
///
/// Of one reader, until they are added up. Times of several workers go on side by side.
public struct ParquetScanCounters: Sendable, Hashable {
    public var rowCount = 0
    /// Rows that pages left out by their index would have had.
    public var prunedRowCount = 0
    /// Data pages of which the bodies were read.
    public var pageCount = 0
    /// Data pages of the columns that were asked for of which they were not, or not yet.
    public var prunedPageCount = 0
    public var isPrunedByBloomFilter = false
    /// Fetched from the file: pages, their indexes, and gaps between them that cost less than a further read.
    public var readByteCount = 0
    /// What pages were inflated to; of those of which few values were wanted only the beginning is.
    public var inflatedByteCount = 0
    /// All of it: `next` and what comes before the first.
    public var nanoseconds = 0
    /// Waiting for the file, or copying from the page cache.
    public var readNanoseconds = 0
    /// Undoing the pages' compression.
    public var inflateNanoseconds = 0
    /// Testing filters, runtime filters and the residual predicate on decoded values.
    public var filterNanoseconds = 0

    public init() {}

    /// The rest: decoding values and levels, checksums, putting columns together.
    public var decodeNanoseconds: Int { max(0, nanoseconds - readNanoseconds - inflateNanoseconds - filterNanoseconds) }
}
