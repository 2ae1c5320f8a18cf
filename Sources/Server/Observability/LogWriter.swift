internal import ColumnStore
import Glibc

/// Puts the lines of a log out, on a thread of its own: who reads them slowly, or not at all, holds up nobody who writes one.
///
/// 1. Lines go out in the order in which they came, each in one call of the system where the descriptor takes it whole.
/// 2. Those that wait are bounded by their bytes. What comes beyond is dropped, and a line in its place tells how many were; so does one before the next that is written of those that the
///    descriptor did not take, as a full disk does not.
/// 3. `flush` at an orderly end waits for what is left. A process that crashes loses the lines of its last instant.
final class LogWriter: Sendable {
    /// Of all logs that write there, so that their lines keep their order.
    static let standardError = LogWriter(STDERR_FILENO)
    /// Long enough for a reader that is there, and no more for one that is not.
    static let flushSeconds = 1.0
    /// Of lines that wait; as many may be on their way out beside them.
    static let byteCountMax = 1 << 20
    /// What a line takes beside its bytes.
    private static let lineByteCount = 64

    /// Bytes of a line, and how many lines are lost with it: more than one of a line that tells of some.
    private typealias Line = (bytes: [UInt8], count: Int)

    /// Whether what went out ends with a whole line. A disk that is full takes a part of one: the next would stand on the same line.
    struct Edge {
        private var isTorn = false

        init() {}

        /// What is to be written for a line.
        func bytes(of line: [UInt8]) -> [UInt8] { isTorn ? [0x0A] + line : line }

        /// - Returns: whether the line went out.
        mutating func note(written: Int, of line: [UInt8]) -> Bool {
            let lead = isTorn ? 1 : 0
            let isWhole = written == line.count + lead
            // Nothing changes nothing, and a line's end alone mends what was torn.
            if written > 0 { isTorn = !isWhole && written > lead }
            return isWhole
        }
    }

    private struct State {
        var lines: [Line] = []
        var byteCount = 0
        /// Since the last line that was taken.
        var droppedCount = 0
        /// Taken, and not written: they count among the dropped once there is another line, for nothing else says that there is room again.
        var lostCount = 0
        /// Makes the line that tells of them.
        var notice: (@Sendable (Int) -> [UInt8])?
        var isBegun = false
        /// Lines are out of the queue, and may not be out of the process.
        var isWriting = false
        /// Nobody writes any more: the thread ends behind what is left.
        var isEnded = false

        mutating func append(_ line: [UInt8], count: Int = 1) {
            lines.append((bytes: line, count: count))
            byteCount += line.count + LogWriter.lineByteCount
        }

        mutating func noteDropped() {
            guard droppedCount > 0, let notice else { return }
            append(notice(droppedCount), count: droppedCount)
            droppedCount = 0
        }
    }
    private let state = Monitor(State())
    private let descriptor: Int32

    /// - Parameter descriptor: not closed by this.
    init(_ descriptor: Int32) { self.descriptor = descriptor }

    deinit { state.broadcast { $0.isEnded = true } }

    /// Returns at once, whoever reads.
    ///
    /// - Parameter notice: makes a line that says how many were dropped.
    func add(_ line: [UInt8], notice: @escaping @Sendable (Int) -> [UInt8]) {
        let isFirst = state.broadcast { state -> Bool in
            state.notice = notice
            state.droppedCount = state.droppedCount.addingSaturating(state.lostCount)
            state.lostCount = 0
            guard state.lines.isEmpty || state.byteCount + line.count + Self.lineByteCount <= Self.byteCountMax else {
                state.droppedCount = state.droppedCount.addingSaturating(1)
                return false
            }
            state.noteDropped()
            state.append(line)
            defer { state.isBegun = true }
            return !state.isBegun
        }
        guard isFirst else { return }
        WorkerThread(name: "log", isDetached: true) { [state, descriptor] in Self.run(state, descriptor) }
    }

    /// Waits until all lines are out, at most that long.
    ///
    /// - Returns: whether they are.
    @discardableResult
    func flush(seconds: Double = LogWriter.flushSeconds) -> Bool {
        state.wait(seconds: seconds) { $0.lines.isEmpty && $0.droppedCount == 0 && !$0.isWriting ? true : nil } ?? false
    }

    private static func run(_ state: Monitor<State>, _ descriptor: Int32) {
        // Signals are for the thread that waits for them, whenever this one began.
        var signals = sigset_t()
        sigfillset(&signals)
        pthread_sigmask(SIG_BLOCK, &signals, nil)
        var edge = Edge()
        while true {
            // None: the end.
            let lines: [Line] = state.wait { state in
                if state.lines.isEmpty, state.droppedCount == 0 { return state.isEnded ? [] : nil }
                state.noteDropped()
                let lines = state.lines
                (state.lines, state.byteCount, state.isWriting) = ([], 0, true)
                return lines
            }
            if lines.isEmpty { return }
            var lostCount = 0
            for line in lines {
                let written = put(edge.bytes(of: line.bytes), descriptor)
                if !edge.note(written: written, of: line.bytes) { lostCount = lostCount.addingSaturating(line.count) }
            }
            state.broadcast { state in
                state.lostCount = state.lostCount.addingSaturating(lostCount)
                state.isWriting = false
            }
        }
    }

    /// Waits for room as long as there is none. A descriptor that cannot be written must not stop the server: the line is lost.
    ///
    /// - Returns: how many bytes went out.
    private static func put(_ line: [UInt8], _ descriptor: Int32) -> Int {
        var written = 0
        while written < line.count {
            let count = line[written...].withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count > 0 {
                written += count
                continue
            }
            let code = errno
            if count < 0, code == EINTR { continue }
            // Somebody else who has the same terminal or pipe made it so.
            guard count < 0, code == EAGAIN else { return written }
            var asked = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
            if poll(&asked, 1, -1) < 0, errno != EINTR { return written }
        }
        return written
    }
}
