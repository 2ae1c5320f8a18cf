/// Single rows, their tickets, and pages of them. The caller's `Principal` says whose rows are seen; calls may block their thread on files.
package protocol RowReading: AnyObject, Sendable {
    /// - Parameter hold: asked for the bytes that reading the receipt takes, before it takes them, and once it is read for the receipt's own. What it throws ends the reading.
    func receipt(_ lookup: ReceiptLookup, as principal: Principal, hold: (_ byteCount: Int) throws -> Void) throws -> ReceiptLookupResult
    func ticket(_ ticketID: String, as principal: Principal) throws -> Ticket
    /// - Parameter hold: asked for the bytes that the page's rows take, about, before they are read; more than once as it grows. What it throws ends the reading.
    func page(_ request: PageRequest, as principal: Principal, hold: (_ byteCount: Int) throws -> Void) throws -> Page
}

extension RowReading {
    /// Where nobody counts the memory.
    package func receipt(_ lookup: ReceiptLookup, as principal: Principal) throws -> ReceiptLookupResult { try receipt(lookup, as: principal) { _ in } }

    /// Where nobody counts the memory.
    package func page(_ request: PageRequest, as principal: Principal) throws -> Page { try page(request, as: principal) { _ in } }
}

/// What was committed, in the order of commits.
package protocol ChangeFeed: AnyObject, Sendable {
    /// Changes after `sequence`, in commit order, at most `limit`.
    func changes(after sequence: Int64, limit: Int, as principal: Principal) throws -> ChangePage
    /// Calls `wake` once, as soon as something beyond `sequence` is committed; at once if it already is. `cancel` the handle to forget it.
    func notify(beyond sequence: Int64, wake: @escaping @Sendable () -> Void) -> any NotificationHandle
}
