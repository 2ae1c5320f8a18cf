internal import Ingest

/// Where the object lies that says which machine of a cluster leads, as the settings say.
enum ClusterObject {
    private static let key = "cluster/object"

    /// Where the object lies.
    ///
    /// - Throws: `SettingError` for a URL that is no place.
    static func place(_ settings: Settings) throws -> any ObjectPlace {
        if let witness = settings.pair.witness { return ObjectAtWitness(url: witness) }
        let url = settings.pair.objectURL ?? ""
        if url.hasPrefix("file:///"), !url.split(separator: "/").contains(".."), url.utf8.count > 8 { return ObjectFile(folder: String(url.dropFirst("file://".count))) }
        guard WarehouseOpening.isBucket(url) else { throw SettingError(key: "cluster.config", message: "s3://bucket/prefix or file:///directory is wanted") }
        var elsewhere = settings
        elsewhere.storage.url = url
        do {
            guard let root = try WarehouseOpening.factory(elsewhere, directory: "/", cache: nil).root else {
                throw SettingError(key: "cluster.config", message: "s3://bucket/prefix or file:///directory is wanted")
            }
            return ObjectInBucket(root: root, key: key)
        } catch let error as SettingError { throw SettingError(key: "cluster.config", message: error.message) }
    }
}
