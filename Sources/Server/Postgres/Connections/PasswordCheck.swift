internal import ColumnStore
internal import Ingest

/// Who a connection is: by SCRAM, or by a key or token that is said, which only TLS may hear.
struct PasswordCheck {
    /// What a connection goes on by: asked again with each question, since a key may be revoked.
    enum Proof: Sendable {
        case key(sha256: [UInt8])
        case said(Credential)
    }

    struct Store: Sendable {
        let authorizer: Authorizer
        let credentials: any CredentialLookup
        let saltKey: [UInt8]
        /// Of the administrator's own key.
        let adminKey: (sha256: [UInt8], secret: ScramSecret)
    }

    /// How a password goes over the wire.
    enum Way: Equatable { case proved, said }

    let store: Store
    let user: String
    let isEncrypted: Bool
    private let keys: [(sha256: [UInt8], secret: ScramSecret)]
    private let hasOthers: Bool

    init(_ store: Store, user: String, isEncrypted: Bool) {
        (self.store, self.user, self.isEncrypted) = (store, user, isEncrypted)
        let isAdministrator = user == ScramSecret.administrator
        let own = store.credentials.passwordKeys(of: user)
        let operators = isAdministrator ? store.credentials.passwordKeys(of: nil) : UserKeys()
        let verified = (own.keys + operators.keys).map { ($0.sha256, ScramSecret(storedKey: $0.verifier.storedKey, serverKey: $0.verifier.serverKey)) }
        keys = (isAdministrator ? [store.adminKey] : []) + verified
        hasOthers = own.hasOthers || operators.hasOthers
    }

    /// - Parameter asked: the startup option `till.auth`.
    /// - Throws: 28000 where it asks for what cannot be.
    func way(asked: String?) throws(PostgresFault) -> Way {
        switch asked {
        case nil: return keys.isEmpty && hasOthers && isEncrypted ? .said : .proved
        case "token", "key":
            guard isEncrypted else {
                throw PostgresFault(
                    .invalidAuthorization, "a token or key is said in clear with till.auth=token: that needs TLS", severity: .fatal,
                    hint: "Connect with sslmode=require, or leave till.auth out.")
            }
            return .said
        case "scram": return .proved
        case let other?: throw PostgresFault(.invalidParameterValue, "invalid value for parameter \"till.auth\": \"\(other)\"", severity: .fatal, hint: "token, or scram.")
        }
    }

    // MARK: SCRAM

    func scram(binding: [UInt8]?) throws -> Scram {
        let salt = ScramSecret.salt(of: user, saltKey: store.saltKey)
        let nonce = ScramBase64.text(try Digest.random(byteCount: 18))
        return Scram(Scram.Identity(salt: salt, secrets: keys.map(\.secret)), binding: binding, nonce: nonce)
    }

    func proof(ofSecret index: Int) -> Proof { .key(sha256: keys[index].sha256) }

    // MARK: Said

    /// - Throws: 28P01 for what is no password of this user.
    func proof(said bytes: [UInt8]) throws(PostgresFault) -> Proof {
        guard let end = bytes.firstIndex(of: 0), end == bytes.count - 1, let text = String(validating: bytes[..<end], as: UTF8.self), !text.isEmpty else { throw failed }
        return .said(Credential(text))
    }

    // MARK: Who it is

    var failed: PostgresFault {
        PostgresFault(.invalidPassword, "password authentication failed for user \"\(user)\"", severity: .fatal)
    }

    /// As a request, which is taken of the contract's rate.
    ///
    /// - Throws: what `Authorizer` throws; 28P01 where the credential is another user's.
    static func principal(_ proof: Proof, user: String, _ authorizer: Authorizer) throws -> Principal {
        let admitted = switch proof {
        case .key(let hash): try authorizer.authorize(keySHA256: hash, for: .reader)
        case .said(let credential): try awaitingKeys(authorizer) { mayWait in try authorizer.authorize(credential, for: .reader, mayWait: mayWait) }
        }
        return try own(admitted.principal, user)
    }

    /// The same where nothing is asked, as at the start, or an answer goes on: nothing is taken of the contract's rate.
    ///
    /// - Parameter mayWait: whether a token's key may have to be fetched first.
    static func present(_ proof: Proof, user: String, _ authorizer: Authorizer, mayWait: Bool = false) throws -> Principal {
        let principal = switch proof {
        case .key(let hash): try authorizer.principal(ofKeySHA256: hash, for: .reader)
        case .said(let credential) where mayWait: try awaitingKeys(authorizer) { mayWait in try authorizer.principal(of: credential, for: .reader, mayWait: mayWait) }
        case .said(let credential): try authorizer.principal(of: credential, for: .reader)
        }
        return try own(principal, user)
    }

    private static func own(_ principal: Principal, _ user: String) throws -> Principal {
        let isOwn = principal.identity.client.map { $0.text.utf8.elementsEqual(user.utf8) } ?? (principal.isAdmin && user == ScramSecret.administrator)
        guard isOwn else { throw PostgresFault(.invalidPassword, "password authentication failed for user \"\(user)\"", severity: .fatal) }
        return principal
    }

    private static let keysSeconds = 10.0

    /// A token's key may have to be fetched first.
    private static func awaitingKeys<Found>(_ authorizer: Authorizer, _ ask: (_ mayWait: Bool) throws -> Found) throws -> Found {
        do {
            return try ask(true)
        } catch is Authorizer.KeysAwaited {
            let isHere = Monitor(false)
            if authorizer.whenKeysAreFetched({ isHere.broadcast { $0 = true } }) { _ = isHere.wait(seconds: keysSeconds) { $0 ? true : nil } }
            return try ask(false)
        }
    }
}
