import Foundation
import Synchronization
import TestSupport

/// A registrar as they are: answers late, twice, never, with errors, by callback before its own answer, with bad signatures, and drops
/// connections. It decides once for each idempotency key and keeps books of it.
final class RegistrarSimulator: Sendable {
    struct Book: Sendable {
        let receiptID: String
        var isAccepted: Bool
        /// How often the effect happened: once, or something is wrong.
        var effectCount = 0
        var callCount = 0
    }

    enum Manner: Int, CaseIterable {
        case plain, reject, late, errorsFirst, dropsBefore, dropsAfter, callback, callbackBeforeAnswer, callbackTwice, badSignatureFirst, tooMany, unclear
        case silent, forgets
    }

    private struct State {
        var books: [String: Book] = [:]
        var badRequests: [String] = []
        var callbackStatuses: [Int: Int] = [:]
        /// Where callbacks go instead of where they were asked to: a server that was restarted has another port.
        var targetPort: UInt16?
    }

    let name: String
    let secret: String
    /// How it treats receipts: each by its id.
    private let manners: [Manner]
    private let delayMilliseconds: Int
    private let state = Mutex(State())
    private let server = Mutex<TestHTTPServer?>(nil)

    init(name: String, secret: String, manners: [Manner] = Manner.allCases, delayMilliseconds: Int = 0) {
        self.name = name
        self.secret = secret
        self.manners = manners
        self.delayMilliseconds = delayMilliseconds
        server.withLock { server in server = TestHTTPServer { [unowned self] in self.answer($0) } }
    }

    var port: UInt16 { server.withLock { $0?.port ?? 0 } }
    func close() { server.withLock { $0 }?.close() }

    func aim(at port: UInt16) { state.withLock { $0.targetPort = port } }

    var books: [String: Book] { state.withLock { $0.books } }
    var badRequests: [String] { state.withLock { $0.badRequests } }
    var callbackStatuses: [Int: Int] { state.withLock { $0.callbackStatuses } }

    /// Stable over restarts of the server under test: by the receipt alone.
    private func manner(_ receiptID: String) -> Manner {
        let hash = receiptID.utf8.reduce(UInt64(14_695_981_039_346_656_037)) { ($0 ^ UInt64($1)) &* 1_099_511_628_211 } &+ UInt64(name.utf8.count)
        return manners[Int((hash >> 17) % UInt64(manners.count))]
    }

    private func answer(_ request: TestHTTPServer.Request) -> TestHTTPServer.Response {
        guard Signatures.isValid(request, secret: secret) else {
            state.withLock { $0.badRequests.append("\(request.method) \(request.path): bad signature") }
            return .init(status: 401)
        }
        if request.method == "GET" { return status(request) }
        guard let body = try? JSONSerialization.jsonObject(with: Data(request.body)) as? [String: Any], let ticket = body["ticket_id"] as? String,
            let receipt = body["receipt_id"] as? String, let url = body["callback_url"] as? String,
            request.headers["idempotency-key"] == "\(ticket):\(name)", (body["document"] as? [String: Any])?["id"] as? String == receipt
        else {
            state.withLock { $0.badRequests.append("\(request.path): \(String(decoding: request.body, as: UTF8.self))") }
            return .init(status: 500)
        }
        let manner = manner(receipt)
        let (callCount, isAccepted) = state.withLock { state -> (Int, Bool) in
            var book = state.books[ticket] ?? Book(receiptID: receipt, isAccepted: manner != .reject)
            book.callCount += 1
            state.books[ticket] = book
            return (book.callCount, book.isAccepted)
        }
        return answer(manner, ticket, isAccepted, callCount, url)
    }

    private func answer(_ manner: Manner, _ ticket: String, _ isAccepted: Bool, _ callCount: Int, _ url: String) -> TestHTTPServer.Response {
        var final = TestHTTPServer.Response(status: 200, body: outcome(ticket, isAccepted))
        final.delayMilliseconds = delayMilliseconds
        switch manner {
        case .plain, .reject: break
        case .late: final.delayMilliseconds = 700
        case .errorsFirst where callCount <= 2: return .init(status: 500)
        case .tooMany where callCount == 1: return .init(status: 429, headers: [("Retry-After", "1")])
        case .unclear where callCount == 1: return .init(status: 200, body: "yes, of course")
        // Longer than anybody waits; and promised, then forgotten.
        case .silent where callCount == 1: return .init(drops: true, delayMilliseconds: 4_000)
        case .forgets where callCount == 1: return .init(status: 202)
        case .dropsBefore where callCount == 1: return .init(drops: true)
        case .dropsAfter where callCount == 1:
            effect(ticket)
            return .init(drops: true)
        case .callback, .callbackTwice, .badSignatureFirst:
            effect(ticket)
            Thread.detachNewThread { [self] in
                usleep(50_000)
                if manner == .badSignatureFirst { call(ticket, !isAccepted, url, secret: "somebody else's") }
                call(ticket, isAccepted, url, secret: secret)
                if manner == .callbackTwice { call(ticket, isAccepted, url, secret: secret) }
            }
            return .init(status: 202)
        case .callbackBeforeAnswer:
            effect(ticket)
            call(ticket, isAccepted, url, secret: secret)
        default: break
        }
        effect(ticket)
        return final
    }

    /// What the outside world feels of it: once for each ticket, whatever comes again.
    private func effect(_ ticket: String) {
        state.withLock { state in if state.books[ticket]?.effectCount == 0 { state.books[ticket]?.effectCount = 1 } }
    }

    private func status(_ request: TestHTTPServer.Request) -> TestHTTPServer.Response {
        let ticket = request.path.split(separator: "=").last.map(String.init) ?? ""
        guard let book = state.withLock({ $0.books[ticket] }), book.effectCount > 0 else { return .init(status: 404) }
        return .init(status: 200, body: outcome(ticket, book.isAccepted))
    }

    private func outcome(_ ticket: String, _ isAccepted: Bool) -> String {
        isAccepted
            ? #"{"outcome":"accepted","reference":"\#(name)-\#(ticket)"}"#
            : #"{"outcome":"rejected","errors":[{"pointer":"/total","code":"too-much","message":"too much"}]}"#
    }

    /// Calls back, once.
    private func call(_ ticket: String, _ isAccepted: Bool, _ url: String, secret: String) {
        guard let asked = URL(string: url)?.port, let path = URL(string: url)?.path else { return }
        let port = state.withLock { $0.targetPort } ?? UInt16(asked)
        let body = #"{"ticket_id":"\#(ticket)",\#(outcome(ticket, isAccepted).dropFirst())"#
        let bytes = Array(body.utf8)
        let id = UUID().uuidString
        let time = String(Int(Date().timeIntervalSince1970))
        let headers = [
            ("Content-Type", "application/json"), ("webhook-id", id), ("webhook-timestamp", time),
            ("webhook-signature", Signatures.sign(id: id, timestamp: time, body: bytes, secret: secret)),
        ]
        // A lost callback is a lost callback: whoever waits for it asks when the lock ends.
        if let answer = try? HTTPClient(port: port).call("POST", path, headers: headers, body: bytes) {
            state.withLock { $0.callbackStatuses[answer.status, default: 0] += 1 }
        }
    }
}
