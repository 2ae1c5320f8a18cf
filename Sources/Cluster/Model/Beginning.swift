/// Where a log begins whose first records went into a checkpoint: the last of them, and the epochs of those up to it.
package struct Beginning: Equatable, Sendable {
    package let mark: Mark
    package let history: History

    /// Of a log that has its first record, or none yet.
    package static let first = Beginning(History(), .start)

    private init(_ history: History, _ mark: Mark) { (self.history, self.mark) = (history, mark) }

    /// Of epochs without end the oldest are left out (`History`).
    ///
    /// - Returns: nil where the record is not the last one of that history.
    package init?(mark: Mark, history: History) {
        guard history.last == mark.sequence, history.has(mark) else { return nil }
        self.init(history.shortened(through: mark.sequence), mark)
    }
}
