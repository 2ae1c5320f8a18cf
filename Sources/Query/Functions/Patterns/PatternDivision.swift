import ColumnStore

/// Divides a match that RE2 found among the groups of its pattern as PostgreSQL does, where RE2 would divide it otherwise (`PatternTree.dividesAlike`).
///
/// RE2 takes the first way that leads to the match's end: the first branch of a choice that does, and what a group took in an earlier turn of a repetition
/// stays. PostgreSQL (`regexec.c`, after Spencer) knows nothing of ways. It divides what was matched, part by part:
///
/// 1. Of a sequence, each part from left to right takes as much as leaves the rest a match (as little, where the part is lazy). What captures nothing is one part.
/// 2. Of a choice, the first branch that fits the whole of it is taken.
/// 3. Of a repetition that must be there, the last turn is a part behind all that may come before it, which captures nothing.
/// 4. Of one that may be left out, each turn takes as much as leaves the rest turns enough, and what counts is the last one. An empty turn is none, but of the empty text.
///
/// Each question, whether a part fits and how far, is a search of RE2's in a bounded piece of the text. Their number grows with the piece's length at worst, so
/// that its square is what a match may cost: each search is counted before it, and the query may end between two.
///
/// Memory: `byteCount`, which the meter holds for as long as whoever made this keeps it.
final class PatternDivision {
    private indirect enum Part {
        /// Captures nothing.
        case plain
        case capture(Int, Part)
        case pair(left: RegularExpression, Part, right: RegularExpression, Part, isShortest: Bool)
        case choice([(expression: RegularExpression, part: Part)])
        case turns(Turns)
    }

    /// A repetition that may be left out.
    private struct Turns {
        let expression: RegularExpression
        let part: Part
        /// All turns that may follow the first, the second, and so on; of one without an end the only one is for each. None stands behind the last.
        let rests: [RegularExpression]
        let isEndless: Bool
        let isShortest: Bool
    }

    private let root: Part
    private let groupCount: Int
    let byteCount: Int

    /// Of one part's program and its automata, in bytes.
    private static let memoryMax = 1 << 20
    /// Of most.
    private static let memoryMin = 1 << 17
    private static let expressionCountMax = 64
    /// Turns of a repetition that has an end and may be left out: each has an expression for what may follow.
    private static let turnCountMax = 16

    /// - Parameter isOfSimilar: the pattern was made of one of SIMILAR TO, with marks of a part.
    /// - Throws: `.outside(.notSupported)` for a pattern with too many parts, or whose parts RE2 does not have; where its memory is not there.
    init(_ tree: PatternTree, isOfSimilar: Bool, _ meter: WorkMeter) throws(KernelError) {
        var builder = Builder(tree: tree, meter: meter)
        do throws(KernelError) {
            root = isOfSimilar ? try builder.similar() : try builder.part(tree.root)
        } catch {
            meter.forget(builder.byteCount)
            throw error
        }
        (groupCount, byteCount) = (tree.groupCount, builder.byteCount)
    }

    private static func unsupported() -> KernelError {
        .outside(.notSupported, "groups that may divide a text in so many ways are not supported: use (?:…), or say what stands between them")
    }

    // MARK: Making

    private struct Builder {
        let tree: PatternTree
        let meter: WorkMeter
        private(set) var byteCount = 0
        private var count = 0

        init(tree: PatternTree, meter: WorkMeter) { (self.tree, self.meter) = (tree, meter) }

        private mutating func expression(_ node: PatternNode) throws(KernelError) -> RegularExpression {
            guard count < PatternDivision.expressionCountMax, let written = node.linear else { throw PatternDivision.unsupported() }
            count += 1
            try meter.look()
            for size in [PatternDivision.memoryMin, PatternDivision.memoryMax] {
                try meter.step(written.utf8.count.multipliedSaturating(by: 64))
                try meter.keep(size)
                // Letters are written in their own two cases: RE2 would take those that Unicode folds to them as well.
                if let made = try? RegularExpression(Array("(?:\(written))".utf8), ignoringCase: false, syntax: .re2Longest, memoryMax: size) {
                    byteCount += size
                    return made
                }
                meter.forget(size)
            }
            throw PatternDivision.unsupported()
        }

        mutating func part(_ node: PatternNode) throws(KernelError) -> Part {
            guard !node.captures.isEmpty else { return .plain }
            switch node {
            case .place, .character, .backReference, .look: return .plain
            case .group(let number, let body):
                let inner = try part(body)
                if let number { return .capture(number, inner) }
                return inner
            case .sequence(let items): return try sequence(items[...])
            case .choice(let items): return try choice(items)
            case .repetition(let body, let min, let max, let isLazy): return try repetition(body, min, max, isLazy: isLazy)
            }
        }

        private mutating func sequence(_ items: ArraySlice<PatternNode>) throws(KernelError) -> Part {
            guard let first = items.firstIndex(where: { !$0.captures.isEmpty }) else { return .plain }
            let end = first > items.startIndex ? first : first + 1
            guard end < items.endIndex else { return try part(items[first]) }
            let left = PatternNode.sequence(Array(items[..<end])), right = PatternNode.sequence(Array(items[end...]))
            return .pair(
                left: try expression(left), first < end ? try part(items[first]) : .plain, right: try expression(right), try sequence(items[end...]),
                isShortest: tree.prefersShortest(left) == true)
        }

        private mutating func choice(_ items: [PatternNode]) throws(KernelError) -> Part {
            var branches: [(expression: RegularExpression, part: Part)] = [], plain: [PatternNode] = []
            for item in items {
                guard !item.captures.isEmpty else {
                    plain.append(item)
                    continue
                }
                // Those beside each other that capture nothing are one.
                if !plain.isEmpty { branches.append((try expression(.choice(plain)), .plain)) }
                plain = []
                branches.append((try expression(item), try part(item)))
            }
            if !plain.isEmpty { branches.append((try expression(.choice(plain)), .plain)) }
            return .choice(branches)
        }

        private mutating func repetition(_ body: PatternNode, _ min: Int, _ max: Int?, isLazy: Bool) throws(KernelError) -> Part {
            if min == 1, max == 1 { return try part(body) }
            if min > 0 {
                let before = PatternNode.repetition(body, min: min - 1, max: max.map { $0 - 1 }, isLazy: isLazy)
                return .pair(left: try expression(before), .plain, right: try expression(body), try part(body), isShortest: tree.prefersShortest(before) == true)
            }
            var rests: [RegularExpression] = []
            if let max {
                guard max <= PatternDivision.turnCountMax else { throw PatternDivision.unsupported() }
                for turn in stride(from: 1, to: max, by: 1) { rests.append(try expression(.repetition(body, min: 0, max: max - turn, isLazy: isLazy))) }
            } else {
                rests.append(try expression(.repetition(body, min: 0, max: nil, isLazy: isLazy)))
            }
            return .turns(Turns(expression: try expression(body), part: try part(body), rests: rests, isEndless: max == nil, isShortest: isLazy))
        }

        /// `before(part)behind`, which fits a whole text.
        mutating func similar() throws(KernelError) -> Part {
            guard let marked = tree.marked else { throw .outside(.notSupported, "marks of a part in parentheses are not supported where it may be divided in several ways") }
            let rest = PatternNode.sequence([marked.part, marked.behind])
            let inner = Part.pair(left: try expression(marked.part), .capture(1, .plain), right: try expression(marked.behind), .plain, isShortest: false)
            return .pair(left: try expression(marked.before), .plain, right: try expression(rest), inner, isShortest: true)
        }
    }

    // MARK: Dividing

    /// Bounds of a match of the pattern and then of its groups; nil for a group that took no part.
    ///
    /// - Parameter match: of the whole, which RE2 found in `text`.
    /// - Throws: `.interrupted` when the query is over.
    func groups(of match: Range<Int>, in text: UnsafeBufferPointer<UInt8>, _ meter: WorkMeter) throws(KernelError) -> [Range<Int>?] {
        var division = Division(text: text, meter: meter, groups: Array(repeating: nil, count: groupCount + 1))
        division.groups[0] = match
        try division.divide(root, match)
        return division.groups
    }

    private struct Division {
        let text: UnsafeBufferPointer<UInt8>
        let meter: WorkMeter
        var groups: [Range<Int>?]

        mutating func divide(_ part: Part, _ range: Range<Int>) throws(KernelError) {
            switch part {
            case .plain: return
            case .capture(let number, let body):
                groups[number] = range
                try divide(body, range)
            case .pair(let left, let leftPart, let right, let rightPart, let isShortest):
                let place = try place(of: left, then: right, in: range, least: range.lowerBound, isShortest: isShortest)
                try divide(leftPart, range.lowerBound..<place)
                try divide(rightPart, place..<range.upperBound)
            case .choice(let branches):
                for branch in branches {
                    if try fits(branch.expression, range) { return try divide(branch.part, range) }
                }
                throw PatternDivision.unsupported()
            case .turns(let turns): try divide(turns, range)
            }
        }

        private mutating func divide(_ turns: Turns, _ range: Range<Int>) throws(KernelError) {
            if range.isEmpty {
                if try fits(turns.expression, range) { try divide(turns.part, range) }
                return
            }
            var start = range.lowerBound, number = 0
            while turns.isEndless || number < turns.rests.count {
                let left = start..<range.upperBound
                let end = try place(of: turns.expression, then: turns.rests[turns.isEndless ? 0 : number], in: left, least: start + 1, isShortest: turns.isShortest)
                if end == range.upperBound { break }
                (start, number) = (end, number + 1)
            }
            // What earlier turns captured is forgotten.
            try divide(turns.part, start..<range.upperBound)
        }

        /// Where the first of two parts ends that take all of `range` together: as far on as it can, or as near.
        private func place(
            of left: RegularExpression, then right: RegularExpression, in range: Range<Int>, least: Int, isShortest: Bool
        ) throws(KernelError) -> Int {
            var place = isShortest ? least : range.upperBound
            while place >= least, place <= range.upperBound {
                if isShortest {
                    if try fits(left, range.lowerBound..<place), try fits(right, place..<range.upperBound) { return place }
                    place += 1
                } else {
                    let piece = range.lowerBound..<place
                    try count(left, piece)
                    guard let end = left.end(within: piece, of: text), end >= least else { break }
                    if try fits(right, end..<range.upperBound) { return end }
                    place = end - 1
                }
            }
            // The whole was found, so that it has parts, unless RE2 saw other edges of words in them.
            throw PatternDivision.unsupported()
        }

        private func fits(_ expression: RegularExpression, _ range: Range<Int>) throws(KernelError) -> Bool {
            try count(expression, range)
            return expression.fits(range, of: text)
        }

        private func count(_ expression: RegularExpression, _ range: Range<Int>) throws(KernelError) { try meter.step(range.count &* expression.stepsPerByte &+ 16) }
    }
}
