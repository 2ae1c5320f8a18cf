internal import Cluster
internal import ColumnStore
import Glibc
internal import Ingest

/// Sends this node's checkpoint to a peer that lacks records which are not here any more (`CheckpointFrame`). The store that this node serves from is not touched: the checkpoint's files
/// are the checkpoint's alone, and stay as they are meanwhile.
///
///     wait* ( refusal | head ( name piece* )* end )      frames of `CheckpointFrame`, each behind its length
///
/// `wait` comes while another has the checkpoint, and while its pages are looked at, which may take minutes. Each piece bears the sum of all bytes up to its end, through all files.
struct CheckpointSender: Sendable {
    private let checkpoint: StoreCheckpoint
    private let log: Log
    /// This node ends. Whether it leads does not matter: all that a checkpoint tells counts.
    private let isOver: @Sendable () -> Bool

    private struct Ended: Error {}

    /// Between two frames that say nothing: far less than a peer takes for the end (`MemberSocket.silenceSeconds`).
    private static let waitSeconds = 0.5

    init(_ checkpoint: StoreCheckpoint, log: Log, isOver: @escaping @Sendable () -> Bool) { (self.checkpoint, self.log, self.isOver) = (checkpoint, log, isOver) }

    /// Returns once all of it is sent, or the connection has ended.
    ///
    /// - Parameter greeting: by which it was asked for.
    func send(to greeting: PeerDoor.Greeting, _ socket: MemberSocket) {
        let peer = greeting.from
        WorkerThread.lowerPriority()
        WorkerThread.lowerDiskPriority()
        defer { checkpoint.note { ($0.sentTo, $0.byteCount, $0.wantedByteCount) = (nil, 0, 0) } }
        do {
            guard !isOver() else { return try say(.refusal("this node ends"), socket) }
            if let theirs = greeting.store, let own = checkpoint.file.store, own != theirs { return try say(.refusal("its store is \(own.text), and this node's \(theirs.text)"), socket) }
            // Nobody waits who has gone, and nobody believes that this one has.
            // A frame that says nothing is also the question whether the peer still reads: now and then, however often that is asked.
            var saidAt = -Double.infinity
            let isGone = { () -> Bool in
                if isOver() { return true }
                let now = SteadyClock.seconds()
                guard now - saidAt >= Self.waitSeconds else { return false }
                saidAt = now
                return !socket.send(PeerDoor.frame(CheckpointFrame.wait.bytes)[...])
            }
            let isDone: Void? = try checkpoint.sending { () throws -> Void? in
                try checkpoint.read(unless: isGone) { folder, files, beginning in try send(folder, files, beginning, to: peer, socket) }
            }
            if isDone == nil { try say(.refusal("this node has no checkpoint"), socket) }
        } catch let unusable as StoreCheckpoint.Unusable {
            log.error("a checkpoint could not be sent", ["peer": .text(peer), "reason": .text("\(unusable)")])
            do { try say(.refusal("its checkpoint is damaged"), socket) } catch { log.warning("the peer that was to be refused has gone", ["peer": .text(peer)]) }
        } catch is Ended {
            log.warning("a checkpoint was not sent to its end; the peer asks again", ["peer": .text(peer)])
        } catch {
            log.error("a checkpoint could not be sent", ["peer": .text(peer), "reason": .error(error)])
        }
    }

    private func say(_ frame: CheckpointFrame, _ socket: MemberSocket) throws {
        guard socket.send(PeerDoor.frame(frame.bytes)[...]) else { throw Ended() }
    }

    private func send(_ folder: String, _ files: [CheckpointFiles.File], _ beginning: Beginning, to peer: String, _ socket: MemberSocket) throws {
        let all = files.reduce(0) { $0 + $1.byteCount }
        log.info("a checkpoint is sent", ["peer": .text(peer), "record": .number(beginning.mark.sequence), "bytes": .number(Int(all))])
        let begun = SteadyClock.seconds()
        checkpoint.note { ($0.sentTo, $0.byteCount, $0.wantedByteCount) = (peer, 0, all) }
        try say(.head(byteCount: Int(all), beginning), socket)
        var sum = Cluster.Digest.zero
        for file in files {
            try say(.name(file.name, byteCount: Int(file.byteCount)), socket)
            try send("\(folder)/\(file.name)", file.byteCount, &sum, socket)
        }
        try say(.end, socket)
        log.info("a checkpoint was sent", ["peer": .text(peer), "record": .number(beginning.mark.sequence), "seconds": .text(String(Int(SteadyClock.seconds() - begun)))])
    }

    /// - Parameter byteCount: as the list of files had it. A file that is shorter by now ends the sending: what was announced must come.
    private func send(_ path: String, _ byteCount: Int64, _ sum: inout Cluster.Digest, _ socket: MemberSocket) throws {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw RecordFile.Failure("open", path) }
        defer { close(descriptor) }
        let bytes = RecordBytes(descriptor, path)
        var offset: Int64 = 0
        while offset < byteCount {
            if isOver() { throw Ended() }
            let piece = try bytes.read(at: offset, count: Int(min(byteCount - offset, Int64(CheckpointFrame.pieceByteCount))))
            sum.take(piece)
            try say(.piece(sum, piece[...]), socket)
            offset += Int64(piece.count)
            // What was given to the socket, which may not have left it.
            checkpoint.note { $0.byteCount += Int64(piece.count) }
        }
    }
}
