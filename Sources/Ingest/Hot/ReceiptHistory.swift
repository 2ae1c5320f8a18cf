internal import ColumnStore
package import Documents

/// A receipt's history as its column holds it: the steps and what happened beyond its arrival, as JSON.
///
/// Its arrival and its end are columns already, so a receipt that was complete at once has `empty`: it takes no room in a file.
///
/// Written when a row goes to cold and read back for tickets and changes of cold rows; hot rows have it in tables of their own (`HotFile.history`).
/// Its shape: `{"steps":[…],"errors":[…],"history":[{"at":…,"event":…,…}]}`, with instants as texts.
package struct ReceiptHistory: Sendable {
    package static let empty = #"{"steps":[],"errors":[],"history":[]}"#

    package var steps: [TicketStep] = []
    package var errors: [Fault.Violation] = []
    package var events: [HistoryEvent] = []

    package init() {}

    /// The number of the last change of the receipt's state; nil where none is noted.
    ///
    /// - Complexity: O(events), from the end.
    /// An event of that kind bears a state's name in small letters, as `ProcessTransaction` writes it.
    var lastChange: Int64? {
        for event in events.reversed() where ReceiptState.allCases.contains(where: { $0.rawValue.lowercased() == event.event }) {
            if let number = event.details.first(where: { $0.name == "sequence" }).flatMap({ Int64(String($0.json)) }) { return number }
        }
        return nil
    }

    /// What the state was once all up to a sequence had happened; nil where no change of it is noted.
    func state(through sequence: Int64) -> ReceiptState? {
        var hasLater = false
        for event in events.reversed() {
            guard let state = ReceiptState.allCases.first(where: { $0.rawValue.lowercased() == event.event }),
                let number = event.details.first(where: { $0.name == "sequence" }).flatMap({ Int64(String($0.json)) })
            else { continue }
            if number <= sequence { return state }
            hasLater = true
        }
        // As every row comes whose state changes.
        return hasLater ? .processing : nil
    }

    /// Errors alone make no history: without steps and events it is `empty`.
    package var text: String {
        if steps.isEmpty && events.isEmpty { return Self.empty }
        var json = JSONWriter()
        json.object { json in
            json.array("steps", steps) { json, step in
                json.member("name", step.name)
                json.member("stage", Int64(step.stage))
                json.member("state", step.state)
                json.member("attempts", Int64(step.attempts))
                json.member("at", instant: step.at)
                json.member("reference", step.reference)
                json.member("detail", step.detail)
            }
            json.array("errors", errors) { json, error in
                json.member("pointer", error.pointer)
                json.member("code", error.code)
                json.member("message", error.message)
            }
            json.array("history", events) { json, event in
                json.member("at", instant: event.at)
                json.member("event", event.event)
                for detail in event.details {
                    json.key(detail.name)
                    json.raw(detail.json.utf8)
                }
            }
        }
        return json.text
    }

    /// Reads what `text` wrote; what is not there is left out.
    ///
    /// - Throws: for a text that is no JSON.
    package init(text: String) throws {
        guard text != Self.empty else { return }
        try JSONReader().read(Array(text.utf8)) { tape in
            for step in Self.elements("steps", tape) {
                steps.append(
                    TicketStep(
                        name: Self.string("name", step, tape) ?? "", stage: Int(Self.number("stage", step, tape) ?? 0),
                        state: Self.string("state", step, tape) ?? "", attempts: Int(Self.number("attempts", step, tape) ?? 0),
                        at: Self.string("at", step, tape).flatMap(Self.microseconds), reference: Self.string("reference", step, tape),
                        detail: Self.string("detail", step, tape)))
            }
            for error in Self.elements("errors", tape) {
                errors.append(
                    .init(
                        pointer: Self.string("pointer", error, tape) ?? "", code: Self.string("code", error, tape) ?? "",
                        message: Self.string("message", error, tape) ?? ""))
            }
            for event in Self.elements("history", tape) {
                let details = Self.members(event, tape).filter { $0.name != "at" && $0.name != "event" }
                events.append(
                    HistoryEvent(
                        at: Self.string("at", event, tape).flatMap(Self.microseconds) ?? 0,
                        event: Self.string("event", event, tape) ?? "", details: details))
            }
        }
    }

    /// The members of a JSON object, each value as its text.
    static func members(_ text: String) throws -> [(name: String, json: String)] {
        try JSONReader().read(Array(text.utf8)) { members(0, $0) }
    }

    /// Names and raw texts of an object's members, in order; none of what is no object.
    private static func members(_ node: Int, _ tape: JSONTape) -> [(name: String, json: String)] {
        guard tape[node].kind == .object else { return [] }
        return tape.children(of: node).map { child in
            let range = tape.range(of: child)
            let bytes = UnsafeBufferPointer(start: tape.bytes + range.lowerBound, count: range.count)
            return (String(decoding: tape.name(of: child), as: UTF8.self), String(decoding: bytes, as: UTF8.self))
        }
    }

    private static func elements(_ name: String, _ tape: JSONTape) -> [Int] {
        guard let list = tape.member(name, of: 0), tape[list].kind == .array else { return [] }
        return Array(tape.children(of: list))
    }

    static func string(_ name: String, _ node: Int, _ tape: JSONTape) -> String? {
        guard let member = tape.member(name, of: node), tape[member].kind == .string else { return nil }
        return tape.string(of: member)
    }

    /// Of an instant's text, as `JSONWriter.member(_:instant:)` writes it.
    private static func microseconds(_ instant: String) -> Int64? { Calendar.parseMoment(instant.utf8)?.instantMicroseconds }

    private static func number(_ name: String, _ node: Int, _ tape: JSONTape) -> Int64? {
        tape.member(name, of: node).flatMap { Int64(tape.string(of: $0)) }
    }
}

extension JSONReader {
    func read<Result>(_ bytes: [UInt8], _ body: (JSONTape) throws -> Result) throws -> Result {
        try bytes.withUnsafeBytes { try read($0, body) }
    }
}
