import ColumnStore

/// The columns of a scan that a sort which wants a few rows hands on and does not look at: they are read once it is known which rows these are.
///
/// Of `SELECT * … WHERE url LIKE … ORDER BY time LIMIT 10` the scan then reads `url` and `time` alone, and the other columns of ten rows (Abadi et al. 2007 on
/// late materialisation).
struct LateColumns {
    /// The scan without them.
    let early: ScanNode
    /// In the order in which they are read.
    let late: [ScanColumn]
    /// Of all columns of the scan: where each lies among the early ones, which the rows' numbers follow, and the late ones after these.
    let places: [Int]
    /// All of them.
    let columns: [OutputColumn]

    /// More rows are so many places to look at that reading on costs no more.
    private static let rowCountMax = 1_000
    /// No plan has a column of this number.
    static let numbers = OutputColumn(id: ColumnID(-1), name: "row number", type: .int64)

    /// Nil where all columns are needed at once, or the source does not number its rows.
    init?(_ node: SortNode) {
        guard let limit = node.limit, limit.addingSaturating(node.offset) <= Self.rowCountMax, case .scan(let scan) = node.input,
            scan.table.source.numbersRows, scan.rowCountMax == nil
        else { return nil }
        var needed: Set<ColumnID> = []
        for expression in node.keys.map(\.expression) + (node.enough?.columns ?? []) + scan.residual { expression.collectColumns(into: &needed) }
        // What is read for a test is there.
        let tested = Set((scan.scope + scan.filters).map { $0.path.names[0] })
        let isEarly = scan.columns.map { needed.contains($0.column.id) || tested.contains($0.name) }
        if !isEarly.contains(false) { return nil }
        var early = scan
        early.columns = zip(scan.columns, isEarly).filter(\.1).map(\.0)
        self.early = early
        late = zip(scan.columns, isEarly).filter { !$1 }.map(\.0)
        var (nextEarly, nextLate) = (0, early.columns.count + 1)
        places = isEarly.map { isEarly in
            defer { if isEarly { nextEarly += 1 } else { nextLate += 1 } }
            return isEarly ? nextEarly : nextLate
        }
        columns = scan.columns.map(\.column)
    }
}
