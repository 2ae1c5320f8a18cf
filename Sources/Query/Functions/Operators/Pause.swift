import ColumnStore

/// pg_sleep(seconds) of doors that have sessions: the rows of a batch wait within their worker's step, while another thread runs what others ask (`ThreadRelief`), and go on at
/// once when the query is cancelled or its time is over.
extension ScalarFunction {
    /// PostgreSQL's gives VOID, whose text is empty. A time that is no number, or below 0, is none.
    static let pause = ScalarFunction(
        "pg_sleep", nulls: .strict, cost: .heavy, failure: .possible, traits: Traits(isVolatile: true),
        kernel: .plain { (call) throws(KernelError) in
            let seconds = call[0].doubles(), validity = call[0].rowValidity
            // In one wait: a thousand short ones, of which none is worth another thread, would keep this one from others for as long as all of them.
            var sum = 0.0
            for row in 0..<call.count where (validity?[row] ?? true) && seconds[row] > 0 { sum += seconds[row] }
            try call.meter.pause(seconds: sum)
            return try TextKernels.build(count: call.count, validity: validity, call.meter) { (_, _) throws(KernelError) in }
        })
}
