import Synchronization

/// Contracts and keys in memory: one look for every request. The catalog writes through it.
final class AccessCache: Sendable {
    struct State: Sendable {
        /// By the client id's bytes: as a String, ids that are canonically equivalent would be one.
        var contracts: [[UInt8]: Contract] = [:]
        /// By the SHA-256 of the secret.
        var keys: [[UInt8]: (clientID: String, id: String)] = [:]
        /// When a key was last used: kept here, written to the catalog now and then.
        var uses: [[UInt8]: Int64] = [:]
    }
    let state: Mutex<State>

    init(_ connection: SQLiteConnection) throws {
        var state = State()
        let contracts = try connection.statement("\(Catalog.contractQuery)")
        while try contracts.step() {
            let contract = try contracts.contract()
            state.contracts[Array(contract.clientID.utf8)] = contract
        }
        let keys = try connection.statement("SELECT secret_sha256, client_id, id FROM keys")
        while try keys.step() { state.keys[keys.bytes(0)] = (keys.text(1), keys.text(2)) }
        self.state = Mutex(state)
    }
}

extension SQLiteStatement {
    /// The present row of `Catalog.contractQuery`.
    fileprivate func contract() throws -> Contract {
        guard let access = Principal.Access(rawValue: text(2)), let scope = Principal.Scope(rawValue: text(3)) else {
            throw SQLiteError(code: 11, message: "contract \(text(0)) has an unknown access or scope", path: "", sql: sql)
        }
        var webhook: Contract.Webhook?
        if let url = optionalText(8) {
            webhook = Contract.Webhook(
                url: url, secret: text(9), previousSecret: optionalText(11), previousUntil: optionalInt64(12))
        }
        return Contract(
            clientID: text(0), name: optionalText(1), access: access, scope: scope,
            types: optionalText(4).map { Catalog.split($0) }, validFrom: optionalInt64(5), validTo: optionalInt64(6),
            ratePerSecond: isNull(7) ? nil : double(7), webhook: webhook, callbackHosts: Catalog.split(text(10)))
    }
}

extension Catalog {
    static let contractQuery = """
        SELECT client_id, name, access, scope, types, valid_from, valid_to, rate_per_second, webhook_url, webhook_secret, callback_hosts,
            webhook_previous_secret, webhook_previous_until
        FROM contracts
        """

    /// Names in one text, one a line: none of them has control characters.
    static func split(_ text: String) -> [String] { text.split(separator: "\n").map(String.init) }

    package func contracts() -> [Contract] {
        access.state.withLock { $0.contracts.values.sorted { $0.clientID.utf8.lexicographicallyPrecedes($1.clientID.utf8) } }
    }

    package func contract(_ clientID: String) -> Contract? { access.state.withLock { $0.contracts[Array(clientID.utf8)] } }

    package func put(_ given: Contract) throws -> PutOutcome {
        var contract = given
        contract.webhook = given.webhook?.following(self.contract(given.clientID)?.webhook, now: now)
        let stored = contract
        try keep(stored)
        return access.state.withLock { state in
            let earlier = state.contracts.updateValue(stored, forKey: Array(stored.clientID.utf8))
            return earlier == nil ? .created : earlier == stored ? .unchanged : .replaced
        }
    }

    private func keep(_ contract: Contract) throws {
        try write { connection in
            let statement = try connection.statement("""
                INSERT OR REPLACE INTO contracts(client_id, name, access, scope, types, valid_from, valid_to, rate_per_second, webhook_url,
                    webhook_secret, callback_hosts, webhook_previous_secret, webhook_previous_until)
                VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)
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
            try statement.run()
        }
    }

    /// Revokes the contract's keys with it. False when there is none.
    package func deleteContract(_ clientID: String) throws -> Bool {
        let isKnown = try write { connection in
            let keys = try connection.statement("DELETE FROM keys WHERE client_id = ?1")
            try keys.bind(1, clientID)
            try keys.run()
            let contract = try connection.statement("DELETE FROM contracts WHERE client_id = ?1")
            try contract.bind(1, clientID)
            try contract.run()
            return connection.changeCount > 0
        }
        access.state.withLock { state in
            state.contracts[Array(clientID.utf8)] = nil
            state.keys = state.keys.filter { !$0.value.clientID.hasSameBytes(as: clientID) }
        }
        return isKnown
    }

    package func keys(of clientID: String) throws -> [KeyDescription] {
        let uses = access.state.withLock { state in
            Dictionary(
                state.uses.compactMap { hash, time in state.keys[hash].flatMap { $0.clientID.hasSameBytes(as: clientID) ? ($0.id, time) : nil } },
                uniquingKeysWith: max)
        }
        return try read { connection in
            let statement = try connection.statement(
                "SELECT id, created_at, last_used_at FROM keys WHERE client_id = ?1 ORDER BY created_at, id")
            try statement.bind(1, clientID)
            var found: [KeyDescription] = []
            while try statement.step() {
                let id = statement.text(0)
                found.append(
                    KeyDescription(id: id, createdAt: statement.int64(1), lastUsedAt: uses[id] ?? statement.optionalInt64(2)))
            }
            return found
        }
    }

    package func addKey(of clientID: String, id: String, secretSHA256: [UInt8]) throws -> KeyDescription {
        let key = KeyDescription(id: id, createdAt: now, lastUsedAt: nil)
        try write { connection in
            let statement = try connection.statement("INSERT INTO keys(client_id, id, secret_sha256, created_at) VALUES(?1, ?2, ?3, ?4)")
            try statement.bind(1, clientID)
            try statement.bind(2, id)
            try statement.bind(3, secretSHA256)
            statement.bind(4, key.createdAt)
            try statement.run()
        }
        access.state.withLock { $0.keys[secretSHA256] = (clientID, id) }
        return key
    }

    /// False when there is none.
    package func deleteKey(of clientID: String, id: String) throws -> Bool {
        let isKnown = try write { connection in
            let statement = try connection.statement("DELETE FROM keys WHERE client_id = ?1 AND id = ?2")
            try statement.bind(1, clientID)
            try statement.bind(2, id)
            try statement.run()
            return connection.changeCount > 0
        }
        access.state.withLock { state in
            state.keys = state.keys.filter { !($0.value.clientID.hasSameBytes(as: clientID) && $0.value.id.hasSameBytes(as: id)) }
        }
        return isKnown
    }

    package func contract(forKeySHA256 hash: [UInt8]) -> Contract? {
        let now = now
        return access.state.withLock { state in
            guard let key = state.keys[hash], let contract = state.contracts[Array(key.clientID.utf8)] else { return nil }
            state.uses[hash] = now
            return contract
        }
    }

    /// Writes down when keys were last used: now and then, and at the end.
    func flushKeyUses() throws {
        let uses = access.state.withLock { state in
            defer { state.uses = [:] }
            return state.uses
        }
        guard !uses.isEmpty else { return }
        try write { connection in
            for (hash, time) in uses {
                let statement = try connection.statement("UPDATE keys SET last_used_at = max(coalesce(last_used_at, 0), ?2) WHERE secret_sha256 = ?1")
                try statement.bind(1, hash)
                statement.bind(2, time)
                try statement.run()
            }
        }
    }
}
