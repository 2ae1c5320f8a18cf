internal import ColumnStore
internal import Query
import Synchronization

/// Asks for the bytes that a page takes in all, with its text, before it takes them.
typealias PageHold = (_ byteCount: Int) throws -> Void

/// Rows that come page by page, as they are wanted: nil at the end; none where the next are still being made, which is asked for again. Called by one thread at a time.
typealias RowPages = (_ hold: PageHold) throws -> [[Value]]?

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
        // Proof of Sendable: it is its one morsel, which one worker has at a time; `isTaken` says whether it is given out, or at its end. `room` is asked by that worker alone.
        private let schema: Schema
        private let shape: BatchShape
        private let filter: BatchFilter
        private let counters: ScanCounters
        private let pages: RowPages
        private let room: PageRoom
        private let isTaken = Atomic<Bool>(false)

        init(_ schema: Schema, _ request: ScanRequest, _ pages: @escaping RowPages) throws {
            (self.schema, self.pages, counters) = (schema, pages, request.counters)
            room = PageRoom(request.memory)
            shape = try BatchShape(request.projection, schema)
            filter = try BatchFilter(request, schema)
        }

        func nextMorsel() -> (any Morsel)? { isTaken.exchange(true, ordering: .acquiringAndReleasing) ? nil : self }

        func next() throws -> ColumnBatch? {
            while true {
                room.release()
                guard let rows = try pages({ try room.hold($0) }) else { return nil }
                // Taken again by whoever asks for more, the same worker at least: between two morsels the query is asked whether it is over.
                guard !rows.isEmpty else {
                    isTaken.store(false, ordering: .releasing)
                    return nil
                }
                // Rows, and columns that are made of them; what the page was made of is gone by then.
                try room.hold(rows.reduce(0) { $0.addingSaturating(Self.byteCount(of: $1)) }.multipliedSaturating(by: 3))
                let batch = batch(of: rows)
                counters.add { $0.rowsRead += rows.count }
                let passing = try filter.select(batch, counters: counters)
                let shaped = shape.shape(batch)
                guard let passing else { return shaped }
                if !passing.isEmpty { return shaped.gathering(passing) }
            }
        }

        /// Of a row, with what an array and its places take.
        private static func byteCount(of row: [Value]) -> Int { row.reduce(32) { $0.addingSaturating($1.flatByteCount).addingSaturating(MemoryLayout<Value>.stride) } }

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
