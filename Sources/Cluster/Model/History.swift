/// Which epochs a log's records have: some numbers for each epoch, whatever the log's length.
///
/// In one epoch one node makes records, one after the other, and never again after it was started anew: also where the object was lost or put back, since whoever leads goes on above all that it, or a
/// peer that it hears, has promised. So two logs whose records at a number have one epoch are equal up to it.
package struct History: Equatable, Sendable {
    /// Records of one epoch: from `first` to the one before the next span's, or to the last.
    package struct Span: Equatable, Sendable {
        package var epoch: Int
        /// The first record's number.
        package var first: Int
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

    /// 0 before the first record, nil past the last.
    package func epoch(at sequence: Int) -> Int? {
        guard sequence > 0 else { return sequence == 0 ? 0 : nil }
        guard sequence <= last else { return nil }
        return spans.last { $0.first <= sequence }?.epoch
    }

    package func has(_ mark: Mark) -> Bool { epoch(at: mark.sequence) == mark.epoch }

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

    /// The last number up to which both are equal.
    package static func common(_ left: History, _ right: History) -> Int {
        var sequence = min(left.last, right.last)
        while sequence > 0 {
            guard let ours = left.spans.last(where: { $0.first <= sequence }), let theirs = right.spans.last(where: { $0.first <= sequence }) else { return 0 }
            if ours.epoch == theirs.epoch { return sequence }
            // Neither span has a record of the other's epoch where both lie.
            sequence = max(ours.first, theirs.first) - 1
        }
        return 0
    }
}
