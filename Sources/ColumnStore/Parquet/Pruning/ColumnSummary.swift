import Glibc

/// What a file's footer says of a column, and about how many values there are: for planners, never for answers.
///
/// Figures are as true as the file's writer made them: no value is looked at.
public struct ColumnSummary: Sendable {
    /// Not above any value; nil when unknown.
    public var minimum: Value?
    /// Not below any value; nil when unknown.
    public var maximum: Value?
    /// Nil when one of the row groups does not count them.
    public var nullCount: Int?
    /// An estimate; nil when nothing tells.
    public var distinctCount: Int?
}

extension ParquetFile {
    /// By dotted path, list levels without names of their own. Reads one page header for each leaf: the dictionary's of a row group in the
    /// middle, whose length tells how often values repeat there.
    public func summaries() -> [String: ColumnSummary] {
        var result: [String: ColumnSummary] = [:]
        // Members of structs and elements of lists are named as a query names them.
        func walk(_ node: FieldNode, _ path: [String]) {
            switch node.kind {
            case .leaf(let leaf): result[path.joined(separator: ".")] = summary(leaf)
            case .list(let element): walk(element, path)
            case .structure(let members): for member in members { walk(member, path + [member.field.name]) }
            }
        }
        for column in columns { walk(column, [column.field.name]) }
        return result
    }

    /// The bounds of all row groups together; none where one of them has none for its values.
    private func summary(_ leaf: LeafDescriptor) -> ColumnSummary {
        let decoder = StatisticsDecoder(leaf: leaf, conversion: leaf.conversion, of: metadata)
        var summary = ColumnSummary(nullCount: 0)
        var isBounded = true
        for rowGroup in metadata.rowGroups where rowGroup.rowCount > 0 {
            guard let chunk = rowGroup.columns[leaf.index].metadata, let statistics = chunk.statistics else {
                (isBounded, summary.nullCount) = (false, nil)
                continue
            }
            summary.nullCount = summary.nullCount.flatMap { sum in statistics.nullCount.map { sum.addingSaturating(Int(clamping: max(0, $0))) } }
            // NULLs alone: there is nothing to bound.
            if statistics.nullCount == chunk.valueCount { continue }
            let (minimum, maximum) = decoder.bounds(statistics)
            guard let minimum, let maximum else {
                isBounded = false
                continue
            }
            summary.minimum = Self.extreme(summary.minimum, minimum, sign: -1)
            summary.maximum = Self.extreme(summary.maximum, maximum, sign: 1)
        }
        if !isBounded { (summary.minimum, summary.maximum) = (nil, nil) }
        summary.distinctCount = distinctCount(leaf, decoder, summary)
        return summary
    }

    /// The least and the greatest value of a top-level column of whole numbers, dates or instants, by the footer alone; NULL of a column without values. Nil where a row
    /// group does not say, and for a column that is no such or is not in the file.
    public func exactExtremes(of column: String) -> (minimum: Value, maximum: Value)? {
        guard case .leaf(let leaf)? = columns.first(where: { $0.field.name.utf8.elementsEqual(column.utf8) })?.kind,
            leaf.physicalType == .int32 || leaf.physicalType == .int64
        else { return nil }
        let decoder = StatisticsDecoder(leaf: leaf, conversion: leaf.conversion, of: metadata)
        var known: (minimum: Value, maximum: Value)?
        for rowGroup in metadata.rowGroups where rowGroup.rowCount > 0 {
            guard let chunk = rowGroup.columns[leaf.index].metadata, let statistics = chunk.statistics else { return nil }
            if statistics.nullCount == chunk.valueCount { continue }
            guard statistics.isMinValueExact != false, statistics.isMaxValueExact != false, case (let minimum?, let maximum?) = decoder.bounds(statistics),
                case .integer = minimum, case .integer = maximum
            else { return nil }
            known = (Self.extreme(known?.minimum, minimum, sign: -1), Self.extreme(known?.maximum, maximum, sign: 1))
        }
        return known ?? (.null, .null)
    }

    /// The one of two that lies further out: `sign` is -1 for the lesser, 1 for the greater.
    private static func extreme(_ known: Value?, _ value: Value, sign: Int) -> Value {
        guard let known, let order = Value.order(value, known) else { return known ?? value }
        return order * sign > 0 ? value : known
    }

    // MARK: Distinct values

    /// From the entries of one row group's dictionary to the distinct values of the file: as many as would give so many among so many
    /// draws; where a row group spans a part of the file's range only, the other parts have as many of their own.
    ///
    /// 1. Of the row group in the middle, the dictionary's length is how many distinct values its rows drew. Without one, whole numbers have as many as
    ///    their bounds are apart, values permitting, and others are unknown.
    /// 2. `population` says of how many values such a draw is to be expected.
    /// 3. Where the row group's own bounds span a part of the file's, as many times more.
    /// 4. Such an estimate is never more than whole numbers lie between the bounds, nor than there are values.
    private func distinctCount(_ leaf: LeafDescriptor, _ decoder: StatisticsDecoder, _ summary: ColumnSummary) -> Int? {
        let groups = metadata.rowGroups.indices.filter { metadata.rowGroups[$0].rowCount > 0 }
        guard !groups.isEmpty else { return 0 }
        let total = groups.reduce(0) { $0.addingSaturating(Int(clamping: metadata.rowGroups[$1].columns[leaf.index].metadata?.valueCount ?? 0)) }
        let group = groups[groups.count / 2]
        guard let chunk = metadata.rowGroups[group].columns[leaf.index].metadata,
            let entries = dictionaryEntryCount(leaf, group, chunk), entries > 0
        else { return Self.wholeSpan(summary.minimum, summary.maximum).map { min(max(total, 1), Int(clamping: $0.addingSaturating(1))) } }
        let drawn = Double(max(1, chunk.valueCount.subtractingSaturating(chunk.statistics?.nullCount ?? 0)))
        var estimate = Self.population(distinct: Double(entries), draws: drawn)
        if let statistics = chunk.statistics, groups.count > 1 {
            let (minimum, maximum) = decoder.bounds(statistics)
            if let own = Self.wholeSpan(minimum, maximum), let all = Self.wholeSpan(summary.minimum, summary.maximum), own > 0 {
                estimate *= max(1, Double(all) / Double(own))
            }
        }
        if let all = Self.wholeSpan(summary.minimum, summary.maximum) { estimate = min(estimate, Double(all) + 1) }
        return max(1, Int(saturating: min(estimate, Double(max(total, 1)))))
    }

    /// Entries of the chunk's dictionary, when all its data pages have codes of it.
    private func dictionaryEntryCount(_ leaf: LeafDescriptor, _ group: Int, _ chunk: ColumnMetadata) -> Int? {
        guard let offset = chunk.dictionaryPageOffset, offset >= 4, offset < chunk.dataPageOffset, offset < dataEnd else { return nil }
        if let pages = chunk.encodingStats {
            guard pages.allSatisfy({ $0.pageKind == .dictionary || $0.encoding.isDictionary || $0.count == 0 }) else { return nil }
        }
        // What cannot be read is only unknown here: the scan will say what is wrong.
        guard let head = try? bytes.region(at: offset, count: Int(min(256, dataEnd - offset))) else { return nil }
        let header = withExtendedLifetime(head) { try? PageHeader.parse($0.bytes).value }
        guard let header, case .dictionary(let dictionary) = header.kind else { return nil }
        return Int(dictionary.valueCount)
    }

    /// How many values there are if `draws` at random gave so many distinct ones; solved by halving.
    ///
    /// The expectation for `d` draws from `n` values, all alike often, is n (1 - e^(-d / n)). Where nearly every draw was new it tells nothing: infinity.
    static func population(distinct: Double, draws: Double) -> Double {
        if distinct >= draws * 0.99 { return .infinity }
        func expected(_ population: Double) -> Double { population * (1 - exp(-draws / population)) }
        var low = distinct, high = distinct * 2
        while expected(high) < distinct, high < 1e15 { high *= 2 }
        for _ in 0..<40 {
            let middle = (low + high) / 2
            if expected(middle) < distinct { low = middle } else { high = middle }
        }
        return high
    }

    /// The distance of two whole numbers or days.
    private static func wholeSpan(_ minimum: Value?, _ maximum: Value?) -> UInt64? {
        guard case .integer(let low)? = minimum, case .integer(let high)? = maximum, high >= low else { return nil }
        return UInt64(bitPattern: high &- low)
    }
}
