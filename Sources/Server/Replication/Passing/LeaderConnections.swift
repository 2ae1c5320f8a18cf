internal import ColumnStore
import Synchronization

/// Connections to the HTTP doors of members, kept for the next request.
final class LeaderConnections: Sendable {
    private struct Kept {
        let socket: MemberSocket
        let since: Double
    }

    /// Of doors with TLS: which certificates count, and what the system knows beside them.
    private struct Trusted {
        let authority: [UInt8]?
        let credentials: LinkCredentials
    }

    private let files: LinkFiles?
    /// By host and port; the one that was given back last is taken first.
    private let kept = Mutex<[String: [Kept]]>([:])
    /// Kept while the authorities are the same: to read what the system trusts takes long.
    private let trusted = Mutex<Trusted?>(nil)

    private static let connectSeconds = 1.0
    /// Less than the other end keeps one that says nothing.
    private static let keptSeconds = 20.0
    private static let keptCountMax = 256

    /// - Parameter files: whose authorities count for doors with TLS, beside those that the system knows. They are read again for each connection, as for those of the members.
    init(_ files: LinkFiles?) { self.files = files }

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
        guard door.isTLS else { return MemberSocket(descriptor, tls: nil, looksAsItSends: true) }
        MemberSocket.limitHandshake(descriptor)
        do {
            let tls = try SocketTLS(
                try credentials(), socket: descriptor, isServer: false, name: name, until: SteadyClock.seconds() + Self.connectSeconds, isAnyone: name == nil)
            return MemberSocket(descriptor, tls: tls, looksAsItSends: true)
        } catch {
            MemberSocket.closeUnused(descriptor)
            throw MemberSocket.Ended(description: "\(door.authority): \(error)")
        }
    }

    private func credentials() throws -> LinkCredentials {
        let authority = try files?.authorityBytes()
        return try trusted.withLock { trusted in
            if let known = trusted, known.authority == authority { return known.credentials }
            let made = try LinkCredentials(trusting: authority)
            trusted = Trusted(authority: authority, credentials: made)
            return made
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
