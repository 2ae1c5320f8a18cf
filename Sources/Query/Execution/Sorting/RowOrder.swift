internal import Glibc
import ColumnStore

/// Orders of rows, by number.
///
/// A sort of byte strings by their prefixes (compare Graefe, "Implementing Sorting in Database Systems", ACM Computing
/// Surveys 38:3, 2006):
///
/// 1. What all keys begin with is passed over, and the next eight bytes of each key become one number. Keys (mark, value)
///    of one column mostly share their mark.
/// 2. Items are sorted by this number, by counting from 512 rows on.
/// 3. Rows of equal numbers are put in order by the rest of their keys, and by their row where these are equal, too: the
///    order is stable.
enum RowOrder {
    private struct Item {
        /// Eight bytes of the key, from the first in which keys differ.
        var prefix: UInt64
        var row: Int32
    }

    /// Below, comparing is faster than counting digits.
    private static let countedRowCountMin = 512

    /// All rows in the order of their keys; rows of equal keys stay in theirs.
    static func sorted(_ keys: ByteArrays) -> [Int32] { sorted(keys, 0..<keys.count) }

    /// - Parameter range: the rows to sort; all numbers in the result lie within.
    /// - Complexity: O(n) for keys that differ within eight bytes, else O(n log n) comparisons.
    private static func sorted(_ keys: ByteArrays, _ range: Range<Int>) -> [Int32] {
        keys.bytes.withUnsafeBytes { bytes in
            keys.offsets.withUnsafeBufferPointer { offsets in
                let common = commonPrefix(bytes, offsets, range)
                var items = [Item](unsafeUninitializedCapacity: range.count) { target, count in
                    for (index, row) in range.enumerated() {
                        target[index] = Item(
                            prefix: prefix(bytes, Int(offsets[row]) + common, Int(offsets[row + 1])), row: Int32(truncatingIfNeeded: row))
                    }
                    count = range.count
                }
                let precedes = { (one: Item, other: Item) -> Bool in
                    if one.prefix != other.prefix { return one.prefix < other.prefix }
                    let (first, second) = (Int(one.row), Int(other.row))
                    let order = compareRest(
                        bytes, Int(offsets[first]) + common, Int(offsets[first + 1]), Int(offsets[second]) + common, Int(offsets[second + 1]))
                    return order != 0 ? order < 0 : one.row < other.row
                }
                if range.count < countedRowCountMin {
                    items.sort(by: precedes)
                } else {
                    sortByPrefix(&items)
                    sortTies(&items, precedes)
                }
                return items.map(\.row)
            }
        }
    }

    /// Bytes that all keys begin with.
    /// Never more than the shortest key has.
    private static func commonPrefix(_ bytes: UnsafeRawBufferPointer, _ offsets: UnsafeBufferPointer<Int32>, _ range: Range<Int>) -> Int {
        guard let first = range.first else { return 0 }
        let start = Int(offsets[first])
        var common = Int(offsets[first + 1]) - start
        for row in range.dropFirst() {
            let other = Int(offsets[row])
            common = min(common, Int(offsets[row + 1]) - other)
            // Ends early for keys that differ at once: the walk is then one byte a row.
            var length = 0
            while length < common, bytes[start + length] == bytes[other + length] { length += 1 }
            common = length
            if common == 0 { return 0 }
        }
        return common
    }

    /// By counting, a byte at a time from the last; bytes that are the same in all are passed over. Equal ones stay in their order.
    private static func sortByPrefix(_ items: inout [Item]) {
        // One pass counts all eight digits: the counts do not depend on the order of items.
        var counts = [Int](repeating: 0, count: 8 * 256)
        for item in items {
            for digit in 0..<8 { counts[digit << 8 + Int(truncatingIfNeeded: item.prefix >> UInt64(digit * 8) & 0xFF)] += 1 }
        }
        var other = items
        for digit in 0..<8 {
            let shift = UInt64(digit * 8)
            if counts[digit << 8 + Int(truncatingIfNeeded: items[0].prefix >> shift & 0xFF)] == items.count { continue }
            // Counts become the places where each value's items begin.
            var place = 0
            for value in 0..<256 {
                let count = counts[digit << 8 + value]
                counts[digit << 8 + value] = place
                place += count
            }
            counts.withUnsafeMutableBufferPointer { counts in
                other.withUnsafeMutableBufferPointer { target in
                    for item in items {
                        let value = digit << 8 + Int(truncatingIfNeeded: item.prefix >> shift & 0xFF)
                        target[counts[value]] = item
                        counts[value] += 1
                    }
                }
            }
            swap(&items, &other)
        }
    }

    /// Puts rows of equal prefixes in order.
    private static func sortTies(_ items: inout [Item], _ precedes: (Item, Item) -> Bool) {
        var start = 0
        while start < items.count {
            var end = start + 1
            while end < items.count, items[end].prefix == items[start].prefix { end += 1 }
            if end - start > 1 { items[start..<end].sort(by: precedes) }
            start = end
        }
    }

    /// Two orders of rows of the same keys as one; of equal keys the first order's rows come first.
    /// - Precondition: no row is in both.
    /// - Complexity: O(one + other) comparisons of whole keys.
    static func merged(_ one: [Int32], _ other: [Int32], _ keys: ByteArrays) -> [Int32] {
        if one.isEmpty { return other }
        if other.isEmpty { return one }
        return keys.bytes.withUnsafeBytes { bytes in
            [Int32](unsafeUninitializedCapacity: one.count + other.count) { target, count in
                var (left, right) = (0, 0)
                while left < one.count, right < other.count {
                    // Strictly less: of equal keys the first order's row is taken.
                    let order = CompareKernels.order(
                        UnsafeRawBufferPointer(rebasing: bytes[keys.range(at: Int(other[right]))]),
                        UnsafeRawBufferPointer(rebasing: bytes[keys.range(at: Int(one[left]))]))
                    if order < 0 {
                        target[left + right] = other[right]
                        right += 1
                    } else {
                        target[left + right] = one[left]
                        left += 1
                    }
                }
                while left < one.count {
                    target[left + right] = one[left]
                    left += 1
                }
                while right < other.count {
                    target[left + right] = other[right]
                    right += 1
                }
                count = left + right
            }
        }
    }

    /// How many rows of an order come before another row; those of an equal key do not.
    /// - Complexity: O(log order) comparisons of whole keys.
    static func countBefore(_ row: Int32, in order: [Int32], _ keys: ByteArrays) -> Int {
        keys.bytes.withUnsafeBytes { bytes in
            let key = UnsafeRawBufferPointer(rebasing: bytes[keys.range(at: Int(row))])
            var (low, high) = (0, order.count)
            while low < high {
                let middle = (low + high) / 2
                if CompareKernels.order(UnsafeRawBufferPointer(rebasing: bytes[keys.range(at: Int(order[middle]))]), key) < 0 {
                    low = middle + 1
                } else {
                    high = middle
                }
            }
            return low
        }
    }

    /// Eight bytes as a big-endian number, whose order is theirs. A shorter key is filled up with zeros: keys that are then
    /// equal are distinguished by length.
    @inline(__always)
    private static func prefix(_ bytes: UnsafeRawBufferPointer, _ start: Int, _ end: Int) -> UInt64 {
        if end - start >= 8 { return UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: start, as: UInt64.self)) }
        var value: UInt64 = 0
        for place in start..<max(start, end) { value |= UInt64(bytes[place]) << UInt64(56 - (place - start) * 8) }
        return value
    }

    /// Compares keys of equal prefixes from the ninth byte on; below zero when the first comes first. A key that is
    /// another's beginning comes first.
    @inline(__always)
    private static func compareRest(
        _ bytes: UnsafeRawBufferPointer, _ start: Int, _ end: Int, _ otherStart: Int, _ otherEnd: Int
    ) -> Int {
        let count = min(end - start, otherEnd - otherStart)
        if count > 8, let base = bytes.baseAddress {
            let order = Int(memcmp(base + start + 8, base + otherStart + 8, count - 8))
            if order != 0 { return order }
        }
        return (end - start) - (otherEnd - otherStart)
    }

    /// Rows sorted within each segment `offsets[i] ..< offsets[i + 1]`.
    /// Of `array_agg(… ORDER BY …)` and its kin the segments are the groups.
    static func sorted(_ columns: [SortColumn], within offsets: [Int32]) -> [Int32] {
        let keys = SortKeys.encode(columns, count: columns.first?.column.count ?? 0)
        var rows: [Int32] = []
        rows.reserveCapacity(keys.count)
        for segment in 0..<(offsets.count - 1) {
            rows.append(contentsOf: sorted(keys, Int(offsets[segment])..<Int(offsets[segment + 1])))
        }
        return rows
    }
}
