internal import ColumnStore
internal import Documents
package import Ingest

/// A contract as JSON: read with every fault named, written with its secret left out.
struct ContractBody: ListItem, JSONObject {
    static let members: Set<String> = [
        "client_id", "name", "access", "scope", "types", "sensitive", "valid_from", "valid_to", "rate_per_second", "webhook", "callback_hosts",
    ]

    let contract: Contract

    static var schemaName: String? { "Contract" }
    static var isClosed: Bool { true }
    static var listName: StaticString { "contracts" }
    static var listSchemaName: String { "ContractList" }
    static var example: ContractBody { ContractBody(contract: Contract(clientID: "", access: .read, scope: .own)) }

    /// What PUT may leave out.
    private static let free = MemberFacts(isRequired: false)

    func members(to sink: inout some MemberSink) {
        sink.member("client_id", contract.clientID, MemberFacts(keywords: #""minLength":1,"maxLength":200"#, isRequired: false))
        sink.member("name", contract.name, Self.free)
        sink.member("access", WordForm(contract.access))
        sink.member("scope", WordForm(contract.scope))
        sink.member("types", contract.types, Self.free)
        sink.member("sensitive", contract.seesSensitive, MemberFacts("Whether values of sensitive columns are shown: false unless said.", isRequired: false))
        sink.member("valid_from", contract.validFrom.map { InstantOrDayForm(instant: $0) }, Self.free)
        sink.member("valid_to", contract.validTo.map { InstantOrDayForm(instant: $0) }, Self.free)
        sink.member("rate_per_second", contract.ratePerSecond.map { RateForm(rate: $0) }, Self.free)
        sink.member("webhook", contract.webhook.map { WebhookBody(url: $0.url) }, Self.free)
        sink.member("callback_hosts", Optional(contract.callbackHosts), Self.free)
    }

    /// - Parameter previous: the contract that is replaced: a webhook put back without its secret keeps the stored one.
    static func read(_ body: JSONValue, clientID: String, previous: Contract?) throws -> Contract {
        var reader = MemberReader(body: body)
        if let id = reader.string("client_id"), !id.utf8.elementsEqual(clientID.utf8) {
            reader.fault("/client_id", "mismatch", "the path names the client \(clientID), this is \(MemberReader.shown(id))")
        }
        let access = reader.choice("access", [Principal.Access.read, .readWrite])
        let scope = reader.choice("scope", [Principal.Scope.own, .all])
        let name = reader.string("name")
        let types = reader.strings("types")
        let sensitive = reader.boolean("sensitive") ?? false
        let from = reader.instant("valid_from")
        let to = reader.instant("valid_to")
        if let from, let to, from >= to { reader.fault("/valid_to", "out-of-range", "must be later than valid_from, \(CalendarText.text(instant: from))") }
        let rate = reader.rate("rate_per_second")
        let webhook = reader.webhook(previous: previous?.webhook)
        let hosts = reader.strings("callback_hosts") ?? []
        for (index, host) in hosts.enumerated() where !CallbackURL.isHost(host) {
            reader.fault("/callback_hosts/\(index)", "format", "a host name or address is wanted, with or without :port, without scheme and path, not \(MemberReader.shown(host))")
        }
        guard reader.faults.isEmpty, let access, let scope else {
            throw Problem(.invalidContract, reader.summary("the contract"), errors: reader.faults)
        }
        return Contract(
            clientID: clientID, name: name, access: access, scope: scope, types: types, seesSensitive: sensitive, validFrom: from, validTo: to, ratePerSecond: rate,
            webhook: webhook, callbackHosts: hosts)
    }
}

private struct WebhookBody: JSONObject {
    let url: String

    static var isClosed: Bool { true }
    static var example: WebhookBody { WebhookBody(url: "") }

    func members(to sink: inout some MemberSink) {
        sink.member("url", url, MemberFacts(keywords: #""pattern":"^https?://.""#))
        // Shown to nobody: who forgot it sets another.
        sink.member(
            "secret", String?.none,
            MemberFacts(
                "Never shown. Left out or null when a contract is put again with the same URL: the stored one stays.", keywords: #""minLength":1"#,
                isRequired: false))
    }
}

/// An instant; a date alone means its midnight UTC.
private struct InstantOrDayForm: BodyForm {
    let instant: Int64
    static var schema: SchemaText { SchemaText("string", keywords: [("anyOf", #"[{"format":"date-time"},{"format":"date"}]"#)]) }
    func write(to writer: inout JSONWriter) { writer.string(CalendarText.text(instant: instant)) }
}

private struct RateForm: BodyForm {
    let rate: Double
    static var schema: SchemaText { SchemaText("number", keywords: [("exclusiveMinimum", "0")]) }
    func write(to writer: inout JSONWriter) { writer.raw(RateLimiter.text(rate: rate).utf8) }
}

extension Principal.Access: CaseIterable {
    package static var allCases: [Principal.Access] { [.read, .readWrite] }
}

extension Principal.Scope: CaseIterable {
    package static var allCases: [Principal.Scope] { [.own, .all] }
}
