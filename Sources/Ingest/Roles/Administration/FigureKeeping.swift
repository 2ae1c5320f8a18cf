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
    /// - Throws: `Fault`: wrong-client unless the principal is the client or an administrator, not-found for a client that never existed.
    func usage(of clientID: String, from: Int32?, to: Int32?, byMonth: Bool, as principal: Principal) throws -> [UsageSpan]
}
