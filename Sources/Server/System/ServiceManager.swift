import Glibc

/// The service manager that started the process, where one did: it hears by datagrams what the server does (`sd_notify(3)`, without its library).
///
/// Grammar of a message: lines of `NAME=value`. A manager that does not listen, or no longer, is in nobody's way: the message is lost.
package struct ServiceManager: Sendable {
    /// What a manager knows the words of.
    package enum State: Sendable {
        /// The server answers; the text is for people.
        case ready(String)
        case reloading
        case stopping
        case alive

        fileprivate var text: String {
            switch self {
            case .ready(let status): "READY=1\nSTATUS=" + status.filter { $0 != "\n" }
            // The time tells a manager which of its requests this answers; it is that of CLOCK_MONOTONIC.
            case .reloading: "RELOADING=1\nMONOTONIC_USEC=\(ServiceManager.monotonicMicroseconds)"
            case .stopping: "STOPPING=1"
            case .alive: "WATCHDOG=1"
            }
        }
    }

    /// A path, or after `@` a name without a file; nil: nobody listens.
    /// Anything else that `NOTIFY_SOCKET` may say counts as nobody.
    private let socket: String?
    /// Within how many seconds the manager wants to hear that the server lives, again and again; nil: it does not ask.
    package let watchdogSeconds: Double?

    /// How long a manager that does not read may hold up a start, in seconds.
    private static let patience = 2

    /// - Parameters:
    ///   - socket: `NOTIFY_SOCKET`.
    ///   - watchdog: `WATCHDOG_USEC`, microseconds.
    ///   - watchdogProcess: `WATCHDOG_PID`: whom it asks; nil for whoever reads it.
    package init(socket: String?, watchdog: String?, watchdogProcess: String?) {
        self.socket = socket.flatMap { name in name.utf8.count > 1 && (name.hasPrefix("/") || name.hasPrefix("@")) ? name : nil }
        let isForUs = watchdogProcess.map { $0 == "\(getpid())" } ?? true
        let microseconds = watchdog.flatMap { Int64($0) } ?? 0
        watchdogSeconds = isForUs && microseconds > 0 && self.socket != nil ? Double(microseconds) / 1e6 : nil
    }

    /// - Returns: whether the message went out.
    @discardableResult
    /// Any thread. A socket for each message: they are few, and nothing stays open when the manager is restarted.
    ///
    package func tell(_ state: State) -> Bool {
        guard let socket, var address = Self.address(socket) else { return false }
        let descriptor = Glibc.socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        var patience = timeval(tv_sec: Self.patience, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        // A name without a file is as long as it says, one with a file ends with its zero.
        let length = MemoryLayout<sa_family_t>.size + socket.utf8.count + (socket.hasPrefix("@") ? 0 : 1)
        let bytes = Array(state.text.utf8)
        let sent = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { sendto(descriptor, bytes, bytes.count, SocketFlag.noSignal, $0, socklen_t(length)) }
        }
        return sent == bytes.count
    }

    /// - Returns: nil for a name that is longer than the system allows.
    private static func address(_ name: String) -> sockaddr_un? {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let bytes = Array(name.utf8)
        let fits = withUnsafeMutableBytes(of: &address.sun_path) { path in
            guard bytes.count < path.count else { return false }
            path.copyBytes(from: bytes)
            if bytes[0] == UInt8(ascii: "@") { path[0] = 0 }
            return true
        }
        return fits ? address : nil
    }

    private static var monotonicMicroseconds: Int64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1_000
    }
}
