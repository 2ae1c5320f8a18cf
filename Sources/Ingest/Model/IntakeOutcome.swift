package import Documents

package struct Accepted: Sendable {
    package var summary: ReceiptSummary
    /// The same document was here before: its first ticket, its present state.
    package var isRepeat: Bool
    package init(summary: ReceiptSummary, isRepeat: Bool) {
        self.summary = summary
        self.isRepeat = isRepeat
    }
}

/// Where results stand in a body of lines, from 1: lines of blanks have a number, and no result.
package struct AcceptedLines: Sendable {
    package let results: [Int]
    package let beyond: LineNumbers
    package init(results: [Int], beyond: LineNumbers) { (self.results, self.beyond) = (results, beyond) }
}

package enum IntakeOutcome: Sendable {
    case one(Accepted)
    /// An array or an envelope that counts as a whole.
    case batch([Accepted])
    /// NDJSON, and envelopes whose receipts count each on its own: a result for each, in order.
    case each([Result<Accepted, Fault>])
    /// As `each`, of a body of more than it may hold: how many came after those, none of which was looked at; or of lines with lines of blanks
    /// among them. `lines` is nil where they are no lines, and each has the number of its place.
    case eachOfMore([Result<Accepted, Fault>], beyondCount: Int, lines: AcceptedLines?)
    case refused(Fault)
}
