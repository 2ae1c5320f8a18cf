internal import Cluster
internal import ColumnStore
internal import Ingest

/// A witness: one object behind `GET` and conditional `PUT`, and nothing else. It decides nothing but what is an object at all; two nodes ask it who leads.
///
/// Two nodes that swap at once are ordered by the tag: the lock of `ObjectFile` lets one of them be first, and the other gets 412.
package final class WitnessDoor: RequestHandler {
    private let object: any ObjectPlace
    private let failures: Failures
    private let log: Log

    package init(_ object: any ObjectPlace, log: Log) throws {
        (self.object, self.log) = (object, log)
        failures = try Failures(log: log)
    }

    package func begin(_ exchange: Exchange) throws -> any HandledRequest {
        let segments = exchange.request.target.segments
        let isLook = PlainAnswer.isLook(exchange.request.method)
        if isLook, segments == [Array("healthz".utf8)] { return PlainAnswer(PlainJSON.status("ok")) }
        if isLook, segments == [Array("readyz".utf8)] { return PlainAnswer(ready) }
        guard segments == [Array("v1".utf8), Array("object".utf8)] else { throw Problem(.notFound, "a witness has /v1/object alone") }
        guard let method = exchange.request.method, [.get, .put].contains(method) else { throw Problem(.methodNotAllowed, "GET and PUT are taken here") }
        return WitnessCall(exchange, object, failures)
    }

    /// A pair asks when a machine is lost: that there would be no answer is to be known before.
    private var ready: Response {
        do { _ = try object.read().map { try Configuration(parsingObject: $0.bytes) } } catch {
            return PlainJSON.status("not-ready", code: 503, reason: "the object cannot be read: \((error as? FrameFault)?.reason ?? "\(error)")")
        }
        return PlainJSON.status("ok")
    }

    package func response(to error: any Error, on exchange: Exchange) -> Response { failures.response(to: error, on: exchange) }
    package func requestID(_ exchange: Exchange) -> String { failures.requestID(exchange) }
    package func ended(_ exchange: Exchange, isWhole: Bool) {
        if exchange.status >= 400 { log.request(exchange, seconds: SteadyClock.seconds() - exchange.startedAt, isWhole: isWhole) }
    }
}

private final class WitnessCall: HandledRequest, @unchecked Sendable {
    // Proof of Sendable: the connection's thread alone has it.
    private let exchange: Exchange
    private let object: any ObjectPlace
    private let failures: Failures

    init(_ exchange: Exchange, _ object: any ObjectPlace, _ failures: Failures) { (self.exchange, self.object, self.failures) = (exchange, object, failures) }

    var bodyByteCountMax: Int { 4_096 }
    func openBody() throws -> (any BodySink)? { nil }

    func finish() -> Response? {
        do { return try answer() } catch { return failures.response(to: error, on: exchange) }
    }

    /// 200, 404, 204 or 412, as `ObjectAtWitness` has them; 400 for conditions that are not one, and for bytes that are no object.
    private func answer() throws -> Response {
        if exchange.request.method == .get {
            guard let found = try object.read() else { throw Problem(.notFound, "there is no object yet") }
            return Response(status: 200, contentType: "application/octet-stream", bytes: found.bytes).adding("ETag", "\"\(found.tag)\"")
                .adding(ObjectAtWitness.formHeader, ObjectAtWitness.formNamingStore)
        }
        let body = exchange.request.body
        let (tag, isCreation) = (exchange.request.header("If-Match"), exchange.request.header("If-None-Match") == "*")
        guard (tag != nil) != isCreation, !body.isEmpty else { throw Problem(.badParameter, "If-Match with the ETag of a GET, or If-None-Match: *, and a body are wanted") }
        try check(body, instead: tag)
        let isDone = try isCreation ? object.create(body) : object.swap(body, ifStill: tag.map { $0.filter { $0 != "\"" } } ?? "")
        return Response(status: isDone ? 204 : 412)
    }

    /// Who can reach a witness can replace its object: by nothing that no node would write.
    private func check(_ body: [UInt8], instead tag: String?) throws {
        let next: Configuration
        do { next = try Configuration(parsingObject: body) } catch { throw Problem(.badParameter, "this is no object of a cluster: \(error.reason)") }
        guard tag != nil, let found = try object.read(), let present = try? Configuration(parsingObject: found.bytes) else { return }
        if let own = present.store, let theirs = next.store, own != theirs { throw Problem(.badParameter, "this witness holds the object of the store \(own.text), and that one names the store \(theirs.text): each cluster needs a witness of its own") }
        if next.epoch <= present.epoch { throw Problem(.badParameter, "each change raises the epoch, which is \(present.epoch)") }
    }
}
