import Foundation
import Synchronization
import TestSupport

/// A client's webhook: writes down what arrives in which order, and refuses some of it at first.
final class WebhookReceiver: Sendable {
    struct Delivery: Sendable, Hashable {
        var version: Int
        var event: String
        var state: String
        var eventID: String
    }

    private struct State {
        var deliveries: [String: [Delivery]] = [:]
        var refused: Set<String> = []
        var badRequests: [String] = []
        var secrets: [String]
    }

    private let state: Mutex<State>
    private let refusesSome: Bool
    private let server = Mutex<TestHTTPServer?>(nil)

    init(secrets: [String], refusesSome: Bool = false) {
        state = Mutex(State(secrets: secrets))
        self.refusesSome = refusesSome
        server.withLock { server in server = TestHTTPServer { [unowned self] in self.answer($0) } }
    }

    var port: UInt16 { server.withLock { $0?.port ?? 0 } }
    func close() { server.withLock { $0 }?.close() }
    /// By ticket, in the order of arrival.
    var deliveries: [String: [Delivery]] { state.withLock { $0.deliveries } }
    var badRequests: [String] { state.withLock { $0.badRequests } }

    private func answer(_ request: TestHTTPServer.Request) -> TestHTTPServer.Response {
        let secrets = state.withLock { $0.secrets }
        guard secrets.contains(where: { Signatures.isValid(request, secret: $0) }),
            let body = try? JSONSerialization.jsonObject(with: Data(request.body)) as? [String: Any],
            let receipt = body["receipt"] as? [String: Any], let ticket = receipt["ticket_id"] as? String,
            let version = body["version"] as? Int, let event = body["event"] as? String, let id = body["event_id"] as? String,
            let text = receipt["state"] as? String, id == request.headers["webhook-id"]
        else {
            state.withLock { $0.badRequests.append(String(decoding: request.body, as: UTF8.self)) }
            return .init(status: 400)
        }
        let isRefused = state.withLock { state -> Bool in
            if refusesSome, id.utf8.reduce(0, { $0 &+ Int($1) }) % 11 == 0, state.refused.insert(id).inserted { return true }
            state.deliveries[ticket, default: []].append(Delivery(version: version, event: event, state: text, eventID: id))
            return false
        }
        return isRefused ? .init(status: 503, headers: [("Retry-After", "0")]) : .init(status: 204)
    }
}
