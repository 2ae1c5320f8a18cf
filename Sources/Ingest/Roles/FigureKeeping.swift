/// Figures that outlive a restart, as their maker writes them.
package protocol FigureKeeping: AnyObject, Sendable {
    /// Durable when it returns.
    func keep(figures: [UInt8], as name: String) throws
    func keptFigures(_ name: String) throws -> [UInt8]?
}

/// What clients have used.
package protocol UsageKeeping: AnyObject, Sendable {
    /// Where what is no receipt is counted.
    var usageMeter: UsageMeter { get }

    /// What a client used, by days or months in UTC, in order; those of which there is nothing are left out.
    ///
    /// - Parameters:
    ///   - from: the first day, since 1970.
    ///   - to: the day after the last.
    /// - Throws: `Fault`: wrong-client for who is neither the client nor the administrator, not-found for a client that there never was.
    func usage(of clientID: String, from: Int32?, to: Int32?, byMonth: Bool, as principal: Principal) throws -> [UsageSpan]
}
