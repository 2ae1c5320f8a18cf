package import ColumnStore
package import Query
import Synchronization

/// A table as queries see it: its hot rows and its cold rows, each receipt once.
///
/// A scan takes the boundary as it stands when it begins; what arrives, moves or merges afterwards does not touch it.
package struct TieredTable: TableSource {
    package let name: String
    private let boundary: TierBoundary
    private let fixed: TierBoundary.Snapshot?
    package let schema: Schema

    /// - Parameter snapshot: the state to show; nil for that of the moment at which a scan begins.
    package init(name: String, boundary: TierBoundary, tables: TableColumns, snapshot: TierBoundary.Snapshot? = nil) {
        self.name = name
        self.boundary = boundary
        fixed = snapshot
        var fields = tables.columns(of: name)
        // A cold table knows columns of types that are gone.
        if let cold = (snapshot ?? boundary.snapshot()).cold[name] {
            let known = cold.iceberg.schema.fields.filter { !StandardColumns.names.contains($0.name) }.map(\.withoutIDs)
            fields = SchemaEncoding.merged(fields, adding: known) ?? fields
        }
        schema = StandardColumns.schema(of: name, typeColumns: fields.map { Field($0.name, $0.type.withoutIDs) })
    }

    package var statistics: TableStatistics {
        let snapshot = fixed ?? boundary.snapshot()
        let bounds = HotTable(table: name, snapshot: snapshot, schema: schema).bounds
        // What cannot be read now is only unknown to the planner; the scan itself will say what is wrong.
        var statistics = (try? snapshot.cold[name]?.statistics()) ?? TableStatistics(rowCount: 0)
        let isHotOnly = statistics.rowCount == 0
        statistics.rowCount += bounds.rowCount
        if bounds.rowCount > 0 {
            // Of other columns of hot rows nothing is known: their values are taken to be as those of the cold ones.
            for column in statistics.columns.keys { statistics.columns[column]?.nullCount = nil }
            let hot = [
                "business_day": ColumnStatistics(minimum: .integer(Int64(bounds.firstDay)), maximum: .integer(Int64(bounds.lastDay)), nullCount: 0),
                "issued_at": ColumnStatistics(minimum: .integer(bounds.firstIssued), maximum: .integer(bounds.lastIssued), nullCount: 0),
            ]
            for (column, own) in hot { statistics.columns[column] = isHotOnly ? own : statistics.columns[column]?.joined(with: own) }
        }
        statistics.columns["sequence"] = ColumnStatistics(distinctCount: statistics.rowCount, nullCount: 0)
        statistics.columns["ticket_id"] = ColumnStatistics(distinctCount: statistics.rowCount, nullCount: 0)
        statistics.columns["receipt_id"] = ColumnStatistics(distinctCount: statistics.rowCount, nullCount: 0)
        statistics.columns["state"] = ColumnStatistics(distinctCount: 3, nullCount: 0)
        return statistics
    }

    package func scan(_ request: ScanRequest) throws -> any TableScan {
        try TieredScan(name: name, snapshot: fixed ?? boundary.snapshot(), schema: schema, request: request)
    }
}

/// The COMPLETE rows of a table: what `t_accepted` shows.
package struct AcceptedTable: TableSource {
    private let base: any TableSource

    package init(_ base: any TableSource) { self.base = base }

    package static let filter = ColumnFilter("state", .equal(.string(ReceiptState.complete.rawValue)))

    package var schema: Schema { base.schema }
    package var statistics: TableStatistics { base.statistics }

    package func scan(_ request: ScanRequest) throws -> any TableScan {
        var request = request
        request.scope.append(Self.filter)
        return try base.scan(request)
    }
}

/// Hands out hot pieces, then row groups of cold files, or parts of them. Holds the snapshot, and with it the files, until it goes.
private final class TieredScan: TableScan {
    private struct State {
        var pieces: [HotPiece]
        var files: [DataFile]
        /// The cold file at hand, and its parts still to be given out.
        var scan: ParquetScan?
        var location = ""
        var parts: ArraySlice<ScanPart> = []
    }

    private let snapshot: TierBoundary.Snapshot
    private let filter: HotRowFilter
    private let cold: (table: ColdTable, plan: ColdScanPlan)?
    private let budget: ScanBudget?
    private let state: Mutex<State>
    /// Where cold files lie behind a network.
    private let ahead: ColdAhead?

    init(name: String, snapshot: TierBoundary.Snapshot, schema: Schema, request: ScanRequest) throws {
        self.snapshot = snapshot
        budget = request.rowCountMax.map { ScanBudget($0) }
        let hot = Self.hot(request)
        filter = try HotRowFilter(hot ?? request, schema: schema)
        let pieces = try hot == nil ? [] : HotTable(table: name, snapshot: snapshot, schema: schema).pieces(filter)
        var files: [DataFile] = []
        if let table = snapshot.cold[name] {
            let plan = try ColdScanPlan(request, schema: schema, cold: table.iceberg.schema)
            if !plan.isEmpty { files = try table.files(request) }
            cold = (table, plan)
            // A few rows are wanted: they are in the first pieces.
            ahead = table.isRemote && request.rowCountMax == nil ? ColdAhead() : nil
            if table.isRemote { table.iceberg.expect(files.prefix(request.rowCountMax == nil ? .max : 2)) }
        } else {
            (cold, ahead) = (nil, nil)
        }
        // Taken from the end.
        state = Mutex(State(pieces: pieces.reversed(), files: files.reversed()))
    }

    /// What is asked of hot rows, which say nothing of what came after them; nil where only rows are asked for that do.
    private static func hot(_ request: ScanRequest) -> ScanRequest? {
        let unknown = [VersionColumns.supersededBy.name, VersionColumns.validTo.name]
        var hot = request
        hot.scope = []
        for filter in request.scope {
            guard unknown.contains(filter.path.names[0]) else {
                hot.scope.append(filter)
                continue
            }
            guard case .isNull = filter.test else { return nil }
        }
        return hot
    }

    func nextMorsel() throws -> (any Morsel)? {
        if let budget, budget.isUsedUp { return nil }
        if let piece = state.withLock({ $0.pieces.popLast() }) {
            return try HotMorsel(piece, filter: filter, sequence: snapshot.sequence, budget: budget)
        }
        guard let cold else { return nil }
        if let ahead {
            return try ahead.take {
                guard let next = try nextPart(cold) else { return nil }
                return (
                    next.scan.byteCount(ofRowGroup: next.part.rowGroup),
                    { [budget] in try ColdMorsel(plan: cold.plan, scan: next.scan, part: next.part, of: cold.table, location: next.location, budget: budget) }
                )
            }
        }
        guard let next = try nextPart(cold) else { return nil }
        return try ColdMorsel(plan: cold.plan, scan: next.scan, part: next.part, of: cold.table, location: next.location, budget: budget)
    }

    private func nextPart(_ cold: (table: ColdTable, plan: ColdScanPlan)) throws -> (scan: ParquetScan, location: String, part: ScanPart)? {
        try state.withLock { state -> (scan: ParquetScan, location: String, part: ScanPart)? in
            while true {
                if let scan = state.scan, let part = state.parts.popFirst() { return (scan, state.location, part) }
                guard let file = state.files.popLast() else { return nil }
                let scan = try cold.table.reading(file.location) { try cold.plan.scan(try cold.table.open(file)) }
                state.location = file.location
                cold.plan.request.counters.add { counts in
                    counts.filesRead += 1
                    counts.rowGroupsPruned += scan.file.metadata.rowGroups.count - scan.rowGroups.count
                }
                state.scan = scan
                state.parts = try cold.plan.request.parts(of: scan, isLast: state.files.isEmpty)[...]
            }
        }
    }
}
