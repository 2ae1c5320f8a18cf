internal import Ingest

/// Opens the engine of a directory with the server's settings.
enum EngineOpening {
    static func open(directory: String, settings: Settings, log: Log) throws -> any EngineInterface {
        throw CommandError("there is no engine yet")
    }

    /// Where the directory is served, if a process holds it.
    ///
    /// - Throws: when one does that is no server: `CommandError` naming it.
    static func serverURL(of directory: String) throws -> String? { nil }

    /// Tells other processes where the directory is served.
    static func publish(url: String, _ engine: any EngineInterface) {}
}
