import ColumnStore
import Query
import Synchronization

/// Sums of cold files: made with them, and for those that were there before.
extension Compactor {
    /// What a commit of cold files brings to the rollups over their table: part of the same catalog transaction, and published with it.
    struct Rolled {
        var switches: [Catalog.ColdSwitch] = []
        var changes: [Catalog.RollupChange] = []
        var states: [RollupState] = []

        static func + (left: Rolled, right: Rolled) -> Rolled {
            Rolled(switches: left.switches + right.switches, changes: left.changes + right.changes, states: left.states + right.states)
        }
    }

    /// Sums of files that a commit has added, which the catalog does not know yet.
    ///
    /// - Parameters:
    ///   - base: the table after the commit.
    ///   - removed: keys of files that it no longer has.
    /// - Throws: `DayCompactor.Cancelled` alone: a file without sums is read by its rows, and summed later.
    func rolled(_ base: ColdTable, added: [DataFile], removed: [String]) throws -> Rolled {
        var rolled = Rolled()
        for state in tier.boundary.snapshot().rollups.values.sorted(by: { $0.definition.name < $1.definition.name }) where state.definition.table == base.name {
            do { rolled = rolled + (try sum(state, base, added, removed)) } catch let cancelled as DayCompactor.Cancelled { throw cancelled } catch {
                StoreLog.note("the sums of cold files are made later", path: base.name, reason: "\(state.definition.name): \(error)", level: .warning)
                var next = state
                next.table = state.table
                rolled.states.append(try next.beside(base))
            }
        }
        return rolled
    }

    private func sum(_ state: RollupState, _ base: ColdTable, _ added: [DataFile], _ removed: [String]) throws -> Rolled {
        var rolled = Rolled()
        var change = Catalog.RollupChange(rollup: state.definition.name, number: state.number, removed: removed)
        var next = state
        let parts = Set(removed.compactMap { state.files[$0]?.part }).union(state.strays)
        for key in removed { next.files[key] = nil }
        var created: [WrittenObject] = []
        let fields = try rollupSchema(state, base)
        guard let target = try rollupTable(state, fields.parts, &created) else {
            // What was kept under this name before is not gone yet.
            rolled.states = [try next.beside(base)]
            return rolled
        }
        var outputs: [ColdFileWriter.Output] = []
        do {
            for file in added {
                guard let key = base.iceberg.storage.key(ofLocation: file.location) else { continue }
                let made = try part(state, file, base, fields.rows, target)
                if let output = made.output { outputs.append(output) }
                change.added.append((key, made.coverage))
                next.files[key] = made.coverage
            }
            if !outputs.isEmpty || !parts.isEmpty || !created.isEmpty {
                let locations = Set(parts.map { target.iceberg.storage.location(of: $0) })
                var commit = Table.Change(parts.isEmpty ? .append : .overwrite)
                (commit.added, commit.removed) = (outputs.map(\.file), locations)
                let made = try target.iceberg.commit(commit)
                var `switch` = try Self.change(target.name, made, outputs, created: created, replaced: parts.sorted())
                `switch`.rollup = state.number
                rolled.switches = [`switch`]
                next.table = target.next(made.table)
            }
        } catch {
            try ColdFileWriter.discard(outputs, target.iceberg)
            if !created.isEmpty { try cold.takeBack(target) }
            throw error
        }
        rolled.changes = [change]
        rolled.states = [try next.beside(base)]
        return rolled
    }

    private func part(
        _ state: RollupState, _ file: DataFile, _ base: ColdTable, _ schema: Schema, _ target: ColdTable
    ) throws -> (output: ColdFileWriter.Output?, coverage: RollupCoverage) {
        let last = file.bounds(of: base.iceberg.schema["sequence"] ?? Field("sequence", .int64)).maximum
        let sequence: Int64 = if case .integer(let value)? = last { value } else { .max }
        var coverage = RollupCoverage(part: nil, rowCount: file.recordCount, lastSequence: sequence, reason: nil)
        do {
            let key = "data/\(names.next(milliseconds: clock.now() / 1_000)).parquet"
            let output = try maker.make(state, of: file, in: base, schema: schema, into: target.iceberg, key: key) {
                if isEnding { throw DayCompactor.Cancelled() }
            }
            coverage.part = output?.key
            return (output, coverage)
        } catch let refusal as RollupMaker.Refusal {
            coverage.reason = refusal.reason
            return (nil, coverage)
        }
    }

    /// The columns of the rolled table, as queries see them, and of the sums.
    private func rollupSchema(_ state: RollupState, _ base: ColdTable) throws -> (rows: Schema, parts: [Field]) {
        let known = base.iceberg.schema.fields.filter { !StandardColumns.names.contains($0.name) }.map(\.withoutIDs)
        let columns = tier.tables.columns(of: base.name)
        let fields = SchemaEncoding.merged(columns, adding: known) ?? columns
        let rows = StandardColumns.schema(of: base.name, typeColumns: fields.map { Field($0.name, $0.type.withoutIDs) })
        return (rows, try state.statement.columns(of: base.name, schema: rows))
    }

    /// The table to add sums to; nil while that of an earlier rollup of this name is still read by somebody.
    private func rollupTable(_ state: RollupState, _ fields: [Field], _ created: inout [WrittenObject]) throws -> ColdTable? {
        if let present = state.table {
            try present.iceberg.discardNewerVersions()
            return present
        }
        guard try catalog.rollupTables()[state.definition.tableName] == nil else { return nil }
        return try cold.createSums(state.definition, fields, &created)
    }

    // MARK: Filling

    /// Cold files that are summed together and committed at once.
    private static let fillCount = 4

    /// Whether there is something to do: asked without the right to change files, which is asked for over the network.
    func wantsSums() throws -> Bool {
        let snapshot = tier.boundary.snapshot()
        for state in snapshot.rollups.values {
            guard let base = snapshot.cold[state.definition.table] else { continue }
            if !state.isBeside(base) || !state.waiting.isEmpty { return true }
        }
        let tables = Set(snapshot.rollups.values.compactMap { $0.table?.name })
        return try catalog.rollupTables().keys.contains { !tables.contains($0) }
    }

    /// Sums some cold files that were there before their rollup, the newest first.
    ///
    /// - Returns: whether there are more.
    func fillSome() throws -> Bool {
        try dropFormer()
        let snapshot = tier.boundary.snapshot()
        for known in snapshot.rollups.values.sorted(by: { $0.definition.name < $1.definition.name }) {
            guard let base = snapshot.cold[known.definition.table] else { continue }
            var state = known
            if !known.isBeside(base) {
                // Declared while files were committed.
                state = try known.beside(base)
                tier.boundary.replace([], cold: [:], rollups: [state])
            }
            if state.waiting.isEmpty { continue }
            let files = state.waiting.filter { !cold.damage.has($0.location) }.sorted { (base.days(of: $0)?.upperBound ?? .max) > (base.days(of: $1)?.upperBound ?? .max) }
            if files.isEmpty { continue }
            let rolled = try sum(state, base, Array(files.prefix(Self.fillCount)), [])
            try catalog.switchToCold(rolled.switches, rollups: rolled.changes)
            tier.boundary.replace([], cold: [:], rollups: rolled.states)
            // Not as long as somebody reads what was there before.
            if !rolled.changes.isEmpty { return true }
        }
        return false
    }

    /// Removes the sums of rollups that were changed or deleted, once nobody reads them.
    private func dropFormer() throws {
        let snapshot = tier.boundary.snapshot()
        for (table, number) in try catalog.rollupTables() {
            let name = String(table.dropFirst(RollupDefinition.tableName(of: "").utf8.count))
            if let present = snapshot.rollups[name], present.number == number { continue }
            guard formerRollups.withLock({ former in former[table]?.snapshotsInUse().isEmpty ?? true }) else { continue }
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

    /// The sums are no more, or others are wanted.
    func noteFormer(_ state: RollupState) {
        guard let table = state.table else { return }
        formerRollups.withLock { $0[table.name] = table.versions }
    }

    /// Ends old snapshots of the tables of sums, which nobody outside needs longer than those of rows.
    func tidyRollups(before cutoff: Int64, orphansBefore: Int64) throws {
        for state in tier.boundary.snapshot().rollups.values {
            guard let table = state.table else { continue }
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
