internal import Ingest

/// What an answer holds that no request waits for, of an export or of a task: charged to its owner before it is taken, and given back with this.
///
/// Used by one thread at a time.
final class AnswerMemory {
    private let ledger: MemoryLedger
    private let account: MemoryLedger.Account
    private var hold: MemoryLedger.Hold?

    init(_ ledger: MemoryLedger, of principal: Principal) { (self.ledger, account) = (ledger, ledger.account(of: principal)) }

    /// In bytes: more is never had, however long one waits.
    var byteCountMax: Int { ledger.limits.account }

    /// Makes it `byteCount` bytes in all, more or fewer than it is.
    ///
    /// - Throws: `too-large` for what is never had, `overloaded` where there is no room just now; it is as it was then.
    func set(_ byteCount: Int) throws(Problem) {
        guard byteCount <= byteCountMax else {
            throw Problem(
                .tooLarge,
                "it takes \(byteCount >> 20) MiB to write a row of the answer, and answers of one credential may hold \(byteCountMax >> 20) MiB (limits.request_memory); ask for shorter values, or have that limit raised")
        }
        if let hold {
            try hold.set(byteCount)
        } else if byteCount > 0 {
            hold = try ledger.hold(byteCount, of: account)
        }
    }
}
