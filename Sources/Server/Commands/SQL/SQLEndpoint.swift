internal import ColumnStore

/// What answers the questions of `till sql`: a server, or this process.
protocol SQLEndpoint: AnyObject {
    /// Whether sums that are there already may be used.
    var usesRollups: Bool { get set }
    /// One page of at most 10,000 rows, as POST /v1/sql gives it.
    func page(_ query: String, cursor: String?) throws -> JSONValue
    /// The whole answer in a media type that streams.
    func stream(_ query: String, mediaType: String, take: (ArraySlice<UInt8>) throws -> Void) throws
}

final class RemoteSQL: SQLEndpoint {
    private let client: APIClient
    var usesRollups = true

    init(client: APIClient) { self.client = client }

    func page(_ query: String, cursor: String?) throws -> JSONValue {
        let answer = try APIClient.succeed(try client.call("POST", "/v1/sql", headers: Self.headers("application/json"), body: body(query, cursor: cursor)))
        return try JSONParser.parse(answer.body)
    }

    func stream(_ query: String, mediaType: String, take: (ArraySlice<UInt8>) throws -> Void) throws {
        do {
            _ = try APIClient.succeed(
                try client.stream("POST", "/v1/sql", headers: Self.headers(mediaType), body: body(query, cursor: nil), take: take))
        } catch is ConnectionLost {
            throw CommandError("the query failed after its first rows: the answer is not whole")
        }
    }

    private static func headers(_ accept: String) -> [(String, String)] {
        [("Content-Type", "application/json"), ("Accept", accept)]
    }

    private func body(_ query: String, cursor: String?) -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("query", query)
        if let cursor { writer.member("cursor", cursor) }
        if !usesRollups {
            writer.key("rollups")
            writer.boolean(false)
        }
        writer.endObject()
        return writer.bytes
    }
}

extension SQLEndpoint {
    /// Does what `SET rollups = off` or `= on` says.
    ///
    /// - Returns: false for any other statement.
    func takeSetting(_ statement: String) -> Bool {
        let words = statement.lowercased().replacing("=", with: " to ").split { $0.isWhitespace || $0 == ";" }
        guard words.count == 4, words[0] == "set", words[1] == "rollups", words[2] == "to", ["on", "off", "true", "false"].contains(words[3]) else { return false }
        usesRollups = words[3] == "on" || words[3] == "true"
        return true
    }
}
