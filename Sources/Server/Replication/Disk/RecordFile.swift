package import Cluster
internal import ColumnStore
import Glibc
internal import Ingest
import Synchronization

/// A node's own disk: its records in `DATA/cluster/records` and `records.<number>` (`RecordSegment`), `DATA/cluster/promise`, the highest epoch that it has promised, and `DATA/cluster/store`, whose records they are.
///
/// Each record has its hash, and that of the one before, through all files. What a crash has left at the end of the last one that is none was never synced, so it was reported to nobody: it is cut off, and kept beside
/// it as `records.cut-<number>`, where the number is that of the first record it may have had. More than a crash can leave is damage, and no start goes over it.
///
/// A file is whole and synced before the next one begins. Whole files at the beginning go once the checkpoint has what they made (`StoreCheckpoint`).
///
/// 1. `segments` lie end to end: each goes on from the mark that the one before ends with.
/// 2. `tail` is the last record's mark, and `history` has the epochs of all up to it, those that a checkpoint has among them, of which the oldest may be forgotten.
/// 3. The node's thread alone changes records; any thread reads them. The lock is held over writes of files; `sync` waits beside it, and so do reads: whoever reads for a copy has the
///    disk last of all, and the node's thread would wait for it. What was read beside it counts where it is the records of one moment (`read`); else it is read again under the lock.
/// 4. After a write that failed the state here may be ahead of the file: the node ends then, and the next start reads what is there.
/// 5. What a start has read is durable: the node tells others of it at once.
package final class RecordFile: Sendable {
    private struct State {
        /// One at least, in order.
        var segments: [RecordSegment] = []
        var history = History()
        var tail = Mark.start
        var promise = 0
        var store: StoreIdentity?
        /// The lowest number that records were cut back to since that was last asked for.
        var lowestCut: Int?
        /// The highest that a record has had since the start.
        var level = 1
        /// The last ones, read by the start for the node; empty from then on.
        var recent: [Record] = []

        var byteCount: Int64 { segments.reduce(0) { $0 + $1.end } }
    }

    private let folder: String
    private let lock: Int32
    private let files: any FileStorage
    private let segmentByteCount: Int64
    private let state: Mutex<State>

    /// More is never written between two syncs.
    package static let unsyncedByteCountMax: Int64 = 64 << 20

    struct Failure: Error, CustomStringConvertible {
        let description: String

        init(_ operation: String, _ path: String, code: Int32 = errno) { description = "\(operation) \(path): \(String(cString: strerror(code)))" }
    }

    /// - Parameters:
    ///   - folder: absolute; there by now.
    ///   - segmentByteCount: of one file, or a little more.
    /// - Returns: `cut`: how many bytes at the end were no record.
    package static func open(
        _ folder: String, segmentByteCount: Int64 = 128 << 20, unsyncedByteCountMax: Int64 = RecordFile.unsyncedByteCountMax
    ) throws -> (file: RecordFile, cut: Int64) {
        let file = try RecordFile(folder, segmentByteCount)
        return (file, try file.load(unsyncedByteCountMax))
    }

    private init(_ folder: String, _ segmentByteCount: Int64) throws {
        (self.folder, self.segmentByteCount) = (folder, segmentByteCount)
        files = try LocalStorageFactory.files(folder)
        lock = Glibc.open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard lock >= 0 else { throw Failure("open", folder) }
        state = Mutex(State())
        // One process has it, whoever else has the directory.
        guard flock(lock, LOCK_EX | LOCK_NB) == 0 else { throw CommandFault("another process works on \(folder)") }
    }

    deinit { close(lock) }

    /// Why a directory cannot be worked on.
    struct CommandFault: Error, CustomStringConvertible {
        let description: String
        init(_ description: String) { self.description = description }
    }

    // MARK: The start

    private func load(_ unsyncedByteCountMax: Int64) throws -> Int64 {
        try state.withLock { state in
            if try files.byteCount(of: "promise") != nil {
                let text = String(decoding: try files.get("promise", byteCountMax: 64), as: UTF8.self)
                // The next object that this node makes goes on above it, and must be one that can be read.
                guard let promise = Int(text.prefix { $0 != "\n" }), (0..<Bounds.numberMax).contains(promise) else {
                    throw CommandFault("the epoch in \(folder)/promise is none that a cluster comes to: it is damaged; where the other machine has all, put DATA aside and begin with an empty one")
                }
                state.promise = promise
            }
            if try files.byteCount(of: Self.storeName) != nil {
                let text = String(decoding: try files.get(Self.storeName, byteCountMax: 64), as: UTF8.self)
                guard let store = StoreIdentity(String(text.prefix { $0 != "\n" })) else { throw CommandFault("\(folder)/\(Self.storeName) names no store") }
                state.store = store
            }
            var names = try RecordSegment.names(in: folder)
            // One that was not made whole has no record.
            let isNone = try names.count == 1 && files.byteCount(of: names[0]) ?? 0 < RecordSegment.title.count
            if names.isEmpty || isNone { names = [try RecordSegment.make(.first, in: files)] }
            for (index, name) in names.enumerated() {
                let segment = try RecordSegment(opening: name, in: folder)
                // Those before it were synced as the next one began.
                if index == names.count - 1 { try segment.bytes.settle() }
                if index == 0 { (state.tail, state.history) = (segment.beginning.mark, segment.beginning.history) }
                guard segment.beginning.mark == state.tail else {
                    throw CommandFault("\(segment.path) does not go on where the records before it end, with \(state.tail.sequence): where the other machine has all, put DATA aside and begin with an empty one")
                }
                state.segments.append(segment)
                let size = try segment.bytes.count
                // As long as each follows the one before by number and hash: the first that does not is the end, or damage.
                while let record = try segment.bytes.entry(at: segment.end, limit: size), record.follows(state.tail) { note(record, &state) }
                guard segment.end < size else { continue }
                // Only the last file can end with what was never synced: the ones before were whole before it began.
                guard index == names.count - 1, size - segment.end <= unsyncedByteCountMax else {
                    throw CommandFault(
                        "\(segment.path) is damaged at byte \(segment.end), in record \(state.tail.sequence + 1), and \(size - segment.end) bytes stand behind it: where the other machine has all, put DATA aside and begin with an empty one")
                }
                return try cutOff(segment, size, state.tail)
            }
            return 0
        }
    }

    /// Cuts off what is no record, and keeps it: the copy is durable before the file is shorter.
    private func cutOff(_ segment: RecordSegment, _ size: Int64, _ tail: Mark) throws -> Int64 {
        try files.put("records.cut-\(tail.sequence + 1)", try segment.bytes.read(at: segment.end, count: Int(size - segment.end)))
        try segment.bytes.truncate(to: segment.end)
        try segment.bytes.sync()
        return size - segment.end
    }

    private func note(_ record: Record, _ state: inout State) {
        state.segments[state.segments.count - 1].note(record, byteCount: 4 + record.bytes.count)
        state.history.append(record)
        state.level = max(state.level, record.level)
        state.tail = record.mark
        state.recent.append(record)
        if state.recent.count > 2 * Bounds.recentCountMax { state.recent.removeFirst(Bounds.recentCountMax) }
    }

    /// What the node knows as it starts; its memory of the last records goes with it.
    package func takeDisk() -> Node.Disk {
        state.withLock { state in
            defer { state.recent = [] }
            return Node.Disk(
                promise: state.promise, history: state.history, tail: state.tail, recent: Array(state.recent.suffix(Bounds.recentCountMax)),
                base: state.segments[0].beginning.mark, store: state.store)
        }
    }

    /// The highest epoch that was promised.
    package var promise: Int { state.withLock { $0.promise } }

    /// The epochs of all records, but of those before `base` the oldest may be forgotten.
    package var history: History { state.withLock { $0.history } }

    /// Whose records these are; nil while that is not noted.
    package var store: StoreIdentity? { state.withLock { $0.store } }

    package var tail: Mark { state.withLock { $0.tail } }

    /// The level of the records that are here: 1, or that of the highest.
    package var level: Int { state.withLock { $0.level } }

    /// The record before the first one that is here.
    package var base: Mark { state.withLock { $0.segments[0].beginning.mark } }

    package var byteCount: Int64 { state.withLock { $0.byteCount } }

    // MARK: Changes, by the node's thread alone

    package func append(_ records: [Record]) throws {
        try state.withLock { state in
            // Between two appends: no record lies in two files.
            if let last = state.segments.last, last.end >= segmentByteCount, last.end > last.start { try goOn(in: &state) }
            guard let segment = state.segments.last else { return }
            var bytes: [UInt8] = []
            let start = segment.end
            for record in records {
                let own = record.bytes
                withUnsafeBytes(of: UInt32(own.count).littleEndian) { bytes.append(contentsOf: $0) }
                bytes += own
                note(record, &state)
            }
            state.recent = []
            try segment.bytes.write(bytes, at: start)
        }
    }

    /// Else a crash could leave a file that begins behind the end of the one before.
    ///
    /// What was written is synced, and what comes goes to a file of its own.
    private func goOn(in state: inout State) throws {
        guard let beginning = Beginning(mark: state.tail, history: state.history) else { throw CommandFault("\(folder): its records have no end") }
        try state.segments.last?.bytes.sync()
        state.segments.append(try RecordSegment(opening: try RecordSegment.make(beginning, in: files), in: folder))
    }

    /// Takes away all records after `sequence`, which no majority has: whole files from the end, then the end of one.
    ///
    /// - Throws: for a sequence before `base`, for a damaged record, and what the disk says.
    package func cut(to sequence: Int) throws {
        try state.withLock { state in
            guard sequence < state.tail.sequence else { return }
            state.lowestCut = min(state.lowestCut ?? sequence, sequence)
            guard sequence >= state.segments[0].beginning.mark.sequence else { throw CommandFault("\(folder): records are to be cut back to \(sequence), and the checkpoint goes beyond that") }
            while state.segments.count > 1, let last = state.segments.last, last.first > sequence {
                try remove(last)
                state.segments.removeLast()
            }
            guard let segment = state.segments.last else { return }
            var tail = segment.beginning.mark
            let count = sequence - tail.sequence
            if count > 0 {
                guard let record = try segment.bytes.entry(at: try segment.offset(after: count - 1), limit: segment.end), record.sequence == sequence else {
                    throw CommandFault("\(segment.path): a record before \(sequence) is damaged")
                }
                tail = record.mark
            }
            let end = try segment.offset(after: count)
            try segment.bytes.truncate(to: end)
            segment.end = end
            // With `count` records left, ⌈count / 64⌉ places are needed.
            segment.index.removeLast(segment.index.count - (count + RecordSegment.stride - 1) / RecordSegment.stride)
            state.history.cut(to: sequence)
            (state.tail, state.recent) = (tail, [])
        }
    }

    /// Down to which record any were cut off since this was last asked; nil: none were. What was folded of those is not the log's any more.
    package func takeCut() -> Int? {
        state.withLock { state in
            defer { state.lowestCut = nil }
            return state.lowestCut
        }
    }

    /// Takes away whole files at the beginning, up to a record at most.
    ///
    /// - Parameters:
    ///   - sequence: of the last record that a checkpoint has, durably.
    ///   - keeping: how many bytes stay for a peer that was away.
    /// - Returns: the last record that is not here any more; nil where nothing went.
    package func drop(through sequence: Int, keeping: Int64) throws -> Int? {
        try state.withLock { state in
            var through: Int?
            // The first file ends with the record before the second's first; the last file always stays.
            while state.segments.count > 1, state.segments[1].first - 1 <= sequence, state.byteCount - state.segments[0].end >= keeping {
                try remove(state.segments.removeFirst())
                through = state.segments[0].first - 1
            }
            if let through { state.history.forget(keeping: Bounds.epochsKept, through: through) }
            return through
        }
    }

    /// Takes away all records: a checkpoint has taken their place, with which the log begins.
    package func begin(_ beginning: Beginning) throws {
        try state.withLock { state in
            let (promise, store) = (state.promise, state.store)
            // The last ones first: what is left of them is a log.
            for segment in state.segments.reversed() { try remove(segment) }
            let segment = try RecordSegment(opening: try RecordSegment.make(beginning, in: files), in: folder)
            state = State(segments: [segment], history: beginning.history, tail: beginning.mark, promise: promise, store: store, lowestCut: state.lowestCut)
        }
    }

    /// Durably: a name that came back would stand beside what has taken its records' place.
    private func remove(_ segment: RecordSegment) throws {
        let code = FileRemoval.remove(segment.path, .temporary)
        guard code == 0 || code == ENOENT else { throw Failure("remove", segment.path, code: code) }
        try DataDirectory.synchronizeDirectory(folder)
    }

    /// Of the last file alone: those before it were synced as it began. A crash after it loses nothing that was appended before.
    package func sync() throws { try state.withLock { $0.segments.last }?.bytes.sync() }

    /// Durable once it returns.
    package func promise(_ epoch: Int) throws {
        try files.put("promise", Array("\(epoch)\n".utf8))
        state.withLock { $0.promise = epoch }
    }

    /// Durable once it returns. From any thread: it is noted once, and stays.
    package func identify(_ store: StoreIdentity) throws {
        guard self.store != store else { return }
        try files.put(Self.storeName, Array("\(store.text)\n".utf8))
        state.withLock { $0.store = store }
    }

    private static let storeName = "store"

    // MARK: Reading, from any thread

    /// Where some records lie: as of one moment, with the files open, whatever becomes of their names.
    private struct Place: Sendable {
        struct Piece: Sendable {
            let segment: RecordSegment
            let start: Int64
            let end: Int64
        }

        /// Up to the last file that has any of them.
        let pieces: [Piece]
        /// How many records lie before the first one from where the first piece begins.
        let skipped: Int
        let sequences: ClosedRange<Int>
    }

    /// Some of the records from `first` on; none past the end, and none before `base`.
    ///
    /// They are those of one moment between call and return. Beside the lock the node's thread may cut them back, write others in their place, or remove files. Removed files are read on.
    /// Of what it cuts or writes each record is whole by its hash, or none; and one behind another that it does not go on from is of another moment.
    ///
    /// - Throws: for one that is damaged.
    package func read(from first: Int, count: Int, through last: Int = .max) throws -> [Record] {
        guard let place = state.withLock({ Self.place(of: first, count: count, through: last, $0) }) else { return [] }
        // Longer than the last look at it: with a file's last owner its descriptor goes, and may be another's at once.
        do { return try withExtendedLifetime(place) { try Self.read(place) } } catch {
            // It may have been changed meanwhile. Damage, and a disk that does not give it, are told by the second look.
            return try state.withLock { state in try Self.place(of: first, count: count, through: last, state).map { try Self.read($0) } ?? [] }
        }
    }

    /// Reads no file.
    ///
    /// - Returns: nil where there are none.
    private static func place(of first: Int, count: Int, through last: Int, _ state: State) -> Place? {
        guard count > 0, first > state.segments[0].beginning.mark.sequence, first <= min(last, state.tail.sequence) else { return nil }
        let sequences = first...min(last, state.tail.sequence, first.addingSaturating(count - 1))
        let index = state.segments.lastIndex { $0.first <= first } ?? 0
        let begin = state.segments[index].place(after: first - state.segments[index].first)
        var pieces = [Place.Piece(segment: state.segments[index], start: begin.offset, end: state.segments[index].end)]
        for segment in state.segments[(index + 1)...] where segment.first <= sequences.upperBound { pieces.append(Place.Piece(segment: segment, start: segment.start, end: segment.end)) }
        return Place(pieces: pieces, skipped: begin.skipped, sequences: sequences)
    }

    private static func read(_ place: Place) throws -> [Record] {
        var index = 0
        var offset = try place.pieces[0].segment.offset(place.skipped, behind: place.pieces[0].start, end: place.pieces[0].end)
        var records: [Record] = []
        for sequence in place.sequences {
            // Records go on in the next file.
            if offset >= place.pieces[index].end, index + 1 < place.pieces.count { (index, offset) = (index + 1, place.pieces[index + 1].start) }
            let (segment, end) = (place.pieces[index].segment, place.pieces[index].end)
            guard let record = try segment.bytes.entry(at: offset, limit: end), record.sequence == sequence, records.last.map({ record.previous == $0.hash }) ?? true else {
                throw CommandFault("\(segment.path): record \(sequence) is damaged")
            }
            records.append(record)
            offset += Int64(4 + record.bytes.count)
        }
        return records
    }

    /// How many bytes the records after one take, about: to the sixty-fourth.
    package func byteCount(after sequence: Int) -> Int64 {
        state.withLock { state in
            state.segments.indices.reduce(0) { sum, place in
                let segment = state.segments[place]
                let last = place + 1 < state.segments.count ? state.segments[place + 1].first - 1 : state.tail.sequence
                guard sequence < last else { return sum }
                let count = max(0, sequence + 1 - segment.first)
                let begin = segment.index.indices.contains(count / RecordSegment.stride) ? segment.index[count / RecordSegment.stride] : segment.end
                return sum + segment.end - begin
            }
        }
    }

    /// The epochs of all records up to one that is here, or the last before them.
    package func beginning(at mark: Mark) -> Beginning? {
        state.withLock { state in
            var history = state.history
            history.cut(to: mark.sequence)
            return Beginning(mark: mark, history: history)
        }
    }
}
