internal import ColumnStore
import Glibc
internal import Ingest

/// Copies a store to a directory, while it works.
enum BackupCommand: Command {
    static let name = "backup"
    static let summary = "Copies a store, as it is at one instant, to a directory or \(StorageScheme.remoteForms); again: what has changed."
    static let usage = ["DEST (--data DIR [--config FILE] | --url URL [--ca FILE | --insecure])"]
    static let options = StoreAccess.options

    static func run(_ arguments: Arguments) throws -> Int32 {
        let destination = try arguments.operand("a directory or \(StorageScheme.remoteForms) for the backup")
        if destination.contains("://"), !StorageScheme.isRemote(destination) {
            throw UsageError("a backup goes to a directory or to \(StorageScheme.remoteForms), not to \(destination)")
        }
        var body = JSONWriter()
        body.beginObject()
        // Of another machine nobody here knows where its working directory is.
        if arguments.has("url"), !destination.hasPrefix("/"), !StorageScheme.isRemote(destination) { throw UsageError("with --url the directory is the server's: name it from the root, not \(destination)") }
        body.member("destination", absolute(destination))
        body.endObject()
        let store = try StoreAccess(arguments)
        let answer = try APIClient.succeed(
            try store.client.call("POST", "/v1/admin/backup", headers: [("Content-Type", "application/json")], body: body.bytes))
        let summary = try JSONParser.parse(answer.body)
        try store.close()
        func figure(_ name: String) -> Int { summary[name]?.integer ?? 0 }
        Terminal.write(
            "backed up \(figure("files")) files, \(figure("bytes")) bytes; copied \(figure("files_copied")) files, "
                + "\(figure("bytes_copied")) bytes\n")
        return ExitStatus.done
    }

    /// The server has another working directory.
    private static func absolute(_ path: String) -> String {
        guard !path.hasPrefix("/"), !StorageScheme.isRemote(path), let working = getcwd(nil, 0) else { return path }
        defer { free(working) }
        return String(cString: working) + "/" + path
    }
}

/// Makes a store out of a backup, or out of the log of an instant.
enum RestoreCommand: Command {
    static let name = "restore"
    static let summary = "Makes a store out of a backup, or of its log as it was at an instant, in an empty directory."
    static let usage = ["SRC --data DIR [--config FILE]", "--from-log URL [--to INSTANT] --data DIR [--config FILE]"]
    static let options: [Arguments.Option] = [
        .init("data", "DIR", "The new store's directory: empty, or not there."), CommandSettings.option,
        .init("from-log", "URL", "The log of a server, whose writer of before is refused from then on, or of a pair, which works on: \(StorageScheme.forms)."),
        .init("to", "INSTANT", "As 2026-11-20T12:00:00Z: every commit up to it, and none after; without it the log's end."),
    ]

    static func run(_ arguments: Arguments) throws -> Int32 {
        if let url = try arguments.one("from-log") { return try restore(log: url, arguments) }
        guard try arguments.one("to") == nil else { throw UsageError("--to needs --from-log: a backup has one instant") }
        let source = try arguments.operand("a backup's directory, or \(StorageScheme.remoteForms)")
        let directory = try arguments.required("data")
        let (settings, storages) = try place(arguments, directory)
        let restore = try Restore(source: source, bucket: try WarehouseOpening.objects(settings, at: source), directory: directory, storages: storages, progress: bar())
        let summary = try restore.run()
        Terminal.write("restored \(text(summary)), as of \(CalendarText.text(instant: summary.madeAt))\n")
        return ExitStatus.done
    }

    private static func restore(log url: String, _ arguments: Arguments) throws -> Int32 {
        try arguments.noOperands()
        let directory = try arguments.required("data")
        let instant = try arguments.one("to").map { text in
            guard let instant = CalendarText.instant(text) else { throw UsageError("--to: an instant as 2026-11-20T12:00:00Z is wanted, not \(text)") }
            return instant
        }
        let (settings, storages) = try place(arguments, directory)
        let restore: LogRestore
        do {
            let open = try WarehouseOpening.opener(ofLog: url, settings, directory: directory)
            let place = try ArchivePlace(url: url, open: open)
            switch try place.kind() {
            case .archive: return report(try ArchiveRestore(place, instant: instant, directory: directory, storages: storages, progress: bar()).run())
            case .log: break
            }
            restore = try LogRestore(url: url, instant: instant, directory: directory, storages: storages, open: open, progress: bar())
        } catch let error as SettingError {
            throw UsageError("--from-log: \(error.message)")
        }
        let summary = try restore.run()
        let last = summary.lastAt.map { ", the last of \(CalendarText.text(instant: $0))" } ?? ""
        Terminal.write("restored \(text(summary.files)), with \(summary.recordCount) records of the log\(last); the log is at epoch \(summary.epoch)\n")
        if let doubt = summary.doubt { Terminal.tell("take care: \(doubt)\n") }
        return ExitStatus.done
    }

    private static func report(_ summary: ArchiveRestore.Summary) -> Int32 {
        let last = summary.lastAt.map { ", the last of \(CalendarText.text(instant: $0))" } ?? ""
        let first = summary.checkpoint.map { "the checkpoint of record \($0)" } ?? "its first record"
        let span = "line \(summary.line), from \(first) to record \(summary.record), as of \(CalendarText.text(instant: summary.madeAt))"
        Terminal.write("restored \(text(summary.files)), with \(summary.commitCount) commits of the archive of a pair\(last): \(span); the pair may work on, and this store is one of its own\n")
        for doubt in summary.doubts { Terminal.tell("take care: \(doubt)\n") }
        return ExitStatus.done
    }

    private static func place(_ arguments: Arguments, _ directory: String) throws -> (Settings, any StorageFactory) {
        if let url = EngineOpening.serverURL(of: directory) {
            throw CommandError("\(directory) is held by the server at \(url): a store is restored into an empty directory")
        }
        let settings = try CommandSettings.read(arguments)
        let storages = try WarehouseOpening.factory(settings, directory: directory, .bucketAlone)
        try storages.check()
        return (settings, storages)
    }

    private static func bar() -> (Int64, Int64) -> Void {
        var bar = ProgressBar()
        return { done, all in bar.show(fraction: all == 0 ? 1 : Double(done) / Double(all), count: Int(done >> 20), unit: "MiB", isLast: done == all) }
    }

    private static func text(_ summary: Restore.Summary) -> String { "\(summary.fileCount) files, \(summary.byteCount) bytes" }
}
