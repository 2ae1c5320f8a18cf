internal import Ingest

/// Opens the engine of a directory with the settings that concern it.
enum EngineOpening {
    /// - Parameter clientsNeedContract: false for a command that works on the directory itself.
    static func open(directory: String, settings: Settings, clientsNeedContract: Bool = true) throws -> Engine {
        var options = Engine.Options()
        options.documentByteCountMax = settings.limits.document
        options.clientsNeedContract = clientsNeedContract
        options.hot.writer.minFreeBytes = Int64(settings.limits.minFree)
        options.quarantine.days = settings.quarantineDays
        options.quarantine.byteCountMax = Int64(settings.quarantineByteCountMax)
        options.compaction.hotDays = Int32(settings.hotDays)
        options.compaction.intervalSeconds = settings.compactInterval
        options.compaction.snapshotKeepSeconds = settings.snapshotKeep
        do {
            return try Engine(path: directory, options: options)
        } catch DataDirectory.Failure.locked(let url) {
            throw CommandError("\(directory) is held by " + (url.map { "the server at \($0)" } ?? "another process"))
        }
    }

    /// Where the directory is served, if a server holds it.
    static func serverURL(of directory: String) -> String? {
        DataDirectory.serverURL(path: directory)
    }
}
