internal import ColumnStore
internal import Documents
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
            writer.raw(RateLimiter.text(rate: rate).utf8)
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
            clientID: clientID, name: name, access: access, scope: scope, types: types, validFrom: from, validTo: to, ratePerSecond: rate,
            webhook: webhook, callbackHosts: hosts)
    }
}
