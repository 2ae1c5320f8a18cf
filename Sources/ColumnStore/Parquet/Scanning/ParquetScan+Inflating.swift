extension ParquetScan {
    /// Inflates every page of a row group and leaves it at that: what any reader of the file must do, whatever it makes of the values. For
    /// benchmarks.
    ///
    /// - Returns: how many bytes they are inflated.
    /// - Throws: as readers do.
    package func inflate(rowGroup: Int) throws -> Int {
        let budget = DecodeBudget(byteCountMax: file.options.memoryBudgetByteCount)
        let decompressor = PageDecompressor()
        let shared = CoalescedRanges(file: file.bytes, wanted: [], mergedByteCountMax: 0, budget: budget)
        var byteCount = 0
        for leaf in leaves {
            let layout = try file.layout(rowGroup: rowGroup, leaf: leaf.descriptor)
            let source = ChunkBytes(
                file: file.bytes, range: layout.range, shared: shared, budget: budget, readAheadByteCountMax: file.options.readByteCountTarget,
                isSequential: true)
            let pages = PageReader(
                layout: layout, path: file.path, source: source, decompressor: decompressor, verifiesChecksums: file.options.verifiesChecksums,
                budget: budget)
            byteCount += try pages.loadDictionary()?.values.count ?? 0
            while try pages.advance() {
                _ = try pages.load()
                byteCount += Int(pages.outline?.header.uncompressedByteCount ?? 0)
            }
        }
        return byteCount
    }
}
