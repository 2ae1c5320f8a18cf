package import Query

/// Keeps figures over a restart, as bytes whose meaning their owner knows.
package protocol FigureKeeping: AnyObject, Sendable {
    /// Durable when it returns.
    func keep(figures: [UInt8], as name: String) throws
    /// Nil where none were kept under that name.
    func keptFigures(_ name: String) throws -> [UInt8]?
}

/// How much clients have used.
package protocol UsageKeeping: AnyObject, Sendable {
    /// Counts calls, bytes and what else is no receipt.
    var usageMeter: UsageMeter { get }

    /// The usage of a client by days or months in UTC, in order; days or months without any are left out.
    ///
    /// - Parameters:
    ///   - from: the first day, in days since 1970; nil: from the first that there is.
    ///   - to: the day after the last; nil: up to the last that there is.
    ///   - cancellation: rows that nobody has counted since the start are counted first, which takes long where there are many. What was counted when it ends is not counted again.
    /// - Throws: `Fault`: wrong-client unless the principal is the client or an administrator, not-found for a client that never existed. `QueryError`: what the cancellation says.
    func usage(of clientID: String, from: Int32?, to: Int32?, byMonth: Bool, as principal: Principal, unless cancellation: Cancellation) throws -> [UsageSpan]

    /// Clients of which there are figures, in the order of their bytes: those as well whose contract is gone.
    ///
    /// - Throws: `Fault`: wrong-client unless the principal is an administrator. `QueryError`: as above.
    func usageClients(as principal: Principal, unless cancellation: Cancellation) throws -> [String]

    /// The usage of several clients by days in UTC, in one pass over what there is: client by client as they are given, each in order.
    ///
    /// - Throws: as `usageClients`; a contract may ask for its own client alone.
    func dailyUsage(of clientIDs: [String], as principal: Principal, unless cancellation: Cancellation) throws -> [(clientID: String, span: UsageSpan)]
}
