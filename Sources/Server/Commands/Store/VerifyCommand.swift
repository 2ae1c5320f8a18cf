internal import ColumnStore
internal import Ingest

/// Proves every file of a store, of a backup, or of a log or an archive where it lies, and names each that is not as it should be.
enum VerifyCommand: Command {
    static let name = "verify"
    static let summary = "Proves every file of a store, beside the server that holds it or without one; or of a backup, or of a log or a pair's archive."
    static let usage = ["--data DIR [--config FILE] [--full]", "--url URL [--full] [--ca FILE | --insecure]", "--backup DIR [--config FILE]", "--log URL [--config FILE]"]
    static let options: [Arguments.Option] = StoreAccess.options + [
        .init("backup", "DIR", "A backup's directory, or \(StorageScheme.remoteForms): each file against its manifest."),
        .init("log", "URL", "The log of a server or the archive of a pair, which may work on (\(StorageScheme.forms)): every record with its hash, checkpoints and their files, and the store of its end."),
        .init("full", nil, "Makes the sums of all cold files again, not of a sample of them."),
    ]

    static var outcomes: Outcomes {
        Outcomes(done: "no fault was found", failed: "a fault was found, and standard output names each; or none could be looked for, and standard error says why")
    }

    static func run(_ arguments: Arguments) throws -> Int32 {
        try arguments.noOperands()
        let places = ["data", "url", "backup", "log"].filter { arguments.has($0) }
        guard places.count == 1 else {
            throw UsageError(places.isEmpty ? "--data, --url, --backup or --log is wanted" : "\(places.map { "--" + $0 }.joined(separator: " and ")) exclude each other")
        }
        if let url = try arguments.one("log") { return try log(url, arguments) }
        if arguments.has("backup"), arguments.has("full") { throw UsageError("--backup excludes --full: each file is looked at against its manifest, and no sums are made") }
        if let url = try arguments.one("backup"), let bucket = try WarehouseOpening.objects(try CommandSettings.read(arguments), at: url) {
            return write(try BackupProof(bucket: bucket, url: url).run(progress: show), what: "of the backup", countsReceipts: false)
        }
        if let directory = try arguments.one("backup") { return write(try BackupProof(directory: directory).run(progress: show), what: "of the backup", countsReceipts: false) }
        if let directory = try arguments.one("data") {
            if BackupProof.isBackup(directory) { return write(try BackupProof(directory: directory).run(progress: show), what: "of the backup", countsReceipts: false) }
            if EngineOpening.serverURL(of: directory) == nil { return try alone(directory, try CommandSettings.read(arguments), arguments) }
        }
        return try besideServer(arguments)
    }

    /// In this process: nobody else works on the directory.
    private static func alone(_ directory: String, _ settings: Settings, _ arguments: Arguments) throws -> Int32 {
        do {
            let storages = try WarehouseOpening.factory(settings, directory: directory, .bucketAlone)
            let verifier = try Verifier(path: directory, temporaryDirectory: Environment["TMPDIR"] ?? "/tmp", storages: storages, progress: show)
            verifier.makesAllSums = arguments.has("full")
            return write(try verifier.run {
                // That of a cluster has slots, and no log of the store.
                guard let url = settings.logURL, !settings.pair.isSet else { return [] }
                return try LogProof(url: url, directory: directory) { place in
                    var elsewhere = settings
                    elsewhere.storage.url = place
                    return try WarehouseOpening.factory(elsewhere, directory: directory, cache: nil)
                }.run()
            })
        } catch DataDirectory.Failure.locked(let url) {
            throw CommandError("\(directory) is held by " + (url.map { "the server at \($0)" } ?? "another process, which has told no address") + ": stop it first, or, where it is a server, let it verify itself (--url)")
        }
    }

    /// Where it lies, without the store that it is of.
    private static func log(_ url: String, _ arguments: Arguments) throws -> Int32 {
        if arguments.has("full") { throw UsageError("--log excludes --full: all of it is read") }
        let settings = try CommandSettings.read(arguments)
        let proven: ProvenObjects
        do {
            let open = try WarehouseOpening.opener(ofLog: url, settings, directory: "")
            let place = try ArchivePlace(url: url, open: open)
            switch try place.kind() {
            case .archive: proven = try ArchiveProof(place, progress: showObject).run()
            case .log: proven = try LogPlaceProof(url: url, open: open, progress: showObject).run()
            }
        } catch let error as SettingError {
            throw UsageError("--log: \(error.message)")
        }
        Terminal.clearProgress()
        if !proven.texts.isEmpty { Terminal.tell(proven.texts.map { "\($0)\n" }.joined()) }
        return write(proven.report, what: "of it", countsReceipts: false, strangers: "no object of a log or an archive: nobody reads it")
    }

    private static func showObject(_ progress: Verifier.Progress) { Terminal.showProgress(progress.path) }

    private static func besideServer(_ arguments: Arguments) throws -> Int32 {
        let store = try StoreAccess(arguments)
        let job = try JobRun(client: store.client).run("/v1/admin/verify", body: Array((arguments.has("full") ? #"{"full":true}"# : "{}").utf8)) { "\($0.done) receipts, \($0.place)" }
        let (report, faultCount) = VerificationBody.report(job)
        return write(report, faultCount: faultCount)
    }

    private static let strangers = "no part of the store: the server removes what it knows as a leftover of its own, puts aside in lost+found what else has the name of a hot file or an upload, or lies among a table's files, and leaves the rest alone"

    private static func show(_ progress: Verifier.Progress) {
        Terminal.showProgress("\(progress.rowCount) receipts, \(progress.path)")
    }

    /// - Parameter countsReceipts: not of files of a backup and objects of a log: they are held against their hashes, and nobody counts what is in them.
    private static func write(
        _ report: Verifier.Report, faultCount: Int? = nil, what: String = "of documents", countsReceipts: Bool = true, strangers: String = Self.strangers
    ) -> Int32 {
        Terminal.clearProgress()
        let faults = faultCount ?? report.faultCount
        var text = report.findings.map { "\($0)\n" }.joined()
        if faults > report.findings.count { text += "and \(faults.subtractingSaturating(report.findings.count)) more faults\n" }
        text += report.strangers.map { "\($0): \(strangers)\n" }.joined()
        let receipts = countsReceipts || report.rowCount > 0 ? " \(report.rowCount) receipts," : ""
        text += "verified \(report.fileCount) files,\(receipts) \(report.documentByteCount) bytes \(what): "
        Terminal.tell(text + (faults == 0 ? "no fault" : "\(faults) fault\(faults == 1 ? "" : "s")") + "\n")
        return faults == 0 ? ExitStatus.done : ExitStatus.failed
    }
}
