import ColumnStore
import TestSupport
import XCTest

@testable import Query

/// The least and the greatest text of each group, over batches that lie flat and in dictionaries, large and small beside their rows, against the standard library's order of bytes.
final class BytesExtremeTests: XCTestCase {
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
