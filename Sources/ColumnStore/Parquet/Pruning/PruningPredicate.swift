/// The filters of a scan as questions to statistics, bloom filters and page indexes: what can be left out unread.
///
/// Filters are a conjunction: what one of them rules out is left out. An answer of "may pass" costs a read, a wrong "cannot" costs rows: whatever
/// is not known passes. Immutable; made once for a scan and asked by all of its readers.
struct PruningPredicate: Sendable {
    /// One filter and the leaf that it asks about.
    struct Term: Sendable {
        let filter: ColumnFilter
        /// Nil when the file lacks the column: then all of it is NULL.
        let decoder: StatisticsDecoder?
    }

    let terms: [Term]

    /// - Parameter metadata: of the file, for the order of its bounds. Filters on what is no leaf are not asked at all.
    init(_ filters: [ColumnFilter], resolver: ColumnResolver, metadata: FileMetadata) {
        terms = filters.compactMap { filter in
            guard let (_, leaf, conversion) = resolver.pruningLeaf(filter.path) else { return nil }
            guard let leaf, let conversion else { return Term(filter: filter, decoder: nil) }
            return Term(filter: filter, decoder: StatisticsDecoder(leaf: leaf, conversion: conversion, of: metadata))
        }
    }

    init(terms: [Term]) { self.terms = terms }

    var isEmpty: Bool { terms.isEmpty }

    /// Without the questions of some filters.
    func without(_ filters: [ColumnFilter]) -> PruningPredicate {
        filters.isEmpty ? self : PruningPredicate(terms: terms.filter { !filters.contains($0.filter) })
    }

    /// With the questions of another.
    func and(_ other: PruningPredicate) -> PruningPredicate { other.isEmpty ? self : PruningPredicate(terms: [terms, other.terms].flatMap { $0 }) }

    /// Whether every row of the group passes a filter on a leaf, as its statistics tell. Asked of whole numbers only: bounds of texts may be
    /// shortened, and those of floating-point numbers most often say nothing of NaN.
    ///
    /// - Returns: false also where nothing tells.
    static func isPassedByAll(_ filter: ColumnFilter, _ decoder: StatisticsDecoder, _ rowGroup: RowGroupMetadata) -> Bool {
        guard decoder.leaf.physicalType == .int32 || decoder.leaf.physicalType == .int64,
            let statistics = rowGroup.columns[decoder.leaf.index].metadata?.statistics, statistics.nullCount == 0
        else { return false }
        guard case (let minimum?, let maximum?) = decoder.bounds(statistics) else { return false }
        return filter.passesAll(minimum: minimum, maximum: maximum)
    }

    /// Whether some row of the group may pass, as far as its statistics tell.
    func canMatch(_ rowGroup: RowGroupMetadata) -> Bool {
        terms.allSatisfy { term in
            // Columns that the file lacks have nothing but NULLs.
            guard let decoder = term.decoder else {
                return term.filter.canMatch(minimum: nil, maximum: nil, hasNull: true, hasValue: false)
            }
            guard let metadata = rowGroup.columns[decoder.leaf.index].metadata, let statistics = metadata.statistics else {
                return true
            }
            let (minimum, maximum) = decoder.bounds(statistics)
            // Unknown counts pass: 0 NULLs is said, never assumed.
            let nullCount = statistics.nullCount
            return term.filter.canMatch(
                minimum: minimum, maximum: maximum, hasNull: nullCount != 0,
                hasValue: nullCount.map { $0 < metadata.valueCount } ?? true)
        }
    }

    /// The rows of a group that may pass, by the page indexes: ascending ranges.
    ///
    /// - Parameters:
    ///   - columnIndex: nil for a leaf without one; its filters then leave out nothing here.
    ///   - locations: as `columnIndex`; a column index without them, or of another number of pages, is not used.
    /// - Complexity: O(pages) for each filter.
    func rowRanges(
        rowCount: Int, columnIndex: (LeafDescriptor) -> ColumnIndex?, locations: (LeafDescriptor) -> [PageLocation]?
    ) -> [Range<Int>] {
        var ranges = [0..<rowCount]
        for term in terms {
            guard let decoder = term.decoder, let index = columnIndex(decoder.leaf), let pages = locations(decoder.leaf),
                pages.count == index.nullPages.count
            else { continue }
            var passing: [Range<Int>] = []
            for page in pages.indices where canMatch(term, decoder, index, page) {
                let start = Int(pages[page].firstRowIndex)
                let end = page + 1 < pages.count ? Int(pages[page + 1].firstRowIndex) : rowCount
                // Neighbours become one range: what is read is longer, and ranges are fewer.
                if let last = passing.last, last.upperBound == start {
                    passing[passing.count - 1] = last.lowerBound..<end
                } else {
                    passing.append(start..<end)
                }
            }
            ranges = Self.intersect(ranges, passing)
        }
        return ranges
    }

    /// Whether some row of a page may pass.
    private func canMatch(_ term: Term, _ decoder: StatisticsDecoder, _ index: ColumnIndex, _ page: Int) -> Bool {
        let nullCount = index.nullCounts?[page]
        if index.nullPages[page] {
            return term.filter.canMatch(minimum: nil, maximum: nil, hasNull: true, hasValue: false)
        }
        let (minimum, maximum) = decoder.bounds(
            minimum: index.minValues[page], maximum: index.maxValues[page], nanCount: index.nanCounts?[page])
        return term.filter.canMatch(minimum: minimum, maximum: maximum, hasNull: nullCount != 0, hasValue: true)
    }

    /// What is in both of two lists of ascending ranges that do not overlap.
    ///
    /// - Complexity: O(both).
    static func intersect(_ left: [Range<Int>], _ right: [Range<Int>]) -> [Range<Int>] {
        var result: [Range<Int>] = []
        var (first, second) = (0, 0)
        while first < left.count, second < right.count {
            let common = left[first].clamped(to: right[second])
            if !common.isEmpty { result.append(common) }
            if left[first].upperBound < right[second].upperBound { first += 1 } else { second += 1 }
        }
        return result
    }

    /// The hashes of which a bloom filter must have one, for filters that ask for particular values; nil for others.
    ///
    /// None of a list of values may be without a hash: that one could be there whatever the filter says.
    static func wantedHashes(_ term: Term) -> [UInt64]? {
        guard let decoder = term.decoder else { return nil }
        let values: [Value]
        switch term.filter.test {
        case .equal(let value): values = [value]
        case .oneOf(let several): values = several
        default: return nil
        }
        var hashes: [UInt64] = []
        for value in values {
            guard let hash = decoder.bloomHash(value) else { return nil }
            hashes.append(hash)
        }
        return hashes
    }
}
