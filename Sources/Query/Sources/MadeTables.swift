internal import ColumnStore
internal import Synchronization

/// Tables whose rows a catalog makes for one statement, as `pg_settings` and `information_schema.columns`: one of each name, however often the statement names it.
///
/// A plan holds them beside what its text says. So the memory of all queries is asked for them, as it is for the plan (`PlanMemory`), and has it back when nobody has any of them
/// any more; and whoever keeps plans counts `byteCount` too.
///
/// Invariant: what is given out is here, and charged where there is a memory to charge.
package final class MadeTables: Sendable {
    /// What a table has the rows of. Names are exact bytes.
    enum Maker: Hashable {
        case relation(schema: [UInt8], name: [UInt8])
        /// Of a relation whose columns alone are wanted.
        case columns(schema: [UInt8], name: [UInt8])
        case function(name: [UInt8], argumentCount: Int)
    }

    private struct Made {
        var tables: [Maker: MemoryTable] = [:]
        var byteCount = 0
    }

    private let memory: PlanMemory?
    private let made = Mutex(Made())

    /// - Parameter memory: what they are charged to; nil: nobody counts them.
    package init(_ memory: MemoryBudget? = nil) { self.memory = memory.map { PlanMemory($0) } }

    /// About what all of them take.
    package var byteCount: Int { made.withLock { $0.byteCount } }

    /// - Throws: what `make` throws; spill-full where there is no room for the table.
    func table(_ maker: Maker, make: () throws(QueryError) -> MemoryTable) throws(QueryError) -> MemoryTable {
        if let known = known(maker) { return known }
        return try take(make(), maker)
    }

    /// As the other. What is no table in memory is not made for the statement, and stays as it is.
    func entry(_ maker: Maker, make: () throws -> CatalogEntry?) throws -> CatalogEntry? {
        if let known = known(maker) { return .table(known, scope: []) }
        let entry = try make()
        guard case .table(let source, let scope)? = entry, scope.isEmpty, let table = source as? MemoryTable else { return entry }
        return .table(try take(table, maker), scope: [])
    }

    /// As the other, for the rows of a function.
    func rows(_ maker: Maker, make: () -> (any TableSource)?) throws(QueryError) -> (any TableSource)? {
        if let known = known(maker) { return known }
        let source = make()
        guard let table = source as? MemoryTable else { return source }
        return try take(table, maker)
    }

    private func known(_ maker: Maker) -> MemoryTable? { made.withLock { $0.tables[maker] } }

    private func take(_ table: MemoryTable, _ maker: Maker) throws(QueryError) -> MemoryTable {
        let byteCount = byteCount.addingSaturating(table.heldByteCount)
        guard memory?.hold(byteCount) ?? true else { throw .outOfMemory("what the catalogs say of the tables that the query names") }
        let held = memory.map { table.held(by: $0) } ?? table
        made.withLock {
            $0.tables[maker] = held
            $0.byteCount = byteCount
        }
        return held
    }
}
