/// Single rows, their tickets, and pages of them. The caller's `Principal` says whose rows are seen; calls may block their thread on files.
package protocol RowReading: AnyObject, Sendable {
    func receipt(_ lookup: ReceiptLookup, as principal: Principal) throws -> ReceiptLookupResult
    func ticket(_ ticketID: String, as principal: Principal) throws -> Ticket
    func page(_ request: PageRequest, as principal: Principal) throws -> Page
}
