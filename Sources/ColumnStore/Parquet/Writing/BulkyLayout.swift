/// How a column of long strings is cut and compressed. Figures in docs/decisions/0006-parquet-writer.md.
struct BulkyLayout {
    let effort: CompressionEffort
    let pageByteCount: Int

    /// Of large pages, as documents repeat what stood megabytes before. A look at one value inflates a page: 4 ms.
    static let pageByteCount = 8 << 20
    /// Large pages must take no more than this share of what small ones do.
    static let worthwhile = 0.95

    /// Pages and a memory of 2^23 bytes, with a table that has room for what they hold: up to level 4 the levels' own are smaller.
    static func large(level: Int32?) -> BulkyLayout {
        BulkyLayout(
            effort: CompressionEffort(
                level: level, windowLog: 23, tableLog: (level ?? 3) <= 4 ? 18 : nil, minMatch: CompressionEffort.longMatch),
            pageByteCount: pageByteCount)
    }
}
