/// Puts settings together: defaults, then the file, then the environment, then the command line.
package enum SettingsReader {
    private struct Key: Sendable {
        let path: String
        let set: @Sendable (SettingValue, inout Settings) throws -> Void

        init(_ path: String, _ set: @escaping @Sendable (SettingValue, inout Settings) throws -> Void) {
            (self.path, self.set) = (path, set)
        }

        /// `TILL_LIMITS_QUERY_TIME`
        var variable: String { "TILL_" + path.uppercased().replacing(".", with: "_") }
    }

    private static let anySize = 1...(1 << 50)

    /// Every key there is. Objects that are not fixed (`registrars`) are read whole.
    private static let keys: [Key] = [
        Key("listen") { (value, settings) in (settings.host, settings.port) = try value.address() },
        Key("public_url") { value, settings in settings.publicURL = try url(value) },
        Key("tls.cert") { value, settings in settings.tlsCertificate = try value.stringOrNull() },
        Key("tls.key") { value, settings in settings.tlsKey = try value.stringOrNull() },
        Key("hot_days") { value, settings in settings.hotDays = try value.integer(0...36_500) },
        Key("compact_interval") { value, settings in settings.compactInterval = try value.duration() },
        Key("snapshot_keep") { value, settings in settings.snapshotKeep = try value.duration() },
        Key("memory_budget") { value, settings in settings.memoryBudget = try value.size((64 << 20)...(1 << 50)) },
        Key("limits.document") { value, settings in settings.limits.document = try value.size(1...(1 << 30)) },
        Key("limits.body") { value, settings in settings.limits.body = try value.size(1...(1 << 30)) },
        Key("limits.query_time") { value, settings in settings.limits.queryTime = try value.duration() },
        Key("limits.stream_time") { value, settings in settings.limits.streamTime = try value.duration() },
        Key("limits.query_memory") { value, settings in settings.limits.queryMemory = try value.size((1 << 20)...(1 << 50)) },
        Key("limits.queries") { value, settings in settings.limits.queries = try value.integer(1...1_024) },
        Key("limits.min_free") { value, settings in settings.limits.minFree = try value.size(0...(1 << 50)) },
        Key("quarantine_days") { value, settings in settings.quarantineDays = try value.integer(0...36_500) },
        Key("quarantine_max_bytes") { value, settings in settings.quarantineByteCountMax = try value.size(0...(1 << 50)) },
        Key("registrars") { value, settings in settings.registrars = try registrars(value) },
        Key("outgoing.allow") { value, settings in settings.outgoingAllow = try value.strings() },
        Key("jwt.issuer") { value, settings in settings.jwt.issuer = try value.stringOrNull() },
        Key("jwt.audience") { value, settings in settings.jwt.audience = try value.stringOrNull() },
        Key("jwt.jwks") { value, settings in settings.jwt.jwks = try value.stringOrNull() },
        Key("jwt.claim") { value, settings in settings.jwt.claim = try value.string() },
        Key("log.format") { value, settings in settings.logFormat = try value.choice(Log.Format.self) },
        Key("log.level") { value, settings in settings.logLevel = try value.choice(Log.Level.self) },
    ]

    /// - Parameters:
    ///   - file: the configuration file's path and bytes.
    ///   - overrides: from the command line, by key.
    /// - Throws: `SettingError` naming the first bad key.
    package static func read(
        file: (path: String, bytes: [UInt8])?, environment: [String: String], overrides: [(key: String, value: String)]
    ) throws -> Settings {
        var settings = Settings()
        if let file { try apply(file: file.bytes, path: file.path, to: &settings) }
        try apply(environment: environment, to: &settings)
        for (name, value) in overrides {
            guard let key = keys.first(where: { $0.path == name }) else { throw SettingError(key: name, message: "there is no such key") }
            try key.set(SettingValue(key: name, value: .string(value)), &settings)
        }
        if (settings.tlsCertificate == nil) != (settings.tlsKey == nil) {
            throw SettingError(
                key: settings.tlsKey == nil ? "tls.key" : "tls.cert", message: "tls.cert and tls.key are wanted both or neither")
        }
        return settings
    }

    // MARK: The file

    private static func apply(file bytes: [UInt8], path: String, to settings: inout Settings) throws {
        let root: JSONValue
        do {
            root = try JSONParser.parse(bytes)
        } catch {
            throw SettingError(key: "byte \(error.offset)", message: error.message, source: path)
        }
        do {
            try apply(object: root, prefix: "", to: &settings)
        } catch var error as SettingError {
            error.source = path
            throw error
        }
    }

    private static func apply(object: JSONValue, prefix: String, to settings: inout Settings) throws {
        guard case .object(let members) = object else {
            throw SettingError(key: prefix.isEmpty ? "the file" : String(prefix.dropLast()), message: "an object is wanted, not \(object.kind)")
        }
        for member in members {
            let path = prefix + member.name
            if let key = keys.first(where: { $0.path == path }) {
                try key.set(SettingValue(key: path, value: member.value), &settings)
            } else if keys.contains(where: { $0.path.hasPrefix(path + ".") }) {
                try apply(object: member.value, prefix: path + ".", to: &settings)
            } else {
                throw SettingError(key: path, message: "there is no such key")
            }
        }
    }

    // MARK: The environment

    private static func apply(environment: [String: String], to settings: inout Settings) throws {
        let groups = Set(keys.compactMap { key in key.path.contains(".") ? String(key.path.prefix { $0 != "." }) : nil })
        for group in groups.sorted() {
            let variable = "TILL_" + group.uppercased()
            guard let text = environment[variable] else { continue }
            try named(variable) { try apply(object: try json(text, key: group), prefix: group + ".", to: &settings) }
        }
        for key in keys {
            guard let text = environment[key.variable] else { continue }
            // Lists and objects come as JSON; all else as it is.
            let isStructured = key.path == "registrars" || key.path == "outgoing.allow"
            let value: JSONValue = isStructured ? try named(key.variable) { try json(text, key: key.path) } : text == "null" ? .null : .string(text)
            try named(key.variable) { try key.set(SettingValue(key: key.path, value: value), &settings) }
        }
    }

    private static func json(_ text: String, key: String) throws -> JSONValue {
        do {
            return try JSONParser.parse(Array(text.utf8))
        } catch {
            throw SettingError(key: key, message: "JSON is wanted; byte \(error.offset): \(error.message)")
        }
    }

    private static func named<Result>(_ variable: String, _ body: () throws -> Result) throws -> Result {
        do {
            return try body()
        } catch var error as SettingError {
            error.source = variable
            throw error
        }
    }

    // MARK: Values with rules of their own

    private static func url(_ value: SettingValue) throws -> String? {
        guard let text = try value.stringOrNull() else { return nil }
        guard text.hasPrefix("http://") || text.hasPrefix("https://") else {
            throw SettingError(key: value.key, message: "an http or https URL is wanted")
        }
        return text
    }

    private static func registrars(_ value: SettingValue) throws -> [String: Settings.Registrar] {
        guard case .object(let members) = value.value else {
            throw SettingError(key: value.key, message: "an object of registrars is wanted, not \(value.value.kind)")
        }
        var registrars: [String: Settings.Registrar] = [:]
        for member in members {
            registrars[member.name] = try registrar(SettingValue(key: "\(value.key).\(member.name)", value: member.value))
        }
        return registrars
    }

    private static func registrar(_ value: SettingValue) throws -> Settings.Registrar {
        guard case .object(let members) = value.value else {
            throw SettingError(key: value.key, message: "an object is wanted, not \(value.value.kind)")
        }
        var registrar = Settings.Registrar()
        for member in members {
            let item = SettingValue(key: "\(value.key).\(member.name)", value: member.value)
            switch member.name {
            case "url": registrar.url = try url(item) ?? ""
            case "secret": registrar.secret = try item.string()
            case "status_url": registrar.statusURL = try url(item)
            case "lock": registrar.lock = try item.duration()
            case "max_attempts": registrar.maxAttempts = try item.integer(1...1_000_000)
            case "backoff_min": registrar.backoffMin = try item.duration()
            case "backoff_max": registrar.backoffMax = try item.duration()
            case "expires": registrar.expires = try item.duration()
            case "duplicate_window": registrar.duplicateWindow = try item.duration()
            case "concurrency": registrar.concurrency = try item.integer(1...100_000)
            default: throw SettingError(key: item.key, message: "there is no such key")
            }
        }
        if registrar.url.isEmpty { throw SettingError(key: "\(value.key).url", message: "is required") }
        if registrar.secret.isEmpty { throw SettingError(key: "\(value.key).secret", message: "is required") }
        if registrar.backoffMin > registrar.backoffMax {
            throw SettingError(key: "\(value.key).backoff_max", message: "must not be less than backoff_min")
        }
        return registrar
    }
}
