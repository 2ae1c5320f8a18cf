internal import ColumnStore

/// What answers the questions of `till sql`: a server, or this process.
protocol SQLEndpoint {
    /// One page of at most 10,000 rows, as POST /v1/sql gives it.
    func page(_ query: String, cursor: String?) throws -> JSONValue
    /// The whole answer in a media type that streams.
    func stream(_ query: String, mediaType: String, take: (ArraySlice<UInt8>) throws -> Void) throws
}

struct RemoteSQL: SQLEndpoint {
    let client: APIClient

    func page(_ query: String, cursor: String?) throws -> JSONValue {
        let answer = try APIClient.succeed(try client.call("POST", "/v1/sql", headers: Self.headers("application/json"), body: Self.body(query, cursor: cursor)))
        return try JSONParser.parse(answer.body)
    }

    func stream(_ query: String, mediaType: String, take: (ArraySlice<UInt8>) throws -> Void) throws {
        do {
            _ = try APIClient.succeed(
                try client.stream("POST", "/v1/sql", headers: Self.headers(mediaType), body: Self.body(query, cursor: nil), take: take))
        } catch is ConnectionLost {
            throw CommandError("the query failed after its first rows: the answer is not whole")
        }
    }

    private static func headers(_ accept: String) -> [(String, String)] {
        [("Content-Type", "application/json"), ("Accept", accept)]
    }

    private static func body(_ query: String, cursor: String?) -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("query", query)
        if let cursor { writer.member("cursor", cursor) }
        writer.endObject()
        return writer.bytes
    }
}
