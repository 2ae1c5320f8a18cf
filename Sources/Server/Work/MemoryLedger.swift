internal import ColumnStore
internal import Documents
internal import Ingest
import Synchronization

/// What requests and their answers may hold of the process's memory: each byte is charged before it is taken, to the process and to whose request it
/// is, and refused with 503 where there is no room. What queries compute with has a budget of its own, `memory_budget`.
///
/// 1. `byteCount` is the sum of all accounts' and of nothing else; each is the sum of its charges'.
/// 2. A sum may be over its limit for a moment, while a charge that is too much is taken and given back. Nobody is let in by that.
/// 3. What is held is counted by the one who holds it: a body's buffer by its capacity, an answer by its length, a stream by what may wait in it.
///
/// Counting takes no lock but to find an account. Atomics are relaxed: they say how much, and order nothing.
package final class MemoryLedger: Sendable {
    package struct Limits: Sendable {
        /// In bytes, of all requests.
        package var all = 384 << 20
        /// A body of this length must fit, as it came and unfolded.
        package var bodyByteCount = 64 << 20
        /// In bytes, of one contract: half, so that none takes all. A body as it came beside what it unfolds to, while that grows, always fits.
        var account: Int { max(all / 2, 3 * bodyByteCount) }
        /// Never less than four of the largest bodies, whatever the settings say: else one could not be unfolded beside another.
        var process: Int { max(all, 4 * bodyByteCount) }
        /// Requests of one contract that are under way.
        package var requestCount = 4_096

        package init() {}
    }

    /// What one contract, the administrator, or all who have shown no credential hold at present.
    package final class Account: Sendable {
        fileprivate let byteCount = Atomic<Int>(0)
        fileprivate let requestCount = Atomic<Int>(0)
        /// When its work on the threads of connections is trusted to be short again.
        private let slowUntil = Atomic<UInt64>(0)
        fileprivate init() {}

        /// A document of this credential took long on a connection's thread: the next ones go elsewhere for a while.
        package func noteSlow(for nanoseconds: UInt64) { slowUntil.store(SteadyClock.nanoseconds() &+ nanoseconds, ordering: .relaxed) }
        package var isSlow: Bool {
            let until = slowUntil.load(ordering: .relaxed)
            return until != 0 && SteadyClock.nanoseconds() < until
        }

        fileprivate var isAtRest: Bool { byteCount.load(ordering: .relaxed) == 0 && requestCount.load(ordering: .relaxed) == 0 }
    }

    /// Below so many bytes nothing is charged: that much any connection may hold, as the library's own buffer for it.
    package static let freeByteCount = 8 << 10
    /// Accounts at rest are forgotten when there are so many.
    /// Accounts are few as long as contracts are: nobody makes one by showing a credential that does not count.
    private static let accountCountMax = 10_000

    let limits: Limits
    private let byteCount = Atomic<Int>(0)
    private let refusalCount = Atomic<Int>(0)
    private let accounts = Mutex<[Principal.Bearer: Account]>([:])

    package init(_ limits: Limits = Limits()) { self.limits = limits }

    /// For metrics.
    package var figures: (byteCount: Int, byteCountMax: Int, refusalCount: Int) {
        (byteCount.load(ordering: .relaxed), limits.process, refusalCount.load(ordering: .relaxed))
    }

    /// Counts a request of `principal`; the end of its `Charge` ends it.
    ///
    /// - Throws: `rate-limited` when as many are under way as one contract may have.
    func enter(_ principal: Principal) throws(Problem) -> Account {
        let account = account(of: principal)
        guard account.requestCount.add(1, ordering: .relaxed).newValue <= limits.requestCount else {
            account.requestCount.subtract(1, ordering: .relaxed)
            refusalCount.wrappingAdd(1, ordering: .relaxed)
            throw Problem(.rateLimited, "\(limits.requestCount) requests of this credential are under way; wait for an answer before the next")
        }
        return account
    }

    /// Whose requests, and turns in pools, are counted together; also while none is under way.
    func account(of principal: Principal) -> Account {
        let bearer = principal.bearer
        return accounts.withLock { accounts -> Account in
            if let known = accounts[bearer] { return known }
            if accounts.count >= Self.accountCountMax { accounts = accounts.filter { !$0.value.isAtRest } }
            let account = Account()
            accounts[bearer] = account
            return account
        }
    }

    /// What one request holds, and its place among its credential's. Given back with it.
    package struct Charge: ~Copyable {
        private var ledger: MemoryLedger?
        package private(set) var account: Account?
        private var byteCount = 0

        package init() {}

        /// More is never had, however long one waits.
        package var byteCountMax: Int { ledger?.limits.account ?? .max }

        /// From here on the request is `principal`'s. What was held before is charged to it as well.
        /// The place among the requests of whose it was before is given back first.
        ///
        /// - Throws: `rate-limited`, and the charge is as it was; `overloaded` where there is no room for what it holds: it is `principal`'s then, with no
        ///   bytes counted.
        mutating func enter(_ ledger: MemoryLedger, as principal: Principal) throws(Problem) {
            let account = try ledger.enter(principal)
            leave()
            (self.ledger, self.account) = (ledger, account)
            let held = byteCount
            byteCount = 0
            try set(held)
        }

        /// Makes the charge `wanted` bytes, more or fewer than it is.
        ///
        /// - Throws: `overloaded` where there is no room for more; the charge is as it was then.
        mutating func set(_ wanted: Int) throws(Problem) {
            if let ledger, let account {
                // Only the difference goes through the ledger: a body that grows by doubling asks a dozen times.
                let more = wanted - byteCount
                if more > 0 { try ledger.take(more, account) } else if more < 0 { ledger.give(-more, account) }
            }
            byteCount = wanted
        }

        /// As `set`, of what only saves time: more is had while a quarter of what may be held stays free beside it. What is not had is no refusal.
        ///
        /// - Returns: whether the charge is `wanted` bytes now; else it is as it was. Less is always had.
        mutating func setSpare(_ wanted: Int) -> Bool {
            if let ledger, let account {
                let more = wanted - byteCount
                if more > 0 {
                    guard ledger.takeSpare(more, account) else { return false }
                } else if more < 0 {
                    ledger.give(-more, account)
                }
            }
            byteCount = wanted
            return true
        }

        private func leave() {
            guard let ledger, let account else { return }
            if byteCount > 0 { ledger.give(byteCount, account) }
            account.requestCount.subtract(1, ordering: .relaxed)
        }

        deinit { leave() }
    }

    /// What is held beside a request's own charge, from whatever thread, and given back with this.
    package final class Hold: Sendable {
        private let ledger: MemoryLedger
        private let account: Account
        private let byteCount: Mutex<Int>

        fileprivate init(_ ledger: MemoryLedger, _ account: Account, _ byteCount: Int) {
            (self.ledger, self.account) = (ledger, account)
            self.byteCount = Mutex(byteCount)
        }

        /// Gives back what is past so many bytes, once it is known that no more are needed.
        func shrink(to wanted: Int) {
            byteCount.withLock { byteCount in
                guard wanted < byteCount else { return }
                ledger.give(byteCount - wanted, account)
                byteCount = wanted
            }
        }

        /// Makes it `wanted` bytes, more or fewer than it is.
        ///
        /// - Throws: `overloaded` where there is no room for more; it is as it was then.
        func set(_ wanted: Int) throws(Problem) {
            try byteCount.withLock { (byteCount) throws(Problem) in
                let more = wanted - byteCount
                if more > 0 { try ledger.take(more, account) } else if more < 0 { ledger.give(-more, account) }
                byteCount = wanted
            }
        }

        deinit { ledger.give(byteCount.withLock { $0 }, account) }
    }

    /// Asks for memory of whose request is under way, for work of it that goes on while nobody has its charge at hand.
    ///
    /// - Throws: `overloaded`.
    func hold(_ byteCount: Int, of account: Account) throws(Problem) -> Hold {
        try take(byteCount, account)
        return Hold(self, account, byteCount)
    }

    /// Both sums are raised before either is looked at: two requests that ask at once cannot both find the same room. What never has room is not added:
    /// sums of sizes that others have told end at the greatest of all numbers.
    private func take(_ count: Int, _ account: Account) throws(Problem) {
        guard count <= limits.account else { throw refusal(isOwn: true, account.byteCount.load(ordering: .relaxed)) }
        let own = account.byteCount.add(count, ordering: .relaxed).newValue
        let all = byteCount.add(count, ordering: .relaxed).newValue
        guard own > limits.account || all > limits.process else { return }
        give(count, account)
        throw refusal(isOwn: own > limits.account, own - count)
    }

    private func takeSpare(_ count: Int, _ account: Account) -> Bool {
        guard count <= limits.account else { return false }
        let own = account.byteCount.add(count, ordering: .relaxed).newValue
        let all = byteCount.add(count, ordering: .relaxed).newValue
        guard own > limits.account / 4 * 3 || all > limits.process / 4 * 3 else { return true }
        give(count, account)
        return false
    }

    private func refusal(isOwn: Bool, _ held: Int) -> Problem {
        refusalCount.wrappingAdd(1, ordering: .relaxed)
        return isOwn
            ? Problem(.overloaded, "requests of this credential hold \(held >> 20) MiB of the \(limits.account >> 20) MiB that they may; read the answers that wait, and send less at once")
            : Problem(.overloaded, "requests and answers hold all the memory that they may; try again")
    }

    private func give(_ count: Int, _ account: Account) {
        account.byteCount.subtract(count, ordering: .relaxed)
        byteCount.subtract(count, ordering: .relaxed)
    }
}
