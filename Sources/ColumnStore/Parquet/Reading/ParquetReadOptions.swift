/// How a file is read.
public struct ParquetReadOptions: Sendable {
    /// What the reading of one row group may hold at a time, the batch at hand included.
    /// A footer's structures, the schema and page indexes are bounded by it, too.
    public var memoryBudgetByteCount: Int
    /// A footer longer than this is refused.
    public var footerByteCountMax: Int
    /// Whether page CRCs, where there are any, are checked.
    /// Only pages that were checked are inflated part by part (`PageReader`).
    public var verifiesChecksums: Bool
    /// Ranges close to each other are read as one up to this size, and large column chunks in reads of it.
    public var readByteCountTarget: Int

    public init(
        memoryBudgetByteCount: Int = 512 << 20, footerByteCountMax: Int = 64 << 20, verifiesChecksums: Bool = true,
        readByteCountTarget: Int = 1 << 20
    ) {
        self.memoryBudgetByteCount = memoryBudgetByteCount
        self.footerByteCountMax = footerByteCountMax
        self.verifiesChecksums = verifiesChecksums
        self.readByteCountTarget = readByteCountTarget
    }
}
