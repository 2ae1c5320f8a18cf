/// A `pattern` of an XSD, looked at for what its matching may take: libxml2 tries one way after another, and goes back where one ends.
///
/// The pattern becomes its automaton of positions (Glushkov). Where a text can lead from a place back to it in two ways, the ways double with
/// each turn, and no document of any length may be held against it. Where two loops can divide a text between them, the work grows by the
/// square of the text (Weber and Seidl, "On the degree of ambiguity of finite automata": EDA and IDA).
///
/// Examples: `(a|b)*` is linear; `(a+)+` doubles with each `a`, as each may end the inner loop or not; in `a*a*` the two loops can divide a run of
/// n in n + 1 ways, one after the other: quadratic.
///
/// Counted loops (`x{1,9}`) are tried both ways: left out, as their turns end, and as if they had no end. What doubles only through them is
/// exponential where the ways, counted by their bounds, are too many (`wayCountMax`), else quadratic.
struct XSDPattern {
    /// How the steps of matching a text may grow with its length.
    enum Matching: Equatable { case linear, quadratic, exponential }

    /// Characters that stand at one place: exact in ASCII, all others as one; too many rather than too few.
    ///
    /// The bits of `low` are U+0000 to U+003F, those of `high` U+0040 to U+007F. Sets that are too large make a pattern look worse than it is,
    /// never better; `isVague` says that this may be so.
    struct Characters {
        var low: UInt64 = 0
        var high: UInt64 = 0
        var hasOther = false
        /// There may be fewer than it says.
        var isVague = false
        /// It has many ranges of other characters, each of which takes places of its own in RE2's program.
        var isHeavy = false

        static let all = Characters(low: .max, high: .max, hasOther: true, isVague: true)
        /// Whether one character may be in both.
        func meets(_ other: Characters) -> Bool { low & other.low != 0 || high & other.high != 0 || hasOther && other.hasOther }
        func intersection(_ other: Characters) -> Characters {
            Characters(low: low & other.low, high: high & other.high, hasOther: hasOther && other.hasOther)
        }
        /// All that it has not. Of characters beyond ASCII it takes all, as it may have had only some.
        var inverted: Characters { Characters(low: ~low, high: ~high, hasOther: true, isVague: isVague || hasOther, isHeavy: isHeavy) }
        // Every character there is.
        var isComplete: Bool { low == .max && high == .max && hasOther }
        mutating func formUnion(_ other: Characters) {
            low |= other.low
            high |= other.high
            hasOther = hasOther || other.hasOther
            isVague = isVague || other.isVague
            isHeavy = isHeavy || other.isHeavy
        }
        mutating func insert(_ scalar: UInt32) {
            switch scalar {
            case ..<64: low |= 1 << UInt64(scalar)
            case ..<128: high |= 1 << UInt64(scalar - 64)
            default: (hasOther, isVague) = (true, true)
            }
        }
    }

    /// A pattern as `XSDPatternParser` reads it. What captures, and which match is preferred, is not in it: neither changes what can match.
    indirect enum Node {
        case empty
        case place(Characters)
        case sequence([Node])
        case choice([Node])
        /// `most` nil: without end.
        case loop(Node, least: Int, most: Int?)
    }

    /// More places than that are not looked at: a pattern with loops then counts as quadratic.
    ///
    /// `places` are characters of the pattern as it is written: counted loops are not written out here.
    private static let placeCountMax = 400
    /// Ways that counted loops may divide a text in.
    private static let wayCountMax = 100_000.0

    /// What it may come to at worst.
    let matching: Matching

    /// - Parameter pattern: as the XSD has it, references of XML resolved.
    init(_ pattern: String) {
        var parser = XSDPatternParser(pattern)
        guard let node = parser.parse() else {
            // libxml2 will say what is wrong with it.
            matching = .quadratic
            return
        }
        // One automaton with the loops that have no end, one with those that are counted, too.
        let endless = PatternAutomaton(node, countedLoops: false)
        let all = PatternAutomaton(node, countedLoops: true)
        if all.placeCount > Self.placeCountMax {
            matching = all.hasLoops ? .quadratic : .linear
        } else if endless.doubles && !endless.neverFails || (all.doubles || all.countsTwice) && !all.neverFails && Self.ways(node) > Self.wayCountMax {
            matching = .exponential
        } else {
            matching = all.doubles || all.countsTwice || all.divides ? .quadratic : .linear
        }
    }

    /// In how many ways a text may be divided among a pattern's counted loops, at most.
    ///
    /// Capped at 10^18. A loop of m to n turns multiplies the ways of its body by themselves for each turn, and by the n − m + 1 counts that it
    /// may stop at.
    private static func ways(_ node: Node) -> Double {
        switch node {
        case .empty, .place: return 1
        case .sequence(let nodes): return nodes.reduce(1) { min($0 * ways($1), 1e18) }
        case .choice(let nodes): return nodes.reduce(0) { min($0 + ways($1), 1e18) }
        case .loop(let body, let least, let most):
            let most = most ?? 1
            // Found once: loops within each other would else be gone through for each turn of all that are around them.
            let waysOfTurn = ways(body)
            var power = 1.0
            for _ in 0..<min(most, 64) { power = min(power * waysOfTurn, 1e18) }
            return min(power * Double(max(most - least + 1, 1)), 1e18)
        }
    }
}

/// The places of a pattern, and which may follow which.
///
/// Glushkov's automaton: a state for each character of the pattern, no edges without a character. Tests of ambiguity are walks over pairs and
/// triples of its places (Weber and Seidl; Allauzen, Mohri and Rastogi, "General algorithms for testing the ambiguity of finite automata", have
/// them as products of the automaton with itself).
struct PatternAutomaton {
    /// By place.
    private var characters: [XSDPattern.Characters] = []
    /// By place, those that may come after it.
    private var follow: [Set<Int>] = []
    /// For each place its strongly connected part; -1 for one that is on no loop.
    private var part: [Int] = []
    /// Places where the pattern may end.
    private var last: Set<Int> = []
    /// Steps of counted loops, by both places.
    private var counted: Set<Pair> = []
    /// A counted loop within another counts the same step: which of them turns is a choice of its own each time.
    private(set) var countsTwice = false

    var placeCount: Int { characters.count }
    var hasLoops: Bool { part.contains { $0 >= 0 } }

    /// As in `PatternPlaces`: where a part may begin and end, and whether it may be empty.
    private struct Ends {
        var isNullable: Bool
        var first: [Int]
        var last: [Int]
    }

    /// - Parameter countedLoops: whether a loop with an upper bound is one; else its body stands once.
    init(_ node: XSDPattern.Node, countedLoops: Bool) {
        last = Set(add(node, countedLoops).last)
        // A pattern that is too large is not walked: its loops are taken to be the characters that follow themselves.
        part = characters.count > 2_000 ? follow.indices.map { follow[$0].contains($0) ? 0 : -1 } : parts()
    }

    /// Adds a part's places and its edges; returns its ends.
    private mutating func add(_ node: XSDPattern.Node, _ countedLoops: Bool) -> Ends {
        switch node {
        case .empty: return Ends(isNullable: true, first: [], last: [])
        case .place(let set):
            characters.append(set)
            follow.append([])
            return Ends(isNullable: false, first: [characters.count - 1], last: [characters.count - 1])
        case .choice(let nodes):
            var ends = Ends(isNullable: false, first: [], last: [])
            for each in nodes {
                let next = add(each, countedLoops)
                ends = Ends(isNullable: ends.isNullable || next.isNullable, first: ends.first + next.first, last: ends.last + next.last)
            }
            return ends
        case .sequence(let nodes):
            var ends = Ends(isNullable: true, first: [], last: [])
            for each in nodes {
                let next = add(each, countedLoops)
                for place in ends.last { follow[place].formUnion(next.first) }
                ends = Ends(
                    isNullable: ends.isNullable && next.isNullable, first: ends.isNullable ? ends.first + next.first : ends.first,
                    last: next.isNullable ? ends.last + next.last : next.last)
            }
            return ends
        case .loop(let body, let least, let most):
            if most == 0 { return Ends(isNullable: true, first: [], last: []) }
            var ends = add(body, countedLoops)
            // A loop of at most one turn is none.
            if most == nil || countedLoops && most != 1 { turn(ends, isCounted: most != nil || least > 1) }
            if least == 0 { ends.isNullable = true }
            return ends
        }
    }

    /// A loop's end leads to its beginning.
    private mutating func turn(_ ends: Ends, isCounted: Bool) {
        for place in ends.last {
            for next in ends.first {
                let step = Pair(one: place, other: next)
                let isThere = !follow[place].insert(next).inserted
                if isThere, isCounted || counted.contains(step) { countsTwice = true }
                if isCounted { counted.insert(step) }
            }
        }
    }

    /// On its loops the pattern goes on with any character, and may end in each of them: no text is gone over again for all the ways through them.
    ///
    /// Then libxml2's first way through is never given up for another, however many there are. `Characters` that are vague do not count: they may
    /// lack some.
    var neverFails: Bool {
        var ends: [Int: Bool] = [:]
        for place in follow.indices where part[place] >= 0 {
            var next = XSDPattern.Characters()
            for target in follow[place] where !characters[target].isVague { next.formUnion(characters[target]) }
            guard next.isComplete else { return false }
            if last.contains(place) { ends[part[place]] = true } else if ends[part[place]] == nil { ends[part[place]] = false }
        }
        return ends.values.allSatisfy { $0 }
    }

    /// Strongly connected parts, by Kosaraju's two walks.
    ///
    /// The first walk orders the places by when they are done with, the second collects each part along the edges turned round. Both with stacks
    /// of their own: patterns may be long.
    ///
    /// - Complexity: O(places + edges).
    private func parts() -> [Int] {
        var order: [Int] = []
        var seen = [Bool](repeating: false, count: follow.count)
        for start in follow.indices where !seen[start] {
            seen[start] = true
            var stack: [(place: Int, rest: [Int])] = [(start, Array(follow[start]))]
            while let top = stack.last {
                guard let next = top.rest.last else {
                    order.append(top.place)
                    stack.removeLast()
                    continue
                }
                stack[stack.count - 1].rest.removeLast()
                if !seen[next] {
                    seen[next] = true
                    stack.append((next, Array(follow[next])))
                }
            }
        }
        var back = [[Int]](repeating: [], count: follow.count)
        for place in follow.indices { for next in follow[place] { back[next].append(place) } }
        var part = [Int](repeating: -2, count: follow.count)
        for (number, start) in order.reversed().enumerated() where part[start] == -2 {
            var members = [start]
            part[start] = number
            var index = 0
            while index < members.count {
                for next in back[members[index]] where part[next] == -2 {
                    part[next] = number
                    members.append(next)
                }
                index += 1
            }
            if members.count == 1, !follow[start].contains(start) { part[start] = -1 }
        }
        return part
    }

    /// Two ways at once, as they read the same text.
    private struct Pair: Hashable { var one: Int, other: Int }

    /// Whether a text can lead from some place back to it in two ways.
    ///
    /// EDA: a walk over pairs of places that begins at (p, p), leaves the diagonal and comes back to it. Both places stay within their strongly
    /// connected part, as the text must lead back to p.
    ///
    /// - Complexity: O(places² + pairs of edges) time and memory; `placeCountMax` bounds it.
    var doubles: Bool {
        let places = follow.indices.filter { part[$0] >= 0 }
        let start = places.map { Pair(one: $0, other: $0) }
        let (ahead, edges) = pairs(from: start)
        guard ahead.contains(where: { $0.one != $0.other }) else { return false }
        // Back from the diagonal: a pair off it that leads there again.
        var back: [Pair: [Pair]] = [:]
        for (from, targets) in edges { for target in targets { back[target, default: []].append(from) } }
        var seen = Set(start)
        var queue = start
        while let pair = queue.popLast() {
            for next in back[pair] ?? [] where seen.insert(next).inserted {
                if next.one != next.other { return true }
                queue.append(next)
            }
        }
        return false
    }

    /// The pairs that can be reached by reading one text along both ways, and the edges between them.
    private func pairs(from start: [Pair]) -> (seen: Set<Pair>, edges: [Pair: [Pair]]) {
        var seen = Set(start)
        var edges: [Pair: [Pair]] = [:]
        var queue = start
        while let pair = queue.popLast() {
            for one in follow[pair.one] where part[one] == part[pair.one] {
                for other in follow[pair.other] where part[other] == part[pair.other] && characters[one].meets(characters[other]) {
                    let next = Pair(one: one, other: other)
                    edges[pair, default: []].append(next)
                    if seen.insert(next).inserted { queue.append(next) }
                }
            }
        }
        return (seen, edges)
    }

    /// Three ways at once by the same text: on the first loop, from the first to the second, on the second.
    private struct Triple: Hashable { var first: Int, middle: Int, last: Int }
    /// Past it the answer is taken to be yes: a pattern then costs more than it must.
    private static let tripleCountMax = 50_000

    /// Whether two loops, one behind the other, can divide a text between them: some text leads from a place of the first to itself, to a place of
    /// the second, and from there to itself.
    ///
    /// IDA: for some p and q, of two parts, one text leads from p to p, from p to q and from q to q.
    var divides: Bool {
        var count = 0
        for first in follow.indices where part[first] >= 0 {
            for last in follow.indices where part[last] >= 0 && part[last] != part[first] {
                let start = Triple(first: first, middle: first, last: last)
                var seen: Set<Triple> = [start]
                var queue = [start]
                while let triple = queue.popLast() {
                    for next in successors(triple) where seen.insert(next).inserted {
                        count += 1
                        if next == Triple(first: first, middle: last, last: last) || count > Self.tripleCountMax { return true }
                        queue.append(next)
                    }
                }
            }
        }
        return false
    }

    /// All three read the same character, so their characters have one in common.
    private func successors(_ triple: Triple) -> [Triple] {
        var found: [Triple] = []
        for first in follow[triple.first] where part[first] == part[triple.first] {
            for last in follow[triple.last] where part[last] == part[triple.last] {
                let common = characters[first].intersection(characters[last])
                guard characters[first].meets(characters[last]) else { continue }
                for middle in follow[triple.middle] where characters[middle].meets(common) {
                    found.append(Triple(first: first, middle: middle, last: last))
                }
            }
        }
        return found
    }
}
