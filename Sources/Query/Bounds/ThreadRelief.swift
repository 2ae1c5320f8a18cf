/// Whom a thread belongs to on which work of many takes turns: lets another one run in its place while it waits, or computes for long.
protocol ThreadRelief: Sendable {
    /// The thread at hand is about to wait.
    ///
    /// - Returns: whether another runs in its place from now on; then `comeBack` follows.
    /// - Throws: where there is no thread for the other: whoever would wait ends instead.
    func leave() throws(QueryError) -> Bool
    /// The thread at hand goes on.
    func comeBack()
    /// The thread at hand computes still, at a time of `SteadyClock`: where it has for long and others wait, one runs beside it until its turn is over.
    func look(at now: UInt64)
}

/// Waits that last as long as a query says: no thread that others need may be kept for them.
enum ThreadWait {
    /// Of the thread at hand; nil where nobody else needs it.
    @TaskLocal static var relief: (any ThreadRelief)?

    /// - Throws: as `ThreadRelief.leave`, and has not waited then.
    static func run<Result>(_ wait: () -> Result) throws(QueryError) -> Result {
        let relief = Self.relief
        let hasLeft = try relief?.leave() ?? false
        defer { if hasLeft { relief?.comeBack() } }
        return wait()
    }
}
