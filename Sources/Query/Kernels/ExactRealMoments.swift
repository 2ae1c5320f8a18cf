import ColumnStore

/// Count, sum and sum of squares of doubles, exact: so is what is taken away again, and the rows' order shows in no digit.
///
/// A square has 106 bits at most: rounded to 53, what is lost is a double again (`product`), so that both parts together
/// are the square. Squares of large values would leave the range: from 2^440 on values are divided by a power of two first,
/// which loses nothing.
struct ExactRealMoments {
    private(set) var count: Int64 = 0
    private var sum = ExactRealSum()
    /// Of values below `largeMin`; and what rounding lost of each square, which is far smaller.
    private var squares = ExactRealSum(), rests = ExactRealSum()
    /// Of the others, in units of `largeUnit` squared; none or one.
    private var largeSquares: [ExactRealSum] = []

    /// Squares below it are below 2^880: 2^63 of them stay within the range.
    private static let largeMin = 0x1p440
    /// From 2^-160 to 2^424 are values then, and their squares within the range.
    private static let largeUnit = 0x1p600

    init() {}

    @inline(__always)
    mutating func add(_ value: Double) {
        count &+= 1
        sum.add(value)
        guard value.magnitude < Self.largeMin else { return takeLarge(value, isAdded: true) }
        let (square, rest) = Self.product(value, value)
        squares.add(square)
        if rest != 0 { rests.add(rest) }
    }

    /// Takes a value away that was added.
    mutating func subtract(_ value: Double) {
        count &-= 1
        sum.subtract(value)
        guard value.magnitude < Self.largeMin else { return takeLarge(value, isAdded: false) }
        let (square, rest) = Self.product(value, value)
        squares.subtract(square)
        if rest != 0 { rests.subtract(rest) }
    }

    /// NaN and infinities have no square here: the sum counts them.
    private mutating func takeLarge(_ value: Double, isAdded: Bool) {
        guard value.isFinite else { return }
        if largeSquares.isEmpty { largeSquares = [ExactRealSum()] }
        let (square, rest) = Self.product(value / Self.largeUnit, value / Self.largeUnit)
        for part in [square, rest] where part != 0 {
            if isAdded { largeSquares[0].add(part) } else { largeSquares[0].subtract(part) }
        }
    }

    mutating func add(_ other: ExactRealMoments) {
        count &+= other.count
        sum.add(other.sum)
        squares.add(other.squares)
        rests.add(other.rests)
        guard let theirs = other.largeSquares.first else { return }
        if largeSquares.isEmpty { largeSquares = [theirs] } else { largeSquares[0].add(theirs) }
    }

    /// The product, and what rounding lost of it.
    ///
    /// Exact where neither part is below the normal range: a fused multiplication rounds once, so that product - rounded
    /// product is a double (Ogita, Rump, Oishi, "Accurate Sum and Dot Product", 2005, "TwoProductFMA").
    @inline(__always)
    private static func product(_ one: Double, _ other: Double) -> (Double, Double) {
        let product = one * other
        return (product, (-product).addingProduct(one, other))
    }

    /// A NaN or an infinity is among the values.
    var isSpecial: Bool { sum.isSpecial }

    /// `(n·Σx² − (Σx)²) / n(n − 1)`, or by n², rounded once before the division. NaN where nothing has a distance from an infinity, infinite
    /// where it is past the range.
    func variance(isPopulation: Bool) -> Double {
        if sum.isSpecial { return .nan }
        let rows = Double(count)
        // Large squares that were all taken away again do not count.
        let isLarge = largeSquares.contains { !$0.canonicalParts().isEmpty }
        let unit = isLarge ? Self.largeUnit : 1
        var smaller = squares
        smaller.add(rests)
        var squareParts = smaller.canonicalParts().map { isLarge ? $0 / unit / unit : $0 }
        if isLarge { squareParts += largeSquares[0].canonicalParts() }
        let sumParts = sum.canonicalParts(unit: unit)
        var numerator = ExactRealSum()
        for part in squareParts {
            let (product, rest) = Self.product(part, rows)
            numerator.add(product)
            numerator.add(rest)
        }
        // (Σx)²: the product of every two parts.
        for one in sumParts {
            for other in sumParts {
                let (product, rest) = Self.product(one, other)
                numerator.subtract(product)
                numerator.subtract(rest)
            }
        }
        let divisor = rows * (isPopulation ? rows : rows - 1)
        // Values that are one have none: the difference of two equal sums may come as -0.
        let distance = numerator.value > 0 ? numerator.value : 0
        return distance / divisor * unit * unit
    }

    /// - Throws: `.numericOverflow` where it is past the range and no value is.
    func answer(isPopulation: Bool, isDeviation: Bool) throws(KernelError) -> Double {
        let variance = variance(isPopulation: isPopulation)
        if variance.isInfinite { throw .numericOverflow }
        return isDeviation ? variance.squareRoot() : variance
    }
}

// MARK: As columns

/// The count, then five columns each of sum, squares, rests and large squares.
extension ExactRealMoments {
    static let stateTypes: [ColumnType] = [.int64] + (0..<4).flatMap { _ in ExactRealSum.stateTypes }

    static func columns(_ moments: [ExactRealMoments]) -> [Column] {
        let none = ExactRealSum()
        let sums = [moments.map(\.sum), moments.map(\.squares), moments.map(\.rests), moments.map { $0.largeSquares.first ?? none }]
        return [.whole(moments.map(\.count), type: .int64, validity: nil)] + sums.flatMap { ExactRealSum.columns($0) }
    }

    /// The moments that `columns` has put out.
    static func moments(_ columns: [Column]) -> [ExactRealMoments] {
        let width = ExactRealSum.stateTypes.count
        let counts = columns[0].integers() ?? []
        let sums = (0..<4).map { ExactRealSum.sums(columns[(1 + $0 * width)..<(1 + ($0 + 1) * width)]) }
        return counts.indices.map { row in
            var moments = ExactRealMoments()
            (moments.count, moments.sum, moments.squares, moments.rests) = (counts[row], sums[0][row], sums[1][row], sums[2][row])
            if !sums[3][row].isZero { moments.largeSquares = [sums[3][row]] }
            return moments
        }
    }
}
