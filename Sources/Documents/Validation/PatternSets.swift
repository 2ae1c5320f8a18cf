/// All sets of places that texts can lead a pattern to, as RE2 makes them, each of which it keeps as a state of its automaton.
///
/// This is the subset construction, run when a type comes instead of while a text is searched. A place is one character of the pattern (Glushkov's
/// positions, as in `XSDPattern`); a set is what a prefix of some text can have led to. For `(a|b)*abb` there are a handful of sets, for
/// `(a|b)*a(a|b){12}` there are thousands: such a pattern has RE2 forget its automaton over and over.
struct PatternSets {
    /// Places at once, at most.
    private(set) var width = 0
    /// What RE2's program has for them, at most.
    ///
    /// Of the heaviest set, in its instructions, about.
    private(set) var weightMax = 0
    /// What keeping all takes, roughly.
    ///
    /// In bytes.
    private(set) var byteCount = 0
    /// Several places at once, of characters that are not told apart here: there may be more sets than were found.
    private(set) var isVagueAndWide = false

    /// Of different sets; a pattern with more counts as not understood.
    private static let setCountMax = 4_000
    /// Words of sets looked at: some milliseconds, when a type comes or at a start.
    private static let wordCountMax = 4_000_000

    /// The pattern's places and which may follow which.
    private let places: PatternPlaces
    /// 64-bit words of a set.
    private let wordCount: Int
    private var wordsLeft = Self.wordCountMax

    /// A set of places, one bit each: place p is bit p % 64 of word p / 64.
    typealias Bits = [UInt64]

    /// Nil where that takes too long, or there are too many.
    ///
    /// - Parameters:
    ///   - startsAnywhere: a match may begin at each character.
    ///   - isReversed: walked from the end of the text.
    init?(_ node: XSDPattern.Node, startsAnywhere: Bool, isReversed: Bool) {
        guard let places = PatternPlaces(node, isReversed: isReversed) else { return nil }
        self.places = places
        wordCount = (places.characters.count + 63) / 64
        guard walk(startsAnywhere) else { return nil }
    }

    /// Finds all sets that can be reached from the first places. False past a bound.
    ///
    /// `open` holds what may come next after a set that was found: the places that may stand there, not yet cut to those which the next character
    /// meets. Each letter stands for all characters that the pattern tells apart no further.
    private mutating func walk(_ startsAnywhere: Bool) -> Bool {
        let letters = letters()
        var seen: Set<Bits> = []
        var open: [Bits] = [places.first]
        while let next = open.popLast() {
            for letter in letters {
                wordsLeft -= wordCount
                // The empty set, where the automaton is stuck, is one of them.
                let set = intersection(next, letter)
                guard seen.insert(set).inserted else { continue }
                guard wordsLeft > 0, seen.count <= Self.setCountMax else { return false }
                let following = note(set)
                // Where a match may begin anywhere, the beginnings stay possible beside whatever was reached.
                open.append(startsAnywhere ? union(following, places.first) : following)
            }
        }
        return true
    }

    /// Looks at one set. Gives what may follow any of its places.
    ///
    /// Takes it into `width`, `weightMax` and `byteCount`.
    private mutating func note(_ set: Bits) -> Bits {
        var following = Bits(repeating: 0, count: wordCount)
        var count = 0
        var weight = 0
        var isVague = false
        var isHeavy = false
        for (index, word) in set.enumerated() {
            var rest = word
            while rest != 0 {
                let place = index * 64 + rest.trailingZeroBitCount
                rest &= rest - 1
                count += 1
                let characters = places.characters[place]
                isVague = isVague || characters.isVague
                isHeavy = isHeavy || characters.isHeavy
                weight += characters.weight
                following = union(following, places.follow[place])
                wordsLeft -= wordCount
            }
        }
        width = max(width, count)
        weightMax = max(weightMax, weight)
        isVagueAndWide = isVagueAndWide || isVague && count > 1
        // One for each byte of a character; and a pointer for each kind of byte.
        byteCount += isHeavy ? 300 * 1_600 : isVague ? 4 * 512 : 256 + 8 * weight
        return following
    }

    /// For each character that the pattern tells from others, the places that it may stand at.
    ///
    /// Values 0 to 127 by themselves and 128 for all others; those that may stand at the same places are one letter. The bits are the places where
    /// the letter can stand.
    private func letters() -> [Bits] {
        var all: Set<Bits> = []
        for value in 0..<129 {
            var places = Bits(repeating: 0, count: wordCount)
            for (place, characters) in self.places.characters.enumerated() where value == 128 ? characters.hasOther : characters.has(value) {
                places[place / 64] |= 1 << UInt64(place % 64)
            }
            all.insert(places)
        }
        return Array(all)
    }

    private func union(_ one: Bits, _ other: Bits) -> Bits {
        var result = one
        for index in result.indices { result[index] |= other[index] }
        return result
    }

    private func intersection(_ one: Bits, _ other: Bits) -> Bits {
        var result = one
        for index in result.indices { result[index] &= other[index] }
        return result
    }
}

/// A pattern's places, its counted loops written out as RE2 does: `x{2,4}` is `xx(x(x)?)?`.
///
/// Glushkov's construction over a parsed pattern: `first` are the places that a match may begin at, `follow` those that may come after each. Where
/// it may end does not matter here, as only the sets are counted.
struct PatternPlaces {
    /// Of places once loops are written out: `x{2000}` is not looked at.
    private static let countMax = 1_024
    /// Sets have room for the most while they are built, and are cut to what the pattern needs at the end.
    private static let wordCount = countMax / 64

    /// By place, what may stand there.
    private(set) var characters: [XSDPattern.Characters] = []
    /// By place, those that may follow it.
    private(set) var follow: [[UInt64]] = []
    /// Places where a match may begin.
    private(set) var first: [UInt64] = []
    private let isReversed: Bool
    /// Parts of it, each as often as it is written out.
    ///
    /// Bounds the time that nested counts take: `((x{9}){9}){9}` is walked as often as it is written out.
    private var partsLeft = 8_192

    /// What a part of the pattern adds at its two sides: where it may begin and end, and whether it may be nothing at all.
    private struct Ends {
        var isNullable: Bool
        var first = [UInt64](repeating: 0, count: PatternPlaces.wordCount)
        var last = [UInt64](repeating: 0, count: PatternPlaces.wordCount)
    }

    /// Nil for more than are looked at.
    init?(_ node: XSDPattern.Node, isReversed: Bool) {
        self.isReversed = isReversed
        guard let ends = add(node) else { return nil }
        let wordCount = (characters.count + 63) / 64
        first = Array(ends.first[..<wordCount])
        follow = follow.map { Array($0[..<wordCount]) }
    }

    /// Adds the places of a part and links them among themselves. Nil past a bound.
    private mutating func add(_ node: XSDPattern.Node) -> Ends? {
        partsLeft -= 1
        guard partsLeft > 0 else { return nil }
        switch node {
        case .empty: return Ends(isNullable: true)
        case .place(let set):
            guard characters.count < Self.countMax else { return nil }
            var ends = Ends(isNullable: false)
            let place = characters.count
            ends.first[place / 64] |= 1 << UInt64(place % 64)
            ends.last = ends.first
            characters.append(set)
            follow.append([UInt64](repeating: 0, count: Self.wordCount))
            return ends
        case .choice(let nodes):
            var ends = Ends(isNullable: false)
            for each in nodes {
                guard let next = add(each) else { return nil }
                ends.isNullable = ends.isNullable || next.isNullable
                Self.unite(&ends.first, next.first)
                Self.unite(&ends.last, next.last)
            }
            return ends
        case .sequence(let nodes):
            var ends = Ends(isNullable: true)
            for each in isReversed ? nodes.reversed() : nodes {
                guard let next = add(each) else { return nil }
                ends = joined(ends, next)
            }
            return ends
        case .loop(let body, let least, let most): return addLoop(body, least, most)
        }
    }

    /// `x{2,4}` becomes `xx(x(x)?)?`: the copies that must be there in sequence, then each optional one within the one before it. `x*` is one copy
    /// that follows itself, `x{3,}` three of which the last does.
    private mutating func addLoop(_ body: XSDPattern.Node, _ least: Int, _ most: Int?) -> Ends? {
        var ends = Ends(isNullable: true)
        // Each of those that may be left out is within the one before it.
        var optionalLast = [UInt64](repeating: 0, count: Self.wordCount)
        // `most` nil: as many copies as must be there, one at least.
        for number in 0..<max(min(most ?? max(least, 1), Self.countMax + 1), 0) {
            guard let next = add(body) else { return nil }
            if number >= least {
                Self.unite(&optionalLast, ends.last)
                ends.last = joined(ends, next).last
                if number == 0 || next.isNullable { Self.unite(&ends.first, next.first) }
            } else {
                ends = joined(ends, next)
            }
            // The last copy repeats.
            if most == nil, number == max(least, 1) - 1 { link(next.last, next.first) }
        }
        Self.unite(&ends.last, optionalLast)
        if least == 0 { ends.isNullable = true }
        return ends
    }

    /// The second behind the first: each end of the first leads to each beginning of the second.
    private mutating func joined(_ one: Ends, _ other: Ends) -> Ends {
        link(one.last, other.first)
        var ends = Ends(isNullable: one.isNullable && other.isNullable, first: one.first, last: other.last)
        if one.isNullable { Self.unite(&ends.first, other.first) }
        if other.isNullable { Self.unite(&ends.last, one.last) }
        return ends
    }

    /// Each place of `last` may be followed by each of `first`.
    private mutating func link(_ last: [UInt64], _ first: [UInt64]) {
        for (index, word) in last.enumerated() {
            var rest = word
            while rest != 0 {
                Self.unite(&follow[index * 64 + rest.trailingZeroBitCount], first)
                rest &= rest - 1
            }
        }
    }

    /// Adds `other`'s bits to `one`.
    private static func unite(_ one: inout [UInt64], _ other: [UInt64]) {
        for index in one.indices { one[index] |= other[index] }
    }
}

extension XSDPattern.Characters {
    /// Of ASCII.
    ///
    /// - Parameter value: below 128.
    fileprivate func has(_ value: Int) -> Bool { (value < 64 ? low >> UInt64(value) : high >> UInt64(value - 64)) & 1 != 0 }
    /// What RE2's program has for it, about.
    ///
    /// A character is one instruction for each byte of its range in UTF-8: one for ASCII, some for ranges beyond it, over a thousand for a class
    /// such as `\p{L}`.
    fileprivate var weight: Int { isHeavy ? 1_200 : hasOther ? 16 : 4 }
}
