package import Query

/// The store as SQL sees it.
package protocol QueryStore: AnyObject, Sendable {
    /// The tables and views as `principal` sees them: own rows only where that is its scope, and none past `sequence`.
    ///
    /// - Parameter sequence: nil for everything committed by now.
    /// - Returns: the catalog, and the sequence that bounds it.
    func catalog(as principal: Principal, upTo sequence: Int64?) throws -> (catalog: any QueryCatalog, sequence: Int64)
    /// A question has ended. Where it read much, its form is kept, without its constants and without who asked.
    ///
    /// - Parameter needs: what rollups would have spared it that.
    func noteStatement(_ query: String, _ cost: StatementCost, needs: () -> [RollupNeed])
}
