/// Where the commits of an open store go beside its files, and who waits for that: a log at a place of its own, or another machine.
protocol CommitKeeping: AnyObject, Sendable {
    /// Something was changed that no commit tells.
    func wantCheckpoint() throws
    /// Brings files that a commit is about to name.
    ///
    /// - Throws: where that commit must not come without them.
    func carry(_ files: [NamedFile]) throws
    /// The server ends: who waits for files that are brought waits no longer than that.
    func stopCarrying(within seconds: Double)
    /// Runs `body` once all that was committed by now is kept, where answers wait for that.
    func whenKept(_ body: @escaping @Sendable (LogAnswers.Outcome) -> Void)
    /// Whether answers wait, and in vain.
    var isStuck: Bool { get }
    /// Why nothing is kept from here on: this machine leads no more; nil while that may be.
    var end: String? { get }
    var isAwaited: Bool { get }
    /// Whether answers of calls that change nothing wait too: what they tell must be kept as well.
    var keepsReads: Bool { get }
    /// Has all kept that was committed by now; for callers that remove files which commits name.
    func settle() -> Bool
    /// After the store's files are closed.
    func stop()
    var metrics: [Metric] { get }
    /// For the administrator: what is not as it should be.
    var texts: [String] { get }
}

extension LogKeeper: CommitKeeping {
    func stopCarrying(within seconds: Double) {}
    var keepsReads: Bool { false }
    var end: String? { nil }
}
