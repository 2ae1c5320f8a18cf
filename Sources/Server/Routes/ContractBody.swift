internal import ColumnStore
internal import Ingest

/// A contract as JSON: read with every fault named, written with its secret left out.
enum ContractBody {
    static let members: Set<String> = [
        "client_id", "name", "access", "scope", "types", "valid_from", "valid_to", "rate_per_second", "webhook", "callback_hosts",
    ]

    static func write(_ contract: Contract, to writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("client_id", contract.clientID)
        writer.member("name", contract.name)
        writer.member("access", contract.access.rawValue)
        writer.member("scope", contract.scope.rawValue)
        writer.key("types")
        if let types = contract.types {
            writer.beginArray()
            for type in types { writer.string(type) }
            writer.endArray()
        } else {
            writer.null()
        }
        writer.member("valid_from", contract.validFrom.map { CalendarText.text(instant: $0) })
        writer.member("valid_to", contract.validTo.map { CalendarText.text(instant: $0) })
        writer.key("rate_per_second")
        if let rate = contract.ratePerSecond {
            writer.raw(text(rate: rate).utf8)
        } else {
            writer.null()
        }
        writer.key("webhook")
        if let webhook = contract.webhook {
            writer.beginObject()
            writer.member("url", webhook.url)
            // Shown to nobody: who forgot it sets another.
            writer.key("secret")
            writer.null()
            writer.endObject()
        } else {
            writer.null()
        }
        writer.key("callback_hosts")
        writer.beginArray()
        for host in contract.callbackHosts { writer.string(host) }
        writer.endArray()
        writer.endObject()
    }

    /// Whole numbers without a fraction.
    static func text(rate: Double) -> String { Int(exactly: rate).map(String.init) ?? "\(rate)" }

    /// - Parameter previous: the contract that is replaced: a webhook put back without its secret keeps the stored one.
    static func read(_ body: JSONValue, clientID: String, previous: Contract?) throws -> Contract {
        var reader = Reader(body: body)
        if let id = reader.string("client_id"), !id.utf8.elementsEqual(clientID.utf8) {
            reader.fault("/client_id", "mismatch", "the path names another client")
        }
        let access = reader.choice("access", Principal.Access.init(rawValue:), "read or read-write")
        let scope = reader.choice("scope", Principal.Scope.init(rawValue:), "own or all")
        let name = reader.string("name")
        let types = reader.strings("types")
        let from = reader.instant("valid_from")
        let to = reader.instant("valid_to")
        if let from, let to, from >= to { reader.fault("/valid_to", "out-of-range", "must be later than valid_from") }
        let rate = reader.rate("rate_per_second")
        let webhook = reader.webhook(previous: previous?.webhook)
        let hosts = reader.strings("callback_hosts") ?? []
        for (index, host) in hosts.enumerated() where !CallbackURL.isHost(host) {
            reader.fault("/callback_hosts/\(index)", "format", "a host name or address is wanted, with or without :port, without scheme and path")
        }
        guard reader.faults.isEmpty, let access, let scope else {
            throw Problem(.invalidContract, "the contract has \(reader.faults.count) faults", errors: reader.faults)
        }
        return Contract(
            clientID: clientID, name: name, access: access, scope: scope, types: types, validFrom: from, validTo: to, ratePerSecond: rate,
            webhook: webhook, callbackHosts: hosts)
    }

    /// Collects every fault instead of stopping at the first.
    private struct Reader {
        let body: JSONValue
        var faults: [Problem.Violation] = []

        mutating func fault(_ pointer: String, _ code: String, _ message: String) {
            faults.append(.init(pointer: pointer, code: code, message: message))
        }

        /// The member, nil when absent or null.
        private func member(_ name: String) -> JSONValue? {
            let value = body[name]
            return value == .null ? nil : value
        }

        mutating func string(_ name: String) -> String? {
            guard let value = member(name) else { return nil }
            if let text = value.text { return text }
            fault("/\(name)", "type", "a string is wanted, not \(value.kind)")
            return nil
        }

        mutating func choice<Choice>(_ name: String, _ make: (String) -> Choice?, _ choices: String) -> Choice? {
            guard let value = member(name) else {
                fault("/\(name)", "required", "\(choices) is wanted")
                return nil
            }
            if let choice = value.text.flatMap(make) { return choice }
            fault("/\(name)", "enum", "\(choices) is wanted")
            return nil
        }

        mutating func strings(_ name: String) -> [String]? {
            guard let value = member(name) else { return nil }
            guard case .array(let elements) = value else {
                fault("/\(name)", "type", "an array of strings is wanted, not \(value.kind)")
                return nil
            }
            var texts: [String] = []
            for (index, element) in elements.enumerated() {
                if let text = element.text, !text.isEmpty {
                    texts.append(text)
                } else {
                    fault("/\(name)/\(index)", "type", "a string that is not empty is wanted")
                }
            }
            return texts
        }

        /// An instant, or a date, which means its midnight UTC.
        mutating func instant(_ name: String) -> Int64? {
            guard let text = string(name) else { return nil }
            if let day = CalendarText.day(text) { return Int64(day) * 86_400_000_000 }
            if let instant = CalendarText.instant(text) { return instant }
            fault("/\(name)", "format", "an instant like 2026-11-20T12:00:00Z or a date is wanted")
            return nil
        }

        mutating func rate(_ name: String) -> Double? {
            guard let value = member(name) else { return nil }
            if case .number(let digits) = value, let rate = Double(digits), rate > 0, rate <= 1e6 { return rate }
            fault("/\(name)", "out-of-range", "a number above 0 and up to 1000000 is wanted")
            return nil
        }

        mutating func webhook(previous: Contract.Webhook?) -> Contract.Webhook? {
            guard let value = member("webhook") else { return nil }
            guard case .object(let members) = value else {
                fault("/webhook", "type", "an object is wanted, not \(value.kind)")
                return nil
            }
            for member in members where member.name != "url" && member.name != "secret" {
                fault("/webhook/\(member.name)", "unknown-member", "a webhook has no such member")
            }
            let url = value["url"]?.text ?? ""
            let isURL = CallbackURL.host(url) != nil
            // A password in it would be shown to whoever reads the contract.
            if !isURL { fault("/webhook/url", "format", "an http or https URL is wanted, without user and password") }
            let kept = previous.flatMap { $0.url == url ? $0.secret : nil }
            guard let secret = value["secret"]?.text ?? kept, !secret.isEmpty else {
                fault("/webhook/secret", "required", "a secret is wanted")
                return nil
            }
            guard WebhookSecret(secret) != nil else {
                fault("/webhook/secret", "format", "what follows whsec_ must be base64")
                return nil
            }
            return isURL ? Contract.Webhook(url: url, secret: secret) : nil
        }
    }
}
