internal import ColumnStore
import Glibc
internal import Ingest
import Synchronization

/// PostgreSQL's protocol as a door of a context: a socket, and a thread for each connection.
package final class PostgresDoor: Door {
    package struct Settings: Sendable {
        package var host: String
        package var port: UInt16
        package var connections: Int
        package var connectionsPerAddress: Int

        package init(host: String, port: UInt16, connections: Int = 1_000, connectionsPerAddress: Int = 800) {
            (self.host, self.port) = (host, port)
            (self.connections, self.connectionsPerAddress) = (connections, connectionsPerAddress)
        }
    }

    package static let database = "till"
    package var name: String { "postgres" }
    /// The port bound, also where 0 was asked for.
    package let port: UInt16
    private let socket: Int32
    private let shared: PostgresConnection.Shared
    private let starter: WorkerThread.Starter
    /// Whether the accepting thread has closed the socket.
    private let isClosed = Monitor(false)
    private let isStopping = Atomic<Bool>(false)

    /// Listens; a stop of the context closes it.
    ///
    /// - Parameter certificates: nil where there is no TLS.
    /// - Throws: `ListenerError` when the address cannot be listened on.
    @discardableResult
    package static func open(_ context: DoorContext, _ settings: Settings, adminKey: String, certificates: PostgresCertificates?) throws -> PostgresDoor {
        let door = try PostgresDoor(context, settings, adminKey: adminKey, certificates: certificates) { WorkerThread.start(name: $0, $1) }
        context.life.add(door)
        return door
    }

    /// - Parameter starter: of the threads of connections; another for tests.
    init(_ context: DoorContext, _ settings: Settings, adminKey: String, certificates: PostgresCertificates?, starter: @escaping WorkerThread.Starter) throws {
        self.starter = starter
        var limits = ConnectionPlaces.Limits()
        limits.bound(all: settings.connections, ofAddress: settings.connectionsPerAddress)
        let saltKey = context.store.keys.passwordSaltKey
        let administrator = ScramSecret.verifier(of: adminKey, user: ScramSecret.administrator, saltKey: saltKey)
        let passwords = PasswordCheck.Store(
            authorizer: context.admission.authorizer, credentials: context.store.credentials, saltKey: saltKey,
            adminKey: (APIKey.sha256(of: adminKey), ScramSecret(storedKey: administrator.storedKey, serverKey: administrator.serverKey)))
        shared = PostgresConnection.Shared(
            context: context, passwords: passwords, places: ConnectionPlaces(limits), queries: QueryPlaces(context.queries), cancels: CancelKeys(),
            certificates: certificates, watcher: HangupWatcher(context.life.timers), deadlines: .init(), database: Self.database)
        (socket, port) = try ListeningSocket.open(host: settings.host, port: settings.port)
        WorkerThread(name: "postgres", isDetached: true) { [self] in accept() }
    }

    // MARK: Connections

    /// How often it looks whether it should still listen.
    private static let lookMilliseconds: Int32 = 250

    private func accept() {
        while !isStopping.load(ordering: .relaxed) {
            var polled = pollfd(fd: socket, events: Int16(POLLIN), revents: 0)
            guard poll(&polled, 1, Self.lookMilliseconds) > 0 else { continue }
            var storage = sockaddr_storage()
            var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
            let connection = withUnsafeMutableBytes(of: &storage) { bytes in
                // Safe: the storage is large enough for an address of any family.
                Glibc.accept(socket, bytes.baseAddress?.assumingMemoryBound(to: sockaddr.self), &length)
            }
            guard connection >= 0 else {
                // Out of files: not at full speed.
                if errno == EMFILE || errno == ENFILE { _ = isClosed.wait(seconds: 0.01) { $0 ? true : nil } }
                continue
            }
            let peer = withUnsafeBytes(of: &storage) { PeerAddress($0.baseAddress?.assumingMemoryBound(to: sockaddr.self)) }
            begin(connection, peer)
        }
        close(socket)
        isClosed.broadcast { $0 = true }
    }

    private func begin(_ connection: Int32, _ peer: PeerAddress?) {
        let interruption = Interruption()
        guard let number = shared.places.enter(connection, peer, interruption) else { return Self.refuse(connection, isStopping: shared.places.isStopping) }
        Self.configure(connection)
        let isServed = starter("postgres-client") { [shared] in
            PostgresConnection(shared, socket: connection, peer: peer, number: number, interruption).run()
            shared.watcher.forget(connection)
            shared.places.leave(number) { close(connection) }
        }
        // A limit of the system: this one is refused, and who is here goes on.
        if !isServed { shared.places.refuse(number) { Self.refuse(connection, isStopping: false) } }
    }

    /// Answers without waiting for what it was; most clients read it whatever they asked for.
    private static func refuse(_ connection: Int32, isStopping: Bool) {
        var writer = BackendWriter()
        let fault = isStopping
            ? PostgresFault(.cannotConnectNow, "the server is stopping", severity: .fatal)
            : PostgresFault(.tooManyConnections, "sorry, too many clients already", severity: .fatal)
        writer.write(.error(fault))
        let bytes = writer.take()
        _ = send(connection, bytes, bytes.count, SocketFlag.noSignal)
        close(connection)
    }

    /// Answers leave at once; a peer that has vanished is noticed within minutes.
    private static func configure(_ connection: Int32) {
        _ = fcntl(connection, F_SETFL, O_NONBLOCK)
        _ = fcntl(connection, F_SETFD, FD_CLOEXEC)
        func set(_ level: Int32, _ option: Int32, _ value: Int32) {
            var value = value
            setsockopt(connection, level, option, &value, socklen_t(MemoryLayout<Int32>.size))
        }
        set(Int32(IPPROTO_TCP), TCP_NODELAY, 1)
        set(SOL_SOCKET, SO_KEEPALIVE, 1)
        set(Int32(IPPROTO_TCP), TCP_KEEPIDLE, 60)
        set(Int32(IPPROTO_TCP), TCP_KEEPINTVL, 15)
        set(Int32(IPPROTO_TCP), TCP_KEEPCNT, 4)
    }

    // MARK: Counts and the end

    package var connectionCount: Int { shared.places.count }
    package var refusedCount: Int { shared.places.refusedCount }
    package var inFlightCount: Int { shared.places.busyCount }

    package func stopAccepting() {
        guard !isStopping.exchange(true, ordering: .relaxed) else { return }
        // Whoever waits for connections there sees it at once.
        shutdown(socket, Int32(SHUT_RDWR))
        shared.places.stop()
    }

    package func waitUntilIdle(seconds: Double) -> Bool {
        let deadline = SteadyClock.seconds() + seconds
        if shared.places.waitUntilEmpty(seconds: max(0, seconds - 0.5)) { return isClosed.wait(seconds: max(0, deadline - SteadyClock.seconds())) { $0 ? true : nil } ?? false }
        // Statements that still run end with an error that says why.
        shared.places.interruptAll()
        return shared.places.waitUntilEmpty(seconds: max(0, deadline - SteadyClock.seconds()))
    }
}
