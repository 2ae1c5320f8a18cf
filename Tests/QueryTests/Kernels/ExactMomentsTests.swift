import ColumnStore
@testable import Query
import TestSupport
import XCTest

/// Goal: what one worker found of its rows is what another adds to its own. Method: the ends of the types and numbers at random, taken apart into words and put together.
final class ExactMomentsTests: XCTestCase {
    private static func words(_ moments: ExactMoments) -> [Int64] { (0..<ExactMoments.wordCount).map(moments.word) }

    func test_words_makeTheSameMoments() {
        var random = SplitMix64(state: 3)
        let ends: [Int128] = [0, 1, -1, .max, .min + 1, Int128(Int64.max), Int128(Int64.min)]
        var whole = ExactMoments()
        var parts = ExactMoments()
        for index in 0..<400 {
            let value = index % 3 == 0 ? ends[index / 3 % ends.count] : Int128(truncatingIfNeeded: random.next()) << Int128(random.next() % 60)
            whole.add(value)
            var one = ExactMoments()
            one.add(value)
            let words = Self.words(one)
            parts = parts + ExactMoments { words[$0] }
            XCTAssertEqual(Self.words(parts), Self.words(whole))
        }
        XCTAssertEqual(parts.count, 400)
        XCTAssertEqual(parts.variance(unit: 1, isPopulation: true), whole.variance(unit: 1, isPopulation: true))
    }
}
