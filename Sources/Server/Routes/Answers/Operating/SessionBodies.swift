internal import Ingest

/// What a credential may do.
struct MeBody: JSONObject {
    let principal: Principal
    /// Of a contract's present subscription.
    var roles: [String] = []
    var plan: String?
    /// Of a contract: when it, or its present subscription, ends.
    var validTo: Int64?
    /// Of a contract: all that it has, of whatever time.
    var subscriptions: [Contract.Subscription] = []
    /// Where clients of PostgreSQL come in.
    var postgres: PostgresAddress?

    private struct PostgresBody: JSONObject {
        let address: PostgresAddress
        static var example: PostgresBody { PostgresBody(address: PostgresAddress(port: 5_432, isSecure: true)) }
        func members(to sink: inout some MemberSink) {
            sink.member("port", address.port)
            sink.member("tls", address.isSecure)
        }
    }

    static var schemaName: String? { "Me" }
    static var example: MeBody { MeBody(principal: .admin) }

    func members(to sink: inout some MemberSink) {
        sink.member("client_id", principal.identity.client?.text, MemberFacts("The contract; null for those who run the store."))
        sink.optional("admin", principal.isAdmin ? true : nil, MemberFacts("true: it may do everything."))
        sink.member("role", WordForm(principal.role))
        sink.member("access", WordForm(principal.access))
        sink.member("scope", WordForm(principal.scope))
        sink.member("types", principal.types, MemberFacts("Document types that it may post; null for all."))
        sink.member("sensitive", principal.seesSensitive, MemberFacts("Whether it sees the values of sensitive columns."))
        sink.member("roles", roles, MemberFacts("Labels for the callers' own use, of the contract's present subscription."))
        sink.member("plan", plan)
        sink.member("valid_to", validTo.map { InstantForm($0) }, MemberFacts("The present subscription's end, or the contract's where that is sooner."))
        sink.member("subscriptions", subscriptions.map { ContractTermBody(subscription: $0) }, MemberFacts("Of a contract: all of its subscriptions."))
        sink.member("postgres", postgres.map { PostgresBody(address: $0) }, MemberFacts("Where clients of PostgreSQL find the store; null where there is no such door."))
    }
}

/// A session of a browser: who it is, and what changing calls must bear.
struct SessionBody: JSONObject {
    let me: MeBody
    let csrf: String

    static var schemaName: String? { "Session" }
    static var example: SessionBody { SessionBody(me: .example, csrf: "") }

    func members(to sink: inout some MemberSink) {
        sink.member("csrf", csrf, MemberFacts("For the header Till-CSRF of calls with the session's cookie that are no GET."))
        me.members(to: &sink)
    }
}
