import ColumnStore
import Documents
import Synchronization

/// Many small cold files into few large ones.
extension Compactor {
    /// One merge after another, until the picker has nothing more. Each is a commit of its own, so that what is done stays done when the work is
    /// cut off.
    ///
    /// - Returns: how many files were merged.
    func merge(_ name: String, _ picker: CompactionPicker, workerCount: Int) throws -> Int {
        var merged = 0
        while let present = tier.boundary.snapshot().cold[name] {
            if isEnding { throw DayCompactor.Cancelled() }
            let files = try present.iceberg.files()
            // What is damaged is written anew first, or stays as it is.
            let candidates = files.filter { !isLeftOut($0) }.compactMap { file in
                present.days(of: file).map {
                    CompactionPicker.File(
                        location: file.location, byteCount: file.byteCount, firstDay: $0.lowerBound, lastDay: $0.upperBound)
                }
            }
            // Old versions stay among themselves.
            let past = Set(files.filter { present.isPast($0) }.map(\.location))
            let groups = [candidates.filter { !past.contains($0.location) }, candidates.filter { past.contains($0.location) }]
            guard let chosen = groups.lazy.compactMap({ picker.next($0) }).first else { break }
            let byLocation = Dictionary(files.map { ($0.location, $0) }) { first, _ in first }
            let inputs = chosen.compactMap { byLocation[$0.location] }
            let fitting: [DataFile]
            do {
                // The picker goes by sizes and days; whether so many fit the memory, the files' footers say.
                fitting = try FileMerger.fitting(inputs, of: present)
                try merge(present, fitting, workerCount: workerCount)
            } catch let error as ColumnStoreError where Self.isOfOneFile(error) {
                // The others go on without it.
                try leaveOut(inputs, of: present, error)
                continue
            }
            merged += fitting.count
            ProcessHeap.giveBack()
        }
        return merged
    }

    /// Whether an error is of what a file holds: others can be merged and swept all the same.
    static func isOfOneFile(_ error: any Error) -> Bool {
        guard let error = error as? ColumnStoreError else { return false }
        return ColdTable.isDamage(error) || error.code == .overBudget
    }

    /// Whether what went wrong with one table goes wrong with each: all would be read and written for nothing.
    func isInTheWayOfAll(_ error: any Error) -> Bool {
        if (try? catalog.checkUsable()) == nil || (try? cold.checkClaim()) == nil { return true }
        switch error {
        case let error as ColumnStoreError: return FileSystemFault.isOfRoom(error.systemError)
        case let error as SQLiteError: return error.kind == .full
        default: return (error as? Fault)?.code == .diskFull
        }
    }

    /// Whether a file turned out to be damaged, or to take more memory than reading it may.
    func isLeftOut(_ file: DataFile) -> Bool { cold.damage.has(file.location) || tooLarge.withLock { $0.contains(file.location) } }

    /// Notes which of these files turned out to be damaged, or to take more memory than reading it may.
    ///
    /// - Throws: the error where it is of none of them.
    func leaveOut(_ files: [DataFile], of table: ColdTable, _ error: ColumnStoreError) throws {
        guard let file = files.first(where: { isFault(error, of: $0, in: table) }) else { throw error }
        guard ColdTable.isDamage(error) else {
            let isNew = tooLarge.withLock { $0.insert(file.location).inserted }
            // Somebody has met it all the same: to go on would be to meet it again and again.
            guard isNew else { throw error }
            StoreLog.note("a cold file stays as it is: reading it takes more memory than it may", path: file.location, reason: "\(error)", level: .warning)
            return
        }
        table.letGo(of: file.location)
        cold.damage.note(DamagedColdFile(table: table.name, location: file.location, rowGroup: nil, reason: "\(error)"))
    }

    /// Errors name a file by its location or by its path on the disk.
    private func isFault(_ error: ColumnStoreError, of file: DataFile, in table: ColdTable) -> Bool {
        error.path == file.location || table.iceberg.storage.key(ofLocation: file.location).map { error.path == $0 || error.path.hasSuffix("/\($0)") } == true
    }

    private func merge(_ present: ColdTable, _ files: [DataFile], workerCount: Int) throws {
        let storage = present.iceberg.storage
        let merger = FileMerger(
            cold: present, bloomPaths: types.bloomPaths(of: present.name), names: names, now: clock.now(),
            rowGroupRowCount: options.rowGroupRowCount, workerCount: workerCount,
            // A row group that is taken over is not decoded, so nothing else would notice that its file has changed.
            check: { [catalog] file in
                guard let key = storage.key(ofLocation: file.location), let known = try catalog.coldHashes(of: present.name)[key],
                    try storage.digest(of: key).sha256 == known.sha256
                else { throw ColumnStoreError(.corruptFile, path: file.location, "the file is not what was written: it is not merged") }
            },
            isCancelled: { [self] in isEnding })
        let result = try merger.merge(files)
        let outputs = result.outputs
        try publish(try commit(outputs, inPlaceOf: files, of: present, keepsRows: true), outputs, of: present)
        let bytes = outputs.reduce(0) { $0 + Int($1.byteCount) }
        writtenBytes.wrappingAdd(bytes, ordering: .relaxed)
        mergedBytes.wrappingAdd(bytes, ordering: .relaxed)
        encodedRows.wrappingAdd(result.encodedRowCount, ordering: .relaxed)
        copiedRows.wrappingAdd(result.copiedRowCount, ordering: .relaxed)
    }

    /// A version of a table, and of its sums, that no catalog names yet.
    struct Replacement {
        let table: ColdTable
        let change: Catalog.ColdSwitch
        let rolled: Rolled
    }

    /// Makes the version of a table that has some files in the place of others: the caller hands it to the catalog and then to readers, and does nothing else before.
    ///
    /// - Parameters:
    ///   - created: what was written to prepare the table and no catalog knows.
    ///   - keepsRows: as of `rolled`.
    /// - Throws: with nothing of it left: `outputs` are removed, unless a version may lead to them (`ColdTier.clear`).
    func commit(
        _ outputs: [ColdFileWriter.Output], inPlaceOf files: [DataFile], of present: ColdTable, created: [WrittenObject] = [], keepsRows: Bool = false
    ) throws -> Replacement {
        do {
            try cold.discardNewerVersions(of: present.iceberg)
            let commit = try present.iceberg.replace(Set(files.map(\.location)), with: outputs.map(\.file))
            let replaced = files.compactMap { present.iceberg.storage.key(ofLocation: $0.location) }
            let next = present.next(commit.table)
            let change = try Self.change(present.name, commit, outputs, created: created, replaced: replaced)
            // The last that may fail: it takes its own back.
            return Replacement(table: next, change: change, rolled: try rolled(next, added: outputs.map(\.file), removed: replaced, keepsRows: keepsRows))
        } catch {
            cold.clear(outputs, of: present.iceberg)
            throw error
        }
    }

    /// Hands what `commit` has made to the catalog, then to readers.
    ///
    /// - Parameters:
    ///   - settled: what `outputs` say of superseded rows.
    ///   - along: goes into the same catalog transaction.
    /// - Throws: where the catalog does not take it; `outputs` and their sums are removed then, where nothing has changed for certain.
    func publish(
        _ made: Replacement, _ outputs: [ColdFileWriter.Output], of present: ColdTable, settled: [String: [SupersededRow]] = [:],
        along: @escaping @Sendable (SQLiteConnection) throws -> Void = { _ in }
    ) throws {
        try handingOver {
            try catalog.switchToCold([made.change] + made.rolled.switches, rollups: made.rolled.changes, along: along)
        } orTakingBack: {
            takeBack(made.rolled.made)
            cold.clear(outputs, of: present.iceberg)
        }
        tier.boundary.replace([], cold: [present.name: made.table], settled: settled, rollups: made.rolled.states)
    }

    /// Runs `body`, which hands versions of tables to the catalog and does nothing else that may fail. Where it fails, and nothing has changed for certain, `takeBack` removes what was
    /// made for it: each further try would leave as much again.
    ///
    /// Where nobody knows (`Catalog.checkUsable`), all of it stays for the next start, which goes by the catalog.
    func handingOver(_ body: () throws -> Void, orTakingBack takeBack: () -> Void) throws {
        do { try body() } catch {
            if (try? catalog.checkUsable()) != nil { takeBack() }
            throw error
        }
    }
}
