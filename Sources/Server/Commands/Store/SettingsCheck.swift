package import ColumnStore
internal import Ingest

/// What can be said of settings only by looking at what they name: files, addresses, keys.
package enum SettingsCheck {
    static func faults(_ settings: Settings) -> [SettingError] {
        var faults: [SettingError] = []
        func attempt(_ body: () throws -> Void) {
            do {
                try body()
            } catch let error as SettingError {
                faults.append(error)
            } catch let errors as SettingErrors {
                faults += errors.errors
            } catch {
                faults.append(SettingError(key: "the configuration", message: "\(error)"))
            }
        }
        attempt { _ = try policy(settings) }
        attempt { _ = try WarehouseOpening.factory(settings, directory: "/", cache: nil) }
        attempt { try checkLog(settings) }
        attempt { _ = try WarehouseOpening.exportPlace(settings) }
        attempt { if settings.pair.objectURL != nil { _ = try ClusterObject.place(settings) } }
        attempt { if settings.pair.isSet { _ = try ClusterObject.slots(settings) } }
        attempt { _ = try LinkFiles(settings.pair)?.credentials() }
        if let chain = settings.tlsCertificate, let key = settings.tlsKey {
            attempt { try CertificateFiles.check(chain: chain, key: key) }
        }
        if let chain = settings.postgres.tlsCertificate, let key = settings.postgres.tlsKey {
            attempt { try PostgresCertificates.check(chain: chain, key: key) }
        }
        if let jwks = settings.jwt.jwks {
            if case .file = KeySetSource.Place(jwks) {
                attempt { try KeySetSource(.init(jwks), policy: .publicOnly, log: Log(format: .json, level: .error)).start() }
            }
        } else if settings.jwt.issuer != nil || settings.jwt.audience != nil {
            faults.append(SettingError(key: "jwt.jwks", message: "is wanted where jwt.issuer or jwt.audience is set: no token can be verified without keys"))
        }
        return faults
    }

    /// What is allowed, and lets in more than is meant mostly.
    static func warnings(_ settings: Settings) -> [String] {
        guard let jwks = settings.jwt.jwks else { return [] }
        var warnings: [String] = []
        if settings.jwt.issuer == nil { warnings.append("jwt.issuer is not set: tokens of any issuer that signs with these keys count") }
        if settings.jwt.audience == nil { warnings.append("jwt.audience is not set: tokens that were made for another service count here too") }
        if jwks.hasPrefix("http://") { warnings.append("jwt.jwks is no https URL: who can alter the answer can let themselves in") }
        return warnings
    }

    private static func checkLog(_ settings: Settings) throws {
        guard let url = settings.logURL else { return }
        guard (0.1...10).contains(settings.logSegment) else { throw SettingError(key: "log.segment", message: "0.1s to 10s is wanted: so much is lost with the machine") }
        guard StorageScheme.kind(of: url) != nil else {
            throw SettingError(key: "log.url", message: "\(StorageScheme.forms) is wanted")
        }
        var elsewhere = settings
        elsewhere.storage.url = url
        do { _ = try WarehouseOpening.factory(elsewhere, directory: "/", cache: nil) } catch let error as SettingError {
            throw SettingError(key: "log.url", message: error.message)
        }
    }

    package static func policy(_ settings: Settings) throws -> AddressPolicy {
        do {
            return try AddressPolicy(allow: settings.outgoingAllow)
        } catch {
            throw SettingError(key: "outgoing.allow", message: error.description)
        }
    }
}
