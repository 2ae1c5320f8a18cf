/// What nodes say to each other. Any message may be lost, come twice, late, or out of order.
package enum Message: Sendable {
    /// Who does not lead, to everybody.
    case hello(Hello)
    /// A leader to one that follows.
    case lead(Lead)
    /// The answer to it.
    case word(Word)
    /// The answer of one that has promised a higher epoch, or knows one.
    case refusal(epoch: Int)
    /// A leader to one that follows, and lacks records that the leader's disk has no more: for those who take checkpoints alone.
    case gone(Gone)
}

package struct Hello: Sendable {
    /// The process that speaks, and the one that it last heard of the addressed node.
    package var session: UInt64
    package var heard: UInt64
    package var version: Int
    /// What it knows of the object: it does not lead in that epoch.
    package var epoch: Int
    package var promise: Int
    package var isVouched: Bool
    package var tail: Mark

    package init(session: UInt64, heard: UInt64, version: Int, epoch: Int, promise: Int, isVouched: Bool, tail: Mark) {
        (self.session, self.heard, self.version, self.epoch, self.promise) = (session, heard, version, epoch, promise)
        (self.isVouched, self.tail) = (isVouched, tail)
    }
}

package struct Lead: Sendable {
    package var configuration: Configuration
    package var session: UInt64
    /// The process that is meant; 0 while the leader knows none.
    package var to: UInt64
    package var version: Int
    /// The leader's clock as it was sent.
    package var sentAt: Int
    /// The epoch in which it came to lead.
    package var tenure: Int
    package var committed: Mark
    package var records: [Record]
    package var resume: Resume?
    /// Objects that name this process as in sync, rightly.
    package var vouches: [Nonce]
    /// The leadership is offered: all that there is the addressed node has.
    package var isOffer: Bool

    package init(
        configuration: Configuration, session: UInt64, to: UInt64, version: Int, sentAt: Int,
        tenure: Int, committed: Mark, records: [Record], resume: Resume?, vouches: [Nonce], isOffer: Bool
    ) {
        (self.configuration, self.session, self.to, self.version, self.sentAt) = (configuration, session, to, version, sentAt)
        (self.tenure, self.committed, self.records, self.resume, self.vouches) = (tenure, committed, records, resume, vouches)
        self.isOffer = isOffer
    }
}

/// What a follower needs in order to cut back its log.
package struct Resume: Sendable {
    package var history: History
    /// Of the word that asked: an older answer must not cut what came since.
    package var attempt: Int

    package init(history: History, attempt: Int) {
        (self.history, self.attempt) = (history, attempt)
    }
}

/// Where a leader's records begin.
package struct Gone: Sendable {
    package var session: UInt64
    /// The process that is meant.
    package var to: UInt64
    package var tenure: Int
    /// The first one that there is.
    package var first: Int

    package init(session: UInt64, to: UInt64, tenure: Int, first: Int) {
        (self.session, self.to, self.tenure, self.first) = (session, to, tenure, first)
    }
}

package struct Word: Sendable {
    package var session: UInt64
    package var version: Int
    package var epoch: Int
    package var promise: Int
    /// `sentAt` of the message that it answers.
    package var echo: Int
    /// Whom it follows; 0 before its log was cut back to the leader's.
    package var tenure: Int
    package var attempt: Int
    /// What its disk has.
    package var tail: Mark
    package var accepts: [Nonce]

    package init(
        session: UInt64, version: Int, epoch: Int, promise: Int,
        echo: Int, tenure: Int, attempt: Int, tail: Mark, accepts: [Nonce]
    ) {
        (self.session, self.version, self.epoch, self.promise, self.echo) = (session, version, epoch, promise, echo)
        (self.tenure, self.attempt, self.tail, self.accepts) = (tenure, attempt, tail, accepts)
    }
}
