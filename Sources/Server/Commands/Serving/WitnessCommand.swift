internal import ColumnStore
import Glibc
internal import Ingest

/// Holds the object that says which of two machines leads, where there is no bucket to hold it.
enum WitnessCommand: Command {
    static let name = "witness"
    static let summary = "Holds the object by which two machines agree on which of them leads; on a third machine, where there is no bucket."
    static let usage = ["--data DIR [--listen 127.0.0.1:8090] [--tls-cert FILE --tls-key FILE --tls-ca FILE]"]
    static let options: [Arguments.Option] = [
        .init("data", "DIR", "Where the object is kept; made where it is not there."),
        .init("listen", "HOST:PORT", "The address to listen on (127.0.0.1:8090); of this machine alone, unless with TLS."),
        .init("tls-cert", "FILE", "The certificate chain that is shown, PEM, with the host of cluster.witness as a name; taken anew on SIGHUP, as is its key."),
        .init("tls-key", "FILE", "Its key, PEM."),
        .init("tls-ca", "FILE", "The authority that has signed the certificates of both machines (their cluster.tls.cert), PEM: nobody else is answered."),
    ]

    static var outcomes: Outcomes { Outcomes(done: "ended by SIGTERM or SIGINT", failed: "could not start: the directory or the address; standard error says which") }

    static func run(_ arguments: Arguments) throws -> Int32 {
        try arguments.noOperands()
        let directory = DataDirectory.absolute(try arguments.required("data"))
        let settings = SettingsReader.collect(file: nil, environment: [:], overrides: [("listen", try arguments.one("listen") ?? "127.0.0.1:8090")])
        if !settings.faults.isEmpty { throw SettingErrors(settings.faults) }
        let (host, port) = (settings.settings.host, settings.settings.port)
        let files = try ["tls-cert", "tls-key", "tls-ca"].map { try arguments.one($0) }
        guard files.allSatisfy({ $0 != nil }) || files.allSatisfy({ $0 == nil }) else { throw UsageError("--tls-cert, --tls-key and --tls-ca are wanted all or none") }
        let isSecure = files.allSatisfy { $0 != nil }
        guard SettingsReader.isLoopback(host) || isSecure else {
            throw UsageError("--listen \(host) can be reached from elsewhere, and then both ends must prove who they are: --tls-cert, --tls-key and --tls-ca are wanted, or 127.0.0.1")
        }
        var signals = sigset_t()
        sigemptyset(&signals)
        for signal in [SIGTERM, SIGINT, SIGHUP] { sigaddset(&signals, signal) }
        pthread_sigmask(SIG_BLOCK, &signals, nil)
        let log = Log(format: .json, level: .info)
        umask(0o077)
        var ends = Listener.Settings(host: host, port: port, threadCount: 1)
        ends.isSecure = isSecure
        var certificates: CertificateFiles?
        if let chain = files[0], let key = files[1], let authority = files[2] {
            ends.authority = try self.authority(authority)
            let taken = CertificateFiles(chain: chain, key: key, log: log)
            try taken.start()
            certificates = taken
        }
        let timers = Timers()
        let object = ObjectFile(folder: directory)
        // That it can keep nothing is reported now, and not only when the first node asks.
        try object.check()
        let door = try WitnessDoor(object, log: log)
        let listener = try Listener(ends, handler: door, connections: ConnectionTable(.init()), timers: timers)
        log.info("listening", ["url": .text("\(isSecure ? "https" : "http")://\(host):\(listener.port)"), "data": .text(directory)])
        while true {
            var signal: Int32 = 0
            guard sigwait(&signals, &signal) == 0 else { continue }
            guard signal == SIGHUP else { break }
            certificates?.checkNow(isForced: true)
        }
        listener.stopAccepting()
        return ExitStatus.done
    }

    private static func authority(_ path: String) throws -> [UInt8] {
        let bytes: [UInt8]
        do { bytes = try FileBytes.read(path, byteCountMax: 1 << 20) } catch { throw UsageError("--tls-ca \(error)") }
        do { try LinkCredentials.check(authority: bytes) } catch { throw UsageError("--tls-ca \(path): \(error)") }
        return bytes
    }
}
