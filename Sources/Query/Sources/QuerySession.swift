/// What of a door's session a statement reads and changes while it runs.
package protocol QuerySession: AnyObject, Sendable {
    /// What random() draws from, as setseed left it.
    var random: RandomNumbers { get }
    /// When the statement came that is understood, in microseconds since 1970; nil where nobody knows. Asked for by statement_timestamp() alone: its plan is good for no
    /// other statement.
    func statementMoment() -> Int64?
    /// As SET does, and set_config.
    ///
    /// - Parameter value: nil for the default.
    /// - Parameter isLocal: until the transaction's end.
    /// - Returns: the value as it is shown.
    /// - Throws: with the door's cause, for what cannot be set so.
    func set(_ name: String, _ value: String?, isLocal: Bool) throws(QueryError) -> String
}
