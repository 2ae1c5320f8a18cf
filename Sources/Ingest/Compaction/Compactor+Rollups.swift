import ColumnStore
import Query
import Synchronization

/// Sums of cold files: made with them, and for those that were there before.
extension Compactor {
    /// What a commit of cold files brings to the rollups over their table: part of the same catalog transaction, and published with it.
    ///
    /// Added up where one transaction has several commits.
    struct Rolled {
        var switches: [Catalog.ColdSwitch] = []
        var changes: [Catalog.RollupChange] = []
        var states: [RollupState] = []
        /// What `switches` are of, for whoever does not come to the transaction.
        var made: [MadeSums] = []

        static func + (left: Rolled, right: Rolled) -> Rolled {
            Rolled(switches: left.switches + right.switches, changes: left.changes + right.changes, states: left.states + right.states, made: left.made + right.made)
        }
    }

    /// Files of sums in a version of their table that no catalog names yet.
    struct MadeSums {
        /// Before that version.
        let table: ColdTable
        /// Whether the table was made for them.
        let isNew: Bool
        var outputs: [ColdFileWriter.Output] = []
    }

    /// Removes sums whose transaction did not come, unless a version may lead to them (`ColdTier.clear`).
    ///
    /// - Precondition: it was not begun either, or came to nothing for certain (`handingOver`).
    func takeBack(_ made: [MadeSums]) {
        for sums in made {
            cold.clear([(table: sums.table.iceberg, files: sums.outputs)]) {
                if sums.isNew { try cold.takeBack(sums.table) } else { try cold.discardNewerVersions(of: sums.table.iceberg) }
            }
        }
    }

    /// Sums of files that a commit has added, which the catalog does not know yet.
    ///
    /// - Parameters:
    ///   - base: the table after the commit.
    ///   - removed: keys of files that it no longer has.
    ///   - keepsRows: whether `added` has just the rows that `removed` had: then their sums are those that are there.
    /// - Throws: `DayCompactor.Cancelled` alone, with nothing of them left: a file without sums is read by its rows, and summed later.
    func rolled(_ base: ColdTable, added: [DataFile], removed: [String], keepsRows: Bool = false) throws -> Rolled {
        var rolled = Rolled()
        let listed = ListedFiles(base)
        for state in tier.boundary.snapshot().rollups.values.sorted(by: { $0.definition.name < $1.definition.name }) where state.definition.table == base.name {
            do { rolled = rolled + (try sum(state, listed, RollupWork(added: added, removed: removed, keepsRows: keepsRows))) } catch let cancelled as DayCompactor.Cancelled {
                takeBack(rolled.made)
                throw cancelled
            } catch {
                StoreLog.note("the sums of cold files are made later", path: base.name, reason: "\(state.definition.name): \(error)", level: .warning)
                // The catalog would name their sums for good, which go with the next that are made.
                if !removed.isEmpty { rolled.changes.append(Catalog.RollupChange(rollup: state.definition.name, number: state.number, removed: removed)) }
                do { rolled.states.append(try state.beside(listed)) } catch {
                    // The present one stays: it is of an earlier version of the table, so nobody reads sums by it (`isBeside`), and whoever fills begins with it. One without files
                    // would have all sums taken for strays, which the catalog still names.
                    StoreLog.note("the sums of cold files are not read", path: base.name, reason: "\(state.definition.name): \(error)", level: .warning)
                }
            }
        }
        return rolled
    }

    /// What is to be done for one rollup.
    private struct RollupWork {
        /// Cold files that want sums.
        var added: [DataFile] = []
        /// Keys of cold files that are no more.
        var removed: [String] = []
        var keepsRows = false
        /// Files of sums that become one, by their keys; nothing else is done then.
        var joined: Set<String> = []
    }

    /// What came of it, before it is committed.
    ///
    /// `covered`: for each cold file by its key, which file of sums has it, or why none does.
    private struct RollupOutcome {
        var outputs: [ColdFileWriter.Output] = []
        var covered: [(file: String, RollupCoverage)] = []
    }

    /// - Returns: what is to be committed. Without room for sums, or without a table for them, the state alone, in which the files wait.
    /// - Throws: after what was written was removed again.
    private func sum(_ state: RollupState, _ listed: ListedFiles, _ work: RollupWork) throws -> Rolled {
        let base = listed.table
        var rolled = Rolled()
        var next = state
        // Sums of files that are no more are of no use, nor those that others share with them.
        let left = work.joined.union(work.removed.compactMap { state.files[$0]?.part })
        next.files = state.files.filter { file, coverage in !work.removed.contains(file) && coverage.part.map { !left.contains($0) } ?? true }
        var created: [WrittenObject] = []
        let fields: (rows: Schema, parts: [Field])
        do { fields = try rollupSchema(state, base) } catch let error as QueryError {
            // The table has got columns since that make a name mean two things, say: its rows are read, and other rollups are kept as ever.
            let covered = work.added.compactMap { file in base.iceberg.storage.key(ofLocation: file.location).map { key in (file: key, Self.coverage(of: file, base, reason: error.detail)) } }
            for (file, coverage) in covered { next.files[file] = coverage }
            if !covered.isEmpty || !work.removed.isEmpty {
                rolled.changes = [Catalog.RollupChange(rollup: state.definition.name, number: state.number, added: covered, removed: work.removed)]
            }
            rolled.states = [try next.beside(listed)]
            return rolled
        }
        guard options.makesSums, let target = try rollupTable(state, fields.parts, &created) else {
            // There are to be none, or what was kept under this name before is not gone yet.
            if !work.removed.isEmpty { rolled.changes = [Catalog.RollupChange(rollup: state.definition.name, number: state.number, removed: work.removed)] }
            rolled.states = [try next.beside(listed)]
            return rolled
        }
        var outcome = RollupOutcome()
        var made = MadeSums(table: target, isNew: !created.isEmpty)
        do {
            try make(state, base, work, left, fields.rows, target, &outcome)
            for (file, coverage) in outcome.covered { next.files[file] = coverage }
            let kept = Set(outcome.covered.compactMap(\.1.part))
            let parts = left.union(state.strays).subtracting(kept)
            // `strays` are files of sums that no cold file is covered by any more.
            if !outcome.outputs.isEmpty || !parts.isEmpty || !created.isEmpty {
                var commit = Table.Change(parts.isEmpty ? .append : .overwrite)
                (commit.added, commit.removed) = (outcome.outputs.map(\.file), Set(parts.map { target.iceberg.storage.location(of: $0) }))
                let version = try target.iceberg.commit(commit)
                var `switch` = try Self.change(target.name, version, outcome.outputs, created: created, replaced: parts.sorted())
                `switch`.rollup = state.number
                rolled.switches = [`switch`]
                next.table = target.next(version.table)
            }
            rolled.states = [try next.beside(listed)]
        } catch {
            made.outputs = outcome.outputs
            takeBack([made])
            throw error
        }
        made.outputs = outcome.outputs
        if !rolled.switches.isEmpty { rolled.made = [made] }
        rolled.changes = [Catalog.RollupChange(rollup: state.definition.name, number: state.number, added: outcome.covered, removed: work.removed)]
        // Files that shared what is gone are summed by themselves.
        let own = Set(outcome.covered.map(\.file)).union(work.removed)
        if state.files.contains(where: { file, coverage in coverage.part.map { left.contains($0) } ?? false && !own.contains(file) }) { fill() }
        return rolled
    }

    /// Sums of each added file by itself, from its rows, unless other sums give them.
    private func make(
        _ state: RollupState, _ base: ColdTable, _ work: RollupWork, _ left: Set<String>, _ rows: Schema, _ target: ColdTable, _ outcome: inout RollupOutcome
    ) throws {
        if try join(state, base, work, left, rows, target, &outcome) { return }
        for file in work.added {
            guard let key = base.iceberg.storage.key(ofLocation: file.location) else { continue }
            var coverage = Self.coverage(of: file, base)
            do {
                let output = try maker.make(state, of: file, in: base, schema: rows, into: part(of: target))
                if let output { outcome.outputs.append(output) }
                coverage.part = output?.key
            } catch let refusal as RollupMaker.Refusal {
                coverage.reason = refusal.reason
            } catch let delay as RollupMaker.Delay {
                hold(file.location, of: state, delay)
                continue
            }
            heldSums.withLock { $0.release(HeldSums.Key(number: state.number, location: file.location)) }
            outcome.covered.append((key, coverage))
        }
    }

    /// Sums out of sums, where all rows have them: nothing is read but those.
    ///
    /// Two cases: a merge whose inputs all have sums, and small files of sums that become one (`RollupWork.joined`).
    ///
    /// - Returns: false where rows must be read.
    private func join(
        _ state: RollupState, _ base: ColdTable, _ work: RollupWork, _ left: Set<String>, _ rows: Schema, _ target: ColdTable, _ outcome: inout RollupOutcome
    ) throws -> Bool {
        let isMerge = work.keepsRows && !work.added.isEmpty && work.removed.allSatisfy { state.files[$0].map { $0.reason == nil } ?? false }
        guard isMerge || !work.joined.isEmpty else { return false }
        var covered = state.files.filter { file, coverage in !work.removed.contains(file) && coverage.part.map { left.contains($0) } ?? false }
        for file in work.added { if let key = base.iceberg.storage.key(ofLocation: file.location) { covered[key] = Self.coverage(of: file, base) } }
        let parts = try (state.table?.iceberg.files() ?? []).filter { target.iceberg.storage.key(ofLocation: $0.location).map { left.contains($0) } ?? false }
        // For a merge rows can be read instead; a joining has nothing but the sums.
        guard parts.count == left.count else {
            if work.joined.isEmpty { return false }
            throw ColumnStoreError(.corruptFile, path: target.name, "the table of sums lacks files that the catalog names")
        }
        do {
            var one = left.first
            if left.count > 1 {
                let output = try maker.join(state, parts, of: target, schema: rows, fileCount: covered.count, into: part(of: target))
                if let output { outcome.outputs.append(output) }
                one = output?.key
            }
            for (file, coverage) in covered.sorted(by: { $0.key < $1.key }) {
                var own = coverage
                own.part = one
                outcome.covered.append((file, own))
            }
            return true
        } catch let refusal as RollupMaker.Refusal {
            if !work.joined.isEmpty { throw refusal }
            for file in work.added {
                guard let key = base.iceberg.storage.key(ofLocation: file.location) else { continue }
                var coverage = Self.coverage(of: file, base)
                coverage.reason = refusal.reason
                outcome.covered.append((key, coverage))
            }
            return true
        } catch let delay as RollupMaker.Delay {
            if !work.joined.isEmpty { throw delay }
            for file in work.added { hold(file.location, of: state, delay) }
            return true
        } catch let error as ColumnStoreError where work.joined.isEmpty && ColdTable.isDamage(error) { return false }
    }

    /// It stays without sums for a while, and is tried again by itself.
    ///
    /// - Parameter location: of the cold file; nil for files of sums that were to be one.
    private func hold(_ location: String?, of state: RollupState, _ delay: RollupMaker.Delay) {
        heldSums.withLock { $0.hold(HeldSums.Key(number: state.number, location: location), now: SteadyClock.nanoseconds()) }
        StoreLog.note("sums of cold files are made later", path: state.definition.tableName, reason: delay.reason, level: .warning)
        // Whoever makes them is to wait no longer than that.
        fill()
    }

    private func isHeld(_ location: String?, of state: RollupState) -> Bool {
        heldSums.withLock { $0.isHeld(HeldSums.Key(number: state.number, location: location), now: SteadyClock.nanoseconds()) }
    }

    /// A file whose bounds do not tell its last sequence has the greatest there is.
    private static func coverage(of file: DataFile, _ base: ColdTable, reason: String? = nil) -> RollupCoverage {
        let last = file.bounds(of: base.iceberg.schema["sequence"] ?? Field("sequence", .int64)).maximum
        let sequence: Int64 = if case .integer(let value)? = last { value } else { .max }
        return RollupCoverage(part: nil, rowCount: file.recordCount, lastSequence: sequence, reason: reason)
    }

    func part(of target: ColdTable) -> RollupMaker.Target {
        RollupMaker.Target(table: target.iceberg, key: "data/\(names.next(milliseconds: clock.now() / 1_000)).parquet") { [self] in
            if isEnding { throw DayCompactor.Cancelled() }
        }
    }

    /// The columns of the rolled table, as queries see them, and of the sums.
    ///
    /// As of now: with columns that types have and no cold file yet.
    func rollupSchema(_ state: RollupState, _ base: ColdTable) throws -> (rows: Schema, parts: [Field]) {
        let known = base.iceberg.schema.fields.filter { !StandardColumns.names.contains($0.name) }.map(\.withoutIDs)
        let columns = tier.tables.columns(of: base.name)
        let fields = SchemaEncoding.merged(columns, adding: known) ?? columns
        let rows = StandardColumns.schema(of: base.name, typeColumns: fields.map { Field($0.name, $0.type.withoutIDs) })
        return (rows, try state.statement.columns(of: base.name, schema: rows))
    }

    /// The table to add sums to; nil while that of an earlier rollup of this name is still read by somebody.
    private func rollupTable(_ state: RollupState, _ fields: [Field], _ created: inout [WrittenObject]) throws -> ColdTable? {
        if let present = state.table {
            try cold.discardNewerVersions(of: present.iceberg)
            return present
        }
        guard try catalog.rollupTables()[state.definition.tableName] == nil else { return nil }
        return try cold.createSums(state.definition, fields, &created)
    }

    // MARK: Filling

    /// Cold files that are summed together and committed at once.
    ///
    /// A commit, and a look whether somebody waits, comes after so many.
    private static let fillCount = 4

    /// Whether there is something to do: asked without the right to change files, which is asked for over the network.
    func wantsSums() throws -> Bool {
        guard options.makesSums else { return false }
        let snapshot = tier.boundary.snapshot()
        var listed: [String: ListedFiles] = [:]
        for state in snapshot.rollups.values {
            guard let base = snapshot.cold[state.definition.table] else { continue }
            if !state.isBeside(base) || state.waiting.contains(where: { !isHeld($0.location, of: state) }) || joining(state, listed.files(of: base)) != nil { return true }
        }
        let tables = Set(snapshot.rollups.values.compactMap { $0.table?.name })
        return try catalog.rollupTables().keys.contains { !tables.contains($0) }
    }

    /// Sums some cold files that were there before their rollup, the newest first.
    ///
    /// One rollup a call, the first by name that has something to do.
    ///
    /// - Returns: whether there are more.
    func fillSome() throws -> Bool {
        try dropFormer()
        let snapshot = tier.boundary.snapshot()
        var listed: [String: ListedFiles] = [:]
        for known in snapshot.rollups.values.sorted(by: { $0.definition.name < $1.definition.name }) {
            guard let base = snapshot.cold[known.definition.table] else { continue }
            var state = known
            if !known.isBeside(base) {
                // Declared while files were committed.
                do { state = try known.beside(listed.files(of: base)) } catch where Self.isOfOneFile(error) {
                    StoreLog.note("the sums of cold files are not made", path: base.name, reason: "\(known.definition.name): \(error)", level: .warning)
                    continue
                }
                tier.boundary.replace([], cold: [:], rollups: [state])
            }
            let files = state.waiting.filter { !cold.damage.has($0.location) && !isHeld($0.location, of: state) }.sorted { (base.days(of: $0)?.upperBound ?? .max) > (base.days(of: $1)?.upperBound ?? .max) }
            let work = files.isEmpty ? joining(state, listed.files(of: base)) : RollupWork(added: Array(files.prefix(Self.fillCount)))
            guard let work else { continue }
            let rolled: Rolled
            do { rolled = try sum(state, listed.files(of: base), work) } catch let refusal as RollupMaker.Refusal {
                StoreLog.note("sums of cold files stay in more files", path: state.definition.tableName, reason: refusal.reason, level: .warning)
                continue
            } catch let delay as RollupMaker.Delay {
                hold(nil, of: state, delay)
                continue
            }
            if !work.joined.isEmpty { heldSums.withLock { $0.release(HeldSums.Key(number: state.number, location: nil)) } }
            try handingOver { try catalog.switchToCold(rolled.switches, rollups: rolled.changes) } orTakingBack: { takeBack(rolled.made) }
            tier.boundary.replace([], cold: [:], rollups: rolled.states)
            // Not as long as somebody reads what was there before.
            if !rolled.changes.isEmpty { return true }
        }
        return false
    }

    /// Small files of sums that are to be one.
    ///
    /// Nil where there are too few, or the picker takes none.
    private func joining(_ state: RollupState, _ listed: ListedFiles) -> RollupWork? {
        guard !isHeld(nil, of: state), let table = state.table, let files = try? table.iceberg.files() else { return nil }
        // Without enough of them nothing is listed.
        guard files.count(where: { $0.recordCount < SumsPicker.settledRowCount }) >= SumsPicker.countMin else { return nil }
        var days: [String: Int32] = [:]
        for (file, key) in (try? listed.all()) ?? [] {
            guard let key, let part = state.files[key]?.part else { continue }
            days[part] = max(days[part] ?? .min, listed.table.days(of: file)?.upperBound ?? .max)
        }
        let parts = files.compactMap { file -> SumsPicker.Part? in
            guard let key = table.iceberg.storage.key(ofLocation: file.location), let day = days[key] else { return nil }
            return SumsPicker.Part(key: key, rowCount: file.recordCount, lastDay: day)
        }
        let chosen = SumsPicker.next(parts)
        return chosen.isEmpty ? nil : RollupWork(joined: Set(chosen))
    }

    /// Removes the sums of rollups that were changed or deleted, once nobody reads them.
    ///
    /// Under `removing`: whoever copies the store's files keeps them.
    private func dropFormer() throws {
        for (table, number) in try catalog.rollupTables() where isLeft(table, number) {
            try removing {
                try catalog.endRollupTable(table)
                try cold.removeEnded()
                try cold.removeHint(of: table)
                formerRollups.withLock { $0[table] = nil }
            }
        }
    }

    /// Sums that cannot be read are made anew: until then rows are read in their place.
    ///
    /// - Returns: false where the file is none of sums.
    func dropDamagedSums(_ damaged: DamagedColdFile) throws -> Bool {
        guard let state = tier.boundary.snapshot().rollups.values.first(where: { $0.definition.tableName == damaged.table }) else { return false }
        let part = state.table?.iceberg.storage.key(ofLocation: damaged.location)
        let lost = state.files.filter { $0.value.part != nil && $0.value.part == part }.map(\.key)
        if !lost.isEmpty {
            var next = state
            for file in lost { next.files[file] = nil }
            try catalog.switchToCold([], rollups: [Catalog.RollupChange(rollup: state.definition.name, number: state.number, removed: lost)])
            tier.boundary.replace([], cold: [:], rollups: [try next.beside(tier.boundary.snapshot().cold[state.definition.table])])
            fill()
        }
        return true
    }

    /// Wakes who makes the sums.
    func fill() { state.broadcast { $0.wantsFilling = true } }

    /// Ends old snapshots of the tables of sums, which nobody outside needs longer than those of rows.
    func tidyRollups(before cutoff: Int64, orphansBefore: Int64) throws {
        try tidyEach(tier.boundary.snapshot().rollups.values.sorted { $0.definition.name < $1.definition.name }) { state in
            guard let table = state.table else { return }
            try cold.discardNewerVersions(of: table.iceberg)
            if let commit = try table.iceberg.expireSnapshots(before: cutoff, protecting: table.versions.snapshotsInUse()) {
                var `switch` = try Self.change(table.name, commit, [], created: [], replaced: [])
                `switch`.rollup = state.number
                try catalog.switchToCold([`switch`])
                var next = state
                next.table = table.next(commit.table)
                tier.boundary.replace([], cold: [:], rollups: [next])
                commit.table.forget(commit.obsoleteKeys)
                try cold.removeEnded()
            }
            if let present = tier.boundary.snapshot().rollups[state.definition.name]?.table { try cold.removeOrphans(of: present.name, present.iceberg, before: orphansBefore) }
        }
    }
}
