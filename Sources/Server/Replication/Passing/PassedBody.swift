internal import ColumnStore
import Glibc
import Synchronization

/// The body of a request that is passed on, kept until its answer is here so that it can be sent to another node: in memory while it is short, else in a file without a name.
final class PassedBody: BodySink, @unchecked Sendable {
    // Proof of Sendable: the connection's thread has it until the request is whole, then the thread that passes it on.

    /// What all bodies together may have in files.
    final class Room: Sendable {
        let folder: String
        private let byteCountMax: Int
        private let state = Mutex((taken: 0, number: 0))

        /// - Parameter folder: of files that nobody else names.
        init(folder: String, byteCountMax: Int) { (self.folder, self.byteCountMax) = (folder, byteCountMax) }

        fileprivate func take(_ count: Int) throws {
            let isTaken = state.withLock { state in
                guard count <= byteCountMax - state.taken else { return false }
                state.taken += count
                return true
            }
            guard isTaken else { throw Problem(.overloaded, "the bodies that wait here to be passed on to the node that leads are as much as may wait; ask that node, or try again") }
        }

        fileprivate func give(_ count: Int) { state.withLock { $0.taken -= count } }

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
    private(set) var byteCount = 0

    private static let memoryByteCountMax = 64 << 10
    private static let pieceByteCount = 256 << 10

    init(_ room: Room) { self.room = room }

    deinit {
        guard file >= 0 else { return }
        close(file)
        room.give(byteCount)
    }

    func append(_ piece: UnsafeRawBufferPointer) throws {
        if file < 0, bytes.count + piece.count <= Self.memoryByteCountMax {
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
        _ = FileRemoval.remove(path, .temporary)
        try bytes.withUnsafeBytes { try write($0, at: 0) }
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

    /// Sends all of it. Where the connection takes no more, its answer may be here already.
    func send(to socket: MemberSocket) throws {
        guard file >= 0 else {
            if !bytes.isEmpty { _ = socket.send(bytes[...]) }
            return
        }
        var place = 0
        while place < byteCount {
            var code: Int32 = 0
            let piece = [UInt8](unsafeUninitializedCapacity: min(Self.pieceByteCount, byteCount - place)) { target, count in
                let done = pread(file, target.baseAddress, target.count, off_t(place))
                if done < 0 { code = errno }
                count = max(0, done)
            }
            guard code == 0, !piece.isEmpty else { throw failure("read") }
            guard socket.send(piece[...]) else { return }
            place += piece.count
        }
    }
}
