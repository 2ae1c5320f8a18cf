internal import ColumnStore
import Glibc
internal import Ingest

/// Holds the object that says which of two machines leads, where there is no bucket to hold it.
enum WitnessCommand: Command {
    static let name = "witness"
    static let summary = "Holds the object by which two machines agree on which of them leads; on a third machine, where there is no bucket."
    static let usage = ["--data DIR [--listen 127.0.0.1:8090]"]
    static let options: [Arguments.Option] = [
        .init("data", "DIR", "Where the object is kept; made where it is not there."),
        .init("listen", "HOST:PORT", "The address to listen on (127.0.0.1:8090): of this machine alone, since what comes is not encrypted."),
    ]

    static var outcomes: Outcomes { Outcomes(done: "ended by SIGTERM or SIGINT", failed: "could not start: the directory or the address; standard error says which") }

    static func run(_ arguments: Arguments) throws -> Int32 {
        try arguments.noOperands()
        let directory = DataDirectory.absolute(try arguments.required("data"))
        let settings = SettingsReader.collect(file: nil, environment: [:], overrides: [("listen", try arguments.one("listen") ?? "127.0.0.1:8090")])
        if !settings.faults.isEmpty { throw SettingErrors(settings.faults) }
        let (host, port) = (settings.settings.host, settings.settings.port)
        guard SettingsReader.isLoopback(host) else { throw UsageError("--listen \(host) can be reached from elsewhere: encryption is not there yet, so 127.0.0.1 is wanted") }
        var signals = sigset_t()
        sigemptyset(&signals)
        for signal in [SIGTERM, SIGINT] { sigaddset(&signals, signal) }
        pthread_sigmask(SIG_BLOCK, &signals, nil)
        let log = Log(format: .json, level: .info)
        umask(0o077)
        let timers = Timers()
        let door = try WitnessDoor(ObjectFile(folder: directory), log: log)
        let listener = try Listener(Listener.Settings(host: host, port: port, threadCount: 1), handler: door, connections: ConnectionTable(.init()), timers: timers)
        log.info("listening", ["url": .text("http://\(host):\(listener.port)"), "data": .text(directory)])
        var signal: Int32 = 0
        while sigwait(&signals, &signal) != 0 {}
        listener.stopAccepting()
        return ExitStatus.done
    }
}
