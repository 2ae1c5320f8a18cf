package import Query

/// The store as SQL sees it: a catalog for each caller.
package protocol QueryStore: AnyObject, Sendable {
    /// The tables and views as `principal` sees them: own rows only where that is its scope, and none past a walk's beginning.
    ///
    /// - Parameter beginning: nil for everything committed by now.
    /// - Returns: the catalog, and the beginning of a walk over it.
    func catalog(as principal: Principal, from beginning: WalkBeginning?) throws -> (catalog: any QueryCatalog, beginning: WalkBeginning)
    /// Notes a query that has ended. Where it read much, its text is kept without its constants and without its caller, as ground for advice on rollups.
    ///
    /// - Parameter needs: works out the rollups that would have spared it the reading.
    func noteStatement(_ query: String, _ cost: StatementCost, needs: () -> [RollupNeed])
}

extension QueryStore {
    /// The same where no further page follows: a sequence alone bounds which rows are seen, and not the states that rows had then.
    package func catalog(as principal: Principal, upTo sequence: Int64?) throws -> (catalog: any QueryCatalog, sequence: Int64) {
        let (catalog, beginning) = try catalog(as: principal, from: sequence.map { WalkBeginning(sequence: $0, instant: nil) })
        return (catalog, beginning.sequence)
    }
}

/// The parts that the store consists of, for administrators.
package protocol StoreInventory: AnyObject, Sendable {
    /// The cold tables, by name.
    var coldTableNames: [String] { get }
    /// The files of a cold table as it is now; nil: hot files. Empty for a table that is gone; without bounds of columns that are hidden from `principal`.
    func files(of table: String?, as principal: Principal) throws -> [StoredFile]
    /// The snapshots of a cold table, the oldest first.
    func snapshots(of table: String) -> [StoredSnapshot]
    /// Cold tables that engines outside may read on behalf of `principal`, by name: none if it sees its own rows only, and no table with a column that is
    /// hidden from it, as files have everybody's rows and all columns.
    func warehouseTables(as principal: Principal) throws -> [String]
    /// One of those, as it is now; nil: it is none.
    func warehouseTable(_ name: String, as principal: Principal) throws -> WarehouseTable?
    /// The last compactions, the oldest first.
    var compactions: [CompactionRecord] { get }
}

/// Views that the administrator saves. Changes are durable before these return.
package protocol ViewAdministration: AnyObject, Sendable {
    /// By the bytes of their names, those behind `after`, at most `limit`.
    func views(after name: String?, limit: Int) -> [SavedView]
    func view(_ name: String) -> SavedView?
    /// Whoever puts it has bound it: here its text is none but a text.
    func putView(_ view: SavedView) throws -> PutOutcome
    /// - Returns: the name of a view that reads it, and so keeps it; nil: it is gone.
    /// - Throws: not-found.
    func deleteView(_ name: String) throws -> String?
}
