import XCTest

@testable import Query

/// Pairs of numbers as bits, against a set of the standard library.
final class PairSetTests: XCTestCase {
    private struct Pair: Hashable, Comparable {
        var left: UInt32
        var right: UInt32
        static func < (one: Pair, other: Pair) -> Bool { (one.left, one.right) < (other.left, other.right) }
    }

    private func all(_ set: PairSet, pairCount: Int) -> [Pair] {
        set.pieces(pairCount: pairCount).flatMap { piece in
            let (lefts, rights) = set.pairs(piece)
            XCTAssertGreaterThan(lefts.count, 0)
            XCTAssertLessThan(lefts.count, pairCount + 512)
            return zip(lefts, rights).map { Pair(left: $0, right: $1) }
        }
    }

    func test_randomPairs_areThoseOfASet() throws {
        var random = SystemRandomNumberGenerator()
        for history in 0..<60 {
            var set = PairSet()
            var expected: Set<Pair> = []
            var (leftCount, rightCount) = (1, 1)
            for _ in 0..<Int.random(in: 0...6, using: &random) {
                leftCount += [0, 1, 20].randomElement(using: &random) ?? 0
                rightCount += [0, 1, 63, 511, 512, 9_000].randomElement(using: &random) ?? 0
                let count = Int.random(in: 0...2_000, using: &random)
                let pairs = (0..<count).map { _ in Pair(left: .random(in: 0..<UInt32(leftCount), using: &random), right: .random(in: 0..<UInt32(rightCount), using: &random)) }
                let before = set.byteCount
                let growth = try XCTUnwrap(set.growth(by: count, leftCount: leftCount, rightCount: rightCount))
                set.insert(pairs.map(\.left), pairs.map(\.right), leftCount: leftCount, rightCount: rightCount)
                XCTAssertLessThanOrEqual(set.byteCount, before + growth, "history \(history)")
                expected.formUnion(pairs)
                XCTAssertEqual(set.count, expected.count, "history \(history)")
            }
            XCTAssertEqual(all(set, pairCount: [1, 100, 1 << 20].randomElement(using: &random) ?? 1), expected.sorted(), "history \(history)")
            // As the pairs of other numbers, beside one that is there.
            var other = PairSet()
            other.insert([2], [7], leftCount: 3, rightCount: 8)
            let lefts = (0..<UInt32(leftCount)).map { $0 + 1 }, rights = (0..<UInt32(rightCount)).reversed().map { $0 }
            let (otherLeftCount, otherRightCount) = (max(3, leftCount + 1), max(8, rightCount))
            other.insert(set, lefts: lefts, rights: rights, leftCount: otherLeftCount, rightCount: otherRightCount)
            let renumbered = Set(expected.map { Pair(left: lefts[Int($0.left)], right: rights[Int($0.right)]) }).union([Pair(left: 2, right: 7)])
            XCTAssertEqual(all(other, pairCount: 1_000), renumbered.sorted(), "history \(history)")
            XCTAssertEqual(other.count, renumbered.count)
        }
    }

    /// A pair a page takes 64 bytes: what would take more than a hash table is refused before it is taken, and numbers of any size are.
    func test_pairsFarApart_areRefused() {
        var set = PairSet()
        XCTAssertNil(set.growth(by: 1, leftCount: 1 << 20, rightCount: 1 << 20))
        XCTAssertNil(set.growth(by: 1, leftCount: .max, rightCount: .max))
        XCTAssertNil(set.growth(by: .max, leftCount: 1 << 32, rightCount: 1 << 32))
        XCTAssertNotNil(set.growth(by: 1_000, leftCount: 1_000, rightCount: 1 << 20))
        var taken = 0
        while set.growth(by: 1_000, leftCount: 1_000, rightCount: 1 << 20) != nil, taken < 1_000 {
            let lefts = [UInt32](repeating: UInt32(taken), count: 1_000), rights = (0..<1_000 as Range<UInt32>).map { $0 * 1_024 }
            set.insert(lefts, rights, leftCount: 1_000, rightCount: 1 << 20)
            taken += 1
        }
        XCTAssertLessThan(taken, 600)
        XCTAssertLessThan(set.byteCount, 100 << 20)
    }
}
