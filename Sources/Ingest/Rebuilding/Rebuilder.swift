import ColumnStore
import Documents
import Synchronization

/// Fills columns for what was stored before a type had them: a file at a time, on the compactor's thread between compactions, so that nothing
/// else waits for it. What is not done when the store closes goes on at the next start.
///
/// Invariants:
/// 1. A cold file that has the column is named in the catalog by the very transaction that makes it the table's; of hot files a start goes through all
///    again.
/// 2. A caller that waits (`rebuild`) gets one answer: when it is done, stalled, ended, or cannot be done.
/// 3. A hot file whose columns were laid down again gets what rebuilds had filled in them before it moves: what is owed stands in the file (`HotFile.owesRefill`).
/// 4. A stalled rebuild is not looked at before the compactor's next round, so that a damaged file does not keep its thread busy.
final class Rebuilder: Sendable {
    /// What is to be looked at next.
    private enum Piece {
        case hot(HotFile)
        case cold(DataFile, ColdTable)
    }

    private struct State {
        /// By the rebuild's id.
        var summaries: [Int64: RebuildSummary] = [:]
        /// Hot files that have it by now, and files that cannot get it now: keys, or names.
        var done: [Int64: Set<String>] = [:]
        var left: [Int64: Set<String>] = [:]
        /// What can go on, no further than this until the next compaction.
        var stalled: Set<Int64> = []
        /// Keys of cold files that have it by now, as the catalog has them too.
        var rebuilt: [Int64: Set<String>] = [:]
        /// Those that the last who waited has cancelled: the next steps end them, before others are filled.
        var unwanted: Set<Int64> = []
        /// Whether files were looked at that an earlier run of the store has left with columns to be filled again.
        var hasRefilled = false
        /// Why columns of hot files are not filled again, by path, then by table and column: told once, though it is tried with each compaction.
        var unfilled: [String: [String: String]] = [:]
        /// Cold files for which there is not enough memory, by column and location: each further try would read all of one for nothing, until the next start.
        var tooLarge: Set<String> = []
        /// Who waits for a rebuild, by numbers of their own, and what became of it, until they have read it.
        var requestCount = 0
        var waiting: [Int64: Set<Int>] = [:]
        var ended: [Int: Result<RebuildSummary, any Error>] = [:]

        /// What is left now: a file that was left in an earlier round may have got it since.
        func summary(_ rebuild: Rebuild) -> RebuildSummary {
            var summary = summaries[rebuild.id] ?? RebuildSummary()
            summary.leftFileCount = left[rebuild.id]?.count ?? 0
            return summary
        }

        /// Hands the result to all who wait for it.
        mutating func tell(_ rebuild: Rebuild, _ result: Result<RebuildSummary, any Error>) {
            for request in waiting.removeValue(forKey: rebuild.id) ?? [] { ended[request] = result }
        }
    }

    private let compactor: Compactor
    private var tier: HotTier { compactor.tier }
    private var catalog: Catalog { compactor.catalog }
    private let state = Monitor(State())
    /// Held while a rebuild is begun and while one is chosen or ended: the caller that begins one learns of its end, and none ends short of what is wanted of it.
    private let listing = Mutex(())

    init(_ compactor: Compactor) { self.compactor = compactor }

    /// Takes its turns from now on.
    func start() {
        // The compactor must not hold who holds it.
        compactor.setChore { [weak self] isNewRound in
            guard let self else { return false }
            if isNewRound {
                let present = Set(tier.boundary.snapshot().files.map(\.path))
                state.withLock { state in
                    (state.stalled, state.left) = ([], [:])
                    state.unfilled = state.unfilled.filter { present.contains($0.key) }
                }
            }
            refillLeft()
            return step()
        }
        compactor.whenHealed { [weak self] file in self?.refill(healed: file) }
        let isOpen = (try? catalog.rebuilds())?.isEmpty == false
        if isOpen || tier.boundary.snapshot().files.contains(where: { (try? $0.owesRefill) ?? false }) { compactor.wakeForChore() }
    }

    /// Once a run, what an end of the store came before; later each compaction does it.
    private func refillLeft() {
        let isFirst = state.withLock { state in
            defer { state.hasRefilled = true }
            return !state.hasRefilled
        }
        guard isFirst else { return }
        for file in tier.boundary.snapshot().files { refill(healed: file) }
    }

    /// Fills a column of a table, as it is stored, and waits until that is done.
    ///
    /// - Parameters:
    ///   - isCancelled: asked now and then. What is filled by then stays so.
    ///   - progress: files done by now.
    /// - Throws: `Fault` where no type in force gives the column; `overloaded` when it was cancelled.
    func rebuild(_ column: String, of table: String, isCancelled: () -> Bool, progress: (RebuildSummary) -> Void) throws -> RebuildSummary {
        _ = try refill(column, of: table)
        // From here on rows come by types that have the column.
        try tier.seal()
        try tier.flush()
        let (rebuild, request) = try begin(column, of: table)
        defer {
            state.withLock { state in
                state.ended[request] = nil
                state.waiting[rebuild.id]?.remove(request)
            }
        }
        compactor.wakeForChore()
        while true {
            let result = state.wait(nanoseconds: 200_000_000) { $0.ended[request] }
            if let result { return try result.get() }
            progress(state.withLock { $0.summary(rebuild) })
            if isCancelled() { try giveUp(rebuild, request) }
            if compactor.isStopping { throw Fault(.overloaded, "the server is stopping; what is left is filled after its next start") }
        }
    }

    private static let cancelled = Fault(.overloaded, "the rebuild was ended before it was done; what it had filled stays so")

    /// Has it ended, unless somebody else waits for it too.
    ///
    /// - Throws: `overloaded` where it goes on for them; else that comes with its end.
    private func giveUp(_ rebuild: Rebuild, _ request: Int) throws {
        let (goesOn, isNew) = state.withLock { state -> (Bool, Bool) in
            // What it came to meanwhile is the answer.
            if state.ended[request] != nil { return (false, false) }
            guard state.waiting[rebuild.id] == [request] else {
                state.waiting[rebuild.id]?.remove(request)
                return (true, false)
            }
            return (false, state.unwanted.insert(rebuild.id).inserted)
        }
        if goesOn { throw Self.cancelled }
        if isNew { compactor.wakeForChore() }
    }

    /// Notes that it is wanted, and that somebody waits for it.
    private func begin(_ column: String, of table: String) throws -> (Rebuild, request: Int) {
        try listing.withLock { _ in
            let rebuild = try catalog.beginRebuild(of: column, table: table, through: Self.lastSealed(tier.boundary))
            return state.withLock { state in
                state.stalled.remove(rebuild.id)
                state.unwanted.remove(rebuild.id)
                state.left[rebuild.id] = nil
                state.requestCount += 1
                state.waiting[rebuild.id, default: []].insert(state.requestCount)
                return (rebuild, state.requestCount)
            }
        }
    }

    /// The sequence before the first row of the open file, which keeps its columns as they are: rows of sealed files have lower ones, but changes of
    /// their states may have higher ones.
    static func lastSealed(_ boundary: TierBoundary) -> Int64 {
        // Asked first: a row that comes between the two has a higher one.
        let sequence = boundary.snapshot().sequence
        let open = boundary.snapshot().files.first { !$0.state.isSealed && $0.state.rowCount > 0 }
        return open.map { $0.state.firstSequence - 1 } ?? sequence
    }

    /// Columns that were filled before are filled again where groups were laid down without what was in them. Each by itself: what is in the way of one keeps nothing from the others.
    ///
    /// Called again and again until nothing is owed, by one thread at a time for a file.
    private func refill(healed file: HotFile) {
        do {
            guard try file.owesRefill else { return }
            var isDone = true
            for (table, columns) in try catalog.rebuiltColumns() where file.tail(of: table) != nil {
                for column in columns.sorted() where !refill(column, of: table, in: file) { isDone = false }
            }
            guard isDone else { return }
            try file.dropRefill(tier.writer)
            state.withLock { $0.unfilled[file.path] = nil }
        } catch {
            StoreLog.note("columns could not be filled again", path: file.path, reason: StoreLog.text(error), level: .warning)
        }
    }

    /// - Returns: false where it is to be tried again; true also where it cannot be, which the log says.
    private func refill(_ column: String, of table: String, in file: HotFile) -> Bool {
        let refill: ColumnRefill
        do { refill = try self.refill(column, of: table) } catch let fault as Fault {
            // Its type has gone since.
            noteLost(column, of: table, in: file, fault.detail)
            return true
        } catch {
            noteUnfilled(column, of: table, in: file, StoreLog.text(error))
            return false
        }
        do {
            try HotRebuild(file: file, writer: tier.writer, refill: refill, isOwed: true).run { [compactor] in compactor.isStopping }
            state.withLock { $0.unfilled[file.path]?[Self.name(column, table)] = nil }
            return true
        } catch let obstacle as HotRebuild.Obstacle where !obstacle.mayPass {
            noteLost(column, of: table, in: file, obstacle.reason)
            return true
        } catch let obstacle as HotRebuild.Obstacle {
            noteUnfilled(column, of: table, in: file, obstacle.reason)
        } catch {
            if !(error is DayCompactor.Cancelled) { noteUnfilled(column, of: table, in: file, StoreLog.text(error)) }
        }
        return false
    }

    private func noteLost(_ column: String, of table: String, in file: HotFile, _ reason: String) {
        guard isNew(reason, column, of: table, in: file) else { return }
        StoreLog.note(
            "a column that was laid down again is not filled again", path: file.path,
            reason: "\(column): \(reason). Once the rows are in cold, till rebuild fills what a type in force gives", level: .warning)
    }

    private func noteUnfilled(_ column: String, of table: String, in file: HotFile, _ reason: String) {
        guard isNew(reason, column, of: table, in: file) else { return }
        StoreLog.note("a column could not be filled again", path: file.path, reason: "\(column): \(reason)", level: .warning)
    }

    /// Whether it was not told of the column the last time.
    private func isNew(_ reason: String, _ column: String, of table: String, in file: HotFile) -> Bool {
        state.withLock { $0.unfilled[file.path, default: [:]].updateValue(reason, forKey: Self.name(column, table)) != reason }
    }

    private static func name(_ column: String, _ place: String) -> String { "\(place) \(column)" }

    private func refill(_ column: String, of table: String) throws -> ColumnRefill {
        try ColumnRefill(
            column, of: table, columns: tier.tables.columns(of: table), types: compactor.types.registry.snapshot.types
        ) { [catalog] in try catalog.typeFile(name: $0, version: $1) }
    }

    // MARK: On the compactor's thread

    /// One file.
    ///
    /// - Returns: whether there is more to do now.
    private func step() -> Bool {
        do {
            guard let rebuild = try listing.withLock({ _ in try chosen() }) else { return false }
            do { try step(rebuild) } catch is DayCompactor.Cancelled {
                return false
            } catch {
                StoreLog.note("a column could not be filled", path: rebuild.table, reason: "\(rebuild.column): \(error)", level: .warning)
                stall(rebuild, .failure(error))
            }
            return true
        } catch {
            // Tried again with the next compaction.
            StoreLog.note("rebuilds cannot be read", path: catalog.path, reason: StoreLog.text(error), level: .warning)
            return false
        }
    }

    /// One that nobody wants any more, whose end somebody waits for; else the oldest.
    private func chosen() throws -> Rebuild? {
        let (stalled, unwanted) = state.withLock { ($0.stalled, $0.unwanted) }
        let open = try catalog.rebuilds().filter { !stalled.contains($0.id) }
        return open.first { unwanted.contains($0.id) } ?? open.first
    }

    /// Fills one file, or ends the rebuild where none is left.
    private func step(_ rebuild: Rebuild) throws {
        let isEnded = try listing.withLock { _ in
            // Asked for again meanwhile, it is wanted.
            guard state.withLock({ $0.unwanted.contains(rebuild.id) }) else { return false }
            try catalog.endRebuild(rebuild)
            end(rebuild, .failure(Self.cancelled))
            return true
        }
        if isEnded { return }
        guard let piece = try next(of: rebuild) else {
            return try listing.withLock { _ in
                // Asked for again meanwhile, it may have to go further.
                guard try catalog.rebuilds().contains(rebuild) else { return }
                let summary = state.withLock { $0.summary(rebuild) }
                if summary.leftFileCount > 0 { return stall(rebuild, .success(summary)) }
                try catalog.endRebuild(rebuild)
                end(rebuild, .success(summary))
            }
        }
        let refill: ColumnRefill
        do { refill = try self.refill(rebuild.column, of: rebuild.table) } catch let fault as Fault {
            // Its type has gone since.
            try catalog.endRebuild(rebuild)
            return end(rebuild, .failure(fault))
        }
        switch piece {
        case .hot(let file): try fill(file, rebuild, refill)
        case .cold(let file, let table): try fill(file, of: table, rebuild, refill)
        }
    }

    /// It is in the catalog no more.
    private func end(_ rebuild: Rebuild, _ result: Result<RebuildSummary, any Error>) {
        state.broadcast { state in
            state.tell(rebuild, result)
            (state.summaries[rebuild.id], state.done[rebuild.id], state.left[rebuild.id], state.rebuilt[rebuild.id]) = (nil, nil, nil, nil)
            state.unwanted.remove(rebuild.id)
        }
    }

    /// It stays in the catalog, and is taken up with the compactor's next round.
    private func stall(_ rebuild: Rebuild, _ result: Result<RebuildSummary, any Error>) {
        state.broadcast { state in
            state.stalled.insert(rebuild.id)
            state.tell(rebuild, result)
        }
    }

    /// Hot files first: what moves to cold meanwhile is found there.
    ///
    /// - Returns: nil where all that can be filled is.
    private func next(of rebuild: Rebuild) throws -> Piece? {
        let snapshot = tier.boundary.snapshot()
        let (done, left, tooLarge) = state.withLock { ($0.done[rebuild.id] ?? [], $0.left[rebuild.id] ?? [], $0.tooLarge) }
        for file in snapshot.files where file.tail(of: rebuild.table) != nil && !done.contains(file.name) && !left.contains(file.name) {
            if file.state.firstSequence <= rebuild.through { return .hot(file) }
        }
        guard let table = snapshot.cold[rebuild.table] else { return nil }
        let rebuilt = try rebuiltFiles(rebuild)
        let sequence = table.iceberg.schema["sequence"]?.id
        for file in try table.iceberg.files() {
            guard let key = table.iceberg.storage.key(ofLocation: file.location), !rebuilt.contains(key), !left.contains(key) else { continue }
            if let sequence, let first = Self.number(file.lowerBounds?[sequence]), first > rebuild.through { continue }
            if tooLarge.contains(Self.name(rebuild.column, file.location)) {
                state.withLock { _ = $0.left[rebuild.id, default: []].insert(key) }
                continue
            }
            return .cold(file, table)
        }
        return nil
    }

    /// Read once: there are as many as the table has files, and one is asked for before each.
    private func rebuiltFiles(_ rebuild: Rebuild) throws -> Set<String> {
        if let known = state.withLock({ $0.rebuilt[rebuild.id] }) { return known }
        let read = try catalog.rebuiltFiles(rebuild)
        state.withLock { $0.rebuilt[rebuild.id] = read }
        return read
    }

    private func noteRebuilt(_ keys: [String], _ rebuild: Rebuild) { state.withLock { $0.rebuilt[rebuild.id]?.formUnion(keys) } }

    /// An Iceberg bound of a 64-bit column: little-endian (Iceberg spec, Appendix D).
    private static func number(_ bytes: [UInt8]?) -> Int64? {
        guard let bytes, bytes.count == 8 else { return nil }
        return bytes.withUnsafeBytes { Int64(littleEndian: $0.loadUnaligned(as: Int64.self)) }
    }

    private func note(_ rebuild: Rebuild, _ counts: ColumnRefill.Counts, isNew: Bool) {
        state.withLock { state in
            state.summaries[rebuild.id, default: RebuildSummary()].rowCount += counts.rows
            state.summaries[rebuild.id, default: RebuildSummary()].faultyCount += counts.faulty
            if isNew { state.summaries[rebuild.id, default: RebuildSummary()].fileCount += 1 }
        }
    }

    /// The file cannot be filled now: it keeps the column as it was, and counts as left.
    private func leave(_ name: String, _ rebuild: Rebuild, _ reason: String) {
        StoreLog.note("a file keeps a column as it was", path: name, reason: "\(rebuild.column): \(reason)", level: .warning)
        state.withLock { _ = $0.left[rebuild.id, default: []].insert(name) }
    }

    private func fill(_ file: HotFile, _ rebuild: Rebuild, _ refill: ColumnRefill) throws {
        do {
            // Rows that came just now are laid down by another thread: here at once.
            if file.state.isSealed { try tier.flush() }
            try HotRebuild(file: file, writer: tier.writer, refill: refill).run { [compactor] in compactor.isStopping }
            state.withLock { _ = $0.done[rebuild.id, default: []].insert(file.name) }
            note(rebuild, refill.counts, isNew: refill.counts.rows > 0)
        } catch let obstacle as HotRebuild.Obstacle {
            leave(file.name, rebuild, obstacle.reason)
        } catch let error where Self.isOfOneFile(error) {
            leave(file.name, rebuild, "\(error)")
        }
    }

    private func fill(_ file: DataFile, of table: ColdTable, _ rebuild: Rebuild, _ refill: ColumnRefill) throws {
        guard let key = table.iceberg.storage.key(ofLocation: file.location) else { return }
        let isCancelled = { [compactor] in compactor.isStopping }
        do {
            try compactor.exclusively {
                // It is the compactor's thread, but a move of the warehouse may have come between.
                guard let present = tier.boundary.snapshot().cold[rebuild.table], try present.iceberg.files().contains(where: { $0.location == file.location })
                else { return }
                guard try ColdRebuild(file, of: present, refill).isNeeded(isCancelled) else {
                    try catalog.noteRebuilt(rebuild, [key])
                    return noteRebuilt([key], rebuild)
                }
                var created: [WrittenObject] = []
                // Nothing may have come to cold yet since the type has the column.
                let target = try compactor.cold.prepare(rebuild.table, present: present, columns: tier.tables.columns(of: rebuild.table), &created)
                let outputs = try ColdRebuild(file, of: target, refill).write(to: try compactor.writer(like: file, of: target), isCancelled)
                try compactor.replace(file, of: target, with: outputs, created: created) { connection in
                    try Catalog.noteRebuilt(rebuild, outputs.map(\.key), connection)
                }
                noteRebuilt(outputs.map(\.key), rebuild)
            }
            note(rebuild, refill.counts, isNew: refill.counts.rows > 0)
        } catch let error where Self.isOfOneFile(error) {
            if (error as? ColumnStoreError)?.code == .overBudget { state.withLock { _ = $0.tooLarge.insert(Self.name(rebuild.column, file.location)) } }
            leave(key, rebuild, "\(error)")
        }
    }

    /// Whether an error is of what a file holds, also that this takes more memory than reading it may: others can be filled all the same.
    static func isOfOneFile(_ error: any Error) -> Bool { isDamage(error) || Compactor.isOfOneFile(error) }

    static func isDamage(_ error: any Error) -> Bool {
        if error is DamagedDocument || error is DamagedImage { return true }
        if let error = error as? SQLiteError { return error.kind == .corrupt }
        return (error as? ColumnStoreError).map { ColdTable.isDamage($0) } ?? false
    }
}
