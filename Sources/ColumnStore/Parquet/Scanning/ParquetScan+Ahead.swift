extension ParquetScan {
    /// Fetches what the reader of a part will ask for first, as far as that is known without reading: where pages may be left out, the indexes that say which;
    /// else the beginnings of the columns that are read of every row. Never fails: the reader meets the error itself.
    public func expect(_ part: ScanPart) {
        // What the reader itself will find out first: which leaves nobody asks for.
        let isSettled = settledFilters(rowGroup: part.rowGroup)
        let isIdle = idleLeaves(isSettled)
        let wanted = leaves.indices.filter { !isIdle[$0] }
        if !pruning.without(settled(isSettled)).isEmpty || part.rows != nil {
            let filtered = pruning.terms.compactMap { $0.decoder?.leaf }
            PageIndexReader(
                file: file, rowGroup: part.rowGroup, leaves: wanted.map { leaves[$0].descriptor } + filtered, filtered: filtered,
                budget: DecodeBudget(byteCountMax: file.options.memoryBudgetByteCount)
            ).expectIndexes()
            return
        }
        // Columns of later phases may not be needed at all.
        let first = wanted.map { phases[$0] }.min()
        let hasFilters = isSettled.contains(false) || !runtimeFilters.isEmpty || request.residual != nil
        for leaf in wanted where !hasFilters || phases[leaf] == first {
            guard let range = try? file.layout(rowGroup: part.rowGroup, leaf: leaves[leaf].descriptor).range else { continue }
            file.bytes.expect(range.lowerBound..<min(range.upperBound, range.lowerBound.addingSaturating(Int64(file.options.readByteCountTarget))))
        }
    }

    /// The filters that every row of a row group passes.
    func settled(_ isSettled: [Bool]) -> [ColumnFilter] { zip(filters, isSettled).filter { $1 }.map(\.0.filter) }
}
