import ColumnStore
import Documents

/// The index of versions cannot be read, or takes no more: a version's number, and what it supersedes, would follow from a part of what there is. So versions are refused until it can be.
struct UnreadableVersions: DamageReport, CustomStringConvertible {
    let cause: SQLiteError

    var fault: Fault {
        if cause.kind == .full { return Fault(.diskFull, "the disk is full: send it again when there is space", cause: description) }
        return Fault(
            .storageUnavailable, "what is known of earlier versions cannot be read just now, and the next version's number follows from it: nothing was stored; send it again later",
            advice: .sendAgainLater, cause: description)
    }

    var description: String { "the index of versions: \(cause)" }
}

extension UnreadableVersions {
    /// Of a table that was left out of the index (`VersionIndex.leaveOut`).
    init(_ damaged: DamagedColdFile) { cause = SQLiteError(code: 11, message: "it could not be made of all rows: \(damaged)", path: damaged.location) }
}

/// Gives rows of versioned tables their numbers, and tells what each supersedes: what the writer knows of versions within one transaction.
///
/// Used by the writer's thread. What a transaction has added is known to nobody else until `publish`; `forget` takes it back.
///
/// All that is asked of the index is asked before the commit, and ends the transaction where it has no answer (`UnreadableVersions`). Behind the commit everything is at hand: were an entry of a durable
/// row missing in the index, the next version of its document would have its number, and the table both.
///
/// 1. `notes.entries` are the additions and changes of the transaction, in order; `own` has the same, by document.
/// 2. `met` holds what the index said, so that a document that comes twice in a group is looked for once.
final class VersionNumbering {
    private let index: VersionIndex
    private let boundary: TierBoundary
    private var notes = VersionIndex.Notes()
    /// Versions of the present transaction, newest first.
    private var own: [VersionKey: [VersionEntry]] = [:]
    /// What the index had as the newest when the transaction first asked for it; nil for none.
    private var met: [VersionKey: VersionEntry?] = [:]
    /// What the transaction supersedes, by table; nil until `settle`.
    private var found: [String: [SupersededRow]]?

    init(index: VersionIndex, boundary: TierBoundary) {
        self.index = index
        self.boundary = boundary
    }

    /// A version that was added, or one that a state of has changed, and how many such there are: what `undo` goes back to.
    var count: Int { notes.entries.count }

    /// Documents that are held in memory.
    var heldCount: Int { own.count + met.count }

    /// The newest version, FAILED or not, those of the transaction included; nil for a document that has none.
    func newest(_ key: VersionKey) throws -> VersionEntry? {
        if let first = own[key]?.first { return first }
        if let known = met[key] { return known }
        let newest = try ask { try index.newest(key) }
        met[key] = .some(newest)
        return newest
    }

    /// The newest version that is not FAILED.
    func present(_ key: VersionKey) throws -> VersionEntry? { try nearest(key, below: .max, .present) }

    /// Looks for documents of which versions are about to come, all at once.
    func meet(_ keys: [VersionKey]) throws {
        let unknown = Set(keys).filter { own[$0] == nil && met[$0] == nil }
        let found = try ask { try index.newest(Array(unknown)) }
        for key in unknown { met.updateValue(found[key], forKey: key) }
    }

    /// A new row: the newest version of its document.
    ///
    /// - Precondition: its number is above that of every version of its document.
    func add(_ entry: VersionEntry, of key: VersionKey) throws {
        notes.entries.append((key, entry))
        own[key, default: []].insert(entry, at: 0)
    }

    /// Takes back what was added since.
    ///
    /// - Parameter count: what `count` was.
    func undo(count: Int) {
        for (key, entry) in notes.entries[count...] { own[key]?.removeAll { $0.version == entry.version } }
        notes.entries.removeLast(notes.entries.count - count)
    }

    /// The transaction did not happen.
    func forget() {
        notes = VersionIndex.Notes()
        own = [:]
        met = [:]
        found = nil
    }

    /// - Throws: `UnreadableVersions`.
    private func ask<Answer>(_ body: () throws -> Answer) throws -> Answer {
        do { return try body() } catch let error as SQLiteError {
            if error.isDamage { index.giveUp(error) }
            throw UnreadableVersions(cause: error)
        } catch let damaged as DamagedColdFile {
            throw UnreadableVersions(damaged)
        }
    }

    /// A row's state changed.
    ///
    /// Nothing for a row that the index does not have.
    ///
    /// - Parameter sequence: the row's, not that of the change.
    func change(_ key: VersionKey, sequence: Int64, to state: ReceiptState) throws {
        let known = own[key] ?? []
        guard var entry = try known.first(where: { $0.sequence == sequence }) ?? ask({ try index.version(key, sequence: sequence) }) else { return }
        entry.state = state
        notes.entries.append((key, entry))
        own[key] = (known.filter { $0.version != entry.version } + [entry]).sorted { $0.version > $1.version }
    }

    /// All of the transaction is here, and is about to be committed: finds what it supersedes.
    ///
    /// Waits for the disk where too much waits for it in memory.
    ///
    /// - Throws: `UnreadableVersions`; the transaction is to be undone then.
    func settle() throws {
        found = [:]
        if notes.entries.isEmpty { return }
        if index.isFull { try ask { try index.flush() } }
        // What later entries of this transaction supersede is known from the earlier ones (`latest`) before the boundary has it.
        let present = boundary.snapshot().superseded
        var rows: [String: [SupersededRow]] = [:]
        var latest: [String: [Int64: SupersededRow]] = [:]
        for (key, entry) in notes.entries {
            for row in try superseded(by: entry, of: key, known: { latest[key.table]?[$0] ?? present[key.table]?[$0] }) {
                latest[key.table, default: [:]][row.sequence] = row
                rows[key.table, default: []].append(row)
                notes.superseded.append((key.table, row))
            }
        }
        found = rows
    }

    /// The transaction is durable: everybody knows of it from now on.
    ///
    /// - Parameter sequence: of the last commit: up to it the index has all.
    /// - Returns: what it supersedes, by table.
    func publish(through sequence: Int64) -> [String: [SupersededRow]] {
        // What was met is of this transaction, whether or not it added anything: a file of repeats is as long as it likes.
        defer { forget() }
        if notes.entries.isEmpty { return [:] }
        assert(found != nil, "versions that were committed before it was known what they supersede")
        index.note(notes, through: sequence)
        return found ?? [:]
    }

    /// How the rows around an entry change by it: those just before and after it that count (`VersionIndex.Kind`).
    private func superseded(by entry: VersionEntry, of key: VersionKey, known: (Int64) -> SupersededRow?) throws -> [SupersededRow] {
        // Nearly always the version before is all that is asked for, and it is at hand.
        if own[key]?.count == 1, let before = met[key], before.map({ $0.version < entry.version && $0.state == .complete }) ?? true {
            return VersionChain.changes(entry, earlier: [before].compactMap { $0 }, later: [], known: known)
        }
        let version = entry.version
        let earlier = [try nearest(key, below: version, .present), entry.state == .complete ? try nearest(key, below: version, .accepted) : nil]
        let later = [try nearest(key, above: version, .present), try nearest(key, above: version, .accepted)]
        return VersionChain.changes(
            entry, earlier: Self.distinct(earlier).sorted { $0.version > $1.version }, later: Self.distinct(later).sorted { $0.version < $1.version },
            known: known)
    }

    private static func distinct(_ entries: [VersionEntry?]) -> [VersionEntry] {
        entries.compactMap { $0 }.reduce(into: []) { known, entry in if !known.contains(where: { $0.version == entry.version }) { known.append(entry) } }
    }

    /// As the index has it, and the present transaction.
    ///
    /// What the transaction has of a version hides what the index has of it.
    ///
    /// - Parameter bound: exclusive.
    private func nearest(_ key: VersionKey, below bound: Int32, _ kind: VersionIndex.Kind) throws -> VersionEntry? {
        let own = own[key] ?? []
        let best = own.first { $0.version < bound && kind.includes($0.state) }
        // Nothing lies between them: the index need not be asked.
        if let best, best.version == bound - 1 { return best }
        var found = try ask { try index.nearest(key, below: bound, kind) }
        while let known = found, own.contains(where: { $0.version == known.version }) { found = try ask { try index.nearest(key, below: known.version, kind) } }
        return [best, found].compactMap { $0 }.max { $0.version < $1.version }
    }

    private func nearest(_ key: VersionKey, above bound: Int32, _ kind: VersionIndex.Kind) throws -> VersionEntry? {
        let own = own[key] ?? []
        let best = own.last { $0.version > bound && kind.includes($0.state) }
        if let best, best.version - 1 == bound { return best }
        var found = try ask { try index.nearest(key, above: bound, kind) }
        while let known = found, own.contains(where: { $0.version == known.version }) { found = try ask { try index.nearest(key, above: known.version, kind) } }
        return [best, found].compactMap { $0 }.min { $0.version < $1.version }
    }
}
