/// What happened in the store behind a number, in the order of sequences.
package struct ChangePage: Sendable {
    /// One event of one receipt.
    package struct Change: Sendable {
        package var sequence: Int64
        /// Microseconds since 1970.
        package var at: Int64
        package var event: String
        package var receipt: ReceiptSummary
        /// Of a row of a versioned table that came just then: which version it is, from 1, and whether it takes the document away.
        package var version: (number: Int32, isRemoval: Bool)?
        package init(sequence: Int64, at: Int64, event: String, receipt: ReceiptSummary) {
            self.sequence = sequence
            self.at = at
            self.event = event
            self.receipt = receipt
        }
    }
    package var changes: [Change]
    /// Where to ask on: also where nothing has happened.
    package var nextAfter: Int64
    package init(changes: [Change], nextAfter: Int64) {
        self.changes = changes
        self.nextAfter = nextAfter
    }
}

/// The last events of receipts of one table that became final after they came, and are cold by now: numbers of events are no column.
///
/// A reader of changes asks cold rows only where one of their last events may lie between the numbers that it wants. The bounds are of what
/// happened, so that they hold whatever the clock did meanwhile.
package struct LateEnds: Hashable, Sendable {
    package let table: String
    /// Numbers of the last events.
    package var events: ClosedRange<Int64>
    /// The receipts' own sequences.
    package var receipts: ClosedRange<Int64>
    /// `completed_at`.
    package var times: ClosedRange<Int64>

    package init(table: String, events: ClosedRange<Int64>, receipts: ClosedRange<Int64>, times: ClosedRange<Int64>) {
        (self.table, self.events, self.receipts, self.times) = (table, events, receipts, times)
    }

    /// One receipt.
    package init(table: String, event: Int64, receipt: Int64, time: Int64) {
        self.init(table: table, events: event...event, receipts: receipt...receipt, times: time...time)
    }

    package mutating func form(with other: LateEnds) {
        events = Self.hull(events, other.events)
        receipts = Self.hull(receipts, other.receipts)
        times = Self.hull(times, other.times)
    }

    private static func hull(_ one: ClosedRange<Int64>, _ other: ClosedRange<Int64>) -> ClosedRange<Int64> {
        min(one.lowerBound, other.lowerBound)...max(one.upperBound, other.upperBound)
    }

    /// Those that may be of receipts with these sequences: looked for once for all rows of a window, since years have many.
    package static func near(_ all: [LateEnds], _ receipts: ClosedRange<Int64>) -> [LateEnds] { all.filter { $0.receipts.overlaps(receipts) } }

    /// Those of which something lies behind `low` and up to `high`, with no receipts in common: those of a hot file lie between one another.
    package static func apart(_ all: [LateEnds], after low: Int64, through high: Int64) -> [LateEnds] {
        var apart: [LateEnds] = []
        for ends in all.filter({ $0.events.lowerBound <= high && $0.events.upperBound > low }).sorted(by: { $0.receipts.lowerBound < $1.receipts.lowerBound }) {
            // Past so many scans one of all that lies between costs less.
            if let last = apart.last, last.receipts.overlaps(ends.receipts) || apart.count >= scanCountMax {
                apart[apart.count - 1].form(with: ends)
            } else {
                apart.append(ends)
            }
        }
        return apart
    }

    private static let scanCountMax = 16

    /// Those of a hot file are so many at most, of each table.
    package static let countMax: Int64 = 64
    /// And each has so many receipts at least, while there are.
    package static let receiptCountMin: Int64 = 256
}

package protocol NotificationHandle: Sendable { func cancel() }
