import XCTest

@testable import Query

/// Every text of two letters up to seven bytes, every string of up to three, every window: found where a search letter by letter finds it.
final class ByteSearchTests: XCTestCase {
    private static func texts(_ letters: [UInt8], upTo count: Int) -> [[UInt8]] {
        var all: [[UInt8]] = [[]], last: [[UInt8]] = [[]]
        for _ in 0..<count {
            last = last.flatMap { text in letters.map { text + [$0] } }
            all += last
        }
        return all
    }

    private func first(_ wanted: [UInt8], _ text: [UInt8], _ start: Int, _ end: Int) -> Int? {
        guard end - start >= wanted.count else { return nil }
        return (start...(end - wanted.count)).first { Array(text[$0..<$0 + wanted.count]) == wanted }
    }

    func test_find_everyShortText_isWhereItStands() {
        // One letter that texts have often and one that they have seldom: the search looks for the seldom one first.
        let letters: [UInt8] = [0x20, 0x00]
        let texts = Self.texts(letters, upTo: 7)
        for wanted in Self.texts(letters, upTo: 3) where !wanted.isEmpty {
            let search = ByteSearch(wanted)
            XCTAssertEqual(ByteSearch.commonness(wanted[search.rareIndex]), wanted.map(ByteSearch.commonness).min())
            for text in texts {
                text.withUnsafeBufferPointer { buffer in
                    for start in 0...text.count {
                        for end in start...text.count {
                            XCTAssertEqual(search.find(in: buffer, from: start, to: end), first(wanted, text, start, end), "\(wanted) in \(text), \(start)..<\(end)")
                        }
                    }
                }
            }
        }
    }

    /// Past the number of candidates from which on the search takes its linear way.
    func test_find_behindManyCandidates_isFoundOrNot() {
        let wanted: [UInt8] = [1, 1, 2, 1]
        let many = [UInt8](repeating: 1, count: 20_000)
        let search = ByteSearch(wanted)
        (many + wanted + [1]).withUnsafeBufferPointer { XCTAssertEqual(search.find(in: $0, from: 0, to: $0.count), many.count) }
        (many + [1, 1, 2]).withUnsafeBufferPointer { XCTAssertNil(search.find(in: $0, from: 0, to: $0.count)) }
        let pairs = [[UInt8]](repeating: [2, 1, 3], count: 6_000).flatMap { $0 }
        let rare = ByteSearch([2, 1, 4])
        (pairs + [2, 1, 4]).withUnsafeBufferPointer { XCTAssertEqual(rare.find(in: $0, from: 5, to: $0.count), pairs.count) }
    }
}
