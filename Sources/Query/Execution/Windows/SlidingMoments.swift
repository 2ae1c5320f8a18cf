/// Count, sum, mean and squared distances from it, of some doubles: two of them make that of all (Chan, Golub, LeVeque).
struct SlidingMoments {
    private(set) var count = 0.0
    private var sum = 0.0
    private var mean = 0.0
    private var squares = 0.0
    /// Some value is NaN or infinite: then so may the answer be.
    private(set) var hasSpecial = false

    init() {}

    init(_ value: Double) {
        count = 1
        sum = value
        mean = value
        hasSpecial = !value.isFinite
        // As in PostgreSQL: nothing has a distance from infinity.
        if hasSpecial { squares = .nan }
    }

    static func + (left: SlidingMoments, right: SlidingMoments) -> SlidingMoments {
        if left.count == 0 { return right }
        if right.count == 0 { return left }
        var both = SlidingMoments()
        both.count = left.count + right.count
        both.sum = left.sum + right.sum
        both.hasSpecial = left.hasSpecial || right.hasSpecial
        let distance = right.mean - left.mean
        both.mean = left.mean + distance * right.count / both.count
        both.squares = left.squares + right.squares + distance * distance * left.count * right.count / both.count
        return both
    }

    func answer(_ function: AggregateFunction) -> Double {
        switch function {
        case .sum: sum
        case .avg: sum / count
        case .variance: squares / (count - 1)
        case .variancePopulation: squares / count
        case .standardDeviation: (squares / (count - 1)).squareRoot()
        default: (squares / count).squareRoot()
        }
    }

    /// The moments of each row's frame, each row taken in twice at most: nothing is ever subtracted, which would cost digits.
    ///
    /// Rows from `middle` on are summed up as they come; for those before it there are the sums from each of them up to `middle`. When
    /// the frame's start passes `middle`, all rows of the frame become such.
    static func perFrame(_ frames: WindowFrames, _ moments: (Int) -> SlidingMoments) -> [SlidingMoments] {
        var result: [SlidingMoments] = []
        result.reserveCapacity(frames.start.count)
        var before: [SlidingMoments] = []
        var (first, middle, next) = (0, 0, 0)
        var after = SlidingMoments()
        for row in frames.start.indices {
            let (start, end) = (Int(frames.start[row]), Int(frames.end[row]))
            if row == Int(frames.rows.partitionStart[row]) { (first, middle, next, before, after) = (start, start, start, [], SlidingMoments()) }
            while next < end {
                after = after + moments(next)
                next += 1
            }
            if start > middle {
                before = [SlidingMoments](repeating: SlidingMoments(), count: max(0, next - start))
                var total = SlidingMoments()
                for index in before.indices.reversed() {
                    total = moments(start + index) + total
                    before[index] = total
                }
                (first, middle, after) = (start, max(next, start), SlidingMoments())
                next = middle
            }
            if start == end {
                result.append(SlidingMoments())
            } else {
                result.append(start < middle ? before[start - first] + after : after)
            }
        }
        return result
    }
}
