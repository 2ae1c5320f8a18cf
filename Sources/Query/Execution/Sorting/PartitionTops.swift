internal import Glibc
import ColumnStore

/// Which rows of each partition a window's sort keeps, where conditions above want the first ranks alone.
struct PartitionRanks {
    /// How many of the sort's keys, from the first one on, say which partition a row is of.
    let keyCount: Int
    let first: WindowNode.FirstRanks

    /// - Parameter order: of all rows by their keys; `prefixes` says of each key how many bytes name its partition.
    /// - Returns: the rows that are kept, in the same order, and the last of them in each partition that has all that are wanted.
    func rows(of order: [Int32], _ keys: ByteArrays, _ prefixes: [Int32]) -> (kept: [Int32], last: [Int32]) {
        var kept: [Int32] = [], last: [Int32] = []
        // Of the row before: its place in its partition, and that of its first peer, and the number of its group of peers.
        var (rowNumber, rank, denseRank) = (0, 0, 0)
        keys.bytes.withUnsafeBytes { bytes in
            func areEqual(_ one: Int32, _ other: Int32, _ length: Int) -> Bool {
                guard length > 0, let base = bytes.baseAddress else { return true }
                return memcmp(base + Int(keys.offsets[Int(one)]), base + Int(keys.offsets[Int(other)]), length) == 0
            }
            func length(_ row: Int32) -> Int { Int(keys.offsets[Int(row) + 1] - keys.offsets[Int(row)]) }
            func endPartition() {
                let count = first.function == .denseRank ? denseRank : rowNumber
                if count >= first.count, let row = kept.last { last.append(row) }
            }
            for place in order.indices {
                let row = order[place], before = place == 0 ? nil : order[place - 1]
                let prefix = prefixes[Int(row)]
                let isSamePartition = before.map { prefixes[Int($0)] == prefix && areEqual($0, row, Int(prefix)) } ?? false
                if !isSamePartition {
                    if before != nil { endPartition() }
                    (rowNumber, rank, denseRank) = (0, 0, 0)
                }
                rowNumber += 1
                let isPeer = isSamePartition && before.map { length($0) == length(row) && areEqual($0, row, length(row)) } ?? false
                if !isPeer {
                    rank = rowNumber
                    denseRank += 1
                }
                let value = switch first.function {
                case .rowNumber: rowNumber
                case .rank: rank
                default: denseRank
                }
                if value <= first.count { kept.append(row) }
            }
            if !order.isEmpty { endPartition() }
        }
        return (kept, last)
    }
}

/// Of partitions that have all the rows that are wanted of them the key of the last one: rows behind it need not be held.
struct PartitionTops {
    /// Ascending, one a partition.
    private let keys: ByteArrays
    private let prefixes: [Int32]
    /// Whether a row of the last one's own key may be wanted. Of rows that are numbered it is one too many.
    private let takesEqual: Bool

    /// Each row is looked for among them: of more it costs as much as holding the row until the next cut.
    private static let countMax = 1_024

    var byteCount: Int { keys.byteCount + prefixes.count * 4 }

    /// Nil where no partition is full, or too many are.
    /// - Parameter rows: of `keys`, one a partition, in the order of their keys.
    init?(_ rows: [Int32], _ keys: ByteArrays, _ prefixes: [Int32], _ function: WindowFunction) {
        guard !rows.isEmpty, rows.count <= Self.countMax else { return nil }
        self.keys = keys.gathering(rows)
        self.prefixes = rows.map { prefixes[Int($0)] }
        takesEqual = function != .rowNumber
    }

    /// Rows that are no later than the last one of their partition, and those of other partitions.
    func passing(_ others: ByteArrays, _ otherPrefixes: [Int32]) -> Bitmap {
        keys.bytes.withUnsafeBytes { own in
            others.bytes.withUnsafeBytes { bytes in
                func top(_ place: Int) -> UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: own[keys.range(at: place)]) }
                return Bitmap.computed(count: others.count) { row in
                    let key = UnsafeRawBufferPointer(rebasing: bytes[others.range(at: row)])
                    func isOfPartition(_ place: Int) -> Bool {
                        let prefix = Int(otherPrefixes[row])
                        guard Int(prefixes[place]) == prefix else { return false }
                        return CompareKernels.order(UnsafeRawBufferPointer(rebasing: top(place)[..<prefix]), UnsafeRawBufferPointer(rebasing: key[..<prefix])) == 0
                    }
                    // The first one that is not before the row.
                    var (low, high) = (0, prefixes.count)
                    while low < high {
                        let middle = (low + high) / 2
                        if CompareKernels.order(top(middle), key) < 0 { low = middle + 1 } else { high = middle }
                    }
                    if low < prefixes.count, isOfPartition(low) { return takesEqual || CompareKernels.order(top(low), key) != 0 }
                    return low == 0 || !isOfPartition(low - 1)
                }
            }
        }
    }
}
