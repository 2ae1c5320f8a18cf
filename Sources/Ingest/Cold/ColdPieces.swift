import ColumnStore
import Query
import Synchronization

/// Hands out row groups of cold files, or parts of them, file after file. Where the files lie behind a network, the ends of all are asked for together, and pieces to come
/// are opened while earlier ones are read.
final class ColdPieces: Sendable {
    private struct State {
        /// Taken from the end.
        var files: [DataFile]
        /// The file at hand, and its parts still to be given out.
        var scan: ParquetScan?
        var location = ""
        var parts: ArraySlice<ScanPart> = []
    }
    private typealias Piece = (scan: ParquetScan, location: String, part: ScanPart)

    private let table: ColdTable
    private let plan: ColdScanPlan
    private let budget: ScanBudget?
    private let ahead: ColdAhead?
    private let state: Mutex<State>

    init(_ table: ColdTable, _ plan: ColdScanPlan, _ files: [DataFile], budget: ScanBudget? = nil) {
        (self.table, self.plan, self.budget) = (table, plan, budget)
        // A few rows are wanted: they are in the first pieces.
        let isWhole = plan.request.rowCountMax == nil
        ahead = table.isRemote && isWhole ? ColdAhead() : nil
        if table.isRemote { table.iceberg.expect(files.prefix(isWhole ? .max : 2)) }
        state = Mutex(State(files: files.reversed()))
    }

    func next() throws -> ColdMorsel? {
        guard let ahead else { return try nextPart().map(morsel) }
        return try ahead.take {
            try nextPart().map { piece in (piece.scan.byteCount(ofRowGroup: piece.part.rowGroup), { [self] in try morsel(piece) }) }
        }
    }

    private func morsel(_ piece: Piece) throws -> ColdMorsel {
        try ColdMorsel(plan: plan, scan: piece.scan, part: piece.part, of: table, location: piece.location, budget: budget)
    }

    private func nextPart() throws -> Piece? {
        try state.withLock { state -> Piece? in
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
    }
}
