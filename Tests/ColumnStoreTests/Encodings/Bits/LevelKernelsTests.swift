@testable import ColumnStore
import XCTest

/// Every list of few small levels, and longer ones made of them, against what one would write first.
final class LevelKernelsTests: XCTestCase {
    private static let greatest: UInt8 = 2

    /// Every list of `count` levels.
    private static func lists(_ count: Int) -> [[UInt8]] {
        count == 0 ? [[]] : lists(count - 1).flatMap { list in (0...greatest).map { list + [$0] } }
    }

    func test_count_everyList_countsLevels() {
        for list in (0...4).flatMap(Self.lists) {
            // Past the words of eight and the counters of 255 words, too.
            for repeats in [1, 5, 600] {
                let levels = Array([[UInt8]](repeating: list, count: repeats).joined())
                for from in 0...min(3, levels.count) {
                    for level in 1...Self.greatest + 1 {
                        let expected = levels[from...].count { $0 >= level }
                        XCTAssertEqual(LevelKernels.count(levels, from, levels.count - from, atLeast: level), expected, "\(list) \(repeats)")
                    }
                }
            }
        }
    }

    func test_rows_everyList_endBeforeTheNextRow() {
        for list in (1...5).flatMap(Self.lists) {
            for from in 0..<list.count {
                for most in 0...list.count {
                    var (entries, rows) = (0, 0)
                    for level in list[from...] {
                        if level == 0 {
                            if rows == most { break }
                            rows += 1
                        }
                        entries += 1
                    }
                    let found = LevelKernels.rows(list, from, list.count - from, upTo: most)
                    XCTAssertEqual([found.entries, found.rows], [entries, rows], "\(list) from \(from), \(most) rows")
                }
            }
        }
    }

    func test_breaksList_everyPairOfLists_isWhereAListGoesOnWithoutAnElement() {
        for count in 1...3 {
            for repetition in Self.lists(count) {
                for definition in Self.lists(count) {
                    for previous in 0...Self.greatest {
                        for depth in 1...2 as ClosedRange<UInt8> {
                            let before = [previous] + definition
                            // The format repeats at this depth or deeper only within a list that has an element there and before.
                            let expected = (0..<count).contains { repetition[$0] >= depth && (definition[$0] < depth || before[$0] < depth) }
                            let found = LevelKernels.breaksList(repetition, definition, previous: previous, depth: depth, elementLevel: depth)
                            XCTAssertEqual(found, expected, "\(repetition) \(definition) after \(previous), depth \(depth)")
                        }
                    }
                }
            }
        }
    }
}
