package import ColumnStore
package import Query
import Synchronization

/// A table as queries see it: its hot rows and its cold rows, each receipt once.
///
/// A scan takes the boundary as it stands when it begins; what arrives, moves or merges afterwards does not touch it.
///
/// A value for one question; the schema is that of the moment at which it was made.
package struct TieredTable: TableSource {
    package let name: String
    private let boundary: TierBoundary
    private let fixed: TierBoundary.Snapshot?
    package let schema: Schema
    /// Cold files whose rows are shown; nil: all.
    private let only: Set<String>?

    /// - Parameter snapshot: the state to show; nil for that of the moment at which a scan begins.
    package init(name: String, boundary: TierBoundary, tables: TableColumns, snapshot: TierBoundary.Snapshot? = nil, only: Set<String>? = nil) {
        self.name = name
        self.only = only
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

    /// Estimates for the planner, from bounds and manifests; nothing is scanned.
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
        try TieredScan(name: name, snapshot: fixed ?? boundary.snapshot(), schema: schema, request: request, only: only)
    }
}

/// The COMPLETE rows of a table: what `t_accepted` shows.
///
/// A filter in the scope: no expression of a query is evaluated on other rows.
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
///
/// Any thread takes the next piece; each is given out once.
private final class TieredScan: TableScan {
    private let snapshot: TierBoundary.Snapshot
    private let filter: HotRowFilter
    private let budget: ScanBudget?
    /// Taken from the end.
    private let hot: Mutex<[HotPiece]>
    private let cold: ColdPieces?

    init(name: String, snapshot: TierBoundary.Snapshot, schema: Schema, request: ScanRequest, only: Set<String>?) throws {
        self.snapshot = snapshot
        budget = request.rowCountMax.map { ScanBudget($0) }
        let hot = Self.hot(request)
        filter = try HotRowFilter(hot ?? request, schema: schema)
        let pieces = try hot == nil ? [] : HotTable(table: name, snapshot: snapshot, schema: schema).pieces(filter)
        self.hot = Mutex(pieces.reversed())
        cold = try snapshot.cold[name].map { [budget] table in
            let plan = try ColdScanPlan(request, schema: schema, cold: table.iceberg.schema)
            var files: [DataFile] = []
            if !plan.isEmpty, only?.isEmpty != true { files = try table.files(request) }
            if let only { files.removeAll { !only.contains($0.location) } }
            return ColdPieces(table, plan, files, budget: budget)
        }
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
        if let piece = hot.withLock({ $0.popLast() }) { return try HotMorsel(piece, filter: filter, sequence: snapshot.sequence, budget: budget) }
        return try cold?.next()
    }
}
