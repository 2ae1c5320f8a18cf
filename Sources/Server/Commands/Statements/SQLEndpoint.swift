internal import ColumnStore

/// What answers the questions of `till sql`: a server, or this process.
protocol SQLEndpoint: AnyObject, Sendable {
    /// Whether sums that are there already may be used.
    var usesRollups: Bool { get set }
    /// A name of tzdata.
    var timeZone: String { get set }
    /// What `$1` and those behind it stand for in statements: texts that have no type of their own.
    var parameters: [String] { get set }
    /// What answers, in a sentence.
    var place: String { get }
    /// The schema `till` is there.
    var hasStore: Bool { get }
    /// One page of at most 10,000 rows, as POST /v1/sql gives it.
    func page(_ query: String, cursor: String?) throws -> JSONValue
    /// The whole answer in a media type that streams.
    func stream(_ query: String, mediaType: String, take: (ArraySlice<UInt8>) throws -> Void) throws
    /// Ends what is asked at the moment; from any thread.
    func cancel()
}

final class RemoteSQL: SQLEndpoint, @unchecked Sendable {
    // Proof of Sendable: all but `running`, `isCancelled` and `other`, which nobody changes otherwise, is touched by the thread that asks alone.
    private let client: APIClient
    private let other: APIClient
    var usesRollups = true
    var timeZone = "UTC"
    var parameters: [String] = []
    var place: String { "You are connected to the server at \(client.address)." }
    var hasStore: Bool { true }
    private let running = Monitor<String?>(nil)
    /// Of what runs, or ran last.
    private let isCancelled = Monitor(false)
    private var count = 0

    init(client: APIClient) throws {
        self.client = client
        other = try APIClient(like: client)
    }

    func page(_ query: String, cursor: String?) throws -> JSONValue {
        try named { id in
            let answer = try client.call("POST", "/v1/sql", headers: Self.headers("application/json"), body: body(query, cursor: cursor, id))
            guard (200..<300).contains(answer.status) else { throw RemoteProblem(answer) }
            return try JSONParser.parse(answerOf: answer.body)
        }
    }

    func stream(_ query: String, mediaType: String, take: (ArraySlice<UInt8>) throws -> Void) throws {
        do {
            try named { id in
                let answer = try client.stream("POST", "/v1/sql", headers: Self.headers(mediaType), body: body(query, cursor: nil, id), take: take)
                guard (200..<300).contains(answer.status) else { throw RemoteProblem(answer) }
            }
        } catch is ConnectionLost {
            if isCancelled.withLock({ $0 }) { throw CommandError("the query was cancelled") }
            throw CommandError("the query failed after its first rows: the answer is not whole")
        }
    }

    /// The server ends what it knows by this id; where it has ended already, nothing is lost.
    func cancel() {
        guard let id = running.withLock({ $0 }) else { return }
        isCancelled.withLock { $0 = true }
        _ = try? other.call("DELETE", "/v1/queries/\(id)")
    }

    private func named<Result>(_ body: (String) throws -> Result) rethrows -> Result {
        count += 1
        let id = "till-sql-\(UInt64.random(in: 0 ... .max))-\(count)"
        isCancelled.withLock { $0 = false }
        running.withLock { $0 = id }
        defer { running.withLock { $0 = nil } }
        return try body(id)
    }

    private static func headers(_ accept: String) -> [(String, String)] {
        [("Content-Type", "application/json"), ("Accept", accept)]
    }

    private func body(_ query: String, cursor: String?, _ id: String) -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("query", query)
        if let cursor { writer.member("cursor", cursor) }
        if timeZone != "UTC" { writer.member("time_zone", timeZone) }
        writer.member("query_id", id)
        if !parameters.isEmpty {
            writer.key("params")
            writer.beginArray()
            for value in parameters { writer.string(value) }
            writer.endArray()
        }
        if !usesRollups {
            writer.key("rollups")
            writer.boolean(false)
        }
        writer.endObject()
        return writer.bytes
    }
}

extension SQLEndpoint {
    /// Does what `SET rollups = off` and `SET TIME ZONE 'Europe/Kyiv'` say, and shows what they have said.
    ///
    /// - Returns: the text to show; nil for any other statement.
    func takeSetting(_ statement: String) throws -> String? {
        let words = statement.replacing("=", with: " to ").split { $0.isWhitespace || $0 == ";" }.map(String.init)
        let lower = words.map { $0.lowercased() }
        switch (lower.first, lower.count) {
        case ("set", 4) where lower[1] == "rollups" && lower[2] == "to" && ["on", "off", "true", "false"].contains(lower[3]):
            usesRollups = lower[3] == "on" || lower[3] == "true"
            return ""
        case ("set", 4...) where lower[1] == "datestyle" && lower[2] == "to":
            let wanted = lower[3...].joined().trimmingQuotes.split(separator: ",").map { $0.filter { !"'\"".contains($0) } }
            guard wanted.allSatisfy({ ["iso", "mdy", "us", "default"].contains($0) }) else {
                throw CommandError("dates are read month first here, and written as 2026-11-20: the DateStyle is ISO, MDY")
            }
            return ""
        case ("set", 4...) where Self.namesZone(lower.dropFirst()):
            try setTimeZone(try Self.zone(saidBy: statement) ?? "default")
            return ""
        case ("show", 3) where lower[1] == "time" && lower[2] == "zone", ("show", 2) where lower[1] == "timezone": return timeZone + "\n"
        default: return nil
        }
    }

    /// `TIME ZONE …` or `timezone TO …`, perhaps behind SESSION.
    private static func namesZone(_ words: ArraySlice<String>) -> Bool {
        let rest = words.first == "session" ? words.dropFirst() : words
        return rest.starts(with: ["time", "zone"]) || rest.starts(with: ["timezone", "to"])
    }

    /// The zone of a SET, read as a session of PostgreSQL's protocol reads it: `INTERVAL '-08:00' HOUR TO MINUTE` has a name, too. Nil of DEFAULT and LOCAL.
    private static func zone(saidBy statement: String) throws -> String? {
        do throws(PostgresFault) {
            guard let said = try StatementScanner.statements(statement).first, case .set(_, let value, _) = try CommandReader.command(said) else { return nil }
            return value
        } catch {
            throw CommandError(error.message)
        }
    }

    func setTimeZone(_ name: String) throws {
        let wanted = ["local", "default"].contains(name.lowercased()) ? "UTC" : name
        guard let rules = try TimeZoneDatabase.system.rules(setting: wanted) else { throw CommandError("there is no time zone “\(name)”: a name of tzdata, as Europe/Kyiv, is wanted") }
        timeZone = rules.name
    }
}

extension String {
    /// Without the quotes around it, of a string or a name.
    fileprivate var trimmingQuotes: String {
        for mark in ["'", "\""] where count > 1 && hasPrefix(mark) && hasSuffix(mark) { return String(dropFirst().dropLast()) }
        return self
    }
}
