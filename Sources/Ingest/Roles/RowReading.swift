/// Reads single receipts, their tickets, and pages of receipts. The `Principal` says whose rows are seen; calls may block their thread on files.
package protocol RowReading: AnyObject, Sendable {
    /// - Parameter hold: called with the bytes that reading the receipt takes, before they are taken, and after it with the receipt's own; an error that it throws ends the reading.
    func receipt(_ lookup: ReceiptLookup, as principal: Principal, hold: (_ byteCount: Int) throws -> Void) throws -> ReceiptLookupResult
    /// - Parameter hold: called with the bytes that the reasons of a refused document take as they are read, before they are, where the principal may see them; an error that it throws ends the
    ///   reading.
    func ticket(_ ticketID: String, as principal: Principal, hold: (_ byteCount: Int) throws -> Void) throws -> Ticket
    /// - Parameter hold: called with about the bytes of the page's rows, before they are read and again as the page grows; an error that it throws ends the reading.
    func page(_ request: PageRequest, as principal: Principal, hold: (_ byteCount: Int) throws -> Void) throws -> Page
}

/// The feed of changes: what was committed, in the order of commits.
package protocol ChangeFeed: AnyObject, Sendable {
    /// At most `limit` changes after `sequence`, in commit order.
    func changes(after sequence: Int64, limit: Int, as principal: Principal) throws -> ChangePage
    /// Calls `wake` once, as soon as something beyond `sequence` is committed, before this returns if it already is.
    ///
    /// - Returns: a handle whose `cancel` ends the wait.
    func notify(beyond sequence: Int64, wake: @escaping @Sendable () -> Void) -> any NotificationHandle
}
