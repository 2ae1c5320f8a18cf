import ColumnStore
import TestSupport
import XCTest

@testable import Query

/// What tables of keys and states say that rows will take is no less than what they then take: it is asked of the budget before. Random rows of
/// all kinds of keys, dense and spread, repeating and not.
final class TableGrowthTests: XCTestCase {
    private var random = SplitMix64(state: 0x5EED)

    private func value(_ type: ColumnType, _ spread: UInt64) -> Value {
        let number = Int64(truncatingIfNeeded: random.next() % spread)
        if number % 17 == 3 { return .null }
        switch type {
        case .double: return .double(Double(number) / 3)
        case .string: return .string(String(repeating: "x", count: Int(number % 40)) + "\(number)")
        case .boolean: return .boolean(number % 2 == 0)
        case .interval: return .interval(Interval(months: 0, days: Int32(truncatingIfNeeded: number), microseconds: number))
        case .decimal: return .decimal(Int128(number) << (number % 5 == 0 ? 70 : 0))
        default: return .integer(number &* (spread > 100_000 ? 1_000_003 : 1))
        }
    }

    private func column(_ type: ColumnType, _ count: Int, _ spread: UInt64) -> Column {
        var builder = ColumnBuilder(type: type)
        for _ in 0..<count { builder.append(value(type, spread)) }
        return builder.finish()
    }

    func test_growth_isNoLessThanWhatIsTaken() throws {
        let types: [ColumnType] = [.int64, .string, .double, .boolean, .interval, .decimal38(scale: 2)]
        for _ in 0..<30 {
            let chosen = (0..<Int(1 + random.next() % 3)).map { _ in types[Int(random.next() % UInt64(types.count))] }
            let spread: UInt64 = [3, 500, 20_000, 1 << 40][Int(random.next() % 4)]
            let node = OutputColumn(id: ColumnID(1), name: "c", type: .int64)
            let groups = try GroupStates(types: chosen, calls: [AggregateCall(column: node, function: .countRows, arguments: [])])
            for _ in 0..<6 {
                let count = Int(1 + random.next() % 3_000)
                let keys = chosen.map { column($0, count, spread) }
                let before = groups.byteCount, growth = groups.growth(by: keys, count: count)
                _ = groups.rows(keys, count: count)
                // Texts are counted with the copies that putting them out makes, which come later.
                let copies = chosen.contains(.string) ? 3 * keys.filter { $0.type == .string }.reduce(0) { $0 + $1.flatByteCount } : 0
                XCTAssertLessThanOrEqual(groups.byteCount, before + growth + copies, "\(chosen), \(count) rows, spread \(spread), seed 0x5EED")
            }
        }
    }

    func test_states_takeNoMoreThanTheySay_asGroupsCome() {
        for _ in 0..<50 {
            let states: [Aggregator] = [
                WholeExtremeAggregator(type: .int64, isMaximum: true), IntervalSumAggregator(isAverage: false), ApproximateDistinctAggregator(.count),
                DistinctAggregator(types: [.int64], skipsNulls: true) { WholeExtremeAggregator(type: .int64, isMaximum: false) },
            ]
            var count = 0
            for _ in 0..<6 {
                count += Int(1 + random.next() % 3_000)
                for state in states {
                    let bound = state.byteCount + state.growth(to: count)
                    state.resize(count)
                    XCTAssertLessThanOrEqual(state.byteCount, bound, "\(type(of: state)), \(count) groups, seed 0x5EED")
                }
            }
        }
    }

    /// Distinct numbers of several groups, dense and spread: rows that come take no more than was asked for before.
    func test_distinctNumbers_takeNoMoreThanTheySay_asRowsCome() throws {
        for spread: UInt64 in [3, 5_000, 1 << 40] {
            let distinct = DistinctAggregator(types: [.int64], skipsNulls: true) { CountAggregator() }
            distinct.resize(3)
            for _ in 0..<12 {
                let count = Int(1 + random.next() % 3_000)
                let values = column(.int64, count, spread)
                let groups = (0..<count).map { _ in UInt32(random.next() % 3) }
                let bound = distinct.byteCount + distinct.growth(to: 3 + count)
                try distinct.update([values], .numbers(groups))
                XCTAssertLessThanOrEqual(distinct.byteCount, bound, "\(count) rows, spread \(spread), seed 0x5EED")
            }
        }
    }

    /// Two workers' distinct numbers brought together, and lists of them from a part: what came with the other's is asked for before.
    func test_distinctNumbers_takeNoMoreThanTheySay_asStatesAreMerged() throws {
        for spread: UInt64 in [3, 5_000, 1 << 40] {
            for groupCount in [2, 40] {
                func filled() throws -> DistinctAggregator {
                    let made = DistinctAggregator(types: [.int64], skipsNulls: true) { CountAggregator() }
                    made.resize(groupCount)
                    let count = Int(3_000 + random.next() % 3_000)
                    try made.update([column(.int64, count, spread)], .numbers((0..<count).map { _ in UInt32(random.next() % UInt64(groupCount)) }))
                    return made
                }
                let groups = (0..<UInt32(groupCount)).map { $0 }
                let whole = try filled()
                for _ in 0..<3 {
                    let other = try filled()
                    let absorbed = whole.byteCount + whole.growth(absorbing: other)
                    try whole.absorb(other, groups)
                    XCTAssertLessThanOrEqual(whole.byteCount, absorbed, "\(groupCount) groups, spread \(spread), seed 0x5EED")
                    let lists = try filled().exportState()
                    let merged = whole.byteCount + whole.growth(to: groupCount) + whole.growth(merging: lists)
                    try whole.merge(lists, groups)
                    XCTAssertLessThanOrEqual(whole.byteCount, merged, "\(groupCount) groups, spread \(spread), seed 0x5EED")
                }
            }
        }
    }

    /// A group that kept hashes and takes registers over has these alone.
    func test_sketch_thatBecomesDense_countsItsHashesNoMore() throws {
        func sketch(_ values: Range<Int64>) throws -> ApproximateDistinctAggregator {
            let sketch = ApproximateDistinctAggregator(.count)
            sketch.resize(1)
            try sketch.update([.whole(Array(values), type: .int64, validity: nil)], .numbers([UInt32](repeating: 0, count: values.count)))
            return sketch
        }
        let dense = try sketch(0..<5_000)
        let joined = try sketch(0..<10)
        try joined.merge(dense.exportState(), [0])
        XCTAssertEqual(joined.byteCount, dense.byteCount)
    }

    /// Sixteen sets grow at once, and double at once.
    func test_cube_ofWideKeys_keepsToItsBudget() throws {
        let keys = "g % 10007 AS a, g * 7 % 9973 AS b, g * 13 % 5003 AS c, g % 1009 AS d"
        let sets = "SELECT count(*) AS n FROM (SELECT \(keys) FROM generate_series(1, 40000) s(g)) t GROUP BY CUBE (a, b, c, d)"
        func answer(_ budget: Int) throws -> String {
            try QueryFixture(settings: QueryEngine.Settings(threadCount: 2, queryMemoryByteCountMax: budget)).rows("SELECT count(*), sum(n) FROM (\(sets)) q")
        }
        XCTAssertEqual(try answer(12 << 20), try answer(1 << 30))
    }
}
