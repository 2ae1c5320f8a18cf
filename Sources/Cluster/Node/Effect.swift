/// What is to be done. Disk effects take place in their order, and are synced before `wrote` says so.
package enum Effect: Sendable {
    case send(to: String, Message)

    case append([Record], ticket: Int)
    case cut(to: Int, ticket: Int)
    case promise(Int, ticket: Int)
    /// Whose records the disk has from here on, before the first of them.
    case identify(StoreIdentity)
    /// Records of the own disk, for a peer.
    case fetch(from: Int, count: Int, peer: String)
    /// What this node lacks its leader has in a checkpoint alone. Asked for again as long as it is so; once it is there, the node is begun anew on it (`Node.restarted`).
    case takeCheckpoint(from: String)

    case readConfiguration(ticket: Int)
    /// `expected` nil: there is none yet.
    case swap(expected: Nonce?, Configuration, isConditional: Bool, ticket: Int)
    case readSlot(generation: Int, sequence: Int, ticket: Int)
    case putSlot(generation: Int, Record, isCreation: Bool, ticket: Int)
    case removeSlots(below: Int, afterMilliseconds: Int)

    /// A submission has its number: it is answered by the `commit` that reaches it.
    case numbered(token: Int, sequence: Int)
    /// All up to a mark can be seen, and clients who wait for it are answered: at a leader only.
    case commit(through: Mark, isDegraded: Bool)
    case answerRead(token: Int)
    case refuse(token: Int, Refusal)
    /// The process ends with status 75 and starts anew.
    case end(Ending)
}

package enum Refusal: Sendable, Equatable {
    case notLeader(String?)
    /// Records of its level wait until all understand them.
    case notYet
    case unproven
}

package enum Ending: Sendable, Equatable {
    /// Another may lead.
    case fenced
    /// What the protocol rules out: a person must look.
    case diverged
    /// The cluster's store is another than the one that this disk has.
    case stranger(StoreIdentity)
    /// What was acknowledged lies behind a slot that is lost, or is another's: whoever has it on its disk may lead, and this node may not.
    case brokenSlots(at: Int)
}
