import Cluster
import ColumnStore
import Synchronization
import TestSupport
import XCTest

@testable import Ingest

/// A machine of a pair as its archive sees it: records in memory, of which those at the beginning may have gone, and a checkpoint in a directory.
final class ArchivedMachine: ArchiveSource {
    private struct State {
        var records: [Record]
        var committed: Int
        var base = Mark.start
        var isLeading = true
        var checkpoint = Mark.start
        var readCount = 0
        var isCheckpointWanted = false
        var isSlow = false
        var isUnderWay = false
        var asked: Int?
    }

    static let identity = StoreIdentity(String(repeating: "0f", count: 16))
    let store: StoreIdentity?
    let folder: String
    private let state: Mutex<State>
    /// Called each time that it is asked whether it leads.
    private let asking = Mutex<(@Sendable () -> Void)?>(nil)
    let cold: @Sendable (String) throws -> any ObjectStorage

    /// - Parameter folder: of its checkpoint; not there yet.
    init(_ records: [Record], store: StoreIdentity? = identity, folder: String, cold: @escaping @Sendable (String) throws -> any ObjectStorage = { throw ColumnStoreError(.notFound, path: $0, "no cold tables") }) {
        (self.store, self.folder, self.cold) = (store, folder, cold)
        state = Mutex(State(records: records, committed: records.count))
    }

    var records: [Record] { state.withLock { $0.records } }
    /// How often its checkpoint was read.
    var readCount: Int { state.withLock { $0.readCount } }
    var isLeading: Bool {
        get { state.withLock { $0.isLeading } }
        set { state.withLock { $0.isLeading = newValue } }
    }

    var isCheckpointWanted: Bool {
        get { state.withLock { $0.isCheckpointWanted } }
        set { state.withLock { $0.isCheckpointWanted = newValue } }
    }

    /// Whether its checkpoint, asked to go on, has yet to.
    var isSlow: Bool {
        get { state.withLock { $0.isSlow } }
        set { state.withLock { $0.isSlow = newValue } }
    }

    /// Whether a commit of its own does not count yet.
    var isUnderWay: Bool {
        get { state.withLock { $0.isUnderWay } }
        set { state.withLock { $0.isUnderWay = newValue } }
    }

    /// How far its checkpoint was asked to go on.
    var asked: Int? { state.withLock { $0.asked } }

    func bringCheckpoint(through record: Int) -> Bool {
        state.withLock { state in
            state.asked = record
            return !state.isSlow || state.checkpoint.sequence >= record
        }
    }

    /// How many count.
    func commit(_ count: Int) { state.withLock { $0.committed = count } }

    /// Records up to one go.
    func drop(through sequence: Int) { state.withLock { state in if sequence > state.base.sequence { state.base = state.records[sequence - 1].mark } } }

    /// Has the checkpoint go on to a record, or to the last before it that is the end of a commit.
    func fold(through last: Int) throws {
        let checkpoint = try ReplicaStore(directory: folder, isDurable: true)
        if checkpoint.position == nil { try checkpoint.clear() }
        for record in records[Int(checkpoint.foldedSequence)..<max(last, Int(checkpoint.foldedSequence))] { try checkpoint.apply(record) }
        try checkpoint.settle()
        let position = Int(try XCTUnwrap(checkpoint.position).sequence)
        state.withLock { state in if position > 0 { state.checkpoint = state.records[position - 1].mark } }
    }

    var committed: Mark? { state.withLock { state in state.isLeading ? state.committed == 0 ? .start : state.records[state.committed - 1].mark : nil } }
    var base: Mark { state.withLock { $0.base } }
    var checkpointRecord: Int { state.withLock { $0.checkpoint.sequence } }
    func has(_ mark: Mark) -> Bool { state.withLock { state in mark == .start || mark.sequence <= state.records.count && state.records[mark.sequence - 1].mark == mark } }
    func whenAsked(_ body: (@Sendable () -> Void)?) { asking.withLock { $0 = body } }

    func leads() -> Bool {
        asking.withLock { $0 }?()
        return isLeading
    }

    func read(from first: Int, count: Int, through last: Int) throws -> [Record] {
        state.withLock { state in
            guard first > state.base.sequence, first <= min(last, state.records.count) else { return [] }
            return Array(state.records[(first - 1)..<min(last, state.records.count, first - 1 + count)])
        }
    }

    func checkpoint(unless isCancelled: () -> Bool, _ body: (String, [CheckpointFiles.File], Mark) throws -> Void) throws -> Bool {
        let mark = state.withLock { state in
            state.readCount += 1
            return state.checkpoint
        }
        guard mark.sequence > 0 else { return false }
        try body(folder, try CheckpointFiles.list(folder), mark)
        return true
    }

    func cold(_ table: String) throws -> any ObjectStorage { try cold(table) }
}

/// A directory whose answers can be lost, and which can be out of reach.
final class UnsureObjects: ObjectStorage {
    enum Fault { case none, refuses, losesAnswers }
    let base: any ObjectStorage
    private let state: Mutex<Fault>
    /// Those that were asked for together.
    private let together = Mutex<[WantedObject]>([])
    /// Called before each object that comes in pieces.
    private let creating = Mutex<(@Sendable (String) -> Void)?>(nil)
    private let torn = Mutex<Set<String>>([])
    private let missed = Mutex<Set<String>>([])

    init(_ base: any ObjectStorage) {
        self.base = base
        state = Mutex(.none)
    }

    func takeTogether() -> [WantedObject] {
        together.withLock { wanted in
            defer { wanted = [] }
            return wanted
        }
    }

    var fault: Fault {
        get { state.withLock { $0 } }
        set { state.withLock { $0 = newValue } }
    }

    /// The next answer with this object lacks its last byte.
    func tear(_ key: String) { torn.withLock { _ = $0.insert(key) } }

    /// The next answer about this object, or about a prefix that ends with a slash, says that there is none.
    func miss(_ key: String) { missed.withLock { _ = $0.insert(key) } }

    func whenCreating(_ body: (@Sendable (String) -> Void)?) { creating.withLock { $0 = body } }

    private func ask<Result>(_ key: String, _ body: () throws(ColumnStoreError) -> Result) throws(ColumnStoreError) -> Result {
        if fault == .refuses { throw ColumnStoreError(.unavailable, path: key, "no answer") }
        return try body()
    }

    func location(of key: String) -> String { base.location(of: key) }
    func key(ofLocation location: String) -> String? { base.key(ofLocation: location) }
    func putIfAbsent(_ key: String, _ bytes: [UInt8]) throws(ColumnStoreError) {
        try ask(key) { () throws(ColumnStoreError) in try base.putIfAbsent(key, bytes) }
        if fault == .losesAnswers { throw ColumnStoreError(.unavailable, path: key, "the answer was lost") }
    }
    func put(_ key: String, _ bytes: [UInt8]) throws(ColumnStoreError) { try ask(key) { () throws(ColumnStoreError) in try base.put(key, bytes) } }
    func create(_ key: String) throws(ColumnStoreError) -> any ObjectSink {
        creating.withLock { $0 }?(key)
        return try ask(key) { () throws(ColumnStoreError) in try base.create(key) }
    }
    func get(_ key: String, byteCountMax: Int) throws(ColumnStoreError) -> [UInt8] {
        if missed.withLock({ $0.remove(key) != nil }) { throw ColumnStoreError(.notFound, path: key, "is not there") }
        let bytes = try ask(key) { () throws(ColumnStoreError) in try base.get(key, byteCountMax: byteCountMax) }
        return torn.withLock { $0.remove(key) != nil } ? Array(bytes.dropLast()) : bytes
    }
    func getEach(_ objects: [WantedObject], _ body: (Int, [UInt8]) throws(ColumnStoreError) -> Bool) throws(ColumnStoreError) {
        together.withLock { $0 += objects }
        for (place, object) in objects.enumerated() { guard try body(place, try get(object.key, byteCountMax: object.byteCountMax)) else { return } }
    }
    func get(_ key: String, range: Range<Int64>) throws(ColumnStoreError) -> [UInt8] { try ask(key) { () throws(ColumnStoreError) in try base.get(key, range: range) } }
    func open(_ key: String) throws(ColumnStoreError) -> any RandomAccessBytes { try ask(key) { () throws(ColumnStoreError) in try base.open(key) } }
    func byteCount(of key: String) throws(ColumnStoreError) -> Int64? { try ask(key) { () throws(ColumnStoreError) in try base.byteCount(of: key) } }
    func delete(_ key: String, _ proof: RemovalProof) throws(ColumnStoreError) { try ask(key) { () throws(ColumnStoreError) in try base.delete(key, proof) } }
    func list(prefix: String, _ body: (StoredObject) throws(ColumnStoreError) -> Void) throws(ColumnStoreError) {
        if missed.withLock({ $0.remove(prefix) != nil }) { return }
        try ask(prefix) { () throws(ColumnStoreError) in try base.list(prefix: prefix, body) }
    }
}

/// A place of archives in a directory, by way of what may lose its answers.
struct UnsurePlace: StorageFactory {
    let path: String
    let made: UnsureObjects

    var root: (any WarehouseRoot)? { LocalWarehouseRoot(path: path) }
    var objects: (any ObjectStorage)? { made }
    func tables(in warehouse: String) throws -> [String] { [] }
    func storage(of table: String, in warehouse: String, calls: any FileSystemCalls) throws(ColumnStoreError) -> any ObjectStorage { try LocalStorageFactory.files("\(path)/\(table)") }
    func storage(at location: String, sameAs storage: any ObjectStorage, calls: any FileSystemCalls) throws(ColumnStoreError) -> (any ObjectStorage)? { nil }

    static func archive(_ folder: String) throws -> (place: ArchivePlace, objects: UnsureObjects) {
        let objects = UnsureObjects(try LocalStorageFactory.files("\(folder)/archive"))
        let place = try ArchivePlace(url: "s3://log") { url in
            let path = "\(folder)\((url ?? "").dropFirst("s3://log".count))"
            return UnsurePlace(path: path, made: path == "\(folder)/archive" ? objects : UnsureObjects(try LocalStorageFactory.files(path)))
        }
        return (place, objects)
    }
}

/// Records of commits whose rows are none: for whoever folds nothing.
enum ArchiveRecords {
    /// - Parameter bodies: empty for a record that changes nothing.
    static func chain(_ bodies: [[UInt8]], after mark: Mark = .start, epoch: Int = 1) -> [Record] {
        var mark = mark
        return bodies.map { body in
            let record = Record(after: mark, epoch: epoch, kind: body.isEmpty ? .noop : .rows, level: 1, body: body)
            mark = record.mark
            return record
        }
    }

    /// A commit of its own, of some bytes, in one record or many.
    static func commit(_ number: Int64, at time: Int64, byteCount: Int = 10) -> [[UInt8]] {
        let payload = (0..<byteCount).map { _ in UInt8.random(in: 0...255) }
        return ReplicaBody.parts(LogSegment(records: [LogRecord(epoch: 1, sequence: number, time: time, kind: .rows, previous: LogRecord.noHash, byteCount: byteCount, payload: payload)]).bytes)
    }

    static func commits(_ count: Int, from first: Int = 1) -> [[UInt8]] { (first..<(first + count)).flatMap { commit(Int64($0), at: Int64($0) * 1_000_000) } }
}

extension ArchivePlace {
    /// All that its lines have, by their numbers.
    func marks() throws -> [Int64: [Int64]] {
        var found: [Int64: [Int64]] = [:]
        for line in try lines() {
            var last = line.base
            for first in try segments(of: line.number) {
                let segment = try segment(line.number, first)
                XCTAssertEqual(segment.previous, last, "line \(line.number) has a gap before \(first)")
                last = segment.last
                found[line.number, default: []] += segment.records.map { Int64($0.sequence) }
            }
        }
        return found
    }
}
