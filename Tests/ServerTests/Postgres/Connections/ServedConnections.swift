import ColumnStore
import Glibc
import Ingest
import Query
import TestSupport
import XCTest

@testable import Server

/// Connections of PostgreSQL's protocol over pairs of sockets, to an engine that the test holds.
final class ServedConnections {
    let engine = FakeEngine()
    let shared: PostgresConnection.Shared
    /// Of those that are not over.
    private let count = Monitor(0)

    init() {
        let context = DoorContext(
            store: StoreRoles(engine), queries: QueryEngine(), further: StoreSchema(), adminKey: TestServer.adminKey, limits: DoorLimits(),
            log: Log(format: .json, level: .error), timers: Timers(clock: ManualClock()))
        let saltKey = engine.passwordSaltKey
        let administrator = ScramSecret.verifier(of: TestServer.adminKey, user: ScramSecret.administrator, saltKey: saltKey)
        let passwords = PasswordCheck.Store(
            authorizer: context.admission.authorizer, credentials: context.store.credentials, saltKey: saltKey,
            adminKey: (APIKey.sha256(of: TestServer.adminKey), ScramSecret(storedKey: administrator.storedKey, serverKey: administrator.serverKey)))
        shared = PostgresConnection.Shared(
            context: context, passwords: passwords, places: ConnectionPlaces(ConnectionPlaces.Limits()), queries: QueryPlaces(context.queries), cancels: CancelKeys(),
            certificates: nil, watcher: HangupWatcher(context.life.timers), deadlines: PostgresConnection.Deadlines(startup: Patience.seconds, message: Patience.seconds),
            database: PostgresDoor.database)
    }

    private static func loopback() throws -> PeerAddress {
        var raw = sockaddr_in()
        raw.sin_family = sa_family_t(AF_INET)
        raw.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        return try withUnsafePointer(to: &raw) { try $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { try XCTUnwrap(PeerAddress($0)) } }
    }

    /// A client that has said nothing yet, of a connection on a thread of its own.
    func connect() throws -> ConnectedClient {
        var sockets: [Int32] = [0, 0]
        XCTAssertEqual(socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &sockets), 0)
        let (own, theirs) = (sockets[0], sockets[1])
        XCTAssertEqual(fcntl(own, F_SETFL, O_NONBLOCK), 0)
        let peer = try Self.loopback()
        count.withLock { $0 += 1 }
        let isStarted = WorkerThread.start(name: "postgres-client") { [shared, count] in
            PostgresConnection(shared, socket: own, peer: peer, number: 0, Interruption()).run()
            shared.watcher.forget(own)
            close(own)
            count.broadcast { $0 -= 1 }
        }
        XCTAssertTrue(isStarted)
        return ConnectedClient(theirs)
    }

    /// - Returns: false where one does not end.
    func waitUntilOver() -> Bool { count.wait(seconds: Patience.seconds) { $0 == 0 ? true : nil } ?? false }
}
