import ColumnStore
import Synchronization

/// Many small cold files into few large ones.
extension Compactor {
    /// - Returns: how many files were merged.
    func merge(_ name: String, _ picker: CompactionPicker, workerCount: Int) throws -> Int {
        var merged = 0
        while let present = tier.boundary.snapshot().cold[name] {
            if isEnding { throw DayCompactor.Cancelled() }
            let files = try present.iceberg.files()
            let candidates = files.compactMap { file in
                present.days(of: file).map {
                    CompactionPicker.File(
                        location: file.location, byteCount: file.byteCount, firstDay: $0.lowerBound, lastDay: $0.upperBound)
                }
            }
            guard let chosen = picker.next(candidates) else { break }
            let byLocation = Dictionary(files.map { ($0.location, $0) }) { first, _ in first }
            let fitting = try FileMerger.fitting(chosen.compactMap { byLocation[$0.location] }, of: present)
            try merge(present, fitting, workerCount: workerCount)
            merged += fitting.count
            ProcessHeap.giveBack()
        }
        return merged
    }

    private func merge(_ present: ColdTable, _ files: [DataFile], workerCount: Int) throws {
        let storage = present.iceberg.storage
        let merger = FileMerger(
            cold: present, bloomPaths: types.bloomPaths(of: present.name), names: names, now: clock.now(),
            rowGroupRowCount: options.rowGroupRowCount, workerCount: workerCount,
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
            try present.iceberg.discardNewerVersions()
            commit = try present.iceberg.replace(Set(files.map(\.location)), with: outputs.map(\.file))
        } catch {
            try ColdFileWriter.discard(outputs, present.iceberg)
            throw error
        }
        let replaced = files.compactMap { storage.key(ofLocation: $0.location) }
        try catalog.switchToCold([try Self.change(present.name, commit, outputs, created: [], replaced: replaced)])
        tier.boundary.replace([], cold: [present.name: present.next(commit.table)])
        let bytes = outputs.reduce(0) { $0 + Int($1.byteCount) }
        writtenBytes.wrappingAdd(bytes, ordering: .relaxed)
        mergedBytes.wrappingAdd(bytes, ordering: .relaxed)
        encodedRows.wrappingAdd(result.encodedRowCount, ordering: .relaxed)
        copiedRows.wrappingAdd(result.copiedRowCount, ordering: .relaxed)
    }
}
