package import ColumnStore
import Synchronization

/// A table of batches in memory: tests, and small tables made in code.
/// Its statistics are the number of rows; a morsel is a batch.
package final class MemoryTable: TableSource {
    package let schema: Schema
    package let declaredTypes: [String: String]
    private let batches: [ColumnBatch]
    /// What has its bytes charged; it gives them back with the last table that it has.
    private let memory: PlanMemory?

    /// - Parameter declaredTypes: by column, as `TableSource` has it.
    /// - Precondition: every batch has the schema's columns in order.
    package init(schema: Schema, batches: [ColumnBatch], declaredTypes: [String: String] = [:]) {
        precondition(batches.allSatisfy { $0.columns.count == schema.fields.count })
        self.schema = schema
        self.declaredTypes = declaredTypes
        self.batches = batches
        memory = nil
    }

    private init(_ table: MemoryTable, heldBy memory: PlanMemory) {
        (schema, declaredTypes, batches) = (table.schema, table.declaredTypes, table.batches)
        self.memory = memory
    }

    /// The same rows, which `memory` stays charged for as long as the table is there.
    func held(by memory: PlanMemory) -> MemoryTable { MemoryTable(self, heldBy: memory) }

    /// Of a column, beside its rows: its name, its type and what that is called, twice each.
    private static let columnByteCount = 128

    /// About what it takes in memory.
    var heldByteCount: Int {
        var rows = HeldBytes()
        for batch in batches { rows.add(batch) }
        return rows.byteCount.addingSaturating(schema.fields.count.multipliedSaturating(by: Self.columnByteCount))
    }

    package var statistics: TableStatistics { TableStatistics(rowCount: batches.reduce(0) { $0 + $1.rowCount }) }

    package func scan(_ request: ScanRequest) throws -> any TableScan { try MemoryScan(batches, schema, request) }
}

/// A walk of all batches, shared by its workers.
private final class MemoryScan: TableScan {
    private let batches: [ColumnBatch]
    private let shape: BatchShape
    private let filter: BatchFilter
    private let counters: ScanCounters
    /// The number of the batch that is given out next.
    private let next = Atomic<Int>(0)

    init(_ batches: [ColumnBatch], _ schema: Schema, _ request: ScanRequest) throws {
        self.batches = batches
        shape = try BatchShape(request.projection, schema)
        filter = try BatchFilter(request, schema)
        counters = request.counters
        counters.add { $0.rowsOffered += batches.reduce(0) { $0 + $1.rowCount } }
    }

    func nextMorsel() -> (any Morsel)? {
        let index = next.wrappingAdd(1, ordering: .relaxed).oldValue
        return index < batches.count ? OneBatch(self, batches[index]) : nil
    }

    /// A batch as a morsel: filtered, then shaped.
    private final class OneBatch: Morsel {
        private let scan: MemoryScan
        private var batch: ColumnBatch?

        init(_ scan: MemoryScan, _ batch: ColumnBatch) {
            self.scan = scan
            self.batch = batch
        }

        func next() throws -> ColumnBatch? {
            guard let batch else { return nil }
            self.batch = nil
            scan.counters.add { $0.rowsRead += batch.rowCount }
            // Filters look at the whole batch: what they name need not be in the projection.
            let passing = try scan.filter.select(batch, counters: scan.counters)
            let shaped = scan.shape.shape(batch)
            guard let passing else { return shaped.rowCount > 0 ? shaped : nil }
            return passing.isEmpty ? nil : shaped.gathering(passing)
        }
    }
}

/// A projection laid over whole rows: top-level columns in order of first mention, structs cut to the members asked for.
///
/// For sources whose rows are whole in memory. `lines.amount` of a list of structs leaves a list of structs with that one
/// member.
package struct BatchShape: Sendable {
    private struct Part: Sendable {
        let column: Int
        /// Member paths below the column; empty is all of it.
        let members: [[String]]
        let type: ColumnType
    }

    private let parts: [Part]

    /// - Throws: `ColumnStoreError` invalidRequest for a path that is not in the schema.
    package init(_ projection: [ColumnPath], _ schema: Schema) throws(ColumnStoreError) {
        var names: [String] = []
        // Several paths into one column make one column, with all their members.
        for path in projection where !names.contains(where: { $0.utf8.elementsEqual((path.names.first ?? "").utf8) }) {
            names.append(path.names.first ?? "")
        }
        var parts: [Part] = []
        for name in names {
            guard let index = schema.index(of: name) else {
                throw ColumnStoreError(.invalidRequest, column: name, "the table has no such column")
            }
            let members = projection.filter { $0.names.first?.utf8.elementsEqual(name.utf8) ?? false }.map { Array($0.names.dropFirst()) }
            let wanted = members.contains([]) ? [] : members
            parts.append(Part(column: index, members: wanted, type: Self.cut(schema.fields[index].type, to: wanted)))
        }
        self.parts = parts
    }

    /// The type with the members that some path leads to, in the type's own order.
    private static func cut(_ type: ColumnType, to members: [[String]]) -> ColumnType {
        if members.isEmpty || members.contains([]) { return type }
        switch type {
        case .list(var element):
            element.type = cut(element.type, to: members)
            return .list(element: element)
        case .structure(let fields):
            return .structure(
                fields.compactMap { field in
                    let below = members.filter { $0.first?.utf8.elementsEqual(field.name.utf8) ?? false }.map { Array($0.dropFirst()) }
                    guard !below.isEmpty else { return nil }
                    var field = field
                    field.type = cut(field.type, to: below)
                    return field
                })
        default: return type
        }
    }

    /// The columns of the projection, as they lie.
    package func shape(_ batch: ColumnBatch) -> ColumnBatch {
        ColumnBatch(rowCount: batch.rowCount, columns: parts.map { Self.cut(batch.columns[$0.column], to: $0.type) })
    }

    /// Members are found by name: `type` was made of the column's own by `cut`.
    private static func cut(_ column: Column, to type: ColumnType) -> Column {
        if column.type == type { return column }
        switch (column.values, type) {
        case (.list(let offsets, let element), .list(let field)):
            return Column(
                type: type, count: column.count, validity: column.validity, values: .list(offsets: offsets, element: cut(element, to: field.type)))
        case (.structure(let members), .structure(let fields)):
            guard case .structure(let own) = column.type else { return column }
            let kept = fields.compactMap { field -> Column? in
                guard let index = own.firstIndex(where: { $0.name.utf8.elementsEqual(field.name.utf8) }) else { return nil }
                return cut(members[index], to: field.type)
            }
            return Column(type: type, count: column.count, validity: column.validity, values: .structure(kept))
        case (.constant(let value), _) where !value.isNull: return cut(column.flattened(), to: type)
        default: return column.retyped(type)
        }
    }
}

/// The scope, filters and residual of a request over whole rows, in that order: no later test sees a row that an earlier one left out.
/// Element filters are hints, and left out.
package struct BatchFilter: Sendable {
    private let scope: [(column: Int, filter: ColumnFilter)]
    private let filters: [(column: Int, filter: ColumnFilter)]
    private let runtimeFilters: [(column: Int, runtimeFilter: RuntimeFilter)]
    private let residual: (shape: BatchShape, select: @Sendable (ColumnBatch) throws -> Bitmap)?

    /// - Throws: `ColumnStoreError` invalidRequest for a filter of a column that is not there, or of a member.
    package init(_ request: ScanRequest, _ schema: Schema) throws(ColumnStoreError) {
        func placed(_ filters: [ColumnFilter]) throws(ColumnStoreError) -> [(column: Int, filter: ColumnFilter)] {
            var result: [(column: Int, filter: ColumnFilter)] = []
            for filter in filters {
                guard let name = filter.path.names.first, filter.path.names.count == 1, let index = schema.index(of: name) else {
                    throw ColumnStoreError(.invalidRequest, column: "\(filter.path)", "the table has no such column to filter")
                }
                result.append((index, filter))
            }
            return result
        }
        scope = try placed(request.scope)
        filters = try placed(request.filters)
        runtimeFilters = request.runtimeFilters.compactMap { runtimeFilter in
            guard runtimeFilter.path.names.count == 1, let index = schema.index(of: runtimeFilter.path.names[0]) else { return nil }
            return (index, runtimeFilter)
        }
        if let residual = request.residual {
            self.residual = (try BatchShape(residual.columns, schema), residual.select)
        } else {
            residual = nil
        }
    }

    /// The rows that pass, or nil when all do. Counts the rows that the scope lets through as scanned.
    /// - Throws: what the residual throws.
    package func select(_ batch: ColumnBatch, counters: ScanCounters) throws -> [Int32]? {
        var passing: Bitmap?
        for test in scope { passing = .both(passing, test.filter.select(batch.columns[test.column])) }
        counters.add(rowsScanned: passing?.setCount ?? batch.rowCount)
        for test in filters { passing = .both(passing, test.filter.select(batch.columns[test.column])) }
        for test in runtimeFilters where test.runtimeFilter.isWorthwhile { passing = .both(passing, test.runtimeFilter.select(batch.columns[test.column].flattened())) }
        guard let residual else { return passing?.setIndices() }
        let rows = passing?.setIndices()
        if let rows, rows.isEmpty { return rows }
        let shaped = residual.shape.shape(batch)
        let kept = try residual.select(rows.map { shaped.gathering($0) } ?? shaped).setIndices()
        return rows.map { rows in kept.map { rows[Int($0)] } } ?? kept
    }
}
