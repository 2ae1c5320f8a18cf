/// Looks at a configuration as `serve` would, and names everything that is wrong with it.
enum ConfigCheckCommand: Command {
    static let name = "config check"
    static let summary = "Checks a configuration: the file, the environment, and the files that they name."
    static let usage = ["[--config till.json] [--listen 127.0.0.1:8080] [--tls-cert FILE --tls-key FILE]"]
    static let options: [Arguments.Option] = ServeCommand.options.filter { $0.name != "data" }

    static var outcomes: Outcomes { Outcomes(done: "no fault was found", misused: "called the wrong way, or a fault in the configuration: each is named") }

    static func run(_ arguments: Arguments) throws -> Int32 {
        try arguments.noOperands()
        let settings = try ServeCommand.settings(arguments)
        for warning in SettingsCheck.warnings(settings) { Terminal.write("take care: \(warning)\n") }
        let place = settings.host.contains(":") ? "[\(settings.host)]" : settings.host
        Terminal.write("no fault; it would listen on \(place):\(settings.port), with \(settings.registrars.count) registrar\(settings.registrars.count == 1 ? "" : "s")\n")
        return ExitStatus.done
    }
}
