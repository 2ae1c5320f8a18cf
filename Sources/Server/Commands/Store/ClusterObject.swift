internal import ColumnStore
internal import Ingest

/// Where the object lies that says which machine of a cluster leads, and where records go while one is lost, as the settings say.
enum ClusterObject {
    private static let key = "cluster/object"

    /// Where the object lies.
    ///
    /// - Parameter opened: given the bucket, where it is one.
    /// - Throws: `SettingError` for a URL that is no place.
    static func place(_ settings: Settings, opened: (any StorageFactory) -> Void = { _ in }) throws -> any ObjectPlace {
        if let witness = settings.pair.witness { return ObjectAtWitness(url: witness, proof: LinkFiles(settings.pair)?.proof) }
        let url = settings.pair.objectURL ?? ""
        if let folder = folder(url) { return ObjectFile(folder: folder) }
        guard let factory = try bucket(settings, at: url, key: "cluster.config"), let root = factory.root else { throw unknown("cluster.config") }
        opened(factory)
        return ObjectInBucket(root: root, key: key)
    }

    /// Where slots lie; nil: nowhere.
    ///
    /// - Parameter opened: as of `place`.
    /// - Throws: `SettingError` for a URL that is no place.
    static func slots(_ settings: Settings, opened: (any StorageFactory) -> Void = { _ in }) throws -> SlotPlace? {
        guard let url = settings.logURL else { return nil }
        if let folder = folder(url) { return SlotPlace(try LocalStorageFactory.files(folder), url: url) }
        guard let factory = try bucket(settings, at: url, key: "log.url"), let objects = factory.objects else { throw unknown("log.url") }
        opened(factory)
        return SlotPlace(objects, url: url)
    }

    /// Those of both that are buckets, each with its setting's name.
    static func buckets(_ settings: Settings) throws -> [(key: String, place: any StorageFactory)] {
        try [("cluster.config", settings.pair.objectURL), ("log.url", settings.logURL)].compactMap { key, url in
            try url.flatMap { try bucket(settings, at: $0, key: key) }.map { (key, $0) }
        }
    }

    /// - Returns: nil for what is no directory's URL.
    private static func folder(_ url: String) -> String? {
        StorageKind.directory.has(url) && !url.split(separator: "/").contains("..") && url.utf8.count > 8 ? String(url.dropFirst("file://".count)) : nil
    }

    private static func unknown(_ key: String) -> SettingError { SettingError(key: key, message: "\(StorageScheme.forms) is wanted") }

    /// - Returns: nil for what is no URL of a place behind a network.
    private static func bucket(_ settings: Settings, at url: String, key: String) throws -> (any StorageFactory)? {
        guard StorageScheme.isRemote(url) else { return nil }
        do throws(SettingError) { return try WarehouseOpening.open(settings, at: url, options, cache: nil) } catch {
            throw SettingError(key: key, message: error.message)
        }
    }

    /// A leader has ten seconds to prove that it leads: a request that stands still must not take them all. Each tries by itself, whatever became of the one before.
    private static let options: BucketOptions = {
        var options = BucketOptions()
        (options.deadlineMilliseconds, options.attemptMilliseconds, options.stallSeconds) = (4_000, 2_000, 2)
        return options
    }()
}
