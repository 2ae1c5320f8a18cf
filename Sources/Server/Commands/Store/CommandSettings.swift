/// The settings of a command: those of the server, read in the same places, so that both mean the same store.
enum CommandSettings {
    static let option = Arguments.Option("config", "FILE", "The server's configuration file: where its cold receipts lie, say; TILL_… variables stand above it.")

    /// - Parameter overrides: from the command line, by key.
    static func collect(_ arguments: Arguments, overrides: [(key: String, value: String)] = []) throws -> (settings: Settings, faults: [SettingError]) {
        var file: (path: String, bytes: [UInt8])?
        if let path = try arguments.one("config") {
            do {
                file = (path, try FileBytes.read(path, byteCountMax: 1 << 20))
            } catch {
                throw UsageError("\(error)")
            }
        }
        return SettingsReader.collect(file: file, environment: Environment.all, overrides: overrides)
    }

    /// - Throws: `SettingErrors` naming every bad key.
    static func read(_ arguments: Arguments) throws -> Settings {
        let (settings, faults) = try collect(arguments)
        if !faults.isEmpty { throw SettingErrors(faults) }
        return settings
    }
}
