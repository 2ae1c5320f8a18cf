/// Which epochs a log's records have: some numbers for each epoch, whatever the log's length.
///
/// In one epoch one node makes records, one after the other, and never again after it was started anew: also where the object was lost or put back, since whoever leads goes on above all that it, or a
/// peer that it hears, has promised. So two logs whose records at a number have one epoch are equal up to it, and the records of an epoch begin at one number in all logs that have any.
///
/// A standby that is lost and let in again every few seconds makes epochs without end, and no message and no file has room for all. So the oldest are forgotten (`forget`): the first one stays, the newest stay, and
/// the first of those is said to begin where the first that was forgotten did. What is said then, for spans 0, 1, 2, …:
///
/// 1. Each span's last record has the span's epoch. Of all spans but number 1 each record has: number 1 may lack what it says to have at its beginning. So `has` may be wrong by saying no, and says yes of no record but the log's own:
///    where number 1 says that a record before its true first one has its epoch, there is no such record in any log.
/// 2. Where two histories say one epoch at a number, the logs are equal up to it. Both are right: then by the rule above. One is wrong: the log that it is of has a record of that epoch further on, so it has all that
///    the epoch's node had by then, and so the record that the other is right about. Both are wrong: both have records of that epoch further on, and before the first of those what that node had.
/// 3. Where they say different epochs, and none of the two spans is a number 1 of a history that may have forgotten something, the records differ, and so do all behind them.
/// 4. Two logs of one beginning have at least that in common by 2, and two of different beginnings nothing: span 0 is never forgotten.
///
/// So what is found in common is (`common`), and where more may be that is known to be unknown. Versions before take such a history for one of few epochs: by 2 they take no differing records for common ones either.
///
/// A log forgets epochs of records alone that it has no more, since those are in a checkpoint: all that it might ever be cut back to it knows. What it tells others, `shortened`, may be less.
package struct History: Equatable, Sendable {
    /// Records of one epoch: from `first` to the one before the next span's, or to the last.
    package struct Span: Equatable, Sendable {
        package var epoch: Int
        /// The first record's number; of span 1 it may be lower.
        package var first: Int

        package init(epoch: Int, first: Int) { (self.epoch, self.first) = (epoch, first) }
    }

    /// Ascending in both.
    package private(set) var spans: [Span] = []
    /// The last record's number.
    package private(set) var last = 0

    package init() {}

    /// - Returns: nil for what no log has.
    package init?(spans: [Span], last: Int) {
        var before = Span(epoch: 0, first: 0)
        for span in spans {
            guard span.epoch > before.epoch, span.first > before.first, span.first <= last else { return nil }
            before = span
        }
        guard last == 0 ? spans.isEmpty : spans.first?.first == 1 else { return nil }
        (self.spans, self.last) = (spans, last)
    }

    /// 0 before the first record, nil past the last. Of a record whose epoch is forgotten it is a higher one.
    package func epoch(at sequence: Int) -> Int? {
        guard sequence > 0 else { return sequence == 0 ? 0 : nil }
        guard sequence <= last else { return nil }
        return spans.last { $0.first <= sequence }?.epoch
    }

    package func has(_ mark: Mark) -> Bool { epoch(at: mark.sequence) == mark.epoch }

    /// Whether the log has that record, or had it when its epochs were forgotten: nobody can say.
    package func mayHave(_ mark: Mark, keeping count: Int = Bounds.epochsKept) -> Bool {
        if has(mark) { return true }
        guard mark.sequence > 0, mark.sequence <= last, let place = spans.lastIndex(where: { $0.first <= mark.sequence }), isUnsure(place, keeping: count) else { return false }
        return spans[0].epoch < mark.epoch && mark.epoch < spans[1].epoch
    }

    package mutating func append(_ record: Record) {
        precondition(record.sequence == last + 1)
        if spans.last?.epoch != record.epoch { spans.append(Span(epoch: record.epoch, first: record.sequence)) }
        last = record.sequence
    }

    /// Forgets all records after a number.
    package mutating func cut(to sequence: Int) {
        while let span = spans.last, span.first > sequence { spans.removeLast() }
        last = min(last, sequence)
    }

    // MARK: What is forgotten

    /// Forgets the oldest epochs but the first, where there are more than `count` up to a record.
    ///
    /// - Parameters:
    ///   - count: 3 at least, and the same wherever histories are held against each other.
    ///   - sequence: of a record to which the log is never cut back, or further: that one's epoch is kept.
    package mutating func forget(keeping count: Int, through sequence: Int) {
        guard let place = spans.lastIndex(where: { $0.first <= sequence }), place >= count, count >= 3 else { return }
        // `count` of them are left up to `place`: number 0, and the last ones.
        let first = spans[1].first
        spans.removeSubrange(1...(place + 1 - count))
        spans[1].first = first
    }

    /// What is sent to other nodes: no more than `count` epochs up to a record, and all behind it.
    package func shortened(keeping count: Int = Bounds.epochsKept, through sequence: Int) -> History {
        var history = self
        history.forget(keeping: count, through: sequence)
        return history
    }

    /// Whether a span may say more than it has. A history that has forgotten something has `count` epochs at least, since none of those is ever cut off.
    private func isUnsure(_ place: Int, keeping count: Int) -> Bool { place == 1 && spans.count >= count }

    /// Up to which number both are equal.
    ///
    /// - Returns: from the number up to which they are for certain, to the highest one up to which they may be. Where nothing was forgotten that is one number.
    package static func common(_ left: History, _ right: History, keeping count: Int = Bounds.epochsKept) -> ClosedRange<Int> {
        var sequence = min(left.last, right.last)
        var (ours, theirs) = (left.spans.count - 1, right.spans.count - 1)
        var most: Int?
        while sequence > 0 {
            while ours >= 0, left.spans[ours].first > sequence { ours -= 1 }
            while theirs >= 0, right.spans[theirs].first > sequence { theirs -= 1 }
            guard ours >= 0, theirs >= 0 else { break }
            if left.spans[ours].epoch == right.spans[theirs].epoch { return sequence...(most ?? sequence) }
            // Where they differ for certain all does that was unsure behind it.
            most = left.isUnsure(ours, keeping: count) || right.isUnsure(theirs, keeping: count) ? most ?? sequence : nil
            // Neither span says a record of the other's epoch where both lie.
            sequence = max(left.spans[ours].first, right.spans[theirs].first) - 1
        }
        return 0...0
    }
}
