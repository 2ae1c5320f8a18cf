import Cluster
import ColumnStore

/// Proves that the archive of a pair is whole: each line's chain of segments, with every record's hash, the checkpoints and their files, and for the newest line the fold up to its end, with all
/// files of cold tables that the store of then needs, and those that are there of what its newest checkpoint and later commits name. The pair may work on.
///
/// Nothing at the place is changed. It needs room for a copy of all hot files.
package struct ArchiveProof {
    private let place: ArchivePlace
    private let progress: (Verifier.Progress) -> Void

    package init(_ place: ArchivePlace, progress: @escaping (Verifier.Progress) -> Void = { _ in }) { (self.place, self.progress) = (place, progress) }

    /// - Throws: where nothing was proved: the place gives no answer, or there is no room.
    package func run() throws -> ProvenObjects { try ObjectFindings.steady(place.place, shape: shape, prove) }

    /// Lines, checkpoints and the first segment of each line: something of these goes whenever anything does.
    private func shape() throws -> Set<String> {
        var names: Set<String> = []
        var firsts: [String: String] = [:]
        try place.objects.list(prefix: "") { object in
            let parts = object.key.split(separator: "/").map(String.init)
            guard ArchivePlace.isName(object.key), parts.count > 1 else { return }
            if parts[1] == "segments" {
                firsts[parts[0]] = min(firsts[parts[0]] ?? object.key, object.key)
            } else if parts[0] == "lines" || parts[1] == "checkpoints" {
                names.insert(object.key)
            }
        }
        return names.union(firsts.values)
    }

    private func prove() throws -> ProvenObjects {
        let findings = ObjectFindings(place.place, progress: progress)
        let store: StoreIdentity? = try findings.sound(ArchivePlace.storeKey, { try place.store() }).flatMap { $0 }
        var texts = store.map { ["the archive of the store \($0.text)"] } ?? []
        let numbers = try place.lineNumbers()
        for number in numbers {
            let key = ArchivePlace.lineKey(number)
            findings.count(key, byteCount: 0)
            // One that has gone meanwhile is none.
            guard let found = try findings.sound(key, { try place.line(number) }), let line = found else { continue }
            if let store, line.store != store { findings.note(key, "is a line of the store \(line.store.text)") }
            _ = try findings.sound(ArchivePlace.untilKey(number)) { try place.until(number) }
            texts.append(try ArchiveLineProof(place, line, findings, isNewest: number == numbers.last).run())
        }
        try end(findings)
        try place.objects.list(prefix: "") { object in
            if !ArchivePlace.isName(object.key), !LogPlace.isUnfinished(object.key) { findings.note(stranger: object.key) }
        }
        return ProvenObjects(report: findings.report, texts: texts)
    }

    /// The store of the archive's end, folded as a restore folds it, and the files that it would take from the place.
    private func end(_ findings: ObjectFindings) throws {
        do {
            let folded = try ArchiveRestore.fold(place, instant: nil)
            for file in folded.manifest.files where !file.name.hasPrefix(LogBackupStorage.scratch) { try findings.prove(file, at: file.name) }
            // By their own hashes the files of such a checkpoint are right: it was made of what was wrong.
            for error in folded.changedUploads { findings.note("", "a checkpoint begins no restore: \(error)") }
        } catch let error as ColumnStoreError where ObjectFindings.isFault(error) {
            findings.note("", "its end cannot be restored: \(error)")
        } catch let outside as LogReader.Outside {
            findings.note("", "its end cannot be restored: \(outside)")
        }
    }
}
