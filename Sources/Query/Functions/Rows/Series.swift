import ColumnStore

/// generate_series over columns: start, stop, step, and the zone last where it matters; a list of them for each row.
extension ScalarFunction {
    static let series = ScalarFunction(
        "generate_series", nulls: .strict, cost: .heavy, failure: .possible, traits: Traits(isExpanding: true),
        kernel: .plain { (call) throws(KernelError) in try SeriesKernels.lists(call.columns, type: call.type, zone: try call.zone(at: 3), call.meter) })
}
