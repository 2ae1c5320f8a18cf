import XCTest

@testable import Ingest

/// Goal: a merge's queue gives every row of every input, the least first. Method: all ways to divide small sorted values among up to four inputs, against
/// the same values sorted.
final class MergeQueueTests: XCTestCase {
    private struct Head: MergeHead {
        let values: [Int]
        var row = 0

        var isAtEnd: Bool { row == values.count }
        func precedes(_ other: Head) -> Bool { values[row] < other.values[other.row] }
        mutating func advance() { row += 1 }
    }

    /// Every sorted list of one to `count` values of 0, 1 and 2.
    private static func lists(upTo count: Int) -> [[Int]] {
        var lists: [[Int]] = [[]]
        var longest = lists
        for _ in 0..<count {
            longest = longest.flatMap { list in ((list.last ?? 0)...2).map { list + [$0] } }
            lists += longest
        }
        return Array(lists.dropFirst())
    }

    private func check(_ inputs: [[Int]]) {
        var queue = MergeQueue(inputs.map { Head(values: $0) })
        var taken: [Int] = []
        while let head = queue.first, taken.count < 100 {
            taken.append(head.values[head.row])
            queue.advance()
        }
        XCTAssertEqual(taken, inputs.flatMap { $0 }.sorted(), "\(inputs)")
        // Whoever asks what was taken of each finds them in the order in which they were given.
        XCTAssertEqual(queue.all.map(\.row), inputs.map(\.count), "\(inputs)")
    }

    func test_everySmallMerge_givesAllRowsInOrder() {
        let lists = Self.lists(upTo: 3)
        for first in lists {
            check([first])
            for second in lists {
                check([first, second])
                for third in lists { check([first, second, third]) }
            }
        }
        // A heap of three floors.
        let short = Self.lists(upTo: 1)
        for number in 0..<729 { check((0..<6).map { short[number / [1, 3, 9, 27, 81, 243][$0] % 3] }) }
    }

    func test_noInputs_haveNoFirst() {
        XCTAssertNil(MergeQueue<Head>([]).first)
    }

    /// As a block that is full leaves it.
    func test_placesAreTold_beforeTheEnd() {
        var queue = MergeQueue([Head(values: [1, 2]), Head(values: [0, 3])])
        queue.advance()
        queue.advance()
        XCTAssertEqual(queue.all.map(\.row), [1, 1])
    }
}
