import ColumnStore

/// Bytes of refused documents by whose they are, so that whoever has most of them pays where there is no more room. Kept beside the table, which has no sums: to look at all entries
/// takes long where there are many.
///
/// They are counted by and by, the oldest first, some in each transaction; what comes and goes among those that are counted is added and taken off. So one value is of one transaction
/// after the other, and of no use after one that failed.
///
/// What somebody sends for others, whom it names as it likes, is the sender's. The table does not know it: it is known of what this process has taken since its start, or since the last transaction that
/// failed, and of anything else the client that it names has it.
///
/// 1. `byteCounts` sums up the entries whose number is at most `place`; an owner without bytes is not in it.
/// 2. Each owner stands in the one of `classes` that is as long as its sum has binary digits.
struct QuarantineShares: Sendable {
    /// What of an entry is counted. A client is the bytes of its id, since ids that are canonically equivalent would be one; nil is of no client's document.
    struct Entry: Sendable {
        let id: Int64
        let client: [UInt8]?
        let byteCount: Int
    }

    /// Who has sent documents for others; nil is the administrator.
    struct Sender: Sendable {
        let client: String?

        /// No client's: their ids have no control characters.
        fileprivate var owner: [UInt8] { [0] + Array((client ?? "").utf8) }
    }

    /// By the entry's number: owners of what was sent for others. Never more than `senderCountMax`, which is memory.
    private var owners: [Int64: [UInt8]] = [:]
    private let senderCountMax: Int
    static let senderCountMax = 65_536
    private var byteCounts: [[UInt8]?: Int] = [:]
    private var place = Int64.min
    private var classes = [Set<[UInt8]?>](repeating: [], count: Int.bitWidth + 1)
    /// Of so many clients that have about as much, or entries of one that may be the oldest, no more are looked at.
    private static let lookCount = 64
    /// As many as a transaction drops: all that somebody has sent are put in order to find the oldest.
    private static let sentLookCount = 2_048

    init(senderCountMax: Int = QuarantineShares.senderCountMax) { self.senderCountMax = senderCountMax }

    /// A transaction failed: all is counted anew.
    mutating func forget() { self = QuarantineShares(senderCountMax: senderCountMax) }

    // MARK: Counting

    /// Counts entries behind those that are counted.
    ///
    /// - Returns: whether there may be more.
    mutating func count(atMost limit: Int, _ connection: SQLiteConnection) throws -> Bool {
        let select = try connection.statement("SELECT id, client_id, byte_count FROM quarantine WHERE id > ?1 ORDER BY id LIMIT ?2")
        defer { select.reset() }
        select.bind(1, place)
        select.bind(2, Int64(limit))
        var found = 0
        while try select.step() {
            place = select.int64(0)
            came(Entry(id: place, client: select.optionalBytes(1), byteCount: select.count(2)))
            found += 1
        }
        return found == limit
    }

    /// Numbers come again once the last entries have gone: one among those that are counted is counted at once, others when it is their turn.
    mutating func came(_ entry: Entry) {
        guard entry.id <= place else { return }
        let owner = owner(of: entry)
        set(owner, byteCount(of: owner).addingSaturating(entry.byteCount))
    }

    mutating func went(_ entry: Entry) {
        defer { owners[entry.id] = nil }
        guard entry.id <= place else { return }
        let owner = owner(of: entry)
        set(owner, max(0, byteCount(of: owner).subtractingSaturating(entry.byteCount)))
    }

    /// - Parameter sender: nil: it is its client's own.
    mutating func came(_ entry: Entry, from sender: Sender?) {
        owners[entry.id] = sender?.owner
        came(entry)
    }

    /// Whether there is room to know the sender of one more.
    var mayNoteSender: Bool { owners.count < senderCountMax }

    func sender(of id: Int64) -> Sender? { owners[id].map { Sender(client: $0.count > 1 ? String(decoding: $0.dropFirst(), as: UTF8.self) : nil) } }

    private func owner(of entry: Entry) -> [UInt8]? { owners[entry.id] ?? entry.client }

    func byteCount(of client: [UInt8]?) -> Int { byteCounts[client] ?? 0 }

    private mutating func set(_ client: [UInt8]?, _ new: Int) {
        let (from, to) = (Self.digits(byteCount(of: client)), Self.digits(new))
        byteCounts[client] = new > 0 ? new : nil
        guard from != to else { return }
        if from > 0 { classes[from].remove(client) }
        if to > 0 { classes[to].insert(client) }
    }

    /// Of no bytes none.
    private static func digits(_ byteCount: Int) -> Int { Int.bitWidth - byteCount.leadingZeroBitCount }

    // MARK: Who goes

    /// Somebody who has most bytes, or nearly so where very many have about as much; the outer nil: nobody has any.
    private var largest: [UInt8]?? {
        classes.last(where: { !$0.isEmpty })?.prefix(Self.lookCount).max { byteCount(of: $0) < byteCount(of: $1) }
    }

    /// Entries of clients that are found already, the oldest last. Good for one transaction that adds none.
    struct Found {
        fileprivate var entries: [[UInt8]?: [Int64]] = [:]
        init() {}
    }

    /// The entry that goes first where there is no more room: of whoever has most bytes what was refused longest ago.
    ///
    /// Exact where the oldest of all is theirs. Else it is sought among the first that came, by their tickets: what was refused again has an earlier ticket than its number tells.
    ///
    /// - Parameter oldest: of all.
    mutating func next(oldest: Entry, _ found: inout Found, _ connection: SQLiteConnection) throws -> Entry {
        while let client = largest, byteCount(of: client) > byteCount(of: owner(of: oldest)) {
            if found.entries[client]?.isEmpty ?? true { found.entries[client] = try first(of: client, connection) }
            guard let id = found.entries[client]?.popLast() else {
                // There is none of it: its sum was none of this table's.
                set(client, 0)
                continue
            }
            // Gone meanwhile by its age, maybe.
            if let entry = try Self.entry(id, connection) { return entry }
        }
        return oldest
    }

    private func first(of client: [UInt8]?, _ connection: SQLiteConnection) throws -> [Int64] {
        if client?.first == 0 { return Array(owners.filter { $0.value == client }.keys.sorted().prefix(Self.sentLookCount).reversed()) }
        // All of it is in the index `quarantine_client`.
        let select = try connection.statement("SELECT id FROM quarantine WHERE client_id IS ?1 ORDER BY ticket")
        defer { select.reset() }
        if let client { try select.bindText(1, client) } else { select.bindNull(1) }
        var ids: [Int64] = []
        // Past what others have sent for it.
        while ids.count < Self.lookCount, try select.step() { if owners[select.int64(0)] == nil { ids.append(select.int64(0)) } }
        return ids.sorted(by: >)
    }

    private static func entry(_ id: Int64, _ connection: SQLiteConnection) throws -> Entry? {
        let select = try connection.statement("SELECT client_id, byte_count FROM quarantine WHERE id = ?1")
        defer { select.reset() }
        select.bind(1, id)
        return try select.step() ? Entry(id: id, client: select.optionalBytes(0), byteCount: select.count(1)) : nil
    }
}
