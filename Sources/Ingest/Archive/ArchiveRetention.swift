import Cluster
import ColumnStore

/// Removes what no instant that can be restored needs: a day after a checkpoint has come that covers it, as `LogRetention` does for the log of a single server.
///
/// 1. Only lines that were begun a day ago cover: instants before a line's beginning are the earlier ones' to tell. Of the newest such line the newest checkpoint that is a day old is the oldest one kept.
/// 2. Segments go whose records that checkpoint has, and earlier lines whole. Without such a checkpoint everything stays.
/// 3. Files go that no kept checkpoint lists and that came before it, less a margin: what came after may be named by a record alone.
///
/// Run by the thread that archives, after each checkpoint; it trusts times that the place itself gives its objects. Two leaders at once remove the same.
struct ArchiveRetention {
    let place: ArchivePlace
    /// Microseconds since 1970.
    let now: Int64

    /// A file may have come a while before the record that names it was sent.
    private static let marginMilliseconds: Int64 = 3_600_000

    /// - Throws: what the place throws; what was removed by then stays removed, and the next run goes on.
    func run() throws {
        let before = now.subtractingSaturating(LogKeeper.keptMicroseconds)
        let lines = try place.lines()
        guard let place = lines.lastIndex(where: { $0.begun <= before }) else { return }
        let line = lines[place]
        var checkpoints: [ArchiveCheckpoint] = []
        for (record, _) in try self.place.checkpoints(of: line.number) { checkpoints.append(try self.place.checkpoint(line.number, record)) }
        guard let oldest = checkpoints.lastIndex(where: { $0.at <= before }) else { return }
        // Of later lines, too: they share the files of cold tables.
        var kept = Array(checkpoints[oldest...])
        for later in lines[(place + 1)...] { for (record, _) in try self.place.checkpoints(of: later.number) { kept.append(try self.place.checkpoint(later.number, record)) } }
        // Checkpoints first: who finds one finds what it needs. What is left where a run is cut off the next one finds by its own name.
        for checkpoint in checkpoints[..<oldest] { try delete(checkpoint.key, "a later checkpoint of the archive covers what it covered, for a day") }
        for earlier in lines[..<place] { try remove(earlier) }
        try removeSegments(of: line, through: Int64(checkpoints[oldest].mark.sequence))
        let names = Set(kept.flatMap { $0.manifest.files.map(\.name) })
        let milliseconds = checkpoints[oldest].at / 1_000 - Self.marginMilliseconds
        for prefix in ["\(ArchivePlace.folder(of: line.number))files/", LogPlace.base] { try removeFiles(below: prefix, except: names, before: milliseconds) }
    }

    private func delete(_ key: String, _ why: String) throws { try place.objects.delete(key, .named(why)) }

    /// The end of a segment is where the next one begins, so that the last one stays.
    private func removeSegments(of line: ArchiveLine, through record: Int64) throws {
        let firsts = try place.segments(of: line.number)
        for (first, next) in zip(firsts, firsts.dropFirst()) where next <= record.addingSaturating(1) {
            try delete(ArchivePlace.segmentKey(line.number, first), "a checkpoint of the archive covers it, for a day")
        }
    }

    private func removeFiles(below prefix: String, except kept: Set<String>, before milliseconds: Int64) throws {
        var gone: [String] = []
        try place.objects.list(prefix: prefix) { if $0.modifiedMilliseconds < milliseconds, !kept.contains($0.key) { gone.append($0.key) } }
        for key in gone { try delete(key, "no checkpoint of the archive that is kept, and no record after it, needs it") }
    }

    /// A whole line; the object that names it goes last, so that a run that is cut off is gone on with.
    private func remove(_ line: ArchiveLine) throws {
        let folder = ArchivePlace.folder(of: line.number)
        for part in ["checkpoints/", "segments/", "files/"] {
            var keys: [String] = []
            try place.objects.list(prefix: folder + part) { keys.append($0.key) }
            for key in keys { try delete(key, "a later line of the archive tells all instants of a day") }
        }
        try delete(ArchivePlace.lineKey(line.number), "a later line of the archive tells all instants of a day")
    }
}
