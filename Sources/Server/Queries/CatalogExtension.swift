package import Ingest
package import Query

/// What every door's catalogs have beside the store's own tables.
package protocol CatalogExtension: Sendable {
    /// - Parameters:
    ///   - base: what `principal` sees of the store.
    ///   - parts: what the further relations are made of.
    /// - Returns: `base` with more, or as it is. Made for each question anew: rows may depend on the instant.
    func catalog(over base: any QueryCatalog, as principal: Principal, _ parts: CatalogParts) -> any QueryCatalog
}

/// What a server says of itself in SQL is made of.
package struct CatalogParts: Sendable {
    package let store: StoreRoles
    /// Nil where there is no server: of a directory that a command reads.
    package let queries: QueryService?

    package init(store: StoreRoles, queries: QueryService?) { (self.store, self.queries) = (store, queries) }
}
