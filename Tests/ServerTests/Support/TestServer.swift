import Documents
import Ingest
import Query
import Server
import Synchronization
import TestSupport

/// A listener with the API's routes on a free port, over an engine that the test holds.
final class TestServer {
    static let adminKey = "admin-key-of-the-tests"
    let engine = FakeEngine()
    let service: Service
    let listener: Listener

    init(limits: Service.Limits = Service.Limits(), extraRoutes: [Route] = [], idleTimeout: UInt32 = 60, slowSeconds: Double? = nil, byteRate: Double? = nil, sleepMilliseconds: Int32 = 5) throws {
        let log = Log(format: .json, level: .error)
        service = try Service(
            engine: engine, queries: QueryEngine(), adminKey: Self.adminKey, limits: limits, log: log, routes: APIRoutes.all + extraRoutes)
        var settings = Listener.Settings(host: "127.0.0.1", port: 0, threadCount: 2)
        settings.idleTimeout = idleTimeout
        if let slowSeconds { (settings.headSeconds, settings.bodySeconds) = (slowSeconds, slowSeconds) }
        if let byteRate { settings.bodyByteRate = byteRate }
        settings.sleepMilliseconds = sleepMilliseconds
        listener = try Listener(settings, handler: service)
    }

    func client(key: String? = TestServer.adminKey) -> HTTPClient { HTTPClient(port: listener.port, key: key) }

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
