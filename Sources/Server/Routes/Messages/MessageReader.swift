internal import Documents
internal import Ingest
internal import Processes

/// Messages to be sent, as they stand in a call's body. A body is cut out of the text as it came: nothing of it is changed.
enum MessageReader {
    /// - Throws: bad-json, bad-parameter, too-large.
    static func messages(_ call: Call) throws -> [OutgoingMessage] {
        try checkType(call)
        return try BoundedJSON.read(call.request.body) { tape in
            guard tape[0].kind == .object else { throw Problem(.badParameter, "the body must be a JSON object") }
            try checkMembers(tape, 0, ["messages"], "")
            guard let list = tape.member("messages", of: 0), tape[list].kind == .array, (1...QueueSettings.batchCountMax).contains(Int(tape[list].childCount)) else {
                throw Problem.parameter("messages", "an array of 1 to \(QueueSettings.batchCountMax) messages is wanted", code: "out-of-range")
            }
            return try tape.children(of: list).enumerated().map { index, node in try message(tape, node, "messages/\(index)") }
        }
    }

    static func checkType(_ call: Call) throws {
        let header = call.request.header("Content-Type")
        guard header.flatMap({ MediaType($0) })?.essence == "application/json" else {
            throw Problem(.unsupportedMediaType, "this call takes application/json, also in Content-Encoding gzip or zstd, not \(MemberReader.shown(contentType: header))")
        }
    }

    private static func checkMembers(_ tape: JSONTape, _ node: Int, _ names: Set<String>, _ place: String) throws {
        for child in tape.children(of: node) {
            let name = String(decoding: tape.name(of: child), as: UTF8.self)
            guard names.contains(name) else {
                throw Problem.parameter(place + (place.isEmpty ? "" : "/") + JSONTape.escaped(name), "there is no such member here", code: "unknown-member")
            }
        }
    }

    private static func message(_ tape: JSONTape, _ node: Int, _ place: String) throws -> OutgoingMessage {
        guard tape[node].kind == .object else { throw Problem.parameter(place, "an object with a body is wanted", code: "type") }
        try checkMembers(tape, node, ["id", "body", "delay"], place)
        guard let body = tape.member("body", of: node) else { throw Problem.parameter("\(place)/body", "a body is wanted: any JSON value", code: "required") }
        let range = tape.range(of: body)
        guard range.count <= QueueSettings.bodyByteCountMax else {
            throw Problem(.tooLarge, "\(place)/body has \(range.count) bytes; at most \(QueueSettings.bodyByteCountMax) are taken")
        }
        let bytes = Array(UnsafeBufferPointer(start: tape.bytes + range.lowerBound, count: range.count))
        return OutgoingMessage(id: try id(tape, node, place), body: bytes, delay: try delay(tape, node, place))
    }

    private static func id(_ tape: JSONTape, _ node: Int, _ place: String) throws -> String? {
        guard let member = tape.member("id", of: node), tape[member].kind != .null else { return nil }
        guard tape[member].kind == .string else { throw Problem.parameter("\(place)/id", "a string is wanted, or null", code: "type") }
        let id = tape.string(of: member)
        try Call.check(id: id, "\(place)/id")
        return id
    }

    private static func delay(_ tape: JSONTape, _ node: Int, _ place: String) throws -> Int64? {
        guard let member = tape.member("delay", of: node), tape[member].kind != .null else { return nil }
        guard tape[member].kind == .string else { throw Problem.parameter("\(place)/delay", "a duration like 30s is wanted, or null", code: "type") }
        return try duration(tape.string(of: member), "\(place)/delay")
    }

    /// - Throws: `bad-parameter` for what is none, or too long.
    static func duration(_ text: String, _ place: String) throws -> Int64 {
        guard let duration = AmountText.duration(text), duration <= QueueSettings.durationMax else {
            throw Problem.parameter(place, "a duration like 500ms, 60s, 5m, 1h or 7d is wanted, at most 400d, not \(MemberReader.shown(text))", code: "out-of-range")
        }
        return duration
    }
}
