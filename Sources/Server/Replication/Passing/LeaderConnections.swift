internal import ColumnStore
import Synchronization

/// Connections to the HTTP doors of members, kept for the next request.
final class LeaderConnections: Sendable {
    private struct Kept {
        let socket: MemberSocket
        let since: Double
    }

    private let authority: [UInt8]?
    /// By host and port; the one that was given back last is taken first.
    private let kept = Mutex<[String: [Kept]]>([:])
    /// Of the first that was needed: to read what the system trusts takes long.
    private let credentials = Mutex<LinkCredentials?>(nil)

    private static let connectSeconds = 1.0
    /// Less than the other end keeps one that says nothing.
    private static let keptSeconds = 20.0
    private static let keptCountMax = 256

    /// - Parameter authority: PEM; of the certificates of doors with TLS, beside those that the system knows.
    init(authority: [UInt8]?) { self.authority = authority }

    /// - Parameters:
    ///   - door: `http://host:port` or `https://…`.
    ///   - name: that its certificate must have; nil: any, of this machine's own door.
    /// - Throws: where nobody is there, or with another certificate.
    func take(_ door: ServerURL, name: String?) throws -> MemberSocket {
        while let found = kept.withLock({ $0[door.authority]?.popLast() }) {
            // An end that has come meanwhile is news, and so is anything else that nobody asked for.
            if SteadyClock.seconds() - found.since < Self.keptSeconds, !found.socket.hasNews { return found.socket }
        }
        guard let descriptor = MemberSocket.connect(host: door.host, port: door.port, seconds: Self.connectSeconds) else {
            throw MemberSocket.Ended(description: "\(door.authority) takes no connection")
        }
        // Else a way that is lost in silence with half a request on it would be waited for a quarter of an hour.
        MemberSocket.endWhereUnanswered(descriptor)
        guard door.isTLS else { return MemberSocket(descriptor, tls: nil) }
        MemberSocket.limitHandshake(descriptor)
        do {
            let tls = try SocketTLS(
                try trusted(), socket: descriptor, isServer: false, name: name, until: SteadyClock.seconds() + Self.connectSeconds, isAnyone: name == nil)
            return MemberSocket(descriptor, tls: tls)
        } catch {
            MemberSocket.closeUnused(descriptor)
            throw MemberSocket.Ended(description: "\(door.authority): \(error)")
        }
    }

    private func trusted() throws -> LinkCredentials {
        try credentials.withLock { credentials in
            let found = try credentials ?? LinkCredentials(trusting: authority)
            credentials = found
            return found
        }
    }

    /// For the next request: its answer has been read whole. Whoever asked for that ends it no more.
    func give(_ hold: PassingHold, _ door: ServerURL) {
        guard let socket = hold.release() else { return }
        socket.isAbandoned = { false }
        let now = SteadyClock.seconds()
        kept.withLock { kept in
            var all = (kept[door.authority] ?? []).filter { now - $0.since < Self.keptSeconds }
            if all.count < Self.keptCountMax { all.append(Kept(socket: socket, since: now)) }
            kept[door.authority] = all
        }
    }
}

extension MemberSocket: ByteConnection {}
