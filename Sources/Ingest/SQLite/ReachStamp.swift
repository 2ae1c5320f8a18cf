internal import ColumnStore

/// A number in a database's `meta` that distinguishes an earlier copy from the file itself: it rises with a commit now and then, and is reported (`tell`) once that commit is durable.
///
/// Not with each commit: the receiver of the report makes it durable, too, which would cost a second sync each time. With the first commit after the file was opened, with one each ten minutes, and as the file is closed.
///
/// 1. A number that was reported is in the file, durably. So a crash at any moment leaves the file with that number or a higher one.
/// 2. Used by the thread alone that writes the file.
struct ReachStamp {
    private static let key = "reached"
    private static let pauseNanoseconds: UInt64 = 600_000_000_000

    /// Told of each number that is durable; nil where nobody asks, and nothing is written then.
    private let tell: (@Sendable (Int64) throws -> Void)?
    private let path: String
    /// In the file, durably.
    private var number: Int64 = 0
    /// In the open transaction.
    private var next: Int64?
    /// By the steady clock; nil: with the first commit.
    private var stampedAt: UInt64?
    /// Something was committed since.
    private var hasChanged = false

    init(path: String, _ tell: (@Sendable (Int64) throws -> Void)?) { (self.path, self.tell) = (path, tell) }

    /// - Returns: 0 for a file that has none.
    static func number(_ connection: SQLiteConnection) throws -> Int64 { try connection.integer("SELECT value FROM meta WHERE key = '\(key)'") ?? 0 }

    /// The file was opened, outside of a transaction.
    mutating func begin(_ connection: SQLiteConnection) throws {
        guard tell != nil else { return }
        number = try Self.number(connection)
        if number > 0, Self.isDurable(connection) { tellNumber() }
    }

    /// Makes what a process that was killed has left in the log durable: its last commit may not be, and is read from the log all the same. Copying the log syncs it first.
    ///
    /// - Returns: false where that is for later: the first commit syncs all that stands before it, and is reported.
    private static func isDurable(_ connection: SQLiteConnection) -> Bool {
        guard let pass = try? connection.checkpoint(.passive) else { return false }
        return pass.copied == pass.logged
    }

    /// Within a transaction that changes something, at its end.
    mutating func write(_ connection: SQLiteConnection) throws {
        guard tell != nil, stampedAt.map({ SteadyClock.nanoseconds() &- $0 >= Self.pauseNanoseconds }) ?? true else { return }
        try put(connection)
    }

    private mutating func put(_ connection: SQLiteConnection) throws {
        let risen = number.addingSaturating(1)
        let put = try connection.statement("INSERT OR REPLACE INTO meta(key, value) VALUES('\(Self.key)', ?1)")
        put.bind(1, risen)
        try put.run()
        next = risen
    }

    /// The transaction holds. Called once callers that wait for it were answered.
    mutating func committed() {
        guard let next else {
            hasChanged = true
            return
        }
        (number, self.next, hasChanged, stampedAt) = (next, nil, false, SteadyClock.nanoseconds())
        tellNumber()
    }

    mutating func rolledBack() { next = nil }

    /// The file is about to be closed, and no sync of it has failed: after a failed sync nothing may be reported as durable.
    mutating func finish(_ connection: SQLiteConnection) {
        guard tell != nil, hasChanged else { return }
        do {
            try connection.transaction { try put(connection) }
            committed()
        } catch {
            next = nil
            StoreLog.note("it could not be noted how far this file has come", path: path, reason: StoreLog.text(error), level: .warning)
        }
    }

    /// What cannot be noted, as on a full disk, keeps nobody from work: the next number makes up for it.
    private func tellNumber() {
        do { try tell?(number) } catch {
            StoreLog.note("it could not be noted how far this file has come", path: path, reason: StoreLog.text(error), level: .warning)
        }
    }
}
