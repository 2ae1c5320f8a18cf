/// A binary heap: what is first by (`time`, `number`) is at its root, and `2n + 1` and `2n + 2` are the children of `n`.
struct TimedHeap<Value: Sendable>: Sendable {
    struct Entry: Sendable {
        let time: Int64
        /// Tells those of one instant apart: first come, first served.
        let number: Int
        let value: Value
        var rank: (Int64, Int) { (time, number) }
    }

    private(set) var entries: [Entry] = []

    var first: Entry? { entries.first }

    /// - Complexity: O(log n).
    mutating func insert(_ entry: Entry) {
        entries.append(entry)
        var child = entries.count - 1
        while child > 0 {
            let parent = (child - 1) / 2
            guard entries[child].rank < entries[parent].rank else { break }
            entries.swapAt(child, parent)
            child = parent
        }
    }

    /// - Precondition: it is not empty.
    /// - Complexity: O(log n).
    mutating func removeFirst() {
        let last = entries.removeLast()
        guard !entries.isEmpty else { return }
        entries[0] = last
        sink()
    }

    /// Of one that was much longer once: nobody knows whether it will be so again.
    ///
    /// - Complexity: O(n), at most once while three quarters of it go.
    mutating func giveBackRoom() {
        guard entries.capacity > 4 * entries.count + 64 else { return }
        var kept: [Entry] = []
        kept.reserveCapacity(2 * entries.count)
        kept += entries
        entries = kept
    }

    /// Those of its entries that are wanted.
    ///
    /// - Complexity: O(n log n).
    func keeping(_ isWanted: (Entry) -> Bool) -> TimedHeap {
        var kept = TimedHeap()
        kept.entries = entries.filter(isWanted)
        // What is sorted is a heap.
        kept.entries.sort { $0.rank < $1.rank }
        return kept
    }

    /// Moves the root down to where it belongs.
    private mutating func sink() {
        var parent = 0
        while true {
            var least = parent
            for child in [2 * parent + 1, 2 * parent + 2] where child < entries.count && entries[child].rank < entries[least].rank {
                least = child
            }
            if least == parent { return }
            entries.swapAt(parent, least)
            parent = least
        }
    }
}
