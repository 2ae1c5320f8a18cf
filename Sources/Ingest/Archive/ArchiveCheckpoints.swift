import Cluster
import ColumnStore
import Synchronization

/// Brings checkpoints of the machine that leads to the archive: one a day, or after each GiB of segments. One thread makes them; a line's first one is made by the thread that begins the line.
final class ArchiveCheckpoints: Sendable {
    struct Report: Sendable {
        var count = 0
        /// The last one's record, and the files that its catalog names and that are damaged where they lie: objects of cold tables, and files of uploads that are still to be read.
        var record = 0
        var lacking: [String: String] = [:]
        /// Of the last attempt, and of removing what the last one covers.
        var failure: String?
        var removalFailure: String?
        /// How far the clock was ahead of the place's as the last one was put, in microseconds; nil before the first since this machine leads.
        var clockAhead: Int64?
    }

    /// What the thread that makes them knows.
    private struct Known {
        var line: Int64?
        /// That the newest one of the line has; 0: it has none.
        var record = 0
        /// How far the machine's own is to go first: the one that is due has all that is archived by then.
        var wanted: Int?
        var pace = LogCheckpoint.Pace()
    }

    struct Ended: Error, CustomStringConvertible {
        var description: String { "this machine ends or leads no more, or another one waits for its checkpoint, which is sent there first" }
    }

    private let place: ArchivePlace
    private let source: any ArchiveSource
    private let clock: Clock
    private let clockAheadMax: Int64
    private let isStopping = Atomic<Bool>(false)
    private let known = Mutex(Known())
    private let state = Mutex(Report())

    /// - Parameter clockAheadMax: by how much the clock may be ahead of the place's while what checkpoints cover is removed, in microseconds.
    init(_ place: ArchivePlace, of source: any ArchiveSource, clock: Clock, clockAheadMax: Int64 = RetentionClock.aheadMax) {
        (self.place, self.source, self.clock, self.clockAheadMax) = (place, source, clock, clockAheadMax)
    }

    var report: Report { state.withLock { $0 } }

    func stop() { isStopping.store(true, ordering: .relaxed) }

    /// Nor is the machine's own checkpoint held by one that leads no more: it may need that itself.
    private var isOver: Bool { isStopping.load(ordering: .relaxed) || source.committed == nil }

    private func goOn() throws { if isOver || source.isCheckpointWanted { throw Ended() } }

    // MARK: When one is due

    /// - Parameter writer: how far the segments are.
    func round(_ writer: ArchiveWriter.Report) {
        known.withLock { known in
            // Nobody knows while this machine does not lead, and what was wrong with its own is not wrong with those of whoever does.
            guard let line = writer.line, let archived = writer.archived, writer.refusal == nil, let store = source.store else {
                state.withLock { ($0.failure, $0.removalFailure, $0.clockAhead, $0.record, $0.lacking) = (nil, nil, nil, 0, [:]) }
                return known = Known()
            }
            do {
                if known.line != line {
                    // A place that gave no answer is not asked each second.
                    guard known.pace.isDue(at: SteadyClock.seconds(), byteCount: 0, isAsked: true) else { return }
                    known = try look(line, writer, through: archived)
                }
                guard archived > known.record, !source.isCheckpointWanted, known.pace.isDue(at: SteadyClock.seconds(), byteCount: writer.byteCount, isAsked: false) else { return }
                // By itself it goes on as records come, which may take weeks: as many segments would a restore have to read.
                let wanted = known.wanted ?? archived
                known.wanted = wanted
                guard source.bringCheckpoint(through: wanted) else { return }
                // Asked before the checkpoint is: it is read as a whole each time, and one that is beyond the archive is of no use until that has come after it.
                guard source.checkpointRecord > known.record, source.checkpointRecord <= archived else { return }
                guard let made = try make(line, behind: known.record, through: archived, store) else { return known.pace.failed(at: SteadyClock.seconds()) }
                (known.record, known.wanted) = (made.mark.sequence, nil)
                known.pace.made(at: SteadyClock.seconds(), byteCount: writer.byteCount)
                let isWhole = state.withLock { state in
                    state.failure = nil
                    return state.lacking.isEmpty
                }
                // Where a file is damaged, what is from before is all that can be restored: it stays until that is mended.
                if isWhole { removeCovered(line, by: made.key) }
            } catch is Ended {
                // It stops, or leads no more.
            } catch {
                known.pace.failed(at: SteadyClock.seconds())
                // The segment that tells its time is damaged: of a later record it can be made, and behind that segment nothing can be restored before it is.
                if let error = error as? ColumnStoreError, ObjectFindings.isDamage(error) { known.wanted = nil }
                let isNew = state.withLock { state in
                    defer { state.failure = "\(error)" }
                    return state.failure == nil
                }
                if isNew { StoreLog.note("no checkpoint of the archive could be made; it is tried again", path: place.url, reason: "\(error)", level: .warning) }
            }
        }
    }

    /// A leader that begins makes none because it has begun.
    ///
    /// - Parameter archived: the last record that is there. What has the name of a later one is none that a leader has made: it keeps no checkpoint from being made.
    private func look(_ line: Int64, _ writer: ArchiveWriter.Report, through archived: Int) throws -> Known {
        var known = Known(line: line)
        let all = try place.checkpoints(of: line)
        let newest = all.last { $0.record <= Int64(archived) }
        if let beyond = all.last, beyond.record > Int64(archived) {
            StoreLog.note(
                "a checkpoint of the archive has the name of a record that is not there, and is passed over", path: place.name(ArchiveCheckpoint.key(line, beyond.record)),
                reason: "line \(line) ends with record \(archived)", level: .warning)
        }
        known.record = newest.map { Int(clamping: $0.record) } ?? 0
        let made = try newest?.modifiedMilliseconds.multipliedSaturating(by: 1_000) ?? place.line(line)?.begun ?? clock.now()
        known.pace.made(at: SteadyClock.seconds() - max(0, Double(clock.now().subtractingSaturating(made)) / 1e6), byteCount: writer.byteCount)
        return known
    }

    /// - Returns: nil where the machine's own is not between the two records.
    private func make(_ line: Int64, behind record: Int, through archived: Int, _ store: StoreIdentity) throws -> ArchiveCheckpoint? {
        var made: ArchiveCheckpoint?
        _ = try source.checkpoint(unless: { isOver }) { folder, files, mark in
            // Of this line: its segments tell the time.
            guard mark.sequence > record, mark.sequence <= archived, let first = try place.segments(of: line).last(where: { $0 <= Int64(mark.sequence) }) else { return }
            made = try put(folder, files, mark, line: line, at: place.segment(line, first).through, store)
        }
        return made
    }

    /// What it leaves costs room and nothing else.
    ///
    /// - Parameters:
    ///   - line: to which this machine writes.
    ///   - key: of the checkpoint that was put just now.
    private func removeCovered(_ line: Int64, by key: String) {
        do {
            if let newest = try place.lines().last, newest.number != line {
                // Who was overtaken ends within seconds. One that leads on is not the only one.
                throw ColumnStoreError(
                    .conflict, path: place.name(ArchivePlace.lineKey(newest.number)),
                    "was begun by another while this machine writes to line \(line): another cluster keeps a copy of this store, and each needs a log.url of its own")
            }
            let ahead = try RetentionClock.ahead(of: key, in: place.objects, now: clock.now())
            state.withLock { $0.clockAhead = ahead }
            guard ahead <= clockAheadMax else { throw RetentionClock.Ahead(ahead: ahead) }
            try ArchiveRetention(place: place, now: clock.now()).run()
            state.withLock { $0.removalFailure = nil }
        } catch {
            state.withLock { $0.removalFailure = "\(error)" }
            StoreLog.note("what checkpoints of the archive cover could not be removed; the next one tries again", path: place.url, reason: "\(error)", level: .warning)
        }
    }

    // MARK: One

    /// Brings its files, those of cold tables that its catalog names and that are not there, and then the object that says so.
    ///
    /// - Parameters:
    ///   - folder: of the files, which stay as they are meanwhile.
    ///   - at: not before the last commit that it has.
    func put(_ folder: String, _ files: [CheckpointFiles.File], _ mark: Mark, line: Int64, at: Int64, _ store: StoreIdentity) throws -> ArchiveCheckpoint {
        var manifest = BackupManifest(number: 1, store: store.text, madeAt: at, warehouse: "")
        let own = try LocalStorageFactory.files(folder)
        var present = try sizes(below: "\(ArchivePlace.folder(of: line))files/")
        var lacking: [String: String] = [:]
        var unread = Dictionary(try ArchiveCatalog.unreadUploads("\(folder)/catalog.sqlite").map { ("uploads/\($0.id)", $0) }, uniquingKeysWith: { first, _ in first })
        for file in files {
            try goOn()
            let digest = try own.digest(of: file.name)
            // It is taken as it is, and begins no restore that would read it (`ArchiveRestore`): those before it do, and the records behind them.
            if let upload = unread.removeValue(forKey: file.name), let fault = upload.fault(ofByteCount: digest.byteCount) ?? upload.fault(ofHash: digest.sha256) {
                lacking["\(folder)/\(file.name)"] = fault
            }
            let key = ArchivePlace.fileKey(line, digest.sha256)
            // By its hash: what an earlier checkpoint has brought is the same, as of a day that has not changed since.
            if present[key] != digest.byteCount {
                try FileCopy.copy(file.name, from: own, to: place.objects, as: key, byteCount: digest.byteCount, sha256: digest.sha256, beforeEachPiece: goOn)
                present[key] = digest.byteCount
            }
            manifest.files.append(.init(path: file.name, name: key, byteCount: digest.byteCount, sha256: digest.sha256))
        }
        for name in unread.keys { lacking["\(folder)/\(name)"] = "is missing, and was not read to its end" }
        let carried = try sizes(below: LogPlace.base)
        for case .cold(let table, let key, let byteCount, let sha256) in try ArchiveCatalog.coldFiles("\(folder)/catalog.sqlite") {
            try goOn()
            let path = "warehouse/\(table)/\(key)"
            // One that is there no more a later record has ended: instants between the two are restored without it, or not at all, and it is named then. So is one that is damaged.
            var isThere = carried[LogPlace.base + path] == byteCount
            if !isThere {
                do { isThere = try LogCarrier.bring(key, of: table, byteCount: byteCount, sha256: sha256, from: source.cold(table), to: place.place, beforeEachPiece: goOn) } catch let damaged as LogCarrier.Damaged {
                    lacking[damaged.path] = damaged.reason
                }
            }
            if isThere { try place.checkCold(table, key, byteCount: byteCount, sha256: sha256) }
            manifest.files.append(.init(path: path, name: LogPlace.base + path, byteCount: byteCount, sha256: sha256))
        }
        let checkpoint = ArchiveCheckpoint(line: line, mark: mark, at: at, manifest: manifest)
        try place.objects.put(checkpoint.key, checkpoint.bytes)
        let missed = lacking
        state.withLock { report in
            report.count += 1
            (report.record, report.lacking) = (mark.sequence, missed)
        }
        return checkpoint
    }

    private func sizes(below prefix: String) throws(ColumnStoreError) -> [String: Int64] {
        var sizes: [String: Int64] = [:]
        try place.objects.list(prefix: prefix) { sizes[$0.key] = $0.byteCount }
        return sizes
    }
}
