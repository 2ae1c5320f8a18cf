import ColumnStore
import TestSupport
import XCTest

@testable import Query

/// The least and the greatest text of each group, over batches that lie flat and in dictionaries, large and small beside their rows, against the standard library's order of bytes.
final class BytesExtremeTests: XCTestCase {
    /// Who reads a row group lets go of its dictionary with its rows; a join has its own as long as the query runs. Extremes keep neither.
    func test_dictionaryThatIsKept_isCharged_whereNobodyElseHasIt() throws {
        let texts = (0..<1_000).map { String(repeating: "x", count: 96) + String(1_000 + $0) }
        var builder = ColumnBuilder(type: .string)
        for text in texts { builder.append(.string(text)) }
        let values = builder.finish()
        for isPassing in [true, false] {
            let dictionary = DictionaryValues(values: values, isPassing: isPassing)
            let column = Column(type: .string, count: 300, values: .dictionary(codes: (0..<300).map { UInt32($0) }, dictionary))
            let aggregator = BytesExtremeAggregator(type: .string, isMaximum: true)
            aggregator.resize(1)
            aggregator.update([column], .numbers([UInt32](repeating: 0, count: 300)))
            XCTAssertEqual(aggregator.finish().value(at: 0), .string(texts[299]))
            XCTAssertLessThan(aggregator.byteCount, 100_000)
            var key = try XCTUnwrap(DependentKey(type: .string))
            XCTAssertEqual(key.growth(by: column) - key.growth(by: column.flattened()) > 50_000, isPassing)
            XCTAssertTrue(key.take(column, (0..<300).map { UInt32($0) }))
            XCTAssertEqual(key.byteCount > 100_000, isPassing, "\(key.byteCount)")
        }
    }

    func test_randomTexts_flatAndInDictionaries_giveTheLeastAndTheGreatest() throws {
        var random = SplitMix64(state: 0xE47E)
        for history in 0..<40 {
            let isMaximum = history % 2 == 0, groupCount = 1 + Int(random.next() % 4)
            let aggregator = BytesExtremeAggregator(type: .string, isMaximum: isMaximum)
            var best = [[UInt8]?](repeating: nil, count: groupCount)
            aggregator.resize(groupCount)
            for _ in 0..<4 {
                let entries = (0..<Int(1 + random.next() % 300)).map { _ in Array("\(random.next() % 500)".utf8) }
                var builder = ColumnBuilder(type: .string)
                for entry in entries { builder.append(.bytes(entry)) }
                let dictionary = DictionaryValues(values: builder.finish())
                for _ in 0..<3 {
                    let count = Int(1 + random.next() % 100)
                    let codes = (0..<count).map { _ in UInt32(random.next() % UInt64(entries.count)) }
                    let groups = (0..<count).map { _ in UInt32(random.next() % UInt64(groupCount)) }
                    let validity = random.next() % 2 == 0 ? nil : Bitmap.computed(count: count) { _ in random.next() % 5 != 0 }
                    for row in 0..<count where validity?[row] ?? true {
                        let (entry, group) = (entries[Int(codes[row])], Int(groups[row]))
                        guard let known = best[group] else {
                            best[group] = entry
                            continue
                        }
                        if isMaximum ? known.lexicographicallyPrecedes(entry) : entry.lexicographicallyPrecedes(known) { best[group] = entry }
                    }
                    let column = Column(type: .string, count: count, validity: validity, values: .dictionary(codes: codes, dictionary))
                    aggregator.update([random.next() % 4 == 0 ? column.flattened() : column], .numbers(groups))
                }
            }
            let found = aggregator.finish()
            XCTAssertEqual((0..<groupCount).map { found.value(at: $0) }, best.map { $0.map { .bytes($0) } ?? .null }, "history \(history)")
        }
    }
}
