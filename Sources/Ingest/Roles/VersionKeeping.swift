package import Documents

/// Documents that change: reads their versions, and removes documents.
package protocol VersionKeeping: AnyObject, Sendable {
    /// A page of the versions of a document.
    ///
    /// - Parameters:
    ///   - limit: how many versions at most.
    ///   - hold: called with the bytes of the whole page and its text, before they are taken and again as it grows; an error that it throws ends the reading.
    /// - Throws: `Fault`: not-found, immutable-table, bad-cursor.
    func versions(
        _ lookup: ReceiptLookup, limit: Int, cursor: String?, as principal: Principal, hold: (_ byteCount: Int) throws -> Void
    ) throws -> VersionLookupResult
    /// Adds a version that removes the document; does nothing where it is removed already.
    ///
    /// - Parameter completion: called once, on any thread: with nil after the removal is durable, else with the fault.
    func remove(_ lookup: ReceiptLookup, as principal: Principal, completion: @escaping @Sendable (Fault?) -> Void)
}

extension VersionKeeping {
    /// Where nobody counts the memory.
    package func versions(_ lookup: ReceiptLookup, limit: Int, cursor: String?, as principal: Principal) throws -> VersionLookupResult {
        try versions(lookup, limit: limit, cursor: cursor, as: principal) { _ in }
    }
}
