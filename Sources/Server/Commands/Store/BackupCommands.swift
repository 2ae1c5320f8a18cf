internal import ColumnStore
import Glibc
internal import Ingest

/// Copies a store to a directory, while it works.
enum BackupCommand: Command {
    static let name = "backup"
    static let summary = "Copies a store, as it is at one instant, to a directory or s3://bucket/prefix; again: what has changed."
    static let usage = ["DEST (--data DIR [--config FILE] | --url URL [--ca FILE | --insecure])"]
    static let options = StoreAccess.options

    static func run(_ arguments: Arguments) throws -> Int32 {
        let destination = try arguments.operand("a directory or s3://bucket/prefix for the backup")
        var body = JSONWriter()
        body.beginObject()
        // Of another machine nobody here knows where its working directory is.
        if arguments.has("url"), !destination.hasPrefix("/"), !WarehouseOpening.isBucket(destination) { throw UsageError("with --url the directory is the server's: name it from the root, not \(destination)") }
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
        guard !path.hasPrefix("/"), !WarehouseOpening.isBucket(path), let working = getcwd(nil, 0) else { return path }
        defer { free(working) }
        return String(cString: working) + "/" + path
    }
}

/// Makes a store out of a backup.
enum RestoreCommand: Command {
    static let name = "restore"
    static let summary = "Makes a store out of a backup, in an empty directory."
    static let usage = ["SRC --data DIR [--config FILE]"]
    static let options: [Arguments.Option] = [
        .init("data", "DIR", "The new store's directory: empty, or not there."), CommandSettings.option,
    ]

    static func run(_ arguments: Arguments) throws -> Int32 {
        let source = try arguments.operand("a backup's directory, or s3://bucket/prefix")
        var bar = ProgressBar()
        let directory = try arguments.required("data")
        let settings = try CommandSettings.read(arguments)
        let storages = try WarehouseOpening.factory(settings, directory: directory, .bucketAlone)
        try WarehouseOpening.probe(storages)
        let restore = try Restore(source: source, bucket: try WarehouseOpening.objects(settings, at: source), directory: directory, storages: storages) { done, all in
            bar.show(fraction: all == 0 ? 1 : Double(done) / Double(all), count: Int(done >> 20), unit: "MiB", isLast: done == all)
        }
        let summary = try restore.run()
        Terminal.write(
            "restored \(summary.fileCount) files, \(summary.byteCount) bytes, as of \(CalendarText.text(instant: summary.madeAt))\n")
        return ExitStatus.done
    }
}
