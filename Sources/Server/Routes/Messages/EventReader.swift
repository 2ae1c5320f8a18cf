internal import ColumnStore
internal import Documents
internal import Ingest
internal import Processes

/// CloudEvents 1.0 in JSON (structured and batched content mode), as callers send them. `source` is not theirs to say: it is set.
enum EventReader {
    static let single = "application/cloudevents+json", batch = "application/cloudevents-batch+json"
    private static let countMax = 100

    /// - Throws: unsupported-media-type, bad-json, too-large; invalid-queue with every fault.
    static func events(_ call: Call) throws -> [EventDraft] {
        let header = call.request.header("Content-Type")
        let essence = header.flatMap { MediaType($0) }?.essence
        guard let essence, [single, batch, "application/json"].contains(essence) else {
            throw Problem(.unsupportedMediaType, "events come as \(single) or \(batch), not \(MemberReader.shown(contentType: header))")
        }
        let origin = call.principal.identity
        return try BoundedJSON.read(call.request.body) { tape in
            let isArray = tape[0].kind == .array
            guard essence == "application/json" || isArray == (essence == batch) else {
                throw Problem(.invalidQueue, "\(essence) holds \(isArray ? "one event, this is an array" : "an array of events")")
            }
            let nodes = isArray ? Array(tape.children(of: 0)) : [0]
            guard (1...countMax).contains(nodes.count) else { throw Problem(.invalidQueue, "1 to \(countMax) events are taken at a time, not \(nodes.count)") }
            var faults: [Problem.Violation] = []
            let events = try nodes.enumerated().compactMap { index, node in
                try OneEvent(tape: tape, node: node, place: isArray ? "/\(index)" : "", origin: origin).read(&faults)
            }
            guard faults.isEmpty else {
                throw Problem(.invalidQueue, faults.count == 1 ? "\(faults[0].pointer): \(faults[0].message)" : "the events have \(faults.count) faults; errors names each", errors: faults)
            }
            return events
        }
    }

    private struct OneEvent {
        let tape: JSONTape
        let node: Int
        let place: String
        let origin: Identity

        /// Nil with a fault.
        func read(_ faults: inout [Problem.Violation]) throws -> EventDraft? {
            guard tape[node].kind == .object else {
                faults.append(.init(pointer: place, code: "type", message: "an event is an object"))
                return nil
            }
            let before = faults.count
            if text("specversion", isRequired: true, &faults) != "1.0", faults.count == before { fault("specversion", "enum", "1.0 is wanted", &faults) }
            let id = text("id", isRequired: true, &faults)
            let type = text("type", isRequired: true, &faults)
            let subject = text("subject", isRequired: false, &faults)
            // Whoever sends one has it as a text: it is not theirs to say what it is.
            if let source = tape.member("source", of: node), tape[source].kind != .string { fault("source", "type", "a string is wanted", &faults) }
            var time = CalendarText.now
            if let given = text("time", isRequired: false, &faults) {
                if let instant = CalendarText.instant(given) { time = instant } else { fault("time", "format", "an instant like 2026-11-20T12:00:00Z is wanted", &faults) }
            }
            if let media = text("datacontenttype", isRequired: false, &faults), !Self.isJSON(media) {
                fault("datacontenttype", "enum", "data is JSON here: application/json is wanted", &faults)
            }
            if tape.member("data_base64", of: node) != nil { fault("data_base64", "unknown-member", "data is JSON here, and no bytes", &faults) }
            let extensions = extensions(&faults)
            guard faults.count == before, let id, let type else { return nil }
            var draft = EventDraft(id: id, origin: origin, type: type, subject: subject, time: time, data: data)
            draft.extensions = extensions
            let (count, most) = (draft.json.count, EventDraft.byteCountMax)
            guard count <= most else { throw Problem(.tooLarge, "the event \(MemberReader.shown(id)) has \(count) bytes; at most \(most) are taken") }
            return draft
        }

        private static func isJSON(_ media: String) -> Bool {
            guard let essence = MediaType(media)?.essence else { return false }
            return essence == "application/json" || essence.hasSuffix("+json")
        }

        private var data: [UInt8] {
            guard let data = tape.member("data", of: node) else { return Array("null".utf8) }
            return bytes(data)
        }

        private func bytes(_ node: Int) -> [UInt8] {
            let range = tape.range(of: node)
            return Array(UnsafeBufferPointer(start: tape.bytes + range.lowerBound, count: range.count))
        }

        private func fault(_ name: String, _ code: String, _ message: String, _ faults: inout [Problem.Violation]) {
            faults.append(.init(pointer: "\(place)/\(name)", code: code, message: message))
        }

        private func text(_ name: String, isRequired: Bool, _ faults: inout [Problem.Violation]) -> String? {
            guard let member = tape.member(name, of: node), tape[member].kind != .null else {
                if isRequired { fault(name, "required", "a string is wanted", &faults) }
                return nil
            }
            let text = tape[member].kind == .string ? tape.string(of: member) : ""
            guard tape[member].kind == .string, EventDraft.isAttribute(text) else {
                fault(name, "format", "a string of 1 to \(EventDraft.textByteCountMax) bytes without control characters is wanted", &faults)
                return nil
            }
            return text
        }

        private static let own: Set<String> = ["specversion", "id", "source", "type", "subject", "time", "datacontenttype", "data", "data_base64"]

        /// Attributes that others have agreed upon: names of small letters and digits, values without members.
        private func extensions(_ faults: inout [Problem.Violation]) -> [(name: String, json: String)] {
            var extensions: [(name: String, json: String)] = []
            for child in tape.children(of: node) {
                let name = String(decoding: tape.name(of: child), as: UTF8.self)
                if Self.own.contains(name) || tape[child].kind == .null { continue }
                let isName = !name.isEmpty && name.utf8.allSatisfy { (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) }
                guard isName, !tape[child].isContainer else {
                    fault(JSONTape.escaped(name), "format", "an extension has a name of small letters and digits, and a text, number or boolean for a value", &faults)
                    continue
                }
                extensions.append((name, String(decoding: bytes(child), as: UTF8.self)))
            }
            return extensions
        }
    }
}
