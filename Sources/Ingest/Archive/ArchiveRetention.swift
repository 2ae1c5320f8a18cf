import Cluster
import ColumnStore

/// Removes what no instant that can be restored needs: a day after a checkpoint has come that covers it, as `LogRetention` does for the log of a single server.
///
/// 1. Only lines that were begun a day ago cover: instants before a line's beginning are the earlier ones' to tell. Of the newest such line the newest checkpoint that is a day old, and whole, is the oldest one kept.
///    Both are a day old by their own word, and by the place's clock: that of whoever put them may have been behind.
/// 2. Segments go whose records that checkpoint has, and earlier lines whole. Without such a checkpoint everything stays.
/// 3. Nothing goes where somebody still writes to an earlier line: a copy of this store is kept by another cluster, which archives to the same place by mistake.
/// 4. Files go that no kept checkpoint lists and that came before it, less a margin: what came after may be named by a record alone.
/// 5. A checkpoint that is damaged covers nothing, and is covered as any other. Until it is, files stay: what it lists nobody knows.
/// 6. What was in the making for a day goes.
/// 7. So does what has come to a line after it went, once it is a day old: a leader that was overtaken and stood still may put one object more, and an attempt to begin a line that was cut off leaves files.
///
/// Run by the thread of checkpoints, after each; it trusts times that the place itself gives its objects. Two leaders at once remove the same.
struct ArchiveRetention {
    let place: ArchivePlace
    /// Microseconds since 1970.
    let now: Int64

    /// - Throws: what the place throws; what was removed by then stays removed, and the next run goes on.
    func run() throws {
        let before = now.subtractingSaturating(LogKeeper.keptMicroseconds)
        let lines = try place.lines()
        // Those of files go as all does that no checkpoint lists.
        try LogRetention.removeUnfinished(
            of: place.place, below: ["\(ArchivePlace.storeKey).", ArchivePlace.lineFolder] + lines.flatMap { line in ["segments/", "checkpoints/", "\(ArchivePlace.untilName)."].map { ArchivePlace.folder(of: line.number) + $0 } }, now: now)
        let came = try lineTimes()
        guard let index = lines.lastIndex(where: { $0.begun <= before && isOld(came[ArchivePlace.lineKey($0.number)]) }) else {
            if let untold = lines.last(where: { $0.begun <= before && (came[ArchivePlace.lineKey($0.number)] ?? 0) <= 0 }) { throw Self.untold(place.name(ArchivePlace.lineKey(untold.number))) }
            return
        }
        let line = lines[index]
        // What lies before its base no segment goes on from.
        let (checkpoints, damaged, old, unknown) = try read(line, from: Int64(line.base.sequence))
        // One that lacks a file begins no restore: an older one does.
        var sizes: [String: Int64] = [:]
        try place.objects.list(prefix: "\(ArchivePlace.folder(of: line.number))files/") { sizes[$0.key] = $0.byteCount }
        let covering = checkpoints.lastIndex { checkpoint in
            checkpoint.at <= before && old.contains(checkpoint.mark.sequence) && checkpoint.storeFiles.allSatisfy { sizes[$0.name] == $0.byteCount }
        }
        guard let oldest = covering else {
            if let untold = checkpoints.first(where: { $0.at <= before && unknown.contains($0.mark.sequence) }) { throw Self.untold(place.name(untold.key)) }
            return
        }
        for earlier in lines[..<index] { try checkAtRest(earlier, since: line) }
        let first = Int64(checkpoints[oldest].mark.sequence)
        // Of later lines, too: they share the files of cold tables.
        var kept = Array(checkpoints[oldest...])
        var hasDamage = damaged.contains { $0 > first }
        for later in lines[(index + 1)...] {
            let (further, alsoDamaged, _, _) = try read(later, from: 1)
            kept += further
            hasDamage = hasDamage || !alsoDamaged.isEmpty
        }
        // Checkpoints first: who finds one finds what it needs. What is left where a run is cut off the next one finds by its own name.
        for key in checkpoints[..<oldest].map(\.key) + damaged.filter({ $0 < first }).map({ ArchiveCheckpoint.key(line.number, $0) }) {
            try delete(key, "a later checkpoint of the archive covers what it covered, for a day")
        }
        for earlier in lines[..<index] { try remove(earlier) }
        try removeRemains(before: line, except: lines[..<index].map(\.number), before / 1_000)
        try removeSegments(of: line, through: first)
        guard !hasDamage else { return }
        let names = Set(kept.flatMap { $0.manifest.files.map(\.name) })
        for prefix in ["\(ArchivePlace.folder(of: line.number))files/", LogPlace.base] {
            try LogRetention.removeFiles(
                of: place.place, below: prefix, except: names, since: checkpoints[oldest].at, .named("no checkpoint of the archive that is kept, and no record after it, needs it"))
        }
    }

    /// When the objects of lines came, in milliseconds since 1970, by the place's own clock.
    private func lineTimes() throws(ColumnStoreError) -> [String: Int64] {
        var times: [String: Int64] = [:]
        try place.objects.list(prefix: ArchivePlace.lineFolder) { times[$0.key] = $0.modifiedMilliseconds }
        return times
    }

    /// Whether an object came a day ago, by the place's own clock; 0: the place gives no time that can be read.
    private func isOld(_ modifiedMilliseconds: Int64?) -> Bool {
        guard let came = modifiedMilliseconds, came > 0 else { return false }
        return came <= now.subtractingSaturating(LogKeeper.keptMicroseconds) / 1_000
    }

    /// A line's checkpoints from a record on, ascending, the records of those that are not as they were put, each of which is logged, of those that came a day ago, and of those whose time the place does not tell.
    private func read(_ line: ArchiveLine, from record: Int64) throws -> (whole: [ArchiveCheckpoint], damaged: [Int64], old: Set<Int>, unknown: Set<Int>) {
        var (whole, damaged, old, unknown): ([ArchiveCheckpoint], [Int64], Set<Int>, Set<Int>) = ([], [], [], [])
        for (number, modifiedMilliseconds) in try place.checkpoints(of: line.number) where number >= record {
            if isOld(modifiedMilliseconds) { old.insert(Int(clamping: number)) }
            if modifiedMilliseconds <= 0 { unknown.insert(Int(clamping: number)) }
            do { whole.append(try place.checkpoint(line.number, number)) } catch let error as ColumnStoreError where ObjectFindings.isFault(error) {
                damaged.append(number)
                StoreLog.note(
                    "a checkpoint of the archive is damaged: files that no other needs stay until a later one has covered it for a day", path: place.name(ArchiveCheckpoint.key(line.number, number)), reason: "\(error)", level: .warning)
            }
        }
        return (whole, damaged, old, unknown)
    }

    /// Of what is old by its own word, which a clock may have given that was behind.
    private static func untold(_ name: String) -> ColumnStoreError {
        ColumnStoreError(.unavailable, path: name, "the place does not say when it came: whether it covers a day nobody knows, and nothing is removed")
    }

    /// A leader that was overtaken, and does not know it, ends within seconds.
    private func checkAtRest(_ earlier: ArchiveLine, since line: ArchiveLine) throws {
        let last = try place.times(of: earlier.number).last
        guard try last > place.times(of: line.number).begun.addingSaturating(LogRetention.marginMilliseconds) else { return }
        guard last < .max else {
            throw ColumnStoreError(.unavailable, path: place.name(ArchivePlace.lineKey(earlier.number)), "the place does not say when the segments of line \(earlier.number) came: whether that is written still nobody knows")
        }
        throw ColumnStoreError(
            .conflict, path: place.name(ArchivePlace.lineKey(earlier.number)),
            "line \(earlier.number) of the archive is written still, though line \(line.number) was begun after it: another cluster keeps a copy of this store, and each needs a log.url of its own")
    }

    private func delete(_ key: String, _ why: String) throws { try place.objects.delete(key, .named(why)) }

    /// The end of a segment is where the next one begins, so that the last one stays.
    private func removeSegments(of line: ArchiveLine, through record: Int64) throws {
        let firsts = try place.segments(of: line.number)
        for (first, next) in zip(firsts, firsts.dropFirst()) where next <= record.addingSaturating(1) {
            try delete(ArchivePlace.segmentKey(line.number, first), "a checkpoint of the archive covers it, for a day")
        }
    }

    /// What lies in folders of lines that are no more, or never were, before one that tells all instants of a day: nobody reads it.
    ///
    /// - Parameters:
    ///   - gone: lines that this run has removed whole.
    ///   - instant: what came later stays, in milliseconds since 1970, by the place's own clock.
    /// - Complexity: a listing of all lines' objects.
    private func removeRemains(before line: ArchiveLine, except gone: [Int64], _ instant: Int64) throws {
        var keys: [String] = []
        try place.objects.list(prefix: ArchivePlace.ownPrefix) { object in
            guard let number = ArchivePlace.line(ofKey: object.key), number < line.number, !gone.contains(number) else { return }
            // 0: the place gives no time that can be read.
            if object.modifiedMilliseconds > 0, object.modifiedMilliseconds < instant { keys.append(object.key) }
        }
        for key in keys { try delete(key, "it came to a line of the archive that is no more, and a later one tells all instants of a day") }
    }

    /// A whole line; the object that names it goes last, so that a run that is cut off is gone on with.
    private func remove(_ line: ArchiveLine) throws {
        let folder = ArchivePlace.folder(of: line.number)
        for part in ["checkpoints/", ArchivePlace.untilName, "segments/", "files/"] {
            var keys: [String] = []
            try place.objects.list(prefix: folder + part) { keys.append($0.key) }
            for key in keys { try delete(key, "a later line of the archive tells all instants of a day") }
        }
        try delete(ArchivePlace.lineKey(line.number), "a later line of the archive tells all instants of a day")
    }
}
