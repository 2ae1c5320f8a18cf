internal import ColumnStore
internal import Ingest

/// Moves a store's cold tables to another place, while it works.
enum MoveCommand: Command {
    static let name = "move"
    static let summary = "Moves a store's cold tables to a bucket or another directory, while it works."
    static let usage = ["--to URL (--data DIR [--config FILE] | --url URL [--ca FILE | --insecure])"]
    static let options =
        [Arguments.Option("to", "URL", "\(StorageScheme.remoteForms) or file:///path, empty; file:///DATA/warehouse: back into the store's own directory.")] + StoreAccess.options

    static var outcomes: Outcomes {
        Outcomes(done: "the tables are there, and storage.url is to say so", failed: "the tables are where they were; again, it goes on with what was copied")
    }

    static func run(_ arguments: Arguments) throws -> Int32 {
        try arguments.noOperands()
        let place = try arguments.required("to")
        var body = JSONWriter()
        body.beginObject()
        body.member("to", place)
        body.endObject()
        let store = try StoreAccess(arguments)
        let result = try JobRun(client: store.client).run("/v1/admin/move", body: body.bytes) { "\($0.done >> 20) MiB, \($0.place)" }
        try store.close()
        func figure(_ name: String) -> Int { result[name]?.integer ?? 0 }
        var text = "moved \(figure("tables")) tables, \(figure("files")) files, \(figure("bytes")) bytes; copied \(figure("files_copied")) files, "
            + "\(figure("bytes_copied")) bytes\n"
        if figure("files_left") > 0 { text += "\(figure("files_left")) files at the former place go when nobody reads them any more\n" }
        text += "set storage.url to \(result["place"]?.text ?? "null") before the next start\n"
        Terminal.tell(text)
        return ExitStatus.done
    }
}
