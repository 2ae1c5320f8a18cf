/// The next row of one of the sorted inputs of a merge.
protocol MergeHead {
    /// Whether the input has no more rows.
    var isAtEnd: Bool { get }
    /// Whether its row comes before another input's. False for equal ones.
    func precedes(_ other: Self) -> Bool
    /// Passes over its row.
    mutating func advance()
}

/// Inputs by their next rows, the least first.
///
/// A binary heap: the first is found at once, `advance` takes O(log inputs). `all` keeps those at their end, whose rows are still to be noted as
/// taken.
struct MergeQueue<Head: MergeHead> {
    private(set) var all: [Head]
    /// A heap of places in `all`.
    private var heap: [Int]

    /// - Parameter heads: none of them at its end.
    init(_ heads: [Head]) {
        all = heads
        heap = Array(heads.indices)
        for index in stride(from: heap.count / 2 - 1, through: 0, by: -1) { sink(index) }
    }

    var first: Head? { heap.first.map { all[$0] } }

    /// Passes over the least row.
    ///
    /// - Precondition: there is one.
    mutating func advance() {
        all[heap[0]].advance()
        if all[heap[0]].isAtEnd {
            heap.swapAt(0, heap.count - 1)
            heap.removeLast()
        }
        if heap.count > 1 { sink(0) }
    }

    /// Lets an input down to where it belongs: none is below a later one.
    private mutating func sink(_ start: Int) {
        var index = start
        while true {
            var least = index
            for child in [2 * index + 1, 2 * index + 2] where child < heap.count && all[heap[child]].precedes(all[heap[least]]) { least = child }
            if least == index { return }
            heap.swapAt(index, least)
            index = least
        }
    }
}
