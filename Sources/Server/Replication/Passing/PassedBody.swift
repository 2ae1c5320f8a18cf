internal import ColumnStore
import Glibc
internal import Ingest
import Synchronization

/// The body of a request that is passed on, kept until its answer is here so that it can be sent to another node: in memory while it is short, else in a file without a name.
///
/// In memory up to 64 KiB, and while the room for all has that much; past either all of it moves to the file, and stays there.
/// Room is taken before bytes are, and given back with the object.
package final class PassedBody: BodySink, @unchecked Sendable {
    // Proof of Sendable: the connection's thread has it until the request is whole, then the thread that passes it on.

    /// What all bodies together may have: whoever sends them has shown no right to anything yet.
    package final class Room: Sendable {
        private struct State {
            var inMemory = 0
            var inFiles = 0
            /// In files, since the disk's own room was looked at.
            var unseen = Room.lookByteCount
            var number = 0
        }

        let folder: String
        private let byteCountMax: Int
        private let memoryByteCountMax: Int
        private let minFreeBytes: Int64
        private let state = Mutex(State())

        private static let lookByteCount = 8 << 20

        /// - Parameters:
        ///   - folder: of files that nobody else names.
        ///   - byteCountMax: in files.
        ///   - memoryByteCountMax: beyond it short bodies have files too.
        ///   - minFreeBytes: so much stays free on the disk.
        package init(folder: String, byteCountMax: Int, memoryByteCountMax: Int = 64 << 20, minFreeBytes: Int64) {
            (self.folder, self.byteCountMax, self.memoryByteCountMax, self.minFreeBytes) = (folder, byteCountMax, memoryByteCountMax, minFreeBytes)
        }

        /// - Returns: whether so much more may be in memory.
        fileprivate func takeMemory(_ count: Int) -> Bool {
            state.withLock { state in
                guard count <= memoryByteCountMax - state.inMemory else { return false }
                state.inMemory += count
                return true
            }
        }

        fileprivate func giveMemory(_ count: Int) { state.withLock { $0.inMemory -= count } }

        fileprivate func take(_ count: Int) throws {
            let (isTaken, isToLook) = state.withLock { state in
                guard count <= byteCountMax - state.inFiles else { return (false, false) }
                state.inFiles += count
                state.unseen += count
                guard state.unseen >= Self.lookByteCount else { return (true, false) }
                state.unseen = 0
                return (true, true)
            }
            guard isTaken else { throw Problem(.overloaded, "the bodies that wait here to be passed on to the node that leads are as much as may wait; ask that node, or try again") }
            guard isToLook, let free = DataDirectory.freeBytes(folder), free < minFreeBytes else { return }
            // The next one looks again.
            state.withLock { state in
                state.inFiles -= count
                state.unseen = Self.lookByteCount
            }
            throw Problem(.diskFull, "less than limits.min_free is free on the disk of this node, which keeps a body until the node that leads has answered; ask that node, or try again")
        }

        fileprivate func give(_ count: Int) { state.withLock { $0.inFiles -= count } }

        fileprivate func newPath() -> String {
            "\(folder)/passed-\(getpid())-" + String(state.withLock { state in
                state.number += 1
                return state.number
            })
        }
    }

    private let room: Room
    private var bytes: [UInt8] = []
    private var file: Int32 = -1
    package private(set) var byteCount = 0

    private static let memoryByteCountMax = 64 << 10
    /// Read and sent at a time.
    private static let pieceByteCount = 256 << 10

    package init(_ room: Room) { self.room = room }

    deinit {
        room.giveMemory(bytes.count)
        guard file >= 0 else { return }
        close(file)
        room.give(byteCount)
    }

    package func append(_ piece: UnsafeRawBufferPointer) throws {
        if file < 0, bytes.count + piece.count <= Self.memoryByteCountMax, room.takeMemory(piece.count) {
            bytes.append(contentsOf: piece)
            byteCount = bytes.count
            return
        }
        if file < 0 { try openFile() }
        try room.take(piece.count)
        byteCount += piece.count
        try write(piece, at: byteCount - piece.count)
    }

    private func openFile() throws {
        try room.take(bytes.count)
        let path = room.newPath()
        let descriptor = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            room.give(bytes.count)
            throw failure("open \(path)")
        }
        file = descriptor
        // The name goes at once: whatever ends the process, the bytes go with the descriptor.
        _ = FileRemoval.remove(path, .temporary)
        try bytes.withUnsafeBytes { try write($0, at: 0) }
        room.giveMemory(bytes.count)
        bytes = []
    }

    private func write(_ piece: UnsafeRawBufferPointer, at place: Int) throws {
        var done = 0
        while done < piece.count {
            let count = pwrite(file, piece.baseAddress.map { $0 + done }, piece.count - done, off_t(place + done))
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw failure("write") }
            done += count
        }
    }

    private func failure(_ operation: String) -> Problem {
        Problem(.storageUnavailable, "the body cannot be kept to be passed on", cause: "\(operation) in \(room.folder): \(String(cString: strerror(errno)))")
    }

    /// Sends all of it, as fast as the other end takes it.
    ///
    /// - Returns: false where the connection has ended before: its answer may be here already.
    func send(to socket: MemberSocket) throws -> Bool {
        guard file >= 0 else { return bytes.isEmpty || socket.sendWaiting(bytes[...]) }
        var place = 0
        while place < byteCount {
            // An end that takes all at once is never waited for.
            guard socket.isStillWanted() else { return false }
            var code: Int32 = 0
            let piece = [UInt8](unsafeUninitializedCapacity: min(Self.pieceByteCount, byteCount - place)) { target, count in
                let done = pread(file, target.baseAddress, target.count, off_t(place))
                if done < 0 { code = errno }
                count = max(0, done)
            }
            guard code == 0, !piece.isEmpty else { throw failure("read") }
            guard socket.sendWaiting(piece[...]) else { return false }
            place += piece.count
        }
        return true
    }
}
