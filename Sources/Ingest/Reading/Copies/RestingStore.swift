package import ColumnStore
import Glibc

/// A store that no process works on, opened for reading only: any number of processes at once, of which none changes a byte of it.
///
/// 1. `LOCK` is held together with other readers: who would work on the store is refused until all have gone.
/// 2. Every connection below DATA only reads (`Placement.Stillness`). What a process that was killed has left in logs is read as it lies there.
/// 3. What a start would put right, and bring to this version, stays as it is; where that must come first, the error says so.
///
/// Used by one thread; what it gives is read by any.
package final class RestingStore {
    private let directory: DataDirectory
    private var stillness: Placement.Stillness?
    /// For the index of versions, which is made of the store's own and of what that lacks, and for answers that leave as files.
    private let aside: ScratchFolder
    /// Those that this process asks for; of those that the store has nothing is told.
    let exports: RestingExports
    /// Answers until `close`.
    package let reading = StandbyReading()

    /// - Parameters:
    ///   - path: DATA.
    ///   - storages: where cold tables lie; without a cache below DATA.
    ///   - quarantineDays: how long what was refused is shown.
    /// - Throws: `DataDirectory.Failure` where there is no store, somebody works on it, or its catalog is not the one; `SQLiteError` for files of another version, or
    ///   damaged; `ColumnStoreError`.
    package init(path: String, storages: any StorageFactory = LocalStorageFactory(), quarantineDays: Int = Quarantine.Limits().days) throws {
        directory = try DataDirectory(readingPath: path, storages: storages)
        stillness = Placement.Stillness(directory.path)
        aside = try ScratchFolder("sql")
        exports = RestingExports(aside.files)
        try StoreProof.checkLog(directory)
        try WarehousePlace.check(directory)
        try StoreProof.check(directory)
        let index = aside.files.path(of: "versions.sqlite")
        // One that cannot be read, or is behind, is made anew of the rows.
        if access(directory.versionsPath, F_OK) == 0 { try? SQLiteConnection(path: directory.versionsPath, mode: .readOnly).copy(to: index) }
        reading.use(try StandbyCopy(atRest: directory, index: index, quarantineDays: quarantineDays))
    }

    /// Lets others work on it: nobody reads any more by what it gave.
    package func close() {
        reading.use(nil)
        stillness = nil
        directory.release()
    }
}
