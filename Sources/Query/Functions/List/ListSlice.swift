import ColumnStore

/// `list[a:b]`: the elements from place a to place b, as many of them as there are.
extension ScalarFunction {
    static let listSlice = ScalarFunction(
        "slice", nulls: .strict, cost: .heavy, failure: .never,
        kernel: .plain { (call) throws(KernelError) in
            let (offsets, element) = call[0].lists()
            let (lows, highs) = (call[1].integers() ?? [], call[2].integers() ?? [])
            let validity = call.strictValidity
            // Elements are gathered by their places: the result's lists lie end to end.
            var rows: [Int32] = [], ends: [Int32] = [0]
            try call.meter.charge(2 * call[0].flatByteCountBound)
            for row in 0..<call.count {
                if validity?[row] ?? true {
                    let count = Int64(offsets[row + 1] - offsets[row])
                    let (first, last) = (max(1, lows[row]), min(count, highs[row]))
                    if first <= last {
                        try call.meter.step(Int(last - first) + 1)
                        rows.append(contentsOf: (offsets[row] + Int32(first) - 1)..<(offsets[row] + Int32(last)))
                    }
                }
                ends.append(Int32(rows.count))
            }
            return Column(type: call.type, count: call.count, validity: validity, values: .list(offsets: ends, element: element.gathering(rows)))
        })
}
