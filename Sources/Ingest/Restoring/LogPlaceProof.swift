package import ColumnStore

/// Proves that the log of a single server is whole where it lies, without the store: the files of its checkpoints by their hashes, each record from the newest checkpoint up to the head, the fold
/// over them, and all files that a restore of the log's end would take. Its server may work on.
///
/// Nothing is made of it, and nothing at the place is changed. It needs room for a copy of all databases.
package struct LogPlaceProof {
    private let place: LogPlace
    private let progress: (Verifier.Progress) -> Void

    /// - Throws: `ColumnStoreError.invalidRequest` for a URL that is none.
    package init(url: String, open: (String?) throws -> any StorageFactory, progress: @escaping (Verifier.Progress) -> Void = { _ in }) throws {
        place = try LogPlace(url: url, open: open)
        self.progress = progress
    }

    /// - Throws: where nothing was proved: the place gives no answer, or there is no room.
    package func run() throws -> ProvenObjects { try ObjectFindings.steady(place, shape: shape, prove) }

    /// Checkpoints are removed before what they alone need.
    private func shape() throws -> Set<String> {
        var names: Set<String> = []
        try place.objects.list(prefix: LogCheckpoint.folder) { names.insert($0.key) }
        return names
    }

    private func prove() throws -> ProvenObjects {
        let findings = ObjectFindings(place, progress: progress)
        let checkpoints = try place.checkpoints { key, error in findings.note(key, error.detail) }
        for checkpoint in checkpoints {
            findings.count(checkpoint.key, byteCount: 0)
            for file in checkpoint.manifest.files { try findings.prove(file, at: LogPlace.base + file.name) }
        }
        let text = try end(findings)
        for key in try shape().sorted() where !LogCheckpoint.isName(key) && !LogPlace.isUnfinished(key) { findings.note(stranger: key) }
        _ = try place.segments { findings.note(stranger: $0) }
        return ProvenObjects(report: findings.report, texts: text.map { [$0] } ?? [])
    }

    /// - Returns: what the log's end is, in words; nil where no store can be made of it, which is noted.
    private func end(_ findings: ObjectFindings) throws -> String? {
        do {
            let reader = try LogReader(place, instant: nil)
            let scratch = try ScratchFolder("log")
            let made = try LogRestore.fold(reader, place, scratch, instant: nil)
            for file in made.manifest.files where !file.name.hasPrefix(LogBackupStorage.scratch) { try findings.prove(file, at: file.name) }
            return "the log of the store \(made.manifest.store): epoch \(reader.head.epoch), \(made.recordCount) records behind the checkpoint of record \(reader.checkpoint.from), up to record \(made.last?.sequence ?? reader.checkpoint.from)"
        } catch let error as ColumnStoreError where ObjectFindings.isFault(error) {
            findings.note("", "its end cannot be restored: \(error)")
        } catch let outside as LogReader.Outside {
            findings.note("", "its end cannot be restored: \(outside)")
        }
        return nil
    }
}
