package import ColumnStore

/// A set of sequences, asked of whole columns: a bitmap where they lie close together, else sorted.
package struct SequenceRoster: Sendable {
    private let first: Int64
    private let last: Int64
    /// A bit for each sequence from `first` on; empty when `sorted` is asked.
    private let bits: [UInt64]
    private let sorted: [Int64]
    package let count: Int

    /// A bitmap may take as much as the numbers themselves.
    private static let spanOfOne: Int64 = 64

    /// - Parameter sorted: ascending, none twice.
    package init(sorted: [Int64]) {
        count = sorted.count
        first = sorted.first ?? 0
        last = sorted.last ?? -1
        let (span, isTooWide) = last.subtractingReportingOverflow(first)
        guard !isTooWide, let length = Int64(exactly: sorted.count), span / Self.spanOfOne <= length, span >= 0 else {
            (bits, self.sorted) = ([], sorted)
            return
        }
        var bits = [UInt64](repeating: 0, count: Int(span / 64) + 1)
        for sequence in sorted { bits[Int((sequence - first) >> 6)] |= 1 << UInt64((sequence - first) & 63) }
        (self.bits, self.sorted) = (bits, [])
    }

    package var isEmpty: Bool { count == 0 }

    package func contains(_ sequence: Int64) -> Bool {
        guard sequence >= first, sequence <= last else { return false }
        if bits.isEmpty {
            let place = sorted.partitioningIndex { $0 >= sequence }
            return place < sorted.count && sorted[place] == sequence
        }
        let place = sequence - first
        return bits[Int(place >> 6)] & (1 << UInt64(place & 63)) != 0
    }

    /// Clears the bits of `selection` whose rows are in the set.
    ///
    /// - Parameters:
    ///   - sequences: of the rows, by their places.
    ///   - selection: a bit for each of them.
    package func remove(_ sequences: [Int64], from selection: inout Bitmap) {
        guard !isEmpty else { return }
        for (row, sequence) in sequences.enumerated() where contains(sequence) { selection[row] = false }
    }
}
