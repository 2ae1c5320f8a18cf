/// A kind of storage: all that is asked of one before there is a storage of it.
///
/// A kind is a folder with its `ObjectStorage`, its `StorageFactory` and one of these, and a line of `StorageScheme.all`, where everybody else finds it.
package struct StorageKind: Sendable {
    /// How the URLs of its places begin, and no other kind's: `s3://`.
    package let scheme: String
    /// How they are written, for messages and descriptions: `s3://bucket/prefix`, itself a URL of the kind.
    package let form: String
    /// Whether its objects lie behind a network, where several machines reach them.
    package let isRemote: Bool
    /// What it reads beside a place's URL.
    package let settings: [StorageSetting]
    /// Makes the storages of a place. Nothing is asked there yet.
    ///
    /// - Throws: `.invalidRequest` that says what is wrong with the address.
    package let open: @Sendable (StorageAddress) throws(ColumnStoreError) -> any StorageFactory
    /// Whether it can lend readers keys of a role.
    package let lendsKeys: Bool
    /// How clients of the REST catalog reach a place's files; of a role's name, where they are lent its keys. Nothing is asked there yet.
    ///
    /// - Throws: `.invalidRequest` for what names a lender, and none that can be asked.
    package let reading: @Sendable (StorageAddress, _ role: String?) throws(ColumnStoreError) -> WarehouseReading

    /// - Parameter reading: nothing, unless it is said.
    package init(
        scheme: String, form: String, isRemote: Bool, settings: [StorageSetting] = [], open: @escaping @Sendable (StorageAddress) throws(ColumnStoreError) -> any StorageFactory,
        lendsKeys: Bool = false, reading: @escaping @Sendable (StorageAddress, String?) throws(ColumnStoreError) -> WarehouseReading = { _, _ in WarehouseReading() }
    ) {
        (self.scheme, self.form, self.isRemote, self.settings, self.open) = (scheme, form, isRemote, settings, open)
        (self.lendsKeys, self.reading) = (lendsKeys, reading)
    }

    package func has(_ url: String) -> Bool { url.hasPrefix(scheme) }
}
