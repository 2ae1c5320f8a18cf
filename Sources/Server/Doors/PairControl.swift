/// The state of a pair of machines, as one of them knows it.
package struct PairStanding: Sendable {
    package var node = ""
    package var leader: String?
    package var epoch = 0
    package var insync: [String] = []
    package var removed: [String] = []
    package var mode = "pair"
    /// Records that were acknowledged.
    package var recordCount = 0
    package var isDegraded = false

    package init() {}
}

/// Calls by which an administrator changes which machine of a pair leads, and which take part. Each returns once it is done, unless it says else, or throws a `Problem`.
package protocol PairControl: AnyObject, Sendable {
    /// As this machine knows it.
    var pairStanding: PairStanding { get }
    /// The URL by which clients reach the other machine while that leads; nil: it is unknown, or this machine leads.
    var leaderURL: String? { get }
    /// Begins to hand the lead over, and returns; it is handed over once requests that are under way have their answers.
    ///
    /// - Parameter name: the new leader; nil: any node that has every record.
    /// - Returns: the name of the new leader.
    func transfer(to name: String?) throws -> String
    /// Takes a node out of the pair, until `join` lets it in again.
    func remove(_ name: String) throws
    /// Lets a node take part again that `remove` has taken out.
    func join(_ name: String) throws
    /// Creates the object anew that says who leads, where it is gone.
    func found() throws
}
