import ColumnStore
import TestSupport
import XCTest

@testable import Ingest

/// Goal: a page has the first keys behind its cursor, whatever the order in which rows come. Method: every cursor and some lengths, against sorting all of them.
final class FirstKeysTests: XCTestCase {
    private func batch(_ keys: [PageKey]) -> ColumnBatch { ColumnBatch(rowCount: keys.count, columns: KeyedColumns.columns(keys)) }

    func test_sorted_behindEveryKey_areTheFirst() {
        var random = SplitMix64(state: 0xF1)
        let keys = KeyedColumns.keys(sequenceCount: 1).shuffled(using: &random), all = keys.sorted()
        let halves = (batch(Array(keys[..<20])), batch(Array(keys[20...])))
        for after in [nil] + keys.map({ Optional($0) }) {
            let behind = all.filter { key in after.map { $0 < key } ?? true }
            for limit in [1, 2, 7, keys.count, keys.count + 1] {
                var first = FirstKeys(limit: limit, after: after)
                first.add(halves.0)
                first.add(halves.1)
                XCTAssertEqual(first.sorted(), Array(behind.prefix(limit)))
                // Each half by a thread of its own.
                var (one, other) = (FirstKeys(limit: limit, after: after), FirstKeys(limit: limit, after: after))
                one.add(halves.0)
                other.add(halves.1)
                other.add(one)
                XCTAssertEqual(other.sorted(), Array(behind.prefix(limit)))
            }
        }
    }

    /// More rows than are kept until the next sort: from then on most are passed over.
    func test_sorted_ofMoreRowsThanAreKept_areTheFirst() {
        var random = SplitMix64(state: 0xF2)
        let keys = KeyedColumns.keys(sequenceCount: 60).shuffled(using: &random), all = keys.sorted()
        XCTAssertGreaterThan(keys.count, 3_000)
        for limit in [1, 100, 1_500] {
            for after in [nil, all[50], all[all.count - 10]] {
                var first = FirstKeys(limit: limit, after: after)
                for start in stride(from: 0, to: keys.count, by: 700) { first.add(batch(Array(keys[start..<min(start + 700, keys.count)]))) }
                XCTAssertEqual(first.sorted(), Array(all.filter { key in after.map { $0 < key } ?? true }.prefix(limit)), "\(limit)")
            }
        }
    }

    func test_pageKey_ofFields_isReadAgain_andOthersAreNone() {
        for key in KeyedColumns.keys(sequenceCount: 1) { XCTAssertEqual(PageKey(key.fields[...]), key) }
        let fields = KeyedColumns.keys(sequenceCount: 1)[0].fields
        XCTAssertNil(PageKey(fields.dropLast()))
        XCTAssertNil(PageKey((fields + [[]])[...]))
        for place in [0, 2, 4] {
            var short = fields
            short[place].removeLast()
            XCTAssertNil(PageKey(short[...]), "a number of seven bytes")
        }
        var far = fields
        far[0] = PageKey.bytes(Int64(Int32.max) + 1)
        XCTAssertNil(PageKey(far[...]), "a day that is none")
    }
}
