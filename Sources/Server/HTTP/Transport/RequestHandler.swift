/// What the listener asks of the server. All are called on the connection's thread.
package protocol RequestHandler: AnyObject, Sendable {
    /// The head is here.
    ///
    /// - Throws: the reason of the refusal, which is sent once the body has been read past.
    func begin(_ exchange: Exchange) throws -> any HandledRequest
    func response(to error: any Error, on exchange: Exchange) -> Response
    /// What the answer to `exchange`, and the log's lines of it, name it by.
    func requestID(_ exchange: Exchange) -> String
    /// The answer was sent, or its connection was lost.
    func ended(_ exchange: Exchange, isWhole: Bool)
}

/// What a handler made of a head, of which the listener asks the rest.
package protocol HandledRequest: AnyObject, Sendable {
    /// How large the body may be.
    var bodyByteCountMax: Int { get }
    /// Why a body over `bodyByteCountMax` is refused where it may be taken when it comes again; nil: it is too long for good.
    var longBodyRefusal: Problem? { get }
    /// Where the body goes, if not into memory: asked once, after `bodyByteCountMax`.
    func openBody() throws -> (any BodySink)?
    /// The whole request is here. Answers, or suspends the exchange and returns nil.
    func finish() -> Response?
}

extension HandledRequest {
    package var longBodyRefusal: Problem? { nil }
}
