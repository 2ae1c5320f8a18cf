internal import ColumnStore
internal import Documents
internal import Ingest
internal import Query

/// Reads the members of a small body, and collects every fault instead of stopping at the first. Each says what was received.
///
/// A reader gives nil for a member that is absent or null, and for one that is wrong, of which it notes a fault: whoever reads looks at `faults` before it
/// uses what it got.
struct MemberReader {
    let body: JSONValue
    private(set) var faults: [Problem.Violation] = []

    init(body: JSONValue) { self.body = body }

    /// More of what was received would bury what is wanted.
    private static let shownCountMax = 60

    /// A text of the request, as an error may quote it.
    static func shown(_ text: String) -> String {
        // Control characters would be escapes in JSON and commands in a terminal.
        let scalars = text.unicodeScalars.prefix(shownCountMax).map { $0.isControl ? "·" : Character($0) }
        return "\"\(String(scalars))\(text.unicodeScalars.count > shownCountMax ? "…" : "")\""
    }

    /// A value of the request, as an error may quote it: texts and numbers as they are, others by their kind.
    static func shown(_ value: JSONValue) -> String {
        switch value {
        case .string(let text): shown(text)
        case .number(let digits): String(digits.prefix(shownCountMax))
        default: value.kind
        }
    }

    /// A header's media type, as an error may quote it.
    static func shown(contentType: String?) -> String { contentType.map { shown($0) } ?? "a body without a Content-Type" }

    /// One sentence of all faults.
    ///
    /// - Parameter what: names the whole: "the contract".
    func summary(_ what: String) -> String {
        faults.count == 1 ? "\(faults[0].pointer): \(faults[0].message)" : "\(what) has \(faults.count) faults; errors names each"
    }

    /// - Parameter pointer: a JSON pointer (RFC 6901) into the body.
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
        fault("/\(name)", "type", "a string is wanted, not \(Self.shown(value))")
        return nil
    }

    /// A member that must be there.
    mutating func choice<Choice: RawRepresentable>(_ name: String, _ choices: [Choice], hint: String = "") -> Choice? where Choice.RawValue == String {
        let wanted = ListText.either(choices.map(\.rawValue)) + " is wanted"
        guard let value = member(name) else {
            fault("/\(name)", "required", wanted + hint)
            return nil
        }
        if let choice = choices.first(where: { $0.rawValue == value.text }) { return choice }
        fault("/\(name)", "enum", "\(wanted), not \(Self.shown(value))\(hint)")
        return nil
    }

    mutating func boolean(_ name: String) -> Bool? {
        guard let value = member(name) else { return nil }
        if case .boolean(let given) = value { return given }
        fault("/\(name)", "type", "true or false is wanted, not \(Self.shown(value))")
        return nil
    }

    /// None of them empty or with a control character, by which lists are taken apart where they are kept: faults are noted for those, and the others are given.
    mutating func strings(_ name: String) -> [String]? {
        guard let value = member(name) else { return nil }
        guard case .array(let elements) = value else {
            fault("/\(name)", "type", "an array of strings is wanted, not \(Self.shown(value))")
            return nil
        }
        var texts: [String] = []
        for (index, element) in elements.enumerated() {
            guard let text = element.text, !text.isEmpty else {
                fault("/\(name)/\(index)", "type", "a string that is not empty is wanted, not \(Self.shown(element))")
                continue
            }
            if text.unicodeScalars.contains(where: { $0.properties.generalCategory == .control }) {
                fault("/\(name)/\(index)", "format", "a string without control characters is wanted, not \(Self.shown(text))")
            } else {
                texts.append(text)
            }
        }
        return texts
    }

    /// An instant, or a date, which means its midnight UTC.
    mutating func instant(_ name: String) -> Int64? {
        guard let text = string(name) else { return nil }
        if let day = CalendarText.day(text) { return Int64(day) * 86_400_000_000 }
        if let instant = CalendarText.instant(text) { return instant }
        fault("/\(name)", "format", "an instant like 2026-11-20T12:00:00Z or a date is wanted, not \(Self.shown(text))")
        return nil
    }

    /// Requests in a second, above 0 and at most a million.
    mutating func rate(_ name: String) -> Double? {
        guard let value = member(name) else { return nil }
        if case .number(let digits) = value, let rate = Double(digits), rate > 0, rate <= 1e6 { return rate }
        fault("/\(name)", "out-of-range", "a number above 0 and up to 1000000 is wanted, not \(Self.shown(value))")
        return nil
    }

    /// `{"url", "secret"}`.
    ///
    /// - Parameter previous: what the contract has by now: its secret stays where the URL does and none is given, so that a contract is put again without it.
    mutating func webhook(previous: Contract.Webhook?) -> Contract.Webhook? {
        guard let value = member("webhook") else { return nil }
        guard case .object(let members) = value else {
            fault("/webhook", "type", "an object is wanted, not \(Self.shown(value))")
            return nil
        }
        for member in members where member.name != "url" && member.name != "secret" {
            let near = NameSuggestion.closest(to: member.name, among: ["url", "secret"]).map { "; did you mean \($0)?" } ?? ""
            fault("/webhook/\(member.name)", "unknown-member", "a webhook has url and secret, and no such member\(near)")
        }
        let url = value["url"]?.text ?? ""
        let isURL = CallbackURL.host(url) != nil
        // A password in it would be shown to whoever reads the contract, and is not quoted either.
        if !isURL { fault("/webhook/url", "format", "an http or https URL is wanted, without user and password") }
        let given = value[present: "secret"]
        if let given, given.text == nil {
            fault("/webhook/secret", "type", "a string is wanted, not \(given.kind)")
            return nil
        }
        let kept = previous.flatMap { $0.url.hasBytes(of: url) ? $0.secret : nil }
        guard let secret = given?.text ?? kept, !secret.isEmpty else {
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

/// Lists in sentences.
enum ListText {
    /// `a`, `a or b`, `a, b or c`
    static func either(_ words: [String]) -> String {
        guard words.count > 1, let last = words.last else { return words.first ?? "" }
        return words.dropLast().joined(separator: ", ") + " or " + last
    }
}
