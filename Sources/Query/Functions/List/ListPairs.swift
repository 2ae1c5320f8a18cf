import ColumnStore

/// Statistics of pairs (Y, X), those aside in which one is NULL: by the running sums of Youngs and Cramer, as PostgreSQL 15 keeps them.
///
/// One pass keeps N, ΣX, ΣY and the sums of squares and products of the differences from the averages (Sxx, Syy, Sxy). They are moved on with each
/// pair instead of being made of ΣX² at the end, which would take two large numbers from each other.
///
/// PostgreSQL 15's documentation, section 9.21.
extension ScalarFunction {
    static let corr = pairs("corr") { $0.count < 1 || $0.sxx == 0 || $0.syy == 0 ? nil : $0.sxy / ($0.sxx * $0.syy).squareRoot() }
    static let covarPop = pairs("covar_pop") { $0.count < 1 ? nil : $0.sxy / $0.count }
    static let covarSamp = pairs("covar_samp") { $0.count < 2 ? nil : $0.sxy / ($0.count - 1) }
    static let regrSlope = pairs("regr_slope") { $0.count < 1 || $0.sxx == 0 ? nil : $0.sxy / $0.sxx }
    static let regrIntercept = pairs("regr_intercept") { $0.count < 1 || $0.sxx == 0 ? nil : ($0.sumY - $0.sumX * $0.sxy / $0.sxx) / $0.count }
    static let regrR2 = pairs("regr_r2") { sums in
        if sums.count < 1 || sums.sxx == 0 { return nil }
        return sums.syy == 0 ? 1 : sums.sxy * sums.sxy / (sums.sxx * sums.syy)
    }
    static let regrAvgX = pairs("regr_avgx") { $0.count < 1 ? nil : $0.sumX / $0.count }
    static let regrAvgY = pairs("regr_avgy") { $0.count < 1 ? nil : $0.sumY / $0.count }
    static let regrSXX = pairs("regr_sxx") { $0.count < 1 ? nil : $0.sxx }
    static let regrSYY = pairs("regr_syy") { $0.count < 1 ? nil : $0.syy }
    static let regrSXY = pairs("regr_sxy") { $0.count < 1 ? nil : $0.sxy }
    static let regrCount = pairs("regr_count", isOfSums: false) { $0.count }

    /// - Parameters:
    ///   - isOfSums: whether sums are wanted, which may overflow, and not the count alone.
    ///   - finish: nil for NULL.
    private static func pairs(_ symbol: String, isOfSums: Bool = true, _ finish: @escaping @Sendable (PairSums) -> Double?) -> ScalarFunction {
        ScalarFunction(
            symbol, nulls: .taken, cost: .heavy, failure: isOfSums ? .possible : .never,
            // Gathered pair by pair: both lists of a row have one length.
            kernel: .plain { (call) throws(KernelError) in
                let (ys, xs) = (ListValues(call[0]), ListValues(call[1]))
                var builder = ColumnBuilder(type: call.type)
                for row in 0..<call.count {
                    try call.meter.step(16 * ys[row].count)
                    var sums = PairSums()
                    for (y, x) in zip(ys[row], xs[row]) {
                        guard case .double(let y) = ys.value(y), case .double(let x) = xs.value(x) else { continue }
                        if isOfSums { try sums.add(y, x) } else { sums.count += 1 }
                    }
                    switch finish(sums) {
                    case nil: builder.appendNull()
                    case let value? where call.type == .int64: builder.append(integer: Int64(saturating: value))
                    case let value?: builder.append(double: value)
                    }
                }
                return builder.finish()
            })
    }
}

/// Doubles all, the count too, as PostgreSQL keeps them.
private struct PairSums {
    var count = 0.0, sumX = 0.0, sxx = 0.0, sumY = 0.0, syy = 0.0, sxy = 0.0

    /// With N and ΣX that have the pair in them: Sxx += (N·x − ΣX)² / (N·(N − 1)), and the others alike.
    ///
    /// - Throws: `.numericOverflow` where a sum leaves the range and neither the pair nor what was before is infinite.
    mutating func add(_ y: Double, _ x: Double) throws(KernelError) {
        // Of an infinity, and of what is not finite any more, nothing overflows.
        let isFiniteX = !x.isInfinite && !sumX.isInfinite, isFiniteY = !y.isInfinite && !sumY.isInfinite
        count += 1
        sumX += x
        sumY += y
        guard count > 1 else {
            // What is not finite spreads from nothing already.
            if !x.isFinite { (sxx, sxy) = (.nan, .nan) }
            if !y.isFinite { (syy, sxy) = (.nan, .nan) }
            return
        }
        let (dx, dy) = (x * count - sumX, y * count - sumY)
        let scale = 1 / (count * (count - 1))
        sxx += dx * dx * scale
        syy += dy * dy * scale
        sxy += dx * dy * scale
        if isFiniteX, sumX.isInfinite || sxx.isInfinite { throw .numericOverflow }
        if isFiniteY, sumY.isInfinite || syy.isInfinite { throw .numericOverflow }
        if isFiniteX, isFiniteY, sxy.isInfinite { throw .numericOverflow }
        // Sums of squares and products have no infinity: of one nothing has a distance.
        if sxx.isInfinite { sxx = .nan }
        if syy.isInfinite { syy = .nan }
        if sxy.isInfinite { sxy = .nan }
    }
}
