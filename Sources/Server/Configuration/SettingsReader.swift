internal import Cluster
internal import ColumnStore
internal import Ingest
internal import Query

/// Puts settings together: defaults, then the file, then the environment, then the command line.
package enum SettingsReader {
    private struct Key: Sendable {
        let path: String
        /// A list or an object: in the environment it is JSON, where all else stands as it is.
        let isStructured: Bool
        let set: @Sendable (SettingValue, inout Settings) throws -> Void

        init(_ path: String, isStructured: Bool = false, _ set: @escaping @Sendable (SettingValue, inout Settings) throws -> Void) {
            (self.path, self.isStructured, self.set) = (path, isStructured, set)
        }

        /// `TILL_LIMITS_QUERY_TIME`
        var variable: String { "TILL_" + path.uppercased().replacing(".", with: "_") }
    }

    private static let anySize = 1...(1 << 50)

    /// Every key there is. Objects that are not fixed (`registrars`) are read whole.
    private static let keys: [Key] = [
        Key("listen") { (value, settings) in (settings.host, settings.port) = try value.address() },
        Key("public_url") { value, settings in settings.publicURL = try baseURL(value) },
        Key("tls.cert") { value, settings in settings.tlsCertificate = try value.stringOrNull() },
        Key("tls.key") { value, settings in settings.tlsKey = try value.stringOrNull() },
        Key("postgres.listen") { (value, settings) in
            guard !value.isNull else { return settings.postgres.host = nil }
            let (host, port) = try value.address()
            (settings.postgres.host, settings.postgres.port) = (host, port)
        },
        Key("postgres.tls.cert") { value, settings in settings.postgres.tlsCertificate = try value.stringOrNull() },
        Key("postgres.tls.key") { value, settings in settings.postgres.tlsKey = try value.stringOrNull() },
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
        Key("limits.upload") { value, settings in settings.limits.upload = try value.size(1...(1 << 50)) },
        Key("limits.exports_bytes") { value, settings in settings.limits.exportsBytes = try value.size(0...(1 << 50)) },
        Key("limits.execution_history") { value, settings in settings.limits.executionHistory = try value.size((1 << 20)...(1 << 50)) },
        Key("limits.connections") { value, settings in settings.limits.connections = try value.integer(16...1_000_000) },
        Key("limits.connections_per_address") { value, settings in settings.limits.connectionsPerAddress = try value.integer(1...1_000_000) },
        Key("limits.request_memory") { value, settings in settings.limits.requestMemory = try value.size((16 << 20)...(1 << 50)) },
        Key("limits.rollup_rows") { value, settings in settings.limits.rollupRows = try value.integer(1...1_000_000_000) },
        Key("limits.statement_rows") { value, settings in settings.limits.statementRows = try value.integer(0...1_000_000_000_000) },
        Key("upload_days") { value, settings in settings.uploadDays = try value.integer(0...36_500) },
        Key("upload_revert_days") { value, settings in settings.uploadRevertDays = try value.integer(0...36_500) },
        Key("execution_days") { value, settings in settings.executionDays = try value.integer(0...36_500) },
        Key("quarantine_days") { value, settings in settings.quarantineDays = try value.integer(0...36_500) },
        Key("quarantine_max_bytes") { value, settings in settings.quarantineByteCountMax = try value.size(0...(1 << 50)) },
        Key("registrars", isStructured: true) { value, settings in try add(try registrars(value), from: value.key, to: &settings) },
        Key("endpoints", isStructured: true) { value, settings in try add(try registrars(value), from: value.key, to: &settings) },
        Key("outgoing.allow", isStructured: true) { value, settings in settings.outgoingAllow = try value.strings() },
        Key("jwt.issuer") { value, settings in settings.jwt.issuer = try value.stringOrNull() },
        Key("jwt.audience") { value, settings in settings.jwt.audience = try value.stringOrNull() },
        Key("jwt.jwks") { value, settings in settings.jwt.jwks = try value.stringOrNull() },
        Key("jwt.claim") { value, settings in settings.jwt.claim = try value.string() },
        Key("storage.url") { value, settings in settings.storage.url = try value.stringOrNull() },
        Key("storage.cache.path") { value, settings in settings.storage.cachePath = try value.stringOrNull() },
        Key("iceberg.lent_role") { value, settings in settings.storage.lentRole = try role(value) },
        Key("storage.class", isStructured: true) { value, settings in settings.storage.objectClass = try objectClass(value) },
        Key("exports.url") { value, settings in settings.exportsURL = try value.stringOrNull() },
        Key("storage.cache.bytes") { value, settings in settings.storage.cacheByteCount = try value.size((1 << 20)...(1 << 50)) },
        Key("log.format") { value, settings in settings.logFormat = try value.choice(Log.Format.self) },
        Key("log.level") { value, settings in settings.logLevel = try value.choice(Log.Level.self) },
        Key("log.url") { value, settings in settings.logURL = try value.stringOrNull() },
        Key("log.region") { value, settings in settings.logRegion = try value.stringOrNull() },
        Key("log.ack") { value, settings in settings.logAcknowledgement = try value.choice(Settings.LogAcknowledgement.self) },
        Key("cluster.node") { value, settings in settings.pair.node = try value.stringOrNull() },
        Key("cluster.peer") { value, settings in settings.pair.peer = try peer(value) },
        Key("cluster.listen") { (value, settings) in
            guard !value.isNull else {
                (settings.pair.host, settings.pair.port) = ("", 0)
                return
            }
            (settings.pair.host, settings.pair.port) = try value.address()
        },
        Key("cluster.config") { value, settings in settings.pair.objectURL = try value.stringOrNull() },
        Key("cluster.witness") { value, settings in settings.pair.witness = try url(value) },
        Key("cluster.degrade") { value, settings in settings.pair.degrades = try value.boolean() },
        Key("cluster.records") { value, settings in settings.pair.recordsByteCount = try value.size((64 << 10)...(1 << 50)) },
        Key("cluster.tls.cert") { value, settings in settings.pair.tlsCertificate = try value.stringOrNull() },
        Key("cluster.tls.key") { value, settings in settings.pair.tlsKey = try value.stringOrNull() },
        Key("cluster.tls.ca") { value, settings in settings.pair.tlsAuthority = try value.stringOrNull() },
        Key("log.segment") { value, settings in settings.logSegment = try value.duration() },
    ] + StorageScheme.settings.map(storageKey)

    /// - Parameters:
    ///   - file: the configuration file's path and bytes.
    ///   - overrides: from the command line, by key.
    /// - Throws: `SettingErrors` naming every bad key.
    package static func read(
        file: (path: String, bytes: [UInt8])?, environment: [String: String], overrides: [(key: String, value: String)]
    ) throws -> Settings {
        let (settings, faults) = collect(file: file, environment: environment, overrides: overrides)
        if !faults.isEmpty { throw SettingErrors(faults) }
        return settings
    }

    /// The settings as far as they can be read, and every fault.
    package static func collect(
        file: (path: String, bytes: [UInt8])?, environment: [String: String], overrides: [(key: String, value: String)]
    ) -> (settings: Settings, faults: [SettingError]) {
        var reading = Reading()
        if let file { reading.apply(file: file.bytes, path: file.path) }
        reading.apply(environment: environment)
        reading.source = nil
        let further = reading.applyEndpoints(environment)
        for name in misspelt(environment, further) { reading.fault(name, noSuchVariable(name, further)) }
        for (name, value) in overrides {
            if let key = keys.first(where: { $0.path == name }) {
                reading.set(key, .string(value), isText: true)
            } else {
                reading.fault(name, noSuch("key", name, among: keys.map(\.path)))
            }
        }
        let settings = reading.settings
        if (settings.tlsCertificate == nil) != (settings.tlsKey == nil) {
            reading.fault(settings.tlsKey == nil ? "tls.key" : "tls.cert", "tls.cert and tls.key are wanted both or neither")
        }
        checkPostgres(settings.postgres, &reading)
        if settings.storage.lentRole != nil, settings.storage.url.flatMap({ StorageScheme.kind(of: $0) })?.lendsKeys != true {
            reading.fault("iceberg.lent_role", "lends keys of a bucket: storage.url is to name one")
        }
        if settings.pair.isSet { checkPair(settings, &reading) }
        for fault in PlacesCheck.faults(settings) { reading.fault(fault.key, fault.message) }
        return (settings, reading.faults)
    }

    private static func checkPostgres(_ settings: Settings.Postgres, _ reading: inout Reading) {
        if (settings.tlsCertificate == nil) != (settings.tlsKey == nil) {
            reading.fault(
                settings.tlsKey == nil ? "postgres.tls.key" : "postgres.tls.cert", "postgres.tls.cert and postgres.tls.key are wanted both or neither")
        }
        guard let host = settings.host, settings.tlsCertificate == nil, !isLoopback(host) else { return }
        reading.fault("postgres.listen", "\(host) can be reached from elsewhere, and then what is asked and answered must be encrypted: set postgres.tls.cert and postgres.tls.key, or listen on 127.0.0.1")
    }

    private static func checkPair(_ settings: Settings, _ reading: inout Reading) {
        let pair = settings.pair
        if pair.node == nil { reading.fault("cluster.node", "is wanted where a cluster is: what this machine is called in it") }
        if let node = pair.node, !NodeName.isValid(node) { reading.fault("cluster.node", "1 to \(NodeName.byteCountMax) of a to z, 0 to 9 and - are wanted, not \(node)") }
        if pair.peer == nil { reading.fault("cluster.peer", "is wanted where a cluster is: name@host:port of the other machine") }
        if let peer = pair.peer, peer.name == pair.node { reading.fault("cluster.peer", "has the name of this machine") }
        if pair.port == 0 { reading.fault("cluster.listen", "is wanted where a cluster is: host:port, where the other machine speaks to this one") }
        if (pair.objectURL == nil) == (pair.witness == nil) { reading.fault("cluster.witness", "cluster.witness or cluster.config is wanted, and not both: where the object lies that says who leads") }
        let tls = [("cluster.tls.cert", pair.tlsCertificate), ("cluster.tls.key", pair.tlsKey), ("cluster.tls.ca", pair.tlsAuthority)]
        let isSecure = tls.allSatisfy { $0.1 != nil }
        if !isSecure, tls.contains(where: { $0.1 != nil }) {
            for (key, value) in tls where value == nil { reading.fault(key, "cluster.tls.cert, cluster.tls.key and cluster.tls.ca are wanted all or none") }
        }
        let far = [("cluster.listen", pair.port == 0 ? nil : pair.host), ("cluster.peer", pair.peer?.host)]
        for case (let key, let host?) in far where !isLoopback(host) && !isSecure {
            reading.fault(key, "\(host) is another machine's, or can be reached from elsewhere, and then both must prove who they are: set cluster.tls.cert, cluster.tls.key and cluster.tls.ca, or use 127.0.0.1")
        }
        if let url = pair.witness, case let host = self.host(url), !isLoopback(host), !isSecure || !url.lowercased().hasPrefix("https:") {
            reading.fault("cluster.witness", "\(host) is another machine's, and then both must prove who they are: an https URL is wanted, and cluster.tls.cert, cluster.tls.key and cluster.tls.ca, or 127.0.0.1")
        }
        // What is no URL of a place at all is said by who opens it.
        if let url = settings.storage.url, StorageScheme.kind(of: url)?.isRemote == false {
            reading.fault("storage.url", "is a directory of one machine, and two keep the store: \(StorageScheme.remoteForms) is wanted, which both reach, or none, and all stays hot")
        }
        // What a single server's log has, and a pair's does not: whoever sets it believes that it does something.
        if settings.logAcknowledgement == .afterLog {
            reading.fault("log.ack", "is a single server's: a cluster acknowledges what lies in two places, always. Leave it out")
        }
        if pair.objectURL != nil, settings.logURL == nil {
            reading.fault("log.url", "is wanted where cluster.config is: \(StorageScheme.forms), which both machines reach, where records go while one of them is lost. Without such a place let a witness hold the object (cluster.witness)")
        }
    }

    /// Of a URL, without brackets, and without a name and password, which no fault may show.
    private static func host(_ url: String) -> String {
        let authority = url.split(separator: "/", maxSplits: 2, omittingEmptySubsequences: false).last.map { $0.prefix { !"/?#\\".contains($0) } } ?? ""
        let place = authority.lastIndex(of: "@").map { authority[authority.index(after: $0)...] } ?? authority
        if place.hasPrefix("[") { return String(place.dropFirst().prefix { $0 != "]" }) }
        return String(place.prefix { $0 != ":" })
    }

    /// `name@host:port`
    private static func peer(_ value: SettingValue) throws -> Settings.Pair.Peer? {
        guard let text = try value.stringOrNull() else { return nil }
        let parts = text.split(separator: "@", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 2, NodeName.isValid(parts[0]) else { throw SettingError(key: value.key, message: "name@host:port is wanted, not \(value.received())") }
        let (host, port) = try SettingValue(key: value.key, value: .string(parts[1]), isText: true).address()
        guard !host.isEmpty, port > 0 else { throw SettingError(key: value.key, message: "behind the @ a host and a port other than 0 are wanted: where the other machine listens") }
        return .init(name: parts[0], host: host, port: port)
    }

    static func isLoopback(_ host: String) -> Bool {
        if host == "localhost" || host == "::1" { return true }
        let parts = host.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4 && parts[0] == "127" && parts.allSatisfy { !$0.isEmpty && $0.utf8.allSatisfy { (0x30...0x39).contains($0) } }
    }

    private static func noSuch(_ what: String, _ name: String, among names: [String]) -> String {
        "there is no such \(what)" + (NameSuggestion.closest(to: name, among: names).map { "; did you mean \($0)?" } ?? "")
    }

    /// Variables that begin as a setting's does, and are none: `TILL_LIMITS_QUERYTIME`, `TILL_HOT_DAY`. What begins otherwise is somebody
    /// else's, and may be anything.
    private static func misspelt(_ environment: [String: String], _ further: Set<String>) -> [String] {
        let groups = keys.compactMap { key in key.path.contains(".") ? String(key.path.prefix { $0 != "." }) : nil }
        let known = Set(keys.map(\.variable) + groups.map { "TILL_" + $0.uppercased() }).union(further)
        let beginnings = Set(known.compactMap(beginning))
        return environment.keys.filter { name in !known.contains(name) && beginning(name).map(beginnings.contains) ?? false }.sorted()
    }

    private static func noSuchVariable(_ name: String, _ further: Set<String>) -> String {
        let group = EndpointVariables.groups.first { name.hasPrefix("TILL_\($0.uppercased())_") }
        return noSuch("variable", name, among: keys.map(\.variable) + further.sorted())
            + (group.map { "; TILL_\($0.uppercased())_<NAME>_<KEY> is of a name that the file or TILL_\($0.uppercased()) has" } ?? "")
    }

    /// `TILL_LIMITS` of `TILL_LIMITS_QUERY_TIME`.
    private static func beginning(_ variable: String) -> String? {
        guard variable.hasPrefix("TILL_") else { return nil }
        return "TILL_" + variable.dropFirst(5).prefix { $0 != "_" }
    }

    /// Settings on their way, and what was wrong so far.
    private struct Reading {
        var settings = Settings()
        var faults: [SettingError] = []
        /// The file or the variable that is being read.
        var source: String?
        /// Objects of many names: they are looked at once all of their members are there.
        private var endpoints: [String: JSONValue] = [:]
        /// Where those and their members stand.
        private var memberSources: [String: String] = [:]

        mutating func fault(_ key: String, _ message: String) {
            faults.append(SettingError(key: key, message: message, source: memberSource(key) ?? source))
        }

        /// Of the innermost object that has it.
        private func memberSource(_ key: String) -> String? {
            memberSources.filter { key == $0.key || key.hasPrefix($0.key + ".") }.max { $0.key.utf8.count < $1.key.utf8.count }?.value
        }

        /// - Returns: the variables that single members have.
        mutating func applyEndpoints(_ environment: [String: String]) -> Set<String> {
            let variables = EndpointVariables(of: endpoints, keys: registrarKeys)
            let found = variables.apply(environment, to: &endpoints)
            memberSources.merge(found.sources) { _, variable in variable }
            faults += found.faults
            for key in keys { if let value = endpoints[key.path] { set(key, value, isWhole: true) } }
            return variables.names
        }

        /// - Parameter isWhole: nothing of an object of many names is still to come.
        mutating func set(_ key: Key, _ value: JSONValue, isText: Bool = false, isWhole: Bool = false) {
            if !isWhole, EndpointVariables.groups.contains(key.path) { return gather(key.path, value) }
            do {
                try key.set(SettingValue(key: key.path, value: value, isText: isText), &settings)
            } catch let errors as SettingErrors {
                for error in errors.errors { fault(error.key, error.message) }
            } catch let error as SettingError {
                fault(error.key, error.message)
            } catch {
                fault(key.path, "\(error)")
            }
        }

        /// Names of the environment stand beside those of the file, and above the same ones.
        private mutating func gather(_ group: String, _ value: JSONValue) {
            let members = value.members ?? []
            if value.members == nil || endpoints[group] == nil { memberSources[group] = source }
            for member in members { memberSources["\(group).\(member.name)"] = source }
            guard value.members != nil, let before = endpoints[group]?.members else {
                endpoints[group] = value
                return
            }
            let names = Set(members.map(\.name))
            endpoints[group] = .object(before.filter { !names.contains($0.name) } + members)
        }

        mutating func apply(file bytes: [UInt8], path: String) {
            source = path
            do throws(JSONSyntaxError) {
                apply(object: try JSONParser.parse(bytes), prefix: "")
            } catch {
                let before = bytes.prefix(error.offset)
                let line = before.count { $0 == 0x0A } + 1
                let column = before.reversed().prefix { $0 != 0x0A }.count + 1
                fault("line \(line), column \(column)", error.message)
            }
        }

        mutating func apply(object: JSONValue, prefix: String) {
            guard case .object(let members) = object else {
                return fault(prefix.isEmpty ? "the file" : String(prefix.dropLast()), "an object is wanted, not \(object.kind)")
            }
            for member in members {
                let path = prefix + member.name
                if let key = keys.first(where: { $0.path == path }) {
                    set(key, member.value)
                } else if keys.contains(where: { $0.path.hasPrefix(path + ".") }) {
                    apply(object: member.value, prefix: path + ".")
                } else {
                    fault(path.isEmpty ? "\"\"" : path, noSuch("key", path, among: keys.map(\.path)))
                }
            }
        }

        mutating func apply(environment: [String: String]) {
            let groups = Set(keys.compactMap { key in key.path.contains(".") ? String(key.path.prefix { $0 != "." }) : nil })
            for group in groups.sorted() {
                source = "TILL_" + group.uppercased()
                guard let text = source.flatMap({ environment[$0] }), let value = json(text, key: group) else { continue }
                apply(object: value, prefix: group + ".")
            }
            for key in keys {
                guard let text = environment[key.variable] else { continue }
                source = key.variable
                if key.isStructured, text != "null" {
                    if let value = json(text, key: key.path) { set(key, value) }
                } else {
                    set(key, text == "null" ? .null : .string(text), isText: true)
                }
            }
        }

        private mutating func json(_ text: String, key: String) -> JSONValue? {
            do throws(JSONSyntaxError) {
                return try JSONParser.parse(Array(text.utf8))
            } catch {
                fault(key, "JSON is wanted; byte \(error.offset): \(error.message)")
                return nil
            }
        }
    }

    // MARK: Values with rules of their own

    /// What a kind of storage reads.
    private static func storageKey(_ setting: StorageSetting) -> Key {
        let name = setting.name
        return switch setting.form {
        case .text: Key("storage.\(name)") { value, settings in settings.storage.own[name] = try value.stringOrNull() }
        case .url: Key("storage.\(name)") { value, settings in settings.storage.own[name] = try url(value) }
        case .flag: Key("storage.\(name)") { value, settings in settings.storage.own[name] = try value.boolean() ? "true" : nil }
        case .members(let wanted, let further):
            Key("storage.\(name)", isStructured: true) { value, settings in
                let found = try members(value, wanted, further)
                for member in wanted + further { settings.storage.own["\(name).\(member)"] = found[member] }
            }
        }
    }

    /// An object of texts; none of null.
    private static func members(_ value: SettingValue, _ wanted: [String], _ further: [String]) throws -> [String: String] {
        if value.isNull { return [:] }
        let names = wanted + further
        guard case .object(let members) = value.value else {
            throw SettingError(key: value.key, message: "an object of \(names.dropLast().joined(separator: ", ")) and \(names.last ?? "") is wanted, not \(value.value.kind)")
        }
        var found: [String: String] = [:]
        for member in members {
            let item = SettingValue(key: "\(value.key).\(member.name)", value: member.value)
            guard names.contains(member.name) else { throw SettingError(key: item.key, message: noSuch("key", member.name, among: names)) }
            found[member.name] = wanted.contains(member.name) ? try item.string() : try item.stringOrNull()
        }
        guard wanted.allSatisfy({ found[$0] != nil }) else { throw SettingError(key: value.key, message: "\(wanted.joined(separator: " and ")) are wanted both") }
        return found
    }

    private static func url(_ value: SettingValue) throws -> String? {
        guard let text = try value.stringOrNull() else { return nil }
        // libcurl takes a slash too many, and blanks and controls, which no request line does.
        let isWritten = (text.hasPrefix("http://") || text.hasPrefix("https://")) && !text.contains(":///") && text.utf8.allSatisfy { $0 > 0x20 && $0 != 0x7F }
        guard isWritten, let parts = OutgoingClient.parts(of: text), !parts.host.isEmpty else {
            throw SettingError(key: value.key, message: "an http or https URL with a host is wanted, not \(value.received(asURL: true))")
        }
        return text
    }

    /// What paths are put behind.
    private static func baseURL(_ value: SettingValue) throws -> String? {
        guard let text = try url(value) else { return nil }
        guard !text.contains(where: { $0 == "?" || $0 == "#" }) else {
            throw SettingError(key: value.key, message: "a URL that paths can be put behind is wanted, without ? and #, not \(value.received(asURL: true))")
        }
        return text
    }

    private static func role(_ value: SettingValue) throws -> String? {
        guard let text = try value.stringOrNull() else { return nil }
        guard RoleName(text) != nil else { throw SettingError(key: value.key, message: "a role's name like arn:aws:iam::123456789012:role/readers is wanted, not \(value.received())") }
        return text
    }

    /// `{"after": "90d", "name": "GLACIER_IR"}`. Classes that give an object out hours later are none that can be asked.
    private static func objectClass(_ value: SettingValue) throws -> Settings.ObjectClass? {
        if value.isNull { return nil }
        guard case .object(let members) = value.value else {
            throw SettingError(key: value.key, message: "an object of after and name is wanted, not \(value.value.kind)")
        }
        var (days, name): (Int?, String?) = (nil, nil)
        for member in members {
            let item = SettingValue(key: "\(value.key).\(member.name)", value: member.value)
            switch member.name {
            case "after":
                let seconds = try item.duration()
                guard seconds.remainder(dividingBy: 86_400) == 0 else { throw SettingError(key: item.key, message: "whole days like 90d are wanted, not \(item.received())") }
                days = Int(seconds / 86_400)
            case "name":
                let text = try item.string()
                guard BucketLifecycle.classNames.contains(text) else {
                    throw SettingError(
                        key: item.key, message: "one of \(BucketLifecycle.classNames.joined(separator: ", ")) is wanted, not \(item.received()): files must be read within seconds")
                }
                name = text
            default: throw SettingError(key: item.key, message: noSuch("key", member.name, among: ["after", "name"]))
            }
        }
        guard let days, let name else { throw SettingError(key: value.key, message: "after and name are wanted both") }
        return Settings.ObjectClass(name: name, afterDays: days)
    }

    /// Both keys name endpoints: `registrars` is the older one.
    private static func add(_ endpoints: [String: Settings.Registrar], from key: String, to settings: inout Settings) throws {
        if let name = endpoints.keys.sorted().first(where: { settings.registrars[$0] != nil }) {
            throw SettingError(key: "\(key).\(name)", message: "registrars and endpoints both name it; say it once")
        }
        settings.registrars.merge(endpoints) { first, _ in first }
    }

    private static func registrars(_ value: SettingValue) throws -> [String: Settings.Registrar] {
        guard case .object(let members) = value.value else {
            throw SettingError(key: value.key, message: "an object of registrars is wanted, not \(value.value.kind)")
        }
        var registrars: [String: Settings.Registrar] = [:]
        var faults: [SettingError] = []
        for member in members {
            if member.name.isEmpty { faults.append(SettingError(key: value.key, message: "a name is empty: no type and no callback can say it")) }
            registrars[member.name] = registrar(SettingValue(key: "\(value.key).\(member.name)", value: member.value), &faults)
        }
        if !faults.isEmpty { throw SettingErrors(faults) }
        return registrars
    }

    private static let registrarKeys = [
        "url", "secret", "previous_secret", "previous_secret_until", "status_url", "lock", "max_attempts", "backoff_min", "backoff_max", "expires",
        "duplicate_window", "concurrency",
    ]

    private static func registrar(_ value: SettingValue, _ faults: inout [SettingError]) -> Settings.Registrar {
        var registrar = Settings.Registrar()
        guard case .object(let members) = value.value else {
            faults.append(SettingError(key: value.key, message: "an object is wanted, not \(value.value.kind)"))
            return registrar
        }
        for member in members {
            do {
                try set(SettingValue(key: "\(value.key).\(member.name)", value: member.value), member.name, &registrar)
            } catch {
                faults.append(error)
            }
        }
        func fault(_ name: String, _ message: String) {
            let key = "\(value.key).\(name)"
            if !faults.contains(where: { $0.key == key }) { faults.append(SettingError(key: key, message: message)) }
        }
        if registrar.url.isEmpty { fault("url", "is required") }
        if registrar.secret.isEmpty { fault("secret", "is required") }
        for (name, secret) in [("secret", registrar.secret), ("previous_secret", registrar.previousSecret ?? "")]
        where !secret.isEmpty && WebhookSecret(secret) == nil {
            fault(name, "what follows whsec_ must be base64")
        }
        if registrar.backoffMin > registrar.backoffMax { fault("backoff_max", "must not be less than backoff_min") }
        if registrar.previousSecretUntil != nil, registrar.previousSecret == nil {
            fault("previous_secret_until", "needs a previous_secret")
        }
        return registrar
    }

    private static func set(_ item: SettingValue, _ name: String, _ registrar: inout Settings.Registrar) throws(SettingError) {
        do {
            switch name {
            case "url": registrar.url = try url(item) ?? ""
            case "secret": registrar.secret = try item.string()
            case "previous_secret": registrar.previousSecret = try item.stringOrNull()
            case "previous_secret_until": registrar.previousSecretUntil = try item.instantOrNull()
            case "status_url": registrar.statusURL = try url(item)
            case "lock": registrar.lock = try item.duration()
            case "max_attempts": registrar.maxAttempts = try item.integer(1...1_000_000)
            case "backoff_min": registrar.backoffMin = try item.duration()
            case "backoff_max": registrar.backoffMax = try item.duration()
            case "expires": registrar.expires = try item.duration()
            case "duplicate_window": registrar.duplicateWindow = try item.duration()
            case "concurrency": registrar.concurrency = try item.integer(1...100_000)
            default: throw SettingError(key: item.key, message: noSuch("key", name, among: registrarKeys))
            }
        } catch let error as SettingError {
            throw error
        } catch {
            throw SettingError(key: item.key, message: "\(error)")
        }
    }
}
