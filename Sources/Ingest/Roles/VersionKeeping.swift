package import Documents

/// Documents that change: their versions, and their end.
package protocol VersionKeeping: AnyObject, Sendable {
    /// - Parameter limit: of versions.
    /// - Throws: `Fault`: not-found, immutable-table, bad-cursor.
    func versions(_ lookup: ReceiptLookup, limit: Int, cursor: String?, as principal: Principal) throws -> VersionLookupResult
    /// Adds a version that removes the document; nothing where it is removed already.
    ///
    /// - Parameter completion: called once, on any thread, after the removal is durable, or with why there is none.
    func remove(_ lookup: ReceiptLookup, as principal: Principal, completion: @escaping @Sendable (Fault?) -> Void)
}
