internal import ColumnStore
internal import Ingest

/// Makes the storage of cold tables that the settings name.
enum WarehouseOpening {
    /// Whether a command may believe what lies in the cache: not one that proves.
    enum Belief { case cached, bucketAlone }

    /// - Parameter directory: of the store, below which the cache lies unless it is set.
    static func factory(_ settings: Settings, directory: String, _ belief: Belief = .cached) throws -> any StorageFactory {
        try factory(settings, directory: directory, cache: belief == .cached ? cache(settings, directory: directory) : nil)
    }

    static func factory(_ settings: Settings, directory: String, cache: WarehouseCache?) throws -> any StorageFactory {
        guard let url = settings.storage.url else { return LocalStorageFactory() }
        // The store's own directory by its name is its own directory.
        if let path = try filePath(url), case let own = DataDirectory.absolute(directory) {
            if path == "\(own)/warehouse" { return LocalStorageFactory() }
            if DataDirectory.isOwn(path, in: own) { throw SettingError(key: "storage.url", message: "\(url) lies where the store keeps its own files: name another place, or file://\(own)/warehouse") }
        }
        return try open(settings, at: url, cache: cache)
    }

    static func cache(_ settings: Settings, directory: String) -> WarehouseCache {
        let path = settings.storage.cachePath ?? "\(DataDirectory.absolute(directory))/\(DataDirectory.cacheName)"
        return WarehouseCache(path: path, byteCountMax: Int64(settings.storage.cacheByteCount))
    }

    /// Of one who only reads the store: one that lies elsewhere than in it and that nobody else has; nil: none.
    static func readersCache(_ settings: Settings, directory: String) -> WarehouseCache? {
        guard let url = settings.storage.url, StorageScheme.isRemote(url), let path = settings.storage.cachePath,
            !DataDirectory.absolute(path).hasPrefix(DataDirectory.absolute(directory) + "/")
        else { return nil }
        let cache = cache(settings, directory: directory)
        return cache.take() ? cache : nil
    }

    /// - Returns: nil for what is no `file:` URL.
    private static func filePath(_ url: String) throws(SettingError) -> String? {
        do throws(ColumnStoreError) { return try DirectoryURL.path(url) } catch { throw SettingError(key: "storage.url", message: error.detail) }
    }

    /// The storages of a place, with the settings' endpoint and keys.
    ///
    /// - Parameter options: how long a request may take.
    static func open(_ settings: Settings, at url: String, _ options: BucketOptions = options, cache: WarehouseCache?) throws(SettingError) -> any StorageFactory {
        guard let kind = StorageScheme.kind(of: url) else {
            throw SettingError(key: "storage.url", message: "\(url) is neither a bucket nor a directory: write \(StorageScheme.remoteForms) or file:///path")
        }
        do throws(ColumnStoreError) {
            return try kind.open(StorageAddress(url, storage(settings, of: url), environment: Environment.all, options: options, cache: cache))
        } catch {
            throw SettingError(key: "storage.url", message: error.detail)
        }
    }

    /// What the settings say of a place: that of the log may be in another region than all others, so that it outlives theirs.
    static func storage(_ settings: Settings, of url: String) -> StorageSettings {
        var found = settings.storage.own
        if let log = settings.logURL, let region = settings.logRegion, PlacesCheck.folder(url).hasPrefix(PlacesCheck.folder(log)) { found[StorageSettings.regionOfPlace] = region }
        return found
    }

    /// How readers come to the warehouse's objects; nothing where it is on this machine.
    ///
    /// - Throws: `SettingError` for a lender of keys that cannot be asked.
    static func reading(_ settings: Settings) throws(SettingError) -> WarehouseReading {
        guard let url = settings.storage.url, let kind = StorageScheme.kind(of: url) else { return WarehouseReading() }
        do throws(ColumnStoreError) {
            return try kind.reading(StorageAddress(url, settings.storage.own, environment: Environment.all), settings.storage.lentRole)
        } catch {
            throw SettingError(key: "iceberg.lent_role", message: error.detail)
        }
    }

    /// Gives the places of a log whose URL a command was given, by the URLs of these.
    ///
    /// - Throws: `SettingError` for a URL that is no place.
    static func opener(ofLog url: String, _ settings: Settings, directory: String) throws -> (String?) throws -> any StorageFactory {
        guard let kind = StorageScheme.kind(of: url), url != kind.scheme else { throw SettingError(key: "log.url", message: "\(StorageScheme.forms) is wanted, not \(url)") }
        return { place in
            var elsewhere = settings
            // A configuration that names no log has its region for this one.
            (elsewhere.storage.url, elsewhere.logURL) = (place, settings.logURL ?? url)
            return try factory(elsewhere, directory: directory, cache: nil)
        }
    }

    /// The objects below a URL, with the settings' endpoint and keys; nil for what lies on this machine.
    static func objects(_ settings: Settings, at url: String) throws -> (any ObjectStorage)? {
        guard StorageScheme.isRemote(url) else { return nil }
        return try open(settings, at: url, cache: nil).objects
    }

    /// What files of exports go to; nil: nowhere.
    ///
    /// - Parameter directory: of the store; nil: that is not known yet.
    /// - Throws: `SettingError` for a URL that is no place.
    static func exportPlace(_ settings: Settings, directory: String? = nil) throws -> (any ObjectStorage)? {
        guard let url = settings.exportsURL else { return nil }
        do {
            if let objects = try objects(settings, at: url) { return objects }
            if let path = try filePath(url) {
                if let directory, DataDirectory.isOwn(path, in: DataDirectory.absolute(directory)) {
                    throw SettingError(key: "exports.url", message: "\(url) lies where the store keeps its own files: name another place")
                }
                return try LocalStorageFactory.files(path)
            }
        } catch let error as SettingError {
            throw SettingError(key: "exports.url", message: error.message)
        }
        throw SettingError(key: "exports.url", message: "\(StorageScheme.forms) is wanted")
    }

    private static let options: BucketOptions = {
        var options = BucketOptions()
        options.trialMilliseconds = 2_000
        return options
    }()

    /// What the place's own rules do otherwise than `storage.class` says: that costs money, and no receipt.
    ///
    /// - Returns: for the log; nil where all is as it should be.
    static func classFault(_ storages: any StorageFactory, _ settings: Settings) -> String? {
        settings.storage.objectClass.flatMap { storages.classFault($0.name, afterDays: $0.afterDays) }
    }
}
