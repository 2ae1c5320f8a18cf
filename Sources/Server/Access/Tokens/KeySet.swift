internal import ColumnStore

/// The public keys of an issuer: a JSON Web Key Set (RFC 7517), reduced to what Till verifies with.
package struct KeySet: Sendable {
    package struct Failure: Error, Equatable, CustomStringConvertible {
        package let description: String
    }

    /// A set of more keys than this is not one issuer's.
    private static let keyCountMax = 100

    /// With `kid` where they have one. No two have the same `kid` and algorithm.
    private var keys: [(id: String?, key: PublicKey)] = []
    /// Why keys of the set are not used, in its order.
    package private(set) var notes: [String] = []

    package init() {}

    package var count: Int { keys.count }

    /// - Throws: `Failure` for what is no key set. A key in it that cannot be used is passed over and noted: issuers publish others too.
    package init(_ bytes: [UInt8]) throws(Failure) {
        let root: JSONValue
        do {
            root = try JSONParser.parse(bytes, boundsMarks: true)
        } catch {
            throw Failure(description: "no JSON: byte \(error.offset): \(error.message)")
        }
        guard case .array(let members)? = root["keys"] else { throw Failure(description: "no key set: an object with an array \"keys\" is wanted") }
        guard members.count <= Self.keyCountMax else { throw Failure(description: "\(members.count) keys; \(Self.keyCountMax) is the most") }
        for (index, member) in members.enumerated() {
            do throws(Failure) {
                keys.append((try Self.id(member), try Self.key(member)))
            } catch {
                notes.append("key \(index): \(error)")
            }
        }
        dropAmbiguous()
    }

    /// Two keys of one name and algorithm: which is meant nobody can say, so neither is used.
    private mutating func dropAmbiguous() {
        func isTwice(_ one: (id: String?, key: PublicKey)) -> Bool {
            guard let id = one.id else { return false }
            return keys.count { $0.key.algorithm == one.key.algorithm && ($0.id?.utf8.elementsEqual(id.utf8) ?? false) } > 1
        }
        let names = Set(keys.filter(isTwice).compactMap(\.id))
        for name in names.sorted() { notes.append("several keys have the kid \"\(name)\": none of them is used") }
        keys = keys.filter { !isTwice($0) }
    }

    /// The keys that may have signed a token: the one of that name, or every one of the algorithm where the token names none.
    /// None where the set has no such key, which a newer set may have.
    ///
    /// - Complexity: in the number of keys, at most 100.
    package func candidates(kid: String?, _ algorithm: SignatureAlgorithm) -> [PublicKey] {
        keys.filter { one in
            guard one.key.algorithm == algorithm else { return false }
            guard let kid else { return true }
            return one.id.map { $0.utf8.elementsEqual(kid.utf8) } ?? false
        }.map(\.key)
    }

    /// - Complexity: in the number of keys, at most 100.
    func has(_ thumbprint: [UInt8]) -> Bool { keys.contains { $0.key.thumbprint == thumbprint } }

    // MARK: One key

    private static func id(_ member: JSONValue) throws(Failure) -> String? {
        guard let value = member["kid"] else { return nil }
        guard let id = value.text, id.utf8.count <= 1_000 else { throw Failure(description: "kid is no short string") }
        return id
    }

    /// Members that may be left out are held against what Till does with the key only where they are there (RFC 7517 sections 4.2 to 4.4).
    private static func key(_ member: JSONValue) throws(Failure) -> PublicKey {
        guard case .object = member else { throw Failure(description: "no object") }
        if let use = member["use"], use.text != "sig" { throw Failure(description: "its use is not sig") }
        if let operations = member["key_ops"] {
            guard case .array(let names) = operations, names.contains(.string("verify")) else { throw Failure(description: "its key_ops lack verify") }
        }
        let key: PublicKey?
        switch member["kty"]?.text {
        case "RSA": key = PublicKey(modulus: try bytes("n", of: member), exponent: try bytes("e", of: member))
        case "EC":
            guard member["crv"]?.text == "P-256" else { throw Failure(description: "its curve is not P-256") }
            key = PublicKey(x: try bytes("x", of: member), y: try bytes("y", of: member))
        default: throw Failure(description: "its kty is neither RSA nor EC")
        }
        guard let key else { throw Failure(description: "no valid key, or an RSA key of less than 2048 or more than 8192 bits") }
        if let name = member["alg"], name.text != key.algorithm.rawValue { throw Failure(description: "its alg is not \(key.algorithm.rawValue)") }
        return key
    }

    private static func bytes(_ name: String, of member: JSONValue) throws(Failure) -> [UInt8] {
        guard let text = member[name]?.text, let bytes = Base64URL.decode(text) else { throw Failure(description: "\(name) is no base64url") }
        return bytes
    }
}
