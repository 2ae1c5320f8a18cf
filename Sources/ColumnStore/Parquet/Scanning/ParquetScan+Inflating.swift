extension ParquetScan {
    /// Inflates every page of a row group and leaves it at that: what any reader of the file must do, whatever it makes of the values. For
    /// benchmarks.
    ///
    /// - Returns: how many bytes they are inflated.
    /// - Throws: as readers do.
    package func inflate(rowGroup: Int) throws -> Int {
        let budget = DecodeBudget(byteCountMax: file.options.memoryBudgetByteCount)
        let context = ChunkContext(
            path: file.path, options: file.options, bytes: file.bytes,
            shared: CoalescedRanges(file: file.bytes, wanted: [], mergedByteCountMax: 0, budget: budget), decompressor: PageDecompressor(),
            budget: budget, readAheadByteCountMax: file.options.readByteCountTarget)
        var byteCount = 0
        for leaf in leaves {
            let layout = try file.layout(rowGroup: rowGroup, leaf: leaf.descriptor)
            let pages = context.pages(layout, isSequential: true)
            byteCount += try pages.loadDictionary()?.values.count ?? 0
            // The last page inflated makes room for the next: memory is that of one page.
            while try pages.advance() {
                _ = try pages.load()
                byteCount += Int(pages.outline?.header.uncompressedByteCount ?? 0)
            }
        }
        return byteCount
    }
}
