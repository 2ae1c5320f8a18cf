/// Distinct pairs of numbers, a bit each: for every left number pages of 512 right ones, of which only those are there that hold any.
///
/// Where a left number goes with many right ones, as a month with its customers, a pair takes a bit or some, and a look at it meets the caches;
/// a hash table takes 24 bytes and misses them.
///
/// For the pair (left 3, right 1,100) and pages of 512: page 1,100 / 512 = 2 of the left number, word (1,100 >> 6) & 7 = 1
/// in it, bit 1,100 & 63 = 12.
struct PairSet {
    /// Eight words a page. The first page stays empty: it stands for those that are not there.
    /// Invariant: `count` is the number of set bits; a page in use is in one place.
    private var words = [UInt64](repeating: 0, count: wordsPerPage)
    /// `places[left * width + right / 512]` is the page.
    private var places: [UInt32] = []
    /// Pages of one left number.
    private var width = 1
    private(set) var count = 0
    /// Of pages, whether they are there or not.
    var placeCount: Int { places.count }

    /// 64 bytes, as a cache's line.
    private static let wordsPerPage = 8
    /// 512 numbers a page.
    private static let pageShift: UInt32 = 9

    var byteCount: Int { words.capacity * 8 + places.capacity * 4 }

    /// How its pairs lie, at one time: pages that are there, and the pairs in them.
    struct Density {
        let pageCount: Int
        let pairCount: Int
    }

    var density: Density { Density(pageCount: words.count / Self.wordsPerPage, pairCount: count) }

    /// Whether pairs take more than they would in a hash table, by pages alone, and will go on doing so: pages for each pair are as many as they were, but for an eighth at most. Of stores with customers they
    /// become a seventh less from the first eighth of 131,072 pairs on, and few in the end.
    func isSparse(since before: Density) -> Bool {
        let now = density
        return words.count * 8 > Self.byteCountPerPairMax * count && 8 * now.pageCount * before.pairCount >= 7 * before.pageCount * now.pairCount
    }

    /// So many bytes are few, however few pairs they hold: those to come may lie in the same pages.
    private static let sparseByteCountMin = 32 << 20
    /// What a pair takes in a hash table.
    private static let byteCountPerPairMax = 24

    /// What so many pairs more may take at most while they are put in, larger arrays beside those that they replace; nil where pairs are so far
    /// apart that a hash table takes less.
    /// - Parameters:
    ///   - leftCount, rightCount: above all numbers that there are then.
    func growth(by added: Int, leftCount: Int, rightCount: Int) -> Int? {
        // Laid out places are one part of it, words of pages the other: either may be too sparse.
        let needed = leftCount.multipliedReportingOverflow(by: newWidth(rightCount))
        let byteCountMax = max(Self.sparseByteCountMin, Self.byteCountPerPairMax * count)
        if needed.overflow || needed.partialValue > byteCountMax / 4 || words.count > byteCountMax / 8 { return nil }
        let pageCount = min(added, needed.partialValue)
        return words.growth(to: words.count + pageCount * Self.wordsPerPage) * 8 + (needed.partialValue > places.count ? 2 * needed.partialValue * 4 : 0)
    }

    /// Pages that a left number must have, at least twice as many as before where it grows: places are moved each time.
    private func newWidth(_ rightCount: Int) -> Int {
        let needed = rightCount >> Int(Self.pageShift) + 1
        return needed <= width ? width : max(needed, 2 * width)
    }

    /// Lays out places for all numbers below these.
    private mutating func makePlaces(_ leftCount: Int, _ rightCount: Int) {
        let newWidth = newWidth(rightCount)
        if newWidth > width {
            var wider = [UInt32](repeating: 0, count: places.count / width * newWidth)
            for left in 0..<places.count / width {
                for page in 0..<width { wider[left * newWidth + page] = places[left * width + page] }
            }
            (places, width) = (wider, newWidth)
        }
        let missing = leftCount * width - places.count
        if missing > 0 { places.append(addingCapacity: missing) { $0.append(repeating: 0, count: missing) } }
    }

    /// Puts a row's pair in, for each row.
    /// - Parameters:
    ///   - leftCount, rightCount: above all of `lefts`, and of `rights`.
    mutating func insert(_ lefts: [UInt32], _ rights: [UInt32], leftCount: Int, rightCount: Int) {
        precondition(lefts.count == rights.count)
        makePlaces(leftCount, rightCount)
        let (width, shift) = (width, Self.pageShift)
        var pageCount = UInt32(words.count / Self.wordsPerPage)
        // Pages are made for all rows first, so that nothing moves while bits are set.
        places.withUnsafeMutableBufferPointer { places in
            for row in lefts.indices {
                let place = Int(lefts[row]) * width + Int(rights[row] >> shift)
                precondition(place < places.count, "a number past its count")
                if places[place] == 0 {
                    places[place] = pageCount
                    pageCount += 1
                }
            }
        }
        let missing = Int(pageCount) * Self.wordsPerPage - words.count
        if missing > 0 { words.append(addingCapacity: missing) { $0.append(repeating: 0, count: missing) } }
        var added = 0
        places.withUnsafeBufferPointer { places in
            words.withUnsafeMutableBufferPointer { words in
                for row in lefts.indices {
                    let right = rights[row]
                    let word = Int(places[Int(lefts[row]) * width + Int(right >> shift)]) * Self.wordsPerPage + Int(right >> 6 & 7)
                    let bit = UInt64(1) << UInt64(right & 63)
                    // Counted without a branch: of new pairs and repeats neither is rare.
                    added += words[word] & bit == 0 ? 1 : 0
                    words[word] |= bit
                }
            }
        }
        count += added
    }

    /// Puts in the pairs of another set, whose numbers stand for these.
    mutating func insert(_ other: PairSet, lefts: [UInt32], rights: [UInt32], leftCount: Int, rightCount: Int) {
        // Pieces of some 65,536 pairs keep the numbers in between small.
        for range in other.pieces(pairCount: 1 << 16) {
            let (theirLefts, theirRights) = other.pairs(range)
            insert(theirLefts.map { lefts[Int($0)] }, theirRights.map { rights[Int($0)] }, leftCount: leftCount, rightCount: rightCount)
        }
    }

    /// Ranges of places that hold some `pairCount` pairs each, or a page more.
    func pieces(pairCount: Int) -> [Range<Int>] {
        var pieces: [Range<Int>] = []
        var (start, held) = (0, 0)
        for place in places.indices where places[place] != 0 {
            let first = Int(places[place]) * Self.wordsPerPage
            for word in first..<first + Self.wordsPerPage { held += words[word].nonzeroBitCount }
            if held < pairCount { continue }
            pieces.append(start..<place + 1)
            (start, held) = (place + 1, 0)
        }
        if held > 0 { pieces.append(start..<places.count) }
        return pieces
    }

    /// The pairs of a range of places, by left numbers, then right ones.
    func pairs(_ range: Range<Int>) -> (lefts: [UInt32], rights: [UInt32]) {
        var lefts: [UInt32] = []
        var rights: [UInt32] = []
        for place in range where places[place] != 0 {
            let (left, page) = place.quotientAndRemainder(dividingBy: width)
            for index in 0..<Self.wordsPerPage {
                var word = words[Int(places[place]) * Self.wordsPerPage + index]
                // Clears the lowest set bit each time.
                while word != 0 {
                    lefts.append(UInt32(left))
                    rights.append(UInt32(page) << Self.pageShift | UInt32(index * 64 + word.trailingZeroBitCount))
                    word &= word - 1
                }
            }
        }
        return (lefts, rights)
    }
}
