import ColumnStore
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
    static func isOfOneFile(_ error: ColumnStoreError) -> Bool { ColdTable.isDamage(error) || error.code == .overBudget }

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
        let commit: Commit
        do {
            try cold.discardNewerVersions(of: present.iceberg)
            commit = try present.iceberg.replace(Set(files.map(\.location)), with: outputs.map(\.file))
        } catch {
            cold.clear(outputs, of: present.iceberg)
            throw error
        }
        let replaced = files.compactMap { storage.key(ofLocation: $0.location) }
        let next = present.next(commit.table)
        let rolled = try rolled(next, added: outputs.map(\.file), removed: replaced, keepsRows: true)
        try catalog.switchToCold(
            [try Self.change(present.name, commit, outputs, created: [], replaced: replaced)] + rolled.switches, rollups: rolled.changes)
        tier.boundary.replace([], cold: [present.name: next], rollups: rolled.states)
        let bytes = outputs.reduce(0) { $0 + Int($1.byteCount) }
        writtenBytes.wrappingAdd(bytes, ordering: .relaxed)
        mergedBytes.wrappingAdd(bytes, ordering: .relaxed)
        encodedRows.wrappingAdd(result.encodedRowCount, ordering: .relaxed)
        copiedRows.wrappingAdd(result.copiedRowCount, ordering: .relaxed)
    }
}
