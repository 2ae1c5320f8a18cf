internal import Cluster
internal import ColumnStore
internal import Ingest
import Synchronization

/// Has a pair's records archived while this machine leads: every `log.segment`, on a thread of its own. Checkpoints have another one, of low priority. The other machine's threads wait meanwhile.
///
/// Answers do not wait for it: what is acknowledged lies on two machines. Records stay on this one until they are archived, up to a bound (`droppable`), and so do files of cold tables that
/// their commits have ended (`settle`).
final class Archiver: Sendable {
    private struct State {
        var isStopping = false
        /// Somebody wants what counts to be sent now.
        var isWanted = false
        /// Rounds that were begun.
        var begun = 0
        /// The last of these that came to its end, and the last that did with all of it there.
        var ended = 0
        var done = 0
        /// Threads that have not ended.
        var threadCount = 0
    }

    private let node: ArchivedNode
    private let writer: ArchiveWriter
    private let file: RecordFile
    /// Of its place.
    let storages: [any StorageFactory]
    private let seconds: Double
    private let state = Monitor(State())
    private let clock: Clock

    /// So many times what is kept for a peer (`cluster.records`) records may have before they go without being archived.
    private static let boundFactor: Int64 = 4
    private static let settleSeconds = 5.0
    /// Of a leader's last round, and for threads to end after it. A request that stands still is not waited for: what it puts counts, whoever leads by then.
    private static let lastSeconds = 3.0
    private static let stopSeconds = 1.0
    /// Of `stop`.
    static let stopSecondsMax = lastSeconds + stopSeconds
    private static let checkpointSeconds = 1.0

    /// - Parameters:
    ///   - storages: where the cold tables are.
    ///   - directory: of the store, absolute.
    ///   - seconds: how long a segment gathers.
    ///   - proof: of the place.
    init(_ place: ArchivePlace, _ checkpoint: StoreCheckpoint, storages: any StorageFactory, directory: String, seconds: Double, proof: PlaceProof = PlaceProof(), clock: Clock = .system) {
        node = ArchivedNode(checkpoint, storages: storages, directory: directory, proof)
        writer = ArchiveWriter(place, of: node, clock: clock)
        (file, self.seconds, self.clock, self.storages) = (checkpoint.file, seconds, clock, place.storages)
    }

    /// - Parameters:
    ///   - standing: how the node stands.
    ///   - isUnderWay: as of `ArchiveSource`.
    ///   - prove: asks whether it leads.
    func start(_ standing: Monitor<NodeHost.Standing>, isUnderWay: @escaping @Sendable () -> Bool, prove: @escaping @Sendable (@escaping @Sendable (LeadProof) -> Void) -> Void) {
        node.begin(standing, isUnderWay: isUnderWay, prove: prove)
        run("archive") { [self] in
            _ = state.wait(seconds: seconds) { $0.isStopping || $0.isWanted ? () : nil }
            let number = state.withLock { state -> Int in
                (state.isWanted, state.begun) = (false, state.begun + 1)
                return state.begun
            }
            let isDone = writer.round()
            state.broadcast { state in
                state.ended = number
                if isDone { state.done = number }
            }
        }
        run("archive-copies") { [self] in
            writer.checkpointRound()
            _ = state.wait(seconds: Self.checkpointSeconds) { $0.isStopping ? () : nil }
        } begin: {
            WorkerThread.lowerPriority()
            WorkerThread.lowerDiskPriority()
        }
    }

    /// Has a thread do its work until the end.
    private func run(_ name: String, _ body: @escaping @Sendable () -> Void, begin: @escaping @Sendable () -> Void = {}) {
        state.withLock { $0.threadCount += 1 }
        WorkerThread(name: name, isDetached: true) { [state] in
            begin()
            while !state.withLock({ $0.isStopping }) { body() }
            state.broadcast { $0.threadCount -= 1 }
        }
    }

    /// Returns once its threads have ended, or are within one request for long: after four seconds at most. Where this machine leads still, what counts is archived first: nobody has taken the lead who would do that.
    func stop() {
        let report = writer.report
        // A place that is not heard is not waited for.
        if node.committed != nil, report.refusal == nil, report.failure == nil {
            let begun = want()
            _ = state.wait(seconds: Self.lastSeconds) { $0.ended > begun || $0.threadCount == 0 ? () : nil }
        }
        state.broadcast { $0.isStopping = true }
        writer.stop()
        _ = state.wait(seconds: Self.stopSeconds) { $0.threadCount == 0 ? () : nil }
    }

    /// Has a round begin now.
    ///
    /// - Returns: how many had by then.
    private func want() -> Int {
        state.broadcast { state in
            state.isWanted = true
            return state.begun
        }
    }

    // MARK: Who waits for it

    /// Up to which record those of this machine may go. Any thread.
    ///
    /// - Parameters:
    ///   - wanted: of the last record that a checkpoint has.
    ///   - keeping: how many bytes stay for a peer.
    func droppable(through wanted: Int, keeping: Int64) -> Int {
        let report = writer.report
        // One that follows does not know how far it is, and keeps what it keeps for its peer. One that begins may come to lead: what has waited for the archive waits on.
        guard report.refusal == nil, !node.follows, file.byteCount <= keeping.multipliedSaturating(by: Self.boundFactor) else { return wanted }
        return min(wanted, report.archived ?? 0)
    }

    /// Whether all that counts by now is archived; asked for now, and waited for while the place answers.
    func settle() -> Bool {
        let report = writer.report
        // Nobody waits for an archive that is another's, nor for a place that is not heard.
        guard report.refusal == nil else { return true }
        guard report.failure == nil, report.archived != nil else { return false }
        let begun = want()
        return state.wait(seconds: Self.settleSeconds) { $0.done > begun ? true : $0.isStopping ? false : nil } ?? false
    }

    // MARK: For the administrator

    /// How far it is, for reports of the node's state.
    struct Standing: Sendable {
        /// nil while this node does not lead, or has not looked yet.
        var line: Int?
        var record: Int?
        /// What counts, changes something and is not archived; none where this node does not lead.
        var lagCount = 0
        var lagSeconds = 0.0
        /// What is not as it should be.
        var texts: [String] = []
    }

    var standing: Standing { standing(writer.report) }

    private func standing(_ report: ArchiveWriter.Report) -> Standing {
        var standing = Standing(line: report.archived == nil ? nil : report.line.map { Int(clamping: $0) }, record: report.archived, texts: writer.texts)
        guard let committed = node.committed, report.refusal == nil else { return standing }
        standing.lagCount = max(0, committed.sequence - (report.complete ?? 0))
        if standing.lagCount > 0 { standing.lagSeconds = Double(max(0, clock.now().subtractingSaturating(report.completeAt))) / 1e6 }
        if report.failure == nil, standing.lagSeconds > 2 * seconds + Self.roundSeconds {
            standing.texts.append("the archive of this pair lags by \(Int(standing.lagSeconds)) s: so much is lost with both machines")
        }
        return standing
    }

    /// Of a round under way, which nobody is to hear of.
    private static let roundSeconds = 2.0

    var metrics: [Metric] {
        let report = writer.report
        let standing = standing(report)
        return [
            Metric(name: "archive_lag_seconds", help: "How old the oldest record is at most that the archive of this pair does not have.", kind: .gauge, labels: [], value: standing.lagSeconds),
            Metric(name: "archive_lag_records", help: "Records that the archive of this pair does not have yet.", kind: .gauge, labels: [], value: Double(standing.lagCount)),
            Metric(name: "archive_segments_total", help: "Segments archived since the start.", kind: .counter, labels: [], value: Double(report.segmentCount)),
            Metric(name: "archive_bytes_total", help: "Bytes of the segments archived since the start.", kind: .counter, labels: [], value: Double(report.byteCount)),
            Metric(name: "archive_checkpoints_total", help: "Checkpoints archived since the start.", kind: .counter, labels: [], value: Double(writer.checkpointCount)),
            Metric(
                name: "archive_clock_ahead_seconds", help: "How far this machine's clock was ahead of that of the archive's place as the last checkpoint was put, or the first segment since it leads: above 3600 nothing is removed.", kind: .gauge,
                labels: [], value: writer.clockAheadSeconds),
            Metric(name: "archive_faults", help: "What is not as it should be with the archive of this pair: /readyz has the words.", kind: .gauge, labels: [], value: Double(standing.texts.count)),
        ]
    }
}

/// This machine, as its archive sees it.
private final class ArchivedNode: ArchiveSource {
    private struct Lead {
        let standing: Monitor<NodeHost.Standing>
        let isUnderWay: @Sendable () -> Bool
        let prove: @Sendable (@escaping @Sendable (LeadProof) -> Void) -> Void
    }

    private let checkpoint: StoreCheckpoint
    private let storages: any StorageFactory
    private let directory: String
    private let proof: PlaceProof
    private let lead = Mutex<Lead?>(nil)

    private static let proofSeconds = 5.0

    init(_ checkpoint: StoreCheckpoint, storages: any StorageFactory, directory: String, _ proof: PlaceProof) {
        (self.checkpoint, self.storages, self.directory, self.proof) = (checkpoint, storages, directory, proof)
    }

    func begin(_ standing: Monitor<NodeHost.Standing>, isUnderWay: @escaping @Sendable () -> Bool, prove: @escaping @Sendable (@escaping @Sendable (LeadProof) -> Void) -> Void) {
        lead.withLock { $0 = Lead(standing: standing, isUnderWay: isUnderWay, prove: prove) }
    }

    private var file: RecordFile { checkpoint.file }

    var store: StoreIdentity? { file.store }
    var base: Mark { file.base }
    var checkpointRecord: Int { checkpoint.report.record }
    func bringCheckpoint(through record: Int) -> Bool { checkpoint.bring(through: record) }
    var isCheckpointWanted: Bool { checkpoint.isWantedByPeer }
    /// Whether another leads, and has this one in sync.
    var follows: Bool { lead.withLock { $0 }?.standing.withLock { $0.role == .standby } ?? false }

    /// Nothing is put at a place that may not be what it must be: it waits as for the lead.
    var committed: Mark? {
        guard proof.doubt == nil else { return nil }
        return lead.withLock { $0 }?.standing.withLock { $0.role == .leader && $0.isServing && $0.ending == nil ? $0.committed : nil }
    }

    var isUnderWay: Bool { lead.withLock { $0 }?.isUnderWay() ?? true }

    /// A record that is damaged is none; of one that the disk does not give nobody knows, and for that no line of the archive ends.
    func has(_ mark: Mark) throws -> Bool {
        if mark.sequence <= file.base.sequence { return mark == file.base || mark == .start }
        do { return try file.read(from: mark.sequence, count: 1).first?.mark == mark } catch is RecordFile.CommandFault { return false }
    }

    func leads() -> Bool {
        guard let lead = lead.withLock({ $0 }) else { return false }
        let answer = Monitor<Bool?>(nil)
        lead.prove { proof in answer.broadcast { $0 = proof == .leads } }
        return answer.wait(seconds: Self.proofSeconds) { $0 } ?? false
    }

    func read(from first: Int, count: Int, through last: Int) throws -> [Record] { try file.read(from: first, count: count, through: last) }

    func checkpoint(unless isCancelled: () -> Bool, _ body: (_ folder: String, _ files: [CheckpointFiles.File], Mark) throws -> Void) throws -> Bool {
        try checkpoint.read(unless: isCancelled) { folder, files, beginning in try body(folder, files, beginning.mark) } != nil
    }

    func cold(_ table: String) throws -> any ObjectStorage { try storages.storage(of: table, in: "\(directory)/warehouse", calls: LinuxFileSystem()) }
}
