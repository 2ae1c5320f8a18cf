import ColumnStore
import Query

/// Files of one cold table as a table: those of partial sums, or a few whose sums are made.
struct ColdFilesTable: TableSource {
    private let table: ColdTable
    /// Nil: all of its version.
    private let files: [DataFile]?
    let schema: Schema
    /// Whether rows that differ in keys alone that a scan does not read may come as one: for who adds them up anyway.
    private let takesCoarser: Bool

    init(_ table: ColdTable, files: [DataFile]? = nil, schema: Schema, takesCoarser: Bool = false) {
        (self.table, self.files, self.schema, self.takesCoarser) = (table, files, schema, takesCoarser)
    }

    /// The same sums for who adds them up.
    var coarsened: ColdFilesTable { ColdFilesTable(table, files: files, schema: schema, takesCoarser: true) }

    var statistics: TableStatistics {
        if let files { return TableStatistics(rowCount: Int(clamping: files.reduce(Int64(0)) { $0.addingSaturating($1.recordCount) })) }
        return (try? table.statistics()) ?? TableStatistics(rowCount: 0)
    }

    func scan(_ request: ScanRequest) throws -> any TableScan {
        let plan = try ColdScanPlan(request, schema: schema, cold: table.iceberg.schema)
        return Scan(ColdPieces(table, plan, plan.isEmpty ? [] : try files ?? table.files(request), takesCoarser: takesCoarser))
    }

    private final class Scan: TableScan {
        private let pieces: ColdPieces

        init(_ pieces: ColdPieces) { self.pieces = pieces }

        func nextMorsel() throws -> (any Morsel)? { try pieces.next() }
    }
}
