internal import Documents

/// The members of an `application/x-www-form-urlencoded` body.
struct IcebergForm {
    private var members: [String: String] = [:]

    /// Of a name that comes twice the first.
    ///
    /// - Throws: `bad-parameter` for what cannot be decoded.
    init(_ body: [UInt8]) throws {
        for pair in body.split(separator: UInt8(ascii: "&")) {
            let parts = pair.split(separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2 else { continue }
            let name = try RequestTarget.decode(parts[0], plusIsBlank: true, what: "body")
            let value = try RequestTarget.decode(parts[1], plusIsBlank: true, what: "body")
            if members[name] == nil { members[name] = value }
        }
    }

    subscript(name: String) -> String? { members[name] }
}
