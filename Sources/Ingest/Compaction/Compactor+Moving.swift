import ColumnStore
import Documents
import Synchronization

/// From hot files to cold ones.
extension Compactor {
    /// Stops the file's processes from moving, if all of them are at their end.
    ///
    /// Both on the writer's thread, where no change is under way: a file that is marked and only then looked at would turn away what is said
    /// of its open steps meanwhile.
    ///
    /// - Returns: whether it may; it is marked as leaving then.
    func mayLeave(_ file: HotFile) throws -> Bool {
        try tier.writer.perform(on: file) { _ in
            if try file.isFinal() { file.publish { $0.isLeaving = true } }
        }
        return file.state.isLeaving
    }

    /// What must outlive the file and is no row.
    ///
    /// Into the catalog before the file goes, a thousand at a time.
    private func keepDeadLetters(of file: HotFile) throws {
        try catalog.clearDeadLetters(day: file.day, part: file.part)
        var after: DeadLetterKey?
        while true {
            let letters = try file.deadLetters(after: after, of: .all, limit: 1_000)
            try catalog.add(letters)
            guard letters.count == 1_000, let last = letters.last else { return }
            after = last.key
        }
    }

    /// A table that rows are moved to, at its newest version, and what was written to prepare it that the catalog doesn't know.
    private struct Target {
        var table: ColdTable
        var created: [WrittenObject]
    }

    /// The rows of one table of a hot file, in cold files that belong to no table yet.
    ///
    /// `settled`: what these files say of rows that something came after.
    private struct Written: Sendable {
        let name: String
        let outputs: [ColdFileWriter.Output]
        let rowCount: Int
        let settled: [SupersededRow]
    }

    /// Moves files: their rows are written side by side, each on a thread of its own, and become cold one file after another.
    ///
    /// For each file in turn: a commit to each of its tables, then the catalog's transaction, then readers are switched. A crash before that
    /// transaction leaves the rows hot, and Iceberg versions that the next start puts aside.
    ///
    /// - Parameter obstacles: as `obstacles(to:)` gave them.
    /// - Returns: how many rows were moved; files that stay, since something of them is damaged or there is an obstacle to a table of theirs; and the first of these.
    /// - Precondition: each of `files` is sealed and marked as leaving.
    func move(_ files: [HotFile], besides obstacles: [String: any Error] = [:]) throws -> (rowCount: Int, left: [HotFile], obstacle: (any Error)?) {
        let waiting = files.filter { file in file.allTails.contains { obstacles[$0.table] != nil } }
        let moved = try moveReadable(files.filter { file in !waiting.contains { $0 === file } })
        let obstacle = Set(waiting.flatMap { $0.allTails.map(\.table) }).sorted().lazy.compactMap { obstacles[$0] }.first
        return (moved.rowCount, waiting + moved.left, obstacle)
    }

    /// What keeps rows from being moved to tables, by their names: a commit reads some of the metadata, which is read here before anything is written, once for all files of a compaction.
    ///
    /// - Throws: what is no fault of one table.
    func obstacles(to files: [HotFile]) throws -> [String: any Error] {
        var obstacles: [String: any Error] = [:]
        let tables = tier.boundary.snapshot().cold
        for name in Set(files.flatMap { $0.allTails.map(\.table) }).sorted() {
            guard let table = tables[name] else { continue }
            do { try table.iceberg.checkAppend() } catch {
                guard Self.isOfOneFile(error) else { throw error }
                obstacles[name] = error
            }
        }
        return obstacles
    }

    /// - Precondition: what a commit reads of the files' tables can be read.
    private func moveReadable(_ files: [HotFile]) throws -> (rowCount: Int, left: [HotFile]) {
        guard !files.isEmpty else { return (0, []) }
        var targets: [String: Target] = [:]
        for name in Set(files.flatMap { $0.allTails.map(\.table) }).sorted() {
            var created: [WrittenObject] = []
            let table = try cold.prepare(name, present: tier.boundary.snapshot().cold[name], columns: tier.tables.columns(of: name), &created)
            targets[name] = Target(table: table, created: created)
        }
        // Those of files that are not cold yet, in order.
        var written: [[Written]] = []
        var rowCount = 0
        var isSwitching = false
        do {
            let result = try write(files, targets.mapValues(\.table.iceberg))
            written = result.written
            let left = result.left
            for file in files where !left.contains(where: { $0 === file }) {
                let commit = try append(written[0], of: file, targets)
                do {
                    try keepDeadLetters(of: file)
                    // A start finds versions that are in memory alone, and changes of their states, in hot files.
                    if commit.targets.keys.contains(where: { TableName.kind(of: $0).numbersVersions }) { try tier.versions.flush() }
                    // From here until `makeCold` has returned nobody knows which of the two states counts, unless the catalog is certain that nothing has changed.
                    isSwitching = true
                    try handingOver { try makeCold(file, commit) } orTakingBack: { isSwitching = false }
                    isSwitching = false
                } catch {
                    if !isSwitching { takeBack(commit.rolled.made) }
                    throw error
                }
                targets.merge(commit.targets) { _, new in new }
                rowCount += written.removeFirst().reduce(0) { $0 + $1.rowCount }
            }
            // A table that was made for files which then stay is of no version that the catalog names.
            if !left.isEmpty { try cold.takeBack(targets.values.map(\.table), tier.boundary.snapshot().cold) }
            return (rowCount, left)
        } catch {
            // Should the switch itself fail, the next start sees by the catalog whether it happened: nothing of it may be removed before.
            let unnamed = written.dropFirst(isSwitching ? 1 : 0).joined().compactMap { part in targets[part.name].map { (table: $0.table.iceberg, files: part.outputs) } }
            let prepared = targets.values.map(\.table)
            cold.clear(unnamed) { if !isSwitching { try cold.takeBack(prepared, tier.boundary.snapshot().cold) } }
            throw error
        }
    }

    /// Writes the rows of each file. When one fails, what was written of the others is removed; but for files that are damaged, which stay.
    private func write(_ files: [HotFile], _ tables: [String: Table]) throws -> (written: [[Written]], left: [HotFile]) {
        let results = Mutex([Result<[Written], any Error>?](repeating: nil, count: files.count))
        let work = { @Sendable [self] (index: Int) in
            let result = Result { try write(files[index], tables) }
            results.withLock { $0[index] = result }
        }
        // Threads have the priority of the one that begins them. Files for which none is had this one writes itself, one after the other.
        var (threads, left) = ([WorkerThread](), [0])
        for index in files.indices.dropFirst() {
            if let thread = WorkerThread.joinable(name: "mover", { work(index) }) { threads.append(thread) } else { left.append(index) }
        }
        for index in left { work(index) }
        for thread in threads { thread.join() }
        let all = results.withLock { $0.compactMap { $0 } }
        do {
            var written: [[Written]] = []
            var left: [HotFile] = []
            for (file, result) in zip(files, all) {
                do { written.append(try result.get()) } catch {
                    guard setAside(file, error) else { throw error }
                    left.append(file)
                }
            }
            return (written, left)
        } catch {
            for case .success(let parts) in all { Self.discard(parts, tables) }
            throw error
        }
    }

    private static func discard(_ written: [Written], _ tables: [String: Table]) {
        for part in written { if let table = tables[part.name] { ColdFileWriter.discard(part.outputs, table) } }
    }

    /// A file with doubted columns is written twice: once to know that all its pages have their sums, and again with those laid down anew.
    private func write(_ file: HotFile, _ tables: [String: Table]) throws -> [Written] {
        let written = try writeProven(file, tables)
        guard let group = file.doubtedAfter else { return written }
        Self.discard(written, tables)
        try settleDoubt(of: file, after: group)
        // What rebuilds had filled in those columns must be there again before their rows leave.
        if try file.owesRefill { throw UnfilledColumns() }
        return try writeProven(file, tables)
    }

    /// All tables of one file. As many rows must come out as its tails hold, and its pages must have their sums, or nothing is moved.
    private func writeProven(_ file: HotFile, _ tables: [String: Table]) throws -> [Written] {
        let day = DayCompactor(
            file: file, bloomPaths: { [types] in types.bloomPaths(of: $0) }, names: names, now: clock.now(),
            superseded: tier.boundary.snapshot().superseded, others: tier.boundary.snapshot().files.filter { $0 !== file }, isCancelled: { [self] in isEnding })
        var written: [Written] = []
        do {
            for tail in file.allTails.sorted(by: { $0.table < $1.table }) {
                guard let table = tables[tail.table] else { continue }
                let part = try day.write(tail.table, into: table)
                written.append(Written(name: tail.table, outputs: part.outputs, rowCount: part.rowCount, settled: part.settled))
                guard part.rowCount == tail.rowCount else {
                    throw ColumnStoreError(
                        .corruptFile, path: file.path, "\(part.rowCount) of \(tail.rowCount) rows of \(tail.table) can be read: nothing was moved")
                }
            }
            // Behind the rows: a document of theirs that is damaged says who can make it whole, and the pages are at hand by now.
            if let fault = try HotFileProof(file: file, writer: tier.writer, isCancelled: { [self] in isEnding }).fault() {
                throw ColumnStoreError(.corruptFile, path: file.path, fault)
            }
            return written
        } catch {
            Self.discard(written, tables)
            throw error
        }
    }

    /// New versions of tables that no catalog names yet.
    ///
    /// What `makeCold` hands to the catalog and to readers at once.
    private struct Appended {
        var targets: [String: Target] = [:]
        var switches: [Catalog.ColdSwitch] = []
        var rowCount = 0
        var byteCount = 0
        var settled: [String: [SupersededRow]] = [:]
        var lateEnds: [LateEnds] = []
        var rolled = Rolled()
    }

    /// - Throws: with the sums of all tables taken back; what else was committed is the caller's to clear.
    private func append(_ written: [Written], of file: HotFile, _ targets: [String: Target]) throws -> Appended {
        var appended = Appended()
        // Nothing of it changes any more.
        appended.lateEnds = try file.lateEnds()
        do {
            for part in written {
                guard let target = targets[part.name] else { continue }
                let commit = try target.table.iceberg.append(part.outputs.map(\.file), summary: ["till.hot-file": file.name])
                let next = target.table.next(commit.table)
                appended.targets[part.name] = Target(table: next, created: [])
                appended.switches.append(try Self.change(part.name, commit, part.outputs, created: target.created, replaced: []))
                appended.rolled = appended.rolled + (try rolled(next, added: part.outputs.map(\.file), removed: []))
                appended.rowCount += part.rowCount
                if !part.settled.isEmpty { appended.settled[part.name] = part.settled }
                appended.byteCount += part.outputs.reduce(0) { $0 + Int($1.byteCount) }
            }
        } catch {
            takeBack(appended.rolled.made)
            throw error
        }
        return appended
    }

    /// From the catalog's transaction on queries read the file's rows in cold.
    ///
    /// 1. The catalog's transaction, with what the file's rows used (`UsageLedger`).
    /// 2. Readers that begin from now on see cold.
    /// 3. The hot file goes when its last reader is done.
    ///
    /// - Precondition: the index of versions has all of the file's rows on the disk.
    private func makeCold(_ file: HotFile, _ appended: Appended) throws {
        let info = file.state
        try WorkerThread.promptly {
            try usage.moving(file) { along in
                try catalog.switchToCold(
                    appended.switches + appended.rolled.switches, leaving: (file.day, file.part), last: (info.lastSequence, info.lastTicket),
                    lateEnds: appended.lateEnds, rollups: appended.rolled.changes, along: along)
                tier.boundary.replace(
                    [file], cold: appended.targets.mapValues(\.table), settled: appended.settled, lateEnds: appended.lateEnds, rollups: appended.rolled.states)
            }
        }
        for (table, rows) in appended.settled { tier.versions.settle(rows, of: table) }
        tier.retire(file)
        movedRows.wrappingAdd(appended.rowCount, ordering: .relaxed)
        writtenBytes.wrappingAdd(appended.byteCount, ordering: .relaxed)
    }

    /// What a commit of a table is to the catalog.
    ///
    /// - Parameter replaced: keys of data files that the new version does not have.
    static func change(
        _ name: String, _ commit: Commit, _ outputs: [ColdFileWriter.Output], created: [WrittenObject], replaced: [String]
    ) throws -> Catalog.ColdSwitch {
        var objects = outputs.map { Catalog.ColdObject(key: $0.key, kind: .data, byteCount: $0.byteCount, sha256: $0.sha256) }
        objects += (created + commit.written).map {
            Catalog.ColdObject(key: $0.key, kind: .metadata, byteCount: $0.byteCount, sha256: $0.sha256)
        }
        return Catalog.ColdSwitch(
            table: name, version: commit.table.version, rowCount: try commit.table.counts().rowCount, written: objects, replaced: replaced,
            obsolete: commit.obsoleteKeys)
    }
}
