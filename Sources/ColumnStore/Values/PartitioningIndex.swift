extension RandomAccessCollection where Index == Int {
    /// The first place at which `isBeyond` is true, in a collection that is ordered by it; `endIndex` when there is none.
    ///
    /// - Precondition: once true, `isBeyond` stays true to the end; else the place is some place.
    /// - Complexity: O(log n) calls of `isBeyond`.
    package func partitioningIndex(_ isBeyond: (Element) -> Bool) -> Int {
        var low = startIndex
        var high = endIndex
        while low < high {
            let middle = low + (high - low) / 2
            if isBeyond(self[middle]) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
