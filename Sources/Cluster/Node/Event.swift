/// What may happen to a node. Tickets are those of the effects that asked.
package enum Event: Sendable {
    /// Some five times a second.
    case tick
    case message(from: String, Message)
    /// A process of a peer is there, before its first message: whose records it has.
    case met(String, StoreIdentity?, namesStores: Bool)
    /// Records that count are those of a store.
    case learned(StoreIdentity)
    case configuration(Reading<Configuration>, ticket: Int)
    case swapped(Writing, ticket: Int)
    case slot(Reading<Record>, ticket: Int)
    case put(Writing, ticket: Int)
    /// The disk has synced all up to a ticket; `tail` is its last record.
    case wrote(ticket: Int, tail: Mark)
    case fetched([Record], peer: String)
    /// The own disk has no records up to here any more: its checkpoint has what they made.
    case dropped(through: Int)
    case submit(Submission)
    case read(token: Int)
    case command(Command)
    /// What the records make is of a later version than this program: it keeps and confirms them, could not serve them, and leads to hand the lead on alone.
    case outgrown
}

package enum Reading<Value: Sendable>: Sendable {
    case found(Value)
    case absent
    /// A slot that is not there, though one behind it is: the bucket has lost it.
    case lost
    case failed
}

/// What came of a conditional write.
package enum Writing: Sendable {
    case done
    /// 412: somebody was there before, perhaps this very write, sent twice.
    case conflict
    /// 409: not applied, try again.
    case again
    /// Nobody knows: a time-out, a 5xx. It may be applied later still.
    case unknown
}

/// What clients want to be kept: one group commit.
package struct Submission: Sendable {
    package var token: Int
    package var kind: Record.Kind
    package var level: Int
    package var body: [UInt8]

    package init(token: Int, kind: Record.Kind = .rows, level: Int = 1, body: [UInt8]) {
        (self.token, self.kind, self.level, self.body) = (token, kind, level, body)
    }
}

/// What an administrator wants of the leader.
package enum Command: Sendable {
    case transfer(to: String)
    case remove(String)
    case join(String)
    /// Records of the next version may be made.
    case raiseLevel
    /// The object is gone: it is made anew, as this leader knows it.
    case found
}
