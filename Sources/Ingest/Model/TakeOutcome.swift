package import Documents

package struct Taken: Sendable {
    package var summary: ReceiptSummary
    /// The same document was here before: its first ticket, its present state.
    package var isRepeat: Bool
    package init(summary: ReceiptSummary, isRepeat: Bool) {
        self.summary = summary
        self.isRepeat = isRepeat
    }
}

package enum TakeOutcome: Sendable {
    case one(Taken)
    /// An array or an envelope that counts as a whole.
    case batch([Taken])
    /// NDJSON, and envelopes whose receipts count each on its own: a result for each, in order.
    case each([Result<Taken, Fault>])
    /// As `each`, of a body of more than it may hold: how many came after those, none of which was looked at.
    case eachOfMore([Result<Taken, Fault>], beyondCount: Int)
    case refused(Fault)
}
