internal import ColumnStore
internal import Documents
package import Ingest
internal import Query

/// A contract as JSON: read with every fault named, written with its secret left out.
struct ContractBody: ListItem, JSONObject {
    static let members: Set<String> = [
        "client_id", "name", "access", "scope", "types", "sensitive", "valid_from", "valid_to", "rate_per_second", "webhook", "callback_hosts", "uses", "digest",
        "subscriptions",
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
        sink.member("client_id", contract.clientID, MemberFacts("Whose contract it is.", keywords: #""minLength":1,"maxLength":200"#, isRequired: false))
        sink.member("name", contract.name, MemberFacts("For people.", isRequired: false))
        sink.member("access", WordForm(contract.access), MemberFacts("Whether it reads, or reads and writes."))
        sink.member("scope", WordForm(contract.scope), MemberFacts("Whether its own rows alone are seen, or all."))
        sink.member("types", contract.types, MemberFacts("The document types that it may send; null: all.", isRequired: false))
        sink.member("sensitive", contract.seesSensitive, MemberFacts("Whether values of sensitive columns are shown: false unless said.", isRequired: false))
        sink.member("valid_from", contract.validFrom.map { InstantOrDayForm(instant: $0) }, MemberFacts("From when on it holds; null: always.", isRequired: false))
        sink.member("valid_to", contract.validTo.map { InstantOrDayForm(instant: $0) }, MemberFacts("Until when it holds, exclusive; null: for ever.", isRequired: false))
        sink.member("rate_per_second", contract.ratePerSecond.map { RateForm(rate: $0) }, MemberFacts("Requests that it may make in a second; null: without a bound.", isRequired: false))
        sink.member("webhook", contract.webhook.map { WebhookBody(url: $0.url) }, MemberFacts("Where events of its documents and uploads are sent; null: nowhere.", isRequired: false))
        sink.member(
            "callback_hosts", Optional(contract.callbackHosts),
            MemberFacts("Names or addresses of hosts, each with or without :port, without scheme and path.", isRequired: false))
        sink.member("uses", Optional(UsesBody(uses: contract.uses)), MemberFacts("The queues, topics and processes that it may use.", isRequired: false))
        sink.member(
            "digest", contract.digest?.text,
            MemberFacts("From 1s to 1d: how often the webhook gets a digest of refusals, where there are any.", keywords: #""pattern":"^[0-9]+(ms|s|m|h|d)$""#, isRequired: false))
        sink.member(
            "subscriptions", Optional(contract.subscriptions.map { ContractTermBody(subscription: $0) }),
            MemberFacts("Where there are any, each says what may be done in its time, in place of the contract, and nothing may be done outside all. No two overlap.", isRequired: false))
    }

    /// What its text takes at most: a text of control characters becomes six times as long.
    var byteCountMax: Int {
        let text = ListPage.byteCountMax
        func texts(_ texts: [String]?) -> Int { (texts ?? []).reduce(4) { $0 + text($1) } }
        func names(_ names: Contract.Uses.Names) -> Int { if case .some(let all) = names { texts(all) } else { 4 } }
        let uses = names(contract.uses.queues) + names(contract.uses.topics) + names(contract.uses.processes)
        let own = text(contract.clientID) + text(contract.name) + texts(contract.types) + text(contract.webhook?.url) + texts(contract.callbackHosts) + text(contract.digest?.text)
        return contract.subscriptions.reduce(512 + own + uses) { $0 + 256 + texts($1.types) + texts($1.roles) + text($1.plan) }
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
        let uses = UsesBody.read(body["uses"], &reader)
        let span = reader.string("digest")
        let digest = span.flatMap { Contract.DigestSpan($0) }
        if let span, digest == nil { reader.fault("/digest", "out-of-range", "a span like 30s, 15m or 1d is wanted, from 1s to 1d, not \(MemberReader.shown(span))") }
        let subscriptions = reader.subscriptions(access: access ?? .read, scope: scope ?? .own)
        guard reader.faults.isEmpty, let access, let scope else {
            throw Problem(.invalidContract, reader.summary("the contract"), errors: reader.faults)
        }
        return Contract(
            clientID: clientID, name: name, access: access, scope: scope, types: types, seesSensitive: sensitive, validFrom: from, validTo: to, ratePerSecond: rate,
            webhook: webhook, callbackHosts: hosts, uses: uses, digest: digest, subscriptions: subscriptions)
    }
}

/// What of queues, topics and processes a client may use.
private struct UsesBody: JSONObject {
    let uses: Contract.Uses

    static var isClosed: Bool { true }
    static var schemaDescription: String? { "Queues that it may send to and receive from, topics that it may publish to, processes that it may start: names, or `*` for all." }
    static var example: UsesBody { UsesBody(uses: .none) }
    private static let free = MemberFacts(isRequired: false)

    func members(to sink: inout some MemberSink) {
        sink.member("queues", NamesForm(names: uses.queues), Self.free)
        sink.member("topics", NamesForm(names: uses.topics), Self.free)
        sink.member("processes", NamesForm(names: uses.processes), Self.free)
    }

    static func read(_ value: JSONValue?, _ reader: inout MemberReader) -> Contract.Uses {
        guard let value, value != .null else { return .none }
        guard case .object(let members) = value else {
            reader.fault("/uses", "type", "an object is wanted, not \(MemberReader.shown(value))")
            return .none
        }
        var uses = Contract.Uses.none
        for member in members {
            switch member.name {
            case "queues": uses.queues = names(member, &reader)
            case "topics": uses.topics = names(member, &reader)
            case "processes": uses.processes = names(member, &reader)
            default:
                let near = NameSuggestion.closest(to: member.name, among: ["queues", "topics", "processes"]).map { "; did you mean \($0)?" } ?? ""
                reader.fault("/uses/\(member.name)", "unknown-member", "uses has queues, topics and processes, and no such member\(near)")
            }
        }
        return uses
    }

    private static func names(_ member: JSONValue.Member, _ reader: inout MemberReader) -> Contract.Uses.Names {
        let place = "/uses/\(member.name)"
        if member.value == .null { return .none }
        if member.value.text == "*" { return .all }
        guard let elements = member.value.array, elements.count <= countMax else {
            reader.fault(place, "type", "an array of at most \(countMax) names is wanted, or \"*\", not \(MemberReader.shown(member.value))")
            return .none
        }
        var names: [String] = []
        for (index, element) in elements.enumerated() {
            if element.text == "*", elements.count == 1 { return .all }
            guard let name = element.text, QueueStore.isName(name) else {
                reader.fault("\(place)/\(index)", "format", "a name has 1 to 128 letters, digits, - _ and ., not \(MemberReader.shown(element))")
                continue
            }
            if !names.contains(name) { names.append(name) }
        }
        return .some(names)
    }

    /// Of one kind.
    private static let countMax = 1_000
}

/// Names, or `"*"` for all.
private struct NamesForm: BodyForm {
    let names: Contract.Uses.Names

    static var schema: SchemaText {
        SchemaText(keywords: [("anyOf", #"[{"const":"*"},{"type":"array","maxItems":1000,"items":{"type":"string","pattern":"^[A-Za-z0-9._-]{1,128}$"}},{"type":"null"}]"#)])
    }

    func write(to writer: inout JSONWriter) {
        switch names {
        case .all: writer.string("*")
        case .some(let names): names.write(to: &writer)
        }
    }
}

extension MemberReader {
    private static let subscriptionMembers: Set<String> = ["from", "to", "access", "scope", "types", "sensitive", "roles", "plan"]
    private static let subscriptionCountMax = 1_000

    /// - Parameters:
    ///   - access: the contract's, for those that say none.
    mutating func subscriptions(access: Principal.Access, scope: Principal.Scope) -> [Contract.Subscription] {
        guard let value = body["subscriptions"], value != .null else { return [] }
        guard case .array(let items) = value else {
            fault("/subscriptions", "type", "an array of subscriptions is wanted, not \(Self.shown(value))")
            return []
        }
        if items.count > Self.subscriptionCountMax { fault("/subscriptions", "out-of-range", "at most \(Self.subscriptionCountMax) are allowed") }
        var read: [(place: Int, subscription: Contract.Subscription)] = []
        for (place, item) in items.prefix(Self.subscriptionCountMax).enumerated() {
            guard let subscription = subscription(item, "/subscriptions/\(place)", access, scope) else { continue }
            for (other, earlier) in read where subscription.overlaps(earlier) {
                fault("/subscriptions/\(place)", "overlap", "it overlaps that of /subscriptions/\(other): one of them at most may cover an instant")
                break
            }
            read.append((place, subscription))
        }
        return read.map(\.subscription)
    }

    private mutating func subscription(
        _ item: JSONValue, _ pointer: String, _ access: Principal.Access, _ scope: Principal.Scope
    ) -> Contract.Subscription? {
        guard case .object(let members) = item else {
            fault(pointer, "type", "a subscription is an object, not \(Self.shown(item))")
            return nil
        }
        for member in members where !Self.subscriptionMembers.contains(member.name) {
            let near = NameSuggestion.closest(to: member.name, among: Self.subscriptionMembers).map { "; did you mean \($0)?" } ?? ""
            fault("\(pointer)/\(member.name)", "unknown-member", "a subscription has no such member\(near)")
        }
        func isThere(_ name: String) -> Bool { item[name].map { $0 != .null } ?? false }
        var reader = MemberReader(body: item)
        let subscription = Contract.Subscription(
            from: reader.instant("from"), to: reader.instant("to"),
            access: isThere("access") ? reader.choice("access", [.read, .readWrite]) ?? access : access,
            scope: isThere("scope") ? reader.choice("scope", [.own, .all]) ?? scope : scope, types: reader.strings("types"),
            seesSensitive: reader.boolean("sensitive") ?? false, roles: reader.strings("roles") ?? [], plan: reader.string("plan"))
        if let from = subscription.from, let to = subscription.to, from >= to {
            reader.fault("/to", "out-of-range", "must be later than from, \(CalendarText.text(instant: from))")
        }
        for reason in reader.faults { fault(pointer + reason.pointer, reason.code, reason.message) }
        return reader.faults.isEmpty ? subscription : nil
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
                "Never shown. Left out or null when a contract is put again with the same URL: the stored one stays. The one that it replaces signs beside it for a day; not for another URL of the webhook that comes with it.", keywords: #""minLength":1"#,
                isRequired: false))
    }
}

private struct RateForm: BodyForm {
    let rate: Double
    static var schema: SchemaText { SchemaText("number", keywords: [("exclusiveMinimum", "0"), ("maximum", "1000000")]) }
    func write(to writer: inout JSONWriter) { writer.raw(RateLimiter.text(rate: rate).utf8) }
}

extension Principal.Access: CaseIterable {
    package static var allCases: [Principal.Access] { [.read, .readWrite] }
}

extension Principal.Scope: CaseIterable {
    package static var allCases: [Principal.Scope] { [.own, .all] }
}
