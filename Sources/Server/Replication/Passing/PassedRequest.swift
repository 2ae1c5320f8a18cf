/// A request that another node is to answer.
final class PassedRequest: HandledRequest, @unchecked Sendable {
    // Proof of Sendable: the connection's thread has it until the request is whole, then the thread that passes it on.

    let exchange: Exchange
    let head: PassedHead
    /// Another node has passed it on already.
    let isMarked: Bool
    /// This node's own copy would do, once there is one.
    let isStale: Bool
    private(set) var body: PassedBody?
    private let passing: RequestPassing

    init(_ exchange: Exchange, _ head: PassedHead, isMarked: Bool, isStale: Bool, _ passing: RequestPassing) {
        (self.exchange, self.head, self.isMarked, self.isStale, self.passing) = (exchange, head, isMarked, isStale, passing)
    }

    var bodyByteCountMax: Int { passing.bodyByteCountMax }

    /// All bodies are kept, short ones in memory: a request may have to be sent twice.
    func openBody() throws -> (any BodySink)? {
        let body = PassedBody(passing.room)
        self.body = body
        return body
    }

    func finish() -> Response? {
        exchange.suspendWatched()
        passing.take(self)
        return nil
    }
}
