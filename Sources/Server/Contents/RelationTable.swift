internal import ColumnStore
internal import Query
import Synchronization

/// Rows that come page by page, as they are wanted: nil at the end. Called by one thread at a time.
typealias RowPages = () throws -> [[Value]]?

/// A table whose rows are asked of the store while a query reads them, so that of a long list no more than a page is in memory.
final class RelationTable: TableSource {
    let schema: Schema
    private let open: @Sendable () -> RowPages

    init(_ columns: [RelationColumn], open: @escaping @Sendable () -> RowPages) {
        schema = Schema(columns.map { Field($0.name, $0.type) })
        self.open = open
    }

    /// Nobody has counted them.
    var statistics: TableStatistics { TableStatistics(rowCount: 1_000) }

    func scan(_ request: ScanRequest) throws -> any TableScan { try Scan(schema, request, open()) }

    private final class Scan: TableScan, Morsel, @unchecked Sendable {
        // Proof of Sendable: it is its one morsel, which one worker has at a time; `isTaken` says whether it was given out.
        private let schema: Schema
        private let shape: BatchShape
        private let filter: BatchFilter
        private let counters: ScanCounters
        private let pages: RowPages
        private let isTaken = Atomic<Bool>(false)

        init(_ schema: Schema, _ request: ScanRequest, _ pages: @escaping RowPages) throws {
            (self.schema, self.pages, counters) = (schema, pages, request.counters)
            shape = try BatchShape(request.projection, schema)
            filter = try BatchFilter(request, schema)
        }

        func nextMorsel() -> (any Morsel)? { isTaken.exchange(true, ordering: .relaxed) ? nil : self }

        func next() throws -> ColumnBatch? {
            while let rows = try pages() {
                guard !rows.isEmpty else { continue }
                let batch = batch(of: rows)
                counters.add { $0.rowsRead += rows.count }
                let passing = try filter.select(batch, counters: counters)
                let shaped = shape.shape(batch)
                guard let passing else { return shaped }
                if !passing.isEmpty { return shaped.gathering(passing) }
            }
            return nil
        }

        private func batch(of rows: [[Value]]) -> ColumnBatch {
            let columns = schema.fields.indices.map { index in
                var builder = ColumnBuilder(type: schema.fields[index].type)
                for row in rows { builder.append(row[index]) }
                return builder.finish()
            }
            return ColumnBatch(rowCount: rows.count, columns: columns)
        }
    }
}
