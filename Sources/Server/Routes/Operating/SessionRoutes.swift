internal import ColumnStore
internal import Documents
internal import Ingest

/// Who somebody is, and sessions of browsers: a cookie that scripts cannot read, in place of a key.
enum SessionRoutes {
    /// What these calls use of the server.
    private struct Parts: Sendable {
        let contracts: any ContractAdministration
        let authorizer: Authorizer
        let isSecure: Bool
        let postgres: PostgresAddress?

        init(_ all: CallParts) {
            (contracts, authorizer, isSecure, postgres) = (all.store.contracts, all.authorizer, all.isSecure, all.postgres)
        }
    }

    static let all: [Route] = [
        Route(
            .get, "/v1/me", access: .known, place: .control,
            operation: Operation("me", "What this credential may do.", answers: [.init(200, "That.", [.of(MeBody.self)])]),
            uses: { Parts($0) }, handle: { call, parts in .json(try me(call.principal, parts)) }),
        Route(
            .get, "/v1/session", access: .known, place: .control,
            operation: Operation("session", "The session that the cookie names.", answers: [.init(200, "Who it is.", [.of(SessionBody.self)])], problems: [.notFound]),
            uses: { Parts($0) }, handle: session),
        Route(
            .post, "/v1/session", access: .open, place: .control, body: .small,
            operation: Operation(
                "beginSession", "Exchanges a key, or a token of the issuer, for a session: the answer sets the cookie till-session. It ends after twelve hours without use, with its key, or by DELETE.",
                body: [.json(##"{"type":"object","required":["key"],"additionalProperties":false,"properties":{"key":{"type":"string","minLength":1}}}"##)],
                answers: [.init(200, "Who it is.", [.of(SessionBody.self)])],
                problems: [.unauthenticated, .contractNotValid, .rateLimited, .diskFull]),
            uses: { Parts($0) }, handle: begin),
        Route(
            // Whoever has a session may end it, whatever became of its key or contract: nobody is asked but the session.
            .delete, "/v1/session", access: .open, place: .control,
            operation: Operation(
                "endSession", "Ends the session that the cookie names, whether its contract is valid or not.", answers: [.init(204, "Done.")],
                problems: [.unauthenticated, .csrf, .notFound, .diskFull]),
            uses: { Parts($0) }, handle: end),
    ]

    private static func me(_ principal: Principal, _ parts: Parts) throws -> MeBody {
        let contract = try principal.identity.client.flatMap { try parts.contracts.contract($0.text) }
        let now = CalendarText.now
        let subscription = contract?.subscription(at: now)
        return MeBody(
            principal: principal, roles: subscription?.roles ?? [], plan: subscription?.plan, validTo: contract?.end(at: now),
            subscriptions: contract?.subscriptions ?? [], postgres: parts.postgres)
    }

    private static func cookie(_ call: Call) throws -> SessionCookie {
        guard call.request.header("Authorization") == nil, let cookie = SessionCookie(call.request) else {
            throw Problem(.notFound, "the request bears a key, or no cookie of a session; POST /v1/session begins one")
        }
        return cookie
    }

    private static func session(_ call: Call, _ parts: Parts) throws -> Response {
        .json(SessionBody(me: try me(call.principal, parts), csrf: try cookie(call).csrf)).adding("Cache-Control", "no-store")
    }

    private static func begin(_ call: Call, _ parts: Parts) throws -> Response? {
        guard let key = try call.object(members: ["key"])["key"]?.text, !key.isEmpty else { throw Problem.parameter("key", "an API key or a token is wanted", code: "required") }
        let credential = Credential(key)
        do {
            return try signIn(credential, mayWait: true, parts)
        } catch is Authorizer.KeysAwaited {
            // No thread waits with it: whoever makes up names of keys would have them all.
            let refusal = Problem(.overloaded, "the keys of the token's issuer are being fetched, and too many wait for them; try again")
            let isTaken = parts.authorizer.whenKeysAreFetched {
                let hasPlace = call.onReader {
                    guard !call.exchange.isLost else { return call.exchange.complete { call.response(to: Dispatch.unheard) } }
                    let response: Response
                    do { response = try signIn(credential, mayWait: false, parts) } catch { response = call.response(to: error) }
                    call.exchange.complete { response }
                }
                if !hasPlace { call.exchange.complete { call.response(to: refusal) } }
            }
            guard isTaken else { throw refusal }
            return nil
        }
    }

    /// - Throws: as `Authorizer`, also `KeysAwaited` where `mayWait`.
    private static func signIn(_ credential: Credential, mayWait: Bool, _ parts: Parts) throws -> Response {
        let admitted = try parts.authorizer.authorize(credential, for: .known, mayWait: mayWait)
        let cookie = SessionCookie(secret: try parts.authorizer.beginSession(for: credential, of: admitted.principal))
        let body = SessionBody(me: try me(admitted.principal, parts), csrf: cookie.csrf)
        var response = Response.json(body).adding("Cache-Control", "no-store")
        response.headers.append(cookie.header(isSecure: parts.isSecure))
        return response
    }

    private static func end(_ call: Call, _ parts: Parts) throws -> Response {
        guard try parts.authorizer.end(session: try cookie(call).credential(for: call.request)) else {
            throw Problem(.unauthenticated, "the session has ended already")
        }
        var response = Response.noContent
        response.headers.append(SessionCookie.expired(isSecure: parts.isSecure))
        return response
    }
}
