import Cluster
import ColumnStore
import Foundation
@testable import Ingest
import Synchronization

/// The archive of a little pair, as files in memory: a line from the store's first record on, with two checkpoints, and one that begins behind a third; and what the leader's own disk has.
struct LittleArchive {
    /// Below the log's place.
    let place: LittleStore
    let store: StoreIdentity
    let records: [Record]
    /// Of these those up to `base` have gone from the leader's disk; its own checkpoint ends with that record.
    let base: Mark
    let checkpoint: LittleStore

    /// Receipt `n` was taken `n` seconds after it; microseconds since 1970.
    static let start: Int64 = 1_795_000_000_000_000
    static let second: Int64 = 1_000_000
    static let receiptCount = 7

    static let shared: Result<LittleArchive, any Error> = Result { try make() }

    static func open(_ path: String) throws -> ArchivePlace { try ArchivePlace(url: "file://\(path)") { _ in LocalStorageFactory() } }

    private static func make() throws -> LittleArchive {
        let directory = try ScratchDirectory()
        let (bodies, store) = try lead("\(directory.path)/lead")
        let (records, folder) = (chain(bodies), "\(directory.path)/checkpoint")
        let (place, clock) = (try open("\(directory.path)/place"), LittleClock(start))
        let machine = LittleMachine(records, store: store, folder: folder)
        let writer = ArchiveWriter(place, of: machine, clock: clock.clock, segmentByteCount: 2_000)
        for part in [3, 2] {
            machine.commit(records.count / part)
            guard writer.round() else { throw FuzzError(description: "nothing is archived: \(writer.texts)") }
            let mark = try machine.fold(through: records.count / part)
            let first = try place.segments(of: 1).last { $0 <= Int64(mark.sequence) } ?? 1
            _ = try ArchiveCheckpoints(place, of: machine, clock: clock.clock).put(folder, CheckpointFiles.list(folder), mark, line: 1, at: place.segment(1, first).through, store)
        }
        // The records behind its end have gone, as of a machine that was away from the place for long.
        clock.set(start + Int64(receiptCount) * second)
        machine.commit(records.count)
        let base = try machine.fold(through: records.count * 3 / 4)
        machine.drop(through: base)
        let next = ArchiveWriter(place, of: machine, clock: clock.clock, segmentByteCount: 2_000)
        guard next.round(), try place.lines().count == 2 else { throw FuzzError(description: "no other line was begun: \(next.texts)") }
        return LittleArchive(
            place: LittleStore(files: try LittleStore.read("\(directory.path)/place")), store: store, records: records, base: base, checkpoint: LittleStore(files: try LittleStore.read(folder)))
    }

    /// - Returns: what a leader has submitted, a commit or more each.
    private static func lead(_ path: String) throws -> (bodies: [[UInt8]], store: StoreIdentity) {
        let (recorder, clock) = (LittleRecorder(), LittleClock(start - second))
        var options = LittleStore.options
        options.hot.clock = clock.clock
        options.steadyClock = nil
        options.replica = recorder
        let engine = try Engine(path: path, options: options)
        try LittleStore.furnish(engine)
        for number in 0..<receiptCount {
            clock.set(start + Int64(number) * second)
            _ = LittleStore.take(engine, LittleStore.receipt(number))
            clock.set(start + Int64(number) * second + second / 4)
            LittleStore.waitUntilKept(engine)
        }
        guard let store = StoreIdentity(engine.catalog.storeID) else { throw FuzzError(description: "a store without a number") }
        try engine.close()
        return (recorder.bodies, store)
    }

    private static func chain(_ bodies: [[UInt8]]) -> [Record] {
        var mark = Mark.start
        return bodies.map { body in
            let record = Record(after: mark, epoch: 1, kind: .rows, level: 1, body: body)
            mark = record.mark
            return record
        }
    }
}

extension LittleStore {
    static func waitUntilKept(_ engine: Engine) {
        let kept = Monitor(false)
        engine.whenKept { _ in kept.broadcast { $0 = true } }
        _ = kept.wait { $0 ? true : nil }
    }

    /// Numbers of the receipts that a store has, in order.
    static func receipts(_ engine: Engine) throws -> [Int] {
        var numbers: [Int] = []
        var request = PageRequest(fields: ["receipt_id"], limit: 50)
        repeat {
            let page = try engine.page(request, as: .admin) { _ in }
            for batch in page.batches {
                for row in 0..<batch.rowCount {
                    let value = batch.columns[0].value(at: row)
                    guard case .bytes(let text) = value, let number = Int(String(decoding: text.dropFirst("R-".utf8.count), as: UTF8.self)) else { preconditionFailure("a receipt that nobody sent: \(value)") }
                    numbers.append(number)
                }
            }
            request.cursor = page.nextCursor
        } while request.cursor != nil
        return numbers.sorted()
    }

    /// Of a store that nobody has open.
    static func receipts(at path: String) throws -> [Int] {
        let engine = try Engine(path: path, options: Door.options(.never))
        let numbers = try receipts(engine)
        try engine.close()
        return numbers
    }
}

/// Goes on by hand.
final class LittleClock: Sendable {
    private let time: Mutex<Int64>

    init(_ time: Int64) { self.time = Mutex(time) }

    var clock: Clock { Clock { [self] in time.withLock { $0 } } }

    func set(_ new: Int64) { time.withLock { $0 = new } }
}

/// Takes the place of a leader's other machine: acknowledges all it is given, and keeps it.
private final class LittleRecorder: CommitReplica {
    private struct State {
        var bodies: [[UInt8]] = []
        var observer: (any ReplicaObserver)?
    }
    private let state = Mutex(State())

    var bodies: [[UInt8]] { state.withLock { $0.bodies } }
    var isDegraded: Bool { false }
    var isInSlots: Bool { false }
    func begin(_ observer: any ReplicaObserver) { state.withLock { $0.observer = observer } }
    func submit(_ token: Int, _ body: [UInt8]) {
        let observer = state.withLock { state in
            state.bodies.append(body)
            return state.observer
        }
        observer?.acknowledged(through: token)
    }
    func prove(_ body: @escaping @Sendable (LeadProof) -> Void) { body(.leads) }
    func ended(isWhole: Bool) {}
}

/// A machine that leads, as its archive sees it: records in memory, and a checkpoint in a folder.
final class LittleMachine: ArchiveSource {
    private struct State {
        var committed = 0
        var base = Mark.start
        var checkpoint = Mark.start
    }

    let store: StoreIdentity?
    private let records: [Record]
    private let folder: String
    private let state = Mutex(State())

    init(_ records: [Record], store: StoreIdentity, folder: String) { (self.records, self.store, self.folder) = (records, store, folder) }

    /// One whose records up to `base` have gone, behind its checkpoint.
    convenience init(_ records: [Record], store: StoreIdentity, folder: String, base: Mark) {
        self.init(records, store: store, folder: folder)
        state.withLock { $0 = State(committed: records.count, base: base, checkpoint: base) }
    }

    func commit(_ count: Int) { state.withLock { $0.committed = count } }

    func drop(through mark: Mark) { state.withLock { $0.base = mark } }

    /// Has the checkpoint go on.
    ///
    /// - Returns: its last record.
    func fold(through last: Int) throws -> Mark {
        let checkpoint = try ReplicaStore(directory: folder, isDurable: true)
        if checkpoint.position == nil { try checkpoint.clear() }
        for record in records[Int(checkpoint.foldedSequence)..<max(last, Int(checkpoint.foldedSequence))] { try checkpoint.apply(record) }
        try checkpoint.settle()
        let position = Int(checkpoint.position?.sequence ?? 0)
        let mark = position > 0 ? records[position - 1].mark : .start
        state.withLock { $0.checkpoint = mark }
        return mark
    }

    var committed: Mark? {
        let count = state.withLock { $0.committed }
        return count > 0 ? records[count - 1].mark : Mark.start
    }
    var base: Mark { state.withLock { $0.base } }
    var checkpointRecord: Int { state.withLock { $0.checkpoint.sequence } }
    var isCheckpointWanted: Bool { false }
    var isUnderWay: Bool { false }
    func bringCheckpoint(through record: Int) -> Bool { true }
    func has(_ mark: Mark) -> Bool { mark == .start || mark.sequence > 0 && mark.sequence <= records.count && records[mark.sequence - 1].mark == mark }
    func leads() -> Bool { true }

    func read(from first: Int, count: Int, through last: Int) throws -> [Record] {
        guard first > base.sequence, first <= min(last, records.count) else { return [] }
        return Array(records[(first - 1)..<min(last, records.count, first - 1 + count)])
    }

    func checkpoint(unless isCancelled: () -> Bool, _ body: (_ folder: String, _ files: [CheckpointFiles.File], Mark) throws -> Void) throws -> Bool {
        let mark = state.withLock { $0.checkpoint }
        guard mark.sequence > 0 else { return false }
        try body(folder, try CheckpointFiles.list(folder), mark)
        return true
    }

    func cold(_ table: String) throws -> any ObjectStorage { throw ColumnStoreError(.notFound, path: table, "no cold tables") }
}
