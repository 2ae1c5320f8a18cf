import ColumnStore
import Glibc
import Synchronization

extension Engine {
    /// - Throws: `DataDirectory.Failure.logRefused`.
    static func beginLog(_ directory: DataDirectory, _ options: Options) throws -> LogKeeper? {
        guard let log = options.log else {
            try LogState.noteBroken(directory.path)
            return nil
        }
        if access(directory.catalogPath, F_OK) == 0 {
            // The steps that it takes from an earlier version are in no log.
            let former = try Catalog(unmigratedPath: directory.catalogPath)
            defer { former.close() }
            if try former.version != Int64(CatalogSchema.migrations.count) { try LogState.noteBroken(directory.path) }
        }
        // Made where there is none: the log must know whose it is.
        let catalog = try Catalog(path: directory.catalogPath, clock: options.hot.clock)
        let store = catalog.storeID
        catalog.close()
        do {
            return try LogKeeper(log, directory: directory, store: store, clock: options.hot.clock, open: options.openPlace)
        } catch let error as LogClaim.Refused {
            throw DataDirectory.Failure.logRefused(error.description)
        } catch let error as ColumnStoreError where error.code == .invalidRequest {
            throw DataDirectory.Failure.logRefused("log.url: \(error.detail)")
        }
    }

    func startLog(_ cold: ColdTier) {
        guard let log else { return }
        cold.beforeRemoval.withLock { $0 = { [log] in log.settle() } }
        log.start { [weak self] place, position, isStopping in
            guard let self else { throw Backup.Cancelled() }
            return try alone("checkpoint") { [self] in
                let backup = try Backup(parts, destination: place.basePath, bucket: place.baseObjects, position: position, isCancelled: isStopping)
                _ = try backup.run()
                guard let span = backup.span else { throw Backup.Cancelled() }
                return LogBackup(manifest: backup.manifest, from: span.before.settled, to: span.after.last, at: span.after.at)
            }
        }
    }
}
