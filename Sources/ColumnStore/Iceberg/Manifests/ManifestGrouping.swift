/// Cuts data files into manifests so that a plan for a few days reads few of them.
///
/// Files are grouped by how wide their range of the grouping column is (a day's, a month's, a year's files lie in manifests of
/// their own, so that a wide file doesn't widen a manifest of narrow ones), and within a width lie in order.
///
/// A manifest is left out of a plan by the bounds of all its files together (`ManifestFile.bounds`), which is why files that lie near one another must
/// stand in one. For days, with `date` as the column: one day is of class 0, a month of class 3, a year of class 5.
struct ManifestGrouping {
    /// By whose bounds files are grouped; nil groups by order of arrival.
    let field: Field?

    /// A manifest of this many entries is a tenth of a megabyte, and is read in about a millisecond.
    static let entryCountMax = 512
    /// A manifest with fewer is merged with its kind at the next commit that writes one.
    static let entryCountMin = 128

    /// The width of a file's range, in powers of four; 0 when it has no bounds that can be subtracted.
    func widthClass(_ file: DataFile) -> Int {
        guard let (low, high) = range(file) else { return 0 }
        // In 128 bits: the ends may lie as far apart as 64 bits reach.
        let width = UInt64(clamping: Int128(high) - Int128(low))
        // Half the bits of the width, rounded up: 0 → 0, 1…3 → 1, 4…15 → 2, 16…63 → 3.
        return (64 - width.leadingZeroBitCount + 1) / 2
    }

    /// What the file's grouping column lies between, ends included; nil for a column that is no whole number, date or time.
    private func range(_ file: DataFile) -> (Int64, Int64)? {
        guard let field, let id = field.id else { return nil }
        let bounds = BoundCoding.decode(lower: file.lowerBounds?[id], upper: file.upperBounds?[id], type: field.type)
        guard case .integer(let low)? = bounds.minimum, case .integer(let high)? = bounds.maximum, low <= high else { return nil }
        return (low, high)
    }

    /// The entries in groups, each a manifest.
    ///
    /// Within a class files lie by the start of their range, and groups are of equal size give or take one, at most `entryCountMax`.
    func groups(_ entries: [ManifestEntry]) -> [[ManifestEntry]] {
        var byClass: [Int: [ManifestEntry]] = [:]
        for entry in entries { byClass[widthClass(entry.file), default: []].append(entry) }
        var groups: [[ManifestEntry]] = []
        for (_, members) in byClass.sorted(by: { $0.key < $1.key }) {
            let keyed = members.map { (range: range($0.file) ?? (.min, .min), entry: $0) }
            let ordered = keyed.sorted { $0.range < $1.range }.map(\.entry)
            let groupCount = (ordered.count + Self.entryCountMax - 1) / Self.entryCountMax
            for group in 0..<groupCount {
                // Equal shares instead of full ones and a rest: the rest would be small, and be merged again by the next commit.
                let start = ordered.count * group / groupCount
                let end = ordered.count * (group + 1) / groupCount
                groups.append(Array(ordered[start..<end]))
            }
        }
        return groups
    }
}
