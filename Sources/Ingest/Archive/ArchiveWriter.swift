import Cluster
import ColumnStore
import Synchronization

/// Brings the records that count from the machine that leads to the archive. One thread works on it; any may ask how far it is.
///
/// 1. A segment's name is the record that it begins with, and it is put where none is, behind the last one that is there: so each line is one chain, whoever puts its links.
/// 2. What a segment's commits name of cold tables lies there before it.
/// 3. A name that is taken is another leader's segment, or one of this one's whose answer was lost: it is read, and the chain goes on behind it.
/// 4. A line that cannot be gone on with is left as it is, and another one begins: with record 1, or behind a checkpoint.
package final class ArchiveWriter: Sendable {
    /// How far it is, for others.
    package struct Report: Sendable {
        /// The last record that is there; nil while that is not known.
        package var archived: Int?
        /// The last one up to which all that changes something is there.
        package var complete: Int?
        /// When all that counted was there last, in microseconds since 1970.
        package var completeAt: Int64
        package var segmentCount = 0
        package var byteCount: Int64 = 0
        package var line: Int64?
        /// Why the last round came to nothing.
        package var failure: String?
        /// Why nothing is archived any more.
        package var refusal: String?
        /// Objects of cold tables that are damaged where they lie, without which records were archived: by their places, each with the last of those records.
        var lacking: [String: (record: Int, reason: String)] = [:]
        /// A line was begun since the start where another could not be gone on with, and when, in microseconds since 1970.
        var gap: (reason: String, at: Int64)?
        /// How far the clock was ahead of the place's as the first segment was put since this machine leads, in microseconds; nil before it.
        var clockAhead: Int64?
        /// How far it is behind the last commit that is there, where a pair at rest could not say for that reason that it tells all up to now; microseconds.
        var clockBehind: Int64?
        /// Why it could not be said up to when all is there.
        var untilFailure: String?
    }

    /// What the thread that works keeps between two rounds.
    private struct Work {
        var line: ArchiveLine?
        /// The last record that is there, and the scan of all up to it.
        var last = Mark.start
        var sent = ArchiveScan(time: 0)
        /// Known to be there.
        var carried: Set<NamedFile> = []
        /// When something was put last by which others know up to when the line tells all, by the clock.
        var toldAt: Int64 = 0
    }

    private typealias Ended = ArchiveCheckpoints.Ended

    private let place: ArchivePlace
    private let source: any ArchiveSource
    private let clock: Clock
    private let segmentByteCount: Int
    private let clockAheadMax: Int64
    private let checkpoints: ArchiveCheckpoints
    private let isStopping = Atomic<Bool>(false)
    private let work = Mutex(Work())
    private let state: Mutex<Report>

    /// Within one commit that is larger than a segment.
    private static let partsFactor = 8
    private static let batchCount = 64
    /// Of records that change nothing: so many make a segment of their own.
    private static let idleCountMax = 4_096
    private static let carriedCountMax = 10_000
    /// A pair at rest says so often that its archive tells all: some cents a month in a bucket.
    static let untilMicroseconds: Int64 = 60_000_000
    /// What another machine has under way for longer was acknowledged to nobody: whoever leads without proof for so long leads no more. And so much a clock may be behind that of another machine.
    /// What this one has under way may take longer: its proof goes on where its commits do not (`isUnderWay`).
    static let underWayMicroseconds = Int64(Times.proofMilliseconds) * 1_000
    /// At the archive's end, before a round comes to nothing.
    private static let lookCountMax = 4

    /// - Parameter segmentByteCount: of records; a segment may have more by one commit.
    package convenience init(_ place: ArchivePlace, of source: any ArchiveSource, clock: Clock, segmentByteCount: Int = 8 << 20) {
        self.init(place, of: source, clock: clock, segmentByteCount: segmentByteCount, clockAheadMax: RetentionClock.aheadMax)
    }

    /// - Parameter clockAheadMax: as that of `ArchiveCheckpoints`.
    init(_ place: ArchivePlace, of source: any ArchiveSource, clock: Clock, segmentByteCount: Int, clockAheadMax: Int64) {
        (self.place, self.source, self.clock, self.segmentByteCount) = (place, source, clock, segmentByteCount)
        self.clockAheadMax = clockAheadMax
        checkpoints = ArchiveCheckpoints(place, of: source, clock: clock, clockAheadMax: clockAheadMax)
        state = Mutex(Report(completeAt: clock.now()))
    }

    package var report: Report { state.withLock { $0 } }

    /// The rounds in hand end as soon as they can.
    package func stop() {
        isStopping.store(true, ordering: .relaxed)
        checkpoints.stop()
    }

    /// Makes a checkpoint where one is due, and removes what it covers. On another thread than `round`, since it may take hours.
    package func checkpointRound() { checkpoints.round(report) }

    package var checkpointCount: Int { checkpoints.report.count }
    /// How far the clock was ahead of the place's as the last checkpoint was put, or, before there is one, the first segment; since this machine leads.
    package var clockAheadSeconds: Double { Double(checkpoints.report.clockAhead ?? report.clockAhead ?? 0) / 1e6 }

    private var isOver: Bool { isStopping.load(ordering: .relaxed) || source.committed == nil }

    private func goOn() throws { if isOver { throw Ended() } }

    // MARK: A round

    /// Sends all that counts by now, as far as commits are whole.
    ///
    /// - Returns: whether all of it is there.
    @discardableResult
    package func round() -> Bool {
        work.withLock { work in
            guard state.withLock({ $0.refusal == nil }) else { return false }
            // Before it is asked what counts: all that was acknowledged by then is among that.
            let asked = clock.now()
            // Before, too: what was under way, and counts by then, is among that.
            let isUnderWay = source.isUnderWay
            // A leader that begins looks at what another has put meanwhile.
            guard let committed = source.committed, let store = source.store else {
                work.line = nil
                state.withLock { ($0.archived, $0.complete, $0.completeAt, $0.failure, $0.clockAhead, $0.lacking) = (nil, nil, clock.now(), nil, nil, [:]) }
                state.withLock { ($0.clockBehind, $0.untilFailure) = (nil, nil) }
                return false
            }
            let now = clock.now()
            do {
                if work.line == nil { try begin(store, &work) }
                try send(through: committed.sequence, &work)
                state.withLock { ($0.failure, $0.completeAt) = (nil, now) }
                rest(asked, through: committed.sequence, isUnderWay: isUnderWay, &work)
                return true
            } catch is Ended {
                // It stops, or leads no more.
            } catch where error is ArchivePlace.OtherStore || error is ArchivePlace.Both {
                state.withLock { $0.refusal = "\(error)" }
                StoreLog.note("the records of this pair are not archived", path: place.url, reason: "\(error)", level: .warning)
            } catch {
                let isNew = state.withLock { state in
                    defer { state.failure = "\(error)" }
                    return state.failure == nil
                }
                if isNew { StoreLog.note("records could not be archived; it is tried again", path: place.url, reason: "\(error)", level: .warning) }
            }
            return false
        }
    }

    // MARK: Where it goes on

    private func begin(_ store: StoreIdentity, _ work: inout Work) throws {
        try place.claim(store)
        var before: ArchiveEnd?
        for _ in 0..<Self.lookCountMax {
            // 1. What is there. 2. That this machine leads, asked after it: all that anybody has put counts, and is known here. 3. Whether it is of this history.
            let end = try ArchiveEnd(of: place)
            guard source.leads() else { throw ColumnStoreError(.unavailable, path: place.url, "nobody has confirmed yet that this machine leads") }
            let scan = try end.tail.flatMap { tail in try self.scan(behind: tail) }
            // Whatever else than to go on with the newest line is done for what two looks have told alike.
            let isSure = try end == before || scan != nil && end.isOfNewest && place.lineNumbers() == end.numbers
            guard isSure else {
                before = end
                continue
            }
            for damage in end.damages { StoreLog.note(damage.what, path: damage.path, reason: damage.reason, level: .warning) }
            if let line = end.line, let tail = end.tail, let scan { (work.line, work.last, work.sent) = (line, tail.mark, scan) } else { try beginLine(behind: end, store, &work) }
            work.toldAt = clock.now()
            state.withLock { ($0.line, $0.archived) = (work.line?.number, work.last.sequence) }
            return
        }
        throw ColumnStoreError(.unavailable, path: place.url, "its end was told otherwise each time that it was asked for")
    }

    private func beginLine(behind end: ArchiveEnd, _ store: StoreIdentity, _ work: inout Work) throws {
        try beginLine((end.numbers.last ?? 0) + 1, after: end.tail?.time ?? end.line?.at ?? 0, store, &work)
        guard let line = end.line else { return }
        let reason = "line \(line.number) ends with record \(end.tail.map { "\($0.mark.sequence)" } ?? "?"), and this machine's records begin with \(source.base.sequence + 1)"
        state.withLock { $0.gap = (reason, clock.now()) }
        StoreLog.note("the archive of this pair goes on with another line: instants between the two cannot be restored", path: place.url, reason: reason, level: .warning)
    }

    /// - Returns: nil where this machine cannot go on there: it does not have the next record, or the last one is of another history.
    private func scan(behind end: ArchiveEnd.Tail) throws -> ArchiveScan? {
        guard try source.has(end.mark), source.base.sequence <= end.mark.sequence else { return nil }
        var scan = ArchiveScan(time: end.time)
        guard !end.isWhole else { return scan }
        // What the commit that goes on there has begun with.
        var first = end.mark.sequence + 1
        while first > 1 {
            guard let record = try source.read(from: first - 1, count: 1, through: first - 1).first else { return nil }
            // Behind a fence it has not begun; what changes nothing may stand within it.
            guard record.kind != .fence else { break }
            if record.kind != .noop, !record.body.isEmpty { guard case .part(_, isLast: false)? = ReplicaBody(record.body) else { break } }
            first -= 1
        }
        for sequence in first..<(end.mark.sequence + 1) { for record in try source.read(from: sequence, count: 1, through: sequence) { try scan.take(record) } }
        return scan
    }

    /// - Parameter time: of the last commit of the line before, as far as that is known: the checkpoint may have it.
    private func beginLine(_ number: Int64, after time: Int64, _ store: StoreIdentity, _ work: inout Work) throws {
        var number = number
        while try hasCheckpointOfOthers(number) {
            try goOn()
            number += 1
        }
        guard number <= ArchivePlace.lineMax else {
            throw ColumnStoreError(.conflict, path: place.name(ArchivePlace.lineKey(number - 1)), "has the number of the last line of all, and none can be begun behind it: whoever put it there is to take it away")
        }
        var (base, at) = (Mark.start, Int64(0))
        if source.base.sequence > 0 {
            var made: ArchiveCheckpoint?
            let isThere = try source.checkpoint(unless: { isOver }) { folder, files, mark in
                made = try checkpoints.put(folder, files, mark, line: number, at: max(time, self.time(through: mark), self.time(after: mark)), store)
            }
            guard isThere, let made else { throw ColumnStoreError(.unavailable, path: place.url, "a line of the archive begins behind a checkpoint, and this machine has none yet") }
            (base, at) = (made.mark, made.at)
        }
        let line = ArchiveLine(number: number, store: store, base: base, at: at, begun: clock.now())
        guard try place.create(ArchivePlace.lineKey(number), line.bytes) else { throw ColumnStoreError(.unavailable, path: place.url, "another has begun line \(number) at the same time") }
        (work.line, work.last, work.sent) = (line, base, ArchiveScan(time: at))
    }

    /// An attempt to begin a line that was cut off has left a checkpoint, and its history was given up since, or its record is not here any more. Of one that is damaged nobody knows.
    private func hasCheckpointOfOthers(_ line: Int64) throws -> Bool {
        for (record, _) in try place.checkpoints(of: line) {
            do { if try !source.has(place.checkpoint(line, record).mark) { return true } } catch let error as ColumnStoreError where ObjectFindings.isFault(error) { return true }
        }
        return false
    }

    /// Of the commits up to a record that this machine has still; 0 where they have gone. The next one's may be earlier, of a leader whose clock is behind.
    ///
    /// Now where one cannot be read: none of them is in the line, and `at` is only not before them.
    private func time(through mark: Mark) throws -> Int64 {
        var scan = ArchiveScan(time: 0)
        var next = source.base.sequence + 1
        var isBeginning = true
        while next <= mark.sequence {
            // Whoever waits for the checkpoint comes first.
            if isOver || source.isCheckpointWanted { throw Ended() }
            do {
                let records = try source.read(from: next, count: Self.batchCount, through: mark.sequence)
                if records.isEmpty { break }
                for record in records {
                    do { try scan.take(record) } catch {
                        // The first of them may end what has begun with records that have gone.
                        guard isBeginning else { throw error }
                        scan = ArchiveScan(time: scan.time)
                    }
                    if record.kind == .fence || !record.body.isEmpty && scan.isWhole { isBeginning = false }
                }
                // Files that they name are the checkpoint's.
                _ = scan.takeNamed()
                next += records.count
            } catch {
                return max(scan.time, clock.now())
            }
        }
        return scan.time
    }

    /// A time that the last commit up to a record does not have passed, where clocks are right: the next one's, where it is here; else now.
    private func time(after mark: Mark) throws -> Int64 {
        var scan = ArchiveScan(time: 0)
        var next = mark.sequence + 1
        while scan.time == 0 {
            try goOn()
            let records = try source.read(from: next, count: Self.batchCount, through: .max)
            guard !records.isEmpty else { return clock.now() }
            for record in records where scan.time == 0 { try scan.take(record) }
            next += records.count
        }
        return scan.time
    }

    // MARK: Segments

    /// Cuts what is not there yet into segments, each at the end of a commit, and sends them.
    private func send(through last: Int, _ work: inout Work) throws {
        var (scan, records, byteCount) = (work.sent, [Record](), 0)
        /// Of `records`, those up to the last commit that is whole.
        var (whole, wholeScan, hasContent) = (0, work.sent, false)
        var next = work.last.sequence + 1
        while next <= last {
            try goOn()
            let batch = try source.read(from: next, count: Self.batchCount, through: last)
            guard !batch.isEmpty else {
                // They have gone before they were archived.
                work.line = nil
                throw ColumnStoreError(.notFound, path: place.url, "record \(next) is not on this machine any more: the archive goes on with another line")
            }
            for record in batch {
                try scan.take(record)
                records.append(record)
                byteCount += record.body.count
                if !record.body.isEmpty { hasContent = true }
                if scan.isWhole { (whole, wholeScan) = (records.count, scan) }
                let isFull = scan.isWhole ? byteCount >= segmentByteCount : byteCount >= segmentByteCount * Self.partsFactor
                guard isFull else { continue }
                try put(records, scan, &work)
                scan = work.sent
                (records, byteCount, whole, wholeScan, hasContent) = ([], 0, 0, scan, false)
            }
            next += batch.count
        }
        // A quiet pair makes a record each second that changes nothing: they go with what comes next.
        if hasContent && whole > 0 || whole >= Self.idleCountMax { try put(Array(records[..<whole]), wholeScan, &work) }
        let complete = hasContent ? work.last.sequence : max(last, work.last.sequence)
        state.withLock { $0.complete = complete }
    }

    /// - Parameter scan: of all up to the last of them.
    private func put(_ records: [Record], _ scan: ArchiveScan, _ work: inout Work) throws {
        guard let line = work.line, let last = records.last else { return }
        var scan = scan
        for file in scan.takeNamed() { try carry(file, for: last.sequence, &work) }
        let segment = ArchiveSegment(after: work.last, before: work.sent.time, through: scan.time, isWhole: scan.isWhole, records: records)
        let bytes = try segment.bytes()
        guard try place.create(ArchivePlace.segmentKey(line.number, segment.first), bytes) else {
            // Its end says where to go on, or that this line is none to go on with.
            work.line = nil
            throw ColumnStoreError(.unavailable, path: place.name(ArchivePlace.segmentKey(line.number, segment.first)), "was put by another: what it has is looked at")
        }
        (work.last, work.sent, work.toldAt) = (last.mark, scan, clock.now())
        state.withLock { state in
            state.archived = last.sequence
            state.segmentCount += 1
            state.byteCount += Int64(bytes.count)
            // A pair that is not at rest any more says it by what it puts.
            state.untilFailure = nil
        }
        lookAtClock(by: ArchivePlace.segmentKey(line.number, segment.first))
    }

    /// Once, by a segment that was put just now: the next checkpoint, which asks again, may be a day away, and what a leader before knew of its clock says nothing of this machine's.
    private func lookAtClock(by key: String) {
        guard state.withLock({ $0.clockAhead == nil }) else { return }
        // A place that does not answer is asked behind the next segment: this one is there, whatever the clock is.
        guard let ahead = try? RetentionClock.ahead(of: key, in: place.objects, now: clock.now()) else { return }
        state.withLock { $0.clockAhead = ahead }
    }

    // MARK: A pair at rest

    /// Says up to when all is there, where nothing has come for a while. What becomes of that holds up no record, and nobody who waits for one.
    ///
    /// - Parameters:
    ///   - asked: before it was asked what counts.
    ///   - last: what counted then.
    ///   - isUnderWay: something of this machine's did not count by then, which may be of any time before.
    private func rest(_ asked: Int64, through last: Int, isUnderWay: Bool, _ work: inout Work) {
        guard let line = work.line, state.withLock({ $0.complete ?? 0 }) >= last else { return }
        let behind = work.sent.time.subtractingSaturating(asked)
        state.withLock { $0.clockBehind = behind > Self.underWayMicroseconds ? behind : nil }
        // A clock that was set back since is asked again as well.
        let since = asked.subtractingSaturating(work.toldAt)
        let at = asked.subtractingSaturating(Self.underWayMicroseconds)
        guard !isUnderWay, since >= Self.untilMicroseconds || since < -Self.untilMicroseconds, at > work.sent.time else { return }
        // Asked after that moment: nobody else had acknowledged anything by then.
        guard source.leads() else { return }
        work.toldAt = asked
        let key = ArchivePlace.untilKey(line.number)
        do throws(ColumnStoreError) {
            try place.objects.put(key, ArchiveUntil(line: line.number, last: work.last, at: at).bytes)
            state.withLock { $0.untilFailure = nil }
            lookAtClock(by: key)
        } catch {
            state.withLock { $0.untilFailure = "\(error)" }
        }
    }

    /// A file that is damaged where it lies cannot be copied. That holds up no record, and is reported.
    ///
    /// - Parameter record: the last of those that are about to go.
    private func carry(_ file: NamedFile, for record: Int, _ work: inout Work) throws {
        guard case .cold(let table, let key, let byteCount, let sha256) = file, !work.carried.contains(file) else { return }
        try goOn()
        // One that is not there any more a later record ends.
        let isThere: Bool
        do { isThere = try LogCarrier.bring(key, of: table, byteCount: byteCount, sha256: sha256, from: source.cold(table), to: place.place, beforeEachPiece: goOn) } catch let damaged as LogCarrier.Damaged {
            isThere = false
            let isNew = state.withLock { $0.lacking.updateValue((record, damaged.reason), forKey: damaged.path) == nil }
            if isNew { StoreLog.note("an object of a cold table is damaged, and records that name it are archived without it", path: damaged.path, reason: damaged.reason, level: .warning) }
        }
        guard isThere else { return }
        try place.checkCold(table, key, byteCount: byteCount, sha256: sha256)
        if work.carried.count >= Self.carriedCountMax { work.carried = [] }
        work.carried.insert(file)
    }

    // MARK: For the administrator

    /// What is not as it should be.
    package var texts: [String] {
        let report = report
        if let refusal = report.refusal { return ["records are not archived: \(refusal)"] }
        var texts: [String] = []
        let seconds = max(0, clock.now().subtractingSaturating(report.completeAt)) / 1_000_000
        if let failure = report.failure { texts.append("records have not been archived for \(seconds) s (\(failure)): no other place than this pair's has them") }
        if let gap = report.gap, clock.now().subtractingSaturating(gap.at) < LogKeeper.keptMicroseconds {
            texts.append("the archive goes on with another line (\(gap.reason)): instants between the two cannot be restored")
        }
        let checkpoints = checkpoints.report
        // What the last checkpoint has looked for it tells itself.
        let lacking = report.lacking.filter { $0.value.record > checkpoints.record }.mapValues { $0.reason }.merging(checkpoints.lacking) { $1 }
        if let (path, reason) = lacking.min(by: { $0.key < $1.key }) {
            let more = lacking.count > 1 ? "; \(lacking.count - 1) more" : ""
            texts.append(
                "the archive goes on without files that are damaged where they lie (\(path) \(reason)\(more)): records are there, no instant whose tables need them can be restored, nor one by a checkpoint whose uploads need them, and what is from before stays")
        }
        if let failure = report.untilFailure { texts.append("up to when the archive tells all could not be said (\(failure)): instants behind its last commit cannot be restored until it is") }
        if let behind = report.clockBehind {
            texts.append("this machine's clock is \(behind / 1_000_000) s behind the last commit of the archive: it is behind or was set back, or that of the machine which led then was ahead; until it has come to that, commits are told as of that one's time, and no instant between")
        }
        if let failure = checkpoints.failure { texts.append("no checkpoint of the archive could be made (\(failure)): what it would cover stays") }
        if let failure = checkpoints.removalFailure { texts.append("what checkpoints of the archive cover could not be removed (\(failure)): it takes room") }
        if checkpoints.clockAhead == nil, let ahead = report.clockAhead, ahead > clockAheadMax { texts.append("\(RetentionClock.Ahead(ahead: ahead))") }
        return texts
    }
}
