/// A kind of storage: all that is asked of one before there is a storage of it.
///
/// A kind is a folder with its `ObjectStorage`, its `StorageFactory` and one of these, and a line of `StorageScheme.all`, where everybody else finds it.
package struct StorageKind: Sendable {
    /// How the URLs of its places begin, and no other kind's: `s3://`.
    package let scheme: String
    /// How they are written, for messages and descriptions: `s3://bucket/prefix`. A place itself, as far as it can be told from its text.
    package let form: String
    /// Whether its objects lie behind a network, where several machines reach them.
    package let isRemote: Bool
    /// What it reads beside a place's URL.
    package let settings: [StorageSetting]
    /// Makes the storages of a place. Nothing is asked there yet.
    ///
    /// - Throws: `.invalidRequest` that says what is wrong with the address.
    package let open: @Sendable (StorageAddress) throws(ColumnStoreError) -> any StorageFactory

    package init(
        scheme: String, form: String, isRemote: Bool, settings: [StorageSetting] = [], open: @escaping @Sendable (StorageAddress) throws(ColumnStoreError) -> any StorageFactory
    ) {
        (self.scheme, self.form, self.isRemote, self.settings, self.open) = (scheme, form, isRemote, settings, open)
    }

    package func has(_ url: String) -> Bool { url.hasPrefix(scheme) }
}
