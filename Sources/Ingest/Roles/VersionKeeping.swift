package import Documents

/// Documents that change: their versions, and their end.
package protocol VersionKeeping: AnyObject, Sendable {
    /// - Parameters:
    ///   - limit: of versions.
    ///   - hold: asked for the bytes that the page takes in all with its text, before it takes them; more than once as it grows. What it throws ends the reading.
    /// - Throws: `Fault`: not-found, immutable-table, bad-cursor.
    func versions(
        _ lookup: ReceiptLookup, limit: Int, cursor: String?, as principal: Principal, hold: (_ byteCount: Int) throws -> Void
    ) throws -> VersionLookupResult
    /// Adds a version that removes the document; nothing where it is removed already.
    ///
    /// - Parameter completion: called once, on any thread, after the removal is durable, or with why there is none.
    func remove(_ lookup: ReceiptLookup, as principal: Principal, completion: @escaping @Sendable (Fault?) -> Void)
}

extension VersionKeeping {
    /// Where nobody counts the memory.
    package func versions(_ lookup: ReceiptLookup, limit: Int, cursor: String?, as principal: Principal) throws -> VersionLookupResult {
        try versions(lookup, limit: limit, cursor: cursor, as: principal) { _ in }
    }
}
