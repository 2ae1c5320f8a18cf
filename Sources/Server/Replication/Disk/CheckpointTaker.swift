internal import Cluster
internal import ColumnStore
import Glibc
internal import Ingest

/// Takes the leader's checkpoint where this node lacks records that the leader has no more: into `DATA/cluster/incoming`, which takes the place of this node's own once it is whole. What
/// came of a connection that ended is begun anew.
///
/// 1. One is taken at a time; `isTaking` is true from the decision to the end, whatever came of it.
/// 2. What comes is nobody's store before it is whole, sealed and renamed: until then it lies in `incoming`, which the next start and the next try remove.
/// 3. Nothing is installed over records that it does not go beyond: the node's thread asks that last (`NodeHost.work`).
/// 4. One that comes has its time, by its bytes: a peer that lives, and sends next to nothing, does not keep this node from asking again.
final class CheckpointTaker: Sendable {
    private struct State {
        var isTaking = false
        var isStopping = false
        var socket: MemberSocket?
        var notBefore = 0.0
        var pause = CheckpointTaker.pauseSeconds.lowerBound
    }

    /// Why nothing came of it.
    private struct Fault: Error, CustomStringConvertible {
        let description: String
        init(_ description: String) { self.description = description }
    }

    private let checkpoint: StoreCheckpoint
    private let log: Log
    private let state = Monitor(State())

    /// Doubles with each that came to nothing.
    private static let pauseSeconds = 0.5...10.0
    /// What is not on the disk yet while more comes: nobody waits long for a sync.
    private static let unsyncedByteCount = 32 << 20
    /// Half a megabit: slower than any link that could keep up with a leader's records.
    private static let byteCountPerSecond = 64.0 * 1_024
    /// Before the first byte: another may have the peer's checkpoint, or it is proven page by page. And as much for all that holds up what comes.
    private let waitSeconds: Double

    /// - Parameter waitSeconds: another for tests.
    init(_ checkpoint: StoreCheckpoint, waitSeconds: Double = 3_600, log: Log) { (self.checkpoint, self.waitSeconds, self.log) = (checkpoint, waitSeconds, log) }

    /// Begins to, unless one is under way, or came to nothing a moment ago.
    ///
    /// - Parameters:
    ///   - connect: a connection of its own to the peer; nil where it does not take it.
    ///   - greeting: that asks for it.
    ///   - install: has the node begin anew on it by way of the body, on its own thread; false where it is of no use by now.
    func begin(
        from peer: String, greeting: [UInt8], connect: @escaping @Sendable () -> MemberSocket?,
        install: @escaping @Sendable (Mark, @escaping @Sendable () throws -> Void) -> Bool
    ) {
        let isMine = state.withLock { state in
            // The node may ask more often: the pause is kept here.
            guard !state.isTaking, !state.isStopping, SteadyClock.seconds() >= state.notBefore else { return false }
            state.isTaking = true
            return true
        }
        guard isMine else { return }
        let isBegun = WorkerThread.start(name: "checkpoint-in") { [self] in
            WorkerThread.lowerPriority()
            var isDone = false
            do {
                guard let socket = connect() else { throw Fault("it takes no connection") }
                // From here on a stop cuts it, wherever the thread waits on it.
                state.withLock { $0.socket = socket }
                guard socket.send(greeting[...]) else { throw Fault("it ended the connection") }
                try take(from: peer, socket) { [checkpoint] beginning in install(beginning.mark) { try checkpoint.takePlace() } }
                isDone = true
            } catch {
                removeRest()
                log.warning("a checkpoint of the peer did not come; it is asked for again", ["peer": .text(peer), "reason": .error(error)])
            }
            end(isDone: isDone)
        }
        if isBegun { return }
        log.warning("a checkpoint of the peer did not come; it is asked for again", ["peer": .text(peer), "reason": .text("the system gives no thread to take it on")])
        end(isDone: false)
    }

    /// None is under way any more.
    private func end(isDone: Bool) {
        checkpoint.note { ($0.takenFrom, $0.byteCount, $0.wantedByteCount) = (nil, 0, 0) }
        state.broadcast { state in
            (state.isTaking, state.socket) = (false, nil)
            state.pause = isDone ? Self.pauseSeconds.lowerBound : min(Self.pauseSeconds.upperBound, state.pause * 2)
            state.notBefore = SteadyClock.seconds() + state.pause
        }
    }

    /// Takes the peer's checkpoint in place of this node's own, which is damaged. Returns once it is there, or did not come.
    ///
    /// - Parameters: as of `begin`.
    ///   - mayDrop: whether it may take the place of records too.
    /// - Returns: why none is there now; nil: it is.
    func mend(from peer: String, greeting: [UInt8], connect: () -> MemberSocket?, mayDrop: Bool) -> String? {
        let isMine = state.withLock { state in
            guard !state.isTaking, !state.isStopping else { return false }
            state.isTaking = true
            return true
        }
        guard isMine else { return "another is being taken" }
        defer {
            checkpoint.note { ($0.takenFrom, $0.byteCount, $0.wantedByteCount) = (nil, 0, 0) }
            state.broadcast { ($0.isTaking, $0.socket) = (false, nil) }
        }
        do {
            guard let socket = connect() else { throw Fault("\(peer) takes no connection") }
            state.withLock { $0.socket = socket }
            guard socket.send(greeting[...]) else { throw Fault("\(peer) ended the connection") }
            // Its files are not sent for nothing, and again and again.
            func early(_ beginning: Beginning) -> Fault { Fault("the checkpoint of \(peer) ends with record \(beginning.mark.sequence), before the first record that is here") }
            func prove(_ beginning: Beginning) throws { if try !checkpoint.isOfUse(beginning, mayDrop: mayDrop) { throw early(beginning) } }
            try take(from: peer, socket, prove: prove) { beginning in
                guard try checkpoint.replace(beginning, mayDrop: mayDrop) else { throw early(beginning) }
                return true
            }
            return nil
        } catch {
            removeRest()
            return "\(error)"
        }
    }

    private func removeRest() {
        do { try CheckpointFiles.remove(checkpoint.incomingPath) } catch { log.warning("what came of a checkpoint could not be removed", ["reason": .error(error)]) }
    }

    /// What comes is wanted no more, and nothing further is asked for. Does not wait.
    func cut() {
        state.broadcast { state in
            state.isStopping = true
            state.socket?.cut()
        }
    }

    /// Returns once nothing is under way.
    func stop() {
        cut()
        state.wait { $0.isTaking ? nil : () }
    }

    private var isStopping: Bool { state.withLock { $0.isStopping } }

    /// - Parameters:
    ///   - prove: throws where one that ends there is of no use.
    ///   - place: puts it in the place of what is there; false where it is of no use by now.
    private func take(from peer: String, _ socket: MemberSocket, prove: (Beginning) throws -> Void = { _ in }, _ place: (Beginning) throws -> Bool) throws {
        let folder = checkpoint.incomingPath
        try CheckpointFiles.remove(folder)
        let begun = SteadyClock.seconds()
        // 1. The head, before any room is taken. 2. All files, each piece held against its sum. 3. Every page of every database. 4. Whose store it is.
        // 5. Sealed, durable. 6. In place, if it is of use still.
        var frame = try next(socket, until: begun + waitSeconds)
        while frame == .wait { frame = try next(socket, until: begun + waitSeconds) }
        if case .refusal(let reason) = frame { throw Fault(reason) }
        guard case .head(let byteCount, let beginning) = frame else { throw Fault("it said what is no checkpoint") }
        try prove(beginning)
        try makeRoom(byteCount)
        log.info("a checkpoint of the peer is taken", ["peer": .text(peer), "record": .number(beginning.mark.sequence), "bytes": .number(byteCount)])
        checkpoint.note { ($0.takenFrom, $0.byteCount, $0.wantedByteCount) = (peer, 0, Int64(byteCount)) }
        try takeFiles(byteCount, into: folder, socket)
        if let fault = try CheckpointFiles.fault(folder, unless: { isStopping }) { throw Fault("it is damaged: \(fault)") }
        // Versions before say nothing of it, and give to anybody.
        if let own = checkpoint.file.store, let theirs = try ReplicaStore(directory: folder, isDurable: true).identity(), theirs != own.text { throw Fault("it is of the store \(theirs), and this node's is \(own.text)") }
        try checkpoint.seal(beginning)
        let isInPlace = try checkpoint.hold(unless: { isStopping }) { try place(beginning) }
        guard isInPlace == true else { throw Fault("this node has no use for it by now") }
        try checkpoint.removeFormer()
        log.info("a checkpoint of the peer is in place", [
            "peer": .text(peer), "record": .number(beginning.mark.sequence), "bytes": .number(byteCount), "seconds": .text(String(Int(SteadyClock.seconds() - begun))),
        ])
    }

    /// - Parameter end: by the steady clock.
    private func next(_ socket: MemberSocket, until end: Double) throws -> CheckpointFrame {
        if isStopping { throw Fault("this node ends") }
        func late() -> Fault { Fault("it did not come in the time that it has") }
        guard SteadyClock.seconds() < end else { throw late() }
        // Never longer than a frame may be: its memory is not the peer's to choose.
        guard let bytes = socket.frame(byteCountMax: CheckpointFrame.byteCountMax, until: end) else {
            throw SteadyClock.seconds() < end ? Fault("it ended the connection, or stood still") : late()
        }
        do throws(FrameFault) { return try CheckpointFrame(parsing: bytes[...]) } catch { throw Fault(error.reason) }
    }

    /// It lies there twice for a while: as it comes, and as the store that it makes.
    private func makeRoom(_ byteCount: Int) throws {
        let wanted = Int64(byteCount).multipliedReportingOverflow(by: 2)
        guard let free = DataDirectory.freeBytes(checkpoint.folder), !wanted.overflow, free > wanted.partialValue else {
            throw Fault("it has \(byteCount) bytes, and there is no room for them twice")
        }
    }

    private func takeFiles(_ byteCount: Int, into folder: String, _ socket: MemberSocket) throws {
        try DataDirectory.makeDirectories(folder)
        let files = try LocalStorageFactory.files(folder)
        var (sum, left) = (Cluster.Digest.zero, byteCount)
        let end = SteadyClock.seconds() + waitSeconds + Double(byteCount) / Self.byteCountPerSecond
        var frame = try next(socket, until: end)
        while case .name(let name, let size) = frame {
            // A name is one that Till makes: nothing of the peer's leads out of the folder.
            guard CheckpointFiles.isName(name), size <= left else { throw Fault("it has a file that none has: \(name.prefix(100))") }
            left -= size
            try files.prepare(name)
            let path = files.path(of: name)
            let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
            guard descriptor >= 0 else { throw RecordFile.Failure("open", path) }
            defer { close(descriptor) }
            let target = RecordBytes(descriptor, path)
            var (offset, unsynced) = (0, 0)
            frame = try next(socket, until: end)
            while case .piece(let said, let piece) = frame {
                let piece = Array(piece)
                sum.take(piece)
                guard sum == said, offset + piece.count <= size else { throw Fault("a piece of \(name) does not have its sum") }
                try target.write(piece, at: Int64(offset))
                (offset, unsynced) = (offset + piece.count, unsynced + piece.count)
                // Piece by piece, while the next ones are on their way; all at once at the end would hold up the disk of the node's records.
                if unsynced >= Self.unsyncedByteCount {
                    try target.sync()
                    unsynced = 0
                }
                checkpoint.note { $0.byteCount += Int64(piece.count) }
                frame = try next(socket, until: end)
            }
            guard offset == size else { throw Fault("\(name) ends after \(offset) of \(size) bytes") }
            try target.sync()
        }
        guard frame == .end, left == 0 else { throw Fault("it ended in the middle") }
    }
}
