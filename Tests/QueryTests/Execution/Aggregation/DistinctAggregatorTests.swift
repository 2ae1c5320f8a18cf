import ColumnStore
import TestSupport
import XCTest

@testable import Query

/// Each group's distinct values, counted: values that come with one group and with several, NULLs that count and that come before values never seen, and states
/// that are put out and merged, against sets of the standard library.
final class DistinctAggregatorTests: XCTestCase {
    private func column(_ values: [Int64?]) -> Column {
        .whole(values.map { $0 ?? 0 }, type: .int64, validity: values.contains(nil) ? Bitmap.computed(count: values.count) { values[$0] != nil } : nil)
    }

    /// count(x) of distinct rows, NULLs among them or not: it counts none.
    private func aggregator(skipsNulls: Bool) -> DistinctAggregator { DistinctAggregator(types: [.int64], skipsNulls: skipsNulls) { CountAggregator() } }

    func test_nullsBeforeNewValues_inOneBatchAndInLaterOnes() throws {
        let aggregator = aggregator(skipsNulls: false)
        aggregator.resize(2)
        try aggregator.update([column([nil, 1, nil, 2])], .numbers([0, 0, 1, 1]))
        try aggregator.update([column([nil, 3, 2])], .numbers([0, 0, 0]))
        XCTAssertEqual(try aggregator.finish().integers(), [3, 1])
    }

    func test_randomRows_mergedInAnyOrder_areCountedOnce() throws {
        var random = SplitMix64(state: 0xD157)
        for history in 0..<40 {
            let skipsNulls = history % 2 == 0, spread = [3, 50, 5_000][Int(random.next() % 3)] as UInt64, groupCount = Int(1 + random.next() % 5)
            var expected = [Set<Int64?>](repeating: [], count: groupCount)
            let parts = [aggregator(skipsNulls: skipsNulls), aggregator(skipsNulls: skipsNulls)]
            for part in parts { part.resize(groupCount) }
            for _ in 0..<8 {
                let count = Int(1 + random.next() % 300)
                let values = (0..<count).map { _ in random.next() % 9 == 0 ? nil : Int64(random.next() % spread) }
                // Mostly the value's own group: what the first one that it came with is for.
                let groups = values.map { value in random.next() % 4 == 0 ? UInt32(random.next() % UInt64(groupCount)) : UInt32((value ?? 0) % Int64(groupCount)) }
                for (value, group) in zip(values, groups) where value != nil { expected[Int(group)].insert(value) }
                try parts[Int(random.next() % 2)].update([column(values)], .numbers(groups))
            }
            try parts[0].merge(parts[1].exportState(), (0..<UInt32(groupCount)).map { $0 })
            XCTAssertEqual(try parts[0].finish().integers(), expected.map { Int64($0.count) }, "history \(history)")
        }
    }

    /// What another worker has counted is taken over as it lies, its groups under other numbers.
    func test_randomRows_takenOverByAnother_areCountedOnce() throws {
        var random = SplitMix64(state: 0xAB50)
        for history in 0..<40 {
            let skipsNulls = history % 2 == 0, spread = [3, 50, 5_000][Int(random.next() % 3)] as UInt64, groupCount = Int(1 + random.next() % 5)
            var expected = [Set<Int64?>](repeating: [], count: groupCount)
            let parts = [aggregator(skipsNulls: skipsNulls), aggregator(skipsNulls: skipsNulls)]
            // The second one's group g is group groupCount - 1 - g of the first.
            let groupsOfSecond = (0..<UInt32(groupCount)).map { UInt32(groupCount) - 1 - $0 }
            for part in parts { part.resize(groupCount) }
            for step in 0..<8 {
                let count = Int(1 + random.next() % 300)
                let values = (0..<count).map { _ in random.next() % 9 == 0 ? nil : Int64(random.next() % spread) }
                let groups = values.map { value in random.next() % 4 == 0 ? UInt32(random.next() % UInt64(groupCount)) : UInt32((value ?? 0) % Int64(groupCount)) }
                for (value, group) in zip(values, groups) where value != nil {
                    expected[step % 2 == 0 ? Int(group) : Int(groupsOfSecond[Int(group)])].insert(value)
                }
                try parts[step % 2].update([column(values)], .numbers(groups))
            }
            try parts[0].absorb(parts[1], groupsOfSecond)
            XCTAssertEqual(try parts[0].finish().integers(), expected.map { Int64($0.count) }, "history \(history)")
        }
    }
}
