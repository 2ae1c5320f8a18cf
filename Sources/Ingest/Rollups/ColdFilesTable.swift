import ColumnStore
import Query
import Synchronization

/// Files of one cold table as a table: those of partial sums, or a few whose sums are made.
struct ColdFilesTable: TableSource {
    private let table: ColdTable
    /// Nil: all of its version.
    private let files: [DataFile]?
    let schema: Schema

    init(_ table: ColdTable, files: [DataFile]? = nil, schema: Schema) { (self.table, self.files, self.schema) = (table, files, schema) }

    var statistics: TableStatistics {
        if let files { return TableStatistics(rowCount: Int(clamping: files.reduce(Int64(0)) { $0.addingSaturating($1.recordCount) })) }
        return (try? table.statistics()) ?? TableStatistics(rowCount: 0)
    }

    func scan(_ request: ScanRequest) throws -> any TableScan {
        let plan = try ColdScanPlan(request, schema: schema, cold: table.iceberg.schema)
        return Scan(plan, table, plan.isEmpty ? [] : try files ?? table.files(request))
    }

    /// Hands out row groups of file after file.
    private final class Scan: TableScan {
        private struct State {
            /// Taken from the end.
            var files: [DataFile]
            var scan: ParquetScan?
            var location = ""
            var parts: ArraySlice<ScanPart> = []
        }
        private let plan: ColdScanPlan
        private let table: ColdTable
        private let state: Mutex<State>

        init(_ plan: ColdScanPlan, _ table: ColdTable, _ files: [DataFile]) {
            (self.plan, self.table) = (plan, table)
            state = Mutex(State(files: files.reversed()))
        }

        func nextMorsel() throws -> (any Morsel)? {
            let next = try state.withLock { state -> (scan: ParquetScan, location: String, part: ScanPart)? in
                while true {
                    if let scan = state.scan, let part = state.parts.popFirst() { return (scan, state.location, part) }
                    guard let file = state.files.popLast() else { return nil }
                    let scan = try table.reading(file.location) { try plan.scan(try table.open(file)) }
                    plan.request.counters.add { counts in
                        counts.filesRead += 1
                        counts.rowGroupsPruned += scan.file.metadata.rowGroups.count - scan.rowGroups.count
                    }
                    (state.scan, state.location) = (scan, file.location)
                    state.parts = try plan.request.parts(of: scan, isLast: state.files.isEmpty)[...]
                }
            }
            guard let next else { return nil }
            return try ColdMorsel(plan: plan, scan: next.scan, part: next.part, of: table, location: next.location, budget: nil)
        }
    }
}
