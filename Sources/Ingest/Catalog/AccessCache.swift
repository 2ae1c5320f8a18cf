import ColumnStore
import Documents
import Synchronization

/// Contracts and keys in memory: one look for every request. The catalog writes through it.
///
/// 1. Memory has what the catalog's last commit has: it is changed in `committed`, before anybody else may write.
/// 2. `keys` and `ofUser` have the same keys; `remove` takes them from both.
/// 3. No secret is held, but hashes of them, and what proves a password without telling it (`KeyVerifier`).
final class AccessCache: Sendable {
    /// Guarded by one lock, which is held for a look and never while the disk is asked.
    struct State: Sendable {
        /// By the client id's bytes: as a String, ids that are canonically equivalent would be one.
        var contracts: [[UInt8]: HeldContract] = [:]
        /// By the SHA-256 of the secret.
        private(set) var keys: [[UInt8]: HeldKey] = [:]
        /// The same by whose password they may be: a client id's bytes, or nil for administrators.
        private(set) var ofUser: [[UInt8]?: [[UInt8]]] = [:]
        /// When a key was last used: kept here, written to the catalog now and then.
        var uses: [[UInt8]: Int64] = [:]

        mutating func add(_ key: HeldKey, sha256 hash: [UInt8]) {
            keys[hash] = key
            switch key.owner {
            case .client(let clientID): ofUser[Array(clientID.utf8), default: []].append(hash)
            case .operators: if key.role == .admin { ofUser[nil, default: []].append(hash) }
            }
        }

        /// - Complexity: O(keys). Revocations are rare, looks are each request's.
        mutating func remove(where isGone: (HeldKey) -> Bool) {
            let gone = Set(keys.filter { isGone($0.value) }.keys)
            keys = keys.filter { !gone.contains($0.key) }
            ofUser = ofUser.mapValues { $0.filter { !gone.contains($0) } }.filter { !$0.value.isEmpty }
        }
    }
    /// A contract as it was put last. An object, so that whoever looks at one member counts no references to all others.
    final class HeldContract: Sendable {
        let contract: Contract
        init(_ contract: Contract) { self.contract = contract }
    }
    /// A key without its secret. `expiresAt` in microseconds since 1970; nil for one that has no end.
    struct HeldKey: Sendable {
        var owner: KeyOwner
        var role: Principal.Role
        /// What the owner and the administrator call it by; not secret.
        var id: String
        var expiresAt: Int64?
        /// Nil of keys that were made before there were verifiers.
        var verifier: KeyVerifier?

        func isOf(_ clientID: String) -> Bool { if case .client(let own) = owner { own.hasSameBytes(as: clientID) } else { false } }
        func isOf(_ owner: KeyOwner) -> Bool {
            switch owner {
            case .client(let clientID): isOf(clientID)
            case .operators: if case .operators = self.owner { true } else { false }
            }
        }
    }
    let state: Mutex<State>

    /// Of a catalog that is asked for neither.
    init() { state = Mutex(State()) }

    init(_ connection: SQLiteConnection) throws {
        var state = State()
        let contracts = try connection.statement("\(Catalog.contractQuery)")
        while try contracts.step() {
            let contract = try contracts.contract()
            state.contracts[Array(contract.clientID.utf8)] = HeldContract(contract)
        }
        let verifiers = "LEFT JOIN key_verifiers USING (secret_sha256)"
        let keys = try connection.statement("SELECT secret_sha256, client_id, id, expires_at, stored_key, server_key FROM keys \(verifiers)")
        while try keys.step() {
            let key = HeldKey(
                owner: .client(keys.text(1)), role: .contract, id: keys.text(2), expiresAt: keys.optionalInt64(3), verifier: keys.verifier(at: 4))
            state.add(key, sha256: keys.bytes(0))
        }
        let own = try connection.statement("SELECT secret_sha256, role, id, expires_at, stored_key, server_key FROM operator_keys \(verifiers)")
        while try own.step() {
            let key = HeldKey(
                owner: .operators, role: try own.role(1), id: own.text(2), expiresAt: own.optionalInt64(3), verifier: own.verifier(at: 4))
            state.add(key, sha256: own.bytes(0))
        }
        self.state = Mutex(state)
    }
}

extension SQLiteStatement {
    /// - Throws: for a role that this program does not know: nobody must be let in by a guess.
    func role(_ column: Int32) throws -> Principal.Role {
        guard let role = Principal.Role(rawValue: text(column)), role != .contract else {
            throw SQLiteError(code: 11, message: "a key has the role \"\(text(column))\", which no operator's has", path: "", sql: sql)
        }
        return role
    }

    /// NULL: none; `*`: all; else a name a line.
    private func names(_ column: Int32) -> Contract.Uses.Names {
        guard let text = optionalText(column) else { return .none }
        return text == "*" ? .all : .some(Catalog.split(text))
    }

    fileprivate func verifier(at column: Int32) -> KeyVerifier? {
        isNull(column) ? nil : KeyVerifier(storedKey: bytes(column), serverKey: bytes(column + 1))
    }

    /// The present row of `Catalog.contractQuery`.
    ///
    /// Columns are read by their places in `contractQuery`; keep the two together.
    ///
    /// - Throws: for an access or a scope that this program does not know.
    fileprivate func contract() throws -> Contract {
        guard let access = Principal.Access(rawValue: text(2)), let scope = Principal.Scope(rawValue: text(3)) else {
            throw SQLiteError(code: 11, message: "contract \(text(0)) has an unknown access or scope", path: "", sql: sql)
        }
        var webhook: Contract.Webhook?
        if let url = optionalText(8) {
            webhook = Contract.Webhook(
                url: url, secret: text(9), previousSecret: optionalText(11), previousUntil: optionalInt64(12), previousIsOfAnotherURL: int64(19) != 0)
        }
        return Contract(
            clientID: text(0), name: optionalText(1), access: access, scope: scope,
            types: optionalText(4).map { Catalog.split($0) }, seesSensitive: int64(17) != 0, validFrom: optionalInt64(5), validTo: optionalInt64(6),
            ratePerSecond: isNull(7) ? nil : double(7), webhook: webhook, callbackHosts: Catalog.split(text(10)),
            uses: Contract.Uses(queues: names(13), topics: names(14), processes: names(15)), digest: optionalText(16).flatMap { Contract.DigestSpan($0) },
            subscriptions: try optionalText(18).map { try subscriptions($0) } ?? [])
    }
}

extension SQLiteStatement {
    /// - Throws: for a text that this program does not understand: nobody must be let in by a guess.
    fileprivate func subscriptions(_ json: String) throws -> [Contract.Subscription] {
        if let subscriptions = SubscriptionText.subscriptions(json) { return subscriptions }
        throw SQLiteError(code: 11, message: "contract \(text(0)) has subscriptions that cannot be read", path: "", sql: sql)
    }
}

/// Subscriptions as the catalog keeps them. On disk: names stay.
///
/// `[{"from":…,"to":…,"access":…,"scope":…,"types":[…],"sensitive":…,"roles":[…],"plan":…}, …]`: instants in microseconds since 1970; an end,
/// types or a plan that is absent is none.
private enum SubscriptionText {
    static func text(_ subscriptions: [Contract.Subscription]) -> String {
        var json = JSONWriter()
        json.beginArray()
        for subscription in subscriptions {
            json.beginObject()
            for (name, time) in [("from", subscription.from), ("to", subscription.to)] {
                guard let time else { continue }
                json.key(name)
                json.integer(time)
            }
            json.member("access", subscription.access.rawValue)
            json.member("scope", subscription.scope.rawValue)
            if let types = subscription.types {
                json.key("types")
                json.beginArray()
                for type in types { json.string(type) }
                json.endArray()
            }
            json.member("sensitive", subscription.seesSensitive)
            json.key("roles")
            json.beginArray()
            for role in subscription.roles { json.string(role) }
            json.endArray()
            if let plan = subscription.plan { json.member("plan", plan) }
            json.endObject()
        }
        json.endArray()
        return String(decoding: json.bytes, as: UTF8.self)
    }

    /// Nil for what is no such list, or has an access or scope that this program does not know.
    static func subscriptions(_ json: String) -> [Contract.Subscription]? {
        guard let value = try? JSONParser.parse(Array(json.utf8)), let items = value.array else { return nil }
        var subscriptions: [Contract.Subscription] = []
        for item in items {
            guard let access = item["access"]?.text.flatMap(Principal.Access.init(rawValue:)),
                let scope = item["scope"]?.text.flatMap(Principal.Scope.init(rawValue:))
            else { return nil }
            subscriptions.append(
                Contract.Subscription(
                    from: item["from"]?.int64, to: item["to"]?.int64, access: access, scope: scope, types: item["types"]?.array?.compactMap(\.text),
                    seesSensitive: item["sensitive"] == .boolean(true), roles: item["roles"]?.array?.compactMap(\.text) ?? [], plan: item["plan"]?.text))
        }
        return subscriptions
    }
}

extension Catalog {
    static let contractQuery = """
        SELECT client_id, name, access, scope, types, valid_from, valid_to, rate_per_second, webhook_url, webhook_secret, callback_hosts,
            webhook_previous_secret, webhook_previous_until, uses_queues, uses_topics, uses_processes, digest, sensitive, subscriptions,
            webhook_previous_elsewhere
        FROM contracts
        """

    /// Names in one text, one a line: none of them has control characters.
    ///
    /// An empty text is no name.
    static func split(_ text: String) -> [String] { text.split(separator: "\n").map(String.init) }

    /// By the bytes of the client ids.
    ///
    /// - Parameter clientID: exclusive; nil for the first page.
    package func contracts(after clientID: String?, limit: Int) throws -> [Contract] {
        let ids = try read { connection in
            // No client has the empty id.
            let statement = try connection.statement("SELECT client_id FROM contracts WHERE client_id > ?1 ORDER BY client_id LIMIT ?2")
            defer { statement.reset() }
            try statement.bind(1, clientID ?? "")
            statement.bind(2, Int64(limit))
            var ids: [String] = []
            while try statement.step() { ids.append(statement.text(0)) }
            return ids
        }
        return access.state.withLock { state in ids.compactMap { state.contracts[Array($0.utf8)]?.contract } }
    }

    /// - Complexity: O(1), from memory. Ids are compared by their bytes.
    package func contract(_ clientID: String) -> Contract? { heldContract(Array(clientID.utf8))?.contract }

    /// As `contract`, for each receipt: by the bytes of its client's id, and without a copy of what the contract says.
    func heldContract(_ clientID: [UInt8]) -> AccessCache.HeldContract? { access.state.withLock { $0.contracts[clientID] } }

    /// A webhook whose secret changes keeps the one before for a while (`Contract.Webhook.following`).
    ///
    /// - Parameters:
    ///   - keepsSecret: the webhook's secret stays what it is when this is written: one that was read before may be replaced since.
    ///   - mayReplace: false makes one only where there is none when this is written.
    /// - Returns: `.unchanged` for a contract that is what it was; it is written all the same.
    /// - Throws: invalid-contract where no secret is there to be kept, and for names that would be others once they are read again; already-exists where it may not replace
    ///   the one that there is.
    package func put(_ given: Contract, keepsSecret: Bool = false, mayReplace: Bool = true) throws -> PutOutcome {
        try Self.checkNames(given)
        let now = now
        return try write { connection in
            // Changes come one after the other, and each is in memory before the next.
            let earlier = self.contract(given.clientID)
            // Here, and not before: of two who make one for a client at once the second finds the first one's.
            guard mayReplace || earlier == nil else { throw Fault(.alreadyExists, "the client has a contract already; nothing was changed") }
            var contract = given
            if keepsSecret { contract.webhook = try given.webhook?.keepingSecret(of: earlier?.webhook) }
            contract.webhook = contract.webhook?.following(earlier?.webhook, now: now)
            try Self.keep(contract, connection)
            return (contract: contract, outcome: earlier == nil ? PutOutcome.created : earlier == contract ? .unchanged : .replaced)
        } committed: { stored in
            access.state.withLock { $0.contracts[Array(stored.contract.clientID.utf8)] = AccessCache.HeldContract(stored.contract) }
        }.outcome
    }

    /// Of the lists that are kept as one text. A name with a line's end in it would be two after the next start, one that is * would be all, and the contract could do what nobody has said.
    private static func checkNames(_ contract: Contract) throws {
        var lists: [(String, [String])] = [("/types", contract.types ?? []), ("/callback_hosts", contract.callbackHosts)]
        var faults: [Fault.Violation] = []
        for (place, names) in [("queues", contract.uses.queues), ("topics", contract.uses.topics), ("processes", contract.uses.processes)] {
            guard case .some(let names) = names else { continue }
            lists.append(("/uses/\(place)", names))
            if names == ["*"] { faults.append(.init(pointer: "/uses/\(place)/0", code: "format", message: "* by itself is all names, and no name")) }
        }
        for (place, names) in lists {
            for (index, name) in names.enumerated() where name.isEmpty || name.unicodeScalars.contains(where: { $0.properties.generalCategory == .control }) {
                faults.append(.init(pointer: "\(place)/\(index)", code: "format", message: "a name that is not empty, without control characters, is wanted"))
            }
        }
        guard faults.isEmpty else { throw Fault(.invalidContract, "a contract's names are not empty, have no control characters, and are not * alone", errors: faults) }
    }

    private static func text(_ names: Contract.Uses.Names) -> String? {
        switch names {
        case .all: "*"
        case .some(let names): names.isEmpty ? nil : names.joined(separator: "\n")
        }
    }

    private static func keep(_ contract: Contract, _ connection: SQLiteConnection) throws {
        let statement = try connection.statement("""
            INSERT OR REPLACE INTO contracts(client_id, name, access, scope, types, valid_from, valid_to, rate_per_second, webhook_url,
                webhook_secret, callback_hosts, webhook_previous_secret, webhook_previous_until, uses_queues, uses_topics, uses_processes, digest, sensitive, subscriptions,
                webhook_previous_elsewhere)
            VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20)
            """)
        try statement.bind(1, contract.clientID)
        try statement.bind(2, contract.name)
        try statement.bind(3, contract.access.rawValue)
        try statement.bind(4, contract.scope.rawValue)
        try statement.bind(5, contract.types.map { $0.joined(separator: "\n") })
        statement.bind(6, contract.validFrom)
        statement.bind(7, contract.validTo)
        statement.bind(8, contract.ratePerSecond)
        try statement.bind(9, contract.webhook?.url)
        try statement.bind(10, contract.webhook?.secret)
        try statement.bind(11, contract.callbackHosts.joined(separator: "\n"))
        try statement.bind(12, contract.webhook?.previousSecret)
        statement.bind(13, contract.webhook?.previousUntil)
        for (offset, names) in [contract.uses.queues, contract.uses.topics, contract.uses.processes].enumerated() {
            try statement.bind(Int32(14 + offset), text(names))
        }
        try statement.bind(17, contract.digest?.text)
        statement.bind(18, contract.seesSensitive ? 1 : 0)
        try statement.bind(19, contract.subscriptions.isEmpty ? nil : SubscriptionText.text(contract.subscriptions))
        statement.bind(20, contract.webhook?.previousIsOfAnotherURL == true ? 1 : 0)
        try statement.run()
    }

    /// Revokes the contract's keys with it. False when there is none.
    package func deleteContract(_ clientID: String) throws -> Bool {
        try write { connection in
            let keys = try connection.statement("DELETE FROM keys WHERE client_id = ?1")
            try keys.bind(1, clientID)
            try keys.run()
            let contract = try connection.statement("DELETE FROM contracts WHERE client_id = ?1")
            try contract.bind(1, clientID)
            try contract.run()
            let isDeleted = connection.changeCount > 0
            try connection.execute(Self.orphanedVerifiers)
            return isDeleted
        } committed: { _ in
            access.state.withLock { state in
                state.contracts[Array(clientID.utf8)] = nil
                state.remove { $0.isOf(clientID) }
            }
        }
    }

    /// In the order in which they were made.
    ///
    /// - Parameter after: exclusive. Times of making may be equal, so ids decide then.
    package func keys(of owner: KeyOwner, after: KeyDescription.Position?, limit: Int) throws -> [KeyDescription] {
        let uses = access.state.withLock { state in
            Dictionary(
                state.uses.compactMap { hash, time in state.keys[hash].flatMap { $0.isOf(owner) ? ($0.id, time) : nil } },
                uniquingKeysWith: max)
        }
        return try read { connection in
            let statement: SQLiteStatement
            switch owner {
            case .client(let clientID):
                statement = try connection.statement("""
                    SELECT id, 'contract', label, created_at, expires_at, last_used_at FROM keys
                    WHERE client_id = ?4 AND (created_at, id) > (?1, ?2) ORDER BY created_at, id LIMIT ?3
                    """)
                try statement.bind(4, clientID)
            case .operators:
                statement = try connection.statement("""
                    SELECT id, role, label, created_at, expires_at, last_used_at FROM operator_keys
                    WHERE (created_at, id) > (?1, ?2) ORDER BY created_at, id LIMIT ?3
                    """)
            }
            defer { statement.reset() }
            statement.bind(1, after?.createdAt ?? .min)
            try statement.bind(2, after?.id ?? "")
            statement.bind(3, Int64(limit))
            var found: [KeyDescription] = []
            while try statement.step() {
                let id = statement.text(0)
                found.append(
                    KeyDescription(
                        id: id, role: owner == .operators ? try statement.role(1) : .contract, label: statement.optionalText(2),
                        createdAt: statement.int64(3), expiresAt: statement.optionalInt64(4), lastUsedAt: uses[id] ?? statement.optionalInt64(5)))
            }
            return found
        }
    }

    /// Nil when there is no contract that it could belong to: one that is being deleted gets no key any more.
    ///
    /// The check and the insertion are one statement.
    package func addKey(_ key: NewKey, of owner: KeyOwner) throws -> KeyDescription? {
        let description = KeyDescription(
            id: key.id, role: key.role, label: key.label, createdAt: now, expiresAt: key.expiresAt, lastUsedAt: nil)
        let isAdded = try write { connection in
            let statement: SQLiteStatement
            switch owner {
            case .client(let clientID):
                statement = try connection.statement("""
                    INSERT INTO keys(client_id, id, secret_sha256, created_at, label, expires_at)
                    SELECT client_id, ?1, ?2, ?3, ?4, ?5 FROM contracts WHERE client_id = ?6
                    """)
                try statement.bind(6, clientID)
            case .operators:
                statement = try connection.statement("""
                    INSERT INTO operator_keys(id, secret_sha256, created_at, label, expires_at, role) VALUES(?1, ?2, ?3, ?4, ?5, ?6)
                    """)
                try statement.bind(6, key.role.rawValue)
            }
            try statement.bind(1, key.id)
            try statement.bind(2, key.secretSHA256)
            statement.bind(3, description.createdAt)
            try statement.bind(4, key.label)
            statement.bind(5, key.expiresAt)
            try statement.run()
            let isAdded = connection.changeCount > 0
            if isAdded, let verifier = key.verifier { try Self.keep(verifier, of: key.secretSHA256, connection) }
            return isAdded
        } committed: { isAdded in
            guard isAdded else { return }
            let held = AccessCache.HeldKey(owner: owner, role: key.role, id: key.id, expiresAt: key.expiresAt, verifier: key.verifier)
            access.state.withLock { $0.add(held, sha256: key.secretSHA256) }
        }
        return isAdded ? description : nil
    }

    /// False when there is none.
    package func deleteKey(of owner: KeyOwner, id: String) throws -> Bool {
        try write { connection in
            let statement: SQLiteStatement
            switch owner {
            case .client(let clientID):
                statement = try connection.statement("DELETE FROM keys WHERE client_id = ?2 AND id = ?1")
                try statement.bind(2, clientID)
            case .operators: statement = try connection.statement("DELETE FROM operator_keys WHERE id = ?1")
            }
            try statement.bind(1, id)
            try statement.run()
            let isDeleted = connection.changeCount > 0
            try connection.execute(Self.orphanedVerifiers)
            return isDeleted
        } committed: { _ in
            access.state.withLock { state in
                state.remove { $0.isOf(owner) && $0.id.hasSameBytes(as: id) }
            }
        }
    }

    /// What is kept of a key goes with it.
    private static let orphanedVerifiers = """
        DELETE FROM key_verifiers WHERE secret_sha256 NOT IN (SELECT secret_sha256 FROM keys UNION ALL SELECT secret_sha256 FROM operator_keys)
        """

    private static func keep(_ verifier: KeyVerifier, of hash: [UInt8], _ connection: SQLiteConnection) throws {
        let statement = try connection.statement("INSERT OR REPLACE INTO key_verifiers(secret_sha256, stored_key, server_key) VALUES(?1, ?2, ?3)")
        try statement.bind(1, hash)
        try statement.bind(2, verifier.storedKey)
        try statement.bind(3, verifier.serverKey)
        try statement.run()
    }

    /// The keys by which a contract, or where it is nil an administrator, may prove who they are.
    ///
    /// For SCRAM, where a password is any of several keys.
    ///
    /// - Returns: `hasOthers` where some keys can be proved only by being said.
    package func passwordKeys(of clientID: String?) -> UserKeys {
        access.state.withLock { state in
            var found = UserKeys()
            for hash in state.ofUser[clientID.map { Array($0.utf8) }] ?? [] {
                if let verifier = state.keys[hash]?.verifier { found.keys.append(.init(sha256: hash, verifier: verifier)) } else { found.hasOthers = true }
            }
            return found
        }
    }

    /// Who has a key. Asked with every request, so its use is noted in memory alone.
    ///
    /// - Returns: nil for a hash that no key has, or whose contract is gone. Whether the key's time is over the caller sees by `expiresAt`.
    package func holder(ofKeySHA256 hash: [UInt8]) -> KeyHolder? {
        let now = now
        return access.state.withLock { state in
            guard let key = state.keys[hash] else { return nil }
            state.uses[hash] = now
            switch key.owner {
            case .operators: return .operators(key.role, id: key.id, expiresAt: key.expiresAt)
            case .client(let clientID):
                return state.contracts[Array(clientID.utf8)].map { .contract($0.contract, expiresAt: key.expiresAt) }
            }
        }
    }

    /// Writes down when keys were last used: now and then, and at the end.
    ///
    /// What a crash takes is when keys were last used, and nothing else.
    func flushKeyUses() throws {
        let uses = access.state.withLock { state in
            defer { state.uses = [:] }
            return state.uses
        }
        guard !uses.isEmpty else { return }
        do {
            try write(isCounted: false) { connection in
                for (hash, time) in uses {
                    for table in ["keys", "operator_keys"] {
                        let statement = try connection.statement(
                            "UPDATE \(table) SET last_used_at = max(coalesce(last_used_at, 0), ?2) WHERE secret_sha256 = ?1")
                        try statement.bind(1, hash)
                        statement.bind(2, time)
                        try statement.run()
                    }
                }
            }
        } catch {
            // A full disk, say: the next time writes them down.
            access.state.withLock { $0.uses.merge(uses, uniquingKeysWith: max) }
            throw error
        }
    }
}
