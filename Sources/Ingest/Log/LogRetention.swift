import ColumnStore

/// Removes what no instant that can be restored needs: a day after a checkpoint has come that covers it.
///
/// 1. The newest checkpoint that is a day old, and whole, is the oldest one kept: every instant of the last day lies at or behind a kept one.
/// 2. Segments go whose records that checkpoint has (`last <= from`), and whole epochs before its own, also those that no checkpoint is left of, or that
///    never had one.
/// 3. Files go that no kept checkpoint lists and that came before it, less a margin: what came after may be named by a record alone.
/// 4. A checkpoint that is damaged covers nothing, and is covered as any other. Until it is, files stay: what it lists nobody knows.
/// 5. What was in the making for a day goes.
///
/// Run by the thread of checkpoints, after each; it trusts times that the place itself gives its objects.
struct LogRetention {
    let place: LogPlace
    /// Microseconds since 1970.
    let now: Int64
    /// What this process has joined itself is not read again, part by part: of twenty segments a second those are hours. nil: nothing.
    var merger: LogMerger?

    /// Of times that two machines give.
    static let marginMilliseconds: Int64 = 3_600_000
    /// A file may have come long before the commit that names it: those of a large import are brought one after the other, for hours. And the time of a checkpoint may be ahead of the place's
    /// (`RetentionClock`).
    private static let fileMarginMilliseconds: Int64 = 86_400_000

    /// - Throws: what the place throws; what was removed by then stays removed, and the next run goes on.
    func run() throws {
        try removeMerged()
        try removeCovered()
        // Those below `base/` and `uploads/` go as all does that no checkpoint lists.
        try Self.removeUnfinished(of: place, below: ["\(LogHead.key).", LogHead.ended, LogCheckpoint.folder, "log/"], now: now)
    }

    /// Objects in the making that processes have left which were killed: in a directory they are files of their own, which nobody ever reads. What is written still is younger than a day.
    ///
    /// - Parameter now: microseconds since 1970.
    /// - Throws: what the place throws.
    static func removeUnfinished(of place: LogPlace, below prefixes: [String], now: Int64) throws {
        guard place.isDirectory else { return }
        let before = now.subtractingSaturating(LogKeeper.keptMicroseconds) / 1_000
        var gone: [String] = []
        for prefix in prefixes {
            try place.objects.list(prefix: prefix) { if LogPlace.isUnfinished($0.key), $0.modifiedMilliseconds > 0, $0.modifiedMilliseconds < before { gone.append($0.key) } }
        }
        for key in gone { try place.objects.delete(key, .named("whoever was making it has ended, and nobody reads it")) }
    }

    /// Segments that lie within others, a day after these have come: whoever began to read may want them until then.
    private func removeMerged() throws {
        guard let head = try place.head()?.head else { return }
        // The segment that those which follow in the list may lie within, and its records' hashes once it was read and found to be sound: before that nothing
        // is removed for it.
        var whole: (name: LogPlace.SegmentName, hashes: [[UInt8]]?)?
        let before = (now - LogKeeper.keptMicroseconds) / 1_000
        // A larger one of those that begin alike comes first.
        let all = try place.segments(of: head.epoch)
        for name in all {
            guard let larger = whole, name.last <= larger.name.last else {
                whole = (name, nil)
                continue
            }
            guard let came = larger.name.modifiedMilliseconds, came > 0, came < before else { continue }
            do {
                let hashes = try larger.hashes ?? prove(larger.name, among: all, head)
                whole = (larger.name, hashes)
                // Each of a writer's records has the hash of those before it: where the last one is the same, all are. Of two writers in one epoch either may
                // have sent what goes on from its own.
                let isOwn = merger?.hasJoined(name, into: larger.name, endingWith: hashes.last) ?? false
                guard try isOwn || records(name).last?.hash == hashes[Int(name.last - larger.name.first)] else {
                    throw ColumnStoreError(.corruptFile, path: name.key, "has other records than \(larger.name.key), which goes further: two writers have sent to this log, or one of the two is damaged")
                }
            } catch let error as ColumnStoreError where ObjectFindings.isDamage(error) {
                let isProven = whole?.hashes != nil
                StoreLog.note("a segment of the log is damaged: \(isProven ? "it stays" : "those that were merged into it stay")", path: "\(place.url)/\((isProven ? name : larger.name).key)", reason: "\(error)", level: .warning)
                if !isProven { whole = (name, nil) }
                continue
            }
            try place.objects.delete(name.key, .named("\(larger.name.key) has its records, for a day"))
        }
    }

    /// - Parameter all: of its epoch, in their order.
    /// - Returns: its records' hashes.
    /// - Throws: `.corruptFile`, also where it has other records than its name says: nobody reads those in place of others. And where what lies behind it, or the head, does not go on from it: two
    ///   writers of one epoch, as a store and a copy of it for a moment, may both have sent records of the same numbers, and those that count may be the ones that lie within it.
    private func prove(_ name: LogPlace.SegmentName, among all: [LogPlace.SegmentName], _ head: LogHead) throws -> [[UInt8]] {
        let records = try records(name)
        guard records.first?.epoch == name.epoch, records.first?.sequence == name.first, records.last?.sequence == name.last, Int64(records.count) == name.last - name.first + 1 else {
            throw ColumnStoreError(.corruptFile, path: name.key, "has other records than its name says")
        }
        // Of those that begin alike the smallest, which stands last.
        let index = all.partitioningIndex { $0.first > name.last + 1 } - 1
        let goesOn: Bool
        if index >= 0, all[index].first == name.last + 1 {
            goesOn = try self.records(all[index]).first?.previous == records.last?.hash
        } else {
            goesOn = head.last == name.last && head.hash == records.last?.hash
        }
        guard goesOn else { throw ColumnStoreError(.corruptFile, path: name.key, "is not what the log goes on from: it is another writer's, or damaged") }
        return records.map(\.hash)
    }

    private func records(_ name: LogPlace.SegmentName) throws -> [LogRecord] {
        try LogSegment(parsing: try place.objects.get(name.key, byteCountMax: LogSegment.byteCountMax), path: name.key).records
    }

    /// Checkpoints go first: who finds one finds what it needs. What is left where a run is cut off the next one finds by its own name.
    ///
    /// - Complexity: a listing of all segments, and of all files below `base/` and `uploads/`, the first of these twice.
    private func removeCovered() throws {
        var damaged: [String] = []
        let all = try place.checkpoints { key, error in
            damaged.append(key)
            StoreLog.note("a checkpoint of the log is damaged: files that no other needs stay until a later one has covered it for a day", path: "\(place.url)/\(key)", reason: "\(error)", level: .warning)
        }.sorted { ($0.epoch, Self.time(of: $0)) < ($1.epoch, Self.time(of: $1)) }
        // The newest one that is old enough, and all after it. One that lacks a file begins no restore: an older one does.
        let old = all.filter { Self.time(of: $0) <= now - LogKeeper.keptMicroseconds }
        let lacking = try lacking(old)
        guard let oldest = all.lastIndex(where: { checkpoint in
            Self.time(of: checkpoint) <= now - LogKeeper.keptMicroseconds && checkpoint.manifest.files.allSatisfy { !lacking.contains($0.name) }
        }) else { return }
        let kept = all[oldest...]
        let first = all[oldest]
        for checkpoint in kept where Self.time(of: checkpoint) > now.addingSaturating(Self.marginMilliseconds * 1_000) {
            StoreLog.note(
                "a checkpoint of the log has a time that is still to come: what it goes on with stays until a day after it", path: "\(place.url)/\(checkpoint.key)",
                reason: "\(InstantText.text(Self.time(of: checkpoint))): it is damaged, or the clock was ahead as it was made", level: .warning)
        }
        // What any of those that are kept goes on with stays, whatever their times say.
        let from = kept.reduce(first.from) { $1.epoch == first.epoch ? min($0, $1.from) : $0 }
        for checkpoint in all[..<oldest] { try place.objects.delete(checkpoint.key, .named("a later checkpoint covers what it covered, for a day")) }
        // Their names tell which those are that are covered.
        let covered = damaged.filter { key in LogCheckpoint.end(ofKey: key).map { $0.epoch < first.epoch || $0.epoch == first.epoch && $0.to < first.to } ?? false }
        for key in covered { try place.objects.delete(key, .named("a later checkpoint covers what it covered, for a day")) }
        var strangers: [String] = []
        let segments = try place.segments { strangers.append($0) }
        if let stranger = strangers.min() {
            StoreLog.note(
                "an object has a name that no segment of the log has, and is passed over", path: "\(place.url)/\(stranger)",
                reason: "there are \(strangers.count): whoever put them there may take them away", level: .warning)
        }
        for segment in segments where segment.epoch < first.epoch || segment.epoch == first.epoch && segment.last <= from {
            try place.objects.delete(segment.key, .named("a checkpoint covers it, for a day"))
        }
        guard covered.count == damaged.count else { return }
        let needed = Set(kept.flatMap { $0.manifest.files.map { LogPlace.base + $0.name } } + [LogPlace.base + BackupManifest.key])
        for prefix in [LogPlace.base, "uploads/"] {
            try Self.removeFiles(of: place, below: prefix, except: needed, since: min(first.at, first.manifest.madeAt), .named("no checkpoint that is kept, and no record after it, needs it"))
        }
    }

    /// Names of files that checkpoints list, and that are not there in their size.
    private func lacking(_ checkpoints: [LogCheckpoint]) throws -> Set<String> {
        var wanted: [String: Int64] = [:]
        for checkpoint in checkpoints { for file in checkpoint.manifest.files { wanted[file.name] = file.byteCount } }
        guard !wanted.isEmpty else { return [] }
        try place.objects.list(prefix: LogPlace.base) { object in
            let name = String(object.key.dropFirst(LogPlace.base.utf8.count))
            if wanted[name] == object.byteCount { wanted[name] = nil }
        }
        return Set(wanted.keys)
    }

    /// When a checkpoint was made, or later. No hash covers its own time where an earlier version has made it, as one does its manifest's: a digit that is wrong makes none old that is not, and the earlier of the two is before what came since.
    private static func time(of checkpoint: LogCheckpoint) -> Int64 { max(checkpoint.at, checkpoint.manifest.madeAt) }

    /// Files that came before a checkpoint, less a margin, by the place's own clock. What came after may be named by a record alone.
    ///
    /// - Parameters:
    ///   - needed: keys that stay.
    ///   - at: of the oldest checkpoint that is kept, in microseconds since 1970.
    /// - Throws: what the place throws.
    /// - Complexity: a listing of what lies below `prefix`.
    static func removeFiles(of place: LogPlace, below prefix: String, except needed: Set<String>, since at: Int64, _ proof: RemovalProof) throws {
        // Milliseconds, as the place gives them.
        let before = (at / 1_000).subtractingSaturating(fileMarginMilliseconds)
        var gone: [String] = []
        // 0: the place gives no time that can be read.
        try place.objects.list(prefix: prefix) { if $0.modifiedMilliseconds > 0, $0.modifiedMilliseconds < before, !needed.contains($0.key) { gone.append($0.key) } }
        for key in gone { try place.objects.delete(key, proof) }
    }
}
