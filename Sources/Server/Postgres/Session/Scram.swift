// SCRAM-SHA-256 and SCRAM-SHA-256-PLUS, the server's side: RFC 5802, RFC 7677; PostgreSQL 15 documentation, 55.3. Messages are attributes with commas between:
//
//     client-first:  gs2-header "n=" user ",r=" nonce            gs2-header:  ("n" | "y" | "p=" binding) "," ["a=" identity] ","
//     server-first:  "r=" nonce more-nonce ",s=" salt ",i=" iterations
//     client-final:  "c=" base64(gs2-header binding-data) ",r=" nonce more-nonce ",p=" proof
//     server-final:  "v=" signature

internal import ColumnStore
package import Ingest

/// What is kept of a password: enough to know it again, and not enough to say it.
package struct ScramSecret: Equatable, Sendable {
    package var storedKey: [UInt8]
    package var serverKey: [UInt8]

    package init(storedKey: [UInt8], serverKey: [UInt8]) {
        self.storedKey = storedKey
        self.serverKey = serverKey
    }

    /// - Parameter password: ASCII, as keys are: of other texts SASLprep is not done.
    package init(password: String, salt: [UInt8], iterations: Int) {
        let salted = Digest.derive(Array(password.utf8), salt: salt, iterations: iterations)
        storedKey = Digest.sha256(Digest.authenticate(Array("Client Key".utf8), key: salted))
        serverKey = Digest.authenticate(Array("Server Key".utf8), key: salted)
    }
}

extension ScramSecret {
    /// The user that the administrator's keys belong to.
    package static let administrator = "admin"

    /// The same for the same user, known or not, so that nobody learns by asking who is unknown; and all keys of a user share it, since the server
    /// must say it before it knows which key is meant.
    package static func salt(of user: String, saltKey: [UInt8]) -> [UInt8] { Array(Digest.authenticate(Array(user.utf8), key: saltKey).prefix(16)) }

    package static func verifier(of password: String, user: String, saltKey: [UInt8]) -> KeyVerifier {
        let secret = ScramSecret(password: password, salt: salt(of: user, saltKey: saltKey), iterations: Scram.iterations)
        return KeyVerifier(storedKey: secret.storedKey, serverKey: secret.serverKey)
    }
}

/// One authentication, message by message; no clock, no chance, no socket.
package struct Scram {
    package static let plain = "SCRAM-SHA-256", bound = "SCRAM-SHA-256-PLUS"
    package static let iterations = 4_096
    /// How many texts a message may have, and bytes: a nonce is some 24.
    private static let nonceMax = 1_024

    /// Who claims to be there.
    package struct Identity: Sendable {
        package var salt: [UInt8]
        package var iterations: Int
        /// All keys of a contract, which share salt and iterations; none for an unknown user, who gets a salt all the same.
        package var secrets: [ScramSecret]

        package init(salt: [UInt8], iterations: Int = Scram.iterations, secrets: [ScramSecret]) {
            self.salt = salt
            self.iterations = iterations
            self.secrets = secrets
        }

        /// The same salt for the same name, so that nobody learns by asking twice who is unknown.
        package static func unknown(_ user: String, mockKey: [UInt8]) -> Identity {
            Identity(salt: ScramSecret.salt(of: user, saltKey: mockKey), secrets: [])
        }
    }

    package enum Step: Equatable, Sendable {
        /// To be said as AuthenticationSASLContinue.
        case challenge([UInt8])
        /// To be said as AuthenticationSASLFinal; `secret` is which of the identity's it was.
        case accepted([UInt8], secret: Int)
    }

    private enum State {
        case first
        case final(Exchange)
        case ended
    }

    private struct Exchange {
        var header: String
        var clientFirst: String
        var serverFirst: String
        var nonce: String
    }

    private let identity: Identity
    /// Of the server's certificate (RFC 5929, tls-server-end-point); nil without TLS.
    private let binding: [UInt8]?
    private let nonce: String
    private var state: State = .first
    private var isBound = false

    /// - Parameter nonce: from chance, printable, without a comma: the base64 of 18 random bytes.
    package init(_ identity: Identity, binding: [UInt8]?, nonce: String) {
        self.identity = identity
        self.binding = binding
        self.nonce = nonce
    }

    /// What AuthenticationSASL offers.
    package static func mechanisms(isEncrypted: Bool) -> [String] { isEncrypted ? [bound, plain] : [plain] }

    /// Takes a SASLInitialResponse, then a SASLResponse.
    ///
    /// - Throws: 08P01 for what is no SCRAM, 28P01 for a wrong password; either ends it.
    package mutating func step(_ message: [UInt8]) throws(PostgresFault) -> Step {
        // Anybody's, who has no key yet: it is parted at characters, and compared with words.
        guard !CombiningMarks.hasLongRun(in: message) else {
            state = .ended
            throw Self.malformed("more than \(CombiningMarks.runMax) combining marks in a row")
        }
        switch state {
        case .first:
            state = .ended
            var reader = WireReader(message)
            let mechanism = try reader.text()
            guard mechanism == Self.plain || (mechanism == Self.bound && binding != nil) else {
                throw Self.malformed("client selected an invalid SASL authentication mechanism")
            }
            guard let data = try reader.value() else { throw Self.malformed("the first message of SCRAM is missing") }
            try reader.finish()
            isBound = mechanism == Self.bound
            return .challenge(try first(WireReader.text(data)))
        case .final(let exchange):
            state = .ended
            return try final(WireReader.text(message[...]), exchange)
        case .ended: throw Self.malformed("SCRAM has ended")
        }
    }

    private static func malformed(_ detail: String) -> PostgresFault {
        PostgresFault(.protocolViolation, "malformed SCRAM message", severity: .fatal, detail: detail)
    }

    // MARK: First

    private mutating func first(_ message: String) throws(PostgresFault) -> [UInt8] {
        let parts = message.split(separator: ",", maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count == 3 else { throw Self.malformed("a comma is missing") }
        switch (parts[0], isBound) {
        case ("n", false): break
        // It could bind and believes that we cannot; but we said that we can, so somebody between us took that out.
        case ("y", false) where binding == nil: break
        case ("p=tls-server-end-point", true): break
        default: throw Self.malformed("the channel binding does not fit the mechanism")
        }
        guard parts[1].isEmpty else { throw Self.malformed("another identity cannot be taken on") }
        let attributes = parts[2].split(separator: ",", omittingEmptySubsequences: false)
        guard attributes.count >= 2, attributes[0].hasPrefix("n="), attributes[1].hasPrefix("r=") else { throw Self.malformed("n= and r= must come first") }
        let theirs = attributes[1].dropFirst(2)
        guard !theirs.isEmpty, theirs.utf8.count <= Self.nonceMax, theirs.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            throw Self.malformed("the nonce must be printable")
        }
        let whole = theirs + nonce
        let answer = "r=\(whole),s=\(ScramBase64.text(identity.salt)),i=\(identity.iterations)"
        state = .final(Exchange(header: "\(parts[0]),\(parts[1]),", clientFirst: String(parts[2]), serverFirst: answer, nonce: String(whole)))
        return Array(answer.utf8)
    }

    // MARK: Final

    private func final(_ message: String, _ exchange: Exchange) throws(PostgresFault) -> Step {
        // A proof is base64, which has no comma.
        guard let comma = message.lastIndex(of: ","), message[comma...].hasPrefix(",p=") else { throw Self.malformed("p= is missing") }
        let unproved = message[..<comma]
        let attributes = unproved.split(separator: ",", omittingEmptySubsequences: false)
        guard attributes.count >= 2, attributes[0].hasPrefix("c="), attributes[1].hasPrefix("r=") else { throw Self.malformed("c= and r= must come first") }
        guard attributes[1].dropFirst(2) == exchange.nonce[...] else { throw Self.malformed("the nonce is another") }
        let expected = ScramBase64.text(Array(exchange.header.utf8) + (isBound ? binding ?? [] : []))
        guard Digest.areEqual(Array(attributes[0].dropFirst(2).utf8), Array(expected.utf8)) else {
            throw PostgresFault(.invalidAuthorization, "SCRAM channel binding check failed", severity: .fatal)
        }
        guard let proof = ScramBase64.bytes(message[comma...].dropFirst(3)), proof.count == 32 else { throw Self.malformed("p= is no proof") }
        let signed = Array("\(exchange.clientFirst),\(exchange.serverFirst),\(unproved)".utf8)
        guard let (index, secret) = Self.match(proof, signed, identity.secrets) else {
            throw PostgresFault(.invalidPassword, "password authentication failed", severity: .fatal)
        }
        return .accepted(Array("v=\(ScramBase64.text(Digest.authenticate(signed, key: secret.serverKey)))".utf8), secret: index)
    }

    /// All are tried, whichever it is, so that the time says nothing.
    private static func match(_ proof: [UInt8], _ signed: [UInt8], _ secrets: [ScramSecret]) -> (Int, ScramSecret)? {
        var found: (Int, ScramSecret)?
        for (index, secret) in secrets.enumerated() {
            let signature = Digest.authenticate(signed, key: secret.storedKey)
            let clientKey = zip(proof, signature).map { $0 ^ $1 }
            if Digest.areEqual(Digest.sha256(clientKey), secret.storedKey), found == nil { found = (index, secret) }
        }
        return found
    }
}
