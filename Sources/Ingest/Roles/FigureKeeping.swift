/// Figures that outlive a restart, as their maker writes them.
package protocol FigureKeeping: AnyObject, Sendable {
    /// Durable when it returns.
    func keep(figures: [UInt8], as name: String) throws
    func keptFigures(_ name: String) throws -> [UInt8]?
}
