package import Query

/// What SQL over the store needs of the engine.
package protocol QueryStore: AnyObject, Sendable {
    /// The tables and views as `principal` sees them: own rows only where that is its scope, and none past `sequence`.
    ///
    /// - Parameter sequence: nil for everything committed by now.
    /// - Returns: the catalog, and the sequence that bounds it.
    func catalog(as principal: Principal, upTo sequence: Int64?) throws -> (catalog: any QueryCatalog, sequence: Int64)

    /// An opaque cursor of `fields`, bound to what must be the same when it comes back.
    func seal(_ fields: [[UInt8]], binding: [String]) -> String
    /// Nil when any bit was changed, or the cursor belongs to something else.
    func unseal(_ cursor: String, binding: [String]) -> [[UInt8]]?
}
