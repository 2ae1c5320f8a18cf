/// The machines that keep a store together, as its engine sees them.
package protocol CommitReplica: AnyObject, Sendable {
    /// Tells from here on what becomes of what is submitted.
    func begin(_ observer: any ReplicaObserver)
    /// Takes what is to be kept next.
    ///
    /// - Parameter token: rises by 1.
    func submit(_ token: Int, _ body: [UInt8])
    /// The store's number: a record that counts has made it.
    func identify(_ store: String)
    /// Calls `body` with whether this machine still leads, asked after this call.
    func prove(_ body: @escaping @Sendable (LeadProof) -> Void)
    /// Whether what is kept now lies on this machine alone.
    var isDegraded: Bool { get }
    /// Whether each record is a request to a bucket of its own: the other machine is lost.
    var isInSlots: Bool { get }
    /// What it says of itself beside.
    var metrics: [Metric] { get }
    /// For the administrator: what is not as it should be, beside what the members above say.
    var texts: [String] { get }
    /// Whether the archive of these machines has all that is kept by now: for callers that remove files which commits name. Returns within some seconds; at once where that cannot be.
    func isArchived() -> Bool
    /// This machine can keep nothing any more: it ends, so that another may lead, or it itself once it was started anew.
    func giveUp(_ reason: String)
    /// The store is closed.
    ///
    /// - Parameter isWhole: all that its files have was acknowledged.
    func ended(isWhole: Bool)
}

/// What is known of whether a machine leads.
package enum LeadProof: Sendable, Equatable {
    case leads
    /// It may: nobody who could say so was heard.
    case unproven
    /// It does not, whoever does.
    case leadsNoMore
}

package protocol ReplicaObserver: AnyObject, Sendable {
    /// All up to a token is kept.
    func acknowledged(through token: Int)
    /// This machine leads no more: nothing is kept from here on.
    func ended(_ reason: String)
    /// Whether a commit that has its time by now is not acknowledged, whether it was submitted yet or not.
    var isUnderWay: Bool { get }
}

extension CommitReplica {
    package var metrics: [Metric] { [] }
    package var texts: [String] { [] }
    package func isArchived() -> Bool { true }
    package func identify(_ store: String) {}
    package func giveUp(_ reason: String) {}
}
