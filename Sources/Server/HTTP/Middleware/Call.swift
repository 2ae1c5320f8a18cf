package import ColumnStore
internal import Documents
package import Ingest
internal import Query

/// A request that was routed and let in, as a handler sees it.
package final class Call: HandledRequest, @unchecked Sendable {
    // Proof of Sendable: all is immutable but `parameters`, `principal`, `awaitsKeys`, `codingFault` and `turn`, which the one thread that has the request sets before
    // it hands it on, and `exchange`, whose request a handler reads before it answers only.

    package let exchange: Exchange
    private let service: Service
    package let route: Route
    private let pathValues: [Router.PathValue]
    private let answer: Handler
    private let opener: BodyOpener?
    package private(set) var parameters: [RequestTarget.Parameter] = []
    package private(set) var principal: Principal = Authorizer.nobody.principal
    /// The credential names a key that is being fetched: who it is will be known when the body is here.
    package private(set) var awaitsKeys = false
    /// Why the body is still in its coding: it is not whole in it.
    package var codingFault: Problem?
    /// Whose turn the call's work is where a link says who calls; nil: the credential's.
    private(set) var turn: MemoryLedger.Account?

    init(_ exchange: Exchange, _ service: Service, _ route: Route, _ pathValues: [Router.PathValue], opener: BodyOpener? = nil, answer: @escaping Handler) {
        (self.exchange, self.service, self.route, self.pathValues, self.answer) = (exchange, service, route, pathValues, answer)
        self.opener = opener
    }

    package var request: Request { exchange.request }

    /// The request is `principal`'s from here on.
    func letIn(_ principal: Principal) {
        (self.principal, awaitsKeys) = (principal, false)
        exchange.note(principal)
    }
    func waitForKeys() { awaitsKeys = true }

    /// In whose turn its work is, for pools: an account, or the ledger for all that show no credential.
    var owner: AnyObject { (turn ?? exchange.account) ?? service.context.admission.ledger }

    /// The call's work is in the turn of whoever gave the link, and not in that of all who show no credential.
    func belongs(to owner: Identity) {
        let principal: Principal =
            switch owner {
            case .administrator: .admin
            case .contract(let client): Principal(clientID: client.text, access: .read, scope: .own)
            case .nobody: .nobody
            }
        turn = service.context.admission.ledger.account(of: principal)
    }

    /// - Throws: `bad-parameter` for parameters that cannot be read.
    func readParameters() throws { parameters = try exchange.request.target.parameters() }

    // MARK: What the listener asks

    package var bodyByteCountMax: Int {
        // Of somebody not yet known no more is kept than any small call has.
        if awaitsKeys { return min(route.body.byteCountMax(service.context.limits), 1 << 20) }
        return route.body == .none ? 64 << 10 : route.body.byteCountMax(service.context.limits)
    }

    package var longBodyRefusal: Problem? {
        guard awaitsKeys else { return nil }
        return Problem(.overloaded, "the keys of the token's issuer are being fetched, and until they are here a body may have \(bodyByteCountMax) bytes; try again")
    }

    /// Of somebody not yet known a body has no place of its own: it is held as that of any other call.
    package func openBody() throws -> (any BodySink)? { try awaitsKeys ? nil : opener?(self) }
    /// Where the body went.
    var sink: (any BodySink)? { exchange.sink }

    package func finish() -> Response? { service.failures.answer(self, answer) }

    // MARK: What the server does for every call

    /// Asks for memory of the call's credential, beside what the exchange holds: from any thread, while the connection is put aside. What it gives is held
    /// as long as somebody has it.
    var memory: @Sendable (_ byteCount: Int) throws -> MemoryLedger.Hold? {
        let (ledger, account) = (service.context.admission.ledger, exchange.account)
        return { byteCount in
            guard let account else { return nil }
            return try ledger.hold(byteCount, of: account)
        }
    }

    /// Asks for memory of an answer's further pieces, beside what the exchange holds for it: that is the connection's thread's once the answer has begun. To be had
    /// before that.
    ///
    /// - Returns: makes what they hold so many bytes, more or fewer than it is; it throws as `holdAnswer`. For one thread, which makes the answer.
    func memoryOfPieces() throws -> (_ byteCount: Int) throws -> Void {
        let (hold, own, most) = (try memory(0), exchange.furtherByteCountMax, exchange.charge.byteCountMax)
        return { byteCount in
            guard byteCount <= own else { throw Exchange.neverHeld(byteCount, of: most) }
            try hold?.set(byteCount)
        }
    }

    /// Who the admin key stands for.
    var administrator: String { service.administrator }
    /// Whether the server stops, and the ends of waits.
    var life: ServerLife { service.context.life }
    /// What cursors of lists are sealed with.
    var cursors: any CursorSealing { service.context.store.cursors }
    /// What the answer, and the log's lines, name the request by.
    var requestID: String { service.requestID(exchange) }

    /// What a client reads of `error`.
    func response(to error: any Error) -> Response { service.response(to: error, on: exchange) }

    /// What lies behind an internal error, for the log.
    func logFailure(_ cause: String) { service.failures.logFailure(cause, exchange) }

    /// Runs `work` on the pool for point reads; for what a timer or a notification has woken, whose threads must not wait.
    ///
    /// - Returns: false when the pool has no place.
    func onReader(_ work: @escaping @Sendable () -> Void) -> Bool { service.onReader(for: exchange, work) }

    /// Answers a call that is put aside on a thread that may wait for another machine for long, so that its place's own threads need not. It goes on though its client hangs up: what it ends is here.
    ///
    /// - Returns: nil: the answer comes later.
    /// - Throws: `overloaded` where there is no place; `work` is let go of then.
    func carryOn(_ work: @escaping @Sendable () throws -> Response) throws -> Response? {
        let isTaken = service.onCarrier(for: self) { [self] in
            do {
                let response = try work()
                exchange.complete { response }
            } catch {
                let refusal = self.response(to: error)
                // What is refused waits for nothing.
                exchange.hold(nil)
                exchange.complete { refusal }
            }
        }
        guard isTaken else { throw Problem(.overloaded, "too many files are being ended just now; try again") }
        return nil
    }

    /// Who calls and what they may, asked anew each time: for what is answered after a wait, which is nobody's whose key was revoked meanwhile. Made before the wait; what it
    /// gives may be asked from any thread.
    ///
    /// - Throws: as the request's credential, which it had as it was let in.
    func rights() throws -> @Sendable () throws -> Principal {
        let credential = try request.credential()
        let (authorizer, access) = (service.context.admission.authorizer, route.access)
        return { try authorizer.principal(of: credential, for: access) }
    }

    /// As `rights`, for an answer that streams: a token or a key that runs out meanwhile does not cut it off.
    func rightsOfStream() throws -> @Sendable () throws -> Principal {
        let credential = try request.credential()
        let (authorizer, access, instant) = (service.context.admission.authorizer, route.access, CalendarText.now)
        return { try authorizer.principal(of: credential, for: access, letInAt: instant) }
    }

    // MARK: The path

    /// What stands at `{name}` in the route's path, decoded.
    package func path(_ name: String) -> String {
        guard let value = pathValues.first(where: { $0.name == name }) else { preconditionFailure("\(route.path) has no {\(name)}") }
        return value.value
    }

    /// What stands in the path and no path can hold once a client has put it in order: `.` and `..` (RFC 3986, 5.2.4), which browsers take away in their escaped
    /// forms too.
    var unreachableName: Router.PathValue? { pathValues.first { Self.isDots($0.value) } }

    static func isDots(_ segment: String) -> Bool { segment == "." || segment == ".." }

    /// The document that a path names by `{receipt_id}`. Documents are called what they say: one that is called `.` or `..` is asked for as
    /// `/v1/receipts/-?receipt_id=..`, since no path can name it.
    func receiptID() throws -> String {
        let inPath = path("receipt_id")
        guard let named = parameter("receipt_id") else {
            try Self.check(id: inPath, "receipt_id")
            return inPath
        }
        guard inPath == "-" else {
            throw Problem.parameter("receipt_id", "the path has - where the parameter says the id, not \(MemberReader.shown(inPath))")
        }
        try Self.check(id: named, "receipt_id")
        return named
    }

    // MARK: Query parameters

    package func parameter(_ name: String) -> String? { parameters.first { $0.name == name }?.value }

    /// - Throws: `bad-parameter` for what is no integer or out of `range`; a plus sign is none.
    package func integer(_ name: String, in range: ClosedRange<Int>, default fallback: Int) throws -> Int {
        guard let text = parameter(name) else { return fallback }
        guard let value = Int(text), text.utf8.allSatisfy({ $0 != UInt8(ascii: "+") }), range.contains(value) else {
            throw Problem.parameter(name, "an integer from \(range.lowerBound) to \(range.upperBound) is wanted, not \(MemberReader.shown(text))", code: "out-of-range")
        }
        return value
    }

    package func day(_ name: String) throws -> Int32? {
        guard let text = parameter(name) else { return nil }
        guard let day = CalendarText.day(text) else {
            throw Problem.parameter(name, "a date like 2026-11-20 is wanted, not \(MemberReader.shown(text))")
        }
        return day
    }

    /// In microseconds.
    package func instant(_ name: String) throws -> Int64? { try parameter(name).map { try Self.instant($0, name) } }

    static func instant(_ text: String, _ name: String) throws -> Int64 {
        guard let instant = CalendarText.instant(text) else {
            throw Problem.parameter(
                name, "an instant like 2026-11-20T12:00:00Z is wanted, not \(MemberReader.shown(text)) (a + must be sent as %2B)")
        }
        return instant
    }

    /// A parameter that a client's or a receipt's id goes in.
    package func id(_ name: String) throws -> String? {
        guard let text = parameter(name) else { return nil }
        try Self.check(id: text, name)
        return text
    }

    /// - Throws: `bad-parameter` for an empty id, one of more than 200 bytes, and one with a control character.
    package static func check(id: String, _ name: String) throws {
        guard (1...200).contains(id.utf8.count), !id.unicodeScalars.contains(where: { $0.properties.generalCategory == .control })
        else { throw Problem.parameter(name, "an id has 1 to 200 bytes and no control characters") }
    }

    /// The client that the call is about, where it names one.
    ///
    /// - Throws: `wrong-client` for one that this credential has nothing to do with, existing or not.
    package func client() throws -> String? { try Self.client(parameter("client"), as: principal) }

    package static func client(_ text: String?, as principal: Principal) throws -> String? {
        guard let client = text else { return nil }
        try check(id: client, "client")
        // An auditor sees what all clients have of that which auditors see at all.
        if principal.role == .auditor { return client }
        guard principal.rows.includes(ClientID(client)) else {
            throw Problem(.wrongClient, "this credential is of \(principal.identity.client.map { "the client \($0) alone" } ?? "no client")")
        }
        return client
    }

    // MARK: Bodies and answers

    /// Asks for the memory of the body's value before it is read: of `[1,1,1]` it takes fifty times the bytes.
    ///
    /// - Throws: `overloaded`, `too-large`.
    func holdValue() throws(Problem) { try exchange.holdValue(JSONParser.valueByteCount(of: request.body)) }

    /// The body as a JSON object without members that the call does not know.
    ///
    /// - Parameters:
    ///   - shown: members that answers add, of what is put: what GET has given can be put again as it is, and they are passed over.
    ///   - hasTexts: members have texts of anybody's, as documents and parameters, and not only words: those may have any characters, and are compared by their bytes.
    /// - Throws: `unsupported-media-type`, `bad-json` with the byte, `bad-parameter` for what is no object or has a member that the call does not know; those
    ///   of `holdValue`.
    package func object(members names: Set<String>, passingOver shown: Set<String> = [], depthMax: Int = JSONParser.depthMax, hasTexts: Bool = false) throws -> JSONValue {
        let type = request.header("Content-Type").flatMap { MediaType($0) }
        guard type?.essence == "application/json" else {
            throw Problem(.unsupportedMediaType, "this call takes application/json, also in Content-Encoding gzip or zstd, not \(MemberReader.shown(contentType: request.header("Content-Type")))")
        }
        try holdValue()
        let value: JSONValue
        do {
            value = try JSONParser.parse(request.body, depthMax: depthMax, boundsMarks: !hasTexts)
        } catch {
            throw Problem(.badJSON, "byte \(error.offset): \(error.message)")
        }
        guard case .object(let members) = value else { throw Problem(.badParameter, "the body must be a JSON object, not \(value.kind)") }
        for member in members where !names.union(shown).contains(where: { $0.hasBytes(of: member.name) }) {
            let near = NameSuggestion.closest(to: member.name, among: names).map { "; did you mean \($0)?" } ?? ""
            throw Problem.parameter(member.name, "this call has no such member\(near)", code: "unknown-member")
        }
        return value.without(shown)
    }

    /// - Throws: `not-acceptable`.
    package func choose(_ offers: [String]) throws -> String {
        try Accept(request.header("Accept")).choose(offers)
    }

    /// The present URL with another value of one parameter, for `Link`.
    package func link(with name: String, _ value: String) -> String {
        var query = ""
        for parameter in parameters where parameter.name != name {
            query += (query.isEmpty ? "?" : "&") + RequestTarget.encode(parameter.name) + "=" + RequestTarget.encode(parameter.value)
        }
        query += (query.isEmpty ? "?" : "&") + name + "=" + RequestTarget.encode(value)
        return request.target.path + query
    }
}

extension Exchange {
    /// Whose request it is, for the log.
    func note(_ principal: Principal) { caller = (principal.identity.client?.text, principal.keyID) }
}
