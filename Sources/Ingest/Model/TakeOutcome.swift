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

/// Where results stand in a body of lines, from 1: lines of blanks have a number, and no result.
package struct TakenLines: Sendable {
    package let results: [Int]
    package let beyond: LineNumbers
    package init(results: [Int], beyond: LineNumbers) { (self.results, self.beyond) = (results, beyond) }
}

package enum TakeOutcome: Sendable {
    case one(Taken)
    /// An array or an envelope that counts as a whole.
    case batch([Taken])
    /// NDJSON, and envelopes whose receipts count each on its own: a result for each, in order.
    case each([Result<Taken, Fault>])
    /// As `each`, of a body of more than it may hold: how many came after those, none of which was looked at; or of lines with lines of blanks
    /// among them. `lines` is nil where they are no lines, and each has the number of its place.
    case eachOfMore([Result<Taken, Fault>], beyondCount: Int, lines: TakenLines?)
    case refused(Fault)
}
