internal import ColumnStore

/// Whose documents are sent, asked for before the first of them is read: a file of millions, or a pipe that can be read once, would be rejected record by record.
enum ClientNeed {
    /// - Parameter type: the document type that all records are of, where one is named.
    /// - Throws: `UsageError` where no client is named and nothing else can say whose they are: neither the key nor, as `client_id`, a type.
    static func check(_ client: String?, type: String?, _ store: StoreAccess) throws {
        guard client == nil, try isEverybodys(store.client), try !isMapped(type, store.client) else { return }
        let types = type.map { "the type \(MemberReader.shown($0)) does not map" } ?? "no type of the store maps"
        throw UsageError("--client is wanted: this key writes for every client, and \(types) client_id, which would say whose the documents are")
    }

    /// Whether the credential is nobody's own. What does not know the question is asked no further: it says of each record what it needs.
    private static func isEverybodys(_ client: APIClient) throws -> Bool {
        let answer = try client.call("GET", "/v1/me")
        if answer.status == 404 { return false }
        return try JSONParser.parse(try APIClient.succeed(answer).body)["client_id"] == .null
    }

    private static func isMapped(_ type: String?, _ client: APIClient) throws -> Bool {
        if let type {
            let answer = try client.call("GET", "/v1/types/\(RequestTarget.encode(type))")
            // A missing type is reported with the first record, in the words of the call that knows.
            return answer.status == 404 ? true : maps(try JSONParser.parse(try APIClient.succeed(answer).body))
        }
        func page(_ cursor: String?) throws -> JSONValue {
            let place = cursor.map { "?cursor=\(RequestTarget.encode($0))" } ?? ""
            return try JSONParser.parse(try APIClient.succeed(try client.call("GET", "/v1/types\(place)")).body)
        }
        var isFound = false
        try CursorWalk.each("types", page: page) { types in
            isFound = types.contains(where: maps)
            return !isFound
        }
        return isFound
    }

    private static func maps(_ type: JSONValue) -> Bool { type["client_id"].map { $0 != .null } ?? false }
}
