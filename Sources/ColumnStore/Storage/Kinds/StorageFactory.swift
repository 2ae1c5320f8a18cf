/// What kind of storage a store's cold tables have. Everything above asks its `DataDirectory` for an `ObjectStorage`; another kind is another
/// factory, given to the opener of the store.
///
/// Day files, the catalog and what lies beside them are SQLite's, and so files by nature: they have `FileStorage`.
package protocol StorageFactory: Sendable {
    /// Where the tables lie, as the catalog remembers it; nil: below the store's own directory, wherever that is.
    var location: String? { get }

    /// Above all tables; nil where nobody but the owner of the store's directory can be.
    var root: (any WarehouseRoot)? { get }

    /// All objects of the place, whose they may be, as they are there and not in a cache: what a backup or a log goes to. Nil where those go to files.
    var objects: (any ObjectStorage)? { get }

    /// Tries that the place keeps its word, where a place may not: before a store trusts it.
    ///
    /// - Throws: what it does that it must not, or why it could not be asked.
    func check() throws(ColumnStoreError)

    /// The same question, for whoever goes on without a place that gives no answer.
    ///
    /// - Returns: what it does that it must not; nil when it keeps its word.
    /// - Throws: why it could not be asked.
    func fault() throws(ColumnStoreError) -> ColumnStoreError?

    /// What the place's own rules do otherwise with objects that have lain there for some time than the settings say. One request.
    ///
    /// - Parameter name: of the class that such objects should lie in.
    /// - Returns: for people; nil where all is as it should be.
    func classFault(_ name: String, afterDays: Int) -> String?

    /// What its bucket was asked for since the start; nil where there is none.
    var requests: BucketCounters.Figures? { get }

    /// What of its objects lies on this machine; nil while nothing does.
    var cacheFigures: CacheFigures? { get }

    /// Whether reading waits for a network, so that what every receipt needs is kept here.
    var isRemote: Bool { get }

    /// Why there is no answer at present, and since when, in seconds since 1970; nil while there is.
    var outage: (reason: String, since: Int64)? { get }

    /// Why the last put or delete was refused though there are answers; nil once one was taken.
    var writeRefusal: String? { get }

    /// Tables that have objects, in no order.
    ///
    /// - Parameter warehouse: of the store, as a path below its directory.
    func tables(in warehouse: String) throws -> [String]

    /// Where a table's objects are.
    func storage(of table: String, in warehouse: String, calls: any FileSystemCalls) throws(ColumnStoreError) -> any ObjectStorage

    /// A storage with the very objects of `storage` under another location, which a table's metadata names; nil where they are not the same.
    func storage(at location: String, sameAs storage: any ObjectStorage, calls: any FileSystemCalls) throws(ColumnStoreError) -> (any ObjectStorage)?
}

extension StorageFactory {
    package var location: String? { nil }
    package var root: (any WarehouseRoot)? { nil }
    package var objects: (any ObjectStorage)? { nil }
    package func check() throws(ColumnStoreError) {}
    package func fault() throws(ColumnStoreError) -> ColumnStoreError? { nil }
    package func classFault(_ name: String, afterDays: Int) -> String? { "storage.class is set, and storage.url names no bucket" }
    package var isRemote: Bool { false }
    package var outage: (reason: String, since: Int64)? { nil }
    package var writeRefusal: String? { nil }
    package var requests: BucketCounters.Figures? { nil }
    package var cacheFigures: CacheFigures? { nil }
}
