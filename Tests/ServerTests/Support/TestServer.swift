import ColumnStore
import Documents
import Foundation
import Ingest
import Query
import Server
import Synchronization
import TestSupport

/// A listener with the API's routes on a free port, over an engine that the test holds.
final class TestServer {
    static let adminKey = "admin-key-of-the-tests"
    let engine = FakeEngine()
    let context: DoorContext
    let service: Service
    let listener: Listener

    /// One for all: its thread lives as long as the process.
    private static let timers = Timers()

    init(
        limits: DoorLimits = DoorLimits(), extraRoutes: [Route] = [], idleTimeout: UInt32 = 60, slowSeconds: Double? = nil, byteRate: Double? = nil,
        sleepMilliseconds: Int32 = 5, log: Log = Log(format: .json, level: .error), isKeptElsewhere: Bool = false, timers: Timers = TestServer.timers,
        tokens: TokenVerifier? = nil, isBehindTLS: Bool = false, certificates: [any DoorCertificate] = []
    ) throws {
        engine.state.withLock { $0.isKeptElsewhere = isKeptElsewhere }
        context = DoorContext(
            store: StoreRoles(engine), queries: QueryEngine(), further: StoreSchema(), adminKey: Self.adminKey, tokens: tokens, limits: limits, log: log, timers: timers, isBehindTLS: isBehindTLS)
        var settings = Listener.Settings(host: "127.0.0.1", port: 0, threadCount: 2)
        settings.idleTimeout = idleTimeout
        if let slowSeconds { (settings.headSeconds, settings.bodySeconds) = (slowSeconds, slowSeconds) }
        if let byteRate { settings.bodyByteRate = byteRate }
        settings.sleepMilliseconds = sleepMilliseconds
        (service, listener) = try HTTPDoor.open(context, settings, certificates: certificates, routes: APIRoutes.all + extraRoutes)
    }

    /// Its threads end with its connections: each looks around two hundred times a second.
    deinit { listener.stopAccepting() }

    private static let description = try? DescriptionCheck(Data(OpenAPI.document(APIRoutes.all)))

    /// A client whose answers are all held to the API's description. It keeps the server.
    func client(key: String? = TestServer.adminKey) -> HTTPClient {
        let client = HTTPClient(port: listener.port, key: key)
        client.check = { [self] in
            defer { withExtendedLifetime(self) {} }
            try Self.description?.check($0, $1, $2)
        }
        return client
    }

    /// A key of a contract that is made for it.
    func key(_ clientID: String, _ access: Principal.Access, _ scope: Principal.Scope, change: (inout Contract) -> Void = { _ in }) throws -> String {
        var contract = Contract(clientID: clientID, access: access, scope: scope)
        change(&contract)
        let key = try APIKey.make()
        engine.state.withLock { state in
            state.contracts[clientID] = contract
            state.keys[key.sha256] = (.client(clientID), KeyDescription(id: key.id, createdAt: 0, lastUsedAt: nil))
        }
        return key.text
    }

    /// A key of a role that is no contract's.
    func key(_ role: Principal.Role, expiresAt: Int64? = nil) throws -> String {
        let key = try APIKey.make()
        _ = try engine.addKey(NewKey(id: key.id, secretSHA256: key.sha256, role: role, expiresAt: expiresAt), of: .operators)
        return key.text
    }
}
