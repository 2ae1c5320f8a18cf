import Cluster
import ColumnStore

/// Proves one line of an archive: that its segments are one chain without a gap, from its base or a checkpoint on, that its checkpoints are of records of that chain, and that their files are as they
/// were put. Of the newest line files of cold tables, too, that its newest checkpoint and the commits behind that name: those that are there, since one that was gone before it could be brought here
/// a later commit has ended. One thread.
final class ArchiveLineProof {
    private let place: ArchivePlace
    private let line: ArchiveLine
    private let findings: ObjectFindings
    /// Earlier ones go, piece by piece.
    private let isNewest: Bool
    /// Ascending, those that are whole.
    private var checkpoints: [ArchiveCheckpoint] = []
    /// By their records.
    private var marks: [Int: Mark] = [:]
    /// The record before the first that was read; nil before there is one.
    private var start: Mark?
    /// The end of the last segment, and the time of its last commit; nil where that could not be read.
    private var last: (mark: Mark, through: Int64)?
    /// The last record that was read.
    private var end: Mark?
    /// Of the newest line, behind its newest checkpoint; nil once a commit could not be read.
    private var scan: ArchiveScan?
    private var named: Set<NamedFile> = []

    init(_ place: ArchivePlace, _ line: ArchiveLine, _ findings: ObjectFindings, isNewest: Bool) { (self.place, self.line, self.findings, self.isNewest) = (place, line, findings, isNewest) }

    /// - Returns: what the line has, in words.
    func run() throws -> String {
        for (record, _) in try place.checkpoints(of: line.number) { try prove(checkpoint: record) }
        let segments = try place.sizedSegments(of: line.number)
        if isNewest { scan = ArchiveScan(time: 0) }
        try prove(segments)
        if isNewest { try proveColdFiles() }
        proveBeginning(hasFirst: line.base.sequence == 0 && segments.first?.first == 1)
        let records = start.flatMap { start in end.map { "records \(start.sequence + 1) to \($0.sequence)" } } ?? "no records"
        let numbers = checkpoints.map { "\($0.mark.sequence)" }
        return "line \(line.number): \(records) in \(segments.count) segments, " + (numbers.isEmpty ? "no checkpoint" : "checkpoints of the records \(numbers.joined(separator: ", "))")
    }

    private func prove(checkpoint record: Int64) throws {
        let key = ArchiveCheckpoint.key(line.number, record)
        findings.count(key, byteCount: 0)
        guard let checkpoint = try findings.sound(key, { try place.checkpoint(line.number, record) }) else { return }
        checkpoints.append(checkpoint)
        marks[checkpoint.mark.sequence] = checkpoint.mark
        for file in checkpoint.storeFiles { try findings.prove(file, at: file.name) }
    }

    // MARK: The chain

    private func prove(_ segments: [(first: Int64, byteCount: Int64)]) throws {
        var next = 0
        while next < segments.count {
            let begin = next
            let wanted = segments[begin...].map { WantedObject(key: ArchivePlace.segmentKey(line.number, $0.first), byteCount: $0.byteCount, byteCountMax: ArchiveSegment.byteCountMax) }
            var failure: (any Error)?
            do throws(ColumnStoreError) {
                try place.objects.getEach(wanted) { number, bytes in
                    next = begin + number + 1
                    do { try take(segments[begin + number].first, bytes) } catch { failure = error }
                    return failure == nil
                }
            } catch {
                // It is the turn of the one that could not be read; those behind it are.
                guard ObjectFindings.isFault(error), next < segments.count else { throw error }
                findings.note(ArchivePlace.segmentKey(line.number, segments[next].first), error.detail)
                last = nil
                next += 1
            }
            if let failure { throw failure }
        }
    }

    private func take(_ first: Int64, _ bytes: [UInt8]) throws {
        let key = ArchivePlace.segmentKey(line.number, first)
        findings.count(key, byteCount: Int64(bytes.count))
        guard let segment = try findings.sound(key, { try place.segment(line.number, first, bytes) }) else { return last = nil }
        if let last {
            follow(segment, last.mark, key)
            if segment.before < last.through { findings.note(key, "its commits are earlier than those of the segment before it") }
        } else if start == nil {
            start = segment.previous
            if segment.previous.sequence == line.base.sequence, segment.previous != line.base { findings.note(key, "does not follow from where its line begins") }
        }
        for mark in [segment.previous] + segment.records.map(\.mark) {
            if let own = marks[mark.sequence], own != mark { findings.note(ArchiveCheckpoint.key(line.number, Int64(own.sequence)), "is of another record \(own.sequence) than \(key) has") }
        }
        last = (segment.last, segment.through)
        end = segment.last
        try look(segment, key)
    }

    /// A checkpoint ends with a commit, so that the first record behind it begins one.
    private func look(_ segment: ArchiveSegment, _ key: String) throws {
        guard var scan else { return }
        let first = checkpoints.last?.mark.sequence ?? 0
        let isSound: Void? = try findings.sound(key) { for record in segment.records where record.sequence > first { try scan.take(record) } }
        named.formUnion(scan.takeNamed())
        self.scan = isSound == nil ? nil : scan
    }

    private func proveColdFiles() throws {
        var there: Set<String> = []
        try place.objects.list(prefix: LogPlace.base) { there.insert($0.key) }
        var files = checkpoints.last?.manifest.files.filter { !CheckpointFiles.isName($0.path) } ?? []
        for case .cold(let table, let key, let byteCount, let sha256) in named {
            files.append(.init(path: "warehouse/\(table)/\(key)", name: LogPlace.coldKey(table, key), byteCount: byteCount, sha256: sha256))
        }
        for file in files where there.contains(file.name) { try findings.prove(file, at: file.name) }
    }

    private func follow(_ segment: ArchiveSegment, _ before: Mark, _ key: String) {
        guard segment.previous != before else { return }
        if segment.previous.sequence > before.sequence {
            findings.note(key, "a segment is missing before it: records \(before.sequence + 1) to \(segment.previous.sequence) are in none")
        } else {
            findings.note(key, "does not follow from the segment before it")
        }
    }

    // MARK: Its beginning and its end

    /// - Parameter hasFirst: the first record is there.
    private func proveBeginning(hasFirst: Bool) {
        let first = start?.sequence ?? line.base.sequence
        // What lies before the base is of an attempt to begin the line that came second.
        let own = checkpoints.filter { $0.mark.sequence >= line.base.sequence }
        for checkpoint in own where checkpoint.mark.sequence < first && !hasFirst {
            findings.note(checkpoint.key, "the records \(checkpoint.mark.sequence + 1) to \(first), which go on from it, are in no segment")
        }
        let last = max(end?.sequence ?? 0, line.base.sequence)
        for checkpoint in own where checkpoint.mark.sequence > last { findings.note(checkpoint.key, "is of a record that the line does not reach: it ends with record \(last)") }
        if isNewest, !hasFirst, !own.contains(where: { $0.mark.sequence >= first && $0.mark.sequence <= last }) {
            findings.note(ArchivePlace.lineKey(line.number), "has neither a whole checkpoint that its records go on from nor the first record: none of it can be restored")
        }
    }
}
