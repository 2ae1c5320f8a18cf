/// How a pair of machines stands.
package struct PairStanding: Sendable {
    package var node = ""
    package var leader: String?
    package var epoch = 0
    package var insync: [String] = []
    package var removed: [String] = []
    package var mode = "pair"
    /// Acknowledged ones.
    package var recordCount = 0
    package var isDegraded = false

    package init() {}
}

/// What an administrator has a pair of machines do: who leads, and who takes part. Each call ends with what came of it, or throws a `Problem`.
package protocol PairControl: AnyObject, Sendable {
    /// As this machine knows it.
    var pairStanding: PairStanding { get }
    /// Where clients reach the other machine, where that leads; nil: that is not known, or this one does.
    var leaderURL: String? { get }
    /// Begins to hand the lead over; it goes on once what is under way has its answers.
    ///
    /// - Parameter name: to whom; nil: to whoever has everything.
    /// - Returns: to whom.
    func transfer(to name: String?) throws -> String
    /// Sends a node away, until it is let in again.
    func remove(_ name: String) throws
    /// Lets a node that was sent away take part again.
    func join(_ name: String) throws
    /// Makes the object anew that says who leads, where it is gone.
    func found() throws
}
