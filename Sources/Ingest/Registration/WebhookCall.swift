internal import ColumnStore

/// What is said to a client about its receipt.
///
///     POST url   {"event_id", "event": "receipt.<state>", "version", "at", "receipt": {…, "state", "sequence"}}
///
/// The events of a receipt to one target come with rising versions; the id is of ticket and version, so that one which is sent again is known for the same.
enum WebhookCall {
    static let timeoutMilliseconds = 15_000

    /// - Parameters:
    ///   - version: of what is told of the receipt.
    ///   - number: of the document among its versions, in a table that has them.
    ///   - nowSeconds: since 1970; the time stamp that is signed.
    static func request(
        _ call: HotFile.EventCall, version: Int64, number: Int32?, url: String, secrets: [WebhookSecret], nowSeconds: Int64
    ) -> OutgoingRequest {
        let summary = call.stored.summary
        let id = "\(summary.ticketID)-\(version)"
        var json = JSONWriter()
        json.object { json in
            json.member("event_id", id)
            json.member("event", "receipt.\(call.event.rawValue.lowercased())")
            json.member("version", version)
            json.member("at", instant: call.at)
            json.member("receipt") { json in
                json.member("ticket_id", summary.ticketID)
                json.member("client_id", summary.clientID)
                json.member("receipt_id", summary.receiptID)
                json.member("type", summary.type)
                json.member("business_day", DayText.text(summary.businessDay))
                json.member("state", call.event.rawValue)
                json.member("sequence", summary.sequence)
                if let number { json.member("version", Int64(number)) }
            }
        }
        var request = request(id: id, body: json.bytes, url: url, secrets: secrets, nowSeconds: nowSeconds)
        request.headers.append((name: "traceparent", value: Trace.parent(call.trace, ticketID: summary.ticketID)))
        return request
    }

    /// - Parameter body: JSON.
    static func request(id: String, body: [UInt8], url: String, secrets: [WebhookSecret], nowSeconds: Int64) -> OutgoingRequest {
        var headers = RegistrarCall.signature(id: id, body: body, secrets: secrets, nowSeconds: nowSeconds)
        headers.append(RegistrarCall.mediaType("application/json"))
        return OutgoingRequest(method: .post, url: url, headers: headers, body: body, timeoutMilliseconds: timeoutMilliseconds)
    }
}

/// Where clients may be called: which URLs can be called, and which hosts a contract allows.
package enum CallbackURL {
    /// Of a URL.
    static let byteCountMax = 2_000

    /// The host in lower case, and `host:port` where the URL says one; nil when it is no http or https URL, or has
    /// a user or password in it.
    package static func host(_ url: String) -> (name: String, withPort: String)? {
        guard url.utf8.count <= byteCountMax, url.utf8.allSatisfy({ $0 > 0x20 && $0 != 0x7F }) else { return nil }
        let lower = url.lowercased()
        guard lower.hasPrefix("http://") || lower.hasPrefix("https://"), let parts = OutgoingClient.parts(of: url), !parts.hasCredentials else {
            return nil
        }
        let name = parts.host.lowercased()
        guard !name.isEmpty else { return nil }
        return (name, "\(name):\(parts.port)")
    }

    /// Whether a text is what `isAllowed` may find among its hosts: as a URL says it, so an address of IPv6 in brackets or without.
    package static func isHost(_ text: String) -> Bool {
        let lower = text.lowercased()
        guard !text.isEmpty, text.utf8.count <= 300, !lower.hasPrefix("."), !lower.contains(".."), !lower.utf8.contains(where: { "/?#@%\\*,;\"'<>".utf8.contains($0) || $0 <= 0x20 || $0 == 0x7F })
        else { return false }
        for candidate in [lower, "[\(lower)]"] {
            guard let host = host("http://\(candidate)/") else { continue }
            if isAllowed("http://\(candidate)/", hosts: [text]) && !host.name.isEmpty { return true }
        }
        return false
    }

    /// Whether a URL's host is one of a contract's `hosts`, each a name alone, which means any port, or a name with its port.
    static func isAllowed(_ url: String, hosts: [String]) -> Bool {
        guard let host = host(url) else { return false }
        return hosts.contains { $0.lowercased() == host.name || $0.lowercased() == host.withPort }
    }
}

extension Contract.Webhook {
    /// The newest first: what is signed bears a signature of each.
    ///
    /// - Parameters:
    ///   - now: microseconds since 1970. The secret before counts up to its end alone, and not at all where none is said.
    ///   - target: where the call goes: the webhook's own URL, a document's, or a subscription's.
    func secrets(at now: Int64, for target: String) -> [WebhookSecret] {
        let counts = previousUntil.map { now < $0 } == true && !(previousIsOfAnotherURL && target.hasBytes(of: url))
        let previous = counts ? previousSecret : nil
        return [secret, previous].compactMap { $0 }.compactMap { WebhookSecret($0) }
    }
}
