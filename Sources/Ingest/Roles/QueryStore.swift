package import Query

/// The store as SQL sees it.
package protocol QueryStore: AnyObject, Sendable {
    /// The tables and views as `principal` sees them: own rows only where that is its scope, and none past `sequence`.
    ///
    /// - Parameter sequence: nil for everything committed by now.
    /// - Returns: the catalog, and the sequence that bounds it.
    func catalog(as principal: Principal, upTo sequence: Int64?) throws -> (catalog: any QueryCatalog, sequence: Int64)
}
